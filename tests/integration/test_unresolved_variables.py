# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of one host that cannot be resolved: that host fails, no other does, and no secret is printed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook

PLAIN = "PlainSecretOfTheNeighbour77"
TOKEN = "TokenInTheUrl88"
TYPED = "LoginPw#77xyz"
HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
CLI = {"ansible_network_os": "frr", "rollcall_commands": ["show it"], "ansible_user": "u"}
GOOD = {"rollcall_driver": "python", "rollcall_function": "json.dumps", "ansible_password": PLAIN}
VAULTED = (
    "ansible_password",
    "ansible_become_password",
    "ansible_host",
    "ansible_network_os",
    "ansible_ssh_common_args",
    "rollcall_commands",
)
FAILING = f"{{{{ lookup('ansible.builtin.url', 'http://127.0.0.1:9/?token={TOKEN}') }}}}"
PIPE = f"{{{{ lookup('ansible.builtin.pipe', 'echo {TOKEN} >&2; exit 3 #{TOKEN}') }}}}"
REFERRED = {"own_secret": FAILING, "ansible_become_password": "{{ own_secret }}"}
# Variables of hosts that hold secrets in what cannot be resolved, and what the message says.
SECRET: dict[str, tuple[dict[str, Any], str]] = {
    "lookup": ({"ansible_password": FAILING}, "ansible_password of lookup cannot be resolved: lookup "),
    "pipe": ({"ansible_private_key_passphrase": PIPE, "ansible_ssh_private_key_passphrase": PIPE}, "lookup "),
    "referred": (REFERRED, "ansible_become_password of referred cannot be resolved: lookup "),
    "indirect": ({**REFERRED, "ansible_host": "{{ own_secret }}"}, "ansible_host of indirect cannot be resolved: "),
    "port": ({"ansible_port": "{{ ansible_password }}", "ansible_password": TYPED}, "ansible_port of port must be"),
    "mapping": ({"ansible_password": {"x": TYPED}}, "ansible_password of mapping must be a string"),
    "list": ({"ansible_become_password": [TYPED]}, "ansible_become_password of list must be a string"),
}


def _inventory(folder: Path) -> Path:
    """Each variable of VAULTED is encrypted with another password in one host."""
    (folder / "other.txt").write_text("another password")
    (folder / "right.txt").write_text("the password")
    program = str(Path(sys.executable).parent / "ansible-vault")
    command = [program, "encrypt_string", "--vault-password-file", str(folder / "other.txt"), "of the vault"]
    vault = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = ["all:", "  hosts:", f"    localhost: {json.dumps(HERE)}"]
    for variable in VAULTED:
        lines.append(f"    v_{variable}:")
        lines += [f"      {name}: {json.dumps(value)}" for name, value in CLI.items() if name != variable]
        if variable != "ansible_password":
            lines.append(f"      ansible_password: {PLAIN}")
        lines.append(f"      {variable}: {vault}".replace("\n", "\n    ").rstrip())
        lines.append("      site: here")
    lines.append(f"    good: {json.dumps({**GOOD, 'site': 'there'})}")
    lines += [f"    {name}: {json.dumps({**CLI, **variables})}" for name, (variables, _said) in SECRET.items()]
    lines += ["    cell:", *(f"      {name}: {json.dumps(value)}" for name, value in GOOD.items())]
    lines.append(f"      site: {vault}".replace("\n", "\n    ").rstrip())
    (folder / "hosts.yml").write_text("\n".join(lines) + "\n")
    (folder / "templates").mkdir()
    (folder / "templates" / "own.j2").write_text("{{ site }} {{ device.status }}\n")
    return folder / "hosts.yml"


NAMES = [*(f"v_{variable}" for variable in VAULTED), "good", *SECRET, "cell"]


