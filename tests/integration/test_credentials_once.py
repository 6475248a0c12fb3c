# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A credential that was refused, or not answered, is not sent again in the same run: accounts get locked otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from tests.integration.odd_server import Line, OddServer

PASSWORD, SECRET = "sent-only-once", "enable-only-once"


def device(server: OddServer, name: str = "box", **settings: Any) -> Device:
    usual = {
        "host": server.address,
        "port": server.port,
        "user": "someone",
        "password": PASSWORD,
        "platform": "cisco_iosxe",
        "commands": (Command("show version"),),
        "host_key_checking": False,
        "connect_timeout": 2.0,
        "command_timeout": 2.0,
    }
    return Device(name=name, **{**usual, **settings})


def ask(*devices: Device) -> dict[str, dict[str, Any]]:
    return call_roll({each.name: each for each in devices}, Limits(retries=1, device_timeout=30))


async def never(user: str, password: str) -> bool:
    await asyncio.Event().wait()
    return False


async def refuse(user: str, password: str) -> bool:
    return False


async def prompt_only(line: Line) -> None:
    while True:
        line.say("box#")
        asked = await line.hear()
        if asked == "show version":
            line.say("version 1\n")


# -- devices -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keyboard", [False, True], ids=["password", "keyboard-interactive"])
def test_a_password_without_an_answer_is_not_sent_again(keyboard: bool) -> None:
    with OddServer(login=never, keyboard=keyboard) as server:
        answer = ask(device(server))["box"]
        assert server.logins == [PASSWORD]
    assert (answer["status"], answer["error"]["phase"], answer["attempts"]) == ("timeout", "auth", 1)
    assert "is not sent again" in answer["error"]["message"]


def test_a_refused_password_is_not_sent_again() -> None:
    with OddServer(login=refuse) as server:
        answer = ask(device(server))["box"]
        assert server.logins == [PASSWORD]
    assert (answer["status"], answer["attempts"]) == ("auth_failed", 1)


def hidden(question: str, then: str) -> Any:
    """A device that asks for a secret inside the session, and then stalls or hangs up."""

    async def session(line: Line) -> None:
        if question == "login":
            line.say("Username: ")
            await line.hear()
            line.say("Password: ")
        else:
            line.say("box>")
            while await line.hear() != "enable":
                line.say("box>")
            line.say("Password: ")
        heard.append(await line.hear(echo=False))
        line.say("\n")
        if then == "stall":
            await line.stall()

    heard: list[str] = []
    return session, heard


@pytest.mark.parametrize("then", ["stall", "hang up"])
@pytest.mark.parametrize(("question", "secret"), [("login", PASSWORD), ("enable", SECRET)])
def test_a_secret_inside_the_session_without_an_answer_is_not_sent_again(question: str, secret: str, then: str) -> None:
    session, heard = hidden(question, then)
    platform = "cisco_aireos" if question == "login" else "cisco_iosxe"
    with OddServer(session) as server:
        answer = ask(device(server, platform=platform, become_password=SECRET))["box"]
    assert heard == [secret]
    assert answer["attempts"] == 1
    assert "is not sent again" in answer["error"]["message"]


# -- what is offered ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def key_exchange() -> Iterator[tuple[int, list[list[str]]]]:
    """A server that reads the lists of algorithms that a client offers, and hangs up."""
    lists: list[list[str]] = []

    def serve() -> None:
        connection, _address = server.accept()
        with connection, connection.makefile("rb") as stream:
            connection.sendall(b"SSH-2.0-Odd\r\n")
            stream.readline()
            length, _padding = struct.unpack(">IB", stream.read(5))
            payload = stream.read(length - 1)
            assert payload[0] == 20  # SSH_MSG_KEXINIT
            place = 17
            for _list in range(8):
                (size,) = struct.unpack(">I", payload[place : place + 4])
                lists.append(payload[place + 4 : place + 4 + size].decode().split(","))
                place += 4 + size

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], lists
        thread.join(20)


OLD = ("sha1", "cbc", "md5", "ssh-rsa", "ssh-dss", "-96")


@pytest.mark.parametrize("legacy_ssh", [True, False])
def test_no_algorithm_with_a_known_weakness_is_preferred(legacy_ssh: bool) -> None:
    """Strict key exchange closes the hole of chacha20 and of MACs that encrypt first. Others come last, or not."""
    with key_exchange() as (port, lists):
        answer = call_roll(
            {
                "box": Device(
                    name="box",
                    host="127.0.0.1",
                    port=port,
                    user="someone",
                    platform="cisco_iosxe",
                    commands=(Command("show version"),),
                    host_key_checking=False,
                    legacy_ssh=legacy_ssh,
                    connect_timeout=5,
                )
            },
            Limits(),
        )["box"]
    assert answer["status"] == "unreachable"
    assert "kex-strict-c-v00@openssh.com" in lists[0]
    assert "aes256-ctr" in lists[2]
    assert "hmac-sha2-256" in lists[4]
    assert (lists[2], lists[4]) == (lists[3], lists[5]), "the same in both directions"
    for offered in lists[:6]:
        old = [
            bool([word for word in OLD if word in each]) for each in offered if not each.startswith(("ext-", "kex-"))
        ]
        assert not old[0]
        assert old == sorted(old), f"old ones are not the last: {offered}"
        assert any(old) is legacy_ssh
