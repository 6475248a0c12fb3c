# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a terminal would show of the bytes that a device sends."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from ._pieces import PIECE, spans

# Parts of the patterns below. A string sequence (OSC, DCS, ...) that is not ended on its line loses only its
# introducer: a sequence cut short must not swallow the device's answer.
_STRING = r"\x1b[\]PX^_](?:[^\x07\x1b\n]*(?:\x07|\x1b\\))?"
_CSI = r"\x1b\[[0-?]*[ -/]*[@-~]?"
_CHARSET = r"\x1b[ -/]+[0-~]?"
_CURSOR = r"\x1b\[[0-?]*[@A-HJKPXabdef`su]|\x1b[78M]"
ESCAPE = rf"(?:{_STRING}|{_CSI}|{_CHARSET}|\x1b[0-~]?)"
"""A part of a pattern, which matches one escape sequence."""

_SPECIAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LINE_FEED = re.compile(r"\x1b[DE]|[\x0b\x0c]")
_INERT = re.compile(rf"(?!{_CURSOR}){ESCAPE}|[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]+")
_NEEDS_CURSOR = re.compile(r"[\r\x08\x1b]")
_NEEDS_ROWS = re.compile(r"\x1b\[[0-?]*[ABEFHdefu]|\x1b[8M]")
_TOKEN = re.compile(rf"(?P<text>[^\r\x08\x1b]+)|(?P<back>\x08+)|(?P<home>\r+)|(?P<move>{_CURSOR})")

# A terminal stops at its right margin. The limit keeps a hostile `ESC [ 999999999 C` from filling the memory, and the
# work on each sequence bounded.
_WIDEST = 511

# A blank that was written over something: at the end of a line it is nothing at all. NUL is free for it, as clean()
# drops those of the device first.
_ERASED = "\0"
_MOST_ROWS = 1000
_BOTTOM = 20  # a row from here on is taken for the last one of a screen, whose lines move up
_NEAR = 10**6  # the row of a line whose row on the screen is not known, while the cursor is above it
_MOST_WORK = 4 * PIECE  # characters of lines to which the cursor is moved up
_LONGEST_CHANGED = 512  # characters of a line into which characters are inserted, or out of which they are taken
_MOST_BLANK = 24  # rows between two others that are kept

