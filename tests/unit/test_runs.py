# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which run to go on with, which was the last, which are pruned; and the lock around them."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._lock import locked
from ansible_collections.rollcall.network.plugins.module_utils._run import RunError, RunFolder
from ansible_collections.rollcall.network.plugins.module_utils._runs import (
    newest_first,
    prune,
    run_to_resume,
)

FLEET = ["r1", "r2", "r3"]


def made(top: pathlib.Path, name: str, state: str, *, hosts: list[str] | None = None, passed: bool = False) -> None:
    """A run on disk: running, finished, or killed before it wrote a manifest."""
    folder = top / "runs" / name
    (folder / "devices").mkdir(parents=True)
    (folder / "events.jsonl").write_text("")
    if state != "bare":
        said: dict[str, Any] = {"status": state, "hosts": FLEET if hosts is None else hosts}
        if state == "finished":
            said |= {"devices": {}, "verdict": {"passed": passed, "reasons": []}}
        (folder / "manifest.json").write_text(json.dumps(said))


@contextlib.contextmanager
def under_way(run: pathlib.Path) -> Iterator[None]:
    with open(run / "events.jsonl", "r+b") as events:
        fcntl.flock(events, fcntl.LOCK_EX)
        yield


def name_of(run: pathlib.Path | None) -> str | None:
    return run.name if run else None


# -- order -------------------------------------------------------------------------------------------------------------


def test_newest_first(tmp_path: pathlib.Path) -> None:
    names = [
        "2026-01-02T000000Z",
        "2026-01-02T000000Z-9",
        "2026-01-02T000000Z.2",
        "2026-01-02T000000Z.10",
        "2026-01-03T000000Z-a.b.1",
        "2025-12-31T235959Z-77",
    ]
    for name in names:
        made(tmp_path, name, "bare")
    for odd in ("2026-13-01T000000Z", "notes", ".2026-01-02T000000Z.pruned", "2026-01-02T000000Z_x"):
        made(tmp_path, odd, "bare")
    (tmp_path / "runs" / "2027-01-01T000000Z").mkdir()  # no devices: none of ours
    (tmp_path / "runs" / "2027-01-02T000000Z").write_text("")
    (tmp_path / "runs" / "2027-01-03T000000Z").symlink_to(tmp_path / "runs" / names[0])
    order = [names[4], names[3], names[2], names[1], names[0], names[5]]
    assert [run.name for run in newest_first(str(tmp_path))] == order
    assert newest_first(str(tmp_path / "nowhere")) == []


# -- resume and only ---------------------------------------------------------------------------------------------------

# Runs, oldest first: a day, what it is, whom it asked. And then: which is resumed.
CASES: dict[str, tuple[list[tuple[int, str, list[str]]], int | None]] = {
    "none": ([], None),
    "finished": ([(1, "finished", FLEET)], None),
    "killed": ([(1, "running", FLEET)], 1),
    "killed after a finished one": ([(1, "finished", FLEET), (2, "running", FLEET)], 2),
    "killed before a finished one": ([(1, "running", FLEET), (2, "finished", FLEET)], None),
    "killed, then a look at one device": ([(1, "running", FLEET), (2, "finished", ["r1"])], 1),
    "twice killed": ([(1, "running", FLEET), (2, "running", FLEET)], 2),
    "another slice is newer": ([(1, "running", FLEET), (2, "running", ["x1", "x2"])], 1),
    "it asked fewer": ([(1, "running", ["r2"])], 1),
    "it asked more: it would never be whole": ([(1, "running", [*FLEET, "r4"])], None),
    "it asked nobody": ([(1, "running", [])], None),
    "killed before its manifest": ([(1, "bare", FLEET)], None),
    "of before there was a status": ([(1, "old", FLEET)], None),
}


@pytest.mark.parametrize(("runs", "resumed"), CASES.values(), ids=CASES)
def test_which_run(runs: list[tuple[int, str, list[str]]], resumed: int | None, tmp_path: pathlib.Path) -> None:
    for day, state, hosts in runs:
        made(tmp_path, f"2026-01-0{day}T000000Z", "finished" if state == "old" else state, hosts=hosts)
        if state == "old":
            manifest = tmp_path / "runs" / f"2026-01-0{day}T000000Z" / "manifest.json"
            manifest.write_text(json.dumps({"devices": dict.fromkeys(hosts, "ok")}))
    expected = None if resumed is None else f"2026-01-0{resumed}T000000Z"
    assert name_of(run_to_resume(str(tmp_path), FLEET)) == expected


def test_a_run_under_way_is_left_alone(tmp_path: pathlib.Path) -> None:
    for day in (1, 2):
        made(tmp_path, f"2026-01-0{day}T000000Z", "running")
    with under_way(tmp_path / "runs" / "2026-01-02T000000Z"):
        assert name_of(run_to_resume(str(tmp_path), FLEET)) == "2026-01-01T000000Z"
        with pytest.raises(RunError, match="in progress in another process"):
            RunFolder(str(tmp_path), resume=tmp_path / "runs" / "2026-01-02T000000Z")


def test_a_run_without_a_manifest_is_known_by_its_answers(tmp_path: pathlib.Path) -> None:
    folder = RunFolder(str(tmp_path))
    folder.write("r2", {"status": "ok", "output": {}})
    folder.close()
    assert run_to_resume(str(tmp_path), FLEET) == folder.path
    (folder.path / "manifest.json").write_text("{")
    assert run_to_resume(str(tmp_path), FLEET) is None, "whom it asked cannot be known"


# -- keep --------------------------------------------------------------------------------------------------------------


