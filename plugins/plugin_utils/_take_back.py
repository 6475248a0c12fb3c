# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record that runs which are recorded as passed did not pass, because their reports could not be written."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Sequence

from ansible_collections.rollcall.network.plugins.module_utils._fleet import Record, record_failure
from ansible_collections.rollcall.network.plugins.module_utils._run import MANIFEST, RUNS, old_manifest, write_json
from ansible_collections.rollcall.network.plugins.module_utils._state import State


def take_back(top: pathlib.Path, run_dirs: Sequence[str], reason: str) -> tuple[Record | None, OSError | None]:
    """Change the verdict of these runs in their manifest and, if they are the recorded ones, in the fleet state.

    Return the changed record, None if these runs are not recorded as passed, and the error if it could not be written.

    :param top: the output folder.
    """
    top = top.resolve()
    folders = [pathlib.Path(each).expanduser().resolve() for each in run_dirs]
    runs = [os.path.relpath(each, top) for each in folders]
    state = State(top)
    changed, error = record_failure(state, runs, reason) if state.is_there else (None, None)
    if len(folders) == 1 and runs[0] == f"{RUNS}/{folders[0].name}":
        with contextlib.suppress(OSError):
            _change_manifest(folders[0], reason)
    return changed, error


def _change_manifest(folder: pathlib.Path, reason: str) -> None:
    manifest = old_manifest(folder)
    verdict = manifest.get("verdict") or {}
    if not verdict.get("passed"):
        return
    manifest["verdict"] = {**verdict, "passed": False, "reasons": [*verdict.get("reasons", ()), reason]}
    manifest["troubles"] = [*manifest.get("troubles", ()), reason]
    partial = folder / f"{MANIFEST}.part"
    try:
        write_json(partial, manifest, indent=1)
        partial.rename(folder / MANIFEST)
    finally:
        partial.unlink(missing_ok=True)
