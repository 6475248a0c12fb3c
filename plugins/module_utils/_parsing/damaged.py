# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that are a row with a part missing, or a part of one, or with something else in front of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .shapes import LONGEST, Shape, columns_of, kind_of, score_of, shape_of
from .templates import Found

_FAR = 2  # skipped lines between a damaged row and a row: a row can be in several pieces
_LETTERS = re.compile(r"[^\W\d_]+")
_PARTICULAR = ("mac", "address", "mixed")
_LEAST = 3  # words of a row


def damaged(found: Found, lines: Sequence[str]) -> list[int]:
    """Return the numbers of the skipped lines that are a damaged row.

    Each is next to a row, and begins as one, ends as one, or is one together with the next line. An output in which as
    many lines as rows look so has rows of several lines, and these are no damaged ones.
    """
    made = set(found.made)
    skipped = set(found.skipped)
    shapes: dict[int, Shape] = {}
    left = []
    for place in found.skipped:
        rows = [row for row in (_next(place, -1, made, skipped), _next(place, 1, made, skipped)) if row is not None]
        if not rows:
            continue
        line = lines[place][:LONGEST]
        both = line + lines[place + 1][:LONGEST] if place + 1 in skipped else None
        for row in rows:
            if row not in shapes:
                shapes[row] = shape_of(lines[row])
            other = shapes[row]
            if len(other.kinds) < _LEAST:
                continue
            if _begins_alike(line, lines[row]) or _is_piece(shape_of(line), other):
                left.append(place)
                break
            if both is not None and _is_whole(shape_of(both), other):
                left.append(place)
                break
    return left if len(left) <= len(made) else []


def _next(place: int, step: int, made: set[int], skipped: set[int]) -> int | None:
    """Return the number of the next row, before or after, if there are only a few skipped lines between."""
    for distance in range(1, _FAR + 1):
        other = place + step * distance
        if other in made:
            return other
        if other not in skipped:
            return None
    return None


def _begins_alike(line: str, row: str) -> bool:
    """Return whether the first word is in the place of that of a row, and names a thing of the same kind."""
    word, other = line.split(None, 1)[0], row.split(None, 1)[0]
    return line.find(word) == row.find(other) and is_namesake(word, other)


def is_namesake(word: str, other: str) -> bool:
    """Return whether two words name things of the same kind: two addresses, or ``Gi1/0/1`` and ``Gi1/0/2``."""
    kind = kind_of(word)
    if kind not in _PARTICULAR or kind_of(other) != kind:
        return False
    if kind != "mixed":
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


def _is_whole(line: Shape, row: Shape) -> bool:
    fit = score_of(zip(line.kinds, row.kinds, strict=False))
    return len(line.kinds) == len(row.kinds) == fit.fit and fit.particular > 0
