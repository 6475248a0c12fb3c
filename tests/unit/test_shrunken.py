# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer that is only a small part of the last good one is suspicious and does not replace it."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._roll import write_answer
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder
from ansible_collections.rollcall.network.plugins.module_utils._shrunken import Measure, shrunken
from ansible_collections.rollcall.network.plugins.plugin_utils._suspicion import suspicion

RUN, PORTS = "show running-config", "show interfaces status"
DAYS = [f"2026-03-0{day}T02:00:00.000Z" for day in range(1, 10)]


@pytest.mark.parametrize(
    ("command", "before", "now", "expected"),
    [
        (RUN, (9000, 300), (2900, 90), True),
        (RUN, (9000, 300), (0, 0), True),
        (RUN, (9000, 300), (3100, 110), False),
        (RUN, (9000, 300), (2900, 150), False),  # shorter lines
        (RUN, (200, 9), (10, 1), False),  # short texts change by much
        (PORTS, (2000, 26, 24), (1100, 14, 12), True),
        (PORTS, (2000, 26, 24), (1200, 15, 13), False),
        (PORTS, (200, 5, 4), (100, 3, 2), True),
        (PORTS, (200, 4, 3), (70, 2, 1), False),
        (PORTS, (2000, 26, 24), (60, 2, None), True),  # by its text: rows were not requested
        (PORTS, (2000, 26, 24), (1900, 26, None), False),
        (PORTS, (2000, 26), (1000, 14), True),
        (PORTS, (2000, 26), (1300, 17), False),
        ("show ip bgp summary", (2000, 26, 24), (1100, 14, 12), False),
        ("show ip bgp summary", (2000, 26, 24), (300, 4, 2), True),
        *((each, (9000, 300, 290), (0, 0, None), False) for each in ("show logging", "show ip arp", "show users")),
        ("show mac address-table", (9000, 300, 290), (0, 0, None), False),
        *(
            (each, (9000, 300), (2900, 90), True)
            for each in (
                "show tech-support",
                "show running-config | include arp",
                "show configuration snmp clients",
                "display current-configuration log",
                "display diagnostic-information",
                "show startup-config user",
                "/ip dhcp-server export",
            )
        ),
        ("run show log messages", (9000, 300), (0, 0), False),
        ("show ip bgp summary", (2000, 26, 24), (1990, 26, 7), True),  # the text is kept, but most rows are gone
        ("show ip bgp summary", (2000, 26, 24), (1990, 26, 8), False),
        ("show ip ospf neighbor", (200, 3, 2), (60, 1, 0), True),  # only the heading
        ("show ip ospf neighbor", (200, 3), (0, 0), True),
        ("show ip ospf neighbor", (200, 2, 1), (60, 1, 0), False),
        ("show interfaces status err-disabled", (200, 3, 2), (0, 0, 0), False),
        ("show interfaces status | include down", (200, 3), (0, 0), False),
        ("show running-config | include ntp", (200, 3), (0, 0), True),
    ],
)
def test_what_is_only_a_small_part(command: str, before: tuple[Any, ...], now: tuple[Any, ...], expected: bool) -> None:
    assert (shrunken(command, Measure(*before), Measure(*now)) is not None) is expected


def config(lines: int) -> str:
    return "".join(f"interface Ethernet{number}\n description line\n" for number in range(lines))


class Fleet:
    """A folder of runs: each call is a run of its own."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.day = 0

    def run(self, text: str, command: str = RUN, rows: list[dict[str, str]] | None = None) -> dict[str, Any]:
        self.day += 1
        output = {"text": text, "status": "ok", "since": None, "diff": "", "rows": rows or []}
        given = {"status": "ok", "platform": "frr", "finished_at": DAYS[self.day], "output": {command: output}}
        folder = RunFolder(str(self.path))
        try:
            return write_answer(folder, "r1", given, LastGood(self.path, Changes()))[0]
        finally:
            folder.close()

    def text(self, command: str = RUN) -> str:
        return (self.path / "last_good" / "r1" / f"{command}.txt").read_text()


def test_a_shrunken_answer_does_not_replace_the_last_good_one_until_the_next_is_as_small(
    tmp_path: pathlib.Path,
) -> None:
    fleet = Fleet(tmp_path)
    assert fleet.run(config(60))["suspicious"] == {}
    small = fleet.run(config(10))
    assert small["suspicious"] == {
        RUN: "it has 20 lines (380 characters), and the last good answer has 120 (2330 characters)"
    }
    assert small["status"] == "ok"
    assert (small["changed"], small["output"][RUN]["since"]) == ([RUN], None)
    assert small["output"][RUN]["diff"].startswith(f"--- {DAYS[1]}\n+++ {DAYS[2]}\n")
    assert fleet.text() == config(60), "the last good answer is kept"

    assert fleet.run(config(60))["changed"] == [], "it is back, and nothing changed"
    assert RUN in fleet.run(config(10))["suspicious"], "the small one before the good one does not count"
    assert RUN in fleet.run(config(2))["suspicious"], "and it shrinks further"
    accepted = fleet.run(config(3))
    assert (accepted["suspicious"], accepted["changed"]) == ({}, [RUN])
    assert fleet.text() == config(3)
    assert fleet.run(config(3))["changed"] == []


@pytest.mark.parametrize("nights", [(500, 0, 150), (150, 0, 45), (500, 4, 0), (500, 0, 1), (500, 150, 45)])
def test_a_shrunken_answer_of_another_size_than_the_one_before_is_suspicious_again(
    nights: tuple[int, ...], tmp_path: pathlib.Path
) -> None:
    fleet = Fleet(tmp_path)
    first, second, third = map(config, nights)
    fleet.run(first)
    for text in (second, third):
        assert RUN in fleet.run(text)["suspicious"]
        assert fleet.text() == first


def test_half_of_the_interfaces_are_gone(tmp_path: pathlib.Path) -> None:
    fleet = Fleet(tmp_path)

    def ask(count: int) -> dict[str, Any]:
        text = "".join(f"Et{number} connected\n" for number in range(count))
        return fleet.run(text, PORTS, [{"port": f"Et{number}"} for number in range(count)])

    ask(8)
    assert ask(5)["suspicious"] == {}, "becomes the last good answer"
    assert ask(2)["suspicious"] == {PORTS: "it has 2 rows, and the last good answer has 5"}
    assert ask(5)["changed"] == []
    ask(2)
    assert ask(2)["suspicious"] == {}


def test_the_sentence_of_the_verdict() -> None:
    assert suspicion({}) is None
    said = suspicion({"a": {RUN: "it has 2 lines"}, "b": {RUN: "it has 3 lines"}})
    assert said is not None
    assert said.startswith(f"suspicious answers of a, b: the answer of a to '{RUN}' is much smaller")
