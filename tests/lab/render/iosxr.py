# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cisco IOS-XR: an NCS-5500."""

from __future__ import annotations

from tests.lab.render.common import Renderer, long_age, short_age
from tests.lab.topology import Device, Session, Wiring

VERSION = "7.5.2"

BGP_HEADER = "Neighbor        Spk    AS MsgRcvd MsgSent   TblVer  InQ OutQ  Up/Down  St/PfxRcd"


def version(device: Device, _wiring: Wiring) -> str:
    return f"""\
Cisco IOS XR Software, Version {VERSION}
Copyright (c) 2013-2022 by Cisco Systems, Inc.

Build Information:
 Built By     : builder
 Built On     : Tue Apr 26 12:31:08 PDT 2022
 Built Host   : iox-build-lab
 Workspace    : /auto/build/{VERSION}/ncs5500/ws
 Version      : {VERSION}
 Location     : /opt/cisco/XR/packages/
 Label        : {VERSION}

cisco NCS-5500 () processor
System uptime is {long_age(device.uptime_minutes)}

"""


def ip_interface_brief(_device: Device, wiring: Wiring) -> str:
    lines = ["", "Interface                      IP-Address      Status          Protocol Vrf-Name"]
    for interface in wiring.interfaces:
        status = "Up" if interface.up else ("Down" if interface.admin_up else "Shutdown")
        protocol = "Up" if interface.up else "Down"
        lines.append(
            f"{interface.name:<30} {interface.address or 'unassigned':<15} {status:<15} {protocol:<8} default "
        )
    return "\n".join(lines) + "\n"


def lldp_neighbors(_device: Device, wiring: Wiring) -> str:
    lines = [
        "Capability codes:",
        "        (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device",
        "        (W) WLAN Access Point, (P) Repeater, (S) Station, (O) Other",
        "",
        "Device ID       Local Intf                      Hold-time  Capability      Port ID",
    ]
    for neighbor in wiring.neighbors:
        lines.append(f"{neighbor.name:<15} {neighbor.local.name:<31} {120:<10} {'B,R':<15} {neighbor.port}")
    lines += ["", f"Total entries displayed: {len(wiring.neighbors)}", ""]
    return "\n".join(lines) + "\n"


def bgp_summary(device: Device, wiring: Wiring) -> str:
    table = sum(session.prefixes for session in wiring.sessions) + 1
    lines = [
        f"BGP router identifier {device.router_id}, local AS number {device.asn}",
        "BGP generic scan interval 60 secs",
        "Non-stop routing is enabled",
        "BGP table state: Active",
        f"Table ID: 0xe0000000   RD version: {table}",
        f"BGP main routing table version {table}",
        "BGP NSR Initial initsync version 1 (Reached)",
        "BGP NSR/ISSU Sync-Group versions 0/0",
        "BGP scan interval 60 secs",
        "",
        "BGP is operating in STANDALONE mode.",
        "",
        "",
        "Process       RcvTblVer   bRIB/RIB   LabelVer  ImportVer  SendTblVer  StandbyVer",
        f"Speaker       {table:>9}  {table:>9}  {table:>9}  {table:>9}   {table:>9}  {0:>10}",
        "",
        BGP_HEADER,
        *(_session(session, table) for session in wiring.sessions),
        "",
    ]
    return "\n".join(lines) + "\n"


def bgp_instance_all_summary(device: Device, wiring: Wiring) -> str:
    return f"\nBGP instance 0: 'default'\n=========================\n\n{bgp_summary(device, wiring)}"


def _session(session: Session, table: int) -> str:
    age = short_age(session.age_minutes) if session.established else "00:00:00"
    state = f"{session.prefixes:>10}" if session.established else "    Active"
    return (
        f"{session.peer_address:<15} {0:>3} {session.peer_asn:>5} {session.messages_received:>7}"
        f" {session.messages_sent:>7} {table if session.established else 0:>8} {0:>4} {0:>4} {age:>8} {state}"
    )


COMMANDS: dict[str, Renderer] = {
    "show version": version,
    "show ip interface brief": ip_interface_brief,
    "show ipv4 interface brief": ip_interface_brief,
    "show lldp neighbors": lldp_neighbors,
    "show bgp summary": bgp_summary,
    "show bgp instance all summary": bgp_instance_all_summary,
}
