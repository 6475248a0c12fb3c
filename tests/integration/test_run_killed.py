# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs killed with -9 at 20 random moments: what had answered is whole, and ``resume`` asks exactly the rest."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._roll import WRITERS
from ansible_collections.rollcall.network.plugins.module_utils._run import file_name, read_answer
from tests.integration.asking import lab_device
from tests.integration.openssh import descendants, kill, wait_until
from tests.lab import Lab

ROOT = Path(__file__).parents[2]
DEVICES = 500
SEED = 20_260_101
# So that a run lasts some seconds on a fast machine too.
LATENCY, WORKERS = 0.1, 50
# Chains of kills of one run, each going on with what the one before it left; and runs of ansible-playbook, killed once.
CHAINS, KILLS, PLAYBOOKS = 4, 4, 4
# What differs between two answers of the same device.
CLOCKED = ("seconds", "started_at", "finished_at", "attempts", "last_good_at", "since")
CLOCK = re.compile(r"^\w{3} \w{3} +\d+ \d\d:\d\d:\d\d\.\d+ UTC$", re.MULTILINE)


@dataclass(frozen=True)
class Fleet:
    """The devices, and what an undisturbed run brought back from them."""

    folder: Path
    inventory: Path
    devices: dict[str, Any]
    undisturbed: dict[str, Any]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    with Lab(devices=DEVICES, healthy=True, latency=LATENCY) as lab:
        devices = {
            each.name: lab_device(
                each, commands=2, become=each.enable is not None, known_hosts=(str(lab.known_hosts),)
            ).as_dict()
            for each in lab.devices.values()
        }
        hosts = {
            each.name: {
                "ansible_host": each.address,
                "ansible_port": each.port,
                "ansible_user": each.login[0],
                "ansible_password": each.login[1],
                "ansible_network_os": each.platform,
                "ansible_become": each.enable is not None,
                "ansible_become_password": each.enable or "",
                "rollcall_commands": list(each.commands[:2]),
                "rollcall_known_hosts": str(lab.known_hosts),
            }
            for each in lab.devices.values()
        }
        inventory = folder / "fleet.yml"
        inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
        script = Script(folder, devices, {"output_dir": str(folder / "undisturbed")})
        began = time.monotonic()
        assert script.start().wait(100) == 0
        print(f"an undisturbed run of {DEVICES} devices took {time.monotonic() - began:.1f} s")
        undisturbed = script.result()["devices"]
        assert {answer["status"] for answer in undisturbed.values()} == {"ok"}
        yield Fleet(folder, inventory, devices, undisturbed)


@dataclass(frozen=True)
class Script:
    """Runs of roll_script.py in one folder."""

    folder: Path
    devices: dict[str, Any]
    arguments: dict[str, Any]

    def start(self) -> subprocess.Popen[bytes]:
        asked = {"devices": self.devices, "arguments": {"workers": WORKERS, "retries": 3, **self.arguments}}
        (self.folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
        files = [str(self.folder / "asked.json"), str(self.folder / "result.json")]
        return subprocess.Popen(
            [sys.executable, "-m", "tests.integration.roll_script", *files],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "collections")},
        )

    def result(self) -> dict[str, Any]:
        result: dict[str, Any] = json.loads((self.folder / "result.json").read_text(encoding="utf-8"))
        return result


# -- what there is on disk ---------------------------------------------------------------------------------------------


