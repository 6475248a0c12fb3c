# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions that a device asks instead of showing its prompt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Phase = Literal["login", "command", "any"]


@dataclass(frozen=True, slots=True)
class Dialog:
    """A question that is expected, and what is done."""

    question: re.Pattern[str]
    answer: str | None  # sent with a line end unless it is one key; None: the session ends with ``message``
    message: str = ""
    phase: Phase = "login"  # "login": until the first prompt
    is_key: bool = False  # the device acts on the key; a line end would be an input of its own


def dialog_at_end(shown: str, dialogs: Sequence[Dialog]) -> Dialog | None:
    """Return the first of the dialogs whose question ends the text, as a terminal shows it."""
    return None


def question_at_end(shown: str) -> str | None:
    """Return the question that ends a text, as a terminal shows it, if it waits for an input; else None.

    Such a text is not a prompt. Nothing, not even an empty line, may be sent to it if nobody expects it.
    """
    return None
