# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A damaged file of a run folder, of last good answers or of the fleet state: only documented exceptions."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._engine.guard import Credential
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._merged import Merged, last_passed, slices_of
from ansible_collections.rollcall.network.plugins.module_utils._refused_logins import RefusedLogins
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._run import RunError, read_answer, run_names
from ansible_collections.rollcall.network.plugins.module_utils._runs import newest_first, prune, run_to_resume
from ansible_collections.rollcall.network.plugins.plugin_utils._api_folder import ApiFolder
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_report import fleet_of
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import fleet_row
from ansible_collections.rollcall.network.plugins.plugin_utils._prometheus import prometheus
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed, verdict_of
from ansible_collections.rollcall.network.plugins.plugin_utils.roll import call_roll, make_device
from tests.unit.fuzzing import damages, few

NAMES = ("r1", "r2", "r3")
COMMANDS = ("show version", "show clock")


def devices() -> dict[str, Device | Error]:
    function: dict[str, Any] = {"driver": "python", "function": "tests.unit.test_fuzz_run_folders.answer"}
    found: dict[str, Device | Error] = {name: make_device(name, **function) for name in NAMES[:2]}
    return {**found, NAMES[2]: Error("resolve", "variable", "no such variable")}


def answer(name: str) -> dict[str, str]:
    return {"name": name}


