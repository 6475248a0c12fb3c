# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole nights of the workflow of playbooks/awx.yml, with real jobs, to which the controller passes what AWX does."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook
from tests.integration.controller import TOKEN, Controller, Job, Run
from tests.integration.test_awx import ASKED_FOR, NEEDS_AWX, ROOT, awx
from tests.integration.test_signals import webhook

NAMES = ["r1", "r2", "r3", "r4", "r5", "r6"]
pytestmark = [NEEDS_AWX, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    """With a workflow of three slices, which asks once more."""
    tmp_path = tmp_path_factory.mktemp("made")
    variables = {
        **ASKED_FOR,
        "rollcall_awx_slices": 3,
        "rollcall_awx_again": True,
        "rollcall_awx_extra_vars": {"rollcall_driver": "python", "rollcall_function": "os.path.basename"},
    }
    with Controller() as server:
        server.hosts["1"] = NAMES
        login = {"CONTROLLER_HOST": server.url, "CONTROLLER_OAUTH_TOKEN": TOKEN}
        status, output = awx(tmp_path, login, variables)
        assert status == 0, output
        yield server


class Jobs:
    """Runs the jobs of nights that use one output folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.output: dict[int, str] = {}  # of each job
        self.environ = {"ANSIBLE_SHOW_CUSTOM_STATS": "1"}

    def run(self, job: Job) -> tuple[str, dict[str, Any]]:
        inventory = self._folder / f"{job.number}.json"
        inventory.write_text(json.dumps({"all": {"hosts": dict.fromkeys(job.hosts)}}))
        given = {**job.variables, "rollcall_output_dir": str(self._folder / "out")}
        done = run_playbook(ROOT / job.playbook, inventory, "-e", json.dumps(given), env=self.environ)
        self.output[job.number] = done.stdout + done.stderr
        found = re.search(r"^\tRUN: (\{.*\})$", done.stdout, re.MULTILINE)
        return "failed" if done.returncode else "successful", json.loads(found[1]) if found else {}

    def losing(self, hosts: Collection[str] = (), nodes: Collection[str] = ()) -> Run:
        """As ``run``, but the slice of these hosts and jobs of these nodes do not start."""

        def run(job: Job) -> tuple[str, dict[str, Any]]:
            lost = job.node in nodes or (job.node == "collect" and set(hosts) & set(job.hosts))
            return ("error", {}) if lost else self.run(job)

        return run


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path)


def test_a_slice_that_did_not_start_is_asked_by_the_second_job_or_missing(controller: Controller, jobs: Jobs) -> None:
    first = controller.night("Roll call", run=jobs.run)
    assert (first.status, first.asked, len(first.slices)) == ("successful", NAMES, 3)
    assert "6 of 6 devices answered in full" in jobs.output[first.jobs[-1].number]

    again = controller.night("Roll call", run=jobs.losing(["r2"]))
    assert (again.status, again.ran[-2:]) == ("successful", ["again", "report"])
    second = [jobs.output[job.number] for job in again.jobs if job.node == "again"]
    assert ["reusing 2 full answers" in output for output in second] == [True, False, True]

    lost = controller.night("Roll call", run=jobs.losing(["r2"], ["again"]))
    assert lost.status == "failed"
    output = jobs.output[lost.jobs[-1].number]
    assert "4 of 6 devices answered in full" in output
    assert "2 skipped (resolve, no_slice)" in output
    assert "allows: r2, r5" in output


@pytest.mark.parametrize("begins", [True, False], ids=["with its number", "without its number"])
def test_no_slice_and_a_relaunch(begins: bool, controller: Controller, jobs: Jobs) -> None:
    """Whatever is relaunched, an earlier night does not count; and what was relaunched counts."""
    assert controller.night("Roll call", run=jobs.run).status == "successful"
    lost = controller.night("Roll call", run=jobs.losing(NAMES, ["again"] if begins else ["again", "begin"]))
    assert lost.status == "failed"
    report = lost.jobs[-1]
    status, _stats = jobs.run(controller.relaunch(report))
    assert status == "failed", "it reported on the night before"
    for job in lost.slices:
        assert jobs.run(controller.relaunch(job))[0] == "successful"
    relaunched = controller.relaunch(report)
    status, _stats = jobs.run(relaunched)
    if begins:
        assert "6 of 6 devices answered in full" in jobs.output[relaunched.number]
        assert status == "successful", jobs.output[relaunched.number]
    else:
        assert status == "failed", "it does not know which runs are meant"


def test_two_workflows_that_were_launched_together(controller: Controller, jobs: Jobs) -> None:
    first, second = (controller.launch("Roll call") for _each in range(2))
    assert controller.night("Roll call", run=jobs.run, number=first).status == "successful"
    night = controller.night("Roll call", run=jobs.losing(["r1"], ["again"]), number=second)
    assert night.status == "failed"
    output = jobs.output[night.jobs[-1].number]
    assert "2 skipped (resolve, no_slice)" in output
    assert "allows: r1, r4" in output


def test_the_webhook_is_called_once_with_the_outcome_of_the_fleet(controller: Controller, jobs: Jobs) -> None:
    with webhook(200) as (url, told):
        for run in (jobs.run, jobs.losing(["r1"], ["again"]), jobs.losing(NAMES, ["again"])):
            controller.night("Roll call", {"rollcall_webhook_url": url}, run=run)
    assert [each["summary"]["ok"] for each in told] == [6, 4, 0]
    assert [each["summary"]["total"] for each in told] == [6, 6, 6]
    assert [each["verdict"]["passed"] for each in told] == [True, False, False]


def test_a_workflow_does_not_pass_if_a_job_did_not_for_another_reason_than_a_limit(
    controller: Controller, jobs: Jobs, tmp_path: Path
) -> None:
    """The limit allows one device that is silent for long. An answer that a later job got ends the alarm."""
    down = tmp_path / "down"
    (tmp_path / "silent.py").write_text(
        f"import os\n\ndef ask(name):\n    if name == 'r2' and os.path.exists({str(down)!r}):\n"
        "        raise TimeoutError\n    return name\n"
    )
    jobs.environ["PYTHONPATH"] = str(tmp_path)
    launch = {"rollcall_function": "silent.ask", "rollcall_max_fail_percentage": 50.0}

    def ended(silent: Collection[str], **more: Any) -> tuple[str, str]:
        def run(job: Job) -> tuple[str, dict[str, Any]]:
            if job.node in silent:
                down.touch()
            else:
                down.unlink(missing_ok=True)
            return jobs.run(job)

        night = controller.night("Roll call", {**launch, **more}, run=run)
        return night.status, jobs.output[night.jobs[-1].number]

    assert ended(["collect", "again"])[0] == "successful"
    status, output = ended(["collect", "again"], rollcall_stale_after=0.001)
    assert (status, "1 has no full answer for more than 0.001 s (stale_after): r2" in output) == ("failed", True), (
        output
    )
    status, output = ended(["collect"], rollcall_stale_after=0.001)
    assert (status, "6 of 6 devices answered in full" in output) == ("successful", True), output


def test_a_workflow_with_the_number_of_an_earlier_one(controller: Controller, jobs: Jobs) -> None:
    """AWX was installed again, or another AWX uses the same folder: the numbers begin again."""
    number = controller.launch("Roll call")
    assert controller.night("Roll call", run=jobs.run, number=number).status == "successful"
    night = controller.night("Roll call", run=jobs.losing(["r1"], ["again"]), number=number)
    assert night.status == "failed"
    assert "allows: r1, r4" in jobs.output[night.jobs[-1].number]


def test_variables_of_the_job_templates_count_if_nobody_answers_the_survey(controller: Controller, jobs: Jobs) -> None:
    collect = controller.one("job_templates", "Roll call: collect")
    before = collect["extra_vars"]
    try:
        collect["extra_vars"] = json.dumps({**json.loads(before), "rollcall_commands_for_all": ["show clock"]})
        night = controller.night("Roll call")
    finally:
        collect["extra_vars"] = before
    assert night.variables["collect"]["rollcall_commands_for_all"] == ["show clock"]
