# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arista EOS: a 7280R. Two of its commands also answer in JSON."""

from __future__ import annotations

import json

from tests.lab.render.common import Renderer, colons, dotted, long_age, short_age
from tests.lab.topology import Device, Wiring

VERSION = "4.29.5M"
MODEL = "DCS-7280CR3-36S-F"
MEMORY_TOTAL = 32_458_980
MEMORY_FREE = 27_104_152
BOOTED_AT = 1_709_000_000.0


def version(device: Device, _wiring: Wiring) -> str:
    return f"""\
Arista {MODEL}
Hardware version: 12.03
Serial number: {device.serial}
Hardware MAC address: {dotted(device.chassis_mac)}
System MAC address: {dotted(device.chassis_mac)}

Software image version: {VERSION}
Architecture: x86_64
Internal build version: {VERSION}-33162163.4295M
Internal build ID: 7d1d2f1c-3a36-4b0e-9f35-000000000000
Image format version: 3.0
Image optimization: Sand-4GB

Uptime: {long_age(device.uptime_minutes)}
Total memory: {MEMORY_TOTAL} kB
Free memory: {MEMORY_FREE} kB

"""


def version_json(device: Device, _wiring: Wiring) -> str:
    return _json(
        {
            "mfgName": "Arista",
            "modelName": MODEL,
            "hardwareRevision": "12.03",
            "serialNumber": device.serial,
            "systemMacAddress": colons(device.chassis_mac),
            "hwMacAddress": colons(device.chassis_mac),
            "configMacAddress": "00:00:00:00:00:00",
            "version": VERSION,
            "architecture": "x86_64",
            "internalVersion": f"{VERSION}-33162163.4295M",
            "imageFormatVersion": "3.0",
            "bootupTimestamp": BOOTED_AT,
            "uptime": device.uptime_minutes * 60.0,
            "memTotal": MEMORY_TOTAL,
            "memFree": MEMORY_FREE,
            "isIntlVersion": False,
        }
    )


def interfaces_status(_device: Device, wiring: Wiring) -> str:
    lines = ["Port       Name               Status       Vlan     Duplex Speed  Type            Flags Encapsulation"]
    for interface in wiring.interfaces:
        if interface.kind == "loopback":
            continue
        status = "connected" if interface.up else ("notconnect" if interface.admin_up else "disabled")
        speed, media = ("1G", "10/100/1000") if interface.kind == "management" else ("100G", "100GBASE-CR4")
        duplex = "a-full" if interface.kind == "management" else "full"
        lines.append(
            f"{interface.short:<10} {interface.description[:18]:<18} {status:<12} {'routed':<8} {duplex:<6}"
            f" {speed:<6} {media:<12}"
        )
    return "\n".join(lines) + "\n"


def lldp_neighbors(device: Device, wiring: Wiring) -> str:
    lines = [
        f"Last table change time   : {long_age(device.uptime_minutes - 3)} ago",
        f"Number of table inserts  : {len(wiring.neighbors)}",
        "Number of table deletes  : 0",
        "Number of table drops    : 0",
        "Number of table age-outs : 0",
        "",
        "Port          Neighbor Device ID       Neighbor Port ID    TTL",
        "---------- ------------------------ ---------------------- ---",
    ]
    for neighbor in wiring.neighbors:
        lines.append(f"{neighbor.local.short:<13} {neighbor.name:<24} {neighbor.port:<19} {120}")
    return "\n".join(lines) + "\n\n"


def bgp_summary(device: Device, wiring: Wiring) -> str:
    lines = [
        "BGP summary information for VRF default",
        f"Router identifier {device.router_id}, local AS number {device.asn}",
        "Neighbor Status Codes: m - Under maintenance",
        "  Description              Neighbor      V AS           MsgRcvd   MsgSent  InQ OutQ  Up/Down State   PfxRcd PfxAcc",
    ]
    for session in wiring.sessions:
        age = short_age(session.age_minutes)
        counts = f"{session.prefixes:<6} {session.prefixes:<6}" if session.established else ""
        lines.append(
            f"  {session.peer_name:<24} {session.peer_address:<13} 4 {session.peer_asn:<12}"
            f" {session.messages_received:>7} {session.messages_sent:>9} {0:>4} {0:>4} {age:>8} {_state(session.established)}"
            f"   {counts}"
        )
    return "\n".join(lines) + "\n"


def bgp_summary_json(device: Device, wiring: Wiring) -> str:
    peers = {
        session.peer_address: {
            "description": session.peer_name,
            "version": 4,
            "asn": str(session.peer_asn),
            "msgReceived": session.messages_received,
            "msgSent": session.messages_sent,
            "inMsgQueue": 0,
            "outMsgQueue": 0,
            "upDownTime": BOOTED_AT,
            "peerState": "Established" if session.established else "Active",
            "prefixReceived": session.prefixes,
            "prefixAccepted": session.prefixes,
            "underMaintenance": False,
        }
        for session in wiring.sessions
    }
    return _json(
        {"vrfs": {"default": {"vrf": "default", "routerId": device.router_id, "asn": str(device.asn), "peers": peers}}}
    )


def _state(established: bool) -> str:
    return "Estab " if established else "Active"


def _json(value: object) -> str:
    return json.dumps(value, indent=4) + "\n"


COMMANDS: dict[str, Renderer] = {
    "show version": version,
    "show version | json": version_json,
    "show interfaces status": interfaces_status,
    "show lldp neighbors": lldp_neighbors,
    "show ip bgp summary": bgp_summary,
    "show ip bgp summary | json": bgp_summary_json,
}
