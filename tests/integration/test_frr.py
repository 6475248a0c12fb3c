# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real routers: what a roll call brings back is what they say when they are asked without SSH."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Roll, call_roll, run_playbook
from tests.integration.frr import FrrLab
from tests.integration.openssh import wait_until

ROOT = Path(__file__).resolve().parents[2]

SUMMARY = "show ip bgp summary json"
TABLE = "show ip bgp json"
JSON = (SUMMARY, TABLE)
# Two lines long on a terminal of 80 columns: readline wraps it while it echoes. Every router has such a path.
LONG = f"show ip bgp regexp ^[6{'6' * 90}]500[123]$"
# Their answers do not change once every router has sent its table.
TEXTS = ("show version", "show running-config", "show ip bgp", "show interface description", LONG)
UNKNOWN = "show nonsense"

# What changes from one second to the next.
UNSTEADY = {"msgRcvd", "msgSent", "peerUptime", "peerUptimeMsec", "peerUptimeEstablishedEpoch"}


def steady(value: Any) -> Any:
    """The value without the counters and times that change by themselves."""
    if isinstance(value, dict):
        return {key: steady(each) for key, each in value.items() if key not in UNSTEADY}
    return [steady(each) for each in value] if isinstance(value, list) else value


def shown(text: str) -> list[str]:
    """The lines of a text, without blanks at their ends and empty lines around them."""
    return [line.rstrip() for line in text.strip("\n").split("\n")]


def settle(lab: FrrLab) -> None:
    """Waits until each router has its neighbours' whole table: after that nothing but counters changes."""

    def settled() -> bool:
        summaries = [json.loads(router.vtysh(SUMMARY)) for router in lab.routers.values()]
        peers = [peer for summary in summaries for peer in summary["ipv4Unicast"]["peers"].values()]
        return all((peer["pfxRcd"], peer["pfxSnt"]) == (4, 6) for peer in peers)

    wait_until(settled, "every router has sent its whole table to the others", timeout=15)


@pytest.fixture(scope="module")
def roll(frr: FrrLab) -> Roll:
    settle(frr)
    parsed = [{"command": command, "parser": "json"} for command in JSON]
    return call_roll(frr.inventory, {"commands": [*parsed, *TEXTS]})


@pytest.mark.parametrize("name", ["r1", "r2", "r3"])
@pytest.mark.parametrize("command", JSON)
def test_the_rows_are_the_routers_own(frr: FrrLab, roll: Roll, name: str, command: str) -> None:
    output = roll.devices[name]["output"][command]
    assert (output["status"], output["rows_status"]) == ("ok", "ok")
    assert steady(output["rows"]) == steady(json.loads(frr.routers[name].vtysh(command)))


def test_the_rows_hold_the_whole_network(roll: Roll) -> None:
    for number, name in enumerate(("r1", "r2", "r3"), start=1):
        summary = roll.devices[name]["output"][SUMMARY]["rows"]["ipv4Unicast"]
        assert summary["as"] == 65000 + number
        assert [peer["state"] for peer in summary["peers"].values()] == ["Established"] * 2
        routes = roll.devices[name]["output"][TABLE]["rows"]["routes"]
        assert sorted(routes) == [f"10.{router}.{net}.0/24" for router in (1, 2, 3) for net in (1, 2)]


@pytest.mark.parametrize("name", ["r1", "r2", "r3"])
@pytest.mark.parametrize("command", TEXTS)
def test_the_text_is_the_routers_own(frr: FrrLab, roll: Roll, name: str, command: str) -> None:
    assert shown(roll.text(name, command)) == shown(frr.routers[name].vtysh(command))


def test_every_router_is_ok_in_the_order_asked(roll: Roll) -> None:
    assert [(name, device["status"]) for name, device in roll.devices.items()] == [
        (name, "ok") for name in ("r1", "r2", "r3")
    ]
    assert roll.result["summary"]["ok"] == 3


def test_the_echo_of_a_wrapped_line_is_not_part_of_the_answer(roll: Roll) -> None:
    text = roll.text("r1", LONG)
    assert text.startswith("BGP table version is")
    assert "regexp" not in text
    assert "10.2.1.0/24" in text
    assert "10.1.1.0/24" not in text, "its own prefix has no path"


@pytest.mark.parametrize(
    ("commands", "status", "summary"),
    [([UNKNOWN, "show version"], "partial", "1 of 2 commands failed"), ([UNKNOWN], "failed", "1 of 1 commands failed")],
)
def test_an_unknown_command_is_never_ok(frr: FrrLab, commands: list[str], status: str, summary: str) -> None:
    roll = call_roll(frr.inventory, {"commands": commands})
    assert roll.result["failed_hosts"] == ["r1", "r2", "r3"]
    for device in roll.devices.values():
        assert device["status"] == status
        assert summary in device["error"]["message"]
        unknown = device["output"][UNKNOWN]
        assert (unknown["status"], unknown["error"]["kind"]) == ("failed", "rejected")
        assert unknown["text"] == "% Unknown command: show nonsense"
        if status == "partial":
            assert device["output"]["show version"]["status"] == "ok"
            assert "FRRouting" in device["output"]["show version"]["text"]


@pytest.fixture(scope="module")
def paging(frr: FrrLab) -> Iterator[FrrLab]:
    with FrrLab(pager=True) as lab:
        settle(lab)
        yield lab


@pytest.mark.parametrize("platform", ["frr.frr.frr", "generic"], ids=["switched off", "answered"])
def test_a_real_pager_changes_nothing(paging: FrrLab, platform: str) -> None:
    # The generic platform knows no command that would switch paging off, so it meets the pager itself.
    roll = call_roll(paging.inventory, {"commands": [*TEXTS, *JSON]}, "-e", f"ansible_network_os={platform}")
    for name, router in paging.routers.items():
        assert roll.devices[name]["status"] == "ok", roll.devices[name]["error"]
        for command in TEXTS:
            assert shown(roll.text(name, command)) == shown(router.vtysh(command)), command
        for command in JSON:
            # more folds what is longer than the terminal's 80 columns; between JSON's words a line end means nothing.
            unfolded = roll.text(name, command).replace("\n", "")
            assert steady(json.loads(unfolded)) == steady(json.loads(router.vtysh(command)))


def test_the_playbook_reports_what_the_routers_say(frr: FrrLab, tmp_path: Path) -> None:
    commands = json.dumps({"rollcall_commands": [{"command": SUMMARY, "parser": "json"}, "show running-config"]})
    done = run_playbook(
        ROOT / "collect.yml", frr.inventory, "-e", commands, "-e", f"rollcall_output_dir={tmp_path / 'reports'}"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    reports = {path.name: path.read_text() for path in (tmp_path / "reports").rglob("*.md")}
    for name, router in frr.routers.items():
        report = reports[f"{name}.md"]
        for line in shown(router.vtysh("show running-config")):
            assert f"    {line}".rstrip() in report.split("\n"), line
        own = json.loads(router.vtysh(SUMMARY))["ipv4Unicast"]
        assert f'"routerId":"{own["routerId"]}"' in report
        for address in own["peers"]:
            assert f'"{address}":{{' in report
        assert f"[{name}]" in reports["index.md"]
