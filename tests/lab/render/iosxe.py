# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cisco IOS-XE: a Catalyst 8500 edge platform."""

from __future__ import annotations

from tests.lab.render.common import Renderer, long_age, short_age
from tests.lab.topology import Device, Wiring

VERSION = "17.09.04a"
MODEL = "C8500-12X4QC"


def version(device: Device, _wiring: Wiring) -> str:
    return f"""\
Cisco IOS XE Software, Version {VERSION}
Cisco IOS Software [Cupertino], c8000aep Software (ARMV8EB_LINUX_IOSD-UNIVERSALK9-M), Version 17.9.4a, RELEASE SOFTWARE (fc3)
Technical Support: http://www.cisco.com/techsupport
Copyright (c) 1986-2023 by Cisco Systems, Inc.
Compiled Fri 20-Oct-23 10:44 by mcpre


Cisco IOS-XE software, Copyright (c) 2005-2023 by cisco Systems, Inc.
All rights reserved.  Certain components of Cisco IOS-XE software are
licensed under the GNU General Public License ("GPL") Version 2.0.  The
software code licensed under GPL Version 2.0 is free software that comes
with ABSOLUTELY NO WARRANTY.


ROM: 17.3(1r)

{device.name} uptime is {long_age(device.uptime_minutes)}
Uptime for this control processor is {long_age(device.uptime_minutes + 2)}
System returned to ROM by Reload Command
System image file is "bootflash:packages.conf"
Last reload reason: Reload Command



This product contains cryptographic features and is subject to United
States and local country laws governing import, export, transfer and
use. Delivery of Cisco cryptographic products does not imply
third-party authority to import, export, distribute or use encryption.
Importers, exporters, distributors and users are responsible for
compliance with U.S. and local country laws.

Technology Package License Information:

-----------------------------------------------------------------
Technology     Type         Technology-package  Technology-package
                            Current             Next Reboot
-----------------------------------------------------------------
Smart License  Perpetual    network-advantage   network-advantage
Smart License  Subscription dna-advantage       dna-advantage

The current crypto throughput level is 1000000 kbps

Smart Licensing Status: Smart Licensing Using Policy

cisco {MODEL} (1RU) processor with 3747220K/6147K bytes of memory.
Processor board ID {device.serial}
Router operating mode: Autonomous
32768K bytes of non-volatile configuration memory.
33554432K bytes of physical memory.
20257791K bytes of eUSB flash at bootflash:.

Configuration register is 0x2102
"""


def ip_interface_brief(_device: Device, wiring: Wiring) -> str:
    lines = ["Interface              IP-Address      OK? Method Status                Protocol"]
    for interface in wiring.interfaces:
        method = "NVRAM" if interface.address else "unset"
        status = "up" if interface.up else ("down" if interface.admin_up else "administratively down")
        protocol = "up" if interface.up else "down"
        lines.append(
            f"{interface.name:<22} {interface.address or 'unassigned':<15} YES {method:<6} {status:<21} {protocol:<8}"
        )
    return "\n".join(lines) + "\n"


def lldp_neighbors(_device: Device, wiring: Wiring) -> str:
    lines = [
        "Capability codes:",
        "    (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device",
        "    (W) WLAN Access Point, (P) Repeater, (S) Station, (O) Other",
        "",
        "Device ID           Local Intf     Hold-time  Capability      Port ID",
    ]
    for neighbor in wiring.neighbors:
        lines.append(f"{neighbor.name[:20]:<20}{neighbor.local.short:<15}{120:<11}{'B,R':<16}{neighbor.port}")
    lines += ["", f"Total entries displayed: {len(wiring.neighbors)}", ""]
    return "\n".join(lines) + "\n"


def bgp_summary(device: Device, wiring: Wiring) -> str:
    routes = sum(session.prefixes for session in wiring.sessions)
    lines = [
        f"BGP router identifier {device.router_id}, local AS number {device.asn}",
        f"BGP table version is {routes + 1}, main routing table version {routes + 1}",
        f"{routes} network entries using {routes * 248} bytes of memory",
        f"{routes} path entries using {routes * 136} bytes of memory",
        f"BGP using {routes * 384} total bytes of memory",
        f"BGP activity {routes}/0 prefixes, {routes}/0 paths, scan interval 60 secs",
        "",
        "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd",
    ]
    for session in wiring.sessions:
        table = routes + 1 if session.established else 1
        age = short_age(session.age_minutes) if session.established else "never"
        state = f"{session.prefixes:>8}" if session.established else "Active"
        lines.append(
            f"{session.peer_address:<15} 4 {session.peer_asn:>12} {session.messages_received:>7}"
            f" {session.messages_sent:>7} {table:>8} {0:>4} {0:>4} {age:<8} {state}"
        )
    return "\n".join(lines) + "\n"


def running_config(device: Device, wiring: Wiring) -> str:
    """A configuration with secrets, which are made up."""
    interfaces = "".join(f"interface {each.name}\n no ip redirects\n!\n" for each in wiring.interfaces)
    return f"""\
Building configuration...

Current configuration : 4211 bytes
!
version 17.9
service password-encryption
!
hostname {device.name}
!
enable secret 9 $9$nhEmQVczB7dqsO$X.HsgL6x1il0RxkOSSvyQYwucySCt7qFm4v7pqCxkKM
!
username ops privilege 15 secret 5 $1$SERu$iXtvrNqZuXwEHdTxKFMDn/
!
{interfaces}snmp-server community Lab-Community-7 RO
snmp-server location {device.site}
!
tacacs server aaa
 address ipv4 192.0.2.49
 key 7 0822455D0A16544541
!
end
"""


COMMANDS: dict[str, Renderer] = {
    "show version": version,
    "show ip interface brief": ip_interface_brief,
    "show lldp neighbors": lldp_neighbors,
    "show ip bgp summary": bgp_summary,
    "show running-config": running_config,
}
