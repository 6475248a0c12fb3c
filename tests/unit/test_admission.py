# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which device may log in now: the guard of credentials, and the limits. The time is simulated."""

from __future__ import annotations

import functools
import heapq
import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._engine.gates import Gates, Limit
from ansible_collections.rollcall.network.plugins.module_utils._engine.guard import (
    GROWTH,
    PATIENCE,
    SEVERAL,
    SEVERAL_ENABLE,
    Credential,
    Guard,
    Rules,
)
from ansible_collections.rollcall.network.plugins.module_utils._engine.login_queue import (
    NEXT_SECONDS,
    Login,
    LoginQueue,
)
from ansible_collections.rollcall.network.plugins.module_utils._engine.spread import spread
from ansible_collections.rollcall.network.plugins.module_utils._result import Secret

ADMIN = Credential("admin", "variable ansible_password")
AT_ONCE = 500  # threads of the collector

# What a device does: the answer to its login, and the seconds until then.
Plan = tuple[str, float]


@dataclass
class Device:
    """A simulated device."""

    name: str
    login: Callable[[float], Plan]  # by the time at which it begins
    guard: Guard | None = None
    values: tuple[tuple[str, str], ...] = ()
    session: float = 0.0  # seconds after the login
    enable: Guard | None = None
    user: Guard | None = None
    asks: bool = True
    password: Guard | None = None  # beside a key
    later: tuple[Secret, ...] | None = None  # that it needs after the first one


@dataclass
class Run:
    """A simulated run: what came of each device, and when its login began."""

    outcome: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    began: dict[str, float] = field(default_factory=dict)
    sent: dict[str, float] = field(default_factory=dict)
    most_open: int = 0
    most_unproven: int = 0  # secrets under way before a device has accepted one
    finished: float = 0.0

    def count(self) -> Counter[str]:
        return Counter(self.outcome.values())


class Simulation:
    """Devices are asked with as many at a time as the collector has threads. They are connected at once."""

    def __init__(self, devices: Sequence[Device], gates: Gates, at_once: int) -> None:
        self.run = Run()
        self._gates = gates
        self._queue = LoginQueue(gates)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._rest = list(reversed(devices))
        self._waiting: dict[Login, Device] = {}
        self._is_open = self._unproven = 0
        self._now = 0.0
        for _thread in range(at_once):
            self._at(0.0, self._join)

    def play(self) -> Run:
        while self._events or self._waiting or self._is_open:
            upcoming = self._events[0][0] if self._events else math.inf
            if self._queue.due < upcoming:
                self._now = max(self._now, self._queue.due)
                self._queue.serve(self._now)
            else:
                assert self._events, "nobody wakes up those that wait"
                self._now, _number, call = heapq.heappop(self._events)
                call()
            self._decided()
        self.run.finished = self._now
        return self.run

    def _at(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self._now + seconds, next(self._order), call))

    def _join(self) -> None:
        if self._rest:
            device = self._rest.pop()
            gates = self._gates.of(device.values)
            login = Login(
                device.name,
                device.guard,
                gates,
                device.enable,
                device.user,
                asks=device.asks,
                password=device.password,
            )
            self._waiting[login] = device
            self._queue.join(login, self._now)

    def _decided(self) -> None:
        for login in [each for each in self._waiting if not each.is_waiting]:
            device = self._waiting.pop(login)
            if login.refusal is not None:
                self._skip(device, login.refusal)
                continue
            self._is_open += 1
            self.run.most_open = max(self.run.most_open, self._is_open)
            self.run.began[device.name] = self._now
            answer, seconds = device.login(self._now)
            if answer == "unreachable":
                self._at(seconds, functools.partial(self._answered, login, device, answer))
            else:
                later: tuple[Secret, ...] = ("enable",) if device.enable and device.asks and answer != "refused" else ()
                later = later if device.later is None else device.later
                self._ask(login, device, answer, seconds, ("login", *later))

    def _ask(self, login: Login, device: Device, answer: str, seconds: float, secrets: tuple[Secret, ...]) -> None:
        reply = functools.partial(self._permitted, login, device, answer, seconds, secrets)
        self._queue.ask(login, reply, self._now, secrets[0])

    def _permitted(
        self,
        login: Login,
        device: Device,
        answer: str,
        seconds: float,
        secrets: tuple[Secret, ...],
        refusal: str | None,
    ) -> None:
        if refusal is not None:
            self._is_open -= 1
            self._skip(device, refusal)
            end = self._queue.accept_login if secrets[0] == "enable" else self._queue.drop
            self._at(0.0, functools.partial(end, login, self._now))
            return
        if len(secrets) > 1:
            self._at(0.01, functools.partial(self._ask, login, device, answer, seconds, secrets[1:]))
            return
        self.run.sent[device.name] = self._now
        if not any(guard.accepted for guard in login.guards):
            self._unproven += 1
            self.run.most_unproven = max(self.run.most_unproven, self._unproven)
            self._at(seconds, self._is_proven)
        self._at(seconds, functools.partial(self._answered, login, device, answer))

    def _is_proven(self) -> None:
        self._unproven -= 1

    def _skip(self, device: Device, refusal: str) -> None:
        self.run.outcome[device.name], self.run.refusals[device.name] = "skipped", refusal
        self._at(0.0, self._join)

    def _answered(self, login: Login, device: Device, answer: str) -> None:
        self._is_open -= 1
        self.run.outcome[device.name] = answer
        queue = self._queue
        ends = {"ok": queue.accept, "refused": queue.refuse, "enable": queue.refuse_enable, "shell": queue.accept_login}
        ends.get(answer, queue.end)(login, self._now)
        self._at(device.session if answer == "ok" else 0.0, self._join)


