# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One name's turn: its deadline, the phase it is in, and how to cut its line from another thread."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ._result import Phase

# Python runs one thread at a time and hands over at each call into libssh2, some fifty times a device. Among hundreds
# of threads that costs little. Of thousands awake at once each waits for all others every time: docs/benchmarks.md.
TURNS = 4
LONGEST_WAIT = 10.0  # seconds, for a turn: having one is a matter of speed only

Turns = queue.SimpleQueue[None]


def turns() -> Turns:
    """The turns of one roll call: of those who have work to do, so many do it at the same time."""
    free: Turns = queue.SimpleQueue()
    for _turn in range(TURNS):
        free.put(None)
    return free


class Call:
    """What the collector and the asked function share while one name is asked.

    ``deadline`` is a moment of ``time.monotonic()``, or None. The asked function may read it, say which phase it is in
    with ``enter``, and leave a way to end its connection with ``on_cut``.
    """

    __slots__ = (
        "_cut",
        "_entered",
        "_has_turn",
        "_phase_began",
        "_settled",
        "_turns",
        "attempts",
        "deadline",
        "finished_at",
        "name",
        "phase",
        "received",
        "seconds",
        "shared",
        "started_at",
    )

    def __init__(self, name: str, deadline: float | None = None, turns: Turns | None = None) -> None:
        self.name = name
        self.deadline = deadline
        self.attempts = 0
        self.received: Any = None  # what an earlier attempt brought before it failed
        self.shared: Any = None  # what the calls of one run have in common: the driver's own
        self.started_at = datetime.now(UTC)
        self.finished_at: datetime | None = None
        self.phase: Phase = "command"
        self.seconds: dict[str, float] = {}
        self._phase_began: float | None = None
        self._entered = False
        self._cut: Callable[[], None] | None = None
        self._settled = threading.Lock()
        self._turns = turns
        self._has_turn = False

    def remaining(self) -> float | None:
        """Seconds until the deadline, never below 0; None when there is none."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def enter(self, phase: Phase) -> None:
        """Book the time so far on the phase that ends here, and begin another."""
        if self._entered:
            self.pause()
        self._entered = True
        self.phase, self._phase_began = phase, time.monotonic()

    def pause(self) -> None:
        """Book the time so far; what follows counts for no phase until the next one begins."""
        if self._phase_began is not None:
            spent = time.monotonic() - self._phase_began
            self.seconds[self.phase] = self.seconds.get(self.phase, 0.0) + spent
            self._phase_began = None

    def resume(self) -> None:
        """Begin an attempt: until the first phase is entered, the time counts for the phase there was."""
        self._entered = False
        self._phase_began = time.monotonic()

    def finish(self) -> None:
        """Stop the clock: the answer is there, whenever the collector comes to book it."""
        self.pause()
        self.finished_at = datetime.now(UTC)

    def seconds_by_phase(self) -> dict[str, float]:
        """The time of each phase up to now, the running one included. Safe from another thread."""
        seconds = dict(self.seconds)
        began = self._phase_began
        if began is not None:
            seconds[self.phase] = seconds.get(self.phase, 0.0) + time.monotonic() - began
        return seconds

    def take_turn(self) -> None:
        """Wait for a turn to work, not beyond the deadline. Who has one ends it before waiting for anything else."""
        if self._turns is not None and not self._has_turn:
            left = self.remaining()
            with contextlib.suppress(queue.Empty):  # then it works without one
                self._turns.get(timeout=LONGEST_WAIT if left is None else min(left, LONGEST_WAIT))
                self._has_turn = True

    def end_turn(self) -> None:
        """Let another one work; what follows may take its time."""
        if self._turns is not None and self._has_turn:
            self._has_turn = False
            self._turns.put(None)

    def on_cut(self, cut: Callable[[], None] | None) -> None:
        """Leave what ends the connection at once when called from another thread, or None to take it back."""
        self._cut = cut

    def cut(self) -> None:
        """End the connection, if there is one. An error while it ends is of no interest any more."""
        cut = self._cut
        if cut is not None:
            with contextlib.suppress(Exception):
                cut()

    def settle(self) -> bool:
        """True for the one who asks first: only one side, the asked thread or the collector, may give the result."""
        return self._settled.acquire(blocking=False)
