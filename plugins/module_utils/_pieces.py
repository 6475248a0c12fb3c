# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work on long texts in pieces.

A function on a device's text that can take long is a generator: it yields between pieces of at most ``PIECE``
characters and returns its result at the end. An event loop lets other devices work at each of these points.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TypeVar

PIECE = 64 * 1024  # characters, or bytes
LONGEST_LINE = PIECE  # characters of a line that are matched with a pattern; longer lines are kept, but not matched
_LONGEST_ESCAPE = 64  # characters of an escape sequence that is not divided

T = TypeVar("T")
Work = Generator[None, None, T]


def finish(work: Work[T]) -> T:
    """Do all of the work at once and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: T = done.value
            return result


def spans(data: str | bytes | bytearray, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, int]]:
    """Divide a text into pieces, as pairs of start and end.

    They end after a line end. In a line that is longer than a piece, they end where neither an escape sequence nor a
    character of UTF-8 is divided.
    """
    stop = len(data) if stop is None else stop
    while start < stop:
        end = start + PIECE
        end = stop if end >= stop else _end(data, start, end)
        yield start, end
        start = end


def _end(data: str | bytes | bytearray, start: int, end: int) -> int:
    if isinstance(data, str):
        newline, escape = data.rfind("\n", start, end), data.rfind("\x1b", end - _LONGEST_ESCAPE, end)
    else:
        newline, escape = data.rfind(b"\n", start, end), data.rfind(b"\x1b", end - _LONGEST_ESCAPE, end)
    if newline >= 0:
        return newline + 1
    if escape >= 0:
        return escape
    if not isinstance(data, str):
        for place in range(end, end - 4, -1):
            if data[place] & 0xC0 != 0x80:  # the first byte of a character
                return place
    return end
