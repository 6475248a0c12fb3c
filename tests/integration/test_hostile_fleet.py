# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One hostile device among 20 healthy ones that take 5 seconds: it gets its answer, and so do all others, in time.

Each case of ``tests.integration.hostile.CASES`` is a run of its own. Several runs are under way at the same time, as
they mostly wait. To run one case alone, or those of one phase:

    pytest tests/integration/test_hostile_fleet.py -k slow_drip
    pytest tests/integration/test_hostile_fleet.py -k "plain and version_line"

Environment variables:

* ``HOSTILE_AT_ONCE``: how many runs are under way at the same time, 4 by default. One of them at most is of a device
  that keeps a core busy.
* ``HOSTILE_PLAYBOOK=1``: run every case with ansible-playbook too, instead of a few.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from ansible_collections.rollcall.network.plugins.module_utils._transport.ssh import FLOOD
from tests.integration.fakes import PASSWORD, ROOT, USER, Fleet, Server, healthy_text
from tests.integration.hostile import BURNING, CASES, Hostile, device_of
from tests.integration.run_tree import RunTree

GOOD, LATENCY = 20, 5
SPARE_SECONDS = 3.0  # of the deadline, after the latency
# On a slow machine the deadline is later: so many times what the healthy devices alone take beside the latency.
SPARE_TIMES = 4
WAIT = f"show wait {LATENCY}"
SPARE = {"plain": 1.0, "playbook": 4.0}  # seconds after the deadline; a task of Ansible starts a process before it
GONE_SECONDS = 2.0  # in which every process has ended
MOST_MIB = 1024
LONGEST_MESSAGE = 4_000  # characters
EXIT_SECONDS = 10.0  # for the program to end, after its result is there
STUCK_SECONDS = 60.0  # after which a run is ended, and has failed
AT_ONCE = int(os.environ.get("HOSTILE_AT_ONCE", "4"))
START_SECONDS = 10.0  # for a run to have asked its devices, before the next one starts
AGAIN = 3  # further attempts of a case that has failed, alone
BAD = "bad"
SLOW_TEMPLATE = "Value WORD ((a+)+)\n\nStart\n  ^${WORD}$$ -> Record\n"
WITH_PLAYBOOK = (
    "digits_twice",
    "nearly_a_prompt_of_cumulus",
    "template_of_aliases",
    "function_backtracks",
    "function_crashes",
    "output_without_end",
)


@dataclass
class Outcome:
    """What came of a run."""

    answers: dict[str, dict[str, Any]] | None = None
    seconds: float = 0.0  # that the call took, or the task
    gone: bool = False
    left: list[str] = field(default_factory=list)
    peak_mib: float = 0.0
    lag: float = 0.0
    output: str = ""


