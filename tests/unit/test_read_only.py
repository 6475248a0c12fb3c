# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent only reads, unless the user allows it. The configuration of a device is never entered."""

from __future__ import annotations

import pathlib
import time

import pytest
import scrapli
import yaml

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device, Reply
from ansible_collections.rollcall.network.plugins.module_utils._drivers.configuration import enters_configuration
from ansible_collections.rollcall.network.plugins.module_utils._drivers.read_only import (
    LONGEST_PATTERN,
    check_patterns,
    matches,
)
from ansible_collections.rollcall.network.plugins.module_utils._drivers.reading import reads
from ansible_collections.rollcall.network.plugins.module_utils._drivers.registry import is_read_only, refusal_of
from ansible_collections.rollcall.network.plugins.module_utils._platforms import NAMES
from ansible_collections.rollcall.network.plugins.module_utils._platforms.read_only import (
    FILTERS,
    READ_ONLY,
    SESSION,
    WRITING_FILTERS,
)
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll, iter_roll

READS = {
    "checkpoint_gaia": [
        "show version all",
        "fw stat",
        "fw ver",
        "ping -c 3 192.0.2.1",
        "cphaprob stat",
        "cphaprob -a if",
        "cplic print",
        "fw ctl pstat",
        "fwaccel stat",
        "fwaccel stats -s",
        "cpstat os",
        "cpstat os -f all",
    ],
    "cisco_apic": ["show version", "fabric 101 show vlan extended"],
    "cisco_iosxe": [
        "show version",
        "sh ver",
        "SHO RUN",
        "do show run",
        "show run | include ^interface|^ ip",
        "show run | inc up$",
        "show run | section router bgp",
        "show file systems",
        "show ip flow export",
        "show tech-support",
        "dir flash:",
        "more flash:log.txt",
        "terminal length 0",
        "term width 511",
        "ping 192.0.2.1",
        "ping vrf MGMT 192.0.2.1 repeat 5 size 1500",
        "traceroute 192.0.2.1 source Loopback0",
        "more flash:a.txt",
        "show reload",
        "show interfaces te 1/0/1",
        "show run | include down|up",
        "show processes cpu sorted | ex 0.00",
        "show run | s ospf",
        "verify /md5 flash:a.bin",
    ],
    "nokia_srlinux": [
        "show system logging buffer messages | tail 1",
        "ping -c 3 192.0.2.1",
        "ping 192.0.2.1 network-instance mgmt -c 3",
        "ping 192.0.2.1 count 3",
    ],
    "cisco_nxos": [
        "show version | json",
        "show run | no-more",
        'show run | include "a|b"',
        "show ip route vrf all",
        'show run | include "up|down"',
        "show tech-support",
        "show interface status | sort",
        "show run | uniq",
        "show run | cut -d x -f 1",
        "show run | include a | sort -u",
    ],
    "arista_eos": [
        "show processes top once",
        "bash df -h",
        "show version | json",
        'show run | grep "a|b"| json',
        "show run | include -",
        'show run | grep "^ip"',
        "show interfaces | include Ethernet1 | no-more",
    ],
    "cisco_iosxr": [
        "admin show inventory",
        "adm sh inventory",
        "show run",
        "show bgp all summary | begin Neighbor",
        "show run | utility egrep mtu",
        "show interfaces | utility egrep up|down",
        "show run | utility wc",
        "show logging | utility tail count 20",
    ],
    "hp_comware": [
        "show clock",
        "display version",
        "dis cur",
        "disp int br | include UP",
        "display diagnostic-information",
        "ping -c 3 192.0.2.1",
    ],
    "cisco_asa": ["show version", "failover exec mate show version", "show tech-support"],
    "oneaccess_oneos": ["cat /BSA/bsaBoot.inf", "ls -lh /BSA", "hostname"],
    "zyxel_dslam": ["cfg lan get", "sys atsh"],
    "huawei_vrp": [
        "display version",
        "dis cur | no-more",
        "screen-length 0 temporary",
        "tracert 192.0.2.1",
        "show it",
        "ping -c 3 192.0.2.1",
        "ping -vpn-instance mgmt -c 3 192.0.2.1",
    ],
    "juniper_junos": [
        "show version",
        "show configuration | display set | no-more",
        'show log messages | match "a|b" | last 10',
        "show log messages | find error",
        "file show /var/log/messages",
        "ping 192.0.2.1 count 5 routing-instance mgmt",
        'show log messages | match "a\\.b|c"',
        'show log messages | match "a|save"',
        "ping 192.0.2.1 rapid count 5",
        "ping 192.0.2.1 count 3 do-not-fragment size 1472",
        "file checksum md5 /var/tmp/a.tgz",
        "file checksum sha-256 /var/tmp/a.tgz",
    ],
    "fortinet_fortios": [
        "execute date",
        "execute ping 192.0.2.1",
        "exec traceroute 192.0.2.1",
        "execute dhcp lease-list",
        "fnsysctl ifconfig port1",
        "get system status",
        "show full-configuration",
        "get router info routing-table all",
        "diagnose sys top 1 20 1",
        "get system performance status",
        "diagnose sys top 2 50 3",
        "diagnose ip address list",
        "diag netlink interface list",
        "diagnose netlink interface list port1",
        "diagnose firewall iprope list",
        "diagnose sys session list",
        "diagnose user device list",
    ],
    "paloalto_panos": [
        "request license info",
        "test security-policy-match source 192.0.2.1",
        "show system info",
        "set cli pager off",
        "ping source 192.0.2.9 host 192.0.2.1 count 3",
        "show system res",
        "show system state",
        "show system setting packet",
        "show counter global",
    ],
    "mikrotik_routeros": [
        "/interface ethernet monitor ether1 once",
        "/ip address print",
        "/ip/address/print",
        "ip address pri detail",
        "/interface print where name=ether1 running=yes",
        "/ip route print where dst-address=10.0.0.0/8",
        "/system resource print",
        "/system identity print",
        "/export",
        "/ip firewall export terse",
        "/ping 192.0.2.1 count=3",
        "/int eth print",
        "/ip firewall filter print where chain=input",
        "/log print",
        "/system package update print",
        "/interface print where interface=ether1",
        "/export terse",
    ],
    "nokia_sros_classic": [
        "admin display-config",
        "show router interface | match up",
        "environment no more",
        "file type cf3:\\bof.cfg",
        "file type cf3:/bof.cfg",
    ],
    "nokia_sros": [
        "admin show configuration",
        "info",
        "show port | match oper | count",
        "ping 192.0.2.1 router-instance Base count 3",
        "file show cf3:\\bof.cfg",
    ],
    "ciena_saos": [
        "configuration show brief",
        "port show",
        "show version",
        "vlan show vlan 10",
        "port show port 1 statistics",
        "ping 192.0.2.1 count 3",
    ],
    "brocade_fos": [
        "porterrshow 1/2",
        "switchshow",
        "fabricShow",
        "version",
        "portshow 1/2",
        "mapsdb --show",
        "mapsdb --show all",
        "licenseport --show",
        "userConfig --show -a",
        "errdump",
    ],
    "netscaler": ["show ns ip", "stat lb vserver", "stat lb vserver -fullValues"],
    "f5_tmsh": [
        "list ltm virtual",
        "show sys version",
        "list sys file ssl-cert",
        "list /sys file ssl-cert all",
    ],
    "juniper_screenos": ["get config", "get system", "get tech-support"],
    "vyos_vyos": ["show configuration commands", "show version | match Version"],
    "frr": ["show ip bgp summary json", "sh run", "ping 192.0.2.1 repeat 3"],
    "linux": [
        "sudo tail -1 /var/log/auth.log",
        "dmidecode -t bios",
        "sudo dmidecode -t system",
        "sudo dmidecode -t system | grep Serial",
        "sudo qm config 101",
        "nmcli connection show",
        "qm config 101",
        "uname -a",
        "cat /etc/os-release",
        "journalctl -u ssh -n 50",
        "sudo iptables -L -n -v",
        "getent passwd",
        "sha256sum /boot/vmlinuz",
        "top -b -n 1",
        "cat /etc/*release | grep '^NAME' | head -1",
        "ip addr",
        "ip -br addr show",
        "ip -j route show table main",
        "ip route get 192.0.2.1",
        "ss -tulpn",
        "df -h",
        "grep -c 'a;b$' /etc/services",
        "vtysh -c 'show ip bgp summary'",
        "ping -c 4 192.0.2.1",
        "systemctl status sshd",
        "cat /proc/cpuinfo",
        "cat /sys/class/net/*/operstate",
        "tail -n 5 /var/log/syslog",
        "netstat -rn",
        "free -m",
        "lldpcli show neighbors",
        "cat /etc/a.json | jq .a | head -3",
        "ip link show dev eth0",
        'vtysh -c "show run"',
        "systemctl status -l sshd",
        "ping -c3 192.0.2.1",
        "ping -c3 -W2 -s1400 192.0.2.1",
        "top -b -n 3",
        "tail -n 5 /etc/hosts",
        "grep -e a -e b /etc/hosts",
        "grep -ie a /etc/hosts",
        "cat /etc/hosts | fgrep a",
        "ss -tunap",
        "ss -lntp",
        "ss -tan state established",
        "ss -s",
        "top -bn1",
        "top -b -n1",
        "top -bn 2",
        "top -n 1 -b",
        "iptables -nvL",
        "iptables -nL INPUT --line-numbers",
        "iptables -S",
        "hostname -I",
        "hostname -f",
        "hostnamectl",
        "hostnamectl status",
        "journalctl -u ssh -n 50 --no-pager",
        "journalctl --no-pager -n 20",
        "journalctl -p err -b -n50",
        "journalctl -u ssh --since today -n 20",
        "ip -4 -br addr",
        "ip -s -s link show eth0",
        "ip --brief addr",
        "ip -4 route get 192.0.2.1",
        "ip netns",
        "ip netns list",
        "cat /etc/hosts | sort -rn | uniq -c",
    ],
    "learned": [
        "show version",
        "display version",
        "get system status",
        "RTRV-HDR",
        "show run | include up",
        'show run | include "up|down"',
        "ping 192.0.2.1 count 3",
    ],
    "extreme_exos": [
        "show ports no-refresh",
        "show ports statistics no-refresh",
        "show ports information",
        "show ports 1:1-4 utilization no-refresh",
        "show iparp stats no-refresh",
        "show fdb stats no-refresh",
        "show vlan statistics no-refresh",
        "show iparp",
        "show fdb",
        "show vlan Default",
        "show ospf statistics",
    ],
    "avaya_vsp": ["show logging file tail"],
    "cumulus_linux": [
        "nv config show",
        "nv config show -o commands",
        "nv config diff",
        "sudo nv config diff",
    ],
    "pluribus_netvisor": [
        "switch-show",
        "port-show format port,status",
        "vlan-show",
        "switch-local port-show",
        "switch leaf1 port-stats-show",
        "show version",
    ],
}