def simulated(devices: Sequence[Device], gates: Gates | None = None, *, seed: int = 1, at_once: int = AT_ONCE) -> Run:
    """Ask the devices in the order of a run."""
    run = Simulation(spread(devices, random.Random(seed)), gates or Gates(Limit(), {}), at_once).play()
    assert len(run.outcome) == len(devices)
    return run


def steady(answer: str, seconds: float = 0.1) -> Callable[[float], Plan]:
    return lambda _now: (answer, seconds)


ACCEPTS = steady("ok")


def fleet(
    count: int, bad: dict[int, Callable[[float], Plan]], guard: Guard, login: Callable[[float], Plan] = ACCEPTS
) -> list[Device]:
    return [Device(f"d{number}", bad.get(number, login), guard) for number in range(count)]


# -- the guard ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "doubted", "refused"),
    [
        pytest.param(Rules(), False, 3, id="three canaries"),
        pytest.param(Rules(), True, 1, id="refused everywhere last night"),
        pytest.param(Rules(canary=2), False, 3, id="two canaries"),
        pytest.param(Rules(canary=10), False, 3, id="more canaries than the limit"),
        pytest.param(Rules(limit=5), False, 5, id="a higher limit"),
        pytest.param(Rules(limit=1), False, 1, id="one refusal is enough"),
    ],
)
@pytest.mark.parametrize("seconds", [0.01, 1.5, 10.0])
def test_a_wrong_password_is_refused_by_few_of_a_thousand(
    rules: Rules, doubted: bool, refused: int, seconds: float
) -> None:
    guard = Guard(ADMIN, rules, doubted=doubted)
    run = simulated(fleet(1000, {}, guard, steady("refused", seconds)))
    counts = run.count()
    assert counts["refused"] <= refused
    assert counts["skipped"] == 1000 - counts["refused"]
    assert guard.is_stopped
    message = next(iter(run.refusals.values()))
    for part in ("admin", "variable ansible_password", f"{counts['refused']} device", "only: failed"):
        assert part in message


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("slow", [0.1, 2.0])
@pytest.mark.parametrize(
    "bad",
    [
        pytest.param([100, 300, 500, 700, 900], id="apart"),
        pytest.param([500, 501, 502, 503, 504], id="neighbours"),
        pytest.param([0, 1, 2, 3, 4], id="the first five"),
        pytest.param([995, 996, 997, 998, 999], id="the last five"),
    ],
)
def test_devices_that_refuse_while_others_accept_fail_alone(bad: list[int], slow: float, seed: int) -> None:
    refusing = dict.fromkeys(bad, steady("refused", slow))
    run = simulated(fleet(1000, refusing, Guard(ADMIN, Rules())), seed=seed)
    assert run.count() == {"ok": 995, "refused": 5}


