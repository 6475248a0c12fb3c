# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: not_called
short_description: Return answers for devices that no poller asked
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - Internal to the role C(rollcall.network.collect). Returns an answer with the status V(skipped) for each name, with the same keys
    as the answers of P(rollcall.network.collect#module).
positional: hostvars, commands
options:
  _input:
    description: The names.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts. C(rollcall_commands) of each host is used.
    type: dict
    required: true
  commands:
    description: Commands for all devices, instead of C(rollcall_commands).
    type: raw
  message:
    description: The message of the error in each answer.
    type: str
    required: true
  failed:
    description:
      - The pollers that failed, as returned by P(rollcall.network.failed_pollers#filter). The error of their devices has kind
        V(poller_refused) and their reason.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Create the answers of devices that no poller asked
  ansible.builtin.set_fact:
    answers: "{{ ['r1', 'r2'] | rollcall.network.not_called(hostvars, message='no poller asked it') }}"
"""

RETURN = r"""
_value:
  description: The answers by name.
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Unresolved
from ansible_collections.rollcall.network.plugins.module_utils._drivers.registry import DEFAULT_DRIVER, driver_of
from ansible_collections.rollcall.network.plugins.module_utils._result import Result
from ansible_collections.rollcall.network.plugins.module_utils._roll import answer_of
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_commands


def not_called(
    names: Iterable[str],
    hostvars: Mapping[str, Any],
    commands: Any = None,
    *,
    message: str,
    failed: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The answer of each name."""
    answers = {}
    refused = {str(device): str(each["reason"]) for each in failed for device in each["devices"]}
    for name in map(str, names):
        asked = _commands(name, hostvars, commands)
        if name in refused:
            error = Unresolved("resolve", "poller_refused", refused[name], commands=asked)
        else:
            error = Unresolved("resolve", "no_poller", str(message), commands=asked)
        answers[name] = answer_of(error, Result("skipped", error=error))
    return answers


def _commands(name: str, hostvars: Mapping[str, Any], commands: Any) -> tuple[Command, ...]:
    try:
        if not commands:
            own = hostvars[name] if name in hostvars else {}  # noqa: SIM401 - its get() fails for unknown names
            driver = driver_of(str(own.get("rollcall_driver") or DEFAULT_DRIVER))
            commands = own.get("rollcall_commands") if "commands" in driver.settings else ()
        return check_commands(commands or (), None)
    except Exception:  # they cannot be resolved or are invalid
        return ()


class FilterModule:
    """The filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"not_called": not_called}
