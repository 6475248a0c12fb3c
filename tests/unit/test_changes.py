# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What always changes is left out of a difference, and what is news never is: both directions, as tables."""

from __future__ import annotations

import dataclasses
import random
import re
import time
from collections.abc import Callable

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._platforms import platform_name
from tests.lab import topology
from tests.lab.platforms import PLATFORMS
from tests.lab.render import common

CHANGES = Changes()

# Platform, command, a line of its answer before, and after. Nothing happened in between.
SILENT = [
    (
        "cisco_iosxe",
        "show version",
        "r1 uptime is 5 weeks, 1 day, 2 hours, 10 minutes",
        "r1 uptime is 6 weeks, 3 minutes",
    ),
    (
        "cisco_iosxe",
        "show version",
        "Uptime for this control processor is 1 day, 1 hour",
        "Uptime for this control processor is 2 days",
    ),
    (
        "cisco_iosxe",
        "show version",
        "r1 uptime is 1 year, 2 weeks, 1 day, 23 hours, 59 minutes",
        "r1 uptime is 1 year, 2 weeks, 2 days",
    ),
    ("cisco_iosxe", "show clock", "*10:15:30.123 UTC Mon Nov 25 2026", ".23:15:31.999 CET Tue Nov 26 2026"),
    (
        "cisco_iosxe",
        "show interfaces",
        "  Last input 00:00:01, output 00:00:00, output hang never",
        "  Last input never, output 1w2d, output hang never",
    ),
    (
        "cisco_iosxe",
        "show interfaces",
        "  5 minute input rate 1000 bits/sec, 2 packets/sec",
        "  5 minute input rate 99000 bits/sec, 123 packets/sec",
    ),
    (
        "cisco_iosxe",
        "show interfaces",
        "     999 packets input, 9999 bytes, 0 no buffer",
        "     1000 packets input, 100000 bytes, 0 no buffer",
    ),
    (
        "cisco_iosxe",
        "show interfaces",
        "     9 packets output, 9 bytes, 0 underruns",
        "     10 packets output, 99 bytes, 0 underruns",
    ),
    (
        "cisco_iosxe",
        "show interfaces",
        "     reliability 255/255, txload 1/255, rxload 1/255",
        "     reliability 255/255, txload 90/255, rxload 2/255",
    ),
    (
        "cisco_iosxe",
        "show interfaces",
        "     5 input errors, 4 CRC, 0 frame, 0 overrun, 0 ignored",
        "     15 input errors, 14 CRC, 0 frame, 0 overrun, 0 ignored",
    ),
    (
        "cisco_iosxe",
        "show interfaces",
        '  Last clearing of "show interface" counters 1w2d',
        '  Last clearing of "show interface" counters 1w3d',
    ),
    (
        "cisco_iosxe",
        "show interfaces",
        "  Input queue: 0/375/0/0 (size/max/drops/flushes); Total output drops: 7",
        "  Input queue: 2/375/0/0 (size/max/drops/flushes); Total output drops: 19",
    ),
    (
        "cisco_iosxe",
        "show ip bgp summary",
        "10.0.0.1        4        65001    9999    9998      100    0    0 1w2d           45",
        "10.0.0.1        4        65001   10001   10000      102    0    3 1w3d           45",
    ),
    (
        "cisco_iosxe",
        "show ip bgp summary",
        "10.0.0.1        4        65001       0       0        1    0    0 never    Active",
        "10.0.0.1        4        65001       4       2        1    0    0 00:10:00 Active",
    ),
    (
        "cisco_iosxe",
        "show bgp ipv6 unicast summary",
        "2001:DB8::1     4        65001    9999    9998      100    0    0 3d04h          45",
        "2001:DB8::1     4        65001   10001   10000      102    0    0 3d05h          45",
    ),
    (
        "cisco_iosxe",
        "show ip bgp summary",
        "BGP table version is 12, main routing table version 12",
        "BGP table version is 15, main routing table version 15",
    ),
    (
        "cisco_iosxe",
        "show ip route",
        "O        10.1.1.0/24 [110/2] via 10.0.0.2, 00:12:34, GigabitEthernet0/1",
        "O        10.1.1.0/24 [110/2] via 10.0.0.2, 1d02h, GigabitEthernet0/1",
    ),
    (
        "cisco_iosxe",
        "show ip ospf neighbor",
        "10.0.0.2          1   FULL/DR         00:00:35    10.1.1.2        GigabitEthernet0/1",
        "10.0.0.2          1   FULL/DR         00:00:31    10.1.1.2        GigabitEthernet0/1",
    ),
    (
        "cisco_iosxe",
        "show ip arp",
        "Internet  10.0.0.1               12   aabb.cc00.0100  ARPA   GigabitEthernet0/0",
        "Internet  10.0.0.1              113   aabb.cc00.0100  ARPA   GigabitEthernet0/0",
    ),
    (
        "cisco_iosxe",
        "show cdp neighbors",
        "sw2.example      Gig 0/1           155              R S I  C9300-48P Gig 1/0/1",
        "sw2.example      Gig 0/1           9                R S I  C9300-48P Gig 1/0/1",
    ),
    (
        "cisco_iosxe",
        "show running-config",
        "! Last configuration change at 10:15:01 UTC Mon Nov 25 2026 by admin",
        "! Last configuration change at 10:17:01 UTC Mon Nov 25 2026 by ops",
    ),
    ("cisco_iosxe", "show running-config", "", "! NVRAM config last updated at 10:15:01 UTC Mon Nov 25 2026 by admin"),
    ("cisco_iosxe", "sh run", "ntp clock-period 17179869", "ntp clock-period 17179871"),
    ("cisco_iosxr", "show version", "System uptime is 5 weeks, 1 day", "System uptime is 5 weeks, 2 days"),
    ("cisco_iosxr", "show running-config", "Wed Nov 25 10:15:30.123 UTC", "Thu Nov 26 09:00:00.001 UTC"),
    (
        "cisco_iosxr",
        "show bgp summary",
        "10.0.0.1          0 65001    9999    9998       97    0    0     1w2d         45",
        "10.0.0.1          0 65001   10001   10000       99    0    0     1w3d         45",
    ),
    (
        "cisco_iosxr",
        "show bgp summary",
        "Speaker              12         12         12         12          12           0",
        "Speaker              15         15         15         15          15           0",
    ),
    (
        "cisco_iosxr",
        "show interfaces",
        "     123 packets input, 456 bytes, 7 total input drops",
        "     1230 packets input, 4560 bytes, 8 total input drops",
    ),
    (
        "cisco_nxos",
        "show version",
        "Kernel uptime is 12 day(s), 3 hour(s), 9 minute(s), 12 second(s)",
        "Kernel uptime is 13 day(s), 0 hour(s), 0 minute(s), 1 second(s)",
    ),
    ("cisco_nxos", "show interface", "  Last link flapped 5week(s) 1day(s)", "  Last link flapped 5week(s) 2day(s)"),
    (
        "cisco_nxos",
        "show interface",
        "  30 seconds input rate 1024 bits/sec, 0 packets/sec",
        "  30 seconds input rate 99 bits/sec, 3 packets/sec",
    ),
    (
        "cisco_nxos",
        "show interface",
        "    input rate 1.02 Kbps, 0 pps; output rate 2.44 Kbps, 1 pps",
        "    input rate 999 bps, 1 pps; output rate 2.45 Mbps, 700 pps",
    ),
    (
        "cisco_nxos",
        "show interface",
        "    12 unicast packets  34 multicast packets  5 broadcast packets",
        "    120 unicast packets  340 multicast packets  5 broadcast packets",
    ),
    ("cisco_nxos", "show interface", "    51 input packets  4711 bytes", "    51000 input packets  471100 bytes"),
    (
        "cisco_nxos",
        "show ip bgp summary",
        "10.0.0.1        4 65001       9999       9998       97    0    0     1w2d 45        ",
        "10.0.0.1        4 65001      10001      10000       99    0    0     1w3d 45        ",
    ),
    ("cisco_nxos", "show running-config", "!Time: Wed Nov 25 10:15:30 2026", "!Time: Thu Nov 26 10:15:30 2026"),
    (
        "cisco_nxos",
        "show running-config",
        "!Running configuration last done at: Wed Nov 25 10:15:30 2026",
        "!Running configuration last done at: Thu Nov 26 10:15:30 2026",
    ),
    (
        "arista_eos",
        "show version",
        "Uptime: 5 weeks, 1 day, 2 hours and 10 minutes",
        "Uptime: 6 weeks, 0 days, 1 hour and 1 minute",
    ),
    ("arista_eos", "show version", "Free memory: 27104152 kB", "Free memory: 2710 kB"),
    ("arista_eos", "show version | json", '    "uptime": 123456.78,', '    "uptime": 123999.01,'),
    (
        "arista_eos",
        "show version | json",
        '    "bootupTimestamp": 1709000000.1234567,',
        '    "bootupTimestamp": 1709000000.2345,',
    ),
    (
        "arista_eos",
        "show ip bgp summary | json",
        '"msgReceived": 12, "msgSent": 13, "upDownTime": 1709000000.0',
        '"msgReceived": 112, "msgSent": 113, "upDownTime": 1709000000.1',
    ),
    (
        "arista_eos",
        "show lldp neighbors",
        "Last table change time   : 5 days, 1:02:03 ago",
        "Last table change time   : 5 days, 2:02:03 ago",
    ),
    (
        "arista_eos",
        "show interfaces",
        "  Up 5 days, 3 hours, 1 minute, 2 seconds",
        "  Up 6 days, 4 hours, 1 minute, 2 seconds",
    ),
    (
        "arista_eos",
        "show interfaces",
        "  5 minutes input rate 1.02 kbps (0.0% with framing overhead), 1 packets/sec",
        "  5 minutes input rate 0 bps (0.1% with framing overhead), 0 packets/sec",
    ),
    (
        "arista_eos",
        "show ip bgp summary",
        "  spine1                   10.0.0.1      4 65001           9999      9998  0  0 1w2d Estab    45     45    ",
        "  spine1                   10.0.0.1      4 65001          10001     10000  0  0 1w3d Estab    45     45    ",
    ),
    (
        "arista_eos",
        "show running-config",
        "! Startup-config last modified at Wed Nov 25 10:15:30 2026 by admin",
        "! Startup-config last modified at Thu Nov 26 10:15:30 2026 by root",
    ),
    ("juniper_junos", "show interfaces", "  Input rate     : 2104 bps (2 pps)", "  Input rate     : 98 bps (0 pps)"),
    (
        "juniper_junos",
        "show interfaces",
        "  Last flapped   : 2024-02-26 08:15:01 UTC (5w1d 02:10 ago)",
        "  Last flapped   : 2024-02-26 08:15:01 UTC (5w1d 02:11 ago)",
    ),
    ("juniper_junos", "show interfaces", "    Input packets : 284113", "    Input packets : 1284113"),
    (
        "juniper_junos",
        "show interfaces statistics",
        "   Input  bytes  :            123456                  100 bps",
        "   Input  bytes  :           1234567                    0 bps",
    ),
    (
        "juniper_junos",
        "show bgp summary",
        "10.0.0.1              65001       9999       9998       0       1     1w3d 4:05:00 Establ",
        "10.0.0.1              65001      10001      10000       0       1     1w3d 5:05:00 Establ",
    ),
    (
        "juniper_junos",
        "show configuration",
        "## Last commit: 2026-11-25 10:15:30 UTC by admin",
        "## Last commit: 2026-11-26 10:15:30 UTC by ops",
    ),
    (
        "juniper_junos",
        "show system uptime",
        "System booted: 2024-02-26 08:15:01 UTC (5w1d 02:10 ago)",
        "System booted: 2024-02-26 08:15:01 UTC (5w2d 02:10 ago)",
    ),
    (
        "juniper_junos",
        "show system uptime",
        "Current time: 2026-11-25 10:15:30 UTC",
        "Current time: 2026-11-26 10:15:30 UTC",
    ),
    (
        "juniper_junos",
        "show route",
        "10.1.1.0/24        *[BGP/170] 1w3d 04:05:00, localpref 100",
        "10.1.1.0/24        *[BGP/170] 1w3d 05:05:00, localpref 100",
    ),
    (
        "juniper_junos",
        "show system uptime | display xml",
        '<date-time junos:seconds="1709000000">',
        '<date-time junos:seconds="1709000007">',
    ),
    (
        "huawei_vrp",
        "display version",
        "HUAWEI CE8850 uptime is 12 days, 3 hours, 9 minutes",
        "HUAWEI CE8850 uptime is 13 days, 0 hours, 1 minute",
    ),
    (
        "huawei_vrp",
        "display version",
        "CE8850(Master) 1 : uptime is  12 days, 3 hours, 9 minutes",
        "CE8850(Master) 1 : uptime is  13 days, 3 hours, 9 minutes",
    ),
    (
        "huawei_vrp",
        "display bgp peer",
        "  10.0.0.1        4       65001     9999     9998     0 0098h12m Established       45",
        "  10.0.0.1        4       65001    10001    10000     0 0099h12m Established       45",
    ),
    (
        "huawei_vrp",
        "display interface brief",
        "100GE1/0/1                 up       up        0.01%  0.01%          0          0",
        "100GE1/0/1                 up       up        7.12%     0%          0          0",
    ),
    (
        "huawei_vrp",
        "display interface",
        "    Last 300 seconds input rate: 96 bits/sec, 0 packets/sec",
        "    Last 300 seconds input rate: 1096 bits/sec, 10 packets/sec",
    ),
    ("huawei_vrp", "display interface", "    Input: 123 packets, 45678 bytes", "    Input: 1230 packets, 456780 bytes"),
    (
        "huawei_vrp",
        "display lldp neighbor",
        "Expired time                       :109s",
        "Expired time                       :98s",
    ),
    (
        "huawei_vrp",
        "display current-configuration",
        "!Last configuration was updated at 2026-11-25 10:15:30 UTC by admin",
        "!Last configuration was updated at 2026-11-26 10:15:30 UTC by ops",
    ),
    (
        "frr",
        "show bgp summary",
        "10.0.0.1        4      65001      1000       999        0    0    0 01:02:03            5        7 to r2",
        "10.0.0.1        4      65001     10001     10000        9    0    0 1d02h03m            5        7 to r2",
    ),
    (
        "frr",
        "show ip route",
        "O>* 10.1.1.0/24 [110/20] via 10.0.0.2, eth0, weight 1, 00:12:34",
        "O>* 10.1.1.0/24 [110/20] via 10.0.0.2, eth0, weight 1, 1d02h03m",
    ),
    (
        "frr",
        "show ip ospf neighbor",
        "10.0.0.2          1 Full/DR         1h2m3s            39.123s 10.0.0.2        eth0:10.0.0.1",
        "10.0.0.2          1 Full/DR         2h2m3s            31.001s 10.0.0.2        eth0:10.0.0.1",
    ),
    (
        "frr",
        "show bgp neighbors",
        "  BGP state = Established, up for 00:01:02",
        "  BGP state = Established, up for 1d01h02m",
    ),
    ("frr", "show bgp summary json", '    "peerUptime":"01:02:03",', '    "peerUptime":"01:02:09",'),
    ("frr", "show bgp summary json", '    "peerUptimeMsec":3723000,', '    "peerUptimeMsec":3729000,'),
    ("frr", "show bgp summary json", '    "msgRcvd":1000,', '    "msgRcvd":1003,'),
    ("cisco_asa", "show version", "fw1 up 12 days 3 hours", "fw1 up 13 days 0 hours"),
    (
        "cisco_asa",
        "show running-config",
        ": Written by enable_15 at 10:15:30.123 UTC Mon Nov 25 2026",
        ": Written by ops at 10:15:30.123 UTC Tue Nov 26 2026",
    ),
    (
        "fortinet_fortios",
        "show full-configuration",
        "        set password ENC Ab3/abc=",
        "        set password ENC xy9+zzz=",
    ),
    (
        "mikrotik_routeros",
        "/export",
        "# nov/25/2026 10:15:30 by RouterOS 7.1",
        "# nov/26/2026 10:15:30 by RouterOS 7.1",
    ),
    (
        "frr",
        "show bgp neighbors",
        "  Last reset 00:00:10,  Waiting for peer OPEN",
        "  Last reset 1d01h02m,  Waiting for peer OPEN",
    ),
    (
        "frr",
        "show bgp neighbors",
        "    Keepalives:          7          8",
        "    Keepalives:       1007       1008",
    ),
    (
        "frr",
        "show ip ospf neighbor",
        "10.0.0.2          1 Full/-          9.735s             9.714s 10.255.12.2     to-r2:10.255.12.1        0",
        "10.0.0.2          1 Full/-          1d01h02m           9.106s 10.255.12.2     to-r2:10.255.12.1        0",
    ),
    (None, "show clock", "2026-11-25 10:15:30", "2026-11-26 10:15:30"),
]

