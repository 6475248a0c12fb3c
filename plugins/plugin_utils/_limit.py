# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The failed names as a file for ``ansible-playbook --limit @failed.txt``, where each line is a pattern."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ansible_collections.rollcall.network.plugins.module_utils._model.host_pattern import limit_pattern
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import FleetRow

# Ansible treats an empty file as no limit and would run on all hosts.
NOBODY = "!all"


def limit_file(rows: Iterable[FleetRow], is_host: Callable[[str], bool]) -> bytes:
    """Return a line for each device without a full answer.

    :param is_host: whether a name is a host of the inventory. Other names cannot be used in a limit, and could be
        those of a group.
    """
    lines = [limit_pattern(row.name) for row in rows if row.status != "ok" and is_host(row.name)]
    return "".join(f"{line}\n" for line in lines or [NOBODY]).encode("utf-8", "surrogateescape")
