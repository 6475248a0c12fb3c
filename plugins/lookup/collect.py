# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: collect
short_description: Call every device of a fleet by name, in an expression
version_added: 0.1.0
author:
  - The rollcall.network authors (@rollcall-network)
description:
  - Does what the module P(rollcall.network.collect#module) does and returns its C(devices), a dictionary of name and answer.
  - A variable that holds a lookup is evaluated at every use. The same question about the same devices is therefore asked once
    in a run of ansible-playbook; the answer lives in Ansible's private temporary directory until the run ends.
  - It sees the variables of inventory, facts and extra variables, not those of the play; C(-k) and C(-K) do not reach it.
options:
  _terms:
    description: The names to ask; lists are flattened. They stand for O(hosts), which cannot be given besides.
    required: true
extends_documentation_fragment:
  - rollcall.network.collect
"""

EXAMPLES = r"""
- name: Show the versions of three routers
  ansible.builtin.debug:
    msg: "{{ item.key }}: {{ item.value.output['show version'].text }}"
  loop: "{{ roll | dict2items }}"
  vars:
    roll: "{{ lookup('rollcall.network.collect', 'r1', 'r2', 'r3', commands=['show version']) }}"
"""

RETURN = r"""
_raw:
  description: One dictionary of name and answer, as RV(rollcall.network.collect#module:devices).
  type: list
  elements: dict
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ansible_collections.rollcall.network.plugins.plugin_utils._core import require_core

require_core()

from ansible_collections.rollcall.network.plugins.module_utils._spec import check_arguments
from ansible_collections.rollcall.network.plugins.plugin_utils._collect import (
    call_here,
    devices_of,
    open_folder,
    plan_of,
    warnings_of,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._memory import remembered
from ansible_collections.rollcall.network.plugins.plugin_utils._preflight import preflight
from ansible_collections.rollcall.network.plugins.plugin_utils._progress import Progress
from ansible_collections.rollcall.network.plugins.plugin_utils._task import inventory_of_lookup, set_by_tasks
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._check import HostNames
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import allowed_of


class LookupModule(LookupBase):
    """Resolve names to devices and call the roll, once for the same question in one run."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        display = Display()
        if "hosts" in kwargs:
            msg = "lookup rollcall.network.collect: the names are its terms, not hosts="
            raise AnsibleLookupError(msg)
        try:
            arguments = check_arguments({**kwargs, "hosts": self._flatten(terms)})
            allowed = allowed_of(arguments, (variables or {}).get("groups", {}))
            names = HostNames(set_by_tasks((variables or {})["hostvars"]._variable_manager))
            inventory = inventory_of_lookup(self._templar, variables or {}, names.look_at)
            resolved = inventory.resolve(dict.fromkeys(arguments["hosts"]), arguments)
            names.check()
            if arguments["plan"]:
                return [plan_of(resolved)]
            devices = devices_of(resolved)
            preflight(devices)
            progress = Progress(display)
            question = [arguments, {name: device.as_dict() for name, device in devices.items()}]

            def ask() -> dict[str, Any]:
                check_mode = bool((variables or {}).get("ansible_check_mode"))
                with open_folder(arguments, variables or {}, display, check_mode=check_mode) as folder:
                    return call_here(devices, arguments, progress, folder, allowed)

            result = remembered(question, ask)
        except ValueError as error:
            raise AnsibleLookupError(f"lookup rollcall.network.collect: {error}") from error
        for warning in (*warnings_of(arguments["hosts"]), *progress.warnings, *result.get("warnings", ())):
            display.warning(warning)
        if result.get("failed"):
            raise AnsibleLookupError(f"lookup rollcall.network.collect: {result['msg']}")
        return [result["devices"]]
