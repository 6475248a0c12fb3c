#!/usr/bin/python
# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Write a report for every device and an index of the fleet, in one task
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - Renders a Jinja2 template for every answer of M(rollcall.network.collect), the failed ones included, and one for the whole
    fleet. It does in one task what a loop of M(ansible.builtin.template) does two hundred times slower.
  - Files are written atomically on the controller, and only those whose content changed. Reports of names that are no longer
    asked are left alone.
  - A template that fails for one device costs that device's report only; the task then fails, and says which.
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what would be written, without writing.
    support: full
  diff_mode:
    description: Returns details of what has changed.
    support: full
options:
  devices:
    description: The answers, as C(devices) of M(rollcall.network.collect).
    type: dict
    required: true
  dest:
    description:
      - The folder to write to. The reports are C(devices/<name>.md) in it, the index is C(index.md).
      - A name that would leave the folder, or share its file with another, is an error before anything is written.
    type: path
    required: true
  template:
    description:
      - The template of a device's report. It sees the answer as C(device), the name as C(inventory_hostname), and the host's own
        variables.
      - Searched for as M(ansible.builtin.template) does. By default C(device.md.j2), which a file of that name in C(templates/)
        beside the playbook replaces.
    type: path
  index_template:
    description:
      - The template of the index. It sees C(devices), C(summary), C(failed_hosts), and C(reports), a dictionary of name and the
        report's path as seen from the index.
      - By default C(index.md.j2), which a file of that name in C(templates/) beside the playbook replaces.
    type: path
seealso:
  - module: rollcall.network.collect
"""

EXAMPLES = r"""
- name: Call the roll
  rollcall.network.collect:
    hosts: "{{ ansible_play_hosts_all }}"
    commands: [show version]
  run_once: true
  delegate_to: localhost
  register: roll

- name: Write the reports
  rollcall.network.report:
    devices: "{{ roll.devices }}"
    dest: ~/reports
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
dest:
  description: The folder, as an absolute path.
  returned: always
  type: str
index:
  description: The index, as an absolute path.
  returned: always
  type: str
written:
  description: The files that were written, or would be in check mode.
  returned: always
  type: list
  elements: str
errors:
  description: The reason by name, for each report that could not be written.
  returned: always
  type: dict
"""
