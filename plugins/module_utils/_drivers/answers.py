# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check and convert what a third party's driver returned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._device import Device
from .._result import DeviceError, Error, Output, Status
from ._plain import NotPlain, plain
from .registry import gives_outputs, name_of


def answer_from(device: Device, value: Any) -> Any:
    """Return an answer as plain data, or an output for each command.

    :raises DeviceError: if it is neither, or if a command has no output.
    """
    if gives_outputs(device):
        return _complete(device, outputs_from(device, value))
    try:
        return plain(value)
    except NotPlain as error:
        message = f"driver {name_of(device)} returned a value that cannot be stored as data: {error}"
        raise DeviceError("failed", "command", "not_plain_data", message) from error


def received_from(device: Device, value: Any) -> Any:
    """Return what was received before a failure, or None if it cannot be used."""
    if value is None:
        return None
    try:
        return outputs_from(device, value) if gives_outputs(device) else plain(value)
    except (DeviceError, NotPlain):
        return None


def outputs_from(device: Device, value: Any) -> dict[str, Output]:
    """Return the outputs of commands that were asked for.

    :raises DeviceError: for anything else than a dictionary of command and text or ``Output``.
    """
    asked = {command.text for command in device.commands}
    outputs: dict[str, Output] = {}
    for command, each in value.items() if isinstance(value, Mapping) else [(None, value)]:
        if command not in asked or not isinstance(each, (str, Output)):
            message = (
                f"driver {name_of(device)} must return a dictionary with a text for each command, "
                f"and it returned {type(value).__name__}"
                + (f" with {type(each).__name__} for {str(command)!r}" if isinstance(value, Mapping) else "")
            )
            raise DeviceError("failed", "command", "not_outputs", message)
        outputs[command] = Output(each) if isinstance(each, str) else each
    return outputs


def _complete(device: Device, outputs: dict[str, Output]) -> dict[str, Output]:
    """
    :raises DeviceError: if a command has no full output. No answer is ``ok`` without it.
    """
    failed = {text: each for text, each in outputs.items() if each.status != "ok"}
    lacks = [command.text for command in device.commands if command.text not in outputs]
    if not failed and not lacks:
        return outputs
    status: Status = "partial" if len(failed) < len(outputs) else "failed"
    first = next(iter(failed), "")
    error = failed[first].error if first else None
    if error is None:
        said = f"{first!r} failed" if first else f"it returned nothing for {lacks[0]!r}"
        error = Error("command", "incomplete", f"driver {name_of(device)}: {said}")
    raise DeviceError(status, error.phase, error.kind, error.message, value=outputs)
