# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read an inventory in a process of its own. See _from_inventory, which starts it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypedDict

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret, VaultSecretsContext
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from ansible_collections.rollcall.network.plugins.module_utils._spec import check_arguments
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import Inventory, Resolved
from ansible_collections.rollcall.network.plugins.plugin_utils._task import resolved_value
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._check import HostNames


class Question(TypedDict):
    """The arguments of ``devices_of_sources``, as plain data."""

    sources: list[str]
    pattern: str
    vault_passwords: dict[str, str]
    extra_vars: dict[str, Any]
    arguments: dict[str, Any]


def described(question: Question) -> dict[str, object]:
    """Return ``devices``, with a device or an error by name as plain data; or ``refused``, why there are none."""
    try:
        return {"devices": _devices(question)}
    except (AnsibleError, ValueError) as error:
        return {"refused": str(error)}


def _devices(question: Question) -> dict[str, dict[str, object]]:
    secrets = [(name, VaultSecret(password.encode())) for name, password in question["vault_passwords"].items()]
    VaultSecretsContext.initialize(VaultSecretsContext(secrets))
    loader = DataLoader()
    loader.set_vault_secrets(secrets)
    inventory = InventoryManager(loader=loader, sources=question["sources"])
    manager = VariableManager(loader=loader, inventory=inventory)
    manager._extra_vars = {**manager.extra_vars, **question["extra_vars"]}
    HostVars(inventory, manager, loader)  # for templates; the manager keeps it
    hosts = [str(host.name) for host in inventory.get_hosts(question["pattern"])]
    if not hosts:
        msg = f"no host of the inventory matches {question['pattern']!r}"
        raise ValueError(msg)
    names = HostNames(lambda _host: ())
    templar = Templar(loader)

    def variables_of(name: str) -> Mapping[str, Any]:
        variables: dict[str, Any] = manager.get_vars(host=inventory.get_host(name))
        return variables

    def template(value: Any, variables: Mapping[str, Any]) -> Any:
        return resolved_value(templar, value, variables)

    known = [str(name) for name in inventory.hosts]  # bastions can be hosts that the pattern does not match
    sources = tuple(each if "," in each else os.path.abspath(each) for each in question["sources"])
    found = Inventory(variables_of, template, known, inventory.groups, {}, names.look_at, sources)
    resolved = found.resolve(hosts, check_arguments({"hosts": hosts, **question["arguments"]}))
    names.check()
    return {
        name: {"device": each.device.as_dict()} if isinstance(each, Resolved) else {"error": asdict(each)}
        for name, each in resolved.items()
    }
