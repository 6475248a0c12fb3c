# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse the output of a command into rows, with a status."""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NoReturn

from ._terminal import is_chatter

Status = Literal["ok", "empty", "no_template", "mismatch", "error"]

_DEEPEST_JSON = 100
_LONGEST_INTEGER = 4300  # digits; Python's own limit, which can be switched off
_NAMES_SHOWN = 3
_EXCERPT = 60


@dataclass(frozen=True, slots=True)
class Parsed:
    """The parsed output of one command.

    ``parser`` is the parser that was used, "json" or "textfsm". ``rows`` is a list of dicts with lower-case keys
    (TextFSM), the document (JSON), or None. ``message`` says what went wrong and what to do. With status "ok" it is
    None or a warning.

    * ok: there are rows.
    * empty: the output has no visible character.
    * no_template: ntc-templates has no template for this platform and command.
    * mismatch: the template does not match the output. It rejected a line, returned no row, or dropped a row that
      lacked a required value (``rows`` holds the others).
    * error: broken JSON, a broken template, a missing package.

    The status "ok" does not mean that every line was parsed: 188 of the 979 templates of ntc-templates 9.3 skip all
    unknown lines, headings and real rows alike.
    """

    parser: Literal["json", "textfsm"]
    status: Status
    rows: Any = None
    message: str | None = None


def parse(text: str, parser: str, platform: str | None, command: str) -> Parsed:
    """Parse the output of a command.

    ``parser`` is "json", "textfsm" or "auto": JSON if the command asks for it (``... json``, ``... | display json``),
    else TextFSM. ``platform`` is the ntc-templates name of the platform, such as "cisco_ios".

    Raises ValueError if ``parser`` is not one of these. It raises no other exception.
    """
    if parser not in ("json", "textfsm", "auto"):
        msg = f'parser is {parser!r}: it must be "json", "textfsm" or "auto"'
        raise ValueError(msg)
    used = parser_of(parser, command)
    if not text.strip("\0\ufeff \t\r\n\v\f"):
        return Parsed(used, "empty", message=f"the output of {command!r} is empty")
    return _parse_json(text) if used == "json" else _parse_textfsm(text, platform, command)


def parser_of(parser: str, command: str) -> Literal["json", "textfsm"]:
    """Return the parser that ``parse`` uses for the output of a command."""
    return "json" if reads_json(parser, command) else "textfsm"


def reads_json(parser: str, command: str) -> bool:
    """Return whether ``parse`` reads the output of a command as JSON."""
    return parser == "json" or (parser == "auto" and asks_for_json(command))


def asks_for_json(command: str) -> bool:
    """Return whether a command requests JSON with its last words: ``json``, or a pipe to a formatter."""
    segments = [segment.split() for segment in command.lower().split("|")]
    while len(segments) > 1 and segments[-1] in (["no-more"], ["nomore"]):
        segments.pop()
    if len(segments) > 1:
        # Other pipes can end in the word too: `| include json` prints text.
        return " ".join(segments[-1]) in ("json", "json-pretty", "json pretty", "as-json", "as json", "display json")
    return segments[0][-1:] in (["json"], ["--json"])


def _parse_json(text: str) -> Parsed:
    begin = _begin(text)
    if begin is None:
        message = f"no JSON: no line begins with {{ or [ in {_excerpt(text.lstrip(), 0)}"
        return Parsed("json", "error", message=message)
    repeated: list[str] = []
    try:
        value, end = _decoder(repeated).raw_decode(text, begin)
        _refuse_deep(value)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg}, at {_excerpt(text, error.pos)}"
        return Parsed("json", "error", message=f"bad JSON in {where}")
    except RecursionError:
        return Parsed("json", "error", message=f"JSON nested more than {_DEEPEST_JSON} levels deep")
    except ValueError as error:
        return Parsed("json", "error", message=f"invalid JSON: {error}")
    for place, part in ((0, text[:begin]), (end, text[end:])):
        left = _left_over(part)
        if left is not None:
            side = "before" if place == 0 else "after"
            return Parsed("json", "error", message=f"text {side} the JSON document: {_excerpt(part, left)}")
    warning = None
    if repeated:
        names = ", ".join(ascii(name[:_EXCERPT]) for name in repeated)
        warning = f"the JSON repeats names within an object ({names}); only the last value of each is kept"
    return Parsed("json", "ok", value, warning)