def test_devices_that_are_asked_one_after_the_other_fail_alone() -> None:
    refusing = dict.fromkeys([100, 101, 500, 700, 701], steady("refused"))
    run = simulated(fleet(1000, refusing, Guard(ADMIN, Rules())), at_once=1)
    assert run.count() == {"ok": 995, "refused": 5}


def test_a_password_that_is_changed_during_the_run_is_not_tried_on() -> None:
    """Those whose login began before are under way; after that, three refusals are enough."""

    def login(now: float) -> Plan:
        return ("ok", 0.5) if now < 20.0 else ("refused", 0.5)

    guard = Guard(ADMIN, Rules())
    gates = Gates(Limit(logins_per_second=20), {})
    run = simulated(fleet(1000, {}, guard, login), gates)
    began = [name for name, at in run.began.items() if at >= 20.0]
    under_way = 20 * 0.5
    assert run.count()["refused"] == len(began) <= 3 + under_way + 1
    assert run.count()["ok"] >= 380
    assert guard.is_stopped


def test_each_credential_is_counted_for_itself() -> None:
    wrong, right = Guard(Credential("old"), Rules()), Guard(ADMIN, Rules())
    devices = [
        Device(f"d{number}", steady("refused" if number % 2 else "ok"), (right, wrong)[number % 2])
        for number in range(200)
    ]
    assert simulated(devices).count() == {"ok": 100, "refused": 3, "skipped": 97}


def with_enable(count: int, login: Sequence[str], secrets: int = 4) -> tuple[list[Device], list[Guard]]:
    """Devices with one password, in turn with one of several enable passwords and the answer to it."""
    guard = Guard(ADMIN, Rules())
    enable = [Guard(Credential("admin", f"enable {number}"), Rules()) for number in range(secrets)]
    devices = [
        Device(f"d{number}", steady(login[number % secrets]), guard, enable=enable[number % secrets])
        for number in range(count)
    ]
    return devices, [guard, *enable]


@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_password_counts_whatever_the_enable_password_is(seed: int) -> None:
    devices, guards = with_enable(1000, ["refused"] * 4)
    assert simulated(devices, seed=seed).count() == {"refused": 3, "skipped": 997}
    assert [guard.is_stopped for guard in guards] == [True, False, False, False, False]


@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_enable_password_does_not_stop_the_devices_with_another(seed: int) -> None:
    devices, guards = with_enable(1000, ["ok", "enable", "ok", "ok"])
    counts = simulated(devices, seed=seed).count()
    assert counts["ok"] == 750
    assert counts["enable"] == 3
    assert [guard.is_stopped for guard in guards] == [False, False, True, False, False]


@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_enable_password_is_refused_three_times_although_others_need_none(seed: int) -> None:
    guard, enable, user = Guard(ADMIN, Rules()), Guard(ADMIN, Rules()), Guard(ADMIN, Rules(), distinct=True)
    devices = [Device(f"d{number}", ACCEPTS, guard, enable=enable, later=()) for number in range(500)]
    devices += [Device(f"e{number}", steady("enable"), guard, enable=enable, user=user) for number in range(500)]
    run = simulated(devices, seed=seed)
    assert run.count() == {"ok": 500, "enable": 3, "skipped": 497}
    assert enable.is_stopped
    assert not guard.is_stopped


@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_password_is_refused_three_times_although_others_accept_the_key(seed: int) -> None:
    guard, password = Guard(ADMIN, Rules()), Guard(ADMIN, Rules())
    devices = [Device(f"d{number}", ACCEPTS, guard, password=password, later=()) for number in range(500)]
    devices += [
        Device(f"e{number}", steady("refused"), guard, password=password, later=("password",)) for number in range(500)
    ]
    run = simulated(devices, seed=seed)
    assert run.count()["ok"] == 500
    assert run.count()["refused"] == 3
    assert password.is_stopped
    assert not guard.is_stopped