WRITES = {
    "zyxel_dslam": ["cfg lan set"],
    "oneaccess_oneos": ["hostname r1"],
    "cisco_asa": ["failover exec mate reload"],
    "checkpoint_gaia": [
        "fw unloadlocal",
        "ping 192.0.2.1",
        "cphaprob -d a -s ok register",
        "cphaprob syncstat -reset",
        "cplic put a",
        "cplic print -x",
        "fw ctl zdebug",
        "fw ctl debug 0",
        "fwaccel off",
        "fwaccel stats -r",
        "cpstat os -o 1",
        "cpstat",
    ],
    "cisco_apic": ["fabric 101 reload"],
    "cisco_iosxe": [
        "reload",
        "write erase",
        "write memory",
        "copy running-config startup-config",
        "clear counters",
        "show run | redirect flash:a",
        "show run | redi flash:a",
        "show run |tee flash:a",
        "show run | append flash:a",
        "show run | save flash:a",
        "show run | include a | tee flash:a",
        "show run | include a|redirect flash:x",
        "show run > flash:a",
        "show run >> flash:a",
        "show run ; reload",
        "show logging profile wireless to-file flash:a",
        "show tech-support file flash:a",
        "do reload",
        "debug all",
        "ping 192.0.2.1 repeat 1000000",
        "ping 192.0.2.1 timeout 0",
        "ping flood 192.0.2.1",
        "ping",
        "enable",
        "shutdown",
        "showing off",
        "s",
        "tclsh",
        "show platform hardware qfp active statistics drop clear",
        "show platform hardware qfp active statistics drop cl",
        "show interfaces x statistics clear_drop",
        'show run | include "a|redirect flash:x"',
        "more tftp://192.0.2.1/a",
        "dir ftp:",
        "show crashinfo save x",
        "show log x file a",
        "show a|x",
        "show run | include a|flash x",
        "show run | export flash:a",
        "verify /md5 tftp:a",
        "verify /md5 tftp://192.0.2.1/a",
        "verify flash:a.bin",
        "show run | r flash:a",
        "show run | t flash:a",
        "show run | a flash:a",
    ],
    "cisco_nxos": [
        "show version ; reload",
        "show run | sed w",
        "show run | vsh",
        "show run | include a|cat",
        "show a | diff",
        'show run | include "\\\\"" | redirect bootflash:a',
        "show run | include '\"' | sed w",
        'show run | include "a\\\\" > bootflash:a "',
        'show run | include ";reload"',
        'show run | include "a" > "b"',
        "show tech-support all binary bootflash:a",
        "show run | sort -o bootflash:a",
        "show run | uniq a bootflash:b",
        "show run | cut -d x > bootflash:a",
        "show run | tr a b",
    ],
    "arista_eos": [
        "bash rm -rf /mnt/flash",
        "show event-monitor sqlite delete from mac",
        "sh event-m sq delete from mac once",
        "show processes top",
        "show tech-support flash:a",
        "bash df -h; reboot",
        "bash reboot",
        "show run | python",
        "show run | find / -delete",
        'show run | grep "$(reboot)"',
        'show run | grep "`reboot`"',
        "show run | grep a; reboot",
        "show run | grep a && reboot",
        'show run | include "a',
        'show run | grep "\\\\"" | reboot "',
        "show run | grep '\"' | reboot '\"'",
        "more file:/dev/zero",
        'show run | grep "a" ; reboot',
        "show logging follow",
    ],
    "cisco_iosxr": [
        "admin reload",
        "admin reload location all",
        "admin show tech-support",
        "show run | file disk0:a",
        "show tech-support bgp",
        "show run | utility script a",
        "show a|file disk0:",
        "admin sh te",
        "show run | utility egrep -r a",
        "show run | utility tee disk0:a",
        "show run | utility sort -o disk0:a",
        "show run | utility",
        "utility egrep a disk0:b",
    ],
    "aruba_wlc": ["show tech-support a.log", "show tech-support", "show techsupport", "show fulltech", "sho te"],
    "hp_comware": [
        "show clock > a.txt",
        "save",
        "reset saved-configuration",
        "display cur > a.cfg",
        "display diagnostic-information a.diag",
        "ping -c 3 192.0.2.1 > a",
    ],
    "huawei_vrp": [
        "dis cur | append a",
        "dir & reboot",
        "undo terminal monitor",
        "ping -c 1000 192.0.2.1",
        "ping -c 3 -t 0 192.0.2.1",
        "ping -f -c 3 192.0.2.1",
        "display cpu -c",
    ],
    "juniper_junos": [
        "request system reboot",
        "show configuration | save a",
        "show log messages | request message all",
        "clear interfaces statistics all",
        "file delete /var/log/messages",
        "start shell",
        'show log messages | match "\\\\"" | save x',
        "show log messages | match '\"' | save x",
        "ping 192.0.2.1",
        'show log x"|"save a',
        'show log messages | match a" | save x"',
        'show log messages | match "\\"" | save x "',
        'show log messages | match "a\\\\" | save x',
        "file show /dev/zero",
        "ping 192.0.2.1 rapid",
        "ping 192.0.2.1 rapid count 100000",
        "file checksum md5 ftp://192.0.2.1/a",
        "file copy /var/tmp/a /var/tmp/b",
        "file checksum md5 /dev/zero",
        "file archive source a destination b",
    ],
    "fortinet_fortios": [
        "execute date 2026-01-01",
        "fnsysctl ifconfig port1 down",
        "execute reboot",
        "execute dhcp lease-clear all",
        "execute log delete",
        "diagnose sys kill 9 1",
        "get system performance top",
        "diagnose sys top",
        "diagnose sys top 1",
        "get test dnsproxy 99",
        "diagnose sys top 99999 99999 99999",
        "diagnose sys top 1 20 99999",
        "diagnose sys top 1 20 0",
        "diagnose ip address add 192.0.2.1",
        "diagnose ip arp flush port1",
        "diagnose ip arp delete port1 192.0.2.1",
        "diagnose sys session clear",
        "diagnose sys session list clear",
        "diagnose test authserver ldap list a b",
        "diagnose sys kill 9 list",
        "diagnose firewall iprope clear list",
        "diagnose vpn tunnel list",
        "diagnose vpn tunnel flush",
        "diagnose user device clear",
    ],
    "paloalto_panos": [
        "request license fetch",
        "request restart system",
        "set cli pager off; request restart system",
        "delete config saved a",
        "ping host 192.0.2.1",
        "show system resources follow",
        "show system statistics",
        "show system statistics session",
        "show system statistics application",
        "show sys stat session",
        "show s st session",
    ],
    "mikrotik_routeros": [
        "/interface ethernet monitor ether1 once do={/system reboot}",
        "/system reboot",
        "/ip address add address=192.0.2.1/24 interface=ether1",
        "/ip address remove print",
        "/ip address rem print",
        "/system script run print",
        "/ip address print file=a",
        "/ip address print fi=a",
        "/export file=a",
        "/export f=a",
        "/ip address print where [/system reboot]",
        "/ip address print; /system reboot",
        "/ip address print where name=(reboot)",
        ":put [/system reboot]",
        "{ /system reboot }",
        "/log info print",
        "/execute print",
        "/tool profile print",
        "/tool fetch print",
        "/interface ethernet monitor ether1",
        "/interface print interval=1",
        "/log print follow",
        "/system sc run print",
        "/system sh print",
        "/ping 192.0.2.1",
        "/no such menu print",
        "/ip address print in=1",
    ],
    "nokia_sros_classic": [
        "admin save",
        "admin reboot now",
        "show port > cf3:a",
        "file type cf3:\\a > cf3:\\b",
        "file delete cf3:\\bof.cfg",
        "file type ftp://192.0.2.1/a",
    ],
    "ciena_saos": [
        "configuration save",
        "port set port 1 show",
        "port disable port show",
        "system reboot",
        "vlan rename vlan 10 name show",
        "vlan remove show",
        "port sho",
        "ping 192.0.2.1",
    ],
    "brocade_fos": [
        "switchdisable",
        "cfgsave",
        "switchshow; reboot",
        "switchshow $(reboot)",
        "portshow -clear",
        "portperfshow",
        "mapsdb --clear",
        "mapsdb --show --clear",
        "licenseport --release 1/2",
        "userConfig --delete ann",
        "userConfig --show --delete ann",
        "reboot --show",
        "switchdisable --show",
        "errclear",
        "errdump -clear",
    ],
    "vyos_vyos": [
        "sh -c reboot",
        "sh ver",
        "reboot",
        "show version | tee a",
        "show version $(reboot)",
        "show !r",
        "show tech-support",
        "show techsupport",
        "show fulltech",
        "sho te",
    ],
    "linux": [
        "dmidecode --dump-bin a",
        "sudo dmidecode --dump-bin a",
        "sudo qm destroy 101",
        "nmcli connection down eth0",
        "iwconfig wlan0 txpower 0",
        "qm destroy 1",
        "qm stop 101",
        "sh -c reboot",
        "reboot",
        "cat /etc/passwd > /tmp/a",
        "cat $(reboot)",
        "cat `reboot`",
        'cat "$(reboot)"',
        'cat "!reboot"',
        "cat a; reboot",
        "cat a && reboot",
        "cat a & reboot",
        "cat a | tee b",
        "cat a | sort -o b",
        "cat a | sh",
        "hostname evil",
        "date 010100002030",
        "ip link set eth0 down",
        "ip addr add 192.0.2.1/24 dev eth0",
        "ip -b file addr",
        "ip route flush cache",
        "ss -K dst 192.0.2.1",
        "dmesg -c",
        "systemctl stop sshd",
        "journalctl --rotate",
        "journalctl -u ssh --rotate",
        "iptables -L -n -Z",
        "iptables-save -f /etc/iptables",
        "nft list ruleset -f x",
        "sysctl -a net.ipv4.ip_forward=1",
        "crontab -l -u ann -r",
        "top -b",
        "ifconfig eth0 down",
        "arp -d 192.0.2.1",
        "vtysh -c 'clear bgp *'",
        "vtysh -c 'show version' -c 'clear bgp *'",
        "ping -f 192.0.2.1",
        "find / -delete",
        "CAT /etc/passwd",
        "cat",
        "cat -",
        "cat /dev/zero",
        "cat //dev/./zero",
        "cat /d*v/zero",
        "cat ../dev/zero",
        "cat /proc/self/fd/0",
        "cat /proc/kmsg",
        'cat "/dev/"zero',
        "tail -f /var/log/syslog",
        "sudo tail -f /var/log/syslog",
        "sudo rm a",
        "sudo -i",
        "sudo",
        "tail -5f a",
        "tail --follow a",
        "tail -n 5",
        "grep x",
        "grep -r x /",
        "lldpcli show neighbors -c /tmp/a",
        "lldpctl -c a",
        "systemctl status -H h sshd",
        "systemctl --host=h status",
        "journalctl -f",
        "watch date",
        "netstat -c",
        "netstat -ic",
        "free -s 1",
        "free -ms 1",
        "docker ps -H tcp://h",
        "lspci -H1",
        "jq 'repeat(1)' a",
        "ping 192.0.2.1",
        "ip monitor",
        "cat a | tail -f b",
        "vtysh -c 'show version",
        "birdc show route export x",
        "ping -c0 192.0.2.1",
        "ping -c1000 192.0.2.1",
        "ping -W2 192.0.2.1",
        "ping -i0 -c3 192.0.2.1",
        "ping -fc3 192.0.2.1",
        "ping -c 3 -p ff 192.0.2.1",
        "top -b -n 99999",
        "top -b -n 0",
        "tail -n +5",
        "head -n +5",
        "grep -e a -e b",
        "grep -ie a -e b",
        "grep --include x y",
        "tail -c 5K",
        "cat a | jq 'def f: f; f'",
        "cat a | fgrep -r x",
        "cat a | zgrep -r x",
        "ss -tK dst 192.0.2.1",
        "ss --kill dst 192.0.2.1",
        "ss -E",
        "ss -tD a",
        "ss --events",
        "top -bn",
        "top -bn99999",
        "top -bn0",
        "top -n 1",
        "top -b -n1 -d 99999",
        "iptables -F",
        "iptables -nvLZ",
        "iptables -L --zero",
        "iptables -t nat -L",
        "iptables -A INPUT",
        "iptables --flush",
        "hostname -b a",
        "hostname -F a",
        "hostname -I a",
        "hostnamectl set-hostname a",
        "hostnamectl hostname a",
        "journalctl -fn 50",
        "journalctl -n 50 -f",
        "journalctl -n 50 --follow",
        "journalctl -n 50 --vacuum-size=1M",
        "journalctl --vacuum-size=1M",
        "journalctl -n 50 --cursor-file=a",
        "journalctl -n 5 --flush",
        "journalctl -n 5 -M host",
        "journalctl -n 5 --sync",
        "journalctl -u ssh",
        "ip -4 -b file addr",
        "ip -batch file addr",
        "ip -4 addr flush",
        "ip -br link set eth0 down",
        "ip -4 monitor",
        "ip -n a link",
        "ip netns exec a reboot",
        "ip netns add a",
        "ip netns monitor",
        "ip -all netns exec reboot",
        "cat a | sort -rno b",
        "cat a | uniq - b",
    ],
    "learned": [
        "sh -c reboot",
        "reload",
        "info",
        "dir",
        "show a ; reboot",
        "show a | tee b",
        "show a|cat",
        "export file=a",
        "show tech-support",
        "show techsupport",
        "show fulltech",
        "sho te",
    ],
    "a10_acos": ["show tech-support", "show techsupport", "show fulltech", "sho te"],
    "netscaler": ["show tech-support", "show techsupport", "show fulltech", "sho te"],
    "ubiquiti_edgerouter": ["show tech-support", "show techsupport", "show fulltech", "sho te"],
    "dell_enterprisesonic": ["show tech-support", "show techsupport", "show fulltech", "sho te"],
    "alcatel_aos": ["show tech-support", "show techsupport", "show fulltech", "sho te"],
    "allied_telesis_awplus": ["show tech-support", "show techsupport", "show fulltech", "sho te"],
    "adtran_os": ["show tech-support", "show techsupport", "show fulltech", "sho te"],
    "avaya_vsp": ["show tech-support", "show techsupport", "show fulltech", "sho te"],
    "ruijie_rgos": ["show tech-support", "show techsupport", "show fulltech", "sho te"],
    "frr": ["ping 192.0.2.1"],
    "hillstone_stoneos": ["show tech-support tofile"],
    "extreme_exos": [
        "show ports",
        "show ports utilization",
        "show ports 1-4",
        "show tech-support logto file",
        "show iparp stats",
        "show i st",
        "show v st",
        "show iparp vr VR-Default stats",
        "show fdb stats",
        "show fdb sta ports 1:1",
        "show vlan statistics",
        "show vlan Default stat",
    ],
    "hp_procurve": ["show interfaces display"],
    "cisco_viptela": ["show log messages tail"],
    "juniper_screenos": ["get tftp://192.0.2.1/a", "get counter x clear", "get config from tftp 192.0.2.1 a"],
    "nokia_srlinux": [
        "ping 192.0.2.1",
        "ping 192.0.2.1 network-instance mgmt",
    ],
    "cumulus_linux": [
        "nv config apply",
        "nv config save",
        "nv config patch a",
        "nv config replace a",
        "nv config detach",
    ],
    "pluribus_netvisor": [
        "switch-setup-modify switch-name a",
        "vlan-create id 9",
        "port-stats-show show-diff-interval 1",
        "switch-local switch-reboot",
        "switch leaf1 vlan-create id 9",
        "tech-support-show",
        "vlan-show; switch-reboot",
        "cli-show-x",
    ],
    "f5_tmsh": [
        "save sys config file a",
        "list sys config file a",
        "list sys file ssl-cert reset",
        "show sys crypto file a",
    ],
}

