# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet state: which answer counts, which runs are of the whole fleet, what is recorded, and wrong clocks."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils import _clock, _state
from ansible_collections.rollcall.network.plugins.module_utils._clock import is_future, past
from ansible_collections.rollcall.network.plugins.module_utils._fleet import (
    Fleet,
    Record,
    Scope,
    close_fleet,
    is_stale,
    leaves_out,
    left_line,
    open_state,
    read_record,
    scope_of,
)
from ansible_collections.rollcall.network.plugins.module_utils._result import iso
from ansible_collections.rollcall.network.plugins.module_utils._roll import write_answer
from ansible_collections.rollcall.network.plugins.module_utils._run import NewerFormat, RunError, RunFolder
from ansible_collections.rollcall.network.plugins.module_utils._runs import newest_first, prune, run_to_resume
from ansible_collections.rollcall.network.plugins.module_utils._some import some
from ansible_collections.rollcall.network.plugins.module_utils._state import State
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import fleet_row

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    """The time of each test: this module may have been imported long before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[__name__], "NOW", datetime.now(UTC))
        yield


def at(minutes: float) -> str:
    """A time, in minutes from now."""
    return iso(NOW + timedelta(minutes=minutes))


def answer(status: str = "ok", minutes: float | None = -60, **more: Any) -> dict[str, Any]:
    finished = None if minutes is None else at(minutes)
    return {
        "status": status,
        "error": None,
        "finished_at": finished,
        "seconds": {},
        "output": {},
        "value": None,
        **more,
    }


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State(tmp_path)
    made.make()
    return made


# -- which answer counts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "status", "good"),
    [
        ([("ok", -60)], "ok", -60),
        ([("failed", -60)], "failed", None),
        ([("ok", -60), ("failed", -30)], "failed", -60),
        ([("failed", -30), ("ok", -60)], "failed", -60),
        ([("ok", -60), ("ok", -90)], "ok", -60),
        ([("failed", -60), ("ok", -60)], "ok", -60),
        ([("ok", -60), ("failed", -60)], "failed", -60),
        ([("ok", -60), ("skipped", None)], "skipped", -60),
        ([("ok", -90), ("failed", -60), ("timeout", -30)], "timeout", -90),
    ],
    ids=str,
)
def test_which_answer_is_the_last(
    answers: list[tuple[str, float | None]], status: str, good: float | None, state: State
) -> None:
    for number, (each, minutes) in enumerate(answers):
        state.note("r1", answer(each, minutes), state.top / "runs" / str(number))
    for _read in range(2):
        entry = state.entries()["r1"]
        assert (entry.answer["status"], entry.last_good_at) == (status, None if good is None else at(good))
        state.rewrite()
    assert len(state.journal.read_text().splitlines()) == 1
    assert state.problems == {}


def test_a_clock_that_is_ahead_does_not_date_an_answer_in_the_future(state: State) -> None:
    """Such as the clock of a poller."""
    state.note("r1", answer("failed", 600), None)
    assert not is_future(state.entries()["r1"].at)


def test_a_recorded_answer_from_the_future_is_replaced_by_every_answer(state: State) -> None:
    state.note("r1", answer("ok", -60), None)
    ahead = state.journal.read_text().replace(at(-60), at(9999))
    state.journal.write_text(ahead)
    entry = state.entries()["r1"]
    assert (entry.known_good_at, entry.shown()["last_good_at"]) == (None, None)
    state.note("r1", answer("failed", -90), None)
    entry = state.entries()["r1"]
    assert (entry.answer["status"], entry.at, entry.known_good_at, entry.first_asked_at) == (
        "failed",
        at(-90),
        None,
        at(-90),
    )


def test_the_run_of_the_last_good_answer_stays_when_the_next_ones_fail(state: State) -> None:
    state.note("r1", answer("ok", -90), state.top / "runs" / "1")
    for minutes in (-60, -30):
        state.note("r1", answer("failed", minutes, last_good_at=at(-90)), state.top / "runs" / "2")
        assert state.rewrite()["r1"].last_good_run == "runs/1"


def record_at(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    """Let the clock be wrong for this many minutes."""
    for module in (_clock, _state):
        monkeypatch.setattr(module, "now_text", lambda: at(minutes))

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return NOW + timedelta(minutes=minutes)

    monkeypatch.setattr(_clock, "datetime", Clock)


def test_an_answer_of_a_clock_that_was_behind_stays_the_last_when_the_clock_is_right(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.note("r1", answer("ok", -60), state.top / "runs" / "1")
    state.note("r2", answer("ok", -60), state.top / "runs" / "1")
    record_at(monkeypatch, -3000)
    state.note("r1", answer("failed", -3001), state.top / "runs" / "2")
    with state.alone():
        state.leave(["r2"])
    monkeypatch.undo()
    for _read in range(2):
        entries = state.entries()
        assert list(entries) == ["r1"]
        assert (entries["r1"].answer["status"], entries["r1"].at) == ("failed", at(-3001))
        assert (entries["r1"].last_good_at, entries["r1"].last_good_run) == (at(-60), "runs/1")
        state.rewrite()


def test_a_clock_that_is_behind_does_not_remove_the_last_good_answer(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.note("r1", answer("ok", -90), state.top / "runs" / "1")
    state.note("r1", answer("failed", -60), state.top / "runs" / "2")
    record_at(monkeypatch, -3000)
    assert state.rewrite()["r1"].known_good_at is None
    monkeypatch.undo()
    entry = state.entries()["r1"]
    assert (entry.known_good_at, entry.last_good_run) == (at(-90), "runs/1")


@pytest.mark.parametrize(
    ("finished", "good", "shown"), [(-60, -60, -60), (-60, -30, -30), (-60, None, -60), (60, None, None)]
)
def test_the_metric_of_the_last_good_answer_is_that_of_the_state(
    finished: float, good: float | None, shown: float | None
) -> None:
    row = fleet_row("r1", answer("ok", finished, last_good_at=None if good is None else at(good)))
    expected = 0 if shown is None else datetime.fromisoformat(at(shown)).timestamp()
    assert row.last_good == expected


@pytest.mark.parametrize(
    ("minutes", "future"), [(-1, False), (0, False), (4, False), (6, True), (60 * 24 * 3650, True), (None, False)]
)
def test_what_is_in_the_future(minutes: float | None, future: bool) -> None:
    moment = None if minutes is None else at(minutes)
    assert is_future(moment) is future
    assert past(moment) == (None if future else moment)
    assert not is_future("no time")


def test_devices_that_left_and_return(state: State) -> None:
    for name in ("r1", "r2"):
        state.note(name, answer(), None)
    state.leave(["r1"])
    assert list(state.entries()) == ["r2"]
    state.note("r1", answer("failed", 0), None)
    assert list(state.rewrite()) == ["r1", "r2"]


@pytest.mark.parametrize(
    "text",
    [b"{", b"\xff\xfe\n", b"[]\n", b"{}\n", b'{"format": 1, "name": "r3"}\n', b"\n\n", b'"' * 90 + b"\n"],
    ids=repr,
)
def test_a_torn_or_damaged_line_costs_nothing_else(text: bytes, state: State) -> None:
    state.note("r1", answer(), None)
    with state.journal.open("ab") as file:
        file.write(text)
    assert list(state.entries()) == ["r1"]
    state.note("r2", answer(), None)
    assert list(state.entries()) == ["r1", "r2"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seconds", {"connect": None}),
        ("seconds", 5),
        ("changed", 3),
        ("error", []),
        ("attempts", "x"),
        ("started_at", 1),
    ],
)
def test_a_line_with_a_value_of_another_type_is_damaged(key: str, value: Any, state: State) -> None:
    state.note("r1", answer(), None)
    line = json.loads(state.journal.read_bytes())
    line["answer"][key] = value
    with state.journal.open("a") as file:
        file.write(json.dumps({**line, "name": "r2"}) + "\n")
    assert list(state.entries()) == ["r1"]
    assert state.damaged == 1


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {collections!r})
from ansible_collections.rollcall.network.plugins.module_utils._state import State
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import fleet_row
state = State(Path({top!r}))
answer = {{"status": "ok", "finished_at": None, "output": {{}}, "platform": "x" * 3000}}
for number in range({count}):
    state.note(f"{{sys.argv[1]}}-{{number}}", answer, None)
    if number % 10 == 0:
        state.rewrite()
"""


