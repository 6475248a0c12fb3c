# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rollcall.network.report through real ansible-playbook, from answers made here: no device is asked."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder
from tests.integration.conftest import run_playbook

HOSTILE = "</script><script>boom()</script> {{ 1 + 1 }} | `x` *y* \x1b[31m &amp; ]]>"


def answer(status: str = "ok", text: str = "fine", message: str = "it broke") -> dict[str, Any]:
    """A whole answer, as rollcall.network.collect returns it."""
    output = {
        "text": text,
        "status": "ok",
        "error": None,
        "seconds": 0.1,
        "parser": "textfsm",
        "rows": [{"a": "1", "b": text}],
        "rows_status": "ok",
        "rows_message": None,
    }
    return {
        "status": status,
        "error": None if status == "ok" else {"phase": "connect", "kind": "refused", "message": message},
        "attempts": 1,
        "started_at": "2026-01-02T03:04:05.000Z",
        "finished_at": "2026-01-02T03:04:06.000Z",
        "seconds": {"connect": 0.4, "auth": 0.2, "command": 0.1},
        "driver": "cli",
        "host": "192.0.2.1",
        "port": 22,
        "platform": "cisco_iosxe",
        "output": {"show version": output},
        "value": None,
    }


class Workshop:
    """An inventory, a folder of a playbook, and the report task run in it."""

    def __init__(self, folder: Path, names: list[str], *, make: bool = False) -> None:
        if make:
            folder.mkdir()
        self.folder = folder
        self.dest = folder / "reports"
        self.inventory = folder / "hosts.yml"
        hosts = {name: {"site": f"site-{name}", "number": 4} for name in names}
        self.inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
        self.devices: dict[str, dict[str, Any]] = {name: answer() for name in names}
        self.run_once, self.saved = True, False

    def report(self, *extra: str, **arguments: Any) -> subprocess.CompletedProcess[str]:
        if "run_dir" not in arguments:
            file = self.folder / "devices.json"
            file.write_text(json.dumps(self.devices))
            arguments["devices"] = f"{{{{ lookup('ansible.builtin.file', '{file}') | from_json }}}}"
        arguments.setdefault("dest", str(self.dest))
        task = {
            "rollcall.network.report": arguments,
            "run_once": self.run_once,
            "delegate_to": "localhost",
            "register": "reports",
        }
        save = {
            "ansible.builtin.copy": {"content": "{{ reports | to_json }}", "dest": str(self.folder / "result.json")},
            "run_once": True,
            "delegate_to": "localhost",
            "check_mode": False,
            "diff": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        }
        tasks = {"block": [task], "always": [save]} if self.saved else task
        play = self.folder / "play.yml"
        play.write_text(json.dumps([{"hosts": "all", "connection": "local", "gather_facts": False, "tasks": [tasks]}]))
        return run_playbook(play, self.inventory, *extra)

    def result(self, *extra: str, **arguments: Any) -> dict[str, Any]:
        """The task's result, and what was printed."""
        self.saved = True
        done = self.report(*extra, **arguments)
        assert (self.folder / "result.json").exists(), said(done)
        result: dict[str, Any] = json.loads((self.folder / "result.json").read_text())
        return {"failed": False, **result, "printed": said(done)}

    def run_folder(self) -> str:
        """The answers as a run on disk."""
        folder = RunFolder(str(self.folder / "out"))
        folder.begin({"started_at": "2026-01-01T00:00:00.000Z", "hosts": list(self.devices)})
        for name, each in self.devices.items():
            folder.write(name, each)
        folder.close()
        return str(folder.path)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, ["r1", "r2", "r3"])


def said(done: subprocess.CompletedProcess[str]) -> str:
    """What was printed, with the line breaks of Ansible's error boxes taken out."""
    return " ".join((done.stdout + done.stderr).split())


