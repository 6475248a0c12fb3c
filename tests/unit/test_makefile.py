# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make check` and `make test` run every part, show what each wrote, and fail when one part fails."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What starts each part, and so stands in for it here.
PARTS = {
    "check": {"ruff check", "ruff format", "mypy", "pytest"},
    "test": {"ruff check", "ruff format", "mypy", "pytest", "ansible-lint", "sanity"},
}
STANDIN = """#!/bin/sh
case "$0 $*" in
    *ruff\\ check*) part='ruff check' ;;
    *ruff\\ format*) part='ruff format' ;;
    *mypy*) part=mypy ;;
    *ansible-lint*) part=ansible-lint ;;
    *sanity*) part=sanity ;;
    *pytest*) part=pytest ;;
esac
echo "$part ran"
echo "$part got $*"
[ "$part" != pytest ] || echo '== 3 passed in 0.01s =='
case "$FAILS $*" in
    'pytest once '*--last-failed*) ;;
    'pytest once '*) [ "$part" != pytest ] ;;
    *) [ "$part" != "$FAILS" ] ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the Makefile, whose programs only say that they ran."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.txt", "requirements.lock", "requirements-test.txt"):
        (tmp_path / name).touch()
    programs = [*(tmp_path / ".venv" / "bin" / name for name in ("python", "ruff", "mypy", "ansible-lint"))]
    for program in (*programs, tmp_path / "tests" / "sanity" / "run.sh"):
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(STANDIN)
        program.chmod(0o755)
    (tmp_path / ".venv" / f"made-with-{platform.python_version()}").touch()
    return tmp_path


def make(project: Path, target: str, fails: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", target, f"PYTHON={sys.executable}"],
        cwd=project,
        env={**environment, "FAILS": fails},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("fails", ["", "ruff check", "mypy", "ansible-lint", "sanity", "pytest"])
@pytest.mark.parametrize("target", ["check", "test"])
def test_every_part_runs_and_one_that_fails_fails_all(project: Path, target: str, fails: str) -> None:
    if shutil.which("make") is None:
        pytest.skip("Not installed: make.")
    done = make(project, target, fails)
    ran = {line.removesuffix(" ran") for line in done.stdout.splitlines() if line.endswith(" ran")}
    # The two of ruff are one after the other.
    assert ran == PARTS[target] - ({"ruff format"} if fails == "ruff check" else set()), done.stdout + done.stderr
    assert "== 3 passed in 0.01s ==" in done.stdout
    assert (done.returncode == 0) is (fails not in PARTS[target]), done.stdout + done.stderr


@pytest.mark.parametrize(("fails", "passes"), [("pytest once", True), ("pytest", False)])
def test_what_has_failed_is_run_once_more_and_must_pass(project: Path, fails: str, passes: bool) -> None:
    if shutil.which("make") is None:
        pytest.skip("Not installed: make.")
    done = make(project, "pytest", fails)
    assert done.stdout.count("pytest ran") == 2, done.stdout + done.stderr
    assert (done.returncode == 0) is passes, done.stdout + done.stderr


@pytest.mark.parametrize(("target", "marked"), [("test", "not soak"), ("check", "not soak"), ("soak", "")])
def test_only_make_soak_runs_every_case(project: Path, target: str, marked: str) -> None:
    if shutil.which("make") is None:
        pytest.skip("Not installed: make.")
    done = make(project, target, "")
    assert f"pytest got -m pytest -n auto -m {marked} tests" in done.stdout, done.stdout + done.stderr
