# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Progress output of a run: a line at intervals, and with ``-v`` a line for each device.

ansible-runner, and so AWX, makes an event of each line. There, ``-v`` shows only the first devices that failed.
"""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from typing import Protocol

from ansible_collections.rollcall.network.plugins.module_utils._model.visible import in_line, visible
from ansible_collections.rollcall.network.plugins.module_utils._result import Result
from ansible_collections.rollcall.network.plugins.module_utils.collector import Event


class Display(Protocol):
    """The methods of Ansible's display that are used here."""

    def display(self, msg: str) -> None: ...
    def v(self, msg: str, host: str | None = None) -> None: ...


# Seconds since the start, and the interval between lines until then. Long runs print fewer: AWX stores every line.
PACES = ((10.0, 2.0), (120.0, 10.0), (math.inf, 60.0))


MOST_LINES = 100  # of devices, where each line is an event


def most_lines() -> int | None:
    """Return how many lines of devices are displayed at most; None if there is no limit."""
    return MOST_LINES if "AWX_ISOLATED_DATA_DIR" in os.environ else None


class Progress:
    """Print the collector's events as lines, and keep its warnings for the task's result."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._began = time.monotonic()
        self._next = self._began + PACES[0][1]
        self._counts: Counter[str] = Counter()
        self._not_asked = 0
        self._ended = False
        self._most = most_lines()
        self._shown = 0
        self._left = (self._began, 0.0)  # when the last answer came, and how long the rest would take at this rate
        self.warnings: list[str] = []

    def __call__(self, event: Event) -> None:
        if event.kind == "warning":
            self.warnings.append(str(event.message))
            return
        if event.result is not None:
            self._counts[event.result.status] += 1
            now = time.monotonic()
            if event.result.error is not None and event.result.error.phase == "resolve":
                self._not_asked += 1  # they took no time
            else:
                rate = (now - self._began) / (event.done - self._not_asked)
                self._left = now, rate * (event.total - event.done)
            self._show(event.name or "", event.result)
        now = time.monotonic()
        if self._ended:
            return
        # Not event.done: another thread can tell of an answer's end before the answer itself is told.
        self._ended = self._counts.total() == event.total
        if now >= self._next or self._ended:
            self._display.display(in_line(self._line(event, now - self._began)))
            self._next = now + next(pace for until, pace in PACES if now - self._began < until)

    def _show(self, name: str, result: Result) -> None:
        """Display a line for a device, with ``-v``."""
        if self._most is not None:
            if result.status == "ok" or self._shown > self._most:
                return
            self._shown += 1
            if self._shown > self._most:
                self._display.v("more devices have no full answer: see events.jsonl in the run folder, or the reports")
                return
        why = f": {result.error.message}" if result.error else ""
        self._display.v(visible(f"{result.status} after {sum(result.seconds.values()):.1f} s{why}"), host=in_line(name))

    def _line(self, event: Event, seconds: float) -> str:
        ok = self._counts["ok"]
        partial = self._counts["partial"]
        some = f"{partial} partial, " if partial else ""
        done = self._counts.total()
        failed = done - ok - partial
        line = f"roll call: {done}/{event.total} done, {ok} ok, {some}{failed} failed, {seconds:.0f} s"
        if done == event.total:
            return line
        if event.oldest:
            line += f"; longest open: {event.oldest}"
        # Counted down from the last answer: a device that hangs must not make the others seem slow.
        said_at, left = self._left
        if (rest := left - (self._began + seconds - said_at)) >= 1:
            line += f"; about {rest:.0f} s to go"
        return line
