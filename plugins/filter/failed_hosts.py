# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: failed_hosts
short_description: Return the hosts on which a run fails
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - Internal to the playbooks of this collection. Returns the devices without a full answer, if the run did not pass, so that a task
    can fail on these hosts only. C(Relaunch on failed hosts) of AWX then asks them.
positional: outcome
options:
  _input:
    description: The result of P(rollcall.network.collect#module), with the answers.
    type: dict
    required: true
  outcome:
    description: The result of P(rollcall.network.outcome#module).
    type: dict
    required: true
  most:
    description: The number of devices that are returned at most.
    type: int
    default: 200
  otherwise:
    description: The host that is returned if the run did not pass and no device is returned.
    type: str
    default: localhost
"""

EXAMPLES = r"""
- name: Record the failed devices
  rollcall.network.outcome:
    failed_hosts: "{{ rollcall_result | rollcall.network.failed_hosts(rollcall_outcome) }}"
"""

RETURN = r"""
_value:
  description: The patterns of the C(hosts), which match no host if the run passed, and the C(reasons) by name.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.rollcall.network.plugins.plugin_utils._failed_hosts import failed_hosts


def _failed_hosts(
    result: Mapping[str, Any], outcome: Mapping[str, Any], most: Any = None, otherwise: str = "localhost"
) -> dict[str, Any]:
    return failed_hosts(result, outcome, most, otherwise)


class FilterModule:
    """The filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"failed_hosts": _failed_hosts}
