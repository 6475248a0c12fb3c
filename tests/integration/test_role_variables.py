# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the role and the playbooks that are broken, null or empty, through the real playbooks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.plugin_utils._variables._table import ROLE

ROOT = Path(__file__).parents[2]
HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
HOST = {"rollcall_driver": "python", "rollcall_function": "json.dumps"}
NAMES = ("r1", "r2", "r3")
USED = [each.name for each in ROLE if not each.play]


def run(playbook: str, folder: Path, *extra: str, **variables: Any) -> subprocess.CompletedProcess[str]:
    """Run a playbook of the collection in the folder, with the stale PWD of another."""
    hosts = {"localhost": HERE, **dict.fromkeys(NAMES, HOST)}
    groups: dict[str, Any] = {"asked": {"hosts": {name: {} for name in NAMES}}}
    (folder / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts, "children": groups}}))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), str(ROOT / "playbooks" / playbook)]
    command += ["-i", str(folder / "hosts.yml"), "-e", json.dumps(variables), *extra]
    env = {**os.environ, "HOME": str(folder), "PWD": str(folder / "stale"), "SSH_AUTH_SOCK": ""}
    env["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / "collections")
    return subprocess.run(
        command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=250, check=False
    )


def asked(folder: Path) -> list[str]:
    return list(json.loads((folder / "rollcall" / "latest" / "manifest.json").read_text())["devices"])


def test_every_broken_variable_is_an_error_before_the_first_login(tmp_path: Path) -> None:
    done = run("collect.yml", tmp_path, rollcall_hosts="asked", **dict.fromkeys(USED, "{{ nope }}"))
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    assert "nope" in said
    assert not list(tmp_path.rglob("runs"))


@pytest.mark.parametrize("name", ["rollcall_deadline", "rollcall_formats", "rollcall_metrics_file", "rollcall_keep"])
def test_a_broken_variable_is_named(name: str, tmp_path: Path) -> None:
    done = run("collect.yml", tmp_path, rollcall_hosts="asked", **{name: "{{ nope }}"})
    assert done.returncode != 0
    assert name in done.stdout + done.stderr
    assert not list(tmp_path.rglob("runs"))


@pytest.mark.parametrize(
    ("playbook", "name"),
    [
        ("collect.yml", "rollcall_hosts"),
        ("pollers.yml", "rollcall_hosts"),
        ("pollers.yml", "rollcall_pollers"),
        ("schedule.yml", "rollcall_schedule_hosts"),
    ],
)
def test_an_undefined_variable_in_a_pattern_asks_no_host(playbook: str, name: str, tmp_path: Path) -> None:
    done = run(playbook, tmp_path, **{name: "{{ site }}_routers"})
    assert done.returncode != 0
    assert "'site' is undefined" in done.stdout + done.stderr
    assert not list(tmp_path.rglob("runs"))


@pytest.mark.parametrize(
    ("hosts", "names"),
    [(["r1", "r3"], ["r1", "r3"]), ("r1,r2", ["r1", "r2"]), ("asked:!r2", ["r1", "r3"])],
    ids=["list", "text", "pattern"],
)
def test_hosts_as_in_a_play(hosts: Any, names: list[str], tmp_path: Path) -> None:
    done = run("collect.yml", tmp_path, rollcall_hosts=hosts)
    assert done.returncode == 0, done.stdout + done.stderr
    assert asked(tmp_path) == names


def test_null_is_not_set_for_every_variable_of_the_role(tmp_path: Path) -> None:
    """The default folder is in the working directory, also if PWD says otherwise, and for the report too."""
    nulls = {**dict.fromkeys(USED), "rollcall_hosts": "asked"}
    done = run("collect.yml", tmp_path, **nulls)
    assert done.returncode == 0, done.stdout + done.stderr
    assert asked(tmp_path) == list(NAMES)
    reports = tmp_path / "rollcall" / "latest" / "reports"
    assert {"index.html", "index.md"} <= {path.name for path in reports.iterdir()}
    done = run("report.yml", tmp_path, **nulls, rollcall_report_dir=None, rollcall_run_dir=None)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "stale").exists()


