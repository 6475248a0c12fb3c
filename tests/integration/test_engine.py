# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine with real processes, and a driver that misbehaves in them. See ``engine_driver``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from ansible_collections.rollcall.network.plugins.module_utils.collector import Event
from tests.integration.engine_driver import NAME

LIMITS = Limits(device_timeout=300)
OTHERS = 20
BAD = "bad"


def device(name: str, folder: Path, do: str, **variables: Any) -> Device:
    variables = {"do": do, "notes": str(folder), "until": str(folder / "until"), **variables}
    return Device(name=name, driver=NAME, variables=variables)


def times(folder: Path, name: str) -> int:
    """How often a device was asked, or something was sent to it."""
    note = folder / name
    return len(note.read_text().splitlines()) if note.exists() else 0


def asked_with_others(folder: Path, bad: Device, limits: Limits = LIMITS) -> dict[str, dict[str, Any]]:
    """Ask a device among others, whose answers come when it has its own."""

    def happened(event: Event) -> None:
        if event.kind == "finished" and event.name == BAD:
            (folder / "until").touch()

    devices = {f"good-{number}": device(f"good-{number}", folder, "wait") for number in range(OTHERS)}
    answers = call_roll({**devices, BAD: bad}, limits, happened)
    wrong = {name: answers[name]["error"] for name in devices if answers[name]["value"] != f"answer of {name}"}
    assert not wrong
    return answers


@pytest.mark.parametrize(
    ("do", "words"),
    [
        ("loop", "took too much time and was stopped"),
        ("expression", "took too much time and was stopped"),
        ("callback", "took too much time and was stopped"),
        ("pickles_slowly", "took too much time and was stopped"),
        ("cannot_be_pickled", "cannot be sent"),
    ],
)
def test_work_that_is_interrupted_affects_no_other_device(do: str, words: str, tmp_path: Path) -> None:
    error = asked_with_others(tmp_path, device(BAD, tmp_path, do))[BAD]["error"]
    assert error["kind"] in ("engine", "not_plain_data")
    assert words in error["message"] or error["kind"] == "not_plain_data"
    assert {times(tmp_path, f"good-{number}") for number in range(OTHERS)} == {1}


@pytest.mark.parametrize(
    ("do", "words"),
    [
        ("loop_and_catch", "did not respond, and used 2 s of CPU time"),
        ("c_code", "did not respond, and used 2 s of CPU time"),
        ("stop", "did not respond for 10 s"),
        ("block", "did not respond for 10 s"),
        ("crash", "was ended by signal SIGSEGV"),
        ("leave", "ended with status 7"),
        ("eat", "MiB of memory, more than 512"),
    ],
)
def test_others_of_a_worker_that_ends_are_asked_again(do: str, words: str, tmp_path: Path) -> None:
    error = asked_with_others(tmp_path, device(BAD, tmp_path, "note_and", then=do))[BAD]["error"]
    assert error["kind"] == "engine"
    assert words in error["message"]
    assert times(tmp_path, BAD) == 3, "it is asked again twice"


@pytest.mark.parametrize(
    "then", ["crash", "loop_and_catch", "loop", "fail_for_now", "cannot_be_pickled", "leave", "stop"]
)
def test_what_is_not_read_only_is_sent_once(then: str, tmp_path: Path) -> None:
    bad = device(BAD, tmp_path, "send_and", then=then, read_only=False)
    answers = asked_with_others(tmp_path, bad, Limits(device_timeout=300, retries=2))
    assert answers[BAD]["status"] != "ok"
    assert times(tmp_path, BAD) == 1


def test_a_read_only_device_is_retried(tmp_path: Path) -> None:
    bad = device(BAD, tmp_path, "send_and", then="fail_for_now")
    asked_with_others(tmp_path, bad, Limits(device_timeout=300, retries=1))
    assert times(tmp_path, BAD) == 2


def test_a_busy_event_loop_is_not_a_stuck_one(tmp_path: Path) -> None:
    """3 s of CPU time between two signs of life, in short callbacks."""
    answers = asked_with_others(tmp_path, device(BAD, tmp_path, "crowd"))
    assert answers[BAD]["status"] == "ok", answers[BAD]["error"]
    assert {times(tmp_path, f"good-{number}") for number in range(OTHERS)} == {1}


def test_a_driver_that_does_not_end_at_its_deadline_is_given_up(tmp_path: Path) -> None:
    devices = {"x": device("x", tmp_path, "hold_on"), "y": device("y", tmp_path, "answer")}
    answers = call_roll(devices, Limits(device_timeout=0.5))
    assert [answers[name]["status"] for name in devices] == ["timeout", "ok"]
    assert answers["x"]["error"]["kind"] == "device_timeout"
