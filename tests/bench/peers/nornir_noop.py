# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that return at once, through Nornir's engine: its inventory is ready before the clock starts."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import json
import sys
from typing import Any

from nornir.core import Nornir
from nornir.core.configuration import Config
from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
from nornir.plugins.runners import ThreadedRunner

from tests.bench.cost import measured, report

spec = json.load(sys.stdin)
names = [f"name-{number}" for number in range(spec["names"])]
inventory = Inventory(Hosts({name: Host(name=name) for name in names}), Groups(), Defaults())
nornir = Nornir(inventory, runner=ThreadedRunner(num_workers=spec["workers"]), config=Config())


def noop(task: Any) -> str:
    return str(task.host.name)


with measured() as cost:
    results = nornir.run(task=noop)
report(sum(results[name].result == name for name in names), cost)
