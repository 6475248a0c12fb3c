# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make texts that a regular expression may need long for.

For each repetition in the expression: a text that leads to it, and one that repeats it. A text that ends before the
expression does makes the matcher go back over all repetitions.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any, NamedTuple

parser: Any = importlib.import_module("re._parser")  # private, and without types

LIKELY = '1 a:.-/,%"[A(_@#>'
REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}


class Pump(NamedTuple):
    start: str
    unit: str

    def text(self, length: int) -> str:
        return (self.start + self.unit * (length // len(self.unit) + 1))[:length]


def pumps(pattern: str, flags: int = 0) -> list[Pump]:
    """Return the pumps of an expression, without repetition."""
    found = dict.fromkeys(_pumps(list(parser.parse(pattern, flags)), ""))
    return [pump for pump in found if pump.unit]


def _pumps(items: list[Any], start: str) -> Iterator[Pump]:
    """Go through a sequence. ``start`` is a text that leads to it."""
    for index, (code, value) in enumerate(items):
        name = str(code)
        if name in REPEATS:
            _least, most, body = value
            body = list(body)
            if str(most) == "MAXREPEAT" or most > 8:
                following = "".join(_text(each) for each in items[index + 1 : index + 2])
                further = "".join(_text(each, 1) for each in items[index + 1 : index + 4])
                for unit in _units(body):
                    yield Pump(start, unit)
                    for more in {following, further} - {""}:
                        yield Pump(start, unit + more)
                        yield Pump(start, more + unit)
            yield from _pumps(body, start)
        elif name == "SUBPATTERN":
            yield from _pumps(list(value[-1]), start)
        elif name == "ATOMIC_GROUP":
            yield from _pumps(list(value), start)
        elif name == "BRANCH":
            for branch in value[1]:
                yield from _pumps(list(branch), start)
        elif name in ("ASSERT", "ASSERT_NOT"):
            yield from _pumps(list(value[1]), start)
        start += _text((code, value))


def _units(body: list[Any]) -> list[str]:
    """Return texts that match the body of a repetition: several, if it is a class of characters."""
    if len(body) == 1 and str(body[0][0]) in ("IN", "ANY", "NOT_LITERAL"):
        return [character for character in LIKELY if _accepts(body[0], character)][:12]
    return ["".join(map(_text, body))]


def _text(item: Any, times: int = 0) -> str:
    """Return a short text that matches an item, with optional parts at least so many times."""
    code, value = item
    name = str(code)
    if name == "LITERAL":
        return chr(value)
    if name in ("IN", "ANY", "NOT_LITERAL"):
        return next((character for character in LIKELY if _accepts(item, character)), _first(item))
    if name in REPEATS:
        least: int = value[0]
        return "".join(map(_text, value[2])) * max(least, times)
    if name == "SUBPATTERN":
        return "".join(map(_text, value[-1]))
    if name == "ATOMIC_GROUP":
        return "".join(map(_text, value))
    if name == "BRANCH":
        return "".join(map(_text, value[1][0]))
    return ""


def _first(item: Any) -> str:
    return next((chr(code) for code in range(1, 0x180) if _accepts(item, chr(code))), "")


def _accepts(item: Any, character: str) -> bool:
    code, value = item
    if str(code) == "ANY":
        return character != "\n"
    if str(code) == "NOT_LITERAL":
        return bool(ord(character) != value)
    negated = False
    for kind, what in value:
        name = str(kind)
        if name == "NEGATE":
            negated = True
        elif (
            (name == "LITERAL" and what == ord(character))
            or (name == "RANGE" and what[0] <= ord(character) <= what[1])
            or (name == "CATEGORY" and _in_category(str(what), character))
        ):
            return not negated
    return negated


def _in_category(name: str, character: str) -> bool:
    word = character.isalnum() or character == "_"
    known = {"DIGIT": character.isdecimal(), "SPACE": character.isspace(), "WORD": word}
    what = name.removeprefix("CATEGORY_")
    return not known[what.removeprefix("NOT_")] if what.startswith("NOT_") else known[what]
