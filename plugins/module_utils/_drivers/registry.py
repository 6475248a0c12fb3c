# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The drivers by name. A third party's driver is named by its import path.

No other file compares the name of a driver. All behaviour is derived from its ``settings``.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import types
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple, cast

from .._device import Device
from .._result import Error
from ._function import imported, load_function, module_of
from .cli import Cli
from .contract import SETTINGS, Driver
from .host_keys import HostKeys
from .python import Python, takes_device

BUILT_IN: dict[str, Driver] = {driver.name: driver for driver in (Cli(), Python(), HostKeys())}
DEFAULT_DRIVER = Cli.name
FUNCTION_DRIVER = Python.name
HOST_KEYS_DRIVER = HostKeys.name
OFFERED = (DEFAULT_DRIVER, FUNCTION_DRIVER)
"""The names for users. The others are for playbooks of the collection."""


def check_name(name: str) -> None:
    """Check a name as far as this is possible without importing a driver.

    :raises ValueError: if it cannot be the name of a driver.
    """
    if name in BUILT_IN or "." in name or ":" in name:
        return
    near = difflib.get_close_matches(name.lower(), OFFERED, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    msg = f"driver must be one of {', '.join(OFFERED)}, or the import path of a driver, not {name!r}{hint}"
    raise ValueError(msg)


@functools.cache
def driver_of(name: str) -> Driver:
    """Return the driver of this name: a built-in one, or an import path such as ``package.module.Driver``.

    :raises ValueError: if there is none, with the reason.
    """
    check_name(name)
    if name in BUILT_IN:
        return BUILT_IN[name]
    driver = _checked(name, _made(name, imported(name, "driver")))
    _register(name, driver)
    return driver


def settings_of(device: Device) -> frozenset[str]:
    """Return the settings without which the driver of this device cannot ask."""
    return driver_of(device.driver).settings


def needs_login(driver: str, function: str | None) -> bool:
    """Return whether an address and a login are resolved, because the driver or the function gets them.

    :raises ValueError: if the driver or the function cannot be imported.
    """
    settings = driver_of(driver).settings
    if "host" in settings:
        return True
    return "function" in settings and function is not None and takes_device(load_function(function))


def name_of(device: Device) -> str:
    """Return the name of the device's driver for answers."""
    return driver_of(device.driver).name


def can_connect(device: Device) -> bool:
    """Return whether the driver can open a session over a transport of the collection."""
    return "host" in settings_of(device) and not blocks(driver_of(device.driver))


def uses_ssh(device: Device) -> bool:
    """Return whether it is reached with SSH, as far as this is known. Functions can connect in any way."""
    return can_connect(device) and device.transport == "ssh"


def logs_in(device: Device) -> bool:
    """Return whether its credential is sent to it, as far as this is known. A function may have one of its own."""
    return bool(device.host) and device.driver != HOST_KEYS_DRIVER


def shows_logins(device: Device) -> bool:
    """Return whether it is known that the device accepted the login before its answer is complete."""
    return can_connect(device) and not is_third_party(device) and logs_in(device)


def blocks(driver: Driver) -> bool:
    """Return whether each of its calls needs a process of its own."""
    return not inspect.iscoroutinefunction(driver.ask)


def is_read_only(device: Device) -> bool:
    """Return whether the device may be asked a second time after a crash."""
    try:
        return driver_of(device.driver).read_only(device) is True
    except Exception:  # it is a third party's code
        return False


def refusal_of(device: Device) -> Error | None:
    """Return why nothing may be sent to a device, before its login; None if it may be asked.

    Functions and third parties' drivers decide themselves what they send.
    """
    driver = driver_of(device.driver)
    return driver.refusal(device) if isinstance(driver, Cli) else None


def gives_outputs(device: Device) -> bool:
    """Return whether the answer of this device is outputs by command."""
    return "commands" in settings_of(device)


def uses_variables(driver: str) -> bool:
    """Return whether it can use the variables of ``function_vars``: a function, or a third party's driver."""
    return not _is_built_in(driver) or "function" in driver_of(driver).settings


def is_ours(device: Device) -> bool:
    """Return whether the messages of its errors are sentences of the collection, with the quotes masked."""
    return not uses_variables(device.driver)


class Modules(NamedTuple):
    """The modules of users, to import them once before processes are forked.

    ``blocking`` are those of functions, and of drivers whose calls have a process of their own.
    """

    blocking: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


def modules_of(devices: Collection[Device]) -> Modules:
    """Return the modules of the functions and the drivers of third parties."""
    blocking = {module_of(function, "function") for function in functions_of(devices)}
    others: set[str] = set()
    for name in {device.driver for device in devices}:
        if not _is_built_in(name):
            (blocking if blocks(driver_of(name)) else others).add(module_of(name, "driver"))
    return Modules(frozenset(blocking), frozenset(others))


def functions_of(devices: Iterable[Device]) -> set[str]:
    """Return the functions that are to be called."""
    return {device.function or "" for device in devices if "function" in settings_of(device)}


def is_third_party(device: Device) -> bool:
    """Return whether the driver's answers have to be checked."""
    return not _is_built_in(device.driver)


def _is_built_in(name: str) -> bool:
    return driver_of(name) in BUILT_IN.values()


def _made(name: str, found: Any) -> Any:
    """The driver that an import path leads to: an object, or one that its class makes."""
    if isinstance(found, types.ModuleType):
        msg = f"driver {name!r} is a module; add the name of the class in it"
        raise ValueError(msg)
    if inspect.isroutine(found):
        msg = (
            f"driver {name!r} is a function, and a driver is a class or an object; "
            f"to call a function, use driver: {FUNCTION_DRIVER} and function: {name}"
        )
        raise ValueError(msg)
    if not inspect.isclass(found):
        return found
    try:
        return found()
    except Exception as error:  # a third party's code
        msg = f"driver {name!r} cannot be created without arguments ({type(error).__name__}: {error})"
        raise ValueError(msg) from error


def _checked(name: str, driver: Any) -> Driver:
    """
    :raises ValueError: for an object that does not have what a driver must have.
    """
    lacks = [each for each in ("name", "settings", "read_only", "ask") if not hasattr(driver, each)]
    if lacks:
        msg = f"driver {name!r} is not a driver: it has no {', '.join(lacks)}"
        raise ValueError(msg)
    if not isinstance(driver.name, str) or not driver.name:
        msg = f"the name of driver {name!r} must be a string, not {driver.name!r}"
        raise ValueError(msg)
    settings = driver.settings
    if not isinstance(settings, (set, frozenset)) or not settings <= SETTINGS:
        msg = (
            f"the settings of driver {name!r} must be a set of some of {', '.join(sorted(SETTINGS))}, not {settings!r}"
        )
        raise ValueError(msg)
    for method, parameters in (("read_only", ("device",)), ("ask", ("device", "session"))):
        if not callable(getattr(driver, method)) or not _takes(getattr(driver, method), len(parameters)):
            msg = f"{method} of driver {name!r} must be a method with the parameters {', '.join(parameters)}"
            raise ValueError(msg)
    return cast("Driver", driver)


def _takes(method: Callable[..., Any], number: int) -> bool:
    try:
        inspect.signature(method).bind(*[None] * number)
    except TypeError:
        return False
    except ValueError:  # of functions written in C
        return True
    return True


_registered: dict[str, type] = {driver.name: type(driver) for driver in BUILT_IN.values()}


def _register(path: str, driver: Driver) -> None:
    """
    :raises ValueError: if another driver has this name.
    """
    known = _registered.setdefault(driver.name, type(driver))
    if known is not type(driver):
        where = f"{known.__module__}.{known.__qualname__}"
        msg = f"driver {path!r} has the name {driver.name!r}, which {where} has too; give it another name"
        raise ValueError(msg)
