# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that is started for a test, with all processes that it makes: what they take, and which are left."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

SAMPLE_SECONDS = 0.1
ENDED = "ZX"  # states of a process that has ended, and only has not been waited for
MARK = "ROLLCALL_TEST_RUN"  # in the environment of each process of one run


class RunTree:
    """A program as a context; at the end all its processes are killed.

    Its processes are the descendants that were seen while it ran, and those that inherited the mark in its environment.
    """

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        mark = uuid.uuid4().hex
        self._mark = f"{MARK}={mark}".encode()
        self._command, self._folder = list(command), folder
        self._environment = {**environment, MARK: mark}
        self._seen: dict[int, str] = {}  # when each process started, as its id can be given again
        self._others: set[tuple[int, str]] = set()
        self._looking = threading.Lock()
        self._ended = threading.Event()
        self.peak_mib = 0.0
        self.lag = 0.0  # how late this process was woken at most: what a busy machine adds to any time

    def __enter__(self) -> RunTree:
        self.output = self._folder / "output.txt"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._sampler.join()
        self.process.kill()
        for _time in range(3):  # one that is forked meanwhile is found the next time
            for pid in self.left():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.process.wait()

    @property
    def text(self) -> str:
        """What it printed; the end of it."""
        return self.output.read_bytes()[-5_000:].decode(errors="replace")

    def children(self) -> list[int]:
        """The processes that it started itself."""
        return _children(_table(), {self.process.pid})

    def workers(self) -> list[int]:
        """The processes that its children started."""
        table = _table()
        return _children(table, set(_children(table, {self.process.pid})))

    def left(self) -> list[int]:
        """Its processes that run, the program itself and zombies excepted."""
        return [pid for pid, began in self._look().items() if pid != self.process.pid and _runs(pid, began)]

    def command_lines(self) -> list[str]:
        """Those of the processes that are left, for messages."""
        return [f"{pid}: {_read(pid, 'cmdline').decode(errors='replace')[:200]!r}" for pid in self.left()]

    def wait_until_gone(self, seconds: float) -> bool:
        """Whether all its processes have ended in this time."""
        end = time.monotonic() + seconds
        while self.process.poll() is None or self.left():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def _look(self) -> dict[int, str]:
        """Look for new processes. Return all that were ever seen."""
        with self._looking:
            table = _table()
            generation = {self.process.pid}
            while generation:
                self._seen.update({pid: table[pid][1] for pid in generation if pid in table and pid not in self._seen})
                generation = {pid for pid in _children(table, generation) if pid not in self._seen}
            for pid, (_parent, began) in table.items():
                if pid not in self._seen and (pid, began) not in self._others:
                    if self._mark in _read(pid, "environ"):
                        self._seen[pid] = began
                    else:  # only a process of this run can start one with the mark
                        self._others.add((pid, began))
            return dict(self._seen)

    def _sample(self) -> None:
        while True:
            due = time.monotonic() + SAMPLE_SECONDS
            if self._ended.wait(SAMPLE_SECONDS):
                return
            self.lag = max(self.lag, time.monotonic() - due)
            self.peak_mib = max(self.peak_mib, sum(map(_pss_mib, self._look())))


def _table() -> dict[int, tuple[int, str]]:
    """The parent of each process that runs, and when it began."""
    table = {}
    for name in os.listdir("/proc"):
        if name.isdecimal() and len(fields := _stat(int(name))) > 19 and fields[0] not in ENDED:
            table[int(name)] = int(fields[1]), fields[19]
    return table


def _children(table: Mapping[int, tuple[int, str]], of: set[int]) -> list[int]:
    return [pid for pid, (parent, _began) in table.items() if parent in of]


def _read(pid: int, name: str) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/{name}").read_bytes()
    return b""


def _stat(pid: int) -> list[str]:
    """The fields of its status from the state on, the parent's id second."""
    return _read(pid, "stat").rpartition(b")")[2].decode().split()


def _runs(pid: int, began: str) -> bool:
    fields = _stat(pid)
    return len(fields) > 19 and fields[19] == began and fields[0] not in ENDED


def _pss_mib(pid: int) -> float:
    for line in _read(pid, "smaps_rollup").splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
