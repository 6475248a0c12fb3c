# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fake devices in processes of their own: healthy ones that take their time, and the building blocks of hostile ones.

    with Fleet(20, log) as fleet:
        fleet.devices  # names and addresses, all on fleet.port

Every user and password is accepted. A healthy device answers these commands:

* ``show wait SECONDS``: after that time.
* ``show counter``, and ``clear counters``, which a client must not send twice.

The log has a line for each connection (``open``, ``close``), and for each command that a device received.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import random
import resource
import signal
import socket
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import asyncssh
from asyncssh.connection import SSHServerConnection
from asyncssh.logging import SSHLogger

ROOT = Path(__file__).parents[2]
USER, PASSWORD = "admin", "secret-of-the-fakes"
PORT_TRIES = 20
PDEATHSIG = 1  # of prctl
CHUNK = 65_536
# More than this in the buffer of a connection: the client does not keep up, so wait.
ROOM = 1_000_000
CRYPTO: dict[str, Any] = {
    "kex_algs": ["curve25519-sha256", "curve25519-sha256@libssh.org"],
    "encryption_algs": ["aes128-gcm@openssh.com", "aes128-ctr"],
    "mac_algs": ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-256"],
    "signature_algs": ["rsa-sha2-256", "rsa-sha2-512"],
    "compression_algs": ["none"],
}
SET_UP = ("term", "screen", "set cli", "no page")


# -- a session ---------------------------------------------------------------------------------------------------------


class Hangup(Exception):
    """The client is gone."""


