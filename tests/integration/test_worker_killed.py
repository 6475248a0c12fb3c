# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of a run of 500 devices killed at seeded moments: every answer is right, and nothing outlives its parent.

A moment is a number of events at the devices (a connection, a command), so it does not depend on the machine's speed.
Some devices are also asked ``clear counters``, which must not be sent twice, whatever happens. To run one case alone:

    pytest tests/integration/test_worker_killed.py -k "workers and 3"
    pytest tests/integration/test_worker_killed.py -k "playbook and SIGINT"
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.fakes import PASSWORD, ROOT, USER, Fleet, healthy_text
from tests.integration.openssh import wait_until
from tests.integration.run_tree import RunTree
from tests.integration.test_hostile_fleet import playbook

DEVICES = 500
SEED = 20_261_126
CLEAR = "clear counters"
READS = ("show counter", "show wait 0.5")
CHANGES = ("show counter", CLEAR, "show wait 0.5")
EVERY = 5  # one device of so many is asked to change something
EVENTS = 4 * DEVICES  # at least: a connection's begin and end, and two commands
RUNS, PARENTS, LAUNCHERS = 10, 3, 4
RUN_SECONDS = 200
GONE_SECONDS = 2.0
# Devices that may have an error although the command that must not be repeated did not reach them: it was under way.
UNDER_WAY = 30


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with Fleet(DEVICES, tmp_path_factory.mktemp("fleet")) as fleet:
        yield fleet


def commands_of(number: int) -> tuple[str, ...]:
    return CHANGES if number % EVERY == 0 else READS


def devices_of(fleet: Fleet, count: int = DEVICES) -> dict[str, Any]:
    return {
        name: {
            "host": address,
            "port": fleet.port,
            "user": USER,
            "password": PASSWORD,
            "platform": "cisco_iosxe",
            "commands": [{"text": command, "parser": None} for command in commands_of(number)],
            "allow_commands": [CLEAR],
            "connect_timeout": 45.0,  # one machine makes 500 key exchanges at once
            "host_key_checking": False,
        }
        for number, (name, address) in enumerate(list(fleet.devices.items())[:count])
    }


def started(fleet: Fleet, folder: Path) -> RunTree:
    """A run of plain Python, whose result is written to ``result.json``."""
    given, made = folder / "asked.json", folder / "result.json"
    limits = {"device_timeout": 100, "retries": 2}
    given.write_text(json.dumps({"devices": devices_of(fleet), "limits": limits, "arguments": {}}))
    command = [sys.executable, "-m", "tests.integration.hostile_run", str(given), str(made)]
    return RunTree(command, folder, environment(folder))


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(folder), "PYTHONPATH": f"{ROOT}:{ROOT / 'collections'}"}


def wait_for(fleet: Fleet, since: int, events: int, tree: RunTree) -> None:
    """Until the devices have had so many events in this run."""

    def reached() -> bool:
        assert tree.process.poll() is None, f"the run ended before it could be killed: {tree.text}"
        return fleet.heard(since).total() >= events

    wait_until(reached, f"{events} events", timeout=60, details=lambda: tree.text)


def check_gone(tree: RunTree, fleet: Fleet) -> None:
    """No process of the run is left, and no connection is open at a device."""
    begun = time.monotonic()
    while tree.left() or fleet.open():
        late = time.monotonic() - begun - GONE_SECONDS - tree.lag
        assert late < 0, f"left: {tree.command_lines()}; {fleet.open()} open connections"
        time.sleep(0.05)


def result_of(tree: RunTree, folder: Path) -> dict[str, dict[str, Any]]:
    """The answers of a run that ends by itself."""
    wait_until(lambda: tree.process.poll() is not None, "the run has ended", RUN_SECONDS, lambda: tree.text)
    assert (folder / "result.json").exists(), f"the run had no result: {tree.text}"
    answers: dict[str, dict[str, Any]] = json.loads((folder / "result.json").read_text())["devices"]
    return answers


def check_answers(
    answers: Mapping[str, dict[str, Any]], fleet: Fleet, heard: Counter[tuple[str, str]], *, all_read: bool
) -> None:
    """Each device has an answer that is right, and none was asked twice what must not be repeated.

    :param all_read: every device that is only read from has a full answer. Otherwise an error of the engine will do.
    """
    assert list(answers) == list(fleet.devices)
    twice = {name: heard[name, CLEAR] for name in answers if heard[name, CLEAR] > 1}
    assert not twice, f"asked more than once: {twice}"
    wrong, lost = {}, []
    for number, (name, answer) in enumerate(answers.items()):
        texts = {command: answer["output"][command]["text"] for command in commands_of(number)}
        if answer["status"] == "ok":
            if texts != {command: healthy_text(name, command) for command in commands_of(number)}:
                wrong[name] = texts
            elif CLEAR in texts and heard[name, CLEAR] != 1:
                wrong[name] = {"not sent": CLEAR}
        elif (all_read and CLEAR not in texts) or answer["error"]["kind"] != "engine":
            wrong[name] = answer["error"]
        else:
            lost.append(name)
    assert not wrong, f"{len(wrong)} wrong answers; the first: {next(iter(wrong.items()))}"
    if all_read:
        for_nothing = [name for name in lost if not heard[name, CLEAR]]
        assert len(for_nothing) <= UNDER_WAY, f"could have been asked again: {for_nothing}"


