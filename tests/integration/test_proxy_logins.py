# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxy commands that log in at a bastion: a credential that was refused for one device is not sent for another."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import shutil
import socket
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from tests.integration.odd_server import Line, OddServer

PASSWORD = "sent-only-once"

pytestmark = pytest.mark.skipif(not shutil.which("sshpass") or not shutil.which("ssh"), reason="no ssh or sshpass")


async def never(_user: str, _password: str) -> bool:
    await asyncio.Event().wait()
    return False


async def refuse(_user: str, _password: str) -> bool:
    return False


async def prompt_only(line: Line) -> None:
    while True:
        line.say("box#")
        if await line.hear() == "show version":
            line.say("version 1\n")


def ask(*devices: Device) -> dict[str, dict[str, Any]]:
    """Ask in the order given."""
    limits = Limits(retries=1, device_timeout=30, login_failure_limit=0)
    return call_roll({each.name: each for each in devices}, limits)


def behind(bastion: OddServer, target: OddServer, count: int, name: str = "box") -> list[Device]:
    options = [
        "-F/dev/null",
        "-oStrictHostKeyChecking=no",
        "-oUserKnownHostsFile=/dev/null",
        "-oPubkeyAuthentication=no",
    ]
    words = ["sshpass", "-p", PASSWORD, "ssh", *options, "-p", str(bastion.port)]
    words += ["-W", f"[{target.address}]:{target.port}", f"someone@{bastion.address}"]
    return [
        Device(
            name=f"{name}{number}",
            host=target.address,
            port=target.port,
            user="someone",
            password=PASSWORD,
            platform="cisco_iosxe",
            commands=(Command("show version"),),
            host_key_checking=False,
            connect_timeout=3.0,
            proxy_command=shlex.join(words),
            proxy_login="one",
        )
        for number in range(count)
    ]


def test_a_bastion_that_refuses_is_asked_once_for_all() -> None:
    with OddServer(login=refuse) as bastion, OddServer(prompt_only) as target:
        answers = ask(*behind(bastion, target, 9))
        assert bastion.logins == [PASSWORD]
        assert target.connections == 0
    for answer in answers.values():
        assert (answer["status"], answer["error"]["kind"]) == ("auth_failed", "bastion")
        assert answer["attempts"] == 1
        assert "Permission denied" in answer["error"]["message"]
        assert PASSWORD not in answer["error"]["message"]


def test_a_bastion_that_does_not_answer_gets_the_password_once_from_each() -> None:
    with OddServer(login=never) as bastion, OddServer(prompt_only) as target:
        answers = ask(*behind(bastion, target, 3))
        assert len(bastion.logins) <= 3
    for answer in answers.values():
        assert (answer["status"], answer["error"]["kind"], answer["attempts"]) == ("unreachable", "bastion", 1)
        assert "is not sent again" in answer["error"]["message"]


def test_a_bastion_that_accepts_is_not_blamed_for_a_device() -> None:
    with contextlib.ExitStack() as stack:
        bastion, target = stack.enter_context(OddServer(forwards=True)), stack.enter_context(OddServer(prompt_only))
        mute = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        good = behind(bastion, target, 3)
        target.port = mute.getsockname()[1]
        [dead] = behind(bastion, target, 1, name="dead")
        answers = ask(*good, dead)
    assert [answers[each.name]["status"] for each in good] == ["ok"] * 3
    assert (answers["dead0"]["status"], answers["dead0"]["attempts"]) == ("timeout", 2)
