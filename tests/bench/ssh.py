# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one device costs the client: login, prompt, paging off, one command."""

from __future__ import annotations

from typing import Any

from tests.bench.clients import NO_PEERS, Answer, bare, lab_apart, ours, peer
from tests.bench.goals import at_least, at_most, lines
from tests.lab import Lab

DEVICES = 2_400  # of which 200 are IOS devices without enable
OURS = {200: 2_000, 1000: 4_000}  # names by number of workers
SLOW = {200: 400, 1000: 1_000}  # those of the peers that need long
LEAST = {"netmiko_pool": 5.0, "nornir_netmiko_task": 5.0, "scrapli_cli": 4.0}
RUNS = 3  # of ours and of the bare loop in turn; the cheapest of each counts, for what disturbs only adds
PEER_RUNS = 2
MOST_SCRAPLI = 200  # with 350 threads and more it crashes


def ssh_cpu() -> str:
    """CPU per device on one core, the lab on the other, beside a bare libssh2 loop and the field's clients."""
    with lab_apart(DEVICES) as lab:
        return lines(f"client on one core, the lab of {DEVICES:,} devices on another", *_rows(lab))


def _rows(lab: Lab) -> list[str]:
    rows = []
    for workers, names in OURS.items():
        spec = {
            "choice": "ios",
            "devices": DEVICES,
            "names": names,
            "workers": workers,
            "port": lab.port,
            "known_hosts": str(lab.known_hosts),
        }
        pairs = [(ours("ssh", spec, lab), bare("bare_ssh2", spec, lab)) for _run in range(RUNS)]
        assert all(each.ok == names for pair in pairs for each in pair), pairs
        mine, least = (min(each, key=lambda answer: answer.cpu_ms_each) for each in zip(*pairs, strict=True))
        ratio = mine.cpu_ms_each / least.cpu_ms_each
        rows.append(f"{workers} workers: {_cost(mine)}; bare loop {_cost(least)}: {at_most(ratio, 2, 'x')}")
        rows += [
            _beside(script, {**spec, "names": SLOW[workers]}, lab, mine)
            for script in LEAST
            if script != "scrapli_cli" or workers <= MOST_SCRAPLI
        ]
    return rows


def _beside(script: str, spec: dict[str, Any], lab: Lab, mine: Answer) -> str:
    found = [peer(script, spec, lab) for _run in range(PEER_RUNS)]
    answered = [each for each in found if each is not None and each.ok]
    if not answered:
        return f"  {script} {NO_PEERS if None in found else ': no device answered'}"
    theirs = min(answered, key=lambda answer: answer.cpu_ms_each)
    lost = f", {spec['names'] - theirs.ok} of {spec['names']} lost" if theirs.ok < spec["names"] else ""
    ratio = theirs.cpu_ms_each / mine.cpu_ms_each
    return f"  {script} {_cost(theirs)}{lost}: {at_least(ratio, LEAST[script], 'x ours')}"


def _cost(answer: Answer) -> str:
    return (
        f"{answer.cpu_ms_each:.2f} CPU ms a device, {answer.ok / answer.cost.seconds:.0f} devices/s, "
        f"{answer.cost.peak_mib:.0f} MiB, lab busy {answer.lab_share:.0%}"
    )
