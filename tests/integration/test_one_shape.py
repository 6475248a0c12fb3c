# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of what is returned is the same for every device and mode; the documented tasks rely on it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.rollcall.network.plugins.lookup import collect as collect_lookup
from ansible_collections.rollcall.network.plugins.modules import collect as collect_module
from ansible_collections.rollcall.network.plugins.modules import report as report_module
from tests.integration.conftest import call_roll, run_playbook
from tests.integration.openssh import free_port

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = {"text", "status", "error", "seconds", "parser", "rows", "rows_status", "rows_message", "since", "diff"}
SLIM = OUTPUT - {"text", "rows", "diff"}
RESULT = {
    "devices",
    "summary",
    "failed_hosts",
    "changed_hosts",
    "stale_hosts",
    "suspicious_hosts",
    "run_dir",
    "verdict",
}
ON_DISK = {"text", "rows", "diff"}
HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


def dead(**variables: Any) -> dict[str, Any]:
    """A device that nothing answers for."""
    return {
        "ansible_host": "127.0.0.1",
        "ansible_port": free_port(["127.0.0.1"]),
        "ansible_user": "nobody",
        "ansible_password": "of-no-use",
        "ansible_network_os": "frr",
        **variables,
    }


def write_inventory(folder: Path, hosts: dict[str, Any], **children: list[str]) -> Path:
    path = folder / "hosts.yml"
    groups: dict[str, Any] = {group: {"hosts": dict.fromkeys(names)} for group, names in children.items()}
    path.write_text(json.dumps({"all": {"hosts": hosts, "children": groups}}))
    return path


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Every way not to be asked: no login, a variable that does not resolve, no platform, an unknown driver."""
    hosts = {
        "dead": dead(rollcall_commands=["show version", {"command": "show clock", "parser": "textfsm"}]),
        "broken": dead(ansible_password="{{ nowhere }}", rollcall_commands=["show version", "show clock"]),
        "nameless": dead(rollcall_platforms="nonesuch", rollcall_commands=["show version", "show clock"]),
        "driverless": dead(rollcall_driver="nonesuch", rollcall_commands=["show version", "show clock"]),
        "unparsed": dead(rollcall_parser="nonesuch", rollcall_commands=["show version", "show clock"]),
    }
    return write_inventory(tmp_path, hosts)


@pytest.mark.parametrize(
    ("extra", "arguments", "keys"),
    [
        pytest.param((), {}, OUTPUT, id="returned"),
        pytest.param((), {"output_dir": "out"}, OUTPUT, id="on disk too"),
        pytest.param((), {"output_dir": "out", "return_output": False}, SLIM, id="on disk only"),
        pytest.param(("--check",), {"output_dir": "out"}, OUTPUT, id="check mode"),
        pytest.param((), {"deadline": 0.001, "workers": 1}, OUTPUT, id="deadline"),
    ],
)
@pytest.mark.parametrize("commands", [None, ["show version", "show clock"]], ids=["own commands", "for all"])
def test_every_asked_command_is_there_whatever_happened(
    fleet: Path, tmp_path: Path, extra: tuple[str, ...], arguments: dict[str, Any], keys: set[str], commands: Any
) -> None:
    arguments = {"retries": 0, "commands": commands, **arguments}
    if commands is not None:
        arguments["hosts"] = "{{ ansible_play_hosts_all + ['unknown'] }}"
    if "output_dir" in arguments:
        arguments["output_dir"] = str(tmp_path / "out")
    roll = call_roll(fleet, {each: value for each, value in arguments.items() if value is not None}, *extra)
    assert set(roll.result) >= RESULT
    assert (roll.result["changed_hosts"], roll.result["stale_hosts"]) == ([], [])
    assert (roll.result["run_dir"] is None) is (not (tmp_path / "out").exists())
    shapes = {frozenset(device) for device in roll.devices.values()}
    assert len(shapes) == 1, shapes
    for name, device in roll.devices.items():
        assert list(device["output"]) == ["show version", "show clock"], name
        for output in device["output"].values():
            assert set(output) == keys, name
            assert output["status"] == "skipped", name
            assert keys is SLIM or (output["text"], output["rows"]) == ("", []), name
    if roll.result["run_dir"]:  # from the run's folder it is the same, and a command that was not sent has no file
        again = call_roll(fleet, {**arguments, "only": "failed", "commands": ["show version", "show clock"]})
        assert list(again.devices["dead"]["output"]) == ["show version", "show clock"]
        assert {path.name for path in Path(roll.result["run_dir"], "devices", "dead").iterdir()} == {"result.json"}


# -- the tasks of the documentation ------------------------------------------------------------------------------------


def readme_tasks() -> list[dict[str, Any]]:
    blocks = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    tasks: list[dict[str, Any]] = []
    for block in map(yaml.safe_load, blocks):
        for each in block:  # a play of tasks, or tasks
            tasks += each.get("tasks", [each])
    return tasks


DOCUMENTED = {
    "README": readme_tasks(),
    "collect": yaml.safe_load(collect_module.EXAMPLES),
    "lookup": yaml.safe_load(collect_lookup.EXAMPLES),
    "report": yaml.safe_load(report_module.EXAMPLES),
}


@pytest.mark.parametrize("extra", [(), ("--check",)], ids=["run", "check mode"])
@pytest.mark.parametrize("where", DOCUMENTED)
def test_documented_tasks_run_with_a_dead_device(where: str, extra: tuple[str, ...], tmp_path: Path) -> None:
    names = ["edge-7", "r1", "r2", "r3"]
    hosts = {name: dead(site="fra", role="edge", rollcall_commands=["show version"]) for name in names}
    inventory = write_inventory(
        tmp_path, {**hosts, "poller-fra": HERE, "localhost": HERE}, routers=names, edge=["edge-7"], core=["r1"],
        frankfurt=names,
    )  # fmt: skip
    (tmp_path / "my_checks").mkdir()
    (tmp_path / "my_checks" / "reachability.py").write_text("def probe(name, **more):\n    return name\n")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "serials.txt.j2").write_text("{{ device.output['show version'].text | length }}\n")
    (tmp_path / "templates" / "fleet.txt.j2").write_text("{{ devices | length }}\n")
    for place in ("srv", "srv/fra", "srv/ams"):  # the runs that some examples report on
        arguments = {"commands": ["show version"], "retries": 0, "output_dir": str(tmp_path / place)}
        call_roll(inventory, {"hosts": names, **arguments})
    tasks = json.loads(json.dumps(DOCUMENTED[where]).replace("/srv/rollcall", str(tmp_path / "srv")))
    for task in tasks:
        given = task.get("rollcall.network.collect", {})
        # A limit that is exceeded fails the task, as documented.
        task["ignore_errors"] = bool(given.keys() & {"max_fail_percentage", "group_max_fail_percentage"})
    play = {"hosts": "routers", "gather_facts": False, "vars": {"ansible_become": False}, "tasks": tasks}
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(json.dumps([play]))
    done = run_playbook(playbook, inventory, *extra, env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
