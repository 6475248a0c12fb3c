# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's side of C(rollcall.network.collect): see its module for the documentation."""

from __future__ import annotations

import contextlib
import json
import pathlib
from functools import partial
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._roll import Answers
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_arguments
from ansible_collections.rollcall.network.plugins.plugin_utils._collect import (
    call_here,
    call_there,
    devices_of,
    open_folder,
    plan_of,
    warnings_of,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._progress import Progress
from ansible_collections.rollcall.network.plugins.plugin_utils._task import inventory_of_task
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed, allowed_of

Devices = dict[str, Device | Error]


class ActionModule(ActionBase):
    """Resolve names to devices, and call the roll here or, for a task delegated elsewhere, there."""

    TRANSFERS_FILES = False
    _supports_check_mode = True  # reading changes nothing: a check collects as ever
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        base: dict[str, Any] = super().run(tmp, task_vars)
        try:
            arguments = check_arguments(self._task.args)
            allowed = allowed_of(arguments, task_vars["groups"])
        except ValueError as error:
            raise AnsibleActionFail(f"rollcall.network.collect: {error}") from error
        inventory = inventory_of_task(self._task, self._play_context, self._templar, task_vars)
        resolved = inventory.resolve(dict.fromkeys(arguments["hosts"]), arguments)
        base["warnings"] = warnings_of(arguments["hosts"]) + self._misuse(arguments["hosts"], task_vars)
        base["_ansible_verbose_override"] = True  # megabytes of answers: shown only when asked for with debug
        if arguments["plan"]:
            return {**base, "changed": False, "plan": plan_of(resolved)}
        devices = devices_of(resolved)
        try:
            with open_folder(arguments, task_vars, Display(), check_mode=self._task.check_mode) as folder:
                if self._connection.transport == "local":
                    result = self._call_here(devices, arguments, folder, allowed, base)
                else:
                    ask = partial(self._ask_there, arguments, base, task_vars)
                    result = call_there(devices, arguments, ask, folder, allowed)
        except ValueError as error:
            raise AnsibleActionFail(f"rollcall.network.collect: {error}") from error
        return {**base, **result}

    def _call_here(
        self,
        devices: Devices,
        arguments: dict[str, Any],
        folder: RunFolder | None,
        allowed: Allowed,
        base: dict[str, Any],
    ) -> dict[str, Any]:
        progress = Progress(Display())
        try:
            return call_here(devices, arguments, progress, folder, allowed)
        finally:
            base["warnings"] += progress.warnings

    def _ask_there(
        self, arguments: dict[str, Any], base: dict[str, Any], task_vars: dict[str, Any], devices: Devices
    ) -> Answers:
        """Run the same collector on the machine that the task is delegated to."""
        if getattr(self._connection, "force_persistence", False):  # of a router: there is no Python to run there
            msg = "rollcall.network.collect runs where Python runs: add delegate_to: localhost and run_once: true"
            raise AnsibleActionFail(msg)
        module_args = {name: value for name, value in arguments.items() if value is not None}
        module_args["devices"] = json.dumps({name: _packed(device) for name, device in devices.items()})
        there = self._execute_module("rollcall.network.collect", module_args, task_vars=task_vars)
        if "answers" not in there:
            reason = there.get("msg") or "the module gave no answer"
            where = self._task.delegate_to or task_vars.get("inventory_hostname")
            raise AnsibleActionFail(f"rollcall.network.collect on {where}: {reason}", result=there)
        base["warnings"] += there.get("warnings", [])
        answers: Answers = json.loads(there["answers"])
        return answers

    def _misuse(self, hosts: list[str], task_vars: dict[str, Any]) -> list[str]:
        play_hosts = len(task_vars.get("ansible_play_batch", ()))
        if self._task.run_once or len(hosts) < 2 or play_hosts < 2:
            return []
        return [f"run_once: true is missing: each of {play_hosts} hosts calls the roll of {len(hosts)} devices"]


def _packed(device: Device | Error) -> dict[str, Any]:
    """A device on its way to another machine. Its key file is here, so the key itself goes along."""
    if isinstance(device, Error):
        return {"error": device.as_dict()}
    packed = device.as_dict()
    if device.private_key_file and not device.private_key:
        with contextlib.suppress(OSError):  # not here: then it has to be there
            packed["private_key"] = pathlib.Path(device.private_key_file).expanduser().read_text(encoding="utf-8")
    return {"device": packed}
