# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that sleep, through `collect`."""

from __future__ import annotations

import json
import sys
import time

from ansible_collections.rollcall.network.plugins.module_utils.collector import collect
from tests.bench.cost import measured, report

spec = json.load(sys.stdin)
names = [f"name-{number}" for number in range(spec["names"])]


def nap(name: str) -> str:
    time.sleep(spec["nap"])
    return name


with measured() as cost:
    results = collect(nap, names, workers=len(names))
report(sum(result.value == name for name, result in results.items()), cost)
