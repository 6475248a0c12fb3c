# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runs of a workflow of AWX. Each job of it writes a run, and a job that never started writes none."""

from __future__ import annotations

import pathlib
from typing import Any

from ._run import old_manifest
from ._runs import newest_first


def runs_of_workflow(output_dir: str, workflow: Any, before: Any = None) -> list[str]:
    """Return the runs of jobs that a workflow started, the oldest first.

    If the workflow passed its identity on to its jobs, their runs have it. If not, the slices of a job have the number
    of a workflow job of their own. AWX numbers all jobs in the order of their creation, so that number is between that
    of the workflow and that of the job that reports on them. So are those of another workflow that runs at the same
    time and did not pass on its identity either.

    :param workflow: what the workflow passed on, or the number of the workflow job.
    :param before: the number of the job that reports, if the workflow passed nothing on.
    """
    if workflow in (None, ""):
        return []
    first, end = _number(workflow), _number(before)
    found = []
    for run in reversed(newest_first(output_dir)):
        job = old_manifest(run).get("workflow_job")
        number = _number(job)
        between = None not in (first, number, end) and first < number < end  # type: ignore[operator]
        if job is not None and (str(job) == str(workflow) or between):
            found.append(str(run))
    return found


def is_of_workflow(run_dir: str) -> bool:
    """Whether a job of a workflow wrote the run. Such a job can be a slice."""
    return old_manifest(pathlib.Path(run_dir).expanduser()).get("workflow_job") is not None


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
