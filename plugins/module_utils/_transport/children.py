# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that end with the process that started them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

_PR_SET_PDEATHSIG = 1
_prctl: Any = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def kill_tree(pid: int) -> None:
    """Kill a process and its descendants."""
    for each in (pid, *_descendants(pid)):
        with contextlib.suppress(OSError):
            os.kill(each, signal.SIGKILL)


def _set_death_signal() -> None:
    _prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


DIE_WITH_PARENT: Callable[[], None] | None = None if _prctl is None else _set_death_signal
"""The ``preexec_fn`` of a program that is killed when this process ends.

Its own children stay in the process group, which is killed when a worker ends.
"""


def _descendants(pid: int) -> Iterator[int]:
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return
    for task in tasks:
        children: list[int] = []
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            children = [int(each) for each in file.read().split()]
        for child in children:
            yield child
            yield from _descendants(child)
