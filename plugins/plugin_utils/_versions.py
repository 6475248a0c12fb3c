# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which versions of what took part in a run, for those who read its manifest years later."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import pathlib
import platform

import yaml
from ansible.release import __version__ as ansible_version

LIBRARIES = ("ssh2-python", "scrapli", "ntc-templates", "textfsm")
COLLECTION = pathlib.Path(__file__).parents[2]


@functools.cache
def versions() -> dict[str, str]:
    """The versions of this collection, Ansible, Python and, where they are here, the libraries that talk and parse."""
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
    """Of an installed collection, or of a checkout of its source."""
    try:
        installed = json.loads((COLLECTION / "MANIFEST.json").read_text(encoding="utf-8"))
        return str(installed["collection_info"]["version"])
    except FileNotFoundError:
        pass
    try:
        return str(yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))["version"])
    except FileNotFoundError:  # copied without either
        return "unknown"
