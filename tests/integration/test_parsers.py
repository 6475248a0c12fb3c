# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsing in other processes: the same rows, whatever becomes of the processes, and none of them left."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rollcall.network.plugins.module_utils._parsers import Parsers

from ansible_collections.rollcall.network.plugins.module_utils import _parsers, _roll
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._parsing import Parsed, parse
from ansible_collections.rollcall.network.plugins.module_utils._platforms import load_platform
from ansible_collections.rollcall.network.plugins.module_utils._result import Output
from tests.bench.texts import texts

pytest.importorskip("ntc_templates")

PLAIN: dict[str, Any] = {"parser": "textfsm", "platform": "here", "command": "show it"}
# The time for a line `aaa…b` doubles with each `a`: 23 take about a quarter of a second, 60 longer than anybody waits.
TEMPLATE = """Value WORD (\\S+)

Start
  ^(a+)+$$
  ^${WORD} -> Record
"""
QUICK, SLOW, STUCK = "ab", f"{'a' * 23}b", f"{'a' * 60}b"
WAIT = 30.0


@pytest.fixture(autouse=True)
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For "show it" on "here"."""
    (tmp_path / "index").write_text("Template, Hostname, Platform, Command\n\nt.textfsm, .*, here, show it\n")
    (tmp_path / "t.textfsm").write_text(TEMPLATE)
    monkeypatch.setenv("NTC_TEMPLATES_DIR", str(tmp_path))


@pytest.fixture
def parsers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Parsers]:
    """Two cores, and from the second text on all are handed over."""
    monkeypatch.setattr(_parsers, "_cores", lambda: 2)
    monkeypatch.setattr(_parsers, "SMALL", 0)
    monkeypatch.setattr(_parsers, "SAMPLE", 0.0)
    monkeypatch.setattr(_parsers, "WORTH", 0.0)
    with contextlib.closing(Parsers(1_000_000)) as made:
        made.parse(QUICK, **PLAIN)
        assert not pids(made), "a first text starts nothing"
        yield made


def pids(parsers: Parsers) -> list[int]:
    return [process._process.pid for process in list(parsers._running)]


def until(condition: Callable[[], Any]) -> Any:
    """What the condition gives once it is true. A bounded wait, however slow the machine."""
    ends = time.monotonic() + WAIT
    while not (found := condition()):
        assert time.monotonic() < ends, "it did not come to pass"
        time.sleep(0.01)
    return found


def alive(pid: int) -> bool:
    """Whether it runs; one that ended and was not waited for by its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def busy(pid: int) -> bool:
    """Whether it has computed for longer than starting takes, so that it is in the middle of a text."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12]) > 0.5 * os.sysconf("SC_CLK_TCK")


def test_the_rows_are_those_of_parsing_here(parsers: Parsers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NTC_TEMPLATES_DIR")
    odd = ["", " \n", "\udcff\udc80 not UTF-8\n" * 50, "\0", "Cisco IOS", "ü€😀\n"]
    asked: list[tuple[str, str | None, str]] = [(each.text, each.ntc_platform, each.command) for each in texts(24)]
    asked += [(text, "cisco_ios", "show interfaces") for text in odd]
    asked += [("text", "cisco_ios", "no such command"), ("text", None, "show version")]

    def there(one: tuple[str, str | None, str]) -> Parsed:
        return parsers.parse(one[0], parser="auto", platform=one[1], command=one[2], deadline=time.monotonic() + WAIT)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(there, asked))
    assert len(pids(parsers)) == 2
    assert found == [
        parse(text, parser="auto", platform=platform, command=command) for text, platform, command in asked
    ]
    assert {each.status for each in found} == {"ok", "empty", "mismatch", "no_template"}


def test_a_killed_process_costs_no_answer(parsers: Parsers) -> None:
    expected = parse(SLOW, **PLAIN)
    assert expected.rows == [{"word": SLOW}]
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(parsers.parse, "\n".join([SLOW] * 3), **PLAIN) for _text in range(2)]
        for pid in until(lambda: len(pids(parsers)) == 2 and pids(parsers)):
            until(partial(busy, pid))
            os.kill(pid, signal.SIGKILL)
        found = [each.result(WAIT) for each in waiting]
    assert [each.rows for each in found] == [expected.rows * 3] * 2
    assert parsers.parse(QUICK, **PLAIN).status == "ok"


def test_a_stopped_process_costs_one_text_its_rows(parsers: Parsers) -> None:
    parsers.parse(QUICK, **PLAIN)
    (pid,) = pids(parsers)
    os.kill(pid, signal.SIGSTOP)
    assert parsers.parse("x" * 5_000_000, **PLAIN, deadline=time.monotonic() + 0.5).status == "error"
    assert not alive(pid)
    assert parsers.parse(QUICK, **PLAIN).status == "ok"


def test_a_text_without_end_holds_nobody_up(parsers: Parsers) -> None:
    with ThreadPoolExecutor(1) as pool:
        stuck = pool.submit(parsers.parse, STUCK, **PLAIN, deadline=time.monotonic() + 3)
        (pid,) = until(lambda: pids(parsers))
        for _text in range(20):
            assert parsers.parse(QUICK, **PLAIN).status == "ok"
        parsed = stuck.result(WAIT)
    assert (parsed.status, parsed.rows) == ("error", None)
    assert "'show it' on here took more than" in str(parsed.message)
    assert not alive(pid)


def test_who_waits_for_a_process_waits_no_longer_than_its_deadline(parsers: Parsers) -> None:
    with ThreadPoolExecutor(2) as pool:
        stuck = [pool.submit(parsers.parse, STUCK, **PLAIN, deadline=time.monotonic() + 3) for _text in range(2)]
        until(lambda: len(pids(parsers)) == 2)
        for deadline in (time.monotonic() + 0.2, time.monotonic() - 1):
            parsed = parsers.parse(QUICK, **PLAIN, deadline=deadline)
            assert (parsed.status, "time was over" in str(parsed.message)) == ("error", True)
        assert [each.result(WAIT).status for each in stuck] == ["error"] * 2


@pytest.mark.parametrize("python", ["/nonexistent/python", "/bin/false", "/dev/null"])
def test_without_processes_it_parses_here(parsers: Parsers, monkeypatch: pytest.MonkeyPatch, python: str) -> None:
    monkeypatch.setattr(sys, "executable", python)
    started: list[Any] = []
    popen = subprocess.Popen

    def start(*args: Any, **more: Any) -> Any:
        started.append(args)
        return popen(*args, **more)

    monkeypatch.setattr(subprocess, "Popen", start)
    found = [parsers.parse(QUICK, **PLAIN) for _text in range(50)]
    assert {each.status for each in found} == {"ok"}
    assert len(started) < 50, "it gives up starting what dies at once"
    assert not pids(parsers)


def test_one_core(parsers: Parsers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(own)})
    try:
        monkeypatch.setattr(_parsers, "SAMPLE", 0.0)
        with contextlib.closing(Parsers(1_000_000)) as alone:
            for each in texts(6) * 3:
                alone.parse(each.text * 20, parser="textfsm", platform=each.ntc_platform, command=each.command)
            assert not pids(alone)
    finally:
        os.sched_setaffinity(0, own)


@pytest.mark.parametrize(("texts", "processes"), [(2, 0), (3, 1)])
def test_a_small_roll_starts_nothing(monkeypatch: pytest.MonkeyPatch, texts: int, processes: int) -> None:
    """Processes start when at least 2 s are to come: by this clock, a text takes one."""
    monkeypatch.setattr(_parsers, "_cores", lambda: 2)
    monkeypatch.setattr(_parsers, "SMALL", 0)
    monkeypatch.setattr(time, "thread_time", itertools.count().__next__)
    with contextlib.closing(Parsers(texts)) as few:
        for _text in range(texts):
            assert few.parse(QUICK, **PLAIN).status == "ok"
        assert len(pids(few)) == processes


def test_close_ends_all_of_them(parsers: Parsers) -> None:
    with ThreadPoolExecutor(4) as pool:
        stuck = [pool.submit(parsers.parse, STUCK, **PLAIN) for _text in range(4)]
        running = until(lambda: len(pids(parsers)) == 2 and pids(parsers))
        parsers.close()
        assert not [pid for pid in running if Path(f"/proc/{pid}").exists()], "not even a zombie"
        assert {each.result(WAIT).status for each in stuck} == {"error"}
    assert not pids(parsers), "nothing is started any more"


def test_a_process_knows_nothing_but_its_texts(parsers: Parsers, tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        parsers.parse(QUICK, **PLAIN)
        (pid,) = pids(parsers)
        files = [os.readlink(each).partition(":")[0] for each in Path(f"/proc/{pid}/fd").iterdir()]
    assert str(tmp_path / "open") not in files
    assert files.count("socket") == 1, "its own line"


def test_a_process_finds_this_collection(parsers: Parsers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the package ansible is installed, which has an ansible_collections of its own."""
    (tmp_path / "ansible_collections").mkdir()
    (tmp_path / "ansible_collections" / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert parsers.parse(QUICK, **PLAIN).status == "ok"
    assert pids(parsers), "it was not parsed here"


PARENT = """
import sys, threading, time
from ansible_collections.rollcall.network.plugins.module_utils import _parsers
_parsers._cores = lambda: 2
_parsers.SMALL = _parsers.SAMPLE = _parsers.WORTH = 0
parsers = _parsers.Parsers(10**6)
how = dict(parser="textfsm", platform="here", command="show it")
parsers.parse("ab", **how)
for text, seconds in (("ab", 60), (sys.argv[1], 2)):
    more = dict(how, deadline=time.monotonic() + seconds)
    threading.Thread(target=parsers.parse, args=(text,), kwargs=more, daemon=True).start()
    time.sleep(1)
print(*[each._process.pid for each in parsers._running], flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("text", [QUICK, STUCK])
def test_they_end_with_their_parent(text: str) -> None:
    environment = {**os.environ, "PYTHONPATH": _parsers._collections().rpartition("/")[0]}
    parent = subprocess.Popen([sys.executable, "-c", PARENT, text], stdout=subprocess.PIPE, text=True, env=environment)
    assert parent.stdout is not None
    with parent:
        running = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert running
    until(lambda: not [pid for pid in running if alive(pid)])


def test_a_roll_call_with_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answers are those of one core, each device keeps its texts, and nothing is left running."""
    said = {"quick": QUICK, "slow": SLOW, "stuck": STUCK}

    def ask(device: Device, call: Any) -> dict[str, Output]:
        return {"show it": Output(said[device.name.partition("-")[0]])}

    monkeypatch.setitem(_roll.DRIVERS, "cli", ask)
    monkeypatch.setattr(_roll, "load_platform", lambda name: replace(load_platform(name), ntc="here"))
    monkeypatch.setattr(_parsers, "SMALL", 0)
    monkeypatch.setattr(_parsers, "WORTH", 0.0)
    monkeypatch.setattr(_parsers, "SAMPLE", 0.01)
    names = [f"slow-{number}" for number in range(2)] + ["stuck-1"] + [f"quick-{number}" for number in range(100)]
    devices = {name: Device(name, platform="cisco_iosxe", commands=(Command("show it", "textfsm"),)) for name in names}
    made: list[Parsers] = []
    threads = threading.active_count()  # other tests of this process leave some that hang on purpose

    def parsers(count: int) -> Parsers:
        made.append(Parsers(count))
        return made[0]

    monkeypatch.setattr(_roll, "Parsers", parsers)
    monkeypatch.setattr(_parsers, "_cores", lambda: 2)
    # One worker, so that the slow ones come first and the stuck one is not parsed in this process.
    answers = _roll.call_roll(devices, _roll.Limits(workers=1, device_timeout=6))
    outputs = {name: answer["output"]["show it"] for name, answer in answers.items()}
    assert [answer["status"] for answer in answers.values()] == ["ok"] * len(names)
    assert outputs.pop("stuck-1")["rows_status"] == "error"
    assert {output["rows_status"] for output in outputs.values()} == {"ok"}
    assert [output["rows"] for output in outputs.values()] == [
        [{"word": word} for word in output["text"].split()] for output in outputs.values()
    ]
    assert made[0]._pays
    assert not [pid for pid in pids(made[0]) if Path(f"/proc/{pid}").exists()]
    assert threading.active_count() - threads < 10
