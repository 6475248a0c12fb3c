# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an answer is only a small part of the last good one, so that it may be cut or of a broken device."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

LEAST_LINES = 10  # of the last good answer; shorter ones are not judged by their size, only if nothing is left
LEAST_ROWS = 4
SOMETHING = 2  # lines or rows: an answer with fewer can become empty
# Tables of what comes and goes while the device is sound. Their size is not judged.
_VOLATILE = re.compile(
    r"(?<![a-z])(?:arp|nd|mac[a-z-]*|log[a-z]*|session[a-z]*|users?|who|conn[a-z]*|xlate[a-z]*|nat|flow[a-z]*"
    r"|dhcp[a-z-]*|history|events?|alarms?|alerts?|traps?|trace[a-z]*|debug[a-z]*|clients?|stations?|leases?|queue[a-z]*"
    r"|process[a-z]*|buffers?|cache|sockets?|tcp|jobs?|tail|dmesg|journal[a-z]*)(?![a-z])",
    re.IGNORECASE,
)
# What is judged whatever it shows: configurations, and collections of answers. The first word of a command is a verb.
_WHOLE = re.compile(
    r"\s(?:run(?:n[a-z-]*)?|conf[a-z-]*|full-conf[a-z-]*|start(?:u[a-z-]*)?|saved[a-z-]*|cur(?:r[a-z]*)?(?:-[a-z]*)?"
    r"|tech[a-z-]*|diag[a-z-]*|export)(?![a-z])|^/?export\b",
    re.IGNORECASE,
)
# Tables of what the device is made of. Half of it is much.
_PARTS = re.compile(
    r"(?<![a-z])(?:int[a-z]*|ifconfig|link|ports?|inv[a-z]*|modules?|chassis|vlans?|vrfs?|vsys|vdom|slots?|cards?|fpc)(?![a-z])",
    re.IGNORECASE,
)
# What shows only what is wrong, or what a filter finds: nothing is a good answer.
_CAN_BE_EMPTY = re.compile(
    r"[|]|(?<![a-z])(?:err[a-z-]*|down|fail[a-z]*|fault[a-z]*|problem[a-z]*|inactive|drop[a-z]*)(?![a-z])",
    re.IGNORECASE,
)


class Measure(NamedTuple):
    """The size of an answer: characters, lines that are not blank, and rows; None if no rows were requested."""

    size: int
    lines: int
    rows: int | None = None

    @classmethod
    def of(cls, text: str, rows: Any = None, *, requested: bool = False) -> Measure:
        """Measure a text.

        :param requested: rows were requested, so an empty list is none of them.
        """
        lines = sum(1 for line in text.splitlines() if line and not line.isspace())
        return cls(len(text), lines, 0 if requested and rows == [] else rows_of(rows))


def rows_of(rows: Any) -> int | None:
    """Return the number of rows; None if there are none, or if they are other data."""
    return len(rows) if isinstance(rows, list) and rows else None


def shrunken(command: str, before: Measure, now: Measure) -> str | None:
    """Return in words how an answer is much smaller than the last good one; None if it is not.

    The text must have less than a third of its size and of its lines, or there must be less than a third of the rows.
    For interfaces, inventories and other parts of a device, half of the rows or about half of the text is enough. A
    short answer is only judged if nothing is left of it.
    """
    if _VOLATILE.search(command) and not _WHOLE.search(command):
        return None
    has_parts = _PARTS.search(command) is not None
    return _rows(before, now, has_parts) or _nothing(command, before, now) or _text(before, now, has_parts)


def is_about_as_large(one: Measure, other: Measure) -> bool:
    """Return whether two answers have about the same size: neither has twice as much as the other."""
    pairs = [(one.size, other.size), (one.lines, other.lines)]
    if one.rows is not None and other.rows is not None:
        pairs.append((one.rows, other.rows))
    return all(2 * min(pair) >= max(pair) for pair in pairs)


def _rows(before: Measure, now: Measure, has_parts: bool) -> str | None:
    rows = 0 if now.rows is None and not now.lines else now.rows
    if before.rows is None or rows is None or before.rows < LEAST_ROWS:
        return None
    is_few = rows * 2 <= before.rows if has_parts else rows * 3 < before.rows
    return f"it has {rows} rows, and the last good answer has {before.rows}" if is_few else None


def _nothing(command: str, before: Measure, now: Measure) -> str | None:
    if _CAN_BE_EMPTY.search(command) and not _WHOLE.search(command):
        return None
    if now.rows == 0 and before.rows is not None and before.rows >= SOMETHING:
        return f"it has no rows, and the last good answer has {before.rows}"
    if not now.lines and before.lines >= SOMETHING:
        return f"it is empty, and the last good answer has {before.lines} lines ({before.size} characters)"
    return None


def _text(before: Measure, now: Measure, has_parts: bool) -> str | None:
    if before.lines < LEAST_LINES:
        return None
    numerator, denominator = (5, 9) if has_parts else (1, 3)  # a table has a head too
    if now.size * denominator < before.size * numerator and now.lines * denominator < before.lines * numerator:
        last = f"the last good answer has {before.lines} ({before.size} characters)"
        return f"it has {now.lines} lines ({now.size} characters), and {last}"
    return None
