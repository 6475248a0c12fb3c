# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a line can be the prompt of the same device after it has changed.

An empty line proves that a line is a prompt, but it confirms a question. So it is sent only to a line that has the name
from the learned prompt, and nothing around it but what prompts have: a mode, a role, a path, marks. A line that asks
for something is never tested. If a prompt changes to another name, it is not learned, and the command ends with the
error ``timeout``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .prompt import LONGEST, without_numbers
from .questions import asks_for

MOST_NAMES = 12
ENDS = ">#$%])"  # characters that end most prompts
_EDGES = " \t*!~^><[](){}#$%:"
_PARTS = re.compile(r"[\s:/<>@()\[\]{}#$%*!~^|,]+")
_IN_BRACKETS = re.compile(r"[\[(<][*!~+^]?([^\[\]<>]{2,255})[\])>]")
_GROUP = re.compile(
    r"(?<=\s)<[\w -]{1,40}>|<[A-Za-z]{1,20}>(?=[<>#])"
    r"|\[[^\[\]()<>{}]{0,80}\]|\([^\[\]()<>{}]{0,80}\)|\{[^\[\]()<>{}]{0,80}\}"
)
_ROLE = re.compile(
    r"(?<![^\W_])(?:pri|sec|primary|secondary|act|stby|active|passive|standby|suspended|initial|functional|"
    r"master|backup|slave|leader|[abms])(?![^\W_])",
    re.IGNORECASE,
)
_COMMON = re.compile(
    r"conf(?:ig\w*)?|global|admin\w*|root|user|operator|manager|local|running|stand\w*|cli|enable|"
    r"pri|sec|primary|secondary|act|stby|active|passive|suspended|master|backup|slave|ssh|default",
    re.IGNORECASE,
)
# What stands before the name and after it, without what is in brackets.
_BEFORE = re.compile(r"[\s*!~+^\[({<-]*+(?:[\w.:/+-]{0,80}[@:_/<\[({-])?[\s*!~+^\[({<]*+")
_AFTER = re.compile(
    r"[\])}>]?(?:[/:>.~@_+,-][\w/:>.~@*+,-]*+)?(?:\s[\w.~/-]{1,80}(?=\]))?[\])}>]?(?:\s?conf\w*+|\s/[\w/ .-]*+)?"
    r"[\s\^*!~+\])}-]*+[>#$%:]{0,2}\s*+"
)
# What stands around the name where the state of a cluster is in words: [admin@bigip1:Active:In Sync] ~ #
_BEFORE_STATE = re.compile(r"\[[\w.-]{1,64}@")
_AFTER_STATE = re.compile(r"(?::[\w/.-]{1,40}+(?:\s[\w/.-]{1,40}+){0,5}){1,4}\](?:\s\S{1,80})?\s?[#$%>]")
_AT = re.compile(r"[\w.-]{1,64}@[\w.-]{1,255}")
_COUNT = re.compile(r"(?<=[A-Za-z])[.:]\d{1,6}\Z")
_CONFIGURES = re.compile(r"[*!~]?[\w.-]{0,64}\(conf\w*+[^()\s?]{0,80}\)[#>]")
_RENAMES = re.compile(
    r"(?<![\w-])(?:host-?name|sys-?name|system[ -]name|identity|switchto|changeto)(?![\w-])", re.IGNORECASE
)


def names_of(prompt: str) -> tuple[str, ...]:
    """Return what may be the name of the device in its prompt."""
    line = prompt.strip()[:LONGEST]
    whole = line.strip(_EDGES)
    inside = _IN_BRACKETS.search(line)
    in_brackets = inside.group(1).strip(_EDGES) if inside else ""
    found = [whole, re.split(r"\s?[\[(]", whole, maxsplit=1)[0]]
    found += [in_brackets, in_brackets.rpartition("@")[2], whole.rpartition("@")[2], *_PARTS.split(whole)]
    if line[:1] == "[" and line[-1:] == "]":  # Comware and VRP put the view behind the name
        parts = whole.split("-")
        found += ["-".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]
    found += [each.rstrip("-") for each in found]  # ssg5->
    found += _AT.findall(line)[:1]  # a name of one letter, such as root@h
    found += [_COUNT.sub("", each) for each in found]  # sw.1 #
    heads = [each.rpartition("-") for each in found]
    found += [head for head, _dash, role in heads if _COMMON.fullmatch(role)]  # R1-stby#
    names = [name for name in dict.fromkeys(found) if len(name) > 1 and not _COMMON.fullmatch(name)]
    return tuple(names[:MOST_NAMES]) or ((whole,) if whole else ())


def kept_names(names: tuple[str, ...], prompt: str) -> tuple[str, ...]:
    """Return the names that a new prompt still has, or else its own."""
    return tuple(name for name in names if next(_places(name, prompt), None) is not None) or names_of(prompt)


def given_names(command: str) -> tuple[str, ...]:
    """Return the name that a command gives to the device."""
    return (command.split()[-1].strip("\"'"),) if _RENAMES.search(command[:LONGEST]) else ()


def may_be_prompt(line: str, prompt: str, names: tuple[str, ...]) -> bool:
    """Return whether a line can be the prompt of the device whose prompt was learned.

    :param prompt: the learned one.
    :param names: those of the device, see ``names_of``.
    """
    line, prompt = line.strip(), prompt.strip()
    if not line or len(line) > LONGEST:
        return False
    shape = _shape(line.strip(_EDGES))
    if _shape(line) == _shape(prompt):
        return True
    if len(shape) > 1 and any(map(str.isalpha, shape)) and shape == _shape(prompt.strip(_EDGES)):
        return True  # a name of one letter can be the first one of a word
    if line[-1] not in ENDS and line[-1] != prompt[-1:]:
        return False
    if _CONFIGURES.fullmatch(line):
        return not asks_for(line)
    return any(_is_around(line[:start], line[end:]) for name in names for start, end in _places(name, line))


def _is_around(before: str, after: str) -> bool:
    if _BEFORE_STATE.fullmatch(before) is not None and _AFTER_STATE.fullmatch(after) is not None:
        return not asks_for(before) and not asks_for(after)
    if _BEFORE.fullmatch(_GROUP.sub("", before)) is None or _AFTER.fullmatch(_GROUP.sub("", after)) is None:
        return False
    return not asks_for(before) and not asks_for(after)


def _places(name: str, line: str) -> Iterator[tuple[int, int]]:
    """Return where a name stands in a line, as a word of its own."""
    start = line.find(name)
    while name and start >= 0:
        end = start + len(name)
        if not _is_letter(line[:start][-1:]) and not _is_letter(line[end : end + 1]):
            yield start, end
        start = line.find(name, end)


def _is_letter(character: str) -> bool:
    return character.isalnum()


def _shape(line: str) -> str:
    """Return a prompt without its numbers, and without the role of the device in a cluster."""
    return _ROLE.sub("-", without_numbers(line))
