# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limit the rate of logins: an AAA server that accepts 50 a second drops the rest of a burst of 1,000."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Pacing(Protocol):
    """Limits the rate of a run. The method is called from many threads."""

    def delay(self) -> float:
        """Reserve the next login and return the seconds that it must wait."""


class LoginsPerSecond:
    """Spread logins evenly, ``rate`` per second."""

    def __init__(self, rate: float) -> None:
        if not rate > 0:
            msg = f"logins per second must be above 0, not {rate!r}"
            raise ValueError(msg)
        self._gap = 1.0 / rate
        self._next = 0.0
        self._lock = threading.Lock()

    def delay(self) -> float:
        with self._lock:
            now = time.monotonic()
            slot = max(now, self._next)
            self._next = slot + self._gap
        return slot - now
