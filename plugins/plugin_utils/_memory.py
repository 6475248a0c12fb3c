# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was asked in this run of ansible-playbook, and what came of it.

A lookup runs in forked workers, which share nothing but the file system. Ansible makes one private directory for a run
(mode 0700) and removes it at its end: the answers live there.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pathlib
from collections.abc import Callable
from typing import Any

from ansible import constants as C


def remembered(question: Any, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The answer to this question: asked by the first worker, read by the others, who wait for it.

    :param question: plain data; only its hash is kept, for it holds secrets.
    """
    key = hashlib.sha256(json.dumps(question, sort_keys=True, default=str).encode()).hexdigest()
    path = pathlib.Path(C.DEFAULT_LOCAL_TMP, f"rollcall-{key}.json")
    with open(path.with_suffix(".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go by the kernel, should this worker die
        if path.exists():
            answer: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
            return answer
        answer = ask()
        partial = path.with_suffix(".part")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            json.dump(answer, file)
        partial.replace(path)
        return answer
