# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation says what is sent, returned and used."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import yaml

from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.pagers import pager_at_end
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.questions import dialog_at_end
from ansible_collections.rollcall.network.plugins.modules import collect
from tests.transcripts import record

ROOT = Path(__file__).resolve().parents[2]


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_the_questions_at_login_have_the_documented_answers() -> None:
    text = text_of("docs/questions.md")
    table = text[text.index("## Questions at login") : text.index("## Questions of a command")]
    said = {"an empty line": ""}
    found = 0
    for questions, answer in re.findall(r"^\| (.*) \| (.*) \|$", table, re.MULTILINE):
        for question in re.findall(r"`(Press (?!Y)[^`]*)`", questions):
            pager, dialog = pager_at_end(f"Welcome\n{question}"), dialog_at_end(f"Welcome\n{question}")
            assert pager is None or pager.continues, "nothing is above it that could be a page"
            answered = dialog.answer if dialog else None
            assert answered == said[answer], question
            found += 1
    assert found >= 3


def test_the_expression_with_the_lookup_gives_a_text() -> None:
    """The lookup returns one dictionary of names and answers."""
    (expression,) = re.findall(r"use one answer in an expression \| `([^`]*)` \|", text_of("README.md"))
    answer = {"edge-7": {"output": {"show clock": {"text": "10:00"}}}}
    found = jinja2.Environment(autoescape=True).from_string(f"{{{{ {expression} }}}}")
    assert found.render(lookup=lambda *_terms, **_options: answer) == "10:00"


def test_rows_can_be_any_json() -> None:
    output = " ".join(yaml.safe_load(collect.RETURN)["devices"]["contains"]["output"]["description"])
    assert "C(rows) (a list of dictionaries, or any JSON" in output


def test_the_command_that_records_again_has_an_absolute_path() -> None:
    """Ansible runs in another folder."""
    command = "PYTHONPATH=$PWD/collections python -m tests.transcripts.record"
    assert command in text_of("docs/transcripts.md")
    assert command in str(record.__doc__)
