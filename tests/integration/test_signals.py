# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run tells others, through real ansible-playbook: verdict, metrics, limit file, webhook, workflow, slices."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import stat
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.conftest import run_playbook, try_roll
from tests.lab import Lab
from tests.lab.faults import BROKEN

ROOT = Path(__file__).resolve().parents[2]
SHORT = ("-e", "rollcall_device_timeout=6")
TOKEN = "T0ken-that-nobody-may-see"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """24 devices, three of them broken: ams-wan1, par-edge1 and waw-leaf1."""
    with Lab(devices=24, faults={"waw-leaf1": "drop_mid_output"}) as lab:
        yield lab


@pytest.fixture(scope="module")
def healthy() -> Iterator[Lab]:
    with Lab(devices=24, healthy=True) as lab:
        yield lab


def collect(lab: Lab, dest: Path, *extra: str, **variables: Any) -> tuple[int, str]:
    arguments = ["-e", f"rollcall_output_dir={dest}", "-e", json.dumps(variables), *SHORT, *extra]
    done = run_playbook(ROOT / "collect.yml", lab.inventory, *arguments, env={"ANSIBLE_SHOW_CUSTOM_STATS": "1"})
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def report(lab: Lab, **arguments: Any) -> subprocess.CompletedProcess[str]:
    task = {"rollcall.network.report": arguments, "run_once": True, "delegate_to": "localhost"}
    return run_playbook(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]), lab.inventory)


