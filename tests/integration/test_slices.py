# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a workflow of AWX whose slices did not all run: every device of the inventory is in it."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook
from tests.integration.openssh import wait_until
from tests.integration.run_tree import RunTree

ROOT = Path(__file__).resolve().parents[2]
SLICES = (("a1", "a2"), ("b1", "b2"), ("c1", "c2"))
NAMES = tuple(itertools.chain(*SLICES))
# As AWX numbers them: the workflow, the workflow of the slices, the slices, the report.
WORKFLOW, OF_SLICES, FIRST_SLICE, REPORT = 68, 69, 70, 75
ASK = {"rollcall_driver": "python", "rollcall_function": "os.path.basename"}


def inventory_of(names: Iterable[str], folder: Path) -> Path:
    file = folder / f"{'-'.join(names)}.json"
    groups = {
        site: {"hosts": {name: None for name in names if name[0] == site}} for site in {each[0] for each in names}
    }
    file.write_text(json.dumps({"all": {"hosts": dict.fromkeys(names), "children": groups}}))
    return file


def job(
    playbook: str, names: Iterable[str], output_dir: Path, number: int, *more: str, **given: Any
) -> tuple[int, str]:
    """Run a job as AWX does. Return its status and what it printed."""
    extra = {"awx_job_id": number, "rollcall_output_dir": str(output_dir), **given}
    inventory = inventory_of(list(names), output_dir.parent)
    done = run_playbook(ROOT / playbook, inventory, "-e", json.dumps(extra), *more)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder after three slices that all ran."""
    output_dir = tmp_path_factory.mktemp("night") / "out"
    for number, names in enumerate(SLICES):
        status, output = job(
            "collect.yml", names, output_dir, FIRST_SLICE + number, awx_workflow_job_id=OF_SLICES, **ASK
        )
        assert status == 0, output
    return output_dir


def never_ran(run: Path) -> None:
    shutil.rmtree(run)


def killed_before_the_manifest(run: Path) -> None:
    (run / "manifest.json").unlink()
    shutil.rmtree(run / "devices")
    (run / "devices").mkdir()


def killed_after(answers: int) -> Callable[[Path], None]:
    def damage(run: Path) -> None:
        manifest = json.loads((run / "manifest.json").read_text())
        begun = {key: manifest[key] for key in ("version", "workflow_job", "limit", "arguments", "hosts", "job")}
        manifest = {**begun, "status": "running", "started_at": manifest["started_at"], "finished_at": None}
        (run / "manifest.json").write_text(json.dumps(manifest))
        for folder in sorted((run / "devices").iterdir())[answers:]:
            shutil.rmtree(folder)

    return damage


def forget(names: set[str], output_dir: Path) -> None:
    """Remove the lines of answers that there never were from the state of the fleet."""
    state = output_dir / "state" / "devices.jsonl"
    lines = state.read_text().splitlines(keepends=True)
    state.write_text("".join(line for line in lines if json.loads(line)["name"] not in names))


ENDS = {
    "never ran": (never_ran, 2),
    "killed before the manifest": (killed_before_the_manifest, 2),
    "killed before an answer": (killed_after(0), 2),
    "killed after one answer": (killed_after(1), 1),
}
SUBSETS = [each for size in (1, 2, 3) for each in itertools.combinations(range(3), size)]
CASES = [(subset, "never ran") for subset in SUBSETS] + [
    (subset, end) for end in list(ENDS)[1:] for subset in ((1,), (0, 1, 2))
]


@pytest.mark.parametrize(("subset", "end"), CASES, ids=str)
def test_every_device_of_slices_that_did_not_run_is_in_the_report(
    subset: tuple[int, ...], end: str, night: Path, tmp_path: Path
) -> None:
    output_dir = tmp_path / "out"
    shutil.copytree(night, output_dir, symlinks=True)
    damage, lost = ENDS[end]
    runs = sorted((output_dir / "runs").iterdir())
    for number in subset:
        damage(runs[number])
    forget({name for number in subset for name in SLICES[number][2 - lost :]}, output_dir)
    left = [runs[number] for number in range(3) if number not in subset]
    told: Mapping[str, Any] = {"rollcall": {"run_dir": str(left[0])}} if left else {}
    dest = tmp_path / "fleet"
    given = {"rollcall_report_dir": str(dest), "rollcall_formats": ["html", "json"], **told}
    status, output = job("report.yml", NAMES, output_dir, REPORT, awx_workflow_job_id=WORKFLOW, **given)
    assert status == 2, output
    missing = lost * len(subset)
    assert f"{6 - missing} of 6 devices answered in full" in output
    assert f"{missing} of 6 devices failed, more than max_fail_percentage (0) allows" in output
    devices = json.loads((dest / "fleet.json").read_text())["devices"]
    assert devices.keys() == set(NAMES)
    for number, names in enumerate(SLICES):
        failed = [name for name in names if devices[name]["status"] != "ok"]
        assert len(failed) == (lost if number in subset else 0)
        for name in failed:
            kind = "no_slice" if end in ("never ran", "killed before the manifest") else "interrupted"
            assert (devices[name]["status"], devices[name]["kind"]) == ("skipped", kind)
            assert name in output.split("more than max_fail_percentage")[1]
            assert (dest / "devices" / f"{name}.html").exists()
    page = (output_dir / "reports" / "index.html").read_text()
    assert all(name in page for name in NAMES), "the page of the last answers of all devices"


def test_a_workflow_with_a_limit_misses_no_device_outside_of_it(night: Path, tmp_path: Path) -> None:
    output_dir = tmp_path / "out"
    for number, names in enumerate(SLICES[:2]):
        given = {"awx_workflow_job_id": OF_SLICES, **ASK}
        assert job("collect.yml", names, output_dir, FIRST_SLICE + number, "--limit", "a,b1,c1", **given)[0] == 0
    told = {"rollcall": {"run_dir": str(output_dir / "latest")}, "awx_workflow_job_id": WORKFLOW}
    status, output = job("report.yml", NAMES, output_dir, REPORT, **told)
    assert status == 2, output
    assert "3 of 4 devices answered in full" in output
    assert "1 skipped (resolve, no_slice)" in output


def test_a_slice_without_a_host_of_the_limit_is_not_missed(tmp_path: Path) -> None:
    """AWX splits the inventory first, and the limit of the workflow can leave out all hosts of a slice."""
    output_dir = tmp_path / "out"
    statuses = [
        job(
            "collect.yml", names, output_dir, FIRST_SLICE + place, "--limit", "a1", awx_workflow_job_id=OF_SLICES, **ASK
        )[0]
        for place, names in enumerate(SLICES)
    ]
    assert [status == 0 for status in statuses] == [True, False, False]
    told = {"rollcall": {"run_dir": str(output_dir / "latest")}, "awx_workflow_job_id": WORKFLOW}
    status, output = job("report.yml", NAMES, output_dir, REPORT, **told)
    assert status == 0, output
    assert "1 of 1 device answered in full" in output


def test_a_pattern_of_the_jobs_applies_to_their_report(tmp_path: Path) -> None:
    output_dir = tmp_path / "out"
    given = {"awx_workflow_job_id": OF_SLICES, "rollcall_hosts": ["a", "b:!b1"], **ASK}
    assert job("collect.yml", SLICES[0], output_dir, FIRST_SLICE, **given)[0] == 0
    [run] = (output_dir / "runs").iterdir()
    told = {"rollcall": {"run_dir": str(run)}, "awx_workflow_job_id": WORKFLOW}
    status, output = job("report.yml", NAMES, output_dir, REPORT, **told)
    assert status == 2, output
    assert "2 of 3 devices answered in full" in output
    assert "1 skipped (resolve, no_slice)" in output


def test_a_job_that_is_killed_while_it_asks_leaves_no_device_out(tmp_path: Path) -> None:
    output_dir, project = tmp_path / "out", tmp_path / "project"
    project.mkdir()
    (project / "stuck.py").write_text(
        "import time\n\ndef ask(name):\n    if name == 'b2':\n        time.sleep(600)\n    return name\n"
    )
    (project / "collect.yml").write_text(f"- import_playbook: {ROOT}/collect.yml\n")
    extra = {
        "awx_job_id": FIRST_SLICE,
        "awx_workflow_job_id": OF_SLICES,
        "rollcall_output_dir": str(output_dir),
        "rollcall_driver": "python",
        "rollcall_function": "stuck.ask",
    }
    program = str(Path(sys.executable).parent / "ansible-playbook")
    command = [program, str(project / "collect.yml"), "-i", str(inventory_of(SLICES[1], tmp_path))]
    environ = {**os.environ, "PYTHONPATH": str(project), "HOME": str(tmp_path)}
    with RunTree([*command, "-e", json.dumps(extra)], tmp_path, environ) as tree:
        wait_until(lambda: list(output_dir.glob("runs/*/devices/b1/result.json")) != [], "b1 answered", 60)
        tree.process.kill()
    status, output = job("report.yml", NAMES, output_dir, REPORT, awx_workflow_job_id=WORKFLOW)
    assert status == 2, output
    assert "1 of 6 devices answered in full" in output
    assert "4 skipped (resolve, no_slice)" in output
    [line] = [each for each in output.splitlines() if ", interrupted)" in each]
    assert line.endswith(": b2")


def test_the_runs_of_an_earlier_night_are_not_those_of_this_workflow(night: Path, tmp_path: Path) -> None:
    output_dir = tmp_path / "out"
    shutil.copytree(night, output_dir, symlinks=True)
    given = {"awx_workflow_job_id": WORKFLOW + 100}
    status, output = job("report.yml", NAMES, output_dir, REPORT + 100, **given)
    assert status == 2, output
    assert "0 of 6 devices answered in full" in output
    assert "6 skipped (resolve, no_slice)" in output


def test_devices_that_a_second_job_of_the_workflow_asked_are_not_missing(night: Path, tmp_path: Path) -> None:
    """A slice is lost, and a second node of the workflow asks again."""
    output_dir = tmp_path / "out"
    shutil.copytree(night, output_dir, symlinks=True)
    never_ran(sorted((output_dir / "runs").iterdir())[1])
    status, output = job("collect.yml", SLICES[1], output_dir, 73, awx_workflow_job_id=WORKFLOW, **ASK)
    assert status == 0, output
    told = {"rollcall": {"run_dir": str(max((output_dir / "runs").iterdir()))}, "awx_workflow_job_id": WORKFLOW}
    status, output = job("report.yml", NAMES, output_dir, REPORT, **told)
    assert status == 0, output
    assert "6 of 6 devices answered in full" in output


def test_a_report_by_hand_knows_the_names_from_the_run_alone(tmp_path: Path) -> None:
    """Today's inventory can have more devices than there were when the run was made."""
    output_dir = tmp_path / "out"
    assert job("collect.yml", SLICES[0], output_dir, 1, **ASK)[0] == 0
    status, output = job("report.yml", NAMES, output_dir, 2)
    assert status == 0, output
    assert "2 of 2 devices answered in full" in output
