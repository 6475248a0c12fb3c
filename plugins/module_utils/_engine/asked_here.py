# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask one device with a driver that blocks, in a process of its own."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from .._device import Device
from .._drivers.registry import driver_of
from .._result import DeviceError, Phase, Secret
from .._transport.stream import Stream
from .asked import late, masked_failure, masked_value


class _Session:
    """The state of the device. It implements ``_drivers.contract.Session``, without a stream."""

    facts: dict[str, str]

    def __init__(self, deadline: float | None, limit: tuple[str, str]) -> None:
        self.deadline, self.limit = deadline, limit
        self.phase: Phase = "command"
        self.received: Any = None
        self.facts = {}

    def enter(self, phase: Phase) -> None:
        self.phase = phase

    async def may_send_secret(self, secret: Secret = "login") -> None:
        """The guard has let it begin."""

    def keep(self, value: Any) -> None:
        self.received = value

    def sending(self) -> None:
        """A process that ends is never asked again."""

    async def connect(self) -> Stream:
        msg = "a driver whose ask is no coroutine function connects by itself"
        raise DeviceError("failed", "connect", "driver", msg)


def ask_here(device: Device, deadline: float | None, limit: tuple[str, str]) -> Any:
    """Return the device's answer, without secrets.

    :raises DeviceError: if it has no complete answer.
    """
    session = _Session(deadline, limit)
    try:
        return masked_value(device, driver_of(device.driver).ask(device, session), session.facts)
    except BaseException as raised:  # SystemExit of a function fails only its device
        is_late = deadline is not None and time.monotonic() >= deadline
        # Its coroutine was cancelled at the deadline, or a timeout of its own ended just then.
        error = (
            late(session.phase, limit)
            if is_late and isinstance(raised, (TimeoutError, asyncio.CancelledError))
            else raised
        )
        raise masked_failure(device, error, session.phase, session.received, session.facts) from None
