# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands that only read, by platform. What is not listed here is sent only if the user allows it.

A line of the lists is a line of words:

* ``sh[ow]`` is a word that can be abbreviated, down to what stands before the bracket.
* ``*show`` is a word with any beginning, ``show*`` one with any end.
* ``...`` is any further words, or none. What stands behind it is a word among them.
* ``<number>`` is a number, ``<name>`` a name, an address or a path. It does not begin with ``-``.
* ``<probe>`` at the end is one destination of ping or traceroute, with options that cannot flood a network.
* ``<menu>`` is the words of a menu of RouterOS or SAOS, none of which is an action. Then a verb and its arguments come.
* ``'<show>'`` is a quoted command of a command line like that of Cisco IOS.

``filters`` are what can stand behind ``|``. A line with an operator of a shell, such as ``;`` or ``>``, is in none of
the lists, whatever it begins with.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """What only reads on a platform. ``writes`` are the exceptions from ``commands``.

    :param quotes: the platform knows double quotes, so that ``|`` in them is text, and ``|`` outside is a pipe.
        Without it, ``a|b`` behind a filter is a pattern of two alternatives.
    :param shell: the line is read by a shell: upper and lower case differ, and ``$``, ``!`` and ``\\`` have a meaning.
    """

    commands: tuple[str, ...]
    filters: tuple[str, ...] = ()
    quotes: bool = False
    shell: bool = False
    writes: tuple[str, ...] = ()


# Lines that set up the session they are sent in, and nothing else. They are allowed on each platform that has them.
SESSION = (
    "ter[minal] le[ngth] <number>",
    "ter[minal] wi[dth] <number>",
    "ter[minal] pager <number>",
    "ter[minal] datadump",
    "screen-length disable",
    "screen-length 0 temporary",
    "set cli screen-length <number>",
    "set cli screen-width <number>",
    "set cli pager off",
    "environment no more",
    "no page",
    "skip-page-display",
)

PROBES = ("ping <probe>", "tr[aceroute] <probe>")
SHOW = ("sh[ow] ...", "dir ...", "more ...", *PROBES)
SHOW_ON_A_SHELL = ("sho[w] ...", "ping <probe>", "traceroute <probe>")  # ``sh`` would start another shell
# Where ``show`` is no command, the device rejects it.
DISPLAY = ("dis[play] ...", "sho[w] ...", "dir ...", "more ...", "ping <probe>", "tracert <probe>")

# Commands that begin like those that only read, but write to a file.
WRITES = (
    "... to-f[ile]",
    "... logt[o]",
    "... local-f[ile]",
    "sh[ow] te[ch-support] ... fi[le]",
)
SHOW_TECH = ("sh[ow] te[ch-support] ...",)  # it writes its answer to the disk of the device
ADMIN_TECH = ("adm[in] sh[ow] te[ch-support] ...",)
FAILOVER_TECH = ("failover exec <name> sh[ow] te[ch-support] ... fi[le]",)
SHOW_TECH_TO = ("sh[ow] te[ch-support] <name> ...",)
DIAGNOSTIC_TO = ("dis[play] dia[gnostic-information] <name> ...",)

# None of them is the name of a program that writes, where a device passes filters on to a shell.
FILTERS = (
    "inc[lude] ...",
    "exc[lude] ...",
    "beg[in] ...",
    "sec[tion] ...",
    "cou[nt] ...",
    "unt[il] ...",
    "i ...",
    "e ...",
    "b ...",
    "in ...",
    "match ...",
    "except ...",
    "last ...",
    "display ...",
    "trim <number>",
    "resolve ...",
    "compare ...",
    "grep ...",
    "egrep ...",
    "head ...",
    "wc ...",
    "no-more",
    "nomore",
    "nz",
    "json",
    "json-pretty",
    "xml",
    "tab",
    "notab",
    "details",
    "select ...",
    "de-select ...",
    "as json",
    "as table",
    "as yaml",
    "by-linenum",
    "formatted",
)
FIND = (*FILTERS, "find ...")
SHELL_FILTERS = (
    "grep ...",
    "egrep ...",
    "fgrep ...",
    "zgrep ...",
    "head ...",
    "tail ...",
    "wc ...",
    "cut ...",
    "tr ...",
    "cat",
    "nl",
    "sort",
    "sort -n",
    "sort -r",
    "sort -u",
    "uniq",
    "uniq -c",
    "no-more",
    "jq ...",
)