@pytest.fixture(scope="module", params=["none", "wrong"])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All that a run says, without a vault password and with a wrong one."""
    folder = tmp_path_factory.mktemp("unresolved")
    hosts = _inventory(folder)
    # For report: a host whose column, path and template cannot be resolved.
    where = {"delegate_to": "localhost", "run_once": True}
    asked = {"hosts": NAMES, "output_dir": str(folder / "out"), "max_fail_percentage": 100}
    report = {"run_dir": str(folder / "out" / "latest"), "dest": str(folder / "reports")}
    own = {"template": "own.j2", "dest": str(folder / "own") + "/{{ site }}/{{ inventory_hostname }}"}
    lookup = "{{ lookup('rollcall.network.collect', " + str(NAMES) + ") }}"
    broken = {"rollcall.network.collect": {"hosts": ["good"], "commands": "{{ hostvars['cell'].site }}"}}
    content = (
        "{{ {'roll': roll, 'plan': plan, 'lookup': looked, 'columns': columns, 'own': own, 'arg': arg} | to_json }}"
    )
    tasks: list[dict[str, Any]] = [
        {"rollcall.network.collect": asked, "register": "roll", **where},
        {"rollcall.network.collect": {"hosts": NAMES, "plan": True}, "register": "plan", **where},
        {"ansible.builtin.set_fact": {"looked": lookup}},
        {"rollcall.network.report": {**report, "columns": ["site"]}, "register": "columns", **where},
        {"rollcall.network.report": {**report, **own}, "register": "own", "ignore_errors": True, **where},
        {**broken, "register": "arg", "ignore_errors": True, **where},
        {"ansible.builtin.copy": {"content": content, "dest": str(folder / "said.json"), "mode": "0600"}},
    ]
    playbook = folder / "play.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    extra = ["--vault-password-file", str(folder / "right.txt")] if request.param == "wrong" else []
    first = run_playbook(playbook, hosts, *extra)
    assert first.returncode == 0, first.stdout + first.stderr
    fleet = ["-e", f"rollcall_output_dir={folder}/fleet", "-e", "rollcall_hosts=all:!localhost"]
    fleet += ["-e", '{"rollcall_columns": ["site"], "rollcall_max_fail_percentage": 100}']
    second = run_playbook(Path("playbooks/collect.yml").absolute(), hosts, *extra, *fleet)
    printed = first.stdout + first.stderr + second.stdout + second.stderr
    files = [path for top in ("out", "fleet", "reports", "own") for path in (folder / top).rglob("*") if path.is_file()]
    kept = "".join(path.read_text(errors="replace") for path in files)
    said = json.loads((folder / "said.json").read_text())
    return {**said, "printed": printed, "kept": kept + json.dumps(said), "rc": second.returncode, "fleet": folder}


@pytest.mark.parametrize("where", ["roll", "plan", "lookup"])
def test_an_undecryptable_value_fails_only_its_host(where: str, done: dict[str, Any]) -> None:
    devices = {"roll": lambda: done["roll"]["devices"], "plan": lambda: done["plan"]["plan"]}.get(
        where, lambda: done["lookup"]
    )()
    errors = {name: (answer.get("error") or {}) for name, answer in devices.items()}
    for variable in VAULTED:
        found = errors[f"v_{variable}"]
        assert found["kind"] == "variables", found
        assert found["message"].startswith(f"variable {variable} of v_{variable} cannot be resolved: "), found
        assert " vault " in found["message"], found
    assert not errors["good"]
    assert not errors["cell"]


def test_collect_yml_answers_for_all_and_prints_no_inventory(done: dict[str, Any]) -> None:
    assert done["rc"] == 0, done["printed"]
    manifest = json.loads((done["fleet"] / "fleet" / "latest" / "manifest.json").read_text())
    assert manifest["devices"]["good"] == "ok"
    assert set(manifest["devices"]) == set(NAMES)


@pytest.mark.parametrize("secret", [PLAIN, TOKEN, TYPED])
def test_no_secret_of_a_variable_is_printed_or_kept(secret: str, done: dict[str, Any]) -> None:
    assert secret not in done["printed"]
    assert secret not in done["kept"]
    assert "hosts.yml:" not in done["printed"].replace("-i", "")


@pytest.mark.parametrize("name", SECRET)
def test_the_error_of_a_secret_variable_names_it_and_the_kind(name: str, done: dict[str, Any]) -> None:
    error = done["roll"]["devices"][name]["error"]
    assert error["kind"] == "variables"
    assert SECRET[name][1] in error["message"], error


def test_reports_fail_only_the_cell_and_the_file_of_that_host(done: dict[str, Any]) -> None:
    assert any("column site of cell is empty" in each for each in done["columns"]["warnings"])
    assert "cell" in json.dumps(done["own"]["errors"])
    assert (done["fleet"] / "own" / "there" / "good").read_text() == "there ok\n"
    assert "Error while resolving value for 'commands': " in done["arg"]["msg"]
