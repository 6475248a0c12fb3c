# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the variables that users set, once per run, before the first login."""

from __future__ import annotations

import difflib
import os
import pathlib
import re
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._arguments import validated
from ansible_collections.rollcall.network.plugins.module_utils._some import some
from ansible_collections.rollcall.network.plugins.module_utils._spec import NEEDED, check_arguments, check_percentages
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import VARIABLES
from ansible_collections.rollcall.network.plugins.plugin_utils._plain import holds_no_template
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._names import USED
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._table import (
    HOST,
    PREFIX,
    RESULTS,
    ROLE,
    Variable,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._unresolved import reason_of
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import allowed_of
from ansible_collections.rollcall.network.plugins.plugin_utils._webhook import headers_of

# Variables for users. KNOWN also has those that only the playbooks and roles of the collection use.
OFFERED = frozenset(variable.name for variable in (*ROLE, *HOST)) | {
    name for names in VARIABLES.values() for name in names if name.startswith(PREFIX)
}
KNOWN = OFFERED | RESULTS.keys() | USED
# An address and headers may hold a token.
SECRET = ("rollcall_webhook_url", "rollcall_webhook_headers", "rollcall_webhook_token")
# A type in words.
WORDS = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "bytes": "a size such as 64M",
    "list": "a list",
    "dict": "a dictionary",
    "path": "a path",
}


def check_role(
    variables: Mapping[str, Any],
    template: Callable[[Any], Any],
    groups: Mapping[str, Iterable[str]],
    *,
    plays: Container[str],
) -> dict[str, Any]:
    """The variables of the role that are set, converted.

    :param template: resolves a value.
    :param groups: the groups of the inventory, and their hosts.
    :param plays: the playbooks whose variables are checked; see ``Variable.play``.
    :raises ValueError: with all problems.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    omitted = variables.get("omit", object())
    for variable in ROLE:
        if variable.play not in plays or variable.name not in variables:
            continue
        try:
            given = template(variables[variable.name])
        except Exception as error:  # a lookup can raise any exception
            reason = reason_of(error, secret=variable.name in SECRET, mask=str)
            problems.append(f"{variable.name} cannot be resolved: {reason}")
            continue
        # A survey of AWX passes an empty text if there is no answer.
        if given is None or given == omitted or (given == "" and "choices" in variable.type):
            continue
        try:
            values[variable.name] = _converted(variable, given)
        except ValueError as error:
            problems.append(str(error))
    problems += _limits(values, groups) + _headers(values)
    if values.get("rollcall_metrics_file"):
        problems += _metrics(values["rollcall_metrics_file"])
    if not problems:
        problems = _as_arguments(values)
    if problems:
        raise ValueError("; ".join(problems))
    return values


def check_extra(extra: Mapping[str, Any]) -> None:
    """Check that Ansible has understood the variables of ``-e``. It ends a value without quotes at its first blank.

    :raises ValueError: if it has ignored the rest of one, and there are variables of this collection.
    """
    ignored = extra.get("_raw_params")
    if ignored and any(str(name).startswith(PREFIX) for name in extra):
        msg = (
            f"-e: Ansible ends a value without quotes at its first blank, so {str(ignored)!r} is in no variable. "
            """Use JSON, such as -e '{"rollcall_commands": ["show version"]}'"""
        )
        raise ValueError(msg)


def check_for_all(variables: Mapping[str, Any], arguments: Mapping[str, Any] | None = None) -> None:
    """Check variables of each device that are set to the same value for all, in the play or with ``-e``.

    :param arguments: those of the task. A variable can depend on them.
    :raises ValueError: with all problems. A template is left to each device.
    """
    problems = []
    needed = {name: value for name, value in (arguments or {}).items() if name in NEEDED}
    for variable in HOST:
        given = variables.get(variable.name)
        if given is None or not variable.tasks or not holds_no_template(given):
            continue
        try:
            value = _converted(variable, given)
            check_arguments({"hosts": [], **needed, variable.takes: value})
        except ValueError as error:
            problems.append(_named(str(error), variable))
    if problems:
        raise ValueError("; ".join(problems))


def _as_arguments(values: Mapping[str, Any]) -> list[str]:
    """The problem that the task would find in its arguments, with the name of the role's variable."""
    variables = {each.takes: each for each in ROLE if "collect" in each.tasks and values.get(each.name) is not None}
    arguments = {takes: values[each.name] for takes, each in variables.items()}
    if arguments.get("commands") == "":
        del arguments["commands"]
    arguments["output_dir"] = arguments.get("output_dir") or "-"  # the default
    try:
        check_arguments({"hosts": [], **arguments})
    except ValueError as error:
        text = str(error)
        found = [variable for takes, variable in variables.items() if re.search(rf"(?<![\w]){takes}(?!\w)", text)]
        return [_named(text, found[0]) if found else text]
    return []