def test_all_formats(workshop: Workshop) -> None:
    workshop.devices["r2"] = answer("unreachable", message="no way | to <it>")
    done = workshop.report(formats=["md", "html", "json", "csv", "junit"], columns=["site"], title="Night run")
    assert done.returncode == 0, said(done)
    index = (workshop.dest / "index.md").read_text()
    assert index.startswith("# Night run: 2 of 3 devices answered in full")
    assert "[r2](<devices/r2.md>)" in index
    assert "no way \\| to &lt;it>" in index
    page = (workshop.dest / "index.html").read_text()
    assert "Night run" in page
    assert "devices/r2.html" in page
    for name in workshop.devices:
        assert (workshop.dest / "devices" / f"{name}.html").read_text().count("fine") >= 1
    fleet = json.loads((workshop.dest / "fleet.json").read_text())
    assert fleet["summary"]["unreachable"] == 1
    assert fleet["devices"]["r1"]["vars"] == {"site": "site-r1"}
    rows = list(csv.DictReader((workshop.dest / "fleet.csv").open()))
    assert [(row["name"], row["status"], row["vars.site"]) for row in rows] == [
        ("r1", "ok", "site-r1"),
        ("r2", "unreachable", "site-r2"),
        ("r3", "ok", "site-r3"),
    ]
    suite = ElementTree.parse(workshop.dest / "junit.xml").getroot()
    assert suite.get("failures") == "1"
    cases = suite.findall(".//testcase")
    assert [case.get("name") for case in cases] == ["r1", "r2", "r3"]
    failure = cases[1].find("failure")
    assert failure is not None
    assert failure.get("message") == "no way | to <it>"


def test_a_second_run_touches_nothing(workshop: Workshop) -> None:
    assert "changed=1" in workshop.report().stdout
    before = {path: path.stat().st_mtime_ns for path in workshop.dest.rglob("*") if path.is_file()}
    assert len(before) == 8
    assert "changed=0" in workshop.report().stdout
    assert {path: path.stat().st_mtime_ns for path in before} == before
    workshop.devices["r1"] = answer(text="new")
    assert "changed=1" in workshop.report().stdout
    touched = {path.name for path, moment in before.items() if path.stat().st_mtime_ns != moment}
    assert touched == {"r1.md", "r1.html"}
    assert not list(workshop.dest.rglob(".*")), "a temporary file was left"


def test_own_template_with_a_place_of_its_own(workshop: Workshop) -> None:
    templates = workshop.folder / "templates"
    templates.mkdir()
    (templates / "own.j2").write_text("{{ inventory_hostname | upper }} {{ site }} {{ device.status }}\n")
    dest = f"{workshop.dest}/{{{{ site }}}}/{{{{ inventory_hostname }}}}.txt"
    done = workshop.report(template="own.j2", dest=dest)
    assert done.returncode == 0, said(done)
    assert (workshop.dest / "site-r2" / "r2.txt").read_text() == "R2 site-r2 ok\n"
    check = workshop.report("--check", "--diff", template="own.j2", dest=dest.replace(".txt", ".new"))
    assert "changed=1" in check.stdout
    assert "+R2 site-r2 ok" in check.stdout
    assert not list(workshop.dest.rglob("*.new"))


def test_template_error_names_device_file_and_line(workshop: Workshop) -> None:
    templates = workshop.folder / "templates"
    templates.mkdir()
    (templates / "own.j2").write_text("first\n{{ 1 // (0 if inventory_hostname == 'r2' else 1) }} {{ site }}\n")
    done = workshop.report(template="own.j2", dest=f"{workshop.dest}/{{{{ inventory_hostname }}}}.txt")
    assert done.returncode == 2
    assert "the report of r2 could not be written" in said(done)
    assert "own.j2:2" in said(done)
    assert (workshop.dest / "r1.txt").read_text() == "first\n1 site-r1\n"
    assert (workshop.dest / "r3.txt").exists()
    assert not (workshop.dest / "r2.txt").exists()


def test_built_in_template_overridden_beside_the_playbook(workshop: Workshop) -> None:
    templates = workshop.folder / "templates"
    templates.mkdir()
    (templates / "device.md.j2").write_text("mine: {{ inventory_hostname }} at {{ site | upper }}\n")
    done = workshop.report(formats=["md"])
    assert done.returncode == 0, said(done)
    assert (workshop.dest / "devices" / "r1.md").read_text() == "mine: r1 at SITE-R1\n"
    assert (workshop.dest / "index.md").read_text().startswith("# Roll call: 3 of 3")


