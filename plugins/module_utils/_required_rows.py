# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a device gave the rows that were requested of it."""

from __future__ import annotations

from collections.abc import Mapping

from ._device import Command, Device
from ._result import Error, Output


def missing_rows(device: Device, outputs: Mapping[str, Output]) -> Error | None:
    """Return the error of a device that lacks rows, or None.

    If the parser of a command is named, the status of its rows must be ``ok`` or ``empty``. With parser ``auto`` it may
    be ``no_template`` too.
    """
    if not device.rows_required:
        return None
    without = [
        (command.text, outputs[command.text])
        for command in device.commands
        if command.text in outputs and _lacks_rows(command, outputs[command.text])
    ]
    if not without:
        return None
    text, first = without[0]
    others = f"; and of {len(without) - 1} more" if len(without) > 1 else ""
    reason = f"no rows of {text!r} ({first.rows_status}): {first.rows_message}{others}"
    return Error("parse", str(first.rows_status), reason)


def _lacks_rows(command: Command, output: Output) -> bool:
    allowed = ("ok", "empty", "no_template") if command.parser == "auto" else ("ok", "empty")
    return output.rows_status is not None and output.rows_status not in allowed
