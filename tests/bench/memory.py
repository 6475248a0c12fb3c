# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fleet's answers cost in memory when they are on disk."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.clients import ours
from tests.bench.goals import at_most, lines

NAMES, SIZE, WORKERS = 10_000, 50_000, 500
SECONDS = 1.0  # that each name takes: 500 names a second arrive


def memory() -> str:
    """10,000 names x 50 KB, through the run folder's writer, nothing returned."""
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as folder:
        spec = {"names": NAMES, "size": SIZE, "workers": WORKERS, "seconds": SECONDS, "output_dir": folder}
        mine = ours("memory", spec)
        assert mine.ok == NAMES, mine
        assert mine.more["errors"] == 0, mine.more
        texts = list(Path(mine.more["run_dir"], "devices").glob("*/show interfaces.txt"))
        assert len(texts) == NAMES
        assert min(text.stat().st_size for text in texts) >= SIZE
    seen = list(mine.more["memory"].values())
    return lines(
        f"{NAMES:,} answers of {SIZE // 1000} KB in {mine.own.seconds:.1f} s, {mine.own_ms_each:.2f} CPU ms each; "
        f"peak {at_most(mine.own.peak_mib, 400, 'MiB')}",
        f"after each thousand {', '.join(f'{mib:.0f}' for mib in seen)} MiB: "
        f"the end is {at_most(seen[-1] / seen[0], 1.25, 'x the first thousand')}",
    )