def test_what_devices_say_is_text(workshop: Workshop) -> None:
    workshop.devices["r1"] = answer("partial", text=HOSTILE, message=HOSTILE)
    workshop.devices["r2"] = answer("failed", text="=cmd()", message="=1+1")
    formats = ["md", "html", "json", "csv", "junit"]
    done = workshop.report(formats=formats)
    assert done.returncode == 0, said(done)
    page = (workshop.dest / "devices" / "r1.html").read_text()
    assert "<script>boom" not in page
    assert "{{ 1 + 1 }}" in page, "evaluated as a template"
    assert "<script>boom" not in (workshop.dest / "index.html").read_text()
    text = (workshop.dest / "devices" / "r1.md").read_text(errors="surrogateescape")
    line = next(line for line in text.splitlines() if "boom" in line and "{{ 1 + 1 }}" in line and "|" in line[9:])
    assert line.startswith("    ") or "\\|" in line, "neither code nor escaped"
    rows = {row["name"]: row for row in csv.DictReader((workshop.dest / "fleet.csv").open())}
    assert rows["r2"]["message"] == "'=1+1", "a spreadsheet would compute it"
    messages = [each.get("message") for each in ElementTree.parse(workshop.dest / "junit.xml").iter("failure")]
    assert "boom()" in str(messages[0])
    assert json.loads((workshop.dest / "fleet.json").read_text())["devices"]["r1"]["message"] == HOSTILE


@pytest.mark.parametrize(
    ("template", "line"),
    [("1\n2\n{{ 1 // 0 }}\n", 3), ("1\n{{ nowhere.x }}\n", 2), ("1\n{{ 'x' | nofilter }}\n", 2), ("{{ 1\n", 1)],
)
def test_template_error_says_the_line(template: str, line: int, workshop: Workshop) -> None:
    (workshop.folder / "own.j2").write_text(template)
    done = workshop.report(template="own.j2", dest=f"{workshop.dest}/{{{{ inventory_hostname }}}}.txt")
    assert done.returncode == 2
    assert f"own.j2:{line}:" in said(done)


@pytest.mark.parametrize("finished", [True, False], ids=["finished", "killed"])
def test_from_a_run_on_disk(finished: bool, workshop: Workshop) -> None:
    folder = RunFolder(str(workshop.folder / "out"))
    workshop.devices["r1"] = answer(text="from \udcff disk")
    for name, each in workshop.devices.items():
        folder.write(name, each)
    if finished:
        folder.finish({"devices": dict.fromkeys(reversed(workshop.devices), "ok")})
    (folder.path / "devices" / "r3" / "show version.txt").unlink()  # damaged since
    done = workshop.report(run_dir=str(folder.path), formats=["md", "json"])
    assert done.returncode == 0, said(done)
    assert b"from \\xff disk" in (workshop.dest / "devices" / "r1.md").read_bytes()
    fleet = json.loads((workshop.dest / "fleet.json").read_text())["devices"]
    assert list(fleet) == (["r3", "r2", "r1"] if finished else ["r1", "r2", "r3"])
    assert fleet["r3"]["kind"] == "unreadable", "a damaged answer keeps its place and says so"


def test_of_a_killed_run_every_name_is_shown(workshop: Workshop) -> None:
    folder = RunFolder(str(workshop.folder / "out"))
    folder.begin({"started_at": "2026-01-01T00:00:00.000Z", "hosts": ["r3", "r1", "r2"]})
    folder.write("r1", workshop.devices["r1"])
    done = workshop.report(run_dir=str(folder.path), formats=["json"])
    assert done.returncode == 0, said(done)
    fleet = json.loads((workshop.dest / "fleet.json").read_text())["devices"]
    assert list(fleet) == ["r3", "r1", "r2"]
    assert [(each["status"], each["kind"]) for name, each in fleet.items() if name != "r1"] == [
        ("skipped", "interrupted")
    ] * 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"run_dir": None}, "run_dir is null: set output_dir in the task of rollcall.network.collect"),
        ({"run_dir": "/nonexistent"}, "is not a run folder"),
        ({"formats": ["pdf"]}, "must be one or more of: md, html, json, csv, junit, prom, limit"),
        ({"template": "nowhere.j2", "dest": "/tmp/{{ inventory_hostname }}"}, "was not found"),
        ({"template": "x.j2", "formats": ["md"]}, "mutually exclusive"),
        ({"dest": "{{ nowhere }}/reports"}, "nowhere"),
        ({"template": "x.j2", "fleet_template": "y.j2"}, "mutually exclusive"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], sentence: str, workshop: Workshop) -> None:
    done = workshop.report(**arguments)
    assert done.returncode == 2
    assert sentence in said(done)
    assert not workshop.dest.exists()


def test_folder_that_cannot_be_made(workshop: Workshop) -> None:
    (workshop.folder / "file").write_text("")
    done = workshop.report(dest=str(workshop.folder / "file" / "reports"))
    assert done.returncode == 2
    assert "cannot be created" in said(done)
