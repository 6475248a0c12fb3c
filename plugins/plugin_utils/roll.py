# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask network devices from a Python program. The public API; see docs/python.md for examples.

.. code-block:: python

    from ansible_collections.rollcall.network.plugins.plugin_utils.roll import call_roll, make_device

    edge = make_device("edge-7", platform="cisco.ios.ios", commands=["show version"], user="ops", password=password)
    answers = call_roll([edge])
    answers["edge-7"]["output"]["show version"]["text"]

To call any function for many names, use ``collect`` and ``iter_collect`` of ``plugins.module_utils.collector``.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from ansible_collections.rollcall.network.plugins.module_utils import _roll
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device, DeviceCredential, Hop
from ansible_collections.rollcall.network.plugins.module_utils._model.answer import Answer, CommandOutput, Reason
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_limits, check_login_limits
from ansible_collections.rollcall.network.plugins.module_utils.collector import Event
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._by_hand import check_device, make_device
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._from_inventory import devices_of_sources

if TYPE_CHECKING:
    from ansible_collections.rollcall.network.plugins.plugin_utils._api_folder import ApiFolder

__all__ = [
    "Answer",
    "Command",
    "CommandOutput",
    "Device",
    "DeviceCredential",
    "Error",
    "Event",
    "Hop",
    "Reason",
    "call_roll",
    "devices_from_inventory",
    "iter_roll",
    "make_device",
]

Devices = Iterable[Device] | Mapping[str, Device | Error]
LimitsByVariable = Mapping[str, Mapping[str, float]]
StrPath = str | os.PathLike[str]


def devices_from_inventory(
    sources: StrPath | Iterable[StrPath],
    pattern: str = "all",
    *,
    commands: Iterable[str | Command] | None = None,
    parser: str | None = None,
    rows_required: bool | None = None,
    allow_commands: Iterable[str] | None = None,
    driver: str | None = None,
    function: str | None = None,
    function_args: Mapping[str, object] | None = None,
    function_vars: Iterable[str] | None = None,
    connect_timeout: float | None = None,
    command_timeout: float | None = None,
    known_hosts: Iterable[str] | None = None,
    limits: LimitsByVariable | None = None,
    extra_vars: Mapping[str, object] | None = None,
    vault_passwords: Mapping[str, str] | str | None = None,
) -> dict[str, Device | Error]:
    """Return the devices of an Ansible inventory by name, in its order. Nothing is sent to them.

    A host that cannot be resolved to a device has an Error, as in the task. ``call_roll`` returns it as its answer.

    :param sources: files, directories, inventory plugins' configurations, or lists of hosts that end with a comma.
    :param pattern: as for ``--limit`` or ``hosts`` of a play, for example ``edge:!edge-7``.
    :param commands: for all devices. By default, the variable ``rollcall_commands`` of each host.
    :param parser: ``auto``, ``json`` or ``textfsm``, for commands without a parser.
    :param rows_required: whether an answer without the requested rows is ``partial``, which is the default.
    :param limits: as for ``call_roll``. Only the names of the variables are used here.
    :param allow_commands: commands that may be sent although they are not in the list of docs/read_only.md.
    :param extra_vars: take precedence over all other variables. They are values; templates in them are not resolved.
    :param vault_passwords: one password, or passwords by vault ID.
    :raises ValueError: for a source that does not exist, a pattern that matches no host, and for a wrong argument or
        name of a variable.
    :raises TypeError: for an argument of another type.
    :raises RuntimeError: if Ansible fails, after it has printed the reason.

    The other parameters are those of the task. Ansible reads the inventory in a separate process, with its
    configuration, and prints warnings to standard error.
    """
    given: dict[str, object] = {
        "commands": None if commands is None else [_command(each) for each in commands],
        "parser": parser,
        "rows_required": rows_required,
        "allow_commands": None if allow_commands is None else list(allow_commands),
        "driver": driver,
        "function": function,
        "function_args": None if function_args is None else dict(function_args),
        "function_vars": None if function_vars is None else list(function_vars),
        "connect_timeout": connect_timeout,
        "command_timeout": command_timeout,
        "known_hosts": None if known_hosts is None else list(known_hosts),
        "limits": check_limits(limits),
    }
    passwords = {"default": vault_passwords} if isinstance(vault_passwords, str) else vault_passwords
    return devices_of_sources(
        [sources] if isinstance(sources, (str, os.PathLike)) else sources,
        pattern,
        passwords or {},
        extra_vars or {},
        {name: value for name, value in given.items() if value is not None},
    )