class Terminal(asyncssh.SSHServerSession[bytes]):
    """The bytes of one session, both ways."""

    def __init__(self, talk: Callable[[Terminal], Awaitable[None]]) -> None:
        self._talk = talk
        self._typed = bytearray()
        self._news = asyncio.Event()
        self._ended = False
        self._task: asyncio.Task[None] | None = None
        self.channel: asyncssh.SSHServerChannel[bytes]

    @property
    def connection(self) -> SSHServerConnection:
        connection = self.channel.get_connection()
        assert isinstance(connection, SSHServerConnection)
        return connection

    async def say(self, data: bytes) -> None:
        """Send, and wait until the client has taken nearly all of it. Raises Hangup."""
        for start in range(0, len(data), CHUNK):
            if self.channel.is_closing():
                raise Hangup
            self.channel.write(data[start : start + CHUNK])
            while self.channel.get_write_buffer_size() > ROOM:
                await asyncio.sleep(0.005)
                if self._ended or self.channel.is_closing():
                    raise Hangup

    async def hear(self) -> bytes:
        """What the client sent next. Raises Hangup."""
        while not self._typed:
            if self._ended:
                raise Hangup
            self._news.clear()
            await self._news.wait()
        data = bytes(self._typed)
        self._typed.clear()
        return data

    async def line(self, *, echo: bool = True) -> str:
        """The next line that the client sent, echoed as it comes. Raises Hangup."""
        line = bytearray()
        while True:
            data = await self.hear()
            ends = [place for place, byte in enumerate(data) if byte in b"\r\n"]
            if ends:
                self._typed[:0] = data[ends[0] + 1 :]
                data = data[: ends[0]]
            line += data
            if echo:
                await self.say(data + b"\r\n" if ends else data)
            if ends:
                return line.decode("utf-8", "replace").strip()

    async def stall(self) -> None:
        """Say nothing more until the client is gone."""
        while True:
            await self.hear()

    # What asyncssh calls

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self.channel = chan

    def pty_requested(self, term_type: str, term_size: tuple[int, int, int, int], term_modes: object) -> bool:
        return True

    def shell_requested(self) -> bool:
        return True

    def session_started(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self._typed += data
        self._news.set()

    def eof_received(self) -> bool:
        self._end()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        if self._task is not None:
            self._task.cancel()

    def _end(self) -> None:
        self._ended = True
        self._news.set()

    async def _run(self) -> None:
        with contextlib.suppress(Hangup, OSError, asyncssh.Error):
            await self._talk(self)
        with contextlib.suppress(OSError, asyncssh.Error):
            if not self.channel.is_closing():
                self.channel.exit(0)


Answer = bytes | Callable[[Terminal], Awaitable[None]]


async def converse(
    terminal: Terminal,
    prompt: Callable[[], bytes],
    answer: Callable[[str], Answer | None],
    heard: Callable[[str], None] = lambda _line: None,
) -> None:
    """A plain command line. An answer is bytes, or says them itself; None is an unknown command."""
    while True:
        await terminal.say(prompt())
        line = await terminal.line()
        if line in ("exit", "quit", "logout"):
            return
        if line:
            heard(line)
        given = b"" if not line or line.startswith(SET_UP) else answer(line)
        if given is None:
            await terminal.say(b"% Invalid input detected at '^' marker.\r\n")
        elif isinstance(given, bytes):
            await terminal.say(given)
        else:
            await given(terminal)


class Anybody(asyncssh.SSHServer):
    """Accepts every login."""

    def __init__(self, session: Callable[[], Any]) -> None:
        self._session = session

    def connection_made(self, conn: SSHServerConnection) -> None:
        self.conn = conn

    def begin_auth(self, username: str) -> Any:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> Any:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return True

    def session_requested(self) -> Any:
        return self._session()


# -- the healthy ones --------------------------------------------------------------------------------------------------


class Log:
    """One line for each event; see the module."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def add(self, name: str, event: str) -> None:
        os.write(self._file, f"{name}\t{event}\n".encode())


class Healthy(Anybody):
    """One connection to a healthy device: which one shows in the address that it came to."""

    def __init__(self, log: Log) -> None:
        super().__init__(self._terminal)
        self._log = log
        self._name = "?"

    def connection_made(self, conn: SSHServerConnection) -> None:
        super().connection_made(conn)
        self._name = name_of(conn.get_extra_info("sockname")[0])
        self._log.add(self._name, "open")

    def connection_lost(self, exc: Exception | None) -> None:
        self._log.add(self._name, "close")

    def _terminal(self) -> Terminal:
        async def talk(terminal: Terminal) -> None:
            prompt = f"{self._name}#".encode()
            await converse(terminal, lambda: prompt, self._answer, lambda line: self._log.add(self._name, line))

        return Terminal(talk)

    def _answer(self, line: str) -> Answer | None:
        words = line.split()
        if words[:2] == ["show", "wait"]:

            async def wait(terminal: Terminal) -> None:
                await asyncio.sleep(float(words[2]))
                await terminal.say(f"{healthy_text(self._name, line)}\r\n".encode())

            return wait
        return f"{healthy_text(self._name, line)}\r\n".encode() if line in ("show counter", "clear counters") else None


def healthy_text(name: str, command: str) -> str:
    """The right answer."""
    return f"{name} answers {command}"


def address_of(number: int) -> str:
    return f"127.71.{number // 250}.{number % 250 + 1}"


def name_of(address: str) -> str:
    _net, _fakes, high, low = map(int, address.split("."))
    return f"good{high * 250 + low - 1:03}"


class Fleet:
    """Healthy devices as a context: their process is started, waited for, and ended."""

    port: int

    def __init__(self, count: int, folder: Path) -> None:
        self.devices = {name_of(address_of(number)): address_of(number) for number in range(count)}
        self._log = folder / "fleet.log"

    def __enter__(self) -> Fleet:
        arguments = [str(len(self.devices)), str(self._log)]
        self._server = Server("tests.integration.fakes", *arguments)
        self.port = self._server.said
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.end()

    def mark(self) -> int:
        """The present end of the log."""
        return self._log.stat().st_size if self._log.exists() else 0

    def heard(self, since: int = 0) -> Counter[tuple[str, str]]:
        """How often each device had each event."""
        with self._log.open("rb") as file:
            file.seek(since)
            lines = file.read().decode().splitlines()
        return Counter((name, event) for name, _tab, event in (line.partition("\t") for line in lines))

    def open(self) -> int:
        """How many connections are open."""
        events = Counter(event for _name, event in self.heard().elements())
        return events["open"] - events["close"]


class Server:
    """A server program that says one value as JSON when it is ready, and ends when its standard input does."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.end()
            msg = f"{module} did not start"
            raise RuntimeError(msg)
        self.said: Any = json.loads(line)

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._process.stdout.close()


async def until_parent_ends() -> None:
    """Return at the end of the standard input."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()


def die_with_parent() -> None:
    """Let the kernel kill this process when the one that forked it ends."""
    ctypes.CDLL(None).prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def lighten() -> None:
    """Leave out what asyncssh does at each login for nothing here. Raise the limit of open files."""

    async def reload_config(_connection: SSHServerConnection) -> None:
        """There is no configuration file."""

    def log(_logger: SSHLogger, _level: int, _message: object, *_arguments: object, **_more: object) -> None:
        """Nobody reads it."""

    SSHServerConnection.reload_config = reload_config  # type: ignore[assignment, method-assign]
    SSHLogger.log = log  # type: ignore[assignment, method-assign]
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def listen(addresses: list[str], port: int, server: Callable[[], asyncssh.SSHServer], **settings: Any) -> int:
    """Start an SSH server, and return its port."""
    given = {"server_host_keys": [asyncssh.generate_private_key("ssh-ed25519")], **CRYPTO, **settings}
    listener = await asyncssh.listen(
        addresses,
        port,
        server_factory=server,
        server_version="Cisco-1.25",
        encoding=None,
        line_editor=False,
        login_timeout=0,
        keepalive_interval=0,
        allow_scp=False,
        agent_forwarding=False,
        x11_forwarding=False,
        backlog=512,
        **given,
    )
    asyncio.get_running_loop().listener = listener  # type: ignore[attr-defined]  # as long as the loop
    found: int = listener.sockets[0].getsockname()[1]
    return found


async def _serve_healthy(count: int, log: Path) -> None:
    lighten()
    events = Log(log)
    addresses = [address_of(number) for number in range(count)]
    for port in random.sample(range(20_000, 32_000), PORT_TRIES):
        try:
            await listen(addresses, port, lambda: Healthy(events))
        except OSError:
            continue
        print(json.dumps(port), flush=True)
        await until_parent_ends()
        return


# -- the wire below SSH ------------------------------------------------------------------------------------------------


class Wire:
    """One TCP connection, with what SSH sends before it is encrypted."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def hold(self) -> None:
        """Say nothing more until the client is gone."""
        while await self._reader.read(CHUNK):
            pass

    async def version(self, line: bytes = b"SSH-2.0-Cisco-1.25") -> None:
        """Exchange version lines."""
        await self.send(line + b"\r\n")
        await self._reader.readline()

    async def packet(self, payload: bytes) -> None:
        await self.send(framed(payload))

    async def packet_of(self, kind: int) -> bytes:
        """The next packet of this kind from the client."""
        while True:
            (length,) = struct.unpack(">I", await self._reader.readexactly(4))
            body = await self._reader.readexactly(length)
            payload = body[1 : length - body[0]]
            if payload[0] == kind:
                return payload

    async def reset(self) -> None:
        found: socket.socket = self._writer.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def serve(self, handle: Callable[[Wire], Awaitable[None]]) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await handle(self)
            await self.hold()
        self._writer.close()


def framed(payload: bytes) -> bytes:
    padding = 8 - (len(payload) + 5) % 8
    padding += 8 if padding < 4 else 0
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def mpint(number: int) -> bytes:
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big") if number else b"")


def kexinit(kex: bytes, host_key: bytes = b"ssh-ed25519", more: Mapping[int, bytes] | None = None) -> bytes:
    """The payload of MSG_KEXINIT. ``more`` replaces name-lists by position."""
    cipher, mac = b"aes128-ctr", b"hmac-sha2-256"
    lists = [kex, host_key, cipher, cipher, mac, mac, b"none", b"none", b"", b""]
    for place, names in (more or {}).items():
        lists[place] = names
    return bytes([20]) + bytes(16) + b"".join(map(string, lists)) + bytes(5)


if __name__ == "__main__":
    asyncio.run(_serve_healthy(int(sys.argv[1]), Path(sys.argv[2])))
