# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Devices that a program describes itself, without an inventory."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._bounds import LARGEST, check_path
from ansible_collections.rollcall.network.plugins.module_utils._device import (
    KNOWN_HOSTS,
    Command,
    Device,
    DeviceCredential,
    Hop,
)
from ansible_collections.rollcall.network.plugins.module_utils._drivers.read_only import check_patterns
from ansible_collections.rollcall.network.plugins.module_utils._drivers.registry import (
    DEFAULT_DRIVER,
    FUNCTION_DRIVER,
    needs_login,
    settings_of,
)
from ansible_collections.rollcall.network.plugins.module_utils._platforms import (
    LEARNED,
    PlatformError,
    check_descriptions,
    platform_name,
    spellings,
)
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_commands
from ansible_collections.rollcall.network.plugins.plugin_utils._proxy import check_address, check_user
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._credentials import check_credential
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._types import (
    check_types,
    elements_of,
    pairs_of,
)

SECRETS = ("password", "passphrase", "private_key", "become_password", "otp_command")
ONE_LINE = ("password", "passphrase", "become_password")
TEXTS = ("private_key_file", *SECRETS)
FLAGS = ("host_key_checking", "accept_new_host_keys", "legacy_ssh", "rows_required")
SECONDS = ("connect_timeout", "command_timeout")
# Fields with a message of their own for a wrong type.
APART = ("name", "become", "host", "port", "user", "platform", "definition", "hops", "commands", "max_output")


def make_device(
    name: str,
    *,
    commands: str | Iterable[str | Command] = (),
    platform: str | None = None,
    definition: Mapping[str, object] | None = None,
    parser: str | None = None,
    rows_required: bool = True,
    allow_commands: str | Iterable[str] = (),
    expect_hostname: str | Iterable[str] = (),
    host: str | None = None,
    port: int = 22,
    user: str | None = None,
    password: str | None = None,
    private_key_file: str | Path | None = None,
    private_key: str | None = None,
    passphrase: str | None = None,
    otp_command: str | None = None,
    credentials: Iterable[DeviceCredential] = (),
    become: bool | None = None,
    become_password: str | None = None,
    connect_timeout: float = 10.0,
    command_timeout: float = 30.0,
    host_key_checking: bool = True,
    accept_new_host_keys: bool = False,
    known_hosts: Iterable[str | Path] = KNOWN_HOSTS,
    legacy_ssh: bool = True,
    ssh_options: Mapping[str, str] | None = None,
    ssh_config: Iterable[str | Path] = (),
    hops: Iterable[Hop] = (),
    transport: str = "ssh",
    max_output: int = 64 * 2**20,
    transcript: bool = False,
    limit_groups: Mapping[str, str] | None = None,
    driver: str | None = None,
    function: str | None = None,
    function_args: Mapping[str, object] | None = None,
    variables: Mapping[str, object] | None = None,
) -> Device:
    """Return a device after checking its settings. They mean the same as the options and variables of the task.

    :param name: its name in the answers.
    :param commands: lines to send, or Commands that have a parser of their own.
    :param platform: as in ``ansible_network_os``, for example ``cisco.ios.ios``; by default it is learned.
    :param definition: a platform of your own, described as in docs/platforms.md; ``platform`` is its name.
    :param parser: ``auto``, ``json`` or ``textfsm``, for commands without a parser; by default no rows are made.
    :param rows_required: whether an answer without the requested rows is ``partial``.
    :param allow_commands: commands that may be sent although they are not in the list of docs/read_only.md.
    :param expect_hostname: the names that its prompt may have; see docs/identity.md.
    :param host: its address; by default its name.
    :param user: by default the name of the user who runs the program.
    :param private_key_file: the path of a key; ``private_key`` is a key itself.
    :param credentials: tried in this order, instead of user, password and key.
    :param become: enter the privileged mode, with ``become_password`` if the device asks for one. By default it is
        entered if there is a ``become_password``.
    :param known_hosts: files with the keys of devices.
    :param ssh_options: options of OpenSSH by name.
    :param hops: the bastions on the way, the first one first.
    :param transcript: record what is received and sent, in the run folder.
    :param limit_groups: its values of the variables that ``limits`` of ``call_roll`` has, such as its site.
    :param driver: by default ``cli``, or ``python`` if there is a function.
    :param function: the path of a function to call, such as ``package.module.function``, and its keyword arguments.
    :param variables: what a driver or a function asks for.
    :raises TypeError: for a value of a wrong type.
    :raises ValueError: for a value that cannot be used. No message contains a secret.
    """
    driver = driver or (FUNCTION_DRIVER if function else DEFAULT_DRIVER)
    asked = _commands(name, commands, parser)
    device = Device(
        name=name,
        driver=driver,
        host=name if host is None else host,
        port=port,
        user=user,
        password=password,
        private_key_file=None if private_key_file is None else str(private_key_file),
        private_key=private_key,
        passphrase=passphrase,
        otp_command=otp_command,
        credentials=_credentials(name, credentials),
        become=become,
        become_password=become_password,
        platform=platform,
        definition=_definition(name, platform, definition),
        commands=asked,
        allow_commands=_allow_commands(name, allow_commands),
        rows_required=rows_required,
        expect_hostname=_expected_names(name, expect_hostname),
        function=function,
        function_args=dict(pairs_of(name, "function_args", function_args)),
        connect_timeout=connect_timeout,
        command_timeout=command_timeout,
        host_key_checking=host_key_checking,
        accept_new_host_keys=accept_new_host_keys,
        known_hosts=_paths(name, "known_hosts", known_hosts),
        legacy_ssh=legacy_ssh,
        ssh_options=tuple((option.lower(), value) for option, value in pairs_of(name, "ssh_options", ssh_options)),
        ssh_config=_paths(name, "ssh_config", ssh_config),
        hops=tuple(elements_of(name, "hops", hops)),
        transport=transport,
        max_output=max_output,
        transcript=transcript,
        limit_groups=tuple((variable, str(value)) for variable, value in pairs_of(name, "limit_groups", limit_groups)),
        variables=dict(pairs_of(name, "variables", variables)),
    )
    return check_device(device)