def _begin(text: str) -> int | None:
    """Return the position of the first bracket at the start of a line that is no message of the device."""
    for start in re.finditer(r"^[ \t]*+[{\[]", text, re.MULTILINE):
        if not is_chatter(text[start.start() : start.end() + 200].split("\n", 1)[0]):
            return start.end() - 1
    return None


def _decoder(repeated: list[str]) -> json.JSONDecoder:
    """Return a decoder of data that Ansible can use. Adds the first repeated names of an object to ``repeated``."""

    def constant(name: str) -> NoReturn:
        msg = f"{name} is not a JSON value"
        raise ValueError(msg)

    def number(digits: str) -> float:
        value = float(digits)
        if value in (float("inf"), float("-inf")):
            msg = f"the number {digits[:_EXCERPT]} is too large"
            raise ValueError(msg)
        return value

    def integer(digits: str) -> int:
        if len(digits) > _LONGEST_INTEGER:
            msg = f"the number {digits[:_EXCERPT]} has more than {_LONGEST_INTEGER} digits"
            raise ValueError(msg)
        return int(digits)

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs) and len(repeated) < _NAMES_SHOWN:
            seen: set[str] = set()
            for name, _value in pairs:
                if name in seen and name not in repeated and len(repeated) < _NAMES_SHOWN:
                    repeated.append(name)
                seen.add(name)
        return value

    # Not strict: devices put raw tabs and line ends into strings.
    return json.JSONDecoder(
        object_pairs_hook=members, parse_constant=constant, parse_float=number, parse_int=integer, strict=False
    )


def _refuse_deep(value: Any) -> None:
    """Raise RecursionError for nesting that Python can read but Ansible cannot process."""
    level = [value]
    for _depth in range(_DEEPEST_JSON):
        inner = (item.values() if isinstance(item, dict) else item for item in level)
        level = [item for items in inner for item in items if isinstance(item, (dict, list))]
        if not level:
            return
    raise RecursionError


def _left_over(part: str) -> int | None:
    """Return the position of the first line that is neither blank nor an unsolicited message of the device."""
    place = 0
    for line in part.splitlines(keepends=True):
        if line.strip() and not is_chatter(line):
            return place
        place += len(line)
    return None


def _excerpt(text: str, place: int) -> str:
    return ascii(text[place : place + _EXCERPT].strip())


class _Template:
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
        self._append = self._machine._AppendRecord
        self._machine._AppendRecord = self._append_record
        for rules in self._machine.states.values():
            for rule in rules:
                # Use the expression itself. TextFSM wraps it for old Pythons, which costs a fifth of the time.
                rule.regex_obj = getattr(rule.regex_obj, "regex", rule.regex_obj)
        self.columns = [sys.intern(str(name).lower()) for name in self._machine.header]
        self.keys = [str(name).lower() for name in self._machine.GetValuesByAttrib("Key")]
        # Values that each row must set, not inherit from the previous row.
        required = [value for value in self._machine.values if "Required" in value.OptionNames()]
        self._required = [value for value in required if "Filldown" not in value.OptionNames()]

    def rows(self, text: str) -> tuple[list[dict[str, Any]], list[list[str]]]:
        """Return the rows, and for each dropped row the names of its missing values.

        Raises textfsm.TextFSMError if the template rejects a line.
        """
        with self._lock:
            self._dropped = []
            self._machine.Reset()
            records = self._machine.ParseText(text)
            return [dict(zip(self.columns, record, strict=True)) for record in records], self._dropped

    def _append_record(self) -> None:
        # TextFSM silently drops a row that lacks a required value. With one required value this is intended: templates
        # skip headings this way. A row with two required values and a missing third is a real row. An empty string (the
        # root bridge has no root port) is rejected intentionally too.
        missing = [value.name.lower() for value in self._required if value.value is None]
        if missing and len(self._required) - len(missing) >= 2:
            self._dropped.append(missing)
        self._append()


