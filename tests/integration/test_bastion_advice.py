# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the error of a bastion tells the user to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device, Hop
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from tests.integration.odd_server import Line, OddServer

ADD = "it is not a host of the inventory: add it, name it in rollcall_jump_hosts, and "
NO_CREDENTIALS = "no credentials for someone that it accepts; "
QUESTION = "it asked 'Verification code:'; "


def message_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: OddServer, **settings: Any) -> str:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    usual: dict[str, Any] = {"host": server.address, "port": server.port, "user": "someone", "host_key_checking": False}
    hop = Hop("gate", **{**usual, **settings})
    commands = (Command("show version"),)
    box = Device("box", host="192.0.2.1", user="u", platform="cisco_iosxe", commands=commands, hops=(hop,))
    box = replace(box, inventory_sources=("/srv/inventory",))
    message: str = call_roll({"box": box}, Limits(device_timeout=30))["box"]["error"]["message"]
    return message


@pytest.mark.parametrize(
    ("keyboard", "settings", "advice"),
    [
        (False, {}, f"{NO_CREDENTIALS}{ADD}set ansible_password or ansible_ssh_private_key_file for it, start an "
         "ssh-agent, or put a key without a passphrase into ~/.ssh"),
        (False, {"in_inventory": True}, f"{NO_CREDENTIALS}set ansible_password or ansible_ssh_private_key_file for "
         "gate, start an ssh-agent, or put a key without a passphrase into ~/.ssh"),
        (True, {}, f"{QUESTION}{ADD}set rollcall_otp_command for it, or run ansible-playbook at a terminal"),
        (True, {"in_inventory": True}, f"{QUESTION}set rollcall_otp_command for gate, or run ansible-playbook at a "
         "terminal"),
        (False, {"host": "no-such-host.invalid"}, f"{ADD}set ansible_host for it, or check DNS"),
        (False, {"host": "no-such-host.invalid", "in_inventory": True}, "; set ansible_host for gate, or check DNS"),
        (False, {"host_key_checking": True, "known_hosts": ("/nonexistent/known_hosts",)},
         "Compare the fingerprint with its console, then add the key: ansible-playbook rollcall.network.host_keys "
         "-i /srv/inventory"),
    ],
)  # fmt: skip
def test_the_advice_fits_a_bastion(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, keyboard: bool, settings: dict[str, Any], advice: str
) -> None:
    with OddServer(keyboard=keyboard, questions=["Verification code: "], forwards=True) as server:
        message = message_of(monkeypatch, tmp_path, server, **settings)
    assert message.startswith("bastion gate (")
    assert message.endswith(advice)


FILE = """
Host outer
  Hostname 127.0.0.1
  Port {outer}
  User someone
Host inner
  Hostname 127.0.0.1
  Port {inner}
  User someone
  ProxyJump outer
Host *
  StrictHostKeyChecking no
"""


async def prompt_only(line: Line) -> None:
    while True:
        line.say("box#")
        if await line.hear() == "show version":
            line.say("version 1\n")


@pytest.mark.parametrize("named_by", ["hops", "ProxyJump"])
@pytest.mark.parametrize(("name", "passed"), [("outer", "outer"), ("inner", "outer, inner")])
def test_a_bastion_that_is_a_name_of_the_configuration_file(
    tmp_path: Path, name: str, passed: str, named_by: str
) -> None:
    """Its section has address, port, user, and the bastions before it."""
    file = tmp_path / "config"
    gates = [OddServer(forwards=True, asks=False) for _each in range(2)]
    with gates[0] as outer, gates[1] as inner, OddServer(prompt_only, asks=False) as box:
        file.write_text(FILE.format(outer=outer.port, inner=inner.port))
        way: dict[str, Any] = {"hops": {"hops": (Hop(name, name, ssh_config=(str(file),)),)}}
        way["ProxyJump"] = {"ssh_options": (("proxyjump", name),), "ssh_config": (str(file),)}
        commands = (Command("show version"),)
        usual: dict[str, Any] = {"host": box.address, "port": box.port, "user": "u", "host_key_checking": False}
        device = Device("box", platform="cisco_iosxe", commands=commands, **usual, **way[named_by])
        answer = call_roll({"box": device}, Limits(device_timeout=30, retries=0))["box"]
        assert (answer["status"], answer["error"]) == ("ok", None)
        assert answer["connection"]["bastions"] == passed
        assert (outer.connections, inner.connections) == (1, len(passed.split()) - 1)
