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
    without = _without(device, outputs)
    if not without:
        return None
    text, first = without[0]
    others = _others(output for _text, output in without[1:])
    return Error("parse", str(first.rows_status), f"{_what(text, first)}: {first.rows_message}{others}")


def with_missing_rows(device: Device, error: DeviceError) -> DeviceError:
    """Return the error of a device, with the rows that it lacks besides. What is wrong with them is in the outputs."""
    without = _without(device, error.value)
    if not without:
        return error
    (text, first), *others = without
    also = f"{_what(text, first)}{_others(output for _text, output in others)}"
    message = f"{error.error.message}; also {also}"
    return DeviceError(error.status, error.error.phase, error.error.kind, message, value=error.value, retry=error.retry)


def _without(device: Device, outputs: Mapping[str, Output]) -> list[tuple[str, Output]]:
    """The commands without the rows that were requested."""
    return [
        (command.text, outputs[command.text])
        for command in device.commands
        if device.rows_required and command.text in outputs and _lacks_rows(command, outputs[command.text])
    ]


def _what(command: str, output: Output) -> str:
    what = f"rows of {command!r} cannot be used" if output.rows else f"no rows of {command!r}"
    return f"{what} ({output.rows_status})"


def why_no_template(device: Device) -> str:
    """Return why there is no template for any command of a device whose platform has no name in ntc-templates."""
    if device.platform and device.platform != LEARNED:
        return f"ntc-templates cannot be used: it does not support platform {device.platform}; use the text"
    if device.platform_note or not device.platform:
        note = device.platform_note or "no platform is set in ansible_network_os"
    else:
        note = "ansible_network_os is generic"
    return f"ntc-templates has no template for the device, because {note}; use the text"


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
