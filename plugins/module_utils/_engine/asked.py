# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take a driver's answer or error out of its process without secrets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from .._device import Device
from .._drivers.answers import answer_from, received_from
from .._drivers.registry import gives_outputs, is_ours, is_third_party
from .._model.masking import masked_error, masked_outputs
from .._model.secrets import secrets_of
from .._model.visible import visible
from .._platforms import hint_with_answers
from .._result import DeviceError, Error, Outputs, Phase
from .._transport.transcript import Transcript
from ..collector import outcome_of

T = TypeVar("T")
HINT = "platform_hint"
OUR_FACTS = frozenset({"transport", "kex", "cipher", "mac", "host_key", "bastions", "platform", "platform_hint"})
INLINE = 256 * 1024  # characters; masking more would hold the event loop for too long
_threads = ThreadPoolExecutor(2)  # those of the event loop can all wait for DNS servers


async def masked_answer(device: Device, value: Any, facts: dict[str, str], transcript: Transcript | None = None) -> Any:
    """Return the answer, masked. Long texts are masked in a thread.

    :param facts: what is known about the connection.
    :raises DeviceError: if it is not a complete answer.
    """
    size = _size(value) + _recorded(transcript)
    return await _inline_or_in_thread(size, masked_value, device, value, facts, transcript)


async def masked_failure_of(
    device: Device,
    raised: BaseException,
    phase: Phase,
    received: Any,
    facts: dict[str, str],
    transcript: Transcript | None = None,
) -> DeviceError:
    """Return the error of a device like ``masked_failure``. Long texts are masked in a thread."""
    value = received if getattr(raised, "value", None) is None else raised.value  # type: ignore[attr-defined]
    size = _size(value) + _recorded(transcript)
    return await _inline_or_in_thread(size, masked_failure, device, raised, phase, received, facts, transcript)


async def _inline_or_in_thread(size: int, function: Callable[..., T], *arguments: Any) -> T:
    if size <= INLINE:
        return function(*arguments)
    return await asyncio.get_running_loop().run_in_executor(_threads, function, *arguments)


def masked_value(device: Device, value: Any, facts: dict[str, str], transcript: Transcript | None = None) -> Any:
    """Return what a driver returned, checked and masked.

    :raises DeviceError: if it is not a complete answer.
    """
    return masked(device, answer_from(device, value) if is_third_party(device) else value, facts, transcript)


def masked(device: Device, value: Any, facts: dict[str, str], transcript: Transcript | None = None) -> Any:
    secrets = secrets_of(device)
    if not gives_outputs(device):
        return secrets.value(value)
    if HINT in facts:
        facts = {**facts, HINT: hint_with_answers(facts[HINT], value)}
    connection = {
        name: visible((secrets.sentence if name in OUR_FACTS else secrets.quoted)(text)) for name, text in facts.items()
    }
    recorded = None if transcript is None else transcript.text(secrets)
    return Outputs(masked_outputs(value, secrets, foreign=not is_ours(device)), connection, recorded)


def masked_failure(
    device: Device,
    raised: BaseException,
    phase: Phase,
    received: Any = None,
    facts: dict[str, str] | None = None,
    transcript: Transcript | None = None,
) -> DeviceError:
    """Return the error of a device for any exception, masked.

    :param received: what was received, if the exception does not have it.
    """
    error = raised if isinstance(raised, DeviceError) else _described(raised, phase)
    value = received if error.value is None else error.value
    if is_third_party(device):
        value = error.value = received_from(device, value)
    foreign = not isinstance(raised, DeviceError) or not is_ours(device)
    failure = masked_error(error, secrets_of(device), foreign=foreign)
    if gives_outputs(device):
        failure.value = masked(device, value or {}, facts or {}, transcript)
    return failure


def late(phase: Phase, limit: tuple[str, str]) -> DeviceError:
    """Return the error of a device whose time has ended.

    :param limit: the kind of error, and the option in words.
    """
    return DeviceError("timeout", phase, limit[0], f"no answer within {limit[1]}; stopped in phase {phase}")


def _described(raised: BaseException, phase: Phase) -> DeviceError:
    outcome = outcome_of(raised, phase)
    reason = outcome.error or Error(phase, "failed", "")
    return DeviceError(outcome.status, reason.phase, reason.kind, reason.message, retry=outcome.retry)


def _recorded(transcript: Transcript | None) -> int:
    return 0 if transcript is None else transcript.size


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return sum(len(each if isinstance(each, str) else getattr(each, "text", "")) for each in value.values())
    return len(value) if isinstance(value, str) else 0
