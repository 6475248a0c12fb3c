# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pack the parts of the collection that a run needs, and print the SHA-256 of the package.

    python pack.py <folder of the collection> <package>

The same files always give the same bytes, so the checksum tells whether a host has this version.
"""

from __future__ import annotations

import hashlib
import sys
import tarfile
from pathlib import Path

PARTS = (
    "LICENSE",
    "MANIFEST.json",
    "galaxy.yml",
    "meta",
    "playbooks",
    "plugins",
    "requirements.lock",
    "requirements.txt",
    "roles",
)
# A fixed time; tar warns about files from 1970.
MOMENT = 1_000_000_000


def plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Remove the metadata that differs between copies of a file. Return None for Python's cache."""
    if member.name.endswith("/__pycache__"):
        return None
    member.mtime = MOMENT
    member.mode = 0o755 if member.isdir() else 0o644
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def main() -> None:
    root, package = Path(sys.argv[1]), Path(sys.argv[2])
    with tarfile.open(package, "w") as tar:
        for part in PARTS:
            if (root / part).exists():
                tar.add(root / part, arcname=part, filter=plain)
    print(hashlib.sha256(package.read_bytes()).hexdigest())


main()
