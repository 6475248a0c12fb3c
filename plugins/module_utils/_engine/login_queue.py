# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which device may connect, and which gets its secret. Threads and clocks are in ``admission``."""

from __future__ import annotations

import itertools
import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from .._result import Secret
from .gates import Gate, Gates
from .guard import Guard

# Seconds for which no secret of the same user is sent to other devices after a device has refused one and is to try
# another: enough for a connection to a slow device. It ends, because this device can have to wait for the others.
NEXT_SECONDS = 10.0


@dataclass(slots=True, eq=False)
class Login:
    """One login of one device, which waits, is under way, or has ended.

    ``decided`` is locked until the login may begin, or ``refusal`` says why it may not.

    :param guard: None for a device whose credential is not known.
    :param enable: of the password with which it enters the privileged mode.
    :param user: counts the logins with all credentials of the user.
    :param user_enable: counts all passwords with which the user enters the privileged mode.
    :param password: of the password that is sent only if the device refuses the key.
    :param asks: it asks before it sends the secret, and again before one that not every device needs.
    :param is_next: the device has just refused another credential. It does not wait for other devices.
    :param has_next: if the device refuses it, another credential of the same user is tried.
    """

    name: str
    guard: Guard | None
    gates: tuple[Gate, ...]
    enable: Guard | None = None
    user: Guard | None = None
    asks: bool = True
    is_next: bool = False
    has_next: bool = False
    user_enable: Guard | None = None
    password: Guard | None = None
    decided: threading.Lock = field(default_factory=threading.Lock)
    number: int = 0
    is_waiting: bool = True
    is_open: bool = False
    is_held: bool = False  # it has begun, and must ask before it sends the secret
    asked_at: float | None = None
    asked_for: Secret = "login"
    sent: set[Secret] = field(default_factory=set)
    reply: Callable[[str | None], object] | None = None  # gets the answer: why the secret may not be sent, or None
    refusal: str | None = None

    def __post_init__(self) -> None:
        self.decided.acquire()

    @property
    def guards(self) -> tuple[Guard, ...]:
        """Those of what is sent first, or of all secrets of a device that does not ask."""
        rest = () if self.asks else self.enables
        return tuple(each for each in (self.guard, self.user, *rest) if each is not None)

    @property
    def enables(self) -> tuple[Guard, ...]:
        """Those of the privileged mode."""
        return tuple(each for each in (self.enable, self.user_enable) if each is not None)

    @property
    def later(self) -> dict[Secret, tuple[Guard, ...]]:
        """Those of the secrets that not every device needs. They count nothing if it does not."""
        if not self.asks:
            return {}
        found: dict[Secret, tuple[Guard, ...]] = {"enable": self.enables} if self.enables else {}
        return found if self.password is None else {**found, "password": (self.password,)}

    @property
    def all_guards(self) -> tuple[Guard, ...]:
        return tuple(itertools.chain(self.guards, *self.later.values()))

    @property
    def stopped(self) -> Guard | None:
        """The guard for which it must not begin. No enable password is needed where devices gave the privileged mode
        without one."""
        needed = (each for each in self.later.get("enable", ()) if not each.spared)
        return next((each for each in (*self.guards, *needed) if each.is_stopped), None)

    @property
    def asked_guards(self) -> tuple[Guard, ...]:
        """Those of the secret that it waits to send."""
        return self.guards if self.asked_for == "login" else self.later[self.asked_for]

    @property
    def of_user(self) -> tuple[Guard, ...]:
        """Those that count all secrets of the user."""
        return tuple(each for each in (self.user, self.user_enable) if each is not None)

    @property
    def lane(self) -> Lane:
        return self.guards, self.gates, self.asks


Lane = tuple[tuple[Guard, ...], tuple[Gate, ...], bool]


