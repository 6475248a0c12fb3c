# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The devices of a run under faults: healthy ones, and ones that fail in one phase in one way; and a DNS server.

The program serves the devices of many runs. It gets a line of JSON for each: the number of each device with its fault
or null, and the file for the log of connections. It answers with the ports. Each run's servers are processes of their
own, so that what one fault costs does not slow down the healthy devices.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import json
import logging
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import asyncssh
from asyncssh.connection import SSHServerConnection

from tests.integration.fakes import (
    ROOM,
    ROOT,
    Anybody,
    Hangup,
    Healthy,
    Log,
    Terminal,
    Wire,
    address_of,
    converse,
    die_with_parent,
    framed,
    healthy_text,
    kexinit,
    lighten,
    listen,
    name_of,
    string,
)

PHASES = ("resolve", "connect", "key exchange", "authentication", "prompt", "command", "close")
WAYS = ("refuse", "reset", "blackhole", "hang", "drip", "half-closed", "garbage", "10 MB", "endless")
FAULTS = tuple(itertools.product(PHASES, WAYS))
DRIP_SECONDS = 0.2
LINE = b"interface counter 0000000000 packets 00000000\r\n"
TEN_MEGABYTES = 10_000_000 // len(LINE)  # lines
DOMAIN = "rollcall.test"
CURVE = b"curve25519-sha256"
IGNORE = framed(bytes([2]) + string(bytes(32_000)))

Held = asyncio.Transport | asyncio.WriteTransport
_paused: list[Any] = []
_ended = threading.Event()


def pause(transport: Any) -> None:
    """Read nothing more, until the process gets SIGUSR1: the run has ended."""
    if not _ended.is_set():
        transport.pause_reading()
        _paused.append(transport)


def resume() -> None:
    _ended.set()
    while _paused:
        with contextlib.suppress(RuntimeError):
            _paused.pop().resume_reading()


def reset(transport: Any) -> None:
    found: socket.socket = transport.get_extra_info("socket")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def never() -> None:
    await asyncio.Event().wait()


# -- below SSH ---------------------------------------------------------------------------------------------------------


