# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a terminal would show of the bytes that a device sends."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from ._pieces import spans

# Parts of the patterns below. A string sequence (OSC, DCS, ...) that is not ended on its line loses only its
# introducer: a sequence cut short must not swallow the device's answer.
_STRING = r"\x1b[\]PX^_](?:[^\x07\x1b\n]*(?:\x07|\x1b\\))?"
_CSI = r"\x1b\[[0-?]*[ -/]*[@-~]?"
_CHARSET = r"\x1b[ -/]+[0-~]?"
_CURSOR = r"\x1b\[[0-?]*[CDGHKbdf]|\x1b\[[23]J"
ESCAPE = rf"(?:{_STRING}|{_CSI}|{_CHARSET}|\x1b[0-~]?)"
"""A part of a pattern, which matches one escape sequence."""

_SPECIAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LINE_FEED = re.compile(r"\x1b[DE]|[\x0b\x0c]")
_INERT = re.compile(rf"(?!{_CURSOR}){ESCAPE}|[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]+")
_NEEDS_CURSOR = re.compile(r"[\r\x08\x1b]")
_NEEDS_ROWS = re.compile(r"\x1b\[[0-?]*[Hdf]")
_TOKEN = re.compile(rf"(?P<text>[^\r\x08\x1b]+)|(?P<back>\x08+)|(?P<home>\r+)|(?P<move>{_CURSOR})")

# A terminal stops at its right margin. The limit keeps a hostile `ESC [ 999999999 C` from filling the memory, and the
# work on each sequence bounded.
_WIDEST = 255

# A blank that was written over something: at the end of a line it is nothing at all. NUL is free for it, as clean()
# drops those of the device first.
_ERASED = "\0"
_MOST_ROWS = 1000
_BOTTOM = 20  # a row from here on is taken for the last one of a screen, whose lines move up
_MOST_BLANK = 24  # rows between two others that are kept

_ERASED_LINE = [_ERASED] * (_WIDEST + 1)
_BLANK_LINE = [" "] * (_WIDEST + 1)


def decode(data: bytes) -> str:
    """Return the text of a whole answer: UTF-8, with every invalid byte kept as a surrogate (``surrogateescape``).

    Give it the whole answer: a character cut in two by a network packet would come out as invalid bytes twice.
    """
    return data.decode("utf-8", "surrogateescape")


def clean(text: str) -> str:
    r"""Return the text as a terminal would show it, with lines ended by ``\n``.

    * Escape sequences, BEL, NUL, DEL and other control characters are dropped. Tabs are kept and count as one column.
    * Backspace, carriage return and the sequences that move the cursor in the line or erase it are applied, so that a
      pager's prompt that the device wiped is gone. So is the sequence that repeats a character (``ESC [ count b``).
    * A move to another row (``ESC [ row ; column H``, ``ESC [ row d``) begins another line, see ``_Screen``. No text is
      lost if the screen is cleared (``ESC [ 2 J``). Without an address, clearing it changes nothing.
    * ``\r\n`` and ``\r\r\n`` end a line, and so do vertical tab, form feed, ``ESC D`` and ``ESC E``, as on a terminal.
    * Blanks at the end of a line stay, unless they were written over something.
    """
    if not _SPECIAL.search(text):
        return text
    return "".join(_cleaned(text[start:end]) for start, end in spans(text))


def cleaned_pieces(data: bytes | bytearray, start: int = 0, stop: int | None = None) -> Iterator[str]:
    """Decode and clean an answer in pieces of lines. Together they are ``clean(decode(data[start:stop]))``.

    Only a line longer than LONGEST_LINE is divided; its parts are cleaned as lines of their own, but not separated.
    """
    for first, end in spans(data, start, stop):
        text = decode(bytes(data[first:end]))
        yield _cleaned(text) if _SPECIAL.search(text) else text


def _cleaned(text: str) -> str:
    """Clean one piece."""
    plain = text.replace("\r\n", "\n")
    if not _SPECIAL.search(plain):
        return plain
    text = _LINE_FEED.sub("\n", text)
    text = _INERT.sub("", text).replace("\r\n", "\n")
    if not _NEEDS_CURSOR.search(text):
        return text
    if _NEEDS_ROWS.search(text):
        return _Screen().played(text)
    return "\n".join(_render(line) if _NEEDS_CURSOR.search(line) else line for line in text.split("\n"))


def _render(line: str) -> str:
    """Play one line on a one-line screen."""
    screen: list[str] = []
    column, last = 0, ""
    for token in _TOKEN.finditer(line):
        column, last = _play(screen, column, token, last)
    return _shown(screen)


def _shown(screen: list[str]) -> str:
    return "".join(screen).rstrip(_ERASED).replace(_ERASED, " ")


