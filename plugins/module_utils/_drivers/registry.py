# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The drivers by name. A third party's driver is named by its import path."""

from __future__ import annotations

import functools
import inspect
from typing import cast

from .._device import Device
from ._function import load_function
from .cli import Cli
from .contract import Driver
from .host_keys import HostKeys
from .python import Python

BUILT_IN: dict[str, Driver] = {"cli": Cli(), "python": Python(), "host_keys": HostKeys()}


@functools.cache
def driver_of(name: str) -> Driver:
    """Return the driver of this name: a built-in one, or an import path such as ``package.module.Driver``.

    :raises ValueError: if there is none, with the reason.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    if "." not in name and ":" not in name:
        msg = f"driver must be one of {', '.join(BUILT_IN)}, or the import path of a driver, not {name!r}"
        raise ValueError(msg)
    found = load_function(name)
    driver = found() if inspect.isclass(found) else found
    lacks = [each for each in ("name", "settings", "read_only", "ask") if not hasattr(driver, each)]
    if lacks:
        msg = f"driver {name!r} is not a driver: it has no {', '.join(lacks)}"
        raise ValueError(msg)
    return cast("Driver", driver)


def blocks(driver: Driver) -> bool:
    """Return whether each of its calls needs a process of its own."""
    return not inspect.iscoroutinefunction(driver.ask)


def gives_outputs(device: Device) -> bool:
    """Return whether the answer of this device is outputs by command."""
    return "commands" in driver_of(device.driver).settings


def is_ours(device: Device) -> bool:
    """Return whether the messages of its errors are sentences of the collection, with the quotes masked."""
    driver = driver_of(device.driver)
    return driver in BUILT_IN.values() and "function" not in driver.settings
