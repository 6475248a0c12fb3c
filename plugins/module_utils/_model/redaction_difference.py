# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mask the secrets in a unified diff as they are masked in the two texts: a line alone does not show its block.

The new text is known. The old one is made of it and of the removed lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

_HUNK = re.compile(r"@@ -\d{1,9}(?:,\d{1,9})? \+(\d{1,9})(?:,(\d{1,9}))? @@")

Place = tuple[int, int, str]  # start, end, and the mask


@dataclass(slots=True)
class _Side:
    """One of the two texts, and for its lines in the diff where they are: the line of the diff, start and end."""

    parts: list[str] = field(default_factory=list)
    size: int = 0
    shown: list[tuple[int, int, int]] = field(default_factory=list)

    def add(self, lines: list[str]) -> None:
        if lines:
            self.parts += lines
            self.size += sum(map(len, lines)) + len(lines)

    def show(self, number: int, line: str) -> None:
        self.shown.append((number, self.size, self.size + len(line)))
        self.add([line])

    def masked(self, places: Callable[[str], list[Place]]) -> dict[int, str]:
        """Return the lines of the diff, masked, without the sign before them."""
        text = "\n".join(self.parts)
        found = places(text)
        made, first = {}, 0
        for number, start, end in self.shown:
            while first < len(found) and found[first][1] <= start:
                first += 1
            line, at = [], start
            for begin, last, mask in found[first:]:
                if begin >= end:
                    break
                line += [text[at : max(begin, at)], mask]
                at = min(last, end)
            made[number] = "".join([*line, text[at:end]])
        return made


def old_text(difference: str, new: str) -> str:
    """Return the old text of a difference. Ignored lines are those of the new text."""
    return "\n".join(_sides(difference.split("\n"), new.split("\n"))[0].parts)


def masked_difference(difference: str, new: str, places: Callable[[str], list[Place]]) -> str:
    """Return a unified diff with masks.

    :param new: the new text.
    :param places: returns the places of secrets in a text, with their masks.
    """
    lines = difference.split("\n")
    old, current = _sides(lines, new.split("\n"))
    for side in (current, old):
        for number, line in side.masked(places).items():
            lines[number] = lines[number][:1] + line
    return "\n".join(lines)


def _sides(lines: list[str], new: list[str]) -> tuple[_Side, _Side]:
    """Divide the lines of a diff into the old and the new text, with the lines of the new text that it leaves out."""
    old, current = _Side(), _Side()
    at = 0  # in the lines of the new text
    for number, line in enumerate(lines):
        if match := _HUNK.match(line):
            first = int(match[1]) - (match[2] != "0")
            if first > at:
                old.add(new[at:first])
                current.add(new[at:first])
            at = max(at, first)
        elif line.startswith("+") and not (number < 2 and line.startswith("+++ ")):
            current.show(number, line[1:])
            at += 1
        elif line.startswith("-") and not (number < 2 and line.startswith("--- ")):
            old.show(number, line[1:])
        elif line.startswith(" "):
            current.show(number, line[1:])
            old.add([line[1:]])
            at += 1
    old.add(new[at:])
    current.add(new[at:])
    return old, current
