# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls the roll as the action does, in a process that starts in a second, for tests that kill many of them.

Reads ``{"devices": …, "arguments": …}`` from the file named first and writes the task's result to the one named second.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ansible.utils.display import Display

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_arguments
from ansible_collections.rollcall.network.plugins.plugin_utils._collect import call_here, open_folder
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed


def main(given: Path, made: Path) -> None:
    asked = json.loads(given.read_text(encoding="utf-8"))
    devices = {name: Device.from_dict(each) for name, each in asked["devices"].items()}
    arguments = check_arguments({"hosts": list(devices), **asked["arguments"]})
    with open_folder(arguments, {}, devices, Display(), check_mode=False) as folder:
        result = call_here(devices, arguments, lambda _event: None, folder, Allowed(), print)
    made.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