CONFIGURATION = [
    "configure terminal",
    "conf t",
    "con t",
    "CONFIGURE",
    "configure private",
    "config system interface",
    "do configure terminal",
    "admin configure",
    "system-view",
    "sys",
    "system-view immediately",
    "edit",
    "edit interfaces",
    "edit-config private",
    "/configure router",
    "configure vlan default add ports 1",
    "show version ; configure terminal",
    "vtysh -c 'conf t'",
    "co",
    "co t",
    "c",
    "ed",
    "sy",
    "syst imm",
    "setup",
    "configuration terminal",
    "config-transaction",
    "config-t",
    "svintr-config",
    "enter candidate",
    "enter candidate private",
    "en cand",
    "//configure",
    "// configure",
    "\\configure",
    "'configure' terminal",
    'con"figure"',
    "{ configure }",
    "vtysh -c configure -c 'router bgp 1'",
    "vtysh --command configure",
    "vtysh --command=configure",
    "vtysh -cconfigure",
    "/usr/bin/vtysh -c co",
    "cli -c configure",
    "cli -c 'configure; set system x'",
    "sudo configure",
    "sudo -u root vtysh -c configure",
    "echo configure | vtysh",
    "run configure",
    "failover exec mate conf t",
    "fabric 101 configure",
    "tclsh ios_config x",
    "sudo system-view",
    "sudo sys",
    "sudo dmidecode -t system | vtysh -c configure",
    "sudo cat a |vtysh -c configure",
    "sudo -n vtysh -c configure",
    "sudo docker exec frr vtysh -c configure",
    "ssh 192.0.2.1 system",
    "sr_cli info from state -c system",
    "sr_cli info from state system enter candidate",
]
NO_CONFIGURATION = [
    "copy running-config startup-config",
    "execute backup config tftp a 192.0.2.1",
    "configShow",
    'show log | match "configure"',
    "show log | include up|configure",
    "sudo vtysh -c 'show configuration'",
    "admin show configuration",
    "info configure port",
    "sys atsh",
    "enter state",
    "enable",
    "save-config",
    "ip link show co",
    "configuration show",
    "system show",
    "show configuration",
    "show run | include configure",
    "connect",
    "sudo dmidecode -t system",
    "sudo /usr/sbin/dmidecode -t system | grep Serial",
    "sudo -n dmidecode -t system",
    "sudo qm config 101",
    "sr_cli info from state system",
]


