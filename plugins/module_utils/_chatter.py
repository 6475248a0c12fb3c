# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that a device prints on its own: log messages, broadcasts, the time above an answer."""

from __future__ import annotations

import re

from ._pieces import LONGEST_LINE

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"\d{1,2}:\d\d:\d\d(?:[.,:]\d+)?"
_TIME = rf"""
        (?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s+)?(?:{_MONTH}\s+\d{{1,2}}|\d{{1,2}}\s+{_MONTH})\s+(?:\d{{4}}\s+)?{_CLOCK}
            (?:\s+[A-Z]{{1,5}}(?:[+-]\d+)?)?(?:\s+\d{{4}})?\s*$"""
_MESSAGE = rf"""
        (?:<\d+>)?(?:\d+:\s+)?(?:[\w./:-]+:)?[*.]?(?:{_MONTH}\s+\d{{1,2}}|\d{{4}}[ -])
            [^%\n]{{0,80}}(?:%\$[^%\n]{{0,40}}%\$\s+)?%{{1,2}}[\w/-]+[/-]\d+[/-]\w+
      | (?:<\d+>)?(?:\d+:\s+)?(?:[*.]?(?:{_CLOCK}|\d+[wdhy]\d+[wdh]):\s+)?%{{1,2}}[\w/-]+-\d-\w+:
      | \d{{1,2}}-{_MONTH}-\d{{4}}\s+{_CLOCK}\s+:?%[\w-]+-[A-Z]-\w+
      | [%\#]{_MONTH}\s+\d{{1,2}}\s+{_CLOCK}
      | {_MONTH}\s+\d{{1,2}}\s+{_CLOCK}\s+\S+\s+[\w./-]+(?:\[\d+\])?:\s
      | <\d{{1,3}}>1\s\d{{4}}-\d\d-\d\dT{_CLOCK}
      | {_CLOCK}\s+echo:\s+[a-z,]+\s
      | (?:[a-z]{{3}}/\d\d(?:/\d{{4}})?|\d{{4}}-\d\d-\d\d)\s+{_CLOCK}\s+[a-z]{{3,20}}(?:,[a-z]{{3,20}}){{1,5}}\s
      | \d\d/\d\d/\d{{4}}\s+{_CLOCK}\s+<(?:Info|Noti|Warn|Erro|Crit|Debug)[^>\n]{{0,60}}>
      | [IWEMD]\s\d\d/\d\d/\d\d\s{_CLOCK}\s\d{{5}}\s
      | \d{{4}}/\d\d/\d\d-{_CLOCK},\s\[[A-Z]+\d?-\d+\],\s
      | [A-Z]{{2}}\d\s+\[\d\d/\d\d/\d\d\s{_CLOCK}:[A-Z]+\]\s0x[0-9a-f]{{8}}\s
      | (?:SYSLOG:\s)?<\d{{1,3}}>\s?{_MONTH}\s+\d{{1,2}}\s{_CLOCK}\s
      | \d+\s\d{{4}}/\d\d/\d\d\s{_CLOCK}\s[A-Z]{{2,5}}\s(?:CLEARED|WARNING|MINOR|MAJOR|CRITICAL|INDETERMINATE):\s
      | Dynamic\sLog:\s"""
_MODE = r"""
        \{[a-z]+(?::\w+)?\}\s*$
      | \[edit\b[^\]\n]*\]\s*$"""
CHATTER = re.compile(rf"\s*(?:{_TIME} | {_MESSAGE} | {_MODE})", re.VERBOSE)
"""Matches a line that a device prints on its own account: a time alone, the start of a log message, or the line that
Junos puts above its prompt (`{master:0}`, `[edit]`). Use it through `is_chatter`."""

MESSAGE = re.compile(rf"\s*(?:(?P<mode>{_MODE}) | {_MESSAGE})", re.VERBOSE)
"""The same without the time alone, which can be a value of an answer. The group `mode` is set for a line of Junos."""

TIME = re.compile(
    rf"\s*(?:{_TIME} | Time\ssource\sis\s[^\n]{{1,40}},\s{_CLOCK}\s | Load\sfor\sfive\ssecs:\s)", re.VERBOSE
)
"""Matches a line that a device puts above each answer when it is told to (`terminal exec prompt timestamp`)."""

BROADCAST = re.compile(
    r"""\s*(?:
        (?P<message>Message\sfrom\s[^\s@]{1,64}@[^\s@(]{1,64}[\s(].{0,80}\.\.\.\s*$)
      | (?P<wall>Broadcast\s[Mm]essage\sfrom\s\S)
      | (?P<shutdown>\*\*\*\s+(?:FINAL\s)?System\s(?:shutdown|going|reboot))
      | (?P<stars>\*\*\*(?:\s*$|\s---\s))
    )""",
    re.VERBOSE,
)
"""Matches the first line of a message of several lines. The name of the group says which."""

_WITHIN = re.compile(rf"[*.]?{_MONTH}\s{{1,2}}\d|%[\w/]{{1,40}}-\d-")
"""Finds where a message of IOS and its like may begin."""

