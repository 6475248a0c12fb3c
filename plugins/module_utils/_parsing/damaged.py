# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that are a row with a part missing, or a part of one, or with something else in front of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from .shapes import LONGEST, MOST_WORDS, Shape, columns_of, kind_of, score_of, shape_of
from .templates import Found

_FAR = 2  # skipped lines between a damaged row and a row: a row can be in several pieces
_PAGER = re.compile(r"\s*[-<(\[]{0,4}\s?more\b[^\w>)\]]{0,20}[->)\]]{1,4}\s{1,8}", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")
_PARTICULAR = ("mac", "address", "mixed")
_LEAST = 3  # words of a row


def damaged(found: Found, lines: Sequence[str]) -> list[int]:
    """Return the numbers of the skipped lines that are a damaged row.

    Each is next to a row, and begins as one, ends as one, or is one together with the next line. An output in which as
    many lines as rows look so has rows of several lines, and these are no damaged ones.
    """
    order = {place: number for number, place in enumerate(found.made)}
    skipped = set(found.skipped)
    shapes: dict[int, Shape] = {}
    left = [place for place, rest in found.behind if _is_row_behind(lines[place], rest)]
    for place in found.skipped:
        next_to = [_next(place, step, order, skipped) for step in (-1, 1)]
        numbers = [order[row] for row in next_to if row is not None]
        if not numbers:
            continue
        rows = found.made[max(0, numbers[0] - 1) : numbers[-1] + 2]
        line = lines[place][:LONGEST]
        shape: Shape | None = None
        both = line + lines[place + 1][:LONGEST] if place + 1 in skipped else None
        for row in rows:
            other = shapes.get(row)
            if other is None:
                other = shapes[row] = shape_of(lines[row])
            if len(other.kinds) < _LEAST:
                continue
            shape = shape or shape_of(line)
            if _begins_alike(line, lines[row], len(other.kinds)) or _is_piece(shape, other) or _is_two(shape, other):
                left.append(place)
                break
            if both is not None and _is_whole(shape_of(both), other):
                left.append(place)
                break
    return left if len(left) <= len(order) else []


def _is_row_behind(line: str, rest: str) -> bool:
    """Return whether what stands behind a row is another row."""
    return len(rest[:LONGEST].split(None, _LEAST)) >= _LEAST and is_namesake(
        line.split(None, 1)[0], rest.split(None, 1)[0]
    )


def _next(place: int, step: int, made: Collection[int], skipped: set[int]) -> int | None:
    """Return the number of the next row, before or after, if there are only a few skipped lines between."""
    for distance in range(1, _FAR + 1):
        other = place + step * distance
        if other in made:
            return other
        if other not in skipped:
            return None
    return None


def _begins_alike(line: str, row: str, count: int) -> bool:
    """Return whether a line begins with a thing of the same kind as a row.

    It has at most as many words as a row, and is in its place; or it has about as many, and blanks, a pager, or a blank
    in the first word have moved it.
    """
    rest = _PAGER.sub("", line, count=1)
    words = rest.split(None, MOST_WORDS)
    if words and len(rest) < len(line):
        return True
    if not words or len(words) > count + 2:
        return False
    other = row.split(None, 1)[0]
    if len(words) <= count and line.find(words[0]) == row.find(other):
        return _is_particular(words[0], other) or kind_of(words[0]) == kind_of(other) == "number"
    if len(words) > count and words[0].isalpha() and is_namesake(words[0] + words[1], other):
        return True
    return len(words) >= count - 1 and is_namesake(words[0], other)


def _is_particular(word: str, other: str) -> bool:
    """Return whether two words are of the same kind, and no plain words or numbers."""
    kind = kind_of(word)
    return kind in _PARTICULAR and kind_of(other) == kind and word[0].isalpha() == other[0].isalpha()


def is_namesake(word: str, other: str) -> bool:
    """Return whether two words name things of the same kind: two addresses, or ``Gi1/0/1`` and ``Gi1/0/2``."""
    if not _is_particular(word, other):
        return False
    if kind_of(word) != "mixed":
        return True
    one, two = _LETTERS.match(word), _LETTERS.match(other)
    return one is not None and two is not None and one.group() == two.group()


def _is_piece(line: Shape, row: Shape) -> bool:
    """Return whether a line is the first columns of a row, or ends with all columns of one, or all but the first."""
    count = len(row.kinds)
    if line.starts[0] == row.starts[0] and 2 <= len(line.kinds) <= count:
        places = columns_of(row)
        pairs = [(kind, places.get(start)) for start, kind in zip(line.starts, line.kinds, strict=True)]
        fit = score_of((kind, other) for kind, other in pairs if other)
        if fit.particular and fit.fit == len(pairs):
            return True
    if count <= len(line.kinds) + 1 and len(line.kinds) <= count + 2:
        most = min(count, len(line.kinds))
        fit = score_of(zip(line.kinds[-most:], row.kinds[-most:], strict=True))
        if fit.particular and fit.fit >= max(_LEAST, count - 1):
            return True
    return False


def _is_two(line: Shape, row: Shape) -> bool:
    """Return whether a line is two rows. The last word of the first and the first word of the second may be one."""
    most = len(row.kinds) - 1
    if not most * 2 < len(line.kinds) <= most * 2 + 2:
        return False
    fits = (
        score_of(zip(line.kinds[:most], row.kinds[:most], strict=True)),
        score_of(zip(line.kinds[-most:], row.kinds[-most:], strict=True)),
    )
    return all(each.fit == most for each in fits) and any(each.particular for each in fits)


def _is_whole(line: Shape, row: Shape) -> bool:
    fit = score_of(zip(line.kinds, row.kinds, strict=False))
    return len(line.kinds) == len(row.kinds) == fit.fit and fit.particular > 0