# The same, but something happened.
NEWS = [
    ("cisco_iosxe", "show clock detail", "Time source is NTP", "Time source is hardware calendar"),
    ("arista_eos", "show version | json", '"bootupTimestamp": 1709000000.1,', '"bootupTimestamp": 1709000900.1,'),
    ("frr", "show bgp neighbors json", '"bgpTimerHoldTimeMsecs":180000,', '"bgpTimerHoldTimeMsecs":90000,'),
    (
        "cisco_iosxe",
        "show interfaces",
        "  Input queue: 0/375/0/0 (size/max/drops/flushes); Total output drops: 0",
        "  Input queue: 0/375/0/0 (size/max/drops/flushes); Total output drops: 19",
    ),
    (
        "cisco_iosxe",
        "show interfaces",
        '  Last clearing of "show interface" counters never',
        '  Last clearing of "show interface" counters 00:00:10',
    ),
    (
        "frr",
        "show bgp neighbors",
        "  Last reset 00:00:10,  Waiting for peer OPEN",
        "  Last reset 00:00:10,  No AFI/SAFI activated for peer",
    ),
    (
        "cisco_iosxe",
        "show version",
        "Cisco IOS XE Software, Version 17.09.04a",
        "Cisco IOS XE Software, Version 17.12.01",
    ),
    ("cisco_iosxe", "show version", "r1 17.9.4 uptime is 5 weeks, 1 day", "r1 17.12.1 uptime is 1 minute"),
    ("cisco_iosxe", "show version", "System returned to ROM by Reload Command", "System returned to ROM by power-on"),
    (
        "cisco_iosxe",
        "show version",
        "System restarted at 08:15:01 UTC Mon Feb 26 2024",
        "System restarted at 08:15:01 UTC Tue Feb 27 2024",
    ),
    (
        "cisco_iosxe",
        "show interfaces",
        "GigabitEthernet0/1 is up, line protocol is up",
        "GigabitEthernet0/1 is up, line protocol is down",
    ),
    ("cisco_iosxe", "show interfaces", "  Description: to fra-core1", "  Description: to fra-core2"),
    (
        "cisco_iosxe",
        "show interfaces",
        "  Hardware is X, address is 0200.0000.0101 (bia 0200.0000.0101)",
        "  Hardware is X, address is 0200.0000.0102 (bia 0200.0000.0102)",
    ),
    (
        "cisco_iosxe",
        "show interfaces",
        "  MTU 1500 bytes, BW 1000000 Kbit/sec, DLY 10 usec,",
        "  MTU 9000 bytes, BW 1000000 Kbit/sec, DLY 10 usec,",
    ),
    (
        "cisco_iosxe",
        "show interfaces",
        "  5 minute input rate 1000 bits/sec, 2 packets/sec",
        "  30 second input rate 1000 bits/sec, 2 packets/sec",
    ),
    (
        "cisco_iosxe",
        "show interfaces",
        "     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored",
        "     3 input errors, 3 CRC, 0 frame, 0 overrun, 0 ignored",
    ),
    (
        "cisco_iosxe",
        "show interfaces",
        "     0 output errors, 0 collisions, 2 interface resets",
        "     0 output errors, 0 collisions, 3 interface resets",
    ),
    ("cisco_iosxe", "show interfaces", "  Keepalive set (10 sec)", "  Keepalive set (20 sec)"),
    (
        "cisco_iosxe",
        "show interfaces",
        "  ARP type: ARPA, ARP Timeout 04:00:00",
        "  ARP type: ARPA, ARP Timeout 00:05:00",
    ),
    (
        "cisco_iosxe",
        "show ip bgp summary",
        "10.0.0.1        4        65001    9999    9998      100    0    0 1w2d           45",
        "10.0.0.1        4        65001    9999    9998        1    0    0 00:01:00 Idle",
    ),
    (
        "cisco_iosxe",
        "show ip bgp summary",
        "10.0.0.1        4        65001    9999    9998      100    0    0 1w2d           45",
        "10.0.0.1        4        65001    9999    9998      100    0    0 1w2d           44",
    ),
    (
        "cisco_iosxe",
        "show ip bgp summary",
        "10.0.0.1        4        65001    9999    9998      100    0    0 1w2d           45",
        "10.0.0.1        4        65002    9999    9998      100    0    0 1w2d           45",
    ),
    (
        "cisco_iosxe",
        "show ip bgp summary",
        "10.0.0.1        4        65001    9999    9998      100    0    0 1w2d           45",
        "",
    ),
    (
        "cisco_iosxe",
        "show ip bgp summary",
        "BGP router identifier 10.0.0.1, local AS number 65001",
        "BGP router identifier 10.0.0.2, local AS number 65001",
    ),
    (
        "cisco_iosxe",
        "show ip route",
        "O        10.1.1.0/24 [110/2] via 10.0.0.2, 00:12:34, GigabitEthernet0/1",
        "O        10.1.1.0/24 [110/2] via 10.0.0.3, 00:12:34, GigabitEthernet0/1",
    ),
    (
        "cisco_iosxe",
        "show ip ospf neighbor",
        "10.0.0.2          1   FULL/DR         00:00:35    10.1.1.2        GigabitEthernet0/1",
        "10.0.0.2          1   INIT/DROTHER    00:00:35    10.1.1.2        GigabitEthernet0/1",
    ),
    (
        "cisco_iosxe",
        "show ip arp",
        "Internet  10.0.0.1               12   aabb.cc00.0100  ARPA   GigabitEthernet0/0",
        "Internet  10.0.0.1               12   aabb.cc00.0200  ARPA   GigabitEthernet0/0",
    ),
    (
        "cisco_iosxe",
        "show cdp neighbors",
        "sw2.example      Gig 0/1           155              R S I  C9300-48P Gig 1/0/1",
        "sw2.example      Gig 0/1           155              R S I  C9300-48P Gig 1/0/2",
    ),
    ("cisco_iosxe", "show running-config", " description uptime is 5 days", " description uptime is 6 days"),
    (
        "cisco_iosxe",
        "show running-config",
        " ip sla schedule 1 start-time 00:05:00",
        " ip sla schedule 1 start-time 00:06:00",
    ),
    ("cisco_iosxe", "show running-config", "ntp server 10.0.0.1", "ntp server 10.0.0.2"),
    ("cisco_iosxe", "show startup-config", "hostname r1", "hostname r2"),
    (
        "cisco_iosxe",
        "show running-config | section bgp",
        "  neighbor 10.0.0.1 remote-as 65001",
        "  neighbor 10.0.0.1 remote-as 65002",
    ),
    (
        "cisco_iosxr",
        "show bgp summary",
        "10.0.0.1          0 65001    9999    9998       97    0    0     1w2d         45",
        "10.0.0.1          0 65001    9999    9998        0    0    0 00:00:00     Active",
    ),
    ("cisco_iosxr", "show version", "Cisco IOS XR Software, Version 7.5.2", "Cisco IOS XR Software, Version 7.9.1"),
    ("cisco_nxos", "show version", "  NXOS: version 9.3(12)", "  NXOS: version 10.2(3)"),
    (
        "cisco_nxos",
        "show version",
        "Last reset at 102345 usecs after Mon Feb 26 08:15:01 2024",
        "Last reset at 102345 usecs after Tue Feb 27 08:15:01 2024",
    ),
    ("cisco_nxos", "show interface", "  Last link flapped never", "  Last link flapped 00:00:12"),
    (
        "cisco_nxos",
        "show interface",
        "    0 runts  0 giants  0 CRC  0 no buffer",
        "    0 runts  0 giants  8 CRC  0 no buffer",
    ),
    (
        "cisco_nxos",
        "show ip bgp summary",
        "10.0.0.1        4 65001       9999       9998       97    0    0     1w2d 45        ",
        "10.0.0.1        4 65001       9999       9998        0    0    0 00:00:12 Idle      ",
    ),
    (
        "cisco_nxos",
        "show interface brief",
        "Eth1/1          --      eth  routed up      none                   100G(D) --",
        "Eth1/1          --      eth  routed down    Link not connected     auto(D) --",
    ),
    ("arista_eos", "show version", "Software image version: 4.29.5M", "Software image version: 4.31.1F"),
    ("arista_eos", "show version | json", '    "version": "4.29.5M",', '    "version": "4.31.1F",'),
    ("arista_eos", "show version", "Total memory: 32458980 kB", "Total memory: 16458980 kB"),
    ("arista_eos", "show ip bgp summary | json", '"peerState": "Established",', '"peerState": "Active",'),
    (
        "arista_eos",
        "show ip bgp summary | json",
        '"msgSent": 1, "peerState": "Established", "upDownTime": 1.0',
        '"msgSent": 1, "peerState": "Idle", "upDownTime": 9.0',
    ),
    (
        "arista_eos",
        "show ip bgp summary",
        "  spine1                   10.0.0.1      4 65001           9999      9998  0  0 1w2d Estab    45     45    ",
        "  spine1                   10.0.0.1      4 65001           9999      9998  0  0 00:01:00 Active              ",
    ),
    (
        "arista_eos",
        "show interfaces status",
        "Et1        to fra-spine1      connected    routed   full   100G   100GBASE-CR4",
        "Et1        to fra-spine1      notconnect   routed   full   100G   100GBASE-CR4",
    ),
    ("juniper_junos", "show version", "Junos: 21.4R3-S5.4", "Junos: 22.4R3"),
    (
        "juniper_junos",
        "show interfaces",
        "  Last flapped   : 2024-02-26 08:15:01 UTC (5w1d 02:10 ago)",
        "  Last flapped   : 2026-11-25 08:15:01 UTC (00:00:12 ago)",
    ),
    (
        "juniper_junos",
        "show interfaces",
        "Physical interface: et-0/0/1, Enabled, Physical link is Up",
        "Physical interface: et-0/0/1, Enabled, Physical link is Down",
    ),
    (
        "juniper_junos",
        "show bgp summary",
        "10.0.0.1              65001       9999       9998       0       1     1w3d 4:05:00 Establ",
        "10.0.0.1              65001       9999       9998       0       2            0:12 Active",
    ),
    (
        "juniper_junos",
        "show bgp summary",
        "10.0.0.1              65001       9999       9998       0       1     1w3d 4:05:00 Establ",
        "10.0.0.1              65001       9999       9998       0       2     1w3d 4:05:00 Establ",
    ),
    ("juniper_junos", "show bgp summary", "  inet.0: 12/12/12/0", "  inet.0: 11/11/11/0"),
    ("juniper_junos", "show configuration", "    description uptime;", "    description downtime;"),
    (
        "huawei_vrp",
        "display version",
        "VRP (R) software, Version 8.180 (CE8850-64CQ-EI V200R005C10SPC800)",
        "VRP (R) software, Version 8.191 (CE8850-64CQ-EI V200R019C10SPC800)",
    ),
    (
        "huawei_vrp",
        "display version",
        "        StartupTime 2024/02/26   08:15:01",
        "        StartupTime 2024/02/27   08:15:01",
    ),
    (
        "huawei_vrp",
        "display bgp peer",
        "  10.0.0.1        4       65001     9999     9998     0 0098h12m Established       45",
        "  10.0.0.1        4       65001     9999     9998     0 0000h01m        Idle        0",
    ),
    (
        "huawei_vrp",
        "display interface brief",
        "100GE1/0/1                 up       up        0.01%  0.01%          0          0",
        "100GE1/0/1                 down     down      0.01%  0.01%          0          0",
    ),
    (
        "huawei_vrp",
        "display interface brief",
        "100GE1/0/1                 up       up        0.01%  0.01%          0          0",
        "100GE1/0/1                 up       up        0.01%  0.01%          9          0",
    ),
    ("frr", "show version", "FRRouting 8.4.4 (r1) on Linux(5.10).", "FRRouting 10.1 (r1) on Linux(5.10)."),
    (
        "frr",
        "show bgp summary",
        "10.0.0.1        4      65001      1000       999        0    0    0 01:02:03            5        7 to r2",
        "10.0.0.1        4      65001      1000       999        0    0    0 00:00:03       Active        0 to r2",
    ),
    (
        "frr",
        "show bgp summary",
        "10.0.0.1        4      65001      1000       999        0    0    0 01:02:03            5        7 to r2",
        "10.0.0.1        4      65001      1000       999        0    0    0 01:02:03            5        7 to r3",
    ),
    ("frr", "show bgp summary json", '    "state":"Established",', '    "state":"Idle",'),
    (
        "frr",
        "show ip route",
        "O>* 10.1.1.0/24 [110/20] via 10.0.0.2, eth0, weight 1, 00:12:34",
        "O>* 10.1.1.0/24 [110/30] via 10.0.0.2, eth0, weight 1, 00:12:34",
    ),
    ("frr", "show running-config", "frr version 8.4.4", "frr version 10.1"),
    (
        "mikrotik_routeros",
        "/export",
        "# nov/25/2026 10:15:30 by RouterOS 7.1",
        "# nov/25/2026 10:15:30 by RouterOS 7.2",
    ),
    (None, "show version", "version 1", "version 2"),
]


