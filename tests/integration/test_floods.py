# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A device that sends messages without end is given up, and other devices are served between its messages."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import struct
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

import asyncssh
import pytest
from asyncssh.connection import SSHServerConnection

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError, Phase
from ansible_collections.rollcall.network.plugins.module_utils._transport import ssh
from ansible_collections.rollcall.network.plugins.module_utils._transport.open import Transports
from tests.integration.fakes import Anybody, Terminal, Wire, framed, kexinit, string
from tests.integration.hostile import flood

SMALL = 0.1  # seconds of CPU time, instead of MOST_CPU
LATE = 60.0


class Session:
    """What the transport asks of a session. It implements ``Context``."""

    deadline: float | None = None
    limit = ("timeout", "")
    phase: Phase = "connect"
    way: Any = None

    def enter(self, phase: Phase) -> None:
        self.phase = phase

    async def may_send_secret(self, secret: str = "login") -> None:
        """It may."""

    def logged_in(self) -> None:
        """Nobody listens."""

    def uncounted(self) -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    def tell(self, message: Any) -> None:
        """Nobody listens."""

    async def ask_person(self, _question: str) -> str | None:
        return None


def device(port: int) -> Device:
    return Device(
        "box",
        host="127.0.0.1",
        port=port,
        user="admin",
        password="secret",
        host_key_checking=False,
        connect_timeout=LATE,
    )


async def end_of(port: int) -> str:
    """Log in and read until the device is given up. Returns the reason."""
    stream = None
    try:
        stream = await Transports().open(device(port), Session())
        while await stream.read(asyncio.get_running_loop().time() + LATE):
            pass
    except DeviceError as error:
        return error.error.message
    finally:
        if stream is not None:
            stream.close()
    return stream.fault()


@contextlib.contextmanager
def in_a_thread(serve: Callable[[], Awaitable[int]]) -> Any:
    """Run a server in a thread of its own. Gives its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(serve(), loop).result(20)  # type: ignore[arg-type]
    finally:

        async def cancel() -> None:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        asyncio.run_coroutine_threadsafe(cancel(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)


CLEAR = {
    "ignore": bytes([2]) + string(b""),
    "unimplemented": bytes([3]) + bytes(4),
    "debug": bytes([4, 1]) + string(b"") + string(b""),
}
# Types of messages after the login, and what comes before and after the number of the channel.
ENCRYPTED: dict[str, Callable[[int], tuple[int, bytes]]] = {
    "ignore": lambda _number: (2, string(b"")),
    "debug": lambda _number: (4, b"\1" + string(b"") + string(b"")),
    "banner": lambda _number: (53, string(b"") + string(b"")),
    "global request": lambda _number: (80, string(b"hostkeys-00@openssh.com") + b"\0"),
    "window adjust": lambda number: (93, struct.pack(">II", number, 1)),
    "empty data": lambda number: (94, struct.pack(">I", number) + string(b"")),
    "channel request": lambda number: (98, struct.pack(">I", number) + string(b"x") + b"\0"),
}


def listen_raw(payload: bytes) -> Callable[[], Awaitable[int]]:
    async def attack(wire: Wire) -> None:
        await wire.version()
        await wire.packet(kexinit(b"curve25519-sha256"))
        for piece in itertools.repeat(framed(payload) * 2_000):
            await wire.send(piece)

    async def serve() -> int:
        server = await asyncio.start_server(lambda *pair: Wire(*pair).serve(attack), "127.0.0.1", 0)
        return int(server.sockets[0].getsockname()[1])

    return serve


class _AtLogin(Anybody):
    def __init__(self, attack: Callable[[SSHServerConnection], Awaitable[None]]) -> None:
        super().__init__(object)
        self._attack = attack

    def begin_auth(self, username: str) -> Any:
        async def begin() -> bool:
            await self._attack(self.conn)
            return True

        return begin()


def listen_ssh(server: Callable[[], Anybody]) -> Callable[[], Awaitable[int]]:
    async def serve() -> int:
        key = asyncssh.generate_private_key("ssh-ed25519")
        settings: dict[str, Any] = {"server_host_keys": [key], "encoding": None, "login_timeout": 0}
        listening = await asyncssh.listen("127.0.0.1", 0, server_factory=server, **settings)
        return int(listening.sockets[0].getsockname()[1])

    return serve


@pytest.fixture(autouse=True)
def quiet() -> None:
    """Without a line for each message that is sent to a client which is gone."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh, "MOST_CPU", SMALL)


