# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One-time codes of devices and bastions: from a command, from a person, or from nobody."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device, Hop
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from tests.integration.odd_server import Line, OddServer
from tests.integration.openssh import descendants, kill

QUESTIONS = ("Password: ", "Verification code: ")
PASSWORD = "password-of-jump"
MANY = 200


async def prompt_only(line: Line) -> None:
    while True:
        line.say("box#")
        if await line.hear() == "show version":
            line.say("version 1\n")


def asks_for_code(right: str, **settings: Any) -> OddServer:
    async def login(_user: str, answers: str) -> bool:
        return answers == f"{PASSWORD} {right}"

    return OddServer(login=login, keyboard=True, questions=QUESTIONS, **settings)


@pytest.fixture(scope="module")
def target() -> Iterator[OddServer]:
    with OddServer(prompt_only) as server:
        yield server


def hop(bastion: OddServer, **settings: Any) -> Hop:
    return Hop("jump", bastion.address, bastion.port, "someone", PASSWORD, host_key_checking=False, **settings)


def box(server: OddServer, name: str = "box", **settings: Any) -> Device:
    usual: dict[str, Any] = {
        "host": server.address,
        "port": server.port,
        "user": "someone",
        "password": "password-of-box",
        "platform": "cisco_iosxe",
        "commands": (Command("show version"),),
        "host_key_checking": False,
        "connect_timeout": 20.0,
    }
    return Device(name=name, **{**usual, **settings})


@pytest.fixture
def codes(tmp_path: Path) -> Path:
    """A command that gives another code each time, and counts them."""
    program = tmp_path / "codes"
    program.write_text(f"#!/bin/sh\necho called >> {tmp_path}/calls\necho 4711$(wc -l < {tmp_path}/calls)\necho more\n")
    program.chmod(0o755)
    return program


def calls(codes: Path) -> int:
    file = codes.with_name("calls")
    return len(file.read_text().splitlines()) if file.exists() else 0


def test_one_code_of_a_command_for_200_devices_behind_a_bastion(target: OddServer, codes: Path) -> None:
    with asks_for_code("47111", forwards=True) as bastion:
        hops = (hop(bastion, otp_command=str(codes)),)
        answers = call_roll({f"box{each}": box(target, f"box{each}", hops=hops) for each in range(MANY)}, Limits())
        assert bastion.logins == [f"{PASSWORD} 47111"]
    assert {answer["status"] for answer in answers.values()} == {"ok"}
    assert calls(codes) == 1
    assert "47111" not in str(answers)


def test_one_code_of_a_person_for_200_devices_behind_a_bastion(target: OddServer) -> None:
    asked: list[Any] = []

    def told(message: Any) -> str | None:
        if message[0] != "question":
            return None
        asked.append(message)
        return "123456"

    with asks_for_code("123456", forwards=True) as bastion:
        hops = (hop(bastion),)
        devices = {f"box{each}": box(target, f"box{each}", hops=hops) for each in range(MANY)}
        answers = call_roll(devices, Limits(), on_told=told)
        assert len(bastion.logins) == 1
    assert {answer["status"] for answer in answers.values()} == {"ok"}
    [(_kind, question)] = asked
    assert question == f"someone@jump (127.0.0.1 port {bastion.port}): Verification code:"


def test_the_time_of_a_device_does_not_pass_while_a_person_is_asked(target: OddServer) -> None:
    def told(message: Any) -> str | None:
        if message[0] != "question":
            return None
        time.sleep(3)  # longer than the devices have
        return "123456"

    with asks_for_code("123456", forwards=True) as bastion:
        hops = (hop(bastion, connect_timeout=2.0),)
        devices = {f"box{each}": box(target, f"box{each}", hops=hops) for each in range(5)}
        answers = call_roll(devices, Limits(device_timeout=2), on_told=told)
    assert {answer["status"] for answer in answers.values()} == {"ok"}


def test_a_device_gets_a_code_of_its_own(codes: Path) -> None:
    with asks_for_code("47111", session=prompt_only) as server:
        answers = call_roll({"box": box(server, password=PASSWORD, otp_command=f"'{codes}' --for box")}, Limits())
    assert answers["box"]["status"] == "ok"


