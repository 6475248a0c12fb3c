# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the lookup uses an answer again. A clock and a task of the tests' own stand for the real ones."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants as C

from ansible_collections.rollcall.network.plugins.plugin_utils import _memory, _recall
from ansible_collections.rollcall.network.plugins.plugin_utils._recall import SHORT, recalled

ROOT = Path(__file__).resolve().parents[2]
UNTIL_WAITS = 5.0  # seconds: the default of Ansible's keyword delay


class World:
    """The time, the running task, the devices; counts what is made and asked."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.task: str | None = "task-1"
        self.passwords = {"r1": "one"}
        self.failed: list[str] = []
        self.seconds = 0.0  # that asking takes
        self.made = self.asked = 0

    def monotonic(self) -> float:
        return self.now

    def make(self) -> World:
        self.made += 1
        return self

    def devices(self) -> dict[str, Any]:
        return dict(self.passwords)

    def ask(self) -> dict[str, Any]:
        self.asked += 1
        self.now += self.seconds
        return {"devices": {"r1": self.asked}, "failed_hosts": list(self.failed), "warnings": []}

    def recall(self, max_age: float | None = None, question: Any = "who is there") -> int:
        answer: int = recalled(question, max_age, self.make)["devices"]["r1"]
        return answer


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    made = World()
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.setattr(_memory, "time", SimpleNamespace(monotonic=made.monotonic))
    monkeypatch.setattr(_recall, "_task", lambda: made.task)
    return made


def test_many_uses_in_one_task_ask_once_and_resolve_once(world: World) -> None:
    world.seconds = 60  # the age counts from the end
    assert [world.recall() for _use in range(3)] == [1, 1, 1]
    assert (world.made, world.asked) == (1, 1)
    world.now += SHORT - 0.1
    assert world.recall() == 1


@pytest.mark.parametrize("failed", [[], ["r1"]], ids=["whole", "failed"])
def test_each_attempt_of_until_asks_again(world: World, failed: list[str]) -> None:
    world.failed = failed
    answers = []
    for _attempt in range(3):
        answers.append(world.recall())
        world.now += UNTIL_WAITS
    assert answers == [1, 2, 3]


def test_the_next_task_asks_again(world: World) -> None:
    world.recall()
    world.task = "task-2"
    assert world.recall() == 2


@pytest.mark.parametrize("task", ["task-1", None], ids=["a task", "no task"])
def test_max_age_holds_for_all_tasks_and_0_asks_again(world: World, task: str | None) -> None:
    world.task = task
    assert world.recall(600) == 1
    world.task = world.task and "task-2"
    world.now += 599
    assert world.recall(600) == 1
    world.now += 1
    assert world.recall(600) == 2
    assert [world.recall(0), world.recall(0)] == [3, 4]
    assert world.recall(1.5) == 2, "what another one asked is not used, nor made older"


def test_a_failure_is_not_remembered_beyond_the_default(world: World) -> None:
    world.failed = ["r1"]
    assert [world.recall(600), world.recall(600)] == [1, 1]
    world.now += SHORT
    world.failed = []
    assert [world.recall(600), world.recall(600)] == [2, 2]
    world.now += 500
    assert world.recall(600) == 2


def test_a_failure_is_not_remembered_beyond_a_max_age_below_the_default(world: World) -> None:
    world.failed = ["r1"]
    assert world.recall(1) == 1
    world.now += 1
    assert world.recall(1) == 2


def test_other_variables_ask_again(world: World) -> None:
    assert world.recall(600) == 1
    world.passwords = {"r1": "two"}
    world.task = "task-2"
    assert world.recall(600) == 2


def test_outside_of_a_task_an_answer_is_used_for_the_default_time(world: World) -> None:
    world.task = None
    assert [world.recall(), world.recall()] == [1, 1]
    world.now += SHORT
    assert world.recall() == 2


def test_other_arguments_ask_again(world: World) -> None:
    assert [world.recall(question=question) for question in ("a", "b", "a")] == [1, 2, 1]


def test_a_remembered_answer_needs_little_of_the_collection() -> None:
    """Each worker process compiles what it imports anew: of all hosts of a task, only one asks and needs the rest."""
    code = (
        "import sys\n"
        "import ansible_collections.rollcall.network.plugins.lookup.collect\n"
        "print([name for name in sys.modules if name.startswith('ansible_collections.rollcall.network.plugins.')])\n"
    )
    # As in a worker of ansible-playbook, whose loader finds the collection.
    loader = "from ansible.plugins.loader import init_plugin_loader; init_plugin_loader()\n"
    done = subprocess.run([sys.executable, "-c", loader + code], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    imported = {name.rpartition(".")[2] for name in ast.literal_eval(done.stdout)}
    assert imported == {
        *("lookup", "collect", "plugin_utils", "_memory", "_recall", "_untagged", "_live"),
        *("module_utils", "_model", "visible", "_core"),
    }
