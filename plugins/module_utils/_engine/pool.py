# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes that do one call at a time: parsing, comparing, and functions that block.

A call that uses too much time or memory is ended with its process. No other call is affected.
"""

from __future__ import annotations

import contextlib
import queue
import select
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from . import wire
from .launcher import Kind, Launcher, NoProcess, Process

LOOK = 0.1  # seconds between looks at the time and memory of a process, with few processes
LOOK_PER_PROCESS = 0.002
GRACE = 0.2  # seconds for a call to end by itself at its deadline
SEND = 60.0  # seconds for a process to take a call
SILENT = 10.0  # seconds in which a process that works on texts must use the CPU, or wait for it


class Lost(Exception):
    """A call has no result because its process was ended, or ended by itself. The message says why."""


class TooLate(Lost):
    """The deadline of the call has passed."""


class Ended(Lost):
    """The process ended by itself, or something else ended it."""


class Place:
    """A process for one thread."""

    def __init__(self, process: Process, memory: int, look: Callable[[], float]) -> None:
        self.is_broken = False
        self._process = process
        self._memory = memory
        self._look = look

    def call(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        deadline: float | None = None,
        cpu_seconds: float | None = None,
    ) -> Any:
        """Call the function there, and return its value. It must be importable by its name.

        :param deadline: of ``time.monotonic()``.
        :param cpu_seconds: the CPU time that it may use.
        :raises Lost: if it has no result.
        :raises Exception: what the function raised, as far as it can be transferred.
        """
        self.is_broken = True
        used = self._process.cpu_seconds() or 0.0
        try:
            limit = SEND if deadline is None else max(LOOK, deadline - time.monotonic())
            wire.send(self._process.line, (function, arguments), limit=limit)
            self._wait(deadline, used, cpu_seconds)
            succeeded, value = wire.receive(self._process.line)
        except wire.Ended as error:
            msg = f"its process {self._process.how_ended()}"
            raise Ended(msg) from error
        self.is_broken = False
        if succeeded:
            return value
        raise value

    def kill(self) -> None:
        """End the process, from another thread too."""
        self.is_broken = True
        self._process.kill()

    def _wait(self, deadline: float | None, used: float, cpu_seconds: float | None) -> None:
        """Wait until the process answers or ends.

        :raises Lost: if it used too much.
        """
        poll = select.poll()  # select() is limited to 1,024 descriptors
        poll.register(self._process.line, select.POLLIN)
        busy, busy_at = used, time.monotonic()
        while True:
            look = self._look()
            left = look if deadline is None else min(look, deadline + GRACE - time.monotonic())
            if left <= 0:
                msg = "no result before the deadline"
                raise TooLate(msg)
            if poll.poll(left * 1000):
                return
            if (memory := self._process.memory()) > self._memory:
                msg = f"it used {memory // 2**20} MiB of memory, more than {self._memory // 2**20}"
                raise Lost(msg)
            if cpu_seconds is None:
                continue
            before, busy = busy, self._process.cpu_seconds() or 0.0
            if busy - used > cpu_seconds:
                msg = f"it used more than {cpu_seconds:.1f} s of CPU time"
                raise Lost(msg)
            if busy > before or self._process.is_waiting_for_cpu():
                busy_at = time.monotonic()
            elif time.monotonic() - busy_at > SILENT:
                msg = f"its process did not respond for {SILENT:g} s"
                raise Lost(msg)


class Pool:
    """A number of equal processes, started when they are needed. Safe for use by many threads."""

    def __init__(self, launcher: Launcher, kind: Kind, most: int, memory: int) -> None:
        """
        :param most: the number of processes.
        :param memory: the bytes that one of them may use.
        """
        self._launcher = launcher
        self._kind = kind
        self._memory = memory
        self._lock = threading.Lock()
        self._running: set[Process] = set()
        self._closed = False
        # None is a place whose process has yet to be started. The place that became free last is taken first, so that
        # no more processes are started than are needed.
        self._places: queue.LifoQueue[Process | None] = queue.LifoQueue()
        for _place in range(most):
            self._places.put(None)

    @contextlib.contextmanager
    def place(self, deadline: float | None = None) -> Iterator[Place]:
        """Wait for a process, and have it for the body.

        :param deadline: of ``time.monotonic()``.
        :raises TooLate: if none became free before the deadline.
        :raises NoProcess: if none can be started.
        """
        try:
            process = self._places.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            msg = "no process was free before the deadline"
            raise TooLate(msg) from None
        place = None
        try:
            process = process or self._start()
            place = Place(process, self._memory, self._look)
            yield place
        finally:
            # Only after a whole result: else the rest of it would be taken for the next one.
            good = process if place is not None and not place.is_broken else None
            if good is None and process is not None:
                self._end(process)
            self._places.put(good)

    def close(self) -> None:
        """End the processes. Calls in progress are lost."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for process in running:
            process.kill()

    def _look(self) -> float:
        """Return the seconds between looks at a process."""
        return max(LOOK, LOOK_PER_PROCESS * len(self._running))

    def _start(self) -> Process:
        with self._lock:
            if self._closed:
                msg = "the run has ended"
                raise NoProcess(msg)
        process = self._launcher.fork(self._kind)
        with self._lock:
            self._running.add(process)
        return process

    def _end(self, process: Process) -> None:
        process.kill()
        with contextlib.suppress(OSError):
            process.line.close()
        with self._lock:
            self._running.discard(process)
