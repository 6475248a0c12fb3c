# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Call an importable function with the name of the device."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from .._call import Call
from .._device import Device
from .._result import DeviceError
from ._function import load_function, refusal
from ._plain import NotPlain, plain


def ask(device: Device, call: Call) -> Any:
    """Return what the function returns, as plain data.

    :raises DeviceError: if it cannot be called with these arguments, or its value is not plain data.
    """
    function = load_function(device.function or "")
    reason = refusal(function, device.name, device.function_args)
    if reason is not None:
        raise DeviceError("failed", "resolve", "function_args", f"{device.function} {reason}")
    call.enter("command")
    try:
        return _plain(device, _awaited(function(device.name, **device.function_args), call))
    except DeviceError as error:
        error.value = None if error.value is None else _plain(device, error.value)
        raise


def _awaited(value: Any, call: Call) -> Any:
    """Run a coroutine in a separate event loop. It is cancelled at the deadline."""
    if inspect.isasyncgen(value):
        value = _all(value)
    if not inspect.isawaitable(value):
        return value
    with asyncio.Runner() as runner:
        loop = runner.get_loop()

        async def run() -> Any:
            task = asyncio.current_task()

            def cancel() -> None:
                if task is not None:
                    loop.call_soon_threadsafe(task.cancel)

            call.on_cut(cancel)
            return await value

        try:
            return runner.run(run())
        finally:
            call.on_cut(None)


async def _all(values: Any) -> list[Any]:
    return [value async for value in values]


def _plain(device: Device, value: Any) -> Any:
    try:
        return plain(value)
    except NotPlain as error:
        message = f"{device.function} returned a value that cannot be stored as data: {error}"
        raise DeviceError("failed", "command", "not_plain_data", message) from error
