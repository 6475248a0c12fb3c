# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session worker, seen from the parent."""

from __future__ import annotations

import contextlib
import functools
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import wire
from .launcher import NoProcess, Process
from .messages import UNTOLD, Asks, Began, Done, Heard, Job, LoggedIn, Sending, Told
from .watchdog import KILL, STUCK

if TYPE_CHECKING:
    from .admission import Entry
    from .quarantine import Group

SILENT = 10.0  # seconds for which a worker says nothing, and neither uses nor waits for a core
SHORT = 1.0  # seconds of silence after which it is looked at
MEMORY = 512 * 2**20
MEMORY_PER_DEVICE = 128 * 2**10
_AT_ONCE = 500  # cancelled jobs in one message, so that it fits into the line's buffer


@dataclass(slots=True, eq=False)
class Asked:
    """One job, seen from the thread that waits for it.

    ``done`` is locked until the job has a result or is lost. Whoever takes the job out of ``Worker.open`` unlocks it.
    """

    job: Job
    done: threading.Lock = field(default_factory=threading.Lock)
    result: Done | None = None
    lost: str | None = None  # how its worker ended
    group: Group | None = None  # in which it is asked again
    began: float | None = None
    is_sending: bool = False
    heard: list[str] = field(default_factory=list)  # parts of its transcript
    login: Entry | None = None  # is told what is known about the login

    def __post_init__(self) -> None:
        self.done.acquire()