def test_a_right_password_beside_a_key_that_others_accept_is_sent_to_all() -> None:
    guard, password = Guard(ADMIN, Rules()), Guard(ADMIN, Rules())
    devices = [Device(f"d{number}", ACCEPTS, guard, password=password, later=()) for number in range(500)]
    devices += [Device(f"e{number}", ACCEPTS, guard, password=password, later=("password",)) for number in range(500)]
    run = simulated(devices)
    assert run.count() == {"ok": 1000}
    assert run.finished < 10.0


def test_a_wrong_enable_password_that_is_refused_first_does_not_stop_the_user() -> None:
    """Wherever it is refused, and before any device has accepted another one."""
    guard = Guard(Credential("admin", SEVERAL_ENABLE), Rules(), distinct=True)
    for number, password in enumerate(["wrong", "wrong", "wrong", "wrong", "other"]):
        guard.send(number, 0.0)
        guard.refuse(number, f"d{number}", password)
        assert guard.may_send(0.0)
    guard.send(5, 0.0)
    guard.refuse(5, "d5", "a third one")
    assert guard.is_stopped


@pytest.mark.parametrize("answer", ["unreachable", "hangs"])
def test_a_canary_that_does_not_answer_stops_nobody(answer: str) -> None:
    run = simulated(fleet(1000, {0: steady(answer, 10.0)}, Guard(ADMIN, Rules())))
    assert run.count() == {"ok": 999, answer: 1}
    assert run.finished <= 12.0
    assert sorted(run.began.values())[-1] < 3.5  # the second canary goes after two seconds


OFF = [
    pytest.param(range(0, 1000, 2), 3.0, id="every second one"),
    pytest.param(range(500), 3.0, id="the first half"),
    pytest.param(range(950), 10.0, id="nearly all"),
    pytest.param(range(0, 1000, 2), 0.01, id="every second one, at once"),
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("slow", [0.01, 1.0, 10.0])
@pytest.mark.parametrize(("off", "seconds"), OFF)
def test_devices_that_are_off_let_no_more_devices_get_a_wrong_password(
    off: Sequence[int], seconds: float, slow: float, seed: int
) -> None:
    bad = dict.fromkeys(off, steady("unreachable", seconds))
    run = simulated(fleet(1000, bad, Guard(ADMIN, Rules()), steady("refused", slow)), seed=seed)
    assert run.count()["refused"] == len(run.sent) == 3
    assert run.most_unproven <= (1 if slow < 2.0 else 3)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("off", "seconds"), OFF)
def test_devices_that_are_off_do_not_stop_those_that_are_on(off: Sequence[int], seconds: float, seed: int) -> None:
    bad = dict.fromkeys(off, steady("unreachable", seconds))
    run = simulated(fleet(1000, bad, Guard(ADMIN, Rules())), seed=seed)
    assert run.count() == {"ok": 1000 - len(off), "unreachable": len(off)}
    assert run.finished <= 8 * seconds + 8.0, "a small number of connect timeouts, not one for each device"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("seconds", [0.5, 10.0])
def test_a_password_that_gets_no_answer_is_sent_to_few_devices(seconds: float, seed: int) -> None:
    run = simulated(fleet(1000, {}, Guard(ADMIN, Rules()), steady("hangs", seconds)), seed=seed)
    assert run.count() == {"hangs": 3, "skipped": 997}
    assert "was not completed by 3 devices in a row" in next(iter(run.refusals.values()))


def test_refusals_and_missing_answers_are_counted_together() -> None:
    answers = iter(["refused", "hangs", "refused"])
    guard = Guard(ADMIN, Rules())
    run = simulated(fleet(100, {}, guard, lambda _now: (next(answers, "ok"), 0.1)))
    assert run.count() == {"refused": 2, "hangs": 1, "skipped": 97}
    assert "was refused by 2 devices and not completed by 1 device in a row" in guard.message()


def test_devices_that_hang_fail_alone_after_a_success() -> None:
    """The AAA server of a site is off: its devices do not answer, and nobody counts their logins."""
    hanging = dict.fromkeys(range(600, 900), steady("hangs", 5.0))
    run = simulated(fleet(1000, hanging, Guard(ADMIN, Rules())))
    assert run.count() == {"ok": 700, "hangs": 300}


