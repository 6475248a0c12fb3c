# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Huawei VRP: a CloudEngine 8850."""

from __future__ import annotations

from tests.lab.render.common import DAY, HOUR, Renderer, dashed
from tests.lab.topology import Device, Interface, Neighbor, Wiring

VERSION = "8.180"
PRODUCT = "CE8850-64CQ-EI V200R005C10SPC800"
MODEL = "CE8850-64CQ-EI"
PATCH = "V200R005SPH026"


def version(device: Device, _wiring: Wiring) -> str:
    minutes = device.uptime_minutes
    uptime = f"{minutes // DAY} days, {minutes % DAY // HOUR} hours, {minutes % HOUR} minutes"
    return f"""\
Huawei Versatile Routing Platform Software
VRP (R) software, Version {VERSION} ({PRODUCT})
Copyright (C) 2012-2018 Huawei Technologies Co., Ltd.
HUAWEI {MODEL} uptime is {uptime}
Patch Version: {PATCH}

{MODEL}(Master) 1 : uptime is  {uptime}
        StartupTime 2024/02/26   08:15:01
Memory    Size    : 8192 M bytes
Flash     Size    : 2048 M bytes
{MODEL} version information
1. PCB    Version : CEM64CQP01    VER A
2. MAB    Version : 1
3. Board  Type    : {MODEL}
4. CPLD1  Version : 102
5. BIOS   Version : 432
"""


def interface_brief(_device: Device, wiring: Wiring) -> str:
    lines = [
        "PHY: Physical",
        "*down: administratively down",
        "^down: standby",
        "(l): loopback",
        "(s): spoofing",
        "(b): BFD down",
        "(e): ETHOAM down",
        "(d): Dampening Suppressed",
        "InUti/OutUti: input utility/output utility",
        "Interface                  PHY      Protocol  InUti OutUti   inErrors  outErrors",
    ]
    for interface in wiring.interfaces:
        use = "0%" if interface.kind == "loopback" else ("0.01%" if interface.up else "0%")
        lines.append(
            f"{interface.name:<26} {physical(interface):<8} {protocol(interface):<9} {use:>5} {use:>6} {0:>10} {0:>10}"
        )
    return "\n".join(lines) + "\n"


def physical(interface: Interface) -> str:
    if interface.up:
        return "up"
    return "down" if interface.admin_up else "*down"


def protocol(interface: Interface) -> str:
    if interface.kind == "loopback":
        return "up(s)"
    return "up" if interface.up and interface.address is not None else "down"


def lldp_neighbor(_device: Device, wiring: Wiring) -> str:
    return "\n".join(_neighbor(neighbor) for neighbor in wiring.neighbors)


def _neighbor(neighbor: Neighbor) -> str:
    return f"""\
{neighbor.local.name} has 1 neighbor(s):

Neighbor index                     :1
Chassis type                       :MAC Address
Chassis ID                         :{dashed(neighbor.chassis_mac)}
Port ID subtype                    :Interface Name
Port ID                            :{neighbor.port}
Port description                   :{neighbor.port_description}
System name                        :{neighbor.name}
System description                 :a device of the lab
System capabilities supported      :bridge router
System capabilities enabled        :bridge router
Management address type            :IPv4
Management address                 :{neighbor.management_address}
Expired time                       :109s
"""


def bgp_peer(device: Device, wiring: Wiring) -> str:
    up = sum(session.established for session in wiring.sessions)
    lines = [
        f" BGP local router ID        : {device.router_id}",
        f" Local AS number            : {device.asn}",
        f" Total number of peers      : {len(wiring.sessions)}",
        f" Peers in established state : {up}",
        "",
        "  Peer            V          AS  MsgRcvd  MsgSent  OutQ  Up/Down       State  PrefRcv",
    ]
    for session in wiring.sessions:
        minutes = session.age_minutes
        age = f"{minutes // HOUR:04d}h{minutes % HOUR:02d}m"
        state = "Established" if session.established else "Idle"
        lines.append(
            f"  {session.peer_address:<15} 4  {session.peer_asn:>10} {session.messages_received:>8}"
            f" {session.messages_sent:>8} {0:>5} {age:>8} {state:>11} {session.prefixes:>8}"
        )
    return "\n".join(lines) + "\n"


COMMANDS: dict[str, Renderer] = {
    "display version": version,
    "display interface brief": interface_brief,
    "display lldp neighbor": lldp_neighbor,
    "display bgp peer": bgp_peer,
}