class Worker:
    """A process, and the jobs that are open there."""

    def __init__(
        self, process: Process, tell: Callable[[Worker, Any], None], on_lost: Callable[[list[Asked]], None]
    ) -> None:
        """
        :param tell: gets what the worker tells that is not about a job.
        :param on_lost: gets the jobs that were open when the worker ended, before the threads that wait for them.
        :raises NoProcess: if no thread can be started for it.
        """
        self.process = process
        self.open: dict[int, Asked] = {}
        self.reason: str | None = None  # why it has ended or was killed; it must not get further jobs
        self._tell = tell
        self._on_lost = on_lost
        self._sending = threading.Lock()
        self._cancelled: deque[int] = deque()
        self._permits: deque[tuple[int, str | None]] = deque()
        self._heard_at = time.monotonic()
        self._silence = _Silence()
        try:
            threading.Thread(target=self._read, name="rollcall-worker", daemon=True).start()
        except RuntimeError as error:
            process.kill()
            process.line.close()
            msg = f"a worker process cannot be used: {error}"
            raise NoProcess(msg) from error

    def ask(self, asked: Asked) -> None:
        """Hand it a job."""
        data = wire.packed(("ask", asked.job))
        with self._sending:  # jobs begin in the order of ``open``
            self.open[asked.job.number] = asked
            if self.reason is not None and self.open.pop(asked.job.number, None) is not None:
                asked.lost = self.reason
                asked.done.release()
            elif asked.lost is None:
                with contextlib.suppress(OSError):  # if it has ended, the reader handles that
                    self.process.line.sendall(data)
        self._say_pending()

    def permit(self, number: int, refusal: str | None) -> None:
        """Tell a job that it may send its secret, or why it may not. This does not wait for the worker."""
        self._permits.append((number, refusal))
        self._say_pending()

    def answer(self, number: int, text: str | None) -> None:
        """Answer a question of a session."""
        self._send(wire.packed(("answer", (number, text))))

    def _send(self, data: bytes) -> None:
        """Send a message. This waits if the worker does not read."""
        with contextlib.suppress(OSError), self._sending:  # if it has ended, the reader handles that
            self.process.line.sendall(data)

    def cancel(self, number: int) -> None:
        """Give up a job, without waiting for the worker."""
        asked = self.open.pop(number, None)
        if asked is not None:
            asked.lost = "the run gave it up"
            asked.done.release()
            self._cancelled.append(number)
            self._say_pending()

    def watch(self) -> None:
        """Kill it if it is stuck, or uses too much memory."""
        self._say_pending()
        memory = self.process.memory()
        limit = MEMORY + MEMORY_PER_DEVICE * len(self.open)
        if memory > limit:
            self.kill(f"its worker process used {memory // 2**20} MiB of memory, more than {limit // 2**20}")
        elif time.monotonic() - self._heard_at > SHORT:
            self._look()
        else:
            self._silence = _Silence()

    def finish(self) -> None:
        """Let it log out of its bastions and end."""
        with contextlib.suppress(OSError):
            self.process.line.shutdown(socket.SHUT_WR)

    def kill(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.process.kill()

    def _look(self) -> None:
        """Check why it is silent. This process may be late, or the machine may be busy."""
        is_late = self._can(select.POLLIN)
        idle = self._silence.look(
            is_busy=is_late or self.process.state() == "R", cpu=self.process.cpu_seconds() or 0.0, now=time.monotonic()
        )
        if idle >= SILENT:
            self.kill(f"its worker process did not respond for {idle:.0f} s")

    def _can(self, event: int) -> bool:
        poll = select.poll()
        try:
            poll.register(self.process.line, event)
            return any(happened & event for _file, happened in poll.poll(0))
        except (OSError, ValueError):
            return False

    def _say_pending(self) -> None:
        """Send permits and cancelled jobs if the line has room; otherwise it is done at the next look."""
        while (
            (self._permits or self._cancelled) and self._can(select.POLLOUT) and self._sending.acquire(blocking=False)
        ):
            try:
                what, pending = ("permit", self._permits) if self._permits else ("cancel", self._cancelled)
                told = [pending.popleft() for _each in range(min(_AT_ONCE, len(pending)))]
                self.process.line.sendall(wire.packed((what, told)))
            except (OSError, IndexError):
                return
            finally:
                self._sending.release()

    def _read(self) -> None:
        data = bytearray()
        try:
            while chunk := self.process.line.recv(1 << 20):
                self._heard_at = time.monotonic()
                data += chunk
                for message in wire.unpacked(data):
                    self._take(message)
        except OSError:
            pass
        except Exception as error:  # a message that cannot be read
            data.clear()
            with contextlib.suppress(MemoryError):  # ``_end`` kills it too, and closes its line
                self.kill(f"its worker process sent something that cannot be read ({type(error).__name__})")
        finally:
            with contextlib.suppress(MemoryError):  # its jobs are released, and the thread ends
                self._end()

    def _take(self, message: Any) -> None:
        if isinstance(message, Done):
            asked = self.open.pop(message.number, None)
            if asked is not None:
                asked.result = message
                asked.done.release()
        elif isinstance(message, Began):
            for number, began in message.jobs:
                if (asked := self.open.get(number)) is not None:
                    asked.began = began
        elif isinstance(message, LoggedIn):
            for number in message.numbers:
                if (asked := self.open.get(number)) is not None and asked.login is not None:
                    asked.login.accepted()
        elif isinstance(message, Asks):
            if (asked := self.open.get(message.number)) is not None and asked.login is not None:
                asked.login.asks(functools.partial(self.permit, message.number), message.secret)
        elif isinstance(message, Sending):
            if (asked := self.open.get(message.number)) is not None:
                asked.is_sending = True
        elif isinstance(message, Heard):
            if (asked := self.open.get(message.number)) is not None:
                asked.heard.append(message.text)
        elif isinstance(message, Told):
            with contextlib.suppress(Exception):  # it concerns no device's answer
                self._tell(self, message.message)

    def _end(self) -> None:
        """Its line has ended. No job is added after the reason is set; see ``ask``."""
        self.reason = self.reason or "its worker process ended"
        reason = self.reason
        with contextlib.suppress(Exception):  # such as no memory: the threads that wait must be released anyway
            if reason == "its worker process ended":
                how = self.process.how_ended()
                reason = f"its worker process {how}"
                if STUCK.name in how:
                    reason = f"its worker process did not respond, and used {KILL:.0f} s of CPU time"
            self.process.kill()
        lost = []
        while self.open:
            with contextlib.suppress(KeyError):  # taken by another thread
                lost.append(self.open.popitem()[1])
        lost.reverse()
        for asked in [each for each in lost if each.began is None][:UNTOLD]:
            asked.began = time.monotonic()
        for asked in lost:
            asked.lost = reason
        try:
            self._on_lost(lost)
        finally:
            for asked in lost:
                asked.done.release()
            with contextlib.suppress(OSError):
                self.process.line.close()


class _Silence:
    """The time for which a silent worker neither used nor waited for a core."""

    def __init__(self) -> None:
        self._idle = 0.0
        self._cpu: float | None = None
        self._looked_at = 0.0

    def look(self, *, is_busy: bool, cpu: float, now: float) -> float:
        """Return the idle seconds. ``is_busy`` and ``cpu`` are the state of the process and its CPU time now."""
        if self._cpu is not None:
            passed = now - self._looked_at
            if not is_busy and cpu - self._cpu < passed / 4:
                self._idle += min(passed, SHORT)  # if this process was late, it is not known what the other one did
        self._cpu, self._looked_at = cpu, now
        return self._idle
