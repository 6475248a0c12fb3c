# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find prompts, questions and answers in what a command line sends.

While an answer arrives, only its start and end are looked at, which are bounded. The whole answer is worked on once and
in pieces, see ``_pieces``. No pattern is matched with a line longer than ``LONGEST_LINE``, and no prompt is longer than
``LONGEST_PROMPT``.
"""

from __future__ import annotations

import re

from .._pieces import LONGEST_LINE, PIECE, Work
from .._platforms import LONGEST_PROMPT, Mode
from .._terminal import PAGER_TAIL, clean, cleaned_pieces, decode, echo_end, is_chatter, is_pager, longest_head

TAIL = 2048  # bytes at the end of an answer that are searched for a prompt
ENDS = ">#$%])"  # characters that end a prompt
MOST_PROMPTS = 100  # prompts alone on a line that are removed at the start or end of an answer

ASKS_USER = re.compile(r"(user ?name|user|login)\s*:\s*\Z", re.IGNORECASE)
SAYS_NO = re.compile(r"invalid|incorrect|fail|denied|refused|reject|wrong|bad |error", re.IGNORECASE)
SSH_VERSION = re.compile(r"\s*SSH-\d\.\d+-[^\r\n]{0,80}")
ASKS_PASSWORD = re.compile(r"password\s*:\s*\Z", re.IGNORECASE)
NUMBER = re.compile(r"\d+")
NOT_BLANK = re.compile(r"\S")


class Answer:
    """The data received so far after one line was sent."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.data = bytearray()
        self.tested_at: int | None = None  # its length when an empty line was sent to test the end
        self.pages = 0
        self._echoed = False
        self._head = 0  # bytes that were searched for the echo
        self._shown: tuple[int, str] = (0, "")  # the end as it is shown, and how much had come by then

    def forget(self) -> None:
        """Discard the data, which was a question."""
        self.data.clear()
        self._shown, self._head = (0, ""), 0

    def tail(self) -> str:
        """Return the raw end, for ``pager_at_end``."""
        return decode(bytes(self.data[-PAGER_TAIL:]))

    def shown(self) -> str:
        """Return the end as a terminal shows it."""
        if self._shown[0] != len(self.data):
            self._shown = (len(self.data), shown_end(self.data))
        return self._shown[1]

    def echoed(self) -> bool:
        """Return whether the echo of the line has come."""
        length = min(len(self.data), longest_head(self.line))
        if not self._echoed and length != self._head:
            self._head = length
            self._echoed = echo_end(decode(bytes(self.data[:length])), self.line) is not None
        return self._echoed


def shown_end(data: bytes | bytearray) -> str:
    """Return the end of the data as a terminal shows it."""
    return clean(decode(bytes(data[-TAIL:])))


def last_line(shown: str) -> str:
    return shown[-TAIL:].rsplit("\n", 1)[-1].strip()


def excerpt(text: str) -> str:
    """Return the end of the last line for a message, quoted; empty if there is no text."""
    line = last_line(text[-TAIL:].rstrip())
    return repr(line[-80:]) if line else ""


def asks(question: re.Pattern[str], shown: str) -> bool:
    """Return whether the last line is this question."""
    return question.search(last_line(shown)[-LONGEST_PROMPT:]) is not None


def prompt_key(prompt: str) -> str:
    """Return the constant part of a prompt, without command counter, mark of unsaved changes and mode."""
    return NUMBER.sub("0", prompt[-TAIL:].strip().lstrip("*!~ ")).rstrip(ENDS + " ")


def is_prompt(line: str, key: str) -> bool:
    """Return whether a line is a prompt with this key."""
    if len(line) > TAIL:
        return False
    line = line.strip()
    return bool(line) and line[-1] in ENDS and prompt_key(line) == key


def has_prompt(shown: str, key: str) -> bool:
    """Return whether a line of the end is a prompt with this key."""
    return any(is_prompt(line, key) for line in shown.split("\n"))


# -- the whole answer --------------------------------------------------------------------------------------------------


