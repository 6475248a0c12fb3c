# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limit the logins at everything that devices share: the rate, and how many are under way."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

JITTER = 1.0  # seconds, at most, by which a poller begins later than others


@dataclass(frozen=True, slots=True)
class Limit:
    """The limits of one group of devices; None for no limit."""

    logins_per_second: float | None = None
    max_open_logins: int | None = None


class Gate:
    """The logins of one group of devices."""

    def __init__(self, limit: Limit, first: float = -math.inf) -> None:
        """
        :param first: the time of the first login.
        """
        self._gap = 1.0 / limit.logins_per_second if limit.logins_per_second else 0.0
        self._most = limit.max_open_logins or math.inf
        self._next = first
        self._open = 0

    def opens_at(self, now: float) -> float:
        """Return when the next login may begin, ``now`` or later. It is infinite until one that is under way ends."""
        return math.inf if self._open >= self._most else self.next_at(now)

    def next_at(self, now: float) -> float:
        """Return when the rate allows the next login, ``now`` or later."""
        return max(now, self._next)

    def begin(self, now: float) -> None:
        self.pass_on(now)
        self._open += 1

    def pass_on(self, now: float) -> None:
        """Count a login for the rate."""
        self._next = now + self._gap

    def end(self) -> None:
        self._open -= 1


class Gates:
    """The gates of a run: one for all devices, and one for each value of each variable with a limit."""

    def __init__(self, every: Limit, groups: Mapping[str, Limit], *, jitter: bool = False) -> None:
        """
        :param groups: limits by the name of a host variable.
        :param jitter: begin a moment later, by chance, as other pollers use the same servers.
        """
        self._groups = groups
        self._jitter = jitter
        self._gates: dict[tuple[str, str], Gate] = {}
        self.every = None if every == Limit() else self._made(every)

    @property
    def are_shared(self) -> bool:
        """Whether a login can wait for one with another credential."""
        return self.every is not None or bool(self._groups)

    def of(self, values: tuple[tuple[str, str], ...]) -> tuple[Gate, ...]:
        """Return the gates of a device.

        :param values: its values of the variables. A device without a variable has no limit of it.
        """
        gates = [] if self.every is None else [self.every]
        for key in values:
            if key[0] in self._groups:
                if key not in self._gates:
                    self._gates[key] = self._made(self._groups[key[0]])
                gates.append(self._gates[key])
        return tuple(gates)

    def _made(self, limit: Limit) -> Gate:
        if not self._jitter or not limit.logins_per_second:
            return Gate(limit)
        return _LateGate(limit, random.uniform(0.0, min(JITTER, 1.0 / limit.logins_per_second)))


class _LateGate(Gate):
    """A gate whose first login begins later."""

    def __init__(self, limit: Limit, delay: float) -> None:
        super().__init__(limit)
        self._delay = delay

    def opens_at(self, now: float) -> float:
        if self._next == -math.inf:
            self._next = now + self._delay
        return super().opens_at(now)
