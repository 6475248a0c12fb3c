# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open TCP connections, with an error that says what to check."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import Callable
from typing import Any

from .._result import DeviceError


async def connected(
    host: str,
    port: int,
    deadline: float,
    *,
    seconds: float,
    family: int = 0,
    local: tuple[str, int] | None = None,
    service: str = "SSH",
) -> socket.socket:
    """Return a connected socket.

    :param seconds: the time for it, for messages.
    :param family: of addresses, 0 for any.
    :param local: the address and port to connect from.
    :param service: what should be there, for messages.
    :raises DeviceError: if there is no connection before the deadline.
    """
    loop = asyncio.get_running_loop()
    place = f"{host} port {port}"
    try:
        async with asyncio.timeout_at(deadline):
            addresses = _numeric(host, port, family) or await loop.getaddrinfo(
                host, port, family=family, type=socket.SOCK_STREAM
            )
    except TimeoutError as error:
        message = f"DNS gave no address for {host!r} within {seconds:g} s; set ansible_host, or check DNS"
        raise DeviceError("unreachable", "resolve", "dns", message, retry=True) from error
    except (OSError, UnicodeError) as error:
        retry = getattr(error, "errno", None) == socket.EAI_AGAIN
        message = f"the name {host!r} has no address ({error}); set ansible_host, or check DNS"
        raise DeviceError("unreachable", "resolve", "dns", message, retry=retry) from error
    last: OSError | None = None
    for index, (its_family, kind, protocol, _name, address) in enumerate(addresses):
        share = (deadline - time.monotonic()) / (len(addresses) - index)
        try:
            return await _connected(socket.socket(its_family, kind, protocol), address, share, local)
        except OSError as error:
            last = error
    if isinstance(last, TimeoutError):
        message = f"{place} did not answer within {seconds:g} s; check address and network path"
        raise DeviceError("unreachable", "connect", "timeout", message, retry=True) from last
    if isinstance(last, ConnectionRefusedError):
        message = f"{place} refused the connection; check that {service} is enabled and that the port is correct"
        raise DeviceError("unreachable", "connect", "refused", message, retry=True) from last
    if isinstance(last, ConnectionResetError):
        message = f"{place} closed the connection before the login; check its sessions and access lists"
        raise DeviceError("unreachable", "connect", "reset", message, retry=True) from last
    message = f"{place} cannot be reached: {last and (last.strerror or last)}"
    raise DeviceError("unreachable", "connect", "unreachable", message, retry=not _is_local(last)) from last


def _numeric(host: str, port: int, family: int) -> list[Any]:
    """Return what ``getaddrinfo`` gives for an address; empty for a name, which needs a thread that waits for DNS."""
    try:
        return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return []


async def attached(sock: socket.socket, factory: Callable[[], Any]) -> Any:
    """Connect a protocol with a socket, and return the protocol."""
    try:
        _transport, protocol = await asyncio.get_running_loop().create_connection(factory, sock=sock)
    except BaseException:
        sock.close()
        raise
    return protocol


async def _connected(sock: socket.socket, address: Any, seconds: float, local: tuple[str, int] | None) -> socket.socket:
    try:
        sock.setblocking(False)
        if local is not None:
            sock.bind(local)
        async with asyncio.timeout(max(0.05, seconds)):
            await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def _is_local(error: OSError | None) -> bool:
    """Whether another attempt would fail too, because the reason is on this machine."""
    return error is not None and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
