# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role that prepares a poller: over real SSH, by a user without rights, with the real packages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.integration.conftest import ShellServer, run_playbook, shell_server
from tests.lab import Lab
from tests.unit.test_lock import HERE, locked_for

ROOT = Path(__file__).resolve().parents[2]
PREPARE = """
- name: Prepare the pollers
  hosts: pollers
  gather_facts: false
  roles:
    - role: rollcall.network.poller
"""


@pytest.fixture(scope="module")
def poller(openssh_here: None) -> Iterator[ShellServer]:
    if shutil.which("python3", path="/usr/bin") is None:
        pytest.skip("Not installed: a Python of the system's, which the user of a poller can run.")
    with shell_server() as server:
        yield server


def inventory(folder: Path, poller: ShellServer, **variables: Any) -> Path:
    host = {
        "ansible_host": poller.address,
        "ansible_port": poller.port,
        "ansible_user": poller.user,
        "ansible_ssh_private_key_file": str(poller.key.file),
        "ansible_ssh_args": f"-F /dev/null -o UserKnownHostsFile={poller.known_hosts} -o ControlMaster=no",
        "rollcall_poller_python": "/usr/bin/python3",
        **variables,
    }
    folder.joinpath("pollers.yml").write_text(json.dumps({"pollers": {"hosts": {"poller": host}}}))
    return folder


def prepare(folder: Path, poller: ShellServer, *extra: str, **variables: Any) -> subprocess.CompletedProcess[str]:
    return run_playbook(PREPARE, inventory(folder, poller, **variables), *extra)


def changed(done: subprocess.CompletedProcess[str]) -> int:
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"poller +: .* changed=(\d+) ", done.stdout)
    assert found, done.stdout
    return int(found[1])


@pytest.fixture(scope="module")
def prepared(poller: ShellServer, tmp_path_factory: pytest.TempPathFactory) -> ShellServer:
    """Once for all: it takes the packages from the registry."""
    folder = tmp_path_factory.mktemp("prepare")
    assert changed(prepare(folder, poller, "--check")) == 1, "a check says what it would do"
    assert not list(poller.home.glob(".local/share/rollcall")), "and does nothing"
    done = prepare(folder, poller)
    assert changed(done) == 2
    assert f"ansible_python_interpreter: {poller.home}/.local/share/rollcall/bin/python" in done.stdout
    return poller


@pytest.mark.parametrize("extra", [(), ("--check",)], ids=["again", "again as a check"])
def test_a_second_run_changes_nothing(prepared: ShellServer, tmp_path: Path, extra: tuple[str, ...]) -> None:
    done = prepare(tmp_path, prepared, *extra)
    assert changed(done) == 0
    assert "poller is ready" in done.stdout


def test_the_playbook_finds_its_python_by_itself(prepared: ShellServer, tmp_path: Path) -> None:
    with Lab(4, healthy=True) as lab:
        names = list(lab.devices)
        # The keys of the lab's devices lie where a user of the poller's can read them.
        shutil.copy(lab.known_hosts, prepared.home / "known_hosts")
        (prepared.home / "known_hosts").chmod(0o644)
        prepared.home.chmod(0o711)
        folder = inventory(tmp_path, prepared, rollcall_devices=names)
        folder.joinpath("lab.yml").write_text(lab.inventory.read_text())
        given = {
            "rollcall_output_dir": str(tmp_path / "out"),
            "rollcall_known_hosts": [str(prepared.home / "known_hosts")],
        }
        done = run_playbook(ROOT / "playbooks" / "pollers.yml", folder, "-e", json.dumps(given))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 of 4 devices answered in full" in done.stdout
    left = [file.read_text(errors="replace") for file in prepared.home.rglob("*") if file.is_file()]
    assert not [text for text in left if "lab-password" in text], "no device's password was written there"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("fault.pth", "import time; time.time = lambda: 0.0\n", "clock difference: 1"),
        ("fault.pth", "import resource; resource.setrlimit(7, (100, 100))\n", "open files allowed (ulimit -Hn): 100,"),
        ("ntc_templates/parse.py", "raise OSError('damaged')\n", "ntc_templates.parse: OSError: damaged"),
    ],
    ids=["clock", "open files", "package"],
)
def test_what_is_amiss_is_said(prepared: ShellServer, tmp_path: Path, name: str, text: str, says: str) -> None:
    (packages,) = prepared.home.glob(".local/share/rollcall/lib/python3*/site-packages")
    file = packages / name
    before = file.read_text() if file.exists() else None
    file.write_text(text)
    try:
        done = prepare(tmp_path, prepared)
    finally:
        file.unlink()
        if before is not None:
            file.write_text(before)
    assert done.returncode == 2
    assert says in done.stdout + done.stderr, done.stdout


def test_an_old_python_is_refused(poller: ShellServer, tmp_path: Path) -> None:
    old = poller.home / "old"
    old.write_text("#!/bin/sh\necho 3.9\necho /usr/bin/python3.9\n")
    old.chmod(0o755)
    poller.home.chmod(0o711)
    done = prepare(tmp_path, poller, rollcall_poller_python=str(old))
    assert done.returncode == 2
    assert f"poller needs Python 3.11 or later, and {old} is 3.9" in done.stdout + done.stderr


def test_no_python_is_said(poller: ShellServer, tmp_path: Path) -> None:
    done = prepare(tmp_path, poller, rollcall_poller_python="python9")
    assert done.returncode == 2
    assert "python9 is not available" in done.stdout + done.stderr


def test_the_roles_look_for_the_environment_in_the_same_place() -> None:
    poller, collect = (
        yaml.safe_load((ROOT / "roles" / name / "defaults" / "main.yml").read_text()) for name in ("poller", "collect")
    )
    assert poller["rollcall_poller_venv"] == collect["rollcall_poller_venv"]


@pytest.mark.soak
def test_a_package_that_is_not_the_locked_one_is_not_installed(poller: ShellServer, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(re.sub("sha256:[0-9a-f]{8}", "sha256:00000000", (ROOT / "requirements.lock").read_text()))
    more = {"rollcall_poller_venv": ".local/share/other", "rollcall_poller_requirements": str(lock)}
    done = prepare(tmp_path, poller, **more)
    assert done.returncode == 2
    assert "DO NOT MATCH THE HASHES" in done.stdout + done.stderr
    (packages,) = poller.home.glob(".local/share/other/lib/python3*/site-packages")
    assert not (packages / "yaml").exists()


def test_the_poller_has_the_locked_versions(prepared: ShellServer) -> None:
    python = prepared.home / ".local/share/rollcall/bin/python"
    done = subprocess.run([python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True, timeout=60)
    pairs = [line.split("==") for line in done.stdout.splitlines()]
    installed = {canonicalize_name(name): Version(version) for name, version in pairs}
    assert installed == locked_for(HERE)
