# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of ansible-playbook with a clock of their own. Ansible is imported once, and each run is a fork of that process.

A program: it reads a line of JSON for each run from its standard input, with the arguments, the folder, the file for
the output and the number of seconds by which the clock is wrong. It answers with the process id and, when the run
ended, with its exit status and the CPU time of its processes.
The real playbooks, roles, plugins and worker processes run. Only the clock of the controller's Python differs.
"""

from __future__ import annotations

import datetime
import json
import os
import signal
import sys
import time
from typing import Any

_REAL = time.time
_WRONG = 0.0


class Clock(datetime.datetime):
    """The class datetime, with a wrong clock."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Clock:
        return cls.fromtimestamp(time.time(), tz)


def wrong_time() -> float:
    return _REAL() + _WRONG


def run(order: dict[str, Any]) -> None:
    """Become ansible-playbook."""
    global _WRONG
    os.setsid()
    _WRONG = order["wrong"]
    os.chdir(order["folder"])
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for number in (1, 2):
        os.dup2(output, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    from ansible.cli.playbook import PlaybookCLI

    PlaybookCLI.cli_executor(["ansible-playbook", *order["arguments"]])


def main() -> None:
    time.time = wrong_time
    datetime.datetime = Clock  # type: ignore[misc]
    import ansible.cli.playbook  # noqa: F401

    for line in sys.stdin:
        order = json.loads(line)
        process = os.fork()
        if not process:
            run(order)  # ends with SystemExit
        print(process, flush=True)
        _process, status, used = os.wait4(process, 0)
        print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
