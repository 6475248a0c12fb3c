# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the engine, for tests of what is done with the answers: a function answers, in the same process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils import _roll
from ansible_collections.rollcall.network.plugins.module_utils._call import Call
from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError, Output, Outputs

Ask = Callable[[Device, Call], dict[str, Output]]

CONNECTION = {"transport": "ssh"}


class Answering:
    """Has the methods of ``Engine`` that a run uses."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.asked_with: list[tuple[Any, ...]] = []

    def start(self) -> None: ...

    def ask(self, device: Device, call: Call, *limits: Any) -> Outputs:
        self.asked_with.append(limits)
        try:
            return Outputs(self._ask(device, call), CONNECTION)
        except DeviceError as error:
            error.value = Outputs(error.value or {}, CONNECTION)
            raise

    def work(self, function: Callable[..., Any], *arguments: Any, size: int, deadline: float | None = None) -> Any:
        return function(*arguments)

    def stop_asking(self) -> None: ...

    def close(self) -> None: ...


def let_answer(monkeypatch: pytest.MonkeyPatch, ask: Ask) -> Answering:
    """Let this function answer for every device, without other processes."""
    engine = Answering(ask)
    monkeypatch.setattr(_roll, "Engine", lambda *_arguments: engine)
    return engine