def answered(name: str, number: int) -> dict[str, Any]:
    """An answer as a run with a command line has it."""
    outputs = {
        command: {
            "text": f"{command} {number}\n",
            "status": "ok",
            "error": None,
            "rows": [{"A": "1"}] if number % 2 else None,
            "rows_status": "ok" if number % 2 else None,
            "seconds": 0.5,
            "diff": "",
            "since": None,
        }
        for command in COMMANDS
    }
    at = f"2026-01-0{number}T00:00:00.000000Z"
    return {
        "status": "ok",
        "error": None,
        "value": None,
        "output": outputs,
        "attempts": 1,
        "started_at": at,
        "finished_at": at,
        "seconds": {"connect": 0.1, "command": 0.4},
        "driver": "cli",
        "host": "192.0.2.1",
        "port": 22,
        "platform": "cisco_iosxe",
        "changed": [],
        "last_good_at": None,
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with two finished runs and one that was killed."""
    top = tmp_path_factory.mktemp("whole")
    for number in (1, 2, 3):
        asked = devices()
        with contextlib.closing(ApiFolder(top, asked, {"stale_after": 5.0})) as folder:
            keep = folder.keep
            last_good, run = keep._last_good, keep._folder
            assert last_good is not None
            assert run.fleet is not None
            answers: dict[str, Any] = {}
            for name in NAMES[: 3 if number < 3 else 1]:
                made = answered(name, number)
                compared = last_good.compared(name, made)
                run.write(name, compared, sent=())
                last_good.keep(name, compared, run.folder_of(name))
                run.fleet.note(run, name, compared)
                answers[name] = compared
            keep.close()
            if number < 3:
                folder.finish(answers)
    refused = RefusedLogins(top)
    refused.note(Credential("ops", "a variable"), True)
    assert len(list((top / "runs").iterdir())) == 3
    assert refused.read()
    return top


FILES = (
    "state/devices.jsonl",
    "state/fleet.json",
    "state/refused_logins.json",
    "last_good/r1/state.json",
    "last_good/r1/*.txt",
    "runs/0/manifest.json",
    "runs/1/manifest.json",
    "runs/2/manifest.json",
    "runs/1/fleet.json",
    "runs/1/events.jsonl",
    "runs/2/events.jsonl",
    "runs/1/devices/r1/result.json",
    "runs/2/devices/r1/result.json",
    "runs/1/devices/r1/*.txt",
)


def found(top: Path, file: str) -> Path | None:
    parts = file.split("/")
    if parts[0] == "runs":
        runs = sorted(path for path in (top / "runs").iterdir() if not path.name.startswith("."))
        return next(iter(sorted(runs[int(parts[1])].glob("/".join(parts[2:])))), None)
    return next(iter(sorted(top.glob(file))), None)


def read_everything(top: Path) -> None:
    """What later runs and reports read. Each part may raise what its documentation says."""
    runs = newest_first(str(top))
    for run in runs:
        with contextlib.suppress(RunError):
            for name in run_names(run):
                for slim in (False, True):
                    with contextlib.suppress(RunError):
                        shown(name, read_answer(run, name, slim=slim))
    for names in (NAMES, NAMES[:1], ("other",)):
        run_to_resume(str(top), names)
    with contextlib.suppress(RunError):
        merged = Merged([str(run) for run in runs])
        for name in merged.names:
            with contextlib.suppress(RunError):
                shown(name, merged.read(name))
                merged.commands_of(name)
    for run in runs:
        with contextlib.suppress(RunError):
            slices_of(str(run))
    last_passed([str(run) for run in runs])
    for opens in (False, True):
        for run in runs:
            with contextlib.suppress(RunError):
                report = fleet_of([str(run)], None, NAMES, {}, opens=opens)
                if report is not None:
                    rows = [shown(name, entry.shown()) for name, entry in report.entries.items()]
                    prometheus(rows, report.facts(), "title")
                    if opens:
                        verdict = verdict_of(dict.fromkeys(NAMES, "ok"), Allowed(fleet=0))
                        report.close(NAMES, [str(run)], verdict, {}, run / "reports")
    last_good = LastGood(top, Changes(None))
    for name in {*last_good.names(), "r1"}:
        compared = last_good.compared(name, answered(name, 4))
        list(last_good.texts(name))
        last_good.catch_up(name, compared, top / "nowhere")
    RefusedLogins(top).read()
    RefusedLogins(top).note(Credential("ops", "x"), True)


def shown(name: str, read: dict[str, Any]) -> Any:
    return fleet_row(name, read)


def next_run(top: Path) -> None:
    """Another run in the same folder, and the removal of old ones."""
    # ValueError is for a newer format, or a folder that cannot be used.
    with contextlib.suppress(ValueError), contextlib.closing(ApiFolder(top, devices(), {})) as folder:
        folder.keep.close()
        folder.finish({name: {"status": "ok", "changed": [], **answered(name, 5)} for name in NAMES})
        list(prune(str(top), folder.keep._folder.path, runs=1, days=1.0, fleet=NAMES))


def check(whole: Path, file: str, damage: Callable[[bytes], bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder, "top")
        shutil.copytree(whole, top, symlinks=True)
        path = found(top, file)
        assert path is not None, file
        before = path.read_bytes()
        path.chmod(0o600)
        path.unlink()  # it can be shared with other folders
        path.write_bytes(damage(before))
        read_everything(top)
        next_run(top)
        read_everything(top)


def test_whole_files_are_read(whole: Path) -> None:
    for file in FILES:
        check(whole, file, lambda content: content)
    assert len(run_names(newest_first(str(whole))[0])) == 3


@pytest.mark.parametrize("file", FILES)
@few(4)
@given(damage=damages())
def test_a_damaged_file_of_a_run_raises_only_what_is_documented(
    file: str, whole: Path, damage: Callable[[bytes], bytes]
) -> None:
    check(whole, file, damage)


@few(2)
@given(damage=damages(), file=st.sampled_from(FILES))
def test_a_run_in_a_damaged_folder_has_its_answers(file: str, whole: Path, damage: Callable[[bytes], bytes]) -> None:
    """The whole way of a run, with a function instead of devices."""
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder, "top")
        shutil.copytree(whole, top, symlinks=True)
        path = found(top, file)
        assert path is not None
        content = damage(path.read_bytes())
        path.unlink()
        path.write_bytes(content)
        try:
            answers = call_roll(devices(), output_dir=top)
        except ValueError:  # of a newer format, or it cannot be written to
            return
        assert [each["status"] for each in answers.values()] == ["ok", "ok", "failed"], answers
