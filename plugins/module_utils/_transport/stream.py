# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection of a driver to a command line, over any transport."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

Connector = Callable[[Callable[[], Any], float], Awaitable[Any]]
"""Connects a protocol, made by a factory, before a deadline, and returns it."""


class Stream(Protocol):
    """Bytes to and from the command line of one device.

    The driver does not know whether they go through SSH, Telnet, or bastions. Deadlines are values of
    ``time.monotonic()``, which is the clock of the event loop.
    """

    facts: dict[str, str]
    """What is known about the connection, such as the negotiated algorithms. It becomes a part of the answer."""

    asks_login: bool
    """Whether the device asks for user and password in the session, as with Telnet."""

    async def read(self, deadline: float) -> bytes | None:
        """Return what the device sent next, at least one byte; ``b""`` at the end of the session, None at the deadline.

        What has already arrived is returned even if the deadline has passed.
        """

    async def write(self, data: bytes, deadline: float) -> None:
        """Send all of ``data``.

        :raises DeviceError: if the device does not take it before the deadline.
        """

    def end_reason(self) -> str:
        """Return why the session ended, as a part of a sentence; empty if it is not known."""

    def fault(self) -> str:
        """Return what was wrong with the messages of the device, if the connection was ended for it; else empty."""

    def close(self) -> None:
        """End the connection without waiting for the device."""
