# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong with a report costs that report only: odd names, full disks, broken variables."""

from __future__ import annotations

import csv
import json
import os
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._run import file_name
from tests.integration.conftest import run_playbook, try_roll
from tests.integration.test_report import Workshop, answer, said
from tests.integration.test_signals import webhook
from tests.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
ALL = ["md", "html", "json", "csv", "junit", "prom", "limit"]
ODD = ["SW-1", "sw-1", "Case", "case", "../x", "../../x", "a/b", "x" * 300, "x" * 299 + "y", ".", "..", "", "a\0b",
       "a\nb", "/etc/passwd", "a b", "a%2Fb", "index", "2001:db8::1", "\u7db2", "x](http://e)", "<b>"]  # fmt: skip


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder on a disk of 64 KiB, or of another size."""
    folder = tmp_path / "small"
    folder.mkdir()
    size = getattr(request, "param", "64k")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["devices", "run_dir"])
def test_every_name_gets_a_report_whatever_it_is(source: str, tmp_path: Path) -> None:
    workshop = Workshop(tmp_path / "w", ["localhost"], make=True)
    workshop.devices = {name: answer(text=f"text of {name!r}") for name in ODD}
    arguments: dict[str, Any] = {"run_dir": workshop.run_folder()} if source == "run_dir" else {}
    result = workshop.result(formats=ALL, **arguments)
    assert result["errors"] == []
    folder = workshop.dest / "devices"
    for ending in ("md", "html"):
        files = {name: folder / f"{file_name(name)}.{ending}" for name in ODD}
        assert len({str(path).casefold() for path in files.values()}) >= len(ODD) - 2  # SW-1 and Case
        for name, path in files.items():
            assert path.read_text().count("text of") >= 1, name
    assert len(list(folder.iterdir())) == 2 * len(ODD)
    assert list(json.loads((workshop.dest / "fleet.json").read_text())["devices"]) == ODD
    outside = [path for path in tmp_path.rglob("*.md") if not path.is_relative_to(workshop.dest)]
    assert outside == []
    index = (workshop.dest / "index.md").read_text()
    assert "](<devices/%252E%252E%252Fx.md>)" not in index
    assert "(<devices/%252E.%252Fx.md>)" in index, "a link is to the file, whose name has percent signs"
    assert "](http://e)" not in index
    assert "<b>" not in index


def test_names_that_differ_in_case_on_a_file_system_that_folds_it(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ["SW-1", "sw-1"])
    (workshop.dest / "devices").mkdir(parents=True)
    (workshop.dest / "DEVICES").symlink_to("devices")  # what such a file system looks like from outside
    result = workshop.result()
    assert result["errors"] == []
    names = [path.name for path in (workshop.dest / "devices").iterdir()]
    assert len({name.casefold() for name in names}) == 4
    assert {"sw-1.md", "sw-1.html"} < set(names)
    index = (workshop.dest / "index.md").read_text()
    assert all(f"(<devices/{name.replace('%', '%25')}>)" in index for name in names if name.endswith(".md"))


def test_every_name_that_is_asked_has_an_entry_and_a_folder(tmp_path: Path) -> None:
    with Lab(devices=2, healthy=True) as lab:
        names = [*lab.devices, *ODD]
        _done, result = try_roll(lab.inventory, {"hosts": names, "output_dir": str(tmp_path / "out")})
    assert list(result["devices"]) == names
    folders = list((tmp_path / "out" / "latest" / "devices").iterdir())
    assert sorted(json.loads((each / "result.json").read_text())["name"] for each in folders) == sorted(names)


# -- what cannot be written --------------------------------------------------------------------------------------------


def test_a_report_that_cannot_be_written_costs_itself(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ["r1", "r2", "r3"])
    (workshop.dest / "devices" / "r2.md").mkdir(parents=True)
    (workshop.dest / "fleet.csv").mkdir()
    result = workshop.result(formats=ALL)
    assert result["errors"] == [{"reason": "Is a directory", "count": 2, "reports": ["r2", "fleet.csv"]}]
    assert "2 reports (r2, fleet.csv) could not be written: Is a directory" in result["msg"]
    assert (result["failed"], result["written"]) == (True, 13 - 2)
    assert result["verdict"]["passed"] is True
    assert result["summary"]["ok"] == 3


def test_a_folder_that_cannot_be_made_is_told_once(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ["r1", "r2", "r3"])
    workshop.dest.mkdir()
    (workshop.dest / "devices").write_text("")
    result = workshop.result()
    (error,) = result["errors"]
    assert error["reports"] == ["r1", "r2", "r3"]
    assert "cannot be created: File exists" in error["reason"]
    assert (workshop.dest / "index.html").exists()


def test_a_full_disk_costs_what_does_not_fit(small_disk: Path, tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, [f"r{number}" for number in range(40)])
    result = workshop.result(
        dest=str(small_disk / "reports"), formats=["md", "limit", "prom"], metrics_file=f"{tmp_path}/m.prom"
    )
    (error,) = result["errors"]
    assert error["reason"] == "No space left on device"
    assert 1 < error["count"] < 40
    assert error["reports"][0] != "r0"
    assert result["verdict"]["passed"]
    assert (tmp_path / "m.prom").exists()


@pytest.mark.parametrize("broken", ["device.html.j2", "index.html.j2", "device.md.j2", "index.md.j2"])
def test_a_broken_override_costs_its_own_pages(broken: str, tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ["r1", "r2"])
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / broken).write_text("{% if %}\n")
    result = workshop.result()
    reports = ["r1", "r2"] if "device" in broken else [broken.removesuffix(".j2")]
    assert [each["reports"] for each in result["errors"]] == [reports]
    assert result["written"] == 6 - len(reports)


def test_an_answer_that_is_not_whole_costs_itself(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ["r1", "r2"])
    workshop.devices["r1"] = {"status": "ok", "seconds": 3, "attempts": "many"}
    result = workshop.result(formats=ALL)
    assert {name for each in result["errors"] for name in each["reports"]} == {"r1"}
    assert (workshop.dest / "devices" / "r2.html").exists()
    assert result["summary"]["total"] == 2


# -- the role ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(devices=3, healthy=True) as lab:
        yield lab


def collect(lab: Lab, dest: Path, **variables: Any) -> tuple[int, str, dict[str, Any]]:
    """The role's run: how it ended, what it printed, and what it told the webhook."""
    with webhook(204) as (url, told):
        given = {"rollcall_output_dir": str(dest), "rollcall_webhook_url": url, **variables}
        done = run_playbook(
            ROOT / "collect.yml", lab.inventory, "-e", json.dumps(given), env={"ANSIBLE_SHOW_CUSTOM_STATS": "1"}
        )
    (outcome,) = told
    assert '"failed_hosts"' in done.stdout.split("CUSTOM STATS")[1]
    assert "Fail if the run did not pass" in done.stdout
    return done.returncode, said(done), outcome


