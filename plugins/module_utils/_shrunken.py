# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an answer is only a small part of the last good one, so that it may be cut or of a broken device."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

LEAST_LINES = 10  # of the last good answer; shorter ones are not judged by their size
LEAST_ROWS = 4
# Tables of what comes and goes while the device is sound. Their size is not judged.
_VOLATILE = re.compile(
    r"(?<![a-z])(?:arp|nd|mac[a-z-]*|log[a-z]*|session[a-z]*|users?|who|conn[a-z]*|xlate[a-z]*|nat|flow[a-z]*"
    r"|dhcp[a-z-]*|history|events?|alarms?|alerts?|traps?|trace[a-z]*|debug[a-z]*|clients?|stations?|leases?|queue[a-z]*"
    r"|process[a-z]*|buffers?|cache|sockets?|tcp|jobs?|tail|dmesg|journal[a-z]*|diag[a-z]*|tech[a-z-]*)(?![a-z])",
    re.IGNORECASE,
)
# Tables of what the device is made of. Half of it is much.
_PARTS = re.compile(
    r"(?<![a-z])(?:int[a-z]*|ifconfig|link|ports?|inv[a-z]*|modules?|chassis|vlans?|vrfs?|vsys|vdom|slots?|cards?|fpc)(?![a-z])",
    re.IGNORECASE,
)


class Measure(NamedTuple):
    """The size of an answer: characters, lines that are not blank, and rows; None if it has no rows."""

    size: int
    lines: int
    rows: int | None = None

    @classmethod
    def of(cls, text: str, rows: Any = None) -> Measure:
        lines = sum(1 for line in text.splitlines() if line and not line.isspace())
        return cls(len(text), lines, rows_of(rows))


def rows_of(rows: Any) -> int | None:
    """Return the number of rows; None if there are none, or if they are other data."""
    return len(rows) if isinstance(rows, list) and rows else None


def shrunken(command: str, before: Measure, now: Measure) -> str | None:
    """Return in words how an answer is much smaller than the last good one; None if it is not.

    The text must have less than a third of its size and of its lines. For interfaces, inventories and other parts of a
    device, half of the rows or about half of the text is enough.
    """
    if _VOLATILE.search(command):
        return None
    has_parts = _PARTS.search(command) is not None
    if has_parts and before.rows is not None and before.rows >= LEAST_ROWS and (now.rows or 0) * 2 <= before.rows:
        is_known = now.rows is not None or not now.lines
        if is_known:
            return f"it has {now.rows or 0} rows, and the last good answer has {before.rows}"
    if before.lines < LEAST_LINES:
        return None
    numerator, denominator = (5, 9) if has_parts else (1, 3)  # a table has a head too
    if now.size * denominator < before.size * numerator and now.lines * denominator < before.lines * numerator:
        last = f"the last good answer has {before.lines} ({before.size} characters)"
        return f"it has {now.lines} lines ({now.size} characters), and {last}"
    return None
