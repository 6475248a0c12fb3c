# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session worker frees a session when it has ended, so its memory does not grow with the devices that it asked."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections import Counter
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._engine import session
from ansible_collections.rollcall.network.plugins.module_utils._engine.messages import Job
from tests.lab import Lab
from tests.lab.topology import ENABLE_SECRET, PASSWORD, USER

DEVICES = 8
LIMITS = (("run_timeout", "run_timeout"), ("device_timeout", "device_timeout"))
# Of one session each. They refer to all else that belongs to it.
KINDS = {"_Session", "Job", "_Connection", "SSHClientChannel", "ShellStream", "_LoginClient"}


def devices(lab: Lab) -> list[Device]:
    return [
        Device(
            name=f"box-{number}",
            host=device.address,
            port=lab.port,
            user=USER,
            password=PASSWORD,
            become=True,
            become_password=ENABLE_SECRET,
            platform="cisco_iosxe",
            commands=(Command("show version"),),
            known_hosts=(str(lab.known_hosts),),
        )
        for number, device in enumerate(list(lab.devices.values())[:DEVICES])
    ]


async def ask_all(asked: list[Device]) -> Counter[str]:
    """Ask the devices in a worker in this process. Return the objects of the sessions that are in memory after it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker: Any = session._Worker(theirs)
        worker._loop = asyncio.get_running_loop()
        worker._line.start()
        done: list[bytes] = []
        worker._tell = done.append
        for number, device in enumerate(asked):
            worker._take(("ask", Job(number, device, None, None, LIMITS)))
        while worker._open or worker._waiting:
            await asyncio.sleep(0.05)
        assert not any(b"DeviceError" in each for each in done)
        for _turn in range(100):  # the connections close in the background
            left = Counter(type(each).__name__ for each in gc.get_objects() if type(each).__name__ in KINDS)
            if not left:
                break
            await asyncio.sleep(0.05)
        return left


def test_a_session_that_has_ended_is_not_kept_in_memory() -> None:
    with Lab(DEVICES, healthy=True, light=True) as lab:
        asked = devices(lab)
        gc.collect()
        gc.disable()
        try:
            left = asyncio.run(ask_all(asked))
        finally:
            gc.enable()
    assert left == {}