def lines(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(platform, line) for platform, each in table.items() for line in each]


def device(*commands: str | Command, platform: str = "cisco_iosxe", **more: object) -> Device:
    made = tuple(each if isinstance(each, Command) else Command(each) for each in commands)
    return Device("r1", host="127.0.0.1", port=9, user="ops", platform=platform, commands=made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("platform", "line"), lines(READS))
def test_what_only_reads_is_sent_without_a_permission(platform: str, line: str) -> None:
    assert refusal_of(device(line, platform=platform)) is None
    assert is_read_only(device(line, platform=platform))


@pytest.mark.parametrize(("platform", "line"), lines(WRITES))
def test_read_only_by_default(platform: str, line: str) -> None:
    refused = refusal_of(device("show version", line, platform=platform))
    assert refused is not None
    assert (refused.phase, refused.kind) == ("resolve", "not_read_only")
    assert repr(line) in refused.message
    assert "rollcall_allow_commands" in refused.message


@pytest.mark.parametrize("line", CONFIGURATION)
def test_the_configuration_is_never_entered(line: str) -> None:
    assert enters_configuration(line)
    for platform in NAMES:
        assert not reads(platform, line)
        refused = refusal_of(device(line, platform=platform, allow_commands=("*", line)))
        assert refused is not None
        assert "enters configuration mode" in refused.message
    with pytest.raises(ValueError, match="always refused"):
        check_patterns([line])


