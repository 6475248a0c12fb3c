# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/templates.md lists the variables of every template that users can replace or write."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2 import meta

from ansible_collections.rollcall.network.plugins.plugin_utils._pages import Pages

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "templates.md").read_text(encoding="utf-8")
ANSWER: dict[str, Any] = {"status": "ok", "output": {}, "value": None}


def listed(template: str) -> set[str]:
    """The variables in the first column of the table of this template."""
    table = PAGE.split(f"<!-- variables: {template} -->\n")[1].split("\n\n")[0]
    return {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}


class _Seen(Pages):
    """Returns the names of the variables instead of a page."""

    def _render(self, template: jinja2.Template, variables: dict[str, Any]) -> Any:
        return set(variables)


def test_the_variables_of_the_html_templates_are_listed() -> None:
    assert listed("device.html.j2") == set(_Seen().device("r1", ANSWER, index="../index.html"))
    assert listed("index.html.j2") == set(_Seen().fleet([]))


@pytest.mark.parametrize("template", ["device.md.j2", "index.md.j2"])
def test_the_variables_of_the_markdown_templates_are_listed(template: str) -> None:
    text = (ROOT / "playbooks" / "templates" / template).read_text(encoding="utf-8")
    used = meta.find_undeclared_variables(jinja2.Environment().parse(text))
    action = (ROOT / "plugins" / "action" / "report.py").read_text(encoding="utf-8")
    assert used <= listed(template)
    assert [name for name in listed(template) if f'"{name}"' not in action] == []


def test_the_variables_of_a_fleet_template_are_listed() -> None:
    action = (ROOT / "plugins" / "action" / "report.py").read_text(encoding="utf-8")
    given = action.split('if arguments["fleet_template"]:\n', 1)[1].split("seen = {")[1].split("}\n", 1)[0]
    assert listed("fleet_template") == set(re.findall(r'^ +"(\w+)":', given, re.MULTILINE))
