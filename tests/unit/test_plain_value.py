# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What functions return becomes plain data where nothing is lost; all else is an error that says what stands where."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import io
import ipaddress
import json
import pathlib
import socket
import types
import uuid
from typing import Any, NamedTuple

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._drivers._plain import NotPlain, plain

BERLIN = datetime.timezone(datetime.timedelta(hours=1))


class Color(enum.Enum):
    RED = "red"
    NESTED = (1, 2)


class Level(enum.IntEnum):
    HIGH = 3


class Word(str):
    """As Ansible's own texts are."""

    __slots__ = ()


class Point(NamedTuple):
    x: int
    where: ipaddress.IPv4Address


@dataclasses.dataclass
class Neighbor:
    name: str
    since: datetime.date
    ports: set[int] = dataclasses.field(default_factory=set)


ADDRESS = ipaddress.IPv4Address("192.0.2.1")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (2.5, 2.5),
        (10**40, 10**40),
        (Word("x"), "x"),
        ("\udcff \x00", "\udcff \x00"),
        (datetime.datetime.fromisoformat("2026-01-02T03:04:05"), "2026-01-02T03:04:05"),
        (datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=BERLIN), "2026-01-02T03:04:05.000006+01:00"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.time(3, 4), "03:04:00"),
        (datetime.timedelta(days=1, seconds=1, microseconds=500000), 86401.5),
        (ADDRESS, "192.0.2.1"),
        (ipaddress.ip_network("2001:db8::/32"), "2001:db8::/32"),
        (ipaddress.ip_interface("192.0.2.1/24"), "192.0.2.1/24"),
        (pathlib.Path("/a/b"), "/a/b"),
        (pathlib.PureWindowsPath("a\\b"), "a\\b"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (decimal.Decimal("1.10"), "1.10"),
        (Color.RED, "red"),
        (Color.NESTED, [1, 2]),
        (Level.HIGH, 3),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({ADDRESS}, ["192.0.2.1"]),
        ((1, (2, 3)), [1, [2, 3]]),
        (Point(1, ADDRESS), {"x": 1, "where": "192.0.2.1"}),
        (Neighbor("r1", datetime.date(2026, 1, 2), {2, 1}), {"name": "r1", "since": "2026-01-02", "ports": [1, 2]}),
        ((each * 2 for each in range(3)), [0, 2, 4]),
        (map(str, [1]), ["1"]),
        (range(3), [0, 1, 2]),
        (collections.deque([1]), [1]),
        ({"b": 1, "a": 2}.keys(), ["b", "a"]),
        ({"b": 1}.items(), [["b", 1]]),
        (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (b"caf\xc3\xa9", "café"),
        (bytearray(b"x"), "x"),
        ({2: "a", None: "b", True: "c", 2.5: "d"}, {"2": "a", "null": "b", "true": "c", "2.5": "d"}),
        ({ADDRESS: 1, Level.HIGH: 2, datetime.date(2026, 1, 2): 3}, {"192.0.2.1": 1, "3": 2, "2026-01-02": 3}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_plain(value: Any, expected: Any) -> None:
    made = plain(value)
    assert made == expected
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert type(made) in {type(None), bool, int, float, str, list, dict}


def ring() -> list[Any]:
    made: list[Any] = []
    made.append({"again": made})
    return made


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (object(), ["'object' at value:", "convert it"]),
        ({"routes": [1, {"via": types.SimpleNamespace()}]}, ["types.SimpleNamespace", "value['routes'][1]['via']"]),
        ([b"\xff"], ["bytes at value[0]", "UTF-8"]),
        (bytearray(b"\xff"), ["bytearray at value"]),
        (float("nan"), ["nan"]),
        ([float("-inf")], ["-inf at value[0]"]),
        (complex(1, 2), ["complex"]),
        ([10**5000], ["a whole number", "value[0]"]),
        ({"a": -(10**5000)}, ["a whole number", "value['a']"]),
        ({(1, 2): 3}, ["a key of type tuple at value:"]),
        ({"x": {b"\xff": 3}}, ["a key of type bytes at value['x']"]),
        ({1: "a", "1": "b"}, ["the key '1' at value", "duplicate"]),
        (ring(), ["nested more than 100 levels"]),
        (socket, ["module"]),
        (int, ["'type' at value"]),
        (Neighbor, ["'type' at value"]),
        (io.StringIO("a\nb"), ["_io.StringIO"]),
        (Point(1, object()), ["'object' at value['where']"]),  # type: ignore[arg-type]
    ],
    ids=lambda value: None if isinstance(value, list) else type(value).__name__,
)
def test_what_is_no_plain_data_says_what_stands_where(value: Any, words: list[str]) -> None:
    with pytest.raises(NotPlain) as raised:
        plain(value)
    for word in words:
        assert word in str(raised.value)


def test_it_is_a_copy() -> None:
    given = {"a": [1]}
    made = plain(given)
    given["a"].append(2)
    assert made == {"a": [1]}
