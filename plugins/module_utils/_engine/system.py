# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts about other processes. They are known on Linux only."""

from __future__ import annotations

import contextlib
import os
import signal

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
STOPPED = ("T", "t")


def cpu_seconds(pid: int) -> float | None:
    """Return the CPU time that a process has used, or None if it is not known."""
    fields = _stat(pid)
    return None if fields is None else (int(fields[11]) + int(fields[12])) / _TICKS


def thread_seconds(pid: int) -> float:
    """Return the CPU time of a process's main thread, more exactly than ``cpu_seconds``; 0 if it is not known."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def state(pid: int) -> str:
    """Return the state of a process in one letter, as in ``ps``; empty if it is not known."""
    fields = _stat(pid)
    return "" if fields is None else fields[0]


def memory(pid: int) -> int:
    """Return the resident memory in bytes, apart from files and pages shared with files; 0 if it is not known."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            _size, resident, shared = file.read().split()[:3]
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * _PAGE


def kill_session(leader: int) -> None:
    """Kill what is left of a session, whose leader has ended."""
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    except OSError:
        return
    for pid in pids:
        fields = _stat(pid)
        if fields is not None and int(fields[3]) == leader:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def _stat(pid: int) -> list[str] | None:
    """Return the fields from the state on."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None