@pytest.mark.parametrize("line", ["show version\nreload", "show version\rreload", "show\x00version", "show\x1b[A"])
def test_a_line_that_is_not_printable_is_never_sent(line: str) -> None:
    refused = refusal_of(device(line, allow_commands=("*",)))
    assert refused is not None
    assert "not one line of printable text" in refused.message


def test_no_answer_to_a_question_enters_configuration_mode() -> None:
    for text, is_refused in (("configure", True), ("conf t", True), ("c", False), ("yes", False)):
        asked = Command("show version", answers=(Reply("#", text),))
        refused = refusal_of(device(asked, allow_commands=("*",)))
        assert (refused is not None) is is_refused
        definition = {"like": "cisco_iosxe", "dialogs": [{"question": "#", "answer": text}]}
        assert (refusal_of(device("show version", platform="acme", definition=definition)) is not None) is is_refused


def test_words_that_enter_configuration_on_any_platform_are_known() -> None:
    """As the definitions of scrapli name them."""
    folder = pathlib.Path(scrapli.__file__).parent / "definitions"
    found = set()
    for file in folder.glob("*.yaml"):
        modes = yaml.safe_load(file.read_text()).get("modes") or []
        for way in (way for mode in modes for way in mode.get("accessible_modes") or []):
            if way["name"].startswith("config"):
                found |= {step["send_input"]["input"] for step in way["instructions"] if "send_input" in step}
    found -= {"conifgure terminal"}  # a typing error there
    assert len(found) > 5
    assert [line for line in found if not enters_configuration(line)] == []


