# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the types of what a program gives. Ansible has checked those of a task."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._device import Device, Hop

_WORDS = {str: "a string", bool: "True or False", int: "a whole number", float: "a number", type(None): "None"}


def pairs_of(name: str, field: str, given: object) -> list[tuple[str, Any]]:
    """Return the pairs of a mapping whose keys are strings; none for None.

    :raises TypeError: for anything else.
    """
    if given is None:
        return []
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        msg = f"{field} of {name!r} must be a mapping whose keys are strings, not a value of type {_type(given)}"
        raise TypeError(msg)
    return list(given.items())


def elements_of(name: str, field: str, given: object) -> list[Any]:
    """Return the elements of an iterable that is no text and no mapping.

    :raises TypeError: for anything else.
    """
    if not isinstance(given, Iterable) or isinstance(given, (str, bytes, Mapping)):
        msg = f"{field} of {name!r} must be a list, not a value of type {_type(given)}"
        raise TypeError(msg)
    return list(given)


def check_types(login: Device | Hop, name: str, apart: Iterable[str]) -> None:
    """Check that each field has a value of its type.

    :param apart: the fields that are checked elsewhere.
    :raises TypeError: if one has not. The message does not contain the value, which may be a secret.
    """
    hints = _hints(isinstance(login, Device))
    for field in hints.keys() - set(apart):
        if not _fits(getattr(login, field), hints[field]):
            expected = _WORDS.get(hints[field], f"of type {hints[field]}")
            msg = f"{field} of {name!r} must be {expected}, not a value of type {_type(getattr(login, field))}"
            raise TypeError(msg)


@functools.cache
def _hints(is_device: bool) -> dict[str, Any]:
    return typing.get_type_hints(Device if is_device else Hop)


def _fits(value: object, hint: Any) -> bool:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return True
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, each) for each in arguments)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if arguments[-1] is Ellipsis:
            return all(_fits(each, arguments[0]) for each in value)
        return len(value) == len(arguments) and all(map(_fits, value, arguments))
    if origin is dict:
        return isinstance(value, dict) and all(_fits(key, arguments[0]) for key in value)
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, hint) and (hint is not int or not isinstance(value, bool))


def _type(value: object) -> str:
    return type(value).__name__
