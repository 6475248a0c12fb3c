# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pitfalls of the plain pattern, each run twice: the plain pattern loses something, ``collect`` does not.

A scenario takes one of the two patterns and says whether every name got its proper answer.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import pytest

from ansible_collections.rollcall.network.plugins.module_utils.collector import Event, collect

COLLECTIONS = Path(__file__).resolve().parents[2] / "collections"
# More names than the plain pattern asks at once by default, on any machine.
CROWD = [f"edge-{number}" for number in range(min(32, (os.cpu_count() or 1) + 4) + 4)]


class Pattern(Protocol):
    """Ask every name; ``on_done`` is told each name that has its answer. Returns the answers by name."""

    def __call__(
        self,
        ask: Callable[[str], Any],
        names: Sequence[str],
        on_done: Callable[[str], None] | None = None,
        device_timeout: float | None = None,
    ) -> dict[str, Any]: ...


def plain(
    ask: Callable[[str], Any],
    names: Sequence[str],
    on_done: Callable[[str], None] | None = None,
    device_timeout: float | None = None,
) -> dict[str, Any]:
    answers = {}
    for name, answer in zip(names, ThreadPoolExecutor().map(ask, names), strict=True):
        answers[name] = answer
        if on_done:
            on_done(name)
    return answers


def roll(
    ask: Callable[[str], Any],
    names: Sequence[str],
    on_done: Callable[[str], None] | None = None,
    device_timeout: float | None = None,
) -> dict[str, Any]:
    def on_event(event: Event) -> None:
        if event.kind == "finished" and on_done:
            on_done(str(event.name))

    results = collect(ask, names, device_timeout=device_timeout, on_event=on_event if on_done else None)
    return {name: result.value for name, result in results.items()}


def one_raises(pattern: Pattern, error: type[BaseException]) -> bool:
    def ask(name: str) -> str:
        if name == "bad":
            raise error(name)
        return name.upper()

    try:
        answers = pattern(ask, ["a", "bad", "b"])
    except BaseException:
        return False
    return answers == {"a": "A", "bad": None, "b": "B"}


def an_exception(pattern: Pattern) -> bool:
    return one_raises(pattern, ValueError)


def a_system_exit(pattern: Pattern) -> bool:
    return one_raises(pattern, SystemExit)


def a_keyboard_interrupt(pattern: Pattern) -> bool:
    return one_raises(pattern, KeyboardInterrupt)


def duplicate_names(pattern: Pattern) -> bool:
    """A device that is named twice is asked once: some take one session only."""
    asked: list[str] = []

    def ask(name: str) -> int:
        asked.append(name)
        return asked.count(name)

    with pytest.WarningsRecorder(_ispytest=True) as warned:
        answers = pattern(ask, ["a", "b", "a"])
    return answers == {"a": 1, "b": 1} and any("duplicate names" in str(warning.message) for warning in warned)


def default_workers(pattern: Pattern) -> bool:
    """All names are asked at once: none returns before the last has begun."""
    meeting = threading.Barrier(len(CROWD))

    def ask(name: str) -> bool:
        try:
            meeting.wait(timeout=2)
        except threading.BrokenBarrierError:
            return False
        return True

    return pattern(ask, CROWD) == dict.fromkeys(CROWD, True)


def one_hangs(pattern: Pattern) -> bool:
    """The answers are there though one name never answers."""
    release = threading.Event()
    answers: dict[str, Any] = {}

    def ask(name: str) -> str:
        if name == "hung":
            release.wait(60)
        return name.upper()

    def call() -> None:
        answers.update(pattern(ask, ["a", "hung", "b"], device_timeout=0.2))

    caller = threading.Thread(target=call, daemon=True)
    caller.start()
    caller.join(timeout=4)
    returned = not caller.is_alive()
    release.set()
    caller.join(timeout=30)
    return returned and answers == {"a": "A", "hung": None, "b": "B"}


def a_bug_in_the_callback(pattern: Pattern) -> bool:
    def on_done(name: str) -> None:
        raise ZeroDivisionError(name)

    try:
        with pytest.WarningsRecorder(_ispytest=True):
            answers = pattern(str.upper, ["a", "b"], on_done=on_done)
    except ZeroDivisionError:
        return False
    return answers == {"a": "A", "b": "B"}


SCENARIOS = [
    an_exception,
    a_system_exit,
    a_keyboard_interrupt,
    duplicate_names,
    default_workers,
    one_hangs,
    a_bug_in_the_callback,
]


@pytest.mark.parametrize("pattern", [plain, roll])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_pitfall(scenario: Callable[[Pattern], bool], pattern: Pattern) -> None:
    assert scenario(pattern) is (pattern is roll)


HUNG_AT_EXIT = {
    "plain": """
from concurrent.futures import ThreadPoolExecutor, TimeoutError
try:
    list(ThreadPoolExecutor().map(time.sleep, [60], timeout=0.5))
except TimeoutError:
    print("returned", flush=True)
""",
    "roll": """
from ansible_collections.rollcall.network.plugins.module_utils.collector import collect
if collect(lambda name: time.sleep(60), ["hung"], device_timeout=0.5)["hung"].status == "timeout":
    print("returned", flush=True)
""",
}


@pytest.mark.parametrize("pattern", ["plain", "roll"])
def test_hung_thread_at_the_interpreter_exit(pattern: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", f"import time\n{HUNG_AT_EXIT[pattern]}"],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS)},
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "returned\n"
        began = time.monotonic()
        try:
            code = program.wait(timeout=5)
            ended = True
        except subprocess.TimeoutExpired:
            ended = False
            program.kill()
    assert ended is (pattern == "roll"), f"{time.monotonic() - began:.1f} s after the answers"
    assert not ended or code == 0
