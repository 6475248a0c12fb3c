# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error of a device names what is wrong and what to do."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed, verdict_of
from ansible_collections.rollcall.network.plugins.plugin_utils._why import lines_of
from tests.integration.conftest import run_playbook
from tests.integration.odd_server import Line, OddServer
from tests.integration.test_credentials_once import device, prompt_only, refuse


def error_of(server: OddServer, limits: Limits | None = None, **settings: Any) -> dict[str, str]:
    error: dict[str, str] = call_roll({"box": device(server, **settings)}, limits or Limits(retries=0))["box"]["error"]
    return error


@pytest.mark.parametrize(
    "sent",
    [
        b"SSH-2.0-Odd\r\n" + b"\xff" * 400,
        b"SSH-2.0-Odd\r\n\x00\x00\x00\x0c\x0a\x14" + b"\0" * 200,
        b"HTTP/1.0 400\r\n" * 900,
    ],
)
def test_a_device_that_sends_no_ssh_gets_a_sentence(sent: bytes) -> None:
    def serve() -> None:
        connection, _address = listener.accept()
        with connection:
            connection.sendall(sent)
            connection.settimeout(5)
            while connection.recv(4096):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        server = OddServer()
        server.port = listener.getsockname()[1]
        error = error_of(server)
    assert error["phase"] == "connect"
    assert ".pyx" not in error["message"]
    assert "SSH2Error" not in error["kind"] + error["message"]


@pytest.mark.parametrize(("platform", "hinted"), [("juniper_junos", False), ("huawei_vrp", True)])
def test_a_device_of_another_platform_is_read_all_the_same(platform: str, hinted: bool) -> None:
    with OddServer(prompt_only) as server:
        answer = call_roll({"box": device(server, platform=platform)}, Limits(retries=0))["box"]
    assert answer["error"] is None
    assert answer["output"]["show version"]["text"] == "version 1"
    assert ("platform_hint" in answer["connection"]) is hinted


async def nexus(line: Line) -> None:
    while True:
        line.say("leaf-1# ")
        asked = await line.hear()
        if asked == "show version":
            line.say("Cisco Nexus Operating System (NX-OS) Software\n")
        elif asked == "show cdp neighbors":
            line.say("R1  Gig 0/0  Cisco IOS Software\n")
        elif asked:
            line.say("" if asked.startswith("terminal") else "            ^\n% Bad word.\n")


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        (["show cdp neighbors", "show version"], "; the device looks like cisco_nxos: set ansible_network_os to it; "),
        (["show cdp neighbors"], "; the device can be cisco_iosxe, arista_eos, cisco_nxos, "),
    ],
)
def test_the_hint_uses_what_the_device_says_of_itself(commands: list[str], words: str) -> None:
    asked = tuple(map(Command, commands))
    with OddServer(nexus) as server:
        box = device(server, platform="learned", platform_note="no platform is set", commands=asked)
        answer = call_roll({"box": box}, Limits(retries=0))["box"]
    assert answer["status"] == "ok"
    assert words in answer["connection"]["platform_hint"]


async def silent(line: Line) -> None:
    line.say("box#")
    while True:
        if await line.hear() != "show version":
            line.say("box#")


@pytest.mark.parametrize(
    ("limits", "settings", "kind", "option"),
    [
        (Limits(retries=0, device_timeout=1.5), {"command_timeout": 60.0}, "device_timeout", "device_timeout (1.5 s)"),
        (Limits(retries=0, deadline=1.5), {"command_timeout": 60.0}, "deadline", "the deadline of the run (1.5 s)"),
        (Limits(retries=0), {"command_timeout": 0.7}, "timeout", "command_timeout (0.7 s)"),
    ],
)
def test_the_option_that_ended_a_device_is_named(limits: Limits, settings: Any, kind: str, option: str) -> None:
    with OddServer(silent) as server:
        error = error_of(server, limits, **settings)
    assert error["kind"] == kind
    assert option in error["message"]


def test_a_refused_login_says_what_to_check() -> None:
    with OddServer(login=refuse) as server:
        message = error_of(server)["message"]
    assert message.endswith("the device accepts: password; check user and password or key")
    assert "empty" not in message


def test_an_empty_password_is_named() -> None:
    """As of a lookup of an environment variable that is not set."""
    with OddServer(login=refuse) as server:
        message = error_of(server, password="")["message"]
    assert "(tried: password); the password is empty; the device accepts: password" in message


def test_the_grouped_reason_of_host_keys_names_no_device() -> None:
    with OddServer() as one, OddServer() as two:
        devices = {name: device(each, name, host_key_checking=True) for name, each in {"a": one, "b": two}.items()}
        lines = lines_of(call_roll(devices, Limits(retries=0)).items(), 2)
    assert len(lines) == 2
    assert "add the key: ansible-playbook rollcall.network.host_keys --limit …: a, b" in lines[1]
    assert not [each for each in (one, two) if str(each.port) in lines[1]]


def test_line_ends_in_names_are_spelled_out() -> None:
    verdict = verdict_of({"sw1\n\nPLAY RECAP": "failed"}, Allowed(0))
    assert "\n" not in verdict.reasons[0]


@pytest.mark.parametrize("number", [1, 2], ids=["collect", "collect and outcome"])
def test_collect_displays_why_devices_failed_once(number: int, tmp_path: Path) -> None:
    collect = {"hosts": ["nobody"], "commands": ["show version"]}
    once = {"run_once": True, "delegate_to": "localhost"}
    tasks = [
        {"rollcall.network.collect": collect, "register": "roll", **once},
        {"rollcall.network.outcome": {"result": "{{ roll }}", "reports": {}}, **once},
    ]
    inventory = tmp_path / "hosts"
    inventory.write_text("one\n")
    done = run_playbook(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks[:number]}]), inventory)
    assert done.stdout.count("roll call: 1 of 1 device has no full answer:") == 1, done.stdout + done.stderr
    assert "unknown_host" in done.stdout


def test_a_used_folder_says_that_run_once_is_missing(tmp_path: Path) -> None:
    collect = {
        "hosts": "{{ ansible_play_hosts_all }}",
        "driver": "python",
        "function": "json.loads",
        "output_dir": str(tmp_path / "out"),
    }
    (tmp_path / "out").mkdir()
    (tmp_path / "hosts").write_text("one\ntwo\n")
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"rollcall.network.collect": collect}]}
    descriptor = os.open(tmp_path / "out" / ".lock", os.O_RDWR | os.O_CREAT, 0o600)

    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        done = run_playbook(json.dumps([{**play, "connection": "local"}]), tmp_path / "hosts")
    finally:
        os.close(descriptor)
    assert "run_once: true is missing" in done.stdout + done.stderr