def check_device(device: Device) -> Device:
    """Return a device with its platform under the name of its definition, and a user.

    :raises TypeError: for a value of a wrong type.
    :raises ValueError: for a value that cannot be used. No message contains a secret.
    """
    name = device.name
    if not isinstance(name, str):
        msg = f"the name of a device must be a string, not {name!r}"
        raise TypeError(msg)
    if not name:
        msg = "the name of a device must not be empty"
        raise ValueError(msg)
    check_types(device, name, (*APART, *TEXTS, *FLAGS, *SECONDS))
    settings = settings_of(device)
    if "function" in settings and not device.function:
        msg = (
            f"{name!r} has driver {device.driver!r} and no function; "
            "set function, for example to 'package.module.function'"
        )
        raise ValueError(msg)
    takes_login = "host" in settings or _gets_login(device)
    if not takes_login and settings.isdisjoint(("platform", "commands")):
        return device
    platform = device.platform
    if "platform" in settings and device.definition is None:
        platform = _platform(name, device.platform)
    if ("commands" in settings and not device.commands) or not all(
        isinstance(command, Command) for command in device.commands
    ):
        msg = f"{name!r} has no commands; set commands, for example to ['show version']"
        raise ValueError(msg)
    user = device.user
    if takes_login:
        user = _own_name(name) if user is None else user
        _check_login(device, name, user)
    for hop in device.hops:
        if not isinstance(hop, Hop):
            msg = f"hops of {name!r} must be Hops, not {hop!r}"
            raise TypeError(msg)
        check_types(hop, name, (*APART[1:], *TEXTS, *FLAGS, *SECONDS))
        _check_login(hop, f"{name}, hop {hop.name}", "" if hop.user is None else hop.user)
    for field in SECONDS:
        _check_seconds(name, field, getattr(device, field))
    if not _is_whole(device.max_output) or device.max_output < 1:
        msg = f"max_output of {name!r} must be a number of bytes above 0, not {device.max_output!r}"
        raise ValueError(msg)
    if (user, platform) == (device.user, device.platform):
        return device
    return replace(device, user=user, platform=platform)


def _gets_login(device: Device) -> bool:
    try:
        return needs_login(device.driver, device.function)
    except ValueError:  # said before the first login, as the task does
        return False


