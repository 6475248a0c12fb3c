# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages as their readers see them: each says its sentence once, names the thing, and no type of Ansible's inside."""

from __future__ import annotations

import fcntl
import json
import re
import sys
from typing import Any

import pytest

from tests.integration.conftest import run_playbook

HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
# Arguments of a task, and what its message is, whole.
COLLECT: dict[str, tuple[dict[str, Any], str]] = {
    "output_dir": (
        {"output_dir": "{file}/out"},
        "output_dir {file}/out cannot be written to: Not a directory",
    ),
    "deadline": ({"deadline": "soon"}, "deadline must be a number, not 'soon'"),
    "workers": (
        {"workers": "many", "plan": "maybe"},
        "workers must be a whole number, not 'many'; plan must be true or false, not 'maybe'",
    ),
    "keep": ({"keep": {"run": 3}, "output_dir": "{out}"}, "unsupported option keep.run; near matches: runs"),
    "keep.runs": ({"keep": {"runs": "x"}, "output_dir": "{out}"}, "keep.runs must be a whole number, not 'x'"),
    "hosts": ({"hosts": {"a": 1}}, "hosts must be a list, not {'a': 1}"),
    "unknown": ({"comands": ["x"]}, "unknown argument comands; near matches: commands, allow_commands"),
    "commands": (
        {"commands": [["x"]]},
        "each element of commands must be a line, or a dictionary of command, parser, answers, not ['x']",
    ),
    "group": (
        {"group_max_fail_percentage": {"all": "few"}},
        "group_max_fail_percentage of all must be between 0 and 100, not 'few'",
    ),
    "function": (
        {"driver": "python", "function": "no_such.thing"},
        "function 'no_such.thing' cannot be imported: there is no module 'no_such' in the folders that are searched; "
        "check the name and PYTHONPATH. The folders are …",
    ),
    "function at import": (
        {"driver": "python", "function": "broken_function.ask"},
        "function 'broken_function.ask' cannot be imported (RuntimeError: no licence)",
    ),
    "function_args": (
        {"driver": "python", "function": "json.dumps", "function_args": 5},
        "function_args must be a dictionary of keyword arguments, not 5",
    ),
    "ignore_changes": (
        {"ignore_changes": {"iso": ["x"]}, "output_dir": "{out}"},
        "ignore_changes: platform 'iso' is not known; near matches: cisco, ios, …",
    ),
    "lock": (
        {"output_dir": "{locked}"},
        "output_dir {locked} is in use by another process; wait for its end, or use another folder",
    ),
}
REPORT: dict[str, tuple[dict[str, Any], str]] = {
    "no run": ({"run_dir": "{file}"}, "{file} is not a run folder: it has no devices/"),
    "number": (
        {"run_dir": "x", "max_fail_percentage": "many"},
        "max_fail_percentage must be a number, not 'many'",
    ),
    "unknown": ({"run_dir": "x", "colums": ["a"]}, "unknown argument colums; near matches: columns"),
    "devices": (
        {"devices": {"a": 5}},
        "devices must be the devices returned by rollcall.network.collect; 'a' is not an answer",
    ),
    "dest": ({"run_dir": "x", "formats": ["pdf"]}, "value of formats must be one or more of"),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The message of each task by name, from one run, and all that was printed."""
    folder = tmp_path_factory.mktemp("messages")
    places = {"file": folder / "file", "out": folder / "out", "locked": folder / "locked"}
    places["file"].write_text("")
    places["locked"].mkdir()
    (folder / "broken_function.py").write_text("raise RuntimeError('no licence')\n")
    # Variables of hosts come as tagged values, as arguments do.
    odd = {"rollcall_commands": 5, "ansible_network_os": "frr"}
    hosts = {
        "r1": {"ansible_network_os": "ios", "rollcall_platforms": "no.yml", "rollcall_commands": ["x"]},
        "r2": odd,
        "localhost": HERE,
    }
    (folder / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts}}))
    tasks: list[dict[str, Any]] = []
    for module, table in (("collect", COLLECT), ("report", REPORT)):
        for number, (name, (arguments, _message)) in enumerate(table.items()):
            given = {"hosts": ["r1"], "commands": ["x"]} if module == "collect" else {"dest": str(folder / "r")}
            given |= json.loads(_filled(json.dumps(arguments), places))
            task = {f"rollcall.network.{module}": given, "register": f"{module}_{number}", "ignore_errors": True}
            tasks.append({"name": f"{module} {name}", **task})
    devices = {"rollcall.network.collect": {"hosts": ["r1", "r2"]}, "register": "devices"}
    lookup = "{{ lookup('rollcall.network.collect', 'r1', deadline='soon') }}"
    tasks += [devices, {"ansible.builtin.debug": {"msg": lookup}, "register": "lookup", "ignore_errors": True}]
    sources = {name: f"{name}.msg" for task in tasks if (name := task["register"]) != "devices"}
    sources |= {name: f"devices.devices.{name}.error.message" for name in ("r1", "r2")}
    content = "{{ {" + ", ".join(f"'{name}': {source}" for name, source in sources.items()) + "} | to_json }}"
    tasks.append({"ansible.builtin.copy": {"content": content, "dest": str(folder / "said.json"), "mode": "0600"}})
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    with open(places["locked"] / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_playbook(json.dumps([play]), folder / "hosts.yml", "-v", env={"PYTHONPATH": str(folder)})
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, str] = json.loads((folder / "said.json").read_text())
    return {**found, "all": done.stdout + done.stderr, **{name: str(place) for name, place in places.items()}}


def _filled(text: str, places: dict[str, Any]) -> str:
    return re.sub(r"\{(file|out|locked)\}", lambda match: str(places[match[1]]), text)


@pytest.mark.parametrize("name", COLLECT)
def test_message_of_collect(name: str, said: dict[str, str]) -> None:
    message = _filled(COLLECT[name][1], said)
    message, more, _rest = message.partition("…")
    text = said[f"collect_{list(COLLECT).index(name)}"]
    assert text[: len(f"rollcall.network.collect: {message}")] == f"rollcall.network.collect: {message}"
    assert more or text == f"rollcall.network.collect: {message}"


@pytest.mark.parametrize("name", REPORT)
def test_message_of_report(name: str, said: dict[str, str]) -> None:
    message = _filled(REPORT[name][1], said)
    assert said[f"report_{list(REPORT).index(name)}"].startswith(f"rollcall.network.report: {message}")


def test_message_of_the_lookup_names_it_once(said: dict[str, str]) -> None:
    assert said["lookup"].count("rollcall.network.collect") == 1
    assert said["lookup"].endswith("deadline must be a number, not 'soon'")


def test_message_of_a_device_does_not_repeat_its_name(said: dict[str, str]) -> None:
    assert said["r1"].startswith("variable rollcall_platforms of r1: ")
    assert "no.yml is in none of the folders /" in said["r1"]
    assert said["r2"] == "variable rollcall_commands of r2: commands must be a list of lines, not 5"


def test_no_message_names_a_type_of_ansible(said: dict[str, str]) -> None:
    assert "Tagged" not in said["all"]
    assert "<class" not in said["all"]
    assert "<<< caused by >>>" not in said["all"].split("lookup")[0]