def later(wrong: str, fine: str) -> str:
    """A value that is wrong only after the devices were asked, because others end the run before the first login."""
    return f"{{{{ (rollcall_result is defined) | ternary({wrong}, {fine}) }}}}"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"rollcall_title": later("nowhere", "'fine'")}, "nowhere"),  # the task fails before it begins
        ({"rollcall_formats": later("['pdf']", "['md']")}, "must be one or more of"),
        (
            {"rollcall_metrics_file": later("'/dev/null/m.prom'", "''")},
            "the report of metrics.prom could not be written",
        ),
    ],
)
def test_signals_and_verdict_come_when_reports_fail(
    wrong: dict[str, Any], words: str, lab: Lab, tmp_path: Path
) -> None:
    status, output, outcome = collect(lab, tmp_path / "out", **wrong)
    assert status == 2
    assert outcome["summary"] == {**outcome["summary"], "total": 3, "ok": 3}
    assert outcome["verdict"]["passed"] is False
    assert words in outcome["verdict"]["reasons"][0]
    verdict = output.split("Fail if the run did not pass")[1]
    assert "3 of 3 devices answered in full" in verdict
    assert words in verdict


@pytest.mark.parametrize("blocked", ["a page", "the metrics", "the whole task"])
def test_a_run_without_its_reports_is_recorded_as_not_passed(blocked: str, lab: Lab, tmp_path: Path) -> None:
    """The record, its copy, the manifest and the metrics agree with the exit status, and the success before counts."""
    out, metrics = tmp_path / "out", tmp_path / "m.prom"
    given = {"rollcall_metrics_file": str(metrics)}
    assert collect(lab, out, **given)[0] == 0
    record = out / "state" / "fleet.json"
    before = json.loads(record.read_text())["last_success"]
    if blocked == "a page":
        (out / "reports" / "index.md").unlink()
        (out / "reports" / "index.md").mkdir()
    wrong = {
        "a page": {},
        "the metrics": {"rollcall_metrics_file": later("'/dev/null/m.prom'", f"'{metrics}'")},
        "the whole task": {"rollcall_title": later("nowhere", "'fine'")},
    }[blocked]
    status, output, outcome = collect(lab, out, **{**given, **wrong})
    assert (status, outcome["verdict"]["passed"]) == (2, False), output
    run = out / "latest"
    for file in record, run / "fleet.json":
        found = json.loads(file.read_text())
        assert found["run"]["passed"] is False
        assert "not all reports could be written" in found["run"]["reasons"][0]
        assert found["last_success"] == before
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["verdict"]["passed"] is False
    assert manifest["troubles"] == manifest["verdict"]["reasons"] == found["run"]["reasons"]
    if blocked == "a page":
        values = dict(re.findall(r"^(rollcall_run_\w+)\{.*\} (\S+)$", metrics.read_text(), re.M))
        assert float(values["rollcall_run_passed"]) == 0
        assert float(values["rollcall_run_last_success_timestamp_seconds"]) < float(
            values["rollcall_run_finished_timestamp_seconds"]
        )
    blocked_page = out / "reports" / "index.md"
    if blocked_page.is_dir():
        blocked_page.rmdir()
    assert collect(lab, out, **given)[0] == 0
    assert json.loads(record.read_text())["run"]["passed"] is True


