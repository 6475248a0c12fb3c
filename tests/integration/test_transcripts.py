# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The transcript of each device is in the run folder, whatever came of the device."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import stat
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._drivers.contract import Session
from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import MASK
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._roll import Keep, Limits, call_roll
from ansible_collections.rollcall.network.plugins.module_utils._run import TRANSCRIPT, RunFolder, read_answer
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_arguments, check_commands
from ansible_collections.rollcall.network.plugins.plugin_utils._collect import call_there
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed
from tests.integration.conftest import run_playbook
from tests.integration.odd_server import Line, OddServer
from tests.integration.test_credentials_once import PASSWORD, SECRET, device
from tests.lab import Lab
from tests.transcripts import replay

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = check_arguments({"hosts": ["answers"], "output_dir": "somewhere", "transcript": True})


async def session(line: Line) -> None:
    """Ask for the enable password, show it and the login's password, and do as the user's name says."""
    prompt = "box>"
    line.say(prompt)
    while True:
        asked = await line.hear(echo=line.user != "mute")
        if asked == "enable":
            line.say("Password: ")
            await line.hear(echo=True)
            prompt = "box#"
            line.say(prompt)
        elif asked == "show version":
            line.say(f"version 1\npassword {PASSWORD[:9]}")
            await line.pause()
            line.say(f"{PASSWORD[9:]}\n")
            if line.user == "closes":
                await line.pause()
                return
            if line.user == "stalls":
                await line.stall()
            line.say(prompt)
        else:
            line.say(prompt)


class Dies:
    """A driver whose process ends at what the device says, or that does not end at its deadline."""

    name = "dies"
    settings = frozenset({"host", "platform", "commands"})

    def read_only(self, device: Device) -> bool:
        return True

    async def ask(self, device: Device, session: Session) -> dict[str, str]:
        stream = await session.connect()
        heard = b""
        while b"password" not in heard:
            heard += await stream.read(time.monotonic() + 10) or b""
            if heard.endswith(b">"):
                await stream.write(b"show version\n", time.monotonic() + 10)
        if device.name == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        while True:  # deaf to its deadline
            with contextlib.suppress(BaseException):
                await asyncio.sleep(60)


def events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def boxes(server: OddServer, **settings: Any) -> dict[str, Device | Error]:
    usual = {"become": True, "become_password": SECRET, "transcript": True}
    users = ("answers", "closes", "stalls")
    return {user: device(server, user, user=user, **{**usual, **settings}) for user in users}


def check(run: RunFolder, answers: Mapping[str, Any]) -> None:
    """Check the files of the three devices."""
    assert {name: answer["status"] for name, answer in answers.items()} == {
        "answers": "ok",
        "closes": "failed",
        "stalls": "timeout",
    }
    for name, answer in answers.items():
        assert "transcript" not in answer
        path = run.folder_of(name) / TRANSCRIPT
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        text = path.read_text(encoding="ascii")
        assert PASSWORD not in text
        assert SECRET not in text
        assert PASSWORD[:9] not in text
        head, *between, last = events(path)
        assert (head["transcript"], head["device"]["name"], head["device"]["become"]) == (1, name, True)
        sent = "".join(each["text"] for each in between if each["direction"] == "sent")
        received = "".join(each["text"] for each in between if each["direction"] == "received")
        assert "enable\n********\n" in sent
        assert "version 1\r\npassword ********\r\n" in received
        output = answer["output"]["show version"]
        assert last["expected"]["output"]["show version"]["text"] == output["text"]
        assert last["expected"]["status"] == answer["status"]
        assert "transcript" not in read_answer(run.path, name)
        if name != "stalls":
            transcript = replay.Transcript(text)
            assert replay.replayed(transcript) == transcript.expected


def test_each_device_has_a_transcript_whatever_came_of_it(tmp_path: Path) -> None:
    run = RunFolder(str(tmp_path))
    with OddServer(session) as server:
        answers = call_roll(boxes(server), Limits(device_timeout=30), keep=Keep(run, let_go=False))
    check(run, answers)
    run.close()


def test_a_transcript_comes_from_a_poller(tmp_path: Path) -> None:
    """The module on the poller sends each answer as JSON."""
    run = RunFolder(str(tmp_path))
    with OddServer(session) as server:
        there = json.loads(json.dumps(call_roll(boxes(server), Limits(device_timeout=30), transcripts=True)))
        devices = boxes(server)

    def ask(_rest: object, take: Callable[[str, dict[str, Any]], None], _problems: object) -> None:
        for name, answer in there.items():
            take(name, answer)

    result = call_there(devices, ARGUMENTS, ask, run, Allowed(None, {}), lambda _line: None)
    check(run, result["devices"])
    run.close()


def test_the_variable_records_a_device_of_a_playbook(tmp_path: Path) -> None:
    only = ("-e", '{"rollcall_transcript": "{{ inventory_hostname == \'fra-wan1\' }}"}')
    with Lab(devices=4, healthy=True) as lab:
        done = run_playbook(ROOT / "collect.yml", lab.inventory, "-e", f"rollcall_output_dir={tmp_path}", *only)
        passwords = {secret for each in lab.devices.values() for secret in (each.login[1], each.enable) if secret}
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((tmp_path / "latest" / "devices").iterdir())) == 4
    (found,) = tmp_path.glob(f"runs/*/devices/*/{TRANSCRIPT}")
    assert found.parent.name == "fra-wan1"
    transcript = replay.Transcript(found.read_text())
    assert replay.replayed(transcript) == transcript.expected
    sent = {each.data.decode().strip() for each in transcript.events if each.direction == "sent"}
    assert MASK in sent
    assert not sent & passwords


