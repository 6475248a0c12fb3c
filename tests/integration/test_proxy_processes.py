# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxy commands end with their session and with the run, and their failures are not blamed on the device."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from tests.integration.conftest import meanwhile
from tests.integration.odd_server import Line, OddServer
from tests.integration.openssh import processes, wait_until

ROOT = Path(__file__).parents[2]


def device(proxy: str, **settings: Any) -> Device:
    usual = {"host": "192.0.2.1", "user": "someone", "password": "secret-of-someone", "platform": "cisco_iosxe"}
    known = {"commands": (Command("show version"),), "host_key_checking": False, "connect_timeout": 2.0}
    return Device(name="box", proxy_command=proxy, proxy_login="one", **{**usual, **known, **settings})


def with_words(*words: str) -> list[int]:
    wanted = "\0".join(words) + "\0"
    return processes(lambda folder: (folder / "cmdline").read_text() == wanted)


def test_children_of_a_proxy_command_end_with_the_run() -> None:
    number = f"4444{os.getpid()}"
    call_roll(
        {"box": device(f"sh -c 'sleep {number}; true'", connect_timeout=0.5)}, Limits(device_timeout=5, retries=0)
    )
    wait_until(lambda: not with_words("sleep", number), "the child is gone", timeout=10)


def test_children_of_a_proxy_command_end_with_its_session() -> None:
    number = f"6666{os.getpid()}"
    released = threading.Event()

    async def session(line: Line) -> None:
        while True:
            line.say("box#")
            if await line.hear() == "show version":
                while not released.is_set():
                    await asyncio.sleep(0.05)
                line.say("version 1\n")

    def act() -> None:
        try:
            wait_until(lambda: bool(with_words("sleep", number)), "the child runs", timeout=30)
            wait_until(lambda: not with_words("sleep", number), "the child is gone", timeout=30)
        finally:
            released.set()

    with OddServer(session) as server:
        first = device(f"sh -c 'sleep {number}; true'", connect_timeout=0.5)
        second = replace(first, name="second", host=server.address, port=server.port, proxy_command=None)
        with meanwhile(act):
            answers = call_roll({"first": first, "second": second}, Limits(retries=0))
    assert answers["second"]["status"] == "ok"


@pytest.mark.parametrize(
    ("which", "number"),
    [
        ("parent", signal.SIGKILL),
        ("parent", signal.SIGTERM),
        ("parent", signal.SIGINT),
        ("launcher", signal.SIGKILL),
        ("worker", signal.SIGKILL),
    ],
)
def test_children_of_a_proxy_command_end_with_a_killed_process(which: str, number: signal.Signals) -> None:
    seconds = f"5555{os.getpid()}"
    code = (
        "from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll\n"
        "from tests.integration.test_proxy_processes import device\n"
        f"call_roll({{'box': device('sh -c \"sleep {seconds}; true\"', connect_timeout=60.0)}}, Limits())\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'collections'}"},
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: bool(with_words("sleep", seconds)), "the child runs", timeout=30)
        [child] = with_words("sleep", seconds)
        above = ancestors(child)
        place = above.index(process.pid) - ["parent", "launcher", "worker"].index(which)
        os.kill(above[place], number)
        wait_until(lambda: child not in with_words("sleep", seconds), "the child is gone", timeout=10)
    finally:
        process.kill()
        process.wait(30)
    wait_until(lambda: not with_words("sleep", seconds), "no child is left", timeout=10)


def ancestors(pid: int) -> list[int]:
    found = []
    while pid > 1:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        found.append(pid)
    return found


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("sh -c 'echo no way secret-of-someone >&2; exit 3'", ["'sh' ended with status 3", "no way ***"]),
        ("false", ["'false' ended with status 1"]),
        ("/nonexistent/proxy -x", ["'/nonexistent/proxy' ended with status 127", "not found"]),
        ("A=b exec sh -c 'kill -9 $$'", ["'sh' was ended by signal 9"]),
        ("ssh -F/dev/null -p 1 -W [192.0.2.1]:22 127.0.0.1", ["'ssh' ended with status 255", "Connection refused"]),
    ],
)
def test_a_proxy_command_that_fails_is_named(proxy: str, said: list[str]) -> None:
    error = call_roll({"box": device(proxy)}, Limits(retries=0))["box"]["error"]
    assert (error["phase"], error["kind"]) == ("connect", "bastion")
    assert [each for each in said if each not in error["message"]] == []
    assert "secret-of-someone" not in error["message"]


def test_a_silent_bastion_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        words = ["ssh", "-F/dev/null", "-p", str(mute.getsockname()[1]), "-W", "[192.0.2.1]:22", "127.0.0.1"]
        error = call_roll({"box": device(shlex.join(words))}, Limits(retries=0))["box"]["error"]
    assert (error["phase"], error["kind"]) == ("connect", "bastion")
    assert "nothing came through the proxy command 'ssh' within 2 s" in error["message"]
    assert "login" not in error["message"]