def _play(screen: list[str], column: int, token: re.Match[str], last: str) -> tuple[int, str]:
    """Play a token on a line. Return the new column, and the last character that was written.

    :param last: that one before.
    """
    piece = token.group()
    if token.lastgroup == "move" and piece[-1] == "b":
        piece = last * min(max(1, _parameters(piece)[1][0]), max(0, _WIDEST - column))
    elif token.lastgroup == "back":
        return max(0, column - len(piece)), last
    elif token.lastgroup == "home":
        return 0, last
    elif token.lastgroup == "move":
        return _move(screen, column, piece), last
    if not piece:
        return column, last
    last = piece[-1]
    if column < len(screen):
        piece = piece.replace(" ", _ERASED)
    elif column > len(screen):
        # After the text of a longer line was erased, it goes on at the margin.
        column = min(column, max(len(screen), _WIDEST))
        screen += _BLANK_LINE[: column - len(screen)]
    screen[column : column + len(piece)] = piece
    return column + len(piece), last


class _Screen:
    """Plays lines on a screen whose rows the device addresses. No line is lost: what would be cleared, or drawn over
    from its first column on, stays above.

    The row of the cursor is not known before the first address. A line with text is in the row of the first address if
    this one is not at the first column, or if its row can be the last one of the screen: many devices address only
    this one.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []  # above the screen
        self._rows: dict[int, list[str]] = {}
        self._row = 0  # 0: not known
        self._line: list[str] = []  # the one of the cursor

    def played(self, text: str) -> str:
        """Return all lines."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self._feed()
            if _NEEDS_CURSOR.search(line) or self._line:
                self._draw(line)
            else:
                self._line += line
        self._clear()
        return "\n".join(self._lines)

    def _feed(self) -> None:
        if not self._row:
            self._lines.append(_shown(self._line))
            self._line = []
        elif self._row < _BOTTOM:
            self._enter(self._row + 1, 1)
        else:
            self._clear()
            self._line = self._rows[self._row] = []

    def _draw(self, line: str) -> None:
        column, last = 0, ""
        for token in _TOKEN.finditer(line):
            piece = token.group()
            if token.lastgroup == "move" and piece[-1] == "J":
                self._wipe()
                continue
            column_before = column
            column, last = _play(self._line, column, token, last)
            if token.lastgroup == "move" and piece[-1] in "Hdf":
                numbers = _parameters(piece)[1]
                row = min(max(1, numbers[0]), _MOST_ROWS)
                column = column_before if piece[-1] == "d" else column
                self._go(row, column + 1)

    def _wipe(self) -> None:
        if not self._line:
            self._rows.pop(self._row, None)
        if self._line or self._rows:
            self._clear()
        self._line = []
        if self._row:
            self._rows[self._row] = self._line

    def _go(self, row: int, column: int) -> None:
        if not self._row and (not self._line or column > 1 or row >= _BOTTOM):
            self._row, self._rows[row] = row, self._line
        elif not self._row:
            self._lines.append(_shown(self._line))
            self._row, self._line = row, []
            self._rows[row] = self._line
        elif row != self._row:
            if not self._line:
                self._rows.pop(self._row, None)
            self._enter(row, column)

    def _enter(self, row: int, column: int) -> None:
        if column == 1 and self._rows.get(row):
            self._clear()
        self._row = row
        self._line = self._rows.setdefault(row, [])

    def _clear(self) -> None:
        """Move all lines above the screen."""
        if not self._row:
            self._lines.append(_shown(self._line))
        before = 0
        for row in sorted(self._rows):
            if before:
                self._lines += [""] * min(row - before - 1, _MOST_BLANK)
            self._lines.append(_shown(self._rows[row]))
            before = row
        self._rows = {}


@functools.lru_cache(maxsize=256)
def _parameters(sequence: str) -> tuple[str, tuple[int, ...]]:
    """Return the last character of a sequence and its numbers."""
    numbers = sequence[2:-1][:20].split(";")
    return sequence[-1], tuple(int(number) if number.isdecimal() else 0 for number in numbers)


def _move(screen: list[str], column: int, sequence: str) -> int:
    """Apply a cursor or erase sequence to the line and return the new column."""
    final, numbers = _parameters(sequence)
    count = min(max(1, numbers[0]), max(_WIDEST, len(screen)))
    if final == "D":
        return max(0, column - count)
    if final == "C":
        return max(column, min(column + count, _WIDEST))
    if final == "G":
        return min(count - 1, _WIDEST)
    if final in "dJ":
        return column
    if final in "Hf":
        return min(max(1, numbers[1]) - 1, _WIDEST) if len(numbers) > 1 else 0
    if numbers[0] == 0:
        del screen[column:]
    elif numbers[0] == 1 and column <= _WIDEST:
        end = min(column + 1, len(screen))
        screen[:end] = _ERASED_LINE[:end]
    elif numbers[0] == 2:
        screen.clear()
    return column