async def pour(send: Callable[[bytes], Awaitable[None]], pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        await send(piece)


async def drip(send: Callable[[bytes], Awaitable[None]], data: Iterable[int]) -> None:
    for byte in data:
        await send(bytes([byte]))
        await asyncio.sleep(DRIP_SECONDS)


async def raw(phase: str, way: str, wire: Wire) -> None:
    """Serve a TCP connection whose fault comes before the keys are exchanged."""
    transport = wire._writer.transport
    if phase == "key exchange":
        await wire.version()
    many: Iterable[bytes] = itertools.repeat(IGNORE if phase == "key exchange" else LINE * 600)
    if way == "refuse":
        await wire.packet(bytes([1]) + struct.pack(">I", 12) + string(b"too many users") + string(b""))
        return
    if way == "reset":
        await wire.reset()
        return
    if way == "blackhole":
        pause(transport)
    elif way == "hang":
        await (wire.packet(kexinit(CURVE)) if phase == "key exchange" else asyncio.sleep(0))
    elif way == "drip":
        slow = framed(kexinit(CURVE)) if phase == "key exchange" else b"SSH-2.0-OpenSSH_9.2p1 Debian-2"
        await drip(wire.send, itertools.cycle(slow))
    elif way == "half-closed":
        transport.write_eof()
    elif way == "garbage":
        await wire.send(random.randbytes(5_000))
    elif way == "10 MB":
        await pour(wire.send, itertools.islice(many, 330))
    else:
        await pour(wire.send, many)


async def serve_raw(phase: str, way: str, name: str, address: str, log: Log) -> int:
    if (phase, way) in (("connect", "refuse"), ("connect", "blackhole")):
        return _closed(address, listens=way == "blackhole")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        log.add(name, "open")
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await Wire(reader, writer).serve(functools.partial(raw, phase, way))
        finally:
            log.add(name, "close")

    server = await asyncio.start_server(handle, address, 0)
    _kept.append(server)
    port: int = server.sockets[0].getsockname()[1]
    return port


_kept: list[Any] = []


def _closed(address: str, *, listens: bool) -> int:
    """A port that refuses connections, or one that does not answer because its queue is full."""
    found = socket.socket()
    found.bind((address, 0))
    port: int = found.getsockname()[1]
    _kept.append(found)
    if listens:
        found.listen(0)
        for _number in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((address, port))
            _kept.append(filler)
    return port


# -- above SSH ---------------------------------------------------------------------------------------------------------


async def flood(conn: SSHServerConnection, packets: Iterable[bytes]) -> None:
    """Send packets that are to be ignored, as fast as the client reads them."""
    for packet in packets:
        while (transport := conn._transport) is not None and transport.get_write_buffer_size() > ROOM:
            await asyncio.sleep(0.005)
        if transport is None or transport.is_closing():
            return
        conn.send_packet(2, string(packet))
        await asyncio.sleep(0)


async def fail(conn: SSHServerConnection, way: str) -> None:
    """The ways that concern the connection. Returns if the device goes on."""
    transport: Any = conn._transport
    if transport is None:
        return
    if way == "reset":
        reset(transport)
    elif way == "blackhole":
        pause(transport)
    elif way == "half-closed":
        transport.write_eof()
    elif way == "garbage":
        transport.write(random.randbytes(5_000))
    await never()


class Faulty(Anybody):
    """One connection to a device that fails after the keys were exchanged."""

    def __init__(self, phase: str, way: str, name: str, log: Log) -> None:
        super().__init__(self._terminal)
        self._phase, self._way, self._name, self._log = phase, way, name, log

    def connection_made(self, conn: SSHServerConnection) -> None:
        super().connection_made(conn)
        self._log.add(self._name, "open")

    def connection_lost(self, exc: Exception | None) -> None:
        self._log.add(self._name, "close")

    def begin_auth(self, username: str) -> Any:
        return self._begin() if self._phase == "authentication" else True

    async def _begin(self) -> bool:
        if self._way == "refuse":
            return True
        if self._way == "10 MB":
            await flood(self.conn, itertools.repeat(bytes(32_000), 313))
            return True
        if self._way == "drip":
            while True:
                self.conn.send_packet(53, string(b"x"), string(b""))
                await asyncio.sleep(DRIP_SECONDS)
        if self._way == "endless":
            await flood(self.conn, itertools.repeat(bytes(32_000)))
        await fail(self.conn, self._way)
        return True

    def validate_password(self, username: str, password: str) -> Any:
        return (self._phase, self._way) != ("authentication", "refuse")

    def session_requested(self) -> Any:
        return False if (self._phase, self._way) == ("prompt", "refuse") else super().session_requested()

    def _terminal(self) -> Terminal:
        prompt = f"{self._name}#".encode()

        async def given(terminal: Terminal, line: str) -> None:
            text = f"{healthy_text(self._name, line)}\r\n".encode()
            if self._phase == "close":  # from some moment after the answer on; until then, it is healthy
                self._closing = asyncio.create_task(self._close(terminal))
            if self._phase == "command":
                if self._way == "refuse":
                    await terminal.say(b"% Invalid input detected at '^' marker.\r\n")
                    return
                await self._act(terminal)
            await terminal.say(text)

        async def talk(terminal: Terminal) -> None:
            if self._phase == "prompt":
                await self._act(terminal)
            await converse(terminal, lambda: prompt, lambda line: functools.partial(given, line=line))

        return Terminal(talk)

    async def _close(self, terminal: Terminal) -> None:
        await asyncio.sleep(random.choice((0.0, 0.05, 0.2, 0.5)))
        with contextlib.suppress(Hangup, OSError, asyncssh.Error):
            await self._act(terminal)

    async def _act(self, terminal: Terminal) -> None:
        if self._way == "refuse":
            await terminal.say(b"% There are unsaved changes\r\n")
        elif self._way == "hang":
            await never()
        elif self._way == "drip":
            await drip(terminal.say, itertools.cycle(LINE.strip()))
        elif self._way == "10 MB":
            await pour(terminal.say, itertools.repeat(LINE * 1_000, TEN_MEGABYTES // 1_000))
        elif self._way == "endless":
            await pour(terminal.say, itertools.repeat(LINE * 1_000))
        else:
            await fail(terminal.connection, self._way)


# -- DNS ---------------------------------------------------------------------------------------------------------------


def way_of_query(query: bytes) -> str:
    """The first label of the name that is asked for is the way."""
    label = query[13 : 13 + query[12]].decode("ascii", "replace") if len(query) > 13 else ""
    return next((way for way in WAYS if way.replace(" ", "-").lower() == label.lower()), "refuse")


def dns_name(way: str) -> str:
    return f"{way.replace(' ', '-')}.{DOMAIN}"


class Dns(asyncio.DatagramProtocol):
    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        way, question = way_of_query(data), data[12:]
        if way == "refuse":
            self._transport.sendto(data[:2] + b"\x81\x85\0\1\0\0\0\0\0\0" + question, address)
        elif way == "garbage":
            self._transport.sendto(data[:2] + random.randbytes(200), address)
        elif way not in ("blackhole", "hang"):  # truncated: the client asks again with TCP
            self._transport.sendto(data[:2] + b"\x83\x80\0\1\0\0\0\0\0\0" + question, address)


async def dns_over_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    wire = Wire(reader, writer)

    async def answer(wire: Wire) -> None:
        (length,) = struct.unpack(">H", await reader.readexactly(2))
        query = await reader.readexactly(length)
        way = way_of_query(query)
        big = b"\xff\xff" + query[:2] + b"\x81\x80\0\1\xff\xff\0\0\0\0" + query[12:]
        big += b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x7f\0\0\1" * 5_000
        big = big[:65_537].ljust(65_537, b"\0")
        if way == "reset":
            await wire.reset()
        elif way == "half-closed":
            writer.write_eof()
        elif way == "drip":
            await drip(wire.send, big)
        elif way == "10 MB":
            await pour(wire.send, itertools.repeat(big, 160))
        elif way == "endless":
            await pour(wire.send, itertools.repeat(big))

    await wire.serve(answer)


async def _serve_dns(address: str) -> None:
    await asyncio.get_running_loop().create_datagram_endpoint(Dns, (address, 53))
    _kept.append(await asyncio.start_server(dns_over_tcp, address, 53))
    await never()


# -- serving -----------------------------------------------------------------------------------------------------------


async def _serve(devices: list[tuple[int, list[str] | None]], log: Log, pipe: int) -> None:
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, resume)
    ports = {}
    healthy = [address_of(number) for number, fault in devices if fault is None]
    if healthy:
        for port in random.sample(range(20_000, 32_000), 20):
            try:
                await listen(healthy, port, lambda: Healthy(log))
                break
            except OSError:
                continue
        ports.update(dict.fromkeys(map(name_of, healthy), port))
    for number, fault in devices:
        if fault is not None:
            (phase, way), address = fault, address_of(number)
            name = name_of(address)
            if phase in ("connect", "key exchange"):
                ports[name] = await serve_raw(phase, way, name, address, log)
            else:
                ports[name] = await listen([address], 0, functools.partial(Faulty, phase, way, name, log))
                _kept.append(asyncio.get_running_loop().listener)  # type: ignore[attr-defined]
    os.write(pipe, json.dumps(ports).encode())
    os.close(pipe)
    await never()


def _fork(devices: list[tuple[int, list[str] | None]], log: Path, *, nice: bool) -> tuple[int, dict[str, int]]:
    here, there = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(here)
            die_with_parent()
            os.nice(19 if nice else 0)
            asyncio.run(_serve(devices, Log(log), there))
        finally:
            os._exit(0)
    os.close(there)
    with os.fdopen(here) as pipe:
        return pid, json.loads(pipe.read() or "{}")


def _groups(devices: list[tuple[int, list[str] | None]]) -> list[tuple[list[tuple[int, list[str] | None]], bool]]:
    """The devices of each process, and whether it gives way to all others."""
    healthy = [each for each in devices if each[1] is None]
    close = [each for each in devices if each[1] and each[1][0] == "close"]
    others = [each for each in devices if each[1] and each[1][0] not in ("close", "resolve")]
    return [(group, nice) for group, nice in ((healthy, False), (close, False), (others, True)) if group]


def main(dns: str) -> None:
    lighten()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    if os.fork() == 0:
        die_with_parent()
        with contextlib.suppress(OSError):
            asyncio.run(_serve_dns(dns))
        os._exit(0)
    print("{}", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        pids, ports = [], {}
        for group, nice in _groups([(int(number), fault) for number, fault in asked["devices"]]):
            pid, more = _fork(group, Path(asked["log"]), nice=nice)
            pids.append(pid)
            ports.update(more)
        print(json.dumps({"pids": pids, "ports": ports}), flush=True)


class Servers:
    """The program, as a context. Safe for use by several threads."""

    def __enter__(self) -> Servers:
        number = os.getpid()
        self.dns = f"127.71.{200 + number // 250 % 50}.{number % 250 + 1}"
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.chaos_faults", self.dns],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    def serve(self, devices: list[tuple[int, Any]], log: Path) -> tuple[list[int], dict[str, int]]:
        """Start the servers of a run: their process ids, and the port of each device."""
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(json.dumps({"devices": devices, "log": str(log)}) + "\n")
            self._process.stdin.flush()
            answer = self._answer()
        return answer["pids"], answer["ports"]

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


if __name__ == "__main__":
    with contextlib.suppress(asyncssh.Error):
        main(sys.argv[1])
