# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record the sessions of this folder again, from devices of the lab and from real FRR routers, if they can run here:

PYTHONPATH=$PWD/collections python -m tests.transcripts.record
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests.integration.conftest import call_roll
from tests.integration.frr import FrrLab
from tests.lab import Lab

FRR = ["show version", "show ip bgp summary", "show running-config", "show nonsense"]


def main() -> None:
    """Ask one device of each platform, and keep its transcript."""
    with Lab(healthy=True) as lab:
        first = {each.platform: name for name, each in reversed(lab.devices.items())}
        record(lab.inventory, {"hosts": list(first.values())}, {name: platform for platform, name in first.items()})
    if FrrLab.missing() is None:
        for pager in (False, True):
            with FrrLab(pager=pager) as frr:
                record(frr.inventory, {"hosts": ["r1"], "commands": FRR}, {"r1": "frr-pager" if pager else "frr"})


def record(inventory: Path, arguments: dict[str, object], files: dict[str, str]) -> None:
    """Ask the hosts, and copy their transcripts to the files."""
    with tempfile.TemporaryDirectory() as folder:
        call_roll(inventory, {**arguments, "transcript": True, "output_dir": folder})
        for name, file in files.items():
            found = Path(folder, "latest", "devices", name, "transcript.jsonl")
            shutil.copyfile(found, Path(__file__).parent / f"{file}.jsonl")


if __name__ == "__main__":
    main()