class Runs:
    """The runs of the cases that were selected. They start at once, a few at a time."""

    def __init__(self, folder: Path, fleet: Fleet, ports: Mapping[str, int], wanted: list[tuple[str, str]]) -> None:
        self._folder, self._fleet, self._ports = folder, fleet, ports
        key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
        templates = folder / "templates"
        templates.mkdir()
        (templates / "index").write_text(
            "Template, Hostname, Platform, Command\n\nslow.textfsm, .*, cisco_ios, show slowly\n"
        )
        (templates / "slow.textfsm").write_text(SLOW_TEMPLATE)
        self._fill = {"{rsa}": key.export_private_key().decode(), "{templates}": str(templates)}
        self._starting = threading.Lock()
        self.deadline = STUCK_SECONDS
        alone = self._run(Hostile("nothing", "none", "the healthy devices alone", ("ok",)), "plain")
        self.deadline = LATENCY + max(SPARE_SECONDS, SPARE_TIMES * (alone.seconds - LATENCY))
        self._pools = ThreadPoolExecutor(1), ThreadPoolExecutor(max(1, AT_ONCE - 1))
        self._outcomes: dict[tuple[str, str], Future[Outcome]] = {
            (name, way): self._pools[name not in BURNING].submit(self._run, CASES[name], way) for name, way in wanted
        }

    def outcome(self, name: str, way: str) -> Outcome:
        return self._outcomes[name, way].result()

    def again(self, name: str, way: str, attempt: int) -> Outcome:
        """Run a case once more, when no other one is under way."""
        for outcome in self._outcomes.values():
            outcome.result()
        return self._run(CASES[name], way, f"again{attempt}")

    def end(self) -> None:
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)

    def _run(self, case: Hostile, way: str, what: str = "") -> Outcome:
        folder = self._folder / f"{case.name}-{way}{what}"
        folder.mkdir()
        bad = {BAD: device_of(case, self._ports.get(f"{case.name}:{way}"), self._fill)}
        good = {
            name: {
                "host": address,
                "port": self._fleet.port,
                "user": USER,
                "password": PASSWORD,
                "platform": "cisco_iosxe",
                "commands": [{"text": WAIT, "parser": None}],
                "host_key_checking": False,
            }
            for name, address in self._fleet.devices.items()
        }
        names = list(good)
        devices = {name: good[name] for name in names[:10]} | bad | {name: good[name] for name in names[10:]}
        if case.twice:
            self._call(case, way, folder, bad)
        return self._call(case, way, folder, devices)

    def _call(self, case: Hostile, way: str, folder: Path, devices: Mapping[str, Any]) -> Outcome:
        made = folder / "result.json"
        made.unlink(missing_ok=True)
        limits = {"deadline": self.deadline, "retries": 0}
        arguments = {**case.arguments, **({"output_dir": str(folder / "runs")} if case.twice else {})}
        environment = {
            **os.environ,
            "HOME": str(folder),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'collections'}",
            **{key: self._fill.get(value, value) for key, value in case.environment.items()},
        }
        if way == "plain":
            given = folder / "asked.json"
            given.write_text(json.dumps({"devices": devices, "limits": limits, "arguments": arguments}))
            command = [sys.executable, "-m", "tests.integration.hostile_run", str(given), str(made)]
        else:
            command = playbook(folder, devices, {**limits, **arguments}, made)
        return self._watched(RunTree(command, folder, environment), made, len(devices) - 1)

    def _watched(self, run: RunTree, made: Path, healthy: int) -> Outcome:
        """Run it to its end, and some time longer, in which all its processes must end."""
        with contextlib.ExitStack() as stack:
            # The start costs more than all the rest: those of several runs would only wait for each other.
            with self._starting:
                since, limit = self._fleet.mark(), time.monotonic() + START_SECONDS
                tree = stack.enter_context(run)
                while tree.process.poll() is None and time.monotonic() < limit:
                    if sum(self._fleet.heard(since)[name, WAIT] for name in self._fleet.devices) >= healthy:
                        break
                    time.sleep(0.05)
            return finished(tree, made)


def finished(tree: RunTree, made: Path) -> Outcome:
    """Wait until the run has ended with all its processes."""
    limit = time.monotonic() + STUCK_SECONDS
    while not made.exists() and tree.process.poll() is None and time.monotonic() < limit:
        time.sleep(0.05)
    with contextlib.suppress(subprocess.TimeoutExpired):
        tree.process.wait(EXIT_SECONDS)
    gone = tree.wait_until_gone(GONE_SECONDS + tree.lag)
    result = json.loads(made.read_text()) if made.exists() else {}
    return Outcome(
        answers=result.get("devices"),
        seconds=float(result.get("seconds", 0)),
        gone=gone,
        left=tree.command_lines(),
        peak_mib=tree.peak_mib,
        lag=tree.lag,
        output=tree.text,
    )


VARIABLES = {
    "host": "ansible_host",
    "port": "ansible_port",
    "user": "ansible_user",
    "password": "ansible_password",
    "private_key": "ansible_private_key",
    "platform": "ansible_network_os",
    "host_key_checking": "ansible_host_key_checking",
    "driver": "rollcall_driver",
    "function": "rollcall_function",
}


def playbook(folder: Path, devices: Mapping[str, Any], arguments: Mapping[str, Any], made: Path) -> list[str]:
    """The command that runs the same with ansible-playbook."""
    hosts = {}
    for name, device in devices.items():
        hosts[name] = {VARIABLES[key]: value for key, value in device.items() if key in VARIABLES}
        if "commands" in device:
            commands = [{"command": each["text"], "parser": each["parser"] or "none"} for each in device["commands"]]
            hosts[name]["rollcall_commands"] = commands
    (folder / "inventory.yml").write_text(json.dumps({"all": {"hosts": hosts}}))
    once = {
        "run_once": True,
        "delegate_to": "localhost",
        "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
    }
    now = "{{ now().timestamp() }}"
    result = "{{ {'devices': roll.devices, 'seconds': ended | float - began | float} | to_json }}"
    tasks = [
        {"ansible.builtin.set_fact": {"began": now}, **once},
        {
            "rollcall.network.collect": {"hosts": "{{ ansible_play_hosts_all }}", **arguments},
            "register": "roll",
            "ignore_errors": True,
            "run_once": True,
            "delegate_to": "localhost",
        },
        {"ansible.builtin.set_fact": {"ended": now}, **once},
        {"ansible.builtin.copy": {"content": result, "dest": str(made), "mode": "0600"}, **once},
    ]
    (folder / "playbook.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    program = str(Path(sys.executable).parent / "ansible-playbook")
    return [program, str(folder / "playbook.yml"), "-i", str(folder / "inventory.yml")]


def ways() -> list[Any]:
    every = os.environ.get("HOSTILE_PLAYBOOK") == "1"
    found = [(name, "plain") for name in CASES]
    found += [(name, "playbook") for name in CASES if every or name in WITH_PLAYBOOK]
    return [pytest.param(*each, id=f"{each[1]}-{CASES[each[0]].phase.replace(' ', '_')}-{each[0]}") for each in found]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Runs]:
    folder = tmp_path_factory.mktemp("hostile")
    selected = [
        (str(item.callspec.params["name"]), str(item.callspec.params["way"]))
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.module is request.module and hasattr(item, "callspec")
    ]
    names = [f"{name}:{way}" for name, way in selected]
    with Fleet(GOOD, folder) as fleet:
        hostile = Server("tests.integration.hostile", *names)
        made = Runs(folder, fleet, hostile.said, selected)
        try:
            yield made
        finally:
            made.end()
            hostile.end()


