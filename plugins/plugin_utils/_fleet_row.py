# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A row of short texts and numbers for each answer, for the pages and files of the fleet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._clock import is_future
from ansible_collections.rollcall.network.plugins.plugin_utils._hints import hint_of
from ansible_collections.rollcall.network.plugins.plugin_utils._refused_credentials import Logins, logins_of
from ansible_collections.rollcall.network.plugins.plugin_utils._shown import cell, moment, plain, text_or_none


@dataclass(frozen=True, slots=True)
class FleetRow:
    """The data of one answer for the fleet's page, without texts. Times are ISO 8601 text; ``seconds`` are by phase.

    ``changed`` are the commands whose answer differs from the last good one. ``last_good_at`` is the time of the last
    full answer, or None if there is none or it is unknown. ``last_good`` is the same in seconds since 1970, 0 if there
    is none, None if unknown. ``suspicious`` are the commands whose answer is much smaller than the last good one, and
    how. ``identity_changes`` are sentences. ``values`` are plain data. ``platform_hint`` says which platform should be
    set. ``logins`` are the credentials that it accepted and refused, if it has several.
    """

    name: str
    status: str
    phase: str | None
    kind: str | None
    message: str | None
    platform: str | None
    driver: str | None
    host: str | None
    attempts: int
    started_at: str | None
    finished_at: str | None
    seconds: Mapping[str, float]
    values: tuple[Any, ...]
    href: str | None
    changed: tuple[str, ...] | None
    last_good_at: str | None
    last_good: float | None = None
    platform_hint: str | None = None
    suspicious: Mapping[str, str] = field(default_factory=dict)
    identity_changes: tuple[str, ...] = ()
    logins: Logins = field(default_factory=Logins)

    @property
    def news(self) -> tuple[str, ...]:
        """What changed: commands, and sentences on the identity of the device."""
        return (*(self.changed or ()), *self.identity_changes)

    @property
    def texts(self) -> tuple[str, ...]:
        """The values as texts for people."""
        return tuple(cell(value) for value in self.values)


def fleet_row(name: str, answer: Mapping[str, Any], values: Sequence[Any] = (), href: str | None = None) -> FleetRow:
    """Return the row of one answer.

    :param values: the host's variables named by the columns, in their order; None for missing ones.
    :param href: the path of the device's page, relative to the fleet's; None without a page.
    """
    error = answer.get("error") or {}
    return FleetRow(
        name=str(name),
        status=str(answer["status"]),
        phase=text_or_none(error.get("phase")),
        kind=text_or_none(error.get("kind")),
        message=text_or_none(error.get("message")),
        platform=text_or_none(answer.get("platform")),
        driver=text_or_none(answer.get("driver")),
        host=text_or_none(answer.get("host")),
        attempts=int(answer.get("attempts") or 0),
        started_at=text_or_none(answer.get("started_at")),
        finished_at=text_or_none(answer.get("finished_at")),
        seconds={str(phase): float(seconds) for phase, seconds in (answer.get("seconds") or {}).items()},
        values=tuple(plain(value) for value in values),
        href=text_or_none(href),
        changed=None if answer.get("changed") is None else tuple(map(str, answer["changed"])),
        last_good_at=text_or_none(answer.get("last_good_at")),
        last_good=_last_good(answer),
        platform_hint=text_or_none(hint_of(answer)),
        suspicious={str(command): str(reason) for command, reason in (answer.get("suspicious") or {}).items()},
        identity_changes=tuple(map(str, answer.get("identity_changes") or ())),
        logins=logins_of(answer),
    )


def _last_good(answer: Mapping[str, Any]) -> float | None:
    if answer["status"] == "ok":
        # That of the state, which can be later: the clock may have been behind at the last answer.
        at = text_or_none(answer.get("last_good_at")) or text_or_none(answer.get("finished_at"))
        return 0.0 if is_future(at) else moment(at)
    if "last_good_at" not in answer or (answer["last_good_at"] is None and answer.get("changed", ()) is None):
        return None  # not compared with any other answer
    return moment(text_or_none(answer["last_good_at"])) or 0.0
