# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Large answers through the run folder's writer, and what is in memory after each thousand."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._result import Output
from ansible_collections.rollcall.network.plugins.module_utils._roll import Keep
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder
from ansible_collections.rollcall.network.plugins.module_utils.collector import Event, collect
from tests.bench.cost import measured, report, rss_mib

spec: dict[str, Any] = json.load(sys.stdin)
LINE = "Ethernet{:<10} is up, line protocol is up, 0 input errors, 0 CRC, 0 frame\n"


def ask(name: str) -> dict[str, Output]:
    """A text of its own, after the time that a quick device takes."""
    time.sleep(spec["seconds"])
    lines = spec["size"] // len(LINE.format(0)) + 1
    return {command.text: Output("".join(map(LINE.format, range(lines)))) for command in devices[name].commands}


memory: dict[str, float] = {}


def happened(event: Event) -> None:
    if event.name is not None and event.result is not None:
        keep.put(event.name, devices[event.name], event.result)
    if event.kind == "finished" and event.done % 1000 == 0:
        memory[str(event.done)] = rss_mib()


names = [f"device-{number}" for number in range(spec["names"])]
devices = {name: Device(name, platform="cisco_iosxe", commands=(Command("show interfaces"),)) for name in names}
folder = RunFolder(spec["output_dir"])
keep = Keep(folder, let_go=True)
with measured() as cost:
    results = collect(ask, names, workers=spec["workers"], on_event=happened)
    gone = keep.close()
ok = sum(results[name].status == "ok" and name in gone for name in names)
report(ok, cost, memory=memory, errors=len(keep.errors), run_dir=str(folder.path))
