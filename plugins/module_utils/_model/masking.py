# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mask the answers and errors of a driver."""

from __future__ import annotations

import re
from typing import Any

from .._pieces import Work, finish, spans
from .._result import DeviceError, Error, Output
from .secrets import Secrets
from .visible import visible

_C1 = re.compile(r"\x9b[0-?]*[ -/]*[@-~]?|[\x80-\x9f]")


def masked_outputs(outputs: dict[str, Output], secrets: Secrets, *, foreign: bool = False) -> dict[str, Output]:
    """Mask texts and messages of the outputs in place, and return them.

    The driver has applied the control characters of ASCII. Those of 8 bits (C1) are removed.

    :param foreign: the messages are from a user's driver. In those of the collection, the texts of devices are masked.
    """
    return finish(mask_outputs(outputs, secrets, foreign=foreign))


def mask_outputs(outputs: dict[str, Output], secrets: Secrets, *, foreign: bool = False) -> Work[dict[str, Output]]:
    """Do the same in pieces."""
    mask = secrets.quoted if foreign else secrets.sentence
    for output in outputs.values():
        text = yield from _without_c1(output.text)
        output.text = yield from secrets.output_in_pieces(text, cut=output.status != "ok")
        if output.error is not None:
            message = visible(mask(output.error.message))
            output.error = Error(output.error.phase, visible(mask(output.error.kind)), message)
    return outputs


LONGEST_MESSAGE = 2000  # characters; what a device says can be endless


def masked_error(error: DeviceError, secrets: Secrets, *, foreign: bool) -> DeviceError:
    """Return the error without secrets and control characters.

    :param foreign: the message is from a library or a user's function. In the collection's messages, the driver has
        masked the quotes.
    """
    mask = secrets.quoted if foreign else secrets.sentence
    reason = Error(error.error.phase, visible(mask(error.error.kind)), _bounded(visible(mask(error.error.message))))
    value = error.value
    if _is_outputs(value):
        value = masked_outputs(value, secrets, foreign=foreign)
    elif value is not None:
        value = secrets.value(value)
    return DeviceError(error.status, reason.phase, reason.kind, reason.message, value=value, retry=error.retry)


def _bounded(message: str) -> str:
    half = LONGEST_MESSAGE // 2
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:half]} … {message[-half:]}"


def _without_c1(text: str) -> Work[str]:
    if text.isascii():
        return text
    pieces = []
    for start, end in spans(text):
        pieces.append(_C1.sub("", text[start:end]))
        yield
    return "".join(pieces)


def _is_outputs(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(each, Output) for each in value.values())
