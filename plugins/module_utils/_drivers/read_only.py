# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a command only reads, and whether it may be sent. Each command line is checked before any login.

A command may be sent if it only reads (``_platforms.read_only``), or if the user allows it. What enters or changes a
configuration is never sent. A command is sent a second time, after a session that was lost, only if it only reads.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from itertools import pairwise

from .._device import Command, Device, Reply
from .._platforms.model import LEARNED, PlatformError
from .._platforms.names import platform_name
from .._platforms.read_only import (
    ACTIONS,
    FLAGS,
    NETWORK,
    NUMBERS,
    READ_ONLY,
    SESSION,
    VALUES,
    WRITES,
    WRITING_FILTERS,
    Rules,
)
from .._result import Error
from .._some import some

LONGEST_PATTERN = 512  # characters of a pattern of the user
MOST_PATTERNS = 1000
NAMED = 3  # commands in a message
DENIALS = frozenset({"n", "no", "q"})  # replies to a question that confirm nothing

# A line that enters the configuration, or changes it. ``system-view`` has no arguments, and SAOS has ``system``.
_CONFIGURATION = re.compile(
    r"(?:^|[;&\n]|-c\s*[\"'])\s*/?(?:do\s+|admin\s+|run\s+)*"
    r"(?:con(?:f(?:i(?:g(?:u(?:r(?:e)?)?)?)?)?)?(?![\w-])|edit(?:-config)?(?![\w-])"
    r"|sys(?:t(?:e(?:m(?:-(?:v(?:i(?:e(?:w)?)?)?)?)?)?)?)?\s*(?:immediately\s*)?(?:[;&\"']|$))",
    re.IGNORECASE,
)
_ANYWHERE = re.compile(r"[`\x00-\x1f\x7f]|\$[({]")  # also within double quotes
_OUTSIDE = re.compile(r"[;<>&]")
_OF_A_SHELL = re.compile(r"[$!\\{}()]")
_IN_QUOTES = re.compile(r"[$!\\]")
_MENU_VALUES = re.compile(r"[][{}();$]|(?:^|\s)f\w*=")  # a script, and a file to write to
_OPERATORS = re.compile(r"([;|&<>`$\\]+)")  # an asterisk of the user does not stand for them
_NAME = re.compile(r"[\w.:%/@+~,*=-]+")


def enters_configuration(line: str) -> bool:
    """Return whether a line enters a device's configuration. It is never sent."""
    return _CONFIGURATION.search(line) is not None


def only_reads(device: Device, command: Command) -> bool:
    """Return whether a command changes nothing, so that it may be sent without a permission, and again."""
    return reads(_platform(device), command.text) and not any(map(_confirms, command.answers))


def _confirms(reply: Reply) -> bool:
    return reply.text.lower() not in DENIALS and not (reply.is_key and reply.text == " ")


def refusal_of(device: Device) -> Error | None:
    """Return why nothing is sent to a device: a command that is neither read-only nor allowed. None if all are."""
    configuring = [line for line in _lines(device) if enters_configuration(line)]
    if configuring:
        message = (
            f"{_quoted(configuring)} enters the configuration of the device, which is never done, so there was no "
            "login; no option allows it"
        )
        return Error("resolve", "not_read_only", message)
    others = [each for each in device.commands if not only_reads(device, each) and not is_allowed(device, each.text)]
    if not others:
        return None
    answered = " with its answers" if others[0].answers and reads(_platform(device), others[0].text) else ""
    message = (
        f"{_quoted([each.text for each in others])}{answered} is not known to only read on platform "
        f"{device.platform or LEARNED}, so there was no login; to send it, add {others[0].text!r} to allow_commands of "
        "the task or to rollcall_allow_commands of the device"
    )
    return Error("resolve", "not_read_only", message)


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
            msg = f"allow_commands cannot allow {pattern!r}, because the configuration of a device is never entered"
            raise ValueError(msg)
    return tuple(map(str, patterns))


def matches(pattern: str, line: str) -> bool:
    """Return whether a pattern stands for the whole line. Runs of blanks are one blank.

    ``*`` stands for any text without the operators of a shell. The work is at most the product of both lengths.
    """
    parts = _OPERATORS.split(" ".join(pattern.split()))
    given = _OPERATORS.split(" ".join(line.split()))
    return (
        len(parts) == len(given)
        and parts[1::2] == given[1::2]
        and all(map(_fits, (part.strip() for part in parts[::2]), (part.strip() for part in given[::2])))
    )


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


