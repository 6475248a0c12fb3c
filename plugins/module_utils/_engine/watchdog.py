# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Detect a callback of the event loop that uses too much CPU time.

Timers of the process's own CPU time are used, so neither other processes nor a late parent have an influence. A regular
expression calls the handler of a signal while it searches. Other code in C may not: then the handler does not set the
last timer again, and the system ends the process.

The time of garbage collections does not count. They begin in any callback, and clean up after all of them.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import time
from collections.abc import Callable
from types import FrameType

LOOK = 0.25  # seconds of CPU time between looks
INTERRUPT = 1.0  # seconds of CPU time of one callback
KILL = 2.0
STUCK = signal.SIGVTALRM  # ends the process
_RUN = asyncio.Handle._run.__code__


class Watchdog:
    """Calls ``interrupt`` in a callback that has used ``INTERRUPT`` seconds, and ends the process after ``KILL``."""

    def __init__(self, interrupt: Callable[[], None]) -> None:
        """
        :param interrupt: may raise an exception, which is raised in the callback. It is called again if that continues.
        """
        self._interrupt = interrupt
        self._callback: FrameType | None = None
        self._since = 0.0
        self._collecting = (0.0, 0.0)  # when a collection began, and what was left of the last timer

    def start(self) -> None:
        """Start it in the main thread."""
        signal.signal(signal.SIGPROF, self._look)
        signal.signal(STUCK, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, LOOK, LOOK)
        signal.setitimer(signal.ITIMER_VIRTUAL, KILL)
        gc.callbacks.append(self._collect)

    def _collect(self, step: str, _counts: object) -> None:
        if step == "start":
            self._collecting = time.thread_time(), signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)[0]
        else:
            began, left = self._collecting
            self._since += time.thread_time() - began
            signal.setitimer(signal.ITIMER_VIRTUAL, left or KILL)

    def _look(self, _signal: int, frame: FrameType | None) -> None:
        while frame is not None and frame.f_code is not _RUN:
            frame = frame.f_back
        used = time.thread_time()  # without the threads
        if frame is None or frame is not self._callback:
            self._callback, self._since = frame, used
        if used - self._since >= KILL:
            signal.raise_signal(STUCK)
        signal.setitimer(signal.ITIMER_VIRTUAL, KILL)
        if used - self._since >= INTERRUPT:
            self._interrupt()
