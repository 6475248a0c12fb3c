# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last good answers: what becomes one, what is told of it, and that nothing wrong with them costs an answer."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import stat
from datetime import datetime
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils import _last_good
from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.rejections import rejection_in
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._roll import write_answer
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder, read_answer

DAYS = [f"2026-03-0{day}T02:00:00.000Z" for day in range(1, 8)]


def answer(day: int, status: str = "ok", **texts: str | None) -> dict[str, Any]:
    """An answer of one day; a command whose text is None failed."""
    output = {
        command.replace("_", " "): {
            "text": text or "",
            "status": "failed" if text is None else "ok",
            "since": None,
            "diff": "",
        }
        for command, text in texts.items()
    }
    return {"status": status, "platform": "frr", "finished_at": DAYS[day], "output": output}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Fleet:
    """A folder of runs: each call is a run of its own."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.problems: dict[str, list[str]] = {}

    def run(self, given: dict[str, Any], name: str = "r1") -> dict[str, Any]:
        last_good = LastGood(self.path, Changes())
        folder = RunFolder(str(self.path))
        try:
            compared, unwritten = write_answer(folder, name, given, last_good)
            assert unwritten is None
            self.problems = last_good.problems
            assert read_answer(folder.path, name) == compared
        finally:
            folder.close()
        return compared

    def state(self, name: str = "r1") -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.path / "last_good" / name / "state.json").read_text())
        return found

    def text(self, command: str, name: str = "r1") -> str:
        return (self.path / "last_good" / name / f"{command}.txt").read_text()


@pytest.fixture
def fleet(tmp_path: pathlib.Path) -> Fleet:
    return Fleet(tmp_path)


def test_an_answer_becomes_the_last_good_one(fleet: Fleet) -> None:
    first = fleet.run(answer(0, show_version="FRR 8\nuptime is 1 day\n"))
    assert (first["changed"], first["last_good_at"]) == ([], DAYS[0])
    assert first["output"]["show version"]["since"] == DAYS[0]
    assert first["output"]["show version"]["diff"] == ""

    same = fleet.run(answer(1, show_version="FRR 8\nuptime is 2 days\n"))
    assert (same["changed"], same["last_good_at"]) == ([], DAYS[1])
    assert same["output"]["show version"]["since"] == DAYS[0]
    assert fleet.text("show version") == "FRR 8\nuptime is 2 days\n"
    digests = [sha256("FRR 8\nuptime is 2 days\n"), sha256("FRR 8\nuptime is 1 day\n")]
    kept = {"file": "show version.txt", "since": DAYS[0], "at": DAYS[1], "sha256": digests}
    assert fleet.state() == {
        "name": "r1",
        "first_asked_at": DAYS[0],
        "last_good_at": DAYS[1],
        "commands": {"show version": kept},
    }

    other = fleet.run(answer(2, show_version="FRR 9\nuptime is 3 days\n"))
    assert other["changed"] == ["show version"]
    assert other["output"]["show version"]["since"] == DAYS[2]
    assert other["output"]["show version"]["diff"] == (
        f"--- {DAYS[1]}\n+++ {DAYS[2]}\n@@ -1,3 +1,3 @@\n-FRR 8\n+FRR 9\n uptime is 3 days\n \n"
    )
    assert fleet.run(answer(3, show_version="FRR 9\nuptime is 4 days\n"))["changed"] == []


def test_what_failed_leaves_the_last_good_answer_as_it_is(fleet: Fleet) -> None:
    fleet.run(answer(0, show_version="one", show_clock="two"))
    partial = fleet.run(answer(1, "partial", show_version="ONE", show_clock=None))
    assert (partial["changed"], partial["last_good_at"]) == (["show version"], DAYS[0])
    assert partial["output"]["show clock"]["since"] is None
    nothing = fleet.run(answer(2, "unreachable"))
    assert (nothing["changed"], nothing["last_good_at"]) == ([], DAYS[0])
    assert fleet.text("show clock") == "two"
    assert fleet.text("show version") == "ONE"
    kept = {"file": "show clock.txt", "since": DAYS[0], "at": DAYS[0], "sha256": [sha256("two")]}
    assert fleet.state()["commands"]["show clock"] == kept
    back = fleet.run(answer(3, show_version="ONE", show_clock="TWO"))
    assert (back["changed"], back["last_good_at"]) == (["show clock"], DAYS[3])


@pytest.mark.parametrize("rejection", ["% Invalid input detected at '^' marker.", "Command authorization failed."])
@pytest.mark.parametrize("before", [True, False], ids=["after a good answer", "first"])
def test_a_rejected_command_never_becomes_the_last_good_answer(before: bool, rejection: str, fleet: Fleet) -> None:
    """The driver gives a rejected command the status ``failed`` and keeps what the device said as its text."""
    assert rejection_in(rejection, "show version", ()) == rejection
    if before:
        fleet.run(answer(0, show_version="FRR 8\n"))
    rejected = answer(1, "partial", show_version=None, show_clock="10:00\n")
    rejected["output"]["show version"]["text"] = rejection
    compared = fleet.run(rejected)
    assert (compared["changed"], compared["output"]["show version"]["since"]) == ([], None)
    assert list(fleet.state()["commands"]) == (["show version", "show clock"] if before else ["show clock"])
    assert not before or fleet.text("show version") == "FRR 8\n"


def test_a_device_that_never_answered(fleet: Fleet) -> None:
    first = fleet.run(answer(0, "failed"))
    assert (first["changed"], first["last_good_at"]) == ([], None)
    fleet.run(answer(1, "failed"))
    assert fleet.state() == {"name": "r1", "first_asked_at": DAYS[0], "last_good_at": None, "commands": {}}


def test_the_clock_goes_back(fleet: Fleet) -> None:
    fleet.run(answer(5, show_version="one"))
    again = fleet.run(answer(1, show_version="one"))
    assert (again["changed"], again["last_good_at"]) == ([], DAYS[1])
    assert fleet.run(answer(0, show_version="two"))["changed"] == ["show version"]


@pytest.mark.parametrize("name", ["..", "a/b", ".x", "ä ö", "\udcff", "", "x" * 300])
def test_any_name_and_any_bytes(name: str, fleet: Fleet) -> None:
    text = "bytes \udcff\udcfe\nsecond\n"
    fleet.run(answer(0, show_version=text), name)
    assert fleet.run(answer(1, show_version=text), name)["changed"] == []
    changed = fleet.run(answer(2, show_version=text.replace("second", "\udcfd")), name)
    assert "+\udcfd\n" in changed["output"]["show version"]["diff"]
    assert fleet.problems == {}
    assert len(list((fleet.path / "last_good").iterdir())) == 1


def test_files_are_private_shared_and_leave_nothing_behind(fleet: Fleet) -> None:
    fleet.run(answer(0, show_version="one"))
    fleet.run(answer(1, show_version="one"))
    fleet.run(answer(2, show_version="two"))
    folder = fleet.path / "last_good" / "r1"
    assert sorted(path.name for path in folder.iterdir()) == ["show version.txt", "state.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    newest = max((fleet.path / "runs").iterdir(), key=lambda run: run.stat().st_mtime_ns)
    assert os.path.samefile(folder / "show version.txt", newest / "devices" / "r1" / "show version.txt")


def test_without_links_it_is_a_copy(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_how: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    fleet.run(answer(0, show_version="one"))
    fleet.run(answer(1, show_version="two"))
    assert fleet.text("show version") == "two"
    assert fleet.problems == {}
    assert (fleet.path / "last_good" / "r1" / "show version.txt").stat().st_mode & 0o777 == 0o600


DAMAGES = {
    "cut": "{",
    "empty": "",
    "a list": "[]",
    "a number": "7",
    "deep": "[" * 100_000,
    "no commands": '{"first_asked_at": null, "last_good_at": null}',
    "commands are a list": '{"first_asked_at": null, "last_good_at": null, "commands": []}',
    "a bad time": '{"first_asked_at": "yesterday", "last_good_at": null, "commands": {}}',
    "no zone": '{"first_asked_at": "2026-03-01T02:00:00", "last_good_at": null, "commands": {}}',
    "a time that is a number": '{"first_asked_at": 7, "last_good_at": null, "commands": {}}',
    "a path": json.dumps(
        {
            "first_asked_at": DAYS[0],
            "last_good_at": DAYS[0],
            "commands": {"show version": {"file": "../../x", "since": DAYS[0], "at": DAYS[0]}},
        }
    ),
    "no digests": json.dumps(
        {
            "first_asked_at": DAYS[0],
            "last_good_at": DAYS[0],
            "commands": {"show version": {"file": "show version.txt", "since": DAYS[0], "at": DAYS[0], "sha256": []}},
        }
    ),
    "not ASCII": "é",
}


@pytest.mark.parametrize("text", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_state_counts_as_none_and_heals(text: str, fleet: Fleet) -> None:
    fleet.run(answer(0, show_version="one"))
    (fleet.path / "last_good" / "r1" / "state.json").write_text(text)
    given = fleet.run(answer(1, show_version="two"))
    assert (given["changed"], given["last_good_at"]) == ([], DAYS[1])
    assert "cannot be read and is ignored" in str(fleet.problems["r1"])
    assert fleet.run(answer(2, show_version="three"))["changed"] == ["show version"]
    assert fleet.problems == {}


def test_a_text_that_is_gone_counts_as_none(fleet: Fleet) -> None:
    fleet.run(answer(0, show_version="one"))
    (fleet.path / "last_good" / "r1" / "show version.txt").unlink()
    assert fleet.run(answer(1, show_version="two"))["changed"] == []
    assert "is ignored" in str(fleet.problems["r1"])


def test_a_missing_state_is_reported_and_its_texts_are_not_compared(fleet: Fleet) -> None:
    fleet.run(answer(0, show_version="one"))
    (fleet.path / "last_good" / "r1" / "state.json").unlink()
    assert fleet.run(answer(1, show_version="two"))["changed"] == []
    assert "state.json is missing" in str(fleet.problems["r1"])
    assert fleet.run(answer(2, show_version="three"))["changed"] == ["show version"]
    assert fleet.problems == {}


@pytest.mark.parametrize("damage", [b"", b"on", b"One\n", b"one\n\0\0", b"one\nand more"])
@pytest.mark.parametrize("text", ["one\n", "two\n"])
def test_a_damaged_text_is_reported_and_never_compared(text: str, damage: bytes, fleet: Fleet) -> None:
    fleet.run(answer(0, show_version="one\n", show_clock="same"))
    path = fleet.path / "last_good" / "r1" / "show version.txt"
    path.unlink()  # the run keeps its text
    path.write_bytes(damage)
    given = fleet.run(answer(1, show_version=text, show_clock="same"))
    assert given["changed"] == []
    assert given["output"]["show version"]["since"] == (DAYS[0] if text == "one\n" else DAYS[1])
    assert given["output"]["show clock"]["since"] == DAYS[0]
    assert fleet.problems == {"r1": [f"{path} was damaged or changed by hand and is not compared"]}
    assert fleet.run(answer(2, show_version="three", show_clock="same"))["changed"] == ["show version"]
    assert fleet.problems == {}


@pytest.mark.parametrize("function", ["write_json", "_share"])
def test_a_full_disk_costs_no_answer(function: str, fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.run(answer(0, show_version="one"))

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(_last_good, function, full)
        assert fleet.run(answer(1, show_version="two"))["changed"] == ["show version"]
        assert "No space left on device" in str(fleet.problems["r1"])
    again = fleet.run(answer(2, show_version="two"))
    assert again["changed"] == ["show version"], "a change is told twice rather than never"
    assert fleet.problems == {}


def test_killed_between_state_and_text_a_change_is_told_again(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.run(answer(0, show_version="one"))

    class Killed(BaseException):
        pass

    def kill(*_arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(_last_good, "_share", kill)
        with pytest.raises(Killed):
            fleet.run(answer(1, show_version="two"))
    assert fleet.run(answer(2, show_version="two"))["changed"] == ["show version"]
    assert fleet.problems == {}


def test_a_resumed_run_makes_up_for_what_was_killed(fleet: Fleet) -> None:
    fleet.run(answer(0, show_version="one"))
    folder = RunFolder(str(fleet.path))
    last_good = LastGood(fleet.path, Changes())
    compared = last_good.compared("r1", answer(1, show_version="two"))
    folder.write("r1", compared)  # and here it was killed
    folder.close()
    last_good.catch_up("r1", read_answer(folder.path, "r1", slim=True), folder.folder_of("r1"))
    assert fleet.text("show version") == "two"
    assert fleet.state()["commands"]["show version"]["since"] == DAYS[1]
    fleet.run(answer(2, show_version="three"))
    last_good.catch_up("r1", compared, folder.folder_of("r1"))
    assert fleet.text("show version") == "three", "an older answer, which was taken over, changes nothing"


def test_a_bug_in_the_comparison_costs_no_answer(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.run(answer(0, show_version="one"))

    def fail(*_arguments: object) -> None:
        raise RuntimeError("a rule gone wild")

    with monkeypatch.context() as broken:
        broken.setattr(Changes, "between", fail)
        given = fleet.run(answer(1, show_version="two"))
        assert (given["changed"], given["last_good_at"]) == ([], None)
        assert "a rule gone wild" in str(fleet.problems["r1"])
    assert fleet.state()["last_good_at"] == DAYS[0]
    assert fleet.run(answer(2, show_version="two"))["changed"] == ["show version"]


def test_an_answer_that_is_none_is_written_all_the_same(fleet: Fleet) -> None:
    folder = RunFolder(str(fleet.path))
    last_good = LastGood(fleet.path, Changes())
    given, unwritten = write_answer(folder, "r1", {"status": "ok", "output": {"show it": {"text": "x"}}}, last_good)
    folder.close()
    assert unwritten is None
    assert given["changed"] == []
    assert "could not be compared: KeyError" in str(last_good.problems["r1"])
    assert read_answer(folder.path, "r1")["output"]["show it"]["text"] == "x"


def test_a_name_that_was_never_asked_has_no_time_of_its_own(fleet: Fleet) -> None:
    fleet.run(answer(0, "skipped") | {"finished_at": None})
    assert datetime.fromisoformat(fleet.state()["first_asked_at"]).tzinfo is not None
