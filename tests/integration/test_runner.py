# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as AWX runs them: ``ansible-runner transmit | worker | process``, the worker in what is a container to it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.container import KEPT, PROGRAMS, RUNNER, Container, Memory, missing, started
from tests.integration.openssh import kill, wait_until
from tests.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
PROJECT = RUNNER / "project"
JOB = 7
BROKEN = ("ams-core1", "fra-edge1", "waw-leaf1")
# What is no part of a project for AWX, or large.
LEFT_OUT = {"tests", "docs", "rollcall"}
# Far above what any of them needs, on a machine that is busy too.
WORKER_SECONDS = 280
CONTAINER_BYTES = 300_000_000
# The grace that AWX gives a job to end.
GRACE_SECONDS = 5


@pytest.fixture(scope="module", autouse=True)
def container_here() -> None:
    if reason := missing():
        pytest.skip(reason)


@pytest.fixture(scope="module")
def stuck() -> Iterator[Lab]:
    """A lab in which one device never answers."""
    with Lab(devices=24, healthy=True, faults={"waw-leaf1": "hang_command"}) as lab:
        yield lab


def private_data(
    folder: Path, inventory: str, variables: Mapping[str, Any], settings: Mapping[str, Any] | None = None
) -> Path:
    """A private data directory as AWX makes one: this checkout as the project, inventory, variables, settings."""

    def left_out(parent: str, names: list[str]) -> list[str]:
        return [name for name in names if Path(parent) == ROOT and (name.startswith(".") or name in LEFT_OUT)]

    shutil.copytree(ROOT, folder / "project", symlinks=True, ignore=left_out)
    for name in ("inventory", "env"):
        (folder / name).mkdir()
    (folder / "inventory" / "hosts.yml").write_text(inventory)
    given = {"awx_job_id": JOB, "rollcall_output_dir": str(KEPT), **variables}
    (folder / "env" / "extravars").write_text(json.dumps(given))
    (folder / "env" / "settings").write_text(json.dumps(settings or {}))
    return folder


def of_lab(folder: Path, lab: Lab, settings: Mapping[str, Any] | None = None, **variables: Any) -> Path:
    """As ``private_data``, for the devices of a lab."""
    known_hosts = {"rollcall_known_hosts": str(PROJECT / "known_hosts")}
    folder = private_data(folder, lab.inventory.read_text(), known_hosts | variables, settings)
    shutil.copy(lab.known_hosts, folder / "project" / "known_hosts")
    return folder


class Pipeline:
    """One job on its way: what was sent to the worker, and what came back of it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.kept = folder / "kept"
        self._sent, self._came, self._end = folder / "sent", folder / "came", folder / "end"

    def transmit(self, data: Path, *options: str) -> None:
        with self._sent.open("wb") as sent:
            command = [*runner("transmit"), str(data), "--playbook", "collect.yml", *options]
            subprocess.run(command, stdout=sent, check=True, timeout=30)

    def worker(self) -> Any:
        """The worker, running in a container: a context."""
        command = [*runner("worker"), "--private-data-dir", str(RUNNER)]
        return started(self.kept, *command, stdin=self._sent.open("rb"), stdout=self._came.open("wb"))

    def process(self) -> Ended:
        """What the controller makes of the worker's output."""
        with self._came.open("rb") as came:
            command = [*runner("process"), str(self._end), "--ident", str(JOB)]
            done = subprocess.run(command, stdin=came, capture_output=True, text=True, timeout=30, check=False)
        return Ended(self._end / "artifacts" / str(JOB), done.stdout + done.stderr)


class Ended:
    """A job as its controller knows it in the end."""

    def __init__(self, artifacts: Path, output: str) -> None:
        self.output = output
        status = artifacts / "status"
        # Without one, the worker's output broke off: the controller can only tell that the job is lost.
        self.status = status.read_text() if status.exists() else "lost"
        files = (artifacts / "job_events").glob("*.json")
        self.events = sorted((json.loads(file.read_text()) for file in files), key=lambda event: event["counter"])

    def kinds(self) -> list[str]:
        return [event["event"] for event in self.events]

    def failed_hosts(self) -> set[str]:
        """The hosts that AWX shows as failed, and asks again with "Relaunch on failed hosts"."""
        stats = self.events[-1]["event_data"]
        return {*stats["failures"], *stats["dark"]}

    def failed_events(self) -> list[str]:
        """The host of each event that failed."""
        kinds = ("runner_on_failed", "runner_on_unreachable")
        return sorted(each["event_data"]["host"] for each in self.events if each["event"] in kinds)


