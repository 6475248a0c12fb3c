# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three pollers behind real sshds, and each way in which the controller, a poller or the connection can end.

Every poller has two devices that answer at once, and four that wait as long as a file is there. Three are asked at the
same time, so at the moment of the fault two have answered, three are open, and one was not asked.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._lock import locked
from tests.integration.conftest import ShellServer, shell_server
from tests.integration.openssh import descendants, kill, wait_until

ROOT = Path(__file__).resolve().parents[2]
POLLERS = ("poller-1", "poller-2", "poller-3")
FAST, SLOW, AT_ONCE = 2, 4, 3
# Far above the time that it takes, and far below the time in which the devices would answer by themselves.
SOON, LONG = 20.0, 60.0

DEVICE = """
printf 'box# '
while read -r line; do
  echo "$line"
  case $line in *slow*) i=0; while [ -e "$HOME/closed" ] && [ $i -lt 1200 ]; do sleep 0.1; i=$((i + 1)); done ;; esac
  printf 'it is %s\nbox# ' "$line"
done
"""


@dataclass
class Fleet:
    """The pollers, the server that is all devices, and one run of the playbook."""

    folder: Path
    pollers: dict[str, ShellServer]
    device: ShellServer
    gate: Path
    posted: list[dict[str, Any]] = field(default_factory=list)
    process: subprocess.Popen[str] = field(init=False)

    @property
    def output_dir(self) -> Path:
        return self.folder / "rollcall"

    @property
    def logins(self) -> int:
        return self.device.sshd.log().count("Accepted password")

    def answers(self, poller: str) -> dict[str, Any]:
        """The answers of a poller that the controller has written."""
        found = self.output_dir.glob(f"pollers/{poller}/runs/*/devices/[!.]*/result.json")
        return {file.parent.name: json.loads(file.read_text()) for file in found}

    def processes(self, poller: str) -> list[int]:
        """The processes on a poller, sshd's own children among them."""
        return descendants(self.pollers[poller].sshd.process.pid)

    def programs(self, poller: str) -> list[Path]:
        """The programs that Ansible has unpacked on a poller."""
        return list(self.pollers[poller].home.glob("ansible_*_payload_*"))

    def start(self, *pollers: str, **variables: Any) -> None:
        """Start the playbook, and wait until these pollers have answers of the fast devices and ask slow ones."""
        self.gate.touch()
        given = {
            "rollcall_output_dir": str(self.output_dir),
            "rollcall_workers": AT_ONCE,
            "rollcall_login_failure_limit": 0,  # the devices are asked in the order of the inventory
            "rollcall_retries": 0,
            "rollcall_device_timeout": 110,
            "rollcall_command_timeout": 110,
            "rollcall_max_fail_percentage": 100,
            **variables,
        }
        home = self.folder / "home"
        home.mkdir()
        program = Path(sys.executable).parent / "ansible-playbook"
        command = [program, ROOT / "playbooks" / "pollers.yml", "-i", self.folder / "inventory.yml"]
        before = self.logins
        self.process = subprocess.Popen(
            [*map(str, command), "-e", json.dumps(given)],
            cwd=home,
            env={**os.environ, "HOME": str(home), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        wait_until(
            lambda: (
                all(len(self.answers(poller)) == FAST for poller in pollers)
                and self.logins - before == len(pollers) * (FAST + AT_ONCE)
            ),
            "the fast devices have answered while the slow ones are open",
            LONG,
            lambda: f"{self.found(pollers)} {self.logins - before} logins; printed: {self.printed()}",
        )

    def found(self, pollers: tuple[str, ...]) -> dict[str, tuple[str, str | None]]:
        """The status and the error of every answer there is."""
        answers = {name: answer for poller in pollers for name, answer in self.answers(poller).items()}
        return {name: (each["status"], each["error"] and each["error"]["message"]) for name, each in answers.items()}

    def printed(self) -> str:
        """End the playbook, and return what it has printed until then."""
        kill([*descendants(self.process.pid), self.process.pid])
        return self.process.communicate(timeout=LONG)[0]

    def end(self) -> tuple[int, str]:
        """Let the slow devices answer, and wait for the end of the playbook."""
        self.gate.unlink()
        output, _errors = self.process.communicate(timeout=LONG)
        return self.process.returncode, output


def inventory(pollers: dict[str, ShellServer], device: ShellServer) -> dict[str, Any]:
    hosts: dict[str, Any] = {}
    entries: dict[str, Any] = {}
    for name, server in pollers.items():
        own = {f"{name}-{kind}{i}": kind for kind, many in (("fast", FAST), ("slow", SLOW)) for i in range(many)}
        hosts |= {each: {"rollcall_commands": [f"show {kind}"]} for each, kind in own.items()}
        options = f"-F /dev/null -o UserKnownHostsFile={server.known_hosts} -o GlobalKnownHostsFile=/dev/null"
        entries[name] = {
            "ansible_host": server.address,
            "ansible_port": server.port,
            "ansible_user": server.user,
            "ansible_ssh_timeout": LONG,
            "ansible_ssh_private_key_file": str(server.key.file),
            "ansible_ssh_args": options,
            "ansible_python_interpreter": sys.executable,
            "ansible_remote_tmp": str(server.home / "ansible"),
            "rollcall_devices": list(own),
        }
    variables = {
        "ansible_host": device.address,
        "ansible_port": device.port,
        "ansible_user": device.user,
        "ansible_password": device.password,
        "ansible_network_os": "generic",
        "rollcall_known_hosts": str(device.known_hosts),
    }
    return {"boxes": {"hosts": hosts, "vars": variables}, "pollers": {"hosts": entries}}


@pytest.fixture(scope="module")
def servers(openssh_here: None) -> Iterator[list[ShellServer]]:
    with contextlib.ExitStack() as stack:
        device = stack.enter_context(shell_server(DEVICE))
        yield [device, *(stack.enter_context(shell_server(root=True)) for _poller in POLLERS)]


@pytest.fixture
def fleet(servers: list[ShellServer], tmp_path: Path) -> Iterator[Fleet]:
    device, *shells = servers
    gate = device.home / "closed"
    fleet = Fleet(tmp_path, dict(zip(POLLERS, shells, strict=True)), device, gate)
    (tmp_path / "inventory.yml").write_text(json.dumps(inventory(fleet.pollers, device)))
    try:
        yield fleet
    finally:
        gate.unlink(missing_ok=True)
        if hasattr(fleet, "process"):
            kill([*descendants(fleet.process.pid), fleet.process.pid])
        for poller in POLLERS:
            kill(fleet.processes(poller))


@pytest.fixture
def webhook(fleet: Fleet) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            fleet.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def all_at_once(fleet: Fleet) -> None:
    """As AWX cancels a job: the container ends, and no process in it can react."""
    for pid in [fleet.process.pid, *descendants(fleet.process.pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def workers(fleet: Fleet) -> None:
    children = [pid for pid in descendants(fleet.process.pid) if parent_of(pid) == fleet.process.pid]
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


ENDS: dict[str, Callable[[Fleet], None]] = {
    "SIGKILL": lambda fleet: fleet.process.send_signal(signal.SIGKILL),
    "SIGTERM": lambda fleet: fleet.process.send_signal(signal.SIGTERM),
    "SIGINT": lambda fleet: fleet.process.send_signal(signal.SIGINT),
    "SIGKILL of all": all_at_once,
    "SIGKILL of the workers": workers,
}


def share_connections(fleet: Fleet) -> None:
    """Let ssh leave a process behind that keeps the connection open for 5 s, as users' settings can."""
    entries = json.loads((fleet.folder / "inventory.yml").read_text())
    for name, entry in entries["pollers"]["hosts"].items():
        path = fleet.pollers[name].home / "shared"
        entry["ansible_ssh_args"] += f" -o ControlMaster=auto -o ControlPersist=5 -o ControlPath={path}"
    (fleet.folder / "inventory.yml").write_text(json.dumps(entries))


@pytest.mark.parametrize(
    ("act", "shared"),
    [*((act, False) for act in ENDS.values()), (all_at_once, True)],
    ids=[*ENDS, "SIGKILL of all, with shared connections"],
)
def test_pollers_end_with_the_controller(fleet: Fleet, act: Callable[[Fleet], None], shared: bool) -> None:
    if shared:
        share_connections(fleet)
    fleet.start(*POLLERS)
    asked = fleet.logins
    act(fleet)
    wait_until(lambda: not any(map(fleet.processes, POLLERS)), "no process is left on a poller", SOON)
    # Their modules may end after sshd's processes.
    wait_until(lambda: not any(map(fleet.programs, POLLERS)), "no program of Ansible is left on a poller", SOON)
    fleet.gate.unlink()
    fleet.process.communicate(timeout=LONG)
    assert fleet.logins == asked, "nobody was asked afterwards"
    for poller in POLLERS:
        answers = fleet.answers(poller)
        assert {each["status"] for name, each in answers.items() if "fast" in name} == {"ok"}
        assert not [name for name, each in answers.items() if "slow" in name and each["status"] == "ok"]


def module_of(fleet: Fleet, poller: str) -> int:
    """The process of the module on a poller: the Python below the shell of sshd's session."""
    (pid,) = [pid for pid in fleet.processes(poller) if is_module(pid)]
    return pid


def is_module(pid: int) -> bool:
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return words[0] == sys.executable.encode() and b"-c" in words and b"sys.stdin.buffer" in words[2]
    return False


def kill_sessions(fleet: Fleet, poller: str) -> None:
    """Kill sshd's processes for the connection, not what runs in it."""
    for pid in fleet.processes(poller):
        with contextlib.suppress(OSError):
            if "sshd" in Path(f"/proc/{pid}/comm").read_text():
                os.kill(pid, signal.SIGKILL)


def kill_ssh(fleet: Fleet, poller: str) -> None:
    """Kill ssh on the controller."""
    port = str(fleet.pollers[poller].port).encode()
    for pid in descendants(fleet.process.pid):
        with contextlib.suppress(OSError):
            if port in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)


FAULTS: dict[str, Callable[[Fleet, str], None]] = {
    "its process is killed": lambda fleet, poller: os.kill(module_of(fleet, poller), signal.SIGKILL),
    "its sshd is killed": kill_sessions,
    "ssh is killed": kill_ssh,
}


@pytest.mark.parametrize("act", FAULTS.values(), ids=FAULTS)
def test_a_poller_that_dies_loses_only_what_it_had_not_sent(
    fleet: Fleet, webhook: str, act: Callable[[Fleet, str], None]
) -> None:
    fleet.start(*POLLERS, rollcall_webhook_url=webhook, rollcall_max_fail_percentage=0)
    asked = fleet.logins
    act(fleet, "poller-2")
    wait_until(lambda: not fleet.processes("poller-2"), "no process is left on the poller", SOON)
    ended, output = fleet.end()
    assert ended == 2, output
    assert fleet.logins == asked + len(POLLERS) - 1, "the last device of each other poller"
    for poller in POLLERS:
        answers = fleet.answers(poller)
        assert len(answers) == FAST + SLOW
        for name, answer in answers.items():
            if poller == "poller-2" and "slow" in name:
                assert (answer["status"], answer["error"]["kind"]) == ("unreachable", "poller")
            else:
                assert answer["status"] == "ok", (name, answer["error"])
    said = f"poller poller-2 did not return {SLOW} of {FAST + SLOW} answers: "
    assert [said in reason for reason in fleet.posted[0]["verdict"]["reasons"]].count(True) == 1
    assert said in output
    assert f"oller poller-2 did not return {SLOW}" in (fleet.output_dir / "reports" / "index.html").read_text()


@pytest.mark.parametrize("together", [1, len(POLLERS)], ids=["one", "all"])
def test_a_poller_whose_folder_is_locked_is_reported_as_that(fleet: Fleet, webhook: str, together: int) -> None:
    others = POLLERS[together:]
    with contextlib.ExitStack() as stack:
        for poller in POLLERS[:together]:
            folder = fleet.output_dir / "pollers" / poller
            folder.mkdir(parents=True)
            stack.enter_context(locked(str(folder), None))
        fleet.start(*others, rollcall_webhook_url=webhook, rollcall_return_output=True)
        ended, output = fleet.end()
    assert ended == 2, output
    assert len(fleet.posted) == 1, output
    reasons = fleet.posted[0]["verdict"]["reasons"]
    for poller in POLLERS[:together]:
        assert [f"poller {poller} was refused" in each and "is in use by" in each for each in reasons].count(True) == 1
    index = (fleet.output_dir / "reports" / "index.html").read_text()
    assert "oller poller-1 was refused" in index
    assert "poller_refused" in output
    assert "no_poller" not in output
    for poller in others:
        assert {each["status"] for each in fleet.answers(poller).values()} == {"ok"}


def test_pages_of_devices_that_left_the_inventory_go(fleet: Fleet) -> None:
    pages = fleet.output_dir / "reports" / "devices"
    pages.mkdir(parents=True)
    for name in ("gone.html", "gone.md", "mine.txt"):
        (pages / name).write_text("of an earlier run")
    fleet.start(rollcall_devices=["poller-1-fast0"])
    ended, output = fleet.end()
    assert ended == 0, output
    names = set(json.loads((fleet.folder / "inventory.yml").read_text())["boxes"]["hosts"])
    assert {file.name for file in pages.iterdir()} == {
        "mine.txt",
        *(f"{name}.{ending}" for name in names for ending in ("md", "html")),
    }
