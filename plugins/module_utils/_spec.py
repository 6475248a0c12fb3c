# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of rollcall.network.collect, for the action, the module and the lookup."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.common.validation import check_type_bytes, check_type_float, check_type_int

from ._arguments import listed, validated
from ._bounds import check_number
from ._changes import ALL, Changes
from ._device import Command, Reply
from ._drivers.read_only import check_patterns
from ._drivers.registry import check_name
from ._platforms import PlatformError, platform_name

PARSERS = ("none", "auto", "json", "textfsm")

ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "hosts": {"type": "list", "elements": "str", "required": True},
    "commands": {"type": "list", "elements": "raw"},
    "allow_commands": {"type": "list", "elements": "str"},
    "driver": {"type": "str"},
    "function": {"type": "str"},
    "function_args": {"type": "dict"},
    "function_vars": {"type": "list", "elements": "str"},
    "parser": {"type": "str", "choices": list(PARSERS)},
    "rows_required": {"type": "bool"},
    "workers": {"type": "int"},
    "device_timeout": {"type": "float", "default": 60},
    "connect_timeout": {"type": "float"},
    "command_timeout": {"type": "float"},
    "deadline": {"type": "float"},
    "retries": {"type": "int", "default": 1},
    "logins_per_second": {"type": "float"},
    "max_open_logins": {"type": "int"},
    "limits": {"type": "dict"},
    "login_canary": {"type": "int", "default": 1},
    "login_failure_limit": {"type": "int", "default": 3},
    "max_fail_percentage": {"type": "float"},
    "group_max_fail_percentage": {"type": "dict"},
    "max_output": {"type": "str"},
    "transcript": {"type": "bool"},
    "known_hosts": {"type": "list", "elements": "path"},
    "platforms": {"type": "list", "elements": "path"},
    "output_dir": {"type": "path"},
    "return_output": {"type": "bool", "default": True},
    "resume": {"type": "bool", "default": False},
    "only": {"type": "str", "choices": ["failed"]},
    "keep": {"type": "dict", "options": {"runs": {"type": "int"}, "days": {"type": "float"}}},
    "ignore_changes": {"type": "dict"},
    "stale_after": {"type": "float"},
    "suspicious": {"type": "str", "choices": ["warn", "fail"], "default": "warn"},
    "history": {"type": "bool", "default": False},
    "redact": {"type": "str", "choices": ["reports", "all", "none"], "default": "reports"},
    "plan": {"type": "bool", "default": False},
}

NEEDED = ("output_dir",)  # arguments that others require

_ABOVE_ZERO = (
    "workers",
    "device_timeout",
    "connect_timeout",
    "command_timeout",
    "deadline",
    "logins_per_second",
    "max_open_logins",
    "max_output",
    "stale_after",
)


