# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schedules as they are installed: real units, a real crontab, a real cron, and the run that they start."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook
from tests.integration.openssh import (
    SEARCH_PATH,
    TempUser,
    descendants,
    kill,
    missing_programs,
    scratch_folder,
    stop,
    wait_until,
)
from tests.lab import Lab

SCHEDULE = Path("rollcall.network.schedule")
# Installing downloads packages.
pytestmark = pytest.mark.timeout(900)
# Readable by every user, which the Python that runs the tests need not be.
PYTHON = "/usr/bin/python3"


@dataclass(frozen=True)
class Site:
    """A host to install schedules on: folders of its own instead of the system's, and a user to run as."""

    folder: Path
    user: str
    lab: Lab
    inventory: Path

    def folders(self, name: str) -> dict[str, Path]:
        below = self.folder / name
        return {"home": below / "home", "output": below / "output", "units": below / "units", "cron": below / "cron"}

    def variables(self, name: str, /, **more: Any) -> dict[str, Any]:
        folders = self.folders(name)
        for each in ("units", "cron"):
            folders[each].mkdir(parents=True, exist_ok=True)
        own = {
            "name": name,
            "home": str(folders["home"]),
            "output_dir": str(folders["output"]),
            "unit_dir": str(folders["units"]),
            "cron_dir": str(folders["cron"]),
            "user": self.user,
            "inventory": str(self.inventory),
            "with": "systemd",
            "python": PYTHON,
            "venv": str(self.folder / "venv"),
            "jitter": 0,
            **more,
        }
        return {f"rollcall_schedule_{key}": value for key, value in own.items()}

    def install(self, name: str, /, *extra: str, **more: Any) -> subprocess.CompletedProcess[str]:
        variables = json.dumps(self.variables(name, **more))
        # Where pip finds packages is the machine's affair.
        config = os.environ.get("XDG_CONFIG_HOME", str(Path.home() / ".config"))
        # An inventory without localhost, as a fleet's is.
        arguments = ["-e", variables, "--diff", *extra]
        return run_playbook(SCHEDULE, self.inventory, *arguments, env={"XDG_CONFIG_HOME": config}, seconds=800)

    def command(self, name: str, *arguments: str) -> list[str]:
        """What the service starts, and as whom."""
        unit = self.folders(name)["units"].joinpath(f"rollcall-{name}.service").read_text()
        [start] = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
        [user] = re.findall(r"^User=(.*)$", unit, re.MULTILINE)
        return ["su", "-s", "/bin/sh", "-c", shlex.join(["exec", start, *arguments]), user]

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Starts it with as little around it as systemd gives."""
        return subprocess.run(
            self.command(name, *arguments),
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A user, a lab, and the environment that every schedule of these tests shares, installed by the first of them."""
    reason = missing_programs(["su", "useradd", "flock", "systemd-analyze", PYTHON])
    if reason:
        pytest.skip(reason)
    with scratch_folder() as folder, TempUser.create(folder) as user, Lab(devices=24, healthy=True) as lab:
        inventory = folder / "fleet.yml"
        known_hosts = folder / "known_hosts"
        shutil.copy(lab.known_hosts, known_hosts)
        known_hosts.chmod(0o644)
        inventory.write_text(lab.inventory.read_text().replace(str(lab.known_hosts), str(known_hosts)))
        inventory.chmod(0o644)
        yield Site(folder, user.name, lab, inventory)


@pytest.fixture(scope="module")
def installed(site: Site) -> Site:
    """The site with one schedule, and the environment."""
    done = site.install("first")
    assert done.returncode == 0, done.stdout + done.stderr
    return site


def changes(done: subprocess.CompletedProcess[str]) -> int:
    assert done.returncode == 0, done.stdout + done.stderr
    [changed] = re.findall(r"^localhost .* changed=(\d+)", done.stdout, re.MULTILINE)
    return int(changed)


