# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text to rows by CPU time, beside ntc_templates.parse_output."""

from __future__ import annotations

from tests.bench.clients import bare, ours
from tests.bench.goals import at_least
from tests.bench.texts import texts

DEVICES = 48
THREADS = 8


def parsing() -> str:
    """The lab's texts to rows by CPU time, beside one ntc_templates.parse_output for each."""
    texts_each = len(texts(DEVICES))
    spec = {"devices": DEVICES, "threads": THREADS}
    mine = ours("parsing", {**spec, "rounds": 10})
    theirs = bare("parse_output", {**spec, "rounds": 1})
    assert mine.ok == texts_each * 10, (mine, texts_each)
    assert theirs.ok == texts_each, (theirs, texts_each)
    assert mine.more["rows"] == theirs.more["rows"] * 10
    own, parse_output = (each.more["rows"] / each.own.cpu_seconds for each in (mine, theirs))
    return (
        f"{own:,.0f} rows per CPU s ({mine.own_ms_each:.2f} ms a text); parse_output {parse_output:,.0f} "
        f"({theirs.own_ms_each:.2f} ms a text): {at_least(own / parse_output, 5, 'x')}"
    )
