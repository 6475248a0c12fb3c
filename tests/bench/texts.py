# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's devices print to the commands that have a template, worked out without a session."""

from __future__ import annotations

from dataclasses import dataclass

from tests.lab.platforms import PLATFORMS
from tests.lab.topology import devices, wiring


@dataclass(frozen=True)
class Text:
    ntc_platform: str
    command: str
    text: str


NO_TEMPLATE = {("juniper_junos", "show bgp summary")}


def texts(count: int) -> list[Text]:
    """Of the first `count` devices, every text that is parsed by TextFSM."""
    found: list[Text] = []
    for one in devices(count):
        platform = PLATFORMS[one.platform]
        for command in platform.collect:
            if isinstance(command, str) and (platform.ntc_platform, command) not in NO_TEMPLATE:
                shown = platform.commands[command](one, wiring(one.index, count))
                found.append(Text(platform.ntc_platform, command, shown))
    return found
