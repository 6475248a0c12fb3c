#!/usr/bin/python
# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_keys
short_description: Collect the host keys of a fleet, and write them to known_hosts
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - With O(hosts), fetches the SSH host keys of all these devices, compares them with the C(known_hosts) files of each, and displays
    the fingerprints of new and changed keys. Nothing is written, and no credentials are sent to a device.
  - A device behind bastions is reached through a login at them. The keys of its bastions are fetched too, and have to be known
    before this login.
  - With O(found), writes keys that an earlier task fetched. A key that was not displayed is never written.
  - Address, port, host key alias and files of a device are those of M(rollcall.network.collect). New keys are written to its first
    file, which is C(~/.ssh/known_hosts) by default.
  - The playbook C(rollcall.network.host_keys) uses this module. It runs on the controller.
attributes:
  check_mode:
    description: Can run in C(check_mode). Keys are fetched and displayed, and not written.
    support: full
  diff_mode:
    description: Not supported. The fingerprints are displayed.
    support: none
options:
  hosts:
    description:
      - The devices to ask, as names of the inventory. Required without O(found).
    type: list
    elements: str
  found:
    description:
      - The result of the task with O(hosts).
    type: dict
  new:
    description:
      - Write the keys of the devices of which no key is known. Only with O(found).
    type: bool
    default: false
  replace:
    description:
      - Devices whose host key has changed and is replaced by the new one. Only with O(found). Nothing is written if one of them has no
        changed key, or if its known key is in a line for several hosts or not in its first file.
    type: list
    elements: str
    default: []
seealso:
  - module: rollcall.network.collect
"""

EXAMPLES = r"""
- name: Collect the host keys of all devices, and show them
  rollcall.network.host_keys:
    hosts: "{{ ansible_play_hosts_all }}"
  run_once: true
  delegate_to: localhost
  register: host_keys

- name: Write the keys of new devices
  rollcall.network.host_keys:
    found: "{{ host_keys }}"
    new: true
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
devices:
  description:
    - By name, the bastions first, C(state) (V(new), V(known), V(authority), V(changed), V(revoked) or V(unreached)), C(keys) with C(type), C(key) and
      C(fingerprint), C(known) (the known keys of a device whose key has changed), C(host), C(port), C(name) and C(file) (the name in
      C(known_hosts), and the file for new keys), C(replaceable), and C(message).
  returned: with O(hosts)
  type: dict
summary:
  description: Number of devices, in total (C(total)) and by state.
  returned: with O(hosts)
  type: dict
shared:
  description: The fingerprints that were presented at several addresses, with the names of the devices.
  returned: with O(hosts)
  type: dict
written:
  description: The devices whose keys were written.
  returned: with O(found)
  type: list
  elements: str
replaced:
  description: The devices whose known keys were removed before.
  returned: with O(found)
  type: list
  elements: str
files:
  description: The number of lines that were added, by file.
  returned: with O(found)
  type: dict
"""