def around(line: str) -> str:
    return f"what comes before\n{line}\nwhat comes after\n" if line else "what comes before\nwhat comes after\n"


@pytest.mark.parametrize(("platform", "command", "before", "after"), SILENT)
def test_what_always_changes_is_no_change(platform: str | None, command: str, before: str, after: str) -> None:
    assert CHANGES.between(platform, command, around(before), around(after)) == []
    assert CHANGES.between(platform, command, around(after), around(before)) == []


@pytest.mark.parametrize(("platform", "command", "before", "after"), NEWS)
def test_news_is_never_hidden(platform: str | None, command: str, before: str, after: str) -> None:
    lines = CHANGES.between(platform, command, around(before), around(after))
    assert [line for line in lines if line[0] in "+-"] == [f"-{before}"] * bool(before) + [f"+{after}"] * bool(after)
    assert CHANGES.between(platform, command, around(after), around(before))


def test_every_line_of_either_table_is_told_from_an_empty_one() -> None:
    """Only lines that are noise as a whole may come and go in silence."""
    noise = re.compile(
        r"^(?:! (?:Last|NVRAM|Startup-config)|!(?:Time|Running|Last)|## Last|: Written|Current time"
        r"|[*.]?\d\d:\d\d:|\d{4}-\d\d|Wed |Thu )"
    )
    for platform, command, *lines in SILENT + NEWS:
        for line in filter(None, lines):
            told = bool(CHANGES.between(platform, command, around(""), around(line)))
            assert told is not bool(noise.match(line)), line


