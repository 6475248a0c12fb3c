# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line driver over a played stream, beside netmiko's reading of the same bytes."""

from __future__ import annotations

from typing import Any

from tests.bench.clients import NO_PEERS, ours, peer
from tests.bench.goals import at_most, lines
from tests.bench.session import COMMANDS

DEVICES = 500
MB = 1_000_000


def reader() -> str:
    """Login and three commands by CPU ms a device; texts of 1 MB and 10 MB by CPU ms for each MB."""
    short, short_peer = _compared({"sizes": dict.fromkeys(COMMANDS, 2000), "rounds": DEVICES})
    one, one_peer = _compared({"sizes": {COMMANDS[-1]: MB}, "rounds": 10})
    ten, ten_peer = _compared({"sizes": {COMMANDS[-1]: 10 * MB}, "rounds": 2}, megabytes=10)
    return lines(
        f"login and three commands {at_most(short, 0.91, 'CPU ms a device')}{_beside(short_peer)}",
        f"1 MB {one:.3g} CPU ms a MB{_beside(one_peer)}",
        f"10 MB {ten:.3g} CPU ms a MB{_beside(ten_peer)}; beside 1 MB {at_most(ten / one, 1.3, 'x')}",
    )


def _compared(spec: dict[str, Any], megabytes: int = 1) -> tuple[float, float | None]:
    """CPU ms of each round, or of each MB of it: ours, and netmiko's."""
    mine = ours("reader", spec)
    assert mine.ok == spec["rounds"], mine
    theirs = peer("netmiko_reader", spec)
    assert theirs is None or theirs.ok == spec["rounds"], theirs
    return mine.own_ms_each / megabytes, None if theirs is None else theirs.own_ms_each / megabytes


def _beside(theirs: float | None) -> str:
    return f"; {NO_PEERS}" if theirs is None else f"; netmiko {theirs:.3g}"
