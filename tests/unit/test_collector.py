# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import _thread
import gc
import math
import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils import collector
from ansible_collections.rollcall.network.plugins.module_utils.collector import (
    STATUSES,
    Call,
    DeviceError,
    Event,
    LoginsPerSecond,
    Result,
    collect,
    this_call,
)

COLLECTIONS = Path(__file__).resolve().parents[2] / "collections"
IMPORTS = """
import os, resource, signal, sys, threading, time
from ansible_collections.rollcall.network.plugins.module_utils.collector import collect, this_call
"""


def upper(name: str) -> str:
    return name.upper()


def raising(error: BaseException) -> Callable[[str], Any]:
    def ask(name: str) -> Any:
        raise error

    return ask


def start_program(body: str, *options: str, **environment: str) -> subprocess.Popen[str]:
    """A program of its own that calls the collector, without Ansible."""
    return subprocess.Popen(
        [sys.executable, *options, "-c", IMPORTS + body],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS), **environment},
        text=True,
    )


def run_program(body: str, *options: str, **environment: str) -> tuple[str, str]:
    with start_program(body, *options, **environment) as program:
        try:
            out, err = program.communicate(timeout=30)
        finally:
            program.kill()
    assert program.returncode == 0, err
    return out, err


def bounded(call: Callable[[], dict[str, Result]], seconds: float = 10.0) -> dict[str, Result]:
    """What the call returns; a failed test, not a hung one, when it does not return."""
    results: list[dict[str, Result]] = []
    caller = threading.Thread(target=lambda: results.append(call()), daemon=True)
    caller.start()
    caller.join(seconds)
    assert results, f"collect() did not return within {seconds:g} s"
    return results[0]


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What hung functions wait for, so that no thread outlives its test for long."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def fast_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "FIRST_BACKOFF", 0.01)


# -- total -------------------------------------------------------------------------------------------------------------


def test_order_and_values() -> None:
    names = [f"edge-{number}" for number in range(200)]
    random.Random(7).shuffle(names)

    def ask(name: str) -> str:
        time.sleep(random.uniform(0, 0.05))
        return name.upper()

    results = collect(ask, names, workers=50)
    assert list(results) == names
    assert all(
        (each.status, each.value, each.error, each.attempts) == ("ok", name.upper(), None, 1)
        for name, each in results.items()
    )


@pytest.mark.parametrize("names", [[], (), iter(()), {}])
def test_no_names(names: Any) -> None:
    assert collect(upper, names) == {}


def test_names_from_anything() -> None:
    assert list(collect(upper, (name for name in "ab"))) == ["a", "b"]
    assert list(collect(upper, {"a": 1, "b": 2})) == ["a", "b"]


@pytest.mark.parametrize("value", [None, 0, "", [], {"a": 1}, ValueError("returned, not raised")])
def test_any_value_is_an_answer(value: Any) -> None:
    result = collect(lambda name: value, ["a"])["a"]
    assert (result.status, result.error) == ("ok", None)
    assert result.value is value


class Speechless(Exception):
    def __str__(self) -> str:
        msg = "no text"
        raise ValueError(msg)


class TextIsNoText(Exception):
    def __str__(self) -> str:
        return 5  # type: ignore[return-value]


