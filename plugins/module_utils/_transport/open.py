# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open a stream to a device's command line, over its transport and through its bastions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Protocol

from .._device import Device
from .._result import DeviceError, Phase
from . import ssh, telnet
from .bastions import Bastions, Way
from .options import options_of
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
        context.enter("connect")
        context.way = None
        try:
            options = options_of(device)
        except ValueError as error:
            raise DeviceError("failed", "connect", "variables", f"the SSH options of {device.name}: {error}") from error
        hops = device.hops or options.hops
        if hops:
            with context.uncounted():
                context.way = await self._bastions.way(hops, context)
        way = context.way
        run: ProxyRun | None = None

        async def connect(factory: Callable[[], Any], deadline: float) -> Any:
            nonlocal run
            if way is not None:
                return await way.connect(factory, options.host, options.port, options.connect_timeout, context.deadline)
            if options.proxy_command:
                run = await self._proxies.start(device, options.proxy_command)
                return await run.connect(factory)
            given = options.arguments
            sock = await connected(
                options.host,
                options.port,
                deadline,
                seconds=options.connect_timeout,
                family=given["family"],
                local=given.get("local_addr"),
                service="Telnet" if device.transport == "telnet" else "SSH",
            )
            return await attached(sock, factory)

        try:
            stream = await self._shell(device, context, connect, lambda: run.close() if run is not None else None)
        except BaseException as error:
            failure = None
            if run is not None:
                failure = await run.failure(error)
                run.close()
            if failure is not None:
                raise failure from error
            raise
        if way is not None:
            stream.facts["bastions"] = way.names
        return stream

    def close(self) -> None:
        """Log out of the bastions."""
        self._bastions.close()

    async def _shell(self, device: Device, context: Context, connect: Any, tail: Callable[[], None]) -> Stream:
        if device.transport == "telnet":
            return await telnet.connect(device, connect, tail)
        connection = await ssh.log_in(device, context, connect, code=one_time_code(device, context))
        try:
            return await ssh.open_shell(connection, context, device.connect_timeout, tail)
        except BaseException:
            connection.close()
            raise
