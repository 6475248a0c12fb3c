# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs over 50 devices under faults: 20 of the 500 of `make chaos`, which also says how to run one of them again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.integration.chaos import SEEDS, TROUBLES, Chaos, plan_of
from tests.integration.chaos_faults import FAULTS

AT_ONCE = int(os.environ.get("CHAOS_AT_ONCE", "4"))
AGAIN = 2  # further attempts of a run that has failed, alone
# All troubles are among them.
SOME = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 16, 17, 19, 20, 22, 23, 24)

Runs = tuple[Chaos, dict[int, Future[list[str]]]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Runs]:
    seeds = [
        int(str(item.callspec.params["seed"]))
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.module is request.module and hasattr(item, "callspec")
    ]
    with Chaos(tmp_path_factory.mktemp("chaos")) as chaos, ThreadPoolExecutor(AT_ONCE) as pool:
        yield chaos, {seed: pool.submit(chaos.run, plan_of(seed)) for seed in seeds}


# A run that has failed waits until all others have ended before it is tried again.
@pytest.mark.cases(20)
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SOME)
def test_a_run_under_faults_is_whole_in_time_and_leaves_nothing(seed: int, runs: Runs) -> None:
    chaos, begun = runs
    wrong = begun[seed].result()
    for attempt in range(AGAIN):
        if not wrong:
            break
        for other in begun.values():
            other.result()
        wrong = chaos.run(plan_of(seed), f"again{attempt}")
    assert not wrong, "\n".join([*wrong, f"to run it again: make chaos CHAOS={seed}"])


def test_the_seeds_cover_all_faults_and_troubles() -> None:
    plans = [plan_of(seed) for seed in range(1, SEEDS + 1)]
    assert {fault for plan in plans for fault in plan.faults.values()} == set(FAULTS)
    assert {plan.trouble for plan in plans} == {*TROUBLES, "nothing"}
    assert {plan.trouble for plan in map(plan_of, SOME)} == {*TROUBLES, "nothing"}
    assert str(plan_of(7)) == str(plan_of(7))
