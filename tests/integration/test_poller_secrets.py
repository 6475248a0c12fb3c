# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets on their way to a poller: on no disk, whatever the settings and whenever something is killed."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import ShellServer, shell_server
from tests.integration.openssh import descendants, kill, wait_until

ROOT = Path(__file__).parents[2]
SEED = 20_260_102

# The module's Python on the poller: its temporary files are in a folder of the test, and it notes that it runs.
PYTHON = """#!/bin/sh
echo $$ >> {folder}/python
export TMPDIR={folder}/tmp
exec {python} "$@"
"""

# A user's own connection plugin.
BARE = """
DOCUMENTATION = "{name: bare, short_description: local without options, description: [local], options: {}}"
from ansible.plugins.connection.local import Connection as Local
class Connection(Local):
    transport = "bare"
"""


@pytest.fixture(scope="module")
def poller(openssh_here: None) -> Iterator[ShellServer]:
    if shutil.which("ssh") is None:
        pytest.skip("Not installed: ssh.")
    with shell_server(root=True) as server:
        yield server


@dataclass
class Site:
    """A controller's files, a poller, and a device that accepts a connection and says nothing."""

    folder: Path
    poller: ShellServer
    device: socket.socket
    secrets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)

    def prepare(self) -> None:
        """Plant a secret of each kind and write the inventory and the playbook."""
        kinds = ("password", "private_key", "passphrase", "enable")
        self.secrets = {kind: f"secret-{kind}-{uuid.uuid4().hex}" for kind in kinds}
        for name in ("planted", "home", "tmp", "there", "there/tmp"):
            (self.folder / name).mkdir()
        (self.folder / "planted" / "key").write_text(f"-----BEGIN {self.secrets['private_key']}-----\n")
        python = self.folder / "there" / "interpreter"
        python.write_text(PYTHON.format(folder=self.folder / "there", python=sys.executable))
        python.chmod(0o755)
        address, port = self.device.getsockname()
        device = {
            "ansible_host": address,
            "ansible_port": port,
            "ansible_user": "lab",
            "ansible_network_os": "cisco.ios.ios",
            "ansible_password": self.secrets["password"],
            "ansible_ssh_private_key_file": str(self.folder / "planted" / "key"),
            "ansible_private_key_passphrase": self.secrets["passphrase"],
            "ansible_ssh_private_key_passphrase": self.secrets["passphrase"],
            "ansible_become": True,
            "ansible_become_password": self.secrets["enable"],
            "ansible_host_key_checking": False,
            "rollcall_commands": ["show version"],
        }
        options = f"-o UserKnownHostsFile={self.poller.known_hosts} -o GlobalKnownHostsFile=/dev/null"
        there = {
            "ansible_connection": "ssh",
            "ansible_host": self.poller.address,
            "ansible_port": self.poller.port,
            "ansible_user": self.poller.user,
            "ansible_ssh_private_key_file": str(self.poller.key.file),
            "ansible_ssh_args": f"-F /dev/null {options}",
            "ansible_python_interpreter": str(python),
            "ansible_remote_tmp": str(self.folder / "there" / "ansible"),
        }
        groups = {
            "boxes": {"hosts": {"box": device}},
            "pollers": {"hosts": {"poller": {**there, **self.variables}}},
        }
        (self.folder / "planted" / "hosts.yml").write_text(json.dumps(groups))
        task = {
            "rollcall.network.collect": {"hosts": ["box"], "device_timeout": 60},
            "run_once": True,
            "delegate_to": "poller",
        }
        play = {"hosts": "boxes", "gather_facts": False, "tasks": [task]}
        (self.folder / "planted" / "connection_plugins").mkdir()
        (self.folder / "planted" / "connection_plugins" / "bare.py").write_text(BARE)
        (self.folder / "planted" / "playbook.yml").write_text(json.dumps([play]))

    def start(self, *extra: str, **environment: str) -> subprocess.Popen[bytes]:
        planted = self.folder / "planted"
        program = Path(sys.executable).parent / "ansible-playbook"
        own = {"HOME": str(self.folder / "home"), "TMPDIR": str(self.folder / "tmp"), "SSH_AUTH_SOCK": ""}
        with (self.folder / "home" / "output").open("wb") as output:
            return subprocess.Popen(
                [str(program), str(planted / "playbook.yml"), "-i", str(planted / "hosts.yml"), *extra],
                cwd=ROOT,
                env={**os.environ, **own, "ANSIBLE_LOG_PATH": str(self.folder / "home" / "log"), **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return (self.folder / "home" / "output").read_text(errors="replace")

    def module(self) -> list[int]:
        """The ids of the poller's Pythons that were started by now."""
        noted = self.folder / "there" / "python"
        return [int(line) for line in noted.read_text().split()] if noted.exists() else []

    def leaked(self) -> list[str]:
        """Each file of the controller and the poller that holds a secret, and which."""
        found = []
        for top in (*(self.folder / name for name in ("home", "tmp", "there")), self.poller.home):
            # os.walk and not rglob: a poller that was killed leaves a controller that still removes its own files.
            for folder, _folders, names in os.walk(top):
                for file in (Path(folder, name) for name in names):
                    with suppress(FileNotFoundError):
                        if file.is_file():
                            data = contents(file)
                            found += [
                                f"{kind}: {file}" for kind, secret in self.secrets.items() if secret.encode() in data
                            ]
        return found


def contents(file: Path) -> bytes:
    data = file.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return data + b"".join(packed.read(name) for name in packed.namelist())
    except zipfile.BadZipFile:  # another file, or one that was not written to its end
        return data


@pytest.fixture
def site(poller: ShellServer, tmp_path: Path) -> Iterator[Site]:
    with socket.create_server(("127.0.0.1", 0)) as device:
        yield Site(tmp_path, poller, device)


SETTINGS: dict[str, tuple[tuple[str, ...], dict[str, str], dict[str, Any]]] = {
    "as they are": ((), {}, {}),
    "off by variable": ((), {}, {"ansible_pipelining": False, "ansible_ssh_pipelining": False}),
    "off by environment, verbose": (("-vvvvvv",), {"ANSIBLE_PIPELINING": "0", "ANSIBLE_DEBUG": "1"}, {}),
    "another transfer": ((), {"ANSIBLE_SSH_TRANSFER_METHOD": "piped"}, {}),
}
# What is waited for before the kill: the controller's ssh, the module's start, the login at the device.
MOMENTS = ("connecting", "started", "asking")


@pytest.mark.parametrize("victim", ["controller", "poller"])
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_no_secret_is_on_a_disk_after_a_kill(site: Site, setting: str, moment: str, victim: str) -> None:
    extra, environment, site.variables = SETTINGS[setting]
    site.prepare()
    site.device.settimeout(30)
    chance = random.Random(f"{SEED} {setting} {moment} {victim}")
    with ExitStack() as stack:
        process = site.start(*extra, **environment)
        stack.callback(process.wait)
        stack.callback(process.kill)

        def there() -> bool:
            assert process.poll() is None, site.output
            if moment == "connecting":
                return any(b"ServerAliveInterval" in command(pid) for pid in descendants(process.pid))
            return bool(site.module())

        wait_until(there, moment, timeout=60)
        if moment == "asking":
            stack.enter_context(site.device.accept()[0])
        time.sleep(chance.uniform(0, 0.05))
        tree = [process.pid, *descendants(process.pid)]
        modules = [pid for pid in site.module() if Path(f"/proc/{pid}").exists()]
        if victim == "controller":
            kill(tree)
        else:
            kill(modules)
        at_once = site.leaked()
        kill([*tree, *modules, *site.module()])
    assert not at_once
    assert not site.leaked()


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it ended meanwhile
        return b""


IMPOSSIBLE: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "files are kept": ({"ANSIBLE_KEEP_REMOTE_FILES": "1"}, {}, "unset ANSIBLE_KEEP_REMOTE_FILES"),
    "become with su": (
        {},
        {"ansible_become": True, "ansible_become_method": "su"},
        "become method su needs a terminal: set ansible_become_method to sudo",
    ),
    "a connection without it": (
        {},
        {"ansible_connection": "ansible.builtin.paramiko_ssh"},
        "does not support it: set ansible_connection to ssh",
    ),
    "a connection without an option for it": (
        {},
        {"ansible_connection": "bare"},
        "connection plugin bare has no option for it: set ansible_connection to ssh",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_without_pipelining_the_task_fails_before_anything_is_sent(site: Site, case: str) -> None:
    environment, site.variables, says = IMPOSSIBLE[case]
    site.prepare()
    before = site.poller.sshd.log()
    process = site.start(**environment)
    try:
        assert process.wait(60) == 2
    finally:
        kill([process.pid, *descendants(process.pid)])
    assert " ".join(says.split()) in " ".join(site.output.split())
    # What waited for the server to start can be logged late. It does not log in.
    assert "Accepted" not in site.poller.sshd.log().removeprefix(before), "nobody logged in"
    assert not site.leaked()
