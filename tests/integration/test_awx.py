# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/awx.yml with the real modules of awx.awx, and what AWX then gives to a job."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.conftest import call_roll, run_playbook
from tests.integration.controller import TOKEN, Controller, inject
from tests.integration.openssh import OpenSshServer

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = ROOT / "playbooks" / "awx.yml"
DOCS = ROOT / "docs" / "awx.md"
# `make peers` installs the package `ansible`, which has awx.awx in it.
PEERS = ROOT / ".cache" / "peers"
SITE = next(PEERS.glob("lib/python3*/site-packages"), PEERS)
NEEDS_AWX = pytest.mark.skipif(
    not (SITE / "ansible_collections" / "awx" / "awx").is_dir(), reason="awx.awx is not there; make peers installs it"
)
ASKED_FOR = {
    "rollcall_awx_project_url": "https://git.example.com/network.git",
    "rollcall_awx_image": "example.com/ee:1",
}
SECRET = "hunter2-do-not-show"
INPUTS = {
    "username": "robot",
    "password": SECRET,
    "enable": True,
    "enable_password": f"{SECRET}-enable",
}


def awx(
    tmp_path: Path, env: Mapping[str, str], variables: Mapping[str, Any] = ASKED_FOR, *extra: str
) -> tuple[int, str]:
    """Runs the playbook as a user does who has awx.awx; what it printed, with the most that it ever prints."""
    inventory = tmp_path / "inventory.yml"
    # As a network team's: it must not matter what is said of all hosts.
    inventory.write_text("all: {vars: {ansible_connection: ansible.netcommon.network_cli, ansible_user: nobody}}\n")
    given = tmp_path / "given.json"
    given.write_text(json.dumps(variables))
    cleared = dict.fromkeys(
        ("CONTROLLER_HOST", "CONTROLLER_USERNAME", "CONTROLLER_PASSWORD", "CONTROLLER_OAUTH_TOKEN"), ""
    )
    path = f"{ROOT / 'collections'}:{SITE}"
    done = run_playbook(
        PLAYBOOK,
        inventory,
        "-vvv",
        "-e",
        f"@{given}",
        *extra,
        env={**cleared, "ANSIBLE_COLLECTIONS_PATH": path, "no_proxy": "*", **env},
    )
    return done.returncode, done.stdout + done.stderr


def changed(output: str) -> int:
    [count] = re.findall(r"localhost +: ok=\d+ +changed=(\d+) ", output)
    return int(count)


@pytest.fixture
def controller() -> Iterator[Controller]:
    with Controller() as server:
        yield server


@pytest.fixture
def login(controller: Controller) -> dict[str, str]:
    return {"CONTROLLER_HOST": controller.url, "CONTROLLER_OAUTH_TOKEN": TOKEN}


# -- the playbook against a controller ---------------------------------------------------------------------------------


@NEEDS_AWX
@pytest.mark.timeout(600)  # three plays of a dozen modules each
def test_everything_is_made_and_a_second_run_changes_nothing(
    controller: Controller, login: dict[str, str], tmp_path: Path
) -> None:
    variables = {**ASKED_FOR, "rollcall_awx_slices": 3, "rollcall_awx_instance_groups": ["default"]}
    variables["rollcall_awx_credential_inputs"] = INPUTS
    status, output = awx(tmp_path, login, variables)
    assert status == 0, output
    assert SECRET not in output

    galaxy = controller.one("credentials", "Ansible Galaxy")
    assert controller.linked(controller.one("organizations", "Network"), "galaxy_credentials") == [galaxy["id"]]
    assert controller.one("credentials", "Roll call")["inputs"] == INPUTS
    collect = controller.one("job_templates", "Roll call: collect")
    assert collect["playbook"] == "collect.yml"
    assert collect["job_slice_count"] == 3
    assert collect["timeout"] > json.loads(collect["extra_vars"])["rollcall_deadline"]
    assert json.loads(collect["extra_vars"])["rollcall_output_dir"] == "/var/lib/rollcall/Network/Roll_call"
    assert controller.linked(collect, "credentials") == [controller.one("credentials", "Roll call")["id"]]
    assert controller.linked(collect, "instance_groups") == [controller.one("instance_groups", "default")["id"]]
    workflow = controller.one("workflow_job_templates", "Roll call")
    first, last = (controller.one("workflow_job_template_nodes", name) for name in ("collect", "report"))
    assert controller.linked(first, "always_nodes") == [last["id"]]
    assert first["unified_job_template"] == collect["id"]
    assert last["unified_job_template"] == controller.one("job_templates", "Roll call: report")["id"]
    assert controller.one("schedules", "Roll call")["unified_job_template"] == workflow["id"]

    made = {endpoint: len(items) for endpoint, items in controller.items.items()}
    status, output = awx(tmp_path, login, variables)
    assert status == 0, output
    assert changed(output) == 0, output
    assert {endpoint: len(items) for endpoint, items in controller.items.items()} == made

    status, output = awx(tmp_path, login, {**variables, "rollcall_awx_deadline": 600}, "--check")
    assert status == 0, output
    assert changed(output) == 2, "the two job templates: their timeout follows the deadline"
    assert controller.one("job_templates", "Roll call: collect")["timeout"] == collect["timeout"]


