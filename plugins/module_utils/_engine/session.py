# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program of a session worker: one event loop that asks many devices."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import gc
import getpass
import itertools
import os
import resource
import signal
import socket
import time
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .._device import Device
from .._drivers.registry import driver_of, is_read_only
from .._model.secrets import secrets_of
from .._result import DeviceError, Outputs, Phase, Secret
from .._transport.bastions import Way
from .._transport.open import Transports
from .._transport.sent import Noted
from .._transport.stream import Stream
from .._transport.transcript import Recorded, Transcript
from . import wire
from .asked import late, masked_answer, masked_failure_of
from .line import Line
from .messages import UNTOLD, Asks, Began, Done, Heard, Job, LoggedIn, Sending, Told
from .watchdog import Watchdog

BEAT = 0.25  # seconds between signs of life
GRACE = 0.15  # seconds after its deadline in which a driver can return what it has received
TOGETHER = 0.005  # seconds for which messages of a busy worker are collected; each wakes up the parent
AGAIN = 1.0  # seconds before a device is connected again that ended a connection that only waited
OVERDUE = 2.0  # seconds after which a driver that does not end at its deadline is given up
_RESOLVERS = 200  # threads that wait for DNS servers, which can be silent for seconds
_FILES = 1_048_576
_SPARE_FILES = 48
_MOST_FILES = 3  # of one device
_COLLECT = (50_000, 10, 10)  # thousands of sessions make many objects; the defaults cost a tenth of the CPU time
_WAITED = (
    "not asked before the deadline of the run, because no other device accepted its credential before (see "
    "login_canary); raise deadline"
)


