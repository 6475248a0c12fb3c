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

from . import system, wire
from .launcher import Kind, Launcher, NoProcess, Process

LOOK = 0.1  # seconds between looks at the time and memory of a process, with few processes
LOOK_PER_PROCESS = 0.002
GRACE = 0.2  # seconds for a call to end by itself at its deadline
FEW = 12  # processes that are started at once
SHORT = 0.005  # seconds of CPU time of a short call
SOON, AGAIN = 0.001, 0.01  # seconds between looks at what is free, and at what the calls do
STOPPED = 10.0  # seconds after which a stopped process is ended
_PIECE = 1 << 20


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
        self._is_at_work = False  # it has the whole call, and nothing of the reply was read
        self._is_long = False
        self._used: float | None = None  # CPU time at the first look

    def is_short(self) -> bool:
        """Return whether the process will soon be free: its call neither waits nor has used much CPU time.

        A call that waits for a core is short, so this does not depend on how busy the machine is.
        """
        if self._is_long:
            return False
        if not self._is_at_work:
            return True
        is_running = self._process.state() == "R" or self._process.has_ended()
        used = system.thread_seconds(self._process.pid)
        self._used = used if self._used is None else self._used
        # It may have replied meanwhile.
        self._is_long = (not is_running or used - self._used > SHORT) and self._is_at_work
        return not self._is_long

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
        try:
            succeeded, value = self._exchange(wire.packed((function, arguments)), deadline, cpu_seconds)
        except OSError as error:
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

    def _exchange(self, data: bytes, deadline: float | None, cpu_seconds: float | None) -> Any:
        """Send the call and return the reply.

        :raises OSError: if the process ends.
        :raises TooLate, Lost: if it uses too much, or is stopped.
        """
        line = self._process.line
        line.setblocking(False)
        poll = select.poll()  # select() is limited to 1,024 descriptors
        poll.register(line, select.POLLOUT)
        limits = _Limits(self._process, self._memory, cpu_seconds)
        unsent = memoryview(data)
        received = bytearray()
        while True:
            look = self._look()
            left = look if deadline is None else min(look, deadline + GRACE - time.monotonic())
            if left <= 0:
                msg = "no result before the deadline"
                raise TooLate(msg)
            if not poll.poll(left * 1000):
                limits.check()
                continue
            try:
                if unsent:
                    unsent = unsent[line.send(unsent[:_PIECE]) :]
                    if not unsent:
                        poll.modify(line, select.POLLIN)
                        self._is_at_work = True
                    continue
                self._is_at_work = False
                chunk = line.recv(_PIECE)
            except BlockingIOError:
                continue
            if not chunk:
                raise ConnectionError
            received += chunk
            for reply in wire.unpacked(received):
                return reply


class _Limits:
    """What a process may use for one call."""

    def __init__(self, process: Process, memory: int, cpu_seconds: float | None) -> None:
        self._process = process
        self._memory = memory
        self._cpu_seconds = cpu_seconds
        self._used = 0.0 if cpu_seconds is None else process.cpu_seconds() or 0.0
        self._stopped_since: float | None = None

    def check(self) -> None:
        """:raises Lost: if it uses too much, or is stopped."""
        if (memory := self._process.memory()) > self._memory:
            msg = f"it used {memory // 2**20} MiB of memory, more than {self._memory // 2**20}"
            raise Lost(msg)
        if self._cpu_seconds is not None and (self._process.cpu_seconds() or 0.0) - self._used > self._cpu_seconds:
            msg = f"it used more than {self._cpu_seconds:.1f} s of CPU time"
            raise Lost(msg)
        if self._process.state() not in system.STOPPED:
            self._stopped_since = None
        elif self._stopped_since is None:
            self._stopped_since = time.monotonic()
        elif time.monotonic() - self._stopped_since > STOPPED:
            msg = "its process was stopped"
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
        self._starting = threading.Lock()
        self._running: set[Process] = set()
        self._taken: set[Place] = set()
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
        process = self._process(deadline)
        place = Place(process, self._memory, self._look)
        self._taken.add(place)
        try:
            yield place
        finally:
            self._taken.discard(place)
            # Only after a whole result: else the rest of it would be taken for the next one.
            if place.is_broken or self._closed:
                self._end(process)
                self._places.put(None)
            else:
                self._places.put(process)

    def close(self) -> None:
        """End the processes. Calls in progress are lost."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for process in running:
            process.kill()
        places: list[Process | None] = []
        with contextlib.suppress(queue.Empty):
            while True:
                places.append(self._places.get_nowait())
        for idle in places:
            if idle is not None:
                self._end(idle)
            self._places.put(None)

    def _look(self) -> float:
        """Return the seconds between looks at a process."""
        return max(LOOK, LOOK_PER_PROCESS * len(self._running))

    def _process(self, deadline: float | None) -> Process:
        while True:
            try:
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                process = self._places.get(timeout=left)
            except queue.Empty:
                msg = "no process was free before the deadline"
                raise TooLate(msg) from None
            if process is not None and process.has_ended():  # while nobody used it
                self._end(process)
                process = None
            try:
                return process or self._started()
            except BaseException as error:
                with self._lock:
                    are_others = bool(self._running) and not self._closed
                if not (isinstance(error, NoProcess) and are_others):
                    self._places.put(None)
                    raise
                # The system allows no more processes: without this place, wait for one of the others.

    def _started(self) -> Process:
        """Start a process, or take one that has become free meanwhile."""
        with self._starting:
            look_at = 0.0
            while True:
                with contextlib.suppress(queue.Empty):
                    other = self._places.get_nowait()
                    self._places.put(None)
                    if other is not None:
                        return other
                if (now := time.monotonic()) >= look_at:
                    if len(self._running) < FEW or not self._are_short():
                        return self._start()
                    look_at = now + AGAIN
                time.sleep(SOON)

    def _are_short(self) -> bool:
        """Return whether most calls are short. Other processes would only share the cores with them."""
        taken = self._taken.copy()
        return sum(place.is_short() for place in taken) > len(taken) / 2

    def _start(self) -> Process:
        if self._closed:
            msg = "the run has ended"
            raise NoProcess(msg)
        process = self._launcher.fork(self._kind)
        with self._lock:
            self._running.add(process)
            closed = self._closed
        if closed:
            self._end(process)
            msg = "the run has ended"
            raise NoProcess(msg)
        return process

    def _end(self, process: Process) -> None:
        process.kill()
        with contextlib.suppress(OSError):
            process.line.close()
        with self._lock:
            self._running.discard(process)
