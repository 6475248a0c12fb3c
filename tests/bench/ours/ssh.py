# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices of the lab through the whole collection below Ansible: one show command each, or long tables to rows."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._platforms import platform_name
from ansible_collections.rollcall.network.plugins.module_utils._roll import Keep, Limits, call_roll, summarize
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder
from ansible_collections.rollcall.network.plugins.module_utils.collector import Event
from tests.bench.cost import measured, report
from tests.bench.targets import CHOICES, Target
from tests.lab.topology import ENABLE_SECRET, PASSWORD, USER


def device(target: Target) -> Device:
    return Device(
        name=target.name,
        host=target.device.address,
        port=spec["port"],
        user=USER,
        password=PASSWORD,
        become=True,
        become_password=ENABLE_SECRET,
        platform=platform_name(target.network_os),
        commands=commands(target),
        connect_timeout=spec.get("connect_timeout", 60.0),
        command_timeout=spec.get("command_timeout", 60.0),
        known_hosts=(spec["known_hosts"],),
        host_key_checking=spec.get("check_host_keys", True),
    )


def commands(target: Target) -> tuple[Command, ...]:
    if not spec.get("tables"):
        return (Command(target.command),)
    return tuple(Command(command, "textfsm" if parsed else None) for command, parsed in target.tables)


def main() -> None:
    devices = {one.name: device(one) for one in CHOICES[spec["choice"]](spec["devices"], spec["names"])}
    for name in spec.get("nowhere", ()):  # those that are to be asked where nobody answers
        devices[name] = replace(devices[name], host=spec["nowhere_host"], port=spec["nowhere_port"])
    limits = Limits(
        workers=spec["workers"],
        device_timeout=spec.get("device_timeout"),
        retries=spec.get("retries", 0),
        logins_per_second=spec.get("logins_per_second"),
        login_canary=spec.get("login_canary", 1),
    )
    folder = RunFolder(spec["output_dir"]) if "output_dir" in spec else None
    last_good = LastGood(spec["output_dir"], Changes()) if spec.get("compare") else None
    keep = Keep(folder, let_go=True, last_good=last_good) if folder else None
    passed: dict[str, float] = {}
    marks = {len(devices) * percent // 100: f"{percent} %" for percent in (10, 50, 100)}

    def happened(event: Event) -> None:
        if event.kind == "finished" and event.done in marks:
            passed[marks[event.done]] = time.monotonic()

    began = time.time()
    with measured() as cost:
        answers = call_roll(devices, limits, happened, keep)
    if folder is not None:
        folder.finish({"devices": {name: answer["status"] for name, answer in answers.items()}})
    counts = summarize(answers.values())
    outputs = [output for answer in answers.values() for output in answer["output"].values()]
    report(
        counts["ok"],
        cost,
        counts={status: count for status, count in counts.items() if count},
        passed=passed,
        rows_ok=sum(output.get("rows_status") == "ok" for output in outputs),
        compared=sum(answer["changed"] is not None for answer in answers.values()),
        first_errors=[answer["error"]["message"] for answer in answers.values() if answer["error"]][:2],
        statuses={name: answers[name]["status"] for name in spec.get("show", ())},
        started={name: answers[name]["started_at"] for name in spec.get("show", ())},
        began=began,
        run_dir=str(folder.path) if folder else None,
        written_errors=len(keep.errors) if keep else 0,
    )


if __name__ == "__main__":
    spec: dict[str, Any] = json.load(sys.stdin)
    main()