def events(run: Path) -> list[dict[str, Any]]:
    with contextlib.suppress(FileNotFoundError):
        return [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    return []


def runs(output_dir: Path) -> list[Path]:
    return sorted(output_dir.glob("runs/*"))


def answered(run: Path) -> list[str]:
    """The names that have a folder, which must be whole: it parses, and each text is there."""
    return [folder.name for folder in (run / "devices").iterdir() if not folder.name.startswith(".")]


def steady(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what changes by itself."""
    output = {
        command: {
            **{key: value for key, value in each.items() if key not in CLOCKED},
            "text": CLOCK.sub("", each["text"]),
        }
        for command, each in answer["output"].items()
    }
    return {**{key: value for key, value in answer.items() if key not in CLOCKED}, "output": output}


def check_whole(run: Path, fleet: Fleet) -> set[str]:
    """Every answer on disk is that of an undisturbed run; the names that have one."""
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["status"] == "running"
    assert manifest["hosts"] == list(fleet.devices)
    names = set(answered(run))
    for name in names:
        folder = run / "devices" / name
        stored = json.loads((folder / "result.json").read_text())
        files = {"result.json", *(each["file"] for each in stored["output"].values())}
        assert {path.name for path in folder.iterdir()} == files
        assert steady(read_answer(run, name)) == steady(fleet.undisturbed[name])
    noted = {event["name"] for event in events(run) if event["event"] == "finished"}
    assert noted <= names, "what is among the events is on disk"
    assert len(names - noted) <= WRITERS, "and what is on disk is among the events, but for the last"
    return names


def check_resumed(run: Path, before: set[str], result: dict[str, Any], fleet: Fleet) -> None:
    """Exactly the rest was asked, and the result is that of an undisturbed run."""
    seen = events(run)
    last = max(number for number, event in enumerate(seen) if event["event"] == "began")
    assert seen[last]["answered"] == len(before)
    asked = [event["name"] for event in seen[last:] if event["event"] == "finished"]
    assert len(asked) == len(set(asked))
    assert set(asked) == set(fleet.devices) - before
    assert seen[-1]["event"] == "ended"
    assert list(result["devices"]) == list(fleet.devices)
    for name, answer in result["devices"].items():
        assert steady(answer) == steady(fleet.undisturbed[name])
    assert result["summary"] == {**dict.fromkeys(result["summary"], 0), "total": DEVICES, "ok": DEVICES}
    manifest = json.loads((run / "manifest.json").read_text())
    verdict = manifest["verdict"]
    assert (manifest["status"], verdict["passed"], verdict["cause"], verdict["reasons"]) == ("finished", True, None, [])
    assert manifest["devices"] == dict.fromkeys(fleet.devices, "ok")
    assert not list((run / "devices").glob(".*")), "nothing half written is left"


def wait_for(output_dir: Path, begun: int, finished: int, process: subprocess.Popen[Any]) -> None:
    """Until the one run has begun so many times, and so many answers have been noted in it."""

    def reached() -> bool:
        assert process.poll() is None, "it ended before it could be killed"
        logs = list(output_dir.glob("runs/*/events.jsonl"))
        text = logs[0].read_bytes() if logs else b""
        return text.count(b'"began"') >= begun and text.count(b'"finished"') >= finished

    wait_until(reached, f"{finished} answers are there", timeout=60)


# -- tests -------------------------------------------------------------------------------------------------------------


@pytest.mark.cases(1)
@pytest.mark.parametrize("chain", range(CHAINS))
def test_killed_and_killed_again(chain: int, fleet: Fleet, tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = Script(tmp_path, fleet.devices, {"output_dir": str(out), "resume": True})
    chance = random.Random(SEED + chain)
    before: set[str] = set()
    for kills in range(KILLS):
        process = script.start()
        # Anywhere from the first moment to where the last device is under way.
        more = chance.randrange(2 * (DEVICES - len(before) - WORKERS) // (KILLS - kills + 1))
        wait_for(out, kills + 1, len(before) + more, process)
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.wait()
        (run,) = runs(out)
        here = check_whole(run, fleet)
        print(f"killed with {len(here)} of {DEVICES} answers on disk, {len(before)} before")
        assert before <= here, "an answer was lost"
        assert [each for each in events(run) if each["event"] == "began"][-1]["answered"] == len(before)
        before = here
    assert script.start().wait(100) == 0
    assert runs(out) == [run]
    check_resumed(run, before, script.result(), fleet)


@pytest.mark.cases(1)
@pytest.mark.parametrize("number", range(PLAYBOOKS))
def test_killed_playbook(number: int, fleet: Fleet, tmp_path: Path) -> None:
    whole_tree = number % 2 == 0
    out, kept = tmp_path / "out", tmp_path / "result.json"
    arguments = {"hosts": "{{ ansible_play_hosts_all }}", "output_dir": str(out), "workers": WORKERS, "retries": 3}
    collect = {"rollcall.network.collect": {**arguments, "resume": True}, "register": "roll"}
    copy = {"ansible.builtin.copy": {"content": "{{ roll | to_json }}", "dest": str(kept), "mode": "0600"}}
    where = {
        "run_once": True,
        "delegate_to": "localhost",
        "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
    }
    tasks = [{**collect, "run_once": True, "delegate_to": "localhost"}, {**copy, **where}]
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), str(playbook), "-i", str(fleet.inventory)]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    chance = random.Random(SEED - 1 - number)
    process = start()
    wait_for(out, 1, chance.randrange(DEVICES - 2 * WORKERS), process)
    time.sleep(chance.uniform(0, 0.1))
    tree = [process.pid, *descendants(process.pid)]
    assert len(tree) > 1, "the worker is a process of its own"
    os.kill(process.pid, 9)
    if whole_tree:
        kill(tree)
    process.wait()
    try:  # of its own accord, once its parent is gone
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in tree), "its workers are gone", timeout=10)
    finally:
        kill(tree)
    (run,) = runs(out)
    before = check_whole(run, fleet)
    print(f"killed {'with its workers' if whole_tree else 'alone'}, {len(before)} of {DEVICES} answers on disk")
    assert len(before) < DEVICES
    assert start().wait(100) == 0
    assert runs(out) == [run]
    check_resumed(run, before, json.loads(kept.read_text()), fleet)


def test_file_names_of_the_fleet_are_its_names(fleet: Fleet) -> None:
    """The tests here take the one for the other."""
    assert all(file_name(name) == name for name in fleet.devices)
