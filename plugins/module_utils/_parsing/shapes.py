# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of a line: the places and kinds of its words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

LONGEST = 400  # characters of a line that are compared
MOST_WORDS = 40
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


class Shape(NamedTuple):
    """The words of a line: where each begins and ends, and of which kind it is."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    kinds: tuple[str, ...]


def shape_of(line: str) -> Shape:
    words = [match for _count, match in zip(range(MOST_WORDS), _WORD.finditer(line, 0, LONGEST), strict=False)]
    return Shape(
        tuple(match.start() for match in words),
        tuple(match.end() for match in words),
        tuple(kind_of(match.group()) for match in words),
    )


def kind_of(word: str) -> str:
    for kind, pattern in _KINDS:
        if pattern.match(word):
            return kind
    return "mixed"


class Score(NamedTuple):
    """The number of pairs, of those that fit, and of those that fit and are particular."""

    pairs: int
    fit: int
    particular: int


def columns_of(shape: Shape) -> dict[int, str]:
    """Return the kinds by the place where a word begins, and by the negative place where it ends."""
    places = {-end: kind for end, kind in zip(shape.ends, shape.kinds, strict=True)}
    places.update(zip(shape.starts, shape.kinds, strict=True))
    return places


def score_of(pairs: Iterable[tuple[str, str]]) -> Score:
    count = fit = particular = 0
    for one, other in pairs:
        count += 1
        fits = one == other or "mark" in (one, other) or (one in _NAMES and other in _NAMES)
        fit += fits
        particular += fits and one in _PARTICULAR and other in _PARTICULAR
    return Score(count, fit, particular)
