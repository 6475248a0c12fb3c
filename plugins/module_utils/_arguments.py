# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check arguments against their specification."""

from __future__ import annotations

import contextlib
import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.validation import check_type_dict

from ._bounds import check_number, check_path

Spec = Mapping[str, Mapping[str, Any]]

# The types in messages.
TYPES = {
    "bool": "true or false",
    "bytes": "a size such as 64M",
    "dict": "a dictionary",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "path": "a path",
    "str": "a string",
}
PATHS = "a path or a list of paths"
# Ansible's sentence on a value of a wrong type, or on an element of one. It names a class, not the value.
_WRONG_TYPE = re.compile(
    r"(?P<element>elements value for option|argument) '(?P<name>\w+)' .*?(found in '(?P<outer>\w+)'.*)?"
    r"unable to convert to (?P<type>\w+):",
    re.IGNORECASE | re.DOTALL,
)


def validated(spec: Spec, given: Mapping[str, Any], exclusive: Sequence[Sequence[str]] = ()) -> dict[str, Any]:
    """The arguments, converted and complete. One that is null is not set.

    :param exclusive: groups of mutually exclusive options.

    :raises ValueError: for invalid ones, in one sentence.
    """
    _refuse_unknown("unknown argument", spec, given)
    given = {
        name: listed(value) if spec[name].get("type") == "list" else value
        for name, value in given.items()
        if value is not None
    }
    for name, option in spec.items():
        value = given.get(name)
        if option["type"] == "dict" and isinstance(value, str):
            value = given[name] = _dictionary(name, value)
        if "options" not in option or value is None:
            continue
        if not isinstance(value, Mapping):  # Ansible's own check ends in a TypeError
            msg = f"{name} must be {TYPES['dict']}, not {value!r}"
            raise ValueError(msg)
        _refuse_unknown("unsupported option", option["options"], value, f"{name}.")
    for each in (given, given.get("keep")):  # before Ansible converts them to floats, which can overflow
        if isinstance(each, Mapping):
            numbers = {name: value for name, value in each.items() if isinstance(value, int)}
            _check_numbers(numbers, numbers, "" if each is given else "keep.")
    for name, option in spec.items():  # before Ansible expands them
        if "path" in (option["type"], option.get("elements")):
            value = given.get(name)
            for each in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(each, str):
                    check_path(name, each)
    checked = ArgumentSpecValidator(dict(spec), mutually_exclusive=list(exclusive) or None).validate(dict(given))
    if checked.error_messages:
        raise ValueError("; ".join(_sentence(message, given, spec) for message in checked.error_messages))
    values: dict[str, Any] = checked.validated_parameters
    _check_numbers(values, given)
    return values


def listed(value: Any) -> Any:
    """The list that a string holds as JSON, as with ``-e name='["a"]'``. Any other value is returned as it is.

    Ansible reads a dictionary in a string itself, and splits a list in a string at its commas.
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(value)
    return value


def _dictionary(name: str, text: str) -> dict[str, Any]:
    """The dictionary in a string, as JSON or ``key=value``. Ansible has up to three sentences for another text."""
    try:
        value: dict[str, Any] = check_type_dict(text)
    except (TypeError, ValueError) as error:
        msg = f"{name} must be {TYPES['dict']}, not {text!r}"
        raise ValueError(msg) from error
    return value


def near(word: str, known: Iterable[str]) -> str:
    """A hint at what may have been meant."""
    names = list(known)
    matches = difflib.get_close_matches(word, names, n=3)
    return f"near matches: {', '.join(matches)}" if matches else f"known are {', '.join(sorted(names))}"


def _check_numbers(values: Mapping[str, Any], given: Mapping[str, Any], before: str = "") -> None:
    for name, value in values.items():
        if isinstance(value, (int, float)):
            check_number(f"{before}{name}", value, given.get(name, value))
        elif isinstance(value, dict) and name == "keep":
            _check_numbers(value, value, f"{name}.")


def _refuse_unknown(what: str, spec: Spec, given: Mapping[str, Any], before: str = "") -> None:
    unknown = sorted(str(name) for name in given if name not in spec)
    if unknown:
        msg = "; ".join(f"{what} {before}{name}; {near(name, spec)}" for name in unknown)
        raise ValueError(msg)


def _sentence(message: str, given: Mapping[str, Any], spec: Spec) -> str:
    match = _WRONG_TYPE.match(message)
    if match is None:
        return message
    values = given.get(match["outer"], {}) if match["outer"] else given
    name = f"{match['outer']}.{match['name']}" if match["outer"] else match["name"]
    each = "each element of " if match["element"].lower().startswith("elements") else ""
    words = TYPES.get(match["type"], match["type"])
    if match["type"] == "list" and spec.get(name, {}).get("elements") == "path":
        words = PATHS
    return f"{each}{name} must be {words}, not {values.get(match['name'])!r}"
