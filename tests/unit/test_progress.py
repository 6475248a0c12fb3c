# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._result import Error, Result, Status
from ansible_collections.rollcall.network.plugins.module_utils.collector import Event, collect
from ansible_collections.rollcall.network.plugins.plugin_utils import _progress
from ansible_collections.rollcall.network.plugins.plugin_utils._progress import Progress


class Screen:
    """Stands for Ansible's display."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.verbose: list[tuple[str | None, str]] = []

    def display(self, msg: str) -> None:
        self.lines.append(msg)

    def v(self, msg: str, host: str | None = None) -> None:
        self.verbose.append((host, msg))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(_progress, "time", SimpleNamespace(monotonic=made.monotonic))
    return made


def finished(name: str, done: int, total: int, status: Status = "ok", oldest: str | None = None) -> Event:
    error = None if status == "ok" else Error("connect", "refused", f"{name} refused it")
    result = Result(status, error=error, seconds={"connect": 0.5, "command": 1.25})
    return Event("finished", done, total, name=name, result=result, oldest=oldest)


def test_a_line_for_each_device_when_verbose(clock: Clock) -> None:
    screen = Screen()
    progress = Progress(screen)
    progress(finished("a", 1, 3))
    progress(finished("b", 2, 3, "unreachable"))
    assert screen.verbose == [("a", "ok after 1.8 s"), ("b", "unreachable after 1.8 s: b refused it")]
    assert screen.lines == [], "too early for a line to everybody"


def test_the_last_line(clock: Clock) -> None:
    screen = Screen()
    progress = Progress(screen)
    clock.now += 1
    progress(finished("a", 1, 3))
    progress(finished("b", 2, 3, "timeout"))
    progress(finished("c", 3, 3, "partial"))
    assert screen.lines == ["roll call: 3/3 done, 1 ok, 1 partial, 1 failed, 1 s"]


def test_the_last_line_comes_once(clock: Clock) -> None:
    """Another thread can count an answer before the answer is told, and tell more after it."""
    screen = Screen()
    progress = Progress(screen)
    progress(finished("a", 1, 2))
    clock.now += 1
    progress(Event("tick", 2, 2))
    progress(finished("b", 2, 2, "timeout"))
    clock.now += 60
    progress(Event("tick", 2, 2))
    progress(Event("warning", 2, 2, message="late"))
    assert screen.lines == ["roll call: 2/2 done, 1 ok, 1 failed, 1 s"]
    assert progress.warnings == ["late"]


def test_a_line_on_the_way(clock: Clock) -> None:
    screen = Screen()
    progress = Progress(screen)
    clock.now += 1
    progress(finished("a", 1, 4))
    clock.now += 1
    progress(Event("tick", 1, 4, oldest="slow"))
    assert screen.lines == ["roll call: 1/4 done, 1 ok, 0 failed, 2 s; longest open: slow; about 2 s to go"]


def test_the_estimate_does_not_grow_while_the_last_device_is_open(clock: Clock) -> None:
    """One of six hangs. The time left is counted down, then no more is said of it."""
    screen = Screen()
    progress = Progress(screen)
    for number in range(1, 6):
        clock.now += 10
        progress(finished(str(number), number, 6))
    before = len(screen.lines)
    for _tick in range(30):
        clock.now += 10
        progress(Event("tick", 5, 6, oldest="stuck"))
    assert screen.lines[-1].endswith("longest open: stuck")
    assert not any("to go" in line for line in screen.lines[before:])


def test_names_that_cannot_be_asked_make_no_estimate_shorter(clock: Clock) -> None:
    screen = Screen()
    progress = Progress(screen)
    for number in range(1, 9):
        error = Error("resolve", "unknown_host", "not in the inventory")
        progress(Event("finished", number, 12, name=str(number), result=Result("failed", error=error)))
    clock.now += 4
    progress(finished("a", 9, 12))
    assert screen.lines == ["roll call: 9/12 done, 1 ok, 8 failed, 4 s; about 12 s to go"]


def test_a_line_before_the_first_answer(clock: Clock) -> None:
    screen = Screen()
    progress = Progress(screen)
    clock.now += 5
    progress(Event("tick", 0, 4, oldest="slow"))
    assert screen.lines == ["roll call: 0/4 done, 0 ok, 0 failed, 5 s; longest open: slow"]


@pytest.mark.parametrize(
    ("ticks", "at"),
    [
        ([0, 1, 1.9], []),
        ([1, 2, 3, 4, 5], [2, 4]),
        (range(1, 41), [2, 4, 6, 8, 10, 20, 30, 40]),
        (range(1, 301), [2, 4, 6, 8, *range(10, 121, 10), 180, 240, 300]),
    ],
)
def test_lines_come_often_at_first_and_then_seldom(clock: Clock, ticks: Sequence[float], at: list[float]) -> None:
    """No idle timeout strikes, and no log is flooded."""
    screen = Screen()
    progress = Progress(screen)
    began, shown = clock.now, []
    for seconds in ticks:
        clock.now = began + seconds
        before = len(screen.lines)
        progress(Event("tick", 0, 5))
        if len(screen.lines) > before:
            shown.append(seconds)
    assert shown == at


def test_many_answers_are_few_lines(clock: Clock) -> None:
    screen = Screen()
    progress = Progress(screen)
    for number in range(1, 10_001):
        clock.now += 0.001
        progress(finished(f"edge-{number}", number, 10_000))
    assert 5 <= len(screen.lines) <= 6
    assert screen.lines[-1] == "roll call: 10000/10000 done, 10000 ok, 0 failed, 10 s"


def test_warnings_are_kept_for_the_result(clock: Clock) -> None:
    screen = Screen()
    progress = Progress(screen)
    progress(Event("warning", 0, 2, message="odd"))
    progress(Event("warning", 1, 2, message="odder"))
    assert progress.warnings == ["odd", "odder"]
    assert (screen.lines, screen.verbose) == ([], [])


def test_with_the_collector() -> None:
    screen = Screen()
    progress = Progress(screen)
    collect(str.upper, ["a", "b", "a"], on_event=progress)
    assert [line.rpartition(",")[0] for line in screen.lines] == ["roll call: 2/2 done, 2 ok, 0 failed"]
    assert sorted(str(host) for host, _message in screen.verbose) == ["a", "b"]
    assert progress.warnings == ["duplicate names, asked once: a"]


def test_names_that_are_skipped_have_no_seconds(clock: Clock) -> None:
    screen = Screen()
    Progress(screen)(Event("finished", 1, 2, name="a", result=Result("skipped", error=Error("connect", "x", "late"))))
    assert screen.verbose == [("a", "skipped after 0.0 s: late")]


def test_what_a_terminal_obeys_is_spelled_out() -> None:
    shown: list[str] = []

    class Screen:
        def display(self, msg: str) -> None:
            shown.append(msg)

        def v(self, msg: str, host: str | None = None) -> None:
            shown.append(f"{host} {msg}")

    progress = Progress(Screen())
    result = Result("failed", error=Error("command", "odd", "says \x1b[31m"))
    progress(Event("finished", 1, 1, name="a\x9bb", result=result, oldest="c\x1bd"))
    assert len(shown) == 2
    assert all(line.isprintable() for line in shown)