def metrics(file: Path) -> dict[str, dict[tuple[str, ...], float]]:
    """By name, the value of each series by its labels other than the title."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(file.read_text()):
        for sample in family.samples:
            labels = tuple(value for label, value in sorted(sample.labels.items()) if label != "title")
            found.setdefault(sample.name.removeprefix("rollcall_"), {})[labels] = sample.value
    return found


@contextlib.contextmanager
def webhook(status: int, headers: list[dict[str, str]] | None = None) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that takes JSON and answers with a status: its address, and what it was told.

    :param headers: gets the headers of each request, by name in lower case.
    """
    told: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if headers is not None:
                headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook/{TOKEN}", told
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def endless() -> Iterator[str]:
    """A server whose answer is of one header after the other: its address."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with contextlib.suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while not ended.wait(0.5):
                    self.wfile.write(b"X-More: to come\r\n")

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook/{TOKEN}"
        finally:
            ended.set()
            server.shutdown()
            thread.join()


# -- the verdict -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "reasons"),
    [
        ({"max_fail_percentage": 12.5}, []),
        ({"max_fail_percentage": 12}, ["3 of 24 devices failed, more than max_fail_percentage (12) allows"]),
        ({"group_max_fail_percentage": {"lab_fra": 0}}, []),
        (
            {"group_max_fail_percentage": {"lab_ams": 0, "lab_fra": 0}, "max_fail_percentage": 100},
            ["devices of group lab_ams failed, more than group_max_fail_percentage (0) allows: ams-wan1"],
        ),
        ({"group_max_fail_percentage": {"lab_ams": 50, "lab_par": 50, "lab_waw": 50}, "max_fail_percentage": 0}, []),
        ({}, []),
    ],
)
def test_the_task_fails_as_the_verdict_says(
    limits: dict[str, Any], reasons: list[str], lab: Lab, tmp_path: Path
) -> None:
    done, result = try_roll(lab.inventory, {"device_timeout": 6, "output_dir": str(tmp_path), **limits})
    verdict = result["verdict"]
    assert len(verdict["reasons"]) == len(reasons)
    assert all(words in given for words, given in zip(reasons, verdict["reasons"], strict=True))
    assert verdict["passed"] is (not reasons)
    assert result["failed"] is bool(reasons)
    assert (done.returncode == 0) is (not reasons)
    assert json.loads((tmp_path / "latest" / "manifest.json").read_text())["verdict"] == verdict
    assert len(result["devices"]) == 24


def test_an_unknown_group_is_an_error_before_the_first_login(healthy: Lab) -> None:
    done, result = try_roll(healthy.inventory, {"group_max_fail_percentage": {"lab_frq": 0}})
    assert done.returncode == 2
    assert "'lab_frq' is not a group of the inventory; near matches: lab_fra" in result["msg"]
    assert "roll call:" not in done.stdout, "somebody was asked"


def test_the_role_reports_signals_and_then_fails(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "rollcall.prom"
    with webhook(204) as (url, told):
        status, output = collect(
            lab,
            tmp_path / "out",
            "-vvv",
            rollcall_group_max_fail_percentage={"lab_ams": 0},
            rollcall_max_fail_percentage=20,
            rollcall_metrics_file=str(file),
            rollcall_webhook_url=url,
            rollcall_formats=["html", "limit"],
        )
    assert status == 2, output
    latest = tmp_path / "out" / "latest"
    assert (latest / "reports" / "index.html").exists()
    verdict = json.loads((latest / "manifest.json").read_text())["verdict"]
    assert not verdict["passed"]
    assert "1 of" in verdict["reasons"][0]
    assert "devices of group lab_ams failed" in output.split("Fail if the run did not pass")[1]
    page = (latest / "reports" / "index.html").read_text()
    assert "devices of group lab_ams" in page
    assert 'class="verdict passed"' not in page
    (outcome,) = told
    assert (latest / "reports" / "failed.txt").read_text().split() == outcome["failed_hosts"]
    assert outcome["verdict"] == verdict
    assert sorted(outcome["failed_hosts"]) == sorted(BROKEN)
    assert outcome["summary"]["total"] == 24
    assert Path(outcome["run_dir"]) == latest.resolve()
    assert TOKEN not in output
    assert f'"run_dir": "{latest.resolve()}"' in output.split("CUSTOM STATS")[1]
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("rollcall")] == ["rollcall.prom"]
    assert metrics(file)["run_passed"] == {(): 0}


def test_the_terminal_says_why_before_the_verdict(lab: Lab, tmp_path: Path) -> None:
    """Without -v: a line for each reason with a count and names, and no task is skipped."""
    status, output = collect(lab, tmp_path)
    assert status == 2
    before = output.split("TASK [rollcall.network.collect : Fail if the run did not pass]")[0]
    assert "roll call: 3 of 24 devices have no full answer: " in before
    assert " 1 auth_failed (auth, refused): " in before
    assert all(f": {name} " in before for name in BROKEN)
    assert "skipping" not in output


def test_a_report_that_fails_does_not_keep_the_outcome_back(healthy: Lab, tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "index.html.j2").write_text("{{ nowhere.at.all }}")
    play = [{"hosts": "lab_fra", "gather_facts": False, "roles": ["rollcall.network.collect"]}]
    (tmp_path / "play.yml").write_text(json.dumps(play))
    with webhook(200) as (url, told):
        arguments = {"rollcall_output_dir": str(tmp_path / "out"), "rollcall_webhook_url": url}
        done = run_playbook(
            tmp_path / "play.yml",
            healthy.inventory,
            "-e",
            json.dumps({**arguments, "rollcall_metrics_file": str(tmp_path / "x.prom")}),
            env={"ANSIBLE_SHOW_CUSTOM_STATS": "1"},
        )
    (outcome,) = told
    assert not outcome["verdict"]["passed"]
    assert "not all reports could be written: the report of index.html" in outcome["verdict"]["reasons"][0]
    assert outcome["summary"]["ok"] == outcome["summary"]["total"] > 0
    assert "not all reports could be written" in done.stdout.split("Fail if the run did not pass")[1]
    assert "CUSTOM STATS" in done.stdout
    assert (tmp_path / "x.prom").exists()
    assert done.returncode == 2
    assert "Validating arguments" not in done.stdout, "Ansible's own check costs two events for each host"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"rollcall_formats": ["htlm"]}, "near matches: html"),
        ({"rollcall_format": ["html"]}, "near matches: rollcall_formats"),
        ({"rollcall_columns": ["sitee"]}, "no host has a variable 'sitee'; near matches: site"),
        ({"rollcall_paser": "auto"}, "near matches: rollcall_parser"),
        ({"rollcall_metrics_file": "/nowhere/x.prom"}, "there is no folder /nowhere"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_a_wrong_variable_is_found_before_the_first_login(
    variables: dict[str, Any], words: str, healthy: Lab, tmp_path: Path
) -> None:
    status, output = collect(healthy, tmp_path / "out", **variables)
    assert status == 2
    assert words in output
    assert "roll call:" not in output, "somebody was asked"
    assert not (tmp_path / "out").exists()


def test_a_wrong_name_in_the_inventory_says_whose_and_where(healthy: Lab, tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.yml"
    inventory.write_text("r1:\n  hosts:\n    fra-wan1:\n      rollcall_paser: auto\n")
    status, output = collect(healthy, tmp_path / "out", "-i", str(inventory))
    assert status == 2
    assert (
        f"variable rollcall_paser of fra-wan1 ({inventory}:4:7) is not known; near matches: rollcall_parser" in output
    )
    assert "roll call:" not in output, "somebody was asked"


def test_what_tasks_register_may_have_any_name(healthy: Lab, tmp_path: Path) -> None:
    task = {"rollcall.network.collect": {"hosts": ["fra-wan1"]}, "run_once": True, "delegate_to": "localhost"}
    tasks = [{**task, "register": "rollcall_first"}, {**task, "register": "rollcall_second"}]
    done = run_playbook(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]), healthy.inventory)
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_mode_signals_nothing(healthy: Lab, tmp_path: Path) -> None:
    file = tmp_path / "rollcall.prom"
    with webhook(200) as (url, told):
        status, output = collect(
            healthy, tmp_path / "out", "--check", rollcall_metrics_file=str(file), rollcall_webhook_url=url
        )
    assert status == 0, output
    assert told == []
    assert not file.exists()
    assert "the webhook did not" not in output


# -- the webhook -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dead", ["refuses", "says 500", "hangs", "never ends"])
def test_a_dead_webhook_costs_a_warning(dead: str, healthy: Lab, tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        if dead == "says 500":
            url, _told = stack.enter_context(webhook(500))
        elif dead == "never ends":
            url = stack.enter_context(endless())
        else:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/{TOKEN}"
            if dead == "refuses":
                listener.close()
        secret = tmp_path / "secret.json"  # at -vvvv Ansible prints its own command line
        secret.write_text(json.dumps({"rollcall_webhook_url": url}))
        status, output = collect(healthy, tmp_path, "--limit", "lab_fra", "-vvvv", "-e", f"@{secret}")
    assert status == 0, output
    why = {
        "says 500": "HTTP status 500",
        "hangs": "it did not answer within 10 s",
        "never ends": "it did not answer within 30 s",
    }
    reason = why.get(dead, "it cannot be reached")
    assert f"[WARNING]: the webhook did not accept the outcome of this run: {reason}" in output
    assert TOKEN not in output
    assert "answered in full" in output.split("Fail if the run did not pass")[1]


def test_the_webhook_gets_headers_and_a_token_that_no_output_has(healthy: Lab, tmp_path: Path) -> None:
    headers: list[dict[str, str]] = []
    with webhook(200, headers) as (url, told):
        secret = tmp_path / "secret.json"
        variables: dict[str, Any] = {"rollcall_webhook_url": url, "rollcall_webhook_token": f"{TOKEN}-1"}
        variables["rollcall_webhook_headers"] = {"X-Key": f"{TOKEN}-2", "content-type": "application/cloudevents+json"}
        secret.write_text(json.dumps(variables))
        status, output = collect(healthy, tmp_path, "--limit", "lab_fra", "-vvvv", "-e", f"@{secret}")
    assert (status, len(told)) == (0, 1), output
    (sent,) = headers
    assert sent["authorization"] == f"Bearer {TOKEN}-1"
    assert sent["x-key"] == f"{TOKEN}-2"
    assert sent["content-type"] == "application/cloudevents+json"
    assert TOKEN not in output
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path != secret and TOKEN in path.read_text()]
    assert left == []


# -- metrics -----------------------------------------------------------------------------------------------------------


def test_metrics_of_a_run(lab: Lab, tmp_path: Path) -> None:
    for title, percentage in (("night", 100), ("day", 0)):
        status, output = collect(
            lab,
            tmp_path,
            rollcall_formats=["prom"],
            rollcall_max_fail_percentage=percentage,
            rollcall_title=title,
        )
        assert (status == 0) is (percentage == 100), output
        file = tmp_path / "latest" / "reports" / "metrics.prom"
        assert file.read_text().count(f'title="{title}"') == file.read_text().count("title=")
        found = metrics(file)
        assert found["devices"][("ok",)] == 21
        assert found["devices"][("auth_failed",)] == 1
        assert sum(found["devices"].values()) == 24
        assert found["run_passed"] == {(): percentage == 100}
        if percentage == 100:
            passed_at = found["run_finished_timestamp_seconds"][()]
        assert found["run_last_success_timestamp_seconds"] == {(): passed_at}
        assert found["run_finished_timestamp_seconds"][()] >= passed_at
        manifest = json.loads((tmp_path / "latest" / "manifest.json").read_text())
        started, finished = (datetime.fromisoformat(manifest[key]) for key in ("started_at", "finished_at"))
        assert abs(found["run_duration_seconds"][()] - (finished - started).total_seconds()) < 0.01
        good = {name for (name,), moment in found["device_last_good_timestamp_seconds"].items() if moment}
        assert good == set(lab.devices) - set(BROKEN)
        promtool = shutil.which("promtool")
        if promtool:
            with file.open() as metrics_text:
                done = subprocess.run(
                    [promtool, "check", "metrics"], stdin=metrics_text, capture_output=True, text=True, timeout=30
                )
            assert (done.returncode, done.stdout + done.stderr) == (0, "")


# -- the limit file ----------------------------------------------------------------------------------------------------


def test_a_limit_asks_exactly_those_that_failed(lab: Lab, tmp_path: Path) -> None:
    collect(lab, tmp_path, rollcall_formats=["limit"])
    failed = tmp_path / "latest" / "reports" / "failed.txt"
    status, output = collect(lab, tmp_path / "again", "--limit", f"@{failed}", rollcall_formats=["limit"])
    assert status == 2, output
    manifest = json.loads((tmp_path / "again" / "latest" / "manifest.json").read_text())
    assert set(manifest["devices"]) == set(BROKEN)


def test_when_none_failed_a_limit_asks_nobody(healthy: Lab, tmp_path: Path) -> None:
    """Ansible takes an empty file for no limit at all."""
    collect(healthy, tmp_path, rollcall_formats=["limit"])
    failed = tmp_path / "latest" / "reports" / "failed.txt"
    status, output = collect(healthy, tmp_path / "again", "--limit", f"@{failed}")
    assert status == 1
    assert "leaves us with no hosts to target" in output
    assert not (tmp_path / "again").exists()


# -- slices ------------------------------------------------------------------------------------------------------------


def test_three_slices_side_by_side_become_one_fleet(lab: Lab, tmp_path: Path) -> None:
    names = list(lab.devices)
    out = tmp_path / "out"

    def run(number: int) -> tuple[int, str]:
        job = ("-e", f"awx_job_id={11 + number}", "-e", "awx_workflow_job_id=7")
        return collect(lab, out, "--limit", ",".join(names[number::3]), *job, rollcall_max_fail_percentage=100)

    with ThreadPoolExecutor(3) as pool:
        for status, output in pool.map(run, range(3)):
            assert status == 0, output
    assert {path.name.rpartition("-")[2] for path in (out / "runs").iterdir()} == {"11", "12", "13"}
    # A run of another job beside them takes no part.
    other = collect(lab, out, "--limit", names[0], "-e", "awx_job_id=14", "-e", "awx_workflow_job_id=8")
    assert other[0] == 0, other[1]
    run_dir = next((out / "runs").glob("*-12"))
    dest = tmp_path / "fleet"
    formats = ["html", "md", "json", "junit", "prom", "limit"]
    done = report(lab, run_dir=str(run_dir), slices=True, dest=str(dest), formats=formats)
    assert done.returncode == 0, done.stdout + done.stderr
    fleet = json.loads((dest / "fleet.json").read_text())
    assert list(fleet["devices"]) == [name for number in range(3) for name in names[number::3]] or sorted(
        fleet["devices"]
    ) == sorted(names)
    assert fleet["summary"]["total"] == 24
    assert {name for name, each in fleet["devices"].items() if each["status"] != "ok"} == set(BROKEN)
    assert {path.stem for path in (dest / "devices").iterdir()} == set(names)
    page = (dest / "index.html").read_text()
    assert "21 of 24 devices answered in full." in page
    assert all(name in page for name in names)
    assert metrics(dest / "metrics.prom")["devices"][("ok",)] == 21
    assert set((dest / "failed.txt").read_text().split()) == set(BROKEN)
    again = report(lab, run_dir=str(run_dir), slices=True, dest=str(dest), formats=formats)
    assert "changed=0" in again.stdout, again.stdout + again.stderr