# A case that has failed waits until all others have ended before it is tried again.
@pytest.mark.timeout(1200)
@pytest.mark.cases(20)
@pytest.mark.parametrize(("name", "way"), ways())
def test_one_hostile_device_among_healthy_ones(name: str, way: str, runs: Runs) -> None:
    case, outcome = CASES[name], runs.outcome(name, way)
    assert outcome.answers is not None, f"the run had no result: {outcome.output}"
    wrong = problems(case, way, outcome, runs.deadline)
    for attempt in range(AGAIN):  # other tests share the cores, and the healthy devices have 3 s to spare
        if not wrong:
            break
        outcome = runs.again(name, way, attempt)
        wrong = problems(case, way, outcome, runs.deadline)
    assert not wrong, "\n".join([case.what, *wrong, "-- what the run printed --", outcome.output[-2_000:]])


def problems(case: Hostile, way: str, outcome: Outcome, deadline: float) -> list[str]:
    """All that is wrong, in sentences."""
    assert outcome.answers is not None
    wrong = []
    answers = dict(outcome.answers)
    bad = answers.pop(BAD, None)
    lost = {
        name: (each["status"], each["error"])
        for name, each in answers.items()
        if each["status"] != "ok" or each["output"][WAIT]["text"] != healthy_text(name, WAIT)
    }
    if lost or len(answers) != GOOD:
        first = next(iter(lost.items()), None)
        wrong.append(f"{len(lost)} of {len(answers)} healthy devices have no right answer; the first: {first}")
    if bad is None:
        wrong.append("the hostile device has no answer")
    else:
        wrong += wrong_with(case, bad)
    if outcome.seconds > deadline + SPARE[way] + outcome.lag:
        wrong.append(
            f"the run took {outcome.seconds:.1f} s with a deadline of {deadline:.1f} s (lag {outcome.lag:.2f} s)"
        )
    if outcome.peak_mib > MOST_MIB:
        wrong.append(f"its processes had {outcome.peak_mib:.0f} MiB")
    if not outcome.gone:
        wrong.append(f"processes were left {GONE_SECONDS:g} s after the end: {outcome.left or 'the program itself'}")
    return wrong


def wrong_with(case: Hostile, bad: Mapping[str, Any]) -> list[str]:
    """What is wrong with the answer of the hostile device."""
    wrong = []
    status, error = bad["status"], bad["error"]
    said = f"its answer is {status}, {str(error)[:500]}"
    if status not in case.statuses:
        wrong.append(f"{said}; expected one of {', '.join(case.statuses)}")
    if (status == "ok") == (error is not None):
        wrong.append(f"{said}: an error belongs to every status but ok")
    if error is not None and case.kinds and error["kind"] not in case.kinds:
        wrong.append(f"{said}; expected a kind of {', '.join(case.kinds)}")
    if error is not None and not 0 < len(error["message"]) <= LONGEST_MESSAGE:
        wrong.append(f"its message has {len(error['message'])} characters")
    if error is not None and not error["message"].replace("\n", " ").isprintable():
        wrong.append(f"{said}: its message has control characters")
    if error is not None and case.says not in error["message"]:
        wrong.append(f"{said}: its message does not quote {case.says!r}")
    if error is not None and case.floods and status != "timeout" and FLOOD not in error["message"]:
        wrong.append(f"{said}: its message does not say {FLOOD!r}")
    for command, output in bad["output"].items():
        text = output["text"]
        length = text["length"] if isinstance(text, dict) else len(text)
        if status == "ok" and case.text is not None and case.text not in (text, length):
            wrong.append(f"its text is not the right one: {length} characters, {str(text)[:200]!r}")
        if output["rows_status"] not in case.rows:
            wrong.append(f"{command}: rows_status is {output['rows_status']}, expected one of {case.rows}")
    return wrong
