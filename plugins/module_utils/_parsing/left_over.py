# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that a template skipped although they look like those that made rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .templates import Found

_LONGEST = 400  # characters of a line that are compared
_MOST_WORDS = 40
_NEAR = 2  # lines before and after that are compared
_RULE = re.compile(r"[ \t|+:]*[-=_*~][-=_*~+|: \t]*\Z|\s*\Z")
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"\S+")
# Kinds of words. Those of the first group name something in particular, which headings and sentences do not.
_KINDS = (
    ("rule", re.compile(r"[-=_+|*~]{2,}\Z")),
    ("number", re.compile(r"[-+]?\d+(?:[.,]\d+)*%?\Z")),
    ("mac", re.compile(r"(?:[0-9a-f]{2,4}[.:-]){2,7}[0-9a-f]{2,4}\Z", re.IGNORECASE)),
    ("mark", re.compile(r"(?:[^\w]+|n/?a|none)\Z", re.IGNORECASE)),
    ("word", re.compile(r"[^\d]+\Z")),
    ("address", re.compile(r"[0-9a-f:.]*(?:\d\.\d{1,3}\.\d|:)[0-9a-f:./]*\Z", re.IGNORECASE)),
)
_NAMES = ("word", "mixed")
_PARTICULAR = ("number", "mac", "address", "mixed")


class _Shape(NamedTuple):
    """The words of a line: where each begins and ends, and of which kind it is."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    kinds: tuple[str, ...]


def left_over(found: Found, lines: Sequence[str]) -> list[int]:
    """Return the numbers of the lines that no rule knows and that look like a row.

    Each is compared with the nearest lines that made a row, so that the work grows with the number of lines.
    """
    rows = found.made
    if not rows or not found.skipped:
        return []
    left = []
    shapes: dict[int, _Shape] = {}
    parts: list[tuple[int, int]] = []
    near = 0
    for place in found.skipped:
        while near < len(rows) and rows[near] < place:
            near += 1
        line = lines[place]
        if _DIGIT.search(line, 0, _LONGEST) is None:  # no word of it is particular
            continue
        words = line[:_LONGEST].split(None, _MOST_WORDS)
        start = len(line) - len(line.lstrip())
        end, count = start + len(words[0]), len(words)
        shape: _Shape | None = None
        for row in rows[max(0, near - _NEAR) : near + _NEAR]:
            other = shapes.get(row)
            if other is None:
                other = shapes[row] = _shape(lines[row])
            if abs(start - other.starts[0]) > 1 and end != other.ends[0]:
                continue
            if min(count, len(other.kinds)) * 10 < max(count, len(other.kinds)) * 7:
                continue
            shape = shape or _shape(line)
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


def _shape(line: str) -> _Shape:
    words = [match for _count, match in zip(range(_MOST_WORDS), _WORD.finditer(line, 0, _LONGEST), strict=False)]
    return _Shape(
        tuple(match.start() for match in words),
        tuple(match.end() for match in words),
        tuple(_kind(match.group()) for match in words),
    )


def _kind(word: str) -> str:
    for kind, pattern in _KINDS:
        if pattern.match(word):
            return kind
    return "mixed"


def _is_alike(line: _Shape, row: _Shape, *, near: bool) -> bool:
    """Return whether the words of a line are in the columns of a row, or in its order, and of the same kinds.

    :param near: whether they are in the same block. If not, they must be more alike.
    """
    if "rule" in line.kinds or len(line.kinds) < 2:
        return False
    most, least = max(len(line.kinds), len(row.kinds)), min(len(line.kinds), len(row.kinds))
    ordered = _score(zip(line.kinds, row.kinds, strict=False)) if most == least else _Score(0, 0, 0)
    places = _columns(row)
    pairs = ((kind, places.get(start) or places.get(-end)) for start, end, kind in zip(*line, strict=True))
    columns = _score((kind, other) for kind, other in pairs if other)
    if not near:
        return least >= 4 and ordered.fit >= most - 1 and columns.pairs * 10 >= most * 7 and ordered.particular > 1
    if columns.particular and columns.pairs * 10 >= most * 7 and columns.fit * 10 >= columns.pairs * 8:
        return True
    return ordered.particular > 0 and ordered.fit >= max(2, most - 1)


class _Score(NamedTuple):
    """The number of pairs, of those that fit, and of those that fit and are particular."""

    pairs: int
    fit: int
    particular: int


def _columns(shape: _Shape) -> dict[int, str]:
    """Return the kinds by the place where a word begins, and by the negative place where it ends."""
    places = {-end: kind for end, kind in zip(shape.ends, shape.kinds, strict=True)}
    places.update(zip(shape.starts, shape.kinds, strict=True))
    return places


def _score(pairs: Iterable[tuple[str, str]]) -> _Score:
    count = fit = particular = 0
    for one, other in pairs:
        count += 1
        fits = one == other or "mark" in (one, other) or (one in _NAMES and other in _NAMES)
        fit += fits
        particular += fits and one in _PARTICULAR and other in _PARTICULAR
    return _Score(count, fit, particular)
