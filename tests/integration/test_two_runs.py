# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs over the same folder at once, and runs one after the other: resume, only, keep, through a real playbook."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook
from tests.integration.openssh import descendants, kill, wait_until

# Answers as told by files beside it: nobody answers before "go" is there, and who is named in "down" never does.
DEVICE = """
import pathlib, time
HERE = pathlib.Path(__file__).parent
def ask(name):
    while not (HERE / "go").exists():
        time.sleep(0.02)
    if (HERE / f"{name}.down").exists():
        raise RuntimeError(f"{name} is down")
    return {"name": name}
"""
NAMES = ["r3", "r1", "r2"]


@dataclass(frozen=True)
class Site:
    """A folder with the playbook, the devices and, in ``out``, the runs."""

    folder: Path

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def go(self, *down: str) -> None:
        """Let the devices answer, but for these."""
        for file in self.folder.glob("*.down"):
            file.unlink()
        for name in down:
            (self.folder / f"{name}.down").write_text("")
        (self.folder / "go").write_text("")

    def playbook(self, **arguments: Any) -> Path:
        given = {"hosts": NAMES, "driver": "python", "function": "device_of_test.ask", "output_dir": str(self.out)}
        given |= arguments
        where = {"run_once": True, "delegate_to": "localhost", "delegate_facts": False}
        task = {"rollcall.network.collect": given, "register": "roll", **where}
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        copy = {"content": "{{ roll | to_json }}", "dest": str(self.folder / "roll.json"), "mode": "0600"}
        tasks = [task, {"ansible.builtin.copy": copy, "vars": local, "check_mode": False, **where}]
        path = self.folder / "playbook.yml"
        path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
        return path

    @property
    def inventory(self) -> Path:
        path = self.folder / "hosts.ini"
        path.write_text("localhost ansible_connection=local\n")
        return path

    def run(self, *extra: str, **arguments: Any) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        env = {"PYTHONPATH": str(self.folder)}
        return run_playbook(self.playbook(**arguments), self.inventory, *extra, env=env)

    def roll(self, *extra: str, **arguments: Any) -> dict[str, Any]:
        done = self.run(*extra, **arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        result: dict[str, Any] = json.loads((self.folder / "roll.json").read_text())
        return result

    @contextmanager
    def running(self, *extra: str) -> Iterator[subprocess.Popen[str]]:
        """A run that has begun, and waits for its devices."""
        before = len(self.runs())
        command = [str(Path(sys.executable).parent / "ansible-playbook"), str(self.playbook())]
        env = {**os.environ, "PYTHONPATH": str(self.folder)}
        process = subprocess.Popen(
            [*command, "-i", str(self.inventory), *extra],
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            wait_until(lambda: len(self.begun()) > before, "it has begun", timeout=60)
            yield process
        finally:
            kill([*descendants(process.pid), process.pid])
            process.communicate()

    def runs(self) -> list[Path]:
        return sorted(self.out.glob("runs/*"))

    def begun(self) -> list[Path]:
        return [run for run in self.runs() if "began" in _text(run / "events.jsonl")]


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def manifest(run: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((run / "manifest.json").read_text())
    return read


def events(run: Path, kind: str) -> list[dict[str, Any]]:
    every = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    return [event for event in every if event["event"] == kind]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "device_of_test.py").write_text(DEVICE)
    return Site(tmp_path)


def test_the_second_says_so_and_disturbs_nothing(site: Site) -> None:
    with site.running() as first:
        (run,) = site.runs()
        before = {path: path.stat().st_mtime_ns for path in site.out.rglob("*")}
        second = site.run()
        assert second.returncode == 2
        said = " ".join((second.stdout + second.stderr).split())
        wanted = (
            rf"output_dir {re.escape(str(site.out))} is in use by process (\d+) on \S+ since 2\S+Z; wait for its end"
        )
        found = re.search(wanted, said)
        assert found is not None, said
        assert int(found[1]) in descendants(first.pid)
        assert {path: path.stat().st_mtime_ns for path in site.out.rglob("*")} == before, "nothing was touched"
        site.go()
        assert first.wait(60) == 0
    assert site.runs() == [run]
    assert manifest(run)["devices"] == dict.fromkeys(NAMES, "ok")
    assert site.run().returncode == 0, "and then it is free"


def test_jobs_of_awx_share_the_folder(site: Site) -> None:
    """As slices do. A run of nobody's job is kept apart from them."""
    with site.running("-e", "awx_job_id=7") as first:
        assert "is in use by process" in site.run().stdout
        with site.running("-e", "awx_job_id=8", "-e", "awx_workflow_job_id=6") as second:
            site.go()
            assert (first.wait(60), second.wait(60)) == (0, 0)
    jobs = {run.name.rpartition("-")[2]: manifest(run) for run in site.runs()}
    assert {job: (each["job"], each["workflow_job"]) for job, each in jobs.items()} == {
        "7": ("7", None),
        "8": ("8", "6"),
    }
    assert all(each["summary"]["ok"] == 3 for each in jobs.values())


def test_only_failed_takes_over_what_was_full(site: Site) -> None:
    site.go("r1")
    first = Path(site.roll(only="failed", max_fail_percentage=50)["run_dir"])
    assert manifest(first)["failed_hosts"] == ["r1"]
    site.go()
    done = site.roll(only="failed")
    second = Path(done["run_dir"])
    assert second != first
    assert list(done["devices"]) == NAMES
    assert done["summary"]["ok"] == 3
    assert [event["name"] for event in events(second, "finished")] == ["r1"]
    assert events(second, "began")[0]["answered"] == 2
    kept, taken = (run / "devices" / "r3" / "result.json" for run in (first, second))
    assert kept.samefile(taken), "a hard link"
    assert manifest(first)["failed_hosts"] == ["r1"], "the old run stays as it was"


OTHER = """
import device_of_test
def ask(name):
    return {"name": name, "other": True}
"""


@pytest.mark.parametrize("how", [{"only": "failed"}, {"resume": True}], ids=["only", "resume"])
@pytest.mark.parametrize("changed", [False, True], ids=["same question", "another question"])
def test_answers_to_another_question_are_asked_again(how: dict[str, Any], changed: bool, site: Site) -> None:
    """With only: failed and on resume. A failed answer to the same question remains one on resume."""
    (site.folder / "other_of_test.py").write_text(OTHER)
    site.go("r1")
    run = Path(site.roll(max_fail_percentage=50)["run_dir"])
    if "resume" in how:
        text = (run / "manifest.json").read_text()
        (run / "manifest.json").write_text(text.replace('"finished"', '"running"', 1))
    site.go()
    done = site.run(**how, **({"function": "other_of_test.ask"} if changed else {}), max_fail_percentage=50)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((site.folder / "roll.json").read_text())
    values = {name: each["value"] for name, each in result["devices"].items()}
    said = re.search(r"roll call: asking (\d) again, because", done.stdout + done.stderr)
    if changed:
        assert all(value["other"] for value in values.values()), values
        assert said is not None
        assert said[1] == ("2" if "only" in how else "3")
    else:
        assert said is None
        assert values["r3"] == {"name": "r3"}
        assert (values["r1"] is None) is ("resume" in how), "a failed answer is an answer"


def test_nothing_to_resume_or_to_reuse_is_said(site: Site) -> None:
    site.go()
    done = site.run(only="failed")
    assert "roll call: only: failed: there is no earlier run of these devices, so all are asked" in done.stdout
    done = site.run(resume=True)
    assert "roll call: resume: there is no unfinished run of these devices, so this is a new run" in done.stdout
    assert len(site.runs()) == 2


def test_check_mode_and_plan_write_nothing(site: Site) -> None:
    site.go("r1")
    run = Path(site.roll()["run_dir"])
    (run / "manifest.json").unlink()  # as if it had been killed
    before = {path: path.stat().st_mtime_ns for path in site.out.rglob("*")}
    arguments = {"resume": True, "only": "failed", "keep": {"runs": 1}}
    checked = site.roll("--check", **arguments)
    assert checked["summary"]["total"] == 3
    assert checked["run_dir"] is None
    site.roll(plan=True, **arguments)
    assert {path: path.stat().st_mtime_ns for path in site.out.rglob("*")} == before


def test_keep(site: Site) -> None:
    site.go()
    runs = [Path(site.roll()["run_dir"]) for _run in range(2)]
    (site.out / "runs" / "notes").mkdir()
    last = Path(site.roll(keep={"runs": 2})["run_dir"])
    assert site.runs() == [runs[1], last, site.out / "runs" / "notes"]


def test_a_manifest_says_what_the_run_is(site: Site) -> None:
    site.go("r2")
    done = site.run("-e", "ansible_password=hunter2", max_fail_percentage=0, workers=2, keep={"runs": 5})
    assert done.returncode == 2
    (run,) = site.runs()
    said = manifest(run)
    assert list(said)[:2] == ["version", "status"]
    assert (said["version"], said["status"], said["job"], said["workflow_job"]) == (1, "finished", None, None)
    assert said["hosts"] == NAMES
    assert said["devices"] == {"r3": "ok", "r1": "ok", "r2": "failed"}
    assert said["verdict"]["passed"] is False
    assert "1 of 3 devices failed" in said["verdict"]["reasons"][0]
    assert said["arguments"]["workers"] == 2
    assert "hosts" not in said["arguments"]
    assert {"rollcall.network", "ansible-core", "python", "asyncssh"} <= set(said["versions"])
    assert said["started_at"] < said["finished_at"]
    assert "hunter2" not in "".join(path.read_text() for path in run.rglob("*") if path.is_file())
    kinds = [json.loads(line)["event"] for line in (run / "events.jsonl").read_text().splitlines()]
    assert kinds == ["began", *["finished"] * 3, "ended"]
    (failed,) = [event for event in events(run, "finished") if event["name"] == "r2"]
    assert failed["status"] == "failed"
    assert "r2 is down" in failed["error"]["message"]
    assert events(run, "ended")[0]["verdict"] == said["verdict"]
