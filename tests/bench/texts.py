# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's devices print to the commands that have a template, worked out without a session."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.lab.platforms import PLATFORMS
from tests.lab.topology import devices, wiring


@dataclass(frozen=True)
class Text:
    ntc_platform: str
    command: str
    text: str


NO_TEMPLATE = {("juniper_junos", "show bgp summary")}


# So many times the ports of a device of the lab are those of a chassis.
PORTS = 20


def texts(count: int, *, long: bool = False) -> list[Text]:
    """Of the first `count` devices, every text that is parsed by TextFSM; or their tables of ports, as of a chassis."""
    found: list[Text] = []
    for one in devices(count):
        platform = PLATFORMS[one.platform]
        for command in platform.collect:
            if isinstance(command, str) and (platform.ntc_platform, command) not in NO_TEMPLATE:
                shown = platform.commands[command](one, wiring(one.index, count))
                found.append(Text(platform.ntc_platform, command, shown))
    if long:
        return [replace(each, text="\n".join([each.text] * PORTS)) for each in found if "interface" in each.command]
    return found