def runner(command: str) -> list[str]:
    return [str(PROGRAMS / "ansible-runner"), command]


def run(pipeline: Pipeline, data: Path, *options: str) -> tuple[Ended, Memory]:
    pipeline.transmit(data, *options)
    with pipeline.worker() as container, Memory(container) as memory:
        container.process.wait(WORKER_SECONDS)
        wait_until(lambda: not container.processes(), "nothing is left of the job", timeout=5)
    return pipeline.process(), memory


def finished(kept: Path) -> set[str]:
    """The devices whose answer is on disk, each of which is whole."""
    names = set()
    # A folder that begins with a dot is on its way to be one.
    for file in kept.glob("runs/*/devices/[!.]*/result.json"):
        answer = json.loads(file.read_text())
        assert all((file.parent / output["file"]).exists() for output in answer["output"].values()), file
        names.add(answer["name"])
    return names


def test_a_job_without_rights_on_a_read_only_system(tmp_path: Path) -> None:
    with Lab(devices=500, healthy=True, light=True) as lab:
        pipeline = Pipeline(tmp_path)
        ended, memory = run(pipeline, of_lab(tmp_path / "data", lab))
        names = set(lab.devices)
    assert ended.status == "successful", ended.output
    assert ended.events[-1]["event"] == "playbook_on_stats"
    assert [event["counter"] for event in ended.events] == list(range(1, len(ended.events) + 1)), "an event is missing"
    assert "500 of 500 devices answered in full" in ended.output
    assert finished(pipeline.kept) == names
    assert f"-{JOB}" in (pipeline.kept / "latest").readlink().name
    assert memory.samples > 10
    assert memory.peak < CONTAINER_BYTES


def test_a_verdict_is_the_status_of_the_job(stuck: Lab, tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path)
    ended, _memory = run(pipeline, of_lab(tmp_path / "data", stuck, rollcall_device_timeout=10))
    assert ended.status == "failed", ended.output
    assert "23 of 24 devices answered in full" in ended.output
    assert ended.events[-1]["event"] == "playbook_on_stats"


@pytest.fixture(scope="module")
def broken() -> Iterator[Lab]:
    """A lab of 24 devices, the first one healthy, of which 3 reject a command."""
    with Lab(devices=24, healthy=True, faults=dict.fromkeys(BROKEN, "reject")) as lab:
        yield lab


def test_exactly_the_failed_devices_are_failed_hosts_and_are_asked_by_a_relaunch(broken: Lab, tmp_path: Path) -> None:
    first = Pipeline(tmp_path / "first")
    ended, _memory = run(first, of_lab(tmp_path / "data", broken))
    failed = set(BROKEN)
    assert next(iter(broken.devices)) not in failed
    assert ended.status == "failed", ended.output
    assert ended.failed_hosts() == failed
    assert ended.failed_events() == sorted(failed)
    assert "21 of 24 devices answered in full" in ended.output

    again = Pipeline(tmp_path / "again")
    relaunched, _memory = run(again, of_lab(tmp_path / "more", broken), "--limit", ",".join(sorted(failed)))
    assert relaunched.status == "failed", relaunched.output
    assert relaunched.failed_hosts() == failed
    assert finished(again.kept) == failed, "others were asked"


@pytest.mark.parametrize("most", [2, 0])
def test_the_number_of_failed_hosts_has_a_limit_that_is_said(most: int, broken: Lab, tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path)
    ended, _memory = run(pipeline, of_lab(tmp_path / "data", broken, rollcall_awx_most_red_hosts=most))
    assert ended.status == "failed", ended.output
    said = "1 more of the 3 failed devices are not shown as failed hosts, because rollcall_awx_most_red_hosts is 2"
    assert (said in ended.output) == (most > 0)
    assert ended.failed_hosts() == set(ended.failed_events())
    if most:
        assert len(ended.failed_hosts()) == most
        assert ended.failed_hosts() < set(BROKEN)
    else:
        assert ended.failed_hosts() == {"localhost"}


def test_failures_that_the_verdict_allows_fail_no_host(broken: Lab, tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path)
    ended, _memory = run(pipeline, of_lab(tmp_path / "data", broken, rollcall_max_fail_percentage=20))
    assert ended.status == "successful", ended.output
    assert ended.failed_hosts() == set()
    assert ended.failed_events() == []
    assert len(ended.events) < 50