@functools.lru_cache(maxsize=4096)
def reads(platform: str, line: str) -> bool:
    """Return whether a line only reads on this platform."""
    rules = READ_ONLY.get(platform, NETWORK)
    if enters_configuration(line) or _ANYWHERE.search(line):
        return False
    segments = _segments(rules, line)
    if segments is None:
        return False
    first = segments[0] if rules.shell else segments[0].lower()
    words = first.split()
    if words[:1] == ["do"] and not rules.shell:
        del words[0]
    if not any(_is_like(entry, words) for entry in (*rules.commands, *SESSION)):
        return False
    if any(_is_like(entry, words) for entry in (*rules.writes, *WRITES)):
        return False
    return all(_is_filter(rules, before, each) for before, each in pairwise(segments))


def _segments(rules: Rules, line: str) -> list[str] | None:
    """Return what stands between the pipes, or None for a line with an operator of a shell or an open quote."""
    if not rules.quotes:
        return None if _OUTSIDE.search(line) else line.split("|")
    segments = [""]
    quote = ""
    for character in line:
        if quote:
            if quote == '"' and rules.shell and _IN_QUOTES.match(character):
                return None
            quote = "" if character == quote else quote
        elif character == '"' or (character == "'" and rules.shell):
            quote = character
        elif _OUTSIDE.match(character) or (rules.shell and _OF_A_SHELL.match(character)):
            return None
        elif character == "|":
            segments.append("")
            continue
        segments[-1] += character
    return None if quote else segments


def _is_filter(rules: Rules, before: str, text: str) -> bool:
    """Return whether what follows a pipe is a filter, or a further alternative of a pattern, as in ``a|b``."""
    words = text.lower().split()
    if any(_is_like(entry, words) for entry in rules.filters):
        return True
    if rules.quotes or not rules.filters or not words or before[-1:].isspace() or text[0].isspace():
        return False
    return not any(each.startswith(words[0]) or words[0].startswith(each) for each in WRITING_FILTERS)


def _is_like(entry: str, given: list[str]) -> bool:
    """Return whether a line is one of those that an entry of the table stands for."""
    expected = entry.split()
    for number, word in enumerate(expected):
        if word == "...":
            return number + 1 == len(expected) or any(_is_word(expected[number + 1], each) for each in given[number:])
        if word == "<probe>":
            return _is_probe(given[number:])
        if word == "<menu>":
            return _is_menu(expected[number + 1], given)
        if word in ("'<show>'", '"<show>"'):
            return _is_shown(word[0], " ".join(given[number:]))
        if number >= len(given) or not _is_word(word, given[number]):
            return False
    return len(expected) == len(given)


def _is_word(expected: str, given: str) -> bool:
    if expected == "<number>":
        return given.isascii() and given.isdigit() and len(given) < 6
    if expected == "<name>":
        return not given.startswith("-") and _NAME.fullmatch(given) is not None
    if "*" in expected:
        before, _star, after = expected.partition("*")
        return given.startswith(before) and given.endswith(after) and given.replace("-", "").isalnum()
    shortest, bracket, rest = expected.partition("[")
    if not bracket:
        return given == expected
    return given.startswith(shortest) and (shortest + rest.rstrip("]")).startswith(given)


def _is_probe(words: list[str]) -> bool:
    """Return whether there is one destination, and only options whose values are small."""
    destinations = 0
    rest = iter(words)
    for word in rest:
        if word in FLAGS:
            continue
        if word in VALUES or word in NUMBERS:
            value = next(rest, "")
            if not _is_word("<number>" if word in NUMBERS else "<name>", value):
                return False
            if word in NUMBERS and not 1 <= int(value) <= NUMBERS[word]:
                return False
            continue
        destinations += 1
        if not _is_word("<name>", word) or "=" in word:
            return False
    return destinations == 1


def _is_menu(verb: str, words: list[str]) -> bool:
    """Return whether words are a menu, the verb, and arguments that write no file and run no script."""
    path: list[str] = []
    for number, word in enumerate(words):
        *menu, last = word.removeprefix("/").split("/")
        path += menu
        if _is_word(verb, last):
            arguments = " ".join(words[number + 1 :])
            return all(map(_is_part_of_menu, path)) and not _MENU_VALUES.search(arguments)
        path.append(last)
    return False


def _is_part_of_menu(word: str) -> bool:
    is_name = word.replace("-", "").isalnum()
    return is_name and not any(action.startswith(word) or word.startswith(f"{action}-") for action in ACTIONS)


def _is_shown(quote: str, text: str) -> bool:
    """Return whether a quoted command of vtysh only shows."""
    inner = text.removeprefix(quote).removesuffix(quote)
    return text == f"{quote}{inner}{quote}" and quote not in inner and reads("frr", inner)


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


def _quoted(lines: list[str]) -> str:
    return some([repr(line) for line in lines], NAMED)