def test_a_session_that_ends_after_the_login_has_accepted_the_password() -> None:
    """A wrong platform: no device shows a known prompt, and all have accepted the login."""
    run = simulated(fleet(1000, {}, Guard(ADMIN, Rules()), steady("shell", 1.0)))
    assert run.count() == {"shell": 1000}
    assert run.finished <= 10.0


@pytest.mark.parametrize("at_once", [1, 10, 50, 500])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("first", [0, 200, 475, 950])
def test_a_group_of_neighbours_that_refuses_fails_alone(first: int, seed: int, at_once: int) -> None:
    """All workers would be busy with them, if devices were asked in the order of the inventory."""
    refusing = dict.fromkeys(range(first, first + 50), steady("refused"))
    run = simulated(fleet(1000, refusing, Guard(ADMIN, Rules())), seed=seed, at_once=at_once)
    assert run.count() == {"ok": 950, "refused": 50}


@pytest.mark.parametrize("seed", range(5))
def test_a_third_of_the_fleet_that_refuses_fails_alone(seed: int) -> None:
    refusing = dict.fromkeys(range(300, 630), steady("refused"))
    run = simulated(fleet(1000, refusing, Guard(ADMIN, Rules())), seed=seed, at_once=1)
    assert run.count() == {"ok": 670, "refused": 330}