_MOVES_ROW = "ABEFHdefsu"  # the ends of sequences that do so, or that keep the place of the cursor
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
    * A move to another row (``ESC [ row ; column H``, ``ESC [ row d``, ``ESC [ count A``, ``ESC 8``) begins another
      line, see ``_Screen``. No text is lost if the screen is cleared (``ESC [ 2 J``). Without an address, clearing it
      changes nothing.
    * ``\r\n`` and ``\r\r\n`` end a line, and so do vertical tab, form feed, ``ESC D`` and ``ESC E``, as on a terminal.
    * Blanks at the end of a line stay, unless they were written over something.
    """
    if not _SPECIAL.search(text):
        return text
    return "".join(_cleaned(text[start:end]) for start, end in spans(text))


def cleaned_pieces(data: bytes | bytearray, start: int = 0, stop: int | None = None) -> Iterator[str]:
    """Decode and clean an answer in pieces of lines. Together they are ``clean(decode(data[start:stop]))``, but lines
    that only a carriage return ends are kept apart.

    Only a line longer than LONGEST_LINE is divided; its parts are cleaned as lines of their own, but not separated.
    """
    for first, end in spans(data, start, stop):
        text = decode(bytes(data[first:end]))
        yield _cleaned(text, keeps=True) if _SPECIAL.search(text) else text


def _cleaned(text: str, *, keeps: bool = False) -> str:
    """Clean one piece.

    :param keeps: lines that only a carriage return ends are kept apart.
    """
    plain = text.replace("\r\n", "\n")
    if not _SPECIAL.search(plain):
        return plain
    text = _LINE_FEED.sub("\n", text)
    text = _INERT.sub("", text).replace("\r\n", "\n")
    if not _NEEDS_CURSOR.search(text):
        return text
    if _NEEDS_ROWS.search(text):
        return _Screen().played(text)
    render = _render_apart if keeps else _render
    return "\n".join(render(line) if _NEEDS_CURSOR.search(line) else line for line in text.split("\n"))


def _render_apart(line: str) -> str:
    """Play one line on a one-line screen, or several if only carriage returns end them."""
    if "\x08" not in line and "\x1b" not in line and _are_lines(parts := line.split("\r")):
        return "\n".join(part for part in parts if part and not part.isspace())
    return _render(line)


def _are_lines(parts: list[str]) -> bool:
    """Tell whether a part would cover another one with other words.

    What is drawn again on purpose, as the progress of a copy, has the same words, or wipes the line first.
    """
    before, size = "", 0
    for part in parts:
        letters = "".join(filter(str.isalpha, part))
        if letters and not letters.startswith(before):
            return True
        if len(part) >= size or letters:
            before, size = letters, len(part.rstrip())
    return False


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

    While no row was addressed, the cursor can be moved up into the lines above, and down again: these lines have rows
    up to ``_NEAR`` then. If there are not enough of them, a line begins.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []  # above the screen
        self._rows: dict[int, list[str]] = {}
        self._row = 0  # 0: not known
        self._top = self._lowest = 0  # rows
        self._work = 0  # characters of lines that were moved into rows
        self._line: list[str] = []  # the one of the cursor
        self._is_old = False  # its text was there when the cursor came, and nothing has changed it
        self._saved: tuple[int, int, int] | None = None  # row, column, and how many lines were above it

    def played(self, text: str) -> str:
        """Return all lines."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self._feed()
            if _NEEDS_CURSOR.search(line) or (self._line and line):
                self._draw(line)
            else:
                self._line += line
        self._clear()
        return "\n".join(self._lines)

    def _feed(self) -> None:
        if not self._row:
            self._lines.append(_shown(self._line))
            self._line = []
        elif self._row == _NEAR:
            self._forget()
        elif self._row < _BOTTOM or self._is_near():
            self._enter(self._row + 1)
        else:
            self._clear()
            self._line = self._rows[self._row] = []

    def _draw(self, line: str) -> None:
        column, last = 0, ""
        for token in _TOKEN.finditer(line):
            piece = token.group()
            if token.lastgroup == "move" and (piece[-1] in _MOVES_ROW or piece[1] != "["):
                column = self._moved(piece, column)
                continue
            if token.lastgroup == "move" and piece[-1] == "J" and self._erases(piece, column):
                continue
            if self._is_old:
                self._keep(token, column)
            column, last = _play(self._line, column, token, last)

    def _moved(self, sequence: str, column: int) -> int:
        """Apply a sequence that moves the cursor to another row, or that keeps its place. Return the column."""
        final, numbers = _parameters(sequence) if sequence[1] == "[" else (sequence[-1], (0,))
        count = min(max(1, numbers[0]), _MOST_ROWS)
        if final in "Hdf":
            column = column if final == "d" else _move([], column, sequence)
            if self._is_near():
                self._forget()
            self._go(count, column + 1)
        elif final in "AFM":
            column = 0 if final == "F" else column
            self._rise(count)
        elif final in "BEe":
            column = 0 if final == "E" else column
            self._sink(count)
        elif sequence in ("\x1b7", "\x1b[s"):
            self._saved = self._row if not self._is_near() else 0, column, self._above()
        elif sequence in ("\x1b8", "\x1b[u") and self._saved is not None:
            row, column, above = self._saved
            self._return(row, column, self._above() - above)
        return column

    def _return(self, row: int, column: int, count: int) -> None:
        """Go back to the row that was kept.

        :param count: by how many rows it is above this one, if neither is known.
        """
        if row:
            self._go(row, column + 1)
        elif self._row and not self._is_near():
            self._forget()
        elif count > 0:
            self._rise(count)
        elif count < 0:
            self._sink(-count)

    def _is_near(self) -> bool:
        return self._row > _MOST_ROWS

    def _above(self) -> int:
        """Return how many lines are above that of the cursor, if its row is not known."""
        return len(self._lines) + (self._row - self._top if self._is_near() else 0)

    def _forget(self) -> None:
        """Begin a line below all others. Its row is not known."""
        if self._row or self._line:
            self._clear()
        self._row, self._line, self._is_old = 0, [], False

    def _rise(self, count: int) -> None:
        if self._row and not self._is_near():
            self._enter(max(self._row - count, 1))
            return
        row = (self._row or _NEAR) - count
        self._top = self._top if self._row else _NEAR
        if row < self._top - len(self._lines) or self._work > _MOST_WORK:  # it is not known what stands there
            self._forget()
            return
        if not self._row:
            self._rows[_NEAR] = self._line
            self._lowest = _NEAR
        while self._top > row:
            self._top -= 1
            self._rows[self._top] = list(self._lines.pop())
            self._work += len(self._rows[self._top]) + 1
        self._enter(row)

    def _sink(self, count: int) -> None:
        if self._row and not self._is_near():
            self._enter(min(self._row + count, _MOST_ROWS))
            return
        below = _NEAR - (self._row or _NEAR)
        if below:
            self._enter(self._row + min(count, below))
        if below < count < _BOTTOM:  # more is meant to go to the last row
            for _row in range(count - below):
                self._feed()

    def _keep(self, token: re.Match[str], column: int) -> None:
        """Keep the old text of a line that is drawn over from its first column on, or erased."""
        piece = token.group()
        if token.lastgroup not in ("text", "move") or (token.lastgroup == "move" and piece[-1] in "CDGa`"):
            return
        if not column or (token.lastgroup == "move" and piece[-1] == "K" and _parameters(piece)[1][0] == 2):
            self._leave()
        self._is_old = False

    def _leave(self) -> None:
        """Move all lines above the screen, without an empty one at its end. The cursor stays in its row."""
        if not self._rows.get(_NEAR, True):
            del self._rows[_NEAR]
        self._clear()
        self._line = self._rows[self._row] = []
        self._top = self._lowest = self._row

    def _erases(self, sequence: str, column: int) -> bool:
        """Apply a sequence that erases a part of the screen. Return False if it only erases a part of the line."""
        part = _parameters(sequence)[1][0]
        if part in (2, 3):
            self._wipe()
        elif part == 0 and self._lowest > self._row:
            if column:
                del self._line[column:]
            self._leave()
            self._is_old = False
        return part in (2, 3)

    def _wipe(self) -> None:
        if not self._line:
            self._rows.pop(self._row, None)
        if self._line or self._rows:
            self._clear()
        self._line = []
        self._is_old = False
        if self._row:
            self._rows[self._row] = self._line

    def _go(self, row: int, column: int) -> None:
        if not self._row and (not self._line or column > 1 or row >= _BOTTOM):
            self._row, self._rows[row] = row, self._line
            self._lowest = max(self._lowest, row)
        elif not self._row:
            self._lines.append(_shown(self._line))
            self._row, self._line = row, []
            self._rows[row] = self._line
        elif row != self._row:
            if not self._line:
                self._rows.pop(self._row, None)
            self._enter(row)

    def _enter(self, row: int) -> None:
        self._row = row
        self._line = self._rows.setdefault(row, [])
        self._lowest = max(self._lowest, row)
        self._is_old = bool(self._line)

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
        self._rows, self._lowest = {}, 0
        if self._saved is not None and not self._saved[0]:
            self._saved = None  # the line is above the screen


def _change(screen: list[str], column: int, final: str, count: int) -> None:
    """Insert blanks, take characters out, or erase some."""
    end = min(column + count, len(screen))
    if len(screen) > _LONGEST_CHANGED or end <= column:
        return
    if final == "P":
        del screen[column:end]
    elif final == "X":
        screen[column:end] = _ERASED * (end - column)
    elif len(screen) + count <= _LONGEST_CHANGED:
        screen[column:column] = " " * count


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
    if final in "Ca":
        return max(column, min(column + count, _WIDEST))
    if final in "G`":
        return min(count - 1, _WIDEST)
    if final in "Hf":
        return min(max(1, numbers[1]) - 1, _WIDEST) if len(numbers) > 1 else 0
    if final in "@PX":
        _change(screen, column, final, count)
    elif final != "K" and (final != "J" or numbers[0]):
        pass
    elif numbers[0] == 0:
        del screen[column:]
    elif numbers[0] == 1 and column <= _WIDEST:
        end = min(column + 1, len(screen))
        screen[:end] = _ERASED_LINE[:end]
    elif numbers[0] == 2:
        screen.clear()
    return column
