# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a device is asked, as a digest that is stored with its answer.

An answer of an earlier run is reused only if it is to the same question.
"""

from __future__ import annotations

import hashlib
import json

from ._device import Device


def question_of(device: Device) -> str:
    """The same text for the same driver, address, platform and commands, or the same function and arguments."""
    if device.driver == "python":
        asked: list[object] = [device.driver, device.function, device.function_args]
    else:
        commands = [[command.text, command.parser] for command in device.commands]
        asked = [device.driver, device.host, device.port, device.platform, commands]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode("ascii")).hexdigest()
