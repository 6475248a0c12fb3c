# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories, keywords and options that set a connection or a become method of network devices for localhost too.

The tests run with bare ansible-core, where neither ansible.netcommon.network_cli nor enable can be found.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.conftest import run_playbook
from tests.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".cache" / "peers"
ENABLED = "fra-wan1"  # the device of the lab that asks for the enable secret
PRIVILEGE = "show privilege"
ENABLE = {"ansible_become": True, "ansible_become_method": "enable"}
NETWORK_CLI = {"ansible_connection": "ansible.netcommon.network_cli", **ENABLE}
FULL_NAMES = {**NETWORK_CLI, "ansible_become_method": "ansible.netcommon.enable"}


@dataclass(frozen=True)
class Way:
    """One way to say how devices are reached, which Ansible applies to localhost too."""

    all_vars: Mapping[str, Any] = field(default_factory=dict)
    localhost: Mapping[str, Any] | None = None
    options: Sequence[str] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)


WAYS = {
    "become method in group all": Way({"ansible_become": True, "ansible_become_method": "ansible.netcommon.enable"}),
    "connection in group all": Way(NETWORK_CLI),
    "full names in group all": Way(FULL_NAMES),
    "explicit localhost": Way(NETWORK_CLI, localhost={}),
    "explicit localhost that is local": Way(NETWORK_CLI, localhost={"ansible_connection": "local"}),
    "option -c": Way(options=("-c", "network_cli")),
    "options -c and -b": Way(options=("-c", "ansible.netcommon.network_cli", "-b", "--become-method", "enable")),
    "extra variables": Way(options=("-e", json.dumps(NETWORK_CLI))),
    "extra variables, full names": Way(options=("-e", json.dumps(FULL_NAMES))),
    "keyword connection": Way(keywords={"connection": "network_cli"}),
    "keywords connection and become": Way(
        keywords={"connection": "ansible.netcommon.network_cli", "become": True, "become_method": "enable"}
    ),
    "environment": Way(env={"ANSIBLE_TRANSPORT": "network_cli", "ANSIBLE_BECOME_METHOD": "enable"}),
}
IN_PLAYBOOKS = [name for name, way in WAYS.items() if not way.keywords]

DELEGATED = {"run_once": True, "delegate_to": "localhost"}
TASKS = [
    {
        "name": "Call the roll",
        "rollcall.network.collect": {"hosts": "{{ ansible_play_hosts_all }}", "output_dir": "{{ out }}"},
        "register": "roll",
        **DELEGATED,
    },
    {
        "name": "Write the reports",
        "rollcall.network.report": {
            "run_dir": "{{ roll.run_dir }}",
            "dest": "{{ out }}/reports",
            "formats": ["md", "json"],
            "columns": ["site"],
        },
        **DELEGATED,
    },
]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(4, healthy=True) as running:
        yield running


def inventory_of(lab: Lab, way: Way, folder: Path) -> Path:
    """The lab's inventory with these variables; devices get C(ansible_become) from what the way says alone."""
    devices = yaml.safe_load(lab.inventory.read_text())["lab"]
    del devices["vars"]["ansible_connection"]
    for group in devices["children"].values():
        group["vars"] = {key: value for key, value in group.get("vars", {}).items() if key not in ENABLE}
    devices["children"]["lab_iosxe"]["vars"]["rollcall_commands"] += [PRIVILEGE]
    everybody: dict[str, Any] = {"vars": dict(way.all_vars), "children": {"lab": devices}}
    if way.localhost is not None:
        everybody["hosts"] = {"localhost": dict(way.localhost)}
    path = folder / "inventory.yml"
    path.write_text(yaml.safe_dump({"all": everybody}))
    return path


def run(
    playbook: str | Path, lab: Lab, way: Way, folder: Path, *options: str, programs: Path | None = None
) -> subprocess.CompletedProcess[str]:
    inventory = inventory_of(lab, way, folder)
    more = ("-e", f"out={folder}", "-e", f"rollcall_output_dir={folder}", "-e", "rollcall_hosts=lab")
    return run_playbook(playbook, inventory, *more, *way.options, *options, env=way.env, programs=programs)


def play(way: Way, tasks: list[dict[str, Any]], **more: Any) -> str:
    return json.dumps([{"name": "Play", "hosts": "lab", "gather_facts": False, "tasks": tasks, **way.keywords, **more}])


def check(done: subprocess.CompletedProcess[str], lab: Lab, folder: Path) -> None:
    """All devices answered in full, those that want it after enable."""
    assert done.returncode == 0, done.stdout + done.stderr
    for name in lab.devices:
        answer = json.loads((folder / "latest" / "devices" / name / "result.json").read_text())
        assert answer["status"] == "ok", (name, answer["error"])
    (text,) = (folder / "latest" / "devices" / ENABLED).glob("*privilege*.txt")
    assert text.read_text().strip() == "Current privilege level is 15"


@pytest.mark.parametrize("name", WAYS)
def test_tasks_run_on_the_controller(name: str, lab: Lab, tmp_path: Path) -> None:
    way = WAYS[name]
    done = run(play(way, TASKS), lab, way, tmp_path)
    check(done, lab, tmp_path)
    assert all(name in (tmp_path / "reports" / "fleet.json").read_text() for name in lab.devices)