OF_JUMP = "rollcall_otp_command of jump"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (None, "it asked 'Verification code:'; set rollcall_otp_command for jump, or run"),
        ("/nonexistent/codes", f"{OF_JUMP} ('codes') cannot be started: No such file or directory"),
        ("sh -c 'echo 99999999; echo no token >&2; exit 3'", f"{OF_JUMP} ('sh') ended with status 3: no token"),
        ("true", f"{OF_JUMP} ('true') printed no code"),
        ("echo 'unclosed", f"{OF_JUMP} cannot be split into words"),
        *((f"echo 99999999 {each} cat", f"{each!r} has no effect; use sh -c '…'") for each in ("|", "&&", ";", ">")),
        ("true; echo 1", "';' has no effect"),
        ("echo 99999999 2>/dev/null", "'2>' has no effect"),
        ("echo 99999999", "it asked 'Password:' again; the password or the one-time code was not accepted"),
    ],
)
def test_without_a_code_the_reason_is_named(target: OddServer, command: str | None, said: str) -> None:
    with asks_for_code("1", forwards=True) as bastion:
        hops = (hop(bastion, otp_command=command, in_inventory=True),)
        answers = call_roll(
            {f"box{each}": box(target, f"box{each}", hops=hops) for each in range(5)}, Limits(retries=1)
        )
        assert bastion.connections == 1
    for answer in answers.values():
        assert (answer["status"], answer["error"]["kind"]) == ("auth_failed", "bastion")
        assert "bastion jump (127.0.0.1 port" in answer["error"]["message"]
        assert said in answer["error"]["message"]
        assert "99999999" not in str(answer)


# -- the terminal of ansible-playbook ----------------------------------------------------------------------------------

PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - rollcall.network.collect:
        hosts: "{{ ansible_play_hosts_all }}"
        commands: [show version]
        device_timeout: 60
        retries: 0
      run_once: true
      delegate_to: localhost
      register: roll
    - ansible.builtin.debug:
        msg: "status={{ roll.devices.box.status }} {{ roll.devices.box.error.message | default('') }}"
      run_once: true
      delegate_to: localhost
"""


def play(tmp_path: Path, server: OddServer) -> list[str]:
    variables = (
        f"ansible_host={server.address} ansible_port={server.port} ansible_user=someone ansible_password={PASSWORD} "
        "ansible_network_os=cisco.ios.ios ansible_host_key_checking=false"
    )
    (tmp_path / "inventory").write_text(f"box {variables}\n")
    (tmp_path / "play.yml").write_text(PLAY)
    program = Path(sys.executable).with_name("ansible-playbook")
    return [str(program), "-i", str(tmp_path / "inventory"), str(tmp_path / "play.yml")]


def in_terminal(command: list[str], answer: bytes, env: dict[str, str]) -> tuple[str, int]:
    """Run a command in a terminal, answer its question, and return its output and status.

    The terminal echoes nothing as long as Ansible waits for the answer.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(command[0], command, {**os.environ, **env})
    printed, end = b"", time.monotonic() + 120
    try:
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 1)[0]:
                if b"Verification code:" in printed and not termios.tcgetattr(terminal)[3] & termios.ECHO:
                    # Again, too: what is typed before Ansible has discarded earlier input is lost.
                    os.write(terminal, answer + b"\r")
                continue
            try:
                data = os.read(terminal, 4096)
            except OSError:  # the terminal has no user any more
                break
            printed += data
        else:
            pytest.fail(f"it did not end: {printed!r}")
    finally:
        with contextlib.suppress(OSError):
            kill([*descendants(pid), pid])
        os.close(terminal)
        _pid, status = os.waitpid(pid, 0)
    return printed.decode(errors="replace"), os.waitstatus_to_exitcode(status)


def test_the_person_at_the_terminal_is_asked(tmp_path: Path) -> None:
    with asks_for_code("987123", session=prompt_only) as server:
        printed, _status = in_terminal(play(tmp_path, server), b"987123", {"HOME": str(tmp_path)})
    assert "status=ok" in printed
    assert "someone@box (127.0.0.1 port" in printed
    assert "987123" not in printed


def test_nobody_is_asked_in_a_job_of_awx(tmp_path: Path) -> None:
    with asks_for_code("1", session=prompt_only) as server:
        env = {"HOME": str(tmp_path), "AWX_ISOLATED_DATA_DIR": str(tmp_path)}
        printed, _status = in_terminal(play(tmp_path, server), b"1", env)
    assert "status=auth_failed" in printed
    assert "hidden" not in printed


def test_nobody_is_asked_without_a_terminal(tmp_path: Path) -> None:
    with asks_for_code("1", session=prompt_only) as server:
        done = subprocess.run(
            play(tmp_path, server), capture_output=True, stdin=subprocess.DEVNULL, text=True, timeout=120, check=False
        )
    assert "status=auth_failed" in done.stdout, done.stdout + done.stderr
    assert "set rollcall_otp_command" in done.stdout
