# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's texts through `Parsers`, as a roll call has it: from the first text on, and the start of processes too."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._parsers import Parsers

from ansible_collections.rollcall.network.plugins.module_utils._parsing import Parsed, parse
from tests.bench.cost import measured, report
from tests.bench.texts import texts

spec: dict[str, Any] = json.load(sys.stdin)

once = texts(spec["devices"], long=spec["long"])
expected = [parse(each.text, parser="textfsm", platform=each.ntc_platform, command=each.command) for each in once]
work = once * spec["rounds"]
with measured() as cost, contextlib.closing(Parsers(len(work))) as parsers, ThreadPoolExecutor(spec["threads"]) as pool:

    def rows_of(number: int) -> Parsed:
        text = work[number]
        return parsers.parse(text.text, parser="textfsm", platform=text.ntc_platform, command=text.command)

    parsed = list(pool.map(rows_of, range(len(work))))
used = resource.getrusage(resource.RUSAGE_CHILDREN)
report(
    sum(each == expected[number % len(once)] for number, each in enumerate(parsed)),
    cost,
    rows=sum(len(each.rows or ()) for each in parsed),
    processes_cpu_seconds=used.ru_utime + used.ru_stime,
)
