# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send devices to a poller, and create their answers if the poller fails."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import secrets_of_all
from ansible_collections.rollcall.network.plugins.module_utils._model.visible import visible
from ansible_collections.rollcall.network.plugins.module_utils._result import STATUSES, Error, Result
from ansible_collections.rollcall.network.plugins.module_utils._roll import Answers, answer_of

# A dead connection to a poller is detected after 30 s; TCP would take hours. The connection is not shared, because a
# shared one has the options of the process that opened it. The user's options come first and take precedence.
SSH_ARGS = "-o ServerAliveInterval=10 -o ServerAliveCountMax=3 -o ControlPath=none"
SSH_OPTION = "ssh_extra_args"

GOODBYE = re.compile(r"(Shared c|C)onnection to \S+ closed\.")


def packed(devices: Mapping[str, Device | Error]) -> str:
    """Serialise the devices, including secrets."""
    return json.dumps({name: _packed(device) for name, device in devices.items()})


def reason_of(result: Mapping[str, Any]) -> str:
    """Return in one line why a module returned no result."""
    # For an exception in the module, Ansible has no ``msg``; the text is in an object.
    raised = getattr(getattr(result.get("exception"), "event", None), "msg", None)
    said = [str(result.get("msg") or raised or "the module returned no result").strip()]
    for stream in ("module_stdout", "module_stderr"):
        lines = [line.strip() for line in str(result.get(stream) or "").splitlines()]
        # Skip ssh's closing line and partial results, which contain answers of devices.
        said += [line for line in lines if line and "{" not in line and not GOODBYE.match(line)][-1:]
    return " ".join(" ".join(said).split())[:500]


def foreign(said: Any, devices: Mapping[str, Device | Error]) -> str:
    """Return a message of a poller or its connection, without secrets of these devices.

    :param said: a text, or a warning of the module in Ansible's form.
    """
    text = str(getattr(getattr(said, "event", None), "msg", said))
    sent = (Device.from_dict(_packed(device)["device"]) for device in devices.values() if isinstance(device, Device))
    return visible(secrets_of_all(sent).quoted(text))


def check_answer(answer: Any) -> dict[str, Any]:
    """Return the answer of a poller if it is one.

    :raises ValueError: if it is not.
    """
    if not isinstance(answer, dict) or answer.get("status") not in STATUSES or not isinstance(answer["output"], dict):
        msg = "it is not an answer"
        raise ValueError(msg)
    return answer


def failure_of(poller: str, lost: int, total: int, reason: str) -> str:
    """Return in one sentence that a poller did not return these answers."""
    said = "returned no answers" if lost == total else f"did not return {lost} of {total} answers"
    return f"poller {poller} {said}: {reason}"


def without_poller(devices: Mapping[str, Device | Error], error: Error) -> Answers:
    """Return an answer with this error for each of these devices. Names without a device keep their own error."""
    return {
        name: answer_of(device, Result("failed", error=device))
        if isinstance(device, Error)
        else answer_of(device, Result("unreachable", error=error))
        for name, device in devices.items()
    }


def _packed(device: Device | Error) -> dict[str, Any]:
    """Serialise a device. Its key file is on the controller, so the key itself is included."""
    if isinstance(device, Error):
        return {"error": dataclasses.asdict(device)}
    data = device.as_dict()
    for login in (data, *data["credentials"]):
        if login["private_key_file"] and not login["private_key"]:
            with contextlib.suppress(OSError, ValueError):  # missing or not text: it must be on the poller
                file = pathlib.Path(login["private_key_file"]).expanduser()
                login["private_key"] = file.read_text(encoding="utf-8")
    return {"device": data}