# The size decides what does not fit: the end of the manifest (36k, 68k), the record of the fleet, answers, or only
# the pages, which are larger than these disks.
@pytest.mark.parametrize("small_disk", ["36k", "48k", "64k", "68k", "112k", "160k"], indirect=True)
def test_signals_metrics_and_verdict_come_when_the_disk_is_full(lab: Lab, small_disk: Path, tmp_path: Path) -> None:
    """The metrics say that this run did not pass if it could not be recorded, whatever did not fit."""
    file = tmp_path / "m.prom"
    status, output, outcome = collect(lab, small_disk / "out", rollcall_metrics_file=str(file))
    assert status == 2
    assert outcome["summary"]["total"] == 3
    assert "No space left on device" in output.split("Fail if the run did not pass")[1]
    record = small_disk / "out" / "state" / "fleet.json"
    recorded = record.exists() and bool(json.loads(record.read_text())["run"]["passed"])
    assert not recorded, "the exit status, the record and the metrics agree"
    assert float(re.findall(r"^rollcall_run_passed\{.*\} (\S+)$", file.read_text(), re.M)[0]) == recorded
    reasons = outcome["verdict"]["reasons"]
    assert not any("could not be written to" in each for each in reasons) or "the answers were written" not in str(
        reasons
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


# -- columns -----------------------------------------------------------------------------------------------------------

COLUMNS = ["site", "status", "host", "platform", "number", "flag", "none", "list", "dict", "broken", "date", "missing"]


def test_columns_keep_types_and_overwrite_nothing(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ["r1", "r2"])
    values = {"site": "fra", "status": "mine", "host": "h", "platform": "p", "number": 4, "flag": True, "none": None,
              "list": ["a", 1], "dict": {"a": [1]}, "broken": "fine", "date": "{{ '2026-01-02' }}"}  # fmt: skip
    hosts = {"r1": values, "r2": {**values, "broken": "{{ nowhere }}"}}
    workshop.inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
    result = workshop.result(formats=["json", "csv", "md", "html"], columns=COLUMNS)
    assert result["errors"] == []
    devices = json.loads((workshop.dest / "fleet.json").read_text())["devices"]
    assert devices["r1"]["vars"] == {**values, "date": "2026-01-02", "missing": None}
    assert devices["r2"]["vars"]["broken"] is None
    assert (devices["r1"]["status"], devices["r1"]["host"], devices["r1"]["platform"]) == (
        "ok",
        "192.0.2.1",
        "cisco_iosxe",
    )
    (warning,) = [each for each in result["warnings"] if "column broken" in each]
    assert warning.startswith("column broken of r2 is empty: ")
    assert "nowhere" in warning
    with (workshop.dest / "fleet.csv").open() as file:
        table = csv.DictReader(file)
        rows = list(table)
    assert table.fieldnames is not None
    assert len(set(table.fieldnames)) == len(table.fieldnames)
    assert [row["vars.status"] for row in rows] == ["mine", "mine"]
    assert (rows[0]["vars.number"], rows[0]["vars.list"], rows[0]["vars.none"]) == ("4", "a, 1", "")
    assert rows[1]["vars.broken"] == ""
    assert "| fra | mine |" in (workshop.dest / "index.md").read_text()
    assert '"fra","mine"' in (workshop.dest / "index.html").read_text()


def test_a_column_that_no_host_has_is_warned_about(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ["r1", "r2"])
    workshop.inventory.write_text(json.dumps({"all": {"hosts": {"r1": {"site": "fra"}, "r2": {}}}}))
    result = workshop.result(formats=["json"], columns=["site", "nope"])
    assert result["warnings"] == ["column nope is empty: no host has a variable of this name"]


def test_a_mistake_of_the_report_playbook_is_told_once(tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    inventory.write_text("all: {hosts: {r1: {}}}")
    done = run_playbook(Path("rollcall.network.report"), inventory, "-e", "rollcall_run_dir=/nope")
    assert done.returncode == 2
    errors = done.stderr + done.stdout
    assert errors.count("[ERROR]") == 1
    assert "devices answered in full" not in errors


def test_no_column_shows_a_secret_of_its_device(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ["r1"])
    columns = ["ansible_password", "ansible_become_password", "note", "count", "deep", "args", "site"]
    own = {
        "ansible_password": "{{ vault_password }}",
        "vault_password": "Zq7Lkw8Xw9",
        "ansible_become_password": "cisco",  # an ordinary word, which is masked in variables for secrets only
        "ansible_ssh_pass": 8813377731,
        "note": "use {{ ansible_password }} here",
        "count": "{{ ansible_ssh_pass }}",
        "deep": {"of": ["{{ vault_password }}", 1]},
        "args": "{{ ansible_ssh_common_args }}",
        "ansible_ssh_common_args": "-o ProxyCommand='sshpass -p Zq7proxyXw9 ssh -W %h:%p bastion'",
        "site": "cisco",
    }
    workshop.inventory.write_text(json.dumps({"all": {"hosts": {"r1": own}}}))
    workshop.result(formats=["json", "csv", "md", "html"], columns=columns)
    values = json.loads((workshop.dest / "fleet.json").read_text())["devices"]["r1"]["vars"]
    mask = "********"
    assert values == {
        "ansible_password": mask,
        "ansible_become_password": mask,
        "note": f"use {mask} here",
        "count": mask,
        "deep": {"of": [mask, 1]},
        "args": f"-o ProxyCommand='sshpass -p {mask} ssh -W %h:%p bastion'",
        "site": "cisco",
    }
    for file in workshop.dest.rglob("*"):
        if file.is_file():
            assert not [s for s in ("Zq7Lkw8Xw9", "8813377731", "Zq7proxyXw9") if s.encode() in file.read_bytes()], file


# -- what files hold ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_modes_are_by_what_is_inside(mask: int, tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ["r1"])
    old = os.umask(mask)
    try:
        assert workshop.report(formats=ALL).returncode == 0
    finally:
        os.umask(old)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in workshop.dest.rglob("*") if path.is_file()}
    assert modes.pop("metrics.prom") == 0o644, "node_exporter reads it, and it has no text of devices"
    assert modes.pop("failed.txt") == 0o666 & ~mask, "it has names only"
    assert len(modes) == 7
    assert set(modes.values()) == {0o600}
    page = workshop.dest / "devices" / "r1.html"
    page.chmod(0o640)
    workshop.devices["r1"] = answer(text="new")
    assert workshop.report(formats=ALL).returncode == 0
    assert stat.S_IMODE(page.stat().st_mode) == 0o640, "a mode that somebody set stays"


def test_no_report_holds_control_characters(tmp_path: Path) -> None:
    hostile = "a\x1b[31m\x07\x9b\x85\x7f\udc9b b"
    workshop = Workshop(tmp_path, ["r1", "r2"])
    workshop.devices = {
        name: answer("failed", text=hostile + "\n", message=hostile) for name in ("r1", "r2", "\x1b]0;evil\x07\x9b")
    }
    result = workshop.result("--diff", run_dir=workshop.run_folder(), formats=ALL, title=hostile.replace("\udc9b", ""))
    assert result.get("errors") == [], result["printed"]
    for path in [path for path in workshop.dest.rglob("*") if path.is_file()]:
        text = path.read_text(encoding="utf-8")
        assert not [each for each in text if not each.isprintable() and each not in "\n\t"] or path.suffix == ".html", (
            path
        )
        assert "\x1b" not in text
        assert "\x9b" not in text
        assert path.name.isprintable()
    assert "\x1b" not in result["printed"]
    assert "\x9b" not in result["printed"]


def test_links_in_the_index_are_escaped(tmp_path: Path) -> None:
    names = ["x](http://evil)", "a>b", "a b", "http://evil/", "*x*", "<img>", "`x`", "a|b", "![x", "a\\"]
    workshop = Workshop(tmp_path, ["r1"])
    workshop.devices = {name: answer("failed", message=f"[{name}](http://evil) www.evil.example") for name in names}
    assert workshop.result(formats=["md"])["errors"] == []
    lines = [line for line in (workshop.dest / "index.md").read_text().splitlines() if line.startswith("| [")]
    assert len(lines) == 2 * len(names)
    for line in lines:
        assert re.sub(r"\\.", "", line).count("](") == 1
        assert "://" not in line
        assert "www.e" not in line
        assert "<img>" not in line
        link = line.split("](<")[1].split(">)")[0]
        assert link.isascii()
        assert " " not in link


def test_diff_prints_no_scripts(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ["r1", "r2", "r3"])
    done = workshop.report("--diff", formats=["html"])
    assert done.returncode == 0
    assert "fine" in done.stdout
    assert "function" not in done.stdout
    assert len(done.stdout) < 50_000


@pytest.mark.parametrize(("run_once", "warned"), [(True, False), (False, True)])
def test_a_run_once_that_is_missing_warns(run_once: bool, warned: bool, tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ["r1", "r2"])
    workshop.run_once = run_once
    done = workshop.report(formats=["json"])
    assert ("run_once: true is missing: each of 2 hosts writes the reports of 2 devices" in said(done)) is warned


def test_no_device_is_no_run_that_passed(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, ["r1"])
    workshop.devices = {}
    result = workshop.result(formats=ALL, max_fail_percentage=100)
    verdict = {"passed": False, "cause": "run", "sentence": "No device was asked", "reasons": ["no device was asked"]}
    assert result["verdict"] == verdict
    assert 'class="verdict passed"' not in (workshop.dest / "index.html").read_text()
    assert 'rollcall_run_passed{title="Roll call"} 0.0' in (workshop.dest / "metrics.prom").read_text()
