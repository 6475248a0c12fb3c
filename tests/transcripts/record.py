# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record the sessions of this folder again, from devices of the lab:

PYTHONPATH=collections python -m tests.transcripts.record
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._roll import Keep, Limits, call_roll
from ansible_collections.rollcall.network.plugins.module_utils._run import TRANSCRIPT, RunFolder
from tests.integration.asking import lab_device
from tests.lab import Lab


def main() -> None:
    """Ask one device of each platform, and keep its transcript."""
    with tempfile.TemporaryDirectory() as folder, Lab(healthy=True) as lab:
        run = RunFolder(folder)
        keep = Keep(run, let_go=True)
        chosen = {each.platform: each for each in reversed(lab.devices.values())}
        devices: dict[str, Device | Error] = {
            of.name: lab_device(of, transcript=True, become=bool(of.enable), host_key_checking=False)
            for of in chosen.values()
        }
        call_roll(devices, Limits(device_timeout=30), keep=keep)
        for platform, of in chosen.items():
            shutil.copyfile(run.folder_of(of.name) / TRANSCRIPT, Path(__file__).parent / f"{platform}.jsonl")
        run.close()


if __name__ == "__main__":
    main()
