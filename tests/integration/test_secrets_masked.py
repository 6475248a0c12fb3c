# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices and functions that show secrets, in every place where they can: none is in an answer, an event or a file.

All of them are devices of one fleet, and their user names say what they do: ``<kind of secret>.<spelling>.<place>``.
"""

from __future__ import annotations

import json
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import MASK
from ansible_collections.rollcall.network.plugins.module_utils._roll import Keep, Limits, call_roll
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder
from ansible_collections.rollcall.network.plugins.module_utils.collector import Event
from tests.integration.odd_server import Line, OddServer

KEY_LINE = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW"
SECRETS = {
    "password": 'Zq7"Lkw8\\Xw9-%x§',
    "become_password": 'Zq7"Ekw8\\Xw9-%x§',
    "passphrase": 'Zq7"Pkw8\\Xw9-%x§',
    "private_key": KEY_LINE,
    "proxy": "Zq7-proxy-Xw9",
    "run": 'Zq7"Tkw8\\Xw9-%x§',
}
# What must not be seen of each: the part that all spellings have.
CORES = {kind: secret.split('"')[-1].split("\\")[0] for kind, secret in SECRETS.items()} | {
    "private_key": KEY_LINE[:40]
}
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": lambda secret: json.dumps(secret)[1:-1],
    "url": urllib.parse.quote,
    "backslashes": lambda secret: secret.replace("\\", "\\\\").replace('"', '\\"'),
}
PLACES = (
    "banner then stall",
    "banner then hangup",
    "enable then stall",
    "enable then hangup",
    "enable refused",
    "answer",
    "rows",
    "rejection",
    "answer then stall",
    "answer then hangup",
    "cut then stall",
    "cut then hangup",
)
FUNCTIONS = ("value", "key", "exception", "device_error", "kind")
RELAY = """
import os, socket, sys, threading
line = socket.create_connection((sys.argv[3], int(sys.argv[4])))
def up():
    while data := os.read(0, 4096): line.sendall(data)
threading.Thread(target=up, daemon=True).start()
while data := line.recv(4096): os.write(1, data)
"""


async def session(line: Line) -> None:
    kind, spelling, place = line.user.split(".")
    shown = SPELLINGS[spelling](SECRETS[kind])
    where, _then, end = place.partition(" then ")
    if where == "banner":
        line.say(f"Welcome. The secret is {shown}")
        return await (line.stall() if end == "stall" else line.pause())
    line.say("box>")
    while await line.hear() != "enable":
        line.say("box>")
    line.say("Password: ")
    await line.hear(echo=False)
    if where == "enable":
        line.say(f"{shown}\n")
        return await (line.stall() if end == "stall" else line.pause())
    if where == "enable refused":
        line.say(f"\n{shown}>")
        return await line.stall()
    line.say("\nbox#")
    while (asked := await line.hear()) != "show version":
        line.say("\nbox#" if asked else "box#")
    if where == "rejection":
        line.say(f"% Invalid input detected: {shown}\n")
    elif where == "rows":
        line.say(json.dumps({"secret": SECRETS[kind]}) + "\n")
    else:
        line.say(f"line one\nsecret {shown[:-3] if where == 'cut' else shown}")
        if end:
            return await (line.stall() if end == "stall" else line.pause())
        line.say("\n")
    line.say("box#")
    return await line.stall()


def fleet(server: OddServer, relay: Path) -> Iterator[Device]:
    proxy = f"{sys.executable} {relay} --password {SECRETS['proxy']} {server.address} {server.port}"
    for kind in SECRETS:
        for spelling in SPELLINGS:
            for place in PLACES:
                name = f"{kind}.{spelling}.{place}"
                yield Device(
                    name=name,
                    host=server.address,
                    port=server.port,
                    user=name,
                    password=SECRETS["password"],
                    become_password=SECRETS["become_password"],
                    passphrase=SECRETS["passphrase"],
                    private_key=f"-----BEGIN KEY-----\n{KEY_LINE}\n{KEY_LINE[::-1]}\nabcdefgh\n-----END KEY-----\n",
                    run_secrets=(SECRETS["run"],),
                    proxy_command=proxy if kind == "proxy" else None,
                    platform="cisco_iosxe",
                    commands=(Command("show version", "json" if place == "rows" else None),),
                    host_key_checking=False,
                    connect_timeout=20,
                    command_timeout=4,
                )
    for place in FUNCTIONS:
        yield Device(
            name=f"run.plain.{place}", driver="python", function="odd_function.ask", run_secrets=(SECRETS["run"],)
        )


FUNCTION = """
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError

