# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast logins may begin: an AAA server that takes 50 a second drops the rest of a burst of 1,000."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Pacing(Protocol):
    """Anything with this method can pace a roll call; it is called from many threads."""

    def delay(self) -> float:
        """Book the next login and return the seconds it has to wait."""


class LoginsPerSecond:
    """Spread logins evenly, ``rate`` of them a second."""

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
