# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mask what devices show, in a process that has only the arguments of these functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ._model.redaction import Redaction
from ._result import Error, Output, Outputs


def redacted_texts(key: bytes | None, texts: Mapping[str, str], names: tuple[str | None, ...] = ()) -> dict[str, str]:
    """Return the texts of a device with masks.

    :param names: the name and the address of the device, which are no secrets.
    """
    return Redaction(key).texts(texts, *names)


def redacted_answer(key: bytes | None, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer with masks, including its transcript."""
    redaction = Redaction(key)
    masked = redaction.answer(answer)
    if answer.get("transcript") is not None:
        masked["transcript"] = redaction.transcript(answer["transcript"], answer)
    return masked


def redacted_value(key: bytes | None, value: Any, names: tuple[str | None, ...] = ()) -> Any:
    """Return what a driver returned with masks: outputs, or plain data.

    :param names: the name and the address of the device, which are no secrets.
    """
    redaction = Redaction(key)
    if not isinstance(value, Outputs):
        return redaction.value(value)
    given = {command: _plain(output) for command, output in value.items()}
    answer = {"output": given, "name": names[0] if names else None, "host": names[-1] if names else None}
    masked = redaction.answer(answer)["output"]
    outputs = {command: _masked(output, masked[command]) for command, output in value.items()}
    transcript = value.transcript
    if transcript is not None:
        transcript = redaction.transcript(transcript, answer)
    return Outputs(outputs, redaction.value(value.connection), transcript, value.sent)


def redacted_message(key: bytes | None, error: Error) -> Error:
    """Return an error with masks in its message, which can quote a device."""
    return Error(error.phase, error.kind, Redaction(key).text(error.message))


def _plain(output: Output) -> dict[str, Any]:
    return {
        "text": output.text,
        "rows": output.rows,
        "rows_message": output.rows_message,
        "error": output.error.as_dict() if output.error else None,
    }


def _masked(output: Output, masked: Mapping[str, Any]) -> Output:
    error = output.error and Error(output.error.phase, output.error.kind, masked["error"]["message"])
    return replace(output, text=masked["text"], rows=masked["rows"], rows_message=masked["rows_message"], error=error)
