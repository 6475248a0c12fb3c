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
        self,
        *extra: str,
        role: bool = False,
        delegate_to: str = "localhost",
        installed: str = "",
        environment: dict[str, str] | None = None,
        vars_of_play: dict[str, Any] | None = None,
        **arguments: Any,
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
        given = {name: value for name, value in given.items() if value is not None}
        collect = {
            "environment": environment or {},
            "rollcall.network.collect": given,
            "register": "roll",
            "delegate_to": delegate_to,
            **where,
        }
        content = {"content": "{{ roll | to_json }}", "dest": str(self.folder / "roll.json"), "mode": "0600"}
        tasks = [collect, {"ansible.builtin.copy": content, "delegate_to": "localhost", **where}]
        play: dict[str, Any] = {
            "hosts": "r1:r2",
            "gather_facts": False,
            "vars": {"from_play": "p", **(vars_of_play or {})},
        }
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


DEVICE = (
    "from ansible_collections.rollcall.network.plugins.module_utils.driver import Device\n"
    "def probe(device: Device):\n"
    "    return [device.name, device.host, device.user, device.password, device.variables]\n"
)
DRIVER = """
class Driver:
    name = "ours"
    settings = frozenset({"host"})
    def read_only(self, device):
        return True
    def ask(self, device, session):
        return ["driver", device.host, device.variables]
class Async(Driver):
    name = "ours_too"
    async def ask(self, device, session):
        return ["async", device.host, device.variables]
"""
LOGIN = {"ansible_host": "192.0.2.1", "ansible_user": "ops", "ansible_password": "pass-of-r1"}


def test_a_function_that_takes_the_device_gets_login_and_variables(site: Site) -> None:
    site.write("play/checks.py", DEVICE)
    site.hosts["r1"] |= {**LOGIN, "ansible_password": "{{ 'pass-' ~ 'of-r1' }}"}
    site.hosts["r2"] |= {**LOGIN, "rollcall_function_vars": ["site"]}
    values = site.values(function_vars=["ports", "of_play"], vars_of_play={"of_play": "{{ site }}-{{ from_play }}"})
    assert values["r1"] == ["r1", "192.0.2.1", "ops", "********", {"ports": [22], "of_play": "fra-p"}]
    assert values["r2"][4] == {"ports": [23, 24], "of_play": "ams-p"}
    assert site.values()["r2"][4] == {"site": "ams"}, "of the host"


def test_a_variable_that_is_not_defined_fails_its_host(site: Site) -> None:
    site.write("play/checks.py", DEVICE)
    site.hosts["r1"]["community"] = "{{ nowhere }}"
    del site.hosts["r2"]["site"]
    site.hosts["r2"]["community"] = "c"
    site.run(function_vars=["site", "community"])
    devices = json.loads((site.folder / "roll.json").read_text())["devices"]
    assert "variable community of r1 cannot be resolved: 'nowhere' is undefined" in devices["r1"]["error"]["message"]
    assert devices["r2"]["error"]["message"] == "variable site of r2 is not defined"


def test_vaulted_variables_are_masked_in_answers(site: Site) -> None:
    password = site.folder / "password"
    password.write_text("of-the-vault")
    galaxy = [
        str(Path(sys.executable).parent / "ansible-vault"),
        "encrypt_string",
        "--vault-password-file",
        str(password),
    ]
    made = subprocess.run([*galaxy, "--name", "inline", "vaulted-inline"], check=True, capture_output=True, text=True)
    site.write("group_vars/all/inline.yml", made.stdout + "plain: not-a-secret\njoined: 'a-{{ inline }}'\n")
    site.write("group_vars/all/file.yml", "of_file: {key: vaulted-in-a-file, number: 12345678}\n")
    encrypt = [galaxy[0], "encrypt", *galaxy[2:], str(site.folder / "group_vars/all/file.yml")]
    subprocess.run(encrypt, check=True, capture_output=True)
    site.write(
        "play/checks.py",
        "from ansible_collections.rollcall.network.plugins.module_utils.driver import Device\n"
        "def probe(device: Device):\n"
        "    lengths = [len(str(each)) for each in device.variables.values()]\n"
        "    return [device.variables, str(device.variables), lengths]\n",
    )
    names = ["inline", "plain", "joined", "of_file"]
    values = site.values("--vault-password-file", str(password), function_vars=names)
    masked = {
        "inline": "********",
        "plain": "not-a-secret",
        "joined": "********",
        "of_file": {"key": "********", "number": 12345678},
    }
    variables, text, lengths = values["r1"]
    assert variables == masked
    assert lengths[:3] == [len("vaulted-inline"), len("not-a-secret"), len("a-vaulted-inline")], "the function has them"
    assert "vaulted" not in text
    assert "12345678" not in text


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("play/ours.py", "ours.{}"),
        ("play/module_utils/ours.py", "ours:{}"),
        (
            "play/collections/ansible_collections/our/checks/plugins/module_utils/ours.py",
            "our.checks.plugins.module_utils.ours.{}",
        ),
    ],
)
@pytest.mark.parametrize("driver", ["Driver", "Async"])
def test_a_driver_by_its_import_path(site: Site, file: str, path: str, driver: str) -> None:
    site.write(file, DRIVER)
    site.write("play/collections/ansible_collections/our/checks/galaxy.yml", "namespace: our\nname: checks\n")
    site.hosts["r1"] |= LOGIN
    site.hosts["r2"] |= {**LOGIN, "rollcall_driver": "cli"}
    first = "driver" if driver == "Driver" else "async"
    values = site.values(driver=path.format(driver), function=None, function_vars=["site"])
    assert values == {"r1": [first, "192.0.2.1", {"site": "fra"}], "r2": [first, "192.0.2.1", {"site": "ams"}]}