# -- the lab: what it says to all its commands, a week later, and after something happened ----------------------------


def renamed(wiring: topology.Wiring) -> topology.Wiring:
    first, *rest = wiring.neighbors
    return dataclasses.replace(wiring, neighbors=(dataclasses.replace(first, name="intruder"), *rest))


def unplugged(wiring: topology.Wiring) -> topology.Wiring:
    interfaces = tuple(
        dataclasses.replace(each, up=False) if each is wiring.neighbors[0].local else each for each in wiring.interfaces
    )
    return dataclasses.replace(wiring, interfaces=interfaces)


def flapped(wiring: topology.Wiring) -> topology.Wiring:
    first, *rest = wiring.sessions
    up = not first.established
    first = dataclasses.replace(first, established=up, prefixes=7 if up else 0, age_minutes=1)
    return dataclasses.replace(wiring, sessions=(first, *rest))


HAPPENED: dict[str, Callable[[topology.Wiring], topology.Wiring]] = {
    "lldp": renamed,
    "interface": unplugged,
    "bgp": flapped,
}


@pytest.mark.parametrize("index", range(1, 25))
def test_the_labs_devices(index: int) -> None:
    device, wiring = topology.device(index), topology.wiring(index, 24)
    platform = PLATFORMS[device.platform]
    name = platform_name(platform.network_os)
    device_later, wiring_later = topology.aged(device, wiring, common.WEEK + 61)
    for command, render in platform.commands.items():
        before = render(device, wiring)
        assert CHANGES.between(name, command, before, render(device_later, wiring_later)) == [], command
        for word, happen in HAPPENED.items():
            if word in command:
                text = render(device_later, happen(wiring_later))
                assert CHANGES.between(name, command, before, text), (command, word)


