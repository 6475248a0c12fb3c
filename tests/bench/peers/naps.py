# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that sleep: in a ThreadPoolExecutor of as many threads, or in asyncio's tasks."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.bench.cost import measured, report

spec = json.load(sys.stdin)
names = [f"name-{number}" for number in range(spec["names"])]


def threads() -> list[str]:
    def nap(name: str) -> str:
        time.sleep(spec["nap"])
        return name

    with ThreadPoolExecutor(len(names)) as pool:
        return list(pool.map(nap, names))


async def tasks() -> list[str]:
    async def nap(name: str) -> str:
        await asyncio.sleep(spec["nap"])
        return name

    return await asyncio.gather(*map(nap, names))


with measured() as cost:
    answers = asyncio.run(tasks()) if spec["with"] == "asyncio" else threads()
report(sum(map(str.__eq__, answers, names)), cost)
