# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find prompts of a login in what a command line sends.

No pattern is matched with a line longer than ``LONGEST_PROMPT``.
"""

from __future__ import annotations

import re

from .._platforms import LONGEST_PROMPT
from ._reader.questions import ASKS_LOGIN, ASKS_PASSWORD, ASKS_USER

__all__ = [
    "ASKS_LOGIN",
    "ASKS_PASSWORD",
    "ASKS_USER",
    "SAYS_NO",
    "SSH_VERSION",
    "TAIL",
    "asks",
    "excerpt",
    "last_line",
    "last_lines",
]

TAIL = 2048  # characters at the end of a text in which the last lines are searched

SAYS_NO = re.compile(r"invalid|incorrect|fail|denied|refused|reject|wrong|bad |error", re.IGNORECASE)
SSH_VERSION = re.compile(r"\s*SSH-\d\.\d+-[^\r\n]{0,80}")


def last_line(shown: str) -> str:
    return shown[-TAIL:].rsplit("\n", 1)[-1].strip()


def last_lines(shown: str) -> str:
    """Return the last lines, in which a prompt is searched. Some platforms print a line or two above it."""
    return "\n".join(shown[-TAIL:].rsplit("\n", 3)[-3:])


def excerpt(text: str) -> str:
    """Return the end of the last line for a message, quoted; empty if there is no text."""
    line = last_line(text[-TAIL:].rstrip())
    return repr(line[-80:]) if line else ""


def asks(question: re.Pattern[str], shown: str) -> bool:
    """Return whether the last line is this question."""
    return question.search(last_line(shown)[-LONGEST_PROMPT:]) is not None
