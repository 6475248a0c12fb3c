# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lazy form of collect: the order of results, a slow caller, and every way to end it early."""

from __future__ import annotations

import _thread
import contextlib
import gc
import os
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils.collector import (
    Event,
    Result,
    collect,
    iter_collect,
    this_call,
)

COLLECTIONS = Path(__file__).resolve().parents[2] / "collections"
Results = Generator[tuple[str, Result], None, None]


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


@pytest.fixture
def gates() -> Iterator[dict[str, threading.Event]]:
    """A gate for each name: its function returns when it is opened."""
    found = {name: threading.Event() for name in "abcd"}
    yield found
    for gate in found.values():
        gate.set()


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    before = _thread._count()
    yield
    wait_until(lambda: _thread._count() <= before, "a thread has not ended")


# -- order -------------------------------------------------------------------------------------------------------------


def test_each_is_yielded_in_the_order_given_as_soon_as_it_is_there(gates: dict[str, threading.Event]) -> None:
    results = iter_collect(lambda name: gates[name].wait(20), list("abcd"))
    gates["b"].set()
    gates["a"].set()
    assert [next(results)[0], next(results)[0]] == ["a", "b"], "before the others have answered"
    gates["d"].set()
    gates["c"].set()
    assert [(name, result.value) for name, result in results] == [("c", True), ("d", True)]


def test_each_is_yielded_as_it_finishes(gates: dict[str, threading.Event]) -> None:
    results = iter_collect(lambda name: gates[name].wait(20), list("abcd"), ordered=False)
    for name in "cadb":
        gates[name].set()
        assert next(results) == (name, results_of(name))
    assert list(results) == []


def results_of(name: str) -> Any:
    """Equal to a full result with the value True."""

    class Full:
        def __eq__(self, other: object) -> bool:
            return isinstance(other, Result) and (other.status, other.value, other.attempts) == ("ok", True, 1)

    return Full()


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("workers", [1, 3, 500])
def test_it_yields_what_collect_returns(ordered: bool, workers: int) -> None:
    def ask(name: str) -> str:
        if int(name) % 7 == 0:
            raise ValueError(name)
        return name * 2

    names = [str(number) for number in range(300)]

    def shown(results: dict[str, Result]) -> dict[str, Any]:
        return {name: (each.status, each.value, each.error, each.attempts) for name, each in results.items()}

    yielded = list(iter_collect(ask, names, ordered=ordered, workers=workers))
    assert len(yielded) == len(names)
    assert shown(dict(yielded)) == shown(collect(ask, names, workers=workers))
    if ordered:
        assert [name for name, _result in yielded] == names


