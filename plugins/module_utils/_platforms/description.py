# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Descriptions of platforms: the format of the own definitions, of the corrections, and of users' files."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._drivers._reader.questions import Dialog
from .._drivers.configuration import SHORTEST_REPLY, enters_configuration
from .model import CONFIGURATION, PRIVILEGED, SHELL, USER, Mode, Platform, PlatformError, Step
from .scrapli import ASKS_SECRET, excludes_of, pattern_of
from .shapes import ANY

MODES = {"configuration": CONFIGURATION, "shell": SHELL, "privileged": PRIVILEGED, "user": USER}
# Key: what its value is, for messages
KEYS = {
    "like": "the name of a platform",
    "names": "a list of texts",
    "prompts": f"a dictionary of {', '.join(MODES)} and patterns",
    "enable": "a line",
    "enter": "a line",
    "open": "a list of lines",
    "paging": "a list of lines",
    "close": "a line",
    "failures": "a list of texts",
    "dialogs": "a list of dictionaries with question and answer, key or message",
    "asks_login": "true or false",
    "ntc": "a name in ntc-templates",
}
SEE = "docs/platforms.md of the collection lists all names"
DIALOG = ("question", "answer", "key", "message", "when")
WHEN = ("login", "command", "any")
LISTS = ("names", "open", "paging", "failures")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_IN_PATTERN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SENT = ("enable", "enter", "open", "paging", "close")  # the keys whose lines are sent
LINES = ("like", "enable", "enter", "close", "ntc")


def platform_of(name: str, description: Mapping[str, Any], base: Platform | None = None) -> Platform:
    """Return the platform of a description. What it does not say is as in the base, if there is one."""
    modes, order = _modes(description, base)
    goal = next((mode for mode in (PRIVILEGED, USER) if mode in modes), None)
    before = base.on_open if base else ()
    lines = description.get("open")
    sent = (
        [step for step in before if step.kind != "enter"] if lines is None else [Step("send", each) for each in lines]
    )
    enter = next((step for step in before if step.kind == "enter" and step.text in modes), None)
    if "prompts" in description or "enter" in description or "enable" in description or enter is None:
        enter = Step("enter", goal) if goal else None
    dialogs = tuple(map(_dialog, description.get("dialogs", ())))
    return Platform(
        name=name,
        modes=modes,
        by_exactness=order,
        on_open=(*((enter,) if enter else ()), *sent),
        on_close=description.get("close", base.on_close if base else None),
        paging_lines=tuple(description.get("paging", base.paging_lines if base else ())),
        failures=tuple(description.get("failures", base.failures if base else ())),
        dialogs=(*dialogs, *(base.dialogs if base else ())),
        asks_login=bool(description.get("asks_login", base.asks_login if base else False)),
        ntc=description.get("ntc", base.ntc if base else None),
    )


def _modes(description: Mapping[str, Any], base: Platform | None) -> tuple[dict[str, Mode], tuple[Mode, ...]]:
    prompts: Mapping[str, str] | None = description.get("prompts")
    if prompts is None and base is not None:
        patterns = {mode.name: (mode.prompt, mode.excludes) for mode in base.by_exactness}
    else:
        patterns = {
            MODES[kind]: (pattern_of(text), excludes_of(MODES[kind])) for kind, text in (prompts or ANY).items()
        }
    ways: dict[str, dict[str, tuple[Step, ...]]] = {
        name: {there: steps for there, steps in base.modes[name].ways.items() if there in patterns}
        if base and name in base.modes
        else {}
        for name in patterns
    }
    if description.get("enable") and USER in patterns and PRIVILEGED in patterns:
        ways[USER][PRIVILEGED] = (Step("ask", description["enable"], ASKS_SECRET),)
    # The user mode comes first only if a way leads from there to the privileged one.
    is_first = USER in patterns and (PRIVILEGED not in patterns or PRIVILEGED in ways[USER])
    main = USER if is_first else PRIVILEGED if PRIVILEGED in patterns else None
    if description.get("enter") and SHELL in patterns and main:
        ways[SHELL][main] = (Step("send", description["enter"]),)
    modes = {name: Mode(name, pattern, excludes, ways[name]) for name, (pattern, excludes) in patterns.items()}
    return modes, tuple(modes.values())


