# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names to device records, inside real ansible-playbook, beside core's own way to a host's connection options."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tests.bench.goals import at_most, lines
from tests.bench.playbook import ansible

HOSTS = 10_000
ASKED_OF_CORE = 500

# Resolves all hosts as the action does, and counts the records that are right.
OURS = """
import time
from ansible.plugins.action import ActionBase
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_arguments
from ansible_collections.rollcall.network.plugins.plugin_utils._collect import devices_of
from ansible_collections.rollcall.network.plugins.plugin_utils._task import inventory_of_task

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        arguments = check_arguments({"hosts": self._task.args["hosts"]})
        began = time.process_time()
        inventory = inventory_of_task(self._task, self._play_context, self._templar, task_vars)
        devices = devices_of(inventory.resolve(arguments["hosts"], arguments))
        spent = (time.process_time() - began) * 1000 / len(devices)
        right = sum(
            each.host == f"{name}.example.net"
            and each.password == f"secret-{int(name[1:]) % 10}"
            and each.platform == ("cisco_iosxe", "arista_eos")[int(name[1:]) % 2]
            and len(each.commands) == 2
            for name, each in devices.items()
        )
        with open(self._task.args["file"], "w") as file:
            file.write(f"{spent} {right}")
        return result
"""
# Asks core, for some hosts, what its ssh connection would be started with.
CORE = """
import time
from ansible import constants as C
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import connection_loader

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        plugin = connection_loader.get("ansible.builtin.ssh", class_only=True)
        manager, play = self._task.get_variable_manager(), self._task.get_play()
        names = self._task.args["hosts"]
        hosts = [manager._inventory.get_host(name) for name in names]
        began = time.process_time()
        found = []
        for host in hosts:
            own = manager.get_vars(play=play, host=host, task=self._task, include_hostvars=False)
            templar = self._templar.copy_with_new_env(available_variables=own)
            wanted = C.config.get_plugin_vars("connection", plugin._load_name)
            options = {name: templar.template(own[name]) for name in wanted if name in own}
            found.append(C.config.get_plugin_options("connection", plugin._load_name, variables=options))
        result["ms"] = (time.process_time() - began) * 1000 / len(hosts)
        result["right"] = [str(each["host"]) for each in found] == [f"{name}.example.net" for name in names]
        with open(self._task.args["file"], "w") as file:
            file.write(f"{result['ms']} {result['right']}")
        return result
"""


def inventory() -> str:
    """10,000 hosts of a YAML inventory with groups and templates to device records, in CPU ms per host."""
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as name:
        folder = Path(name)
        (folder / "hosts.yml").write_text(yaml.dump(_hosts(), Dumper=yaml.CSafeDumper), encoding="utf-8")
        (folder / "action_plugins").mkdir()
        (folder / "action_plugins" / "core_options.py").write_text(CORE, encoding="utf-8")
        (folder / "action_plugins" / "our_records.py").write_text(OURS, encoding="utf-8")
        nothing = _play(folder, {"ansible.builtin.meta": "noop"})
        _play(folder, {"our_records": {"hosts": "{{ ansible_play_hosts_all }}", "file": str(folder / "ours")}})
        hosts = [f"r{number:05d}" for number in range(ASKED_OF_CORE)]
        _play(folder, {"core_options": {"hosts": hosts, "file": str(folder / "core")}})
        ours, well = (folder / "ours").read_text(encoding="ascii").split()
        core, right = (folder / "core").read_text(encoding="ascii").split()
    assert (well, right) == (str(HOSTS), "True"), (well, right)
    each = float(ours)
    return lines(
        f"{HOSTS:,} hosts to device records: {at_most(each, 1, 'CPU ms a host')}",
        f"core's own resolution of the ssh options alone {float(core):.2f} ms a host "
        f"({float(core) / each:.1f} x ours); loading inventory and play took {nothing:.1f} CPU s",
    )


def _play(folder: Path, task: dict[str, Any]) -> float:
    play = folder / "play.yml"
    step = {"run_once": True, "delegate_to": "localhost", **task}
    play.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [step]}]), encoding="utf-8")
    return ansible([str(play), "-i", str(folder / "hosts.yml")], folder).cpu_seconds


def _hosts() -> dict[str, Any]:
    """Ten sites in two platforms' groups; login and address are templates in the variables of groups."""
    platforms = {"ios": "cisco.ios.ios", "eos": "arista.eos.eos"}
    groups: dict[str, Any] = {}
    for number, (group, network_os) in enumerate(platforms.items()):
        members = {f"r{index:05d}": {"rack": index % 40} for index in range(number, HOSTS, 2)}
        groups[group] = {"hosts": members, "vars": {"ansible_network_os": network_os}}
    for site in range(10):
        groups[f"site{site}"] = {
            "hosts": {f"r{index:05d}": None for index in range(site, HOSTS, 10)},
            "vars": {"site": f"site{site}", "site_secret": f"secret-{site}"},
        }
    common = {
        "ansible_connection": "ansible.netcommon.network_cli",
        "ansible_host": "{{ inventory_hostname }}.{{ domain }}",
        "ansible_user": "robot",
        "ansible_password": "{{ site_secret }}",
        "domain": "example.net",
        "rollcall_commands": ["show version", "show interfaces"],
    }
    return {"all": {"vars": common, "children": groups}}