IP_OBJECTS = (
    "a",
    "addr",
    "address",
    "l",
    "link",
    "r",
    "route",
    "n",
    "neigh",
    "neighbour",
    "ru",
    "rule",
    "maddr",
    "vrf",
)
IP_OPTIONS = ("", "-4", "-6", "-br", "-brief", "-d", "-details", "-s", "-stats", "-j", "-j -p", "-o", "-br -c", "-6 -o")
IP_ACTIONS = ("", " show ...", " list ...", " ls ...")
_IP = tuple(f"ip {options} {kind}{action}" for options in IP_OPTIONS for kind in IP_OBJECTS for action in IP_ACTIONS)
LINUX = (
    *("cat <name> ...", "head ...", "tail ...", "ls ...", "wc ...", "grep ...", "egrep ...", "df ...", "du ..."),
    *(
        "free ...",
        "id ...",
        "whoami",
        "hostname",
        "hostname -f",
        "hostname -s",
        "uname ...",
        "uptime",
        "date",
        "date -u",
    ),
    *("w", "who ...", "last ...", "ps ...", "lscpu ...", "lsblk ...", "lsmod", "lspci ...", "lsusb ...", "mount"),
    *(
        "dmesg",
        "dmesg -T",
        "netstat ...",
        "ss",
        "ss -s",
        "ss -t",
        "ss -tn",
        "ss -tln",
        "ss -tlnp",
        "ss -tulpn",
        "ss -uln",
    ),
    *("arp", "arp -a", "arp -an", "arp -n", "route", "route -n", "ifconfig", "ifconfig -a", "ifconfig <name>"),
    *("ethtool <name>", "ethtool -i <name>", "ethtool -m <name>", "ethtool -S <name>"),
    *(
        "bridge fdb",
        "bridge fdb show ...",
        "bridge link",
        "bridge link show ...",
        "bridge vlan",
        "bridge vlan show ...",
    ),
    *("systemctl status ...", "systemctl is-active ...", "systemctl list-units ...", "journalctl -n <number>"),
    *(
        "timedatectl",
        "timedatectl status",
        "dpkg -l ...",
        "rpm -qa",
        "docker ps ...",
        "lldpctl ...",
        "lldpcli show ...",
    ),
    *(
        "dmidecode",
        "dmidecode -t <name>",
        "nmcli connection show ...",
        "bluetoothctl show",
        "iwconfig",
        "iwconfig <name>",
    ),
    *("pct list", "pct config <number>", "qm list", "qm config <number>", "pveversion ...", "vzlist ..."),
    *("birdc show ...", "vtysh -c '<show>'", 'vtysh -c "<show>"', "ovs-vsctl show", "net show ...", "nv show ..."),
    *("show ...", "ping <probe>", "traceroute <probe>", "tracepath <probe>", "ip route get <name>"),
    *_IP,
)
UNKNOWN = ("sho[w] ...", "disp[lay] ...", "get ...", "rtrv-* ...", "ping <probe>", "traceroute <probe>")
MENUS = ("<menu> pri[nt]", "<menu> export")

NETWORK = Rules(SHOW, FILTERS)
QUOTING = Rules(SHOW, FILTERS, quotes=True)
COMWARE = Rules(DISPLAY, FILTERS, writes=DIAGNOSTIC_TO)
SHELL = Rules(LINUX, SHELL_FILTERS, quotes=True, shell=True)
PANOS = (
    *("sh[ow] ...", "ping <probe>", "traceroute <probe>", "test security-policy-match ...", "request license info"),
    "debug swm status",
)
FORTIOS = (
    *(
        "get ...",
        "sh[ow] ...",
        "diagnose lldprx port neighbor ...",
        "diagnose sys top ...",
        "exec[ute] dhcp lease-list ...",
    ),
    *("exec[ute] log display", "exec[ute] date", "exec[ute] time", "fnsysctl ifconfig", "fnsysctl ifconfig <name>"),
    *("exec[ute] ping <probe>", "exec[ute] traceroute <probe>"),
)
TIMOS = ("admin display-config ...", "admin show configuration ...", "info ...", "file dir ...", "file type <name>")

