# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that an attacker chose, in a real playbook: nothing is executed because of them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import run_playbook, try_roll
from tests.integration.odd_server import Line, OddServer
from tests.lab import ROOT

PROXIES = {
    "ProxyJump": "-o ProxyJump=user@127.66.0.3:2222",
    "ProxyCommand": "-o ProxyCommand='ssh -W [%h]:%p user@127.66.0.3'",
}


@pytest.mark.parametrize("proxy", PROXIES)
def test_no_command_is_executed_because_of_a_name(proxy: str, tmp_path: Path) -> None:
    made = tmp_path / "made"
    name = f"x]:1 -oProxyCommand=touch${{IFS}}{made} -oBatchMode=yes [y"
    variables = {
        "ansible_network_os": "cisco.ios.ios",
        "ansible_user": "user",
        "ansible_password": "unused",
        "ansible_host_key_checking": False,
        "ansible_ssh_common_args": PROXIES[proxy],
    }
    # A script, as the plugins of inventories in databases and clouds do, gives any name.
    listed = {"_meta": {"hostvars": {}}, "all": {"hosts": [name], "vars": variables}}
    tmp_path.joinpath("hosts.json").write_text(json.dumps(listed))
    inventory = tmp_path / "hosts.sh"
    inventory.write_text(f"#!/bin/sh\ncat {tmp_path / 'hosts.json'}\n")
    inventory.chmod(0o755)
    done, result = try_roll(
        inventory, {"hosts": [name], "commands": ["show version"], "connect_timeout": 3, "retries": 0}
    )
    assert not made.exists(), done.stdout
    assert "devices" in result, done.stdout + done.stderr
    assert result["devices"][name]["error"]["phase"] == "resolve"


def test_the_folder_of_a_poller_lies_below_output_dir(tmp_path: Path) -> None:
    poller = "../../x"
    output_dir = tmp_path / "a" / "b" / "output"
    variables = {
        poller: {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "rollcall_devices": ["dev"],
        },
        "dev": {"rollcall_driver": "python", "rollcall_function": "builtins.str"},
    }
    listed = {"_meta": {"hostvars": variables}, "pollers": {"hosts": [poller]}, "devices": {"hosts": ["dev"]}}
    tmp_path.joinpath("hosts.json").write_text(json.dumps(listed))
    inventory = tmp_path / "hosts.sh"
    inventory.write_text(f"#!/bin/sh\ncat {tmp_path / 'hosts.json'}\n")
    inventory.chmod(0o755)
    settings = {"rollcall_output_dir": str(output_dir), "rollcall_hosts": "devices"}
    done = run_playbook(ROOT / "playbooks" / "pollers.yml", inventory, "-e", json.dumps(settings))
    assert done.returncode == 0, done.stdout + done.stderr
    assert [each.name for each in (output_dir / "pollers").iterdir()] == ["%2E.%2F..%2Fx"]


async def colours(line: Line) -> None:
    """A device that sends escape sequences of 7 and of 8 bits, as UTF-8 and raw."""
    hostile = "\x9b31mC1 \udc9b32mraw \x1b[33mESC\x1b[0m \x1b]0;title\x07 \x9d0;title\x9c end"
    while True:
        line.say("box#")
        asked = await line.hear()
        if asked == "show version":
            line.say(f"version {hostile}\n")
        elif asked == "show wrong":
            line.say(f"% Invalid input detected {hostile}\n")
        elif asked == "show hangup":
            line.say(f"half {hostile}")
            return await line.pause()


@pytest.mark.parametrize("verbosity", [[], ["-v"], ["-vvvv"]])
def test_nothing_that_a_terminal_obeys_is_printed(verbosity: list[str], tmp_path: Path) -> None:
    hostile = "b\x1b[31mx"
    with OddServer(colours) as server:
        common = {
            "ansible_host": server.address,
            "ansible_port": server.port,
            "ansible_user": "someone",
            "ansible_password": "unused-here",
            "ansible_network_os": "cisco.ios.ios",
            "ansible_host_key_checking": False,
        }
        hostvars = {
            "a": {**common, "rollcall_commands": ["show version", "show wrong", "show hangup"]},
            hostile: {**common, "rollcall_commands": ["show hangup"]},
            "mute": {**common, "rollcall_commands": ["show version"], "ansible_network_os": "\x9bnothing"},
        }
        listed = {"_meta": {"hostvars": hostvars}, "all": {"hosts": list(hostvars)}}
        tmp_path.joinpath("hosts.json").write_text(json.dumps(listed))
        inventory = tmp_path / "hosts.sh"
        inventory.write_text(f"#!/bin/sh\ncat {tmp_path / 'hosts.json'}\n")
        inventory.chmod(0o755)
        # Twice the same name, and a verdict that is not passed: warnings, and a result that Ansible prints whole.
        hosts = [*hostvars, hostile]
        done, result = try_roll(inventory, {"hosts": hosts, "max_fail_percentage": 0, "retries": 0}, *verbosity)
    assert result["devices"]["a"]["status"] == "partial"
    assert "C1 " in result["devices"]["a"]["output"]["show version"]["text"]
    printed = done.stdout + done.stderr
    assert not [line for line in printed.split("\n") if "\x1b" in line or re.search("[\x80-\x9f]", line)]
