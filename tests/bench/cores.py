# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that is the client's, with one core and with two."""

from __future__ import annotations

import os
import tempfile
from contextlib import nullcontext
from typing import Any

from tests.bench.clients import Answer, ours
from tests.bench.cost import on_core
from tests.bench.goals import at_least, lines
from tests.bench.targets import fleet
from tests.lab import Lab

DEVICES = 96
REPEAT = 300  # times that a device's tables are as long as usual
WORKERS = 32


def cores() -> str:
    """Long tables of devices to rows, and compared with the last good ones: the wall time on one core and on two."""
    if len(os.sched_getaffinity(0)) < 2:
        return "not measured: needs two cores"
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as folder:
        with Lab(DEVICES, healthy=True, light=True, repeat=REPEAT) as lab:
            _ask(lab, folder, cores=2)  # the answers to compare with
        with Lab(DEVICES, healthy=True, light=True, repeat=REPEAT, age=1) as lab:
            two, one = _ask(lab, folder, cores=2), _ask(lab, folder, cores=1)
    texts = sum(len(target.tables) for target in fleet(DEVICES, DEVICES))
    return lines(
        f"{texts} texts of {DEVICES} devices, tables {REPEAT} times as long as usual, to rows and compared: "
        f"{one.own.seconds:.1f} s on one core, {two.own.seconds:.1f} s on two: "
        f"{at_least(one.own.seconds / two.own.seconds, 1.7, 'x')}",
        f"CPU of all processes {one.whole.cpu_seconds:.1f} and {two.whole.cpu_seconds:.1f} s; the lab, on the same "
        f"cores, {one.lab_share * one.whole.seconds:.1f} and {two.lab_share * two.whole.seconds:.1f} s",
    )


def _ask(lab: Lab, folder: str, *, cores: int) -> Answer:
    spec: dict[str, Any] = {
        "choice": "fleet",
        "devices": DEVICES,
        "names": DEVICES,
        "workers": WORKERS,
        "port": lab.port,
        "known_hosts": str(lab.known_hosts),
        "tables": True,
        "compare": True,
        "output_dir": folder,
    }
    answer = ours("ssh", spec, lab, pinned=on_core(0) if cores == 1 else nullcontext())
    parsed = sum(is_parsed for target in fleet(DEVICES, DEVICES) for _command, is_parsed in target.tables)
    assert answer.ok == answer.more["compared"] == DEVICES, answer.more
    assert answer.more["rows_ok"] == parsed, (parsed, answer.more)
    return answer
