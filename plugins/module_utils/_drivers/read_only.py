# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a command only reads, and whether it may be sent. Each command line is checked before any login.

A command may be sent if it only reads (``_platforms.read_only``), or if the user allows it. What enters configuration
mode is always refused. A command is sent a second time, after a session that was lost, only if it only reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .._device import Command, Device, Reply
from .._platforms.model import LEARNED, PlatformError
from .._platforms.names import platform_name
from .._result import Error
from .configuration import SHORTEST_REPLY, enters_configuration
from .reading import reads

LONGEST_PATTERN = 512  # characters of a pattern of the user
MOST_PATTERNS = 1000
DENIALS = frozenset({"n", "no", "q"})  # replies to a question that confirm nothing

_OPERATORS = re.compile(r"([][;|&<>`$\\(){}]+)")  # an asterisk of the user does not stand for them
_SHELLS = frozenset({"linux", "cumulus_linux"})
_QUOTED = re.compile(r'"[^"]*"')
OPERATORS = "; | & < > ` $ \\ ( ) [ ] { }"


def only_reads(device: Device, command: Command) -> bool:
    """Return whether a command changes nothing, so that it may be sent without a permission, and again."""
    return reads(_platform(device), command.text) and not any(map(_confirms, command.answers))


def _confirms(reply: Reply) -> bool:
    return reply.text.lower() not in DENIALS and not (reply.is_key and reply.text == " ")


def refusal_of(device: Device) -> Error | None:
    """Return why nothing is sent to a device: a command that is neither read-only nor allowed. None if all are.

    Every line of the user that is sent goes through here before the login, so other places need no check.
    """
    message = _reason(device)
    return None if message is None else Error("resolve", "not_read_only", message)


def _reason(device: Device) -> str | None:
    lines = list(dict.fromkeys(_lines(device)))
    if strange := [repr(line) for line in lines if not line.isprintable()]:
        return f"{_named(strange)} {_be(strange)} not one line of printable text; correct {_it(strange)}"
    entered = dict.fromkeys((*lines, *_replies(device)))
    if configuring := [repr(line) for line in entered if enters_configuration(line)]:
        enter = "enters" if len(configuring) == 1 else "enter"
        return (
            f"{_named(configuring)} {enter} configuration mode. The collection refuses such commands, and no option "
            f"allows them; remove {_it(configuring)}"
        )
    if helped := [repr(each.text) for each in device.commands if _asks_for_help(_platform(device), each.text)]:
        has = "has" if len(helped) == 1 else "have"
        return (
            f"{_named(helped)} {has} a question mark. A device shows its help at this character, and reads the line "
            "without it; remove it"
        )
    others = [each for each in device.commands if not only_reads(device, each) and not is_allowed(device, each.text)]
    if not others:
        return None
    said = [f"{each.text!r}{_with_answers(device, each)}" for each in others]
    unknown = " No platform is known for the device: set ansible_network_os first." if device.platform_note else ""
    return (
        f"{_named(said)} {_be(said)} not in the list of read-only commands of platform {device.platform or LEARNED}."
        f"{unknown} To send {_it(said)} anyway, add {_it(said)} to allow_commands of the task or to "
        f"rollcall_allow_commands of the device{_hint(device, [each.text for each in others])}"
    )


def _asks_for_help(platform: str, line: str) -> bool:
    """Return whether a device takes a character of the line for a request to show its help at once."""
    if platform in _SHELLS:
        return False
    return "?" in (_QUOTED.sub("", line) if platform == "juniper_junos" else line)


def _with_answers(device: Device, command: Command) -> str:
    return " with its answers" if command.answers and reads(_platform(device), command.text) else ""


def _named(lines: list[str]) -> str:
    *first, last = lines
    return f"{', '.join(first)} and {last}" if first else last


def _be(lines: list[str]) -> str:
    return "is" if len(lines) == 1 else "are"


def _it(lines: list[str]) -> str:
    return "it" if len(lines) == 1 else "them"


