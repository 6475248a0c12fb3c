# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the integration tests share: running a playbook as its user would, and the servers that it talks to."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.frr import FrrLab
from tests.integration.openssh import (
    KEY_TYPES,
    Key,
    OpenSshServer,
    Sshd,
    TempUser,
    auth_options,
    descendants,
    free_port,
    kill,
    known_host,
    make_key,
    scratch_folder,
)
from tests.integration.warm import Warm

# Far above what any of them needs, below the limit of a test.
PLAYBOOK_SECONDS = 250
# The folder of the interpreter, not of the file that it is a link to.
PROGRAMS = Path(sys.executable).parent
WARM = Warm(PROGRAMS / "ansible-playbook")


def run_playbook(
    playbook: str | Path,
    inventory: Path,
    *extra: str,
    env: Mapping[str, str] | None = None,
    programs: Path | None = None,
    seconds: float = PLAYBOOK_SECONDS,
) -> subprocess.CompletedProcess[str]:
    """Runs ansible-playbook on a file (a Path) or on a text (a str), and returns what it printed, however it ended.

    It runs in an empty folder which is its home too, so no setting, key or known host of the user's takes part.

    extra: further arguments, such as ``-e`` and ``-vvv``.
    env: set on top of the environment; an empty text unsets.
    programs: the folder with ansible-playbook; by default the one of this Python.
    Raises subprocess.TimeoutExpired after ``seconds``.
    """
    with tempfile.TemporaryDirectory(prefix=f"rollcall-{os.getpid()}-") as name:
        folder = Path(name)
        if isinstance(playbook, str):
            text, playbook = playbook, folder / "playbook.yml"
            playbook.write_text(text, encoding="utf-8")
        environ = {**os.environ, "HOME": name, "PWD": name, "SSH_AUTH_SOCK": "", **(env or {})}
        arguments = [str(playbook), "-i", str(inventory), *extra]
        if programs in (None, PROGRAMS):
            given = {key: value for key, value in environ.items() if value}
            if done := WARM.run(arguments, folder, given, seconds):
                return done
        command = [str((programs or PROGRAMS) / "ansible-playbook"), *arguments]
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={key: value for key, value in environ.items() if value},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            output, errors = process.communicate(timeout=seconds)
        except BaseException:
            kill([*descendants(process.pid), process.pid])  # its workers would outlive it
            raise
        return subprocess.CompletedProcess(command, process.returncode, output, errors)


@dataclass(frozen=True)
class Roll:
    """What came of a play that called the roll: what ansible-playbook printed, and the task's result."""

    output: str
    result: dict[str, Any]

    @property
    def devices(self) -> dict[str, dict[str, Any]]:
        devices: dict[str, dict[str, Any]] = self.result["devices"]
        return devices

    def text(self, name: str, command: str) -> str:
        text: str = self.devices[name]["output"][command]["text"]
        return text


