# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer that is longer than max_output is cut, and is not ok."""

from __future__ import annotations

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from tests.integration.odd_server import Line, OddServer
from tests.integration.test_credentials_once import device

LONG = "".join(f"line {number}\n" for number in range(20_000))
MOST = 64 * 1024


async def long_answers(line: Line) -> None:
    while True:
        line.say("box#")
        asked = await line.hear()
        line.say({"show long": LONG, "show short": "short\n"}.get(asked, ""))


async def without_end(line: Line) -> None:
    """Wait after the limit is passed: the answer must be cut without its end."""
    line.say("box#")
    while await line.hear() != "show long":
        line.say("box#")
    line.say(LONG)
    await line.stall()


@pytest.mark.parametrize("session", [long_answers, without_end])
def test_max_output_cuts_an_answer(session: object) -> None:
    commands: tuple[Command, ...] = (Command("show short"), Command("show long"), Command("show version"))
    if session is without_end:
        commands = commands[1:]
    with OddServer(session) as server:  # type: ignore[arg-type]
        box = device(server, commands=commands, max_output=MOST, command_timeout=60.0)
        answer = call_roll({"box": box}, Limits(retries=0, device_timeout=120))["box"]
    output = answer["output"]["show long"]
    assert (output["status"], output["error"]["kind"]) == ("failed", "max_output")
    assert f"max_output ({MOST:,} bytes)" in output["error"]["message"]
    assert LONG.startswith(output["text"])
    assert MOST // 2 < len(output["text"]) <= MOST
    assert answer["output"]["show version"]["status"] == "skipped"
    assert answer["error"]["kind"] == "max_output"
    assert answer["status"] == ("failed" if session is without_end else "partial")


def test_an_answer_below_max_output_is_whole() -> None:
    with OddServer(long_answers) as server:
        box = device(server, commands=(Command("show long"),), max_output=2 * len(LONG), command_timeout=60.0)
        answer = call_roll({"box": box}, Limits(retries=0, device_timeout=120))["box"]
    assert (answer["status"], answer["output"]["show long"]["text"].rstrip()) == ("ok", LONG.rstrip())