def _hint(device: Device, lines: list[str]) -> str:
    """Return how the privileged mode is entered, or what an asterisk does not stand for in an entry of the user."""
    if any(line.split()[:1] in (["enable"], ["en"]) for line in lines):
        return ". To enter the privileged mode, set ansible_become: true instead"
    patterns = [_without_operators(each) for each in device.allow_commands if "*" in each]
    for line in lines:
        plain = _without_operators(line)
        if plain != _in_one_line(line) and any(_fits(each, plain) for each in patterns):
            return f". The * in an entry does not stand for {OPERATORS}, so write these characters in the entry"
    return ""


def is_allowed(device: Device, line: str) -> bool:
    """Return whether a pattern of the user stands for this line."""
    return any(matches(pattern, line) for pattern in device.allow_commands)


def check_patterns(given: object) -> tuple[str, ...]:
    """Return the patterns of ``allow_commands``.

    :raises ValueError: for what is not a list of them.
    """
    patterns = [given] if isinstance(given, str) else given
    if not isinstance(patterns, (list, tuple)) or not all(isinstance(each, str) for each in patterns):
        msg = f"allow_commands must be a list of commands, in which * stands for any text, not {given!r}"
        raise ValueError(msg)
    if len(patterns) > MOST_PATTERNS:
        msg = f"allow_commands must have at most {MOST_PATTERNS} patterns, not {len(patterns)}"
        raise ValueError(msg)
    for pattern in patterns:
        if not pattern.strip() or not pattern.isprintable() or len(pattern) > LONGEST_PATTERN:
            msg = (
                f"a pattern of allow_commands must be one line of at most {LONGEST_PATTERN} characters, not {pattern!r}"
            )
            raise ValueError(msg)
        if enters_configuration(pattern):
            msg = f"allow_commands cannot allow {pattern!r}: commands that enter configuration mode are always refused"
            raise ValueError(msg)
    return tuple(map(str, patterns))


def matches(pattern: str, line: str) -> bool:
    """Return whether a pattern stands for the whole line. Runs of blanks are one blank.

    ``*`` stands for any text without ``OPERATORS``: with them, a line can have further commands, or a script. The work
    is at most the product of both lengths.
    """
    parts = _OPERATORS.split(_in_one_line(pattern))
    given = _OPERATORS.split(_in_one_line(line))
    return (
        len(parts) == len(given)
        and parts[1::2] == given[1::2]
        and all(map(_fits, (part.strip() for part in parts[::2]), (part.strip() for part in given[::2])))
    )


def _without_operators(text: str) -> str:
    return _in_one_line(_OPERATORS.sub(" ", text))


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _fits(pattern: str, text: str) -> bool:
    first, *others = pattern.split("*")
    if not others:
        return pattern == text
    *middle, last = others
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


def _platform(device: Device) -> str:
    """Return the platform whose rules count. They are those of the platform that a user's own one is like."""
    if device.definition is None:
        return device.platform or LEARNED
    try:
        return platform_name(str(device.definition.get("like") or LEARNED))
    except PlatformError:
        return LEARNED


def _replies(device: Device) -> Iterator[str]:
    """The lines that answer a question, without short ones such as ``c`` for continue."""
    for command in device.commands:
        yield from (reply.text for reply in command.answers if len(reply.text) >= SHORTEST_REPLY)
    for dialog in (device.definition or {}).get("dialogs") or ():
        answer = dialog.get("answer") if isinstance(dialog, dict) else None
        if isinstance(answer, str) and len(answer) >= SHORTEST_REPLY:
            yield answer


def _lines(device: Device) -> Iterator[str]:
    """The lines that are sent to a device because of its commands and the user's own platform."""
    for command in device.commands:
        yield command.text
    definition = device.definition or {}
    for key in ("enable", "enter", "close"):
        if isinstance(definition.get(key), str):
            yield definition[key]
    for key in ("open", "paging"):
        yield from definition.get(key) or ()
