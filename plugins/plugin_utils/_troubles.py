# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why runs did not pass, other than by the limits: what a report on all of them together has to say too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._run import FINISHED
from ansible_collections.rollcall.network.plugins.plugin_utils._report import not_all
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import NAMES_SAID

INTERRUPTED = "a run was ended before all devices were asked"


def troubles_of(manifests: Iterable[Mapping[str, Any]], statuses: Mapping[str, str]) -> list[str]:
    """Return the reasons of runs that are still true.

    A later run, such as of the node ``again`` or of a relaunched job, can have got the answers that were missing.
    Reports that could not be written are written again.

    :param statuses: of the merged answers, by name.
    """
    found: list[str] = []
    for each in manifests:
        silent = [str(name) for name in each.get("stale_hosts") or ()]
        before = stale_alarm(silent, _stale_after(each))
        still = stale_alarm([name for name in silent if statuses.get(name) != "ok"], _stale_after(each))
        for reason in map(str, each.get("troubles") or ()):
            if reason == before:
                found += [still] if still else []
            elif not reason.startswith(not_all("")):
                found.append(reason)
        is_ended = each.get("status", FINISHED) == FINISHED
        if not is_ended and any(statuses.get(str(name)) != "ok" for name in each.get("hosts") or ()):
            found.append(INTERRUPTED)
    return list(dict.fromkeys(found))


def stale_alarm(stale: Sequence[str], stale_after: float | None) -> str | None:
    """Return a reason for failure if there are stale devices."""
    if not stale or stale_after is None:
        return None
    names = ", ".join(stale[:NAMES_SAID]) + (", …" if len(stale) > NAMES_SAID else "")
    have = "has" if len(stale) == 1 else "have"
    return f"{len(stale)} {have} no full answer for more than {stale_after:g} s (stale_after): {names}"


def _stale_after(manifest: Mapping[str, Any]) -> float | None:
    given = (manifest.get("arguments") or {}).get("stale_after")
    return None if given is None else float(given)
