# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that need no template engine come out as the engine would give them; all others are left to it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from ansible_collections.rollcall.network.plugins.plugin_utils._plain import holds_no_template, joined_text

VARIABLES: dict[str, Any] = {
    "name": "edge-7",
    "domain": trust_as_template("{{ site }}.example.net"),
    "site": "fra",
    "empty": "",
    "number": 5,
    "flag": True,
    "nothing": None,
    "several": ["a", "b"],
    "list_text": "[1, 2]",
    "untrusted": "{{ site }}",
    "brace": "a}b",
    "loop": trust_as_template("{{ loop }}"),
    "filtered": trust_as_template("{{ site | upper }}"),
}


@pytest.mark.parametrize(
    "template",
    [
        "{{ name }}",
        "{{name}}",
        "{{ name }}.{{ domain }}",
        " {{ name }} ",
        "{{ name }}\n",
        "{{ name }}\n\n",
        "{{ empty }}",
        "{{ empty }}{{ name }}",
        "{{ list_text }}",
        "{{ domain }}",
    ],
)
def test_what_only_joins_texts(template: str) -> None:
    engine = Templar(loader=DataLoader(), variables=VARIABLES).template(trust_as_template(template))
    assert joined_text(trust_as_template(template), VARIABLES) == engine


@pytest.mark.parametrize(
    "template",
    [
        "{{ number }}",
        "{{ flag }}",
        "{{ nothing }}",
        "{{ several }}",
        "{{ not_there }}",
        "{{ name | upper }}",
        "{{ name }}{{ filtered }}",
        "{{ name }}{{ untrusted }}",
        "{{- name -}} x",
        "{% if true %}{{ name }}{% endif %}",
        "{{ name }}{# comment #}",
        "{{ 'a' }}",
        "{{ lookup('env', 'HOME') }}",
        "{{ name }} }}",
        "{{ loop }}",
        "{{ none }}",
        "#jinja2: trim_blocks: false\n{{ name }}",
    ],
)
def test_what_is_left_to_the_engine(template: str) -> None:
    assert joined_text(trust_as_template(template), VARIABLES) is None


def test_what_nobody_trusts_is_no_template() -> None:
    assert joined_text("{{ name }}", VARIABLES) is None


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("show version", True),
        ("{{ name }}", False),
        (["show version", {"command": "show clock"}], True),
        (["show {{ name }}"], False),
        ({"command": "{% raw %}"}, False),
        (5, True),
        (True, True),
        (None, False),
        (object(), False),
    ],
)
def test_what_holds_no_template(value: Any, plain: bool) -> None:
    assert holds_no_template(value) is plain