def _named(text: str, variable: Variable) -> str:
    """The message with the name of the variable for that of the argument."""
    return re.sub(rf"(?<!\w){variable.takes}(?!\w)", variable.name, text, count=1)


def formats_of(values: Mapping[str, Any]) -> list[str]:
    """The formats that the role writes, given its checked variables."""
    formats = list(values.get("rollcall_formats") or ())
    return [*formats, "prom"] if values.get("rollcall_metrics_file") else formats


def wrong_variables(variables: Mapping[str, Any] | Iterable[str], offered: Iterable[str] | None = None) -> list[str]:
    """What is wrong with variables of a role: names that are not known, and values of variables of the role collect.

    :param variables: names and values, or names alone.
    :param offered: the names for users; by default those of the role collect.
    """
    names = OFFERED if offered is None else frozenset(offered)
    known = names if offered is None else names | USED
    problems = [
        f"variable {name} is not known{_near(name, names, PREFIX) or '; ansible-doc -t role shows the variables'}"
        for name in map(str, variables)
        if name.startswith(PREFIX) and name not in known
    ]
    given = variables if isinstance(variables, Mapping) else {}
    values: dict[str, Any] = {}
    for variable in ROLE:
        if given.get(variable.name) is not None:
            try:
                values[variable.name] = _converted(variable, given[variable.name])
            except ValueError as error:
                problems.append(str(error))
    return problems or _headers(values) + _as_arguments(values)


class HostNames:
    """Checks the names of the variables of each host."""

    def __init__(self, set_by_tasks: Callable[[str], Container[str]], columns: Iterable[str] = ()) -> None:
        """
        :param set_by_tasks: returns the variables of a host that tasks registered or set. Any name is allowed for them.
        :param columns: host variables that at least one host must have.
        """
        self._set_by_tasks = set_by_tasks
        self._columns = dict.fromkeys(columns)
        self._seen: set[str] = set()
        self._hosts = 0
        self._unknown: dict[str, list[str]] = {}

    def look_at(self, host: str, variables: Mapping[str, Any]) -> None:
        """Record unknown names of this host's variables."""
        self._hosts += 1
        for name in variables:
            if name.startswith(PREFIX) and name not in KNOWN and name not in self._set_by_tasks(host):
                self._unknown.setdefault(name, []).append(host)
        if self._columns:
            self._columns = {column: None for column in self._columns if column not in variables}
            self._seen.update(variables)

    def check(self) -> None:
        """
        :raises ValueError: for names that are not known and columns that no host has, with near matches.
        """
        problems = [self._said(name, hosts) for name, hosts in self._unknown.items()]
        if self._hosts:
            problems += [
                f"rollcall_columns: no host has a variable {column!r}{_near(column, self._seen)}"
                for column in self._columns
            ]
        if problems:
            raise ValueError("; ".join(problems))

    def _said(self, name: str, hosts: list[str]) -> str:
        whose = "" if len(hosts) == self._hosts > 1 else f" of {some(hosts)}"
        near = _near(name, OFFERED, PREFIX) or f"; names that begin with {PREFIX} are reserved; see the role's README"
        return f"variable {name}{whose}{_origin(name)} is not known{near}"


