# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognise answers that reject a command."""

from __future__ import annotations

from collections.abc import Iterable

from ..text import rejection_in as _rejection_in


def rejection_in(text: str, command: str, failures: Iterable[str]) -> str | None:
    """Return the line of an answer that rejects the command, or None if it was accepted.

    :param text: the answer without echo and prompt.
    :param failures: texts of the platform.
    """
    return _rejection_in(text, failures)
