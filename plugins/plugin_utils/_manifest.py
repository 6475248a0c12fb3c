# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest of a run: names, options and versions at the start, the outcome at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._result import iso
from ansible_collections.rollcall.network.plugins.plugin_utils._versions import versions


def job_of(variables: Mapping[str, Any]) -> str | None:
    """Return the number of AWX's job, or None."""
    return _text(variables.get("awx_job_id"))


def opening(arguments: Mapping[str, Any], names: Iterable[str], variables: Mapping[str, Any]) -> dict[str, Any]:
    """What is known before the first login. No argument is a secret, but those of functions may be."""
    return {
        "started_at": iso(datetime.now(UTC)),
        "finished_at": None,
        "job": job_of(variables),
        "workflow_job": _text(variables.get("awx_workflow_job_id")),
        "versions": versions(),
        "arguments": {
            name: value
            for name, value in arguments.items()
            if name not in {"hosts", "function_args"} and value is not None
        },
        "hosts": list(names),
    }


def closing(result: Mapping[str, Any], verdict: Mapping[str, Any], unwritten: Iterable[str]) -> dict[str, Any]:
    """Return the outcome after all devices have answered.

    :param verdict: whether the run passed, and the reasons if not.
    :param unwritten: the names whose answers are not on disk.
    """
    missing = set(unwritten)
    return {
        "finished_at": iso(datetime.now(UTC)),
        "summary": result["summary"],
        "failed_hosts": result["failed_hosts"],
        "changed_hosts": result.get("changed_hosts", []),
        "stale_hosts": result.get("stale_hosts", []),
        "devices": {name: answer["status"] for name, answer in result["devices"].items() if name not in missing},
        "verdict": verdict,
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