class Overrun(BaseException):
    """The work on the text of one device took too much time and was interrupted."""


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
        self._waited = 0.0
        self._count(self.began)
        self.received: Any = None
        self.facts: dict[str, str] = {}
        self.way: Way | None = None
        self.transcript = Transcript(job.device, self.began) if job.device.transcript else None
        self._streams: list[Stream] = []
        self._noted: list[Noted] = []
        self.has_sent = False  # something that is not read-only
        self.overrun = False
        self.is_telling = False
        self.is_ending = False  # its driver has ended
        self.is_over = False
        self.task: asyncio.Task[None] | None = None
        self.has_logged_in = False
        self.is_lost = False  # the connection of its bastion was lost, and it can be asked again
        self._permits: dict[Secret, asyncio.Future[str | None]] = {}  # that were asked for
        self.is_waiting = False  # until it may send the secret; still true if the connection ended meanwhile
        self.is_accepted = False  # the last secret of the login
        self.is_unanswered = False  # a secret of the login was sent, and the device has not accepted it
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
            self._wait_began = time.monotonic()
            if self._left is not None:
                self._left -= self._wait_began - self._counted
            self._count(None)
        self._waits += 1
        try:
            yield
        finally:
            self._waits -= 1
            if self._waits == 0:
                self._counted = time.monotonic()
                self._waited += self._counted - self._wait_began
                self._count(self._counted)

    def enter(self, phase: Phase) -> None:
        now = time.monotonic()
        self.seconds[self.phase] = self.seconds.get(self.phase, 0.0) + now - self._entered
        self.phase, self._entered = phase, now
        if phase == "command" and not self.has_logged_in:
            self.has_logged_in, self.is_unanswered = True, False
            self._worker.logged_in(self.job.number)

    async def may_send_secret(self, secret: Secret = "login") -> None:
        is_login = secret != "enable"
        self.is_accepted = self.is_accepted and not is_login
        if self.job.is_held:
            await self._permitted("login")
        if secret in self.job.later:
            await self._permitted(secret)
        self.is_unanswered = self.is_unanswered or is_login

    async def _permitted(self, secret: Secret) -> None:
        if secret not in self._permits:
            self._permits[secret] = asyncio.get_running_loop().create_future()
            self._worker.tell(Asks(self.job.number, secret))
        began = time.monotonic()
        self.is_waiting = True
        with self.uncounted():
            await asyncio.wait([self._permits[secret]])
        self.is_waiting = False
        self._entered += time.monotonic() - began  # this time is not that of the phase
        refusal = self._permits[secret].result()
        if refusal is not None:
            raise DeviceError("skipped", "auth", "credential_guard", refusal)
        if self.is_late():  # the others ended at the deadline, too
            raise DeviceError("skipped", "auth", "deadline", _WAITED)

    def permit(self, refusal: str | None) -> None:
        """Let the secret be sent that was asked for, or say why it may not."""
        for permit in self._permits.values():
            if not permit.done():
                permit.set_result(refusal)

    def logged_in(self) -> None:
        self.is_accepted, self.is_unanswered = True, False

    def keep(self, value: Any) -> None:
        self.received = value

    def sending(self) -> None:
        self.has_sent = self.is_telling = True
        try:
            self._worker.send_now(Sending(self.job.number))
        finally:
            self.is_telling = False

    async def connect(self) -> Stream:
        stream = await self._worker.transports.open(self.job.device, self)
        if self.transcript is not None:
            stream = Recorded(stream, self.transcript, functools.partial(self._tell_part, self.transcript))
        noted = Noted(stream)
        self._noted.append(noted)
        stream = noted
        self._streams.append(stream)
        self.facts = stream.facts
        return stream

    def with_sent(self, value: Any) -> Any:
        """Return an answer with what was sent in its sessions."""
        if isinstance(value, Outputs):
            secrets = secrets_of(self.job.device)
            value.sent = tuple(each.lines(secrets) for each in self._noted)
        self._noted.clear()  # they hold the connection, which holds this session
        return value

    def _tell_part(self, transcript: Transcript) -> None:
        """Send a part of the transcript now, because the work on what was received can end this process."""
        part = transcript.part(secrets_of(self.job.device))
        self.is_telling = True
        try:
            self._worker.tell(Heard(self.job.number, part))
            self._worker.flush()
        finally:
            self.is_telling = False

    async def host_keys(self) -> list[bytes]:
        """Return the host keys of the device, without a login there. For the driver of that name."""
        return await self._worker.transports.host_keys(self.job.device, self)

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

    def is_overdue(self, now: float) -> bool:
        """Return whether its driver did not end when its time was over."""
        return not self.is_ending and self.deadline is not None and now >= self.deadline + GRACE + OVERDUE

    def stopped(self) -> DeviceError:
        message = (
            f"the work on what the device sent took too much time and was stopped in phase {self.phase}; "
            "no other device was affected"
        )
        return DeviceError("failed", self.phase, "engine", message)

    def broken(self, raised: BaseException) -> DeviceError:
        """The message has no text of the error, which can have secrets."""
        message = f"its result cannot be sent to the parent process ({type(raised).__name__})"
        return DeviceError("failed", self.phase, "engine", message)

    def done(self, value: Any = None, error: DeviceError | None = None) -> Done:
        return Done(
            self.job.number,
            value,
            error,
            self.phase,
            self.seconds,
            self.is_accepted,
            is_unanswered=self.is_unanswered,
            is_lost=self.is_lost,
            waited=self._waited,
        )

    def cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()

    def cancel_unless_ending(self) -> None:
        if not self.is_ending:
            self.cancel()


