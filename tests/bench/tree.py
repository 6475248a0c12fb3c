# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command with all the processes that it leaves behind: their CPU time, and their memory while they run."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.cost import descendants

SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: orphans become ours, so that their time is not lost
SAMPLE_SECONDS = 0.5
LIMIT_SECONDS = 600.0


@dataclass(frozen=True)
class TreeCost:
    seconds: float
    cpu_seconds: float
    peak_mib: float  # the largest sum of the processes' shares (PSS)
    output: str
    code: int


def run_tree(command: list[str], folder: Path, environment: Mapping[str, str]) -> TreeCost:
    """Run the command; its background processes (ansible-connection) are ended with it and count too.

    Raises TimeoutExpired after ten minutes.
    """
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    others = set(descendants(os.getpid()))
    peak = [0.0]
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            peak[0] = max(peak[0], sum(map(_pss_mib, set(descendants(os.getpid())) - others)))

    sampler = threading.Thread(target=sample, daemon=True)
    before, began = _children_cpu(), time.monotonic()
    sampler.start()
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        seconds = time.monotonic() - began
    finally:
        ended.set()
        sampler.join()
        for pid in set(descendants(os.getpid())) - others:
            _end(pid)
    return TreeCost(seconds, _children_cpu() - before, peak[0], done.stdout, done.returncode)


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass  # it ended by itself, or with its parent


def _children_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _pss_mib(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0  # gone
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024
