# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse the output of a command into rows, with a status."""

from __future__ import annotations

from dataclasses import replace

from .._chatter import is_time, joined_at_messages, split_by_message, without_chatter
from .command import parser_of
from .json_text import parse_json
from .logs import answers_log
from .parsed import Parsed, excerpt
from .textfsm_rows import parse_textfsm


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
    is_log = answers_log(command)
    read, taken = (text, 0) if is_log else without_chatter(text)
    parsed = _parsed(read, used, platform, command)
    if parsed.status in ("mismatch", "error", "empty"):
        # The time above an answer is known to some templates, and may be the answer itself.
        untimed, times = _without_times(read)
        again = _parsed(untimed, used, platform, command) if times else parsed
        if again.status in ("ok", "empty") and parsed.status != "empty":
            parsed, taken = again, taken + times
    if parsed.status == "ok" and used == "textfsm" and not is_log:
        parsed = _unless_split(parsed, read)
        if taken and parsed.status == "ok":
            parsed = _unless_divided(parsed, _parsed(joined_at_messages(text), used, platform, command))
    return _told(parsed, taken)


def _unless_split(parsed: Parsed, text: str) -> Parsed:
    """Return the rows as a mismatch if a message of the device splits a line of the text."""
    line = split_by_message(text)
    if line is None:
        return parsed
    return replace(parsed, status="mismatch", message=f"a message of the device splits a line: {excerpt(line, 0)}")


def _unless_divided(parsed: Parsed, joined: Parsed) -> Parsed:
    """Return the rows as a mismatch if there are more values in them without the line ends before messages: then the
    device printed a message in the middle of a line, and began it on a new line."""
    if joined.status != "ok" or len(joined.rows) < len(parsed.rows) or _size(joined) <= _size(parsed):
        return parsed
    message = "a message of the device seems to divide a line of the answer"
    return replace(parsed, status="mismatch", message=message)


def _size(parsed: Parsed) -> int:
    """Return the characters of all values."""
    return sum(len(str(value)) for row in parsed.rows for value in row.values())


def _parsed(text: str, parser: str, platform: str | None, command: str) -> Parsed:
    return parse_json(text) if parser == "json" else parse_textfsm(text, platform, command)


def _without_times(text: str) -> tuple[str, int]:
    """Return a text without the lines with the time above it, and their number."""
    lines = text.split("\n")
    count = start = 0
    while start < len(lines) and (not lines[start].strip() or is_time(lines[start])):
        count += bool(lines[start].strip())
        start += 1
    return ("\n".join(lines[start:]), count) if count else (text, 0)


def _told(parsed: Parsed, taken: int) -> Parsed:
    """Add the number of lines that were taken out to the message."""
    if not taken:
        return parsed
    what = (
        "1 line that the device printed on its own is"
        if taken == 1
        else f"{taken} lines that the device printed on its own are"
    )
    said = f"{what} left out"
    return replace(parsed, message=f"{parsed.message}; {said}" if parsed.message else said)
