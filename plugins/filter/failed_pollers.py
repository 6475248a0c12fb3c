# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: failed_pollers
short_description: Return the pollers that returned no answers, or not all
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - Internal to the role C(rollcall.network.collect). Returns the pollers that failed or were refused, with the reason and, for those
    that were refused, the devices.
positional: hostvars
options:
  _input:
    description: The names of the pollers.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts. C(rollcall_poller_result) and C(rollcall_devices) of each poller are used.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Name the pollers that failed
  ansible.builtin.debug:
    msg: "{{ groups['pollers'] | rollcall.network.failed_pollers(hostvars) | map(attribute='reason') }}"
"""

RETURN = r"""
_value:
  description:
    - The pollers, with C(poller), C(kind), C(reason) (one sentence) and C(devices). The kind is C(failed), or C(refused) for a poller
      whose task failed before it asked anybody, for example because another run uses its folder. C(devices) has the devices of a
      poller that was refused.
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def failed_pollers(pollers: Iterable[str], hostvars: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The pollers that failed or were refused."""
    found = []
    for name in map(str, pollers):
        own = hostvars[name] if name in hostvars else {}  # noqa: SIM401 - its get() fails for unknown names
        result = own.get("rollcall_poller_result") or {}
        if result.get("poller_failed"):
            found.append({"poller": name, "kind": "failed", "reason": str(result["poller_failed"]), "devices": []})
        elif "msg" in result and not {"devices", "plan", "skip_reason"} & set(result):
            reason = _refusal(name, result["msg"])
            found.append({"poller": name, "kind": "refused", "reason": reason, "devices": _devices(own)})
    return found


def _refusal(poller: str, message: Any) -> str:
    said = " ".join(str(message).removeprefix("rollcall.network.collect: ").split())
    return f"poller {poller} was refused, and asked nobody: {said}"


def _devices(own: Mapping[str, Any]) -> list[str]:
    try:
        return [str(each) for each in own.get("rollcall_devices") or ()]
    except Exception:  # it cannot be resolved, which is the reason
        return []


class FilterModule:
    """The filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"failed_pollers": failed_pollers}
