# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SSH servers: one listener per device on its loopback address, all on one port."""

from __future__ import annotations

import asyncio
import gc
import hmac
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import asyncssh
from asyncssh.connection import SSHConnection, SSHServerConnection
from asyncssh.logging import SSHLogger

from tests.lab import faults
from tests.lab.keys import Keys
from tests.lab.platforms import PLATFORMS
from tests.lab.shell import Hangup, Shell
from tests.lab.topology import Device, device

# More than what the gear of a lab queues at once: a fleet's worth of clients must not be refused.
BACKLOG = 512
# Bytes written at once.
CHUNK = 65_536

OLD_CRYPTO: dict[str, Any] = {
    "kex_algs": ["diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"],
    "encryption_algs": ["aes128-cbc", "3des-cbc"],
    "mac_algs": ["hmac-sha1"],
    "signature_algs": ["ssh-rsa"],
}
LIGHT_CRYPTO: dict[str, Any] = {
    "kex_algs": ["curve25519-sha256", "curve25519-sha256@libssh.org"],
    "encryption_algs": ["aes128-gcm@openssh.com", "aes128-ctr"],
    "mac_algs": ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-256"],
}
RAW_FAULTS = ("hang_banner", "hang_kex")


@dataclass
class Settings:
    """What a lab is: how many devices, on which port, and how they misbehave."""

    count: int
    port: int
    faults: dict[str, str]
    keys: Keys
    latency: float = 0.0
    light: bool = False
    age: int = 0
    repeat: int = 0
    # Addresses of flaky devices that have had their first connection.
    seen: set[str] = field(default_factory=set)


class DeviceSession(asyncssh.SSHServerSession[bytes]):
    """One shell, as asyncssh's callbacks on one side and the shell's Terminal on the other."""

    def __init__(self, settings: Settings, device: Device, fault: str | None) -> None:
        self._settings = settings
        self._device = device
        self._fault = fault
        self._typed = bytearray()
        self._waiting = bytearray()
        self._ended = False
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._task: asyncio.Task[None] | None = None

    # What asyncssh calls

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def pty_requested(self, term_type: str, term_size: tuple[int, int, int, int], term_modes: object) -> bool:
        return True

    def shell_requested(self) -> bool:
        return True

    def session_started(self) -> None:
        shell = Shell(
            self,
            self._device,
            PLATFORMS[self._device.platform],
            count=self._settings.count,
            fault=self._fault,
            latency=self._settings.latency,
            light=self._settings.light,
            age=self._settings.age,
            repeat=self._settings.repeat,
        )
        self._task = asyncio.get_running_loop().create_task(shell.run())

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self._typed += data
        self._news.set()

    def eof_received(self) -> bool:
        # True leaves our side open: gear goes on answering a client that has only finished typing.
        self._ended = True
        self._news.set()
        return True

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._task is not None:
            self._task.cancel()

    # What the shell calls

    async def read(self) -> bytes:
        while not self._typed:
            if self._ended:
                raise Hangup
            self._news.clear()
            await self._news.wait()
        data = bytes(self._typed)
        self._typed.clear()
        return data

    async def write(self, data: bytes) -> None:
        if self._channel.is_closing():
            raise Hangup
        # What is written without a pause goes out in one packet: each one costs both sides.
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting += data
        if len(self._waiting) > CHUNK:
            self._flush()
            await self._writable.wait()

    def _flush(self) -> None:
        data = bytes(self._waiting)
        self._waiting.clear()
        for start in range(0, len(data), CHUNK):
            if not self._channel.is_closing():
                self._channel.write(data[start : start + CHUNK])

    def close(self) -> None:
        self._flush()
        if not self._channel.is_closing():
            self._channel.exit(0)

    def reset(self) -> None:
        reset(self._channel.get_connection())


