# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a line only reads on a platform, by the lists in ``_platforms.read_only``."""

from __future__ import annotations

import functools
import re
import shlex
from itertools import dropwhile, pairwise

from .._platforms.menus import MENUS
from .._platforms.read_only import (
    ACTIONS,
    CLEARS,
    COMMAND_LINES,
    COUNTS,
    ENDING_PINGS,
    ENDLESS,
    EXPORTS,
    FLAGS,
    IP_OPTIONS,
    NEEDED_ARGUMENTS,
    NETWORK,
    NUMBERS,
    OUTPUTS,
    PRINTS_TECH,
    READ_ONLY,
    SESSION,
    SHELL,
    SHOWING,
    STATEMENT,
    TECH_TO,
    UNSAFE_OPTIONS,
    VALUES,
    WRITING_FILTERS,
    Rules,
)
from .configuration import enters_configuration

_ANYWHERE = re.compile(r"`|\$[({]")  # also within double quotes
_OUTSIDE = re.compile(r"[;<>&]")
_OF_A_SHELL = re.compile(r"[$!\\{}()]")
_IN_QUOTES = re.compile(r"[$!\\]")
# With these, it is not known which quotes a platform sees.
_UNCLEAR_QUOTES = re.compile(r"'|\\[\"'\\]|\\$")
_QUOTED = re.compile(r'(?<!\S)"[^"]*"(?![^\s|])')  # whole words: elsewhere, a platform may not see a quote
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
_FILE_OF_DEVICE = re.compile(r"[a-z]\w*:")  # such as ``flash:a``
_PORTS = re.compile(r"[\d:,*-]+|all")
_AMOUNT = re.compile(r"\+?\d+[a-zA-Z]{0,3}")  # the value of an option, such as ``tail -c 5K``
_PATTERN_OPTION = re.compile(r"-[a-zA-Z]*[ef]|--(?:reg|f).*")  # of grep, with the pattern as the next word
_MOST_REPETITIONS = 20
_NAME = re.compile(r"[\w.:%/@+~,*=-]+")


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
    if words[:1] == (["sudo"] if rules.shell else ["do"]):  # the same command, as another user or from another mode
        del words[0]
    entries = [entry for entry in (*rules.commands, *SESSION) if _is_like(entry, words, rules.menu)]
    if not entries:
        return False
    if _never_ends(platform, words):
        return False
    exceptions = (*TECH_TO, STATEMENT, *(rules.writes if rules.unless not in words else ()))
    if any(_is_like(entry, words) for entry in exceptions):
        return False
    known = {word for entry in entries for word in entry.split()}
    if rules.menu != "mikrotik_routeros" and not _ends_and_only_prints(platform, rules, words, known):
        return False
    if not all(_has_safe_options(each) for each in split[0 if rules is SHELL else 1 :]):
        return False
    if rules is SHELL and not _has_its_files(words):
        return False
    return _are_filters(rules, segments, split)


def _never_ends(platform: str, words: list[str]) -> bool:
    """Return whether it is a ping without a number of packets, on a platform where that is not known to end."""
    counts = set(_words_of_probe(words)).intersection(COUNTS)
    return words[0].removeprefix("/") == "ping" and platform not in ENDING_PINGS and not counts


def _ends_and_only_prints(platform: str, rules: Rules, words: list[str], known: set[str]) -> bool:
    """Return whether none of the arguments of a command clears, writes, sends, or shows something without an end.

    :param known: the words of the entries that the command fits, which are not among these arguments.
    """
    if "<probe>" in known or (rules is SHELL and words[0] not in COMMAND_LINES):
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
        if word in known:
            continue
        if bare.startswith("clear") or any(_is_word(each, bare) for each in CLEARS):
            return False
        if any(_is_word(each, bare) for each in OUTPUTS) and not (before.startswith("log") and "file".startswith(bare)):
            return False
        if any(_is_word(each, word) or _is_word(each, bare) for each in ENDLESS):
            return False
    return True


def _has_safe_options(words: list[str]) -> bool:
    """Return whether a program of Linux ends, and uses no other machine and no file of commands."""
    if words[:1] == ["utility"]:  # of IOS XR, which has these programs
        words = words[1:]
    options = UNSAFE_OPTIONS.get(words[0]) if words else None
    if options is None:
        return True
    return not any(re.fullmatch(options, each) for each in words[1:] if each[:1] in "-+" or words[0] == "jq")


def _has_its_files(words: list[str]) -> bool:
    """Return whether a program of Linux does not read what is typed."""
    if words[0] not in NEEDED_ARGUMENTS:
        return True
    arguments = [each for each in words[1:] if not each.startswith("-") and not _AMOUNT.fullmatch(each)]
    patterns = sum(map(bool, map(_PATTERN_OPTION.fullmatch, words))) if "grep" in words[0] else 0
    return "-" not in words and len(arguments) >= max(NEEDED_ARGUMENTS[words[0]], patterns + 1)


def _segments(rules: Rules, line: str) -> list[str] | None:
    """Return what stands between the pipes, or None for a line with an operator or an open quote.

    No quotes protect an operator, because platforms differ in what they take for a quote. Double quotes protect a pipe
    around words, on the platforms that have them, unless there are other quotes or escaped ones.
    """
    if _OUTSIDE.search(line) or (rules.quotes and line.count('"') % 2):
        return None
    if not rules.quotes or _UNCLEAR_QUOTES.search(line) or '"' in _QUOTED.sub("", line):
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
        if word == "<options>":
            return _is_like(" ".join(expected[number + 1 :]), list(dropwhile(IP_OPTIONS.__contains__, given[number:])))
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
    if expected.endswith("<few>"):
        option = expected.removesuffix("<few>")
        few = given.removeprefix(option)
        return given == option + few and _is_word("<number>", few) and 1 <= int(few) <= _MOST_REPETITIONS
    if expected == "<ports>":
        return _PORTS.fullmatch(given) is not None
    if expected == "<name>":
        return not given.startswith("-") and _NAME.fullmatch(given) is not None
    if expected == "<file>":
        return _is_word("<name>", given.replace("\\", "/"))
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
    rest = iter(_words_of_probe(words))
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


def _words_of_probe(words: list[str]) -> list[str]:
    """Return the words of a ping, with a number apart from its option: ``count=3`` of RouterOS, ``-c3`` of Linux."""
    return [part for word in words for part in re.sub(r"^(-[a-zA-Z])(?=\d+$)", r"\1=", word).split("=", 1)]


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
