# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roll called from another machine, reached over real SSH: the same answers, and no secret left on the way."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import (
    Roll,
    ShellServer,
    call_roll,
    meanwhile,
    shell_server,
    try_roll,
    watched_processes,
)
from tests.lab import Lab

PASSWORD, SECRET = "lab-password", "lab-enable"

# In an order of its own, with a name that nobody has.
NAMES = ["fra-leaf2", "fra-core1", "fra-edge1", "nobody", "fra-wan1", "fra-leaf1", "fra-spine1"]
FAULTS = {"fra-leaf1": "garbage_bytes", "fra-leaf2": "wrong_password", "fra-spine1": "refuse"}
STATUSES = ["auth_failed", "ok", "ok", "failed", "ok", "partial", "unreachable"]  # garbage bytes make no rows

# IOS-XR says the time before it answers.
CLOCK = re.compile(r"\d\d:\d\d:\d\d\.\d{3} UTC")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(6, healthy=True, faults=FAULTS) as running:
        yield running


@pytest.fixture(scope="module")
def poller(openssh_here: None) -> Iterator[ShellServer]:
    """Another machine, as far as there can be one: all that it shares with this one are its files."""
    if shutil.which("ssh") is None:
        pytest.skip("Not installed: ssh.")
    with shell_server(root=True) as server:
        yield server


def inventory(folder: Path, lab: Lab, poller: ShellServer, python: str = sys.executable) -> Path:
    """The lab's inventory, and the poller beside it."""
    options = f"-o UserKnownHostsFile={poller.known_hosts} -o GlobalKnownHostsFile=/dev/null -o ControlMaster=no"
    variables = {
        "ansible_connection": "ssh",
        "ansible_host": poller.address,
        "ansible_port": poller.port,
        "ansible_user": poller.user,
        "ansible_ssh_private_key_file": str(poller.key.file),
        "ansible_ssh_args": f"-F /dev/null {options}",
        "ansible_python_interpreter": python,
        "ansible_remote_tmp": str(poller.home / "ansible"),
    }
    folder.joinpath("lab.yml").write_text(lab.inventory.read_text())
    folder.joinpath("poller.yml").write_text(json.dumps({"pollers": {"hosts": {"poller": variables}}}))
    return folder


def arguments(**more: Any) -> dict[str, Any]:
    return {"hosts": NAMES, "retries": 0, **more}


def without_times(value: Any) -> Any:
    """The result without what differs from one run to the next."""
    if isinstance(value, dict):
        times = ("seconds", "started_at", "finished_at")
        return {key: without_times(each) for key, each in value.items() if key not in times}
    if isinstance(value, list):
        return [without_times(each) for each in value]
    return CLOCK.sub("<time>", value) if isinstance(value, str) else value


@pytest.fixture(scope="module")
def here(lab: Lab, poller: ShellServer, tmp_path_factory: pytest.TempPathFactory) -> Roll:
    folder = inventory(tmp_path_factory.mktemp("here"), lab, poller)
    return call_roll(folder, arguments(), play={"hosts": "lab"})


@contextlib.contextmanager
def syslog() -> Iterator[list[str] | None]:
    """What the machine's programs write to syslog while the body runs; None where something else collects it."""
    path = Path("/dev/log")
    if path.exists():
        yield None
        return
    messages: list[str] = []
    ended = threading.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(path))
        log.settimeout(0.1)

        def read() -> None:
            # All the time: who writes to a full queue waits, and that may be any program on the machine.
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    messages.append(log.recv(100_000).decode(errors="replace"))

        try:
            path.chmod(0o666)
            with meanwhile(read):
                try:
                    yield messages
                finally:
                    ended.set()
        finally:
            path.unlink()


@dataclass(frozen=True)
class There:
    """A roll called on the poller, and all that could be overheard meanwhile."""

    roll: Roll
    processes: set[str]
    syslog: list[str] | None


@pytest.fixture(scope="module")
def there(lab: Lab, poller: ShellServer, tmp_path_factory: pytest.TempPathFactory) -> There:
    folder = inventory(tmp_path_factory.mktemp("there"), lab, poller)
    with syslog() as logged, watched_processes() as seen:
        roll = call_roll(folder, arguments(), "-vvv", delegate_to="poller", play={"hosts": "lab"})
    return There(roll, seen, logged)


def test_the_poller_was_asked(poller: ShellServer, there: There) -> None:
    assert "Accepted publickey" in poller.sshd.log()
    assert [line for line in there.processes if "ServerAliveInterval=10" in line], "the watch sees the connection"
    logged = [message for message in there.syslog or () if "rollcall.network.collect" in message]
    assert logged or there.syslog is None, "the module says in syslog that it was called"


