# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a command only reads, and whether it may be sent. Each command line is checked before any login.

A command may be sent if it only reads (``_platforms.read_only``), or if the user allows it. What enters configuration
mode is always refused. A command is sent a second time, after a session that was lost, only if it only reads.
"""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise

from .._device import Command, Device, Reply
from .._platforms.menus import MENUS
from .._platforms.model import LEARNED, PlatformError
from .._platforms.names import platform_name
from .._platforms.read_only import (
    ACTIONS,
    CLEARS,
    COMMAND_LINES,
    COUNTS,
    ENDING_PINGS,
    ENDLESS,
    EXPORTS,
    FLAGS,
    LINUX,
    NEEDED_ARGUMENTS,
    NETWORK,
    NUMBERS,
    OUTPUTS,
    PRINTS_TECH,
    READ_ONLY,
    SESSION,
    SHOWING,
    TECH_TO,
    UNSAFE_OPTIONS,
    VALUES,
    WRITING_FILTERS,
    Rules,
)
from .._result import Error
from .configuration import enters_configuration

LONGEST_PATTERN = 512  # characters of a pattern of the user
MOST_PATTERNS = 1000
SHORTEST_REPLY = 3  # characters of a reply that can enter configuration mode
DENIALS = frozenset({"n", "no", "q"})  # replies to a question that confirm nothing

_ANYWHERE = re.compile(r"`|\$[({]")  # also within double quotes
_OUTSIDE = re.compile(r"[;<>&]")
_OF_A_SHELL = re.compile(r"[$!\\{}()]")
_IN_QUOTES = re.compile(r"[$!\\]")
# With these, it is not known which quotes a platform sees.
_UNCLEAR_QUOTES = re.compile(r"'|\\[\"'\\]|\\$")
_QUOTED = re.compile(r'"[^"]*"')
# A script, a file to write to, and what shows the items again and again
_MENU_VALUES = re.compile(
    r"[][{}();$]|(?:^|\s)(?:f\w*=|f(?:o(?:l(?:low?)?)?)?(?:\s|$)|follow|i(?:n(?:t(?:e(?:r(?:v(?:al?)?)?)?)?)?)?=)"
)
_ADDRESS_OF_FILE = re.compile(r"://|^(?:t?ftps?|s?ftp|scp|https?|rcp|smb|nfs)\d?:")
# Files that never end, or that are what is typed: devices, and some files of the kernel
_ENDLESS_FILE = re.compile(
    r"(?:^|[^\w-])dev/|(?:^|[^\w-])proc/(?:[^a-z]|k|self|thread-self|.*[*?\[])|trace_pipe|kmsg|/sys/kernel/(?:debug|tracing)"
    r"|(?:^|/)\.\.(?:/|$)|(?:^|=)/[^/]*[*?\[][^/]*/"
)
_OPERATORS = re.compile(r"([][;|&<>`$\\(){}]+)")  # an asterisk of the user does not stand for them
OPERATORS = "; | & < > ` $ \\ ( ) [ ] { }"
_FILE_OF_DEVICE = re.compile(r"[a-z]\w*:")  # such as ``flash:a``
_PORTS = re.compile(r"[\d:,*-]+|all")
_NAME = re.compile(r"[\w.:%/@+~,*=-]+")


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
    others = [each for each in device.commands if not only_reads(device, each) and not is_allowed(device, each.text)]
    if not others:
        return None
    said = [f"{each.text!r}{_with_answers(device, each)}" for each in others]
    return (
        f"{_named(said)} {_be(said)} not in the list of read-only commands of platform {device.platform or LEARNED}. "
        f"To send {_it(said)} anyway, add {_it(said)} to allow_commands of the task or to rollcall_allow_commands of "
        f"the device{_hint(device, [each.text for each in others])}"
    )


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
    """Return what an asterisk does not stand for, if an entry of the user would fit without that."""
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


@functools.lru_cache(maxsize=4096)
def reads(platform: str, line: str) -> bool:
    """Return whether a line only reads on this platform, and ends by itself."""
    rules = READ_ONLY.get(platform, NETWORK)
    if enters_configuration(line) or _ANYWHERE.search(line):
        return False
    segments = (_segments_of_a_shell if rules.shell else _segments)(rules, line)
    if segments is None:
        return False
    split = [shlex.split(each) if rules.shell else each.lower().split() for each in segments]
    if any(map(_ENDLESS_FILE.search, (word for words in split for word in words))):
        return False
    words = split[0]
    if words[:1] == ["do"] and not rules.shell:
        del words[0]
    if not any(_is_like(entry, words, rules.menu) for entry in (*rules.commands, *SESSION)):
        return False
    if _never_ends(platform, words):
        return False
    if rules.unless not in words and any(_is_like(entry, words) for entry in (*rules.writes, *TECH_TO)):
        return False
    if rules.menu != "mikrotik_routeros" and not _ends_and_only_prints(platform, rules, words):
        return False
    if rules.commands is LINUX and not all(is_safe_program(each, number > 0) for number, each in enumerate(split)):
        return False
    return _are_filters(rules, segments, split)


def _never_ends(platform: str, words: list[str]) -> bool:
    """Return whether it is a ping without a number of packets, on a platform where that is not known to end."""
    counts = {word.partition("=")[0] for word in words}.intersection(COUNTS)
    return words[0].removeprefix("/") == "ping" and platform not in ENDING_PINGS and not counts


def _ends_and_only_prints(platform: str, rules: Rules, words: list[str]) -> bool:
    """Return whether none of the arguments of a command clears, writes, sends, or shows something without an end."""
    if rules.commands is LINUX and words[0] not in COMMAND_LINES:
        return True
    given = [word.lower() for word in words]
    shows_tech = any("tech" in word for word in given)
    for before, word in pairwise(given):
        if shows_tech and _FILE_OF_DEVICE.match(word):
            return False
        if ("tech" in word or (word in ("te", "tec") and before in SHOWING)) and platform not in PRINTS_TECH:
            return False
        if _ADDRESS_OF_FILE.search(word):
            return False
    if any(_is_like(entry, given) for entry in EXPORTS):
        return True
    for place, (before, word) in enumerate(pairwise(given)):
        bare = word.lstrip("-")
        if place == 0 and bare == word:
            continue  # what is shown: ``show reload`` and ``show file systems``
        if bare.startswith("clear") or any(_is_word(each, bare) for each in CLEARS):
            return False
        if any(_is_word(each, bare) for each in OUTPUTS) and not (before.startswith("log") and "file".startswith(bare)):
            return False
        if any(_is_word(each, word) or _is_word(each, bare) for each in ENDLESS):
            return False
    return True


def is_safe_program(words: list[str], is_filter: bool) -> bool:
    """Return whether a program of Linux ends, and uses no other machine and no file of commands."""
    options = UNSAFE_OPTIONS.get(words[0]) if words else None
    if options and any(re.fullmatch(options, each) for each in words[1:] if each[:1] in "-+" or words[0] == "jq"):
        return False
    if "-" in words:
        return False
    arguments = [each for each in words[1:] if not each.startswith("-") and not each.isdigit()]
    return is_filter or not words or len(arguments) >= NEEDED_ARGUMENTS.get(words[0], 0)


def _segments(rules: Rules, line: str) -> list[str] | None:
    """Return what stands between the pipes, or None for a line with an operator or an open quote.

    No quotes protect an operator, because platforms differ in what they take for a quote. Double quotes protect a pipe
    on the platforms that have them, unless there are other quotes or escaped ones.
    """
    if _OUTSIDE.search(line) or (rules.quotes and line.count('"') % 2):
        return None
    if not rules.quotes or _UNCLEAR_QUOTES.search(line):
        return line.split("|")
    if rules.unknown and any(map(_may_write, line.split("|")[1:])):
        return None
    protected = _QUOTED.sub(lambda found: found[0].replace("|", "\0"), line)
    return [each.replace("\0", "|") for each in protected.split("|")]


def _segments_of_a_shell(_rules: Rules, line: str) -> list[str] | None:
    """Return what stands between the pipes, or None for a line with an operator of a shell or an open quote."""
    segments = [""]
    quote = ""
    for character in line:
        if quote:
            if quote == '"' and _IN_QUOTES.match(character):
                return None
            quote = "" if character == quote else quote
        elif character in ('"', "'"):
            quote = character
        elif _OUTSIDE.match(character) or _OF_A_SHELL.match(character):
            return None
        elif character == "|":
            segments.append("")
            continue
        segments[-1] += character
    return None if quote else segments


def _are_filters(rules: Rules, segments: list[str], split: list[list[str]]) -> bool:
    """Return whether what follows each pipe is a filter, or a further alternative of its pattern, as in ``a|b``."""
    has_pattern = False
    for (before, text), words in zip(pairwise(segments), split[1:], strict=True):
        if any(_is_like(entry, words) for entry in rules.filters):
            has_pattern = True
            continue
        is_alternative = has_pattern and bool(words) and not before[-1:].isspace() and not text[0].isspace()
        if rules.quotes or not is_alternative or _may_write(text):
            return False
    return True


def _may_write(text: str) -> bool:
    """Return whether a filter that writes could stand here, also abbreviated."""
    found = re.match(r"[\s\"']*([a-z]+)", text.lower())
    return found is not None and any(each.startswith(found[1]) for each in WRITING_FILTERS)


def _is_like(entry: str, given: list[str], menu: str = "") -> bool:
    """Return whether a line is one of those that an entry of the table stands for."""
    expected = entry.split()
    for number, word in enumerate(expected):
        if word == "...":
            return number + 1 == len(expected) or any(_is_word(expected[number + 1], each) for each in given[number:])
        if word == "<probe>":
            return _is_probe(given[number:])
        if word == "<menu>":
            return _is_menu(menu, expected[number + 1], " ".join(expected[number + 2 :]), given)
        if word == "<show>":
            return len(given) == number + 1 and reads("frr", given[number])
        if number >= len(given) or not _is_word(word, given[number]):
            return False
    return len(expected) == len(given)


def _is_word(expected: str, given: str) -> bool:
    if expected == "<number>":
        return given.isascii() and given.isdigit() and len(given) < 6
    if expected == "<ports>":
        return _PORTS.fullmatch(given) is not None
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
    rest = iter(part for word in words for part in word.split("=", 1))  # ``count=3``, as on RouterOS
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
        if not _is_word("<name>", word):
            return False
    return destinations == 1


def _is_menu(platform: str, verb: str, arguments: str, words: list[str]) -> bool:
    """Return whether words are a known menu, the verb, and arguments that write no file and run no script."""
    path: list[str] = []
    for number, word in enumerate(words):
        *menu, last = word.removeprefix("/").split("/")
        path += menu
        if _is_word(verb, last) and _is_known_menu(platform, path):
            rest = words[number + 1 :]
            return _is_like(arguments, rest) and not _MENU_VALUES.search(" ".join(rest))
        path.append(last)
    return False


def _is_known_menu(platform: str, path: list[str]) -> bool:
    """Return whether a path is a known menu. Its words can be abbreviated if that is no abbreviation of an action."""
    menus = MENUS[platform]
    place: tuple[str, ...] = ()
    for word in path:
        inside = {each[len(place)] for each in menus if len(each) > len(place) and each[: len(place)] == place}
        found = [each for each in inside if each.startswith(word)]
        if word in inside:
            found = [word]
        elif any(action.startswith(word) for action in ACTIONS):
            return False
        if len(found) != 1:
            return False
        place = (*place, found[0])
    return True


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