@pytest.mark.parametrize("given", ["rollcall_transcript=true", '{"rollcall_transcript": true}'], ids=["text", "JSON"])
def test_a_transcript_of_each_device_is_recorded_with_an_extra_variable(given: str, tmp_path: Path) -> None:
    """The run folder is an argument of the task. An extra variable that requires one is checked with it."""
    with Lab(devices=4, healthy=True) as lab:
        done = run_playbook(
            ROOT / "playbooks" / "collect.yml", lab.inventory, "-e", given, "-e", f"rollcall_output_dir={tmp_path}"
        )
    assert done.returncode == 0, done.stdout + done.stderr
    found = [replay.Transcript(path.read_text()) for path in tmp_path.glob(f"runs/*/devices/*/{TRANSCRIPT}")]
    assert len(found) == 4
    assert all(replay.replayed(each) == each.expected for each in found)


OWN = {
    "prompts": {"user": r"^[^\n]*>\s*$", "privileged": r"^[^\n]*\)\s*$"},
    "enable": "super",
    "paging": ["pager off"],
    "failures": ["what is that"],
    "dialogs": [{"question": r"site code\?", "answer": SECRET}],
    "close": "bye",
}


async def asking(line: Line) -> None:
    """A platform of its own: it asks at the login and after a command, where the answer is the enable password."""
    line.say("site code? ")
    assert await line.hear(echo=True) == SECRET
    prompt = "box>"
    line.say(prompt)
    while True:
        asked = await line.hear(echo=True)
        if asked == "super":
            line.say("Password: ")
            await line.hear(echo=False)
            prompt = "(box)"
        elif asked == "wipe counters":
            for question in ("Secret again? [y/n] ", "Which ones? "):
                line.say(question)
                assert await line.hear(echo=True) in (SECRET, "old ones")
            line.say("wiped\n")
        elif asked == "bye":
            return
        elif asked not in ("", "pager off"):
            line.say("what is that\n")
        line.say(prompt)


def test_a_session_with_a_platform_of_its_own_and_answers_can_be_repeated(tmp_path: Path) -> None:
    """The file has the definition and the answers, without secrets."""
    run = RunFolder(str(tmp_path))
    answers = [{"question": "again?", "answer": SECRET}, {"question": "which", "answer": "old ones"}]
    commands = check_commands([{"command": "wipe counters", "answers": answers}, "show nothing"], None)
    settings = {"platform": "acme_os", "definition": OWN, "commands": commands, "command_timeout": 10.0}
    settings["allow_commands"] = ("wipe *",)
    with OddServer(asking) as server:
        given: dict[str, Device | Error] = {"box": boxes(server, **settings)["answers"]}
        answer = call_roll(given, Limits(device_timeout=30), keep=Keep(run, let_go=False))["box"]
    assert (answer["status"], answer["error"]["kind"]) == ("partial", "rejected"), answer["error"]
    text = (run.folder_of("box") / TRANSCRIPT).read_text(encoding="ascii")
    assert SECRET not in text
    assert json.loads(text.splitlines()[0])["device"]["definition"]["enable"] == "super"
    transcript = replay.Transcript(text)
    assert {each["kind"] for each in transcript.expected["output"].values()} == {None, "rejected"}
    assert replay.replayed(transcript) == transcript.expected
    run.close()


@pytest.mark.parametrize(("name", "kind"), [("killed", "engine"), ("deaf", "device_timeout")])
def test_the_transcript_is_kept_if_the_worker_dies_or_gives_the_device_up(name: str, kind: str, tmp_path: Path) -> None:
    run = RunFolder(str(tmp_path))
    with OddServer(session) as server:
        box = device(server, name, driver=f"{__name__}.Dies", transcript=True)
        answer = call_roll({name: box}, Limits(device_timeout=3), keep=Keep(run, let_go=True))[name]
    assert answer["error"]["kind"] == kind
    assert answer["output"]["show version"]["status"] == "skipped"
    text = (run.folder_of(name) / TRANSCRIPT).read_text(encoding="ascii")
    assert "version 1" in text
    assert PASSWORD[:9] not in text
    head, *between, last = events(run.folder_of(name) / TRANSCRIPT)
    assert head["device"]["name"] == name
    assert "sent" in {each["direction"] for each in between}
    assert last["expected"]["kind"] == kind
    run.close()


@pytest.mark.parametrize("settings", [{"transcript": False}, {"transcript": True}], ids=["not asked for", "no folder"])
def test_without_it_nothing_is_written_or_returned(settings: dict[str, Any], tmp_path: Path) -> None:
    run = RunFolder(str(tmp_path))
    keep = None if settings["transcript"] else Keep(run, let_go=False)
    with OddServer(session) as server:
        given = {"answers": boxes(server, **settings)["answers"]}
        answers = call_roll(given, Limits(device_timeout=30), keep=keep)
    assert answers["answers"]["status"] == "ok"
    assert "transcript" not in answers["answers"]
    assert list(tmp_path.rglob(TRANSCRIPT)) == []
    run.close()


def test_commands_of_the_device_are_in_the_transcript(tmp_path: Path) -> None:
    run = RunFolder(str(tmp_path))
    with OddServer(session) as server:
        commands = (Command("show version"), Command("show nothing"))
        given = {"answers": boxes(server, commands=commands)["answers"]}
        call_roll(given, Limits(device_timeout=30), keep=Keep(run, let_go=True))
    head, *_rest = events(run.folder_of("answers") / TRANSCRIPT)
    assert head["device"]["commands"] == ["show version", "show nothing"]
    run.close()
