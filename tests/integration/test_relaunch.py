# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of AWX that run next to each other or again: no answer of another night counts for this one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.test_slices import ASK, NAMES, ROOT, SLICES, job

# What AWX passes to a relaunched job: no workflow, but the variables that the job had.
RELAUNCHED: dict[str, Any] = {"awx_job_launch_type": "relaunch"}
ROLE = yaml.safe_load((ROOT / "roles" / "awx" / "vars" / "main.yml").read_text())
# What AWX passes if a user launches the workflow by hand and answers nothing.
EMPTY = {"rollcall_commands_for_all": "", "rollcall_only": "", "rollcall_resume": "false"}


def passed_on(workflow: int) -> dict[str, Any]:
    """The variables of a job of a workflow, which the first node of it set."""
    return {"rollcall_awx_workflow": workflow}


def collect(output_dir: Path, workflow: int, number: int, names: tuple[str, ...], **given: Any) -> str:
    """A slice, whose own workflow has a number after that of the workflow."""
    more = {"awx_workflow_job_id": workflow + 1, **passed_on(workflow), **ASK, **given}
    status, output = job("collect.yml", names, output_dir, number, **more)
    assert status == 0, output
    return output


def report(output_dir: Path, number: int, told: int | None = None, **given: Any) -> tuple[int, str]:
    """:param told: the job whose run the job before it passed on."""
    if told is not None:
        [run_dir] = output_dir.glob(f"runs/*-{told}")
        given["rollcall"] = {"run_dir": str(run_dir)}
    return job("report.yml", NAMES, output_dir, number, **given)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder after a night that passed."""
    output_dir = tmp_path_factory.mktemp("first") / "out"
    for place, names in enumerate(SLICES):
        collect(output_dir, 68, 70 + place, names)
    status, output = report(output_dir, 75, 72, awx_workflow_job_id=68, **passed_on(68))
    assert status == 0, output
    return output_dir


@pytest.fixture
def night(first: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first, tmp_path / "out", symlinks=True))


def test_the_second_job_reuses_only_answers_of_its_own_workflow(night: Path) -> None:
    """A device whose slice never ran has an answer of the night before. The survey's empty answers change nothing."""
    for place in (0, 2):
        collect(night, 168, 170 + place, SLICES[place])
    [node] = [each for each in ROLE["rollcall_awx_nodes"] if each["name"] == "again"]
    output = collect(night, 168, 174, NAMES, **{**node["data"], **EMPTY, "awx_workflow_job_id": 168})
    assert "reusing 4 full answers of 2 runs" in output
    status, output = report(night, 180, 174, awx_workflow_job_id=168, **passed_on(168))
    assert status == 0, output


def test_the_runs_of_a_workflow_at_the_same_time_do_not_count(night: Path) -> None:
    """Two pushes launch two workflows. Both have a number before any of their jobs has one."""
    for place, names in enumerate(SLICES):
        collect(night, 168, 171 + place, names, awx_workflow_job_id=170)
    for place, names in enumerate(SLICES[:2]):
        collect(night, 169, 181 + place, names, awx_workflow_job_id=180)
    status, output = report(night, 190, 182, awx_workflow_job_id=169, **passed_on(169))
    assert status == 2, output
    assert "4 of 6 devices answered in full" in output
    assert "2 skipped (resolve, no_slice)" in output
    assert report(night, 191, 173, awx_workflow_job_id=168, **passed_on(168))[0] == 0


def test_a_workflow_that_got_the_runs_of_an_earlier_one_reports_on_neither(night: Path) -> None:
    """Both are nodes of another workflow, and AWX passes the statistics of the first on to the jobs of the second."""
    page = next(night.glob("runs/*-72/reports/index.html"))
    before = page.read_text()
    for place, names in enumerate(SLICES[:2]):
        collect(night, 68, 171 + place, names, awx_workflow_job_id=169)
    status, output = report(night, 175, 72, awx_workflow_job_id=168, **passed_on(68))
    assert status == 2, output
    assert "An earlier workflow passed its runs (68) on to this workflow, 168" in output
    assert page.read_text() == before


def test_a_relaunched_slice_removes_no_device_from_the_fleet(tmp_path: Path) -> None:
    """It looks like a job of a fleet that lost half of its devices."""
    output_dir = tmp_path / "out"
    assert job("collect.yml", NAMES, output_dir, 70, **ASK)[0] == 0
    record = output_dir / "state" / "fleet.json"
    before = json.loads(record.read_text())
    status, output = job("collect.yml", NAMES[:3], output_dir, 71, **RELAUNCHED, **ASK)
    assert status == 0, output
    assert json.loads(record.read_text()) == before
    status, output = report(output_dir, 72)
    assert status == 2, output
    assert "3 skipped (resolve, no_slice)" in output


@pytest.mark.parametrize("given", [{}, passed_on(168)], ids=["without a number", "with the number"])
def test_a_relaunched_report_does_not_report_on_an_earlier_night(given: dict[str, Any], night: Path) -> None:
    """No slice ran, so the job before it passed on no run."""
    status, output = report(night, 176, **RELAUNCHED, **given)
    assert status == 2, output
    assert ("6 skipped (resolve, no_slice)" if given else "Launch the workflow again") in output


def test_a_relaunched_slice_completes_the_night(night: Path) -> None:
    for place in (0, 2):
        collect(night, 168, 170 + place, SLICES[place])
    assert report(night, 175, 170, awx_workflow_job_id=168, **passed_on(168))[0] == 2
    status, output = job("collect.yml", SLICES[1], night, 176, **RELAUNCHED, **passed_on(168), **ASK)
    assert status == 0, output
    status, output = report(night, 177, 170, **RELAUNCHED, **passed_on(168))
    assert status == 0, output
    assert "6 of 6 devices answered in full" in output