def test_report_refuses_a_broken_variable(tmp_path: Path) -> None:
    assert run("collect.yml", tmp_path, rollcall_hosts="asked", rollcall_output_dir="").returncode == 0
    assert asked(tmp_path) == list(NAMES)
    for name in ("rollcall_title", "rollcall_formats", "rollcall_run_dir"):
        done = run("report.yml", tmp_path, **{name: "{{ nope }}"})
        assert f"{name} cannot be resolved" in " ".join((done.stdout + done.stderr).split())
        assert done.returncode != 0
    done = run("report.yml", tmp_path, "-e", "rollcall_title=Core of Oslo")
    assert "'of Oslo' is in no variable" in " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"rollcall_parser": "genie"}, "rollcall_parser: 'genie' is not one of none, auto, json, textfsm"),
        ({"rollcall_connect_timeout": -1}, "rollcall_connect_timeout must be above 0, not -1"),
        ({"rollcall_webhook_url": 5}, "rollcall_webhook_url must be an address"),
        ({"rollcall_keep": {"run": 30}}, "unsupported option rollcall_keep.run; near matches: runs"),
        ({"rollcall_workers": "1e400"}, "rollcall_workers must be a"),
        ({"rollcall_metrics_file": "/tmp/" + "x" * 300}, "rollcall_metrics_file is too long for a path"),
        ({"rollcall_output_dir": "x" * 300}, "rollcall_output_dir is too long for a path"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_wrong_value_is_an_error_before_the_first_login(
    variables: dict[str, Any], words: str, tmp_path: Path
) -> None:
    done = run("collect.yml", tmp_path, rollcall_hosts="asked", **variables)
    assert done.returncode != 0
    assert words in " ".join((done.stdout + done.stderr).split())
    assert not list(tmp_path.rglob("runs"))


def test_a_refused_run_has_its_reason_in_one_failed_task(tmp_path: Path) -> None:
    done = run("collect.yml", tmp_path, rollcall_hosts="asked", rollcall_keep={"run": 30})
    assert done.returncode == 2
    fatal = [line for line in done.stdout.splitlines() if line.startswith("fatal: ")]
    assert len(fatal) == 1, done.stdout
    assert fatal[0].startswith("fatal: [localhost]")
    assert "unsupported option rollcall_keep.run" in fatal[0]


def test_a_value_that_ansible_cuts_at_a_blank_is_an_error(tmp_path: Path) -> None:
    done = run("collect.yml", tmp_path, "-e", "rollcall_title=Core of Oslo", rollcall_hosts="asked")
    assert done.returncode != 0
    assert "'of Oslo' is in no variable" in " ".join((done.stdout + done.stderr).split())
    assert not list(tmp_path.rglob("runs"))


@pytest.mark.parametrize("playbook", ["collect.yml", "pollers.yml", "host_keys.yml"])
def test_a_pattern_that_matches_no_host_is_an_error(playbook: str, tmp_path: Path) -> None:
    done = run(playbook, tmp_path, rollcall_hosts=["core", "edge"])
    assert done.returncode == 2
    assert "no host of the inventory matches rollcall_hosts: core,edge" in " ".join(done.stdout.split())
    done = run(playbook, tmp_path, "--limit", "r1", rollcall_hosts="r2,r3")
    assert done.returncode == 2
    assert "no host of the limit matches rollcall_hosts: r2,r3" in " ".join(done.stdout.split())
    assert not list(tmp_path.rglob("runs"))


def test_a_limit_and_a_pattern_ask_the_hosts_in_both(tmp_path: Path) -> None:
    done = run("collect.yml", tmp_path, "--limit", "r1,r2", rollcall_hosts="asked:!r1", rollcall_formats=["limit"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert asked(tmp_path) == ["r2"]
