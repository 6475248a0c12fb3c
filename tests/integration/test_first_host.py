# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the first device of a play cost no other device its answer, and are in no other device's commands."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.conftest import run_playbook
from tests.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
FIRST, OTHERS = "fra-core1", ("fra-edge1", "fra-spine1")
BROKEN: dict[str, dict[str, Any]] = {
    "password": {"ansible_password": "{{ nowhere }}"},
    "password that begins a comment": {"ansible_password": "%WxH{#(.fuz3,3toZ{;Z-+"},
    "password of a lookup": {"ansible_password": "{{ lookup('ansible.builtin.file', '/nowhere') }}"},
    "user": {"ansible_user": "{{ nowhere }}"},
    "address": {"ansible_host": "{{ nowhere }}"},
    "port": {"ansible_port": "{{ nowhere }}"},
    "port that is no number": {"ansible_port": "ssh"},
    "enable": {"ansible_become": "{{ nowhere }}"},
    "enable secret": {"ansible_become": True, "ansible_become_password": "{{ nowhere }}"},
    "connection": {"ansible_connection": "{{ nowhere }}"},
    "interpreter": {"ansible_python_interpreter": "{{ nowhere }}"},
}
HERMETIC = ("connection", "interpreter")  # not read for a device: it answers all the same


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(4, healthy=True) as running:
        yield running


def inventory(lab: Lab, folder: Path, broken: Mapping[str, Any]) -> Path:
    everybody = yaml.safe_load(lab.inventory.read_text())
    everybody["lab"]["children"]["lab_iosxr"]["hosts"][FIRST].update(broken)
    path = folder / "inventory.yml"
    path.write_text(yaml.safe_dump(everybody))
    return path


def delegated_role() -> str:
    """The play that the documentation shows for include_role."""
    text = (ROOT / "docs" / "plays.md").read_text()
    plays: list[str] = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return next(each for each in plays if "include_role" in each)


def first_example() -> str:
    """The first example of the README, which names a device of its own."""
    text = (ROOT / "README.md").read_text()
    plays = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0].replace("edge-7", OTHERS[0]))
    collect = plays[0]["tasks"][0]["block"][0]["rollcall.network.collect"]
    collect |= {"output_dir": "{{ rollcall_output_dir }}", "commands": ["show version"]}
    return json.dumps(plays)


def play(name: str) -> str | Path:
    if name == "collect.yml":
        return ROOT / "collect.yml"
    if name == "roles":
        return "- {hosts: all, gather_facts: false, roles: [rollcall.network.collect]}\n"
    return delegated_role() if name == "include_role" else first_example()


@pytest.mark.parametrize(
    ("book", "name"),
    [
        *(("collect.yml", name) for name in BROKEN),
        *itertools.product(("roles", "include_role", "README"), ("password", "port that is no number")),
    ],
)
def test_a_bad_variable_of_the_first_device_costs_it_alone(book: str, name: str, lab: Lab, tmp_path: Path) -> None:
    options = ("--limit", ",".join((FIRST, *OTHERS)), "-e", f"rollcall_output_dir={tmp_path}")
    done = run_playbook(play(book), inventory(lab, tmp_path, BROKEN[name]), *options)
    output = done.stdout + done.stderr
    results = {
        host: json.loads((tmp_path / "latest" / "devices" / host / "result.json").read_text())
        for host in (FIRST, *OTHERS)
    }
    assert [results[host]["status"] for host in OTHERS] == ["ok", "ok"], output
    if name not in HERMETIC:
        assert results[FIRST]["error"]["phase"] == "resolve", output
    if book != "README":
        assert (tmp_path / "latest" / "reports" / "index.html").exists(), output


# Commands that are different for each device

WARNING = "commands on the task are resolved once, for r1"


def commands(folder: Path, written: Any, **play: Any) -> str:
    """What a play with these commands on its task prints; it asks nobody."""
    hosts = {f"r{number}": {"port_name": f"Gi0/{number}", "site": "a"} for number in range(1, 6)}
    everybody = {"hosts": hosts, "vars": {"ansible_network_os": "cisco.ios.ios", "common": ["show clock"]}}
    (folder / "inventory.yml").write_text(yaml.safe_dump({"all": everybody}))
    task = {
        "name": "Call the roll",
        "rollcall.network.collect": {"hosts": "{{ ansible_play_hosts_all }}", "plan": True, "commands": written},
        "run_once": True,
        "delegate_to": "localhost",
        **play,
    }
    text = json.dumps([{"name": "Play", "hosts": "all", "gather_facts": False, "tasks": [task]}])
    done = run_playbook(text, folder / "inventory.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(
    "written",
    [
        ["show run | include {{ inventory_hostname }}"],
        [{"command": "show run | include {{ inventory_hostname }}", "parser": "none"}],
        "show run | include {{ inventory_hostname }}",
        ["show interface {{ port_name }}"],
        "{{ ['show interface ' ~ port_name] }}",
        "{{ common + ['show interface ' ~ hostvars[inventory_hostname].port_name] }}",
    ],
)
def test_a_command_of_the_first_device_for_all_is_warned_of(written: Any, tmp_path: Path) -> None:
    output = commands(tmp_path, written)
    assert WARNING in output
    assert "set rollcall_commands in the inventory or in the vars of the play" in output


@pytest.mark.parametrize(
    ("written", "keywords"),
    [
        (["show clock"], {}),
        ("{{ common }}", {}),
        (["show interface {{ item }}"], {"loop": ["Gi0/1"]}),
        (["show clock | include {{ site }}"], {}),
        (
            "{{ nowhere | default(omit) }}",
            {"vars": {"rollcall_commands": ["show run | include {{ inventory_hostname }}"]}},
        ),
        (["show clock {{ 1000000 | random }}"], {}),
    ],
)
def test_a_command_that_is_the_same_for_all_is_not(written: Any, keywords: dict[str, Any], tmp_path: Path) -> None:
    assert WARNING not in commands(tmp_path, written, **keywords)