def ask(name):
    secret, place = {secret!r}, name.split(".")[-1]
    if place == "exception":
        raise KeyError(secret)
    if place == "device_error":
        raise DeviceError("partial", "command", "odd", "it says " + secret, value=[secret])
    if place == "kind":
        raise DeviceError("failed", "command", secret, "")
    return {{secret: 1}} if place == "key" else ["x", {{"y": secret}}]
"""


@dataclass
class Told:
    """All that came of the fleet."""

    answers: dict[str, dict[str, Any]]
    events: list[Event]
    files: dict[str, str]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("odd")
    folder.joinpath("odd_function.py").write_text(FUNCTION.format(secret=SECRETS["run"]))
    folder.joinpath("relay.py").write_text(RELAY)
    events: list[Event] = []
    with pytest.MonkeyPatch.context() as patch, OddServer(session) as server:
        patch.syspath_prepend(str(folder))
        run = RunFolder(str(folder / "output"))
        run.begin({"hosts": []})
        keep = Keep(run, let_go=False)
        devices = {device.name: device for device in fleet(server, folder / "relay.py")}
        answers = call_roll(devices, Limits(workers=60, retries=0, device_timeout=60), events.append, keep)
        run.close()
    files = {
        str(file): file.read_bytes().decode("utf-8", "surrogateescape")
        for file in (folder / "output").rglob("*")
        if file.is_file()
    }
    return Told(answers, events, files)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from texts(key)
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


@pytest.mark.cases(72)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_that_a_device_shows_is_masked(told: Told, kind: str, spelling: str, place: str) -> None:
    answer = told.answers[f"{kind}.{spelling}.{place}"]
    said = list(texts({key: answer[key] for key in ("error", "output", "value")}))
    assert not [text for text in said if CORES[kind] in text]
    assert [text for text in said if MASK in text], answer


@pytest.mark.parametrize("place", FUNCTIONS)
def test_a_secret_that_a_function_shows_is_masked(told: Told, place: str) -> None:
    answer = told.answers[f"run.plain.{place}"]
    said = list(texts({key: answer[key] for key in ("error", "output", "value")}))
    assert not [text for text in said if CORES["run"] in text]
    assert [text for text in said if MASK in text], answer


def test_no_secret_is_in_an_event_or_a_file(told: Told) -> None:
    assert len(told.files) > len(told.answers)
    for core in CORES.values():
        assert not [file for file, text in told.files.items() if core in text]
        assert not [event for event in told.events if core in str(event.message)]
        assert not [
            event for event in told.events if event.result and event.result.error and core in event.result.error.message
        ]


def test_a_warning_is_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A warning is of no device: it is masked with the secrets of all."""
    monkeypatch.setattr(
        "ansible_collections.rollcall.network.plugins.module_utils.collector._allow_open_files",
        lambda workers: 1,
    )
    tmp_path.joinpath("odd_function.py").write_text("def ask(name): return name")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "odd_function", raising=False)
    secret = "of open files"
    devices = {
        name: Device(name=name, driver="python", function="odd_function.ask", run_secrets=(secret,)) for name in "ab"
    }
    events: list[Event] = []
    call_roll(devices, Limits(), events.append)
    [warning] = [event.message for event in events if event.kind == "warning"]
    assert warning is not None
    assert MASK in warning
    assert secret not in warning