def test_writers_and_readers_at_once_lose_nothing(state: State) -> None:
    text = WRITER.format(collections=str(Path(__file__).parents[2] / "collections"), top=str(state.top), count=60)
    writers = [subprocess.Popen([sys.executable, "-c", text, str(number)]) for number in range(3)]
    seen = 0
    while any(writer.poll() is None for writer in writers):
        found = len(state.entries())
        assert (state.damaged, found >= seen) == (0, True)
        seen = found
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert len(state.entries()) == 180


def test_only_the_owner_can_read_it(state: State) -> None:
    state.note("r1", answer(), None)
    state.rewrite()
    modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in (state.path, *state.path.iterdir())}
    assert modes == {"state": "0o700", "devices.jsonl": "0o600", ".lock": "0o600"}


@pytest.mark.parametrize("planted", ["state", "state/devices.jsonl", "state/.lock"])
def test_a_planted_link_is_not_followed(planted: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    top = tmp_path / "out"
    (top / planted).parent.mkdir(parents=True)
    if planted == "state":
        elsewhere.mkdir()
    else:
        elsewhere.write_text("x")
    (top / planted).symlink_to(elsewhere)
    with pytest.raises(RunError, match="link"):
        open_state(top)
    assert list(elsewhere.iterdir()) == [] if planted == "state" else elsewhere.read_text() == "x"


def test_an_answer_that_cannot_be_recorded_is_a_problem_and_not_half_written(state: State) -> None:
    state.note("r1", answer(), None)
    before = state.journal.read_bytes()
    code = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from ansible_collections.rollcall.network.plugins.module_utils._state import State
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import fleet_row
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
state = State(Path(sys.argv[2]))
state.note("r2", {"status": "ok", "output": {}}, None)
print(state.problems["r2"])
"""
    given = [str(Path(__file__).parents[2] / "collections"), str(state.top), str(len(before) + 20)]
    done = subprocess.run([sys.executable, "-c", code, *given], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("it cannot be written: ")
    assert state.journal.read_bytes() == before


# -- which runs are of the whole fleet ---------------------------------------------------------------------------------

KNOWN = ["r1", "r2", "r3", "r4"]


@pytest.mark.parametrize(
    ("names", "inventory", "recorded", "limited", "part", "leaving"),
    [
        (KNOWN, KNOWN, True, False, None, []),
        ([*KNOWN, "r5"], [*KNOWN, "r5"], True, False, None, []),
        (KNOWN, KNOWN, True, True, None, []),
        (KNOWN, KNOWN, False, True, "is limited or may be a slice", []),
        (["r1"], KNOWN, True, True, "does not ask 3 of the 4 devices of the fleet: r2, r3, r4", []),
        (["r1"], KNOWN, True, False, "does not ask 3 of the 4", []),
        (["r1", "r2"], ["r1", "r2", "r3"], True, False, "does not ask 1 of the 4 devices of the fleet: r3", []),
        (["r1", "r2", "r3"], ["r1", "r2", "r3"], True, False, None, ["r4"]),
        (["r1", "r2"], ["r1", "r2"], True, False, None, ["r3", "r4"]),
        (["r1"], ["r1"], True, False, "3 of the 4 devices of the fleet are neither asked nor in this inventory", []),
        (["x1", "x2"], ["x1", "x2"], True, False, "4 of the 4 devices", []),
        (["r1", "r2", "r3"], None, True, False, "does not ask 1 of the 4", []),
        ([], [], True, False, "it asked no device", []),
    ],
)
def test_which_runs_are_of_the_whole_fleet(
    names: list[str],
    inventory: list[str] | None,
    recorded: bool,
    limited: bool,
    part: str | None,
    leaving: list[str],
) -> None:
    scope = scope_of(names, KNOWN, recorded=recorded, inventory=inventory, limited=limited)
    assert scope.part is None if part is None else part in str(scope.part)
    assert sorted(scope.leaving) == leaving
    assert scope.warn is ("neither asked nor in this inventory" in str(scope.part))


def test_the_first_run_is_of_the_whole_fleet() -> None:
    assert scope_of(["r1"], [], recorded=False, inventory=["r1", "r2"], limited=False) == Scope()


@pytest.mark.parametrize(
    ("members", "known", "names", "part", "leaving"),
    [
        (KNOWN, [*KNOWN, "x1", "x2", "x3", "x4"], ["x1", "x2", "x3", "x4"], "4 of the 4 devices of the fleet", []),
        (KNOWN, [*KNOWN, "x1", "x2", "x3", "x4", "x5"], ["x1", "x2", "x3", "x4", "x5", "r1"], "3 of the 4", []),
        (KNOWN, [*KNOWN, "x1", "x2"], KNOWN, None, ["x1", "x2"]),
        (KNOWN, [*KNOWN, "x1", "x2"], ["r1", "r2"], None, ["r3", "r4", "x1", "x2"]),
        ([*KNOWN, "removed by hand"], KNOWN, ["r1", "r2"], None, ["r3", "r4"]),
        ([], ["tried"], KNOWN, None, ["tried"]),
    ],
)
def test_another_inventory_never_becomes_the_fleet(
    members: list[str], known: list[str], names: list[str], part: str | None, leaving: list[str]
) -> None:
    """However often it is used: its devices are in the state after the first time."""
    scope = scope_of(names, known, recorded=bool(members), inventory=names, limited=False, members=members)
    assert scope.part is None if part is None else part in str(scope.part)
    assert sorted(scope.leaving) == leaving


@pytest.mark.parametrize(
    ("leaving", "line"),
    [
        ([], None),
        (["r1"], "1 device is not in the inventory any more and left the fleet: r1; "),
        ([f"r{n}" for n in range(7)], "7 devices are not in the inventory any more and left the fleet: r0, r1, r2, r3"),
    ],
)
def test_devices_that_leave_are_named(leaving: list[str], line: str | None) -> None:
    said = left_line(leaving)
    assert said == line if line is None else str(said).startswith(line)


# -- the record --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closings", "run", "success"),
    [
        ([("1", -60, True)], "1", -60),
        ([("1", -60, False)], "1", None),
        ([("1", -60, True), ("2", -30, False)], "2", -60),
        ([("1", -60, True), ("2", -30, True)], "2", -30),
        ([("2", -30, True), ("1", -60, True)], "2", -30),
        ([("1", -60, True), ("2", -30, True), ("2", -30, False)], "2", -60),
        ([("1", -60, True), ("2", -30, False), ("2", -30, True)], "2", -30),
        ([("1", 9999, True), ("2", -30, False)], "2", None),
        ([("1", 9999, True), ("2", -30, True)], "2", -30),
    ],
    ids=str,
)
def test_the_last_success(
    closings: list[tuple[str, float, bool]], run: str, success: float | None, state: State
) -> None:
    for name, minutes, passed in closings:
        close_fleet(
            state,
            names=KNOWN,
            runs=[f"runs/{name}", f"runs/{name}b"],
            started_at=None,
            finished_at=at(minutes),
            passed=passed,
            reasons=[],
            stale_after=None,
        )
    record = read_record(state.top)
    assert record is not None
    assert (record.runs[0], past(record.last_success_at)) == (f"runs/{run}", None if success is None else at(success))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1, "run": null}'])
def test_a_damaged_record_is_made_from_the_runs(text: str, state: State) -> None:
    made(state.top, -2, KNOWN, passed=True)
    made(state.top, -1, KNOWN, passed=False)
    (state.path / "fleet.json").write_text(text)
    record = open_state(state.top)[2]
    assert record is not None
    assert (record.passed, record.last_success_at) == (False, at(-2 * 24 * 60))
    assert read_record(state.top) == record


@pytest.mark.parametrize(("part", "key"), [("run", "runs"), ("last_success", "runs"), ("run", "reasons")])
def test_a_record_with_values_of_another_type_is_damaged(part: str, key: str, state: State) -> None:
    made(state.top, -1, KNOWN, passed=True)
    open_state(state.top)  # makes the record from the runs
    file = state.path / "fleet.json"
    data = json.loads(file.read_text())
    data[part][key] = [None]
    file.write_text(json.dumps(data))
    assert read_record(state.top) is None
    assert open_state(state.top)[2] is not None


@pytest.mark.parametrize(
    ("success", "before", "counts"), [(6, None, None), (6, -60, -60), (9999, 9999, None), (-60, 9999, -60), (4, -60, 4)]
)
def test_a_success_from_the_future_never_counts_later(
    success: float, before: float | None, counts: float | None, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that sees it removes it, and says so."""
    record = Record(["runs/1"], at(success), at(success), passed=True, names=KNOWN, last_success_at=at(success))
    record.success_before_at = None if before is None else at(before)
    (state.path / "fleet.json").write_text(json.dumps(record.as_dict()))
    opened = open_state(state.top)
    for ahead in (0, 20_000):
        record_at(monkeypatch, ahead)
        for each in (opened[2], read_record(state.top)):
            assert each is not None
            assert past(each.last_success_at) == (None if counts is None else at(counts))
            assert (each.finished_at is None) is (success > 5)
    assert len(opened[0].said) == (success > 5)
    assert all(f"is dated {at(success)} and does not count" in line for line in opened[0].said)


def test_the_record_is_written_last(state: State) -> None:
    """What cannot be written otherwise must not leave a record of a run that passed."""
    (state.path / "fleet.json").write_text(json.dumps(Record(["runs/1"], None, at(-60), passed=False).as_dict()))
    before = read_record(state.top)
    (state.top / "latest").mkdir()
    (state.top / "latest" / "x").touch()
    with pytest.raises(IsADirectoryError):
        closed(state, ["runs/2"])
    assert read_record(state.top) == before


def closed(state: State, runs: list[str], names: list[str] = KNOWN, minutes: float = -30, **more: Any) -> None:
    """Record runs of the whole fleet."""
    given = {"started_at": at(minutes), "finished_at": at(minutes), "passed": True, "reasons": [], "stale_after": None}
    close_fleet(state, names=names, runs=runs, **{**given, **more})


def test_latest_leads_to_the_newest_slice(state: State) -> None:
    first, second = (made(state.top, days, names, part="slice") for days, names in ((-2, KNOWN[:2]), (-1, KNOWN[2:])))
    for runs in ([first.name], [second.name, first.name]):
        closed(state, [f"runs/{run}" for run in runs])
        assert (state.top / "latest").resolve().name == runs[0]
    closed(state, ["pollers/p1/runs/1", f"runs/{first.name}"], minutes=-20)
    assert (state.top / "latest").resolve().name == second.name, "runs of pollers are not in this folder"


@pytest.mark.parametrize("leads", ["nowhere", "to a run that is gone"])
def test_latest_leads_to_the_recorded_run_again(leads: str, state: State) -> None:
    """Else the next run of a part would take it."""
    run = made(state.top, -1, KNOWN)
    closed(state, [f"runs/{run.name}"])
    (state.top / "latest").unlink()
    if leads != "nowhere":
        (state.top / "latest").symlink_to("runs/gone")
    open_state(state.top)
    assert (state.top / "latest").resolve() == run.resolve()


def poller_runs(top: Path, days: float, names: list[str]) -> list[str]:
    """The runs of two pollers, as paths below the output folder."""
    found = []
    for poller, part in (("p1", names[:2]), ("p2", names[2:])):
        run = made(top / "pollers" / poller, days, part, part="it is the run of a poller")
        found.append(str(run.relative_to(top)))
    return found


def slices(top: Path, days: float, names: list[str]) -> list[str]:
    found = []
    for place, part in enumerate((names[:2], names[2:])):
        run = made(top, days + place / 1e4, part, part="it is limited or can be a slice")
        found.append(str(run.relative_to(top)))
    return found


@pytest.mark.parametrize("runs_of", [poller_runs, slices])
@pytest.mark.parametrize("damaged", ["devices.jsonl", "fleet.json", "both"])
def test_what_left_does_not_return_and_the_record_is_made_again(
    damaged: str, runs_of: Callable[[Path, float, list[str]], list[str]], state: State
) -> None:
    for days, names in ((-3.0, [*KNOWN, "left"]), (-2.0, KNOWN)):
        closed(state, runs_of(state.top, days, names), names, minutes=days * 24 * 60)
    added = made(state.top, -1, ["hand"], part="it is limited")
    for name in KNOWN:
        state.note(name, answer("ok", -2 * 24 * 60), None)
    state.note("hand", answer("ok", -24 * 60), added)
    record = read_record(state.top)
    if damaged != "fleet.json":
        state.journal.write_text("damaged\n")
    if damaged != "devices.jsonl":
        (state.path / "fleet.json").write_text('{"format": 1, "ru')
    opened, entries, again = open_state(state.top)
    assert list(entries) == ["hand", *KNOWN]
    assert (again, read_record(state.top)) == (record, record)
    assert len(opened.said) == (2 if damaged == "both" else 1)
    assert all("damaged" in line for line in opened.said)
    if damaged != "fleet.json":
        names = sorted(["hand", *KNOWN])
        assert opened.restored == names
        assert any(line.endswith(f"again from the runs: {some(names)}") for line in opened.said)
    assert open_state(state.top)[0].said == []


def test_a_killed_run_of_an_old_poller_brings_nothing_back(state: State) -> None:
    """That poller has no newer run, so its last one is looked at each time."""
    run = made(state.top / "pollers" / "p9", -3, ["left", "r1"])
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps({**manifest, "status": "running"}))
    assert list(open_state(state.top)[1]) == ["left", "r1"]
    with state.alone():
        state.leave(["left"])
    closed(state, poller_runs(state.top, -2, KNOWN), minutes=-2 * 24 * 60)
    assert "left" not in open_state(state.top)[1]


