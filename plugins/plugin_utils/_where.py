# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A check before anything is sent: a task must not run on a network device, which has no Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError

LOCAL = ("local", "ansible.builtin.local")
PERSISTENT = ("network_cli", "netconf", "httpapi", "grpc")  # connections of network devices, in any collection


def wrong_place(task: Any, templar: Any, task_vars: Mapping[str, Any], hosts: Sequence[str]) -> str | None:
    """Return why the task must not run on its host, and what to write instead. None if it may run.

    A task without ``delegate_to`` may run on a poller, a host of the play that is not one of the devices.
    """
    own = str(task.delegate_to or task_vars["inventory_hostname"])
    variables = task_vars.get("ansible_delegated_vars", {}).get(own, {}) if task.delegate_to else task_vars
    connection = _value("ansible_connection", templar, variables) or str(task.connection)
    if connection in LOCAL:
        return None
    network_os = _value("ansible_network_os", templar, variables)
    if connection.rpartition(".")[2] in PERSISTENT:
        why = f"its connection is {connection}"
    elif own in hosts and not task.delegate_to:
        why = "it is one of hosts"
    elif network_os and (own in hosts or not task.delegate_to):
        why = f"its ansible_network_os is {network_os}"
    else:
        return None
    what = f"has delegate_to: {own}" if task.delegate_to else f"has no delegate_to and would run on {own}"
    return (
        f"the task {what}, a device to be asked ({why}): add delegate_to: localhost and run_once: true to the task; "
        "nothing was sent"
    )


def each_its_own(task: Any, task_vars: Mapping[str, Any], names: Sequence[str]) -> bool:
    """Whether this is a task of a play of pollers, each of which has its own devices."""
    return not task.delegate_to and task_vars["inventory_hostname"] not in names


def run_once_is_missing(task: Any, task_vars: Mapping[str, Any], names: Sequence[str], what: str) -> list[str]:
    """Return a warning if every host of the play does the work for all devices.

    :param what: what each host does, as in "asks all".
    """
    play_hosts = len(task_vars.get("ansible_play_batch", ()))
    if task.run_once or each_its_own(task, task_vars, names) or len(names) < 2 or play_hosts < 2:
        return []
    return [f"run_once: true is missing: each of {play_hosts} hosts {what} {len(names)} devices"]


def _value(name: str, templar: Any, variables: Mapping[str, Any]) -> str:
    """The value of a variable as text; empty if it is not set or cannot be resolved."""
    try:
        return str(templar.template(variables.get(name)) or "")
    except AnsibleError:
        return ""
