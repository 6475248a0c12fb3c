# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convert the value of a function to plain data: strings, numbers, booleans, null, lists and dictionaries.

Only lossless conversions are made. For other types there is an error with the type and its place.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import io
import ipaddress
import json
import math
import pathlib
import uuid
from collections.abc import Callable, Iterator, Mapping, MappingView, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

LONGEST_INT = 14_000  # bits; Python converts at most 4,300 digits to text
DEEPEST = 100  # levels; deeper values are treated as recursive

_SPELLED: tuple[tuple[tuple[type, ...], Callable[[Any], str | float]], ...] = (
    ((datetime.datetime, datetime.date, datetime.time), lambda value: value.isoformat()),
    ((datetime.timedelta,), lambda value: value.total_seconds()),
    (
        (
            ipaddress.IPv4Interface,
            ipaddress.IPv6Interface,
            ipaddress.IPv4Address,
            ipaddress.IPv6Address,
            ipaddress.IPv4Network,
            ipaddress.IPv6Network,
            pathlib.PurePath,
            uuid.UUID,
            decimal.Decimal,
        ),
        str,
    ),
)


class NotPlain(ValueError):
    """The value is not plain data. The message has the type, its place, and the reason."""


class _At(NamedTuple):
    """A place in a value, for error messages."""

    key: Any
    outer: _At | None

    def __str__(self) -> str:
        return f"{self.outer or ''}[{self.key!r}]"


def plain(value: Any) -> Any:
    """The value as plain data: a copy.

    :raises NotPlain: for the first part that is not plain data.
    """
    return _plain(value, None, 0)


def _plain(value: Any, at: _At | None, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, enum.Enum):  # before text and numbers, which it may be too
        return _plain(value.value, at, depth)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        if value.bit_length() > LONGEST_INT:
            raise _wrong("a whole number of thousands of digits", at, "too long for JSON in Python")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _wrong(f"the number {float(value)}", at, "JSON has no such number")
        return float(value)
    for types, spell in _SPELLED:
        if isinstance(value, types):
            return spell(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _decoded(value, at)
    if depth >= DEEPEST:
        raise _wrong(_type(value), at, f"nested more than {DEEPEST} levels deep")
    return _container(value, at, depth + 1)


def _container(value: Any, at: _At | None, depth: int) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return _dict(fields, at, depth)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _dict(value._asdict(), at, depth)
    if isinstance(value, Mapping):
        return _dict(value, at, depth)
    if isinstance(value, AbstractSet) and not isinstance(value, MappingView):
        return _sorted(_list(value, at, depth))
    if isinstance(value, (Sequence, MappingView, Iterator)) and not isinstance(value, io.IOBase):
        return _list(value, at, depth)
    raise _wrong(f"an object of type {_type(value)!r}", at, "convert it, for example to a string")


def _dict(value: Mapping[Any, Any], at: _At | None, depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, each in value.items():
        name = _key(key, at)
        if name in made:
            raise _wrong(f"the key {name!r}", at, "duplicate after conversion to a string")
        made[name] = _plain(each, _At(key, at), depth)
    return made


def _key(key: Any, at: _At | None) -> str:
    """A key as text, spelled as JSON does."""
    try:
        spelled = _plain(key, at, DEEPEST)
    except NotPlain as error:
        raise _wrong(f"a key of type {_type(key)}", at, "it cannot be converted to a string") from error
    if isinstance(spelled, str):
        return spelled
    return json.dumps(spelled)


def _list(value: Any, at: _At | None, depth: int) -> list[Any]:
    return [_plain(each, _At(place, at), depth) for place, each in enumerate(value)]


def _sorted(values: list[Any]) -> list[Any]:
    """In an order that is the same at every run: a set has none."""
    return sorted(values, key=lambda each: (type(each).__name__, each if isinstance(each, (str, int, float)) else 0))


def _decoded(value: Any, at: _At | None) -> str:
    try:
        return bytes(value).decode()
    except UnicodeDecodeError as error:
        raise _wrong(_type(value), at, "not UTF-8 text; decode the bytes first") from error


def _type(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _wrong(what: str, at: _At | None, why: str) -> NotPlain:
    return NotPlain(f"{what} at value{at or ''}: {why}")
