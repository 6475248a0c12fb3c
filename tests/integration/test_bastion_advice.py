# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the error of a bastion tells the user to do."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device, Hop
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from tests.integration.odd_server import OddServer

ADD = "add the bastion to the inventory, name it in rollcall_jump_hosts, and "
NO_CREDENTIALS = "no credentials for someone that it accepts; "
QUESTION = "it asked 'Verification code:'; "


def message_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, server: OddServer, **settings: Any) -> str:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    usual = {"host": server.address, "port": server.port, "user": "someone", "host_key_checking": False}
    hop = Hop("gate", **{**usual, **settings})
    commands = (Command("show version"),)
    box = Device("box", host="192.0.2.1", user="u", platform="cisco_iosxe", commands=commands, hops=(hop,))
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
         "Compare the fingerprint with its console, then add the key: ansible-playbook rollcall.network.host_keys"),
    ],
)  # fmt: skip
def test_the_advice_fits_a_bastion(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, keyboard: bool, settings: dict[str, Any], advice: str
) -> None:
    with OddServer(keyboard=keyboard, questions=["Verification code: "], forwards=True) as server:
        message = message_of(monkeypatch, tmp_path, server, **settings)
    assert message.startswith("bastion gate (")
    assert message.endswith(advice)
