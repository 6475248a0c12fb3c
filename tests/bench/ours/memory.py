# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that answer much at once, written to a run folder and let go: what a fleet's texts cost in memory."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils import _roll
from ansible_collections.rollcall.network.plugins.module_utils._call import Call
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._result import Output
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder
from ansible_collections.rollcall.network.plugins.module_utils.collector import Event
from tests.bench.cost import measured, report, rss_mib

spec: dict[str, Any] = json.load(sys.stdin)
LINE = "Ethernet{:<10} is up, line protocol is up, 0 input errors, 0 CRC, 0 frame\n"


def ask(device: Device, call: Call) -> dict[str, Output]:
    """As the driver answers, without a device: a text of its own, after the time that a quick device takes."""
    time.sleep(spec["seconds"])
    lines = spec["size"] // len(LINE.format(0)) + 1
    return {command.text: Output("".join(map(LINE.format, range(lines)))) for command in device.commands}


memory: dict[str, float] = {}


def happened(event: Event) -> None:
    if event.kind == "finished" and event.done % 1000 == 0:
        memory[str(event.done)] = rss_mib()


_roll.DRIVERS["cli"] = ask
names = [f"device-{number}" for number in range(spec["names"])]
devices = {name: Device(name, platform="cisco_iosxe", commands=(Command("show interfaces"),)) for name in names}
folder = RunFolder(spec["output_dir"])
keep = _roll.Keep(folder, let_go=True)
with measured() as cost:
    answers = _roll.call_roll(devices, _roll.Limits(workers=spec["workers"]), happened, keep)
ok = sum(answers[name]["status"] == "ok" and "text" not in answers[name]["output"]["show interfaces"] for name in names)
report(ok, cost, memory=memory, errors=len(keep.errors), run_dir=str(folder.path))
