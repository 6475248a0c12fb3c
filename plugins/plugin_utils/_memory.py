# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cache of lookup results within one run of ansible-playbook.

Tasks and lookups run in forked workers, which share nothing but the file system. Ansible makes one private directory
for a run (mode 0700) and removes it at its end: the answers live there.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible import constants as C

# Whether an answer with an age in seconds may be reused.
Fresh = Callable[[dict[str, Any], float], bool]


def remembered(question: Any, ask: Callable[[], dict[str, Any]], fresh: Fresh | None = None) -> dict[str, Any]:
    """Return the cached result. The first worker asks; the others wait and read it.

    :param question: plain data. Only its hash is stored, because it contains secrets.
    :param fresh: called with a stored answer and its age in seconds. If it returns False, the question is
        asked again. Without it, an answer is used until the run ends.
    """
    with held(question) as path:
        found = _read(path)
        if found is not None and (fresh is None or fresh(*found)):
            return found[0]
        answer = ask()
        _write(path, answer)
        return answer


@contextlib.contextmanager
def held(question: Any) -> Iterator[pathlib.Path]:
    """Hold this question against the other workers; the file that is its own. The kernel lets go of a dead worker's."""
    path = pathlib.Path(C.DEFAULT_LOCAL_TMP, f"rollcall-{hash_of(question)}.json")
    with open(path.with_suffix(".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


def hash_of(question: Any) -> str:
    return hashlib.sha256(json.dumps(question, sort_keys=True, default=str).encode()).hexdigest()


def _read(path: pathlib.Path) -> tuple[dict[str, Any], float] | None:
    kept = read_json(path)
    # One clock for all processes of the machine.
    return None if kept is None else (kept["answer"], time.monotonic() - kept["at"])


def _write(path: pathlib.Path, answer: dict[str, Any]) -> None:
    write_json(path, {"at": time.monotonic(), "answer": answer})


def read_json(path: pathlib.Path) -> dict[str, Any] | None:
    """Return the content of a file, or None if there is no file."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    return content


def write_json(path: pathlib.Path, content: Mapping[str, Any]) -> None:
    """Replace a file, readable by its owner only."""
    partial = path.with_suffix(".part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:
        json.dump(content, file)
    partial.replace(path)
