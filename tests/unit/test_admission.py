# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which device may log in now: the guard of credentials, and the limits. The time is simulated."""

from __future__ import annotations

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
    MOST_UNPROVEN,
    Credential,
    Guard,
    Rules,
)
from ansible_collections.rollcall.network.plugins.module_utils._engine.login_queue import Login, LoginQueue

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


@dataclass
class Run:
    """A simulated run: what came of each device, and when its login began."""

    outcome: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    began: dict[str, float] = field(default_factory=dict)
    most_open: int = 0
    finished: float = 0.0

    def count(self) -> Counter[str]:
        return Counter(self.outcome.values())


def simulated(devices: Sequence[Device], gates: Gates | None = None, *, seed: int = 1, at_once: int = AT_ONCE) -> Run:
    """Ask the devices, in this order, with as many at a time as the collector has threads."""
    gates = gates or Gates(Limit(), {})
    queue = LoginQueue(gates, random.Random(seed))
    run, order = Run(), itertools.count()
    events: list[tuple[float, int, Callable[[float], None]]] = []
    rest, waiting, is_open = list(reversed(devices)), {}, 0

    def at(moment: float, call: Callable[[float], None]) -> None:
        heapq.heappush(events, (moment, next(order), call))

    def join(now: float) -> None:
        if rest:
            device = rest.pop()
            login = Login(device.name, device.guard, gates.of(device.values), device.enable)
            waiting[login] = device
            queue.join(login, now)

    def decided(now: float) -> None:
        nonlocal is_open
        for login in [each for each in waiting if not each.is_waiting]:
            device = waiting.pop(login)
            if login.refusal is not None:
                run.outcome[device.name], run.refusals[device.name] = "skipped", login.refusal
                at(now, join)
                continue
            is_open += 1
            run.most_open = max(run.most_open, is_open)
            run.began[device.name] = now
            answer, seconds = device.login(now)

            def answered(now: float, login: Login = login, device: Device = device, answer: str = answer) -> None:
                nonlocal is_open
                is_open -= 1
                run.outcome[device.name] = answer
                {"ok": queue.accept, "refused": queue.refuse, "enable": queue.refuse_enable}.get(answer, queue.end)(
                    login, now
                )
                at(now + (device.session if answer == "ok" else 0.0), join)

            at(now + seconds, answered)

    for _thread in range(at_once):
        at(0.0, join)
    now = 0.0
    while events or waiting:
        upcoming = events[0][0] if events else math.inf
        if queue.due < upcoming:
            now = max(now, queue.due)
            queue.serve(now)
        else:
            assert events, "nobody wakes up those that wait"
            now, _number, call = heapq.heappop(events)
            call(now)
        decided(now)
    run.finished = now
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
        pytest.param(Rules(canary=2), False, 4, id="two canaries: the second one is under way at the third refusal"),
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


@pytest.mark.parametrize("answer", ["unreachable", "hangs"])
def test_a_canary_that_does_not_answer_stops_nobody(answer: str) -> None:
    run = simulated(fleet(1000, {0: steady(answer, 10.0)}, Guard(ADMIN, Rules())))
    assert run.count() == {"ok": 999, answer: 1}
    assert run.finished == pytest.approx(10.0)
    assert sorted(run.began.values())[-1] < 3.5  # the second canary goes after two seconds


def test_devices_that_are_off_prove_nothing() -> None:
    """With a wrong password, few logins are under way, however many devices are off."""
    bad = {number: steady("unreachable", 10.0) for number in range(0, 1000, 2)}
    run = simulated(fleet(1000, bad, Guard(ADMIN, Rules()), steady("refused")))
    assert run.count()["refused"] <= 3 + MOST_UNPROVEN
    assert run.most_open <= MOST_UNPROVEN


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
    run = simulated(fleet(1000, {}, Guard(ADMIN, Rules(), canaries=False), steady("refused")))
    assert run.count() == {"refused": AT_ONCE, "skipped": AT_ONCE}
    doubted = Guard(ADMIN, Rules(), canaries=False, doubted=True)
    assert simulated(fleet(1000, {}, doubted, steady("refused"))).count()["refused"] == 1


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
