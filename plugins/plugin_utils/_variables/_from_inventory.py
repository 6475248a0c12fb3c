# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Devices of an Ansible inventory, for a program that is not a playbook.

Ansible reads the inventory in a separate process. It can open vaults with one set of passwords per process, and its
import hook does not find the collections' plugins if a collection was imported before the hook was installed.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping

from ansible_collections.rollcall.network.plugins.module_utils._device import Device, Unresolved
from ansible_collections.rollcall.network.plugins.module_utils._result import Error

COLLECTION = pathlib.Path(__file__).parents[3]
# Ansible's hook is installed before the collection is imported, and finds this copy of it first.
PROGRAM = """
import json, os, sys
answer = os.dup(1)
os.dup2(2, 1)  # Ansible and its plugins print to standard error
given = json.load(sys.stdin)
sys.path[:] = given["path"]
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader([given["collections"]])
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._inventory_process import described
with open(answer, "w") as file:
    json.dump(described(given), file)
"""


def devices_of_sources(
    sources: Iterable[str | os.PathLike[str]],
    pattern: str,
    vault_passwords: Mapping[str, str],
    extra_vars: Mapping[str, object],
    arguments: Mapping[str, object],
) -> dict[str, Device | Error]:
    """Return a device or an error for each host that matches, in the order of the inventory.

    :param vault_passwords: by vault ID.
    :param arguments: the arguments of the task that describe what is asked.
    :raises ValueError: for a source that does not exist or has no hosts, and for wrong arguments or variables.
    """
    given = {
        "sources": [_checked(source) for source in sources],
        "pattern": pattern,
        "vault_passwords": dict(vault_passwords),
        "extra_vars": dict(extra_vars),
        "arguments": dict(arguments),
        "path": [os.path.abspath(folder) for folder in sys.path],
    }
    with tempfile.TemporaryDirectory(prefix="rollcall-") as folder:
        link = pathlib.Path(folder, "ansible_collections", "rollcall", "network")
        link.parent.mkdir(parents=True)
        link.symlink_to(COLLECTION)
        try:
            question = json.dumps({**given, "collections": folder})
        except TypeError as error:
            msg = f"extra_vars and function_args must be plain data: {error}"
            raise ValueError(msg) from error
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], input=question, stdout=subprocess.PIPE, text=True, check=False
        )
    if done.returncode != 0:
        msg = f"Ansible could not read the inventory (exit status {done.returncode}); see its messages"
        raise RuntimeError(msg)
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise ValueError(answer["refused"])
    return {
        name: Device.from_dict(each["device"]) if "device" in each else Unresolved.from_dict(each["error"])
        for name, each in answer["devices"].items()
    }


def _checked(source: str | os.PathLike[str]) -> str:
    text = os.fspath(source)
    if "," not in text and not pathlib.Path(text).exists():
        msg = f"the inventory {text} does not exist"
        raise ValueError(msg)
    return text
