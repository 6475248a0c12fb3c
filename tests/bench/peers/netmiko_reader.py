# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same sessions through netmiko's own reading: a channel without a network, and no time spent asleep."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import json
import sys
import time
from collections import deque
from typing import Any

from netmiko.cisco import CiscoIosSSH

from tests.bench.cost import measured, report
from tests.bench.session import PROMPT, said, text


class Channel:
    """Netmiko's channel. Each read gives what a read of paramiko's channel gives at most."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self._answers = answers
        self._packets = deque([PROMPT])

    def read_channel(self) -> str:
        return self._packets.popleft().decode() if self._packets else ""

    def write_channel(self, out_data: str) -> None:
        self._packets += said(out_data.rstrip("\r\n"), self._answers)


def ask(answers: dict[str, bytes]) -> dict[str, str]:
    connection = CiscoIosSSH(host="192.0.2.1", username="admin", password="x", auto_connect=False)
    connection.channel = Channel(answers)
    connection.session_preparation()
    return {command: connection.send_command(command, read_timeout=600) for command in answers}


spec: dict[str, Any] = json.load(sys.stdin)
played = {command: text(size) for command, size in spec["sizes"].items()}
expected = {command: answer.decode().replace("\r", "").rstrip("\n") for command, answer in played.items()}
time.sleep = lambda seconds: None
ask(dict.fromkeys(played, b"up\r\n"))
right = 0
with measured() as cost:
    for _round in range(spec["rounds"]):
        right += ask(played) == expected
report(right, cost)
