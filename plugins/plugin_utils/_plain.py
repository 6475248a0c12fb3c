# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resolve simple values of variables without the template engine, which would compile each value for every host.

The results are the same as those of the engine. All other values are left to the engine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible.template import is_trusted_as_template

_REFERENCE = re.compile(r"\{\{ *([a-zA-Z_]\w*) *\}\}")
_DEEPEST = 5  # nested references; the engine reports loops


def holds_no_template(value: Any) -> bool:
    """Return whether the value contains no template."""
    if isinstance(value, str):
        return "{" not in value
    if isinstance(value, list):
        return all(holds_no_template(each) for each in value)
    if isinstance(value, dict):
        return all(holds_no_template(each) for each in value.values())
    return isinstance(value, (bool, int, float))


def joined_text(value: Any, variables: Mapping[str, Any], depth: int = 0) -> str | None:
    """Resolve a template that only joins texts, such as ``{{ inventory_hostname }}.{{ domain }}``, or return None."""
    if not isinstance(value, str):
        return None
    if "{" not in value:
        return value
    literals_and_names = _REFERENCE.split(value)
    literals = literals_and_names[::2]
    if depth == _DEEPEST or any("{" in each or "}" in each or "#jinja2:" in each for each in literals):
        return None
    if not is_trusted_as_template(value):
        return None
    for index in range(1, len(literals_and_names), 2):
        text = joined_text(variables.get(literals_and_names[index]), variables, depth + 1)
        if text is None:
            return None
        literals_and_names[index] = text
    return "".join(literals_and_names)
