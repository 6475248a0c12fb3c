# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""End the process groups of proxy commands, also if this process is killed.

A small process waits for the end of this one, which closes the pipe between them, and then kills the groups that are
left.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

_WATCH = """
import os, signal, sys
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
"""


class Groups:
    """The process groups of the proxy commands of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = 0
        self._watcher: subprocess.Popen[bytes] | None = None

    def add(self, group: int) -> None:
        self._tell(f"+{group}\n")

    def kill(self, group: int) -> None:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)
        self._tell(f"-{group}\n")

    def _tell(self, line: str) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self._owner != os.getpid():  # also after a fork
                self._owner = os.getpid()
                self._watcher = subprocess.Popen(
                    [sys.executable, "-ISc", _WATCH],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                    bufsize=0,
                )
            if self._watcher is not None and self._watcher.stdin is not None:
                self._watcher.stdin.write(line.encode())


GROUPS = Groups()