def check_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Validate and convert the arguments, and add defaults.

    :raises ValueError: if an argument is invalid.
    """
    given = dict(arguments)
    given["commands"] = listed(given.get("commands"))
    if isinstance(given["commands"], str):  # Ansible would split it at commas
        # A text without a line, such as of a survey, leaves each device its own commands.
        given["commands"] = _lines(given["commands"]) or None
    for_each = given.pop("function_args", None)  # a template for each host is no dictionary yet
    if for_each is not None and not isinstance(for_each, (str, Mapping)):
        msg = f"function_args must be a dictionary of keyword arguments, not {for_each!r}"
        raise ValueError(msg)
    values = validated(ARGUMENT_SPEC, given)
    values["function_args"] = for_each
    names = [str(name) for name in values["hosts"]]
    # Ansible splits a string at commas and keeps the blanks.
    values["hosts"] = [name.strip() for name in names] if isinstance(given["hosts"], str) else names
    if values["max_output"] is not None:
        values["max_output"] = _size("max_output", values["max_output"])
    for name in _ABOVE_ZERO:
        if values[name] is not None and not values[name] > 0:
            msg = f"{name} must be above 0, not {given[name]}"
            raise ValueError(msg)
    if values["retries"] < 0:
        msg = f"retries must be 0 or more, not {values['retries']}"
        raise ValueError(msg)
    check_login_limits(values)
    values["limits"] = check_limits(values["limits"])
    check_percentages(values)
    if values["output_dir"] is not None and not values["output_dir"].strip():
        msg = "output_dir must not be empty"
        raise ValueError(msg)
    if not values["return_output"] and values["output_dir"] is None:
        msg = "return_output: false requires output_dir"
        raise ValueError(msg)
    for name in ("resume", "only", "keep", "ignore_changes", "stale_after", "history", "transcript"):
        if values[name] and values["output_dir"] is None:
            msg = f"{name} requires output_dir"
            raise ValueError(msg)
    _check_keep(values["keep"])
    if values["ignore_changes"] is not None:
        values["ignore_changes"] = _check_ignore(values["ignore_changes"])
    if values["driver"] is not None:
        check_name(values["driver"])
    if values["function_vars"] is not None:
        check_function_vars(values["function_vars"])
    if values["allow_commands"] is not None:
        check_patterns(
            [given["allow_commands"]] if isinstance(given["allow_commands"], str) else values["allow_commands"]
        )
    if values["commands"] is not None:
        check_commands(values["commands"], values["parser"])
    return values


def check_login_limits(values: Mapping[str, Any]) -> None:
    """
    :raises ValueError: if a limit of logins is wrong.
    """
    for name in _LIMITS:
        if values[name] is not None:
            _above_zero(name, _LIMITS[name], values[name])
    for name in ("login_canary", "login_failure_limit"):
        number = values[name]
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            msg = f"{name} must be 0 or more, not {number!r}"
            raise ValueError(msg)
    check_limits(values["limits"])


def check_limits(given: Mapping[str, Any] | None) -> dict[str, dict[str, Any]] | None:
    """Validate and convert the limits by the name of a host variable.

    :raises ValueError: if one is wrong.
    """
    if given is None:
        return None
    if not isinstance(given, Mapping):
        msg = f"limits must be a dictionary by the name of a host variable, not {given!r}"
        raise ValueError(msg)
    limits: dict[str, dict[str, Any]] = {}
    for name, each in given.items():
        if not isinstance(name, str) or not name.isidentifier():
            msg = f"limits must have names of host variables, and {name!r} is not one"
            raise ValueError(msg)
        if not isinstance(each, Mapping) or not each or not each.keys() <= _LIMITS.keys():
            msg = f"limits.{name} must be a dictionary of {' or '.join(_LIMITS)}, not {each!r}"
            raise ValueError(msg)
        limits[str(name)] = {str(key): _above_zero(f"limits.{name}.{key}", _LIMITS[key], each[key]) for key in each}
    return limits


_LIMITS: dict[str, Callable[[Any], Any]] = {"logins_per_second": check_type_float, "max_open_logins": check_type_int}


def _above_zero(name: str, convert: Callable[[Any], Any], given: Any) -> Any:
    msg = f"{name} must be a number above 0, not {given!r}"
    try:
        number = convert(given)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(msg) from error
    if isinstance(given, bool) or not number > 0:
        raise ValueError(msg)
    check_number(name, number, given)
    return number


def check_percentages(values: dict[str, Any]) -> None:
    """Convert the limits of the verdict, in place.

    :raises ValueError: if one is not a percentage.
    """
    if values["max_fail_percentage"] is not None:
        _percentage("max_fail_percentage", values["max_fail_percentage"])
    if values["group_max_fail_percentage"] is not None:
        values["group_max_fail_percentage"] = {
            str(group): _percentage(f"group_max_fail_percentage of {group}", percentage)
            for group, percentage in values["group_max_fail_percentage"].items()
        }


def _percentage(name: str, given: Any) -> float:
    msg = f"{name} must be between 0 and 100, not {given!r}"
    try:
        percentage = float(check_type_float(given))
    except (TypeError, OverflowError) as error:
        raise ValueError(msg) from error
    if not 0 <= percentage <= 100:
        raise ValueError(msg)
    return percentage


def _check_keep(keep: Mapping[str, Any] | None) -> None:
    if keep is None:
        return
    runs, days = keep["runs"], keep["days"]
    if runs is None and days is None:
        msg = "keep must have runs, days, or both"
        raise ValueError(msg)
    if runs is not None and runs < 1:
        msg = f"keep.runs must be 1 or more, not {runs}"
        raise ValueError(msg)
    if days is not None and not days > 0:
        msg = f"keep.days must be above 0, not {days}"
        raise ValueError(msg)


def _check_ignore(given: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the rules by definition name of each platform."""
    ignore: dict[str, list[str]] = {}
    for platform, rules in given.items():
        rules = [rules] if isinstance(rules, str) else rules
        if not isinstance(rules, (list, tuple)) or not all(isinstance(rule, str) for rule in rules):
            msg = f"ignore_changes.{platform} must be a list of regular expressions"
            raise ValueError(msg)
        name = ALL if platform == ALL else _ignored_platform(str(platform))
        ignore.setdefault(name, []).extend(map(str, rules))
    Changes(ignore)
    return ignore


