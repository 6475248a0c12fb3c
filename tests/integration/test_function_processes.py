# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions and blocking drivers run in processes: what one of them does is its own device's answer only."""

from __future__ import annotations

import importlib
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._drivers import registry
from ansible_collections.rollcall.network.plugins.module_utils._engine import pool
from ansible_collections.rollcall.network.plugins.module_utils._engine.cores import usable_cores
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from ansible_collections.rollcall.network.plugins.plugin_utils.roll import make_device

SOURCE = """
import asyncio, ctypes, os, sys, time
IMPORTED_BY = os.getpid()
with open(os.path.join(os.path.dirname(__file__), "imports"), "a") as file:
    file.write("imported\\n")

def healthy(name):
    return name

def where(name):
    return [IMPORTED_BY, os.getpid(), os.environ.get("OF_THE_RUN"), os.getcwd()]

def brief(name):
    return os.getpid()

def all_are_here(name):
    folder = os.environ["PLACE"]
    open(os.path.join(folder, name), "w").close()
    return len(os.listdir(folder)) >= int(os.environ["CROWD"])

def waits(name):
    while not all_are_here(name):
        time.sleep(0.05)

def works(name):
    while not all_are_here(name):
        sum(range(10_000))

class Checks:
    def where(self, name):
        return where(name)

def hangs(name):
    while True:
        pass

def exits(name):
    sys.exit(3)

def exits_at_once(name):
    os._exit(3)

def crashes(name):
    ctypes.string_at(0)

def eats_memory(name):
    eaten = []
    while len(eaten) < 40:
        eaten.append(bytearray(b"x") * 50_000_000)
        time.sleep(0.02)
    time.sleep(600)

def prints(name):
    print("text of a function", flush=True)
    os.write(1, b"text of a function")
    os.write(2, b"text of a function")
    return name

class Driver:
    name = "blocking"
    settings = frozenset({"host"})
    def read_only(self, device):
        return True
    def ask(self, device, session):
        return globals()[device.variables["does"]](device.name)

class Async(Driver):
    name = "coroutine"
    async def ask(self, device, session):
        await asyncio.sleep(2)
        return globals()[device.variables["does"]](device.name)
"""
_numbers = itertools.count()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module that counts its imports, beside its source."""
    name = f"processes_{next(_numbers)}"
    (tmp_path / f"{name}.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    importlib.invalidate_caches()
    yield name
    registry.driver_of.cache_clear()


Ask = Callable[[str, dict[str, str]], dict[str, dict[str, Any]]]


def with_functions(module: str, does: dict[str, str], seconds: float = 10) -> dict[str, dict[str, Any]]:
    devices = {name: make_device(name, function=f"{module}.{each}") for name, each in does.items()}
    return call_roll(devices, Limits(device_timeout=seconds))


def with_drivers(module: str, does: dict[str, str]) -> dict[str, dict[str, Any]]:
    devices = {
        name: make_device(name, driver=f"{module}.Driver", variables={"does": each}) for name, each in does.items()
    }
    return call_roll(devices, Limits(device_timeout=10))


@pytest.mark.parametrize("ask", [with_functions, with_drivers])
def test_a_function_that_ends_its_process_affects_no_other_device(module: str, ask: Ask) -> None:
    bad = {
        "hangs": ("timeout", "device_timeout", "no answer within device_timeout (10 s)"),
        "exits": ("failed", "SystemExit", "3"),
        "exits_at_once": ("failed", "engine", "its process ended with status 3"),
        "crashes": ("failed", "engine", "its process was ended by signal SIGSEGV"),
        "eats_memory": ("failed", "engine", "MiB of memory, more than 512"),
    }
    answers = ask(module, {**dict.fromkeys(("a", "b", "c"), "healthy"), **{name: name for name in bad}})
    assert [answers[name]["value"] for name in "abc"] == ["a", "b", "c"]
    for name, (status, kind, words) in bad.items():
        answer = answers[name]
        assert (answer["status"], answer["error"]["kind"]) == (status, kind), answer
        assert words in answer["error"]["message"]


@pytest.mark.parametrize(
    ("does", "status", "kind"),
    [("hangs", "failed", "engine"), ("exits", "failed", "SystemExit"), ("crashes", "failed", "engine")],
)
def test_a_driver_that_stops_its_event_loop_affects_no_other_device(
    module: str, does: str, status: str, kind: str
) -> None:
    devices = {
        name: make_device(name, driver=f"{module}.Async", variables={"does": each})
        for name, each in {**dict.fromkeys("abcdef", "healthy"), "bad": does}.items()
    }
    answers = call_roll(devices, Limits(device_timeout=60))
    assert [answers[name]["value"] for name in "abcdef"] == list("abcdef")
    assert (answers["bad"]["status"], answers["bad"]["error"]["kind"]) == (status, kind), answers["bad"]


@pytest.mark.parametrize("path", ["{}.where", "{}:where", "{}.Checks.where", "{}:Checks.where"])
def test_a_module_is_imported_once_for_all_calls(
    module: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_RUN", "kept")
    devices = {name: make_device(name, function=path.format(module)) for name in map(str, range(8))}
    values = [answer["value"] for answer in call_roll(devices, Limits(device_timeout=60)).values()]
    assert (tmp_path / "imports").read_text().split() == ["imported"] * 2, "here, to check it, and for all calls"
    assert len({imported for imported, *_others in values}) == 1
    assert os.getpid() not in {pid for each in values for pid in each[:2]}
    assert all(imported != called for imported, called, *_others in values)
    assert {tuple(others) for _imported, _called, *others in values} == {("kept", os.getcwd())}


def test_the_module_of_a_blocking_driver_is_imported_once(module: str, tmp_path: Path) -> None:
    answers = with_drivers(module, dict.fromkeys("abcd", "where"))
    assert len({answer["value"][0] for answer in answers.values()}) == 1
    assert (tmp_path / "imports").read_text().split() == ["imported"] * 2


def test_output_of_a_function_is_discarded(module: str, capfd: pytest.CaptureFixture[str]) -> None:
    answers = with_functions(module, dict.fromkeys("ab", "prints"))
    assert [answer["value"] for answer in answers.values()] == ["a", "b"]
    assert "text of a function" not in "".join(capfd.readouterr())


@pytest.fixture
def busy_cores() -> Iterator[None]:
    """Other processes that use all cores."""
    burn = "import time\nwhile time.monotonic() < {}: pass"
    until = time.monotonic() + 120
    others = [subprocess.Popen([sys.executable, "-c", burn.format(until)]) for _other in range(3 * usable_cores())]
    yield
    for each in others:
        each.kill()
        each.wait()


@pytest.mark.usefixtures("busy_cores")
def test_short_calls_have_few_processes_on_a_busy_machine_too(module: str) -> None:
    answers = with_functions(module, {f"r{i}": "brief" for i in range(3000)}, 60)
    assert {answer["status"] for answer in answers.values()} == {"ok"}
    assert len({answer["value"] for answer in answers.values()}) <= pool.FEW


@pytest.mark.parametrize("does", ["waits", "works"])
def test_long_calls_have_a_process_each(
    module: str, does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = 2 * pool.FEW
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.setenv("PLACE", str(place))
    monkeypatch.setenv("CROWD", str(crowd))
    short = {f"short{i}": "healthy" for i in range(100)}
    answers = with_functions(module, {**{f"long{i}": does for i in range(crowd)}, **short}, 60)
    assert {answer["status"] for answer in answers.values()} == {"ok"}
