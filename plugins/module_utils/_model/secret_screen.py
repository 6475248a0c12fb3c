# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find secrets that a device draws on the line of a terminal: with the cursor moved, and with characters written over.

Each line is played on a screen of one line. Rows that are addressed are not distinguished, as in ``_terminal``.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from itertools import accumulate

from .secrets import SHORTEST, Secrets

_WIDEST = 512  # columns to which the cursor can be moved
_MOVES = re.compile(rb"\x08|(?<!\r)\r++(?!\n|\Z)|\x1b\[[0-?]*[CDGHJKPX@`a]|\x1b\[[0-?]*f")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]|(?<!\r)\r++(?!\n|\Z)")
_TOKEN = re.compile(
    r"(?P<move>\x1b\[[0-?]*[ -/]*[@-~]?)|\x1b[ -/]*[0-~]?|(?P<back>\x08+)|(?P<home>\r+)"
    r"|[\x00-\x1a\x1c-\x1f\x7f]+|(?P<text>[^\x00-\x1f\x7f]+)"
)
_MOST_TAILS = 1000  # ends of one line that are searched for the beginning of a secret
_MOST_AT_ONCE = 4096  # columns of a line; a longer line goes on as a new one


def drawn_spans(data: bytes, secrets: Secrets, *, ends: bool) -> Iterator[tuple[int, int]]:
    """Yield where in the data the secrets are that a line shows at any time, from their first to their last byte.

    :param ends: the beginning of a secret at the end of the data counts too.
    """
    pattern, word = secrets.pattern, secrets.word_at_end
    moves = _MOVES if word is None else _CONTROLS
    if not moves.search(data):
        return
    characters = [frozenset(secret) for secret in (*secrets.spellings, *secrets.words)]
    start = 0
    while start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        if moves.search(data, start, end):
            line = _Line(data, start, end, pattern, secrets.longest)
            is_last = ends and end == len(data)
            if is_last or line.can_show(characters):
                found = list(line.play())
                yield from found
                if found or is_last:
                    yield from line.beginnings(secrets.spellings, last=not found)
                yield from line.found_at_end(word)
        start = end


class _Line:
    """The screen: what each column shows, and where in the data this is written."""

    def __init__(self, data: bytes, start: int, end: int, pattern: re.Pattern[str] | None, longest: int) -> None:
        self._text = data[start:end].decode("utf-8", "surrogateescape")
        self._start = start
        sizes = map(len, (each.encode("utf-8", "surrogateescape") for each in self._text))
        self._offsets = range(end - start + 1) if self._text.isascii() else list(accumulate(sizes, initial=0))
        self._pattern, self._longest = pattern, longest
        self._cells: list[str] = []
        self._places: list[int] = []
        self._column = 0
        self._tails: deque[tuple[str, list[int]]] = deque(maxlen=_MOST_TAILS)  # before each move of the cursor
        self._changed: tuple[int, int] | None = None  # columns since the last search

    def can_show(self, characters: list[frozenset[str]]) -> bool:
        """Return whether all characters of one of these secrets are in the line."""
        mine = frozenset(self._text)
        return any(each <= mine for each in characters)

    def play(self) -> Iterator[tuple[int, int]]:
        for token in _TOKEN.finditer(self._text):
            kind = token.lastgroup
            if kind == "text":
                self._write(token[0], token.start())
                if self._column > _MOST_AT_ONCE:
                    yield from self._found()
                    del self._cells[: -self._longest], self._places[: -self._longest]
                    self._column = len(self._cells)
            elif kind is not None:
                yield from self._found()
                if kind == "back":
                    self._column = max(0, self._column - len(token[0]))
                elif kind == "home":
                    self._column = 0
                else:
                    self._move(token[0])
        yield from self._found()

    def _write(self, text: str, place: int) -> None:
        self._fill(self._column)
        end = self._column + len(text)
        self._cells[self._column : end] = text
        self._places[self._column : end] = range(place, place + len(text))
        self._touch(self._column, end)
        self._column = end

    def _fill(self, column: int) -> None:
        missing = column - len(self._cells)
        if missing > 0:
            self._cells += [" "] * missing
            self._places += [-1] * missing

    def _touch(self, start: int, end: int) -> None:
        first, last = self._changed or (start, end)
        self._changed = (min(start, first), max(end, last))

    def _move(self, sequence: str) -> None:
        numbers = [int(each) if each.isdecimal() else 0 for each in sequence[2:-1][:20].split(";")]
        count = min(max(1, numbers[0]), _WIDEST)
        column, final = self._column, sequence[-1]
        if final == "D":
            self._column = max(0, column - count)
        elif final in "Ca":
            self._column = max(column, min(column + count, _WIDEST))
        elif final in "G`":
            self._column = count - 1
        elif final in "Hf":
            self._column = min(max(1, numbers[1]) - 1, _WIDEST) if len(numbers) > 1 else 0
        elif final in "KJ" and numbers[0] == 0:
            del self._cells[column:], self._places[column:]
        elif final in "KJX":
            first = column if final == "X" else 0
            last = min(column + count if final == "X" else column + 1 if numbers[0] == 1 else _WIDEST, len(self._cells))
            self._cells[first:last] = [" "] * (last - first)
        elif final == "P":
            del self._cells[column : column + count], self._places[column : column + count]
            self._touch(column, column)
        elif final == "@" and column < len(self._cells):
            self._cells[column:column] = [" "] * count
            self._places[column:column] = [-1] * count
            del self._cells[_MOST_AT_ONCE:], self._places[_MOST_AT_ONCE:]
            self._touch(column, column + count)

    def _found(self) -> Iterator[tuple[int, int]]:
        """Search where the line has changed."""
        if self._changed is None or self._pattern is None:
            return
        first, last = self._changed
        self._changed = None
        column = self._column
        tail = slice(max(0, column - self._longest), column)
        self._tails.append(("".join(self._cells[tail]), self._places[tail]))
        first = max(0, first - self._longest)
        shown = "".join(self._cells[first : last + self._longest])
        for match in self._pattern.finditer(shown):
            yield from self._span(self._places[first + match.start() : first + match.end()])

    def beginnings(self, spellings: tuple[str, ...], *, last: bool) -> Iterator[tuple[int, int]]:
        """Search the beginning of a secret before each move of the cursor, as if the line is shown again with more.

        :param last: search only at the end.
        """
        for tail, places in [*self._tails][-1:] if last else self._tails:
            for secret in spellings:
                for length in range(min(len(secret) - 1, len(tail)), SHORTEST - 1, -1):
                    if tail.endswith(secret[:length]):
                        yield from self._span(places[-length:])
                        break

    def found_at_end(self, word: re.Pattern[str] | None) -> Iterator[tuple[int, int]]:
        """Search an ordinary word at the end of the line."""
        match = word.search("".join(self._cells)) if word is not None else None
        if match is not None:
            yield from self._span(self._places[match.start() : match.end()])

    def _span(self, columns: list[int]) -> Iterator[tuple[int, int]]:
        places = [each for each in columns if each >= 0]
        if places:
            yield self._start + self._offsets[min(places)], self._start + self._offsets[max(places) + 1]
