# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SSH options of a host: ssh's arguments in Ansible's variables, in the order of core's ssh connection."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.parsing.convert_bool import BOOLEANS, boolean

from ansible_collections.rollcall.network.plugins.module_utils._device import Device, Hop
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._transport.arguments import Arguments, parse_arguments
from ansible_collections.rollcall.network.plugins.module_utils._transport.option_names import (
    ACCUMULATED,
    HONOURED,
    value_of,
)
from ansible_collections.rollcall.network.plugins.module_utils._transport.options import (
    unsupported_options,
    unsupported_sentences,
)
from ansible_collections.rollcall.network.plugins.module_utils._transport.ssh_config import USER_CONFIG


@dataclass(frozen=True, slots=True)
class SshOptions:
    """The options by name in lower case, and the files of ``-F``, None if that is not there."""

    options: tuple[tuple[str, str], ...]
    config: tuple[str, ...] | None

    def get(self, name: str) -> Any:
        """The value of an option, None if it is not set."""
        return next((value_of(each, value) for each, value in self.options if each == name), None)

    def first_of(self, *names: str) -> tuple[str, str] | None:
        """The first of these options that is set."""
        return next((each for each in self.options if each[0] in names), None)

    def without(self, *names: str) -> tuple[tuple[str, str], ...]:
        return tuple(each for each in self.options if each[0] not in names)


def ssh_options(
    asked: Sequence[tuple[str, str]],
    ssh_args: tuple[str, str],
    own: Sequence[tuple[str, str]],
    others: Sequence[tuple[str, str]],
) -> SshOptions:
    """Put the options together as core does: ``ssh_args``, Ansible's own variables, then the other arguments.

    Of a name, the first value counts, except for the flags that override options in ssh.

    :param asked: options by arguments of the task.
    :param ssh_args: the source of ``ssh_args``, for messages, and the text.
    :param own: options by Ansible's own variables, such as the port.
    :param others: ``ssh_common_args`` and ``ssh_extra_args``, with their sources.
    :raises ValueError: for arguments that ssh would not take.
    """
    before = _parsed(*ssh_args)
    after = [_parsed(*each) for each in others]
    overriding: dict[str, str] = {}
    config = None
    for arguments in (before, *after):
        overriding |= arguments.overriding
        config = arguments.config if arguments.config is not None else config
    ordered = [*asked, *overriding.items(), *before.options, *own]
    for arguments in after:
        ordered += arguments.options
    found: list[tuple[str, str]] = []
    seen: set[str] = set()
    for name, value in ordered:
        if name not in seen or (name in ACCUMULATED and (name, value) not in found):
            found.append((name, value))
            seen.add(name)
    files = None if config is None else () if config.lower() == "none" else (config,)
    return SshOptions(tuple(found), files)


def _parsed(source: str, text: str) -> Arguments:
    """
    :raises ValueError: for arguments that ssh would not take.
    """
    if not text:
        return Arguments()
    try:
        arguments = parse_arguments(shlex.split(text))
        if arguments.words:
            msg = f"{arguments.words[0]!r} is not an option of ssh"
            raise ValueError(msg)
        for name, value in (*arguments.options, *arguments.overriding.items()):
            if name in HONOURED:
                value_of(name, value)
    except ValueError as error:
        msg = f"{source}: {error}"
        raise ValueError(msg) from error
    return arguments


def config_files(value: Any) -> tuple[str, ...]:
    """The files of ``rollcall_ssh_config``: true for the user's own file, or a path, or a list of paths.

    :raises ValueError: if it is none of them.
    """
    if isinstance(value, str) and value.lower() not in BOOLEANS:
        return (value,)
    if isinstance(value, (bool, str)):
        return (USER_CONFIG,) if boolean(value) else ()
    if isinstance(value, (list, tuple)) and all(isinstance(each, str) and each for each in value):
        return tuple(map(str, value))
    msg = f"it must be true, false, a path, or a list of paths, not {value!r}"
    raise ValueError(msg)


def ssh_warnings(devices: Iterable[Device | Error], *, files: bool = True) -> list[str]:
    """One warning about the options that are not supported.

    :param files: whether this machine connects to the devices, so that its configuration files count.
    """
    logins: list[Device | Hop] = []
    for each in devices:
        if isinstance(each, Device):
            logins += [each, *each.hops]
    return unsupported_sentences(unsupported_options(logins, files=files))
