# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped playbooks and roles cause no warning of Python, which Ansible would show to the user."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import run_playbook
from tests.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOKS = sorted(file.stem for file in (ROOT / "playbooks").glob("*.yml"))
WARNING = re.compile(r"\w*Warning:|errantly sent data")
# A pattern in a playbook or a template, between single quotes.
PATTERN = re.compile(r"(?:regex_\w+|match|search|regex)\(\s*'((?:[^'\\]|\\.)*)'\s*[,)]")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Path]]:
    """A lab, and a folder with a run of it."""
    folder = tmp_path_factory.mktemp("rollcall")
    with Lab(devices=2, healthy=True) as lab:
        done = run_playbook(ROOT / "playbooks" / "collect.yml", lab.inventory, "-e", f"rollcall_output_dir={folder}")
        assert done.returncode == 0, done.stdout + done.stderr
        yield lab, folder


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_no_shipped_playbook_causes_a_warning_of_python(name: str, collected: tuple[Lab, Path]) -> None:
    lab, folder = collected
    done = run_playbook(
        Path(f"rollcall.network.{name}"),
        lab.inventory,
        *("-e", f"rollcall_output_dir={folder}", "--check"),
        env={"PYTHONWARNINGS": "default::FutureWarning,default::SyntaxWarning"},
    )
    assert not WARNING.search(done.stdout + done.stderr), done.stdout + done.stderr


def test_no_pattern_in_a_playbook_or_role_causes_a_warning_of_python() -> None:
    files = [file for folder in ("playbooks", "roles") for file in (ROOT / folder).rglob("*") if file.is_file()]
    texts = {file: file.read_text(encoding="utf-8") for file in files if file.suffix in {".yml", ".j2"}}
    patterns = [(file, pattern) for file, text in texts.items() for pattern in PATTERN.findall(text)]
    assert patterns
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for file, pattern in patterns:
            try:
                re.compile(pattern)
            except (re.error, Warning) as error:
                pytest.fail(f"{file.relative_to(ROOT)}: {pattern!r}: {error}")
