# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bytes that a session has received and its driver has not read yet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

FULL = 1 << 20  # bytes; the device is not read any further until the driver has read


class Inbox:
    """Filled by a protocol, emptied by a driver. It belongs to one event loop.

    :param pause: stops reading from the device.
    :param resume: continues.
    """

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self._data = bytearray()
        self._pause = pause
        self._resume = resume
        self._is_paused = False
        self._ended = False
        self._waiter: asyncio.Future[None] | None = None

    def put(self, data: bytes) -> None:
        self._data += data
        if len(self._data) >= FULL and not self._is_paused:
            self._is_paused = True
            self._pause()
        self._wake()

    def end(self) -> None:
        """Nothing will follow."""
        self._ended = True
        self._pause = self._resume = _nothing  # they refer to the stream, which would stay in memory
        self._wake()

    async def take(self, deadline: float) -> bytes | None:
        """Return what has come, ``b""`` at the end, None at the deadline."""
        if not self._data and not self._ended and deadline > time.monotonic():
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_at(deadline, self._wake)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        elif not self._data and not self._ended:
            await asyncio.sleep(0)  # the event loop asks the system what has arrived
            await asyncio.sleep(0)  # and gives it to the protocol
        if not self._data:
            return b"" if self._ended else None
        data = bytes(self._data)
        self._data.clear()
        if self._is_paused:
            self._is_paused = False
            self._resume()
        return data

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _nothing() -> None:
    """There is nothing to stop or to continue."""
