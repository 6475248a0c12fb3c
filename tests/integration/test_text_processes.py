# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsing in other processes: the same rows, whatever becomes of the processes, and none of them left."""

from __future__ import annotations

import contextlib
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

from ansible_collections.rollcall.network.plugins.module_utils import _roll
from ansible_collections.rollcall.network.plugins.module_utils._call import Call
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._engine import engine as engines
from ansible_collections.rollcall.network.plugins.module_utils._engine import pool as pools
from ansible_collections.rollcall.network.plugins.module_utils._engine.engine import Engine
from ansible_collections.rollcall.network.plugins.module_utils._engine.errors import NotDone
from ansible_collections.rollcall.network.plugins.module_utils._parsing import Parsed, parse
from ansible_collections.rollcall.network.plugins.module_utils._platforms import load_platform
from ansible_collections.rollcall.network.plugins.module_utils._result import Output, Outputs
from tests.bench.texts import texts
from tests.integration.openssh import descendants

pytest.importorskip("ntc_templates")

PLAIN = ("textfsm", "here", "show it")
# The time for a line `aaa…b` doubles with each `a`: 23 take about a quarter of a second, 60 longer than anybody waits.
TEMPLATE = """Value WORD (\\S+)

Start
  ^(a+)+$$
  ^${WORD} -> Record
"""
QUICK, SLOW, STUCK = "ab", f"{'a' * 23}b", f"{'a' * 60}b"
WAIT = 60.0


@pytest.fixture(autouse=True)
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For "show it" on "here"."""
    (tmp_path / "index").write_text("Template, Hostname, Platform, Command\n\nt.textfsm, .*, here, show it\n")
    (tmp_path / "t.textfsm").write_text(TEMPLATE)
    monkeypatch.setenv("NTC_TEMPLATES_DIR", str(tmp_path))


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """With two text processes."""
    monkeypatch.setattr(engines, "usable_cores", lambda: 2)
    with contextlib.closing(Engine()) as made:
        assert not pids(made), "nothing is started before the first text"
        yield made


def work(engine: Engine, text: str, deadline: float | None = None) -> Parsed:
    parsed: Parsed = engine.work(parse, text, *PLAIN, size=len(text), deadline=deadline)
    return parsed


def pids(engine: Engine) -> list[int]:
    return [process.pid for process in list(engine._text._running)]


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


def ended(pid: int) -> bool:
    return not alive(pid)


def busy(pid: int) -> bool:
    """Whether it has computed for longer than its first text takes before it is parsed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12]) > 0.5 * os.sysconf("SC_CLK_TCK")


def test_the_rows_are_those_of_parsing_here(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NTC_TEMPLATES_DIR")
    odd = ["", " \n", "\udcff\udc80 not UTF-8\n" * 50, "\0", "Cisco IOS", "ü€😀\n"]
    asked: list[tuple[str, str | None, str]] = [(each.text, each.ntc_platform, each.command) for each in texts(24)]
    asked += [(text, "cisco_ios", "show interfaces") for text in odd]
    asked += [("text", "cisco_ios", "no such command"), ("text", None, "show version")]

    def there(one: tuple[str, str | None, str]) -> Any:
        return engine.work(parse, one[0], "auto", *one[1:], size=len(one[0]))

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(there, asked))
    assert len(pids(engine)) == 2
    assert found == [
        parse(text, parser="auto", platform=platform, command=command) for text, platform, command in asked
    ]
    assert {each.status for each in found} == {"ok", "empty", "mismatch", "no_template"}


def test_a_killed_process_loses_no_answer(engine: Engine) -> None:
    expected = parse(SLOW, *PLAIN)
    assert expected.rows == [{"word": SLOW}]
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(work, engine, "\n".join([SLOW] * 3)) for _text in range(2)]
        both = until(lambda: len(pids(engine)) == 2 and pids(engine))
        for pid in both:
            until(partial(busy, pid))
        for pid in both:  # at once: a text is tried again only once
            os.kill(pid, signal.SIGKILL)
        found = [each.result(WAIT) for each in waiting]
    assert [each.rows for each in found] == [expected.rows * 3] * 2
    assert work(engine, QUICK).status == "ok"


