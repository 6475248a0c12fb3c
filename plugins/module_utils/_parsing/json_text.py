# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON in an output."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from .._chatter import is_chatter
from .nothing import says_nothing
from .parsed import Parsed, excerpt

_DEEPEST_JSON = 100
_LONGEST_INTEGER = 4300  # digits; Python's own limit, which can be switched off
_NAMES_SHOWN = 3
_EXCERPT = 60


def parse_json(text: str) -> Parsed:
    begin = _begin(text)
    if begin is None:
        if says_nothing(text.splitlines()):
            return Parsed("json", "empty", message=f"the output has no entries: {excerpt(text.lstrip(), 0)}")
        message = f"no JSON: no line begins with {{ or [ in {excerpt(text.lstrip(), 0)}"
        return Parsed("json", "error", message=message)
    repeated: list[str] = []
    try:
        value, end = _decoder(repeated).raw_decode(text, begin)
        _refuse_deep(value)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg}, at {excerpt(text, error.pos)}"
        return Parsed("json", "error", message=f"bad JSON in {where}")
    except RecursionError:
        return Parsed("json", "error", message=f"JSON nested more than {_DEEPEST_JSON} levels deep")
    except ValueError as error:
        return Parsed("json", "error", message=f"invalid JSON: {error}")
    for place, part in ((0, text[:begin]), (end, text[end:])):
        left = _left_over(part)
        if left is not None:
            side = "before" if place == 0 else "after"
            return Parsed("json", "error", message=f"text {side} the JSON document: {excerpt(part, left)}")
    warning = None
    if repeated:
        names = ", ".join(ascii(name[:_EXCERPT]) for name in repeated)
        warning = f"the JSON repeats names within an object ({names}); only the last value of each is kept"
    return Parsed("json", "ok", value, warning)


def _begin(text: str) -> int | None:
    """Return the position of the first bracket at the start of a line that is no message of the device."""
    for start in re.finditer(r"^[ \t]*+[{\[]", text, re.MULTILINE):
        if not is_chatter(text[start.start() : start.end() + 200].split("\n", 1)[0]):
            return start.end() - 1
    return None


def _decoder(repeated: list[str]) -> json.JSONDecoder:
    """Return a decoder of data that Ansible can use. Adds the first repeated names of an object to ``repeated``."""

    def constant(name: str) -> NoReturn:
        msg = f"{name} is not a JSON value"
        raise ValueError(msg)

    def number(digits: str) -> float:
        value = float(digits)
        if value in (float("inf"), float("-inf")):
            msg = f"the number {digits[:_EXCERPT]} is too large"
            raise ValueError(msg)
        return value

    def integer(digits: str) -> int:
        if len(digits) > _LONGEST_INTEGER:
            msg = f"the number {digits[:_EXCERPT]} has more than {_LONGEST_INTEGER} digits"
            raise ValueError(msg)
        return int(digits)

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs) and len(repeated) < _NAMES_SHOWN:
            seen: set[str] = set()
            for name, _value in pairs:
                if name in seen and name not in repeated and len(repeated) < _NAMES_SHOWN:
                    repeated.append(name)
                seen.add(name)
        return value

    # Not strict: devices put raw tabs and line ends into strings.
    return json.JSONDecoder(
        object_pairs_hook=members, parse_constant=constant, parse_float=number, parse_int=integer, strict=False
    )


def _refuse_deep(value: Any) -> None:
    """Raise RecursionError for nesting that Python can read but Ansible cannot process."""
    level = [value]
    for _depth in range(_DEEPEST_JSON):
        inner = (item.values() if isinstance(item, dict) else item for item in level)
        level = [item for items in inner for item in items if isinstance(item, (dict, list))]
        if not level:
            return
    raise RecursionError


def _left_over(part: str) -> int | None:
    """Return the position of the first line that is neither blank nor an unsolicited message of the device."""
    place = 0
    for line in part.splitlines(keepends=True):
        if line.strip() and not is_chatter(line):
            return place
        place += len(line)
    return None