def answer_text(
    data: bytes | bytearray,
    command: str,
    *,
    key: str,
    mode: Mode | None = None,
    tested_at: int | None = None,
    paged: bool = False,
) -> Work[str]:
    """Return the answer without echo, prompt, and log lines after the prompt.

    :param data: all that came after the command was sent.
    :param key: the key of the prompt.
    :param mode: the mode whose prompt ends the data, or None if the answer did not end with a prompt.
    :param tested_at: how much of the data had come when an empty line was sent to test the end.
    :param paged: a pager was answered.
    """
    stop = len(data)
    tested = tested_at is not None and (yield from _only_prompts(data, tested_at, key))
    if tested:
        stop = tested_at or 0  # the test brought nothing but the prompt: the answer ended before it
    head = decode(bytes(data[: min(stop, longest_head(command))]))
    end = echo_end(head, command)
    start = len(head[:end].encode("utf-8", "surrogateescape")) if end else 0
    pieces = []
    for piece in cleaned_pieces(data, start, stop):
        pieces.append(_without_pagers(piece) if paged else piece)
        yield
    text = "".join(pieces)
    yield
    end = len(text)
    if mode is not None:
        tail = last_lines(text)
        found = mode.prompt_start(tail)
        end = end if found is None else end - len(tail) + found
    yield
    end = _end(text, _last_prompt(text, end, key) if tested else end, key)
    yield
    return text[_start(text, end, key) : end]


def last_lines(shown: str) -> str:
    """Return the last lines, in which a prompt is searched. Some platforms print a line or two above it."""
    return "\n".join(shown[-TAIL:].rsplit("\n", 3)[-3:])


def _only_prompts(data: bytes | bytearray, start: int, key: str) -> Work[bool]:
    """Return whether there is nothing but prompts and chatter from ``start`` on."""
    for piece in cleaned_pieces(data, start):
        for line in piece.split("\n"):
            if line and not line.isspace() and not is_prompt(line, key) and not is_chatter(line):
                return False
        yield
    return True


def _without_pagers(piece: str) -> str:
    """Remove what is left of pagers' prompts where the device did not wipe them, and the blanks at line ends."""
    return "\n".join(
        line if len(line) >= LONGEST_LINE else line.rstrip() for line in piece.split("\n") if not is_pager(line)
    )


def _last_prompt(text: str, end: int, key: str) -> int:
    """Return the end of the text before the last prompt on a line of its own, which is near the end."""
    place = end
    while place > max(end - 4 * TAIL, 0):
        start = text.rfind("\n", 0, place) + 1
        if is_prompt(text[start:place], key):
            return max(start - 1, 0)
        place = start - 1
    return end


def _end(text: str, end: int, key: str) -> int:
    """Return the end of the last line that is neither blank nor a prompt."""
    for _line in range(MOST_PROMPTS):
        place = _last_character(text, end)
        start, stop = text.rfind("\n", 0, place) + 1, text.find("\n", place, end)
        stop = end if stop < 0 else stop
        if not place:
            return 0
        if not is_prompt(text[start:stop], key):
            return stop
        end = max(start - 1, 0)
    return end


def _start(text: str, end: int, key: str) -> int:
    """Return the start of the first line that is neither blank nor a prompt."""
    start = 0
    for _line in range(MOST_PROMPTS):
        character = NOT_BLANK.search(text, start, end)
        if character is None:
            return end
        start, stop = max(start, text.rfind("\n", 0, character.start()) + 1), text.find("\n", character.start(), end)
        if stop < 0 or not is_prompt(text[start:stop], key):
            return start if stop >= 0 or not is_prompt(text[start:end], key) else end
        start = stop + 1
    return start


def _last_character(text: str, end: int) -> int:
    """Return the place after the last character that is not blank; 0 if there is none."""
    while end > 0:
        start = max(end - PIECE, 0)
        length = len(text[start:end].rstrip())
        if length:
            return start + length
        end = start
    return 0