@pytest.mark.parametrize("kind", CLEAR)
def test_a_flood_before_the_key_exchange_is_ended(kind: str, short: None) -> None:
    with in_a_thread(listen_raw(CLEAR[kind])) as port:
        assert ssh.FLOOD in asyncio.run(end_of(port))


@pytest.mark.parametrize("kind", ["ignore", "debug", "banner"])
def test_a_flood_before_the_login_is_ended(kind: str, short: None) -> None:
    message = ENCRYPTED[kind](0)
    with in_a_thread(
        listen_ssh(lambda: _AtLogin(lambda conn: flood(conn, lambda: conn.send_packet(*message))))
    ) as port:
        assert ssh.FLOOD in asyncio.run(end_of(port))


@pytest.mark.parametrize("kind", [kind for kind in ENCRYPTED if kind != "banner"])
def test_a_flood_after_the_login_is_ended(kind: str, short: None) -> None:
    async def attack(terminal: Terminal) -> None:
        message = ENCRYPTED[kind](terminal.channel._send_chan or 0)
        conn = terminal.connection
        await flood(conn, lambda: conn.send_packet(*message))

    with in_a_thread(listen_ssh(lambda: Anybody(lambda: Terminal(attack)))) as port:
        assert ssh.FLOOD in asyncio.run(end_of(port))


def test_messages_are_handled_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one read gives is not handled at once: the turns of the loop between its pieces belong to others."""
    pieces: list[int] = []
    received = ssh._Connection.data_received

    def count(connection: Any, data: bytes, datatype: Any = None) -> None:
        pieces.append(len(data))
        received(connection, data, datatype)

    monkeypatch.setattr(ssh, "MOST_CPU", SMALL)
    monkeypatch.setattr(ssh._Connection, "data_received", count)
    with in_a_thread(listen_raw(CLEAR["ignore"])) as port:
        asyncio.run(end_of(port))
    assert sum(pieces) > ssh.PIECE
    assert max(pieces) <= ssh.PIECE


def test_much_text_is_no_flood(short: None) -> None:
    """The time that much content takes is not counted."""
    much = 64 * 2**20

    async def say(terminal: Terminal) -> None:
        for _time in range(much // 2**16):
            await terminal.say(b"x" * 2**16)

    async def read(port: int) -> int:
        stream = await Transports().open(device(port), Session())
        length = 0
        while data := await stream.read(asyncio.get_running_loop().time() + LATE):
            length += len(data)
        assert stream.fault() == ""
        stream.close()
        return length

    with in_a_thread(listen_ssh(lambda: Anybody(lambda: Terminal(say)))) as port:
        assert asyncio.run(read(port)) == much


def test_a_message_for_each_line_is_no_flood() -> None:
    lines = 20_000

    async def say(terminal: Terminal) -> None:
        for number in range(lines):
            await terminal.say(b"interface %05d\r\n" % number)
        await terminal.stall()

    async def read(port: int) -> None:
        stream = await Transports().open(device(port), Session())
        missing = lines * 17
        while missing:
            missing -= len(await stream.read(asyncio.get_running_loop().time() + LATE) or b"")
        stream.close()

    with in_a_thread(listen_ssh(lambda: Anybody(lambda: Terminal(say)))) as port:
        asyncio.run(asyncio.wait_for(read(port), LATE))
