# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of the lookup, shared by processes that are forked, as Ansible's workers are."""

from __future__ import annotations

import multiprocessing
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from ansible import constants as C

from ansible_collections.rollcall.network.plugins.plugin_utils._memory import remembered

QUESTION = [{"hosts": ["a"]}, {"a": {"password": "hunter2-do-not-keep"}}]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path


class Asked:
    """Counts how often it is asked, over all processes, by a line in a file."""

    def __init__(self, path: Path, seconds: float = 0.0) -> None:
        self._path = path
        self._seconds = seconds

    def __call__(self) -> dict[str, Any]:
        with self._path.open("a", encoding="ascii") as file:
            file.write(f"{os.getpid()}\n")
        time.sleep(self._seconds)
        return {"a": {"status": "ok", "value": "Zürich \u2028"}}

    @property
    def times(self) -> int:
        return len(self._path.read_text(encoding="ascii").splitlines()) if self._path.exists() else 0


@pytest.fixture
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return Asked(tmp_path_factory.mktemp("asked") / "log")


def answers(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def test_asked_once(asked: Asked) -> None:
    first = remembered(QUESTION, asked)
    assert first == {"a": {"status": "ok", "value": "Zürich \u2028"}}
    assert remembered(QUESTION, asked) == first
    assert asked.times == 1


def test_order_is_kept(asked: Asked) -> None:
    names = ["z", "b", "a"]
    for _use in range(2):
        assert list(remembered("order", lambda: dict.fromkeys(names))) == names


def test_forked_processes_ask_once_and_the_others_wait(tmp_path_factory: pytest.TempPathFactory) -> None:
    asked = Asked(tmp_path_factory.mktemp("asked") / "log", seconds=0.5)
    context = multiprocessing.get_context("fork")
    told = context.SimpleQueue()

    def work() -> None:
        told.put(remembered(QUESTION, asked))

    workers = [context.Process(target=work, daemon=True) for _worker in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)
    assert [worker.exitcode for worker in workers] == [0] * 6
    assert [told.get() for _worker in workers] == [{"a": {"status": "ok", "value": "Zürich \u2028"}}] * 6
    assert asked.times == 1


def test_a_worker_that_dies_lets_the_next_one_ask(asked: Asked) -> None:
    context = multiprocessing.get_context("fork")
    dying = context.Process(target=lambda: remembered(QUESTION, lambda: os._exit(9)), daemon=True)
    dying.start()
    dying.join(timeout=30)
    assert dying.exitcode == 9
    assert remembered(QUESTION, asked)["a"]["status"] == "ok"
    assert asked.times == 1


def test_only_the_owner_can_read_it(asked: Asked, folder: Path) -> None:
    old = os.umask(0)
    try:
        remembered(QUESTION, asked)
    finally:
        os.umask(old)
    (answer,) = answers(folder)
    assert stat.S_IMODE(answer.stat().st_mode) == 0o600
    assert not list(folder.glob("*.part"))


def test_the_question_is_not_kept(asked: Asked, folder: Path) -> None:
    remembered(QUESTION, asked)
    for path in folder.iterdir():
        assert "hunter2" not in path.name
        assert b"hunter2" not in path.read_bytes()


class Broken(Exception):
    """What a question may end in."""


@pytest.mark.parametrize("error", [Broken, KeyboardInterrupt, SystemExit])
def test_a_question_that_fails_is_asked_again(asked: Asked, folder: Path, error: type[BaseException]) -> None:
    def fail() -> dict[str, Any]:
        raise error

    for _time in range(2):
        with pytest.raises(error):
            remembered(QUESTION, fail)
        assert not answers(folder)
        assert not list(folder.glob("*.part"))
    assert remembered(QUESTION, asked)["a"]["status"] == "ok"
    assert asked.times == 1


def test_an_answer_that_cannot_be_written_is_asked_again(asked: Asked, folder: Path) -> None:
    with pytest.raises(TypeError):
        remembered(QUESTION, lambda: {"a": object()})
    assert not answers(folder)
    assert remembered(QUESTION, asked)["a"]["status"] == "ok"
    assert not list(folder.glob("*.part"))


@pytest.mark.parametrize(
    "other",
    [
        [],
        [{"hosts": ["b"]}, {"a": {"password": "hunter2-do-not-keep"}}],
        [{"hosts": ["a"]}, {"a": {"password": "another"}}],
        [{"hosts": ["a"], "commands": ["b"]}, {"a": {"password": "hunter2-do-not-keep"}}],
    ],
)
def test_another_question_is_asked(asked: Asked, other: Any) -> None:
    remembered(QUESTION, asked)
    remembered(other, asked)
    assert asked.times == 2


def test_the_same_question_in_another_order_of_keys(asked: Asked) -> None:
    remembered({"a": 1, "b": 2}, asked)
    remembered({"b": 2, "a": 1}, asked)
    assert asked.times == 1
