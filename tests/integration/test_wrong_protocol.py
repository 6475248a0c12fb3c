# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that speak Telnet where SSH is expected, and the other way round; and logins that Telnet refuses."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from tests.integration.odd_server import OddServer

HOST = "127.0.0.1"
GREETING = b"\r\nUser Access Verification\r\n\r\nUsername: "


@contextlib.contextmanager
def saying(*texts: bytes) -> Iterator[int]:
    """A server that says the first text, and the next one after each line that it gets, and then nothing."""
    held: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            for text in texts:
                connection.sendall(text)
                while (data := connection.recv(1)) != b"\r":
                    if not data:
                        return
            connection.recv(1)
            while connection.recv(4096):
                pass

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = server.accept()
                held.append(connection)
                threading.Thread(target=serve, args=[connection], daemon=True).start()

    with socket.create_server((HOST, 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for each in held:
            each.close()


def error_of(port: int, transport: str, **settings: Any) -> tuple[str, str, str]:
    device = Device(
        "box",
        host=HOST,
        port=port,
        user="someone",
        password="password-of-box",
        platform="cisco_iosxe",
        commands=(Command("show version"),),
        transport=transport,
        host_key_checking=False,
        **settings,
    )
    answer = call_roll({"box": device}, Limits(device_timeout=60, retries=0))["box"]
    return answer["status"], answer["error"]["kind"], answer["error"]["message"]


@pytest.mark.parametrize("greeting", [b"\xff\xfd\x18\xff\xfb\x01" + GREETING, b"\xff\xfb\x03\xff\xfa\x18\x01\xff\xf0"])
def test_a_telnet_server_is_noticed_at_once_where_ssh_is_expected(greeting: bytes) -> None:
    with saying(greeting) as port:
        status, kind, message = error_of(port, "ssh", connect_timeout=50.0)
    assert (status, kind) == ("unreachable", "protocol")
    said = " (it said 'User Access Verification Username:')" if GREETING in greeting else ""
    place = f"a Telnet server answers at {HOST} port {port}{said}"
    assert message == f"{place}; correct the port, or set rollcall_transport: telnet"


def test_a_proxy_command_that_prints_and_fails_is_the_reason() -> None:
    status, kind, message = error_of(1, "ssh", proxy_command="echo no route; echo why >&2; exit 3")
    assert (status, kind) == ("unreachable", "bastion")
    assert message == "the proxy command 'echo' ended with status 3; it said: 'why'"


def test_a_password_that_the_options_do_not_allow_is_named() -> None:
    with OddServer() as server:
        options = (("preferredauthentications", "publickey"),)
        _status, kind, message = error_of(server.port, "ssh", ssh_options=options, private_key_file=None)
    assert kind == "no_credentials"
    assert message.endswith("is set, but the SSH options, such as PreferredAuthentications, allow only publickey")


def test_a_text_without_a_version_of_ssh_has_fitting_advice() -> None:
    with saying(GREETING) as port:
        status, _kind, message = error_of(port, "ssh", connect_timeout=1.0)
    assert status == "timeout"
    assert message == (
        "the device said 'User Access Verification Username:' instead of beginning SSH, and nothing more within "
        "connect_timeout (1 s); correct the port, or set rollcall_transport: telnet"
    )


def test_an_ssh_server_is_noticed_at_once_where_telnet_is_expected() -> None:
    with saying(b"SSH-2.0-OpenSSH_9.2\r\n") as port:
        status, kind, message = error_of(port, "telnet", command_timeout=50.0)
    assert (status, kind) == ("unreachable", "protocol")
    assert message == (
        f"an SSH server answers at {HOST} port {port} ('SSH-2.0-OpenSSH_9.2'); correct the port, or remove "
        "rollcall_transport: telnet or the _telnet of ansible_network_os"
    )


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (b"\r\n% Login invalid\r\n" + GREETING, "% Login invalid"),
        (b"\r\n% Login invalid\r\n\r\nUsername: ", "% Login invalid"),
        (b"\r\nLogin incorrect\r\nlogin: ", "Login incorrect"),
        (b"\r\nPassword: ", "nothing"),
    ],
)
def test_a_login_that_telnet_refuses_quotes_the_refusal(refusal: bytes, said: str) -> None:
    with saying(GREETING, b"\r\nPassword: ", refusal) as port:
        status, kind, message = error_of(port, "telnet", command_timeout=50.0)
    assert (status, kind) == ("auth_failed", "refused")
    shown = said if said == "nothing" else repr(said)
    assert message == f"login as someone refused inside the session (it said {shown}); check user and password"