@NEEDS_AWX
def test_what_was_entered_in_awx_stays(controller: Controller, login: dict[str, str], tmp_path: Path) -> None:
    status, output = awx(tmp_path, login, {**ASKED_FOR, "rollcall_awx_inventory_path": ""})
    assert status == 0, output
    assert not controller.items["inventory_sources"]
    controller.one("credentials", "Roll call")["inputs"] = INPUTS
    status, output = awx(tmp_path, login)
    assert status == 0, output
    assert changed(output) == 1, "the source of the inventory alone"
    assert controller.one("credentials", "Roll call")["inputs"] == INPUTS


@NEEDS_AWX
@pytest.mark.parametrize(
    ("env", "variables", "sentence"),
    [
        ({"CONTROLLER_HOST": ""}, {}, "CONTROLLER_HOST is not set in the environment"),
        ({"CONTROLLER_OAUTH_TOKEN": ""}, {}, "No login for AWX. Set CONTROLLER_OAUTH_TOKEN, or CONTROLLER_USERNAME"),
        ({"CONTROLLER_OAUTH_TOKEN": "", "CONTROLLER_USERNAME": "admin"}, {}, "No login for AWX"),
        ({}, {"rollcall_awx_project_url": ""}, "rollcall_awx_project_url is not set"),
        ({}, {"rollcall_awx_image": ""}, "rollcall_awx_image is not set"),
        ({}, {"rollcall_awx_timeout": 3600}, "(3600 s) must be above rollcall_awx_deadline (3600 s)"),
        ({}, {"rollcall_awx_output_dir": "/runner/rollcall"}, "outside of /runner"),
        ({}, {"rollcall_awx_output_dir": "rollcall"}, "must be an absolute path"),
        (
            {},
            {"rollcall_awx_rrule": "DTSTART:20260101T020000Z RRULE:FREQ=DAILY;INTERVAL=1"},
            "It must have the form",
        ),
        (
            {},
            {"rollcall_awx_rrule": "DTSTART;TZID=Etc/UTC:20260101T020000 RRULE:FREQ=DAILY"},
            "It must have the form",
        ),
    ],
)
def test_what_is_missing_is_said_before_anything_is_made(
    env: dict[str, str],
    variables: dict[str, Any],
    sentence: str,
    controller: Controller,
    login: dict[str, str],
    tmp_path: Path,
) -> None:
    status, output = awx(tmp_path, {**login, **env}, {**ASKED_FOR, **variables})
    assert status == 2, output
    assert sentence in output
    assert controller.requests == []


@NEEDS_AWX
@pytest.mark.skipif("CONTROLLER_HOST" not in os.environ, reason="CONTROLLER_HOST names no controller to run against")
def test_a_real_controller(tmp_path: Path) -> None:
    login = {name: value for name, value in os.environ.items() if name.startswith("CONTROLLER_")}
    given = {name: os.environ[name.upper()] for name in ASKED_FOR if name.upper() in os.environ}
    variables = {**ASKED_FOR, **given, "rollcall_awx_name": "Roll call, test"}
    status, output = awx(tmp_path, login, variables)
    assert status == 0, output
    status, output = awx(tmp_path, login, variables)
    assert status == 0, output
    assert changed(output) == 0, output


# -- the playbook as it is written -------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """Reads what Ansible would not evaluate as the text that it is."""


_Loader.add_constructor("!unsafe", lambda _loader, node: node.value)
[PLAY] = yaml.load(PLAYBOOK.read_text(), _Loader)
TASKS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (module, task[module], task) for task in PLAY["tasks"] for module in task if module.startswith("awx.awx.")
]
TYPE = next(arguments for module, arguments, _task in TASKS if module == "awx.awx.credential_type")


@NEEDS_AWX
def test_syntax(tmp_path: Path) -> None:
    status, output = awx(tmp_path, {}, ASKED_FOR, "--syntax-check")
    assert status == 0, output


@NEEDS_AWX
def test_every_argument_is_documented() -> None:
    modules = sorted({module for module, _arguments, _task in TASKS})
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-doc")), "--json", "--type", "module", *modules],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(SITE)},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    documented = json.loads(done.stdout)
    assert sorted(documented) == modules
    for module, arguments, _task in TASKS:
        options = documented[module]["doc"]["options"]
        assert set(arguments) <= set(options), module
        assert {name for name, option in options.items() if option.get("required")} <= set(arguments), module
        for name, value in arguments.items():
            choices = options[name].get("choices")
            assert not choices or value in choices, (module, name, value)


