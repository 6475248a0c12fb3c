# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one device costs the client: beside a bare loop of the same library, and the clients that people use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.bench.clients import NO_PEERS, Answer, bare, lab_apart, ours, peer
from tests.bench.goals import at_least, at_most, lines
from tests.lab import Lab

DEVICES = 2_400  # of which 200 are IOS devices without enable
OURS = {200: 2_000, 1000: 4_000}  # names by number at once
SLOW = {200: 400, 1000: 1_000}  # those of the peers that need long
LEAST = {"netmiko_pool": 2.0, "nornir_netmiko_task": 2.0, "scrapli_cli": 2.0}
RUNS = 3  # of ours and of the bare loop in turn; the cheapest of each counts, for what disturbs only adds
PEER_RUNS = 2
MOST_SCRAPLI = 200  # with 350 threads and more it crashes


@dataclass(frozen=True)
class Pair:
    """A run, and one with a single device: their difference is what the other devices cost."""

    run: Answer
    one: Answer

    @property
    def ms(self) -> float:
        """CPU ms for each device more, in all processes: without the start of the program."""
        return self.run.ms_more(self.one)


def ssh_200() -> str:
    """CPU per device with 200 at once."""
    return _row(200)


def ssh_1000() -> str:
    """CPU per device with 1,000 at once."""
    return _row(1000)


def _row(workers: int) -> str:
    """The client with all its processes on one core, the lab on the other."""
    with lab_apart(DEVICES) as lab:
        spec = {
            "choice": "ios",
            "devices": DEVICES,
            "names": OURS[workers],
            "workers": workers,
            "port": lab.port,
            "known_hosts": str(lab.known_hosts),
            "check_host_keys": True,
        }
        first_mine, first_bare = _one(ours, "ssh", spec, lab), _one(bare, "bare_asyncssh", spec, lab)
        mine, least = [], []
        for _run in range(RUNS):
            mine.append(Pair(ours("ssh", spec, lab), first_mine))
            least.append(Pair(bare("bare_asyncssh", spec, lab), first_bare))
        assert all(each.run.ok == spec["names"] for each in (*mine, *least)), (mine, least)
        own, loop = _cheapest(mine), _cheapest(least)
        unchecked = bare("bare_asyncssh", {**spec, "check_host_keys": False}, lab)
        rows = [
            f"{OURS[workers]:,} names, {workers} at once: {_cost(own)}",
            f"bare asyncssh loop {_cost(loop)}: ours takes {at_most(own.ms / loop.ms, 1.3, 'x')}, "
            f"{own.run.ms_each / loop.run.ms_each:.2f} x with the start of both programs",
            f"bare loop without a check of host keys {unchecked.ms_more(first_bare):.2f} CPU ms",
        ]
        rows += [
            _beside(script, {**spec, "names": SLOW[workers]}, lab, own)
            for script in LEAST
            if script != "scrapli_cli" or workers <= MOST_SCRAPLI
        ]
    return lines(*rows)


def _one(run: Any, script: str, spec: dict[str, Any], lab: Lab) -> Any:
    return run(script, {**spec, "names": 1}, lab)


def _cheapest(pairs: list[Pair]) -> Pair:
    return min(pairs, key=lambda pair: pair.ms)


def _beside(script: str, spec: dict[str, Any], lab: Lab, mine: Pair) -> str:
    one = _one(peer, script, spec, lab)
    found = [peer(script, spec, lab) for _run in range(PEER_RUNS)]
    answered = [Pair(each, one) for each in found if each is not None and each.ok > 1]
    if not answered:
        return f"  {script} {NO_PEERS if None in found else ': no device answered'}"
    theirs = _cheapest(answered)
    lost = f", {spec['names'] - theirs.run.ok} of {spec['names']} lost" if theirs.run.ok < spec["names"] else ""
    return f"  {script} {_cost(theirs)}{lost}: {at_least(theirs.ms / mine.ms, LEAST[script], 'x ours')}"


def _cost(pair: Pair) -> str:
    run, one = pair.run, pair.one
    return (
        f"{pair.ms:.2f} CPU ms a device ({run.ms_each:.2f} with the start, {one.whole.cpu_seconds:.2f} s), "
        f"{run.ok / run.whole.seconds:.0f} devices/s, {run.whole.peak_mib:.0f} MiB, lab busy {run.lab_share:.0%}"
    )