def call_roll(
    devices: Devices,
    *,
    workers: int | None = None,
    device_timeout: float | None = 60.0,
    deadline: float | None = None,
    retries: int = 1,
    logins_per_second: float | None = None,
    max_open_logins: int | None = None,
    limits: LimitsByVariable | None = None,
    login_canary: int = 1,
    login_failure_limit: int = 3,
    on_event: Callable[[Event], None] | None = None,
    output_dir: StrPath | None = None,
) -> dict[str, Answer]:
    """Ask all devices and return one answer per name, in the order given.

    :param devices: devices, or devices and errors by name, as returned by ``devices_from_inventory``.
    :param workers: devices at the same time; by default all, at most 500.
    :param device_timeout: seconds for one device, including all attempts. Then its answer is ``timeout``.
    :param deadline: seconds for the whole run. Names that were not asked by then are ``skipped``.
    :param retries: further attempts after a refused, reset or timed out connection, but not after a refused login.
    :param logins_per_second: limits the rate of new logins.
    :param max_open_logins: limits the logins that are under way at the same time.
    :param limits: the same two limits by the name of a variable, for the devices with the same value of it. The values
        are those of ``devices_from_inventory`` or of ``limit_groups`` of ``make_device``.
    :param login_canary: logins with one credential before a device has accepted it; 0 for no limit.
    :param login_failure_limit: refusals in a row, without a success between them, after which a credential is not used
        any more. The remaining devices are ``skipped``. 0 for no limit.
    :param on_event: called with each Event, in the calling thread: a name ``finished``, a ``tick`` about every second,
        or a ``warning``. An exception in it causes a warning only.
    :param output_dir: a folder for the runs, as that of the task. Each answer is written as it comes, and compared with
        the last good one.
    :raises TypeError, ValueError: for a wrong argument or device, before the first login.
    :raises OSError: if an answer could not be written, after all have been asked.
    """
    asked = _by_name(devices)
    options = _roll.Limits(
        workers,
        device_timeout,
        deadline,
        retries,
        logins_per_second,
        max_open_logins,
        limits,
        login_canary,
        login_failure_limit,
    )
    _check(options)
    _roll.check_functions(asked)
    with contextlib.ExitStack() as stack:
        folder = _opened(stack, output_dir, asked, options)
        answers = _roll.call_roll(asked, options, on_event, folder.keep if folder else None)
        if folder:
            folder.finish(answers)
    return cast("dict[str, Answer]", answers)


def iter_roll(
    devices: Devices,
    *,
    ordered: bool = True,
    workers: int | None = None,
    device_timeout: float | None = 60.0,
    deadline: float | None = None,
    retries: int = 1,
    logins_per_second: float | None = None,
    max_open_logins: int | None = None,
    limits: LimitsByVariable | None = None,
    login_canary: int = 1,
    login_failure_limit: int = 3,
    on_event: Callable[[Event], None] | None = None,
    output_dir: StrPath | None = None,
) -> Generator[tuple[str, Answer], None, None]:
    """Ask all devices and yield each name and answer as soon as it is there. The lazy form of ``call_roll``.

    The first devices are asked at once. Deadlines are kept while the caller works on an answer. If the generator is
    closed early, by ``close()``, by leaving the loop or by an exception in it, all connections are closed and the
    remaining devices are not asked. A run folder has the answers that were received; the run counts as unfinished.

    :param ordered: yield in the order given. If false, yield in the order in which the answers come.

    The other parameters and the exceptions are those of ``call_roll``, but ``on_event`` is called in a separate thread.
    """
    asked = _by_name(devices)
    options = _roll.Limits(
        workers,
        device_timeout,
        deadline,
        retries,
        logins_per_second,
        max_open_logins,
        limits,
        login_canary,
        login_failure_limit,
    )
    _check(options)
    _roll.check_functions(asked)
    answers = _yielding(asked, options, on_event, output_dir, ordered)
    next(answers)  # start; from here on, the end of the generator ends the run
    return answers


def _yielding(
    devices: Mapping[str, Device | Error],
    limits: _roll.Limits,
    on_event: Callable[[Event], None] | None,
    output_dir: StrPath | None,
    ordered: bool,
) -> Generator[Any, None, None]:
    """Start the run and yield None, then yield each name and answer."""
    written: dict[str, dict[str, object]] = {}
    with contextlib.ExitStack() as stack:
        folder = _opened(stack, output_dir, devices, limits)
        answers = _roll.iter_roll(devices, limits, on_event, folder.keep if folder else None, ordered=ordered)
        with contextlib.closing(answers):
            yield None
            for name, answer in answers:
                if folder:
                    written[name] = {key: answer[key] for key in ("status", "changed")}
                yield name, answer
        if folder:
            folder.finish({name: written[name] for name in devices})


def _opened(
    stack: contextlib.ExitStack,
    output_dir: StrPath | None,
    devices: Mapping[str, Device | Error],
    limits: _roll.Limits,
) -> ApiFolder | None:
    if output_dir is None:
        return None
    from ansible_collections.rollcall.network.plugins.plugin_utils._api_folder import ApiFolder

    return stack.enter_context(contextlib.closing(ApiFolder(output_dir, devices, asdict(limits))))


def _check(limits: _roll.Limits) -> None:
    """
    :raises ValueError: for a limit of logins that cannot be used.
    """
    check_login_limits(asdict(limits))


def _by_name(devices: Devices) -> dict[str, Device | Error]:
    """Check the devices. The names of a mapping are used."""
    pairs = devices.items() if isinstance(devices, Mapping) else ((None, device) for device in devices)
    found: dict[str, Device | Error] = {}
    for name, device in pairs:
        if not isinstance(device, Device) and (name is None or not isinstance(device, Error)):
            msg = f"every device must be a Device (see make_device), not {device!r}"
            raise TypeError(msg)
        key = device.name if isinstance(device, Device) and name is None else name
        if not isinstance(key, str):
            msg = f"the name of a device must be a string, not {key!r}"
            raise TypeError(msg)
        if key in found:
            msg = f"there are two devices with the name {key!r}"
            raise ValueError(msg)
        found[key] = check_device(device) if isinstance(device, Device) else device
    return found


def _command(command: str | Command) -> str | dict[str, Any]:
    if isinstance(command, str):
        return command
    if not isinstance(command, Command):
        msg = f"a command must be a string or a Command, not {command!r}"
        raise TypeError(msg)
    return command.as_given()
