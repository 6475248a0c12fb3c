# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mask the secrets of a device in the values of columns, which are its variables."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleError

from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import MASK, Secrets, secrets_in_command
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import (
    NETWORK_CREDENTIAL,
    SECRETS,
    variables_of_field,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._credentials import secrets_in

# Variables with a command line, which may contain a secret.
COMMANDS = ("ssh_args", "ssh_common_args", "ssh_extra_args", "proxy_command", "otp_command")
# The address and the headers of a webhook may contain a token.
FURTHER = frozenset(
    {"rollcall_credentials", "rollcall_webhook_url", "rollcall_webhook_headers", "rollcall_webhook_token"}
)


def is_secret(column: str) -> bool:
    """Whether the variable is a secret by its name. Its whole value is masked, even if it is an ordinary word."""
    return column in FURTHER or any(column in variables_of_field(field) for field in SECRETS)


def secrets_in_variables(
    variables: Mapping[str, Any], template: Callable[[Any, Mapping[str, Any]], Any], typed: Iterable[str | None]
) -> Secrets:
    """The secrets of a device, and those of the whole run.

    :param variables: the untemplated variables of the device.
    :param template: templates a value with these variables.
    :param typed: the passwords of ``-k`` and ``-K``.
    """
    values = set(filter(None, typed))
    for field in SECRETS:
        values |= {value for name in NETWORK_CREDENTIAL.get(field, ()) if (value := os.environ.get(name))}
        values |= set(_texts(variables_of_field(field), variables, template))
    for value in _values(variables_of_field("credentials"), variables, template):
        values |= set(secrets_in(value))
    for field in COMMANDS:
        for command in _texts(variables_of_field(field), variables, template):
            values |= secrets_in_command(command)
    return Secrets(values)


def without_secrets(column: str, value: Any, secrets: Secrets) -> Any:
    """The value of a column, masked. Ordinary words, such as ``cisco``, are masked only in variables for secrets."""
    if value is not None and is_secret(column):
        return MASK
    return _masked(value, secrets)


def _masked(value: Any, secrets: Secrets) -> Any:
    if isinstance(value, Mapping):
        return {_masked(key, secrets): _masked(each, secrets) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_masked(each, secrets) for each in value]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    masked = secrets.plain(text)
    return value if masked == text else masked


def _texts(
    names: Iterable[str], variables: Mapping[str, Any], template: Callable[[Any, Mapping[str, Any]], Any]
) -> Iterator[str]:
    """The values of these variables as texts."""
    return (str(value) for value in _values(names, variables, template) if value not in (None, ""))


def _values(
    names: Iterable[str], variables: Mapping[str, Any], template: Callable[[Any, Mapping[str, Any]], Any]
) -> Iterator[Any]:
    """The values of these variables, as far as they are set and can be resolved."""
    for name in names:
        if variables.get(name) is not None:
            with contextlib.suppress(AnsibleError):
                yield template(variables[name], variables)
