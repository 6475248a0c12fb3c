# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program of a session worker: one event loop that asks many devices."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import itertools
import resource
import signal
import socket
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from .._drivers.registry import driver_of, is_read_only
from .._result import DeviceError, Phase
from .._transport.bastions import Way
from .._transport.open import Transports
from .._transport.stream import Stream
from . import wire
from .asked import late, masked_answer, masked_failure
from .messages import Began, Done, Job, Sending, Told

BEAT = 0.25  # seconds between signs of life
GRACE = 0.15  # seconds after its deadline in which a driver can return what it has received
_RESOLVERS = 200  # threads that wait for DNS servers, which can be silent for seconds
_FILES = 1_048_576
_COLLECT = (50_000, 20, 100)  # thousands of sessions make many objects; the defaults cost a tenth of the CPU time


class Overrun(BaseException):
    """The work on the text of one device took too much time, and the parent interrupted it."""


_running: contextvars.ContextVar[_Session | None] = contextvars.ContextVar("_running", default=None)


class _Session:
    """The state of one job. It implements ``_drivers.contract.Session``."""

    def __init__(self, worker: _Worker, job: Job) -> None:
        self.job = job
        self._worker = worker
        self.began = time.monotonic()
        self.timeout: asyncio.Timeout | None = None
        self._left = job.seconds
        self._counted = self.began
        self._waits = 0
        self._count(self.began)
        self.received: Any = None
        self.facts: dict[str, str] = {}
        self.way: Way | None = None
        self._streams: list[Stream] = []
        self.has_sent = False  # something that is not read-only
        self.overrun = False
        self.phase: Phase = "connect"
        self.seconds: dict[str, float] = {}
        self._entered = self.began

    def _count(self, now: float | None) -> None:
        """Count the time of the device from now on; None to stop. The deadline of the run is not affected."""
        job = self.job
        self.deadline, self.limit = job.deadline, job.limits[0]
        own = None if self._left is None or now is None else now + self._left
        if own is not None and (self.deadline is None or own < self.deadline):
            self.deadline, self.limit = own, job.limits[1]
        if self.timeout is not None:
            with contextlib.suppress(RuntimeError):  # it has expired
                self.timeout.reschedule(None if self.deadline is None else self.deadline + GRACE)

    @contextlib.contextmanager
    def uncounted(self) -> Iterator[None]:
        """Do not count the time of the body for the device, because it waits for what others wait for, too."""
        if self._waits == 0:
            if self._left is not None:
                self._left -= time.monotonic() - self._counted
            self._count(None)
        self._waits += 1
        try:
            yield
        finally:
            self._waits -= 1
            if self._waits == 0:
                self._counted = time.monotonic()
                self._count(self._counted)

    def enter(self, phase: Phase) -> None:
        now = time.monotonic()
        self.seconds[self.phase] = self.seconds.get(self.phase, 0.0) + now - self._entered
        self.phase, self._entered = phase, now

    def keep(self, value: Any) -> None:
        self.received = value

    def sending(self) -> None:
        self.has_sent = True
        self._worker.tell(Sending(self.job.number))
        self._worker.flush()

    async def connect(self) -> Stream:
        stream = await self._worker.transports.open(self.job.device, self)
        self._streams.append(stream)
        self.facts = stream.facts
        return stream

    def close_streams(self) -> None:
        """Close what a driver left open."""
        for stream in self._streams:
            stream.close()
        self._streams.clear()

    async def ask_person(self, question: str) -> str | None:
        """Return the answer of the person at the terminal of the run, or None if there is none."""
        with self.uncounted():
            return await self._worker.ask_person(question)

    def tell(self, message: Any) -> None:
        """Tell the parent something that is not an answer."""
        self._worker.tell(Told(message))

    def is_late(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline


@dataclass(slots=True, eq=False)
class _Worker:
    """The worker: jobs come in, results go out."""

    line: socket.socket
    transports: Transports = field(default_factory=Transports)
    _waiting: deque[Job] = field(default_factory=deque)
    _tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _to_tell: list[Any] = field(default_factory=list)
    _began: list[tuple[int, float]] = field(default_factory=list)
    _writer: asyncio.WriteTransport | None = None
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _asked: dict[int, asyncio.Future[str | None]] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _admitting: bool = False

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_RESOLVERS))
        loop.set_exception_handler(_ignore)
        self.line.setblocking(False)
        self._writer, _line = await loop.create_connection(lambda: _Line(self), sock=self.line)
        self._beat()
        await self._ended.wait()
        self.transports.close()

    # -- the parent ----------------------------------------------------------------------------------------------------

    def take(self, message: Any) -> None:
        """Do what the parent says."""
        what, argument = message
        if what == "ask":
            self._waiting.append(argument)
            if not self._admitting:
                self._admitting = True
                asyncio.get_running_loop().call_soon(self._admit)
        elif what == "cancel":
            if argument in self._tasks:
                self._tasks[argument].cancel()
            else:
                self._waiting = deque(job for job in self._waiting if job.number != argument)
        elif what == "answer":
            number, text = argument
            waiting = self._asked.pop(number, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(text)

    def tell(self, message: Any) -> None:
        if not self._to_tell:
            asyncio.get_running_loop().call_soon(self.flush)
        self._to_tell.append(message)

    def flush(self) -> None:
        """Send what is to be told, in one piece."""
        messages, self._to_tell = self._to_tell, []
        if self._began:
            messages.insert(0, Began(tuple(self._began)))
            self._began = []
        if messages and self._writer is not None:
            self._writer.write(wire.packed(messages))

    def over(self) -> None:
        self._ended.set()

    async def ask_person(self, question: str) -> str | None:
        number = next(self._numbers)
        self._asked[number] = asyncio.get_running_loop().create_future()
        self.tell(Told(("question", number, question)))
        return await self._asked[number]

    def _beat(self) -> None:
        if not self._to_tell:
            self.tell(None)
        asyncio.get_running_loop().call_later(BEAT, self._beat)

    # -- the devices ---------------------------------------------------------------------------------------------------

    def _admit(self) -> None:
        """Begin one job, and the next one in the next iteration of the loop.

        An iteration serves every connection that has something to do. A busy loop has long iterations, so it begins new
        jobs at the rate at which it can serve them.
        """
        if not self._waiting:
            self._admitting = False
            return
        job = self._waiting.popleft()
        session = _Session(self, job)
        self._began.append((job.number, session.began))
        self.tell(None)
        context = contextvars.copy_context()
        context.run(_running.set, session)
        loop = asyncio.get_running_loop()
        self._tasks[job.number] = loop.create_task(self._do(session), context=context)
        loop.call_soon(self._admit)

    async def _do(self, session: _Session) -> None:
        job = session.job
        value, error = None, None
        try:
            value = await self._ask(session)
        except BaseException as raised:  # whatever it is, it is the result of this device only
            error = self._failure(session, raised)
        session.enter(session.phase)
        self._tasks.pop(job.number, None)
        self.tell(Done(job.number, value, error, session.phase, session.seconds))

    async def _ask(self, session: _Session) -> Any:
        until = None if session.deadline is None else session.deadline + GRACE
        async with asyncio.timeout_at(until) as session.timeout:
            value = await _asked(session)
        return await masked_answer(session.job.device, value, session.facts)

    def _failure(self, session: _Session, raised: BaseException) -> DeviceError:
        if session.overrun or isinstance(raised, Overrun):
            message = (
                f"the work on what the device sent took too much time and was stopped in phase {session.phase}; "
                "no other device was affected"
            )
            raised = DeviceError("failed", session.phase, "engine", message, value=session.received)
        elif isinstance(raised, (TimeoutError, asyncio.CancelledError)) and session.is_late():
            raised = late(session.phase, session.limit)
        return masked_failure(session.job.device, raised, session.phase, session.received, session.facts)


async def _asked(session: _Session) -> Any:
    """Ask the device, and again if the connection of a bastion was lost and it is safe."""
    device = session.job.device
    driver = driver_of(device.driver)
    while True:
        try:
            return await driver.ask(device, session)
        except DeviceError as error:
            if session.way is None:
                raise
            failure = session.way.failure(error, may_repeat=not session.has_sent or is_read_only(device))
            if failure is error:
                raise
            if failure is not None:
                raise failure from error
        finally:
            session.close_streams()


class _Line(asyncio.Protocol):
    """The line to the parent."""

    def __init__(self, worker: _Worker) -> None:
        self._worker = worker
        self._data = bytearray()

    def data_received(self, data: bytes) -> None:
        self._data += data
        for message in wire.unpacked(self._data):
            self._worker.take(message)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._worker.over()


def run(line: socket.socket) -> int:
    """Ask devices until the line ends. Return the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with its parent
    signal.signal(signal.SIGUSR1, _interrupt)
    gc.set_threshold(*_COLLECT)
    with contextlib.suppress(OSError, ValueError):
        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = _FILES if hard == resource.RLIM_INFINITY else hard
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    asyncio.run(_Worker(line).serve())
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Interrupt the work of the device that is running.

    Callbacks of the event loop run in the context of the device that they were made for. A regular expression calls
    this while it searches.
    """
    session = _running.get()
    if session is not None and not session.overrun:
        session.overrun = True
        task = session._worker._tasks.get(session.job.number)
        if task is not None:  # should something catch the exception
            asyncio.get_event_loop().call_soon_threadsafe(task.cancel)
        raise Overrun


def _ignore(_loop: asyncio.AbstractEventLoop, _context: dict[str, Any]) -> None:
    """Errors of connections that were given up are not printed; nobody could read them."""
