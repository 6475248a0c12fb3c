# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the state of a poller as JSON: its packages, its limit of open files, its clock."""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time


def problem(module: str) -> str | None:
    """Return why a module cannot be imported, or None."""
    try:
        importlib.import_module(module)
    except Exception as error:  # a library built for another machine can raise anything
        return f"{module}: {type(error).__name__}: {error}"
    return None


_soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
modules = ("asyncssh", "telnetlib3", "scrapli", "yaml", "ntc_templates.parse", "textfsm")
print(
    json.dumps(
        {
            "python": sys.executable,
            "problems": [said for said in map(problem, modules) if said],
            "open_files": hard if hard != resource.RLIM_INFINITY else sys.maxsize,
            "time": time.time(),
        }
    )
)