def _ignored_platform(spelling: str) -> str:
    try:
        return platform_name(spelling)
    except PlatformError as error:
        msg = f"ignore_changes: {error}; use {ALL} for every platform"
        raise ValueError(msg) from error


def check_function_vars(names: Any) -> tuple[str, ...]:
    """
    :raises ValueError: if this is not a list of names of variables.
    """
    names = [names] if isinstance(names, str) else names
    if not isinstance(names, (list, tuple)):
        msg = f"function_vars must be a list of names of variables, not {names!r}"
        raise ValueError(msg)
    for name in names:
        if not isinstance(name, str) or not name.isidentifier():
            msg = f"function_vars must be names of variables, and {name!r} is not one"
            raise ValueError(msg)
    return tuple(dict.fromkeys(map(str, names)))


def check_commands(commands: Any, parser: str | None) -> tuple[Command, ...]:
    """Parse the commands of a task or of ``rollcall_commands``: a text with one per line, or a list of lines and dicts.

    A command that is there twice is sent once: a dictionary counts, rather than a line alone.

    :param parser: for commands without a parser.
    :raises ValueError: if a command is invalid, or if two dictionaries of it differ.
    """
    commands = listed(commands)
    if isinstance(commands, str):
        commands = _lines(commands)
    if not isinstance(commands, (list, tuple)):
        msg = f"commands must be a list of lines, not {commands!r}"
        raise ValueError(msg)
    made: dict[str, Command] = {}
    explicit: dict[str, Command] = {}  # of dictionaries
    for each in commands:
        given = {"command": each} if isinstance(each, str) else each
        if not isinstance(given, Mapping) or not {"command"} <= set(given) <= {"command", "parser", "answers"}:
            msg = f"each element of commands must be a line, or a dictionary of command, parser, answers, not {each!r}"
            raise ValueError(msg)
        text = given["command"].strip() if isinstance(given["command"], str) else ""
        if not text or not text.isprintable():
            msg = f"a command must be one line of text, not {given['command']!r}"
            raise ValueError(msg)
        chosen = str(given.get("parser") or parser or "none")
        if chosen not in PARSERS:
            msg = f"the parser of {text!r} must be one of {', '.join(PARSERS)}, not {chosen!r}"
            raise ValueError(msg)
        answers = _answers(text, given.get("answers") or ())
        command = Command(text, None if chosen == "none" else chosen, answers)
        if given is not each:
            made.setdefault(text, command)
            continue
        if explicit.setdefault(text, command) != command:
            msg = f"{text!r} is listed twice, with other options; an answer has one parser and one list of answers"
            raise ValueError(msg)
        made[text] = command
    return tuple(made.values())


def _answers(command: str, answers: Any) -> tuple[Reply, ...]:
    """Parse the questions that a device may ask after a command, and the answers."""
    if not isinstance(answers, (list, tuple)):
        msg = f"answers of {command!r} must be a list of question and answer, not {answers!r}"
        raise ValueError(msg)
    made = []
    for each in answers:
        if not isinstance(each, Mapping) or set(each) not in ({"question", "answer"}, {"question", "key"}):
            msg = f"each element of answers of {command!r} must be a dictionary of question and answer (or key)"
            raise ValueError(msg)
        kind = "key" if "key" in each else "answer"
        question, answer = each["question"], each[kind]
        if not isinstance(question, str) or not question.strip() or not question.isprintable():
            msg = f"a question of {command!r} must be a part of one line of text, not {question!r}"
            raise ValueError(msg)
        if isinstance(answer, int) and not isinstance(answer, bool):
            answer = str(answer)
        if not isinstance(answer, str) or not answer.isprintable():
            hint = ", not a truth value; put it in quotes" if isinstance(answer, bool) else ""
            msg = f"the {kind} to {question!r} of {command!r} must be one line of text{hint}"
            raise ValueError(msg)
        if kind == "key" and len(answer) != 1:
            msg = f"the key to {question!r} of {command!r} must be one character, not {answer!r}; use answer for a line"
            raise ValueError(msg)
        made.append(Reply(str(question.strip()), str(answer), kind == "key"))
    return tuple(made)


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _size(name: str, value: str) -> int:
    """Return the bytes of a size such as 64M. The documentation of a lookup cannot have Ansible's type ``bytes``."""
    try:
        return int(check_type_bytes(value))
    except TypeError:
        msg = f"{name} must be a size such as 64M, not {value!r}"
        raise ValueError(msg) from None