@pytest.mark.parametrize("line", NO_CONFIGURATION)
def test_other_words_do_not_enter_the_configuration(line: str) -> None:
    assert not enters_configuration(line)


@pytest.mark.parametrize("key", ["open", "paging", "enter", "enable", "close"])
def test_a_platform_of_the_user_does_not_enter_the_configuration(key: str) -> None:
    line = "configure terminal"
    definition = {"like": "cisco_iosxe", key: [line] if key in ("open", "paging") else line}
    refused = refusal_of(device("show version", platform="acme", definition=definition))
    assert refused is not None
    assert "'configure terminal'" in refused.message


@pytest.mark.parametrize(("like", "line"), [("linux", "uname -a"), ("huawei_vrp", "dis cur"), (None, "show version")])
def test_a_platform_of_the_user_has_the_rules_of_the_one_it_is_like(like: str | None, line: str) -> None:
    definition = {"like": like} if like else {"close": "exit"}
    assert refusal_of(device(line, platform="acme", definition=definition)) is None
    assert refusal_of(device("reboot", platform="acme", definition=definition)) is not None


@pytest.mark.parametrize(
    ("platform", "line", "is_refused"),
    [
        ("cisco_iosxe", "show ip route ?", True),
        ("arista_eos", "show interfaces status | grep -P '^((?!Not).)*$'", True),
        ("learned", "show running-config | include ^ip?", True),
        ("juniper_junos", 'show configuration | match "ge-0/0/1?"', False),
        ("juniper_junos", "show route ?", True),
        ("linux", "ls /var/log/messages.?", False),
    ],
)
def test_a_question_mark_asks_for_help(platform: str, line: str, is_refused: bool) -> None:
    """The device reads the line without it, and so another command."""
    refused = refusal_of(device(line, platform=platform, allow_commands=("*", line)))
    assert (refused is not None) is is_refused
    assert refused is None or "has a question mark" in refused.message