def day(ago: float) -> str:
    return (datetime.now(UTC) - timedelta(days=ago)).strftime("%Y-%m-%dT%H%M%SZ")


@pytest.mark.parametrize(
    ("keep", "stay"),
    [
        ({"runs": 1, "days": None}, [0]),
        ({"runs": 3, "days": None}, [0, 1, 2]),
        ({"runs": 9, "days": None}, [0, 1, 2, 3, 4]),
        ({"runs": None, "days": 1.5}, [0, 1]),
        ({"runs": None, "days": 0.5}, [0]),
        ({"runs": 2, "days": 99.0}, [0, 1]),
        ({"runs": 4, "days": 2.5}, [0, 1, 2]),
    ],
    ids=str,
)
def test_prune(keep: dict[str, Any], stay: list[int], tmp_path: pathlib.Path) -> None:
    names = [day(ago) for ago in range(5)]
    for name in names:
        made(tmp_path, name, "finished")
    assert list(prune(str(tmp_path), tmp_path / "runs" / names[0], **keep)) == []
    assert sorted(os.listdir(tmp_path / "runs"), reverse=True) == [names[number] for number in stay]


def test_what_is_never_pruned(tmp_path: pathlib.Path) -> None:
    names = [day(ago) for ago in range(7)]
    for number, name in enumerate(names):
        made(tmp_path, name, "finished", passed=number in {3, 4})
    runs = tmp_path / "runs"
    made(tmp_path, "notes", "finished")
    (tmp_path / "latest").symlink_to(pathlib.Path("runs") / names[2])
    with under_way(runs / names[5]):
        assert list(prune(str(tmp_path), runs / names[1], runs=1, days=None)) == []
    kept = {
        "notes": "it is no run",
        names[0]: "is the newest",
        names[1]: "is our own",
        names[2]: "latest",
        names[3]: "passed",
        names[5]: "under way",
    }
    assert {path.name for path in runs.iterdir()} == set(kept)


def test_a_run_that_cannot_be_pruned_is_a_warning(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [day(ago) for ago in range(3)]
    for name in names:
        made(tmp_path, name, "finished")
    rename = pathlib.Path.rename

    def sometimes(self: pathlib.Path, target: Any) -> Any:
        if self.name == names[1]:
            raise OSError(errno.EACCES, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(pathlib.Path, "rename", sometimes)
    problems = list(prune(str(tmp_path), tmp_path / "runs" / names[0], runs=1, days=None))
    assert problems == [f"the old run {tmp_path / 'runs' / names[1]} could not be removed: Permission denied"]
    assert sorted(os.listdir(tmp_path / "runs")) == sorted(names[:2])


def test_half_pruned_runs_go_with_the_next(tmp_path: pathlib.Path) -> None:
    made(tmp_path, f".{day(1)}.pruned", "finished")
    made(tmp_path, day(0), "finished")
    assert list(prune(str(tmp_path), tmp_path / "runs" / day(0), runs=5, days=None)) == []
    assert len(os.listdir(tmp_path / "runs")) == 1


# -- the lock ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [(None, None), (None, "8"), ("7", None)], ids=str)
def test_one_run_at_a_time(first: str | None, second: str | None, tmp_path: pathlib.Path) -> None:
    job = r" \(AWX job 7\)" if first else ""
    words = rf"is in use by process {os.getpid()} on \S+{job} since \d{{4}}-\S+Z; wait for its end"
    with locked(str(tmp_path / "a" / "b"), first), pytest.raises(RunError, match=words):
        locked(str(tmp_path / "a" / "b"), second).__enter__()
    with locked(str(tmp_path / "a" / "b"), second):
        pass


def test_jobs_share(tmp_path: pathlib.Path) -> None:
    with locked(str(tmp_path), "7"), locked(str(tmp_path), "8"):
        about = json.loads((tmp_path / ".lock").read_text())
        assert list(about) == ["pid", "host", "since", "job"]
        assert about["job"] == "8"


def test_a_holder_of_whom_nothing_is_known(tmp_path: pathlib.Path) -> None:
    with open(tmp_path / ".lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(RunError, match="is in use by another process; wait"), locked(str(tmp_path)):
            pass


def test_the_lock_goes_with_its_holder_and_not_with_who_it_started(tmp_path: pathlib.Path) -> None:
    """The kernel lets go when it is killed, though a program that it started, such as a ProxyCommand, lives on."""
    text = f"""
import subprocess, sys, time
sys.path.insert(0, {str(pathlib.Path(__file__).parents[2] / "collections")!r})
from ansible_collections.rollcall.network.plugins.module_utils._lock import locked
with locked({str(tmp_path)!r}):
    child = subprocess.Popen(["sleep", "60"], close_fds=False)
    print(child.pid, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        child = int(holder.stdout.readline())
        try:
            with pytest.raises(RunError, match=f"in use by process {holder.pid} "), locked(str(tmp_path)):
                pass
            holder.kill()
            holder.wait()
            os.kill(child, 0)
            with locked(str(tmp_path)):
                pass
        finally:
            holder.kill()
            os.kill(child, 9)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOLCK, "cannot be locked: No locks available; its file system must support flock"),
        (errno.EOPNOTSUPP, "cannot be locked: Operation not supported"),
    ],
)
def test_no_locks(number: int, words: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_descriptor: int, _how: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", none)
    with pytest.raises(RunError, match=words), locked(str(tmp_path)):
        pass


def test_a_folder_that_cannot_be_made(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written to: Not a directory"), locked(str(tmp_path / "file" / "out")):
        pass
