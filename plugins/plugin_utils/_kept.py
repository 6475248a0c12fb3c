# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a folder outlives the job of AWX, whose container is removed with all that it does not share."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.rollcall.network.plugins.plugin_utils._manifest import job_of

RUNNER = pathlib.Path("/runner")  # of the job; AWX removes it too
MOUNTS = pathlib.Path("/proc/self/mountinfo")
# File systems that a container has for itself. A part of one of them was mounted from outside.
OF_CONTAINER = ("tmpfs", "ramfs", "overlay", "fuse.fuse-overlayfs")
# Folders of the machine that are removed with the pod or the container: an emptyDir, and a volume without a name.
OF_POD = re.compile(r"/kubernetes\.io~empty-dir/|/volumes/[0-9a-f]{64}/_data(/|$)")
ADVICE = (
    "In AWX, mount it or a folder above it into the execution environment: add it to Settings, Jobs, Paths to expose "
    "to isolated jobs, such as /var/lib/rollcall:/var/lib/rollcall:rw, or on Kubernetes add a volume to the pod "
    "specification of the container group; see docs/awx.md"
)


def check_kept(output_dir: str, variables: Mapping[str, Any]) -> None:
    """Check that the folder outlives the job, if this is a job of AWX.

    :param variables: Ansible's variables, which have the number of the job.
    :raises ValueError: if it does not, with the setting to change.
    """
    folder = pathlib.Path(output_dir).expanduser().resolve()
    if in_container(variables) and not is_kept(folder, _mounts()):
        where = f"output_dir {folder} is on the container's own file system"
        raise ValueError(f"{where}, which AWX removes at the end of the job. {ADVICE}")


def hint(variables: Mapping[str, Any]) -> str:
    """Return what to check in a job of AWX if a run of another job is not found; empty elsewhere."""
    if not in_container(variables):
        return ""
    return f". If another job wrote it, this job does not have the same folder. {ADVICE}"


def in_container(variables: Mapping[str, Any]) -> bool:
    """Whether this is a job of AWX in its container."""
    return job_of(variables) is not None and RUNNER.is_dir()


def is_kept(folder: pathlib.Path, mounts: str) -> bool:
    """Whether a folder is on a file system that the container got from outside.

    :param folder: without links. It need not exist.
    :param mounts: the content of /proc/self/mountinfo. If it cannot be read, the answer is yes.
    """
    if folder.is_relative_to(RUNNER):
        return False
    found: tuple[pathlib.Path, str, str] | None = None
    for line in mounts.splitlines():
        before, _dash, after = line.partition(" - ")
        fields, kind = before.split(" "), after.partition(" ")[0]
        if len(fields) < 5:
            continue
        point = pathlib.Path(_unescaped(fields[4]))
        # A later mount covers an earlier one.
        if folder.is_relative_to(point) and (found is None or len(point.parts) >= len(found[0].parts)):
            found = point, _unescaped(fields[3]), kind
    if found is None:
        return True
    point, root, kind = found
    own = (kind in OF_CONTAINER and root == "/") or OF_POD.search(root)
    return point != pathlib.Path("/") and not own


def _mounts() -> str:
    try:
        return MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), text)
