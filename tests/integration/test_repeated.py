# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run_once task that Ansible runs more than once asks every device once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook

NAMES = ("r1", "r2", "r3", "r4")
PROBE = """
import os
import pathlib

def ask(name):
    with open(os.environ["ASKED"], "a") as file:
        file.write(name + "\\n")
    tries = pathlib.Path(os.environ["ASKED"]).read_text().split().count(name)
    if tries < int(os.environ.get("TRIES", 1)):
        raise ValueError("not yet")
    return name
"""
SERIAL = 'write hosts: "{{ ansible_play_batch }}" to ask the devices of each batch'
FREE = "write strategy: linear in the play"


def task(hosts: str = "{{ ansible_play_hosts_all }}", **keywords: Any) -> dict[str, Any]:
    arguments = {"hosts": hosts, "driver": "python", "function": "probe.ask", "retries": 0}
    return {
        "name": "Call the roll",
        "rollcall.network.collect": arguments,
        "run_once": True,
        "delegate_to": "localhost",
        "register": "roll",
        **keywords,
    }


# That every host has every answer.
CHECK = {
    "name": "Check",
    "ansible.builtin.assert": {
        "that": "roll.devices.values() | map(attribute='value') | sort == ansible_play_hosts_all"
    },
    "delegate_to": "localhost",
}


def run(plays: list[dict[str, Any]], folder: Path, env: Mapping[str, str] | None = None) -> tuple[str, dict[str, int]]:
    """What was printed, and how often each name was asked."""
    (folder / "probe.py").write_text(PROBE)
    (folder / "inventory").write_text("\n".join(NAMES))
    asked = folder / "asked"
    text = json.dumps([{"name": "Play", "hosts": "all", "gather_facts": False, **play} for play in plays])
    # The folder of Ansible's own temporary files, to see what is left there.
    env = {"PYTHONPATH": str(folder), "ASKED": str(asked), "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"), **(env or {})}
    done = run_playbook(text, folder / "inventory", env=env)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert list((folder / "tmp").iterdir()) == [], "the answers outlive the run"
    return output, Counter(asked.read_text().split())


@pytest.mark.parametrize(
    ("play", "env", "advice"),
    [
        ({"serial": 1}, {}, SERIAL),
        ({"serial": 3}, {}, SERIAL),
        ({"serial": ["25%", 3]}, {}, SERIAL),
        ({"strategy": "free"}, {}, FREE),
        ({"strategy": "ansible.builtin.host_pinned"}, {}, FREE),
        ({}, {"ANSIBLE_STRATEGY": "free"}, FREE),
    ],
)
def test_every_device_is_asked_once(play: dict[str, Any], env: Mapping[str, str], advice: str, tmp_path: Path) -> None:
    output, asked = run([{"tasks": [task(), CHECK], **play}], tmp_path, env)
    assert asked == dict.fromkeys(NAMES, 1)
    assert " ".join(output.split()).count(advice) == 1, output


@pytest.mark.parametrize(
    "play",
    [
        pytest.param({"tasks": [task(), CHECK]}, id="linear"),
        pytest.param({"tasks": [task(), CHECK], "strategy": "ansible.builtin.linear"}, id="linear by its full name"),
        pytest.param({"tasks": [task("{{ ansible_play_batch }}")], "serial": 1}, id="the advice for serial"),
        pytest.param({"tasks": [task(), CHECK], "serial": 10}, id="one batch"),
    ],
)
def test_what_the_warning_advises_gives_no_warning(play: dict[str, Any], tmp_path: Path) -> None:
    output, asked = run([play], tmp_path)
    assert asked == dict.fromkeys(NAMES, 1)
    assert "run_once task for every" not in output


@pytest.mark.parametrize("play", [{"serial": 2}, {"strategy": "free"}], ids=["serial", "free"])
@pytest.mark.parametrize(
    ("tasks", "times"),
    [
        pytest.param([task(), task()], 2, id="two tasks"),
        pytest.param([task(loop=[1, 2, 3])], 3, id="loop"),
        pytest.param([task(until="roll is success", retries=5, delay=0)], 3, id="until"),
    ],
)
def test_a_host_that_asks_again_gets_a_new_answer(
    tasks: list[dict[str, Any]], times: int, play: dict[str, Any], tmp_path: Path
) -> None:
    failing = "until" in tasks[0]
    if failing:
        tasks[0]["rollcall.network.collect"]["max_fail_percentage"] = 0
    _output, asked = run([{"tasks": tasks, **play}], tmp_path, {"TRIES": "3"} if failing else {})
    assert asked == dict.fromkeys(NAMES, times)


def test_two_plays_from_one_file_ask_twice(tmp_path: Path) -> None:
    (tmp_path / "roll.yml").write_text(
        json.dumps([{"name": "Play", "hosts": "all", "gather_facts": False, "serial": 2, "tasks": [task()]}])
    )
    (tmp_path / "probe.py").write_text(PROBE)
    (tmp_path / "inventory").write_text("\n".join(NAMES))
    (tmp_path / "both.yml").write_text(json.dumps([{"import_playbook": "roll.yml"}, {"import_playbook": "roll.yml"}]))
    env = {"PYTHONPATH": str(tmp_path), "ASKED": str(tmp_path / "asked")}
    done = run_playbook(tmp_path / "both.yml", tmp_path / "inventory", env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert Counter((tmp_path / "asked").read_text().split()) == dict.fromkeys(NAMES, 2)


@pytest.mark.parametrize("play", [{"serial": 1}, {"strategy": "free"}], ids=["serial", "free"])
def test_the_role_asks_every_device_once(play: dict[str, Any], tmp_path: Path) -> None:
    variables = {
        "rollcall_driver": "python",
        "rollcall_function": "probe.ask",
        "rollcall_output_dir": str(tmp_path / "out"),
    }
    _output, asked = run([{"roles": ["rollcall.network.collect"], "vars": variables, **play}], tmp_path)
    assert asked == dict.fromkeys(NAMES, 1)
    assert (tmp_path / "out" / "latest" / "reports" / "index.html").exists()
    assert len(list((tmp_path / "out" / "runs").iterdir())) == 1


def test_the_shipped_playbook_asks_once_whatever_the_strategy(tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(PROBE)
    (tmp_path / "inventory").write_text("\n".join(NAMES))
    env = {"PYTHONPATH": str(tmp_path), "ASKED": str(tmp_path / "asked"), "ANSIBLE_STRATEGY": "free"}
    variables = {
        "rollcall_driver": "python",
        "rollcall_function": "probe.ask",
        "rollcall_output_dir": f"{tmp_path}/out",
    }
    playbook = Path(__file__).resolve().parents[2] / "collect.yml"
    done = run_playbook(playbook, tmp_path / "inventory", "-e", json.dumps(variables), env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert Counter((tmp_path / "asked").read_text().split()) == dict.fromkeys(NAMES, 1)