def test_a_process_that_was_killed_while_it_had_nothing_to_do_is_replaced(engine: Engine) -> None:
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(partial(work, engine), [SLOW] * 2))
    both = pids(engine)
    for pid in both:
        os.kill(pid, signal.SIGKILL)
        until(partial(ended, pid))
    assert [work(engine, QUICK).status for _text in both] == ["ok"] * 2


def test_a_text_whose_process_always_crashes_has_no_rows(engine: Engine) -> None:
    with pytest.raises(NotDone, match=r"its process was ended by signal SIGSEGV"):
        engine.work(os.kill, 0, signal.SIGSEGV, size=0)  # 0: its whole group
    assert work(engine, QUICK).status == "ok"


@pytest.mark.parametrize("length", [1, 5_000_000], ids=["short", "more than the line holds"])
def test_a_stopped_process_leaves_one_text_without_rows(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setattr(pools, "STOPPED", 0.5)
    work(engine, QUICK)
    (pid,) = pids(engine)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(NotDone, match="its process was stopped"):
        work(engine, "x" * length)
    until(lambda: not alive(pid))
    assert work(engine, QUICK).status == "ok"


def test_a_stopped_process_does_not_delay_a_text_beyond_its_deadline(engine: Engine) -> None:
    work(engine, QUICK)
    (pid,) = pids(engine)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(NotDone):
        work(engine, "x" * 5_000_000, time.monotonic() + 0.5)
    until(lambda: not alive(pid))
    assert work(engine, QUICK).status == "ok"


def test_an_endless_text_does_not_delay_others(engine: Engine) -> None:
    with ThreadPoolExecutor(1) as threads:
        stuck = threads.submit(work, engine, STUCK)
        (pid,) = until(lambda: pids(engine))
        for _text in range(20):
            assert work(engine, QUICK).status == "ok"
        with pytest.raises(NotDone, match=r"it used more than 2\.0 s of CPU time"):
            stuck.result(WAIT)
    until(lambda: not alive(pid))


def test_waiting_for_a_process_ends_at_the_deadline(engine: Engine) -> None:
    with ThreadPoolExecutor(2) as threads:
        stuck = [threads.submit(work, engine, STUCK) for _text in range(2)]
        until(lambda: len(pids(engine)) == 2)
        for deadline in (time.monotonic() + 0.2, time.monotonic() - 1):
            with pytest.raises(NotDone, match="no process was free before the deadline"):
                work(engine, QUICK, deadline)
        assert [type(each.exception(WAIT)) for each in stuck] == [NotDone] * 2


@pytest.mark.parametrize("python", ["/nonexistent/python", "/bin/false", "/dev/null"])
def test_without_processes_there_are_no_rows(engine: Engine, monkeypatch: pytest.MonkeyPatch, python: str) -> None:
    """Nothing that a device sent is parsed in this process."""
    monkeypatch.setattr(sys, "executable", python)
    with pytest.raises(NotDone, match="process"):
        work(engine, QUICK)
    assert not pids(engine)


def test_close_ends_all_of_them(engine: Engine) -> None:
    with ThreadPoolExecutor(4) as threads:
        stuck = [threads.submit(work, engine, STUCK) for _text in range(4)]
        running = until(lambda: len(pids(engine)) == 2 and pids(engine))
        engine.close()
        assert [type(each.exception(WAIT)) for each in stuck] == [NotDone] * 4
        assert not [pid for pid in running if Path(f"/proc/{pid}").exists()], "not even a zombie"
    assert not pids(engine), "nothing is started any more"


def test_a_text_process_has_only_its_texts(engine: Engine, tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        work(engine, QUICK)
        (pid,) = pids(engine)
        files = [os.readlink(each).partition(":")[0] for each in Path(f"/proc/{pid}/fd").iterdir()]
    assert str(tmp_path / "open") not in files
    assert files.count("socket") == 1, "its own line"


def test_a_process_finds_this_collection(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the package ansible is installed, which has an ansible_collections of its own."""
    (tmp_path / "ansible_collections").mkdir()
    (tmp_path / "ansible_collections" / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert work(engine, QUICK).status == "ok"


PARENT = """
import sys, threading
from ansible_collections.rollcall.network.plugins.module_utils._engine.engine import Engine
from ansible_collections.rollcall.network.plugins.module_utils._parsing import parse
engine = Engine()
def work(text):
    return engine.work(parse, text, "textfsm", "here", "show it", size=2**30)
work("ab")
print("began", flush=True)
work(sys.argv[1])
threading.Event().wait(60)
"""


@pytest.mark.parametrize("text", [QUICK, STUCK])
def test_they_end_with_their_parent(text: str) -> None:
    collections = Path(__file__).resolve().parents[2] / "collections"
    environment = {**os.environ, "PYTHONPATH": str(collections)}
    parent = subprocess.Popen([sys.executable, "-c", PARENT, text], stdout=subprocess.PIPE, text=True, env=environment)
    assert parent.stdout is not None
    with parent:
        assert parent.stdout.readline() == "began\n"
        running = descendants(parent.pid)
        parent.kill()
    assert len(running) == 2, "the launcher and the process"
    until(lambda: not [pid for pid in running if alive(pid)])


def test_a_roll_call_with_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each device keeps its texts, one text without end costs its own rows only, and nothing is left running."""
    said = {"quick": QUICK, "slow": SLOW, "stuck": STUCK}
    made: list[Engine] = []
    seen: set[int] = set()

    class Answering(Engine):
        """The texts are there at once. What is done with them is real."""

        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

        def ask(self, device: Device, call: Call, seconds: float | None, limits: Any, on_login: Any = None) -> Outputs:
            return Outputs({"show it": Output(said[device.name.partition("-")[0]])}, {})

        def close(self) -> None:
            seen.update(pids(self))
            super().close()

    monkeypatch.setattr(_roll, "Engine", Answering)
    monkeypatch.setattr(_roll, "load_platform", lambda name, _description: replace(load_platform(name), ntc="here"))
    monkeypatch.setattr(engines, "usable_cores", lambda: 2)
    names = [f"slow-{number}" for number in range(2)] + ["stuck-1"] + [f"quick-{number}" for number in range(100)]
    devices = {name: Device(name, platform="cisco_iosxe", commands=(Command("show it", "textfsm"),)) for name in names}
    threads = threading.active_count()  # other tests of this process leave some that hang on purpose
    answers = _roll.call_roll(devices, _roll.Limits())
    outputs = {name: answer["output"]["show it"] for name, answer in answers.items()}
    assert [answer["status"] for answer in answers.values()] == [
        "partial" if name == "stuck-1" else "ok" for name in names
    ]
    assert [output["text"] for output in outputs.values()] == [said[name.partition("-")[0]] for name in names]
    stuck = outputs.pop("stuck-1")
    assert (stuck["rows_status"], stuck["rows"]) == ("error", [])
    assert stuck["rows_message"] == "the output of 'show it' cannot be parsed: it used more than 2.0 s of CPU time"
    assert {output["rows_status"] for output in outputs.values()} == {"ok"}
    assert [output["rows"] for output in outputs.values()] == [
        [{"word": word} for word in output["text"].split()] for output in outputs.values()
    ]
    assert len(made) == 1
    assert seen
    assert not [pid for pid in seen if Path(f"/proc/{pid}").exists()]
    assert threading.active_count() - threads < 10
