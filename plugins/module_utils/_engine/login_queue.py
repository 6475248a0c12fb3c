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
    """

    name: str
    guard: Guard | None
    gates: tuple[Gate, ...]
    decided: threading.Lock = field(default_factory=threading.Lock)
    number: int = 0
    is_waiting: bool = True
    is_open: bool = False
    refusal: str | None = None

    def __post_init__(self) -> None:
        self.decided.acquire()


Lane = deque[Login]


class LoginQueue:
    """All logins of a run that wait or are under way.

    Logins with the same credential and the same gates wait in one lane, because they can begin at the same time.
    """

    def __init__(self, gates: Gates, chance: random.Random | None = None) -> None:
        self.due = math.inf  # when ``serve`` must be called, even if nothing happens
        self._gates = gates
        self._chance = chance or random.Random()
        self._lanes: dict[tuple[Guard | None, tuple[Gate, ...]], Lane] = {}
        self._last = 0

    def join(self, login: Login, now: float) -> None:
        """Let it wait, or begin at once."""
        guard = login.guard
        if guard is not None and guard.is_stopped:
            self._decide(login, guard.message())
            return
        self._last += 1
        login.number = self._last
        self._lanes.setdefault((guard, login.gates), deque()).append(login)
        self._serve_after(guard, login.gates, now)

    def leave(self, login: Login, refusal: str) -> None:
        """Do not let it wait any more. Nothing happens if it has begun."""
        if login.is_waiting:
            lane = self._lanes[login.guard, login.gates]
            lane.remove(login)
            self._drop_if_empty(login)
            self._decide(login, refusal)

    def accept(self, login: Login, now: float) -> None:
        """The device has accepted the login."""
        if login.is_open:
            if login.guard is not None:
                login.guard.accept(login)
            self._close(login, now)

    def refuse(self, login: Login, now: float) -> None:
        """The device has refused the login."""
        if login.is_open:
            if login.guard is not None:
                login.guard.refuse(login, login.name)
            self._close(login, now)

    def end(self, login: Login, now: float) -> None:
        """The login has ended, and it is not known whether the credential is right."""
        if login.is_open:
            if login.guard is not None:
                login.guard.end(login)
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
        if login.guard is not None and login.guard.is_stopped:
            self._stop(login.guard)
        self._serve_after(login.guard, login.gates, now)

    def _stop(self, guard: Guard) -> None:
        for key in [key for key in self._lanes if key[0] is guard]:
            for login in self._lanes.pop(key):
                self._decide(login, guard.message())

    def _serve_after(self, guard: Guard | None, gates: tuple[Gate, ...], now: float) -> None:
        """Serve the logins that something that happened to this one can concern."""
        if self._gates.are_shared:
            self._serve(list(self._lanes), now)
        elif (guard, gates) in self._lanes:
            self._serve([(guard, gates)], now)

    def _serve(self, keys: list[tuple[Guard | None, tuple[Gate, ...]]], now: float) -> None:
        """Begin logins of these lanes, in the order in which they came."""
        keys = [key for key in keys if self._look(key, now)]
        while keys:
            if any(guard is not None and guard.is_spread for guard, _gates in keys):
                self._chance.shuffle(keys)
            else:
                keys.sort(key=lambda key: self._lanes[key][0].number)
            self._begin(keys[0], now)
            keys = [key for key in keys if key in self._lanes and self._look(key, now)]

    def _look(self, key: tuple[Guard | None, tuple[Gate, ...]], now: float) -> bool:
        """Return whether a login of this lane may begin now. Remember when to look again."""
        guard, gates = key
        if guard is not None and not guard.may_begin(now):
            self.due = min(self.due, guard.next_look(now))
            return False
        opens_at = max((gate.opens_at(now) for gate in gates), default=now)
        if opens_at > now:
            self.due = min(self.due, opens_at)
            return False
        return True

    def _begin(self, key: tuple[Guard | None, tuple[Gate, ...]], now: float) -> None:
        guard, gates = key
        lane = self._lanes[key]
        place = self._chance.randrange(len(lane)) if guard is not None and guard.is_spread else 0
        login = lane[place]
        del lane[place]
        self._drop_if_empty(login)
        for gate in gates:
            gate.begin(now)
        if guard is not None:
            guard.begin(login, now)
        login.is_open = True
        self._decide(login)

    def _drop_if_empty(self, login: Login) -> None:
        if not self._lanes[login.guard, login.gates]:
            del self._lanes[login.guard, login.gates]

    @staticmethod
    def _decide(login: Login, refusal: str | None = None) -> None:
        login.is_waiting, login.refusal = False, refusal
        login.decided.release()
