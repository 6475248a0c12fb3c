# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nornir with nornir_netmiko, as its users run it."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import json
import logging
import sys
from typing import Any

from nornir.core import Nornir
from nornir.core.configuration import Config
from nornir.core.inventory import ConnectionOptions, Defaults, Groups, Host, Hosts, Inventory
from nornir.core.plugins.connections import ConnectionPluginRegister
from nornir.plugins.runners import ThreadedRunner
from nornir_netmiko.tasks import netmiko_send_command

from tests.bench.cost import allow_files, measured, report
from tests.bench.targets import ios
from tests.lab.topology import PASSWORD, USER

spec: dict[str, Any] = json.load(sys.stdin)
logging.disable(logging.CRITICAL)
extras = {"conn_timeout": 120, "banner_timeout": 120, "auth_timeout": 120}
hosts = {
    one.name: Host(
        name=one.name,
        hostname=one.device.address,
        port=spec["port"],
        username=USER,
        password=PASSWORD,
        platform="cisco_ios",
        connection_options={"netmiko": ConnectionOptions(extras=extras)},
    )
    for one in ios(spec["devices"], spec["names"])
}
ConnectionPluginRegister.auto_register()
inventory = Inventory(Hosts(hosts), Groups(), Defaults())
nornir = Nornir(inventory, runner=ThreadedRunner(num_workers=spec["workers"]), config=Config())


def ask(task: Any) -> None:
    try:
        task.run(netmiko_send_command, command_string="show version", read_timeout=120)
    finally:
        task.host.close_connections()


allow_files(spec["workers"])
with measured() as cost:
    results = nornir.run(task=ask)
report(sum("light version" in str(each[-1].result) for each in results.values()), cost)
