# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare two answers to one command, ignoring values that always change."""

from __future__ import annotations

import difflib
import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from . import _volatile
from ._pieces import LONGEST_LINE

ALL = "all"  # the key of rules for every platform
GONE = "\N{HORIZONTAL ELLIPSIS}"  # replaces ignored text
CONTEXT = 3  # lines around a change
MOST_LINES = 20_000  # on each side; longer texts are shown as replaced as a whole
# Pairs of lines that are compared for the smallest difference, at least and for each line. The rest is shown as
# replaced.
LEAST_STEPS, STEPS_PER_LINE = 200_000, 100

Normal = Callable[[str], str]


class Changes:
    """The rules of one run, compiled once for each platform.

    :param ignore: further rules by platform, or under ``all``: see ``_volatile``. They apply to configurations too.
    :raises ValueError: if a rule is not a regular expression.
    """

    def __init__(self, ignore: Mapping[str, Sequence[str]] | None = None) -> None:
        self.ignore = tuple((platform, tuple(rules)) for platform, rules in (ignore or {}).items())
        self._own = {platform: [_compiled(rule) for rule in rules] for platform, rules in (ignore or {}).items()}
        self._normals: dict[tuple[str, bool], Normal] = {}

    def between(self, platform: str | None, command: str, before: str, after: str) -> list[str]:
        """Return the differences as lines of a unified diff without its two header lines, or an empty list.

        Lines are compared without ignored text, and shown unchanged.
        """
        if before == after:
            return []
        normal = self._normal(platform or "", _is_configuration(command))
        old, new = before.split("\n"), after.split("\n")
        if len(old) == len(new) and all(a == b or normal(a) == normal(b) for a, b in zip(old, new, strict=True)):
            return []
        return _unified(_compared(old, normal), _compared(new, normal))

    def _normal(self, platform: str, configuration: bool) -> Normal:
        key = platform, configuration
        if key not in self._normals:
            own = [*self._own.get(ALL, ()), *self._own.get(platform, ())]
            self._normals[key] = _normal(_built_in(platform, configuration), own)
        return self._normals[key]


def between(
    ignore: tuple[tuple[str, tuple[str, ...]], ...], platform: str | None, command: str, before: str, after: str
) -> list[str]:
    """Return the differences as ``Changes.between`` does, in a process that has only these arguments.

    :param ignore: the further rules by platform.
    """
    return _changes(ignore).between(platform, command, before, after)


@functools.lru_cache(maxsize=8)
def _changes(ignore: tuple[tuple[str, tuple[str, ...]], ...]) -> Changes:
    return Changes({platform: list(rules) for platform, rules in ignore})


@functools.cache
def _is_configuration(command: str) -> bool:
    return re.match(_volatile.CONFIGURATION, " ".join(command.lower().split())) is not None


# -- one line without ignored text -------------------------------------------------------------------------------------


def _compiled(rule: str) -> re.Pattern[str]:
    try:
        return re.compile(rule)
    except re.error as error:
        msg = f"ignore_changes: {rule!r} is not a regular expression: {error}"
        raise ValueError(msg) from error


class _Together:
    """Many rules as one expression. The last group that closed shows which rule matched."""

    def __init__(self, rules: Iterable[str]) -> None:
        self._spans: dict[int, range] = {}
        parts = []
        first = 1
        for rule in rules:
            groups = re.compile(rule).groups
            self._spans[first] = range(first + 1, first + 1 + groups)
            parts.append(f"({rule})")
            first += 1 + groups
        self.pattern = re.compile("|".join(parts))

    def emptied(self, match: re.Match[str]) -> str:
        outer = match.lastindex or 0
        return _emptied(match, self._spans[outer] or range(outer, outer + 1))


def _emptied(match: re.Match[str], groups: Iterable[int]) -> str:
    """Return the match without the text of these groups."""
    text, begin = match[0], match.start()
    for start, end in sorted((match.span(group) for group in groups), reverse=True):
        if start >= 0:
            text = text[: start - begin] + GONE + text[end - begin :]
    return text


def _empty_own(match: re.Match[str]) -> str:
    return _emptied(match, range(1, len(match.groups()) + 1) if match.groups() else (0,))


@functools.cache
def _built_in(platform: str, configuration: bool) -> tuple[_Together, _Together]:
    """The rules for whole lines, which must match at the start, and those for parts."""
    rules = list(_volatile.CLOCKS)
    if configuration:
        rules += _volatile.CONFIGURATIONS.get(platform, ())
    else:
        rules += (*_volatile.COMMON, *_volatile.PLATFORMS.get(platform, ()))
    lines = [rule for rule in rules if rule.startswith("^")]
    return _Together(lines), _Together([rule for rule in rules if rule not in lines] or ["(?!)"])


