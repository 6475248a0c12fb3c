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
from ._model.secrets import secrets_of


def question_of(device: Device) -> str:
    """The same text for the same driver, address, platform, commands, function, arguments and variables.

    Secrets among the variables are left out. What is asked does not depend on a password.
    """
    asked: list[object] = [device.driver, device.function, device.function_args]
    if device.host:
        commands = [[command.text, command.parser, command.answers] for command in device.commands]
        asked += [device.host, device.port, device.platform, commands, device.rows_required]
        if device.definition:
            asked.append(device.definition)
    if device.variables:
        asked.append(secrets_of(device).value(device.variables))
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode("ascii")).hexdigest()
