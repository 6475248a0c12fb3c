# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions for driver python: how they are found, and how they are called."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._drivers._function import load_function, look_in
from ansible_collections.rollcall.network.plugins.module_utils._engine.asked_here import ask_here
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll

SOURCE = """
import asyncio, threading
from datetime import date

def plain(name):
    return name

def with_arguments(name, *, site, tags=()):
    return [name, site, list(tags)]

def any_arguments(name, **arguments):
    return arguments

class Checks:
    def __init__(self):
        self.site = "fra"
        self.asked = []
    def names(self, name):
        self.asked.append(name)
        return self.asked
    def of_an_object(self, name, extra=None):
        return [self.site, name, extra]
    @classmethod
    def of_the_class(cls, name):
        return [cls.__name__, name]
    @staticmethod
    def static(name):
        return name
    class Inner:
        @staticmethod
        def static(name):
            return ["inner", name]

class NeedsMore:
    def __init__(self, what):
        pass
    def ask(self, name):
        return name

async def coroutine(name, pause=0):
    await asyncio.sleep(pause)
    return [name, threading.current_thread() is threading.main_thread()]

async def stream(name):
    for number in range(3):
        yield number

async def coroutine_that_fails(name):
    await asyncio.sleep(0)
    raise ConnectionRefusedError("no")

async def forever(name, note):
    try:
        await asyncio.Event().wait()
    finally:
        open(note, "w").close()

async def own_timeout(name):
    await asyncio.wait_for(forever(name, "/dev/null"), 0.01)

def generator(name):
    yield date(2026, 1, 2)

constant = 3
"""
_numbers = itertools.count()
MakeModule = Callable[[str], str]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeModule:
    def write(source: str) -> str:
        name = f"functions_{next(_numbers)}"
        (tmp_path / f"{name}.py").write_text(source)
        return name

    monkeypatch.syspath_prepend(str(tmp_path))
    return write


@pytest.fixture
def module(make: MakeModule) -> str:
    return make(SOURCE)


def call(function: str, limits: Limits | None = None, **arguments: Any) -> dict[str, Any]:
    device = Device(name="r1", driver="python", function=function, function_args=arguments)
    return call_roll({"r1": device}, limits or Limits())["r1"]


@pytest.mark.parametrize(
    ("function", "arguments", "value"),
    [
        ("plain", {}, "r1"),
        ("with_arguments", {"site": "fra", "tags": ["a"]}, ["r1", "fra", ["a"]]),
        ("any_arguments", {"self": 1, "path": "x"}, {"self": 1, "path": "x"}),
        ("Checks.of_an_object", {"extra": 5}, ["fra", "r1", 5]),
        ("Checks.of_the_class", {}, ["Checks", "r1"]),
        ("Checks.static", {}, "r1"),
        ("Checks.Inner.static", {}, ["inner", "r1"]),
        ("coroutine", {"pause": 0.01}, ["r1", True]),
        ("stream", {}, [0, 1, 2]),
        ("generator", {}, ["2026-01-02"]),
    ],
)
@pytest.mark.parametrize("separator", [".", ":"])
def test_functions_of_every_kind(module: str, separator: str, function: str, arguments: Any, value: Any) -> None:
    answer = call(f"{module}{separator}{function}", **arguments)
    assert (answer["status"], answer["error"], answer["value"]) == ("ok", None, value)


@pytest.mark.parametrize(
    ("function", "arguments", "words"),
    [
        ("with_arguments", {}, ["missing a required", "'site'", "function_args"]),
        ("with_arguments", {"sit": 1, "site": 2}, ["unexpected keyword argument 'sit'"]),
        ("plain", {"name": "x"}, ["multiple values for argument 'name'"]),
        ("Checks.of_an_object", {"more": 1}, ["unexpected keyword argument 'more'"]),
    ],
)
def test_wrong_function_arguments_are_told_before_the_call(
    module: str, function: str, arguments: Any, words: list[str]
) -> None:
    error = call(f"{module}.{function}", **arguments)["error"]
    assert (error["phase"], error["kind"]) == ("resolve", "function_args")
    for word in words:
        assert word in error["message"]


def test_an_object_for_each_name(module: str) -> None:
    devices = {name: Device(name=name, driver="python", function=f"{module}.Checks.names") for name in ("r1", "r2")}
    answers = call_roll(devices, Limits(workers=1))
    assert [answer["value"] for answer in answers.values()] == [["r1"], ["r2"]]


def test_a_coroutine_is_cancelled_at_the_deadline(module: str, tmp_path: Path) -> None:
    note = tmp_path / "cancelled"
    device = Device(name="r1", driver="python", function=f"{module}.forever", function_args={"note": str(note)})
    with pytest.raises(DeviceError) as late:
        ask_here(device, time.monotonic() + 0.2, ("device_timeout", "device_timeout (0.2 s)"))
    assert (late.value.status, late.value.error.kind) == ("timeout", "device_timeout")
    assert "no answer within device_timeout (0.2 s)" in late.value.error.message
    assert note.exists()


@pytest.mark.parametrize(
    ("limits", "kind"), [(Limits(device_timeout=0.2), "device_timeout"), (Limits(deadline=0.2), "deadline")]
)
def test_a_coroutine_that_does_not_end(module: str, limits: Limits, kind: str) -> None:
    answer = call(f"{module}.forever", limits, note="/dev/null")
    assert (answer["status"], answer["error"]["kind"]) == ("timeout", kind)


def test_a_timeout_of_the_function_itself_is_not_that_of_the_device(module: str) -> None:
    answer = call(f"{module}.own_timeout", Limits(device_timeout=60))
    assert (answer["status"], answer["error"]["kind"]) == ("timeout", "TimeoutError")


def test_errors_of_a_coroutine_are_those_of_a_function(module: str) -> None:
    answer = call(f"{module}.coroutine_that_fails")
    assert (answer["status"], answer["error"]["kind"]) == ("unreachable", "ConnectionRefusedError")


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("plane", ["has no plane", "near matches: plain"]),
        ("Checks.nowhere", ["has no Checks.nowhere"]),
        ("constant", ["not a function but int"]),
    ],
)
def test_a_function_that_is_not_there(module: str, function: str, words: list[str]) -> None:
    with pytest.raises(ValueError, match=module) as raised:
        load_function(f"{module}.{function}")
    for word in words:
        assert word in str(raised.value)


@pytest.mark.parametrize("path", ["nowhere.probe", "nowhere.Class.probe", "json.nowhere.probe", "n:probe"])
def test_a_module_that_is_not_there(path: str) -> None:
    with pytest.raises(ValueError, match=f"function '{path}' cannot be"):
        load_function(path)


@pytest.mark.parametrize("path", ["", "probe", ".probe", "a..b", "a.b c", "a:b:c d"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="function must be the full path of a Python function"):
        load_function(path)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_module_that_cannot_be_imported_says_why(make: MakeModule, source: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        load_function(f"{make(source)}.Class.probe")


def test_a_module_of_a_collection_by_its_short_name() -> None:
    function = load_function("rollcall.network.plugins.module_utils._run.file_name")
    assert function("a/b") == "a%2Fb"


def test_folders_are_searched_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "json.py").write_text("def dumps(name):\n    return 'theirs'\n")
    (tmp_path / "of_the_folder.py").write_text("def probe(name):\n    return 'theirs'\n")
    before = list(sys.path)
    look_in([str(tmp_path), str(tmp_path / "nowhere")])
    assert sys.path == [*before, str(tmp_path)]
    assert call("of_the_folder.probe")["value"] == "theirs"
    assert call("json.dumps")["value"] == '"r1"'
