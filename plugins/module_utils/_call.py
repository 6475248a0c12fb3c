# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of one name while it is asked: deadline, phase, and how to close its connection from another thread."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from ._result import Phase, Sent


class Call:
    """The state that the collector and the function share while one name is asked.

    ``deadline`` is a value of ``time.monotonic()``, or None. The function may read it, set its phase with ``enter``,
    and set a callback that closes its connection with ``on_cut``.
    """

    __slots__ = (
        "_cut",
        "_cutting",
        "_entered",
        "_is_cut",
        "_phase_began",
        "_settled",
        "attempts",
        "began",
        "deadline",
        "finished_at",
        "has_next",
        "limit",
        "name",
        "phase",
        "received",
        "refused",
        "seconds",
        "sent",
        "started_at",
        "until",
    )

    def __init__(self, name: str, deadline: float | None = None) -> None:
        self.name = name
        self.deadline = deadline
        self.limit = (
            "device_timeout",
            "device_timeout",
        )  # kind of error at the deadline, and the option
        self.attempts = 0
        self.began: float | None = None  # when its work began, if not in this thread; a value of time.monotonic()
        self.until: float | None = None  # when its own time ends, if its work is not done in this thread
        self.received: Any = None  # received by an earlier attempt before it failed
        self.refused: dict[int, Any] = {}  # errors by the number of the credential; it is not tried again
        self.has_next = False  # after the credential that is tried, there is another one of the same user
        self.sent: Sent = ()  # in each session so far; None for one of which it is not known
        self.started_at = datetime.now(UTC)
        self.finished_at: datetime | None = None
        self.phase: Phase = "command"
        self.seconds: dict[str, float] = {}
        self._phase_began: float | None = None
        self._entered = False
        self._cut: Callable[[], None] | None = None
        self._is_cut = False
        self._cutting = threading.Lock()
        self._settled = threading.Lock()

    def remaining(self) -> float | None:
        """Return the seconds until the deadline, at least 0; None without a deadline."""
        known = [each for each in (self.deadline, self.until) if each is not None]
        return max(0.0, min(known) - time.monotonic()) if known else None

    def begin(self, moment: float) -> float:
        """Note that its work began at this value of ``time.monotonic()``. Return when it began for the first time."""
        if self.began is None:
            self.began = moment
            self.started_at = datetime.now(UTC) - timedelta(seconds=time.monotonic() - moment)
        return self.began

    def defer(self, seconds: float) -> None:
        """Do not count the seconds that have just passed as its own time, because it waited for others."""
        if self.began is not None:
            self.began += seconds
        if self.until is not None:
            self.until += seconds

    def enter(self, phase: Phase) -> None:
        """End the current phase, and begin another."""
        if self._entered:
            self.pause()
        self._entered = True
        self.phase, self._phase_began = phase, time.monotonic()

    def pause(self) -> None:
        """Add the time so far to the phase. Later time is not counted until the next phase begins."""
        if self._phase_began is not None:
            spent = time.monotonic() - self._phase_began
            self.seconds[self.phase] = self.seconds.get(self.phase, 0.0) + spent
            self._phase_began = None

    def resume(self) -> None:
        """Begin an attempt. Until the next phase begins, its time is added to the previous phase."""
        self._entered = False
        self._phase_began = time.monotonic()

    def finish(self) -> None:
        """Stop the clock when the answer is complete."""
        self.pause()
        self.finished_at = datetime.now(UTC)

    def seconds_by_phase(self) -> dict[str, float]:
        """Return the time of each phase so far, including the current one. Safe from another thread."""
        seconds = dict(self.seconds)
        began = self._phase_began
        if began is not None:
            seconds[self.phase] = seconds.get(self.phase, 0.0) + time.monotonic() - began
        return seconds

    def on_cut(self, cut: Callable[[], None] | None) -> None:
        """Set the callback that closes the connection at once from another thread, or None to remove it.

        If the call was cut before, the callback is called now. It is called at most once.
        """
        with self._cutting:
            self._cut = cut
        if self._is_cut:
            self.cut()

    def cut(self) -> None:
        """Close the connection, if there is one, or as soon as there is one. Errors are ignored."""
        with self._cutting:
            self._is_cut = True
            cut, self._cut = self._cut, None
        if cut is not None:
            with contextlib.suppress(Exception):
                cut()

    def settle(self) -> bool:
        """Return True for the first caller only: either the thread or the collector may set the result."""
        return self._settled.acquire(blocking=False)
