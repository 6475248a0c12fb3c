# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions through the command line driver, from a stream without a network and with a clock of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque
from typing import Any
from unittest.mock import patch

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._drivers import cli
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader import terminal
from ansible_collections.rollcall.network.plugins.module_utils._result import Output
from tests.bench.cost import measured, report
from tests.bench.session import PROMPT, said, text


class Stream:
    """A device that answers each line at once. Time passes only in a silence."""

    asks_login = False

    def __init__(self, answers: dict[str, bytes]) -> None:
        self.facts: dict[str, str] = {}
        self.now = 1000.0
        self._answers = answers
        self._packets = deque([PROMPT])

    def monotonic(self) -> float:
        return self.now

    async def read(self, deadline: float) -> bytes | None:
        if self._packets:
            return self._packets.popleft()
        self.now = max(self.now, deadline)
        return None

    async def write(self, data: bytes, deadline: float) -> None:
        line = data.decode().rstrip("\r\n")
        self._packets += [b"exit\r\n", b""] if line == "exit" else said(line, self._answers)

    def end_reason(self) -> str:
        return ""

    def fault(self) -> str:
        return ""

    def close(self) -> None:
        pass


class Session:
    """A session without a limit."""

    deadline: float | None = None
    limit = ("deadline", "deadline")

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def enter(self, phase: str) -> None:
        pass

    async def may_send_secret(self, secret: str = "login") -> None:
        pass

    def keep(self, value: Any) -> None:
        pass

    def sending(self) -> None:
        pass

    async def connect(self) -> Stream:
        return self._stream


async def ask(answers: dict[str, bytes]) -> dict[str, Output]:
    """Ask one device for all its answers."""
    stream = Stream(answers)
    device = Device(
        name="sw1",
        host="192.0.2.1",
        user="admin",
        platform="cisco_iosxe",
        commands=tuple(map(Command, answers)),
        max_output=2**30,
    )
    with patch.object(terminal, "time", stream):
        return await cli.Cli().ask(device, Session(stream))


async def ask_all(answers: dict[str, bytes], rounds: int) -> int:
    """Ask so many devices, one after the other. Return how many answers are exact."""
    expected = {command: answer.decode().replace("\r", "").rstrip("\n") for command, answer in answers.items()}
    exact = 0
    for _round in range(rounds):
        outputs = await ask(answers)
        exact += all(outputs[command].text == expected[command] for command in answers)
    return exact


if __name__ == "__main__":
    spec: dict[str, Any] = json.load(sys.stdin)
    played = {command: text(size) for command, size in spec["sizes"].items()}
    asyncio.run(ask_all(dict.fromkeys(played, b"up\r\n"), 1))
    with measured() as cost:
        right = asyncio.run(ask_all(played, spec["rounds"]))
    report(right, cost)