@pytest.mark.parametrize("name", WAYS)
def test_tasks_run_on_the_controller_with_netcommon(name: str, lab: Lab, tmp_path: Path) -> None:
    if not (PEERS / "made").exists():
        pytest.skip("ansible.netcommon is not installed in .cache/peers: run `make peers`.")
    way = WAYS[name]
    (collections,) = (PEERS / "lib").glob("python3.*/site-packages")
    netcommon = {"ANSIBLE_COLLECTIONS_PATH": f"{ROOT / 'collections'}:{collections}"}
    done = run(
        play(way, TASKS),
        lab,
        Way(way.all_vars, way.localhost, way.options, way.keywords, {**way.env, **netcommon}),
        tmp_path,
    )
    check(done, lab, tmp_path)


@pytest.mark.parametrize("name", IN_PLAYBOOKS)
def test_playbook_collect_runs_on_the_controller(name: str, lab: Lab, tmp_path: Path) -> None:
    way = WAYS[name]
    check(run(ROOT / "collect.yml", lab, way, tmp_path), lab, tmp_path)


@pytest.fixture(scope="module")
def collected(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collected")
    done = run(play(Way(), TASKS[:1]), lab, Way(), folder)
    check(done, lab, folder)
    return folder


@pytest.mark.parametrize("name", IN_PLAYBOOKS)
def test_playbook_report_runs_on_the_controller(name: str, lab: Lab, collected: Path, tmp_path: Path) -> None:
    way = WAYS[name]
    dest = ("-e", f"rollcall_output_dir={collected}", "-e", f"rollcall_report_dir={tmp_path}/reports")
    done = run(ROOT / "report.yml", lab, way, tmp_path, *dest)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "reports" / "index.html").exists()


@pytest.mark.parametrize("name", list(WAYS))
def test_role_runs_on_the_controller(name: str, lab: Lab, tmp_path: Path) -> None:
    way = WAYS[name]
    check(run(play(way, [], roles=["rollcall.network.collect"]), lab, way, tmp_path), lab, tmp_path)


EXAMPLES = {
    "README": re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[0],
    **{path.name: path.read_text() for path in sorted((ROOT / "examples" / "playbooks").glob("*.yml"))},
}


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("name", ["full names in group all", "options -c and -b"])
def test_examples_run_on_the_controller(name: str, example: str, lab: Lab, tmp_path: Path) -> None:
    way = WAYS[name]
    text = EXAMPLES[example].replace("edge-7", ENABLED).replace("hosts: all", "hosts: lab")
    done = run(text, lab, way, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


# A device keeps its own ansible_become

CURE = {"ansible_become": False}


@pytest.mark.parametrize(
    ("own", "play_vars", "task_vars", "options", "enters"),
    [
        ({}, {}, {}, (), False),
        ({"ansible_become": True}, {}, {}, (), True),
        ({"ansible_become": True}, CURE, {}, (), True),
        ({"ansible_become": True}, {}, CURE, (), True),
        ({"ansible_become": True}, CURE, CURE, (), True),
        ({"ansible_become": False}, {"ansible_become": True}, {}, (), False),
        ({}, {"ansible_become": True}, {}, (), True),
        ({}, {}, {}, ("-b",), True),
        ({}, CURE, {}, ("-b",), False),
        ({"ansible_become": True}, {}, {}, ("-e", '{"ansible_become": false}'), False),
        ({"ansible_become": False}, CURE, CURE, ("-e", '{"ansible_become": true}'), True),
    ],
)
def test_variables_for_localhost_leave_a_device_its_own_become(
    own: Mapping[str, Any],
    play_vars: Mapping[str, Any],
    task_vars: Mapping[str, Any],
    options: Sequence[str],
    enters: bool,
    lab: Lab,
    tmp_path: Path,
) -> None:
    inventory = yaml.safe_load(lab.inventory.read_text())
    group = inventory["lab"]["children"]["lab_iosxe"]["vars"]
    # Without the secret, a device that is to enter privileged mode answers with an error.
    group = {key: value for key, value in group.items() if key not in (*ENABLE, "ansible_become_password")}
    inventory["lab"]["children"]["lab_iosxe"]["vars"] = {**group, "ansible_become_method": "enable", **own}
    path = tmp_path / "inventory.yml"
    path.write_text(yaml.safe_dump(inventory))
    task = {**TASKS[0], "vars": dict(task_vars)}
    text = play(Way(), [task], vars=dict(play_vars))
    run_playbook(text, path, "-e", f"out={tmp_path}", "--limit", ENABLED, *options)
    answer = json.loads((tmp_path / "latest" / "devices" / ENABLED / "result.json").read_text())
    assert (answer["status"] == "auth_failed") is enters, answer["error"]


@pytest.mark.parametrize(
    ("own", "play_vars", "enters"),
    [
        ({}, {}, True),
        ({}, CURE, True),
        ({"ansible_become": False}, {}, False),
        ({"ansible_become": "no"}, {}, False),
    ],
)
def test_a_become_password_alone_enters_the_privileged_mode_and_false_does_not(
    own: Mapping[str, Any], play_vars: Mapping[str, Any], enters: bool, lab: Lab, tmp_path: Path
) -> None:
    inventory = yaml.safe_load(lab.inventory.read_text())
    group = inventory["lab"]["children"]["lab_iosxe"]["vars"]
    group = {key: value for key, value in group.items() if key not in ENABLE}
    inventory["lab"]["children"]["lab_iosxe"]["vars"] = {**group, **own}
    path = tmp_path / "inventory.yml"
    path.write_text(yaml.safe_dump(inventory))
    text = play(Way(), [TASKS[0]], vars=dict(play_vars))
    done = run_playbook(text, path, "-e", f"out={tmp_path}", "-e", "rollcall_transcript=true", "--limit", ENABLED)
    assert done.returncode == 0, done.stdout
    transcript = tmp_path / "latest" / "devices" / ENABLED / "transcript.jsonl"
    assert ("enable" in transcript.read_text()) is enters
