# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the texts of a variable that come from a vault, to mask them in results."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from ansible.parsing.vault import EncryptedString, is_encrypted_file

from ansible_collections.rollcall.network.plugins.plugin_utils._variables._unresolved import names_in


def vaulted_texts(raw: Any, value: Any, variables: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a value that are vaulted, and the vaulted texts that they are made of.

    :param raw: the value before templates were resolved.
    :param variables: of the host, untemplated.
    """
    if isinstance(raw, Mapping) and isinstance(value, Mapping) and len(raw) == len(value):
        for own, each in zip(raw.values(), value.values(), strict=True):
            yield from vaulted_texts(own, each, variables)
    elif isinstance(raw, (list, tuple)) and isinstance(value, (list, tuple)) and len(raw) == len(value):
        for own, each in zip(raw, value, strict=True):
            yield from vaulted_texts(own, each, variables)
    elif found := list(_behind(raw, variables)):
        yield from _texts(value)
        yield from found


def _behind(raw: Any, variables: Mapping[str, Any]) -> Iterator[str]:
    """Yield the vaulted texts among these values and the variables that they refer to, also through others."""
    seen: set[str] = set()
    waiting = [raw]
    while waiting:
        for leaf in _leaves(waiting.pop()):
            if _is_vaulted(leaf):
                yield str(leaf)
            elif isinstance(leaf, str):
                for name in names_in(leaf):
                    if name not in seen and name in variables:
                        seen.add(name)
                        waiting.append(variables[name])


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _leaves(each)
    elif value is not None and not isinstance(value, bool):
        yield value


def _texts(value: Any) -> Iterator[str]:
    return (str(leaf) for leaf in _leaves(value))


def _is_vaulted(value: Any) -> bool:
    if isinstance(value, EncryptedString):
        return True
    try:
        from ansible._internal._datatag._tags import Origin, VaultedValue
    except ImportError:
        return False
    if VaultedValue.is_tagged_on(value):
        return True
    origin = Origin.get_tag(value)
    return origin is not None and bool(origin.path) and _is_vaulted_file(origin.path)


@functools.cache
def _is_vaulted_file(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return bool(is_encrypted_file(file))
    except OSError:
        return False
