# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A driver without devices, for tests of the engine. The variable ``do`` of a device says what its worker does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._drivers.contract import Session
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError

NAME = f"{__name__}.Scripted"
PAUSE = 0.02
Deed = Callable[[Device, Session], Awaitable[Any]]


class Scripted:
    name = NAME
    settings: frozenset[str] = frozenset()

    def read_only(self, device: Device) -> bool:
        return bool(device.variables.get("read_only", True))

    async def ask(self, device: Device, session: Session) -> Any:
        return await DEEDS[device.variables["do"]](device, session)


class Blocking(Scripted):
    name = f"{__name__}.Blocking"

    def ask(self, device: Device, session: Session) -> Any:
        return asyncio.run(super().ask(device, session))


def noted(device: Device) -> int:
    """Note that something that is not read-only is sent to the device. Return how often that was."""
    file = Path(device.variables["notes"]) / device.name
    with file.open("a") as notes:
        notes.write("sent\n")
    return len(file.read_text().splitlines())


async def answer(device: Device, _session: Session) -> str:
    return f"answer of {device.name}"


async def wait(device: Device, _session: Session) -> str:
    """Note that it was asked, and answer when the file is there."""
    noted(device)
    while not Path(device.variables["until"]).exists():
        await asyncio.sleep(PAUSE)
    return f"answer of {device.name}"


async def crowd(device: Device, _session: Session) -> str:
    """Use CPU time in many short callbacks of one iteration of the event loop, as thousands of devices do."""

    def spin() -> None:
        until = time.thread_time() + 0.01
        while time.thread_time() < until:
            pass

    event_loop = asyncio.get_running_loop()
    for _callback in range(300):
        event_loop.call_soon(spin)
    await asyncio.sleep(0)
    return f"answer of {device.name}"


async def describe(_device: Device, _session: Session) -> dict[str, Any]:
    """Return what a process was given by its parent."""
    files = []
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            files.append(os.readlink(f"/proc/self/fd/{number}"))
    return {
        "files": files,
        "core": list(resource.getrlimit(resource.RLIMIT_CORE)),
        "blocked": sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ()))),
        "environment": dict(os.environ),
    }


async def start_program(device: Device, session: Session) -> str:
    """Start a program that does not end, and wait."""
    subprocess.Popen(["sleep", device.variables["argument"]])
    return await wait(device, session)


async def loop(_device: Device, _session: Session) -> None:
    while True:
        pass


async def loop_and_catch(_device: Device, _session: Session) -> None:
    while True:
        with contextlib.suppress(BaseException):
            while True:
                pass


async def expression(_device: Device, _session: Session) -> None:
    re.search(r"(a+)+$", "a" * 60 + "b")


async def c_code(_device: Device, _session: Session) -> None:
    """Code in C that never looks at signals."""
    n = 10**9
    sum(range(n))


async def callback(_device: Device, _session: Session) -> None:
    """Work in a callback of the event loop, not in the task."""

    def spin() -> None:
        while True:
            pass

    asyncio.get_running_loop().call_soon(spin)
    await asyncio.sleep(3600)


async def block(_device: Device, _session: Session) -> None:
    time.sleep(3600)


async def stop(_device: Device, _session: Session) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


async def crash(_device: Device, _session: Session) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


async def leave(_device: Device, _session: Session) -> None:
    os._exit(7)


async def eat(_device: Device, _session: Session) -> None:
    eaten = []
    while True:
        eaten.append(bytearray(2**20))
        await asyncio.sleep(0)


async def cannot_be_pickled(_device: Device, _session: Session) -> Any:
    return lambda: None


async def pickles_slowly(_device: Device, _session: Session) -> Any:
    return _Slow()


async def hold_on(_device: Device, _session: Session) -> None:
    """Do not end when cancelled."""
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


async def send_and(device: Device, session: Session) -> Any:
    """Send something that is not read-only, then do something else."""
    session.enter("command")
    session.sending()
    noted(device)
    return await DEEDS[device.variables["then"]](device, session)


async def note_and(device: Device, session: Session) -> Any:
    """Note that it was asked, then do something else."""
    noted(device)
    return await DEEDS[device.variables["then"]](device, session)


async def fail_for_now(_device: Device, _session: Session) -> None:
    raise DeviceError("unreachable", "command", "reset", "the device closed the connection", retry=True)


class _Slow:
    def __reduce__(self) -> Any:
        while True:
            pass


_DEEDS = (
    *(answer, wait, crowd, describe, start_program, loop, loop_and_catch, expression, c_code, callback, block, stop),
    *(crash, leave, eat, cannot_be_pickled, pickles_slowly, hold_on, send_and, note_and, fail_for_now),
)
DEEDS: dict[str, Deed] = {deed.__name__: deed for deed in _DEEDS}
