# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole playbooks with a secret of every kind, and devices that show all of them in every place where they can.

After each, no secret is in a file that was made, in what was printed, in Ansible's log, or in a list of processes. The
folder `given` holds what the user made: inventory, passwords, the function. It alone may hold secrets.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import ShellServer, shell_server, watched_processes
from tests.integration.odd_server import Line, OddServer
from tests.integration.openssh import descendants, kill, make_key, wait_until
from tests.lab import ROOT

SECONDS = 90
MARK = "§"  # no secret is plain ASCII, but for those that cannot be another
TYPED = {"-k": f"Tk-Qz41{MARK}typed", "-K": f"TK-Qz42{MARK}typed"}
OF_HOST = {
    "ansible_password": f"Pw-Qz43{MARK}login",
    "ansible_become_password": f"En-Qz44{MARK}enable",
    "ansible_ssh_private_key_passphrase": f"Ph-Qz45{MARK}phrase",
}
OF_ENVIRONMENT = {
    "ROLLCALL_NET_PASSWORD": f"Er-Qz46{MARK}awx",
    "ANSIBLE_NET_PASSWORD": f"Ea-Qz47{MARK}awx",
    "ROLLCALL_NET_AUTH_PASS": f"Eb-Qz48{MARK}awx",
    "ROLLCALL_NET_SSH_KEY_PASSPHRASE": f"Ep-Qz49{MARK}awx",
}
OF_PROXY = "Px-Qz50-proxy"
RELAY = """
import os, socket, sys, threading
line = socket.create_connection((sys.argv[3], int(sys.argv[4])))
def up():
    while data := os.read(0, 4096): line.sendall(data)
threading.Thread(target=up, daemon=True).start()
while data := line.recv(4096): os.write(1, data)
"""
FUNCTION = """
import json, pathlib

def ask(name):
    secrets = json.loads(pathlib.Path(__file__).with_name("secrets.json").read_text())
    if name == "function-fails":
        raise RuntimeError(" ".join(secrets))
    return {secret: [secret] for secret in secrets}
"""
HOSTS = (
    "ok",
    "proxy",
    "refused",
    "login-stall",
    "banner-stall",
    "banner-hangup",
    "enable-stall",
    "enable-hangup",
    "rejected",
    "cut-stall",
    "cut-hangup",
)
FUNCTIONS = ("function-fails", "function-answers")
PLAY = """
- hosts: devices
  gather_facts: false
  tasks:
    - name: Ask
      rollcall.network.collect:
        hosts: "{{ ansible_play_hosts_all }}"
        output_dir: "{{ folder }}/output"
        history: true
        retries: 1
        device_timeout: 20
      run_once: true
      delegate_to: "{{ where }}"
      register: roll
      ignore_errors: true
    - name: Report
      rollcall.network.report:
        devices: "{{ roll.devices }}"
        run_dir: "{{ roll.run_dir }}"
        dest: "{{ folder }}/reports"
        formats: [md, html, json, csv, junit, prom, limit]
      run_once: true
      delegate_to: localhost
      vars: {ansible_connection: local}
    - name: Show
      ansible.builtin.debug:
        var: roll
      run_once: true
      delegate_to: localhost
    # A lookup is not told what was typed, so it sends it to nobody, and cannot know it.
    - name: Ask in an expression
      ansible.builtin.debug:
        msg: "{{ lookup('rollcall.network.collect', 'ok') }}"
      run_once: true
      delegate_to: localhost
      when: in_expression | default(false)
"""