def call_roll(
    inventory: Path,
    arguments: Mapping[str, Any],
    *extra: str,
    delegate_to: str = "localhost",
    play: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
) -> Roll:
    """Runs a play with one task rollcall.network.collect; ``hosts`` are by default all of the inventory's.

    play: further keywords of the play, such as ``vars``.
    Raises AssertionError, with what was printed, when the playbook failed.
    """
    done, result = try_roll(inventory, arguments, *extra, delegate_to=delegate_to, play=play, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return Roll(done.stdout + done.stderr, result)


def try_roll(
    inventory: Path,
    arguments: Mapping[str, Any],
    *extra: str,
    delegate_to: str = "localhost",
    play: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """As ``call_roll``, for a play that may fail: what was printed, and the task's result as far as there is one."""
    with tempfile.TemporaryDirectory(prefix=f"rollcall-{os.getpid()}-") as folder:
        file = Path(folder, "roll.json")
        collect = {
            "name": "Call the roll",
            "rollcall.network.collect": {"hosts": "{{ ansible_play_hosts_all }}", **arguments},
            "register": "roll",
            "run_once": True,
            "delegate_to": delegate_to,
            "ignore_errors": True,
        }
        write = {
            "name": "Keep the result",
            "ansible.builtin.copy": {"content": "{{ roll | to_json }}", "dest": str(file), "mode": "0600"},
            "run_once": True,
            "delegate_to": "localhost",
            "check_mode": False,
            # As for the devices, the inventory may name a connection for localhost.
            "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
        }
        fail = {
            "name": "Fail as the roll call did",
            "ansible.builtin.assert": {"that": ["roll is not failed"]},
            "run_once": True,
            "delegate_to": "localhost",
        }
        tasks = [collect, write, fail]
        # JSON is YAML too.
        text = json.dumps(
            [{"name": "Roll call", "hosts": "all", "gather_facts": False, "tasks": tasks, **(play or {})}]
        )
        done = run_playbook(text, inventory, *extra, env=env)
        return done, json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


@dataclass(frozen=True)
class ShellServer:
    """A machine with a plain shell, reached over a real sshd with a key or, but not as root, with a password."""

    address: str
    port: int
    user: str
    password: str
    home: Path
    key: Key
    known_hosts: Path
    sshd: Sshd


@contextlib.contextmanager
def shell_server(script: str | None = None, *, root: bool = False) -> Iterator[ShellServer]:
    """Starts an sshd on 127.0.0.1 whose logins land in a shell, or in a script for /bin/sh. Raises FixtureError.

    root: log in as root, for the sake of an interpreter that nobody else can run. ``home`` is a folder of its own.
    """
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        account = stack.enter_context(TempUser.create(folder))
        user = "root" if root else account.name
        key, host_key = make_key(folder / "id_ed25519", "ed25519"), make_key(folder / "host_ed25519", "ed25519")
        folder.joinpath("authorized_keys").write_text(f"{key.public}\n")
        address = "127.0.0.1"
        port = free_port([address])
        known_hosts = folder / "known_hosts"
        known_hosts.write_text(known_host(address, port, host_key))
        options = {
            "ListenAddress": f"{address}:{port}",
            "HostKey": str(host_key.file),
            "AllowUsers": user,
            "PermitRootLogin": "prohibit-password",
            "Subsystem": "sftp internal-sftp",
            # A module that is killed leaves Ansible's program there.
            "SetEnv": f"TMPDIR={account.home}",
            **auth_options(["password", "publickey"], folder / "authorized_keys"),
        }
        if script is not None:
            folder.joinpath("shell.sh").write_text(script)
            options["ForceCommand"] = f"/bin/sh {folder / 'shell.sh'}"
        sshd = stack.enter_context(Sshd.start(folder, "shell", options))
        yield ShellServer(address, port, user, account.password, account.home, key, known_hosts, sshd)


@contextlib.contextmanager
def meanwhile(act: Callable[[], None]) -> Iterator[None]:
    """Acts in a thread beside the body. An error there is raised at the end."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(20)
    assert not errors, errors


@contextlib.contextmanager
def watched_processes() -> Iterator[set[str]]:
    """Collects the command lines and environments of all processes on the machine while the body runs."""
    seen: set[str] = set()
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            for file in (*Path("/proc").glob("[0-9]*/cmdline"), *Path("/proc").glob("[0-9]*/environ")):
                with contextlib.suppress(OSError):  # it ended meanwhile
                    seen.add(file.read_bytes().decode(errors="replace"))

    with meanwhile(watch):
        try:
            yield seen
        finally:
            ended.set()


@pytest.fixture(scope="session")
def openssh_here() -> None:
    """Skips, with the reason, where a real OpenSSH server cannot run."""
    reason = OpenSshServer.missing()
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def openssh(openssh_here: None) -> Iterator[OpenSshServer]:
    """One server for all tests that want nothing special of it: passwords, keys, every type of host key."""
    # PAM, which keyboard-interactive needs, takes its time with each login.
    with OpenSshServer(auth=["password", "publickey"], host_keys=KEY_TYPES) as server:
        yield server


@pytest.fixture(scope="session")
def frr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrrLab]:
    """Three real routers whose sessions are up."""
    reason = FrrLab.missing()
    if reason:
        pytest.skip(reason)
    with FrrLab() as lab:
        yield lab