class ExitingText(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


class Deadly(BaseException):
    """Its text cannot be had without the same error again."""

    def __str__(self) -> str:
        raise Deadly


class HalfMade(DeviceError):
    def __init__(self) -> None:
        """Forgets the rest of a DeviceError."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ValueError("odd"), "ValueError"),
        (Exception(), "Exception"),
        (SystemExit(1), "SystemExit"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (StopIteration(3), "StopIteration"),
        (MemoryError(), "MemoryError"),
        (BaseException("base"), "BaseException"),
        (BaseExceptionGroup("several", [ValueError(), KeyboardInterrupt()]), "BaseExceptionGroup"),
        (Speechless(), "Speechless"),
        (TextIsNoText(), "TextIsNoText"),
        (ExitingText(), None),
        (Deadly(), None),
        (HalfMade(), None),
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_whatever_is_raised_is_a_result(error: BaseException, kind: str | None) -> None:
    def ask(name: str) -> str:
        if name == "bad":
            raise error
        return name.upper()

    results = bounded(lambda: collect(ask, ["a", "bad", "b", "c"], workers=1))
    assert list(results) == ["a", "bad", "b", "c"]
    assert [each.value for each in results.values()] == ["A", None, "B", "C"]
    bad = results["bad"]
    assert (bad.status, bad.attempts) == ("failed", 1)
    assert bad.error is not None
    assert bad.error.phase == "command"
    assert kind in (bad.error.kind, None)
    assert kind in (None, bad.error.message[: len(kind or "")])


def test_endless_recursion_is_a_result() -> None:
    def ask(name: str) -> str:
        return ask(name)

    result = collect(ask, ["a"])["a"]
    assert result.error is not None
    assert (result.status, result.error.kind) == ("failed", "RecursionError")


def test_the_message_names_the_place() -> None:
    error = collect(raising(ValueError("odd")), ["a"])["a"].error
    assert error is not None
    assert error.message.startswith(f"ValueError: odd ({Path(__file__).name}, line ")


def test_device_error() -> None:
    error = DeviceError("partial", "auth", "refused", "no such user", value={"got": "this much"})
    result = collect(raising(error), ["a"], retries=5)["a"]
    assert (result.status, result.value, result.error, result.attempts) == ("partial", error.value, error.error, 1)


def test_a_status_that_does_not_exist_is_a_failure() -> None:
    """Who counts by status must not stumble over what an asked function made up."""

    def ask(name: str) -> Any:
        raise DeviceError("down", "connect", "odd", "made up")  # type: ignore[arg-type]

    assert collect(ask, ["a"])["a"].status in STATUSES


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TimeoutError("slow"), "timeout"),
        (ConnectionRefusedError("closed"), "unreachable"),
        (ConnectionResetError("gone"), "unreachable"),
        (BrokenPipeError("gone"), "unreachable"),
        (OSError("other"), "failed"),
        (EOFError("other"), "failed"),
    ],
)
def test_status_of_common_errors(error: Exception, status: str) -> None:
    assert collect(raising(error), ["a"])["a"].status == status


def test_repeated_names_are_asked_once() -> None:
    asked: Counter[str] = Counter()
    events: list[Event] = []

    def ask(name: str) -> str:
        asked[name] += 1
        return name

    results = collect(ask, ["b", "a", "b", "c", "b"], on_event=events.append)
    assert list(results) == ["b", "a", "c"]
    assert asked == {"a": 1, "b": 1, "c": 1}
    assert [event.message for event in events if event.kind == "warning"] == ["duplicate names, asked once: b"]
    with pytest.warns(UserWarning, match="asked once: b") as warned:
        collect(ask, ["b", "b"])
    assert warned[0].filename == __file__, "the warning points at the caller"


@pytest.mark.parametrize(
    ("names", "options", "words"),
    [
        ("edge-1", {}, "list of names"),
        (b"edge-1", {}, "list of names"),
        (["a", 5], {}, "5"),
        (["a", None], {}, "None"),
        ([b"a"], {}, "b'a'"),
        (None, {}, ""),
        (["a"], {"workers": 0}, "workers"),
        (["a"], {"workers": -3}, "workers"),
        (["a"], {"workers": "3"}, ""),
        (["a"], {"device_timeout": 0}, "device_timeout"),
        (["a"], {"device_timeout": -1.5}, "device_timeout"),
        (["a"], {"device_timeout": math.nan}, "device_timeout"),
        (["a"], {"device_timeout": "3"}, ""),
        (["a"], {"deadline": 0}, "deadline"),
        (["a"], {"deadline": math.nan}, "deadline"),
        (["a"], {"retries": -1}, "retries"),
        (["a"], {"retries": None}, ""),
    ],
)
def test_wrong_arguments(names: Any, options: dict[str, Any], words: str) -> None:
    asked: list[str] = []
    with pytest.raises((TypeError, ValueError)) as caught:
        collect(asked.append, names, **options)
    assert words in str(caught.value)
    assert asked == []


# -- retries -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fast_retries")
@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (ConnectionRefusedError(), 3),
        (ConnectionResetError(), 3),
        (ConnectionAbortedError(), 3),
        (BrokenPipeError(), 3),
        (TimeoutError(), 3),
        (DeviceError("timeout", "connect", "timeout", "slow", retry=True), 3),
        (DeviceError("auth_failed", "auth", "refused", "wrong password"), 1),
        (DeviceError("unreachable", "connect", "name", "no such name", retry=False), 1),
        (ValueError(), 1),
        (SystemExit(), 1),
        (OSError(), 1),
    ],
)
def test_only_what_may_pass_is_tried_again(error: BaseException, attempts: int) -> None:
    asked: list[str] = []

    def ask(name: str) -> None:
        asked.append(name)
        raise error

    result = collect(ask, ["a"], retries=2)["a"]
    assert (len(asked), result.attempts) == (attempts, attempts)


@pytest.mark.usefixtures("fast_retries")
def test_a_later_attempt_may_succeed() -> None:
    def ask(name: str) -> int:
        attempt = this_call().attempts
        if attempt < 3:
            raise ConnectionResetError
        return attempt

    result = collect(ask, ["a"], retries=5)["a"]
    assert (result.status, result.value, result.attempts, result.error) == ("ok", 3, 3, None)


@pytest.mark.usefixtures("fast_retries")
def test_what_an_earlier_attempt_received_is_kept() -> None:
    def ask(name: str) -> None:
        if this_call().attempts == 1:
            raise DeviceError("partial", "command", "session_closed", "gone", value=["half"], retry=True)
        raise ConnectionRefusedError("still down")

    result = collect(ask, ["a"], retries=1)["a"]
    assert (result.status, result.value, result.attempts) == ("partial", ["half"], 2)
    assert result.error is not None
    assert result.error.kind == "ConnectionRefusedError", "the error is the last one's"


@pytest.mark.usefixtures("fast_retries")
def test_what_an_earlier_attempt_received_is_kept_when_the_next_is_cut(release: threading.Event) -> None:
    def ask(name: str) -> None:
        if this_call().attempts == 1:
            raise DeviceError("partial", "command", "session_closed", "gone", value=["half"], retry=True)
        release.wait(60)

    result = collect(ask, ["a"], retries=1, device_timeout=0.3)["a"]
    assert (result.attempts, result.value) == (2, ["half"])
    assert result.error is not None
    assert result.error.kind == "device_timeout"


def test_no_retry_that_would_begin_after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "FIRST_BACKOFF", collector.LONGEST_BACKOFF)
    began = time.monotonic()
    shortest = collector.LONGEST_BACKOFF / 2
    result = collect(raising(ConnectionRefusedError()), ["a"], retries=5, device_timeout=shortest - 1)["a"]
    assert (result.status, result.attempts) == ("unreachable", 1)
    assert time.monotonic() - began < shortest / 2, "it does not wait for an attempt that cannot be"


def test_backoff_grows_up_to_a_limit() -> None:
    for attempt in range(1, 40):
        longest = min(collector.LONGEST_BACKOFF, collector.FIRST_BACKOFF * 2 ** (attempt - 1))
        assert longest / 2 <= collector._backoff(attempt) <= longest


# -- deadlines ---------------------------------------------------------------------------------------------------------


def test_device_timeout_cuts_and_the_others_are_asked(release: threading.Event) -> None:
    cuts: list[str] = []

    def ask(name: str) -> str:
        if name.startswith("hung"):
            this_call().enter("auth")
            this_call().on_cut(lambda: cuts.append(name))
            release.wait(60)
        return name.upper()

    names = ["hung-1", "a", "hung-2", "b"]
    began = time.monotonic()
    results = collect(ask, names, workers=1, device_timeout=0.2)
    assert time.monotonic() - began < 20
    assert {name: each.status for name, each in results.items()} == {
        "hung-1": "timeout",
        "a": "ok",
        "hung-2": "timeout",
        "b": "ok",
    }
    assert cuts == ["hung-1", "hung-2"]
    error = results["hung-1"].error
    assert error is not None
    assert (error.phase, error.kind) == ("auth", "device_timeout")
    assert "0.2 s" in error.message


def test_device_timeout_is_kept_while_workers_start(monkeypatch: pytest.MonkeyPatch, release: threading.Event) -> None:
    monkeypatch.setattr(collector, "AT_ONCE", 10)
    monkeypatch.setattr(collector, "APART", 0.01)
    asked: list[str] = []
    asked_at_first_result: list[int] = []

    def ask(name: str) -> None:
        asked.append(name)
        release.wait(30)

    def note(event: Event) -> None:
        if event.kind == "finished":
            asked_at_first_result.append(len(asked))

    results = collect(ask, [f"r{number}" for number in range(200)], device_timeout=0.1, on_event=note)
    assert {result.status for result in results.values()} == {"timeout"}
    assert asked_at_first_result[0] < 200


def test_a_cut_that_fails_changes_nothing(release: threading.Event) -> None:
    def broken() -> None:
        raise OSError

    def ask(name: str) -> None:
        this_call().on_cut(broken)
        release.wait(60)

    assert collect(ask, ["a"], device_timeout=0.1)["a"].status == "timeout"


def test_run_deadline(release: threading.Event) -> None:
    """What is open ends as timeout, what was not asked is skipped, and the call returns."""
    asked: list[str] = []
    cuts: list[str] = []

    def ask(name: str) -> str:
        asked.append(name)
        if name == "a":
            return "A"
        this_call().on_cut(lambda: cuts.append(name))
        release.wait(60)
        return name

    began = time.monotonic()
    results = collect(ask, list("abcdefgh"), workers=2, deadline=0.5, device_timeout=50)
    elapsed = time.monotonic() - began
    assert elapsed < 0.5 + 1 + 4, "within a second, and what the machine's noise adds"
    assert {name: each.status for name, each in results.items()} == {
        "a": "ok",
        "b": "timeout",
        "c": "timeout",
        **dict.fromkeys("defgh", "skipped"),
    }
    assert sorted(asked) == ["a", "b", "c"]
    assert sorted(cuts) == ["b", "c"]
    for name, attempts in (("b", 1), ("d", 0)):
        result = results[name]
        assert result.error is not None
        assert (result.attempts, result.error.kind) == (attempts, "deadline")
        assert "deadline of the run" in result.error.message
    assert results["d"].started_at is None
    time.sleep(0.2)
    assert len(asked) == 3, "no name is asked after the end"


def test_an_answer_at_the_deadline_is_neither_lost_nor_doubled() -> None:
    """Sleeps around the moment of cutting off: each name has one finished event, which says what its result says."""
    timeout = 0.3
    names = [f"edge-{number}" for number in range(400)]
    finished: dict[str, list[Result | None]] = {name: [] for name in names}

    def on_event(event: Event) -> None:
        if event.kind == "finished":
            finished[str(event.name)].append(event.result)

    def ask(name: str) -> str:
        time.sleep(timeout + collector.GRACE + random.uniform(-0.1, 0.1))
        return name.upper()

    results = collect(ask, names, workers=100, device_timeout=timeout, on_event=on_event)
    assert list(results) == names
    assert all(finished[name] == [results[name]] for name in names)
    counts = Counter(each.status for each in results.values())
    assert set(counts) == {"ok", "timeout"}, "both sides of the deadline were tried"
    for name, result in results.items():
        assert result.value == (name.upper() if result.status == "ok" else None)
        assert (result.error is None) is (result.status == "ok")


class SlowToHandOver(Call):
    """Its thread is held up between the decision that its answer counts and the handing over."""

    __slots__ = ()

    def settle(self) -> bool:
        mine = super().settle()
        if mine and threading.current_thread() is not threading.main_thread():
            time.sleep(0.5)
        return mine


def test_an_answer_that_is_on_its_way_at_the_deadline_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "Call", SlowToHandOver)
    finished: list[Event] = []
    results = collect(upper, list("abc"), device_timeout=0.01, on_event=finished.append)
    assert [each.value for each in results.values()] == ["A", "B", "C"]
    assert len(finished) == 3


def test_what_comes_just_after_the_deadline_still_counts() -> None:
    """A driver that watches its own deadline hands over what it had."""

    def ask(name: str) -> None:
        remaining = this_call().remaining()
        assert remaining is not None
        time.sleep(remaining)
        raise DeviceError("partial", "command", "timeout", "out of time", value="half")

    results = collect(ask, list("abc"), device_timeout=0.2)
    assert [each.value for each in results.values()] == ["half"] * 3


def test_remaining() -> None:
    def ask(name: str) -> float | None:
        return this_call().remaining()

    assert collect(ask, ["a"])["a"].value is None
    assert 0 < collect(ask, ["a"], device_timeout=50)["a"].value <= 50
    assert 0 < collect(ask, ["a"], device_timeout=50, deadline=5)["a"].value <= 5
    assert Call("a", time.monotonic() - 1).remaining() == 0


# -- events ------------------------------------------------------------------------------------------------------------


def test_events_count_and_come_from_the_caller() -> None:
    events: list[Event] = []
    threads: set[threading.Thread] = set()

    def on_event(event: Event) -> None:
        events.append(event)
        threads.add(threading.current_thread())

    results = collect(upper, list("abcdef"), on_event=on_event)
    finished = [event for event in events if event.kind == "finished"]
    assert [event.done for event in finished] == [1, 2, 3, 4, 5, 6]
    assert {event.total for event in events} == {6}
    assert {event.name: event.result for event in finished} == results
    assert threads == {threading.current_thread()}


def test_ticks_name_who_is_open_longest(monkeypatch: pytest.MonkeyPatch, release: threading.Event) -> None:
    monkeypatch.setattr(collector, "TICK", 0.05)
    ticks: list[Event] = []

    def on_event(event: Event) -> None:
        if event.kind == "tick":
            ticks.append(event)
            if len(ticks) >= 3:
                release.set()

    def ask(name: str) -> None:
        if name != "quick":
            release.wait(60)

    collect(ask, ["first", "quick", "second"], on_event=on_event)
    assert ticks[-1].oldest == "first"
    assert (ticks[-1].done, ticks[-1].total) == (1, 3)


@pytest.mark.parametrize("error", [ValueError("bug"), SystemExit(2), Speechless()])
def test_a_broken_callback_is_warned_about_once(error: BaseException) -> None:
    calls: list[Event] = []

    def on_event(event: Event) -> None:
        calls.append(event)
        raise error

    with pytest.warns(UserWarning, match="on_event failed") as warned:
        results = collect(upper, list("abc"), on_event=on_event)
    assert [each.value for each in results.values()] == ["A", "B", "C"]
    assert len(calls) == 3, "it is called all the same"
    assert len(warned) == 1


def test_warnings_as_errors_lose_nothing() -> None:
    out, _err = run_program(
        "results = collect(str.upper, ['a', 'b', 'a'], on_event=lambda event: 1 / 0)\n"
        "print([each.value for each in results.values()])\n"
        "print([each.value for each in collect(str.upper, ['a', 'a']).values()])",
        PYTHONWARNINGS="error",
    )
    assert out == "['A', 'B']\n['A']\n"


# -- what the machine does ---------------------------------------------------------------------------------------------


def test_ctrl_c_ends_at_once_and_cuts_the_open_calls() -> None:
    with start_program(
        """
def ask(name):
    this_call().on_cut(lambda: print("cut", name, flush=True))
    os.write(1, b"open\\n")  # in one piece, from both threads
    time.sleep(60)
try:
    collect(ask, ["a", "b", "c"], workers=2)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    ) as program:
        assert program.stdout is not None
        try:
            assert [program.stdout.readline() for _open in range(2)] == ["open\n"] * 2
            time.sleep(0.2)  # both have left their way to be cut
            program.send_signal(signal.SIGINT)
            out, _err = program.communicate(timeout=20)
        finally:
            program.kill()
    assert sorted(out.split("\n")) == ["", "cut a", "cut b", "interrupted"]
    assert program.returncode == 0


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files in /proc")
def test_the_limit_of_open_files_bounds_the_workers() -> None:
    out, err = run_program(
        """
limit = len(os.listdir("/proc/self/fd")) + 128 + 7
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
lock, now, most = threading.Lock(), 0, 0
def ask(name):
    global now, most
    with lock:
        now += 1
        most = max(most, now)
    time.sleep(0.05)
    with lock:
        now -= 1
results = collect(ask, [str(number) for number in range(60)])
print(most <= 8, most > 1, {each.status for each in results.values()})
"""
    )
    assert out == "True True {'ok'}\n"
    assert "ulimit -n" in err
    assert "instead of 60" in err