READ_ONLY: dict[str, Rules] = {
    "arista_eos": Rules((*SHOW, "bash df -h"), FILTERS, quotes=True),
    "aruba_wlc": Rules(SHOW, FILTERS, writes=SHOW_TECH_TO),
    "brocade_fos": Rules(("*show ...", "*Show ...", "version", "uptime"), ("grep ...",), quotes=True, shell=True),
    "checkpoint_gaia": Rules((*SHOW_ON_A_SHELL, "fw stat", "fw ver"), (), quotes=True),
    "ciena_saos": Rules(("<menu> show", "sh[ow] ...", "ping <probe>"), FILTERS, quotes=True),
    "cisco_apic": Rules((*SHOW_ON_A_SHELL, "fabric <name> sho[w] ..."), FILTERS, quotes=True, shell=True),
    "cisco_asa": Rules((*SHOW, "failover exec <name> sh[ow] ..."), FILTERS, writes=FAILOVER_TECH),
    "cisco_iosxr": Rules((*SHOW, "adm[in] sh[ow] ..."), FILTERS, writes=(*SHOW_TECH, *ADMIN_TECH)),
    "cisco_nxos": QUOTING,
    "cisco_viptela": QUOTING,
    "cumulus_linux": SHELL,
    "dell_enterprisesonic": SHELL,
    "f5_tmsh": Rules(("sh[ow] ...", "list ..."), ("grep ...",), quotes=True),
    "fortinet_fortios": Rules(FORTIOS, ("grep ...",), quotes=True),
    "hp_comware": COMWARE,
    "huawei_smartax": COMWARE,
    "huawei_vrp": COMWARE,
    "juniper_junos": Rules(("sh[ow] ...", "file show <name>", "file list ...", *PROBES), FIND, quotes=True),
    "juniper_screenos": Rules(("get ...", "sho[w] ..."), ("inc[lude] ...", "exc[lude] ...")),
    "learned": Rules(UNKNOWN, FILTERS, quotes=True),
    "linux": SHELL,
    "mikrotik_routeros": Rules((*MENUS, "<menu> monitor <name> once", "ping <probe>", "/ping <probe>")),
    "netscaler": Rules(("sh[ow] ...", "stat ..."), ("grep ...",), quotes=True),
    "nokia_sros": Rules((*SHOW, *TIMOS, "file list ...", "file show <name>"), FILTERS, quotes=True),
    "nokia_sros_classic": Rules((*SHOW, *TIMOS), FILTERS, quotes=True),
    "nokia_sros_classic_aram": Rules((*SHOW, *TIMOS), FILTERS, quotes=True),
    "nokia_srlinux": Rules(("sh[ow] ...", "info ...", "ping <probe>"), FILTERS, quotes=True),
    "oneaccess_oneos": Rules((*SHOW, "cat <name>", "ls ...", "hostname"), FILTERS),
    "paloalto_panos": Rules(PANOS, FIND, quotes=True),
    "ubiquiti_edgerouter": Rules(SHOW_ON_A_SHELL, FILTERS, quotes=True, shell=True),
    "versa_flexvnf": QUOTING,
    "vyos_vyos": Rules(SHOW_ON_A_SHELL, FILTERS, quotes=True, shell=True),
    "zyxel_dslam": Rules((*SHOW, "cfg <name> get ...", "sys atsh"), FILTERS),
}
"""The platforms whose command line is not like that of Cisco IOS. All others have NETWORK."""

# First words of what follows ``|`` and can write. They are not taken for an alternative of a pattern.
WRITING_FILTERS = (
    *("redirect", "tee", "append", "save", "file", "utility", "vsh", "sed", "awk", "diff", "email", "sh", "bash"),
    *("python", "request"),
)

# Words that act on the items of a menu, also abbreviated.
ACTIONS = (
    *("add", "backup", "cancel", "clear", "comment", "copy", "create", "delete", "disable"),
    *("edit", "enable", "fetch", "flush", "format", "generate", "import", "install", "load"),
    *("make", "monitor", "move", "ping", "reboot", "release", "remove", "renew", "reset"),
    *("restore", "revoke", "run", "save", "scan", "send", "set", "shutdown", "sign"),
    *("start", "stop", "test", "toggle", "uninstall", "unset", "update", "upgrade", "upload"),
    *("wol"),
)

# Words of ping and traceroute. A value follows those of VALUES and NUMBERS, at most as large as it says there.
FLAGS = ("ip", "ipv4", "ipv6", "inet", "inet6", "host", "numeric", "no-resolve", "df-bit", "-4", "-6", "-n")
VALUES = ("vrf", "source", "interface", "routing-instance", "-vpn-instance", "vpn-instance", "-a", "-I", "router", "vr")
NUMBERS = {
    **dict.fromkeys(("count", "repeat", "-c", "packets"), 100),
    **dict.fromkeys(("size", "-s"), 9216),
    **dict.fromkeys(("timeout", "ttl", "wait", "-w", "-W", "-m"), 255),
}