def _dialog(given: Mapping[str, str]) -> Dialog:
    phase = given.get("when", "login")
    return Dialog(
        question=re.compile(rf"(?:{given['question']})\s*\Z", re.IGNORECASE),
        answer=given.get("key", given.get("answer")),
        message=given.get("message", ""),
        phase="command" if phase == "command" else "any" if phase == "any" else "login",
        is_key="key" in given,
    )


# -- descriptions of users ---------------------------------------------------------------------------------------------


def check_descriptions(data: Any, where: str, known: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the descriptions of a file by name, after checking all of it.

    :param where: the file, for messages.
    :param known: the spellings of platforms and their names.
    :raises PlatformError: that names the file, the platform and the key.
    """
    if not isinstance(data, Mapping) or not data:
        msg = f"{where} must be a dictionary of platforms, such as {{acme_os: {{like: cisco_iosxe}}}}"
        raise PlatformError(msg)
    found: dict[str, dict[str, Any]] = {}
    for name, description in data.items():
        place = f"{where}: platform {name!r}"
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name):
            msg = f"{place}: a name has letters, digits, and the characters _ . -"
            raise PlatformError(msg)
        if not isinstance(description, Mapping):
            msg = f"{place} must be a dictionary with some of {', '.join(KEYS)}"
            raise PlatformError(msg)
        for problem in itertools.chain(_problems(description), _like_problems(description, data, known)):
            msg = f"{place}: {problem}"
            raise PlatformError(msg)
        if name.lower() in found:
            msg = f"{place} is described twice; upper case and lower case are the same in names"
            raise PlatformError(msg)
        found[name.lower()] = {str(key): _plain(value) for key, value in description.items()}
    return found


def _problems(description: Mapping[Any, Any]) -> Iterator[str]:
    for key in description:
        if key not in KEYS:
            near = difflib.get_close_matches(str(key), list(KEYS), n=1)
            yield f"key {str(key)!r} is not known; {_meant(near, KEYS)}"
    for key in LISTS:
        value = description.get(key, [])
        if not isinstance(value, list) or not all(_is_line(each) for each in value):
            yield f"{key} must be {KEYS[key]}{_without_control(value)}, not {value!r}"
    for key in LINES:
        value = description.get(key)
        if key in description and not _is_line(value):
            yield f"{key} must be {KEYS[key]}{_without_control([value])}, not {value!r}"
    for key in SENT:
        value = description.get(key, [])
        for line in [value] if isinstance(value, str) else value:
            yield from _configuration_problems(key, line)
            if "{{" in line:
                yield f"{key}: {line!r} has a template, and templates are not rendered in this file"
    if not isinstance(description.get("asks_login", False), bool):
        yield f"asks_login must be {KEYS['asks_login']}, not {description['asks_login']!r}"
    prompts = description.get("prompts", {})
    yield from _prompt_problems(prompts)
    missing = [mode for mode in ("user", "privileged") if mode not in prompts] if isinstance(prompts, Mapping) else []
    if prompts and missing and "enable" in description:
        yield (
            f"enable leads from the user mode to the privileged mode, so prompts must have both; add {missing[0]} to "
            "prompts, which are not taken from like"
        )
    yield from _dialog_problems(description.get("dialogs", []))


def _like_problems(description: Mapping[Any, Any], data: Mapping[Any, Any], known: Mapping[str, str]) -> Iterator[str]:
    like = description.get("like")
    if like is None or str(like).strip().lower() in known:
        return
    if str(like).strip().lower() in {str(name).lower() for name in data}:
        yield f"like: {like!r} is a platform of this file; like must be one of the collection; {SEE}"
    near = difflib.get_close_matches(str(like).lower(), list(known), n=4, cutoff=0.5)
    yield f"like: platform {like!r} is not known; {_near(near)}{SEE}"


def _prompt_problems(prompts: Any) -> Iterator[str]:
    if not isinstance(prompts, Mapping):
        yield f"prompts must be {KEYS['prompts']}, not {prompts!r}"
        return
    for kind, text in prompts.items():
        if kind not in MODES:
            near = difflib.get_close_matches(str(kind), list(MODES), n=1)
            yield f"prompts: mode {str(kind)!r} is not known; {_meant(near, MODES)}"
        else:
            yield from _pattern_problems(f"prompts.{kind}", text)


def _dialog_problems(dialogs: Any) -> Iterator[str]:
    if not isinstance(dialogs, list) or not all(isinstance(each, Mapping) for each in dialogs):
        yield f"dialogs must be {KEYS['dialogs']}, not {dialogs!r}"
        return
    for number, dialog in enumerate(dialogs, 1):
        place = f"dialogs, entry {number}"
        for key in dialog:
            if key not in DIALOG:
                near = difflib.get_close_matches(str(key), DIALOG, n=1)
                yield f"{place}: key {str(key)!r} is not known; {_meant(near, DIALOG)}"
        if "question" not in dialog:
            yield f"{place} has no question"
        else:
            yield from _pattern_problems(f"{place}, question", dialog["question"])
        if len({"answer", "key", "message"} & dialog.keys()) != 1:
            yield f"{place} must have exactly one of answer, key and message"
        for key in ("answer", "key", "message"):
            value = dialog.get(key, "a text")
            if not isinstance(value, str) or "\n" in value or "\r" in value or (key != "answer" and not value):
                yield f"{place}: {key} must be a text, not {value!r}"
            elif key != "key" and _CONTROL.search(value):  # a key can be Ctrl+C
                yield f"{place}: {key} must be a text without control characters, not {value!r}"
        answer = dialog.get("answer")
        if isinstance(answer, str) and len(answer) >= SHORTEST_REPLY:
            yield from _configuration_problems(f"{place}: answer", answer)
        if dialog.get("when", "any") not in WHEN:
            yield f"{place}: when must be one of {', '.join(WHEN)}, not {dialog['when']!r}"


def _configuration_problems(place: str, line: str) -> Iterator[str]:
    if enters_configuration(line):
        yield (
            f"{place}: {line!r} enters configuration mode. The collection refuses such lines, and no option allows "
            "them; correct or remove it"
        )


def _pattern_problems(place: str, text: Any) -> Iterator[str]:
    if not isinstance(text, str) or not text:
        yield f"{place} must be a regular expression, not {text!r}"
        return
    if _CONTROL_IN_PATTERN.search(text):
        yield f"{place} has a control character; write the pattern in single quotes: {text!r}"
        return
    try:
        pattern = re.compile(text, re.MULTILINE | re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        yield f"{place} is not a regular expression ({error}): {text!r}"
    else:
        if pattern.search(""):
            yield f"{place} must not match an empty text: {text!r}"


def _meant(near: list[str], all_of_them: Iterable[str]) -> str:
    return f"did you mean {near[0]}?" if near else f"use {', '.join(all_of_them)}"


def _near(near: list[str]) -> str:
    return f"near matches: {', '.join(near)}; " if near else ""


def _is_line(value: object) -> bool:
    return isinstance(value, str) and bool(value) and not _CONTROL.search(value)


def _without_control(values: Any) -> str:
    """Return what a message adds if the values are texts with control characters."""
    texts = isinstance(values, list) and all(isinstance(each, str) for each in values)
    return " without control characters" if texts and any(map(_CONTROL.search, values)) else ""


def _plain(value: Any) -> Any:
    """Return a value without types of Ansible or YAML, which can be sent to a worker or a poller."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, str) else value
