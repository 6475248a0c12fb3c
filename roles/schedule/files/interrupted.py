# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the folder of the newest run if it has no end and no process writes to it.

    python interrupted.py [--always] <output_dir>

A run is printed only once, unless ``--always`` is given.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from ansible_collections.rollcall.network.plugins.module_utils._run import write_file
from ansible_collections.rollcall.network.plugins.module_utils._runs import is_finished, is_under_way, newest_first
from ansible_collections.rollcall.network.plugins.module_utils._trusted import read_file

TOLD = ".interrupted"  # has the name of the run that was printed last


def main() -> None:
    *options, output_dir = sys.argv[1:]
    top = Path(output_dir)
    newest = next(iter(newest_first(output_dir)), None)
    if newest is None or is_finished(newest) or is_under_way(newest):
        return
    if options != ["--always"]:
        with contextlib.suppress(OSError):
            if read_file(top / TOLD).decode(errors="replace") == newest.name:
                return
        with contextlib.suppress(OSError):  # then it is printed again after the next boot
            write_file(top / TOLD, newest.name.encode())
    print(newest)


main()
