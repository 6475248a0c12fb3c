# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The platforms that ntc-templates has, without loading its templates."""

from __future__ import annotations

import difflib
import functools
import os
import re

from .templates import folder_of_templates


def without_templates(name: str) -> str | None:
    """Return a sentence if ntc-templates has no platform of this name; None if it has, or is not installed here."""
    try:
        known = _platforms(folder_of_templates())
    except (ImportError, OSError, ValueError):
        return None
    if name in known or any(map(functools.partial(_fits, name), known)):
        return None
    near = difflib.get_close_matches(name, known, n=3)
    matches = f"; near matches: {', '.join(near)}" if near else ""
    return f"ntc-templates has no platform {name!r}{matches}"


def _fits(name: str, pattern: str) -> bool:
    """The names in an index are regular expressions, as a rule without special characters."""
    try:
        return not pattern.isidentifier() and re.fullmatch(pattern, name) is not None
    except re.error:
        return False


@functools.lru_cache(maxsize=4)
def _platforms(folder: str) -> tuple[str, ...]:
    with open(os.path.join(folder, "index"), encoding="utf-8") as file:
        lines = (line.split(",") for line in file if line.strip() and not line.startswith("#"))
        place = [each.strip() for each in next(lines, [])].index("Platform")
        return tuple(dict.fromkeys(each[place].strip() for each in lines if len(each) > place))
