# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH servers in a thread of the test that differ in their logins and algorithms, and servers that refuse in text."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncssh

from tests.integration.fakes import Wire, framed, kexinit, string
from tests.integration.odd_server import Line

ADDRESS = "127.0.0.1"
MSG_DISCONNECT, MSG_DEBUG, MSG_USERAUTH_BANNER, MSG_CHANNEL_WINDOW_ADJUST = 1, 4, 53, 93
TEXT = "Box OS, version 1.2.3"


@dataclass(frozen=True)
class Round:
    """One round of keyboard-interactive: the prompts, the answers that are right, and what is shown above them."""

    prompts: Sequence[str | bytes]
    answers: Sequence[str]
    instructions: str | bytes = ""
    language: bytes = b""

    @property
    def challenge(self) -> Any:
        return "", self.instructions, self.language, [(prompt, False) for prompt in self.prompts]


@dataclass(frozen=True)
class End:
    """A message that ends the connection, in a phase. Its texts can have any encoding."""

    phase: str
    reason: bytes
    language: bytes = b""

    @property
    def fields(self) -> bytes:
        return struct.pack(">I", asyncssh.DISC_BY_APPLICATION) + string(self.reason) + string(self.language)

    def at(self, phase: str, connection: Any) -> bool:
        """End this connection if it is in the phase."""
        if phase != self.phase:
            return False
        connection.send_packet(MSG_DISCONNECT, self.fields)
        connection._transport.close()
        return True


@dataclass
class LoginServer:
    """How a server behaves, and what it was sent.

    rounds: of keyboard-interactive, which is offered if there are any.
    password: is right for the password method, which is offered if there is one.
    garbled: after the login, a message comes that is too short.
    hangs_up: at a wrong password, the connection is closed without a message.
    """

    rounds: Sequence[Round] = ()
    password: str | None = None
    expired: bool = False
    hangs_up: bool = False
    banner: str | bytes = ""
    change: str | bytes = "Your password has expired. New password:"
    debug: bytes = b""
    end: End = End("", b"")
    garbled: bool = False
    disconnect: tuple[int, str] | None = None
    before_version: bytes = b""
    settings: dict[str, Any] = field(default_factory=dict)
    answers: list[tuple[str, ...]] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0


async def talk(process: asyncssh.SSHServerProcess[bytes], server: LoginServer) -> None:
    line = Line(process)
    with contextlib.suppress(EOFError, OSError, asyncssh.Error):
        while True:
            line.say("box# ")
            connection: Any = process.channel.get_connection()
            if server.end.at("session", connection):
                return
            if server.garbled:
                connection.send_packet(MSG_CHANNEL_WINDOW_ADJUST, b"")
            heard = await line.hear()
            if heard == "exit":
                break
            if heard == "show version":
                line.say(f"{TEXT}\n")
    process.exit(0)


class _Rules(asyncssh.SSHServer):
    def __init__(self, server: LoginServer) -> None:
        self._server = server
        self._round = 0

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._server.connections += 1

    def begin_auth(self, username: str) -> bool:
        server, connection = self._server, self._connection
        if isinstance(server.banner, bytes):
            connection.send_packet(MSG_USERAUTH_BANNER, string(server.banner) + string(b"\xff"))
        elif server.banner:
            connection.send_auth_banner(server.banner)
        if server.debug:
            connection.send_packet(MSG_DEBUG, b"\x01" + string(server.debug) + string(b"\xff"))
        server.end.at("auth", connection)
        if self._server.disconnect:
            self._connection.disconnect(*self._server.disconnect)
        return True

    def password_auth_supported(self) -> bool:
        return self._server.password is not None

    def validate_password(self, username: str, password: str) -> bool:
        self._server.passwords.append(password)
        if self._server.expired and password == self._server.password:
            raise asyncssh.PasswordChangeRequired(self._server.change)  # type: ignore[arg-type]
        if self._server.hangs_up and password != self._server.password:
            self._connection.abort()
        return password == self._server.password

    def change_password(self, username: str, old_password: str, new_password: str) -> bool:
        self._server.passwords.append(f"new: {new_password}")
        return True

    def kbdint_auth_supported(self) -> bool:
        return bool(self._server.rounds)

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        self._round = 0
        return self._server.rounds[0].challenge

    def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> Any:
        self._server.answers.append(tuple(responses))
        if list(responses) != list(self._server.rounds[self._round].answers):
            return False
        self._round += 1
        return self._round == len(self._server.rounds) or self._server.rounds[self._round].challenge


@dataclass
class TextServer:
    """A server that says this and closes the connection, instead of beginning SSH."""

    text: str
    connections: int = 0
    port: int = 0


@dataclass
class EndServer:
    """A server that ends the connection before its keys are exchanged: after its version line, or its algorithms."""

    end: End
    version: bytes = b"SSH-2.0-Cisco-1.25"
    connections: int = 0
    port: int = 0


@contextlib.contextmanager
def running(servers: Sequence[LoginServer | TextServer | EndServer]) -> Iterator[None]:
    """Run all of them, each on a port of its own."""
    loop = asyncio.new_event_loop()
    ready, ended = threading.Event(), asyncio.Event()
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)

    async def serve() -> None:
        async with contextlib.AsyncExitStack() as stack:
            for server in servers:
                if isinstance(server, LoginServer):
                    listening = await _login(server, key)
                else:
                    listening = await (_text(server) if isinstance(server, TextServer) else _ends(server))
                stack.callback(listening.close)
            ready.set()
            await ended.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(20), "the servers did not start"
    try:
        yield
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(20)


async def _text(server: TextServer) -> asyncio.Server:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        with contextlib.suppress(OSError):
            writer.write(server.text.encode())
            await writer.drain()
            writer.close()

    listening = await asyncio.start_server(say, ADDRESS, 0)
    server.port = listening.sockets[0].getsockname()[1]
    return listening


async def _ends(server: EndServer) -> asyncio.Server:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        wire = Wire(reader, writer)
        with contextlib.suppress(OSError):
            await wire.version(server.version)
            if server.end.phase == "key exchange":
                await wire.packet(kexinit(b"curve25519-sha256"))
            await wire.send(framed(bytes([MSG_DISCONNECT]) + server.end.fields))
            writer.close()

    listening = await asyncio.start_server(say, ADDRESS, 0)
    server.port = listening.sockets[0].getsockname()[1]
    return listening


async def _login(server: LoginServer, key: asyncssh.SSHKey) -> Any:
    settings: dict[str, Any] = {
        "server_host_keys": [key],
        "process_factory": lambda process: talk(process, server),
        "encoding": None,
        "line_editor": False,
        "login_timeout": 0,
        **server.settings,
    }
    if not server.before_version:
        listening = await asyncssh.listen(ADDRESS, 0, server_factory=lambda: _Rules(server), **settings)
        server.port = listening.sockets[0].getsockname()[1]
        return listening
    behind = await asyncssh.listen(ADDRESS, 0, server_factory=lambda: _Rules(server), **settings)
    port = behind.sockets[0].getsockname()[1]

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(server.before_version)
        other_reader, other_writer = await asyncio.open_connection(ADDRESS, port)

        async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    target.write(data)
                    await target.drain()
            target.close()

        await asyncio.gather(pass_on(reader, other_writer), pass_on(other_reader, writer))

    front = await asyncio.start_server(relay, ADDRESS, 0)
    server.port = front.sockets[0].getsockname()[1]
    return front
