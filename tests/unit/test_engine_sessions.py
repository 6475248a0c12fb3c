# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time of a device whose worker ended, and which is asked again."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils import _call
from ansible_collections.rollcall.network.plugins.module_utils._call import Call
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._engine import sessions
from ansible_collections.rollcall.network.plugins.module_utils._engine.messages import Done
from ansible_collections.rollcall.network.plugins.module_utils._engine.quarantine import groups_of
from ansible_collections.rollcall.network.plugins.module_utils._engine.worker import Asked

LIMITS = (("deadline", "the deadline"), ("device_timeout", "device_timeout"))


class _Clock:
    """Stands in for the module ``time``."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


class _Worker:
    """Ends after two seconds of work; the last one has an answer after one second. Its start takes nine seconds."""

    reason: str | None = None

    def __init__(self, clock: _Clock, given: list[float | None], losses: int) -> None:
        self._clock, self._given, self._losses = clock, given, losses

    def ask(self, asked: Asked) -> None:
        self._given.append(asked.job.seconds)
        asked.began = self._clock.now
        if len(self._given) > self._losses:
            self._clock.now += 1
            asked.result = Done(asked.job.number, "an answer", None, "command", {})
        else:
            self._clock.now += 2
            asked.lost = "its worker process was ended by signal SIGKILL"
            groups_of([asked])
        asked.done.release()

    def cancel(self, number: int) -> None:
        pass

    def kill(self, reason: str) -> None:
        pass


class _Login:
    """Stands in for ``Entry``: the login of the device waits for that of another one for five seconds."""

    is_held = is_accepted = is_unanswered = False
    later = ()

    def __init__(self, clock: _Clock, call: Call) -> None:
        self._clock, self._call = clock, call
        self.times = 0

    def again(self) -> None:
        self.times += 1
        self._clock.now += 5
        self._call.defer(5)


@pytest.mark.parametrize("losses", [0, 1, 2])
def test_the_time_until_a_device_is_asked_again_is_not_its_own(losses: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Clock()
    given: list[float | None] = []
    asking: Any = sessions.Sessions(None, 1, lambda _worker, _message: None)  # type: ignore[arg-type]

    def start() -> _Worker:
        clock.now += 9
        return _Worker(clock, given, losses)

    monkeypatch.setattr(sessions, "time", clock)
    monkeypatch.setattr(_call, "time", clock)
    monkeypatch.setattr(asking, "_start", start)
    call = Call("r1")
    device = Device("r1", driver="python", function="x.y", commands=(Command("show version"),))
    monkeypatch.setattr(sessions, "is_read_only", lambda _device: True)
    login = _Login(clock, call)
    assert asking.ask(device, call, 6.0, LIMITS, login) == "an answer"
    assert login.times == losses, "it waits for the logins of others each time"
    assert given == [6.0, 4.0, 2.0][: losses + 1]
    assert call.until is not None
    assert call.until - clock.now == 6.0 - 2 * losses - 1
