# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: runs_of_workflow
short_description: Return the runs of a workflow job of AWX
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - Internal to the playbooks of this collection. Returns the run folders that jobs of a workflow job wrote, the oldest first.
positional: workflow, before
options:
  _input:
    description: The folder of the runs.
    type: path
    required: true
  workflow:
    description: What the workflow passed on to its jobs, C(rollcall_awx_workflow), or else its number, C(awx_workflow_job_id).
    type: str
    required: true
  before:
    description:
      - The number of the job that reports, C(awx_job_id), if the workflow passed nothing on to its jobs.
      - Runs whose number is between the two are then returned too.
    type: int
"""

EXAMPLES = r"""
- name: Show the runs
  ansible.builtin.debug:
    msg: "{{ '/srv/rollcall' | rollcall.network.runs_of_workflow(awx_workflow_job_id, awx_job_id) }}"
"""

RETURN = r"""
_value:
  description: The run folders.
  type: list
  elements: path
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._workflow import runs_of_workflow


class FilterModule:
    """The filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"runs_of_workflow": runs_of_workflow}