def test_the_limit_of_open_files_is_raised_as_far_as_it_may() -> None:
    out, err = run_program(
        """
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
meeting = threading.Barrier(200)
results = collect(lambda name: meeting.wait(20), [str(number) for number in range(200)])
print({each.status for each in results.values()}, resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 64)
"""
    )
    assert (out, err) == ("{'ok'} True\n", "")


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_threads_that_do_not_start(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr(collector, "TICK", 0.05)
    start, left, events = _thread.start_new_thread, [threads], list[Event]()

    def start_some(*work: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            msg = "can't start new thread"
            raise RuntimeError(msg)
        start(*work)

    def ask(name: str) -> str:
        time.sleep(0.05)  # so that one thread does not answer for all before the next is started
        return name.upper()

    monkeypatch.setattr(_thread, "start_new_thread", start_some)
    results = bounded(lambda: collect(ask, list("abcdef"), on_event=events.append))
    assert list(results) == list("abcdef")
    assert {each.status for each in results.values()} == {"ok" if threads else "skipped"}
    if not threads:
        error = results["a"].error
        assert error is not None
        assert (error.kind, "ulimit -u" in error.message) == ("no_thread", True)
    assert any("can't start new thread" in str(event.message) for event in events)


def test_a_worker_that_cannot_be_replaced_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, release: threading.Event
) -> None:
    monkeypatch.setattr(collector, "TICK", 0.05)
    start, refusals = _thread.start_new_thread, [False, True]

    def start_some(*work: Any) -> None:
        if refusals and refusals.pop(0):
            raise MemoryError
        start(*work)

    def ask(name: str) -> str:
        if name == "hung":
            release.wait(60)
        return name.upper()

    monkeypatch.setattr(_thread, "start_new_thread", start_some)
    results = bounded(lambda: collect(ask, ["hung", "a", "b"], workers=1, device_timeout=0.1, on_event=lambda _: None))
    assert [each.status for each in results.values()] == ["timeout", "ok", "ok"]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_a_worker_that_is_not_scheduled_yet_is_waited_for(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    """The first thread runs only after several ticks, and no second one can be started."""
    monkeypatch.setattr(collector, "TICK", 0.01)
    start, ticks, started = _thread.start_new_thread, threading.Semaphore(0), list[int]()

    def start_late(work: Any, arguments: Any) -> None:
        started.append(1)
        if len(started) > 1:
            msg = "can't start new thread"
            raise RuntimeError(msg)

        def late() -> None:
            for _tick in range(3):
                ticks.acquire()
            work(*arguments)

        start(late, ())

    def happened(event: Event) -> None:
        if event.kind == "tick":
            ticks.release()

    monkeypatch.setattr(_thread, "start_new_thread", start_late)
    results = bounded(lambda: collect(str.upper, list("abc"), workers=workers, on_event=happened))
    assert [each.value for each in results.values()] == list("ABC")


def test_no_more_workers_than_asked_for() -> None:
    lock, now, most = threading.Lock(), [0], [0]

    def ask(name: str) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1

    collect(ask, [str(number) for number in range(60)], workers=7)
    assert 1 < most[0] <= 7


class Witness:
    """Can be referred to weakly."""


def test_nothing_of_a_device_outlives_its_result(release: threading.Event) -> None:
    """Neither what its traceback held, nor what its cut held, though another name is still open."""
    in_traceback: list[weakref.ref[Witness]] = []
    in_cut: list[weakref.ref[Witness]] = []
    alive: list[tuple[bool, bool]] = []

    def ask(name: str) -> None:
        if name == "open":
            release.wait(60)
            return
        mine, connection = Witness(), Witness()
        in_traceback.append(weakref.ref(mine))
        in_cut.append(weakref.ref(connection))
        this_call().on_cut(lambda: print(connection))
        raise ValueError(mine)

    def on_event(event: Event) -> None:
        if event.name == "failing":
            time.sleep(0.1)  # its thread comes to an end
            gc.collect()
            alive.append((in_traceback[0]() is not None, in_cut[0]() is not None))
            release.set()

    collect(ask, ["open", "failing"], on_event=on_event)
    assert alive == [(False, False)]


def test_no_thread_is_left() -> None:
    before = _thread._count()
    collect(upper, list("abcdef"))
    deadline = time.monotonic() + 10
    while _thread._count() > before:
        assert time.monotonic() < deadline, "a worker has not ended"
        time.sleep(0.01)


# -- the call ----------------------------------------------------------------------------------------------------------


def test_this_call() -> None:
    call = collect(lambda name: this_call(), ["a"], device_timeout=5)["a"].value
    assert isinstance(call, Call)
    assert call.name == "a"
    with pytest.raises(RuntimeError, match="only in a function"):
        this_call()


def test_this_call_of_a_roll_within_a_roll() -> None:
    def ask(name: str) -> tuple[str, str]:
        inner = collect(lambda inner_name: this_call().name, [f"{name}-inner"])
        return this_call().name, inner[f"{name}-inner"].value

    assert collect(ask, ["a"])["a"].value == ("a", "a-inner")


def test_phases_and_times() -> None:
    def ask(name: str) -> None:
        for phase in ("connect", "auth", "command", "connect"):
            this_call().enter(phase)
            time.sleep(0.05)

    before = datetime.now(UTC)
    result = collect(ask, ["a"])["a"]
    assert result.started_at is not None
    assert result.finished_at is not None
    assert before <= result.started_at < result.finished_at <= datetime.now(UTC)
    assert set(result.seconds) == {"connect", "auth", "command"}
    assert result.seconds["connect"] >= 0.1
    assert all(seconds >= 0.05 for seconds in result.seconds.values())
    whole = (result.finished_at - result.started_at) / timedelta(seconds=1)
    assert sum(result.seconds.values()) <= whole + 0.05
    plain = result.as_dict()
    assert "value" not in plain
    assert plain["started_at"].endswith("Z")
    assert datetime.fromisoformat(plain["finished_at"]) == result.finished_at.replace(
        microsecond=result.finished_at.microsecond // 1000 * 1000
    )


def test_the_start_is_when_the_work_began_and_not_when_it_was_queued() -> None:
    call = Call("r1")
    queued = call.started_at
    began = time.monotonic() + 60
    assert call.begin(began) == began
    assert call.begin(began + 60) == began  # a further attempt
    assert call.started_at - queued > timedelta(seconds=59)


def test_seconds_without_a_phase_are_the_commands() -> None:
    result = collect(lambda name: time.sleep(0.05), ["a"])["a"]
    assert set(result.seconds) == {"command"}
    assert result.seconds["command"] >= 0.05


def test_the_pause_between_attempts_counts_for_no_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "FIRST_BACKOFF", 2.0)

    def ask(name: str) -> None:
        this_call().enter("connect")
        time.sleep(0.1)
        raise ConnectionRefusedError

    result = collect(ask, ["a"], retries=1)["a"]
    assert result.attempts == 2
    assert 0.2 <= sum(result.seconds.values()) < 0.2 + 0.9, "both attempts, without the pause of a second or more"


def test_only_one_side_settles_a_call() -> None:
    call = Call("a")
    assert [call.settle(), call.settle(), call.settle()] == [True, False, False]


# -- pacing ------------------------------------------------------------------------------------------------------------


def test_logins_per_second_books_evenly() -> None:
    pacing = LoginsPerSecond(10)
    delays = [pacing.delay() for _login in range(11)]
    assert delays[0] == 0
    assert delays[10] == pytest.approx(1.0, abs=0.5), "the first now, the eleventh in a second"
    assert delays == sorted(delays)


def test_logins_per_second_gives_no_credit_for_idle_time() -> None:
    pacing = LoginsPerSecond(100)
    pacing.delay()
    time.sleep(0.1)
    assert pacing.delay() == 0
    assert pacing.delay() > 0


@pytest.mark.parametrize("rate", [0, -1, math.nan])
def test_logins_per_second_above_zero(rate: float) -> None:
    with pytest.raises(ValueError, match="logins per second"):
        LoginsPerSecond(rate)


def test_paced_logins() -> None:
    began: list[float] = []
    names = [str(number) for number in range(11)]
    collect(lambda name: began.append(time.monotonic()), names, pacing=LoginsPerSecond(20))
    assert max(began) - min(began) >= 0.5 * 0.95, "ten gaps of a twentieth of a second"


def test_waiting_for_the_pace_needs_no_more_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that waits for its turn to log in works: no other one is started beside it."""
    monkeypatch.setattr(collector, "TICK", 0.02)
    lock, now, most = threading.Lock(), [0], [0]

    def ask(name: str) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.0 if name == "0" else 0.5)
        with lock:
            now[0] -= 1

    collect(ask, [str(number) for number in range(5)], workers=1, pacing=LoginsPerSecond(5))
    assert most[0] == 1


class BrokenPacing:
    def delay(self) -> float:
        msg = "bug"
        raise ZeroDivisionError(msg)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:pacing")
def test_a_broken_pacing_loses_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "TICK", 0.05)
    results = bounded(lambda: collect(upper, list("abc"), pacing=BrokenPacing(), on_event=lambda _: None))
    assert list(results) == list("abc")
    assert {each.status for each in results.values()} <= set(STATUSES)


def test_the_deadline_ends_the_wait_for_the_pace() -> None:
    began = time.monotonic()
    results = collect(upper, list("abc"), pacing=LoginsPerSecond(0.01), deadline=0.3)
    assert time.monotonic() - began < 10, "the next login was due after 100 s"
    assert [each.status for each in results.values()] == ["ok", "skipped", "skipped"]


def test_nothing_is_said_when_all_is_well() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        collect(upper, list("abc"))
