# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connect protocols through a login at a bastion."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any


class End:
    """This end of a channel: the session of the bastion's connection for a device's protocol.

    The protocol works in the context of its device, and its errors are those of its device: the bastion's connection,
    which calls it, belongs to all devices.
    """

    def __init__(self, factory: Callable[[], Any]) -> None:
        self._factory = factory
        self._context = contextvars.copy_context()
        self._is_inside = False
        self._is_abandoned = False
        self._channel: Any = None
        self.protocol: Any = None

    def abandon(self) -> None:
        """Close the channel as soon as the bastion has opened it."""
        self._is_abandoned = True
        if self._channel is not None:
            self._channel.close()

    def connection_made(self, channel: Any) -> None:
        self._channel = channel
        if self._is_abandoned:
            channel.close()
            return
        self.protocol = self._factory()
        self._context.run(self.protocol.connection_made, channel)

    def session_started(self) -> None:
        if self.protocol is not None:
            self.protocol.session_started()

    def data_received(self, data: bytes, _datatype: Any = None) -> None:
        if self.protocol is None:
            return
        if self._is_inside:  # reading was resumed from within
            self.protocol.data_received(data)
            return
        self._is_inside = True
        try:
            self._context.run(self.protocol.data_received, data)
        except BaseException:  # of this device only
            self._channel.abort()
        finally:
            self._is_inside = False

    def eof_received(self) -> Any:
        return self.protocol.eof_received() if self.protocol is not None else False

    def connection_lost(self, exc: Exception | None) -> None:
        if self.protocol is not None:
            self.protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        if self.protocol is not None:
            self.protocol.pause_writing()

    def resume_writing(self) -> None:
        if self.protocol is not None:
            self.protocol.resume_writing()


async def open_channel(connection: Any, end: End, host: str, port: int, deadline: float) -> Any:
    """Open a channel to an address, and return the protocol that was connected.

    :param connection: the bastion's, of asyncssh.
    :raises TimeoutError: if there is no answer before the deadline.
    :raises asyncssh.ChannelOpenError: if the bastion opens none.
    """
    loop = asyncio.get_running_loop()
    # A request cannot be taken back. If it is given up, the channel is closed when the bastion opens it.
    opening = loop.create_task(connection.create_connection(lambda: end, host, port), context=contextvars.Context())
    opening.add_done_callback(_seen)
    try:
        await asyncio.wait([opening], timeout=max(0.0, deadline - loop.time()))
    except BaseException:
        end.abandon()
        raise
    if not opening.done():
        end.abandon()
        raise TimeoutError
    opening.result()
    return end.protocol


def _seen(opening: asyncio.Task[Any]) -> None:
    if not opening.cancelled():
        opening.exception()
