# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cisco NX-OS: a Nexus 9336C."""

from __future__ import annotations

from tests.lab.render.common import DAY, HOUR, Renderer, short_age
from tests.lab.topology import Device, Wiring

VERSION = "9.3(12)"
MODEL = "C9336C-FX2"
RULE = "-" * 80


def version(device: Device, _wiring: Wiring) -> str:
    minutes = device.uptime_minutes
    return f"""\
Cisco Nexus Operating System (NX-OS) Software
TAC support: http://www.cisco.com/tac
Copyright (C) 2002-2023, Cisco and/or its affiliates.
All rights reserved.
The copyrights to certain works contained in this software are
owned by other third parties and used and distributed under their own
licenses, such as open source.  This software is provided "as is," and unless
otherwise stated, there is no warranty, express or implied, including but not
limited to warranties of merchantability and fitness for a particular purpose.
Certain components of this software are licensed under
the GNU General Public License (GPL) version 2.0 or
GNU General Public License (GPL) version 3.0  or the GNU
Lesser General Public License (LGPL) Version 2.1 or
Lesser General Public License (LGPL) Version 2.0.

Software
  BIOS: version 05.47
  NXOS: version {VERSION}
  BIOS compile time:  04/28/2022
  NXOS image file is: bootflash:///nxos.9.3.12.bin
  NXOS compile time:  6/20/2023 12:00:00 [06/20/2023 21:27:52]


Hardware
  cisco Nexus9000 {MODEL} Chassis
  Intel(R) Xeon(R) CPU D-1526 @ 1.80GHz with 24571632 kB of memory.
  Processor Board ID {device.serial}

  Device name: {device.name}
  bootflash:  115805356 kB
Kernel uptime is {minutes // DAY} day(s), {minutes % DAY // HOUR} hour(s), {minutes % HOUR} minute(s), 12 second(s)

Last reset at 102345 usecs after Mon Feb 26 08:15:01 2024
  Reason: Reset Requested by CLI command reload
  System version: {VERSION}
  Service:

plugin
  Core Plugin, Ethernet Plugin

Active Package(s):

"""


def interface_brief(_device: Device, wiring: Wiring) -> str:
    lines: list[str] = ["", RULE]
    lines += ["Port   VRF          Status IP Address                              Speed    MTU", RULE]
    for interface in wiring.interfaces:
        if interface.kind == "management":
            lines.append(f"{interface.short:<6} --           up     {interface.address:<39} 1000     1500")
    lines += ["", RULE]
    lines += ["Ethernet        VLAN    Type Mode   Status  Reason                 Speed     Port"]
    # The line that ends in `#`: a client that takes it for a prompt stops reading here.
    lines += ["Interface                                                                    Ch #", RULE]
    for interface in wiring.interfaces:
        if interface.kind == "ethernet":
            reason = (
                "none" if interface.up else ("Link not connected" if interface.admin_up else "Administratively down")
            )
            speed = "100G(D)" if interface.up else "auto(D)"
            lines.append(
                f"{interface.short:<15} {'--':<7} eth  routed {_state(interface.up):<7} {reason:<22} {speed:>7} --"
            )
    lines += ["", RULE, "Interface     Status     Description", RULE]
    for interface in wiring.interfaces:
        if interface.kind == "loopback":
            lines.append(f"{interface.short:<13} {_state(interface.up):<10} {interface.description}")
    return "\n".join(lines) + "\n"


def _state(up: bool) -> str:
    return "up" if up else "down"


def lldp_neighbors(_device: Device, wiring: Wiring) -> str:
    lines = [
        "Capability codes:",
        "  (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device",
        "  (W) WLAN Access Point, (P) Repeater, (S) Station, (O) Other",
        "Device ID            Local Intf      Hold-time  Capability  Port ID  ",
    ]
    for neighbor in wiring.neighbors:
        lines.append(f"{neighbor.name:<20} {neighbor.local.short:<15} {120:<10} {'BR':<11} {neighbor.port}")
    lines.append(f"Total entries displayed: {len(wiring.neighbors)}")
    return "\n".join(lines) + "\n"


def bgp_summary(device: Device, wiring: Wiring) -> str:
    routes = sum(session.prefixes for session in wiring.sessions)
    up = sum(session.established for session in wiring.sessions)
    lines = [
        "BGP summary information for VRF default, address family IPv4 Unicast",
        f"BGP router identifier {device.router_id}, local AS number {device.asn}",
        f"BGP table version is {routes + 1}, IPv4 Unicast config peers {len(wiring.sessions)}, capable peers {up}",
        f"{routes} network entries and {routes} paths using {routes * 244} bytes of memory",
        f"BGP attribute entries [{up}/{up * 168}], BGP AS path entries [{up}/{up * 10}]",
        "BGP community entries [0/0], BGP clusterlist entries [0/0]",
        "",
        "Neighbor        V    AS    MsgRcvd    MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd",
    ]
    for session in wiring.sessions:
        age = short_age(session.age_minutes)
        state = str(session.prefixes) if session.established else "Idle"
        table = routes + 1 if session.established else 0
        lines.append(
            f"{session.peer_address:<15} 4 {session.peer_asn:>5} {session.messages_received:>10}"
            f" {session.messages_sent:>10} {table:>8} {0:>4} {0:>4} {age:>8} {state:<10}"
        )
    return "\n".join(lines) + "\n"


COMMANDS: dict[str, Renderer] = {
    "show version": version,
    "show interface brief": interface_brief,
    "show lldp neighbors": lldp_neighbors,
    "show ip bgp summary": bgp_summary,
}
