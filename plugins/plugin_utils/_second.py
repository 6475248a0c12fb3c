# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second job of a workflow of AWX, which asks the devices that have no full answer of the first."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.rollcall.network.plugins.module_utils._run import old_manifest
from ansible_collections.rollcall.network.plugins.module_utils._state import Entry
from ansible_collections.rollcall.network.plugins.plugin_utils._manifest import workflow_of

SECOND = "rollcall_awx_second"  # the node `again` sets it


def reusable(entries: Mapping[str, Entry], top: pathlib.Path, variables: Mapping[str, Any]) -> dict[str, Entry]:
    """Return the entries of the fleet state whose answers a run may reuse.

    For the second job, these are answers of its own workflow: a device whose slice never ran has one of an earlier
    night.

    :param top: the output folder.
    :param variables: Ansible's variables.
    """
    if not boolean(variables.get(SECOND, False), strict=False):
        return dict(entries)
    workflow = workflow_of(variables)
    of_workflow: dict[str, bool] = {}
    for each in entries.values():
        if each.run is not None and each.run not in of_workflow:
            of_workflow[each.run] = (
                workflow is not None and old_manifest(top / each.run).get("workflow_job") == workflow
            )
    return {name: each for name, each in entries.items() if each.run is not None and of_workflow[each.run]}
