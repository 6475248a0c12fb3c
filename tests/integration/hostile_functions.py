# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions for ``driver: python`` that do what none should. They are called in processes of the run."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
import time

MOST_MEMORY = 3_000_000_000  # bytes; a run that does not bound it must not take the machine with it
STEP = 50_000_000


def backtracks(name: str) -> bool:
    """A regular expression without end, which holds the interpreter's lock."""
    return re.match(r"(a+)+$", "a" * 60 + "b") is None


def spins(name: str) -> None:
    while True:
        pass


def exits_at_once(name: str) -> None:
    os._exit(1)


def crashes(name: str) -> None:
    ctypes.string_at(0)


def takes_memory(name: str) -> int:
    taken: list[bytearray] = []
    while len(taken) * STEP < MOST_MEMORY:
        taken.append(bytearray(b"x") * STEP)
        time.sleep(0.02)
    time.sleep(60)
    return len(taken)


def leaves_children(name: str) -> str:
    """Children in the same process group, in a session of their own, and orphans of an orphan."""
    sleep = [sys.executable, "-c", "import time; time.sleep(120)"]
    for new_session in (False, True):
        nowhere = subprocess.DEVNULL
        subprocess.Popen(sleep, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=new_session)
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            time.sleep(120)
        os._exit(0)
    if os.fork() == 0:  # holds every descriptor that it inherits
        time.sleep(120)
        os._exit(0)
    return "done"


def swallows_everything(name: str) -> None:
    while True:
        try:
            while True:
                time.sleep(0.01)
        except BaseException:  # what an engine raises here to end it
            continue


def returns_half_a_gigabyte(name: str) -> str:
    return "x" * 500_000_000


def closes_descriptors(name: str) -> str:
    os.closerange(0, 1024)
    return "done"


def prints_much(name: str) -> str:
    for descriptor in (1, 2):
        for _time in range(1_000):
            os.write(descriptor, b"\x00\xff{}\n" * 2_000)
    return "done"
