# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine alone: names that cost nothing, and names that only take time."""

from __future__ import annotations

from tests.bench.clients import NO_PEERS, bare, ours, peer
from tests.bench.goals import at_most, lines

NAMES = 10_000
WORKERS = 500
RUNS = 3
NAP = 10.0


def collector() -> str:
    """10,000 names that return at once, beside Nornir's ThreadedRunner with as many workers: CPU, the best of three."""
    spec = {"names": NAMES, "workers": WORKERS}
    mine, theirs = [], []
    for _run in range(RUNS):
        mine.append(ours("collector", spec))
        theirs.append(peer("nornir_noop", spec))
    assert all(each.ok == NAMES for each in mine)
    own = min(each.own.cpu_seconds for each in mine)
    first = f"{own:.3f} CPU s for {NAMES:,} names, {WORKERS} workers"
    found = [each for each in theirs if each is not None]
    if not found:
        return lines(first, f"Nornir {NO_PEERS}")
    assert all(each.ok == NAMES for each in found)
    nornir = min(each.own.cpu_seconds for each in found)
    return lines(first, f"Nornir's engine {nornir:.3f} CPU s; ours takes {at_most(own / nornir, 0.5, 'x')}")


def naps() -> str:
    """10,000 names that take ten seconds each, all at once."""
    spec = {"names": NAMES, "nap": NAP}
    mine = ours("naps", spec)
    pool, tasks = bare("naps", {**spec, "with": "threads"}), bare("naps", {**spec, "with": "asyncio"})
    assert mine.ok == pool.ok == tasks.ok == NAMES
    return lines(
        f"{mine.own.seconds:.2f} s for {NAMES:,} naps of {NAP:g} s at once: "
        f"{at_most(mine.own.seconds / NAP, 1.1, 'x')}; {mine.own.cpu_seconds:.1f} CPU s, "
        f"{mine.own.peak_mib:.0f} MiB",
        f"ThreadPoolExecutor({NAMES}) {pool.own.seconds:.2f} s, {pool.own.cpu_seconds:.1f} CPU s, "
        f"{pool.own.peak_mib:.0f} MiB; asyncio.sleep {tasks.own.seconds:.2f} s, {tasks.own.cpu_seconds:.1f} CPU s, "
        f"{tasks.own.peak_mib:.0f} MiB",
    )
