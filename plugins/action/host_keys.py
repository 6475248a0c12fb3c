# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``rollcall.network.host_keys``: see its module for the documentation."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.rollcall.network.plugins.plugin_utils._core import require_core

require_core()

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._drivers.registry import can_connect, uses_ssh
from ansible_collections.rollcall.network.plugins.module_utils._model.visible import visible
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._roll import call_roll
from ansible_collections.rollcall.network.plugins.plugin_utils import _host_keys
from ansible_collections.rollcall.network.plugins.plugin_utils._host_keys_spec import (
    ARGUMENT_SPEC,
    EXCLUSIVE,
    REQUIRED,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import Resolved
from ansible_collections.rollcall.network.plugins.plugin_utils._live import Live
from ansible_collections.rollcall.network.plugins.plugin_utils._on_controller import OnController
from ansible_collections.rollcall.network.plugins.plugin_utils._person import Person
from ansible_collections.rollcall.network.plugins.plugin_utils._task import inventory_of_task
from ansible_collections.rollcall.network.plugins.plugin_utils._untagged import untagged

# Settings that a login over SSH needs, and fetching host keys does not.
UNNEEDED = ("commands", "platform")
NO_HOST_KEY = Error("resolve", "driver", "the driver does not use SSH, so that there is no host key to check")
TELNET = Error("resolve", "driver", "reached with Telnet, which has no host keys")


class ActionModule(OnController):
    """Collect the host keys of devices, or write those that an earlier task collected."""

    AS_WRITTEN = frozenset({"found"})  # Ansible would copy every key of the fleet several times
    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        base: dict[str, Any] = super().run(tmp, task_vars)
        base["_ansible_verbose_override"] = True
        arguments = self._arguments()
        try:
            if arguments["hosts"] is not None:
                return {**base, **self._collect(arguments["hosts"], task_vars)}
            return {**base, **self._write(arguments)}
        except (OSError, ValueError) as error:
            raise AnsibleActionFail(visible(f"rollcall.network.host_keys: {error}")) from None

    def _collect(self, hosts: list[str], task_vars: dict[str, Any]) -> dict[str, Any]:
        inventory = inventory_of_task(self._task, self._play_context, self._templar, task_vars)
        resolved = inventory.resolve(dict.fromkeys(hosts), {"driver": None}, UNNEEDED)
        ask = functools.partial(call_roll, on_told=Person().told)
        found = _host_keys.collect_keys({name: _device(each) for name, each in resolved.items()}, ask)
        for line in _host_keys.lines_of(found):
            Live().display(line)
        summary = _host_keys.summary(found)
        return {"changed": False, "devices": found, "summary": summary, "shared": _host_keys.shared_keys(found)}

    def _write(self, arguments: dict[str, Any]) -> dict[str, Any]:
        found, new, replace = arguments["found"], arguments["new"], arguments["replace"]
        done = _host_keys.write(found, new=new, replace=replace, really=not self._task.check_mode)
        return {"changed": bool(done["written"]), **done}

    def _arguments(self) -> dict[str, Any]:
        given = {name: value for name, value in self._task.args.items() if name != "found"}
        found = untagged(self._templar.template(self._task.args.get("found")))
        if isinstance(found, Mapping) and "devices" in found:  # the result of the task
            found = found["devices"]
        checked = ArgumentSpecValidator(ARGUMENT_SPEC, mutually_exclusive=EXCLUSIVE, required_one_of=REQUIRED).validate(
            {**given, **({} if found is None else {"found": found})}
        )
        if checked.error_messages:
            raise AnsibleActionFail(f"rollcall.network.host_keys: {'; '.join(checked.error_messages)}")
        arguments: dict[str, Any] = untagged(checked.validated_parameters)
        return arguments


def _device(resolved: Resolved | Error) -> Device | Error:
    if isinstance(resolved, Error):
        return resolved
    device = resolved.device
    if not device.host or not can_connect(device):
        return NO_HOST_KEY
    return device if uses_ssh(device) else TELNET
