# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credentials of ``rollcall_credentials`` that devices refused, in a sentence each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.rollcall.network.plugins.module_utils._model.visible import in_line
from ansible_collections.rollcall.network.plugins.plugin_utils._counted import devices


class Logins(NamedTuple):
    """The names of the credentials that a device accepted and refused, and of those that the guard did not try."""

    accepted: str | None = None
    refused: tuple[str, ...] = ()
    not_tried: tuple[str, ...] = ()


def logins_of(answer: Mapping[str, Any]) -> Logins:
    """Return the logins of one answer."""
    connection = answer.get("connection") or {}
    accepted = connection.get("credential")
    refused, not_tried = (
        tuple(str(connection.get(key) or "").splitlines()) for key in ("refused_credentials", "untried_credentials")
    )
    return Logins(None if accepted is None else str(accepted), refused, not_tried)


def sentences_on(logins: Iterable[Logins]) -> list[str]:
    """Return a sentence without a full stop for each credential that was refused, the most refused first."""
    accepted, refused, not_tried = Counter[str](), Counter[str](), Counter[str]()
    for each in logins:
        accepted.update([each.accepted] if each.accepted is not None else [])
        refused.update(each.refused)
        not_tried.update(each.not_tried)
    return [in_line(_sentence(name, number, accepted[name], not_tried[name])) for name, number in refused.most_common()]


def _sentence(name: str, refused: int, accepted: int, not_tried: int) -> str:
    said = f"the login as {name} was refused by {refused:,} {devices(refused)} and accepted by {accepted or 'none'}"
    if not_tried:
        said += f"; it was not tried at {not_tried:,} others"
    return said if accepted else f"{said}; correct it, or remove it from rollcall_credentials"
