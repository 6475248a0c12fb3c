# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Call a function for every name, concurrently, and return one result per name, in order.

.. code-block:: python

    from ansible_collections.rollcall.network.plugins.module_utils.collector import collect

    results = collect(ask, ["edge-1", "edge-2"], device_timeout=30)
    results["edge-1"].status, results["edge-1"].value

``iter_collect`` is the lazy form: it yields each name and result as soon as it is there.

The threads are not joined at exit. Those of ``concurrent.futures`` are, so one hanging device would block the whole
program.
"""

from __future__ import annotations

import _thread
import contextlib
import math
import os
import queue
import random
import threading
import time
import traceback
import warnings
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from ._call import Call
from ._pacing import LoginsPerSecond, Pacing
from ._result import STATUSES, DeviceError, Error, Phase, Result, Status

try:
    import resource
except ImportError:  # not a Unix
    resource = None  # type: ignore[assignment]

__all__ = [
    "STATUSES",
    "Call",
    "DeviceError",
    "Error",
    "Event",
    "LoginsPerSecond",
    "Pacing",
    "Phase",
    "Result",
    "Status",
    "collect",
    "iter_collect",
    "this_call",
]

DEFAULT_WORKERS = 500
# Seconds between a deadline and the end of waiting for its thread, in which a driver can return what it has received.
GRACE = 0.3
CLOSING = 1.0  # seconds that the end of iter_collect waits for connections to be closed
TICK = 1.0
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 30.0
SPARE_FILES = 128
BATCH = 4  # workers started before they can run
# Further workers start one by one, this many seconds apart. Functions that take the same time end as fast as they were
# started, and a thread that waits for the interpreter's lock wakes up every 5 ms: with a few thousand of them at once,
# nothing else happens any more.
AT_ONCE, APART = 500, 0.0001

EventKind = Literal["finished", "tick", "warning"]

_local = threading.local()


@dataclass(frozen=True, slots=True)
class Event:
    """The argument of ``on_event``, which is called from the thread that called ``collect``, or from the thread that
    ``iter_collect`` starts.

    ``finished``: ``name`` has ``result``. ``tick``: about a second passed. ``warning``: ``message`` has the text.
    ``done`` of ``total`` names have a result; ``oldest`` is the name that has been open longest.
    """

    kind: EventKind
    done: int
    total: int
    name: str | None = None
    result: Result | None = None
    oldest: str | None = None
    message: str | None = None


def this_call() -> Call:
    """Return the call of the current thread, with its deadline and phase. For functions called by ``collect``.

    :raises RuntimeError: outside of such a function.
    """
    call: Call | None = getattr(_local, "call", None)
    if call is None:
        msg = "this_call() can be used only in a function called by collect()"
        raise RuntimeError(msg)
    return call


def collect(
    ask: Callable[[str], Any],
    names: Iterable[str],
    *,
    workers: int | None = None,
    device_timeout: float | None = None,
    deadline: float | None = None,
    retries: int = 0,
    pacing: Pacing | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> dict[str, Result]:
    """Ask every name and return its Result, in the order given. Every name has an entry.

    If it is interrupted by an exception, such as KeyboardInterrupt, all connections are closed.

    :param ask: called as ``ask(name)`` in a thread; what it returns becomes the result's value. It may raise
        DeviceError to say how the device failed; any other exception, SystemExit included, becomes a ``failed`` result.
    :param names: each is asked once; duplicates cause a warning.
    :param workers: number of names at the same time; default the number of names, at most 500. Fewer if the limit of
        open files is too low.
    :param device_timeout: seconds for one name, including all attempts. Then the connection is closed, the thread is
        abandoned and the result is ``timeout``.
    :param deadline: seconds for the whole run; names not asked by then are ``skipped``. ``collect`` returns within a
        second after it.
    :param retries: further attempts after a refused, reset or timed out connection, but not after a refused login.
    :param pacing: limits the rate of new logins.
    :param on_event: called with each Event; an exception in it causes a warning only.
    :raises TypeError, ValueError: for wrong arguments, before anything is asked.
    """
    run = _prepared(ask, names, workers, device_timeout, deadline, retries, pacing, on_event)
    run.supervise()
    return {name: run.results[name] for name in run.names}


def iter_collect(
    ask: Callable[[str], Any],
    names: Iterable[str],
    *,
    ordered: bool = True,
    workers: int | None = None,
    device_timeout: float | None = None,
    deadline: float | None = None,
    retries: int = 0,
    pacing: Pacing | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> Generator[tuple[str, Result], None, None]:
    """Ask every name and yield it with its Result. The lazy form of ``collect``, with the same guarantees.

    The first names are asked at once, before the first result is requested. Deadlines are kept while the caller works
    on a result. Results wait for a slow caller, and are freed when they have been yielded.

    The run ends early when the generator is closed: by ``close()``, by leaving the loop if nothing else refers to the
    generator, or by an exception in the loop. Then open connections are closed and the remaining names are not asked.
    The threads end as soon as their functions return.

    .. code-block:: python

        for name, result in iter_collect(ask, names, ordered=False):
            if result.status != "ok":
                break

    :param ordered: yield in the order given, each result as soon as it and those before it are there. If false, yield
        in the order in which the results come.

    The other parameters and the exceptions are those of ``collect``, but ``on_event`` is called in a separate thread.
    """
    run = _prepared(ask, names, workers, device_timeout, deadline, retries, pacing, on_event)
    results = _yielding(run, ordered)
    next(results)  # start; from here on, the end of the generator ends the run
    return results


def _prepared(
    ask: Callable[[str], Any],
    names: Iterable[str],
    workers: int | None,
    device_timeout: float | None,
    deadline: float | None,
    retries: int,
    pacing: Pacing | None,
    on_event: Callable[[Event], None] | None,
) -> _Run:
    """Check the arguments of ``collect`` and return the run, before anything is asked."""
    asked = _check_names(names)
    for label, seconds in (("device_timeout", device_timeout), ("deadline", deadline)):
        if seconds is not None and not seconds > 0:
            msg = f"{label} must be above 0 seconds, not {seconds!r}"
            raise ValueError(msg)
    if workers is not None and workers < 1:
        msg = f"workers must be at least 1, not {workers!r}"
        raise ValueError(msg)
    if retries < 0:
        msg = f"retries must be 0 or more, not {retries!r}"
        raise ValueError(msg)
    run = _Run(ask, list(dict.fromkeys(asked)), device_timeout, deadline, retries, pacing, on_event)
    repeated = [name for name, times in Counter(asked).items() if times > 1]
    if repeated:
        more = ", …" if len(repeated) > 5 else ""
        run.warn(f"duplicate names, asked once: {', '.join(repeated[:5])}{more}")
    wanted = min(len(run.names), workers or DEFAULT_WORKERS)
    run.most_workers = _allow_open_files(wanted)
    if run.most_workers < wanted:
        run.warn(f"the limit of open files (ulimit -n) allows {run.most_workers} workers instead of {wanted}")
    return run


def _yielding(run: _Run, ordered: bool) -> Generator[Any, None, None]:
    """Start the run in a thread and yield None, then yield each name and result. Stop the run at the end.

    The thread must not refer to the generator, which would keep it from being closed.
    """
    run.finished = queue.SimpleQueue()
    supervisor = threading.Thread(target=_supervise_to_end, args=(run,), name="rollcall-collect", daemon=True)
    supervisor.start()
    try:
        yield None
        for name in _in_order(run) if ordered else _as_finished(run):
            yield name, run.results.pop(name)
    finally:
        run.close()
        if supervisor is not threading.current_thread():  # the generator can be closed in on_event
            # Bounded, because the generator can be closed anywhere by the garbage collector.
            supervisor.join(CLOSING)


def _supervise_to_end(run: _Run) -> None:
    """Supervise a run, and hand the exception that ends it, if there is one, to the caller."""
    end: BaseException | None = None
    try:
        run.supervise()
    except BaseException as error:
        end = error
    if run.finished is not None:
        run.finished.put(end)


def _as_finished(run: _Run) -> Iterator[str]:
    finished = run.finished
    if finished is None:
        return
    while isinstance(name := finished.get(), str):
        yield name
    if name is not None:
        raise name


def _in_order(run: _Run) -> Iterator[str]:
    finished = _as_finished(run)
    for name in run.names:
        while name not in run.results and next(finished, None) is not None:
            pass
        yield name
    for _name in finished:  # the run may have ended with an exception after its last result
        pass


def _check_names(names: Iterable[str]) -> list[str]:
    if isinstance(names, (str, bytes)):
        msg = f"names must be a list of names, not the string {names!r}"
        raise TypeError(msg)
    asked = list(names)
    for name in asked:
        if not isinstance(name, str):
            msg = f"every name must be a string, not {name!r} ({type(name).__name__})"
            raise TypeError(msg)
    return asked


class _Outcome(NamedTuple):
    """The outcome of a call, without times."""

    status: Status
    value: Any
    error: Error | None
    retry: bool = False


class _Run:
    """The state of one run. Only the supervising thread adds results; workers put outcomes into a queue."""

    def __init__(
        self,
        ask: Callable[[str], Any],
        names: list[str],
        device_timeout: float | None,
        deadline: float | None,
        retries: int,
        pacing: Pacing | None,
        on_event: Callable[[Event], None] | None,
    ) -> None:
        self.ask = ask
        self.names = names
        self.device_timeout = device_timeout
        self.deadline = None if deadline is None else time.monotonic() + deadline
        self.seconds = deadline or 0.0
        self.retries = retries
        self.pacing = pacing
        self.on_event = on_event
        self.most_workers = 1
        self.results: dict[str, Result] = {}  # those that iter_collect has yielded are removed
        self.finished: queue.SimpleQueue[str | BaseException | None] | None = None  # names, then how the run ended
        self._done: set[str] = set()
        self._waiting = deque(names)
        self._open: deque[Call] = deque()  # in the order of their start, so the first has the next deadline
        self._outcomes: queue.SimpleQueue[tuple[Call, _Outcome] | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._callback_broken = False
        self._next_tick = time.monotonic() + TICK
        # One entry for each thread that was started, is not given up and has not ended; whether it ran yet or not.
        self._workers: deque[None] = deque()

    # -- the supervising thread: the caller of collect, or that of iter_collect ----------------------------------------

    def supervise(self) -> None:
        """Ask all names, until every name has a result or the run is closed."""
        try:
            for worker in range(1, self.most_workers + 1):
                if not self._waiting or not self._start_worker():
                    break
                if worker > AT_ONCE:
                    if not self._wait(APART):
                        return
                elif worker % BATCH == 0:
                    time.sleep(0)  # if names answer at once, running workers may do all the work
            while len(self._done) < len(self.names) and self._wait(math.inf):
                pass
        finally:  # at the end or if interrupted: close all connections
            self._stop.set()
            self._waiting.clear()
            for call in list(self._open):
                if call.settle():
                    call.cut()

    def close(self) -> None:
        """End the run early. Safe in any thread, and in a destructor: it waits for no lock."""
        self._waiting.clear()
        self._outcomes.put(None)

    def _wait(self, seconds: float) -> bool:
        """Wait for an outcome for that time at most, and do what is due. Return False if the run was closed."""
        now = time.monotonic()
        wake = min(self._next_tick, self._next_expiry())
        try:
            answered = self._outcomes.get(timeout=max(0.0, min(wake, now + seconds) - now))
        except queue.Empty:
            pass
        else:
            if answered is None:
                return False
            self._finish(*answered)
        now = time.monotonic()
        if now >= wake:
            self._expire(now)
        if now >= self._next_tick:
            self._next_tick = now + TICK
            self._emit("tick")
            self._keep_going()
        return True

    def _oldest(self) -> Call | None:
        while self._open and self._open[0].name in self._done:
            self._open.popleft()
        return self._open[0] if self._open else None

    def _next_expiry(self) -> float:
        oldest = self._oldest()
        limits = (oldest.deadline if oldest else None, self.deadline)
        deadlines = [limit for limit in limits if limit is not None]
        return min(deadlines, default=math.inf) + GRACE

    def _expire(self, now: float) -> None:
        """End the calls whose deadline has passed and, at the end of the run, skip the names that were not asked."""
        while (call := self._oldest()) is not None and call.deadline is not None and now >= call.deadline + GRACE:
            if not call.settle():
                return  # it has just answered; the outcome is in the queue
            call.cut()
            self._workers.pop()  # its thread is given up
            self._finish(call, self._timed_out(call))
            if self._waiting:
                self._start_worker()
        if self.deadline is not None and now >= self.deadline + GRACE:
            self._skip_rest("deadline", "not asked before the deadline of the run; raise deadline or workers")

    def _keep_going(self) -> None:
        """Start a worker if none is left. If that is impossible, skip the remaining names.

        A started thread counts as a worker immediately, although the system may run it much later.
        """
        if self._waiting and not self._workers and self._outcomes.empty() and not self._start_worker():
            self._skip_rest("no_thread", "no thread could be started for it; lower workers, or raise ulimit -u")

    def _start_worker(self) -> bool:
        self._workers.append(None)
        try:
            # Not threading.Thread, whose start() waits for the first step of the new thread, which is slow with many
            # threads.
            _thread.start_new_thread(self._work, ())
        except (RuntimeError, MemoryError) as error:
            self._workers.pop()
            self.warn(f"another thread could not be started ({error})")
            return False
        return True

    def _timed_out(self, call: Call) -> _Outcome:
        kind, limit = call.limit
        message = f"no answer within {limit}; stopped in phase {call.phase}"
        return _Outcome("timeout", call.received, Error(call.phase, kind, message))

    def _limit_of(self, call: Call) -> tuple[str, str]:
        if self.deadline is not None and call.deadline == self.deadline:
            return "deadline", f"the deadline of the run ({self.seconds:g} s)"
        return "device_timeout", f"device_timeout ({self.device_timeout or 0:g} s)"

    def _skip_rest(self, kind: str, message: str) -> None:
        self._waiting.clear()
        for name in self.names:
            if name not in self._done:
                self._add(name, Result("skipped", error=Error("connect", kind, message)))

    def _finish(self, call: Call, outcome: _Outcome) -> None:
        result = Result(
            outcome.status,
            outcome.value,
            outcome.error,
            call.attempts,
            call.started_at,
            call.finished_at or datetime.now(UTC),
            call.seconds_by_phase(),
        )
        self._add(call.name, result)

    def _add(self, name: str, result: Result) -> None:
        if name not in self._done:
            self._done.add(name)
            self.results[name] = result
            self._emit("finished", name=name, result=result)
            if self.finished is not None:
                self.finished.put(name)

    def warn(self, message: str) -> None:
        if self.on_event is None:
            _warn(message)
        else:
            self._emit("warning", message=message)

    def _emit(self, kind: EventKind, **details: Any) -> None:
        if self.on_event is None:
            return
        oldest = self._oldest()
        event = Event(kind, len(self._done), len(self.names), oldest=oldest.name if oldest else None, **details)
        try:
            self.on_event(event)
        except (Exception, SystemExit) as error:  # a bug in the callback must not affect answers
            if not self._callback_broken:
                self._callback_broken = True
                _warn(f"on_event failed, the run continues: {_describe(error)}")

    # -- the workers' threads ------------------------------------------------------------------------------------------

    def _work(self) -> None:
        given_up = False
        try:
            while not given_up and (call := self._next_call()) is not None:
                outcome = _LOST
                try:
                    _local.call = call
                    outcome = self._ask_until_done(call)
                except BaseException as error:  # only if memory is exhausted
                    outcome = outcome_of(error, call.phase)
                finally:
                    _local.call = None
                    call.finish()
                    given_up = not call.settle()
                    if not given_up:
                        call.on_cut(None)  # release what the callback references
                        self._outcomes.put((call, outcome))
        finally:
            if not given_up:  # else the collector took it off the workers, and replaced it
                self._workers.pop()

    def _next_call(self) -> Call | None:
        try:
            name = self._waiting.popleft()
        except IndexError:
            return None
        if self.pacing is not None and not self._paced():
            return None
        now = time.monotonic()
        if self.deadline is not None and now >= self.deadline:
            return None
        limits = [self.deadline, None if self.device_timeout is None else now + self.device_timeout]
        call = Call(name, min((limit for limit in limits if limit is not None), default=None))
        call.limit = self._limit_of(call)
        self._open.append(call)
        return call

    def _paced(self) -> bool:
        """Wait until this login may start. Return False at the end of the run."""
        try:
            return not self._stop.wait(self.pacing.delay() if self.pacing else 0.0)
        except Exception as error:
            _warn(f"pacing failed, the run continues: {_describe(error)}")
            return True

    def _ask_until_done(self, call: Call) -> _Outcome:
        received: _Outcome | None = None
        while True:
            if self._stop.is_set():  # the run ended just when this name was taken
                return _LOST
            call.attempts += 1
            call.resume()
            try:
                return _Outcome("ok", self.ask(call.name), None)
            except BaseException as error:  # SystemExit and KeyboardInterrupt of one name fail only this name
                outcome = outcome_of(error, call.phase)
            if outcome.value is not None:
                received = outcome
                call.received = outcome.value
            call.pause()
            delay = _backoff(call.attempts)
            remaining = call.remaining()
            if (
                not outcome.retry
                or call.attempts > self.retries
                or (remaining is not None and remaining <= delay)
                or self._stop.wait(delay)
            ):
                if outcome.value is None and received is not None:  # an earlier attempt received more
                    outcome = received._replace(error=outcome.error)
                return outcome


def outcome_of(error: BaseException, phase: Phase) -> _Outcome:
    """What an exception of an asked function means for its name."""
    if isinstance(error, DeviceError):
        return _Outcome(error.status, error.value, error.error, error.retry)
    status: Status = "failed"
    retry = False
    if isinstance(error, TimeoutError):
        status, retry = "timeout", True
    elif isinstance(error, ConnectionError):  # refused, reset, aborted, broken pipe
        status, retry = "unreachable", True
    return _Outcome(status, None, Error(phase, type(error).__name__, _describe(error)), retry)


_LOST = _Outcome("failed", None, Error("command", "lost", "the thread ended without a result"))


def _warn(message: str) -> None:
    with contextlib.suppress(Warning):  # warnings can be configured as errors, which must not affect answers
        warnings.warn(message, stacklevel=5)


def _describe(error: BaseException) -> str:
    """Describe the exception in one line, with file and line."""
    try:
        text = str(error)
    except Exception:
        text = "(its text cannot be shown)"
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    place = f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}{': ' if text else ''}{text}{place}"


def _backoff(attempt: int) -> float:
    """Return the seconds to wait after this attempt: doubling, with jitter to spread the load."""
    return min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.0)


def _allow_open_files(workers: int) -> int:
    """Raise the soft limit of open files as needed. Return how many workers it allows."""
    if resource is None:
        return workers
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return workers
    try:
        used = len(os.listdir("/proc/self/fd"))
    except OSError:
        used = SPARE_FILES
    wanted = used + SPARE_FILES + workers
    if soft < wanted:
        raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):  # not allowed: use the current limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, raised), hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(1, min(workers, soft - used - SPARE_FILES))