class DeviceServer(asyncssh.SSHServer):
    """One connection: which device it is for shows in the address that it came to."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        address = conn.get_extra_info("sockname")[0]
        self._device = device(index_of(address))
        self._fault = self._settings.faults.get(self._device.name)
        if self._fault == "flaky" and address not in self._settings.seen:
            self._settings.seen.add(address)
            reset(conn)

    async def begin_auth(self, username: str) -> bool:
        if self._fault == "hang_auth":
            await asyncio.Event().wait()
        return True

    def password_auth_supported(self) -> bool:
        # Asked before each refusal. Gear accepts a second request for the login service, which paramiko sends with each
        # method that it tries; asyncssh would end the connection.
        self._connection._next_service = b"ssh-userauth"
        return not PLATFORMS[self._device.platform].keyboard_interactive_only

    def kbdint_auth_supported(self) -> bool:
        return PLATFORMS[self._device.platform].keyboard_interactive_only

    def get_kbdint_challenge(
        self, username: str, lang: str, submethods: str
    ) -> tuple[str, str, str, list[tuple[str, bool]]]:
        return "", "", "", [("Password:", False)]

    def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool:
        return len(responses) == 1 and self.validate_password(username, responses[0])

    def validate_password(self, username: str, password: str) -> bool:
        right = faults.WRONG_PASSWORD if self._fault == "wrong_password" else self._device.password
        return username == self._device.user and hmac.compare_digest(password.encode(), right.encode())

    def public_key_auth_supported(self) -> bool:
        return self._fault != "wrong_password"

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == self._device.user and key.public_data == self._settings.keys.client.public_data

    def session_requested(self) -> DeviceSession:
        return DeviceSession(self._settings, self._device, self._fault)


def index_of(address: str) -> int:
    """The index of the device that listens on this address."""
    _net, _lab, high, low = map(int, address.split("."))
    return high * 256 + low


def reset(connection: SSHConnection) -> None:
    """Cuts the TCP connection, after what was written has gone out, with a reset."""
    found = connection.get_extra_info("socket")
    if found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.abort()


class RawServer(asyncio.Protocol):
    """A listener that never gets as far as SSH: it may send a banner and then holds the connection."""

    def __init__(self, banner: bytes) -> None:
        self._banner = banner

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._banner and isinstance(transport, asyncio.WriteTransport):
            transport.write(self._banner)


async def serve(settings: Settings, indexes: range, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Serves the devices with these indexes until `stop` is set. Raises OSError when an address is taken."""
    if settings.light:
        _lighten()
    usual: list[str] = []
    old: list[str] = []
    raw: dict[str, bytes] = {}
    for index in indexes:
        one = device(index)
        fault = settings.faults.get(one.name)
        if fault in RAW_FAULTS:
            raw[one.address] = b"SSH-2.0-Cisco-1.25\r\n" if fault == "hang_kex" else b""
        elif fault == "old_crypto":
            old.append(one.address)
        elif fault != "refuse":
            usual.append(one.address)
    keys = settings.keys
    loop = asyncio.get_running_loop()
    listeners: list[Any] = []
    try:
        if usual:
            hosts = [keys.host] if settings.light else [keys.host, keys.other_host]
            listeners.append(await _listen(settings, usual, hosts, LIGHT_CRYPTO if settings.light else {}))
        if old and keys.old_host is not None:
            listeners.append(await _listen(settings, old, [keys.old_host], OLD_CRYPTO))
        for address, banner in raw.items():
            listeners.append(await loop.create_server(partial(RawServer, banner), address, settings.port))
        ready()
        await stop.wait()
    finally:
        for listener in listeners:
            listener.close()


def _lighten() -> None:
    """Leave out what asyncssh and Python do at each login for nothing here: a fifth of what a login costs the lab."""

    async def reload_config(_connection: SSHServerConnection) -> None:
        """There is no configuration file whose parts could depend on the user."""

    def log(_logger: SSHLogger, _level: int, _message: object, *_arguments: object, **_more: object) -> None:
        """Nobody reads it."""

    SSHServerConnection.reload_config = reload_config  # type: ignore[assignment, method-assign]
    SSHLogger.log = log  # type: ignore[assignment, method-assign]
    gc.set_threshold(50_000, 20, 100)  # sessions are made of many objects that stay


async def _listen(
    settings: Settings, addresses: list[str], host_keys: list[asyncssh.SSHKey], crypto: dict[str, Any]
) -> asyncssh.SSHAcceptor:
    # asyncssh passes the host on to asyncio, which takes a list: one acceptor for all addresses of a kind.
    return await asyncssh.listen(
        addresses,
        settings.port,
        server_factory=lambda: DeviceServer(settings),
        server_host_keys=host_keys,
        server_version="Cisco-1.25",
        encoding=None,
        line_editor=False,
        login_timeout=0,
        keepalive_interval=0,
        compression_algs=["none"],
        allow_scp=False,
        agent_forwarding=False,
        x11_forwarding=False,
        backlog=BACKLOG,
        **crypto,
    )
