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

    If the workflow passed its number on to its jobs, their runs have it. If not, the slices of a job have the number of
    a workflow job of their own. AWX numbers all jobs in the order of their creation, so that number is between that of
    the workflow and that of the job that reports on them. So are those of another workflow that runs at the same time.

    :param workflow: the number of the workflow job.
    :param before: the number of the job that reports, if the workflow did not pass its number on.
    """
    first, end = _number(workflow), _number(before)
    if first is None:
        return []
    found = []
    for run in reversed(newest_first(output_dir)):
        job = _number(old_manifest(run).get("workflow_job"))
        if job is not None and (job == first or (end is not None and first < job < end)):
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
