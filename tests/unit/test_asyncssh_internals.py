# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed asyncssh has the private names that the transport uses. A version without them must not be allowed."""

from __future__ import annotations

import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from asyncssh import auth, connection, constants, packet

from ansible_collections.rollcall.network.plugins.module_utils._transport import ssh

SOURCE = Path(ssh.__file__).read_text(encoding="utf-8")
METHODS = (
    "_cleanup",
    "_force_close",
    "_process_debug",
    "_process_disconnect",
    "_process_userauth_banner",
    "_recv_version",
    "process_packet",
    "send_newkeys",
    "send_packet",
    "try_next_auth",
)
ATTRIBUTES = (
    "_auth",
    "_auth_methods",
    "_enc_alg_cs",
    "_inpbuf",
    "_kex",
    "_logger",
    "_owner",
    "_recv_handler",
    "_recv_seq",
    "_tasks",
)


@pytest.fixture
def made() -> Any:
    async def make() -> Any:
        loop = asyncio.get_running_loop()
        options = asyncssh.SSHClientConnectionOptions(known_hosts=None, username="-", client_keys=None, agent_path=None)
        options.waiter = loop.create_future()
        return ssh._Connection(loop, options, wait="auth")

    return asyncio.run(make())


@pytest.mark.parametrize("name", METHODS)
def test_a_method_of_connections_takes_what_is_given(name: str) -> None:
    theirs, ours = getattr(connection.SSHClientConnection, name), getattr(ssh._Connection, name)
    assert len(inspect.signature(theirs).parameters) == len(inspect.signature(ours).parameters)


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_connection_has_the_attribute(name: str, made: Any) -> None:
    assert hasattr(made, name)


def test_connections_wait_for_the_login(made: Any) -> None:
    assert "wait" in inspect.signature(connection.SSHClientConnection.__init__).parameters
    assert made._waiter is not None
    assert made._wait == "auth"
    assert not made._tasks
    assert made._enc_alg_cs.endswith(b"-cbc") in (True, False)  # it is bytes


def test_all_private_names_are_in_these_tables() -> None:
    used = set(re.findall(r"(?:_protocol|super\(\)|connection|ssh)\.(_[a-z]\w*)", SOURCE))
    assert used <= {*METHODS, *ATTRIBUTES, "__init__", "_transport"}, used


@pytest.mark.parametrize(
    ("number", "name"),
    [(1, "_process_disconnect"), (4, "_process_debug"), (53, "_process_userauth_banner")],
)
def test_messages_with_texts_have_handlers_of_the_transport(number: int, name: str) -> None:
    assert connection.SSHClientConnection._packet_handlers[number] is getattr(connection.SSHConnection, name)
    assert ssh._Connection._packet_handlers[number] is getattr(ssh._Connection, name)


def test_all_other_handlers_are_those_of_asyncssh() -> None:
    theirs = connection.SSHClientConnection._packet_handlers
    assert ssh._Connection._packet_handlers.keys() == theirs.keys()
    assert ssh._MSG_CHANNEL_OPEN_FAILURE in theirs
    assert constants.MSG_IGNORE == ssh._MSG_IGNORE
    assert constants.MSG_CHANNEL_OPEN_FAILURE == ssh._MSG_CHANNEL_OPEN_FAILURE


@pytest.mark.parametrize("method", ssh._ASK)
def test_questions_of_a_login_are_read_from_packets(method: bytes) -> None:
    """The handler gets each text with ``get_string``, and decodes it."""
    handlers = auth._client_auth_handlers[method]._packet_handlers
    assert handlers
    for handler in handlers.values():
        assert ".get_string()" in inspect.getsource(handler)
    given = ssh._tolerant(packet.SSHPacket(packet.String(b"f\xfcr")))
    assert given.get_string().decode("ascii") == "f\ufffdr"
