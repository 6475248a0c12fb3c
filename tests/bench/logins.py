# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guard of credentials costs a fleet that accepts them, and a run that waits for its limit."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from tests.bench.clients import Answer, lab_apart, ours
from tests.bench.goals import lines
from tests.lab import Lab

FLEET, ROUNDS = 200, 5
LIMITED, SECONDS, TIMEOUT = 2_000, 300.0, 20.0  # devices, and about the duration of the run


def canary() -> str:
    """200 healthy devices with the canary and without it, in turn."""
    with lab_apart(FLEET) as lab:
        rounds = [(_ask(lab, FLEET, login_canary=1), _ask(lab, FLEET, login_canary=0)) for _round in range(ROUNDS)]
    with_it, without = zip(*rounds, strict=True)
    return lines(f"login_canary 1: {_cost(with_it)}", f"login_canary 0: {_cost(without)}")


def limited() -> str:
    """2,000 devices at a limit with which the run takes fifteen times as long as device_timeout; takes five minutes."""
    with lab_apart(LIMITED) as lab:
        answer = _ask(lab, LIMITED, logins_per_second=LIMITED / SECONDS, device_timeout=TIMEOUT, limit=SECONDS * 2)
    return lines(
        f"{LIMITED:,} devices, {LIMITED / SECONDS:.1f} logins per second, device_timeout {TIMEOUT:g} s: "
        f"{answer.own.seconds:.0f} s, {answer.more['counts']}"
    )


def _ask(lab: Lab, count: int, limit: float = 120.0, **settings: Any) -> Answer:
    spec = {
        "choice": "fleet",
        "devices": count,
        "names": count,
        "workers": 500,
        "port": lab.port,
        "known_hosts": str(lab.known_hosts),
        **settings,
    }
    answer = ours("ssh", spec, lab, limit)
    assert answer.ok == count, answer.more
    return answer


def _cost(answers: Sequence[Answer]) -> str:
    walls, cpus = [each.own.seconds for each in answers], [each.ms_each for each in answers]
    return (
        f"{median(walls):.2f} s ({min(walls):.2f} to {max(walls):.2f}), "
        f"{median(cpus):.2f} CPU ms a device ({min(cpus):.2f} to {max(cpus):.2f})"
    )
