# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count how devices answer the logins with one credential, and decide how many secrets may be under way."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

GROWTH = 4  # further logins that may be under way after each success
PATIENCE = 2.0  # seconds after which a canary without an answer is not waited for
MOST_AHEAD = 256  # connections under way, at most, with a credential that no device has accepted
NAMED = 3  # devices that refused, in the message
# Instead of where the secret was set, if all logins of a user are counted, or all enable passwords.
SEVERAL, SEVERAL_ENABLE = "several credentials", "several enable passwords"


@dataclass(frozen=True, slots=True)
class Rules:
    """The options.

    :param canary: secrets under way before the first success, at most ``limit``; 0 for any number.
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


class _Failure(NamedTuple):
    """A login that was not accepted. ``number`` says when its secret was sent, ``credential`` which one it was."""

    number: int
    name: str
    is_refusal: bool
    credential: object


class Guard:
    """The logins with one credential, or with all credentials of one user. All times are those of the caller's clock.

    A login begins with the connection. Later it asks whether it may send the secret, and sends it. The secret is under
    way until the device accepts it, refuses it, or gives another answer. A login that does not ask sends the secret
    when it begins.

    Before a device has accepted the credential, only a few secrets are under way, whatever happens to connections. A
    device that cannot be reached is replaced by others. A device that does not answer to the secret counts like one
    that refuses it, because the AAA server can have counted it.

    Only refusals in a row count, in the order in which the secrets were sent: those after the last one that was
    accepted. A device that refuses while others accept the same credential fails alone.
    """

    def __init__(
        self,
        credential: Credential,
        rules: Rules,
        *,
        doubted: bool = False,
        canaries: bool = True,
        distinct: bool = False,
    ) -> None:
        """
        :param doubted: the last run ended with refusals only. One refusal is enough then.
        :param canaries: wait for the first success. This is of no use if it is known only with the complete answer.
        :param distinct: each credential counts once, however many devices in a row refuse it.
        """
        self.credential = credential
        self.refused = 0
        self.accepted = 0
        self.spared = 0
        """Logins that were accepted and did not need this secret."""
        self.doubted = doubted
        self._was_doubted = doubted
        self._rules = rules
        self._distinct = distinct
        self._is_free = rules.limit == 0 or ((rules.canary == 0 or not canaries) and not doubted)
        self._canary = max(1, rules.canary)
        self._proven = 0  # successes since the window was last closed
        self._unsent = 0  # logins that ended before the secret was sent
        self._sent = 0
        self._connecting: dict[object, float] = {}  # when they began
        self._asking: set[object] = set()
        self._sending: dict[object, tuple[int, float]] = {}  # the number and the time of each secret under way
        self._last = 0  # the number of the last login that was accepted
        self._row: list[_Failure] = []  # the logins after it that were refused or not answered

    def recall(self, refused: Iterable[str], *, doubted: bool) -> None:
        """Begin with what is known of earlier runs of the same ``ansible-playbook``.

        :param refused: the devices that have refused it since one has accepted it.
        """
        self._row = [_Failure(0, name, is_refusal=True, credential=None) for name in refused]
        self._is_free = self._is_free and not doubted
        self.doubted = self._was_doubted = doubted

    @property
    def streak(self) -> int:
        """The number of logins in a row that were not accepted."""
        return len(self._row)

    @property
    def refusing(self) -> tuple[str, ...]:
        """The devices that have refused it since one has accepted it."""
        return tuple(dict.fromkeys(each.name for each in self._row if each.is_refusal))

    @property
    def is_open(self) -> bool:
        """Whether a device need not ask before it sends the secret."""
        return self._left > 0 and (self._is_free or self._proven > 0)

    @property
    def is_stopped(self) -> bool:
        """Whether the credential is not used any more: too many refusals, and no login that can still succeed."""
        return self._left == 0 and not self._sending

    @property
    def is_mixed(self) -> bool:
        """Whether the logins in a row had different credentials of the user."""
        return len({failure.credential for failure in self._row}) > 1

    def window(self, now: float) -> float:
        """Return how many secrets may be under way."""
        left = self._left
        if left == 0:
            return 0
        if self._is_free:
            return math.inf
        proven = self._canary + GROWTH * self._proven if self._proven else 0
        if len(self._sending) < proven:
            return proven
        late = sum(began + PATIENCE <= now for _number, began in self._sending.values())
        if proven:
            return proven + GROWTH * late
        return min(self._canary + late, 1 if self.doubted else left)

    def may_send(self, now: float) -> bool:
        return len(self._sending) < self.window(now)

    def may_begin(self, now: float, *, asks: bool = True, is_first: bool = False) -> bool:
        """Return whether a device may connect now. If it does not ask later, it must be allowed to send the secret.

        :param is_first: the device may send its secret before those that are connected.
        """
        room = self.window(now) - len(self._sending)
        if room <= 0 or self.is_open or not asks or is_first:
            return room > 0
        late = sum(began + PATIENCE <= now for began in self._connecting.values())
        return not self._asking and len(self._connecting) < min(MOST_AHEAD, room + GROWTH * (late + self._unsent))

    def next_look(self, now: float) -> float:
        """Return when more logins may begin or send although nothing happened."""
        if self._is_free or self._left == 0:
            return math.inf
        moments = (*self._connecting.values(), *(began for _number, began in self._sending.values()))
        return min((moment + PATIENCE for moment in moments if moment + PATIENCE > now), default=math.inf)

    def begin(self, login: object, now: float) -> None:
        self._connecting[login] = now

    def ask(self, login: object) -> None:
        """The device is ready for the secret."""
        if self._connecting.pop(login, None) is not None:
            self._asking.add(login)

    def send(self, login: object, now: float) -> None:
        """The secret is sent now."""
        self._connecting.pop(login, None)
        self._asking.discard(login)
        self._sent += 1
        self._sending[login] = self._sent, now

    def accept(self, login: object) -> None:
        number = self._ended(login)
        if number is None:
            return
        was_closed = self._is_closed
        self.accepted += 1
        self.doubted = False
        self._last = max(self._last, number)
        self._row = [each for each in self._row if each.number > self._last]
        if not self._is_closed:
            self._proven = 1 if was_closed else self._proven + 1

    def refuse(self, login: object, name: str, credential: object = None) -> None:
        number = self._ended(login)
        if number is not None:
            self.refused += 1
            self._fail(_Failure(number, name, is_refusal=True, credential=credential))

    def stay_silent(self, login: object, name: str, credential: object = None) -> None:
        """The login ended without an answer to the secret. After a success, that is a failure of the device alone."""
        if self.accepted:
            self.end(login)
        elif (number := self._ended(login)) is not None:
            self._fail(_Failure(number, name, is_refusal=False, credential=credential))

    def end(self, login: object) -> None:
        """End a login that says nothing about the credential."""
        self._ended(login)
        self._proven += self._proven > 0  # a device that is off delays nobody after a success

    def message(self) -> str:
        """Return why no more devices are asked, and how to go on."""
        names = ", ".join(each.name for each in self._row[:NAMED]) + (", …" if self.streak > NAMED else "")
        refused = sum(each.is_refusal for each in self._row)
        silent = self.streak - refused
        said = " and ".join(
            f"{what} by {_devices(count)}"
            for what, count in (("refused", refused), ("not completed", silent))
            if count or not self._row
        )
        in_a_row = " in a row" if self.streak > 1 else ""
        before = " All devices that were asked in an earlier run refused it too." if self._is_still_doubted else ""
        advice = "Correct the credential"
        if silent:
            advice = "Check whether the AAA server answers, and correct the credential if it is wrong"
        end = ""
        if any(each.number == 0 for each in self._row):
            end = ". Until the end of this ansible-playbook, no device is asked"
        return (
            f"not asked, because the login as {self.credential} was {said}{in_a_row} ({names}).{before} More attempts "
            f"can lock the account. {advice}. Then ask these devices again with only: failed, or with "
            f"-e rollcall_only=failed. One device is asked first{end}"
        )

    @property
    def _is_still_doubted(self) -> bool:
        return self._was_doubted and self.doubted

    @property
    def _is_closed(self) -> bool:
        """Whether there were too many refusals, so that it begins with few logins again after a success."""
        return self._rules.limit > 0 and (
            self.streak >= self._rules.limit or (self.doubted and any(each.is_refusal for each in self._row))
        )

    @property
    def _left(self) -> float:
        """Return how many more devices may refuse in a row. If one has accepted it before, it is one more."""
        if self._rules.limit == 0:
            return math.inf
        if self.doubted and any(each.is_refusal for each in self._row):
            return 0
        return max(0, self._rules.limit + (self.accepted > 0) - self.streak)

    def _fail(self, failure: _Failure) -> None:
        if failure.number > self._last:
            # A device that refused it before this run counts once.
            self._row = [each for each in self._row if each.number or each.name != failure.name]
            if self._distinct:
                self._row = [each for each in self._row if each.credential != failure.credential]
            self._row.append(failure)
        if self._is_closed:
            self._is_free, self._proven = False, 0

    def _ended(self, login: object) -> int | None:
        """Return the number of its secret, or None if that was not sent."""
        self._connecting.pop(login, None)
        self._asking.discard(login)
        sent = self._sending.pop(login, None)
        if sent is None:
            self._unsent += 1
            return None
        return sent[0]


def _devices(count: int) -> str:
    return "1 device" if count == 1 else f"{count} devices"