class LoginQueue:
    """All logins of a run that wait or are under way.

    Logins with the same guards and the same gates wait in one lane, because they can begin at the same time. A login
    whose credential no device has accepted yet begins with the connection, and waits again before it sends the secret.
    """

    def __init__(self, gates: Gates) -> None:
        self.due = math.inf  # when ``serve`` must be called, even if nothing happens
        self._gates = gates
        self._lanes: dict[Lane, deque[Login]] = {}
        self._asking: dict[Login, None] = {}  # those that wait before they send the secret, in the order of questions
        self._next: dict[str, tuple[tuple[Guard, ...], float]] = {}  # by device, until when it is to try another secret
        self._stopped: set[Guard] = set()  # those that waited for them were told
        self._last = 0

    def join(self, login: Login, now: float) -> None:
        """Let it wait, or begin at once."""
        stopped = login.stopped
        if stopped is not None:
            self._decide(login, stopped.message())
            if not login.has_next and self._next.pop(login.name, None) is not None:
                self._permit(now)
            return
        self._last += 1
        login.number = 0 if login.is_next else self._last
        lane = self._lanes.setdefault(login.lane, deque())
        if login.is_next:
            lane.appendleft(login)
        else:
            lane.append(login)
        self._serve(list(self._lanes) if self._gates.are_shared else [login.lane], now)

    def leave(self, login: Login, refusal: str) -> None:
        """Do not let it wait any more. Nothing happens if it has begun."""
        if login.is_waiting:
            self._lanes[login.lane].remove(login)
            self._drop_if_empty(login.lane)
            self._decide(login, refusal)
            self._next.pop(login.name, None)

    def ask(self, login: Login, reply: Callable[[str | None], object], now: float, secret: Secret = "login") -> None:
        """The device is ready for a secret. Reply when it may be sent, with None, or with why it may not."""
        login.reply = reply
        if not login.is_open:
            reply("the login has ended")
        elif secret == "login" and not login.is_held:
            reply(None)
        else:
            login.asked_at, login.asked_for = now, secret
            self._asking[login] = None
            for guard in login.asked_guards:
                guard.ask(login)
            self._permit(now)

    def accept(self, login: Login, now: float) -> None:
        """The device has accepted the login, and is in the mode for the commands."""
        if login.is_open:
            for guard in login.guards:
                guard.accept(login)
            for secret, guards in login.later.items():
                for guard in guards:
                    guard.accept(login)  # if it was sent
                    guard.spared += secret not in login.sent
            self._close(login, now)

    def accept_login(self, login: Login, now: float) -> None:
        """The device has accepted the login, and the session ended before it had to enter the privileged mode."""
        if login.is_open:
            for guard in login.all_guards:
                (guard.end if guard in login.enables else guard.accept)(login)
            self._close(login, now)

    def refuse(self, login: Login, now: float) -> None:
        """The device has refused the login. It was not asked for the privileged mode."""
        if login.is_open:
            for guard in login.all_guards:
                if guard in login.enables:
                    guard.end(login)
                else:
                    guard.refuse(login, login.name, login.guard)
            self._close(login, now, has_next=login.has_next)

    def refuse_enable(self, login: Login, now: float) -> None:
        """The device has accepted the login, and refused the privileged mode."""
        if login.is_open:
            for guard in login.all_guards:
                if guard in login.enables:
                    guard.refuse(login, login.name, login.enable)
                else:
                    guard.accept(login)
            self._close(login, now, has_next=login.has_next)

    def end(self, login: Login, now: float) -> None:
        """The login has ended, and it is not known whether the credential is right."""
        if login.is_open:
            for guard in login.all_guards:
                if guard in login.enables or not login.asks:
                    guard.end(login)
                else:
                    guard.stay_silent(login, login.name, login.guard)
            self._close(login, now)

    def drop(self, login: Login, now: float) -> None:
        """The login has ended, and the secret was not sent, although it could have been."""
        if login.is_open:
            for guard in login.all_guards:
                guard.end(login)
            self._close(login, now)

    def serve(self, now: float) -> None:
        """Begin all logins that may begin, and let all send the secret that may."""
        self.due = math.inf
        self._permit(now)
        self._serve(list(self._lanes), now)

    def waiting(self) -> list[Login]:
        return [login for lane in self._lanes.values() for login in lane]

    def _close(self, login: Login, now: float, *, has_next: bool = False) -> None:
        login.is_open = login.is_held = False
        self._asking.pop(login, None)
        self._next.pop(login.name, None)
        if has_next:
            self._next[login.name] = login.of_user, now + NEXT_SECONDS
        for gate in login.gates:
            gate.end()
        for guard in login.all_guards:
            if guard.is_stopped and guard not in self._stopped:
                self._stopped.add(guard)
                self._stop(guard)
        self._permit(now)
        self._serve_after(login, now)

    def _stop(self, guard: Guard) -> None:
        for login in [each for each in self.waiting() if each.stopped is guard]:
            self._lanes[login.lane].remove(login)
            self._drop_if_empty(login.lane)
            self._decide(login, guard.message())
        for login in [each for each in self._asking if guard in each.asked_guards]:
            self._answer(login, guard.message())

    def _permit(self, now: float) -> None:
        """Let logins send their secrets, in the order in which they asked."""
        for login in list(self._asking):
            guards = login.asked_guards
            stopped = next((guard for guard in guards if guard.is_stopped), None)
            if stopped is not None:
                self._answer(login, stopped.message())
                continue
            if self._waits_for_next(login, guards, now):
                continue
            closed = [guard for guard in guards if not guard.may_send(now)]
            opens_at = now
            has_waited = login.asked_for == "login" and login.asked_at is not None and login.asked_at < now
            if has_waited:  # those that had to wait do not come all at once
                opens_at = max((gate.next_at(now) for gate in login.gates), default=now)
            if closed or opens_at > now:
                self.due = min(self.due, opens_at if opens_at > now else math.inf)
                self.due = min(self.due, *(guard.next_look(now) for guard in closed), math.inf)
                continue
            if has_waited:
                for gate in login.gates:
                    gate.pass_on(now)
            login.is_held = login.is_held and login.asked_for != "login"
            login.sent.add(login.asked_for)
            self._send(login, guards, now)
            self._answer(login)

    def _send(self, login: Login, guards: Iterable[Guard], now: float) -> None:
        self._next.pop(login.name, None)
        for guard in guards:
            # Another device does not replace one that has a next secret. It would only refuse the first one, too.
            is_kept = login.has_next and guard in login.of_user and not guard.is_open
            guard.send(login, math.inf if is_kept else now)

    def _waits_for_next(self, login: Login, wanted: Sequence[Guard], now: float) -> bool:
        """Return whether another device is to try its next secret first.

        Else a device that refuses one secret and accepts the next could not show that in time: others would refuse the
        first one before, and the user would not be used any more.
        """
        for name, (guards, until) in list(self._next.items()):
            if until <= now:
                del self._next[name]
            elif name != login.name and any(guard in wanted and not guard.is_open for guard in guards):
                self.due = min(self.due, until)
                return True
        return False

    def _answer(self, login: Login, refusal: str | None = None) -> None:
        self._asking.pop(login, None)
        if login.reply is not None:
            login.reply(refusal)

    def _serve_after(self, login: Login, now: float) -> None:
        """Serve the logins that something that happened to this one can concern."""
        if self._gates.are_shared:
            self._serve(list(self._lanes), now)
        else:
            guards = login.guards
            self._serve(
                [key for key in self._lanes if key == login.lane or any(guard in key[0] for guard in guards)], now
            )

    def _serve(self, keys: list[Lane], now: float) -> None:
        """Begin logins of these lanes, in the order in which they came."""
        keys = [key for key in keys if self._look(key, now)]
        while keys:
            keys.sort(key=lambda key: self._lanes[key][0].number)
            self._begin(keys[0], now)
            keys = [key for key in keys if key in self._lanes and self._look(key, now)]

    def _look(self, key: Lane, now: float) -> bool:
        """Return whether a login of this lane may begin now. Remember when to look again."""
        guards, gates, asks = key
        first = self._lanes[key][0]
        if not asks and self._waits_for_next(first, guards, now):
            return False
        is_first = first.name in self._next
        closed = [guard for guard in guards if not guard.may_begin(now, asks=asks, is_first=is_first)]
        if closed:
            self.due = min(self.due, *(guard.next_look(now) for guard in closed))
            return False
        opens_at = max((gate.opens_at(now) for gate in gates), default=now)
        if opens_at > now:
            self.due = min(self.due, opens_at)
            return False
        return True

    def _begin(self, key: Lane, now: float) -> None:
        guards, gates, asks = key
        login = self._lanes[key].popleft()
        self._drop_if_empty(key)
        for gate in gates:
            gate.begin(now)
        login.is_open = True
        login.is_held = asks and not all(guard.is_open for guard in guards)
        if login.is_held:
            for guard in guards:
                guard.begin(login, now)
        else:
            self._send(login, guards, now)
        self._decide(login)

    def _drop_if_empty(self, key: Lane) -> None:
        if not self._lanes[key]:
            del self._lanes[key]

    @staticmethod
    def _decide(login: Login, refusal: str | None = None) -> None:
        login.is_waiting, login.refusal = False, refusal
        login.decided.release()