def test_no_device_is_a_failed_host_if_none_was_asked(broken: Lab, tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path)
    ended, _memory = run(pipeline, of_lab(tmp_path / "data", broken, rollcall_keeep=3))
    assert ended.status == "failed", ended.output
    assert ended.failed_hosts() == {"localhost"}
    assert "rollcall_keeep" in ended.output


@pytest.mark.parametrize("verbosity", ["-v", "-vvv"])
def test_no_verbosity_costs_an_event_for_each_device(verbosity: str, tmp_path: Path) -> None:
    inventory = json.dumps({"all": {"hosts": {"host[001:600]": None}}})
    variables = {"rollcall_driver": "python", "rollcall_function": "odd.answer", "rollcall_awx_most_red_hosts": 1}
    data = private_data(tmp_path / "data", inventory, variables)
    code = "def answer(name):\n    return 1 // (int(name[-1]) % 2)\n"
    (data / "project" / "odd.py").write_text(code)
    (data / "env" / "envvars").write_text(json.dumps({"PYTHONPATH": str(PROJECT)}))
    (data / "env" / "cmdline").write_text(verbosity)
    ended, _memory = run(Pipeline(tmp_path), data)
    assert "300 of 600 devices answered in full" in ended.output
    lines = [event for event in ended.events if event["event"] == "verbose" and "> failed after" in event["stdout"]]
    assert 0 < len(lines) <= 100
    assert not [event for event in ended.events if "> ok after" in event["stdout"]]
    assert "more devices have no full answer: see events.jsonl in the run folder" in ended.output
    assert len(ended.events) < 100 + 150, ended.kinds()


def cancel(container: Container) -> None:
    """As AWX does it: it asks, and after a grace it does not."""
    container.process.terminate()
    try:
        container.process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        container.process.kill()


def destroy(container: Container) -> None:
    """As Kubernetes does it, to a pod that it wants to be rid of, and as the kernel does it when memory is short."""
    kill(container.processes())


def wait(container: Container) -> None:
    """The job's own timeout will come."""


@pytest.mark.parametrize(
    ("end", "settings", "status"),
    [
        pytest.param(cancel, {}, "canceled", id="cancelled"),
        pytest.param(wait, {"job_timeout": 25}, "timeout", id="job timeout"),
        pytest.param(destroy, {}, "lost", id="container killed"),
    ],
)
def test_nothing_outlives_a_job_and_no_answer_is_lost(
    end: Callable[[Container], None], settings: dict[str, int], status: str, stuck: Lab, tmp_path: Path
) -> None:
    pipeline = Pipeline(tmp_path)
    answered = set(stuck.devices) - {"waw-leaf1"}
    pipeline.transmit(of_lab(tmp_path / "data", stuck, settings, rollcall_device_timeout=300))
    with pipeline.worker() as container:
        wait_until(lambda: finished(pipeline.kept) == answered, "all but one have answered", timeout=20)
        assert len(container.processes()) >= 3, "ansible-runner, ansible-playbook and the task's process"
        end(container)
        container.process.wait(WORKER_SECONDS)
        wait_until(lambda: not container.processes(), "no process is left", timeout=10)
    assert pipeline.process().status == status
    assert finished(pipeline.kept) == answered


@pytest.mark.timeout(600)  # a minute, most of it spent by ansible-playbook on hosts that have nothing to do
def test_ten_thousand_hosts_are_less_than_a_hundred_events(tmp_path: Path) -> None:
    inventory = json.dumps({"all": {"hosts": {"host[00001:10000]": None}}})
    variables = {"rollcall_driver": "python", "rollcall_function": "instant.answer"}
    data = private_data(tmp_path / "data", inventory, variables)
    (data / "project" / "instant.py").write_text("def answer(name):\n    return len(name)\n")
    (data / "env" / "envvars").write_text(json.dumps({"PYTHONPATH": str(PROJECT)}))
    pipeline = Pipeline(tmp_path)
    ended, memory = run(pipeline, data)
    assert ended.status == "successful", ended.output
    assert "10000 of 10000 devices answered in full" in ended.output
    assert len(ended.events) < 100, ended.kinds()
    assert memory.peak < CONTAINER_BYTES
