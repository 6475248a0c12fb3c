# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's texts through `parse`, in as many threads as told: rows, time, and cores in use."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._parsing import Parsed, parse
from tests.bench.cost import measured, report
from tests.bench.texts import Text, texts

spec: dict[str, Any] = json.load(sys.stdin)


def rows_of(text: Text) -> Parsed:
    return parse(text.text, parser="textfsm", platform=text.ntc_platform, command=text.command)


work = texts(spec["devices"]) * spec["rounds"]
for each in work:  # so that the clock does not run while templates compile
    rows_of(each)
with measured() as cost, ThreadPoolExecutor(spec["threads"]) as pool:
    parsed = list(pool.map(rows_of, work))
report(sum(each.status == "ok" for each in parsed), cost, rows=sum(len(each.rows or ()) for each in parsed))
