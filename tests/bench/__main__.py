# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.bench [name ...]`: run the benchmarks, all or some, and print a row for each."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
import traceback
from collections.abc import Callable

from tests.bench import (
    bastion,
    collecting,
    cores,
    engines,
    fleet,
    inventory,
    logins,
    memory,
    parsing,
    playbook,
    pollers,
    reading,
    redaction,
    reporting,
    ssh,
)

BENCHES: dict[str, Callable[[], str]] = {
    "ten_names": collecting.ten_names,
    "collector": engines.collector,
    "naps": engines.naps,
    "reader": reading.reader,
    "parsing": parsing.parsing,
    "redaction": redaction.redaction,
    "memory": memory.memory,
    "inventory": inventory.inventory,
    "reports": reporting.reports,
    "ssh_200": ssh.ssh_200,
    "ssh_1000": ssh.ssh_1000,
    "cores": cores.cores,
    "bastion": bastion.bastion,
    "thousand_devices": collecting.thousand_devices,
    "playbook": playbook.playbook,
    "poller": pollers.poller,
    "many": fleet.many,
    "bad_day": fleet.bad_day,
    "canary": logins.canary,
    "slow_fleet": fleet.slow_fleet,
}
# Run only when named.
LONG: dict[str, Callable[[], str]] = {
    "hundred_thousand": fleet.hundred_thousand,
    "limited": logins.limited,
    "nights": playbook.nights,
}


def main(names: list[str]) -> int:
    """0 when every row was measured, whether its goal is met or not; 1 when a result was wrong."""
    known = BENCHES | LONG
    unknown = set(names) - set(known)
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    load = os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0))
    print(f"Python {platform.python_version()}, {cores} cores, load {load:.1f} before the first row.")
    print("Wall times are of this machine at this moment; the ratios are what counts.", flush=True)
    wrong = [name for name in names or BENCHES if not _run(name, known[name])]
    if wrong:
        print(f"wrong or incomplete: {', '.join(wrong)}", file=sys.stderr)
    return 1 if wrong else 0


def _run(name: str, bench: Callable[[], str]) -> bool:
    began = time.monotonic()
    try:
        row = bench()
    except subprocess.TimeoutExpired as error:
        row = f"not finished after {error.timeout:.0f} s: NOT MET"
    except Exception:  # the other rows are worth having all the same
        print(f"{name}: {traceback.format_exc()}", flush=True)
        return False
    print(f"{name}: {row}\n    ({time.monotonic() - began:.0f} s)", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
