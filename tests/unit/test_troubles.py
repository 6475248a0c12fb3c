# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why several runs together did not pass: which reasons of single runs are still true."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.plugin_utils._report import not_all
from ansible_collections.rollcall.network.plugins.plugin_utils._troubles import INTERRUPTED, stale_alarm, troubles_of

STALE: dict[str, Any] = {
    "stale_hosts": ["r1", "r2"],
    "arguments": {"stale_after": 60},
    "troubles": ["2 have no full answer for more than 60 s (stale_after): r1, r2"],
}
KILLED: dict[str, Any] = {"status": "running", "hosts": ["r1", "r2"]}
OTHER: dict[str, Any] = {"troubles": ["the history could not be written"]}


def test_the_alarm_is_that_of_a_run() -> None:
    assert [stale_alarm(STALE["stale_hosts"], 60)] == STALE["troubles"]


@pytest.mark.parametrize(
    ("manifests", "failed", "reasons"),
    [
        ([STALE], ["r1", "r2"], STALE["troubles"]),
        ([STALE], ["r2"], ["1 has no full answer for more than 60 s (stale_after): r2"]),
        ([STALE], [], []),
        ([STALE, STALE], ["r1", "r2"], STALE["troubles"]),
        ([KILLED], ["r2"], [INTERRUPTED]),
        ([KILLED], [], []),
        ([KILLED], ["r3"], []),
        ([OTHER], [], OTHER["troubles"]),
        ([OTHER, {**STALE, **OTHER}], ["r1"], OTHER["troubles"]),
        ([{"troubles": [not_all("No space left on device")]}], [], []),
        ([{}], ["r1"], []),
    ],
)
def test_which_reasons_of_runs_are_still_true(
    manifests: list[dict[str, Any]], failed: list[str], reasons: list[str]
) -> None:
    statuses = {name: "failed" if name in failed else "ok" for name in ("r1", "r2", "r3")}
    assert troubles_of(manifests, statuses) == reasons
