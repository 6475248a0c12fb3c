# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any values of the variables of an inventory: each host is a device, or an error that says why it is none."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import VARIABLES
from ansible_collections.rollcall.network.plugins.plugin_utils.roll import Device, devices_from_inventory
from tests.unit.fuzzing import few, values

NAMES = sorted({name for names in VARIABLES.values() for name in names})
HOSTS = 25
USUAL: dict[str, Any] = {
    "ansible_host": "192.0.2.1",
    "ansible_user": "ops",
    "ansible_network_os": "cisco.ios.ios",
    "rollcall_commands": ["show version"],
}
likely = st.sampled_from(
    [
        "cisco.ios.ios", "cli", "python", "json", "show version", "yes", "22", "telnet", "-o ProxyJump=a,b", "{{ no }}",
        "{{ 1 / 0 }}", "{% if %}", "{{ [1] }}", "ssh://ops@bastion:22", "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
    ]
)  # fmt: skip
hosts = st.lists(
    st.dictionaries(st.sampled_from(NAMES), st.one_of(values, likely), max_size=4), min_size=HOSTS, max_size=HOSTS
)


def found(variables: list[dict[str, Any]], **arguments: Any) -> dict[str, Device | Error]:
    with tempfile.TemporaryDirectory() as folder:
        inventory = Path(folder, "inventory.json")
        table = {f"r{number}": {**USUAL, **each} for number, each in enumerate(variables)}
        inventory.write_text(json.dumps({"all": {"hosts": table}}))
        return devices_from_inventory(inventory, **arguments)


@few(3)
@given(variables=hosts)
def test_any_variables_of_hosts(variables: list[dict[str, Any]]) -> None:
    """Each example is an inventory. Ansible reads it in a process, which takes longer than all the hosts in it."""
    devices = found(variables)
    assert list(devices) == [f"r{number}" for number in range(HOSTS)]
    for name, device in devices.items():
        if isinstance(device, Error):
            assert device.message, variables
            assert device.kind != "internal", (device, variables[int(name[1:])])
        else:
            assert Device.from_dict(device.as_dict()) == device
            assert device.name == name


@few(3)
@given(
    pattern=st.one_of(st.sampled_from(["all", "r1", "!r1", "nobody", "all:&r1", "~r[", "r[0:1]", "@x", ""]), st.text()),
    arguments=st.dictionaries(
        st.sampled_from(["commands", "parser", "driver", "connect_timeout", "limits", "extra_vars", "known_hosts"]),
        values,
        max_size=2,
    ),
)
def test_any_arguments_of_an_inventory(pattern: str, arguments: dict[str, Any]) -> None:
    with contextlib.suppress(TypeError, ValueError):
        devices = found([{}, {}], pattern=pattern, **arguments)
        assert set(devices) <= {"r0", "r1"}