def test_no_task_takes_the_login_of_the_controller_from_elsewhere_or_shows_a_secret() -> None:
    for module, arguments, task in TASKS:
        assert not [name for name in arguments if name.startswith(("controller_", "tower_"))], module
        assert task.get("no_log", False) is ("inputs" in arguments and module == "awx.awx.credential"), module


def test_lint_knows_the_modules_without_having_them() -> None:
    mocked = yaml.safe_load((ROOT / ".ansible-lint").read_text())["mock_modules"]
    assert mocked == sorted({module for module, _arguments, _task in TASKS})
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["dependencies"] == {}, "AWX would have to resolve them"


def test_the_page_names_every_variable_and_its_default() -> None:
    rows = dict(re.findall(r"^\| `(rollcall_awx_\w+)` \| (.*?) \|", DOCS.read_text(), re.MULTILINE))
    variables = {name: value for name, value in PLAY["vars"].items() if name.startswith("rollcall_awx_")}
    assert list(rows) == list(variables)
    for name, value in variables.items():
        if isinstance(value, str) and "{{" in value:
            continue
        expected = (
            ("required" if name in ASKED_FOR else value or "empty") if isinstance(value, str) else json.dumps(value)
        )
        assert rows[name].strip("`") == expected, name


# -- what a job gets ---------------------------------------------------------------------------------------------------


def box_of(openssh: OpenSshServer, tmp_path: Path, **login: str) -> Path:
    """An inventory of one device, with no login but what is given."""
    box = {
        "ansible_host": openssh.address,
        "ansible_port": openssh.port,
        "ansible_network_os": "frr.frr.frr",
        "rollcall_known_hosts": str(openssh.known_hosts),
        "rollcall_commands": ["show version"],
        **login,
    }
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"box": box}}}))
    return inventory


@pytest.mark.parametrize(
    "inputs",
    [
        pytest.param({"password": "{password}"}, id="password"),
        pytest.param({"private_key": "{ed25519}"}, id="key"),
        pytest.param({"private_key": "{encrypted}", "passphrase": "{passphrase}"}, id="key with a pass phrase"),
    ],
)
def test_the_credential_logs_in(inputs: dict[str, str], openssh: OpenSshServer, tmp_path: Path) -> None:
    """What the type injects is all that a job needs: the inventory names no login, and AWX says -u root."""
    secrets = {
        "password": openssh.password,
        "passphrase": openssh.keys["encrypted"].passphrase,
        **{name: key.file.read_text() for name, key in openssh.keys.items()},
    }
    given = {field: value.format(**secrets) for field, value in inputs.items()}
    env = inject(TYPE, {"username": openssh.user, **given}, str(tmp_path))
    roll = call_roll(box_of(openssh, tmp_path), {}, "-u", "root", "-vvv", env=env)
    assert roll.devices["box"]["status"] == "ok", roll.devices["box"]["error"]
    assert not [value for value in given.values() if value in roll.output]


def test_a_machine_credential_with_a_key(openssh: OpenSshServer, tmp_path: Path) -> None:
    """AWX puts its key into an agent; the user of -u is AWX's word, and the host's own variable counts before it."""
    with openssh.agent() as agent:
        roll = call_roll(
            box_of(openssh, tmp_path, ansible_user=openssh.user), {}, "-u", "root", env={"SSH_AUTH_SOCK": agent}
        )
    assert roll.devices["box"]["status"] == "ok", roll.devices["box"]["error"]


@pytest.mark.parametrize(
    ("inputs", "become"),
    [
        ({}, None),
        ({"enable": False}, None),
        ({"enable": True, "enable_password": SECRET}, "environment ROLLCALL_NET_AUTHORIZE"),
    ],
)
def test_what_nobody_entered_does_not_count(inputs: dict[str, Any], become: str | None, tmp_path: Path) -> None:
    """An input without a value leaves everything to the inventory and to AWX's other credentials."""
    inventory = tmp_path / "inventory.json"
    box = {"ansible_network_os": "frr.frr.frr", "rollcall_commands": ["show version"]}
    inventory.write_text(json.dumps({"all": {"hosts": {"box": box}}}))
    env = inject(TYPE, inputs, str(tmp_path))
    assert {name for name, value in env.items() if value} == set(map(ENABLED.get, filter(inputs.get, inputs)))
    roll = call_roll(inventory, {"plan": True}, "-u", "root", env={**env, "ANSIBLE_NET_USERNAME": "robot"})
    plan = roll.result["plan"]["box"]
    assert plan["user"] == "robot"
    assert plan["sources"].get("become") == become
    assert "private_key_file" not in plan["credentials"]


ENABLED = {"enable": "ROLLCALL_NET_AUTHORIZE", "enable_password": "ROLLCALL_NET_AUTH_PASS"}
