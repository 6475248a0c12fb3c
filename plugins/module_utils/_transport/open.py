# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open a stream to a device's command line, over its transport and through its bastions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from .._device import Device
from .._result import DeviceError, Phase, Secret
from . import ssh, telnet
from .bastions import Bastions, Way
from .fetch_host_keys import fetch
from .options import Options, whole_way
from .otp import one_time_code
from .proxy import Proxies, ProxyRun
from .stream import Stream
from .tcp import attached, connected


class Context(Protocol):
    """The session that a stream is opened for."""

    deadline: float | None
    limit: tuple[str, str]
    phase: Phase
    way: Way | None
    """The bastion's login that the stream goes through."""

    def enter(self, phase: Phase) -> None: ...
    async def may_send_secret(self, secret: Secret = "login") -> None: ...
    def logged_in(self) -> None: ...
    def uncounted(self) -> contextlib.AbstractContextManager[None]: ...
    def tell(self, message: Any) -> None: ...
    async def ask_person(self, question: str) -> str | None: ...


class Transports:
    """The connections of one worker. Bastions are shared by the devices behind them."""

    def __init__(self) -> None:
        self._proxies = Proxies()
        self._bastions = Bastions(self._proxies)

    async def open(self, device: Device, context: Context) -> Stream:
        """Connect, log in, and return the stream of a shell.

        :raises DeviceError: for everything that can fail on the way.
        """
        connect = await self._connector(device, context)
        try:
            stream = await self._shell(device, context, connect)
        except BaseException as error:
            await connect.blame(error)
            raise
        if context.way is not None:
            stream.facts["bastions"] = context.way.names
        return stream

    async def host_keys(self, device: Device, context: Context) -> list[bytes]:
        """Connect, and return the host keys of the device in the wire format, without a login there.

        :raises DeviceError: if the device presents no key.
        """
        connect = await self._connector(device, context)

        async def key_of(key_types: Sequence[str]) -> bytes:
            try:
                return await ssh.host_key(device, context, connect, key_types)
            except BaseException as error:
                await connect.blame(error)
                raise
            finally:
                connect.close()

        return await fetch(key_of)

    async def _connector(self, device: Device, context: Context) -> _Connector:
        """Log in at the bastions, and return what connects to the device."""
        context.enter("connect")
        context.way = None
        _login, options = ssh.settled(device)
        try:
            hops = whole_way(device.hops or options.hops)
        except ValueError as error:
            message = f"the SSH options of a bastion of {device.name}: {error}"
            raise DeviceError("failed", "connect", "variables", message) from error
        if hops:
            # A bastion of a file is known here only.
            hops = tuple(replace(hop, inventory_sources=device.inventory_sources) for hop in hops)
            with context.uncounted():
                context.way = await self._bastions.way(hops, context)
        return _Connector(device, options, context, self._proxies)

    def close(self) -> None:
        """Log out of the bastions."""
        self._bastions.close()

    async def _shell(self, device: Device, context: Context, connect: _Connector) -> Stream:
        if device.transport == "telnet":
            return await telnet.connect(device, connect, connect.close)
        connection = await ssh.log_in(device, context, connect, code=one_time_code(device, context))
        try:
            return await ssh.open_shell(connection, context, device.connect_timeout, connect.close)
        except BaseException:
            connection.close()
            raise


class _Connector:
    """Connects a protocol with a device: directly, through its bastions, or through its proxy command."""

    def __init__(self, device: Device, options: Options, context: Context, proxies: Proxies) -> None:
        self._device = device
        self._options = options
        self._context = context
        self._proxies = proxies
        self._run: ProxyRun | None = None

    async def __call__(self, factory: Callable[[], Any], deadline: float) -> Any:
        options, way = self._options, self._context.way
        if way is not None:
            until = self._context.deadline
            return await way.connect(factory, options.host, options.port, options.connect_timeout, until)
        if options.proxy_command:
            self._run = await self._proxies.start(self._device, options.proxy_command)
            return await self._run.connect(factory)
        given = options.arguments
        sock = await connected(
            options.host,
            options.port,
            deadline,
            seconds=options.connect_timeout,
            family=given["family"],
            local=given.get("local_addr"),
            service="Telnet" if self._device.transport == "telnet" else "SSH",
        )
        return await attached(sock, factory)

    async def blame(self, error: BaseException) -> None:
        """Close the connection that failed with this error.

        :raises DeviceError: if the proxy command is the reason.
        """
        if self._run is not None:
            failure = await self._run.failure(error)
            self._run.close()
            if failure is not None:
                raise failure from error

    def close(self) -> None:
        """End the proxy command."""
        if self._run is not None:
            self._run.close()
