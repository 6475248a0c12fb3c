# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Call any importable function with the device's name: the plain thread-pool pattern."""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Callable
from typing import Any

from .._call import Call
from .._device import Device
from .._result import DeviceError


@functools.cache
def load_function(path: str) -> Callable[[str], Any]:
    """The function that ``package.module.function`` or ``package.module:function`` names.

    :raises ValueError: when there is none, with the reason.
    """
    module_name, _separator, name = path.replace(":", ".").rpartition(".")
    if not module_name:
        msg = f"function must be the full path of a Python function, such as package.module.function, not {path!r}"
        raise ValueError(msg)
    try:
        function = getattr(importlib.import_module(module_name), name)
    except (Exception, SystemExit) as error:  # whatever the module does at its import
        msg = f"function {path!r} cannot be imported here ({type(error).__name__}: {error}); check PYTHONPATH"
        raise ValueError(msg) from error
    if not callable(function):
        msg = f"function {path!r} is not a function but {type(function).__name__}"
        raise ValueError(msg)
    return function  # type: ignore[no-any-return]


def ask(device: Device, call: Call) -> Any:
    """Return what the function returns, as plain data.

    :raises DeviceError: when it returned what cannot be handed on as JSON.
    """
    call.enter("command")
    try:
        return _plain(device, load_function(device.function or "")(device.name))
    except DeviceError as error:
        error.value = None if error.value is None else _plain(device, error.value)
        raise


def _plain(device: Device, value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        message = f"{device.function} returned what is not plain data ({error}); return text, numbers, lists and dicts"
        raise DeviceError("failed", "command", "not_plain_data", message) from error