# -- tests -------------------------------------------------------------------------------------------------------------


@pytest.mark.cases(2)
@pytest.mark.parametrize("number", range(RUNS))
def test_workers_killed_while_500_devices_are_asked(number: int, fleet: Fleet, tmp_path: Path) -> None:
    """Two moments in each run: one worker killed, and one crashed."""
    chance = random.Random(SEED + number)
    since = fleet.mark()
    signals = chance.sample((signal.SIGKILL, signal.SIGSEGV), 2)
    with started(fleet, tmp_path) as tree:
        for moment, how in zip(sorted(chance.sample(range(1, EVENTS * 3 // 4), 2)), signals, strict=True):
            wait_for(fleet, since, moment, tree)
            workers = tree.workers()
            assert workers, "the run has no worker processes"
            os.kill(chance.choice(workers), how)
        answers = result_of(tree, tmp_path)
        check_gone(tree, fleet)
    check_answers(answers, fleet, fleet.heard(since), all_read=True)


def test_worker_stopped_while_500_devices_are_asked(fleet: Fleet, tmp_path: Path) -> None:
    """A worker that does nothing more, but has not ended."""
    chance = random.Random(SEED + 50)
    since = fleet.mark()
    with started(fleet, tmp_path) as tree:
        wait_for(fleet, since, chance.randrange(1, EVENTS // 2), tree)
        workers = tree.workers()
        assert workers, "the run has no worker processes"
        os.kill(chance.choice(workers), signal.SIGSTOP)
        answers = result_of(tree, tmp_path)
        check_gone(tree, fleet)
    check_answers(answers, fleet, fleet.heard(since), all_read=True)


@pytest.mark.cases(1)
@pytest.mark.parametrize("number", range(LAUNCHERS))
def test_launcher_killed_while_500_devices_are_asked(number: int, fleet: Fleet, tmp_path: Path) -> None:
    chance = random.Random(SEED + 100 + number)
    since = fleet.mark()
    with started(fleet, tmp_path) as tree:
        wait_for(fleet, since, chance.randrange(1, EVENTS * 3 // 4), tree)
        launchers = tree.children()
        assert launchers, "the run has no launcher"
        os.kill(chance.choice(launchers), signal.SIGKILL)
        answers = result_of(tree, tmp_path)
        check_gone(tree, fleet)
    check_answers(answers, fleet, fleet.heard(since), all_read=False)


@pytest.mark.parametrize("number", range(PARENTS))
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_no_process_is_left_after_its_parent(how: signal.Signals, number: int, fleet: Fleet, tmp_path: Path) -> None:
    chance = random.Random(SEED + 200 + 10 * how + number)
    since = fleet.mark()
    with started(fleet, tmp_path) as tree:
        wait_for(fleet, since, chance.randrange(1, EVENTS // 2), tree)
        assert tree.workers(), "the run has no worker processes"
        os.kill(tree.process.pid, how)
        check_gone(tree, fleet)
        wait_until(lambda: tree.process.poll() is not None, "the run has ended", GONE_SECONDS + tree.lag)


def _main(how: signal.Signals) -> Callable[[RunTree], None]:
    return lambda tree: os.kill(tree.process.pid, how)


def _ctrl_c(tree: RunTree) -> None:
    os.killpg(tree.process.pid, signal.SIGINT)


def _task(tree: RunTree) -> None:
    """Kill the process of the task, and leave ansible-playbook."""
    for pid in tree.children():
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(_main(signal.SIGKILL), id="SIGKILL"),
        pytest.param(_main(signal.SIGTERM), id="SIGTERM"),
        pytest.param(_ctrl_c, id="SIGINT"),
        pytest.param(_task, id="task"),
    ],
)
def test_no_process_is_left_after_a_playbook(end: Callable[[RunTree], None], fleet: Fleet, tmp_path: Path) -> None:
    devices = devices_of(fleet, 200)
    for device in devices.values():
        device["commands"] = [{"text": "show wait 20", "parser": None}]
    command = playbook(tmp_path, devices, {"device_timeout": 60}, tmp_path / "result.json")
    since = fleet.mark()
    with RunTree(command, tmp_path, environment(tmp_path)) as tree:
        wait_for(fleet, since, 150, tree)
        assert tree.workers(), "the task has no processes"
        end(tree)
        check_gone(tree, fleet)
        wait_until(lambda: tree.process.poll() is not None, "ansible-playbook has ended", 30)
