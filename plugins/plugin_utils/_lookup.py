# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask for a lookup that has no answer to reuse.

The lookup imports this module only when needed. Ansible compiles the files of a collection in each worker process, and
importing all of them would take 0.1 CPU seconds for each host of a task.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._drivers._function import look_in
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_arguments
from ansible_collections.rollcall.network.plugins.plugin_utils._collect import (
    call_here,
    devices_of,
    function_folders,
    open_folder,
    plan_of,
    warnings_of,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import Resolved
from ansible_collections.rollcall.network.plugins.plugin_utils._live import Live
from ansible_collections.rollcall.network.plugins.plugin_utils._preflight import preflight
from ansible_collections.rollcall.network.plugins.plugin_utils._progress import Progress
from ansible_collections.rollcall.network.plugins.plugin_utils._ssh_settings import ssh_warnings
from ansible_collections.rollcall.network.plugins.plugin_utils._task import inventory_of_lookup, set_by_tasks
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._check import HostNames
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import allowed_of


class Roll:
    """One question of a lookup.

    :raises ValueError: for wrong arguments.
    """

    def __init__(self, templar: Any, variables: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
        self._templar = templar
        self._variables = variables
        self._arguments = check_arguments(arguments)
        look_in(function_folders(variables))
        self._allowed = allowed_of(self._arguments, variables["groups"])

    @functools.cached_property
    def _resolved(self) -> dict[str, Any]:
        names = HostNames(set_by_tasks(self._variables["hostvars"]._variable_manager))
        inventory = inventory_of_lookup(self._templar, self._variables, names.look_at)
        resolved = inventory.resolve(dict.fromkeys(self._arguments["hosts"]), self._arguments)
        names.check()
        return resolved

    def devices(self) -> dict[str, Any]:
        """The devices as plain data with secrets, to distinguish questions."""
        return {
            name: dataclasses.asdict(each.device if isinstance(each, Resolved) else each)
            for name, each in self._resolved.items()
        }

    def plan(self) -> dict[str, Any]:
        return plan_of(self._resolved)

    def ask(self) -> dict[str, Any]:
        """The result of the task.

        :raises ValueError: for what is wrong before the first login.
        """
        display = Live()
        progress = Progress(display)
        preflight(devices_of(self._resolved))
        check_mode = bool(self._variables.get("ansible_check_mode"))
        devices = devices_of(self._resolved)
        with open_folder(self._arguments, self._variables, devices, display, check_mode=check_mode) as folder:
            result = call_here(devices, self._arguments, progress, folder, self._allowed, display.display)
        warnings = [
            *warnings_of(self._arguments, devices),
            *ssh_warnings(devices.values()),
            *progress.warnings,
            *result.get("warnings", ()),
        ]
        return {**result, "warnings": warnings}
