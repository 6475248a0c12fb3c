#!/usr/bin/python
# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: outcome
short_description: Report the outcome of a run, and fail if the run did not pass
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - Takes what M(rollcall.network.collect) and M(rollcall.network.report) returned. Prints what went wrong, grouped by reason,
    and hands a small dictionary, the outcome, to the next node of an AWX workflow, to a webhook, and to the play.
  - This task never fails because of the verdict, because Ansible drops the statistics of a failed task. A second task with
    O(outcome) fails if the run did not pass.
  - The role P(rollcall.network.collect#role) uses it. All of it happens on the controller.
attributes:
  check_mode:
    description: Can run in C(check_mode). The webhook is not called then.
    support: full
  diff_mode:
    description: Returns details of what has changed. Nothing is shown.
    support: none
options:
  result:
    description:
      - The result of M(rollcall.network.collect). Without it, O(reports) says how many devices failed.
    type: dict
  reports:
    description:
      - The result of M(rollcall.network.report). If that task failed, the run does not pass. Required without O(outcome).
    type: dict
  reasons:
    description: Further reasons for which the run does not pass, a sentence each.
    type: list
    elements: str
    default: []
  notes:
    description: What is said with the verdict and does not change it, a sentence each.
    type: list
    elements: str
    default: []
  webhook_url:
    description:
      - The address that gets the outcome as a POST of JSON. A webhook that does not answer within 30 seconds, or not with 2xx,
        costs a warning. The address may hold a token; it is in no output.
    type: str
  outcome:
    description:
      - The RV(outcome) of an earlier task of this module. The task fails if that run did not pass, and does nothing else.
    type: dict
seealso:
  - module: rollcall.network.collect
  - module: rollcall.network.report
"""

EXAMPLES = r"""
- name: Report the outcome
  rollcall.network.outcome:
    result: "{{ roll }}"
    reports: "{{ reports }}"
    webhook_url: "{{ vault_webhook_url }}"
  run_once: true
  delegate_to: localhost
  register: told

- name: Fail if the run did not pass
  rollcall.network.outcome:
    outcome: "{{ told.outcome }}"
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
outcome:
  description:
    - The dictionary for others. C(run_dir), C(reports) (the page to open), C(summary), C(verdict), C(notes), C(failed_hosts) (100
      at most), and how many devices are C(changed) and C(stale). The next node of an AWX workflow has it as C(rollcall).
  returned: without O(outcome)
  type: dict
summary:
  description: How many answers there are, in all (C(total)) and with each status.
  returned: without O(outcome)
  type: dict
failed_hosts:
  description: The names whose status is not V(ok).
  returned: without O(outcome)
  type: list
  elements: str
verdict:
  description: C(passed), and the C(reasons) why not, a sentence each.
  returned: without O(outcome)
  type: dict
msg:
  description: The verdict in one sentence.
  returned: with O(outcome)
  type: str
"""
