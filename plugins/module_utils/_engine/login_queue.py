# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which device may log in now. Without threads and clocks, which are in ``admission``."""

from __future__ import annotations

import math
import random
import threading
from collections import deque
from dataclasses import dataclass, field

from .gates import Gate, Gates
from .guard import Guard


@dataclass(slots=True, eq=False)
class Login:
    """One login of one device, which waits, is under way, or has ended.

    ``decided`` is locked until the login may begin, or ``refusal`` says why it may not.

    :param guard: None for a device whose credential is not known.
    :param enable: of the password with which it enters the privileged mode.
    """

    name: str
    guard: Guard | None
    gates: tuple[Gate, ...]
    enable: Guard | None = None
    decided: threading.Lock = field(default_factory=threading.Lock)
    number: int = 0
    is_waiting: bool = True
    is_open: bool = False
    refusal: str | None = None

    def __post_init__(self) -> None:
        self.decided.acquire()

    @property
    def guards(self) -> tuple[Guard, ...]:
        return tuple(each for each in (self.guard, self.enable) if each is not None)

    @property
    def lane(self) -> Lane:
        return self.guards, self.gates


Lane = tuple[tuple[Guard, ...], tuple[Gate, ...]]


class LoginQueue:
    """All logins of a run that wait or are under way.

    Logins with the same guards and the same gates wait in one lane, because they can begin at the same time.
    """

    def __init__(self, gates: Gates, chance: random.Random | None = None) -> None:
        self.due = math.inf  # when ``serve`` must be called, even if nothing happens
        self._gates = gates
        self._chance = chance or random.Random()
        self._lanes: dict[Lane, deque[Login]] = {}
        self._last = 0

    def join(self, login: Login, now: float) -> None:
        """Let it wait, or begin at once."""
        stopped = next((guard for guard in login.guards if guard.is_stopped), None)
        if stopped is not None:
            self._decide(login, stopped.message())
            return
        self._last += 1
        login.number = self._last
        self._lanes.setdefault(login.lane, deque()).append(login)
        self._serve_after(login, now)

    def leave(self, login: Login, refusal: str) -> None:
        """Do not let it wait any more. Nothing happens if it has begun."""
        if login.is_waiting:
            self._lanes[login.lane].remove(login)
            self._drop_if_empty(login.lane)
            self._decide(login, refusal)

    def accept(self, login: Login, now: float) -> None:
        """The device has accepted the login."""
        if login.is_open:
            for guard in login.guards:
                guard.accept(login)
            self._close(login, now)

    def refuse(self, login: Login, now: float) -> None:
        """The device has refused the login. It was not asked for the privileged mode."""
        if login.is_open:
            if login.guard is not None:
                login.guard.refuse(login, login.name)
            if login.enable is not None:
                login.enable.end(login)
            self._close(login, now)

    def refuse_enable(self, login: Login, now: float) -> None:
        """The device has accepted the login, and refused the privileged mode."""
        if login.is_open:
            if login.guard is not None:
                login.guard.accept(login)
            if login.enable is not None:
                login.enable.refuse(login, login.name)
            self._close(login, now)

    def end(self, login: Login, now: float) -> None:
        """The login has ended, and it is not known whether the credential is right."""
        if login.is_open:
            for guard in login.guards:
                guard.end(login)
            self._close(login, now)

    def serve(self, now: float) -> None:
        """Begin all logins that may begin."""
        self.due = math.inf
        self._serve(list(self._lanes), now)

    def waiting(self) -> list[Login]:
        return [login for lane in self._lanes.values() for login in lane]

    def _close(self, login: Login, now: float) -> None:
        login.is_open = False
        for gate in login.gates:
            gate.end()
        for guard in login.guards:
            if guard.is_stopped:
                self._stop(guard)
        self._serve_after(login, now)

    def _stop(self, guard: Guard) -> None:
        for key in [key for key in self._lanes if guard in key[0]]:
            for login in self._lanes.pop(key):
                self._decide(login, guard.message())

    def _serve_after(self, login: Login, now: float) -> None:
        """Serve the logins that something that happened to this one can concern."""
        if self._gates.are_shared:
            self._serve(list(self._lanes), now)
        else:
            self._serve([key for key in self._lanes if key == login.lane or login.guard in key[0]], now)

    def _serve(self, keys: list[Lane], now: float) -> None:
        """Begin logins of these lanes, in the order in which they came."""
        keys = [key for key in keys if self._look(key, now)]
        while keys:
            if any(guard.is_spread for guards, _gates in keys for guard in guards):
                self._chance.shuffle(keys)
            else:
                keys.sort(key=lambda key: self._lanes[key][0].number)
            self._begin(keys[0], now)
            keys = [key for key in keys if key in self._lanes and self._look(key, now)]

    def _look(self, key: Lane, now: float) -> bool:
        """Return whether a login of this lane may begin now. Remember when to look again."""
        guards, gates = key
        closed = [guard for guard in guards if not guard.may_begin(now)]
        if closed:
            self.due = min(self.due, *(guard.next_look(now) for guard in closed))
            return False
        opens_at = max((gate.opens_at(now) for gate in gates), default=now)
        if opens_at > now:
            self.due = min(self.due, opens_at)
            return False
        return True

    def _begin(self, key: Lane, now: float) -> None:
        guards, gates = key
        lane = self._lanes[key]
        place = self._chance.randrange(len(lane)) if any(guard.is_spread for guard in guards) else 0
        login = lane[place]
        del lane[place]
        self._drop_if_empty(key)
        for gate in gates:
            gate.begin(now)
        for guard in guards:
            guard.begin(login, now)
        login.is_open = True
        self._decide(login)

    def _drop_if_empty(self, key: Lane) -> None:
        if not self._lanes[key]:
            del self._lanes[key]

    @staticmethod
    def _decide(login: Login, refusal: str | None = None) -> None:
        login.is_waiting, login.refusal = False, refusal
        login.decided.release()
