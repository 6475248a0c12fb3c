# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet over SSH: ten thousand at once, a hundred thousand through a window, and a day on which some are down."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.bench.clients import LIMIT_SECONDS, Answer, bare, lab_apart, ours
from tests.bench.cost import MIB
from tests.bench.goals import at_most, lines
from tests.bench.targets import fleet
from tests.lab import Lab

SLOW = 10_000  # devices of a slow fleet, and the seconds that each takes for its command
LATENCY = 10.0
WINDOW = 1_000  # workers of the large fleet
BAD, TIMEOUT = 10_000, 20.0  # names of a bad day, and its device_timeout
NOWHERE = ("127.45.0.1", 0)


def slow_fleet() -> str:
    """10,000 devices that take ten seconds for their command, all at once, beside a bare asyncssh loop.

    Client and lab have a core each. The times are those of whole programs.
    """
    with lab_apart(SLOW, latency=LATENCY) as lab:
        spec = _spec(lab, SLOW, SLOW, SLOW)
        least = bare("bare_asyncssh", spec, lab)
        own = _slow_fleet(spec, lab, least)
    lost = f", {SLOW - least.ok} lost" if least.ok < SLOW else ""
    return lines(
        *own,
        f"bare asyncssh loop on the same lab: {_cost(least)}{lost}",
    )


def _slow_fleet(spec: dict[str, Any], lab: Lab, least: Answer) -> list[str]:
    try:
        mine = ours("ssh", {**spec, "connect_timeout": 120.0, "command_timeout": 120.0}, lab)
    except subprocess.TimeoutExpired as error:  # the bare loop's figure is worth having all the same
        return [f"{SLOW:,} devices of {LATENCY:g} s at once: not finished after {error.timeout:.0f} s: NOT MET"]
    assert mine.ok == SLOW, mine.more
    return [
        f"{SLOW:,} devices of {LATENCY:g} s at once: all ok, {_cost(mine)}",
        f"wall {at_most(mine.whole.seconds / least.whole.seconds, 1.1, 'x the bare loop')}; all processes "
        f"{at_most(mine.whole.peak_mib * MIB / 1e6, 600, 'MB')}",
    ]


def many() -> str:
    """10,000 names over 2,000 devices; the whole 100,000 is `hundred_thousand`."""
    return _many(2_000, 10_000, "the hundred thousand are asked by `hundred_thousand`")


def hundred_thousand() -> str:
    """100,000 names over 20,000 devices; not among the default ones, for it takes minutes."""
    return _many(20_000, 100_000, "", limit=1200.0)


def _many(devices: int, names: int, note: str, limit: float = LIMIT_SECONDS) -> str:
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as folder:
        with lab_apart(devices) as lab:
            mine = ours("ssh", {**_spec(lab, devices, names, WINDOW), "output_dir": folder}, lab, limit)
        assert mine.ok == names, mine.more
        written = sum(1 for _each in Path(mine.more["run_dir"], "devices").glob("*/result.json"))
    assert written == names, f"{written} of {names} answers in the run folder"
    minutes = at_most(mine.whole.seconds / names * 100_000 / 60, 5, "min per 100,000")
    marks = {mark: mine.whole.mib_at(moment) for mark, moment in mine.more["passed"].items()}
    memory = ", ".join(f"{mib:.0f} MiB at {mark}" for mark, mib in marks.items())
    first, *_rest, last = marks.values()
    rows = [
        f"{names:,} names over {devices:,} devices, {WINDOW:,} workers, run folder complete: {_cost(mine)}; {minutes}",
        f"all processes {memory}: the end is {at_most(last / first, 1.25, 'x the first tenth')}",
    ]
    return lines(*rows, *([note] if note else []))


def bad_day() -> str:
    """10,000 devices: 5 % dead, half of them silent; 2 % hang after the login; 1 % refuse the password."""
    names = [target.name for target in fleet(BAD, BAD)]
    hanging, refusing = names[7::50], names[31::100]
    refused, silent = names[3::40], names[13::40]
    faults = dict.fromkeys(hanging, "hang_command")
    faults |= {name: "wrong_password" for name in refusing if name not in faults}
    faults |= {name: "refuse" for name in refused if name not in faults}
    silent = [name for name in silent if name not in faults]
    bad = {*faults, *silent}
    with _nowhere() as port, lab_apart(BAD, faults=faults) as lab:
        spec = {
            **_spec(lab, BAD, BAD, WINDOW),
            "device_timeout": TIMEOUT,
            "connect_timeout": 10.0,
            "retries": 1,
            "nowhere": silent,
            "nowhere_host": NOWHERE[0],
            "nowhere_port": port,
            "show": names,
        }
        mine = ours("ssh", spec, lab)
    statuses, counts = mine.more["statuses"], mine.more["counts"]
    lost = [name for name in names if name not in bad and statuses[name] != "ok"]
    assert not lost, (len(lost), counts, mine.more["first_errors"])
    wrong = [name for name in bad if statuses[name] == "ok"]
    assert not wrong, wrong[:5]
    late = _end(mine) - max(_moment(mine.more["started"][name]) for name in (*hanging, *silent)) - TIMEOUT
    return lines(
        f"{BAD:,} devices, {len(bad)} bad, every healthy one ok: {counts}; {_cost(mine)}",
        f"the end came {at_most(late, 1.0, 's')} after the device timeout ({TIMEOUT:g} s) of the last silent one",
    )


def _end(answer: Answer) -> float:
    return float(answer.more["began"]) + answer.own.seconds


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _spec(lab: Lab, devices: int, names: int, workers: int) -> dict[str, Any]:
    return {
        "choice": "fleet",
        "devices": devices,
        "names": names,
        "workers": workers,
        "port": lab.port,
        "known_hosts": str(lab.known_hosts),
        "check_host_keys": True,
    }


@contextmanager
def _nowhere() -> Iterator[int]:
    """A port at which connections are neither accepted nor refused: its queue is full."""
    with socket.socket() as listener:
        listener.bind(NOWHERE)
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = []
        try:
            for _each in range(4):
                filler = socket.socket()
                fillers.append(filler)
                filler.setblocking(False)
                filler.connect_ex((NOWHERE[0], port))
            yield port
        finally:
            for filler in fillers:
                filler.close()


def _cost(answer: Answer) -> str:
    return (
        f"{answer.whole.seconds:.1f} s, {answer.ms_each:.2f} CPU ms a device, {answer.whole.peak_mib:.0f} MiB, "
        f"lab busy {answer.lab_share:.0%}"
    )
