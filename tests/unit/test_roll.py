# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From devices to plain answers. A function stands for the engine; those of driver python run in real processes."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.rollcall.network.plugins.module_utils import collector
from ansible_collections.rollcall.network.plugins.module_utils._call import Call
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device, Unresolved
from ansible_collections.rollcall.network.plugins.module_utils._drivers._function import load_function
from ansible_collections.rollcall.network.plugins.module_utils._engine.errors import NotDone
from ansible_collections.rollcall.network.plugins.module_utils._model.answer import Answer
from ansible_collections.rollcall.network.plugins.module_utils._result import (
    STATUSES,
    DeviceError,
    Error,
    Output,
    Result,
    Status,
)
from ansible_collections.rollcall.network.plugins.module_utils._roll import (
    Limits,
    answer_of,
    call_roll,
    failed_names,
    summarize,
)
from ansible_collections.rollcall.network.plugins.module_utils.collector import Event
from ansible_collections.rollcall.network.plugins.modules import collect
from ansible_collections.rollcall.network.plugins.plugin_utils._collect import warnings_of
from ansible_collections.rollcall.network.plugins.plugin_utils._outcome import result_of
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed
from tests.unit.answering import let_answer

KEYS = {
    "status",
    "error",
    "attempts",
    "started_at",
    "finished_at",
    "seconds",
    "driver",
    "host",
    "port",
    "platform",
    "connection",
    "output",
    "value",
    "changed",
    "suspicious",
    "identity_changes",
    "last_good_at",
}
SKIPPED = {
    "text": "",
    "status": "skipped",
    "error": {"phase": "command", "kind": "not_asked", "message": "not sent; see the error of the device"},
    "seconds": 0.0,
    "parser": None,
    "rows": [],
    "rows_status": None,
    "rows_message": None,
    "since": None,
    "diff": "",
}
NOT_RESOLVED = Error("resolve", "unknown_host", "'nobody' is not in the inventory")
_numbers = itertools.count()

MakeModule = Callable[[str], str]


def cli(name: str, *commands: Command) -> Device:
    return Device(
        name=name, host="192.0.2.1", platform="cisco_iosxe", commands=commands or (Command("show clock"),), password="x"
    )


def python(name: str, function: str) -> Device:
    return Device(name=name, driver="python", function=function)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeModule:
    """Makes an importable module of this source; each has a name of its own, for imports are remembered."""

    def make(source: str) -> str:
        name = f"asked_{next(_numbers)}"
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        return name

    monkeypatch.syspath_prepend(str(tmp_path))
    return make


def test_the_keys_of_an_answer_are_documented() -> None:
    documented = yaml.safe_load(collect.RETURN)["devices"]["contains"]
    assert set(documented) == set(Answer.__annotations__) == KEYS


# -- answers -----------------------------------------------------------------------------------------------------------


def test_errors_are_answers_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    events: list[Event] = []

    def ask(device: Device, call: Call) -> dict[str, Output]:
        asked.append(device.name)
        return {"show clock": Output(text="12:00")}

    let_answer(monkeypatch, ask)
    devices: dict[str, Device | Error] = {"b": cli("b"), "nobody": NOT_RESOLVED, "a": cli("a")}
    answers = call_roll(devices, Limits(), events.append)
    assert list(answers) == ["b", "nobody", "a"], "in the order asked"
    assert sorted(asked) == ["a", "b"]
    assert all(set(answer) == KEYS for answer in answers.values())
    assert answers["nobody"] == {
        **dict.fromkeys(KEYS),
        "status": "failed",
        "error": NOT_RESOLVED.as_dict(),
        "attempts": 0,
        "seconds": {},
        "connection": {},
        "output": {},
    }
    assert {event.total for event in events} == {3}, "a name that cannot be asked counts"
    assert [event.done for event in events if event.kind == "finished"] == [1, 2, 3]
    assert next(event.name for event in events) == "nobody"


def test_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    let_answer(monkeypatch, lambda device, call: {"show clock": Output(text="12:00", seconds=0.12345)})
    answer = call_roll({"a": cli("a")}, Limits())["a"]
    assert (answer["status"], answer["error"], answer["attempts"], answer["value"]) == ("ok", None, 1, None)
    assert (answer["driver"], answer["host"], answer["port"], answer["platform"]) == (
        "cli",
        "192.0.2.1",
        22,
        "cisco_iosxe",
    )
    assert answer["connection"] == {"transport": "ssh"}
    assert answer["output"] == {
        "show clock": {
            "text": "12:00",
            "status": "ok",
            "error": None,
            "seconds": 0.123,
            "parser": None,
            "rows": [],
            "rows_status": None,
            "rows_message": None,
            "since": None,
            "diff": "",
        }
    }
    assert json.loads(json.dumps(answer)) == answer


