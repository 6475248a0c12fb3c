# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The templates of ntc-templates, compiled."""

from __future__ import annotations

import importlib
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

# A line that no heading looks like. A rule that matches all of these matches everything, or everything with words.
_ANYTHING = ("\u00a7q\u00a7", "\u00a7q\u00a7 \u00a7q", "  \u00a7q\u00a7  \u00a7q  \u00a7q\u00a7  \u00a7")


@dataclass(frozen=True, slots=True)
class Step:
    """One rule of a template, ready to be applied. ``values`` are its groups, their values, and whether these have
    options.

    ``takes_all`` says that it has no values and matches any line: the line is skipped, whatever it is. ``makes_row``
    says that a line has the values of a row, and ends the row. ``begins_row`` says that it can
    be the first one of a row of several lines: it has a value that is required, if any is. ``names`` are those of its
    values.
    """

    rule: Any
    values: tuple[tuple[str, Any, bool], ...]
    takes_all: bool
    records: bool
    clears: bool
    goes_on: bool
    fails: bool
    new_state: str
    makes_row: bool
    begins_row: bool
    names: str


@dataclass(slots=True)
class Found:
    """What a template made of a text.

    ``dropped`` has for each dropped row the names of its missing values; none if the next row began before it ended.
    The others are numbers of lines: ``made`` made a row each, ``used`` set a value, ``skipped`` match no rule but one
    for all lines, ``known`` match a rule without values. ``behind`` are the lines that made a row, with what stands
    behind it, if that would make another row. ``heads`` are skipped lines that are like the first one of a row of
    several lines.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    dropped: list[list[str]] = field(default_factory=list)
    made: list[int] = field(default_factory=list)
    used: list[int] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    known: list[int] = field(default_factory=list)
    behind: list[tuple[int, str]] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)


_LABELLED = re.compile(r"\s{0,20}[A-Za-z][\w ()/.-]{0,60}:")  # the first line of a row of several lines
_MOST_OF_HEADING = 3  # values; a record with as many is a row


class Template:
    """One compiled template.

    A TextFSM object keeps state, so one thread uses it at a time. More objects would not help: only one thread runs
    Python at a time.
    """

    def __init__(self, path: str) -> None:
        textfsm = importlib.import_module("textfsm")
        with open(path, encoding="utf-8") as file:
            self._machine = textfsm.TextFSM(file)
        self._lock = threading.Lock()
        self._dropped: list[list[str]] = []
        self._skip_record = textfsm.parser.SkipRecord
        self._values = [(value, bool(value.options)) for value in self._machine.values]
        values = {value.name: value for value in self._machine.values}
        # Values that each row must set, not inherit from the previous row.
        required = [value for value in self._machine.values if "Required" in value.OptionNames()]
        self._required = [value for value in required if "Filldown" not in value.OptionNames()]
        self._states = {
            name: tuple(_step(rule, values, self._required) for rule in rules)
            for name, rules in self._machine.states.items()
        }
        self._has_rows = any(step.records for steps in self._states.values() for _match, step in steps)
        self.columns = [sys.intern(str(name).lower()) for name in self._machine.header]
        self.keys = [str(name).lower() for name in self._machine.GetValuesByAttrib("Key")]
        self._own = [value for value in self._machine.values if not {"Filldown", "Fillup"} & set(value.OptionNames())]

    def read(self, lines: Sequence[str]) -> Found:
        """Apply the template.

        Raises textfsm.TextFSMError if the template rejects a line.
        """
        with self._lock:
            found = Found()
            self._dropped = found.dropped
            self._machine.Reset()
            self._apply(lines, found)
            records = self._machine._result
            found.rows = [dict(zip(self.columns, record, strict=True)) for record in records]
            return found

    def _apply(self, lines: Sequence[str], found: Found) -> None:
        # As TextFSM.ParseText does it, which does not tell which rule took a line.
        states = self._states
        name, steps = "Start", states["Start"]
        begins: Step | None = None  # the rule that set the first value of this row
        first = -1  # its line
        heads: set[re.Pattern[str]] = set()  # those of the first lines of rows that were saved
        for place, line in enumerate(lines):
            is_known = is_used = is_row = False
            for match, step in steps:
                matched = match(line)
                if matched is None:
                    continue
                if (
                    begins is not None
                    and step.names == begins.names
                    and place != first
                    and self._has_rows
                    and self._is_begun()
                ):
                    found.dropped.append([])  # the next row begins
                for group, value, has_options in step.values:
                    text = matched[group]
                    if has_options:
                        value.AssignVar(text)
                    else:  # all that AssignVar does
                        value.value = text
                    if text:
                        is_used = True
                        is_row = step.makes_row
                        if begins is None and step.begins_row:
                            begins, first = step, place
                if step.makes_row and matched.end() < len(line):
                    rest = line[matched.end() :].strip()
                    if rest and match(rest) is not None:
                        found.behind.append((place, rest))
                if not step.takes_all:
                    is_known = True
                if step.records:
                    if begins is not None and not step.makes_row:
                        heads.add(_expression(begins.rule))
                    begins = None
                    self._append_record()
                elif step.clears:
                    begins = None
                    self._machine._Operations(step.rule, line)
                if step.goes_on:
                    continue
                if step.fails:
                    self._machine._Operations(step.rule, line)  # raises
                if step.new_state:
                    name = step.new_state
                    steps = states.get(name, steps)
                break
            if is_used:
                found.used.append(place)
                if is_row:
                    found.made.append(place)
            elif is_known:
                found.known.append(place)
            elif line and not line.isspace():
                found.skipped.append(place)
            if name in ("End", "EOF"):
                break
        if name != "End" and "EOF" not in states:
            self._append_record()
        if heads:
            used = {lines[place].strip() for place in found.used}  # a section can be there twice
            labelled = [place for place in found.skipped if _LABELLED.match(lines[place])]
            others = [place for place in labelled if lines[place].strip() not in used]
            found.heads = [place for place in others if any(head.match(lines[place]) for head in heads)]

    def _is_begun(self) -> bool:
        """Return whether as many values are set as a heading does not have."""
        return sum(bool(value.value) for value in self._own) >= _MOST_OF_HEADING

    def _append_record(self) -> None:
        # TextFSM silently drops a row that lacks a required value. With few other values this is intended: templates
        # skip headings this way. A row with two required values and a missing third is a real row, and so is one with
        # several others. An empty string (the root bridge has no root port) is rejected intentionally too.
        missing = [value for value in self._required if value.value is None]
        if missing and (len(self._required) - len(missing) >= 2 or self._is_begun()):
            self._dropped.append([value.name.lower() for value in missing])
        self._save()

    def _save(self) -> None:
        # As TextFSM._AppendRecord, without calls for values that have no options.
        record = []
        for value, has_options in self._values:
            if has_options:
                try:
                    value.OnSaveRecord()
                except self._skip_record:
                    self._clear()
                    return
            record.append(value.value)
        if any(each is not None and each != [] for each in record):
            self._machine._result.append(["" if each is None else each for each in record])
            self._clear()

    def _clear(self) -> None:
        for value, has_options in self._values:
            if has_options:
                value.ClearVar()
            else:
                value.value = None


def _expression(rule: Any) -> re.Pattern[str]:
    """Return the expression itself. TextFSM wraps it for old Pythons, which costs a fifth of the time."""
    found: re.Pattern[str] = getattr(rule.regex_obj, "regex", rule.regex_obj)
    return found


def _step(
    rule: Any, values: Mapping[str, Any], required: Sequence[Any]
) -> tuple[Callable[[str], re.Match[str] | None], Step]:
    expression = _expression(rule)
    own = tuple((name, values[name], bool(values[name].options)) for name in expression.groupindex if name in values)
    records = rule.record_op == "Record"
    return expression.match, Step(
        rule,
        own,
        takes_all=not own and all(map(expression.match, _ANYTHING)),
        records=records,
        clears=rule.record_op in ("Clear", "Clearall"),
        goes_on=rule.line_op == "Continue",
        fails=rule.line_op == "Error",
        new_state=rule.new_state,
        makes_row=records and len(own) > 1,
        begins_row=bool(own)
        and not any("List" in value.OptionNames() for _name, value, _has_options in own)
        and (not required or any(value in required for _name, value, _has_options in own)),
        names=" ".join(name for name, _value, _has_options in own),
    )


class Library:
    """A folder of templates, and the index that maps platform and command to templates."""

    def __init__(self, folder: str) -> None:
        clitable = importlib.import_module("textfsm.clitable")
        self._folder = folder
        self._index = clitable.CliTable("index", folder).index
        self._lock = threading.Lock()
        self._names: dict[tuple[str, str], list[str]] = {}
        self._templates: dict[str, Template] = {}

    def find(self, platform: str, command: str) -> list[Template]:
        """Return the templates for a command, compiled; an empty list if there are none."""
        with self._lock:
            names = self._names.get((platform, command))
            if names is None:
                row = self._index.GetRowMatch({"Platform": platform, "Command": command})
                names = str(self._index.index[row]["Template"]).split(":") if row else []
                if len(self._names) >= 10_000:
                    self._names.clear()
                self._names[platform, command] = names
            for name in names:
                if name not in self._templates:
                    self._templates[name] = Template(os.path.join(self._folder, name))
            return [self._templates[name] for name in names]


_LOADING = threading.Lock()


def library() -> Library:
    """Return the templates of the environment's NTC_TEMPLATES_DIR, or those of the installed package."""
    folder = folder_of_templates()
    # With lru_cache alone, several threads would read the index at first, which is slow.
    with _LOADING:
        return _load(folder)


def folder_of_templates() -> str:
    folder = os.environ.get("NTC_TEMPLATES_DIR")
    if folder:
        return folder
    package = importlib.import_module("ntc_templates")
    return os.path.join(os.path.dirname(str(package.__file__)), "templates")


@lru_cache(maxsize=4)
def _load(folder: str) -> Library:
    return Library(folder)
