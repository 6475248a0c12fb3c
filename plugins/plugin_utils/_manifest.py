# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest of a run: names, options and versions at the start, the outcome at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._fleet import names_digest
from ansible_collections.rollcall.network.plugins.module_utils._result import iso
from ansible_collections.rollcall.network.plugins.plugin_utils._versions import versions

PATTERN = "_rollcall_pattern"
PASSED_ON = "rollcall_awx_workflow"  # playbooks/awx_probe.yml sets it


def with_pattern(task: Any, task_vars: Mapping[str, Any], hosts: Iterable[str]) -> dict[str, Any]:
    """Return the variables, with the pattern of the play if all of its hosts are asked."""
    pattern = task.get_play().hosts
    if set(hosts) != set(map(str, task_vars.get("ansible_play_hosts_all", ()))):
        return dict(task_vars)
    return {**task_vars, PATTERN: [str(each) for each in ([pattern] if isinstance(pattern, str) else pattern)]}


def job_of(variables: Mapping[str, Any]) -> str | None:
    """Return the number of AWX's job, or None."""
    return _text(variables.get("awx_job_id"))


def workflow_of(variables: Mapping[str, Any]) -> str | None:
    """Return which workflow job of AWX this is, or None. Every job that can be a slice has one.

    The slices of a job belong to a workflow job of their own. The first node of the workflow therefore passes on its
    identity, which a relaunched job keeps. Without it, a relaunched job counts for itself.
    """
    number = variables.get(PASSED_ON) or variables.get("awx_workflow_job_id")
    if number is None and variables.get("awx_job_launch_type") == "relaunch":
        number = variables.get("awx_job_id")
    return _text(number)


def opening(
    arguments: Mapping[str, Any], names: Iterable[str], variables: Mapping[str, Any], part: str | None = None
) -> dict[str, Any]:
    """What is known before the first login. No argument is a secret, but those of functions may be.

    :param part: why the run is not of the whole fleet; None if it is.
    """
    names = list(names)
    return {
        "started_at": iso(datetime.now(UTC)),
        "finished_at": None,
        "job": job_of(variables),
        "workflow_job": workflow_of(variables),
        "part": part,
        "limit": _text(variables.get("ansible_limit")),
        "pattern": variables.get(PATTERN),
        "versions": versions(),
        "arguments": {
            name: value
            for name, value in arguments.items()
            if name not in {"hosts", "function_args"} and value is not None
        },
        "hosts": names,
        "hosts_digest": names_digest(names),
    }


def closing(
    result: Mapping[str, Any], verdict: Mapping[str, Any], unwritten: Iterable[str], troubles: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the outcome after all devices have answered.

    :param verdict: whether the run passed, and the reasons if not.
    :param troubles: the reasons that are not limits.
    :param unwritten: the names whose answers are not on disk.
    """
    missing = set(unwritten)
    return {
        "finished_at": iso(datetime.now(UTC)),
        "summary": result["summary"],
        "failed_hosts": result["failed_hosts"],
        "changed_hosts": result.get("changed_hosts", []),
        "stale_hosts": result.get("stale_hosts", []),
        "suspicious_hosts": result.get("suspicious_hosts", []),
        "devices": {name: answer["status"] for name, answer in result["devices"].items() if name not in missing},
        "verdict": verdict,
        "troubles": list(troubles),
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
