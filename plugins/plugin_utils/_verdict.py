# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a run passed: limits for devices without a full answer, for the fleet and for groups."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._model.visible import in_line
from ansible_collections.rollcall.network.plugins.plugin_utils._cause import NO_CAUSE, Cause, cause_in, cause_of
from ansible_collections.rollcall.network.plugins.plugin_utils._counted import devices

NOBODY = "no device was asked"  # such a run does not pass, regardless of the limits
NAMES_SAID = 10  # names in a sentence; the result has all of them


@dataclass(frozen=True, slots=True)
class Allowed:
    """The percentages that may have no full answer. ``fleet`` applies to devices in none of ``groups``."""

    fleet: float | None = None
    groups: Mapping[str, float] = dataclasses.field(default_factory=dict)
    members: Mapping[str, Collection[str]] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Share:
    """The devices that one limit applies to: those of a group, or all others."""

    whom: str
    option: str
    allowed: float
    total: int
    failed: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return len(self.failed) * 100 <= self.allowed * self.total

    @property
    def reason(self) -> str:
        names = ", ".join(self.failed[:NAMES_SAID]) + (", …" if len(self.failed) > NAMES_SAID else "")
        return (
            f"{len(self.failed)} of {self.total} {devices(self.total, self.whom)} failed, "
            f"more than {self.option} ({self.allowed:g}) allows: {names}"
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a run. It passed if no limit was exceeded and there are no ``troubles``.

    ``cause`` is that of the failures, whether the limits allow them or not.
    """

    shares: tuple[Share, ...] = ()
    troubles: tuple[str, ...] = ()
    cause: Cause = NO_CAUSE

    @property
    def passed(self) -> bool:
        return not self.reasons

    @property
    def reasons(self) -> list[str]:
        """Why the run did not pass, one sentence per reason."""
        reasons = [share.reason for share in self.shares if not share.passed] + list(self.troubles)
        return [in_line(reason) for reason in reasons]  # they hold names of devices

    def troubled(self, reason: str) -> Verdict:
        """A copy with one more reason for failure."""
        return dataclasses.replace(self, troubles=(*self.troubles, reason))

    def as_dict(self) -> dict[str, Any]:
        reasons = self.reasons
        result = {"passed": not reasons, "cause": self.cause.name, "sentence": self.cause.sentence, "reasons": reasons}
        return {**result, "cause": cause_in(result, reasons)}


def allowed_of(arguments: Mapping[str, Any], groups: Mapping[str, Iterable[str]]) -> Allowed:
    """Read the limits from the arguments of a task.

    :param groups: the groups of the inventory, with the hosts of each, including those of child groups.
    :raises ValueError: for a group that is not in the inventory.
    """
    limits: dict[str, float] = arguments["group_max_fail_percentage"] or {}
    for group in limits:
        if group not in groups:
            near = difflib.get_close_matches(group, list(groups), n=3)
            hint = f"near matches: {', '.join(near)}" if near else "check the name and the inventory (-i)"
            msg = f"group_max_fail_percentage: {group!r} is not a group of the inventory; {hint}"
            raise ValueError(msg)
    members = {group: frozenset(map(str, groups[group])) for group in limits}
    return Allowed(arguments["max_fail_percentage"], limits, members)


def verdict_of(statuses: Mapping[str, str], allowed: Allowed, cause: Cause | None = None) -> Verdict:
    """The verdict on these devices, by name and status. Other members of a group are ignored.

    :param cause: of the failures. By default what the statuses alone tell.
    """
    cause = cause or cause_of([{"status": status} for status in statuses.values()], len(statuses))
    shares = []
    if allowed.fleet is not None:
        grouped = frozenset().union(*allowed.members.values())
        whom = "other devices" if allowed.groups else "devices"
        others = {name: status for name, status in statuses.items() if name not in grouped}
        shares.append(_share(whom, "max_fail_percentage", allowed.fleet, others))
    for group, percentage in allowed.groups.items():
        members = {name: status for name, status in statuses.items() if name in allowed.members[group]}
        shares.append(_share(f"devices of group {group}", "group_max_fail_percentage", percentage, members))
    return Verdict(tuple(shares), () if statuses else (NOBODY,), cause)


def _share(whom: str, option: str, allowed: float, statuses: Mapping[str, str]) -> Share:
    failed = tuple(name for name, status in statuses.items() if status != "ok")
    return Share(whom, option, allowed, len(statuses), failed)
