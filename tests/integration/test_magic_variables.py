# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Magic variables in a device's own variables have the value that Ansible gives them in a task of that device."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.integration.conftest import run_playbook

# Expressions by name; the last host is looked at, which no task runs for.
EXPRESSIONS = {
    "hostvars": "hostvars['r1'].other",
    "hostvars of itself": "hostvars[inventory_hostname].other",
    "all of hostvars": "hostvars | list | sort",
    "groups": "groups['edge']",
    "groups and hostvars": "groups['edge'] | map('extract', hostvars, 'other') | list",
    "group_names": "group_names",
    "inventory_hostname": "inventory_hostname",
    "inventory_hostname_short": "inventory_hostname_short",
    "inventory_dir": "inventory_dir",
    "inventory_file": "inventory_file",
    "playbook_dir": "playbook_dir",
    "role_path": "role_path",
    "role_name": "role_name",
    "ansible_role_name": "ansible_role_name",
    "ansible_play_name": "ansible_play_name",
    "ansible_play_hosts_all": "ansible_play_hosts_all",
    "ansible_play_hosts": "ansible_play_hosts",
    "ansible_play_batch": "ansible_play_batch",
    "ansible_play_role_names": "ansible_play_role_names",
    "ansible_check_mode": "ansible_check_mode",
    "ansible_diff_mode": "ansible_diff_mode",
    "ansible_verbosity": "ansible_verbosity",
    "ansible_forks": "ansible_forks",
    "ansible_limit": "ansible_limit",
    "ansible_version": "ansible_version.full",
    "ansible_playbook_python": "ansible_playbook_python",
    "ansible_config_file": "ansible_config_file",
    "ansible_search_path": "ansible_search_path | length > 1",
    "omit": "omit is defined",
    "vars": "vars['other']",
    "registered": "before.msg",
    "fact of another host": "hostvars['r1'].noted",
    "file beside the inventory": "lookup('ansible.builtin.file', inventory_dir ~ '/secret')",
    "file of the role": "lookup('ansible.builtin.file', 'of-the-role')",
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The values by place and name, all from one run."""
    folder = tmp_path_factory.mktemp("magic")
    role = folder / "roles" / "asks"
    for part in ("tasks", "files", "templates"):
        (role / part).mkdir(parents=True)
    (role / "files" / "of-the-role").write_text("of the role")
    (folder / "secret").write_text("of the inventory")
    variables = {f"magic_{number}": f"{{{{ {text} }}}}" for number, text in enumerate(EXPRESSIONS.values())}
    # The same command would be asked once: each has a number.
    commands = [f"show {number} {{{{ magic_{number} | to_json }}}}" for number in range(len(EXPRESSIONS))]
    hosts = {name: {"other": f"of {name}"} for name in ("r1", "r2", "r3")}
    device = {"ansible_network_os": "cisco.ios.ios", "rollcall_commands": commands, **variables}
    edge: dict[str, Any] = {"hosts": {name: {} for name in hosts}, "vars": device}
    (folder / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts, "children": {"edge": edge}}}))
    each = "\n".join(commands)
    (role / "templates" / "device.md.j2").write_text(each)
    delegated: dict[str, Any] = {"run_once": True, "delegate_to": "localhost"}
    keep = {
        "ansible.builtin.copy": {"content": "{{ roll.plan | to_json }}", "dest": f"{folder}/task.json"},
        "check_mode": False,
    }
    empty: dict[str, Any] = {"status": "ok", "output": {}, "error": None}
    tasks: list[dict[str, Any]] = [
        {"ansible.builtin.debug": {"msg": "registered {{ inventory_hostname }}"}, "register": "before"},
        {"ansible.builtin.set_fact": {"noted": "by {{ inventory_hostname }}"}},
        {
            "ansible.builtin.copy": {"content": each, "dest": f"{folder}/core-{{{{ inventory_hostname }}}}"},
            "delegate_to": "localhost",
        },
        {
            "rollcall.network.collect": {"hosts": "{{ ansible_play_hosts_all }}", "plan": True},
            "register": "roll",
            **delegated,
        },
        {**keep, **delegated},
        {
            "rollcall.network.report": {
                "devices": {"r3": empty},
                "template": "device.md.j2",
                "dest": f"{folder}/report-{{{{ inventory_hostname }}}}",
            },
            **delegated,
        },
    ]
    lookup = "{{ lookup('rollcall.network.collect', ansible_play_hosts_all, plan=true) | to_json }}"
    tasks.append({"ansible.builtin.copy": {"content": lookup, "dest": f"{folder}/lookup.json"}, **delegated})
    (role / "tasks" / "main.yml").write_text(json.dumps([{"name": "Task", **task} for task in tasks]))
    play = {"name": "Magic", "hosts": "edge", "gather_facts": False, "roles": ["asks"]}
    (folder / "play.yml").write_text(json.dumps([play]))
    done = run_playbook(folder / "play.yml", folder / "inventory.yml", "--limit", "r1,r3")
    assert done.returncode == 0, done.stdout + done.stderr
    plans = {place: json.loads((folder / f"{place}.json").read_text()) for place in ("task", "lookup")}
    told = {place: plan["r3"].get("commands") or plan["r3"] for place, plan in plans.items()}
    files = {place: (folder / f"{place}-r3").read_text().splitlines() for place in ("core", "report")}
    return {place: dict(zip(EXPRESSIONS, lines, strict=False)) for place, lines in {**told, **files}.items()}


@pytest.mark.cases(34)
@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("place", ["task", "lookup", "report"])
def test_a_device_sees_what_its_own_task_would(place: str, name: str, seen: dict[str, dict[str, Any]]) -> None:
    assert seen[place][name] == seen["core"][name]
