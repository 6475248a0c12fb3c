# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmarks count every process of a program, however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.bench.tree import run_tree

BURNT = 0.3  # CPU seconds that one worker uses
BURN = f"import time\nwhile time.process_time() < {BURNT}: pass\n"
START = "import os, signal, subprocess, sys, time\nburn = [sys.executable, '-Sc', sys.argv[1]]\n"
PROGRAMS = {
    "waited for": "subprocess.run(burn, check=True)",
    "killed by a launcher": (
        "burn[-1] += 'print(flush=True)\\ntime.sleep(60)'\n"
        "process = subprocess.Popen(burn, stdout=subprocess.PIPE)\n"
        "process.stdout.readline()\nprocess.kill()\nprocess.wait()"
    ),
    "outlives the launcher": "subprocess.Popen(burn)",
    "of a parent that does not wait": (
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "burn[-1] += 'time.sleep(1.5)'\nsubprocess.Popen(burn)\ntime.sleep(2)"
    ),
    "in a session of its own": "subprocess.Popen(burn, start_new_session=True)",
}


@pytest.mark.parametrize("end", PROGRAMS)
def test_a_worker_is_counted(end: str, tmp_path: Path) -> None:
    (tmp_path / "launcher.py").write_text(START + PROGRAMS[end], encoding="utf-8")
    main = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-S', *sys.argv[1:]]).wait()"
    done = run_tree([sys.executable, "-Sc", main, str(tmp_path / "launcher.py"), BURN], tmp_path, os.environ)
    assert (done.code, done.errors) == (0, "")
    assert done.cpu_seconds >= 0.9 * BURNT  # sampled in hundredths


def test_a_process_that_stays_is_ended_and_reported(tmp_path: Path) -> None:
    stay = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-Sc', 'import time; time.sleep(60)'])"
    done = run_tree([sys.executable, "-Sc", stay], tmp_path, os.environ)
    assert done.left == 1
    assert done.seconds < 60


def test_memory_is_that_of_all_processes(tmp_path: Path) -> None:
    hold = "data = bytearray(40 * 2**20)\nfor at in range(0, len(data), 4096): data[at] = 1\n"
    child = hold + "print(flush=True)\nimport time; time.sleep(1.5)"
    parent = "import subprocess, sys\nsubprocess.run([sys.executable, '-Sc', sys.argv[1]], check=True)"
    done = run_tree([sys.executable, "-Sc", hold + parent, child], tmp_path, os.environ)
    assert done.code == 0
    assert done.peak_mib >= 80
