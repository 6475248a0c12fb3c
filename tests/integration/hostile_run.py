# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls the roll as plain Python does, in a process of its own, and writes how long it took and the answers.

Reads ``{"devices": …, "limits": …, "arguments": …}`` from the file named first and writes to the one named second.
Long texts are written as their length and their beginning. With an ``output_dir`` among the arguments, it calls the
roll as the action does, so that answers are kept and compared.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll

LONG = 100_000


def main(given: Path, made: Path) -> None:
    asked = json.loads(given.read_text(encoding="utf-8"))
    template = Device(name="").as_dict()
    devices = {name: Device.from_dict({**template, **each, "name": name}) for name, each in asked["devices"].items()}
    began = time.monotonic()
    answers: dict[str, Any] = (
        call_there(devices, asked) if asked["arguments"] else call_roll(devices, Limits(**asked["limits"]))
    )
    seconds = time.monotonic() - began
    result = {"seconds": seconds, "devices": {name: short(answer) for name, answer in answers.items()}}
    part = made.with_suffix(".part")
    part.write_text(json.dumps(result), encoding="utf-8")
    os.replace(part, made)


def call_there(devices: dict[str, Device], asked: dict[str, Any]) -> dict[str, Any]:
    """With a run folder."""
    from ansible.utils.display import Display

    from ansible_collections.rollcall.network.plugins.module_utils._spec import check_arguments
    from ansible_collections.rollcall.network.plugins.plugin_utils._collect import call_here, open_folder
    from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed

    arguments = check_arguments({"hosts": list(devices), **asked["limits"], **asked["arguments"]})
    with open_folder(arguments, {}, devices, Display(), check_mode=False) as folder:
        result = call_here(dict(devices), arguments, lambda _event: None, folder, Allowed(), print)
    answers: dict[str, Any] = result["devices"]
    return answers


def short(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with its length instead of long values."""
    output = {
        command: {**each, "text": cut(each["text"]), "diff": cut(each["diff"]), "rows": cut(each["rows"])}
        for command, each in answer["output"].items()
    }
    return {**answer, "output": output, "value": cut(answer["value"])}


def cut(value: Any) -> Any:
    """The value, or what is known of a long one."""
    if isinstance(value, str):
        return value if len(value) < LONG else {"length": len(value), "start": value[:1_000]}
    try:
        length = len(repr(value))
    except (RecursionError, ValueError) as error:  # too deep, or a number of too many digits
        return {"error": repr(error)}
    return value if length < LONG else {"length": length}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
