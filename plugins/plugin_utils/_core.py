# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the versions of Ansible and Python. Plugins import this file first, because others import newer names."""

from __future__ import annotations

import os
import sys

from ansible.errors import AnsibleError
from ansible.release import __version__ as version

OLDEST_CORE = (2, 19)  # as in meta/runtime.yml
OLDEST_PYTHON = (3, 11)


def require_core() -> None:
    """Check the versions of ansible-core and Python.

    :raises AnsibleError: in one sentence.
    """
    if _numbers(version) < OLDEST_CORE:
        msg = f"rollcall.network needs ansible-core 2.19 or later; this is {version}, of {sys.executable}"
        raise AnsibleError(msg + _hint())
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        msg = f"rollcall.network needs Python 3.11 or later; {sys.executable} is {found}"
        raise AnsibleError(msg + _hint())


def _hint() -> str:
    """Return what to do in a job of AWX, whose environment has this variable of ansible-runner; empty elsewhere."""
    if "AWX_ISOLATED_DATA_DIR" not in os.environ:
        return ""
    return (
        ". In AWX, attach the execution environment that you built from execution-environment.yml to the job template "
        "and to the inventory source (docs/awx.md)"
    )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2])