def _converted(variable: Variable, given: Any) -> Any:
    """The value, converted for the task.

    :raises ValueError: if it is invalid. The message does not show an address that may contain a token.
    """
    name, spec = variable.name, dict(variable.type)
    choices = spec.pop("choices", None)
    if spec["type"] == "raw" or (variable.argument == "commands"):
        return given
    secret = name in SECRET
    wrong = spec["type"] in ("str", "path") and not isinstance(given, (str, int, float))
    wrong = wrong or (spec["type"] == "dict" and not isinstance(given, (dict, str)))  # Ansible's validator would crash
    if wrong:
        shown = "" if secret else f", not {given!r}"
        msg = f"{name} must be {WORDS[spec['type']]}{shown}"
        raise ValueError(msg)
    try:
        value = validated({name: spec}, {name: given})[name]
    except ValueError as error:
        if not secret:
            raise
        msg = f"{name} must be {WORDS[spec['type']]}"
        raise ValueError(msg) from error
    if name == "rollcall_webhook_url" and value and not re.match(r"https?://[^/\s]+\S*\Z", value):
        msg = f"{name} must be an address that begins with http:// or https://"
        raise ValueError(msg)
    for each in (value if isinstance(value, list) else [value]) if choices else ():
        if each not in choices:
            if len(choices) == 1:
                msg = f"{name} must be {choices[0]}, not {each!r}"
                raise ValueError(msg)
            near = difflib.get_close_matches(str(each), choices, n=3)
            hint = f"; near matches: {', '.join(near)}" if near else ""
            msg = f"{name}: {each!r} is not one of {', '.join(choices)}{hint}"
            raise ValueError(msg)
    return value


def _limits(values: Mapping[str, Any], groups: Mapping[str, Iterable[str]]) -> list[str]:
    names = "max_fail_percentage", "group_max_fail_percentage"
    limits = {name: values.get(PREFIX + name) for name in names}
    try:
        check_percentages(limits)
        allowed_of(limits, groups)
    except ValueError as error:
        return [f"{PREFIX}{error}"]
    return []


def _headers(values: Mapping[str, Any]) -> list[str]:
    try:
        headers_of(values.get("rollcall_webhook_headers"), values.get("rollcall_webhook_token"))
    except ValueError as error:
        return [re.sub(r"\bwebhook_", "rollcall_webhook_", str(error))]
    return []


def _metrics(given: str) -> list[str]:
    file = pathlib.Path(given).expanduser().absolute()
    if ".." in file.parts:  # the folder that it leads to can change, as with a link to a new release
        return [f"rollcall_metrics_file: {given} contains '..'; write {os.path.normpath(file)}"]
    if given.endswith("/") or file.is_dir():
        return [f"rollcall_metrics_file: {file} is a folder; name a file in it"]
    if not file.parent.is_dir():
        what = f"{file.parent} is not a folder" if file.parent.exists() else f"there is no folder {file.parent}"
        return [f"rollcall_metrics_file: {what}"]
    if not os.access(file.parent, os.W_OK | os.X_OK):
        return [f"rollcall_metrics_file: the folder {file.parent} cannot be written to"]
    return []


def _near(name: str, names: Iterable[str], prefix: str = "") -> str:
    """The names that are like this one, apart from the prefix that all of them have."""
    ends = sorted(each.removeprefix(prefix) for each in names)
    near = [prefix + end for end in difflib.get_close_matches(name.removeprefix(prefix), ends, n=3, cutoff=0.7)]
    return f"; near matches: {', '.join(near)}" if near else ""


def _origin(name: str) -> str:
    """Where a variable is written, as far as Ansible knows it."""
    try:
        from ansible._internal._datatag._tags import Origin
    except ImportError:
        return ""
    origin = Origin.get_tag(name)
    return f" ({origin})" if origin else ""
