# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that share something run in one process, where pytest-xdist starts several."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

pytest.importorskip("xdist")

TESTS = Path(__file__).resolve().parent.parent
FILES = ("integration/test_a", "integration/test_b", "browser/test_c", "browser/test_d", "unit/test_e")
TRIVIAL = """
import os, pathlib, pytest, time

@pytest.mark.parametrize("number", range(12))
def test_trivial(number):
    # Until every process has had a turn, so that there is a choice.
    log = pathlib.Path(os.environ["LOG"])
    with log.open("a") as file:
        file.write(f"{__name__} {os.environ['PYTEST_XDIST_WORKER']}\\n")
    end = time.monotonic() + 20
    while len({line.split()[1] for line in log.read_text().splitlines()}) < 3 and time.monotonic() < end:
        time.sleep(0.01)
"""


def test_what_shares_something_runs_in_one_process(tmp_path: Path) -> None:
    for name in ("conftest.py", "started.py", "__init__.py"):
        (tmp_path / "tests").mkdir(exist_ok=True)
        shutil.copy(TESTS / name, tmp_path / "tests")
    for name in FILES:
        file = tmp_path / "tests" / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(TRIVIAL)
    log = tmp_path / "log"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "3", "-p", "no:cacheprovider", "tests"]
    subprocess.run(
        command, cwd=tmp_path, env={"LOG": str(log)}, capture_output=True, text=True, timeout=120, check=True
    )
    workers: dict[str, set[str]] = defaultdict(set)
    for line in log.read_text().splitlines():
        module, worker = line.split()
        workers[module].add(worker)
    assert len(workers) == len(FILES)
    assert len(workers["tests.integration.test_a"]) == len(workers["tests.integration.test_b"]) == 1
    assert len(workers["tests.browser.test_c"] | workers["tests.browser.test_d"]) == 1
    assert len(set.union(*workers.values())) == 3


SOME = """
import pytest

@pytest.mark.parametrize("number", range(6))
def test_named(number): pass

@pytest.mark.cases(3)
@pytest.mark.parametrize("number", range(6))
def test_named_too(number): pass

@pytest.mark.soak
def test_named_and_long(): pass

def test_other(): pass
"""


def test_make_test_runs_cases_of_what_a_page_promises(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "integration"
    folder.mkdir(parents=True)
    for name in ("conftest.py", "started.py", "__init__.py"):
        shutil.copy(TESTS / name, tmp_path / "tests")
    (tmp_path / "README.md").write_text("| A promise | `test_named`, `test_named_too`, `test_named_and_long` |")
    (folder / "test_some.py").write_text(SOME)
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]

    def collected(*more: str) -> list[str]:
        done = subprocess.run([*command, *more], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True)
        return [line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line]

    chosen = collected("-m", "not soak")
    assert chosen == ["test_named[0]", "test_named[3]", *(f"test_named_too[{number}]" for number in (0, 2, 4))]
    assert len(collected()) == 14
