# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open the fleet state for a run: which names the inventory has, and whether the run is of the whole fleet."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._fleet import (
    POLLERS,
    Fleet,
    Record,
    Scope,
    leaves_out,
    open_state,
    scope_of,
)
from ansible_collections.rollcall.network.plugins.module_utils._run import RUNS
from ansible_collections.rollcall.network.plugins.module_utils._state import Entry
from ansible_collections.rollcall.network.plugins.plugin_utils._manifest import workflow_of

# A host with one of these variables is a device.
OF_DEVICES = frozenset(("rollcall_driver", "rollcall_platform", "rollcall_commands", "ansible_network_os"))
OF_A_POLLER = "it is the run of a poller; the run of all pollers is recorded after the merge"


@dataclass(frozen=True, slots=True)
class Opened:
    """The state of the fleet for one run, and the devices and the record that it had before."""

    fleet: Fleet
    entries: Mapping[str, Entry]
    record: Record | None


def open_fleet(top: pathlib.Path, names: Iterable[str], variables: Mapping[str, Any]) -> Opened:
    """Open the state of the output folder that a run uses. The runs of pollers share that of the whole fleet.

    :param variables: Ansible's variables; empty if there is no inventory.
    :raises RunError: if it cannot be used.
    """
    names = list(names)
    poller = is_of_poller(top, variables)
    state, entries, record = open_state(top.parent.parent if poller else top, groups_of(names, variables))
    with contextlib.suppress(OSError):  # a full disk is reported where answers are written
        state.rewrite()
    scope = Scope(OF_A_POLLER) if poller else scope_in(names, entries, record, variables)
    runs = top.relative_to(state.top) / RUNS  # of this output folder, which can be that of one poller
    answered = {
        name
        for name, entry in entries.items()
        if entry.last_good_run and pathlib.PurePath(entry.last_good_run).parent == runs
    }
    return Opened(Fleet(state, scope, closes=not poller, names=names, answered_before=answered), entries, record)


def is_of_poller(top: pathlib.Path, variables: Mapping[str, Any]) -> bool:
    """Whether the role runs the task for a poller, in ``<output_dir>/pollers/<poller>``."""
    return variables.get("rollcall_poller_folder") is not None and top.parent.name == POLLERS


def scope_in(
    names: Iterable[str], entries: Mapping[str, Entry], record: Record | None, variables: Mapping[str, Any]
) -> Scope:
    """Compare the names of a run with the state.

    :param variables: Ansible's variables, for the inventory and the limit.
    """
    can_be_slice = workflow_of(variables) is not None
    groups = variables.get("groups")
    names = list(names)
    limited = can_be_slice or leaves_out(variables.get("ansible_limit"))
    return scope_of(
        names,
        entries.keys(),
        recorded=record is not None,
        inventory=None if can_be_slice or not groups else list(map(str, groups.get("all", ()))),
        limited=limited or (not (record and entries) and leaves_out_devices(names, variables)),
        members=() if record is None else record.names,
    )


def leaves_out_devices(names: Iterable[str], variables: Mapping[str, Any]) -> bool:
    """Return whether ``rollcall_hosts`` leaves out devices of the inventory. Other hosts of it are no devices."""
    if variables.get("rollcall_hosts") is None:
        return False
    others = set(map(str, (variables.get("groups") or {}).get("all", ()))) - set(names)
    hostvars: Any = variables.get("hostvars") or {}
    return any(not OF_DEVICES.isdisjoint(hostvars.raw_get(name)) for name in others if name in hostvars)


def groups_of(names: Iterable[str], variables: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the groups of each host of the inventory among the names, without ``all`` and ``ungrouped``."""
    groups = variables.get("groups") or {}
    wanted: dict[str, list[str]] = {name: [] for name in set(names) & set(map(str, groups.get("all", ())))}
    for group, members in groups.items():
        if group not in {"all", "ungrouped"}:
            for member in members:
                if member in wanted:
                    wanted[str(member)].append(str(group))
    return {name: sorted(found) for name, found in wanted.items()}
