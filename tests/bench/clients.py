# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the measured scripts, ours and the peers', and reads the one line that each prints."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.cost import Cost, cpu_of_tree, on_core
from tests.bench.tree import TreeCost, run_tree
from tests.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".cache" / "peers"
NO_PEERS = "not compared: run `make peers`"
LIMIT_SECONDS = 240.0


@dataclass(frozen=True)
class Answer:
    """What a script printed: how many names answered well, at what cost, and what else it had to say.

    ``own`` is the cost of the measured block in the script's own process. ``whole`` is the cost of the whole program:
    its start, the imports, and all its processes. Programs with worker processes are compared by ``whole``.
    """

    ok: int
    own: Cost
    whole: TreeCost
    more: dict[str, Any]
    lab_share: float = 0.0  # of the wall time in which the lab computed: at 1 the lab is the limit

    @property
    def own_ms_each(self) -> float:
        return self.own.cpu_seconds * 1000 / self.ok

    @property
    def ms_each(self) -> float:
        """CPU ms per device of the whole program, its start included."""
        return self.whole.cpu_seconds * 1000 / self.ok

    def ms_more(self, few: Answer) -> float:
        """CPU ms for each device more than those of a smaller run: without the start of the program."""
        return (self.whole.cpu_seconds - few.whole.cpu_seconds) * 1000 / (self.ok - few.ok)


def ours(
    script: str,
    spec: dict[str, Any],
    lab: Lab | None = None,
    limit: float = LIMIT_SECONDS,
    pinned: AbstractContextManager[None] | None = None,
) -> Answer:
    """Run tests/bench/ours/<script>.py with this Python.

    :param pinned: other cores than those of the rule, see ``_run``.
    :raises TimeoutExpired: after ``limit`` seconds.
    :raises RuntimeError: also when a process was left behind.
    """
    answer = _run([sys.executable, "-m", f"tests.bench.ours.{script}"], spec, lab, limit, pinned)
    if answer.whole.left:
        msg = f"{script}: {answer.whole.left} processes were there 2 s after the end of the program"
        raise RuntimeError(msg)
    return answer


def bare(script: str, spec: dict[str, Any], lab: Lab | None = None) -> Answer:
    """Run tests/bench/peers/<script>.py, of a peer that needs no more than we do, with this Python."""
    return _run([sys.executable, "-m", f"tests.bench.peers.{script}"], spec, lab)


def peer(script: str, spec: dict[str, Any], lab: Lab | None = None) -> Answer | None:
    """Run tests/bench/peers/<script>.py in the peers' environment; None where that is missing."""
    if not (PEERS / "made").exists():
        return None
    return _run([str(PEERS / "bin" / "python"), "-m", f"tests.bench.peers.{script}"], spec, lab)


@contextmanager
def lab_apart(devices: int, faults: Mapping[str, str] | None = None, latency: float = 0.0) -> Iterator[Lab]:
    """A light lab on the second core."""
    lab = Lab(devices, faults=faults, healthy=True, light=True, latency=latency)
    with on_core(1):
        lab.__enter__()
    try:
        yield lab
    finally:
        lab.__exit__(None, None, None)


def _run(
    command: list[str],
    spec: dict[str, Any],
    lab: Lab | None,
    limit: float = LIMIT_SECONDS,
    pinned: AbstractContextManager[None] | None = None,
) -> Answer:
    """With a lab, the script and its processes have the first core and the lab, see `lab_apart`, the other one.

    Raises RuntimeError, with the end of what the script said, when it fails.
    """
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'collections'}", "PYTHONWARNINGS": "ignore"}
    before = cpu_of_tree(lab.pid) if lab else 0.0
    rule = on_core(0) if lab else nullcontext()
    done = run_tree(command, ROOT, environment, given=json.dumps(spec), limit=limit, pinned=pinned or rule)
    after = cpu_of_tree(lab.pid) if lab else 0.0
    if done.code != 0:
        msg = f"{' '.join(command[1:])} ended with {done.code}: {done.output[-500:]} {done.errors[-1500:]}"
        raise RuntimeError(msg)
    said = json.loads(done.output.strip().splitlines()[-1])
    own = Cost(said.pop("seconds"), said.pop("cpu_seconds"), said.pop("peak_mib"))
    return Answer(said.pop("ok"), own, done, said, (after - before) / done.seconds)