# Each message has one of these, or is a broadcast, which begins with one of _STARTS. A search for a pattern that begins
# with a character is fast.
_MARKS = (re.compile(r":\d\d:\d\d"), re.compile(r"%[\w/-]+-\d-"), re.compile(r"Dynamic Log: "))
_STARTS = ("***", "Message from", "Broadcast", "[edit", "\n{")
_LONGEST_BROADCAST = 12  # lines


def is_chatter(line: str) -> bool:
    """Tell whether a device prints this line on its own account, see CHATTER."""
    return len(line) <= LONGEST_LINE and CHATTER.match(line) is not None


def is_time(line: str) -> bool:
    """Tell whether this line is the time that a device puts above an answer, see TIME."""
    return len(line) <= LONGEST_LINE and TIME.match(line) is not None


def without_chatter(text: str) -> tuple[str, int]:
    """Return a text without the messages that the device printed on its own, and the number of lines taken out.

    A time alone stays: it can be a value. The blank lines of a broadcast, and the lines above a prompt of Junos, go too
    and are not counted.
    """
    if not _may_have(text):
        return text, 0
    lines = text.split("\n")
    taken = _broadcasts(lines)
    count = sum(1 for place in taken if lines[place].strip())
    for place, line in enumerate(lines):
        found = MESSAGE.match(line) if len(line) <= LONGEST_LINE and place not in taken else None
        if found:
            taken.add(place)
            count += found["mode"] is None
    if not taken:
        return text, 0
    return "\n".join(line for place, line in enumerate(lines) if place not in taken), count


def joined_at_messages(text: str) -> str:
    """Return a text without messages, in which the lines before and after each are one line, but not more of them."""
    kept: list[str] = []
    is_divided = is_joined = False
    for line in text.split("\n"):
        if len(line) <= LONGEST_LINE and MESSAGE.match(line):
            is_divided = bool(kept) and not is_joined
        elif is_divided:
            kept[-1] += line
            is_divided, is_joined = False, True
        else:
            kept.append(line)
            is_joined = False
    return "\n".join(kept)


def split_by_message(text: str) -> str | None:
    """Return the first line in the middle of which a message of the device begins, or None.

    The device printed it while it was in a line of the answer, whose rest is on another line.
    """
    if _MARKS[1].search(text) is None:
        return None
    for line in text.split("\n"):
        if len(line) <= LONGEST_LINE and "%" in line and not is_chatter(line):
            found = _WITHIN.search(line)
            if found and line[: found.start()].strip() and MESSAGE.match(line, found.start()):
                return line
    return None


def _may_have(text: str) -> bool:
    """Return whether there is a message, or the start of something else that may be taken out."""
    if text.startswith("{") or any(start in text for start in _STARTS):
        return True
    return any(_has_message(text, mark) for mark in _MARKS)


def _has_message(text: str, mark: re.Pattern[str]) -> bool:
    found = mark.search(text)
    while found:
        start, end = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.end())
        if end < 0:
            end = len(text)
        if end - start <= LONGEST_LINE and MESSAGE.match(text, start, end):
            return True
        found = mark.search(text, end)
    return False


def _broadcasts(lines: list[str]) -> set[int]:
    """Return the numbers of the lines of broadcasts."""
    taken: set[int] = set()
    for place, line in enumerate(lines):
        if line.lstrip()[:1] in ("M", "B", "*") and place not in taken and len(line) <= LONGEST_LINE:
            found = BROADCAST.match(line)
            if found:
                taken.update(range(place, _end_of_broadcast(lines, place, str(found.lastgroup))))
    return taken


def _end_of_broadcast(lines: list[str], start: int, kind: str) -> int:
    """Return the number of the line after a broadcast. It is ``start`` if the line is not the start of one."""
    last = min(len(lines), start + _LONGEST_BROADCAST)
    end = start + 1
    if kind == "stars":  # IOS: lines of stars, one of which has the text
        while end < last and _is_of_stars(lines[end]):
            end += 1
        return end if any("---" in line for line in lines[start:end]) else start
    if kind == "shutdown":  # Junos: a blank line and a sentence follow
        after = _skip_blank(lines, end, last)
        return _skip_blank(lines, after + 1, after + 2) if after < last and _says_when(lines[after]) else end
    if kind == "wall":  # where it is from, a blank line, and the text
        if end < last and lines[end].lstrip().startswith("("):
            end += 1
        end = _skip_blank(lines, end, last)
    while end < last and lines[end].strip():
        end += 1
    return _skip_blank(lines, end, end + 1)


def _skip_blank(lines: list[str], start: int, last: int) -> int:
    """Return the number of the first line from ``start`` on that is not blank, or ``last``."""
    last = min(last, len(lines))
    while start < last and not lines[start].strip():
        start += 1
    return start


def _is_of_stars(line: str) -> bool:
    return line.lstrip().startswith("***")


def _says_when(line: str) -> bool:
    return line.lstrip().startswith(("System going down", "The system is going"))
