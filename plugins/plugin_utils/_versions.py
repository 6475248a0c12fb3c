# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versions of the software used in a run, for its manifest."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import pathlib
import platform

import yaml
from ansible.release import __version__ as ansible_version

LIBRARIES = ("asyncssh", "cryptography", "telnetlib3", "scrapli", "ntc-templates", "textfsm")
COLLECTION = pathlib.Path(__file__).parents[2]


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of this collection, Ansible, Python and, if installed, the libraries."""
    found = {
        "rollcall.network": _own_version(),
        "ansible-core": str(ansible_version),
        "python": platform.python_version(),
    }
    for library in LIBRARIES:
        try:
            found[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _own_version() -> str:
    """Return the version of the installed collection or of the checkout."""
    try:
        installed = json.loads((COLLECTION / "MANIFEST.json").read_text(encoding="utf-8"))
        return str(installed["collection_info"]["version"])
    except FileNotFoundError:
        pass
    try:
        return str(yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))["version"])
    except FileNotFoundError:  # copied without either
        return "unknown"
