# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the watchdog of a session worker interrupts. Its timers belong to a process, so each test has its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import asyncio, gc, os, sys, time
from ansible_collections.rollcall.network.plugins.module_utils._engine import watchdog

watchdog.LOOK, watchdog.INTERRUPT, watchdog.KILL = 0.01, 0.05, float(sys.argv[2])
kept = [[] for _number in range(1_000_000)]
gc.disable()

def collect():
    end = time.thread_time() + 0.5
    while time.thread_time() < end:
        gc.collect()

def compute():
    end = time.thread_time() + 0.5
    while time.thread_time() < end:
        pass

def compute_and_collect():
    gc.enable()
    gc.set_threshold(1000, 1000, 1000)
    end = time.thread_time() + 0.5
    while time.thread_time() < end:
        [[] for _number in range(2000)]

async def main():
    interrupted = asyncio.Event()
    watchdog.Watchdog(interrupted.set).start()
    work = {"collect": collect, "compute": compute, "both": compute_and_collect}[sys.argv[1]]
    asyncio.get_running_loop().call_soon(work)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print("interrupted" if interrupted.is_set() else "not interrupted", flush=True)
    os._exit(0)  # before Python removes the handlers of signals

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("work", "kill", "said"),
    [("collect", 0.1, "not interrupted"), ("compute", 5.0, "interrupted"), ("both", 5.0, "interrupted")],
)
def test_a_callback_is_interrupted_but_not_for_the_collection_of_garbage(work: str, kill: float, said: str) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "collections")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, work, str(kill)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=env,
    )
    assert (done.returncode, done.stdout.strip()) == (0, said), done.stderr