class _Worker:
    """The worker: jobs come in, results go out."""

    def __init__(self, line: socket.socket) -> None:
        self.transports = Transports()
        self._line = Line(line, self._take, self._over)
        self._waiting: OrderedDict[int, Job] = OrderedDict()
        self._open: dict[int, _Session] = {}
        self._files = _files()  # that can still be opened
        self._to_tell: list[bytes] = []
        self._flushed_at = 0.0
        self._began: list[tuple[int, float]] = []
        self._logged_in: list[int] = []
        self._ended = asyncio.Event()
        self._asked: dict[int, asyncio.Future[str | None]] = {}
        self._numbers = itertools.count()
        self._admitting = False

    async def serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(_RESOLVERS))
        self._loop.set_exception_handler(_ignore)
        self._line.start()
        self._beat()
        Watchdog(self._interrupt).start()
        await self._ended.wait()

    # -- the parent ----------------------------------------------------------------------------------------------------

    def tell(self, message: Any) -> None:
        self._tell(wire.packed(message))

    def flush(self) -> None:
        """Send the pending messages."""
        data, self._to_tell = self._to_tell, []
        self._flushed_at = time.monotonic()
        if self._began:
            data.insert(0, wire.packed(Began(tuple(self._began))))
            self._began = []
        if self._logged_in:
            data.insert(0, wire.packed(LoggedIn(tuple(self._logged_in))))
            self._logged_in = []
        if data:
            self._line.write(b"".join(data) if len(data) > 1 else data[0])

    def logged_in(self, number: int) -> None:
        """Tell that the device of a job has accepted the login."""
        if not self._to_tell:
            self.tell(None)
        self._logged_in.append(number)

    def send_now(self, message: Any) -> None:
        """Send the pending messages and this one, and wait until they are sent, in case this process ends."""
        self.tell(message)
        self.flush()
        self._line.wait()

    async def ask_person(self, question: str) -> str | None:
        number = next(self._numbers)
        self._asked[number] = self._loop.create_future()
        self.tell(Told(("question", number, question)))
        return await self._asked[number]

    def _take(self, message: Any) -> None:
        """Handle a message of the parent."""
        what, argument = message
        if what == "ask":
            self._waiting[argument.number] = argument
            self._admit_soon()
        elif what == "cancel":
            for number in argument:
                if self._waiting.pop(number, None) is None and number in self._open:
                    self._open[number].cancel()
        elif what == "permit":
            for number, refusal in argument:
                if number in self._open:
                    self._open[number].permit(refusal)
        elif what == "answer":
            number, text = argument
            waiting = self._asked.pop(number, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(text)

    def _tell(self, data: bytes) -> None:
        if not self._to_tell:
            wait = self._flushed_at + TOGETHER - time.monotonic()
            self._loop.call_later(wait, self.flush, context=contextvars.Context())  # of no device: not interrupted
        self._to_tell.append(data)

    def _over(self) -> None:
        self.transports.close()
        self._ended.set()

    def _beat(self) -> None:
        if not self._to_tell:
            self.tell(None)
        now = time.monotonic()
        for session in [each for each in self._open.values() if each.is_overdue(now)]:
            session.is_over = True
            self._end(session, wire.packed(session.done(error=late(session.phase, session.limit))))
            session.cancel()
        self._loop.call_later(BEAT, self._beat)

    # -- the devices ---------------------------------------------------------------------------------------------------

    def _admit_soon(self) -> None:
        if not self._admitting and self._waiting:
            self._admitting = True
            self._loop.call_soon(self._admit, context=contextvars.Context())

    def _admit(self) -> None:
        """Begin one job, and the next one in the next iteration of the loop.

        An iteration serves every connection that has something to do. A busy loop has long iterations, so it begins new
        jobs at the rate at which it can serve them.
        """
        self._admitting = False
        if not self._waiting or (self._files < _MOST_FILES and self._open):
            return
        _number, job = self._waiting.popitem(last=False)
        session = _Session(self, job)
        self._files -= _files_of(job.device)
        if not self._to_tell:
            self.tell(None)
        self._began.append((job.number, session.began))
        if len(self._began) >= UNTOLD:
            self.flush()
        context = contextvars.Context()
        context.run(_running.set, session)
        self._open[job.number] = session
        session.task = self._loop.create_task(self._do(session), context=context)
        self._admit_soon()

    async def _do(self, session: _Session) -> None:
        try:
            data = await self._result(session)
            session.is_over = True
        except BaseException as raised:  # its result cannot be pickled, or the work on it was interrupted
            session.is_over = True
            error = session.stopped() if session.overrun else session.broken(raised)
            data = wire.packed(session.done(error=error))
        self._end(session, data)
        session.task = session.timeout = None  # they refer to the session, which would stay in memory

    def _end(self, session: _Session, data: bytes) -> None:
        if self._open.pop(session.job.number, None) is not None:
            self._files += _files_of(session.job.device)
            self._tell(data)
            self._admit_soon()

    async def _result(self, session: _Session) -> bytes:
        value, error = None, None
        try:
            value = await self._ask(session)
        except BaseException as raised:  # whatever it is, it is the result of this device only
            session.is_ending = True
            error = await self._failure(session, raised)
        session.enter(session.phase)
        return wire.packed(session.done(value, error))

    async def _ask(self, session: _Session) -> Any:
        until = None if session.deadline is None else session.deadline + GRACE
        async with asyncio.timeout_at(until) as session.timeout:
            value = await _asked(session)
        session.is_ending = True
        return session.with_sent(await masked_answer(session.job.device, value, session.facts, session.transcript))

    async def _failure(self, session: _Session, raised: BaseException) -> DeviceError:
        if session.overrun or isinstance(raised, Overrun):
            raised = session.stopped()
            raised.value = session.received
        elif isinstance(raised, (TimeoutError, asyncio.CancelledError)) and session.is_late():
            waited = DeviceError("skipped", "auth", "deadline", _WAITED)
            raised = waited if session.is_waiting else late(session.phase, session.limit)
        failure = await masked_failure_of(
            session.job.device, raised, session.phase, session.received, session.facts, session.transcript
        )
        session.with_sent(failure.value)
        failure.retry = failure.retry and not session.is_unanswered
        return failure

    def _interrupt(self) -> None:
        """Interrupt the work of the device whose callback is running.

        Callbacks of the event loop run in the context of the device that they were made for.
        """
        session = _running.get()
        if session is not None and not session.is_over and not session.is_telling:
            session.overrun = True
            self._loop.call_soon_threadsafe(session.cancel_unless_ending)  # in case something catches the exception
            raise Overrun


async def _asked(session: _Session) -> Any:
    """Ask the device, and again if its connection ended while it only waited.

    If that of a bastion was lost, the parent asks the device again, because its login must wait for those of others.
    """
    device = session.job.device
    driver = driver_of(device.driver)
    while True:
        try:
            return await driver.ask(device, session)
        except DeviceError as error:
            session.is_lost = await _has_lost_bastion(session, error)
            if session.is_lost or not session.is_waiting:
                raise
            with session.uncounted():  # the device did not wait for long enough
                await asyncio.sleep(AGAIN)
        finally:
            session.close_streams()


async def _has_lost_bastion(session: _Session, error: DeviceError) -> bool:
    """Return whether the connection to the bastion was lost and the device may be asked again.

    :raises DeviceError: that of the bastion, if the connection was lost and the device may not be asked again.
    """
    if session.way is None:
        return False
    may_repeat = not session.has_sent or is_read_only(session.job.device)
    failure = await session.way.failure(error, may_repeat=may_repeat)
    if failure is None or failure is error:
        return failure is None
    try:
        raise failure from error
    finally:
        del failure  # its traceback refers to this frame, so both would stay in memory


def run(line: socket.socket) -> int:
    """Ask devices until the line ends. Return the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with its parent
    gc.set_threshold(*_COLLECT)
    try:
        getpass.getuser()
    except (KeyError, OSError):  # a container can run as any user id; asyncssh needs a name
        os.environ["LOGNAME"] = str(os.getuid())
    asyncio.run(_Worker(line).serve(), debug=False)  # PYTHONASYNCIODEBUG is ignored: it costs much
    return 0


def _files_of(device: Device) -> int:
    """Return how many files a device needs: its connection, one to an agent, and one for a proxy command's errors."""
    return 1 + bool(os.environ.get("SSH_AUTH_SOCK")) + bool(device.proxy_command or device.ssh_config)


def _files() -> int:
    """Return how many files can be opened. The limit is raised first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else hard
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    return _FILES if soft == resource.RLIM_INFINITY else soft - _SPARE_FILES


def _ignore(_loop: asyncio.AbstractEventLoop, _context: dict[str, Any]) -> None:
    """Errors of connections that were given up are not printed, because they could not be read."""
