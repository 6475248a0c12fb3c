# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Format values as text: invisible characters, cells, links, counts, durations and times."""

from __future__ import annotations

import json
import math
import urllib.parse
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from ansible_collections.rollcall.network.plugins.module_utils._model.visible import visible


def shown(value: Any) -> Any:
    """Format a value for the templates, before escaping. Invisible characters are spelled out, as in ``\\xff``."""
    if isinstance(value, Markup):
        return value
    return visible(value if isinstance(value, str) else str(value))


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
    """Format a value for a table."""
    if isinstance(value, str):
        return str(value)  # a plain str, not Ansible's subclass
    if value is None:
        return ""
    if isinstance(value, (list, tuple)) and not any(isinstance(each, (dict, list, tuple)) for each in value):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, list, tuple)) else str(value)


def pretty(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, default=str)


def path(relative: str) -> str:
    """Quote a relative path for a link, including colons, which would mark a scheme."""
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
    """Convert ISO 8601 text to seconds since 1970. Without a zone, UTC is assumed."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def clock(text: str | None) -> str:
    seconds = moment(text)
    return (text or "") if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
