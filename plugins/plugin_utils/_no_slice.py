# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The devices that a job of AWX should have asked and did not: those of slices that never ran."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager

from ansible_collections.rollcall.network.plugins.module_utils._device import Unresolved
from ansible_collections.rollcall.network.plugins.module_utils._fleet import leaves_out
from ansible_collections.rollcall.network.plugins.module_utils._result import Result
from ansible_collections.rollcall.network.plugins.module_utils._roll import answer_of
from ansible_collections.rollcall.network.plugins.module_utils._run import old_manifest
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_commands
from ansible_collections.rollcall.network.plugins.module_utils._workflow import is_of_workflow
from ansible_collections.rollcall.network.plugins.plugin_utils._manifest import workflow_of

KIND = "no_slice"
MESSAGE = (
    "no job of the workflow asked it: the job of its slice did not start, or ended before its first login. If the "
    "device should not be asked, set rollcall_hosts for the job that reports too"
)


def expected_names(
    hosts: Sequence[str], run_dirs: Sequence[str], variables: Mapping[str, Any], loader: Any
) -> Sequence[str]:
    """Return the names that these runs should have; none if they are not of a workflow.

    :param hosts: those of the inventory. The pattern of the plays that wrote the runs, and their limit, apply to them.
    :param variables: those of the task that reports.
    """
    if workflow_of(variables) is None and not any(map(is_of_workflow, run_dirs)):
        return ()
    manifests = [old_manifest(pathlib.Path(run_dir).expanduser()) for run_dir in run_dirs]
    parts = {(each.get("limit"), tuple(each.get("pattern") or ["all"])) for each in manifests if each}
    if not parts or any(not leaves_out(limit) and pattern == ("all",) for limit, pattern in parts):
        return hosts
    inventory = _inventory_of(variables["groups"], loader)
    matched: set[str] = set()
    try:
        for limit, pattern in parts:
            inventory.subset(limit)
            matched.update(host.name for host in inventory.list_hosts(list(pattern)))
    except AnsibleError:  # such as a file of the limit that only the jobs had
        return hosts
    return [name for name in hosts if name in matched]


def _inventory_of(groups: Mapping[str, Iterable[str]], loader: Any) -> InventoryManager:
    inventory = InventoryManager(loader, parse=False)
    for group, hosts in groups.items():
        inventory.add_group(str(group))
        for host in hosts:
            inventory.add_host(str(host), group=str(group))
    return inventory


def answer_of_none(commands: Callable[[], Any]) -> dict[str, Any]:
    """Return the answer of a device that no job asked.

    :param commands: returns its commands. It can raise any exception.
    """
    try:
        asked = check_commands(commands() or (), None)
    except Exception:  # of no interest here
        asked = ()
    error = Unresolved("resolve", KIND, MESSAGE, asked)
    return answer_of(error, Result("skipped", error=error))
