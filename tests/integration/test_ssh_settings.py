# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH options, bastions and transports from a real inventory, as a real playbook plans with them."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.integration.conftest import call_roll

DEVICE = {"ansible_network_os": "cisco.ios.ios", "rollcall_commands": ["show version"], "ansible_user": "me"}


def test_options_of_an_inventory_are_honoured_or_named_in_one_warning(tmp_path: Path) -> None:
    hosts = {
        "plain": {},
        "v6": {"ansible_host": "[2001:db8::1]"},
        "through": {"rollcall_jump_hosts": ["bastion", "admin@192.0.2.99:2222"]},
        "old": {"ansible_network_os": "cisco_ios_telnet"},
        "odd": {"ansible_ssh_common_args": "-o IPQoS=ef -o 'Ciphers=aes128-ctr' -L 1:a:2"},
        "odder": {"ansible_ssh_extra_args": "-o IPQoS=ef -p 2222"},
        "wrong": {"ansible_ssh_common_args": "-o Port=many"},
        "round": {"rollcall_jump_hosts": ["one"]},
    }
    bastions = {
        "bastion": {"ansible_host": "192.0.2.1", "ansible_user": "b"},
        "one": {"rollcall_jump_hosts": ["two"]},
        "two": {"rollcall_jump_hosts": ["one"]},
    }
    groups = {"devices": {"hosts": hosts, "vars": DEVICE}, "bastions": {"hosts": bastions}}
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(yaml.safe_dump({"all": {"children": groups}}), encoding="utf-8")
    roll = call_roll(inventory, {"hosts": list(hosts), "plan": True})
    plan = roll.result["plan"]
    assert plan["v6"]["host"] == "2001:db8::1"
    assert (plan["old"]["port"], plan["odder"]["port"], plan["plain"]["port"]) == (23, 2222, 22)
    assert "through: me@through, port 22 through bastion, 192.0.2.99" in roll.output
    assert [plan[name]["error"]["kind"] for name in ("wrong", "round")] == ["variables", "variables"]
    assert "one → two → one" in plan["round"]["error"]["message"]
    (warning,) = [each for each in roll.result["warnings"] if "SSH options" in each]
    assert [word for word in ("ipqos", "localforward", "odd") if word not in warning] == []
    assert roll.output.count("SSH options that are not supported") == 1
