# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docstrings have one markup."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
OTHER_MARKUP = re.compile(r"\b[CVO]\(|(?<!`)`[^`\n]+`(?!`)")  # of Ansible's documentation, and of Markdown


def test_code_in_docstrings_is_between_double_backticks() -> None:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = []
    for path in sorted(PLUGINS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, documented):
                found += [f"{path.name}: {text}" for text in OTHER_MARKUP.findall(ast.get_docstring(node) or "")]
    assert found == []
