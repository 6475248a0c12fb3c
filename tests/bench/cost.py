# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a piece of work costs: wall time, CPU time, memory. The standard library only: peers measure with it too."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MIB = 2**20


@dataclass
class Cost:
    """Of this process between the beginning and the end of a block; memory is its peak up to the end."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mib: float = 0.0


@contextmanager
def measured() -> Iterator[Cost]:
    """Gives a Cost that is filled in when the block ends."""
    cost = Cost()
    wall, cpu = time.monotonic(), time.process_time()
    yield cost
    cost.seconds = time.monotonic() - wall
    cost.cpu_seconds = time.process_time() - cpu
    cost.peak_mib = _status_mib("VmHWM")


def run_measured(command: list[str], **options: Any) -> resource.struct_rusage:
    """Run a command to its end: the CPU time of all its processes, and the memory of the largest one.

    Raises CalledProcessError when it fails.
    """
    process = subprocess.Popen(command, **options)
    # Not RUSAGE_CHILDREN, whose memory is that of the largest one that this process ever started.
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage


def rss_mib() -> float:
    """The memory of this process now."""
    return _status_mib("VmRSS")


def _status_mib(field: str) -> float:
    # Not ru_maxrss: it begins with the size of the process that started this one.
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        name, _colon, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) / 1024
    msg = f"/proc/self/status has no {field}: the benchmarks need Linux"
    raise RuntimeError(msg)


def report(ok: int, cost: Cost, **more: Any) -> None:
    """Print the one line that the process is for: how many names answered well, and the cost."""
    print(json.dumps({"ok": ok, **asdict(cost), **more}), flush=True)


def allow_files(count: int) -> None:
    """Raise the limit of open files to what `count` connections need, as far as it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 200), hard))


@contextmanager
def on_core(number: int) -> Iterator[None]:
    """What is started in the block runs on one core, so that client and lab do not take each other's time.

    The collection reads the number of its worker processes from these cores.
    """
    before = os.sched_getaffinity(0)
    cores = sorted(before)
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[number % len(cores)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_of_tree(pid: int) -> float:
    """CPU seconds so far of a process and its children that live."""
    return sum(map(cpu_of_process, (pid, *descendants(pid))))


def descendants(pid: int) -> list[int]:
    """The children of a process, of all its threads, and theirs; also ended ones that nobody waited for."""
    children: dict[int, list[int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(file.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(file.parent.name))
    found = list(children.get(pid, ()))
    for each in found:  # grows
        found += children.get(each, ())
    return found


def cpu_of_process(pid: int) -> float:
    """CPU seconds so far of one process, to a hundredth; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