def test_nobody() -> None:
    assert call_roll({}, Limits()) == {}
    assert list(call_roll({"nobody": NOT_RESOLVED}, Limits())) == ["nobody"]


def test_what_was_received_before_a_failure_is_returned_and_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(device: Device, call: Call) -> dict[str, Output]:
        outputs = {"show first": Output(text='{"a": 1}'), "show second": Output(text='{"a"', status="failed")}
        raise DeviceError("partial", "command", "session_closed", "gone", value=outputs)

    let_answer(monkeypatch, ask)
    device = cli("a", Command("show first", "json"), Command("show second", "json"))
    answer = call_roll({"a": device}, Limits())["a"]
    assert (answer["status"], answer["error"]["kind"]) == ("partial", "session_closed")
    first, second = answer["output"]["show first"], answer["output"]["show second"]
    assert (first["parser"], first["rows"], first["rows_status"]) == ("json", {"a": 1}, "ok")
    assert (second["text"], second["rows_status"]) == ('{"a"', None), "no rows from half an answer"


def test_a_failure_before_anything_was_received(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(device: Device, call: Call) -> dict[str, Output]:
        raise DeviceError("auth_failed", "auth", "refused", "login as admin refused")

    let_answer(monkeypatch, ask)
    answer = call_roll({"a": cli("a")}, Limits(retries=3))["a"]
    assert (answer["status"], answer["attempts"]) == ("auth_failed", 1)
    assert answer["output"] == {"show clock": SKIPPED}
    assert answer["error"] == {"phase": "auth", "kind": "refused", "message": "login as admin refused"}


@pytest.mark.parametrize("slim", [False, True], ids=["whole", "slim"])
@pytest.mark.parametrize(
    ("status", "received", "skipped"),
    [
        pytest.param("ok", ["first", "second"], [], id="answered"),
        pytest.param("partial", ["first"], ["second"], id="in part"),
        pytest.param("timeout", None, ["first", "second"], id="timeout"),
        pytest.param("skipped", None, ["first", "second"], id="deadline"),
        pytest.param("failed", None, ["first", "second"], id="not resolved"),
    ],
)
def test_every_asked_command_has_an_output_with_the_same_keys(
    status: Status, received: list[str] | None, skipped: list[str], slim: bool
) -> None:
    commands = (Command("first"), Command("second"))
    device: Device | Error = cli("a", *commands)
    if status == "failed":
        device = Unresolved("resolve", "platform", "no platform", commands)
    outputs = None if received is None else {command: Output(text="x") for command in received}
    answer = answer_of(device, Result(status, outputs), slim=slim)
    assert set(answer) == KEYS
    assert list(answer["output"]) == ["first", "second"]
    without = {"text", "rows", "diff"} if slim else set()
    assert all(set(output) == set(SKIPPED) - without for output in answer["output"].values())
    assert [command for command, output in answer["output"].items() if output["status"] == "skipped"] == skipped


def test_rows_that_cannot_be_read_cost_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    let_answer(monkeypatch, lambda device, call: {"show it": Output(text="not json")})
    answer = call_roll({"a": cli("a", Command("show it", "json"))}, Limits())["a"]
    assert answer["status"] == "partial"
    assert answer["output"]["show it"]["rows_status"] == answer["error"]["kind"] == "error"
    assert answer["output"]["show it"]["text"] == "not json"


def test_texts_are_kept_when_time_is_over_before_the_rows_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def never(*_arguments: Any, **_limits: Any) -> Any:
        released.wait(30)
        raise ValueError

    engine = let_answer(monkeypatch, lambda device, call: {"show it": Output(text="it")})
    monkeypatch.setattr(engine, "work", never)
    answer = call_roll({"a": cli("a", Command("show it", "textfsm"))}, Limits(deadline=0.2))["a"]
    released.set()
    assert (answer["status"], answer["error"]["kind"], answer["error"]["phase"]) == ("timeout", "deadline", "parse")
    assert answer["output"]["show it"]["text"] == "it"


def test_rows_that_are_not_done_cost_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_done(*_arguments: Any, **_limits: Any) -> Any:
        raise NotDone("it used more than 2.0 s of CPU time")

    engine = let_answer(monkeypatch, lambda device, call: {"show it": Output(text="it")})
    monkeypatch.setattr(engine, "work", not_done)
    answer = call_roll({"a": cli("a", Command("show it", "textfsm"))}, Limits())["a"]
    output = answer["output"]["show it"]
    assert (answer["status"], output["text"], output["rows"], output["rows_status"]) == ("partial", "it", [], "error")
    assert output["parser"] == "textfsm"
    assert output["rows_message"] == "the output of 'show it' cannot be parsed: it used more than 2.0 s of CPU time"


def test_limits_reach_the_collector_and_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(device: Device, call: Call) -> dict[str, Output]:
        remaining = call.remaining()
        assert remaining is not None
        assert remaining <= 300
        if call.attempts == 1:
            raise ConnectionResetError
        return {"show clock": Output()}

    engine = let_answer(monkeypatch, ask)
    devices = {name: cli(name) for name in "abcd"}
    began = time.monotonic()
    monkeypatch.setattr(collector, "FIRST_BACKOFF", 0.01)
    limits = Limits(workers=1, device_timeout=30, deadline=300, retries=1, logins_per_second=5)
    answers = call_roll(devices, limits)
    assert {(answer["status"], answer["attempts"]) for answer in answers.values()} == {("ok", 2)}
    assert time.monotonic() - began >= 0.6, "three gaps of a fifth of a second"
    in_words = (("deadline", "the deadline of the run (300 s)"), ("device_timeout", "device_timeout (30 s)"))
    assert [each[:2] for each in engine.asked_with] == [(30, in_words)] * 8


# -- driver python -----------------------------------------------------------------------------------------------------


def test_a_function(module: MakeModule) -> None:
    name = module("def ask(name):\n    return {'name': name, 'rows': [1, 2.5, None, True], 'pair': (1, 2)}\n")
    for path in (f"{name}.ask", f"{name}:ask"):
        answers = call_roll({"b": python("b", path), "a": python("a", path)}, Limits())
        assert list(answers) == ["b", "a"]
        answer = answers["a"]
        assert (answer["status"], answer["driver"], answer["output"]) == ("ok", "python", {})
        assert answer["value"] == {"name": "a", "rows": [1, 2.5, None, True], "pair": [1, 2]}
        assert (answer["host"], answer["port"], answer["platform"]) == (None, None, None)


@pytest.mark.parametrize(
    "value",
    ["object()", "b'\\xff'", "float('nan')", "float('inf')", "{(1, 2): 3}", "[[object()]]", "(loop := [])"],
)
def test_a_value_that_is_not_plain_data(module: MakeModule, value: str) -> None:
    name = module(
        f"def ask(name):\n    value = {value}\n    value.append(value) if value == [] else 0\n    return value\n"
    )
    answers = call_roll({"a": python("a", f"{name}.ask")}, Limits())
    answer = answers["a"]
    assert (answer["status"], answer["error"]["kind"], answer["value"]) == ("failed", "not_plain_data", None)
    assert f"{name}.ask" in answer["error"]["message"]
    json.dumps(answers)


def test_a_function_that_raises(module: MakeModule) -> None:
    name = module("def ask(name):\n    raise KeyError(name)\n")
    answer = call_roll({"a": python("a", f"{name}.ask")}, Limits())["a"]
    assert (answer["status"], answer["error"]["kind"], answer["error"]["phase"]) == ("failed", "KeyError", "command")
    assert f"{name}.py, line 2" in answer["error"]["message"]


RAISES_DEVICE_ERROR = """
from ansible_collections.rollcall.network.plugins.module_utils.collector import DeviceError

def ask(name):
    raise DeviceError({status!r}, "command", "odd", "odd", value={value})
"""


def test_a_function_that_says_how_its_device_failed(module: MakeModule) -> None:
    name = module(RAISES_DEVICE_ERROR.format(status="unreachable", value="{'got': 'half'}"))
    answer = call_roll({"a": python("a", f"{name}.ask")}, Limits())["a"]
    assert (answer["status"], answer["value"]) == ("unreachable", {"got": "half"})


def test_what_was_received_before_a_failure_is_plain_data_too(module: MakeModule) -> None:
    """One odd value would cost the whole task's result, which travels as JSON."""
    name = module(RAISES_DEVICE_ERROR.format(status="partial", value="object()"))
    answers = call_roll({"a": python("a", f"{name}.ask")}, Limits())
    json.dumps(answers)


def test_a_status_that_a_function_made_up_can_be_counted(module: MakeModule) -> None:
    name = module(RAISES_DEVICE_ERROR.format(status="down", value="None"))
    answers = call_roll({"a": python("a", f"{name}.ask")}, Limits())
    assert summarize(answers.values())["total"] == 1


@pytest.mark.parametrize(
    ("source", "path", "words"),
    [
        ("", "{module}.ask", "ask"),
        ("ask = 5", "{module}.ask", "not a function but int"),
        ("raise RuntimeError('no licence')", "{module}.ask", "RuntimeError: no licence"),
        ("import sys\nsys.exit('usage: ...')", "{module}.ask", "SystemExit"),
        ("import no_such_package_at_all", "{module}.ask", "no_such_package_at_all"),
        ("def ask(:", "{module}.ask", "SyntaxError"),
        ("", "no_such_package_at_all.ask", "PYTHONPATH"),
        ("", "ask", "full path"),
        ("", "", "full path"),
        ("", ".ask", "full path"),
        ("", "{module}.", "{module}"),
        ("", "{module}..ask", "{module}"),
    ],
)
def test_a_function_that_cannot_be_had(module: MakeModule, tmp_path: Path, source: str, path: str, words: str) -> None:
    """It is noticed before anybody is asked, and told in one sentence."""
    name = module(source)
    mark = tmp_path / "asked"
    asked = module(f"def ask(name):\n    open({str(mark)!r}, 'w')\n")
    devices = {"a": python("a", f"{asked}.ask"), "b": python("b", path.format(module=name))}
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are compared below
        call_roll(devices, Limits())
    assert words.format(module=name) in str(caught.value)
    assert not mark.exists()


def test_a_function_is_imported_once(module: MakeModule) -> None:
    name = module("times = []\ntimes.append(1)\ndef ask(name):\n    return len(times)\n")
    path = f"{name}.ask"
    assert load_function(path) is load_function(path)
    answers = call_roll({each: python(each, path) for each in "abc"}, Limits())
    assert [answer["value"] for answer in answers.values()] == [1, 1, 1]


# -- sums --------------------------------------------------------------------------------------------------------------


def answers_of(*statuses: str) -> dict[str, dict[str, Any]]:
    return {f"edge-{number}": {"status": status} for number, status in enumerate(statuses)}


def test_summarize() -> None:
    nobody = dict.fromkeys(("total", *STATUSES), 0)
    assert summarize([]) == nobody
    assert list(summarize([])) == ["total", *STATUSES], "every status is named"
    assert summarize(answers_of("ok", "ok", "timeout").values()) == {**nobody, "total": 3, "ok": 2, "timeout": 1}
    assert set(summarize(answers_of(*STATUSES).values()).values()) == {1, len(STATUSES)}


def test_failed_names() -> None:
    assert failed_names({}) == []
    assert failed_names(answers_of("ok", "partial", "ok", "skipped", "failed")) == ["edge-1", "edge-3", "edge-4"]


def result_of_statuses(*statuses: str) -> dict[str, Any]:
    return result_of(answers_of(*statuses), {}, None, {}, Allowed())


def test_result() -> None:
    result = result_of_statuses("ok", "failed")
    assert list(result["devices"]) == ["edge-0", "edge-1"]
    assert (result["changed"], result["failed_hosts"], result["summary"]["total"]) == (False, ["edge-1"], 2)
    assert "failed" not in result, "a device that fails is data"
    assert "results" not in result, "it would be taken for the results of a loop"


@pytest.mark.parametrize(
    ("hosts", "warning"),
    [
        ([], "hosts is empty"),
        (["a", "b", "a"], "asked once: a"),
        (["a", "b", "a", "b"], "asked once: a, b"),
        ([str(number) for number in range(9)] * 2, "asked once: 0, 1, 2, 3, 4, …"),
    ],
)
def test_warnings(hosts: list[str], warning: str) -> None:
    (found,) = warnings_of({"hosts": hosts, "commands": None}, {})
    assert warning in found
    assert warnings_of({"hosts": ["a", "b"], "commands": None}, {}) == []
