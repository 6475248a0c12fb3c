# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two pollers with a wrong password: each is refused a few times, and the next run remembers it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import ShellServer, run_playbook, shell_server
from tests.integration.odd_server import OddServer
from tests.integration.test_credential_guard import RIGHT, WRONG, by_password, counts, prompt_only
from tests.lab import ROOT

POLLERS = ("fra", "osl")
DEVICES = 40  # of each poller
KEEP = """
- hosts: all:!pollers
  gather_facts: false
  tasks:
    - ansible.builtin.copy:
        content: "{{ hostvars[ansible_play_hosts_all[-1]].rollcall_result | to_json }}"
        dest: "{{ file }}"
        mode: "0600"
      run_once: true
      delegate_to: localhost
"""


def inventory(folder: Path, poller: ShellServer, device: OddServer) -> Path:
    options = f"-o UserKnownHostsFile={poller.known_hosts} -o GlobalKnownHostsFile=/dev/null -o ControlMaster=no"
    machine = {
        "ansible_host": poller.address,
        "ansible_port": poller.port,
        "ansible_user": poller.user,
        "ansible_ssh_private_key_file": str(poller.key.file),
        "ansible_ssh_args": f"-F /dev/null {options}",
        "ansible_python_interpreter": sys.executable,
        "ansible_remote_tmp": str(poller.home / "ansible"),
    }
    groups: dict[str, Any] = {
        name: {"hosts": {f"{name}-{number}": {} for number in range(DEVICES)}, "vars": {}} for name in POLLERS
    }
    devices = {
        "ansible_host": device.address,
        "ansible_port": device.port,
        "ansible_user": "ops",
        "ansible_network_os": "cisco.ios.ios",
        "ansible_host_key_checking": False,
        "rollcall_commands": ["show version"],
    }
    pollers = {f"poller-{name}": {**machine, "rollcall_devices": f"{{{{ groups['{name}'] }}}}"} for name in POLLERS}
    file = folder / "inventory.yml"
    file.write_text(
        json.dumps({"devices": {"children": groups, "vars": devices}, "pollers": {"hosts": pollers}}), encoding="utf-8"
    )
    return file


def call(folder: Path, hosts: Path, password: str) -> dict[str, Any]:
    """Run the playbook for pollers, and return the answers of both."""
    result = folder / "result.json"
    result.unlink(missing_ok=True)
    settings = {
        "rollcall_output_dir": str(folder / "rollcall"),
        "rollcall_max_fail_percentage": 100,
        "file": str(result),
    }
    inventory_with_password = json.loads(hosts.read_text())
    inventory_with_password["devices"]["vars"]["ansible_password"] = password
    hosts.write_text(json.dumps(inventory_with_password))
    playbook = f"- ansible.builtin.import_playbook: {ROOT / 'playbooks' / 'pollers.yml'}\n{KEEP}"
    done = run_playbook(playbook, hosts, "-e", json.dumps(settings))
    assert result.exists(), done.stdout + done.stderr
    devices: dict[str, Any] = json.loads(result.read_text())["devices"]
    return devices


def remembered(folder: Path) -> list[tuple[str, str, str]]:
    file = folder / "rollcall" / "state" / "refused_logins.json"
    return sorted((each["poller"], each["user"], each["source"]) for each in json.loads(file.read_text())["refused"])


def test_two_pollers_are_refused_twice_as_often_as_one_and_remember_it(openssh_here: None, tmp_path: Path) -> None:
    if shutil.which("ssh") is None:
        pytest.skip("Not installed: ssh.")
    with shell_server(root=True) as poller, OddServer(prompt_only, login=by_password) as server:
        hosts = inventory(tmp_path, poller, server)

        answers = call(tmp_path, hosts, WRONG)
        assert counts(answers) == {
            "auth_failed": 6,
            "skipped": 2 * DEVICES - 6,
        }
        assert {answer["error"]["kind"] for answer in answers.values() if answer["status"] == "skipped"} == {
            "credential_guard"
        }
        assert len(server.logins) == 2 * 3, "three of each poller"
        assert remembered(tmp_path) == [(f"poller-{name}", "ops", "variable ansible_password") for name in POLLERS]

        answers = call(tmp_path, hosts, WRONG)
        assert len(server.logins) == 2 * 3 + 2, "one canary of each poller in the next run"
        assert counts(answers) == {
            "auth_failed": 2,
            "skipped": 2 * DEVICES - 2,
        }

        answers = call(tmp_path, hosts, RIGHT)
        assert counts(answers) == {"ok": 2 * DEVICES}
        assert remembered(tmp_path) == [], "it is accepted again"
