# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples as their readers use them: copied to a folder of their own, with the collection installed elsewhere.

What they are written for, GitHub, GitLab, ansible-navigator's container, is not here; their commands run all the same.
`make lint` checks the rest with ansible-lint, which has the schemas of rulebooks and of ansible-navigator's settings.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import asyncssh
import pytest
import yaml

from tests.lab import Lab
from tests.lab.topology import PASSWORD, USER

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
PROGRAMS = Path(sys.executable).parent
BROKEN = "ams-wan1"
SECONDS = 100


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the collection as ansible-galaxy packs and installs it."""
    folder = tmp_path_factory.mktemp("installed")
    galaxy = [str(PROGRAMS / "ansible-galaxy"), "collection", "install", str(ROOT), "--collections-path", str(folder)]
    # Where it goes is no folder that plays search, which is meant so and needs no warning.
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder)}
    subprocess.run(galaxy, env=env, check=True, capture_output=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(devices=24, healthy=True) as lab:
        yield lab


@pytest.fixture(scope="module")
def broken() -> Iterator[Lab]:
    with Lab(devices=24, healthy=True, faults={BROKEN: "wrong_password"}) as lab:
        yield lab


@pytest.fixture
def desk(collections: Path, tmp_path: Path) -> Iterator[Desk]:
    """A folder to work in. That nothing was written into the installed collection is checked at the end."""
    before = _files(collections)
    yield Desk(tmp_path, collections)
    assert _files(collections) == before


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


class Desk:
    """A folder that is its user's home too, with an inventory, the collection and the login in the environment."""

    def __init__(self, folder: Path, collections: Path) -> None:
        self.folder = folder
        self._env = {
            "HOME": str(folder),
            "PWD": str(folder),
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_NET_USERNAME": USER,
            "ANSIBLE_NET_PASSWORD": PASSWORD,
        }

    def call(self, lab: Lab, *command: str | Path, env: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Runs a command beside an inventory of the lab's that holds no login; its exit status and what it printed."""
        return self.run(without_login(lab), *command, env=env)

    def run(self, inventory: str, *command: str | Path, env: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Runs a command beside this inventory; its exit status and what it printed."""
        (self.folder / "inventory.yml").write_text(inventory)
        environment = {**self._env, **(env or {})}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert PASSWORD not in done.stdout
        return done.returncode, done.stdout


def without_login(lab: Lab) -> str:
    return re.sub(r"^ *ansible_(user|password): .*\n", "", lab.inventory.read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("playbook", "output"),
    [
        ("role.yml", "rollcall/latest/reports/index.html"),
        ("import_playbook.yml", "rollcall/latest/reports/index.html"),
        ("tasks.yml", "reports/fleet.csv"),
    ],
)
def test_playbooks_of_ones_own(playbook: str, output: str, desk: Desk, lab: Lab) -> None:
    file = shutil.copy(EXAMPLES / "playbooks" / playbook, desk.folder)
    status, printed = desk.call(lab, "ansible-playbook", "-i", "inventory.yml", file)
    assert status == 0, printed
    text = (desk.folder / output).read_text()
    assert all(name in text for name in lab.devices)


def test_a_change_waits_for_the_roll(desk: Desk, broken: Lab) -> None:
    file = shutil.copy(EXAMPLES / "playbooks" / "import_playbook.yml", desk.folder)
    status, printed = desk.call(broken, "ansible-playbook", "-i", "inventory.yml", file)
    assert status == 2, printed
    assert "PLAY [Change something]" not in printed


def github() -> tuple[str, dict[str, str]]:
    """The workflow's commands but for those that install, as one script, and their environment."""
    job = read("github-actions.yml")["jobs"]["roll-call"]
    call, show = (step["run"] for step in job["steps"] if "run" in step and step["name"] != "Install")
    # What is in ${{ }} comes from outside: the secrets, and what a user chose.
    env = {name: value for name, value in job["env"].items() if "${{" not in value}
    return script(call, show), {**env, "LIMIT": "all"}


def gitlab() -> tuple[str, dict[str, str]]:
    """As ``github``."""
    job = read("gitlab-ci.yml")["roll-call"]
    return script("\n".join(job["script"]), "\n".join(job["after_script"])), job["variables"]


def script(call: str, always: str) -> str:
    """The first part decides, the second runs however the first one ended; both end at their first error."""
    return f"(set -e\n{call}\n)\nstatus=$?\n(set -e\n{always}\n) || exit 99\nexit $status\n"


def read(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / name).read_text())


@pytest.mark.parametrize(
    ("pipeline", "reports"), [(github, "rollcall/latest/reports"), (gitlab, "reports")], ids=["github", "gitlab"]
)
def test_pipelines_end_as_the_fleet_does(pipeline: Any, reports: str, desk: Desk, lab: Lab, broken: Lab) -> None:
    commands, env = pipeline()
    env["GITHUB_STEP_SUMMARY"] = str(desk.folder / "summary.md")
    for fleet, verdict, failures, runs in ((lab, 0, "0", 1), (broken, 2, "1", 3)):
        status, printed = desk.call(fleet, "bash", "-c", commands, env=env)
        assert status == verdict, printed
        suites = ElementTree.parse(desk.folder / reports / "junit.xml").getroot()
        assert (suites.get("tests"), suites.get("failures")) == ("24", failures)
        assert len(list((desk.folder / "rollcall" / "runs").iterdir())) == runs, "a second try, of those that failed"
        shutil.rmtree(desk.folder / "reports", ignore_errors=True)
    if pipeline is github:
        summary = (desk.folder / "summary.md").read_text()
        assert "24 of 24 devices answered in full" in summary
        assert "23 of 24 devices answered in full" in summary


def test_the_project_of_ansible_runner(desk: Desk, lab: Lab) -> None:
    project = desk.folder / "runner"
    shutil.copytree(EXAMPLES / "runner", project)
    (project / "inventory" / "hosts.yml").write_text(without_login(lab))
    status, printed = desk.call(lab, "ansible-runner", "run", project, "--playbook", "roll_call.yml", "--ident", "1")
    assert status == 0, printed
    assert (project / "artifacts" / "1" / "status").read_text() == "successful"
    assert len(list((project / "rollcall" / "latest" / "devices").iterdir())) == 24


def test_settings_of_ansible_navigator(desk: Desk, lab: Lab) -> None:
    shutil.copy(EXAMPLES / "ansible-navigator.yml", desk.folder)
    # Its container is all that is left out.
    navigator = ("ansible-navigator", "run", "rollcall.network.collect", "--execution-environment", "false")
    status, printed = desk.call(lab, *navigator, "-i", "inventory.yml")
    assert status == 0, printed
    assert "24 of 24 devices answered in full" in printed
    assert (desk.folder / "rollcall" / "latest" / "reports" / "index.html").exists()


LONGEST_DRIVER = 40  # lines
SYSTEM = {"hostname": "api-1", "version": "4.2"}


class Api(BaseHTTPRequestHandler):
    """A REST API that asks for the login."""

    def do_GET(self) -> None:
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        allowed = self.headers["Authorization"] == f"Basic {login}"
        status, body = (200, json.dumps({**SYSTEM, "path": self.path, "echo": PASSWORD})) if allowed else (401, "")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


async def tl1(process: asyncssh.SSHServerProcess[str]) -> None:
    """A network element that speaks TL1, and denies one command."""
    process.stdout.write("Welcome to the network element\n<\n;\n")
    async for line in process.stdin:
        command, _colon, tag = line.strip().rstrip(";").partition(":::")
        code = "DENY" if command == "RTRV-EQPT" else "COMPLD"
        process.stdout.write(f"   MUX 26-01-02 03:04:05\nM  {tag} {code}\n   answer to {command}\n;\n")


class Login(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


@contextlib.contextmanager
def network_element(known_hosts: Path) -> Iterator[int]:
    """Serves TL1 over SSH in a thread. Yields its port."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    ready, ports, loop = threading.Event(), [], asyncio.new_event_loop()

    async def serve() -> None:
        server = await asyncssh.create_server(
            Login, "127.0.0.1", 0, server_host_keys=[key], process_factory=tl1, line_editor=False
        )
        ports.append(server.get_port())
        ready.set()

    def work() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(20)
    known_hosts.write_text(f"[127.0.0.1]:{ports[0]} {key.export_public_key().decode()}")
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)


def test_drivers_of_ones_own(desk: Desk) -> None:
    for file in (EXAMPLES / "drivers").iterdir():
        shutil.copy(file, desk.folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    known_hosts = desk.folder / "known_hosts"
    with network_element(known_hosts) as port:
        address = {"ansible_host": "127.0.0.1", "ansible_port": port, "rollcall_known_hosts": str(known_hosts)}
        url = f"http://{{{{ ansible_host }}}}:{server.server_address[1]}"
        wrong = {"ansible_password": "a-wrong-password"}
        own = {
            "apis": (
                {"api-1": {}, "api-2": wrong},
                {"rollcall_driver": "rest_driver.Rest", "rollcall_function_vars": ["api_url"], "api_url": url},
            ),
            "optical": (
                {"mux-1": {}, "mux-2": wrong, "mux-3": {"rollcall_commands": ["RTRV-EQPT", "RTRV-HDR"]}},
                {"rollcall_driver": "tl1_driver.Tl1", "rollcall_commands": ["RTRV-HDR", "RTRV-ALM-ALL"]},
            ),
            "servers": (
                {"sw-1": {}},
                {
                    "rollcall_driver": "python",
                    "rollcall_function": "version_line.of",
                    "rollcall_function_vars": ["site"],
                    "site": "{{ inventory_hostname }} in fra",
                },
            ),
        }
        groups = {name: {"hosts": hosts, "vars": {**address, **variables}} for name, (hosts, variables) in own.items()}
        inventory = json.dumps({"all": {"children": groups}})
        status, printed = desk.run(inventory, "ansible-playbook", "-i", "inventory.yml", "playbook.yml")
    server.shutdown()
    assert status == 2, printed
    answers = {
        path.name: json.loads((path / "result.json").read_text())
        for path in (desk.folder / "rollcall" / "latest" / "devices").iterdir()
    }
    said = {name: (answer["driver"], answer["status"]) for name, answer in answers.items()}
    assert said == {
        "api-1": ("rest", "ok"),
        "api-2": ("rest", "auth_failed"),
        "mux-1": ("tl1", "ok"),
        "mux-2": ("tl1", "auth_failed"),
        "mux-3": ("tl1", "partial"),
        "sw-1": ("python", "ok"),
    }, printed
    assert answers["api-1"]["value"] == {**SYSTEM, "path": "/system", "echo": "********"}
    assert answers["api-2"]["error"]["kind"] == "http_401"
    assert answers["sw-1"]["value"]["site"] == "sw-1 in fra"
    assert answers["sw-1"]["value"]["version"].startswith("SSH-2.0-AsyncSSH")
    text = (desk.folder / "rollcall" / "latest" / "devices" / "mux-1" / "RTRV-HDR.txt").read_text()
    assert text.splitlines() == ["M  1 COMPLD", "   answer to RTRV-HDR", ";"]
    assert answers["mux-3"]["error"]["message"] == "driver tl1: 'RTRV-EQPT' failed"


@pytest.mark.parametrize("name", [path.name for path in sorted((EXAMPLES / "drivers").glob("*.py"))])
def test_a_driver_is_short(name: str) -> None:
    assert len((EXAMPLES / "drivers" / name).read_text().splitlines()) <= LONGEST_DRIVER
