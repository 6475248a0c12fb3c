# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Call an importable function with the name of the device, or with the whole Device."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable
from typing import Any

from .._device import Device
from .._result import DeviceError
from ._function import load_function, refusal
from ._plain import NotPlain, plain
from .contract import Session


class Python:
    """Calls the function of a device. It is not known what the function does, so it is never called again by itself."""

    name = "python"
    settings = frozenset({"function"})

    def read_only(self, device: Device) -> bool:  # noqa: ARG002  see Driver
        return False

    def ask(self, device: Device, session: Session) -> Any:
        """Return what the function returns, as plain data.

        :raises DeviceError: if it cannot be called with these arguments, or its value is not plain data.
        """
        function = load_function(device.function or "")
        subject = device if takes_device(function) else device.name
        reason = refusal(function, subject, device.function_args)
        if reason is not None:
            raise DeviceError("failed", "resolve", "function_args", f"{device.function} {reason}")
        session.enter("command")
        try:
            return _plain(device, _awaited(function(subject, **device.function_args), session.deadline))
        except DeviceError as error:
            error.value = None if error.value is None else _plain(device, error.value)
            raise


def takes_device(function: Callable[..., Any]) -> bool:
    """Return whether the first parameter is annotated with Device. Otherwise it is the name."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # of functions written in C
        return False
    annotation = parameters[0].annotation if parameters else None
    if not isinstance(annotation, str):
        return annotation is Device
    first, *others = annotation.strip("\"'").split(".")  # a name, with ``from __future__ import annotations``
    known = getattr(inspect.unwrap(function), "__globals__", {})
    if first not in known:  # it was imported for type checkers only
        return (others or [first])[-1] == Device.__name__
    return functools.reduce(lambda found, name: getattr(found, name, None), others, known[first]) is Device


def _awaited(value: Any, deadline: float | None) -> Any:
    """Run a coroutine in a separate event loop. It is cancelled at the deadline."""
    if inspect.isasyncgen(value):
        value = _all(value)
    if not inspect.isawaitable(value):
        return value

    async def run() -> Any:
        async with asyncio.timeout_at(deadline):
            return await value

    return asyncio.run(run())


async def _all(values: Any) -> list[Any]:
    return [value async for value in values]


def _plain(device: Device, value: Any) -> Any:
    try:
        return plain(value)
    except NotPlain as error:
        message = f"{device.function} returned a value that cannot be stored as data: {error}"
        raise DeviceError("failed", "command", "not_plain_data", message) from error
