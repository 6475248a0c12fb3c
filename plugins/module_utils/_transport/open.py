# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open a stream to a device's command line, over its transport and through its bastions."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Protocol

from .._device import Device
from .._result import Phase
from . import ssh
from .stream import Stream
from .tcp import connected


class Context(Protocol):
    """The session that a stream is opened for."""

    deadline: float | None
    limit: tuple[str, str]
    phase: Phase

    def enter(self, phase: Phase) -> None: ...
    def tell(self, message: Any) -> None: ...
    async def ask_person(self, question: str) -> str | None: ...


class Transports:
    """The connections of one worker. Bastions are shared by the devices behind them."""

    async def open(self, device: Device, context: Context) -> Stream:
        """Connect, log in, and return the stream of a shell.

        :raises DeviceError: for everything that can fail on the way.
        """
        context.enter("connect")

        async def connect(factory: Callable[[], Any], deadline: float) -> Any:
            sock = await connected(device.host, device.port, deadline, seconds=device.connect_timeout)
            return await _attached(sock, factory)

        async def code(question: str) -> str | None:
            return None

        connection = await ssh.log_in(device, context, connect, code=code)
        try:
            return await ssh.open_shell(connection, context, device.connect_timeout, lambda: None)
        except BaseException:
            connection.close()
            raise


async def _attached(sock: socket.socket, factory: Callable[[], Any]) -> Any:
    """Connect a protocol with a socket."""
    try:
        _transport, protocol = await asyncio.get_running_loop().create_connection(factory, sock=sock)
    except BaseException:
        sock.close()
        raise
    return protocol
