# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folders in which a relative path of a user begins."""

from __future__ import annotations

import functools
import os
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from ansible import context

COLLECTION = pathlib.Path(__file__).resolve().parents[3]


def folders_of_user(variables: Mapping[str, Any]) -> list[str]:
    """Return the folder of the host's inventory, those of the user's playbooks, and the current directory.

    The playbooks of this collection are not the user's. The playbook that imports them is on the command line.

    :param variables: those of the host.
    """
    folders = [variables.get("inventory_dir"), variables.get("playbook_dir"), *_of_command_line(), os.curdir]
    return list(dict.fromkeys(str(each) for each in folders if each and not _is_ours(str(each))))


def _of_command_line() -> Iterator[str]:
    given = context.CLIARGS.get("args") or ()
    for each in () if isinstance(given, str) else given:  # for the command ansible, it is a pattern of hosts
        if os.path.isfile(each):
            yield os.path.dirname(os.path.abspath(each))


@functools.cache
def _is_ours(folder: str) -> bool:
    return pathlib.Path(folder).resolve() == COLLECTION / "playbooks"