def _normal(built_in: tuple[_Together, _Together], own: Sequence[re.Pattern[str]]) -> Normal:
    lines, parts = built_in
    at_start, search = lines.pattern.match, parts.pattern.sub
    empty_line, empty_part = lines.emptied, parts.emptied

    def normal_of_long(line: str) -> str:
        """Rules for whole lines do not apply to a line that is too long for patterns. The others apply to its parts."""
        parts = []
        for part in _parts(line):
            text = search(empty_part, part)
            for rule in own:
                text = rule.sub(_empty_own, text)
            parts.append(text)
        text = "".join(parts)
        return text if text == line else " ".join(text.split())

    def normal(line: str) -> str:
        if len(line) > LONGEST_LINE:
            return normal_of_long(line)
        text = line
        match = at_start(text)
        if match is not None:
            text = empty_line(match) + text[match.end() :]
        text = search(empty_part, text)
        for rule in own:
            text = rule.sub(_empty_own, text)
        # A longer number moves the columns beside it.
        return text if text is line or text == line else " ".join(text.split())

    return normal


def _parts(line: str) -> Iterator[str]:
    """Divide a long line, such as a JSON document, behind commas or blanks."""
    start = 0
    while start < len(line):
        end = start + LONGEST_LINE
        if end < len(line):
            place = max(line.rfind(",", start, end), line.rfind(" ", start, end))
            end = place + 1 if place >= 0 else end
        yield line[start:end]
        start = end


# -- lines of two texts ------------------------------------------------------------------------------------------------


class _Line(NamedTuple):
    number: int  # from 1, in the whole text
    normal: str
    text: str


def _compared(lines: Sequence[str], normal: Normal) -> list[_Line]:
    """Return the lines to compare: those that are not ignored completely."""
    made = (_Line(number, normal(text), text) for number, text in enumerate(lines, 1))
    return [line for line in made if line.normal != GONE]


def _unified(old: Sequence[_Line], new: Sequence[_Line]) -> list[str]:
    shown: list[str] = []
    for group in _grouped(_steps([line.normal for line in old], [line.normal for line in new])):
        first, last = group[0], group[-1]
        shown.append(f"@@ -{_range(old, first[1], last[2])} +{_range(new, first[3], last[4])} @@")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                shown += [f" {line.text}" for line in new[j1:j2]]
            else:
                shown += [f"-{line.text}" for line in old[i1:i2]]
                shown += [f"+{line.text}" for line in new[j1:j2]]
    return shown


_Step = tuple[str, int, int, int, int]


def _steps(old: Sequence[str], new: Sequence[str]) -> list[_Step]:
    """Return difflib's opcodes. The common start and end are removed first, which leaves little to compare."""
    most = min(len(old), len(new))
    head = next((i for i in range(most) if old[i] != new[i]), most)
    most -= head
    tail = next((i for i in range(most) if old[-1 - i] != new[-1 - i]), most)
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    steps: list[_Step] = [("equal", 0, head, 0, head)] if head else []
    if len(middle_old) > MOST_LINES or len(middle_new) > MOST_LINES:
        steps.append(("replace", head, head + len(middle_old), head, head + len(middle_new)))
    else:
        matcher = _Matcher(middle_old, middle_new)
        steps += [
            (tag, i1 + head, i2 + head, j1 + head, j2 + head)
            for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        ]  # fmt: skip
    if tail:
        steps.append(("equal", len(old) - tail, len(old), len(new) - tail, len(new)))
    return steps


class _Matcher(difflib.SequenceMatcher[str]):
    """Looks for common lines until enough pairs were compared. difflib alone can need the cube of the lines."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        super().__init__(None, old, new)
        self._left = max(LEAST_STEPS, STEPS_PER_LINE * (len(old) + len(new)))
        occurrences: dict[str, list[int]] = self.b2j  # type: ignore[attr-defined]
        costs = (1 + len(occurrences.get(line, ())) for line in old)
        self._costs = [0, *itertools.accumulate(costs)]  # of the lines of the old text before each

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> difflib.Match:
        ahi = len(self._costs) - 1 if ahi is None else ahi
        self._left -= self._costs[ahi] - self._costs[alo]
        if self._left < 0:
            return difflib.Match(alo, blo, 0)
        return super().find_longest_match(alo, ahi, blo, bhi)


def _grouped(steps: list[_Step]) -> list[list[_Step]]:
    """Group the changes with a few lines of context."""
    matcher: difflib.SequenceMatcher[str] = difflib.SequenceMatcher(None, (), ())
    matcher.opcodes = steps  # type: ignore[attr-defined]  # the cache of get_opcodes, read by get_grouped_opcodes
    groups = list(matcher.get_grouped_opcodes(CONTEXT))
    return [group for group in groups if any(step[0] != "equal" for step in group)]


def _range(lines: Sequence[_Line], start: int, end: int) -> str:
    if start == end:
        return f"{lines[start - 1].number if start else 0},0"
    return f"{lines[start].number},{end - start}"
