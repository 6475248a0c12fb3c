# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a device gave the rows that were requested of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ._device import Command, Device
from ._platforms import LEARNED
from ._result import DeviceError, Error, Output


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
    what = f"rows of {text!r} cannot be used" if first.rows else f"no rows of {text!r}"
    reason = f"{what} ({first.rows_status}): {first.rows_message}{_others(output for _text, output in without[1:])}"
    return Error("parse", str(first.rows_status), reason)


def with_missing_rows(error: DeviceError, missing: Error) -> DeviceError:
    """Return the error of a device, with the rows that it lacks besides."""
    message = f"{error.error.message}; also {missing.message}"
    return DeviceError(error.status, error.error.phase, error.error.kind, message, value=error.value, retry=error.retry)


def why_no_template(device: Device) -> str:
    """Return why there is no template for any command of a device whose platform has no name in ntc-templates."""
    if device.platform and device.platform != LEARNED:
        return f"ntc-templates cannot be used: it does not support platform {device.platform}; use the text"
    note = device.platform_note or "no platform is set in ansible_network_os"
    return f"ntc-templates cannot be used: it has no template for the device: {note}; use the text"


def _others(outputs: Iterable[Output]) -> str:
    """The number of further commands without usable rows, by the status of their rows."""
    found = Counter(str(output.rows_status) for output in outputs)
    if not found:
        return ""
    counts = ", ".join(f"{count} {status}" for status, count in found.items())
    return f"; further commands without usable rows: {counts}"


def _lacks_rows(command: Command, output: Output) -> bool:
    allowed = ("ok", "empty", "no_template") if command.parser == "auto" else ("ok", "empty")
    return output.rows_status is not None and output.rows_status not in allowed