def test_the_answers_are_those_of_a_local_call(here: Roll, there: There) -> None:
    assert list(here.devices) == list(there.roll.devices) == NAMES
    assert [device["status"] for device in there.roll.devices.values()] == STATUSES
    assert without_times(there.roll.result) == without_times(here.result)


def test_invalid_bytes_arrive_as_they_are(lab: Lab, here: Roll, there: There) -> None:
    for command in lab.devices["fra-leaf1"].commands:
        text = here.text("fra-leaf1", command)
        assert "\udcff" in text, "the fault is there"
        assert there.roll.text("fra-leaf1", command) == text


def test_no_secret_is_left_on_the_way(poller: ShellServer, there: There) -> None:
    left = [file.read_text(errors="replace") for file in poller.home.rglob("*") if file.is_file()]
    for secret in (PASSWORD, SECRET):
        assert secret not in there.roll.output
        assert not [line for line in there.processes if secret in line]
        assert not [message for message in there.syslog or () if secret in message]
        assert not [text for text in left if secret in text]


def box(lab: Lab, **login: Any) -> dict[str, Any]:
    """Keywords of a play that calls fra-wan1 by another name, with only this login."""
    device = lab.devices["fra-wan1"]
    host = {"ansible_host": device.address, "ansible_port": device.port, "ansible_network_os": device.platform}
    return {**host, "ansible_user": "lab", "rollcall_known_hosts": str(lab.known_hosts), **login}


def call_box(folder: Path, lab: Lab, poller: ShellServer, python: str = sys.executable, **login: Any) -> Roll:
    """Lets the poller ask fra-wan1 for its version, with nothing but this login."""
    inventory(folder, lab, poller, python)
    folder.joinpath("lab.yml").write_text(json.dumps({"boxes": {"hosts": {"box": box(lab, **login)}}}))
    return call_roll(
        folder,
        arguments(hosts=["box"], commands=["show version"]),
        delegate_to="poller",
        play={"hosts": "boxes"},
        env={"HOME": str(folder)},
    )


def test_a_key_of_the_controller_is_used_there(lab: Lab, poller: ShellServer, tmp_path: Path) -> None:
    # Below the controller's home, which is not the poller's; and a word of the answer that equals a secret stays.
    shutil.copy(lab.key, tmp_path / "of_the_controller")
    login = {"ansible_ssh_private_key_file": "~/of_the_controller", "ansible_password": "Cisco"}
    roll = call_box(tmp_path, lab, poller, **login)
    assert roll.devices["box"]["status"] == "ok", roll.devices["box"]["error"]
    assert roll.text("box", "show version").startswith("Cisco IOS XE Software")


def test_its_warnings_arrive(lab: Lab, poller: ShellServer, tmp_path: Path) -> None:
    python = poller.home / "python"
    python.write_text(f'#!/bin/sh\nulimit -n 136\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    folder = inventory(tmp_path, lab, poller, str(python))
    roll = call_roll(folder, arguments(), delegate_to="poller", play={"hosts": "lab"})
    assert [device["status"] for device in roll.devices.values()] == STATUSES
    assert [text for text in roll.result["warnings"] if "the limit of open files (ulimit -n) allows" in text]
    assert "[WARNING]: the limit of open files" in roll.output


def test_packages_that_it_lacks_are_named(lab: Lab, poller: ShellServer, tmp_path: Path) -> None:
    bare = poller.home / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True, timeout=60)
    roll = call_box(tmp_path, lab, poller, str(bare / "bin" / "python"), ansible_password=PASSWORD)
    error = roll.devices["box"]["error"]
    assert (roll.devices["box"]["status"], error["kind"]) == ("unreachable", "poller")
    python = bare / "bin" / "python"
    sentence = f"this run needs Python packages that {python} does not have: PyYAML, scrapli, asyncssh, cryptography"
    assert sentence in error["message"]
    assert f"install them with: {python} -m pip install PyYAML scrapli asyncssh cryptography" in error["message"]


SITE = """#!/bin/sh
export PYTHONPATH={folder}
exec {python} "$@"
"""


def interpreter(folder: Path, code: str) -> str:
    """A Python that runs this code before the module."""
    folder.joinpath("site").mkdir()
    folder.joinpath("site", "sitecustomize.py").write_text(code)
    folder.joinpath("python").write_text(SITE.format(folder=folder / "site", python=sys.executable))
    folder.joinpath("python").chmod(0o755)
    return str(folder / "python")


