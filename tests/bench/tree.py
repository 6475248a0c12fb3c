# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a program with all its processes, and measure them together from outside.

Processor time is what the kernel adds up for ended children (RUSAGE_CHILDREN). Processes whose parent ends before them
are adopted (PR_SET_CHILD_SUBREAPER) and waited for, so their time is not lost. The kernel does not add the time of
children of a process that ignores SIGCHLD: where the sum of what was sampled is larger, it counts. Memory is the sum of
the processes' proportional shares (Pss), sampled.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.bench.cost import cpu_of_process, descendants

SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
SAMPLE_SECONDS = 0.5
LIMIT_SECONDS = 600.0
GRACE_SECONDS = 2.0  # for processes that end because the program has ended


@dataclass(frozen=True)
class TreeCost:
    """Of a whole program, from its start to its end."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    samples: tuple[tuple[float, float], ...]  # the moment (time.monotonic) and the MiB of all processes
    left: int  # processes that did not end with the program
    output: str
    errors: str
    code: int

    def mib_at(self, moment: float) -> float:
        """The memory at this moment: the larger one of the samples before and after it."""
        before = [mib for when, mib in self.samples if when < moment][-1:]
        after = [mib for when, mib in self.samples if when >= moment][:1]
        return max((*before, *after), default=0.0)


def run_tree(
    command: list[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    given: str = "",
    limit: float = LIMIT_SECONDS,
    pinned: AbstractContextManager[None] | None = None,
) -> TreeCost:
    """Run the command. Its background processes are ended after it, and counted.

    :param given: what it reads from its standard input.
    :param pinned: is entered for the start, see ``on_core``.
    :raises TimeoutExpired: after ``limit`` seconds.
    """
    libc = ctypes.CDLL(None)
    libc.prctl(SUBREAPER, 1, 0, 0, 0)
    others = set(descendants(os.getpid()))
    samples: list[tuple[float, float]] = []
    spent: dict[int, float] = {}
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            pids = set(descendants(os.getpid())) - others
            samples.append((time.monotonic(), sum(map(_pss_mib, pids))))
            for pid in pids:
                spent[pid] = max(spent.get(pid, 0.0), cpu_of_process(pid))

    sampler = threading.Thread(target=sample, daemon=True)
    # Files, not pipes: a background process that inherits a pipe would hold up the reader.
    file = tempfile.TemporaryFile
    with file("w+") as stdin, file("w+") as out, file("w+") as err:
        stdin.write(given)
        stdin.seek(0)
        before, began = _children_cpu(), time.monotonic()
        with pinned or nullcontext():
            process = subprocess.Popen(command, cwd=folder, env=dict(environment), stdin=stdin, stdout=out, stderr=err)
        sampler.start()
        try:
            code = process.wait(limit)
            seconds = time.monotonic() - began
        finally:
            ended.set()
            if process.poll() is None:
                process.kill()
                process.wait()
            sampler.join()
            left = _end_all(others)
            # Else processes that lose their parent later would be adopted too, and never waited for.
            libc.prctl(SUBREAPER, 0, 0, 0, 0)
        texts = [_text(each) for each in (out, err)]
    peak = max((mib for _when, mib in samples), default=0.0)
    cpu = max(_children_cpu() - before, sum(spent.values()))
    return TreeCost(seconds, cpu, peak, tuple(samples), left, texts[0], texts[1], code)


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


def _end_all(others: set[int]) -> int:
    """Wait for what the program left behind, and end what stays. Return how many stayed."""
    end = time.monotonic() + GRACE_SECONDS
    stayed: set[int] = set()
    while mine := set(descendants(os.getpid())) - others:
        for pid in mine:
            with contextlib.suppress(ChildProcessError):  # its parent is still there
                os.waitpid(pid, os.WNOHANG)
        if time.monotonic() > end:
            for pid in mine:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL if pid in stayed else signal.SIGTERM)
            stayed |= mine
            end = time.monotonic() + GRACE_SECONDS
        time.sleep(0.02)
    return len(stayed)


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _pss_mib(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0  # gone
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024
