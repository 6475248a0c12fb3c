# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's side of C(rollcall.network.collect): see its module for the documentation."""

from __future__ import annotations

import contextlib
import json
from functools import partial
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._model.visible import visible
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
from ansible_collections.rollcall.network.plugins.plugin_utils._poller import (
    SSH_ARGS,
    SSH_OPTIONS,
    foreign,
    packed,
    reason_of,
    without_poller,
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
            raise AnsibleActionFail(visible(f"rollcall.network.collect: {error}")) from error
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
            raise AnsibleActionFail(visible(f"rollcall.network.collect: {error}")) from error
        base["warnings"] += result.pop("warnings", [])
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
        """Run the same collector on the machine that the task runs on, a poller."""
        if getattr(self._connection, "force_persistence", False):  # of a router: there is no Python to run there
            msg = "rollcall.network.collect runs where Python runs: add delegate_to: localhost and run_once: true"
            raise AnsibleActionFail(msg)
        poller = str(self._task.delegate_to or task_vars["inventory_hostname"])
        module_args = {name: value for name, value in arguments.items() if value is not None}
        there = self._run_module({**module_args, "devices": packed(devices)}, task_vars)
        base["warnings"] += [foreign(warning, devices) for warning in there.get("warnings", [])]
        if there.get("refused"):
            msg = foreign(str(there["msg"]), devices)
            raise AnsibleActionFail(f"rollcall.network.collect on {poller}: {msg}")
        if "answers" in there:
            answers: Answers = json.loads(there["answers"])
            return answers
        # As a device that fails, a poller that fails is data: its names must not be missing among the others'.
        reason = foreign(reason_of(there), devices)
        base["warnings"].append(f"poller {poller} gave no answers: {reason}")
        return without_poller(devices, poller, reason)

    def _run_module(self, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """The module's result; C(msg) alone where there is no way to it."""
        if self._connection.transport == "ssh":
            for option in SSH_OPTIONS:
                given = self._connection.get_option(option) or ""
                self._connection.set_option(option, f"{given} {SSH_ARGS}".strip())
        try:
            result: dict[str, Any] = self._execute_module("rollcall.network.collect", module_args, task_vars=task_vars)
        except AnsibleError as error:  # not only of the connection: no sshpass here, no way to become root there
            return {"msg": str(error)}
        return result

    def cleanup(self, force: bool = False) -> None:
        """As ever, but a poller that is gone by now does not take its answers with it."""
        with contextlib.suppress(AnsibleConnectionFailure):
            super().cleanup(force)

    def _misuse(self, hosts: list[str], task_vars: dict[str, Any]) -> list[str]:
        play_hosts = len(task_vars.get("ansible_play_batch", ()))
        each_its_own = not self._task.delegate_to and task_vars["inventory_hostname"] not in hosts  # a play of pollers
        if self._task.run_once or each_its_own or len(hosts) < 2 or play_hosts < 2:
            return []
        return [f"run_once: true is missing: each of {play_hosts} hosts calls the roll of {len(hosts)} devices"]
