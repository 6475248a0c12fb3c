# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Driver python through real ansible-playbook: arguments for each host, and where functions may be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook

FUNCTION = "def probe(name, **arguments):\n    return [name, arguments]\n"
HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
# To the collection another machine, without the time that it takes to log in to one.
ELSEWHERE = '''
DOCUMENTATION = """
name: elsewhere
short_description: local under another name
description: [local]
extends_documentation_fragment: [connection_pipelining]
options: {}
"""
from ansible.plugins.connection.local import Connection as Local
class Connection(Local):
    transport = "elsewhere"
'''
SECRET = "hunter2-of-a-function"


class Site:
    """An inventory, a playbook of one task, and what came of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hosts: dict[str, Any] = {"r1": {"site": "fra", "ports": [22]}, "r2": {"site": "ams", "ports": [23, 24]}}

    def write(self, path: str, text: str = FUNCTION) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def run(
        self, *extra: str, role: bool = False, delegate_to: str = "localhost", installed: str = "", **arguments: Any
    ) -> subprocess.CompletedProcess[str]:
        self.write(
            "hosts.yml",
            json.dumps(
                {
                    "all": {
                        "hosts": {
                            **self.hosts,
                            "localhost": HERE,
                            "poller": {**HERE, "ansible_connection": "elsewhere"},
                        }
                    }
                }
            ),
        )
        self.write("play/connection_plugins/elsewhere.py", ELSEWHERE)
        given = {"hosts": ["r1", "r2"], "driver": "python", "function": "checks.probe", **arguments}
        where = {"run_once": True}
        collect = {"rollcall.network.collect": given, "register": "roll", "delegate_to": delegate_to, **where}
        content = {"content": "{{ roll | to_json }}", "dest": str(self.folder / "roll.json"), "mode": "0600"}
        tasks = [collect, {"ansible.builtin.copy": content, "delegate_to": "localhost", **where}]
        play: dict[str, Any] = {"hosts": "r1:r2", "gather_facts": False, "vars": {"from_play": "p"}}
        if role:
            self.write("roles/checking/tasks/main.yml", json.dumps(tasks))
            play["roles"] = ["checking"]
        else:
            play["tasks"] = tasks
        self.write("play/playbook.yml", json.dumps([play]))
        env = {"ANSIBLE_ROLES_PATH": str(self.folder / "roles"), "PYTHONPATH": installed}
        return run_playbook(self.folder / "play" / "playbook.yml", self.folder / "hosts.yml", *extra, env=env)

    def values(self, *extra: str, **arguments: Any) -> dict[str, Any]:
        done = self.run(*extra, **arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        roll = json.loads((self.folder / "roll.json").read_text())
        assert {device["status"] for device in roll["devices"].values()} == {"ok"}, roll
        return {name: device["value"] for name, device in roll["devices"].items()}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def said(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(
    ("file", "role"),
    [
        ("play/checks.py", False),
        ("play/module_utils/checks.py", False),
        ("play/checks/__init__.py", False),
        ("play/module_utils/checks.py", True),
        ("roles/checking/module_utils/checks.py", True),
    ],
)
def test_functions_beside_the_playbook_and_in_the_role(site: Site, file: str, role: bool) -> None:
    site.write(file)
    assert site.values(role=role) == {"r1": ["r1", {}], "r2": ["r2", {}]}


def test_function_of_a_collection_beside_the_playbook(site: Site) -> None:
    site.write("play/collections/ansible_collections/our/checks/plugins/module_utils/net.py")
    site.write("play/collections/ansible_collections/our/checks/galaxy.yml", "namespace: our\nname: checks\n")
    assert site.values(function="our.checks.plugins.module_utils.net.probe")["r1"] == ["r1", {}]


def test_function_of_the_lookup(site: Site) -> None:
    site.write("play/module_utils/checks.py")
    site.write("hosts.yml", json.dumps({"all": {"hosts": {"localhost": HERE}}}))
    how = "driver='python', function='checks.probe', function_args={'a': 1}"
    that = f"lookup('rollcall.network.collect', 'x', {how}).x.value == ['x', {{'a': 1}}]"
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.assert": {"that": that}}]}]
    site.write("play/playbook.yml", json.dumps(play))
    done = run_playbook(site.folder / "play" / "playbook.yml", site.folder / "hosts.yml")
    assert done.returncode == 0, said(done)


@pytest.mark.parametrize(
    ("given", "of_r1", "of_r2"),
    [
        pytest.param(
            {"site": "{{ site }}", "ports": "{{ ports }}", "text": "{{ from_play }} of {{ inventory_hostname }}"},
            {"site": "fra", "ports": [22], "text": "p of r1"},
            {"site": "ams", "ports": [23, 24], "text": "p of r2"},
            id="a dictionary",
        ),
        pytest.param(
            "{{ {'site': site, 'n': ports | length} }}",
            {"site": "fra", "n": 1},
            {"site": "ams", "n": 2},
            id="a template",
        ),
        pytest.param("{{ nowhere | default(omit) }}", {}, {}, id="omitted"),
        pytest.param(None, {}, {}, id="none"),
    ],
)
def test_arguments_of_the_task_are_resolved_for_each_host(site: Site, given: Any, of_r1: Any, of_r2: Any) -> None:
    site.write("play/checks.py")
    assert site.values(function_args=given) == {"r1": ["r1", of_r1], "r2": ["r2", of_r2]}


def test_arguments_in_the_variables_of_the_host(site: Site) -> None:
    site.write("play/checks.py")
    site.hosts["r1"]["rollcall_function_args"] = {"to": "{{ site }}-1"}
    assert site.values() == {"r1": ["r1", {"to": "fra-1"}], "r2": ["r2", {}]}


def test_arguments_that_do_not_resolve_cost_their_host(site: Site) -> None:
    site.write("play/checks.py")
    del site.hosts["r2"]["site"]
    site.run(function_args={"site": "{{ site }}"})
    devices = json.loads((site.folder / "roll.json").read_text())["devices"]
    assert devices["r1"]["value"] == ["r1", {"site": "fra"}]
    assert devices["r2"]["error"]["kind"] == "variables"
    assert "'site' is undefined" in devices["r2"]["error"]["message"]


@pytest.mark.parametrize("given", [["a"], "text", 5])
def test_arguments_that_are_no_dictionary(site: Site, given: Any) -> None:
    site.write("play/checks.py")
    done = site.run(function_args=given)
    output = (
        said(done) + (site.folder / "roll.json").read_text() if (site.folder / "roll.json").exists() else said(done)
    )
    assert "function_args" in output
    assert "dict" in output
    assert "Tagged" not in output


def test_arguments_are_in_no_file(site: Site) -> None:
    site.write("play/checks.py", "def probe(name, password):\n    return len(password)\n")
    values = site.values("-vvv", function_args={"password": SECRET}, output_dir=str(site.folder / "out"))
    assert values["r1"] == len(SECRET)
    for path in (site.folder / "out").rglob("*"):
        assert not path.is_file() or SECRET not in path.read_text(), path


def test_a_poller_has_its_own_modules_only(site: Site) -> None:
    site.write("play/checks.py")
    text = said(site.run(delegate_to="poller"))
    assert "rollcall.network.collect on poller: function 'checks.probe' cannot be imported" in text
    assert "modules beside the playbook are on the controller only" in text


def test_a_poller_gets_the_same_arguments(site: Site) -> None:
    """Those of YAML that JSON has not, such as dates, are text here and there."""
    site.write("installed/checks.py")
    site.hosts["r1"]["day"] = "{{ '2026-01-02' | to_datetime('%Y-%m-%d') }}"
    site.hosts["r2"]["day"] = {1: [True, None]}
    arguments = {"function_args": {"day": "{{ day }}"}, "installed": str(site.folder / "installed")}
    here, there = (site.values(delegate_to=where, **arguments) for where in ("localhost", "poller"))
    assert here == there == {"r1": ["r1", {"day": "2026-01-02T00:00:00"}], "r2": ["r2", {"day": {"1": [True, None]}}]}
