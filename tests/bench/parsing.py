# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts to rows."""

from __future__ import annotations

import os

from tests.bench.clients import bare, ours
from tests.bench.goals import at_least, lines
from tests.bench.texts import texts

DEVICES, ROUNDS = 48, 10


def parsing() -> str:
    """Rows per CPU second of the lab's texts, beside one ntc_templates.parse_output for each text."""
    expected = len(texts(DEVICES))
    mine = ours("parsing", {"devices": DEVICES, "rounds": ROUNDS, "threads": 8})
    theirs = bare("parse_output", {"devices": DEVICES})
    assert mine.ok == expected * ROUNDS, (mine, expected)
    assert theirs.ok == expected, (theirs, expected)
    assert mine.more["rows"] == theirs.more["rows"] * ROUNDS
    own = mine.more["rows"] / mine.cost.cpu_seconds
    parse_output = theirs.more["rows"] / theirs.cost.cpu_seconds
    cores = mine.cost.cpu_seconds / mine.cost.seconds
    return lines(
        f"{own:,.0f} rows per CPU s ({mine.cpu_ms_each:.2f} ms a text); parse_output {parse_output:,.0f} "
        f"({theirs.cpu_ms_each:.2f} ms a text): {at_least(own / parse_output, 5, 'x')}",
        f"{cores:.1f} of {len(os.sched_getaffinity(0))} cores in use with 8 threads",
    )
