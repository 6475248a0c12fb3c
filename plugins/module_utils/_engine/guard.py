# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count how devices answer the logins with one credential, and decide how many logins may be under way."""

from __future__ import annotations

import math
from dataclasses import dataclass

GROWTH = 4  # further logins that may be under way after each success
PATIENCE = 2.0  # seconds after which a canary without an answer is not waited for
MOST_UNPROVEN = 64  # logins under way, at most, with a credential that no device has accepted
NAMED = 3  # devices that refused, in the message


@dataclass(frozen=True, slots=True)
class Rules:
    """The options.

    :param canary: logins under way before the first success; 0 for any number.
    :param limit: refusals in a row after which a credential is not used any more; 0 for no limit.
    """

    canary: int = 1
    limit: int = 3


@dataclass(frozen=True, slots=True)
class Credential:
    """The name of a credential for messages and files: the user, and where the secret was set. It is no secret."""

    user: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.user} with {self.source}" if self.source else self.user


class Guard:
    """The logins with one credential. All times are those of the caller's clock.

    A login is under way until the device accepts it, refuses it, or gives another answer. Only refusals in a row count,
    in the order in which the logins began: those after the last login that was accepted. A device that refuses while
    others accept the same credential fails alone.
    """

    def __init__(self, credential: Credential, rules: Rules, *, doubted: bool = False, canaries: bool = True) -> None:
        """
        :param doubted: the last run ended with refusals only. One refusal is enough then.
        :param canaries: wait for the first success. This is of no use if it is known only with the complete answer.
        """
        self.credential = credential
        self.refused = 0
        self.accepted = 0
        self.doubted = doubted
        self._was_doubted = doubted
        self._rules = rules
        self._is_free = rules.limit == 0 or ((rules.canary == 0 or not canaries) and not doubted)
        self._canary = max(1, rules.canary)
        self._proven = 0  # successes since the window was last closed
        self._others = 0  # answers since the last refusal that say nothing about the credential
        self._begun = 0
        self._open: dict[object, tuple[int, float]] = {}  # the number and the time of each login that is under way
        self._last = 0  # the number of the last login that was accepted
        self._row: list[tuple[int, str]] = []  # the logins after it that were refused

    @property
    def streak(self) -> int:
        """The number of refusals in a row."""
        return len(self._row)

    def window(self, now: float) -> float:
        """Return how many logins may be under way."""
        left = self._tries - self.streak
        if left <= 0:
            return 0
        if self._is_free:
            return math.inf
        if self._proven:
            return self._canary + GROWTH * self._proven
        late = sum(began + PATIENCE <= now for _number, began in self._open.values())
        canaries = min(self._canary + late, max(self._canary, left))
        return max(canaries, min(MOST_UNPROVEN, canaries + GROWTH * self._others))

    def may_begin(self, now: float) -> bool:
        return len(self._open) < self.window(now)

    def next_look(self, now: float) -> float:
        """Return when more logins may begin although nothing happened."""
        if self._proven or self.streak >= self._tries:
            return math.inf
        looks = (began + PATIENCE for _number, began in self._open.values())
        return min((look for look in looks if look > now), default=math.inf)

    @property
    def is_stopped(self) -> bool:
        """Whether the credential is not used any more: too many refusals, and no login that can still succeed."""
        return self.streak >= self._tries and not self._open

    @property
    def is_spread(self) -> bool:
        """Whether the next device is chosen by chance, because neighbours in the inventory often fail together."""
        if self._rules.limit == 0:
            return False
        return self.streak > 0 or not (self._is_free or self._proven or (not self._open and not self._others))

    def begin(self, login: object, now: float) -> None:
        self._begun += 1
        self._open[login] = self._begun, now

    def accept(self, login: object) -> None:
        number, _began = self._open.pop(login)
        was_closed = self.streak >= self._tries
        self.accepted += 1
        self.doubted = False
        self._last = max(self._last, number)
        self._row = [each for each in self._row if each[0] > self._last]
        if self.streak < self._tries:
            self._proven = 1 if was_closed else self._proven + 1

    def refuse(self, login: object, name: str) -> None:
        number, _began = self._open.pop(login)
        self.refused += 1
        self._others = 0
        if number > self._last:
            self._row.append((number, name))
        if self.streak >= self._tries:  # if another login succeeds now, begin with few again
            self._is_free, self._proven = False, 0

    def end(self, login: object) -> None:
        """End a login that says nothing about the credential, such as that at a device that is off."""
        self._open.pop(login)
        self._others += 1

    def message(self) -> str:
        """Return why no more devices are asked, and how to go on."""
        names = ", ".join(name for _number, name in self._row[:NAMED]) + (", …" if self.streak > NAMED else "")
        many = "1 device" if self.streak == 1 else f"{self.streak} devices in a row"
        before = ", and by all devices that were asked in an earlier run" if self._was_doubted and self.doubted else ""
        return (
            f"not asked, because the login as {self.credential} was refused by {many} ({names}){before}; more "
            "attempts can lock the account. Correct the credential, then ask these devices again, for example with "
            "only: failed: one device is asked first"
        )

    @property
    def _tries(self) -> float:
        return math.inf if self._rules.limit == 0 else 1 if self.doubted else self._rules.limit
