# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Suspicious answers as a reason for the verdict. The task that asks and the report say the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._some import some
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import FleetRow

_BEGIN = "suspicious answers of"


def suspicion(found: Mapping[str, Mapping[str, str]]) -> str | None:
    """Return which devices gave answers that are only a small part of their last good ones, with an example; or None.

    :param found: the commands of each device, and how much smaller the answer is.
    """
    if not found:
        return None
    command, reason = next(iter(next(iter(found.values())).items()))
    of = f"the answer of {next(iter(found))}" if len(found) > 1 else "the answer"
    return (
        f"{_BEGIN} {some(found)}: {of} to {command!r} is much smaller than the last good one ({reason}), "
        "which was kept; it is replaced if the next answer is about as small"
    )


def suspicion_of_rows(
    rows: Iterable[FleetRow], manifests: Iterable[Mapping[str, Any]], reasons: Sequence[str] = ()
) -> list[str]:
    """Return the reason why runs with ``suspicious: fail`` do not pass: at most one, and none if it was given.

    :param manifests: of the runs that the rows are of.
    :param reasons: those that are given.
    """
    fails = any((each.get("arguments") or {}).get("suspicious") == "fail" for each in manifests)
    said = suspicion({row.name: row.suspicious for row in rows if row.suspicious}) if fails else None
    return [said] if said and not any(each.startswith(_BEGIN) for each in reasons) else []