def everything(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every path below a folder with what tells whether it was touched."""
    found = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        found[str(path)] = (state.st_mode, state.st_mtime_ns, path.read_bytes() if path.is_file() else b"")
    return found


def run_folder(site: Site, name: str) -> Path:
    """The newest run. `latest` does not lead to a run of a part of the fleet."""
    return max((site.folders(name)["output"] / "runs").iterdir())


def answered(site: Site, name: str) -> set[str]:
    return {path.name for path in run_folder(site, name).joinpath("devices").iterdir()}


def test_check_mode_only_says_what_it_would_do(site: Site) -> None:
    variables = site.variables("dry")  # makes the folders of the system
    before = everything(site.folder / "dry")
    done = site.install("dry", "--check")
    assert changes(done) > 0
    assert "+OnCalendar=*-*-* 04:30:00" in done.stdout
    assert everything(site.folder / "dry") == before, variables


def test_systemd_finds_nothing_to_say_about_the_units(installed: Site) -> None:
    folder = installed.folders("first")["units"]
    units = [str(path) for path in folder.iterdir() if path.is_file()]
    assert len(units) == 4
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    for target, unit in ("timers", "rollcall-first.timer"), ("multi-user", "rollcall-first-boot.service"):
        assert (folder / f"{target}.target.wants" / unit).resolve() == folder / unit


def test_a_second_run_changes_nothing(installed: Site) -> None:
    before = everything(installed.folder / "first")
    assert changes(installed.install("first")) == 0
    assert changes(installed.install("first", "--check")) == 0
    assert everything(installed.folder / "first") == before


def test_the_service_calls_the_roll_as_its_user(installed: Site) -> None:
    done = installed.run("first")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "24 of 24 devices answered in full" in done.stdout
    assert "\x1b[" not in done.stdout
    run = run_folder(installed, "first")
    assert run.joinpath("manifest.json").exists()
    assert run.joinpath("reports", "index.html").exists()
    assert answered(installed, "first") == set(installed.lab.devices)
    assert run.stat().st_uid == run.joinpath("manifest.json").stat().st_uid != os.getuid()
    others = [path for path in run.rglob("*.txt") if path.stat().st_mode & 0o077]
    assert others == [], "answers are for their owner"


def test_the_run_needs_no_more_than_the_unit_grants(installed: Site) -> None:
    """Without a systemd to do it: everything read-only but ReadWritePaths and a /tmp of its own, and no privileges."""
    if reason := missing_programs(["unshare", "setpriv"]) or no_mounts():
        pytest.skip(reason)
    folders = installed.folders("first")
    unit = folders["units"].joinpath("rollcall-first.service").read_text()
    writable = re.findall(r"^ReadWritePaths=(.*)$", unit, re.MULTILINE)[0].replace("-/", "/").split()
    account = pwd.getpwnam(installed.user)
    script = f"""
        set -e
        for path in {" ".join(writable)}; do mount --bind "$path" "$path"; done
        mount -t tmpfs -o mode=1777 none /var/tmp
        mount -o remount,bind,ro /
        ! touch {installed.folder}/here 2>/dev/null
        exec setpriv --reuid {account.pw_uid} --regid {account.pw_gid} --clear-groups --no-new-privs \\
            --bounding-set=-all --inh-caps=-all {folders["home"]}/run --limit fra-wan1
    """
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script],
        env={"PATH": SEARCH_PATH, "HOME": account.pw_dir},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert answered(installed, "first") == {"fra-wan1"}


def no_mounts() -> str | None:
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, timeout=30, check=False)
    return "Needs a mount namespace of its own." if done.returncode else None


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        pytest.param(["--limit", "fra-wan1,down"], 2, "1 of 2 devices answered in full", id="the verdict"),
        pytest.param(["--inventory", "/nowhere.yml"], 1, "/nowhere.yml", id="no inventory"),
        pytest.param(["--inventory", "broken.yml"], 1, "broken.yml", id="an inventory that cannot be read"),
        pytest.param(["--limit", "nobody"], 1, "nobody", id="a limit that nobody is in"),
        pytest.param(["-e", "rollcall_hosts=nobody"], 2, "nobody", id="a group that is not there"),
        pytest.param(["-e", "rollcall_hosts=all:!all"], 2, "no devices to ask", id="a fleet of none"),
    ],
)
def test_what_goes_wrong_is_no_success(installed: Site, arguments: list[str], status: int, says: str) -> None:
    output = installed.folders("first")["output"]
    down = {"ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_network_os": "cisco.ios.ios", "ansible_user": "x"}
    down |= {"ansible_password": "x", "rollcall_commands": ["show version"], "rollcall_retries": 0}
    output.joinpath("down.yml").write_text(json.dumps({"all": {"hosts": {"down": down}}}))
    output.joinpath("broken.yml").write_text("all: {hosts: [")
    done = installed.run("first", "--inventory", "down.yml", *arguments)
    assert done.returncode == status, done.stdout + done.stderr
    assert says in done.stdout + done.stderr


def test_an_inventory_that_has_lost_its_devices_is_no_success(installed: Site) -> None:
    """Ansible itself ends such a run with 0, with a limit as well as without."""
    empty = installed.folder / "empty.yml"
    empty.write_text("all: {}\n")
    script = installed.folder / "run on nobody"
    text = installed.folders("first")["home"].joinpath("run").read_text()
    script.write_text(text.replace(str(installed.inventory), str(empty)))
    for arguments, status, says in ([], 2, "no devices to ask"), (["--limit", "fra-wan1"], 1, "fra-wan1"):
        done = subprocess.run(
            ["su", "-s", "/bin/sh", "-c", shlex.join(["sh", str(script), *arguments]), installed.user],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert says in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("more", "says"),
    [
        pytest.param(
            {
                "inventory": [],
                "name": "two words",  # that cron would pass over
                "home": "/opt/100%",  # a path that needs quotes
                "cron": "0 2 * *",
                "user": "a root id",  # a user that is a command for cron
                "environment": {"A=1;id;B": "1"},  # a variable that is code
                "calendar": "daily\nUnit=x",  # a time that is a setting
            },
            [
                "rollcall_schedule_inventory is not set",
                "rollcall_schedule_name can contain only",
                "rollcall_schedule_home must be an absolute path",
                "rollcall_schedule_cron: it must have five fields",
                "rollcall_schedule_user is not the name of a user",
                "a name in rollcall_schedule_environment is not",
                "rollcall_schedule_calendar must be one line",
            ],
            id="text that is more than a value",
        ),
        pytest.param(
            {"name": "nightly\n", "cron": "99 25 * * *", "calendar": []},
            [
                "rollcall_schedule_name can contain only",
                "the minute must be between 0 and 59, not '99'",
                "rollcall_schedule_calendar is empty",
            ],
            id="a name that ends its line, minute 99, and no start time",
        ),
        pytest.param({"inventory": "/dev/null"}, ["hosts (0):"], id="no devices to ask"),
        pytest.param({"playbook": "pollers"}, ["Could not match supplied host pattern"], id="no pollers"),
        pytest.param({"with": "cron", "cron_dir": "/nowhere"}, ["install cron"], id="no cron"),
        pytest.param({"calendar": "every night"}, ["'every night' is not a calendar expression"], id="words"),
        pytest.param({"calendar": ["*-*-* 04:30", "Sat 25:00"]}, ["'Sat 25:00' is not a calendar"], id="hour 25"),
        pytest.param({"calendar": "*-02-30"}, ["'*-02-30' never comes"], id="a date that never comes"),
        pytest.param({"writable": ["/nowhere"]}, ["There is no folder /nowhere"], id="a folder that is missing"),
        pytest.param({"output_dir": "/var/log"}, ["/var/log belongs to root and has files"], id="somebody's folder"),
        pytest.param(
            {"vars": {"rollcall_metrics_file": "/var/lib/x/a.prom"}},
            ["must contain /var/lib/x"],
            id="read-only metrics",
        ),
        pytest.param(
            {"vars": {"rollcall_metrics_file": "/nowhere/a.prom"}, "writable": ["/nowhere"]},
            ["There is no folder /nowhere"],
            id="no folder for metrics",
        ),
    ],
)
def test_an_installation_that_cannot_work_fails(installed: Site, more: dict[str, Any], says: list[str]) -> None:
    done = installed.install("wrong", **more)
    assert done.returncode == 2, done.stdout + done.stderr
    output = " ".join((done.stdout + done.stderr).split())
    assert [each for each in says if each not in output] == [], output
    assert [path for path in installed.folders("wrong")["units"].rglob("*") if not path.is_dir()] == []


def test_another_playbook_of_the_collection_can_be_scheduled(installed: Site) -> None:
    asked = installed.run("first")
    assert asked.returncode == 0, asked.stdout + asked.stderr
    folder = installed.folders("pages")["output"]
    variables = {"rollcall_run_dir": str(run_folder(installed, "first")), "rollcall_report_dir": str(folder / "pages")}
    done = installed.install("pages", playbook="report", vars=variables)
    assert done.returncode == 0, done.stdout + done.stderr
    done = installed.run("pages")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "24 of 24 devices answered in full" in done.stdout
    assert folder.joinpath("pages", "index.html").exists()
    assert not folder.joinpath("runs").exists(), "no device was asked"


def test_the_second_of_two_runs_says_so(installed: Site) -> None:
    output = installed.folders("first")["output"]
    before = list(output.glob("runs/*"))
    with socket.create_server(("127.0.0.1", 0)) as silent, contextlib.ExitStack() as stack:
        host = {"ansible_host": "127.0.0.1", "ansible_port": silent.getsockname()[1], "ansible_user": "x"}
        host |= {"ansible_password": "x", "ansible_network_os": "cisco.ios.ios", "rollcall_commands": ["show version"]}
        inventory = installed.folder / "silent.yml"
        inventory.write_text(json.dumps({"all": {"hosts": {"silent": host}}}))
        arguments = ["--inventory", str(inventory), "--limit", "silent", "-e", "rollcall_max_fail_percentage=100"]
        first = subprocess.Popen(installed.command("first", *arguments), stdout=subprocess.PIPE, text=True)
        stack.callback(lambda: kill([*descendants(first.pid), first.pid]))
        silent.settimeout(60)
        answered, _address = silent.accept()  # it is calling
        second = installed.run("first")
        assert second.returncode == 2, second.stdout + second.stderr
        assert re.search(r"output is in use by process \d+ on \S+ since \d{4}-", second.stdout + second.stderr)
        assert len(list(output.glob("runs/*"))) == 1 + len(before), "the second has no folder"
        held = subprocess.run(["flock", "--nonblock", output / ".program.lock", "true"], check=False, timeout=30)
        assert held.returncode == 1, "the role waits for all of the run"
        answered.close()
        silent.close()
        report, _errors = first.communicate(timeout=60)
        assert first.returncode == 0, report


def test_arguments_reach_the_run_as_they_were_written(installed: Site) -> None:
    told = installed.folder / "home" / "told"
    secret, odd = "vault $(reboot) 'password'", """it's "$HOME" `x` 100 %"""
    password = installed.folder / "vault password"
    variables = installed.folder / "more variables.yml"
    password.write_text(secret)
    variables.write_text(json.dumps({"rollcall_formats": ["csv"]}))
    subprocess.run(
        [Path(sys.executable).with_name("ansible-vault"), "encrypt", "--vault-password-file", password, variables],
        check=True,
        capture_output=True,
        timeout=60,
    )
    for file in (password, variables):
        shutil.chown(file, installed.user)
    inventory = installed.folder / "second inventory.yml"
    inventory.write_text(json.dumps({"some": {"hosts": {"fra-wan1": {}, "fra-core1": {}}}}))
    more = {
        "inventory": [str(installed.inventory), str(inventory)],
        "limit": "some:!fra-core1",
        "vars": {"rollcall_formats": ["md"], "rollcall_title": odd},
        "vars_file": str(variables),
        "vault_password_file": str(password),
        "environment": {"ODD": odd},
        "failure_command": f'echo "$MONITOR_EXIT_STATUS" >{told}\necho \'it is 100 % "broken"\' >>{told}',
        "calendar": ["Mon *-*-* 02:00:00 Europe/Berlin", "Sun *-*-* 14:00:00"],
    }
    done = installed.install("odd", **more)
    assert changes(done) > 0
    assert changes(installed.install("odd", **more)) == 0
    run = installed.folders("odd")["home"] / "run"
    assert secret not in run.read_text() + done.stdout
    # What the playbook is started with, seen by a program that takes its place.
    spy = installed.folder / "spy"
    spy.write_text(run.read_text().replace("exec ", "exec sh -c 'printf %s \"$ODD\"' "))
    assert subprocess.run(["sh", spy], capture_output=True, text=True, check=True, timeout=30).stdout == odd
    done = installed.run("odd")
    assert done.returncode == 0, done.stdout + done.stderr
    assert answered(installed, "odd") == {"fra-wan1"}
    reports = run_folder(installed, "odd") / "reports"
    assert [path.suffix for path in reports.iterdir() if path.is_file()] == [".csv"]
    failed = installed.folders("odd")["home"] / "failed"
    call = ["su", "-s", "/bin/sh", "-c", str(failed), installed.user]
    subprocess.run(call, env={**os.environ, "MONITOR_EXIT_STATUS": "2"}, check=True, timeout=30)
    assert told.read_text() == '2\nit is 100 % "broken"\n'


def test_removal_leaves_what_was_collected(installed: Site) -> None:
    assert changes(installed.install("gone")) > 0
    folders = installed.folders("gone")
    assert installed.run("gone", "--limit", "fra-wan1").returncode == 0
    kept = everything(folders["output"])
    before = everything(folders["home"])
    with lock(folders["output"] / ".lock"):
        done = installed.install("gone", state="absent")
        assert done.returncode == 2
        assert "is in progress" in done.stdout + done.stderr
    assert everything(folders["home"]) == before
    assert changes(installed.install("gone", "--check", state="absent")) > 0
    assert everything(folders["home"]) == before
    assert changes(installed.install("gone", state="absent")) > 0
    assert not folders["home"].exists()
    assert [path for path in folders["units"].rglob("*") if not path.is_dir()] == []
    assert everything(folders["output"]).items() >= kept.items()
    assert changes(installed.install("gone", state="absent")) == 0
    assert (installed.folder / "venv").is_dir(), "an environment elsewhere is not the role's to remove"


def test_the_role_is_not_applied_during_a_run(installed: Site) -> None:
    assert changes(installed.install("busy")) > 0
    folders = installed.folders("busy")
    for name in ".lock", ".program.lock":
        (folders["output"] / name).touch()
    before = everything(installed.folder / "busy")
    for more, name in ({}, ".lock"), ({"output_dir": str(installed.folder / "another")}, ".program.lock"):
        with lock(folders["output"] / name):
            done = installed.install("busy", deadline=60, **more)
        assert done.returncode == 2
        assert f"A run that writes to {folders['output']} is in progress" in " ".join(done.stdout.split())
        assert everything(installed.folder / "busy") == before
    assert changes(installed.install("busy", deadline=60)) > 0


def test_another_user_gets_the_results_of_the_first(installed: Site) -> None:
    """The new user reads and continues what the previous one wrote. Files of others are not given away."""
    assert changes(installed.install("moved")) > 0
    assert installed.run("moved", "--limit", "fra-wan1").returncode == 0
    output = installed.folders("moved")["output"]
    (output / "of root").touch()
    with scratch_folder() as folder, TempUser.create(folder) as other:
        assert changes(installed.install("moved", user=other.name)) > 0
        assert changes(installed.install("moved", user=other.name)) == 0
        owners = {path.name: path.owner() for path in [output, *output.rglob("*")] if not path.is_symlink()}
        assert owners.pop("of root") == "root"
        assert set(owners.values()) == {other.name}
        done = installed.run("moved", "--limit", "fra-wan1")
        assert done.returncode == 0, done.stdout + done.stderr
        # A file that the user cannot use is found before the timer is set.
        shutil.chown(output / "last_good", "root")
        done = installed.install("moved", user=other.name)
        assert done.returncode == 2
        assert f"{other.name} cannot read or write {output}/last_good" in " ".join((done.stdout + done.stderr).split())


def test_a_schedule_that_is_renamed_leaves_no_timer(installed: Site) -> None:
    assert changes(installed.install("old")) > 0
    assert installed.run("old", "--limit", "fra-wan1").returncode == 0
    old = installed.folders("old")
    more = {"output_dir": str(old["output"]), "unit_dir": str(old["units"]), "cron_dir": str(old["cron"])}
    done = installed.install("new", **more)
    assert done.returncode == 2
    assert "set rollcall_schedule_replaces to [old]" in " ".join((done.stdout + done.stderr).split())
    assert changes(installed.install("new", replaces=["old"], **more)) > 0
    assert changes(installed.install("new", replaces=["old"], **more)) == 0
    units = {path.name for path in old["units"].rglob("*") if not path.is_dir()}
    assert {name.removeprefix("rollcall-").partition(".")[0] for name in units} == {"new", "new-boot", "failure@new"}
    assert not old["home"].exists()
    assert (old["output"] / "latest").exists()
    # In the same program folder, and with cron.
    more |= {"with": "cron", "home": str(installed.folders("new")["home"])}
    assert changes(installed.install("newest", replaces=["new"], **more)) > 0
    assert [path.name for path in old["cron"].iterdir()] == ["rollcall-newest"]
    assert [path for path in old["units"].rglob("*") if not path.is_dir()] == []
    assert (installed.folders("new")["home"] / "run-by-cron").exists()


@pytest.mark.parametrize("resume", [False, True])
def test_a_run_that_a_reboot_killed_is_reported_and_resumed(resume: bool, installed: Site) -> None:
    name = f"boot-{resume}".lower()
    told = installed.folder / "home" / name
    command = f'echo "$MONITOR_SERVICE_RESULT of $MONITOR_UNIT" >>{told}'
    done = installed.install(name, resume=resume, limit="fra-wan1,silent", failure_command=command, **silent(installed))
    assert changes(done) > 0
    folders = installed.folders(name)
    assert boot(installed, name).returncode == 0
    assert not told.exists(), "there was no run"
    with socket.create_server(("127.0.0.1", PORT)) as server:
        server.settimeout(60)
        run = subprocess.Popen(installed.command(name), stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            connection, _address = server.accept()
            answers = folders["output"] / "runs"
            wait_until(lambda: bool(list(answers.glob("*/devices/fra-wan1"))), "the first answer", 60)
        finally:
            kill([*descendants(run.pid), run.pid])
            run.wait()
        connection.close()
    (killed,) = answers.iterdir()
    first = (killed / "devices" / "fra-wan1" / "result.json").read_bytes()
    done = boot(installed, name)
    assert told.read_text() == f"interrupted of rollcall-{name}\n"
    assert f"The run {killed} was interrupted" in done.stdout
    assert list(answers.iterdir()) == [killed]
    assert (killed / "devices" / "fra-wan1" / "result.json").read_bytes() == first
    status = json.loads((killed / "manifest.json").read_text())["status"]
    if resume:
        assert (status, done.returncode) == ("finished", 2), "the silent device is refused now"
        assert {path.name for path in (killed / "devices").iterdir()} == {"fra-wan1", "silent"}
    else:
        assert (status, done.returncode) == ("running", 0)
    boot(installed, name)
    assert told.read_text().count("interrupted") == 1, "it is reported once"


PORT = 40_123


def silent(site: Site) -> dict[str, Any]:
    """The inventory of the site, with a device on a port where nothing answers."""
    host = {"ansible_host": "127.0.0.1", "ansible_port": PORT, "ansible_user": "x", "ansible_password": "x"}
    host |= {"ansible_network_os": "cisco.ios.ios", "rollcall_commands": ["show version"], "rollcall_retries": 0}
    file = site.folder / "silent device.yml"
    file.write_text(json.dumps({"all": {"hosts": {"silent": host}}}))
    return {"inventory": [str(site.inventory), str(file)]}


def boot(site: Site, name: str) -> subprocess.CompletedProcess[str]:
    """Starts what the service starts after boot, as its user."""
    unit = site.folders(name)["units"].joinpath(f"rollcall-{name}-boot.service").read_text()
    [start] = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    command = ["su", "-s", "/bin/sh", "-c", start, site.user]
    return subprocess.run(
        command, cwd="/", env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=100, check=False
    )


def test_a_schedule_keeps_a_month_of_runs_by_default(installed: Site) -> None:
    file = installed.folders("first")["home"] / "vars.json"
    assert json.loads(file.read_text())["rollcall_keep"] == {"runs": 31}
    assert changes(installed.install("first", "--check", vars={"rollcall_keep": {"days": 9}})) > 0


@contextlib.contextmanager
def lock(file: Path) -> Iterator[None]:
    """Holds a file as a run does."""
    with file.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Cron:
    """A cron that sees one folder of crontabs and no other, and the messages that its jobs log."""

    process: subprocess.Popen[bytes]
    messages: list[str]

    @classmethod
    @contextlib.contextmanager
    def start(cls, folder: Path, crontabs: Path) -> Iterator[Cron]:
        """Starts it where the system's crontabs, its /run and its /dev/log are others: nobody else is disturbed."""
        folder.mkdir()
        dev, empty = folder / "dev", folder / "empty"
        for each in (dev, dev / "shm", empty):
            each.mkdir()
        folder.joinpath("crontab").touch()
        devices = ["null", "zero", "full", "random", "urandom", "tty"]
        for name in devices:
            (dev / name).touch()
        (dev / "fd").symlink_to("/proc/self/fd")
        script = f"""
            set -e
            for device in shm {" ".join(devices)}; do mount --bind /dev/$device {dev}/$device; done
            mount --rbind {dev} /dev
            mount -t tmpfs none /run
            mount --bind {empty} /var/spool/cron/crontabs
            mount --bind {folder}/crontab /etc/crontab
            mount --bind {crontabs} /etc/cron.d
            exec cron -f
        """
        messages: list[str] = []
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
            log.bind(str(dev / "log"))
            (dev / "log").chmod(0o666)
            log.settimeout(0.2)
            ended = threading.Event()

            def listen() -> None:
                while not ended.is_set():
                    with contextlib.suppress(TimeoutError):
                        messages.append(log.recv(65536).decode(errors="replace"))

            thread = threading.Thread(target=listen)
            process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", script],
                env={"PATH": SEARCH_PATH},
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            thread.start()
            try:
                yield cls(process, messages)
            finally:
                jobs = descendants(process.pid)
                stop(process)
                kill(jobs)
                ended.set()
                thread.join()


def test_cron_calls_the_roll(installed: Site) -> None:
    if reason := missing_programs(["cron", "unshare", "logger", "shuf", "timeout"]) or no_mounts():
        pytest.skip(reason)
    folders = installed.folders("cron")
    installed.install("cron")
    told = installed.folder / "home" / "told by cron"
    # At the start of cron, so that nobody waits for the next minute.
    more = {"with": "cron", "cron": "@reboot", "jitter": 1, "failure_command": f"echo $MONITOR_EXIT_STATUS >'{told}'"}
    # The units go: nobody is called twice.
    assert changes(installed.install("cron", **more)) > 0
    assert [path for path in folders["units"].rglob("*") if not path.is_dir()] == []
    assert changes(installed.install("cron", **more)) == 0
    crontab = folders["cron"] / "rollcall-cron"
    # cron complains of a crontab that it cannot read: this one has the five fields that are the default.
    crontab_text = crontab.read_text()
    usual = folders["cron"] / "rollcall-usual"
    usual.write_text(crontab_text.replace("@reboot", "0 2 * * *"))
    usual.chmod(0o644)
    with Cron.start(installed.folder / "daemon", folders["cron"]) as cron:

        def logged(text: str) -> bool:
            return any(text in message for message in cron.messages)

        def log() -> str:
            return "\n".join(cron.messages)

        wait_until(lambda: logged("TASK") or cron.process.poll() is not None, "cron starts a run", 60, log)
        wait_until(lambda: logged("PLAY RECAP"), "the run ends", 60, log)
        assert logged("24 of 24 devices answered in full"), log()
    assert all("rollcall-cron: " in message for message in cron.messages if "TASK" in message)
    assert not [message for message in cron.messages if "ERROR" in message or "bad " in message], log()
    run = run_folder(installed, "cron")
    assert answered(installed, "cron") == set(installed.lab.devices)
    assert run.joinpath("reports", "index.html").exists()
    assert run.joinpath("manifest.json").owner() == installed.user
    assert not told.exists()
    # The same job, when the run fails.
    folders["home"].joinpath("run").write_text("#!/bin/sh\nexit 7\n")
    _when, user, job = crontab_text.splitlines()[-1].split(maxsplit=2)
    subprocess.run(["su", "-s", "/bin/sh", "-c", job, user], check=False, capture_output=True, timeout=60)
    assert told.read_text() == "7\n"
    # Each start has its own log, and the last ones are kept.
    newest = folders["output"] / "run.log"
    assert "PLAY RECAP" in newest.with_suffix(".log.1").read_text()
    for number in range(15):
        folders["home"].joinpath("run").write_text(f"#!/bin/sh\necho start {number}\n")
        subprocess.run(["su", "-s", "/bin/sh", "-c", job, user], check=False, capture_output=True, timeout=60)
    logs = [newest, *(newest.with_suffix(f".log.{number}") for number in range(1, 14))]
    assert [file.read_text() for file in logs] == [f"start {number}\n" for number in range(14, 0, -1)]
    assert len(list(folders["output"].glob("run.log*"))) == 14
    assert newest.owner() == installed.user
    assert newest.stat().st_mode & 0o077 == 0
