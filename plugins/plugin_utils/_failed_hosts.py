# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts on which a run fails: the devices without a full answer, and no healthy one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.rollcall.network.plugins.module_utils._model.host_pattern import limit_pattern
from ansible_collections.rollcall.network.plugins.module_utils._model.visible import in_line
from ansible_collections.rollcall.network.plugins.plugin_utils._limit import NOBODY

MOST = "rollcall_awx_most_red_hosts"
DEFAULT = 200


def failed_hosts(
    result: Mapping[str, Any], outcome: Mapping[str, Any], most: Any, otherwise: str = "localhost"
) -> dict[str, Any]:
    """Return patterns of hosts, and the reason for each of them. The patterns match no host if the run passed.

    :param result: that of the collect task. That of a run that was refused has the reason in ``msg``.
    :param outcome: that of the outcome task.
    :param most: the number of devices that are returned at most; None for the default.
    :param otherwise: the host that is returned if the run did not pass and no device is returned.
    """
    if outcome.get("skipped"):  # there are no answers
        if "plan" in result:
            return {"hosts": [NOBODY], "reasons": {}}
        return {"hosts": [limit_pattern(otherwise)], "reasons": {otherwise: str(result["msg"])}}
    verdict = outcome["verdict"]
    if verdict["passed"]:
        return {"hosts": [NOBODY], "reasons": {}}
    limit = _limit(most)
    failed = [str(name) for name in outcome["failed_hosts"]]
    reasons = {name: _reason(result["devices"].get(name) or {}) for name in failed[:limit]}
    left = len(failed) - len(reasons)
    if left and reasons:
        last = next(reversed(reasons))
        reasons[last] += (
            f". {left:,} more of the {len(failed):,} failed devices are not shown as failed hosts, because "
            f"{MOST} is {limit}"
        )
    if not reasons:
        reasons = {otherwise: "; ".join(map(str, verdict["reasons"]))}
    return {"hosts": [limit_pattern(name) for name in reasons], "reasons": reasons}


def _limit(most: Any) -> int:
    try:
        number = DEFAULT if most is None else int(most)
    except (TypeError, ValueError):
        number = -1
    if number < 0 or isinstance(most, bool):
        msg = f"{MOST} must be a whole number of at least 0, not {most!r}"
        raise AnsibleFilterError(msg)
    return number


def _reason(answer: Mapping[str, Any]) -> str:
    error = answer.get("error") or {}
    where = ", ".join(str(error[key]) for key in ("phase", "kind") if error.get(key))
    message = f": {error['message']}" if error.get("message") else ""
    return in_line(f"{answer.get('status', 'failed')}{f' ({where})' if where else ''}{message}")