# -- how a difference is shown, and what it may cost -------------------------------------------------------------------


def test_a_difference_shows_the_lines_as_they_are_with_some_around() -> None:
    before = "".join(f"line {number}\n" for number in range(1, 21)) + "r1 uptime is 1 day\nversion 1\nend\n"
    after = before.replace("1 day", "2 days").replace("version 1", "version 2").replace("line 3\n", "line 3\nnew\n")
    assert CHANGES.between("frr", "show version", before, after) == [
        "@@ -1,6 +1,7 @@",
        " line 1",
        " line 2",
        " line 3",
        "+new",
        " line 4",
        " line 5",
        " line 6",
        "@@ -19,6 +20,6 @@",
        " line 19",
        " line 20",
        " r1 uptime is 2 days",
        "-version 1",
        "+version 2",
        " end",
        " ",
    ]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("", "", []),
        ("", "a", ["@@ -1,1 +1,1 @@", "-", "+a"]),
        ("a\n", "a", ["@@ -1,2 +1,1 @@", " a", "-"]),
        ("a\nb", "b\na", None),
        ("bytes \udcff", "bytes \udcfe", ["@@ -1,1 +1,1 @@", "-bytes \udcff", "+bytes \udcfe"]),
        ("a\nb", "a\nb", []),
    ],
)
def test_odd_texts(before: str, after: str, lines: list[str] | None) -> None:
    told = CHANGES.between(None, "show it", before, after)
    assert bool(told) is (before != after)
    if lines is not None:
        assert told == lines


