# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed since the last good answer, devices without one for too long, and the history, all over real SSH."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import call_roll, run_playbook, try_roll
from tests.integration.frr import FrrLab, converged, link_address
from tests.integration.openssh import run, wait_until
from tests.lab import Lab
from tests.lab.render.common import WEEK

ROOT = Path(__file__).resolve().parents[2]
PEERS = ["waw-spine1", "waw-leaf1"]  # the neighbours of the one device that the small lab lacks

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed (apt-get install git)")


@pytest.fixture(scope="module")
def small() -> Iterator[Lab]:
    """The lab without its last device."""
    with Lab(devices=23, healthy=True) as lab:
        yield lab


@pytest.fixture(scope="module")
def whole() -> Iterator[Lab]:
    """All of the lab, a week and an hour later: its last device was plugged in, and nothing else happened."""
    with Lab(devices=24, healthy=True, age=WEEK + 61) as lab:
        yield lab


def git(folder: Path, *arguments: str) -> str:
    command = ["git", f"--git-dir={folder / 'history.git'}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def state(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "last_good" / name / "state.json").read_text())
    return found


@needs_git
def test_a_week_later_exactly_what_happened_is_told(small: Lab, whole: Lab, tmp_path: Path) -> None:
    arguments = {"output_dir": str(tmp_path), "history": True}
    first = call_roll(small.inventory, arguments)
    assert first.result["changed_hosts"] == []
    assert {device["last_good_at"] == device["finished_at"] for device in first.devices.values()} == {True}

    second = call_roll(whole.inventory, arguments)
    assert second.result["changed_hosts"] == sorted(PEERS, key=list(second.devices).index)
    spine, leaf = (second.devices[name] for name in PEERS)
    assert spine["changed"] == ["show interface brief", "show lldp neighbors", "show ip bgp summary"]
    assert leaf["changed"] == ["show interfaces status", "show lldp neighbors"]
    diff = spine["output"]["show lldp neighbors"]["diff"].splitlines()
    before, after = (first.devices["waw-spine1"]["finished_at"], spine["finished_at"])
    assert diff[:2] == [f"--- {before}", f"+++ {after}"]
    told = [line.split() for line in diff[2:] if line[0] in "+-"]
    assert told == [
        ["-Total", "entries", "displayed:", "3"],
        ["+waw-leaf2", "Eth1/4", "120", "BR", "100GE1/0/1"],
        ["+Total", "entries", "displayed:", "4"],
    ]
    since = {command: output["since"] for command, output in spine["output"].items()}
    assert since == {command: after if command in spine["changed"] else before for command in since}

    folder = Path(second.result["run_dir"]) / "devices" / "waw-spine1"
    assert (folder / "show lldp neighbors.diff").read_text() == spine["output"]["show lldp neighbors"]["diff"]
    manifest = json.loads((tmp_path / "latest" / "manifest.json").read_text())
    assert manifest["changed_hosts"] == second.result["changed_hosts"]
    for path in (tmp_path / "last_good").rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
            assert not path.name.startswith("."), path

    subjects = git(tmp_path, "log", "--format=%an: %s").splitlines()
    runs = [Path(roll.result["run_dir"]).name for roll in (second, first)]
    assert subjects == [
        f"rollcall: {runs[0]}, 24 devices: 2 changed, 1 new",
        f"rollcall: {runs[1]}, 23 devices: 23 new",
    ]
    touched = git(tmp_path, "show", "--format=", "--name-status").splitlines()
    assert sorted(touched) == sorted(
        [f"M\t{name}/{command}.txt" for name in PEERS for command in second.devices[name]["changed"]]
        + [f"A\twaw-leaf2/{command}.txt" for command in second.devices["waw-leaf2"]["output"]]
    )
    assert git(tmp_path, "show", "main:waw-leaf1/show version.txt") == first.text("waw-leaf1", "show version")
    assert git(tmp_path, "show", "main:waw-leaf1/show lldp neighbors.txt") == second.text(
        "waw-leaf1", "show lldp neighbors"
    )

    third = call_roll(whole.inventory, {**arguments, "return_output": False})
    assert third.result["changed_hosts"] == []
    assert third.devices["waw-spine1"]["output"]["show lldp neighbors"]["since"] == after
    assert len(git(tmp_path, "log", "--format=%s").splitlines()) == 2, "nothing changed: nothing is committed"


def test_a_device_that_fails_keeps_its_last_good_answer(whole: Lab, tmp_path: Path) -> None:
    arguments = {"output_dir": str(tmp_path), "hosts": ["fra-wan1", "fra-leaf1"], "return_output": False}
    good = call_roll(whole.inventory, arguments)
    at = good.devices["fra-wan1"]["last_good_at"]
    bad = call_roll(whole.inventory, {**arguments, "stale_after": 3600}, "-e", '{"ansible_password": "wrong"}')
    assert bad.devices["fra-wan1"]["last_good_at"] == at
    assert bad.devices["fra-wan1"]["changed"] == []
    assert bad.result["stale_hosts"] == []
    assert state(tmp_path, "fra-wan1")["last_good_at"] == at

    alarm = {**arguments, "hosts": ["fra-wan1", "nobody"], "stale_after": 0.001}
    done, late = try_roll(whole.inventory, alarm, "-e", '{"ansible_password": "wrong"}')
    assert done.returncode == 2
    assert late["verdict"]["reasons"] == [
        "2 have no full answer for more than 0.001 s (stale_after): fra-wan1, nobody"
    ], "who never answered counts since it was first asked"
    assert late["stale_hosts"] == ["fra-wan1", "nobody"]
    assert try_roll(whole.inventory, alarm)[1]["stale_hosts"] == ["nobody"]


def test_the_role_fails_when_a_device_is_stale_whatever_may_fail(whole: Lab, tmp_path: Path) -> None:
    options = ["-e", f"rollcall_output_dir={tmp_path}", "-e", "rollcall_max_fail_percentage=100", "--limit", "fra-wan1"]
    stale = ["-e", "rollcall_stale_after=0.001"]
    wrong = ["-e", '{"ansible_password": "wrong"}']
    assert run_playbook(ROOT / "collect.yml", whole.inventory, *options, *stale).returncode == 0
    assert run_playbook(ROOT / "collect.yml", whole.inventory, *options, *wrong).returncode == 0
    done = run_playbook(ROOT / "collect.yml", whole.inventory, *options, *stale, *wrong)
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 2
    assert "1 has no full answer for more than 0.001 s (stale_after): fra-wan1; reports:" in said
    run = sorted((tmp_path / "runs").iterdir())[-1]  # of a part of the fleet, so `latest` does not lead to it
    page = (run / "reports" / "devices" / "fra-wan1.md").read_text()
    assert "| last full answer |" in page


def test_rules_of_ones_own_and_what_is_wrong_with_them(small: Lab, whole: Lab, tmp_path: Path) -> None:
    arguments = {"output_dir": str(tmp_path), "hosts": ["waw-leaf1"], "commands": ["show lldp neighbors"]}
    ignore = {"eos": ["Number of table inserts.*", ".* waw-leaf2 .*"]}
    call_roll(small.inventory, arguments)
    roll = call_roll(whole.inventory, {**arguments, "ignore_changes": ignore})
    assert roll.result["changed_hosts"] == []
    for wrong, sentence in (
        ({"eos": ["("]}, "'(' is not a regular expression"),
        ({"eoss": ["x"]}, "near matches: eos"),
        ({"eos": [1]}, "must be a list of regular expressions"),
    ):
        _done, result = try_roll(whole.inventory, {**arguments, "ignore_changes": wrong})
        assert result["failed"]
        assert sentence in result["msg"]


def test_a_damaged_state_is_told_and_costs_nothing(whole: Lab, tmp_path: Path) -> None:
    arguments = {"output_dir": str(tmp_path), "hosts": ["fra-wan1", "fra-leaf1"]}
    call_roll(whole.inventory, arguments)
    (tmp_path / "last_good" / "fra-wan1" / "state.json").write_text("{")
    cut = tmp_path / "last_good" / "fra-leaf1" / "show version.txt"
    cut.write_bytes(cut.read_bytes()[:-20])
    roll = call_roll(whole.inventory, arguments)
    assert roll.result["summary"]["ok"] == 2
    assert roll.result["changed_hosts"] == []
    said = " ".join(roll.output.split())
    assert "the last good answers of fra-wan1, fra-leaf1: of fra-wan1: " in said
    assert "cannot be read and is ignored" in said
    events = Path(roll.result["run_dir"]) / "events.jsonl"
    assert f"all reasons are in {events}" in said
    told = [json.loads(line) for line in events.read_text().splitlines()]
    reasons = {each["name"]: each["message"] for each in told if each["event"] == "warning"}
    assert list(reasons) == ["fra-wan1", "fra-leaf1"]
    assert reasons["fra-leaf1"].endswith("show version.txt was damaged or changed by hand and is not compared")
    assert "the last good answers of" not in call_roll(whole.inventory, arguments).output, "it has healed"


@pytest.mark.parametrize("gone", ["last_good", "last_good/fra-leaf1"])
def test_removed_last_good_answers_are_told_once(gone: str, whole: Lab, tmp_path: Path) -> None:
    """They do not look like those of new devices, whether the folder of one device is gone or that of all."""
    names = ["fra-wan1", "fra-leaf1", "fra-leaf2", "ams-wan1", "ams-leaf1"]
    arguments = {"output_dir": str(tmp_path), "hosts": names}
    assert "the last good answers of" not in call_roll(whole.inventory, arguments).output, "the devices are new"
    shutil.rmtree(tmp_path / gone)
    roll = call_roll(whole.inventory, arguments)
    said = " ".join(roll.output.split())
    who = "fra-wan1, fra-leaf1, fra-leaf2 and 2 more: of fra-wan1" if gone == "last_good" else "fra-leaf1"
    first = tmp_path / "last_good" / ("fra-wan1" if gone == "last_good" else "fra-leaf1")
    line = f"the last good answers of {who}: {first} was removed, so this answer is not compared with an earlier one"
    assert said.count(line) == 1, said
    assert len(roll.result["warnings"]) == 1
    assert "the last good answers of" not in call_roll(whole.inventory, arguments).output, "they are there again"


@needs_git
def test_a_history_that_cannot_be_written_loses_nothing(whole: Lab, tmp_path: Path) -> None:
    program = tmp_path / "programs" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'fatal: the disk is on fire' >&2\nexit 128\n")
    program.chmod(0o755)
    output = tmp_path / "out"
    arguments = {"output_dir": str(output), "hosts": ["fra-wan1"], "history": True}
    _done, result = try_roll(whole.inventory, arguments, env={"PATH": f"{program.parent}:{os.environ['PATH']}"})
    assert result["failed"]
    assert "git init: fatal: the disk is on fire; the answers were written" in result["msg"]
    assert result["devices"]["fra-wan1"]["status"] == "ok"
    manifest = json.loads((output / "latest" / "manifest.json").read_text())
    assert manifest["verdict"]["passed"] is False
    assert call_roll(whole.inventory, arguments).result["changed_hosts"] == []
    assert "fra-wan1/show version.txt" in git(output, "ls-tree", "-r", "--name-only", "main"), "made up for"


@needs_git
def test_a_damaged_history_is_repaired_with_a_warning(whole: Lab, tmp_path: Path) -> None:
    arguments = {"output_dir": str(tmp_path), "hosts": ["fra-wan1"], "history": True}
    call_roll(whole.inventory, arguments)
    (tmp_path / "history.git" / "refs" / "heads" / "main").write_text("")
    last_good = tmp_path / "last_good" / "fra-wan1" / "show version.txt"
    last_good.unlink()
    last_good.mkdir()
    called = call_roll(whole.inventory, arguments)
    said = " ".join(called.output.split())
    assert f"the history in {tmp_path}/history.git was damaged: what was lost was written again" in said
    assert f"{last_good} was a folder; it is now show version.txt.damaged" in said
    assert called.result["verdict"]["passed"]
    assert "fra-wan1/show version.txt" in git(tmp_path, "ls-tree", "-r", "--name-only", "main")
    assert last_good.is_file()
    assert "damaged" not in call_roll(whole.inventory, arguments).output.replace(str(tmp_path), "")


# What real routers say of themselves; all of it goes on counting while nothing happens.
FRR_COMMANDS = [
    "show version",
    "show running-config",
    "show interface description",
    "show ip bgp summary",
    "show ip bgp summary json",
    "show ip bgp neighbors",
    "show ip ospf neighbor",
    "show ip ospf interface",
    "show ip ospf",
    "show ip route",
    "show ip route json",
]


def test_real_routers_change_only_when_something_happens(tmp_path: Path) -> None:
    reason = FrrLab.missing()
    if reason:
        pytest.skip(reason)
    with FrrLab() as lab:
        arguments = {"output_dir": str(tmp_path), "commands": FRR_COMMANDS}

        def diffs() -> list[str]:
            answers = call_roll(lab.inventory, arguments).devices.values()
            return [output["diff"] for answer in answers for output in answer["output"].values() if output["diff"]]

        # The first call has nothing to compare with. The timers of the beginning run out during the next ones.
        for _call in range(6):
            if diffs() == [] and _call:
                break
        assert diffs() == []
        lines = ["configure terminal", "router bgp 65001", f"neighbor {link_address(2, 1)} shutdown"]
        run("vtysh", "-N", lab.routers["r1"].namespace, *(word for line in lines for word in ("-c", line)))
        one, other = lab.routers["r1"], lab.routers["r2"]
        wait_until(lambda: not converged(one) and not converged(other), "both ends notice that the session is down", 20)
        roll = call_roll(lab.inventory, arguments)
        changed = {name: device["changed"] for name, device in roll.devices.items()}
        told = ["show running-config", "show ip bgp summary", "show ip bgp summary json", "show ip bgp neighbors"]
        assert set(told) <= set(changed["r1"])
        assert set(told[1:]) <= set(changed["r2"])
        assert not {"show running-config", "show version"} & {*changed["r2"], *changed["r3"]}
        diff = roll.devices["r1"]["output"]["show running-config"]["diff"].splitlines()[2:]
        assert [line.strip() for line in diff if line[0] in "+-"] == [f"+ neighbor {link_address(2, 1)} shutdown"]