@pytest.mark.parametrize(
    ("reply", "is_sent"),
    [
        (Reply("sure?", "y"), False),
        (Reply("sure?", ""), False),
        (Reply("save?", "no"), True),
        (Reply("more?", " ", is_key=True), True),
        (Reply("more?", "q", is_key=True), True),
    ],
)
def test_a_reply_that_confirms_needs_a_permission(reply: Reply, is_sent: bool) -> None:
    asked = Command("show tech", answers=(Reply("save?", "n"), reply))
    assert (refusal_of(device(asked)) is None) is is_sent
    assert is_read_only(device(asked)) is is_sent
    assert refusal_of(device(asked, allow_commands=("show tech",))) is None


@pytest.mark.parametrize(
    ("pattern", "line", "expected"),
    [
        ("reload", "reload", True),
        ("reload", "reload in 5", False),
        ("reload", "Reload", False),
        ("reload *", "reload in 5", True),
        ("reload *", "reload", False),
        ("clear  counters", "clear counters", True),
        ("*", "anything at all", True),
        ("diagnose * list", "diagnose sys session list", True),
        ("a*b*c", "a1b2c", True),
        ("a*bc*c", "abc", False),
        ("ab*ba", "aba", False),
        ("*", "show a ; reload", False),
        ("show * ; clear counters", "show a ; clear counters", True),
        ("ping *", "ping 192.0.2.1 | tee a", False),
        ("ping * | tee *", "ping 192.0.2.1 | tee a", True),
        ("*", "cat $(reboot)", False),
        ("show run > *", "show run >> a", False),
        ("[ab]+", "[ab]+", True),
        ("[ab]+", "a1", False),
        ("/ip address set *", "/ip address set [/system reboot]", False),
        ("/ip address set [*]", "/ip address set [find]", True),
        ("do *", "do {:put a}", False),
        ("do *", "do (a)", False),
    ],
)
def test_what_a_pattern_of_allow_commands_stands_for(pattern: str, line: str, expected: bool) -> None:
    assert matches(pattern, line) is expected
    allowed = device("show version", line, allow_commands=(pattern,))
    assert (refusal_of(allowed) is None) is (expected or refusal_of(device(line)) is None)