def _check_login(login: Device | Hop, name: str, user: str) -> None:
    """Check the fields that devices and bastions share."""
    if not isinstance(login.host, str) or not isinstance(user, str):
        msg = f"host and user of {name!r} must be strings"
        raise TypeError(msg)
    for label, check, text in (("host", check_address, login.host), ("user", check_user, user)):
        try:
            check(text, on_command_line=login.proxy_command is not None)
        except ValueError as error:
            msg = f"{label} of {name!r} is {text!r}: {error}"
            raise ValueError(msg) from None
    if not login.host:
        msg = f"host of {name!r} must not be empty"
        raise ValueError(msg)
    if not _is_whole(login.port) or not 0 < login.port <= 65535:
        msg = f"port of {name!r} must be a port number, not {login.port!r}"
        raise ValueError(msg)
    for field in TEXTS:
        value = getattr(login, field, None)
        if value is not None and not isinstance(value, str):
            msg = f"{field} of {name!r} must be a string, not a value of type {type(value).__name__}"
            raise TypeError(msg)
        if value and field in ONE_LINE and any(each in value for each in "\r\n\0"):
            msg = f"{field} of {name!r} must be one line of text"
            raise ValueError(msg)
    for field in ("become", *FLAGS):
        value = getattr(login, field, False)
        if not isinstance(value, bool) and (field != "become" or value is not None):
            msg = f"{field} of {name!r} must be True or False, not {value!r}"
            raise TypeError(msg)
    _check_seconds(name, "connect_timeout", login.connect_timeout)


def _check_seconds(name: str, field: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= LARGEST:
        msg = f"{field} of {name!r} must be a number of seconds above 0, not {value!r}"
        raise ValueError(msg)


def _commands(name: str, commands: str | Iterable[str | Command], parser: str | None) -> tuple[Command, ...]:
    lines = commands if isinstance(commands, str) else list(map(_plain, elements_of(name, "commands", commands)))
    try:
        return check_commands(lines, parser)
    except ValueError as error:
        msg = f"commands of {name!r}: {error}"
        raise ValueError(msg) from None


def _allow_commands(name: str, given: str | Iterable[str]) -> tuple[str, ...]:
    try:
        return check_patterns(given if isinstance(given, str) else elements_of(name, "allow_commands", given))
    except ValueError as error:
        msg = f"{name!r}: {error}"
        raise ValueError(msg) from None


def _expected_names(name: str, given: str | Iterable[str]) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    for each in names:
        if not isinstance(each, str):
            msg = f"expect_hostname of {name!r} must be a name or a list of names, not {each!r}"
            raise TypeError(msg)
        if not each.strip():
            msg = f"expect_hostname of {name!r} must not be empty"
            raise ValueError(msg)
    return names


def _credentials(name: str, given: Iterable[DeviceCredential]) -> tuple[DeviceCredential, ...]:
    found = []
    for number, each in enumerate(given):
        if not isinstance(each, DeviceCredential):
            msg = f"credentials of {name!r} must be DeviceCredentials, not values of type {type(each).__name__}"
            raise TypeError(msg)
        try:
            check_credential(each)
        except ValueError as error:
            msg = f"credentials[{number}] of {name!r}: {error}"
            raise ValueError(msg) from None
        found.append(each if each.source else replace(each, source=f"credentials[{number}]"))
    return tuple(found)


def _plain(command: str | Command) -> str | dict[str, Any]:
    if not isinstance(command, Command):
        return command
    given = command.as_given()
    if not command.parser:
        del given["parser"]  # the parser of all counts
    return given


def _definition(name: str, platform: str | None, definition: Mapping[str, object] | None) -> dict[str, Any] | None:
    if definition is None:
        return None
    checked = check_descriptions({platform: definition}, f"definition of {name!r}", spellings())
    return next(iter(checked.values()), None)


def _platform(name: str, platform: str | None) -> str:
    if platform is None:
        return LEARNED
    if not isinstance(platform, str):
        msg = f"platform of {name!r} must be a string, not {platform!r}"
        raise ValueError(msg)
    try:
        return platform_name(platform)
    except PlatformError as error:
        msg = f"platform of {name!r}: {error}"
        raise ValueError(msg) from None


def _paths(name: str, field: str, given: Iterable[str | Path]) -> tuple[str, ...]:
    paths = tuple(map(str, [given] if isinstance(given, (str, Path)) else elements_of(name, field, given)))
    for path in paths:
        check_path(f"{field} of {name!r}", path)
    return paths


def _own_name(name: str) -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container can run as any user id
        msg = f"{name!r} has no user, and this user id has no name; set user"
        raise ValueError(msg) from None


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
