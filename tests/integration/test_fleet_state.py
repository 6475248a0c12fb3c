# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the fleet over several runs of the shipped playbooks: of all devices, a part, slices and pollers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
DEVICE = """
import pathlib
HERE = pathlib.Path(__file__).parent
def ask(name):
    with open(HERE / "asked.txt", "a") as file:
        file.write(f"{name}\\n")
    if (HERE / f"{name}.down").exists():
        raise RuntimeError(f"{name} is down")
    return {"name": name}
"""
NAMES = ["r1", "r2", "r3", "r4"]
SUCCESS, PASSED = "run_last_success_timestamp_seconds", "run_passed"


@dataclass(frozen=True)
class Fleet:
    """A folder with an inventory, a function that answers as files beside it tell, and the output folder ``out``."""

    folder: Path

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def has(self, *names: str, pollers: dict[str, list[str]] | None = None) -> Fleet:
        """Write the inventory."""
        hosts: dict[str, Any] = {
            name: {"rollcall_driver": "python", "rollcall_function": "state_dev.ask"} for name in names
        }
        of = {
            name: {"ansible_connection": "local", "rollcall_devices": devices, "ansible_python_interpreter": "python3"}
            for name, devices in (pollers or {}).items()
        }
        groups = {"routers": {"hosts": hosts}, "pollers": {"hosts": of}}
        (self.folder / "hosts.yml").write_text(json.dumps({"all": {"children": groups}}))
        return self

    def down(self, *names: str) -> Fleet:
        for file in self.folder.glob("*.down"):
            file.unlink()
        for name in names:
            (self.folder / f"{name}.down").write_text("")
        return self

    def run(
        self, *extra: str, playbook: str = "collect.yml", ends: int | None = 0, **variables: Any
    ) -> subprocess.CompletedProcess[str]:
        given = {
            "rollcall_output_dir": str(self.out),
            "rollcall_metrics_file": str(self.folder / "m.prom"),
            **variables,
        }
        (self.folder / "asked.txt").unlink(missing_ok=True)
        given["rollcall_formats"] = ["md", "html", "limit"]
        environ = {"PYTHONPATH": str(self.folder)}
        arguments = ["-e", json.dumps(given), *extra]
        done = run_playbook(PLAYBOOKS / playbook, self.folder / "hosts.yml", *arguments, env=environ)
        assert ends is None or done.returncode == ends, done.stdout + done.stderr
        return done

    def asked(self) -> list[str]:
        file = self.folder / "asked.txt"
        return sorted(file.read_text().split()) if file.exists() else []

    def metrics(self) -> dict[str, float]:
        text = (self.folder / "m.prom").read_text()
        found = re.findall(r'^rollcall_(\w+)\{(?:(?:device|status|phase)="(\w+)",)?title="[^"]*"\} (\S+)$', text, re.M)
        return {" ".join(filter(None, (name, label))): float(value) for name, label, value in found}

    def state(self) -> dict[str, dict[str, Any]]:
        """The devices of the state by a reader of our own."""
        found: dict[str, dict[str, Any]] = {}
        for line in (self.out / "state" / "devices.jsonl").read_text().splitlines():
            data = json.loads(line)
            found.pop(data["name"], None)
            if "left_at" not in data:
                found[data["name"]] = data
        return dict(sorted(found.items()))

    def statuses(self) -> dict[str, str]:
        return {name: each["answer"]["status"] for name, each in self.state().items()}

    def record(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads((self.out / "state" / "fleet.json").read_text())
        return read

    def latest(self) -> str:
        return (self.out / "latest").resolve().name

    def runs(self) -> list[str]:
        return sorted(path.name for path in (self.out / "runs").iterdir())

    def manifest(self, run: str) -> dict[str, Any]:
        read: dict[str, Any] = json.loads((self.out / "runs" / run / "manifest.json").read_text())
        return read

    def redate(self, run: str, ago: timedelta) -> str:
        """Rename a run, as if it had begun then, and change what refers to it."""
        name = (datetime.now(UTC) - ago).strftime("%Y-%m-%dT%H%M%SZ")
        (self.out / "runs" / run).rename(self.out / "runs" / name)
        for file in (self.out / "state").glob("*.json*"):
            file.write_text(file.read_text().replace(run, name))
        if self.latest() == run:
            (self.out / "latest").unlink()
            (self.out / "latest").symlink_to(f"runs/{name}")
        return name


def said(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join((done.stdout + done.stderr).split())


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    (tmp_path / "state_dev.py").write_text(DEVICE)
    return Fleet(tmp_path).has(*NAMES)


def test_a_limited_run_changes_its_devices_and_nothing_of_the_whole(fleet: Fleet) -> None:
    fleet.down("r2").run(ends=2)
    night, before = fleet.latest(), fleet.metrics()
    assert (before["devices ok"], before["devices failed"], before[SUCCESS], before[PASSED]) == (3, 1, 0, 0)
    fleet.down("r1").run("--limit", "r2")
    after = fleet.metrics()
    assert fleet.asked() == ["r2"]
    assert fleet.statuses() == dict.fromkeys(NAMES, "ok"), "r1 was not asked"
    assert (after["devices ok"], after["devices failed"], after[SUCCESS], after[PASSED]) == (4, 0, 0, 0)
    assert after["device_last_good_timestamp_seconds r2"] > before["device_last_good_timestamp_seconds r2"] == 0
    assert fleet.latest() == night
    hand = next(run for run in fleet.runs() if run != night)
    assert "does not ask 3 of the 4" in fleet.manifest(hand)["part"]
    assert (fleet.manifest(night)["part"], fleet.manifest(hand)["limit"]) == (None, "r2")
    assert "All 4 devices answered in full." in (fleet.out / "reports" / "index.html").read_text()
    assert "The one device answered in full." in (fleet.out / "runs" / hand / "reports" / "index.html").read_text()
    assert (fleet.out / "reports" / "failed.txt").read_text() == "!all\n"
    fleet.down().run()
    assert fleet.metrics()[SUCCESS] == fleet.metrics()["run_finished_timestamp_seconds"] > 0
    assert fleet.latest() == fleet.runs()[-1]


@pytest.mark.parametrize("extra", [["--limit", "r1"], ["--limit", "r1,r2"]], ids=str)
def test_before_the_first_whole_run_a_limited_one_is_never_the_fleet(extra: list[str], fleet: Fleet) -> None:
    for _time in range(2):
        fleet.run(*extra)
        assert fleet.record()["run"]["runs"] == []
        assert (fleet.metrics()[SUCCESS], PASSED in fleet.metrics()) == (0, False)
    assert fleet.latest() == fleet.runs()[0], "there was none"
    fleet.run()
    assert fleet.latest() == fleet.runs()[-1]


def test_a_part_that_is_chosen_by_a_variable_is_a_part(fleet: Fleet) -> None:
    fleet.run()
    night, before = fleet.latest(), fleet.record()
    fleet.run("-e", "rollcall_hosts=r1")
    assert (fleet.latest(), fleet.record()) == (night, before)


def test_three_runs_of_one_device_do_not_remove_the_month(fleet: Fleet) -> None:
    for ago in (2, 1):
        fleet.run()
        fleet.redate(fleet.latest(), timedelta(days=ago))
    nights = fleet.runs()
    keep = json.dumps({"rollcall_keep": {"runs": 2}})
    for _time in range(3):
        fleet.run("--limit", "r1", "-e", keep)
    assert fleet.runs()[:2] == nights
    assert len(fleet.runs()) == 4, "of r1 two are enough"
    fleet.run("-e", keep)
    assert nights[0] not in fleet.runs()
    assert nights[1] in fleet.runs()


def test_the_success_that_counts_again_is_not_removed(fleet: Fleet) -> None:
    """The last run passed, and its reports cannot be written: the success before it is the last one again."""
    fleet.run()
    before = fleet.redate(fleet.latest(), timedelta(days=1))
    page = fleet.out / "reports" / "failed.txt"
    page.unlink()
    page.mkdir()
    fleet.run("-e", json.dumps({"rollcall_keep": {"runs": 1}}), ends=2)
    assert fleet.record()["last_success"]["runs"] == [f"runs/{before}"]
    assert before in fleet.runs()


def test_only_failed_after_a_run_of_a_part_asks_what_failed(fleet: Fleet) -> None:
    fleet.down("r3").run(ends=2)
    fleet.down("r1").run("--limit", "r1,r2", ends=2)
    fleet.down().run("-e", "rollcall_only=failed")
    assert fleet.asked() == ["r1", "r3"]
    assert fleet.statuses() == dict.fromkeys(NAMES, "ok")
    assert len({each["run"] for each in fleet.state().values()}) == 1, "the new run has all answers"
    assert fleet.record()["last_success"]["runs"] == [f"runs/{fleet.runs()[-1]}"]


def test_a_device_that_leaves_the_inventory_leaves_the_state(fleet: Fleet) -> None:
    fleet.run()
    fleet.has("r1", "r2", "r3").run("--limit", "r1,r2")
    assert list(fleet.state()) == NAMES, "only a run of the whole fleet removes it"
    assert "1 device is not in the inventory any more and left the fleet: r4; if" in said(fleet.run())
    assert list(fleet.state()) == ["r1", "r2", "r3"]
    assert "device_last_good_timestamp_seconds r4" not in fleet.metrics()
    assert "r4" not in (fleet.out / "reports" / "index.md").read_text()
    fleet.has(*NAMES).down("r4").run(ends=2)
    assert fleet.state()["r4"]["last_good_at"] is not None, "its last good answer was kept"


@pytest.mark.parametrize("other", [["r1"], ["x1", "x2", "x3", "x4", "x5"]], ids=str)
def test_another_inventory_does_not_become_the_fleet_however_often_it_is_used(other: list[str], fleet: Fleet) -> None:
    fleet.run()
    night, record = fleet.latest(), fleet.record()
    for _time in range(2):
        done = fleet.has(*other).run()
        many = 4 - len({*other} & {*NAMES})
        words = f"this run does not count as a run of the fleet, because {many} of the 4 devices of the fleet"
        assert words in said(done)
        assert (sorted(fleet.state()), fleet.latest(), fleet.record()) == (sorted({*NAMES, *other}), night, record)
    done = fleet.has(*NAMES).run()
    assert list(fleet.state()) == NAMES
    assert ("left the fleet: x1, x2, x3, x4, x5" in said(done)) is (len(other) == 5)


def test_the_report_of_an_older_run_changes_nothing_in_the_state(fleet: Fleet) -> None:
    fleet.run()
    older = fleet.latest()
    fleet.has("r1", "r2", "r3").down("r1").run(ends=2)
    before, record, metrics = fleet.state(), fleet.record(), fleet.metrics()
    assert (list(before), fleet.statuses()["r1"]) == (["r1", "r2", "r3"], "failed")
    fleet.run("-e", f"rollcall_run_dir={fleet.out / 'runs' / older}", playbook="report.yml", ends=None)
    assert (fleet.state(), fleet.record(), fleet.metrics()) == (before, record, metrics)


def test_the_report_of_an_older_run_of_a_part_reuses_no_answer(fleet: Fleet) -> None:
    fleet.run()
    fleet.run("--limit", "r1,r2")
    part = fleet.runs()[-1]
    fleet.down("r1").run("--limit", "r1", ends=2)
    fleet.run("-e", f"rollcall_run_dir={fleet.out / 'runs' / part}", playbook="report.yml", ends=None)
    assert (fleet.statuses()["r1"], fleet.metrics()["devices failed"]) == ("failed", 1)


def test_files_of_other_formats_show_the_last_answers_too(fleet: Fleet) -> None:
    fleet.run()
    done = fleet.down("r2").run("--limit", "r2", "-e", json.dumps({"rollcall_formats": ["md"]}), ends=2)
    assert (fleet.out / "reports" / "failed.txt").read_text() == "r2\n", done.stdout


def test_a_failed_device_that_is_not_in_the_inventory_is_named(fleet: Fleet) -> None:
    """``--limit`` cannot select it, so ``failed.txt`` does not have it."""
    fleet.down("r4").run(ends=2)
    assert (fleet.out / "reports" / "failed.txt").read_text() == "r4\n"
    done = fleet.has("r1", "r2", "r3").run("--limit", "r1")
    assert (fleet.out / "reports" / "failed.txt").read_text() == "!all\n"
    assert "failed.txt does not have r4: no full answer, but not in this inventory" in said(done)
    assert fleet.metrics()["devices failed"] == 1
    done = fleet.run("-e", "rollcall_only=failed")
    assert fleet.asked() == []
    assert "failed.txt does not have" not in said(done)
    assert fleet.metrics()["devices failed"] == 0, "r4 left"


@pytest.mark.parametrize("after", ["nothing", "the state was removed"])
def test_before_the_first_whole_run_a_pattern_is_never_the_fleet(after: str, fleet: Fleet) -> None:
    if after != "nothing":
        fleet.run()
        shutil.rmtree(fleet.out / "state")
    for _time in range(2):
        fleet.run("-e", "rollcall_hosts=r1")
        hand = fleet.runs()[-1]
        assert fleet.manifest(hand)["part"], "other devices of the inventory are left out"
    fleet.run()
    assert fleet.record()["run"]["runs"] == [f"runs/{fleet.latest()}"]
    assert fleet.latest() == fleet.runs()[-1]


def test_a_pattern_that_leaves_out_only_hosts_that_are_no_devices_is_the_fleet(fleet: Fleet) -> None:
    hosts = json.loads((fleet.folder / "hosts.yml").read_text())
    hosts["all"]["children"]["servers"] = {"hosts": {"web": {"ansible_host": "192.0.2.1"}}}
    (fleet.folder / "hosts.yml").write_text(json.dumps(hosts))
    fleet.run("-e", "rollcall_hosts=routers")
    assert fleet.record()["run"]["passed"] is True


@pytest.mark.parametrize("how", ["collect", "slices", "pollers"])
def test_a_whole_run_that_cannot_be_recorded_did_not_pass_in_the_metrics(how: str, fleet: Fleet) -> None:
    """They would have the verdict of the night before, or none, or that of the answers."""
    pollers = {"p1": ["r1", "r2"], "p2": ["r3", "r4"]}

    def night(number: int, *, ends: int) -> subprocess.CompletedProcess[str]:
        if how == "pollers":
            fleet.has(*NAMES, pollers=pollers)
            return fleet.run("-e", "rollcall_hosts=routers", playbook="pollers.yml", ends=ends)
        if how == "collect":
            return fleet.run(ends=ends)
        for place, names in enumerate((NAMES[:2], NAMES[2:])):
            job = {"awx_job_id": number * 10 + place, "awx_workflow_job_id": number}
            fleet.has(*names).run("-e", json.dumps(job))
        return fleet.has(*NAMES).run(playbook="report.yml", ends=ends)

    night(1, ends=0)
    before = fleet.metrics()
    assert (before[PASSED], before[SUCCESS]) == (1, before["run_finished_timestamp_seconds"])
    blocked = fleet.out / "state" / ".fleet.json.part"
    blocked.mkdir()
    done = night(2, ends=2)
    after = fleet.metrics()
    assert (after[PASSED], after[SUCCESS], after["devices ok"]) == (0, before[SUCCESS], 4)
    assert after["run_finished_timestamp_seconds"] > before["run_finished_timestamp_seconds"]
    assert "/out/state could not be written: Is a directory" in said(done) or "the fleet state" in said(done)
    assert "manifest.json could not be written" not in said(done)
    blocked.rmdir()
    night(3, ends=0)
    assert (fleet.metrics()[PASSED], fleet.metrics()[SUCCESS] > before[SUCCESS]) == (1, True)


def test_a_run_dated_in_the_future_is_not_the_newest_for_ever(fleet: Fleet) -> None:
    fleet.run()
    future = fleet.redate(fleet.latest(), timedelta(days=-400))
    ahead = (datetime.now(UTC) + timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    for file in (*(fleet.out / "state").glob("*.json*"), *fleet.out.glob("last_good/*/state.json")):
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", ahead, file.read_text())
        file.write_text(re.sub(r'"runs/[^"]+"', f'"runs/{future}"', text))
    fleet.down("r2").run("-e", "rollcall_only=failed", ends=2)
    assert fleet.asked() == NAMES, "its answers are not reused"
    metrics = fleet.metrics()
    assert (metrics[SUCCESS], metrics["device_last_good_timestamp_seconds r2"]) == (0, 0)
    assert fleet.latest() != future
    fleet.down().run("-e", json.dumps({"rollcall_keep": {"runs": 2}}))
    assert future not in fleet.runs()
    assert fleet.metrics()[SUCCESS] > 0


@pytest.mark.parametrize("where", ["the record", "a device", "the manifest"])
def test_a_folder_of_a_newer_version_is_refused(where: str, fleet: Fleet) -> None:
    fleet.run()
    file = {
        "the record": fleet.out / "state" / "fleet.json",
        "a device": fleet.out / "state" / "devices.jsonl",
        "the manifest": fleet.out / "latest" / "manifest.json",
    }[where]
    file.write_text(re.sub(r'"(format|version)": 1\b', r'"\1": 2', file.read_text(), count=1))
    before = {path: path.stat().st_mtime_ns for path in fleet.out.rglob("*") if path.name != ".lock"}
    done = fleet.run(ends=2)
    said = " ".join((done.stdout + done.stderr).split())
    assert "was written by a newer version of rollcall.network (format 2; this version reads up to 1)" in said
    assert fleet.asked() == []
    assert {path: path.stat().st_mtime_ns for path in fleet.out.rglob("*") if path.name != ".lock"} == before


def test_a_folder_of_an_older_version_is_read(fleet: Fleet) -> None:
    fleet.down("r2").run(ends=2)
    manifest = fleet.manifest(fleet.latest())
    old = {key: value for key, value in manifest.items() if key not in {"version", "part", "limit", "hosts_digest"}}
    (fleet.out / "latest" / "manifest.json").write_text(json.dumps(old))
    for file in (fleet.out / "state").glob("*"):
        file.unlink()
    (fleet.out / "state").rmdir()
    fleet.down().run("-e", "rollcall_only=failed")
    assert fleet.asked() == ["r2"]
    assert fleet.statuses() == dict.fromkeys(NAMES, "ok")


def test_pollers_are_one_fleet_and_none_of_them_is_a_success(fleet: Fleet) -> None:
    both = {"p1": ["r1", "r2"], "p2": ["r3", "r4"]}
    fleet.has(*NAMES, pollers=both).down(*NAMES)
    hosts = "rollcall_hosts=routers"
    fleet.run("-e", hosts, playbook="pollers.yml", ends=2)
    metrics = fleet.metrics()
    assert (metrics[SUCCESS], metrics[PASSED], metrics["devices failed"]) == (0, 0, 4)
    fleet.down().run("-e", hosts, playbook="pollers.yml")
    success = fleet.metrics()[SUCCESS]
    assert success > 0
    assert len(fleet.record()["run"]["runs"]) == 2
    assert not list(fleet.out.glob("pollers/*/state"))
    assert {each["run"].split("/")[1] for each in fleet.state().values()} == {"p1", "p2"}
    fleet.run("-e", hosts, "--limit", "p1,r1", playbook="pollers.yml")
    assert (fleet.metrics()[SUCCESS], fleet.metrics()["devices ok"]) == (success, 4)
    page = (fleet.out / "reports" / "index.html").read_text()
    assert "All 4 devices answered in full." in page
    fleet.has(*NAMES, pollers={"p1": ["r1", "r2"]}).run("-e", hosts, playbook="pollers.yml", ends=2)
    assert fleet.statuses() == {"r1": "ok", "r2": "ok", "r3": "skipped", "r4": "skipped"}
    assert not (fleet.out / "latest").is_symlink(), "a run of a poller is not the fleet"
    assert (fleet.metrics()[SUCCESS], fleet.metrics()[PASSED]) == (success, 0)


def test_slices_are_one_fleet_when_the_report_has_merged_them(fleet: Fleet) -> None:
    def workflow(
        number: int, *slices: list[str], ends: int = 0, inventory: list[str] | None = None, limit: str = "all"
    ) -> None:
        for place, names in enumerate(slices):
            job = {"awx_job_id": number * 10 + place, "awx_workflow_job_id": number}
            fleet.has(*names).run("-e", json.dumps(job), "--limit", limit, ends=None)
        fleet.has(*(inventory or NAMES)).run(playbook="report.yml", ends=ends)

    workflow(1, ["r1", "r2"], ["r3", "r4"])
    record = fleet.record()
    assert (len(record["run"]["runs"]), record["run"]["passed"]) == (2, True)
    assert fleet.latest() == fleet.runs()[-1], "the one with the reports of all slices"
    assert "All 4 devices answered" in (fleet.out / "latest" / "reports" / "index.html").read_text()
    assert (fleet.metrics()[PASSED], fleet.metrics()[SUCCESS] > 0) == (1, True), "the report writes the metrics"
    fleet.down("r3")
    workflow(2, ["r1", "r2"], ["r3", "r4"], ends=2)
    assert fleet.record()["run"]["passed"] is False
    assert fleet.record()["last_success"] == record["last_success"]
    assert (fleet.latest(), fleet.metrics()[PASSED]) == (fleet.runs()[-1], 0)
    record = fleet.record()
    workflow(3, ["r1", "r2"], limit="r1,r2")
    assert fleet.record() == record, "a launch of a part is not the fleet"
    assert list(fleet.state()) == NAMES
    fleet.down()
    latest = fleet.latest()
    workflow(4, NAMES)
    assert fleet.record()["run"]["runs"] == [f"runs/{fleet.latest()}"]
    assert fleet.latest() != latest, "of one job that is no slice"
    workflow(5, NAMES[:3], inventory=NAMES[:3])
    assert list(fleet.state()) == NAMES[:3]