class _Library:
    """A folder of templates, and the index that maps platform and command to templates."""

    def __init__(self, folder: str) -> None:
        clitable = importlib.import_module("textfsm.clitable")
        self._folder = folder
        self._index = clitable.CliTable("index", folder).index
        self._lock = threading.Lock()
        self._names: dict[tuple[str, str], list[str]] = {}
        self._templates: dict[str, _Template] = {}

    def find(self, platform: str, command: str) -> list[_Template]:
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
                    self._templates[name] = _Template(os.path.join(self._folder, name))
            return [self._templates[name] for name in names]


_LOADING = threading.Lock()


def _library() -> _Library:
    """Return the templates of the environment's NTC_TEMPLATES_DIR, or those of the installed package."""
    folder = os.environ.get("NTC_TEMPLATES_DIR")
    if not folder:
        package = importlib.import_module("ntc_templates")
        folder = os.path.join(os.path.dirname(str(package.__file__)), "templates")
    # With lru_cache alone, several threads would read the index at first, which is slow.
    with _LOADING:
        return _load(folder)


@lru_cache(maxsize=4)
def _load(folder: str) -> _Library:
    return _Library(folder)


def _parse_textfsm(text: str, platform: str | None, command: str) -> Parsed:
    if not platform:
        message = "ntc-templates does not support the device's platform; use the text"
        return Parsed("textfsm", "no_template", message=message)
    try:
        textfsm = importlib.import_module("textfsm")
        library = _library()
    except ImportError as error:
        message = f"{error}; install the Python package ntc-templates on the machine that collects"
        return Parsed("textfsm", "error", message=message)
    except Exception as error:
        return Parsed("textfsm", "error", message=f"the index of ntc-templates cannot be read: {_describe(error)}")
    name = f"the template for {command!r} on {platform}"
    try:
        templates = library.find(platform, command.strip())
        if not templates:
            message = f"ntc-templates has no template for {command!r} on {platform}; use the text"
            return Parsed("textfsm", "no_template", message=message)
        rows, dropped = _run(templates, text)
    except textfsm.TextFSMError as error:
        message = f"{name} does not match the output: {_describe(error)}"
        return Parsed("textfsm", "mismatch", message=message)
    except Exception as error:
        message = f"{name} cannot be used: {_describe(error)}"
        return Parsed("textfsm", "error", message=message)
    if not rows:
        message = f"{name} found no row; it does not match, or there are no entries: {_excerpt(text.lstrip(), 0)}"
        return Parsed("textfsm", "mismatch", message=message)
    if dropped:
        lacks = ", ".join(sorted({column for missing in dropped for column in missing}))
        message = f"{name} found {len(rows)} rows and dropped {len(dropped)} incomplete ones without {lacks}"
        return Parsed("textfsm", "mismatch", rows, message)
    return Parsed("textfsm", "ok", rows)


def _run(templates: list[_Template], text: str) -> tuple[list[dict[str, Any]], list[list[str]]]:
    """Run the first template, and add the columns of the others to its rows, by key or by position."""
    rows, dropped = templates[0].rows(text)
    keys = templates[0].keys
    for template in templates[1:]:
        more, also_dropped = template.rows(text)
        dropped = dropped + also_dropped
        keys = keys or template.keys
        new = [column for column in template.columns if rows and column not in rows[0]]
        by_key: dict[str, dict[str, Any]] = {}
        if keys and rows:
            for each in more:
                by_key.setdefault(_key(each, keys), each)
        for position, row in enumerate(rows):
            if keys:
                other = by_key.get(_key(row, keys)) if by_key else None
            else:
                other = more[position] if position < len(more) else None
            row.update({column: other[column] if other else "" for column in new})
    return rows, dropped


def _key(row: dict[str, Any], keys: list[str]) -> str:
    return repr([row[key] for key in keys])  # a value can be a list


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".encode("ascii", "backslashreplace").decode("ascii")[:300]
