# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes that work on texts."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._engine import pool
from ansible_collections.rollcall.network.plugins.module_utils._engine.engine import Engine
from ansible_collections.rollcall.network.plugins.module_utils._engine.errors import NotDone
from ansible_collections.rollcall.network.plugins.module_utils._engine.launcher import (
    MODULES,
    Kind,
    Launcher,
    NoProcess,
    Process,
)

SOON = 60.0


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.close()


def eat() -> int:
    return len(bytearray(2 * 2**30))


def stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def loop() -> None:
    while True:
        pass


def test_memory_does_not_depend_on_how_often_the_parent_looks(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "LOOK", SOON)
    with pytest.raises(NotDone, match="it used more than 640 MiB of memory"):
        engine.work(eat, size=0)
    assert engine.work(abs, -1, size=0) == 1


def test_stopped(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "STOPPED", 0.2)
    with pytest.raises(NotDone, match="its process was stopped"):
        engine.work(stop, size=0)
    assert engine.work(abs, -1, size=0) == 1


def test_stopped_before_it_has_read_a_long_text(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "STOPPED", 0.2)
    pid = engine.work(os.getpid, size=0)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(NotDone, match="its process was stopped"):
        engine.work(len, "x" * 5_000_000, size=0)


def test_cpu_time(engine: Engine) -> None:
    with pytest.raises(NotDone, match=r"it used more than 2\.0 s of CPU time"):
        engine.work(loop, size=0)


def test_long_texts_in_both_directions(engine: Engine) -> None:
    text = "x" * 20_000_000
    assert engine.work(str, text, size=len(text)) == text


class _Few(Launcher):
    """The system allows few processes."""

    def __init__(self, most: int) -> None:
        super().__init__(MODULES["function"])
        self.left = most

    def fork(self, kind: Kind) -> Process:
        if self.left == 0:
            msg = "no more processes"
            raise NoProcess(msg)
        self.left -= 1
        return super().fork(kind)


@pytest.mark.parametrize("most", [1, 2])
def test_calls_wait_if_the_system_allows_few_processes(most: int) -> None:
    launcher = _Few(most)
    places = pool.Pool(launcher, "text", 8, 2**30)
    values: list[Any] = []

    def call(number: int) -> None:
        with places.place() as place:
            values.append(place.call(abs, -number))

    threads = [threading.Thread(target=call, args=(number,), daemon=True) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
    places.close()
    launcher.close()
    assert sorted(values) == list(range(40))


def test_no_process_at_all() -> None:
    launcher = _Few(0)
    places = pool.Pool(launcher, "text", 2, 2**30)
    for _time in range(3):
        with pytest.raises(NoProcess, match="no more processes"), places.place():
            pass
    launcher.close()
