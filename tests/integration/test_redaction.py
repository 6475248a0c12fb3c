# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""500 secrets on 12 platforms, asked through the real playbook over SSH: none is in a report or in the history."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._redaction_key import FILE
from tests.integration.conftest import ShellServer, call_roll, shell_server
from tests.integration.odd_server import Line, OddServer
from tests.unit.shown_secrets import COMMANDS, PLATFORMS, planted, shows

ROOT = Path(__file__).parents[2]
USERS = "show users | json"
# The names of platforms of which the text of the lines is known here, but not the rest of their sessions.
NAMES = {"frr": "frr", "ubiquiti_edgerouter": "ubiquiti_edgerouter"}
FORMATS = ["md", "html", "json", "csv", "junit"]

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed (apt-get install git)")


class Fleet:
    """The devices: what each shows, by platform and command, and the secrets in it."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.shown: dict[tuple[str, str], str] = {}
        self.secrets: dict[str, list[str]] = {}
        for platform in PLATFORMS:
            self.secrets[platform] = []
            for command, text, new in planted(platform, chance):
                self.shown[platform, command] = text
                self.secrets[platform] += new
            password = f"Json-{chance.randrange(10**6)}x"
            users = [{"name": "ann", "password": password, "status": "up"}, {"name": "bob", "password": None}]
            self.shown[platform, USERS] = json.dumps({"users": users})
            self.secrets[platform].append(password)

    async def talk(self, line: Line) -> None:
        while True:
            line.say("edge-1# ")
            asked = await line.hear()
            if asked in ("exit", "quit", "logout"):
                return
            line.say(self.shown.get((line.user, asked), "").strip("\n") + "\n")


@pytest.fixture(scope="module")
def fleet() -> Iterator[tuple[Fleet, OddServer]]:
    fleet = Fleet(14)
    with OddServer(fleet.talk) as server:
        yield fleet, server


def hosts_of(server: OddServer) -> dict[str, Any]:
    """The devices of the inventory."""
    host = {
        "ansible_host": server.address,
        "ansible_port": server.port,
        "ansible_password": "Login-word-1",
        "ansible_host_key_checking": False,
        "ansible_network_os": "generic",
        "rollcall_allow_commands": ["show tech-support"],
        "rollcall_commands": [*COMMANDS, {"command": USERS, "parser": "json"}],
        "rollcall_transcript": True,
    }
    return {name: {**host, "ansible_user": name} for name in PLATFORMS}


def run(fleet: tuple[Fleet, OddServer], folder: Path, *extra: str, **variables: Any) -> dict[str, Any]:
    """Run the playbook in the folder. Return the answers that the task returned."""
    (folder / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts_of(fleet[1])}}))
    variables = {"rollcall_formats": FORMATS, "rollcall_history": True, "rollcall_return_output": True, **variables}
    kept = folder / "answers.json"
    play = [
        {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [
                {"ansible.builtin.include_role": {"name": "rollcall.network.collect"}, "run_once": True},
                {
                    "ansible.builtin.copy": {
                        "content": "{{ rollcall_result | to_json }}",
                        "dest": str(kept),
                        "mode": "0600",
                    },
                    "run_once": True,
                    "delegate_to": "localhost",
                    "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
                },
            ],
        }
    ]
    (folder / "play.yml").write_text(json.dumps(play))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "play.yml", "-i", "hosts.yml"]
    command += ["-e", json.dumps(variables), *extra]
    env = {**os.environ, "HOME": str(folder), "PWD": str(folder), "SSH_AUTH_SOCK": ""}
    env["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / "collections")
    done = subprocess.run(
        command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=250, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(kept.read_text())
    assert {answer["status"] for answer in result["devices"].values()} == {"ok"}
    return result


def found_in(files: Iterator[Path] | list[Path], secrets: dict[str, list[str]]) -> list[tuple[str, str]]:
    """The secrets that a file shows, each with the name of one such file."""
    every = {secret for each in secrets.values() for secret in each}
    found = []
    for file in files:
        text = file.read_bytes().decode("utf-8", "surrogateescape") if file.is_file() else ""
        found += [(file.name, secret) for secret in every if shows(text, secret)]
    return found


def history_of(folder: Path) -> list[Path]:
    """What the commits have, as files."""
    checkout = folder / "checkout"
    repository = str(folder / "rollcall" / "history.git")
    subprocess.run(["git", "clone", "--quiet", repository, str(checkout)], check=True, timeout=60, capture_output=True)
    return [file for file in checkout.rglob("*.txt") if ".git" not in file.parts]


def test_500_secrets_are_in_no_report(fleet: tuple[Fleet, OddServer], tmp_path: Path) -> None:
    secrets = fleet[0].secrets
    assert sum(map(len, secrets.values())) >= 500
    assert len(PLATFORMS) >= 12
    result = run(fleet, tmp_path)
    reports = list((tmp_path / "rollcall").glob("runs/*/reports/**/*")) + list(
        (tmp_path / "rollcall/reports").rglob("*")
    )
    assert len([file for file in reports if file.suffix in (".md", ".html", ".json", ".csv", ".xml")]) >= 24
    assert found_in(reports, secrets) == []
    history = history_of(tmp_path)
    assert len(history) == len(PLATFORMS) * (len(COMMANDS) + 1)
    assert found_in(history, secrets) == []
    # The run folder and the result have what the devices sent.
    for platform, answer in result["devices"].items():
        assert answer["output"][USERS]["rows"]["users"][0]["password"] == secrets[platform][-1]
    assert (tmp_path / "rollcall" / FILE).stat().st_mode & 0o777 == 0o600


def test_500_secrets_are_nowhere_with_all(fleet: tuple[Fleet, OddServer], tmp_path: Path) -> None:
    secrets = fleet[0].secrets
    result = run(fleet, tmp_path, rollcall_redact="all")
    assert found_in(list((tmp_path / "rollcall").rglob("*")) + history_of(tmp_path), secrets) == []
    assert found_in([tmp_path / "answers.json"], secrets) == []
    for answer in result["devices"].values():
        first, second = answer["output"][USERS]["rows"]["users"]
        assert first["password"].startswith("redacted_")
        assert (first["name"], first["status"], second) == ("ann", "up", {"name": "bob", "password": None})
    assert len(list((tmp_path / "rollcall").rglob("transcript.jsonl"))) == len(PLATFORMS)


def test_only_a_changed_secret_is_a_change(fleet: tuple[Fleet, OddServer], tmp_path: Path) -> None:
    """The option is changed between the runs too. The masks stay, and so does what is compared."""
    limit = ("--limit", "frr")
    assert run(fleet, tmp_path, *limit)["changed_hosts"] == []
    assert run(fleet, tmp_path, *limit, rollcall_redact="all")["changed_hosts"] == []
    assert run(fleet, tmp_path, *limit)["changed_hosts"] == []
    key = "frr", COMMANDS[0]
    before = fleet[0].shown[key]
    old, new = fleet[0].secrets["frr"][0], "Changed-word-1"
    fleet[0].shown[key] = before.replace(old, new, 1)
    try:
        result = run(fleet, tmp_path, *limit, rollcall_redact="all")
    finally:
        fleet[0].shown[key] = before
    assert result["changed_hosts"] == ["frr"]
    diff = result["devices"]["frr"]["output"][COMMANDS[0]]["diff"]
    removed, added = (next(line for line in diff.splitlines()[2:] if line.startswith(sign)) for sign in "-+")
    assert removed != added
    assert removed.startswith("-password redacted_")
    assert added.startswith("+password redacted_")
    assert old not in diff
    assert new not in diff


def test_a_changed_secret_is_masked_in_a_diff_that_does_not_show_its_block(
    fleet: tuple[Fleet, OddServer], tmp_path: Path
) -> None:
    """With ``reports``, the diff is made of the texts as the device sent them, and has three lines of context."""
    key = "frr", COMMANDS[0]
    before = fleet[0].shown[key]
    block = "".join(["snmp {\n", *(f"    line {number};\n" for number in range(8)), "    community %s;\n}\n"])
    try:
        for secret in ("quartz", "basalt"):
            fleet[0].shown[key] = before + block % secret
            result = run(fleet, tmp_path, "--limit", "frr")
    finally:
        fleet[0].shown[key] = before
    assert "+    community basalt;" in result["devices"]["frr"]["output"][COMMANDS[0]]["diff"]
    secrets = {"frr": ["quartz", "basalt"]}
    reports = list((tmp_path / "rollcall").glob("runs/*/reports/**/*"))
    assert found_in(reports + history_of(tmp_path), secrets) == []
    pages = [file.read_text() for file in reports if file.name == "frr.md"]
    assert any("+    community redacted_" in page and "-    community redacted_" in page for page in pages)


@pytest.fixture(scope="module")
def poller(openssh_here: None) -> Iterator[ShellServer]:
    if shutil.which("ssh") is None:
        pytest.skip("Not installed: ssh.")
    with shell_server(root=True) as server:
        yield server


def test_answers_of_a_poller_have_masks(fleet: tuple[Fleet, OddServer], poller: ShellServer, tmp_path: Path) -> None:
    """They are masked on the controller, which has the key."""
    options = f"-o UserKnownHostsFile={poller.known_hosts} -o GlobalKnownHostsFile=/dev/null -o ControlMaster=no"
    machine = {
        "ansible_connection": "ssh",
        "ansible_host": poller.address,
        "ansible_port": poller.port,
        "ansible_user": poller.user,
        "ansible_ssh_private_key_file": str(poller.key.file),
        "ansible_ssh_args": f"-F /dev/null {options}",
        "ansible_python_interpreter": sys.executable,
        "ansible_remote_tmp": str(poller.home / "ansible"),
    }
    groups = {"devices": {"hosts": hosts_of(fleet[1])}, "pollers": {"hosts": {"poller": machine}}}
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(json.dumps({"all": {"children": groups}}))
    output = tmp_path / "rollcall"
    names = ["frr", "cisco_iosxe"]
    arguments = {"hosts": names, "redact": "all", "output_dir": str(output)}
    roll = call_roll(inventory, arguments, delegate_to="poller", play={"hosts": "devices"})
    assert [roll.devices[name]["status"] for name in names] == ["ok", "ok"]
    secrets = {name: fleet[0].secrets[name] for name in names}
    assert not any(shows(json.dumps(roll.devices), secret) for each in secrets.values() for secret in each)
    assert found_in(list(output.rglob("*")), secrets) == []
    assert (output / FILE).is_file()