@pytest.mark.parametrize(
    ("ignore", "platform", "silent"),
    [
        ({"cisco_iosxe": [r"temperature is \d+"]}, "cisco_iosxe", True),
        ({"cisco_iosxe": [r"temperature is (\d+)"]}, "cisco_iosxe", True),
        ({"all": [r"\d+ C(?:elsius)?$"]}, "cisco_iosxe", True),
        ({"all": [r"(?i)TEMPERATURE IS (\d+)"]}, None, True),
        ({"frr": [r"temperature is \d+"]}, "cisco_iosxe", False),
        ({"cisco_iosxe": [r"humidity \d+"]}, "cisco_iosxe", False),
        ({}, "cisco_iosxe", False),
    ],
)
def test_rules_of_ones_own(ignore: dict[str, list[str]], platform: str | None, silent: bool) -> None:
    changes = Changes(ignore)
    for command in ("show environment", "show running-config"):
        told = changes.between(platform, command, "temperature is 31 C\n", "temperature is 32 C\n")
        assert (told == []) is silent


def test_a_rule_that_is_no_regular_expression() -> None:
    with pytest.raises(ValueError, match=r"ignore_changes: '\(' is not a regular expression: "):
        Changes({"frr": ["("]})


def test_huge_differences_end() -> None:
    chance = random.Random(7)
    before = [f"line {chance.randrange(50)}" for _ in range(40_000)]
    after = [f"line {chance.randrange(50)}" for _ in range(40_000)]
    lines = CHANGES.between(None, "show it", "\n".join(before), "\n".join(after))
    assert len(lines) > 60_000


def test_cost() -> None:
    """Well above what it takes, for a busy machine: 5 ms where every counter of 50 KB changed, 0 where nothing did."""
    interface = """GigabitEthernet1/0/{0} is up, line protocol is up
  Last input 00:00:0{1}, output 00:00:0{1}, output hang never
  5 minute input rate {1}000 bits/sec, {1}00 packets/sec
     {1}00 packets input, {1}000 bytes, 0 no buffer
     Received {1} broadcasts ({1} multicasts)
     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored
     {1}11 packets output, {1}111 bytes, 0 underruns
"""
    before, after = ("".join(interface.format(port, digit) for port in range(140)) for digit in (1, 2))
    began = time.process_time()
    for _ in range(10):
        assert CHANGES.between("cisco_iosxe", "show interfaces", before, after) == []
    each = (time.process_time() - began) / 10
    print(f"{len(before)} characters: {each * 1000:.1f} ms")
    assert each < 0.1
