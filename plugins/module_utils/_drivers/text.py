# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find questions and rejections in what a command line sends.

No pattern is matched with a line longer than ``LONGEST_PROMPT``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .._platforms import LONGEST_PROMPT

TAIL = 2048  # characters at the end of a text in which the last lines are searched
REJECTION_LINES = 12  # a rejected command is a short answer; a long one may quote the text, as logs do
LONGEST_REJECTION = 16 * 1024  # characters of such an answer

ASKS_USER = re.compile(r"(user ?name|user|login)\s*:\s*\Z", re.IGNORECASE)
SAYS_NO = re.compile(r"invalid|incorrect|fail|denied|refused|reject|wrong|bad |error", re.IGNORECASE)
SSH_VERSION = re.compile(r"\s*SSH-\d\.\d+-[^\r\n]{0,80}")
ASKS_PASSWORD = re.compile(r"password\s*:\s*\Z", re.IGNORECASE)


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


def rejection_in(text: str, failures: Iterable[str]) -> str | None:
    """Return the line that rejects a command, according to the platform's failure texts."""
    if len(text) > LONGEST_REJECTION:
        return None
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if len(lines) > REJECTION_LINES:
        return None
    for line in lines:
        for failure in failures:
            if line.startswith(failure) or (failure in line and not failure.startswith("%")):
                return line
    return None
