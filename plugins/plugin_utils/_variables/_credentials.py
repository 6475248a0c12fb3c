# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variable ``rollcall_credentials``: several credentials of a device, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._device import DeviceCredential
from ansible_collections.rollcall.network.plugins.plugin_utils._proxy import check_user

SECRETS = ("password", "private_key", "passphrase", "become_password")
KEYS = ("name", "user", "private_key_file", *SECRETS)
ONE_LINE = ("name", "user", "password", "passphrase", "become_password")


def credentials_from(given: Any, source: str, *, on_command_line: bool = False) -> tuple[DeviceCredential, ...]:
    """Return the credentials of a resolved value. No message contains a value of it, except the name of a key.

    :param source: of the value, in words.
    :param on_command_line: the user is a part of a command.
    :raises ValueError: for a value that is none.
    """
    if not isinstance(given, (list, tuple)):
        msg = f"must be a list of dictionaries of {', '.join(KEYS)}"
        raise ValueError(msg)
    return tuple(
        _credential(each, f"[{number}]", f"{source}[{number}]", on_command_line) for number, each in enumerate(given)
    )


def secrets_in(given: Any) -> Iterator[str]:
    """Yield the secrets in a value, as far as it can be understood."""
    for each in given if isinstance(given, (list, tuple)) else ():
        for key in SECRETS if isinstance(each, Mapping) else ():
            if each.get(key) is not None and not isinstance(each[key], (Mapping, list, tuple, bool)):
                yield str(each[key])


def check_credential(credential: DeviceCredential, *, on_command_line: bool = False) -> None:
    """
    :raises ValueError: for a credential that cannot be used, without a secret.
    """
    for key in KEYS:
        value = getattr(credential, key)
        if value is not None and not isinstance(value, str):
            msg = f"{key} must be a string, not a value of type {type(value).__name__}"
            raise ValueError(msg)
        if value and key in ONE_LINE and any(each in value for each in "\r\n\0"):
            msg = f"{key} must be one line of text"
            raise ValueError(msg)
    if credential.user is not None:
        check_user(credential.user, on_command_line=on_command_line)


def _credential(given: Any, place: str, source: str, on_command_line: bool) -> DeviceCredential:
    if not isinstance(given, Mapping) or not given:
        msg = f"{place} must be a dictionary of {', '.join(KEYS)}"
        raise ValueError(msg)
    texts: dict[str, str] = {}
    for key, value in given.items():
        if key not in KEYS:
            msg = f"{place} must be a dictionary of {', '.join(KEYS)}, and {str(key)!r} is none of them"
            raise ValueError(msg)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            msg = f"{place}.{key} must be a string"
            raise ValueError(msg)
        texts[str(key)] = str.__str__(value) if isinstance(value, str) else str(value)
    credential = DeviceCredential(**texts, source=source)
    try:
        check_credential(credential, on_command_line=on_command_line)
    except ValueError as error:
        msg = f"{place}: {error}"
        raise ValueError(msg) from error
    return credential