@pytest.mark.parametrize("ordered", [True, False])
def test_no_names(ordered: bool) -> None:
    assert list(iter_collect(str.upper, [], ordered=ordered)) == []


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        ("edge-1", {}, "names must be a list of names"),
        ([1], {}, "every name must be a string"),
        (["a"], {"workers": 0}, "workers must be at least 1"),
        (["a"], {"deadline": 0}, "deadline must be above 0"),
        (["a"], {"retries": -1}, "retries must be 0 or more"),
    ],
)
def test_wrong_arguments_are_refused_by_the_call(names: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        iter_collect(str.upper, names, **options)


def test_the_first_names_are_asked_before_a_result_is_requested() -> None:
    asked = threading.Event()
    results = iter_collect(lambda name: asked.set(), ["a"])
    assert asked.wait(20)
    results.close()


def test_duplicates_cause_a_warning_at_the_caller() -> None:
    with pytest.warns(UserWarning, match="duplicate names") as warned:
        assert [name for name, _result in iter_collect(str.upper, ["a", "b", "a"])] == ["a", "b"]
    assert warned[0].filename == __file__


# -- a slow caller -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ordered", [True, False])
def test_a_slow_caller_loses_nothing_and_delays_no_deadline(ordered: bool) -> None:
    """While the caller holds the first result, all others are asked, and one that hangs is given up."""
    done, release = threading.Event(), threading.Event()

    def ask(name: str) -> str:
        if name == "hangs":
            release.wait(20)
        return name

    def on_event(event: Event) -> None:
        if event.done == event.total:
            done.set()

    names = ["first", *map(str, range(100)), "hangs"]
    results = iter_collect(ask, names, ordered=ordered, workers=5, device_timeout=0.3, on_event=on_event)
    first = next(results)
    assert done.wait(20), "the run waits for its caller"
    release.set()
    found = dict([first, *results])
    assert sorted(found) == sorted(names)
    assert found.pop("hangs").status == "timeout"
    assert {each.status for each in found.values()} == {"ok"}


class Witness:
    """Can be referred to weakly."""


@pytest.mark.parametrize("ordered", [True, False])
def test_a_result_that_was_yielded_is_not_kept(ordered: bool) -> None:
    results = iter_collect(lambda name: Witness(), list("abc"), ordered=ordered)
    _name, result = next(results)
    seen = weakref.ref(result.value)
    del result
    next(results)
    gc.collect()
    assert seen() is None
    results.close()


# -- ended early -------------------------------------------------------------------------------------------------------


def leave_closing(results: list[Results]) -> None:
    with contextlib.closing(results.pop()) as held:
        for _name, _result in held:
            break


def leave_the_loop(results: list[Results]) -> None:
    for _name, _result in results.pop():
        break


def fail_in_the_loop(results: list[Results]) -> None:
    def loop() -> None:
        for _name, _result in results.pop():
            msg = "of the caller"
            raise OSError(msg)

    with pytest.raises(OSError, match="of the caller"):
        loop()


def be_collected(results: list[Results]) -> None:
    cycle: dict[str, Any] = {"results": results.pop()}
    cycle["self"] = cycle
    del cycle
    gc.collect()


ENDS: dict[str, Callable[[list[Results]], None]] = {
    "closed": lambda results: results.pop().close(),
    "closed in a with statement": leave_closing,
    "left": leave_the_loop,
    "an exception": fail_in_the_loop,
    "never iterated": lambda results: results.clear(),
    "collected as garbage": be_collected,
}


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_ended_early_everything_stops(end: Callable[[list[Results]], None], ordered: bool) -> None:
    """Connections are cut, waiting names are not asked, and threads end (see the fixture)."""
    asked, ends = list[str](), list[tuple[socket.socket, socket.socket]]()

    def ask(name: str) -> bytes:
        asked.append(name)
        if name == "first":
            return b""
        here, there = socket.socketpair()
        ends.append((here, there))
        this_call().on_cut(lambda: here.shutdown(socket.SHUT_RDWR))
        return here.recv(1)  # for ever, unless it is cut

    names = ["first", *(f"edge-{number}" for number in range(100))]
    results = [iter_collect(ask, names, workers=3, ordered=ordered, retries=2)]
    wait_until(lambda: len(ends) == 3, "three wait for their devices")
    end(results)
    for here, there in ends:
        there.settimeout(20)
        assert there.recv(1) == b"", "its connection is closed"
        here.close()
        there.close()
    assert len(asked) == 4, "the other names are not asked"


def test_a_connection_that_is_made_after_the_end_is_cut() -> None:
    """The run ends after the function has begun and before it can say how to close its connection."""
    connecting, connect, cut = threading.Event(), threading.Event(), threading.Event()

    def ask(name: str) -> None:
        connecting.set()
        connect.wait(20)
        this_call().on_cut(cut.set)

    results = iter_collect(ask, ["a"])
    assert connecting.wait(20)
    results.close()
    connect.set()
    assert cut.wait(20)


def test_pauses_before_logins_and_attempts_end() -> None:
    class Slow:
        def delay(self) -> float:
            return 600.0

    iter_collect(str.upper, list("abc"), pacing=Slow()).close()
    refused = threading.Event()

    def refuse(name: str) -> None:
        refused.set()
        raise ConnectionRefusedError

    results = iter_collect(refuse, ["a"], retries=50)
    assert refused.wait(20)
    results.close()


def test_it_can_be_closed_by_its_own_event_between_two_results() -> None:
    """The event comes in the thread that supervises, which must not wait for itself."""
    closed, held = threading.Event(), list[Results]()

    def on_event(event: Event) -> None:
        if event.kind == "tick":
            held.pop().close()
            closed.set()

    release = threading.Event()
    held.append(iter_collect(lambda name: release.wait(20), ["a"], on_event=on_event))
    assert closed.wait(20)
    release.set()


def test_an_exception_that_ends_the_run_reaches_the_caller() -> None:
    def on_event(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(iter_collect(str.upper, ["a"], on_event=on_event))


@pytest.mark.parametrize("last", ["", "results.close()", "del results", "list(results)"])
def test_a_program_ends_however_the_generator_was_left(last: str) -> None:
    program = (
        "import time\n"
        "from ansible_collections.rollcall.network.plugins.module_utils.collector import iter_collect\n"
        "ask = lambda name: time.sleep(0 if name == 'a' else 600)\n"
        "results = iter_collect(ask, ['a', 'b', 'c'], device_timeout=1)\n"
        f"print(next(results)[0])\n{last}\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(COLLECTIONS)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "a\n", "")
