# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that calls the roll under the limits of a plan, and writes the answers and what the call left behind.

Reads the plan from the file named first, and writes to the one named second.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.rollcall.network.plugins.plugin_utils.roll import Device, iter_roll, make_device
from tests.integration.fakes import PASSWORD, USER

GONE_SECONDS = 5.0


def open_files() -> dict[str, str]:
    """The open descriptors and what they are."""
    found = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            found[number] = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
    return found


def children() -> list[str]:
    found: list[str] = []
    for task in Path("/proc/self/task").iterdir():
        found += (task / "children").read_text(encoding="ascii").split()
    return found


def left(files: Mapping[str, str]) -> dict[str, list[str]]:
    """What is there now that was not there before the call."""
    until = time.monotonic() + GONE_SECONDS
    while True:
        found = {
            "threads": [each.name for each in threading.enumerate() if each is not threading.main_thread()],
            "descriptors": [each for number, each in open_files().items() if files.get(number) != each],
            "processes": children(),
        }
        # The folder that is listed has a descriptor.
        found["descriptors"] = [each for each in found["descriptors"] if not each.startswith("/proc/")]
        if not any(found.values()) or time.monotonic() > until:
            return found
        time.sleep(0.05)


def waited() -> float:
    """The seconds in which this thread could have run, and other programs had the cores."""
    return int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9


def summary(answer: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """What of an answer is checked. Its texts can have megabytes."""
    outputs = {command: each["text"] for command, each in answer["output"].items()}
    return {
        "status": answer["status"],
        "error": answer["error"],
        "right": list(outputs) == list(texts) and all(outputs[each].endswith(texts[each]) for each in texts),
        "length": sum(map(len, outputs.values())),
    }


def devices_of(plan: Mapping[str, Any]) -> dict[str, Device]:
    return {
        name: make_device(
            name,
            host=each["host"],
            port=each["port"],
            user=USER,
            password=PASSWORD,
            platform="cisco_iosxe",
            commands=[each["command"]],
            host_key_checking=False,
            connect_timeout=plan["connect_timeout"],
            command_timeout=plan["command_timeout"],
        )
        for name, each in plan["devices"].items()
    }


def main(given: Path, made: Path) -> None:
    plan = json.loads(given.read_text(encoding="utf-8"))
    devices = devices_of(plan)
    texts = {name: {each["command"]: each["text"]} for name, each in plan["devices"].items()}
    for name, value in plan["resources"].items():
        number = getattr(resource, name)
        resource.setrlimit(number, (value, resource.getrlimit(number)[1] if plan["soft"] else value))
    files = open_files()
    answers: dict[str, dict[str, Any]] = {}
    names: list[str] = []
    raised: BaseException | None = None
    began, waited_before = time.monotonic(), waited()
    try:
        for name, answer in iter_roll(devices, output_dir=plan["output_dir"], **plan["limits"]):
            names.append(name)
            answers[name] = summary(answer, texts[name])
    except (OSError, ValueError) as error:  # those that are documented
        raised = error
    result = {
        "seconds": time.monotonic() - began,
        "waited": waited() - waited_before,
        "names": names,
        "devices": answers,
        "raised": None if raised is None else f"{type(raised).__name__}: {raised}",
    }
    del raised
    result["left"] = left(files)
    part = made.with_suffix(".part")
    part.write_text(json.dumps(result), encoding="utf-8")
    os.replace(part, made)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
