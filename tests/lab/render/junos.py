# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Juniper Junos: an MX204."""

from __future__ import annotations

from tests.lab.render.common import DAY, HOUR, WEEK, Renderer, colons
from tests.lab.topology import Device, Interface, Wiring

VERSION = "21.4R3-S5.4"
MODEL = "mx204"


def version(device: Device, _wiring: Wiring) -> str:
    return f"""\
Hostname: {device.name}
Model: {MODEL}
Junos: {VERSION}
JUNOS OS Kernel 64-bit  [20230515.7a0e4b1_builder_stable_12_214]
JUNOS OS libs [20230515.7a0e4b1_builder_stable_12_214]
JUNOS OS runtime [20230515.7a0e4b1_builder_stable_12_214]
JUNOS OS time zone information [20230515.7a0e4b1_builder_stable_12_214]
JUNOS network stack and utilities [20230614.101530_builder_junos_214_r3_s5]
JUNOS libs [20230614.101530_builder_junos_214_r3_s5]
JUNOS OS libs compat32 [20230515.7a0e4b1_builder_stable_12_214]
JUNOS OS 32-bit compatibility [20230515.7a0e4b1_builder_stable_12_214]
JUNOS libs compat32 [20230614.101530_builder_junos_214_r3_s5]
JUNOS runtime [20230614.101530_builder_junos_214_r3_s5]
JUNOS mx modules [20230614.101530_builder_junos_214_r3_s5]
JUNOS mx runtime [20230614.101530_builder_junos_214_r3_s5]
JUNOS Routing mpls-oam-basic [20230614.101530_builder_junos_214_r3_s5]
JUNOS Routing aggregated [20230614.101530_builder_junos_214_r3_s5]
JUNOS Services URL Filter package [20230614.101530_builder_junos_214_r3_s5]
JUNOS Services SSL [{VERSION}]
JUNOS Services IPSec [{VERSION}]
JUNOS Packet Forwarding Engine Support (wrlinux9) [20230614.101530_builder_junos_214_r3_s5]
JUNOS Online Documentation [{VERSION}]
JUNOS FIPS mode utilities [20230614.101530_builder_junos_214_r3_s5]
"""


def interfaces(_device: Device, wiring: Wiring) -> str:
    return "\n".join(_interface(index, interface) for index, interface in enumerate(wiring.interfaces)) + "\n"


def _interface(index: int, interface: Interface) -> str:
    admin = "Enabled" if interface.admin_up else "Administratively down"
    link = "Up" if interface.up else "Down"
    kind, mtu = ("Loopback", "Unlimited") if interface.kind == "loopback" else ("Ethernet", "1514")
    lines = [
        f"Physical interface: {interface.name}, {admin}, Physical link is {link}",
        f"  Interface index: {140 + index}, SNMP ifIndex: {510 + index}",
        f"  Description: {interface.description}",
    ]
    if interface.kind == "loopback":
        lines.append(f"  Type: Loopback, Link-level type: {kind}, MTU: {mtu}")
    else:
        speed = "1000mbps" if interface.kind == "management" else "100Gbps"
        lines += [
            f"  Link-level type: {kind}, MTU: {mtu}, MRU: 1522, Speed: {speed}, BPDU Error: None, Loop Detect PDU Error: None",
            "  Flow control: Enabled",
        ]
    lines += [
        f"  Device flags   : Present Running{'' if interface.up else ' Down'}",
        "  Interface flags: SNMP-Traps Internal: 0x4000",
    ]
    if interface.kind != "loopback":
        lines += [
            "  Link flags     : None",
            f"  Current address: {colons(interface.mac)}, Hardware address: {colons(interface.mac)}",
        ]
    lines += [
        "  Last flapped   : 2024-02-26 08:15:01 UTC (5w1d 02:10 ago)",
        "  Input rate     : 2104 bps (2 pps)",
        "  Output rate    : 1984 bps (2 pps)",
    ]
    if interface.kind == "ethernet":
        alarm = "None" if interface.up else "LINK"
        lines += [f"  Active alarms  : {alarm}", f"  Active defects : {alarm}"]
    if interface.address is not None:
        encapsulation = "Unspecified" if interface.kind == "loopback" else "ENET2"
        lines += [
            "",
            f"  Logical interface {interface.name}.0 (Index {330 + index}) (SNMP ifIndex {540 + index})",
            f"    Flags: Up SNMP-Traps 0x4004000 Encapsulation: {encapsulation}",
            "    Input packets : 284113",
            "    Output packets: 271902",
            f"    Protocol inet, MTU: {'Unlimited' if interface.kind == 'loopback' else '1500'}",
            "      Flags: Sendbcast-pkt-to-re, Is-Primary",
        ]
    # A loopback's bare `Local:` line is missing from the ntc-templates template, which fails on it: left out.
    if interface.address is not None and interface.kind != "loopback":
        broadcast = interface.network.broadcast_address
        lines += [
            "      Addresses, Flags: Is-Preferred Is-Primary",
            f"        Destination: {interface.network}, Local: {interface.address}, Broadcast: {broadcast}",
        ]
    return "\n".join(lines) + "\n"


def lldp_neighbors(_device: Device, wiring: Wiring) -> str:
    lines = ["Local Interface    Parent Interface    Chassis Id          Port info          System Name"]
    for neighbor in wiring.neighbors:
        lines.append(
            f"{neighbor.local.name:<18} {'-':<19} {colons(neighbor.chassis_mac):<19} {neighbor.port:<18} {neighbor.name}"
        )
    return "\n".join(lines) + "\n"


def bgp_summary(_device: Device, wiring: Wiring) -> str:
    routes = sum(session.prefixes for session in wiring.sessions)
    down = sum(not session.established for session in wiring.sessions)
    lines = [
        "Threading mode: BGP I/O",
        "Default eBGP mode: advertise - accept, receive - accept",
        f"Groups: {len(wiring.sessions)} Peers: {len(wiring.sessions)} Down peers: {down}",
        "Table          Tot Paths  Act Paths Suppressed    History Damp State    Pending",
        f"inet.0         {routes:>9}  {routes:>9} {0:>10} {0:>10} {0:>10} {0:>10}",
        "Peer                     AS      InPkt     OutPkt    OutQ   Flaps Last Up/Dwn State|#Active/Received/Accepted/Damped...",
    ]
    for session in wiring.sessions:
        age = _age(session.age_minutes)
        state = "Establ" if session.established else "Active"
        lines.append(
            f"{session.peer_address:<20} {session.peer_asn:>10} {session.messages_received:>10}"
            f" {session.messages_sent:>10} {0:>7} {1:>7} {age:>11} {state}"
        )
        if session.established:
            lines.append(f"  inet.0: {session.prefixes}/{session.prefixes}/{session.prefixes}/0")
    return "\n".join(lines) + "\n"


def _age(minutes: int) -> str:
    """`1w3d 4:05:00`, as Junos writes the age of a session older than a week."""
    return f"{minutes // WEEK}w{minutes % WEEK // DAY}d {minutes % DAY // HOUR}:{minutes % HOUR:02d}:00"


COMMANDS: dict[str, Renderer] = {
    "show version": version,
    "show interfaces": interfaces,
    "show lldp neighbors": lldp_neighbors,
    "show bgp summary": bgp_summary,
}
