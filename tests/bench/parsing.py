# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts to rows."""

from __future__ import annotations

import os
from typing import Any

from tests.bench.clients import bare, ours
from tests.bench.goals import at_least, lines
from tests.bench.texts import texts

DEVICES = 48
THREADS = 8


def parsing() -> str:
    """The lab's texts to rows by CPU time, beside one ntc_templates.parse_output for each; long texts by the clock."""
    texts_each = len(texts(DEVICES))
    short: dict[str, Any] = {"devices": DEVICES, "long": False, "threads": THREADS}
    mine = ours("parsing", {**short, "rounds": 10})
    theirs = bare("parse_output", {**short, "rounds": 1})
    assert mine.ok == texts_each * 10, (mine, texts_each)
    assert theirs.ok == texts_each, (theirs, texts_each)
    assert mine.more["rows"] == theirs.more["rows"] * 10
    own, parse_output = (each.more["rows"] / each.cost.cpu_seconds for each in (mine, theirs))
    return lines(
        f"{own:,.0f} rows per CPU s ({mine.cpu_ms_each:.2f} ms a text); parse_output {parse_output:,.0f} "
        f"({theirs.cpu_ms_each:.2f} ms a text): {at_least(own / parse_output, 5, 'x')}",
        *_long(),
    )


def _long() -> tuple[str, str]:
    """By wall time: in processes, the start of them included; in threads; and by parse_output."""
    texts_each = len(texts(DEVICES, long=True))
    spec: dict[str, Any] = {"devices": DEVICES, "long": True, "threads": THREADS}
    mine, threads = ours("parsing_processes", {**spec, "rounds": 100}), ours("parsing", {**spec, "rounds": 100})
    theirs = bare("parse_output", {**spec, "rounds": 10})
    assert mine.ok == threads.ok == theirs.ok * 10 == texts_each * 100, (mine, threads, theirs)
    assert mine.more["rows"] == threads.more["rows"] == theirs.more["rows"] * 10
    own, one_core, parse_output = (each.more["rows"] / each.cost.seconds for each in (mine, threads, theirs))
    used = mine.cost.cpu_seconds + mine.more["processes_cpu_seconds"]
    return (
        f"tables of {mine.more['rows'] / mine.ok:.0f} rows: {own:,.0f} rows per s, {own / one_core:.2f} x those of "
        f"threads alone, {own / parse_output:.2f} x those of parse_output",
        f"{used / mine.cost.seconds:.1f} of {len(os.sched_getaffinity(0))} cores in use; "
        f"{mine.cost.cpu_seconds / used:.0%} of the CPU time in the process that talks to devices",
    )
