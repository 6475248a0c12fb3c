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
  - Sends a small dictionary, the outcome, to the next node of an AWX workflow and to a webhook, and returns it. Prints
    the failures, grouped by reason, unless the task M(rollcall.network.collect) of O(result) has printed them.
  - The task does not fail because of the verdict, because Ansible discards the statistics of a failed task. Use a second task
    with O(outcome), which fails if the run did not pass.
  - The role P(rollcall.network.collect#role) uses this module. It runs on the controller.
attributes:
  check_mode:
    description: Can run in C(check_mode). The webhook is not called.
    support: full
  diff_mode:
    description: Not applicable. The module changes nothing.
    support: none
options:
  result:
    description:
      - The result of M(rollcall.network.collect). Without it, the number of failed devices is read from O(reports).
    type: dict
  reports:
    description:
      - The result of M(rollcall.network.report). If that task failed, the run does not pass. Required without O(outcome).
    type: dict
  reasons:
    description: More reasons why the run does not pass, one sentence each.
    type: list
    elements: str
    default: []
  notes:
    description: Notes that are shown with the verdict and do not change it, one sentence each.
    type: list
    elements: str
    default: []
  reports_url:
    description:
      - The address at which a web server shows O(output_dir). The address of the page is then in RV(outcome), and is shown by the
        task with O(outcome).
    type: str
  output_dir:
    description:
      - The folder of the runs, as in M(rollcall.network.collect). Only used with O(reports_url).
    type: path
  webhook_url:
    description:
      - The address that receives the outcome as a POST with JSON. If it does not answer with 2xx within 30 seconds, there is a
        warning, which names a failure of TLS. The address may contain a token, so it is not shown.
    type: str
  webhook_headers:
    description:
      - Headers of this request, by name. Their values are not shown.
    type: dict
  webhook_token:
    description:
      - A token, sent as C(Bearer) in the header C(Authorization). It is not shown. Use O(webhook_headers) for other schemes.
    type: str
  outcome:
    description:
      - The RV(outcome) of an earlier task of this module. The task only fails if that run did not pass.
    type: dict
  failed_hosts:
    description:
      - Internal to the playbooks of this collection. Hosts as returned by P(rollcall.network.failed_hosts#filter), which the task sets
        as the fact C(rollcall_failed_hosts).
    type: dict
  fail:
    description:
      - Internal to the playbooks of this collection. The task fails with this message. Unlike M(ansible.builtin.fail), it needs no
        connection plugin.
    type: str
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
    webhook_token: "{{ vault_webhook_token }}"
  run_once: true
  delegate_to: localhost
  register: sent

- name: Fail if the run did not pass
  rollcall.network.outcome:
    outcome: "{{ sent.outcome }}"
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
outcome:
  description:
    - C(run_dir), C(reports) (the page to open), C(reports_url) (its address, or null), C(summary), C(verdict), C(notes),
      C(failed_hosts) (at most 100), and the numbers of C(changed) and C(stale) devices. In the next node of an AWX
      workflow, the outcome is the variable C(rollcall).
  returned: without O(outcome)
  type: dict
summary:
  description: Number of answers, in total (C(total)) and by status.
  returned: without O(outcome)
  type: dict
failed_hosts:
  description: The names whose status is not V(ok).
  returned: without O(outcome)
  type: list
  elements: str
verdict:
  description: C(passed), C(cause), C(sentence), and the C(reasons), as M(rollcall.network.collect) returns them.
  returned: without O(outcome)
  type: dict
msg:
  description: The verdict in one sentence.
  returned: with O(outcome)
  type: str
"""
