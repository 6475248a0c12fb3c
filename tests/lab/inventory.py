# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's inventory, as an ordinary one of ansible.netcommon hosts, grouped by platform and by site."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.lab.platforms import PLATFORMS, Platform
from tests.lab.topology import ENABLE_SECRET, PASSWORD, USER, Device, devices

PORT = "{{ lab_port | default(2022) }}"
KNOWN_HOSTS = "{{ lab_known_hosts | default(inventory_dir ~ '/../.cache/lab/known_hosts') }}"

HEADER = """\
---
# The lab: pretend devices on loopback addresses, for a first try and for the tests.
# Start it with `python -m tests.lab serve`. This file is the output of `python -m tests.lab inventory`.
# A copy in another folder needs -e lab_known_hosts=<path>, with the path that `serve` prints, and -e lab_port=<port> if
# the port is not 2022.
"""


def text(count: int, *, port: str = PORT, known_hosts: str = KNOWN_HOSTS, rows: bool = True) -> str:
    """The inventory of a lab of `count` devices, in YAML.

    :param rows: whether the answers have rows. The short answers of a light lab do not.
    """
    found = devices(count)
    lines = [
        "lab:",
        "  vars:",
        "    ansible_connection: ansible.netcommon.network_cli",
        f'    ansible_port: "{port}"',
        "    # Made up for the lab: nothing else has this login.",
        f"    ansible_user: {USER}",
        f"    ansible_password: {PASSWORD}",
        f'    rollcall_known_hosts: "{known_hosts}"',
        "    # Rows beside the text, wherever there is a template.",
        "    rollcall_parser: auto",
        *([] if rows else ["    rollcall_rows_required: false"]),
        "  children:",
    ]
    for platform in PLATFORMS.values():
        members = [one for one in found if one.platform == platform.name]
        if members:
            lines += [f"    lab_{platform.name}:", *_platform_vars(platform), "      hosts:"]
            lines += [line for one in members for line in _host(one)]
    for site in _in_order(found, lambda one: one.site):
        lines += [f"    lab_{site}:", "      hosts:"]
        lines += [f"        {one.name}:" for one in found if one.site == site]
    return HEADER + "\n".join(lines) + "\n"


def _platform_vars(platform: Platform) -> list[str]:
    lines = ["      vars:", f"        ansible_network_os: {platform.network_os}"]
    if platform.enables:
        lines += [
            "        ansible_become: true",
            "        ansible_become_method: enable",
            f"        ansible_become_password: {ENABLE_SECRET}",
        ]
    lines.append("        rollcall_commands:")
    for entry in platform.collect:
        if isinstance(entry, str):
            lines.append(f"          - {entry}")
        else:
            lines.append(f"          - command: {entry['command']}")
            lines.append(f"            parser: {entry['parser']}")
    return lines


def _host(one: Device) -> list[str]:
    return [
        f"        {one.name}:",
        f"          ansible_host: {one.address}",
        f"          site: {one.site}",
        f"          role: {one.role}",
    ]


def _in_order(found: Iterable[Device], key: Callable[[Device], str]) -> list[str]:
    return list(dict.fromkeys(map(key, found)))
