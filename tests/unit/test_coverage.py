# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit tests alone run nearly all branches of what reads a command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEAST = 95.0  # percent of the branches, without the lines
FILES = ["_drivers/cli.py", "_drivers/text.py", "_drivers/_reader/*", "_terminal.py"]
TESTS = [
    "test_become_on_learned.py",
    "test_changed_prompts.py",
    "test_cli_logins.py",
    "test_dialogs_with_a_message.py",
    "test_ends_of_answers.py",
    "test_late_proofs.py",
    "test_late_rests.py",
    "test_login_questions.py",
    "test_played_devices.py",
    "test_public_bug_reports.py",
    "test_reader.py",
    "test_reader_echo.py",
    "test_quoted_pagers.py",
    "test_rejections.py",
    "test_sessions_of_bug_reports.py",
    "test_questions_of_devices.py",
    "test_terminal.py",
    "test_transcripts.py",
    "test_pagers.py::test_without_pagers_random_places",
    "test_pagers.py::test_pager",
    "test_pagers.py::test_the_blanks_that_a_prompt_begins_with_are_its_own",
    "test_pagers.py::test_half_a_line_that_is_written_again_is_there_once",
    "test_pagers.py::test_a_quoted_prompt_that_a_packet_ended_with_is_kept",
    "test_pagers.py::test_the_prompt_is_wiped_from_the_line_below",
]


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_branches_of_the_driver_and_the_reader(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "ROLLCALL"))}
    environment["COVERAGE_FILE"] = str(tmp_path / "coverage")
    include = ",".join(f"*/plugins/module_utils/{name}" for name in FILES)
    coverage = [sys.executable, "-m", "coverage"]
    tests = [f"tests/unit/{name}" for name in TESTS]
    quick = ["-q", "-n0", "-p", "no:cacheprovider", "-o", "addopts="]
    done = subprocess.run(
        [*coverage, "run", "--branch", f"--include={include}", "-m", "pytest", *quick, *tests],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    report = tmp_path / "coverage.json"
    subprocess.run([*coverage, "json", "-q", "-o", str(report)], cwd=ROOT, env=environment, check=True)
    measured = json.loads(report.read_text())
    missing = {name: each["missing_branches"] for name, each in measured["files"].items() if each["missing_branches"]}
    totals = measured["totals"]
    assert len(measured["files"]) >= 16
    assert 100 * totals["covered_branches"] / totals["num_branches"] >= LEAST, missing