# In the module's own process, when there is a session worker: the logins begin.
MIDWAY = """
import os, signal, threading, time

def sshd():
    pid = os.getpid()
    while "sshd" not in open(f"/proc/{{pid}}/comm").read():
        pid = int(open(f"/proc/{{pid}}/stat").read().rpartition(")")[2].split()[1])
    return pid

def act():
    while "rollcall-worker" not in [each.name for each in threading.enumerate()]:
        time.sleep(0.01)
    {do}

threading.Thread(target=act, daemon=True).start()
"""


@dataclass(frozen=True)
class Fault:
    """What is wrong with the poller, and what its devices' entries say of it."""

    says: str
    code: str = ""  # run by its Python before the module
    variables: dict[str, Any] = field(default_factory=dict)


FAULTY = {
    "no such machine": Fault("Connection refused", variables={"ansible_port": 1}),
    "login refused": Fault("Permission denied", variables={"ansible_user": "nobody"}),
    "no Python": Fault("/nonexistent/python", variables={"ansible_python_interpreter": "/nonexistent/python"}),
    "old Python": Fault(
        "Python 3.11 or later is required",
        "import sys\nsys.version_info = (3, 10, 0, 'final', 0)\n",
    ),
    "Python found by Ansible": Fault(
        "Python packages",
        variables={
            "ansible_python_interpreter": "auto_silent",
            "ansible_interpreter_python_fallback": ["/usr/bin/python3"],
        },
    ),
    "killed in the middle": Fault("Module result deserialization failed", MIDWAY.format(do="os._exit(137)")),
    "cut off in the middle": Fault("closed", MIDWAY.format(do="os.kill(sshd(), signal.SIGKILL)")),
    "no way to become another": Fault(
        "sudo",
        variables={"ansible_become": True, "ansible_become_user": "nobody", "ansible_become_exe": "/nonexistent/sudo"},
    ),
}


@pytest.mark.parametrize("fault", FAULTY.values(), ids=FAULTY)
def test_each_device_of_a_poller_that_fails_has_an_entry(
    lab: Lab, poller: ShellServer, tmp_path: Path, fault: Fault
) -> None:
    folder = inventory(tmp_path, lab, poller, interpreter(tmp_path, fault.code))
    extra = folder / "poller.yml"
    inventory_of_poller = json.loads(extra.read_text())
    inventory_of_poller["pollers"]["hosts"]["poller"] |= fault.variables
    extra.write_text(json.dumps(inventory_of_poller))
    output = tmp_path / "rollcall"
    names = {"hosts": NAMES, "output_dir": str(output)}
    roll = call_roll(folder, arguments(**names), delegate_to="poller", play={"hosts": "lab"})
    assert list(roll.devices) == NAMES
    assert roll.devices["nobody"]["error"]["kind"] == "unknown_host", "it would have been wrong with any poller"
    for name in set(NAMES) - {"nobody"}:
        device = roll.devices[name]
        assert (device["status"], device["attempts"]) == ("unreachable", 0)
        assert (device["error"]["phase"], device["error"]["kind"]) == ("connect", "poller")
        assert "poller poller" in device["error"]["message"]
        assert fault.says in device["error"]["message"]
        assert (
            json.loads((output / "latest" / "devices" / name / "result.json").read_text())["error"] == device["error"]
        )
    assert (
        "poller poller returned no answers" in roll.output
        or "poller poller did not return 6 of 7 answers" in roll.output
    )
    for secret in (PASSWORD, SECRET):
        assert secret not in roll.output
        assert secret not in json.dumps(roll.result)


def test_what_cannot_be_called_anywhere_still_fails_the_task(lab: Lab, poller: ShellServer, tmp_path: Path) -> None:
    folder = inventory(tmp_path, lab, poller)
    names = arguments(driver="python", function="nowhere.to.be_found")
    done, result = try_roll(folder, names, delegate_to="poller", play={"hosts": "lab"})
    assert done.returncode == 2
    assert "rollcall.network.collect on poller: " in result["msg"]
    assert "nowhere" in result["msg"]


def test_the_pollers_own_password_is_for_no_device(lab: Lab, poller: ShellServer, tmp_path: Path) -> None:
    folder = inventory(tmp_path, lab, poller)
    folder.joinpath("lab.yml").write_text(json.dumps({"boxes": {"hosts": {"box": box(lab)}}}))
    own = {"ansible_password": PASSWORD, "ansible_become_password": SECRET}
    variables = json.loads((folder / "poller.yml").read_text())
    variables["pollers"]["hosts"]["poller"] |= own
    (folder / "poller.yml").write_text(json.dumps(variables))
    names = {"hosts": ["box"], "commands": ["show version"], "plan": True}
    roll = call_roll(folder, names, delegate_to="poller", play={"hosts": "boxes"})
    assert not {"password", "become_password"} & roll.result["plan"]["box"]["credentials"].keys()
