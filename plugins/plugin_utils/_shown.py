# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How values are spelled as text for people: what cannot be seen, cells, links, counts, durations and clocks."""

from __future__ import annotations

import json
import math
import re
import urllib.parse
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

# Characters that a page would hide or change, or that would disturb the text around them: control characters, lone
# surrogates (bytes that are no UTF-8) and those that turn the direction of writing.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def shown(value: Any) -> Any:
    """A value as the templates show it, before it is escaped: what cannot be seen is spelled out, as in ``\\xff``."""
    if isinstance(value, Markup):
        return value
    text = value if isinstance(value, str) else str(value)
    return text if text.isprintable() else _UNSEEN.sub(_spelled, text.replace("\r\n", "\n"))


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def plain(value: Any) -> Any:
    """A value as JSON has it: without what Ansible adds to it, and as text where JSON has no such type."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    return str(value)


def text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def cell(value: Any) -> str:
    """A value in a table."""
    if isinstance(value, str):
        return str(value)  # not what Ansible makes of it, which carries its origin along
    if value is None:
        return ""
    if isinstance(value, (list, tuple)) and not any(isinstance(each, (dict, list, tuple)) for each in value):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, list, tuple)) else str(value)


def pretty(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, default=str)


def path(relative: str) -> str:
    """A relative path as a link. A colon would make a scheme of what stands before it."""
    return urllib.parse.quote(relative, safe="/", errors="surrogateescape")


def count(number: int) -> str:
    return f"{number:,}"


def duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02} min"


def moment(text: str | None) -> float | None:
    """ISO 8601 text as seconds since 1970; without a zone it is taken for UTC."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def clock(text: str | None) -> str:
    seconds = moment(text)
    return (text or "") if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
