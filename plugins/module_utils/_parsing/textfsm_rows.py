# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of an output, made by TextFSM with a template of ntc-templates."""

from __future__ import annotations

import importlib
import os
from typing import Any

from .left_over import left_over
from .misread import misread
from .nothing import says_nothing
from .parsed import Parsed, excerpt
from .templates import Found, Template, library


def parse_textfsm(text: str, platform: str | None, command: str) -> Parsed:
    if not platform:
        message = "ntc-templates does not support the device's platform; use the text"
        return Parsed("textfsm", "no_template", message=message)
    try:
        textfsm = importlib.import_module("textfsm")
        templates_of = library()
    except ImportError as error:
        message = f"{error}; install the Python package ntc-templates on the machine that collects"
        return Parsed("textfsm", "error", message=message)
    except Exception as error:
        own = " in the folder that NTC_TEMPLATES_DIR names" if os.environ.get("NTC_TEMPLATES_DIR") else ""
        message = f"the index of ntc-templates{own} cannot be read: {_describe(error)}"
        return Parsed("textfsm", "error", message=message)
    name = f"the template for {command!r} on {platform}"
    lines = text.splitlines()
    try:
        templates = templates_of.find(platform, command.strip())
        if not templates:
            message = f"ntc-templates has no template for {command!r} on {platform}; use the text"
            return Parsed("textfsm", "no_template", message=message)
        found = _run(templates, lines)
    except textfsm.TextFSMError as error:
        if says_nothing(lines):
            return _empty(text)
        message = f"{name} does not match the output: {_describe(error)}"
        return Parsed("textfsm", "mismatch", message=message)
    except Exception as error:
        message = f"{name} cannot be used: {_describe(error)}"
        return Parsed("textfsm", "error", message=message)
    if not found.rows:
        if not found.used and says_nothing(lines, found.known):
            return _empty(text)
        message = f"{name} found no row: {excerpt(text.lstrip(), 0)}"
        return Parsed("textfsm", "mismatch", message=message)
    return _judged(name, found, lines)


def _judged(name: str, found: Found, lines: list[str]) -> Parsed:
    """Return the rows, and whether some are missing."""
    rows, dropped = found.rows, found.dropped
    if dropped:
        lacks = ", ".join(sorted({column for missing in dropped for column in missing})) or "an end"
        message = f"{name} found {len(rows)} rows and dropped {len(dropped)} incomplete ones without {lacks}"
        return Parsed("textfsm", "mismatch", rows, message)
    left = found.heads or left_over(found, lines)
    if left:
        others = f", and {len(left) - 1} more" if len(left) > 1 else ""
        message = f"{name} found {len(rows)} rows and skipped a line like theirs: {excerpt(lines[left[0]], 0)}{others}"
        return Parsed("textfsm", "mismatch", rows, message)
    wrong = misread(found, lines)
    if wrong:
        others = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        message = f"{name} found {len(rows)} rows, and misread a line: {excerpt(lines[wrong[0]], 0)}{others}"
        return Parsed("textfsm", "mismatch", rows, message)
    return Parsed("textfsm", "ok", rows)


def _empty(text: str) -> Parsed:
    return Parsed("textfsm", "empty", message=f"the output has no entries: {excerpt(text.lstrip(), 0)}")


def _run(templates: list[Template], lines: list[str]) -> Found:
    """Run the first template, and add the columns of the others to its rows, by key or by position."""
    found = templates[0].read(lines)
    keys = templates[0].keys
    for template in templates[1:]:
        more = template.read(lines)
        keys = keys or template.keys
        _add_columns(found.rows, more.rows, template.columns, keys)
        known = {*found.known, *more.used, *more.known}
        found = Found(
            found.rows,
            found.dropped + more.dropped,
            sorted({*found.made, *more.made}),
            found.used,
            [place for place in found.skipped if place not in known],
            sorted(known),
            found.behind + more.behind,
            sorted({*found.heads, *more.heads}),
        )
    return found


def _add_columns(rows: list[dict[str, Any]], others: list[dict[str, Any]], columns: list[str], keys: list[str]) -> None:
    new = [column for column in columns if rows and column not in rows[0]]
    by_key: dict[str, dict[str, Any]] = {}
    if keys and rows:
        for each in others:
            by_key.setdefault(_key(each, keys), each)
    for position, row in enumerate(rows):
        if keys:
            other = by_key.get(_key(row, keys)) if by_key else None
        else:
            other = others[position] if position < len(others) else None
        row.update({column: other[column] if other else "" for column in new})


def _key(row: dict[str, Any], keys: list[str]) -> str:
    return repr([row[key] for key in keys])  # a value can be a list


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".encode("ascii", "backslashreplace").decode("ascii")[:300]