def test_the_message_about_enable_names_become() -> None:
    refused = refusal_of(device("enable", "show version"))
    assert refused is not None
    assert refused.message.endswith(". To enter the privileged mode, set ansible_become: true instead")


def test_all_refused_commands_are_named() -> None:
    commands = ["reload", "write erase", "clear counters", "debug all", "show version"]
    refused = refusal_of(device(*commands))
    assert refused is not None
    assert refused.message == (
        "'reload', 'write erase', 'clear counters' and 'debug all' are not in the list of read-only commands of "
        "platform cisco_iosxe. To send them anyway, add them to allow_commands of the task or to "
        "rollcall_allow_commands of the device"
    )


@pytest.mark.parametrize(
    ("patterns", "line", "is_said"),
    [
        (["clear *"], "clear counters | include a", True),
        (["/ip address *"], "/ip address set [find] disabled=yes", True),
        (["clear *"], "reload", False),
        (["clear counters"], "clear counters | include a", False),
        ([], "clear counters | include a", False),
    ],
)
def test_the_message_says_what_an_asterisk_does_not_stand_for(patterns: list[str], line: str, is_said: bool) -> None:
    refused = refusal_of(device(line, allow_commands=tuple(patterns)))
    assert refused is not None
    assert ("The * in an entry does not stand for ; | &" in refused.message) is is_said


def test_what_is_allowed_is_not_sent_a_second_time() -> None:
    allowed = device("show version", "clear counters", allow_commands=("clear *",))
    assert refusal_of(allowed) is None
    assert not is_read_only(allowed)


@pytest.mark.parametrize(
    "given", [3, {"a": "b"}, [3], [""], [" "], ["a\nb"], ["x" * (LONGEST_PATTERN + 1)], ["a"] * 1001]
)
def test_wrong_patterns(given: object) -> None:
    with pytest.raises(ValueError, match="allow_commands"):
        check_patterns(given)


def test_patterns_are_bounded() -> None:
    began = time.thread_time()
    assert not matches("*a" * (LONGEST_PATTERN // 2) + "b", "a" * 100_000)
    assert time.thread_time() - began < 5


def test_the_table_names_platforms_that_exist() -> None:
    assert READ_ONLY.keys() <= NAMES.keys()
    assert all(entry.split()[0].strip("[]") for rules in READ_ONLY.values() for entry in rules.commands)
    firsts = {entry.split()[0].partition("[")[0] for entry in FILTERS}
    assert firsts.isdisjoint(WRITING_FILTERS)
    assert not any(enters_configuration(line) for line in SESSION)


@pytest.mark.parametrize("lazy", [False, True])
def test_a_device_that_would_be_changed_is_skipped_before_its_login(lazy: bool) -> None:
    devices = {"r1": device("show run", "reload")}
    answer = dict(iter_roll(devices, Limits()))["r1"] if lazy else call_roll(devices, Limits())["r1"]
    assert (answer["status"], answer["error"]["kind"], answer["attempts"]) == ("skipped", "not_read_only", 0)
    assert answer["host"] == "127.0.0.1"
    assert {command: output["status"] for command, output in answer["output"].items()} == {
        "show run": "skipped",
        "reload": "skipped",
    }
