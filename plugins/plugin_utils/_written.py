# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A warning for commands on the task that are different for each device: Ansible resolves them once, for one host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.rollcall.network.plugins.plugin_utils._plain import holds_no_template
from ansible_collections.rollcall.network.plugins.plugin_utils._task import TaskVariables

NOT_TWICE = ("lookup", "query", "q(")  # a lookup would run again


def resolved_for_one(
    written: Any, resolved: Any, hosts: Sequence[str], variables: TaskVariables, task_vars: Mapping[str, Any]
) -> str | None:
    """Return a warning if the commands would be different for another host.

    Only three of the other hosts are tried, because each takes some milliseconds.

    :param written: the argument before Ansible resolved it.
    :param resolved: the commands for every device.
    """
    own = str(task_vars["inventory_hostname"])
    others = [name for name in hosts if name != own]
    if resolved is None or not others or holds_no_template(written):
        return None
    if "inventory_hostname" in str(written):
        return _warning(own)
    if any(word in str(written) for word in NOT_TWICE) or _resolve(written, variables, task_vars) != resolved:
        return None  # different each time, also for one host
    for name in dict.fromkeys((others[0], others[len(others) // 2], others[-1])):
        # Variables of the task, such as the item of a loop, are the same for all hosts.
        there = _resolve(written, variables, {**task_vars, **(variables.of(name) or {})})
        if there not in (None, resolved):
            return _warning(own)
    return None


def _warning(own: str) -> str:
    return (
        f"commands on the task are resolved once, for {own}, and are the same for every device: for commands with "
        "{{ inventory_hostname }} or another variable of each device, set rollcall_commands in the inventory or in the "
        "vars of the play, and leave commands out"
    )


def _resolve(value: Any, variables: TaskVariables, own: Mapping[str, Any]) -> Any:
    try:
        return variables.template(value, own)
    except Exception:  # a lookup can raise any exception
        return None