@pytest.mark.parametrize("place", ["devices.jsonl", ".lock", "fleet.json"])
def test_a_folder_in_place_of_a_file_of_the_state_is_moved_aside(place: str, state: State) -> None:
    run = made(state.top, -2, KNOWN)
    for name in KNOWN:
        state.note(name, answer("ok", -2 * 24 * 60), run)
    closed(state, [f"runs/{run.name}"], minutes=-2 * 24 * 60)
    record = read_record(state.top)
    (state.path / place).unlink()
    (state.path / place).mkdir()
    (state.path / place / "x").touch()
    opened, entries, again = open_state(state.top)
    assert (list(entries), again) == (KNOWN, record)
    assert any(f"{place} was a folder and is now {place}.damaged" in line for line in opened.said)
    assert (state.path / f"{place}.damaged" / "x").exists()
    assert open_state(state.top)[0].said == []


def made(top: Path, days: float, names: list[str], *, passed: bool = True, part: str | None = None) -> Path:
    """A finished run with answers, that many days from now."""
    folder = RunFolder(str(top))
    for name in names:
        folder.write(name, answer("ok", days * 24 * 60))
    folder.close()
    path = folder.path.rename(folder.path.with_name((NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H%M%SZ")))
    manifest = {"version": 1, "status": "finished", "part": part, "hosts": names, "finished_at": at(days * 24 * 60)}
    (path / "manifest.json").write_text(json.dumps({**manifest, "verdict": {"passed": passed, "reasons": []}}))
    return path


def test_a_damaged_state_is_completed_from_the_runs_since_the_last_whole_one(state: State) -> None:
    made(state.top, -4, [*KNOWN, "left"])
    made(state.top, -2, KNOWN)
    made(state.top, -1, ["r1", "hand"], part="limited")
    state.note("r2", answer("failed", -10), None)
    state.journal.write_bytes(b"damaged\n" + state.journal.read_bytes())
    entries = open_state(state.top)[1]
    assert list(entries) == ["hand", *KNOWN]
    assert entries["r1"].at == at(-24 * 60)
    assert entries["r2"].answer["status"] == "failed"


def damage_half_a_line(state: State) -> None:
    state.journal.write_bytes(state.journal.read_bytes()[:-60])


def damage_time(state: State) -> None:
    state.journal.write_text(re.sub(r'"at": "(\d{4})-\d\d', r'"at": "\1-71', state.journal.read_text(), count=1))


def damage_type(state: State) -> None:
    state.journal.write_text(state.journal.read_text().replace('"error": null', '"error": "text"', 1))


def damage_nothing_left(state: State) -> None:
    state.journal.write_text("")
    (state.path / "fleet.json").write_text("")


def damage_removed(state: State) -> None:
    state.journal.unlink()
    (state.path / "fleet.json").unlink()


def damage_record(state: State) -> None:
    text = (state.path / "fleet.json").read_text()
    (state.path / "fleet.json").write_text(re.sub(r'"finished_at": "(\d{4})-\d\d', r'"finished_at": "\1-71', text))


@pytest.mark.parametrize(
    "damage",
    [damage_half_a_line, damage_time, damage_type, damage_nothing_left, damage_removed, damage_record],
)
def test_no_damage_makes_a_limited_run_one_of_the_whole_fleet(damage: Callable[[State], None], state: State) -> None:
    run = made(state.top, -2, KNOWN)
    for name in KNOWN:
        state.note(name, answer("ok", -2 * 24 * 60), run)
    close_fleet(
        state,
        names=KNOWN,
        runs=[f"runs/{run.name}"],
        started_at=None,
        finished_at=at(-2 * 24 * 60),
        passed=True,
        reasons=[],
        stale_after=None,
    )
    damage(state)
    _state, entries, record = open_state(state.top)
    assert list(entries) == KNOWN
    assert {entry.at for entry in entries.values()} == {at(-2 * 24 * 60)}
    assert {entry.answer["error"] for entry in entries.values()} == {None}
    assert record is not None
    assert record.finished_at == at(-2 * 24 * 60)
    scope = scope_of(KNOWN[:1], entries, recorded=True, inventory=KNOWN, limited=True)
    assert scope.part is not None


@pytest.mark.parametrize(
    ("limit", "leaves"), [(None, False), ("", False), ("all", False), ("*", False), ("edge", True), ("all:!edge", True)]
)
def test_a_limit_to_all_is_none(limit: str | None, leaves: bool) -> None:
    assert leaves_out(limit) is leaves


def test_a_limited_run_is_a_part_if_no_device_is_known() -> None:
    assert scope_of(["r1"], [], recorded=True, inventory=KNOWN, limited=True).part is not None


def test_answers_of_a_killed_run_are_added_when_the_next_begins(state: State) -> None:
    made(state.top, -2, KNOWN)
    folder = RunFolder(str(state.top))
    folder.begin({"hosts": KNOWN, "started_at": at(-30)})
    folder.fleet = Fleet(state, Scope())
    write_answer(folder, "r1", answer("failed", -30))
    folder.write("r2", answer("failed", -30))  # killed before it was recorded
    assert list(open_state(state.top)[1]) == ["r1"], "a run in progress is left alone"
    folder.close()
    entries = open_state(state.top)[1]
    assert {name: each.answer["status"] for name, each in entries.items()} == {"r1": "failed", "r2": "failed"}
    lines = state.journal.read_text()
    open_state(state.top)
    assert state.journal.read_text() == lines, "once"


@pytest.mark.parametrize(
    ("good", "first", "stale"), [(-10, -999, False), (-70, -999, True), (None, -10, False), (None, -70, True)]
)
def test_stale(good: float | None, first: float, stale: bool, state: State) -> None:
    state.note("r1", answer("ok" if good else "failed", first), None)
    state.note("r1", answer("ok" if good else "failed", good or first), None)
    state.note("r1", answer("failed", 0), None)
    assert is_stale(state.entries()["r1"], 3600, time.time()) is stale
    fleet = Fleet(state, Scope())
    assert fleet.stale(["r1", "never heard of"], 3600, time.time()) == (["r1"] if stale else [])


# -- keep and the clock ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("runs", "keep", "stay"),
    [
        # Three runs of one device remove runs of this device only.
        ([(-9, KNOWN), (-8, KNOWN), (-3, ["r1"]), (-2, ["r1"]), (-1, ["r1"])], {"runs": 2}, [-9, -8, -2, -1]),
        ([(-9, KNOWN), (-8, KNOWN), (-7, KNOWN), (-1, ["r1"])], {"runs": 2}, [-8, -7, -1]),
        ([(-9, ["r1", "r2"]), (-8, ["r3", "r4"]), (-7, ["r1", "r2"]), (-6, ["r3", "r4"])], {"runs": 1}, [-7, -6]),
        # A device that has left the fleet keeps no run.
        ([(-9, [*KNOWN, "left"]), (-8, KNOWN), (-7, KNOWN)], {"runs": 2}, [-8, -7]),
        ([(-9, ["left"]), (-8, KNOWN), (-7, KNOWN)], {"runs": 2}, [-8, -7]),
        ([(-9, KNOWN), (-3, KNOWN), (-1, ["r1"])], {"days": 5.0}, [-3, -1]),
        # A run from the future is older than all others.
        ([(400, KNOWN), (-2, KNOWN), (-1, KNOWN)], {"runs": 2}, [-2, -1]),
        ([(400, KNOWN), (-2, KNOWN), (-1, KNOWN)], {"runs": 3}, [-2, -1, 400]),
    ],
)
def test_keep_counts_runs_for_each_device(
    runs: list[tuple[float, list[str]]], keep: dict[str, Any], stay: list[float], tmp_path: Path
) -> None:
    paths = {days: made(tmp_path, days, names, passed=False) for days, names in runs}
    own = next(path for path in newest_first(str(tmp_path)))
    limits = {"runs": None, "days": None, **keep}
    assert list(prune(str(tmp_path), own, **limits, fleet=KNOWN)) == []
    assert sorted(days for days, path in paths.items() if path.exists()) == sorted(stay)


def test_what_is_protected_or_newer_is_not_removed(tmp_path: Path) -> None:
    old, newer, own = (made(tmp_path, days, KNOWN, passed=False) for days in (-3, -2, -1))
    manifest = newer / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"version": 1', '"version": 2'))
    assert list(prune(str(tmp_path), own, runs=1, days=None, protected=[old.name])) == []
    assert old.exists()
    assert newer.exists()


def test_the_pass_of_a_part_protects_nothing(tmp_path: Path) -> None:
    part, _night, own = (
        made(tmp_path, -3, ["r1"], part="limited"),
        made(tmp_path, -2, KNOWN, passed=False),
        made(tmp_path, -1, KNOWN, passed=False),
    )
    assert list(prune(str(tmp_path), own, runs=1, days=None)) == []
    assert not part.exists()


def test_days_of_a_run_from_the_future_count_from_when_it_was_found(tmp_path: Path) -> None:
    future, own = made(tmp_path, 400, KNOWN, passed=False), made(tmp_path, -1, KNOWN, passed=False)
    ahead = (NOW + timedelta(days=400)).timestamp()
    os.utime(future, (ahead, ahead))
    for _time in range(2):
        assert list(prune(str(tmp_path), own, runs=None, days=5)) == []
        assert future.lstat().st_mtime <= time.time()
    long_ago = time.time() - 6 * 86400
    os.utime(future, (long_ago, long_ago))
    assert list(prune(str(tmp_path), own, runs=None, days=5)) == []
    assert (future.exists(), own.exists()) == (False, True)


def test_a_run_from_the_future_is_not_resumed(tmp_path: Path) -> None:
    run = made(tmp_path, 400, KNOWN)
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps({**manifest, "status": "running"}))
    assert run_to_resume(str(tmp_path), KNOWN) is None


@pytest.mark.parametrize("where", ["record", "line", "manifest"])
def test_a_newer_version_is_refused(where: str, state: State) -> None:
    run = made(state.top, -1, KNOWN)
    state.note("r1", answer(), None)
    if where == "record":
        (state.path / "fleet.json").write_text('{"format": 2}')
    elif where == "line":
        state.journal.write_text(state.journal.read_text().replace('"format": 1', '"format": 2'))
    else:
        (run / "manifest.json").write_text('{"version": 2, "hosts": []}')
    with pytest.raises(NewerFormat, match=r"newer version of rollcall\.network \(format 2; this version reads up to 1"):
        open_state(state.top)
