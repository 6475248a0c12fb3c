# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest has exactly what was sent to each device, as the device received it, without passwords."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device, Reply
from ansible_collections.rollcall.network.plugins.module_utils._result import Error, iso
from ansible_collections.rollcall.network.plugins.module_utils._roll import Keep, Limits, call_roll
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder, read_answer, read_manifest
from tests.integration.odd_server import Line, OddServer

ENABLE = "enable-secret-of-box"
PASSWORD = "password-of-the-box"
received: defaultdict[str, list[bytes]] = defaultdict(list)


async def session(line: Line) -> None:
    """A device with a password for ``enable``, a pager, and a question. It keeps all that it receives."""
    read = line._process.stdin.read

    async def kept(size: int) -> bytes:
        data = await read(size)
        received[line.user].append(data)
        return data

    line._process.stdin.read = kept  # type: ignore[method-assign,assignment]
    prompt = "box>"
    line.say(prompt)
    while (asked := await line.hear()) != "exit":
        if asked == "enable":
            line.say("Password: ")
            await line.hear(echo=False)
            prompt = "box#"
        elif asked == "show run":
            line.say("one\n--More--")
            await line._process.stdin.read(1)
            line.say("\b\b\b\b\b\b\b\btwo\n")
        elif asked == "clear counters":
            line.say("Clear? [confirm]")
            await line.hear(echo=False)
        elif asked == "show hangup":
            return
        elif asked:
            line.say("10:00\n")
        line.say(prompt)


def device(server: OddServer, name: str, *commands: Command, **settings: Any) -> Device:
    usual: dict[str, Any] = {"password": PASSWORD, "become": True, "become_password": ENABLE, "command_timeout": 10.0}
    return Device(
        name,
        host=server.address,
        port=server.port,
        user=name,
        platform="cisco_iosxe",
        host_key_checking=False,
        commands=commands,
        **{**usual, **settings},
    )


@pytest.fixture(scope="module", params=[None, bytes(32)], ids=["redact: none", "redact: all"])
def run(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> RunFolder:
    received.clear()
    folder = RunFolder(str(tmp_path_factory.mktemp("runs")))
    clear = Command("clear counters", answers=(Reply("confirm", "y"),))
    with OddServer(session) as server:
        given: dict[str, Device | Error] = {
            "reads": device(server, "reads", Command("show run"), Command("show clock")),
            "clears": device(server, "clears", clear, Command("show clock"), allow_commands=("clear *",)),
            "hangs-up": device(server, "hangs-up", Command("show hangup")),
            "refused": device(server, "refused", Command("show clock"), Command("reload")),
        }
        folder.begin({"started_at": iso(datetime.now(UTC)), "hosts": list(given)})
        keep = Keep(folder, let_go=True)
        answers = call_roll(given, Limits(device_timeout=30, retries=1), keep=keep, redaction_key=request.param)
    assert [each["status"] for each in answers.values()] == ["ok", "ok", "failed", "skipped"], answers
    folder.finish({})
    folder.close()
    return folder


@pytest.mark.parametrize("name", ["reads", "clears", "hangs-up"])
def test_the_manifest_has_exactly_what_was_sent(name: str, run: RunFolder) -> None:
    sessions = read_manifest(run.path)["sent"][name]
    assert len(sessions) == (2 if name == "hangs-up" else 1), "an attempt each"
    sent = "".join(line for each in sessions for line in each)
    heard = b"".join(received[name]).decode()
    assert ENABLE not in sent
    assert heard.count(f"{ENABLE}\n") == len(sessions)
    assert sent.replace("<password>", ENABLE) == heard
    assert "term len 0\n" in sessions[0]


def test_the_lines_are_in_order(run: RunFolder) -> None:
    lines = [line for line in read_manifest(run.path)["sent"]["reads"][0] if line.strip("\n")]
    expected = ["enable\n", "<password>\n", "show run\n", " ", "show clock\n", "exit\n"]
    assert [line for line in lines if line in expected] == expected


def test_nothing_was_sent_to_a_device_that_was_refused(run: RunFolder) -> None:
    assert read_manifest(run.path)["sent"]["refused"] == []
    assert "refused" not in received


def test_the_answer_does_not_have_it(run: RunFolder) -> None:
    assert "sent" not in read_answer(run.path, "reads")
