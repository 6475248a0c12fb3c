# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which devices of the lab the benchmarks ask, worked out by every script alike. Data only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

from tests.lab import topology
from tests.lab.platforms import PLATFORMS


@dataclass(frozen=True)
class Target:
    """One name to ask, and the device of the lab behind it: several names may be one device's."""

    name: str
    device: topology.Device

    @property
    def network_os(self) -> str:
        return PLATFORMS[self.device.platform].network_os

    @property
    def command(self) -> str:
        """The one show command that it is asked."""
        first = PLATFORMS[self.device.platform].collect[0]
        return first if isinstance(first, str) else first["command"]

    @property
    def tables(self) -> list[tuple[str, bool]]:
        """Commands whose answers are long tables, and whether they are parsed: ports to rows, BGP to be compared."""
        commands = [each for each in PLATFORMS[self.device.platform].collect if isinstance(each, str)]
        ports = [(each, True) for each in commands if "interface" in each]
        return ports + [(each, False) for each in commands if "bgp" in each]

    @property
    def prompt(self) -> str:
        return PLATFORMS[self.device.platform].prompt.format(name=self.device.name).strip()


def fleet(devices: int, names: int) -> list[Target]:
    """So many names over a lab of so many devices, of all platforms."""
    return list(_named(topology.devices(devices), names))


def ios(devices: int, names: int) -> list[Target]:
    """So many names over the IOS devices of the lab whose login needs no enable."""
    chosen = [one for one in topology.devices(devices) if one.platform == "iosxe" and not one.exec_login]
    return list(_named(chosen, names))


CHOICES = {"fleet": fleet, "ios": ios}


def _named(devices: list[topology.Device], names: int) -> Iterator[Target]:
    for number, device in enumerate(islice(cycle(devices), names)):
        turn = number // len(devices)
        yield Target(f"{device.name}.{turn}" if turn else device.name, device)