def of_one_user(count: int, passwords: int, answers: Sequence[str]) -> tuple[list[Device], Guard]:
    """Devices of one user, in groups with passwords of their own."""
    user = Guard(Credential("admin", SEVERAL), Rules())
    guards = [Guard(Credential("admin", f"password {number}"), Rules()) for number in range(passwords)]
    groups = [number * passwords // count for number in range(count)]
    devices = [
        Device(f"d{number}", steady(answers[group % len(answers)]), guards[group], user=user)
        for number, group in enumerate(groups)
    ]
    return devices, user


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("passwords", [2, 10, 1000])
def test_wrong_passwords_of_one_user_are_counted_together(passwords: int, seed: int) -> None:
    devices, user = of_one_user(1000, passwords, ["refused"])
    run = simulated(devices, seed=seed)
    assert run.count() == {"refused": 3, "skipped": 997}
    assert user.is_stopped
    assert any("admin with several credentials was refused by 3 devices" in each for each in run.refusals.values())


@pytest.mark.parametrize("seed", range(3))
def test_one_wrong_password_of_several_does_not_stop_the_user(seed: int) -> None:
    devices, user = of_one_user(1000, 10, ["ok"] * 9 + ["refused"])
    assert simulated(devices, seed=seed).count() == {"ok": 900, "refused": 3, "skipped": 97}
    assert not user.is_stopped


def test_secrets_that_had_to_wait_keep_the_rate() -> None:
    bad = dict.fromkeys(range(0, 300, 2), steady("unreachable", 1.0))
    run = simulated(fleet(300, bad, Guard(ADMIN, Rules())), Gates(Limit(20.0), {}))
    assert run.count() == {"ok": 150, "unreachable": 150}
    assert most_in(1.0, list(run.sent.values())) <= 20


def test_a_fleet_that_is_off_is_asked_at_once_after_a_few_answers() -> None:
    run = simulated(fleet(1000, {}, Guard(ADMIN, Rules()), steady("unreachable", 0.01)))
    assert run.count() == {"unreachable": 1000}
    assert run.finished < 1.0


def test_the_canary_costs_a_few_logins() -> None:
    """A thousand good devices are all under way after four round trips."""
    run = simulated(fleet(1000, {}, Guard(ADMIN, Rules()), steady("ok", 1.0)), at_once=1000)
    assert run.most_open >= 800
    assert run.finished <= 6.0


@pytest.mark.parametrize("rules", [Rules(canary=0), Rules(limit=0)])
def test_the_guard_can_be_switched_off(rules: Rules) -> None:
    run = simulated(fleet(1000, {}, Guard(ADMIN, rules), steady("ok", 1.0)), at_once=1000)
    assert run.most_open == 1000


def test_without_a_canary_refusals_count_too() -> None:
    """Functions: it is not known that a login was accepted before the answer is complete."""

    def functions(guard: Guard) -> list[Device]:
        return [Device(f"d{number}", steady("refused"), guard, asks=False) for number in range(1000)]

    run = simulated(functions(Guard(ADMIN, Rules(), canaries=False)))
    assert run.count() == {"refused": AT_ONCE, "skipped": AT_ONCE}
    doubted = Guard(ADMIN, Rules(), canaries=False, doubted=True)
    assert simulated(functions(doubted)).count()["refused"] == 1


# -- limits ------------------------------------------------------------------------------------------------------------

FAST = Rules(canary=0, limit=0)


def most_in(seconds: float, moments: list[float]) -> int:
    """The largest number of moments within this many seconds."""
    moments = sorted(moments)
    return max(
        sum(1 for each in moments[first:] if each < moments[first] + seconds - 1e-9) for first in range(len(moments))
    )


@pytest.mark.parametrize(
    ("every", "groups", "rates"),
    [
        pytest.param(Limit(20.0), {}, {"": 20}, id="all"),
        pytest.param(Limit(), {"site": Limit(5.0)}, {"site": 5}, id="each site"),
        pytest.param(Limit(12.0), {"site": Limit(5.0)}, {"": 12, "site": 5}, id="both"),
        pytest.param(Limit(), {"site": Limit(5.0), "aaa": Limit(8.0)}, {"site": 5, "aaa": 8}, id="two variables"),
    ],
)
def test_logins_per_second(every: Limit, groups: dict[str, Limit], rates: dict[str, int]) -> None:
    guard = Guard(ADMIN, FAST)
    devices = [
        Device(f"d{number}", steady("ok"), guard, (("site", f"s{number % 4}"), ("aaa", f"a{number % 2}")))
        for number in range(300)
    ]
    run = simulated(devices, Gates(every, groups))
    assert run.count() == {"ok": 300}
    for variable, rate in rates.items():
        values = {dict(device.values).get(variable) for device in devices}
        for value in values:
            began = [run.began[device.name] for device in devices if dict(device.values).get(variable) == value]
            assert most_in(1.0, began) <= rate, (variable, value)
    slowest = min(rate * (1, 4, 2)[("", "site", "aaa").index(variable)] for variable, rate in rates.items())
    assert run.finished == pytest.approx(300 / slowest, rel=0.1)


@pytest.mark.parametrize(
    ("every", "groups", "most"),
    [
        pytest.param(Limit(None, 30), {}, 30, id="all"),
        pytest.param(Limit(), {"site": Limit(None, 5)}, 20, id="each of four sites"),
        pytest.param(Limit(None, 7), {"site": Limit(None, 5)}, 7, id="both"),
    ],
)
def test_max_open_logins(every: Limit, groups: dict[str, Limit], most: int) -> None:
    guard = Guard(ADMIN, FAST)
    devices = [Device(f"d{number}", steady("ok"), guard, (("site", f"s{number % 4}"),)) for number in range(300)]
    run = simulated(devices, Gates(every, groups))
    assert run.count() == {"ok": 300}
    assert run.most_open == most


def test_a_login_counts_as_open_only_until_it_is_accepted() -> None:
    devices = [
        Device(f"d{number}", steady("ok", 0.1), Guard(Credential(f"u{number}"), Rules()), (), 60.0)
        for number in range(100)
    ]
    assert simulated(devices, Gates(Limit(None, 10), {})).finished < 62.0


def test_a_device_without_the_variable_does_not_wait() -> None:
    devices = [Device("one", steady("ok"), None), Device("two", steady("ok"), None, (("site", "s"),))]
    run = simulated(devices, Gates(Limit(), {"site": Limit(0.001)}))
    assert run.finished == pytest.approx(0.1)


def test_a_slow_group_does_not_hold_up_the_others() -> None:
    slow = [Device(f"slow{number}", steady("ok"), None, (("site", "slow"),)) for number in range(100)]
    fast = [Device(f"fast{number}", steady("ok"), None, (("site", f"s{number}"),)) for number in range(100)]
    run = simulated(slow + fast, Gates(Limit(), {"site": Limit(1.0)}))
    assert max(run.began[device.name] for device in fast) == 0.0


def test_pollers_with_the_same_limit_begin_at_different_moments() -> None:
    firsts = set()
    for _poller in range(20):
        gates = Gates(Limit(10.0), {}, jitter=True)
        run = simulated([Device("d", steady("ok"))], gates)
        firsts.add(run.began["d"])
        assert run.began["d"] <= 0.1
    assert len(firsts) == 20


# -- leaving -----------------------------------------------------------------------------------------------------------


def test_who_leaves_does_not_hold_up_the_others() -> None:
    queue = LoginQueue(Gates(Limit(None, 1), {}))
    gates = Gates(Limit(None, 1), {}).of(())
    first, second, third = (Login(name, None, gates) for name in ("first", "second", "third"))
    for login in (first, second, third):
        queue.join(login, 0.0)
    queue.leave(second, "the deadline")
    queue.leave(first, "it has begun")
    queue.end(first, 1.0)
    assert (first.refusal, second.refusal, third.refusal) == (None, "the deadline", None)
    assert third.is_open


# -- the next credential of a device -----------------------------------------------------------------------------------


class Fleet:
    """Devices that try two passwords of one user. ``sent`` are the devices and their passwords, in order."""

    def __init__(self) -> None:
        self.queue = LoginQueue(Gates(Limit(), {}))
        self._user, self._old, self._new = (Guard(Credential("ops", source), Rules()) for source in ("", "old", "new"))
        self.sent: list[tuple[str, str]] = []

    def joined(self, name: str, now: float, *, is_next: bool = False) -> Login:
        guard = self._new if is_next else self._old
        login = Login(name, guard, (), user=self._user, is_next=is_next, has_next=not is_next)
        self.queue.join(login, now)
        return login

    def ask(self, login: Login, now: float) -> None:
        assert login.is_open
        assert login.guard is not None
        source = login.guard.credential.source
        self.queue.ask(login, lambda refusal: self.sent.append((login.name, refusal or source)), now)

    def connected(self, count: int) -> Login:
        """Let devices connect while the first connects slowly. Return the login of the first, which sends first."""
        logins = [self.joined(f"d{number}", 0.0) for number in range(count)]
        self.queue.serve(PATIENCE)
        connected = [login for login in logins if login.is_open]
        assert len(connected) == 1 + GROWTH
        for login in connected:
            self.ask(login, PATIENCE)
        self.queue.serve(4 * PATIENCE)
        assert self.sent == [("d0", "old")]
        return logins[0]


def test_the_next_secret_of_a_device_is_sent_before_those_of_devices_that_wait() -> None:
    fleet = Fleet()
    fleet.queue.refuse(fleet.connected(5), 20.0)
    fleet.queue.serve(20.0)
    assert fleet.sent == [("d0", "old")]
    again = fleet.joined("d0", 20.1, is_next=True)
    fleet.ask(again, 21.0)
    assert fleet.sent == [("d0", "old"), ("d0", "new")]
    fleet.queue.accept(again, 30.0)
    assert fleet.sent[2:] == [("d1", "old")]


def test_the_others_go_on_if_a_device_does_not_try_its_next_secret() -> None:
    fleet = Fleet()
    fleet.queue.refuse(fleet.connected(5), 20.0)
    fleet.queue.serve(20.0 + NEXT_SECONDS / 2)
    assert fleet.sent == [("d0", "old")]
    assert fleet.queue.due <= 20.0 + NEXT_SECONDS
    fleet.queue.serve(20.0 + NEXT_SECONDS)
    assert fleet.sent[1:] == [("d1", "old")]


def test_the_others_go_on_if_a_device_cannot_connect_with_its_next_secret() -> None:
    fleet = Fleet()
    fleet.queue.refuse(fleet.connected(5), 20.0)
    again = fleet.joined("d0", 20.1, is_next=True)
    assert again.is_open
    fleet.queue.drop(again, 21.0)
    assert fleet.sent[1:] == [("d1", "old")]