@dataclass
class Site:
    """A folder with what the user made, and one for all that comes of it."""

    given: Path
    made: Path
    secrets: dict[str, str]
    server: OddServer
    poller: ShellServer | None = None

    def start(self, *extra: str, where: str = "localhost", pipe: Any = subprocess.PIPE) -> subprocess.Popen[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.made / "home"),
            "TMPDIR": str(self.made / "tmp"),
            "PYTHONPATH": str(self.given),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
            "ANSIBLE_LOG_PATH": str(self.made / "ansible.log"),
            "ANSIBLE_PIPELINING": "1",
            **OF_ENVIRONMENT,
        }
        for folder in ("home", "tmp"):
            self.made.joinpath(folder).mkdir(exist_ok=True)
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(self.given / "hosts.json")]
        command += [str(self.given / "play.yml"), "-e", json.dumps({"folder": str(self.made), "where": where}), *extra]
        if set(TYPED) <= set(self.secrets):
            command += ["--connection-password-file", str(self.given / "k")]
            command += ["--become-password-file", str(self.given / "K")]
        return subprocess.Popen(
            command,
            env=environment,
            cwd=self.made,
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def leaks(self, printed: str) -> list[str]:
        """Where a secret is: files, and what was printed."""
        folders = [self.made, *([self.poller.home] if self.poller else [])]
        texts = {str(file): file.read_bytes() for top in folders for file in top.rglob("*") if file.is_file()}
        texts["what was printed"] = printed.encode("utf-8", "surrogateescape")
        return [
            f"{kind} in {where}"
            for where, data in texts.items()
            for kind, secret in self.secrets.items()
            if core(secret).encode() in data
        ]

    def leaked_by_processes(self, seen: set[str]) -> list[str]:
        """The secrets in command lines and environments, but for those that the test put there itself."""
        rest = []
        for text in seen:
            for name, secret in OF_ENVIRONMENT.items():
                text = text.replace(f"{name}={secret}", "")
            rest.append(text)
        kinds = {kind: secret for kind, secret in self.secrets.items() if kind != "proxy"}
        return [f"{kind} in {text[:300]!r}" for text in rest for kind, secret in kinds.items() if core(secret) in text]


def core(secret: str) -> str:
    """The part of a secret that all of its spellings have."""
    return secret.split(MARK, maxsplit=1)[0]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    given, made = tmp_path / "given", tmp_path / "made"
    given.mkdir()
    made.mkdir()
    key = make_key(given / "key", "ed25519", OF_HOST["ansible_ssh_private_key_passphrase"]).file.read_text()
    lines = [line for line in key.splitlines() if not line.startswith("-----")]
    secrets = {**TYPED, **OF_HOST, **OF_ENVIRONMENT, "proxy": OF_PROXY, "private_key": lines[2]}

    async def login(user: str, password: str) -> bool:
        if user == "login-stall":
            await asyncio.Event().wait()
        return user != "refused"

    async def session(line: Line) -> None:
        # The last of a line is what a message quotes.
        shown = " ".join([*lines, *secrets.values(), *OF_HOST.values()])
        where, _dash, end = line.user.partition("-")

        async def leave() -> None:
            await (line.stall() if end == "stall" else line.pause())

        if where == "banner":
            line.say(f"Welcome {shown}")
            return await leave()
        line.say("box>")
        while await line.hear() != "enable":
            line.say("box>")
        line.say("Password: ")
        heard = await line.hear(echo=False)
        line.say(f"{heard}\n{shown}\n")
        if where == "enable":
            return await leave()
        line.say("box#")
        while True:
            if await line.hear() == "show version":
                if where == "cut":
                    line.say(f"one\n{shown[:-20]}")
                    return await leave()
                line.say(f"{'% Invalid input detected: ' if where == 'rejected' else ''}{shown}\n")
            line.say("box#")

    with OddServer(session, login=login) as server:
        common = {
            "ansible_host": server.address,
            "ansible_port": server.port,
            "ansible_network_os": "cisco.ios.ios",
            "ansible_host_key_checking": False,
            "ansible_connect_timeout": 3,
            "ansible_command_timeout": 3,
            "ansible_ssh_private_key": key,
            "rollcall_commands": ["show version"],
            **OF_HOST,
        }
        relay = f"{sys.executable} {given / 'relay.py'} --password {OF_PROXY} %h %p"
        arguments = {"ansible_ssh_common_args": f"-o 'ProxyCommand={relay}'"}
        # The secret of the proxy command is known to the device that has it, so only that one is there to show it.
        hosts: dict[str, Any] = {name: {**common, **arguments, "ansible_user": name} for name in HOSTS}
        function = {**common, **arguments, "rollcall_driver": "python", "rollcall_function": "odd_function.ask"}
        hosts |= dict.fromkeys(FUNCTIONS, function)
        known = [secret for kind, secret in secrets.items() if kind != "proxy"]
        files = {
            "hosts.json": json.dumps({"devices": {"hosts": hosts}}),
            "k": TYPED["-k"],
            "K": TYPED["-K"],
            "relay.py": RELAY,
            "odd_function.py": FUNCTION,
            "secrets.json": json.dumps([*known, *lines]),
            "play.yml": PLAY,
        }
        for name, text in files.items():
            given.joinpath(name).write_text(text)
        yield Site(given, made, secrets, server)


SCENARIOS = {
    "success": ["--limit", "ok"],
    "refused": ["--limit", "refused"],
    "login not answered": ["--limit", "login-stall"],
    "banner": ["--limit", "banner-stall,banner-hangup"],
    "enable": ["--limit", "enable-stall,enable-hangup"],
    "rejected": ["--limit", "rejected"],
    "cut": ["--limit", "cut-stall,cut-hangup"],
    "functions": ["--limit", ",".join(FUNCTIONS)],
    "all": [],
    "all -vvvv": ["-vvvv"],
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_secret_is_left_anywhere(scenario: str, site: Site) -> None:
    with watched_processes() as seen:
        process = site.start(*SCENARIOS[scenario])
        printed, _nothing = process.communicate(timeout=SECONDS)
    assert "********" in printed or scenario in ("refused", "login not answered"), printed
    assert site.leaks(printed) == []
    assert site.leaked_by_processes(seen) == []


def test_no_secret_is_left_by_an_expression(site: Site) -> None:
    for kind in TYPED:
        del site.secrets[kind]
    process = site.start("--limit", "ok", "-e", "in_expression=true", "-vvvv")
    printed, _nothing = process.communicate(timeout=SECONDS)
    assert "Ask in an expression" in printed
    assert "********" in printed
    assert site.leaks(printed) == []


@pytest.mark.parametrize("verbosity", ["-v", "-vvvv"])
def test_no_secret_is_left_on_a_poller(verbosity: str, site: Site, openssh_here: None) -> None:
    with shell_server(root=True) as poller:
        site.poller = poller
        options = f"-o UserKnownHostsFile={poller.known_hosts} -o GlobalKnownHostsFile=/dev/null -o ControlMaster=no"
        variables = {
            "ansible_connection": "ssh",
            "ansible_host": poller.address,
            "ansible_port": poller.port,
            "ansible_user": poller.user,
            "ansible_password": None,
            "ansible_ssh_private_key_file": str(poller.key.file),
            "ansible_ssh_args": f"-F /dev/null {options}",
            "ansible_python_interpreter": sys.executable,
            "ansible_remote_tmp": str(poller.home / "ansible"),
        }
        inventory = json.loads(site.given.joinpath("hosts.json").read_text())
        inventory["pollers"] = {"hosts": {"poller": variables}}
        site.given.joinpath("hosts.json").write_text(json.dumps(inventory))
        with watched_processes() as seen:
            process = site.start(verbosity, where="poller")
            printed, _nothing = process.communicate(timeout=SECONDS)
        assert "********" in printed, printed
        assert site.leaks(printed) == []
        assert site.leaked_by_processes(seen) == []


def test_no_secret_is_left_by_a_controller_that_was_killed(site: Site) -> None:
    """Killed when some have answered and some have not; then reported on."""
    with site.made.joinpath("printed").open("w") as file:
        process = site.start("-vvvv", pipe=file)
        try:
            wait_until(
                lambda: (
                    len(list(site.made.glob("output/runs/*/devices/*/result.json"))) >= 4 or process.poll() is not None
                ),
                "some devices have answered",
                SECONDS,
            )
        finally:
            kill([process.pid, *descendants(process.pid)])
            process.wait()
    assert site.leaks("") == []