def test_a_driver_of_the_host(site: Site) -> None:
    site.write("play/ours.py", DRIVER)
    site.write("play/checks.py")
    site.hosts["r1"] |= {**LOGIN, "rollcall_driver": "ours.Driver"}
    site.hosts["r2"] |= {"rollcall_driver": "python", "rollcall_function": "checks.probe"}
    assert site.values(driver=None, function=None) == {"r1": ["driver", "192.0.2.1", {}], "r2": ["r2", {}]}


def test_a_driver_that_cannot_be_imported_is_one_error_before_the_first_login(site: Site) -> None:
    text = said(site.run(driver="ours.Driver", function=None))
    assert "rollcall.network.collect: driver 'ours.Driver' cannot be imported: there is no module 'ours'" in text
    assert text.count("cannot be imported") <= 2, "core shows it twice"
    assert not (site.folder / "roll.json").exists()


def test_drivers_and_functions_of_a_poller(site: Site) -> None:
    site.write("installed/ours.py", DRIVER)
    site.write("installed/checks.py", DEVICE)
    site.hosts["r1"] |= LOGIN
    there = {"delegate_to": "poller", "installed": str(site.folder / "installed"), "function_vars": ["site"]}
    assert site.values(driver="ours.Driver", function=None, **there)["r1"] == ["driver", "192.0.2.1", {"site": "fra"}]
    assert site.values(driver="ours.Async", function=None, **there)["r1"] == ["async", "192.0.2.1", {"site": "fra"}]
    assert site.values(**there)["r1"] == ["r1", "192.0.2.1", "ops", "********", {"site": "fra"}]


def test_a_driver_that_is_not_on_the_poller(site: Site) -> None:
    site.write("play/ours.py", DRIVER)
    text = said(site.run(driver="ours.Driver", function=None, delegate_to="poller"))
    assert "rollcall.network.collect on poller: driver 'ours.Driver' cannot be imported" in text
    assert "modules beside the playbook are on the controller only" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"driver": "ours.Driver", "function": None},
            "rollcall.network.collect: driver 'ours.Driver' cannot be imported",
        ),
        ({}, "on poller: function 'checks.probe' takes the Device, so the controller must be able to import it too"),
    ],
)
def test_what_is_on_the_poller_only(site: Site, arguments: dict[str, Any], words: str) -> None:
    site.write("there/ours.py", DRIVER)
    site.write("there/checks.py", DEVICE)
    done = site.run(delegate_to="poller", environment={"PYTHONPATH": str(site.folder / "there")}, **arguments)
    assert words in said(done)


def test_the_plan_shows_what_a_driver_gets(site: Site) -> None:
    site.write("play/ours.py", DRIVER)
    site.write("play/checks.py", DEVICE)
    site.hosts["r1"] |= {**LOGIN, "rollcall_driver": "ours.Driver"}
    site.hosts["r2"] |= {**LOGIN, "rollcall_driver": "python", "rollcall_function": "checks.probe"}
    text = said(site.run(driver=None, function=None, function_vars=["site"], plan=True))
    assert "r1: ops@192.0.2.1, port 22 credentials: user from variable ansible_user" in text
    assert "driver ours.Driver variables: site" in text
    assert "function checks.probe variables: site" in text
    assert "pass-of-r1" not in text
