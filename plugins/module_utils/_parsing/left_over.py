# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that a template skipped although they look like those that made rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .damaged import damaged
from .shapes import LONGEST, MOST_WORDS, Score, Shape, columns_of, score_of, shape_of
from .templates import Found

_NEAR = 2  # lines before and after that are compared
_MANY = 8  # columns
_RULE = re.compile(r"[ \t|+:]*[-=_*~][-=_*~+|: \t]*\Z|\s*\Z")
_DIGIT = re.compile(r"\d")


def left_over(found: Found, lines: Sequence[str]) -> list[int]:
    """Return the numbers of the lines that no rule knows and that look like a row.

    Each is compared with the nearest lines that made a row, so that the work grows with the number of lines.
    """
    if not found.made:
        return []
    return sorted({*_alike(found, lines), *damaged(found, lines)})


def _alike(found: Found, lines: Sequence[str]) -> list[int]:
    """Return the numbers of the skipped lines that are as a row from their first word to their last."""
    rows = found.made
    left = []
    shapes: dict[int, Shape] = {}
    parts: list[tuple[int, int]] = []
    near = 0
    for place in found.skipped:
        while near < len(rows) and rows[near] < place:
            near += 1
        line = lines[place]
        if _DIGIT.search(line, 0, LONGEST) is None:  # no word of it is particular
            continue
        words = line[:LONGEST].split(None, MOST_WORDS)
        start = len(line) - len(line.lstrip())
        end, count = start + len(words[0]), len(words)
        shape: Shape | None = None
        for row in rows[max(0, near - _NEAR) : near + _NEAR]:
            other = shapes.get(row)
            if other is None:
                other = shapes[row] = shape_of(lines[row])
            if abs(start - other.starts[0]) > 1 and end != other.ends[0]:
                continue
            if min(count, len(other.kinds)) * 10 < max(count, len(other.kinds)) * 7:
                continue
            shape = shape or shape_of(line)
            if not _is_alike(shape, other, near=True):
                continue
            parts = parts or _parts(lines, found)
            is_near = parts[row][0] == parts[place][0]
            if is_near or (parts[row][1] == parts[place][1] and _is_alike(shape, other, near=False)):
                left.append(place)
                break
    return left


def _parts(lines: Sequence[str], found: Found) -> list[tuple[int, int]]:
    """Return for each line the number of its block, and the number of the line that is the heading above it, or -1.

    Lines that are blank, rules, or known divide blocks. Equal headings have the same number.
    """
    known = set(found.known)
    used = set(found.used)
    numbers: dict[str, int] = {}
    block, heading = 0, -1
    parts = []
    for place, line in enumerate(lines):
        if place not in used:
            is_known = place in known
            if is_known or _RULE.match(line):
                block += 1
            if line.lstrip()[:1].isalpha() and _DIGIT.search(line) is None and len(line.split(None, 2)) > 1:
                heading = numbers.setdefault(line.strip(), place)
        parts.append((block, heading))
    return parts


def _is_alike(line: Shape, row: Shape, *, near: bool) -> bool:
    """Return whether the words of a line are in the columns of a row, or in its order, and of the same kinds.

    :param near: whether they are in the same block. If not, they must be more alike.
    """
    if "rule" in line.kinds or len(line.kinds) < 2:
        return False
    most, least = max(len(line.kinds), len(row.kinds)), min(len(line.kinds), len(row.kinds))
    ordered = score_of(zip(line.kinds, row.kinds, strict=False)) if most == least else Score(0, 0, 0)
    places = columns_of(row)
    pairs = ((kind, places.get(start) or places.get(-end)) for start, end, kind in zip(*line, strict=True))
    columns = score_of((kind, other) for kind, other in pairs if other)
    if not near:
        return least >= 4 and ordered.fit >= most - 1 and columns.pairs * 10 >= most * 7 and ordered.particular > 1
    # Two of many can be of another kind: a neighbour of IPv6 that is up, below one of IPv4 that is down.
    enough = 75 if columns.pairs >= _MANY else 80  # percent
    if columns.particular and columns.pairs * 10 >= most * 7 and columns.fit * 100 >= columns.pairs * enough:
        return True
    return ordered.particular > 0 and ordered.fit >= max(2, most - 1)
