# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands that only read, by platform. What is not listed here is sent only if the user allows it.

A line of the lists is a line of words:

* ``sh[ow]`` is a word that can be abbreviated, down to what stands before the bracket.
* ``*show`` is a word with any beginning, ``show*`` one with any end.
* ``...`` is any further words, or none. What stands behind it is a word among them.
* ``<number>`` is a number, ``<name>`` a name, an address or a path. It does not begin with ``-``.
* ``<few>`` is a number of seconds or of repetitions, from 1 to 20. ``-n<few>`` is an option in front of it.
* ``<file>`` is a name, also with ``\\`` between folders.
* ``<options>`` is any of IP_OPTIONS, or none.
* ``<ports>`` is a list of ports, such as ``1:1-4``.
* ``<probe>`` at the end is one destination of ping or traceroute, with options that cannot flood a network.
* ``<menu>`` is a menu of RouterOS or SAOS, see ``menus``. Then a verb and its arguments come.
* ``<show>`` at the end is one argument, a command of a command line like that of Cisco IOS.

``filters`` are what can stand behind ``|``. A line with an operator of a shell, such as ``;`` or ``>``, is in none of
the lists, whatever it begins with. Nor is one with the words of ``OUTPUTS``, ``CLEARS`` or ``ENDLESS``, if its entry
does not have them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """What only reads on a platform. ``writes`` are the exceptions from ``commands``.

    :param quotes: the platform knows double quotes, so that ``|`` in them is text, and ``|`` outside is a pipe.
        Without it, ``a|b`` behind a filter is a pattern of two alternatives.
    :param unknown: it is not known what the device takes for a quote. What follows a pipe in quotes must be no filter
        that writes.
    :param shell: the line is read by a shell: upper and lower case differ, and ``$``, ``!`` and ``\\`` have a meaning.
        On other platforms, no quotes protect an operator.
    :param unless: a word with which ``writes`` do not count.
    :param menu: the name of the menus in ``menus``.
    """

    commands: tuple[str, ...]
    filters: tuple[str, ...] = ()
    quotes: bool = False
    unknown: bool = False
    shell: bool = False
    writes: tuple[str, ...] = ()
    unless: str = ""
    menu: str = ""


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

SHOWING = ("sh", "sho", "show", "dis", "disp", "displ", "displa", "display", "get", "stat")
# Words among the arguments of a command, with which it writes to a file or sends it somewhere.
OUTPUTS = (
    *("export", "sav[e]", "outf[ile]", "outputf[ile]", "output-f[ile]", "fil[e]", "tof[ile]", "to-f[ile]", "bin[ary]"),
    *("upl[oad]", "logt[o]", "local-f[ile]", "redi[rect]", "append", "ftp", "sftp", "tftp", "scp"),
)
# These show what is exported.
EXPORTS = tuple(f"sh[ow] {each}" for each in ("ip flow export", "ip flow export template", "route export"))
# Words with which it clears what it shows. Longer ones count too, such as ``clearstats`` and ``clear_drop``.
CLEARS = ("c[lear]", "clr", "rese[t]", "zero[ize]", "flu[sh]", "pur[ge]", "era[se]")
# Words with which it goes on until it is interrupted.
ENDLESS = (
    *("-f", "-w", "fol[low]", "follow-only", "conti[nuous]", "continuously", "refr[esh]", "live", "watch"),
    *("realt[ime]", "real-t[ime]", "forever", "until-interrupted", "auto-refresh", "autorefresh"),
)

# Where ``show tech-support`` is known to only print. On other platforms it writes to the disk of the device or sends
# its answer somewhere, or it is not known.
PRINTS_TECH = frozenset(
    {
        *("arista_eos", "aruba_aoscx", "avaya_ers", "brocade_netiron", "cisco_aireos", "cisco_asa", "cisco_cbs"),
        *("cisco_ftd", "cisco_iosxe", "cisco_nxos", "dell_os6", "dell_os9", "dell_powerconnect", "extreme_exos"),
        *("hp_procurve", "juniper_screenos", "ruckus_fastiron", "yamaha"),
    }
)
# Where ``ping`` ends without a number of packets.
ENDING_PINGS = frozenset(
    {
        *("alcatel_aos", "allied_telesis_awplus", "arista_eos", "aruba_aoscx", "avaya_ers", "avaya_vsp"),
        *("brocade_netiron", "cisco_aireos", "cisco_asa", "cisco_cbs", "cisco_ftd", "cisco_iosxe", "cisco_iosxr"),
        *("cisco_nxos", "dell_os6", "dell_os9", "dell_powerconnect", "extreme_exos", "fortinet_fortios"),
        *("hp_comware", "hp_procurve", "huawei_smartax", "huawei_vrp", "nokia_sros", "nokia_sros_classic"),
        *("nokia_sros_classic_aram", "ruckus_fastiron", "ruijie_rgos", "zte_zxros"),
    }
)

# Exceptions of single platforms.
TECH_TO = ("sh[ow] te[ch-support] ... fi[le]", "failover exec <name> sh[ow] te[ch-support] ... fi[le]")
STATEMENT = "sh[ow] event-m[onitor] sq[lite] ..."  # of SQL, which can also delete: EOS
OF_A_ROUTER_ON_LINUX = ("... ta[il] ...", "... cap[ture] ...", "... id[entify] ...", "... sc[an] ...")
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
    "tail ...",
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
# ``sort -o`` and a second file of ``uniq`` would be written.
SORTS = ("sort", *(f"sort -{each}" for each in ("n", "r", "u", "nr", "rn")), "uniq", "uniq -c")
XR_UTILITIES = (
    *(f"utility {each} ..." for each in ("egrep", "fgrep", "wc", "cut")),
    *(f"utility {each} count <number>" for each in ("head", "tail")),
    *("utility sort", "utility uniq"),
)
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
    *SORTS,
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
# Without ``-b``, a file of commands, and ``-n``, another network namespace.
IP_OPTIONS = frozenset(
    {
        *("-4", "-6", "-br", "-brief", "--brief", "-d", "-details", "-s", "-stats", "-statistics", "-j", "-json"),
        *("-p", "-pretty", "-o", "-oneline", "-c", "-color"),
    }
)
IP_ACTIONS = ("", " show ...", " list ...", " ls ...")
_IP = tuple(f"ip <options> {kind}{action}" for kind in IP_OBJECTS for action in IP_ACTIONS)
LINUX = (
    *("cat <name> ...", "head ...", "tail ...", "ls ...", "wc ...", "grep ...", "egrep ...", "df ...", "du ..."),
    *(
        "free ...",
        "id ...",
        "whoami",
        "hostname",
        "hostname -f",
        "hostname -s",
        "hostname -d",
        "hostname -i",
        "hostname -I",
        "uname ...",
        "uptime",
        "date",
        "date -u",
    ),
    *("w", "who ...", "last ...", "ps ...", "lscpu ...", "lsblk ...", "lsmod", "lspci ...", "lsusb ...", "mount"),
    *("dmesg", "dmesg -T", "netstat ...", "ss ..."),
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
    *("systemctl status ...", "systemctl is-active ...", "systemctl list-units ..."),
    *("journalctl ... -n* ...", "crontab -l", "hostnamectl", "hostnamectl status"),
    *("iptables ...", "nft list ruleset", "iptables-save"),
    *("chronyc sources", "chronyc tracking", "ntpq -p", "ntpq -pn", "sysctl -a", "getent <name> ...", "stat <name>"),
    *("md5sum <name>", "sha256sum <name>"),
    *("top -b -n <few>", "top -b -n<few>", "top -bn <few>", "top -bn<few>", "top -n <few> -b"),
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
    *("birdc show ...", "vtysh -c <show>", "ovs-vsctl show", "net show ...", "nv show ..."),
    *("nv config show ...", "nv config diff ..."),
    *("show ...", "ping <probe>", "traceroute <probe>", "tracepath <probe>", "ip <options> route get <name>"),
    *("ip netns", "ip netns list", *_IP),
)
UNKNOWN = ("sho[w] ...", "disp[lay] ...", "get ...", "rtrv-* ...", "ping <probe>", "traceroute <probe>")
PRINT_AND_EXPORT = ("<menu> pri[nt] ...", "<menu> export ...", "<menu> monitor <name> once")

NETWORK = Rules(SHOW, FILTERS)
QUOTING = Rules(SHOW, FILTERS, quotes=True)
COMWARE = Rules(DISPLAY, FILTERS, writes=DIAGNOSTIC_TO)
SHELL = Rules(LINUX, SHELL_FILTERS, quotes=True, shell=True)
JUNOS = ("sh[ow] ...", "file show <name>", "file list ...", "file checksum <name> <name>", *PROBES)
F5 = ("sh[ow] ...", "list ...", "list sys file ...", "list /sys file ...")  # ``file`` is a component there
PANOS = (
    *("sh[ow] ...", "ping <probe>", "traceroute <probe>", "test security-policy-match ...", "request license info"),
    "debug swm status",
)
# ``vpn tunnel`` and ``vpn ike gateway`` are not among them: they show the keys of the session.
FORTIOS_LISTS = (
    *("firewall auth", "firewall iprope", "firewall proute", "ip address", "ip arp", "ip route", "ip rtcache"),
    *("ipv6 address", "ipv6 neighbor-cache", "ipv6 route", "netlink aggregate", "netlink brctl", "netlink interface"),
    *("sys flash", "sys session", "sys session6", "sys vd", "user device", "user quarantine"),
)
FORTIOS = (
    *(f"diag[nose] {each} list{name}" for each in FORTIOS_LISTS for name in ("", " <name>")),
    *(
        "get ...",
        "sh[ow] ...",
        "diagnose lldprx port neighbor ...",
        "diagnose sys top <few> <number> <few>",
        "exec[ute] dhcp lease-list ...",
    ),
    *("exec[ute] log display", "exec[ute] date", "exec[ute] time", "fnsysctl ifconfig", "fnsysctl ifconfig <name>"),
    *("exec[ute] ping <probe>", "exec[ute] traceroute <probe>"),
)
EXOS_PAGES = (
    *("ano[maly]", "col[lisions]", "confi[guration]", "cong[estion]", "flow-[control]", "pac[ket]", "qos[monitor]"),
    *("rx[errors]", "stat[istics]", "tx[errors]", "util[ization]", "wred"),
)
FORTIOS_TOP = ("get sys[tem] perf[ormance] to[p] ...", "get te[st] ...")  # ``get test`` can also act on a daemon
# These pages are refreshed until a key is pressed.
EXOS_REFRESHED = (
    *("sh[ow] po[rts]", "sh[ow] po[rts] <ports>", *(f"sh[ow] po[rts] ... {each} ..." for each in EXOS_PAGES)),
    *("sh[ow] i[parp] ... st[atistics] ...", "sh[ow] i[parp] ... stats ..."),
    *("sh[ow] f[db] ... st[atistics] ...", "sh[ow] f[db] ... stats ...", "sh[ow] v[lan] ... st[atistics] ..."),
)
NETVISOR = (*SHOW, "*-show ...", "switch-local *-show ...", "switch <name> *-show ...")
NETVISOR_REPEATED = ("... show-diff* ...", "... show-int* ...", "tech-support-show ...")
PANOS_REFRESHED = ("sh[ow] s[ystem] st[atistics] ...",)
TIMOS = ("admin display-config ...", "admin show configuration ...", "info ...", "file dir ...", "file type <file>")
# Without ``-x``, which shows the signatures of licences
GAIA = (
    *(*SHOW_ON_A_SHELL, "fw stat", "fw ver", "fw ctl pstat", "fw ctl multik stat", "fwaccel stat", "fwaccel stats -s"),
    *("cphaprob stat", "cphaprob state", "cphaprob list", "cphaprob -a if", "cphaprob syncstat", "cplic print"),
    *("cpstat <name>", "cpstat <name> -f <name>"),
)
# Commands of FOS that have an action. Those without one, such as ``reboot``, may not see ``--show``.
FOS_WITH_ACTIONS = (
    *("aaaconfig", "aaaConfig", "auditcfg", "auditCfg", "dnsconfig", "dnsConfig", "ipfilter", "ipFilter", "license"),
    *("licenseport", "licensePort", "mapsconfig", "mapsConfig", "mapsdb", "mapsDb", "mapspolicy", "mapsPolicy"),
    *("mapsrule", "mapsRule", "snmpconfig", "snmpConfig", "syslogadmin", "syslogAdmin", "userconfig", "userConfig"),
)
FOS = (
    *("*show ...", "*Show ...", "version", "uptime", "errdump", "errDump"),
    *(f"{each} --show{rest}" for each in FOS_WITH_ACTIONS for rest in ("", " <name>", " -a", " -all", " -summary")),
)

READ_ONLY: dict[str, Rules] = {
    "arista_eos": Rules(
        (*SHOW, "bash df -h"), FILTERS, quotes=True, writes=("sh[ow] proc[esses] to[p] ...",), unless="once"
    ),
    "brocade_fos": Rules(
        FOS,
        ("grep ...",),
        quotes=True,
        shell=True,
        writes=("portperfshow ...", "portPerfShow ..."),
    ),
    "checkpoint_gaia": Rules(GAIA, (), quotes=True),
    "ciena_saos": Rules(("<menu> show ...", "sh[ow] ...", "ping <probe>"), FILTERS, quotes=True, menu="ciena_saos"),
    "cisco_apic": Rules((*SHOW_ON_A_SHELL, "fabric <name> sho[w] ..."), FILTERS, quotes=True, shell=True),
    "cisco_asa": Rules((*SHOW, "failover exec <name> sh[ow] ..."), FILTERS, writes=TECH_TO),
    "cisco_iosxe": Rules((*SHOW, "verify /md5 <name>"), (*FILTERS, "ex[clude] ...", "s[ection] ...")),
    "cisco_iosxr": Rules((*SHOW, "adm[in] sh[ow] ..."), (*FILTERS, *XR_UTILITIES)),
    "cisco_nxos": Rules(SHOW, (*FILTERS, *SORTS, "cut ..."), quotes=True),
    "cisco_viptela": Rules(SHOW, FILTERS, quotes=True, writes=("... ta[il] ...",)),
    "cumulus_linux": SHELL,
    "dell_enterprisesonic": SHELL,
    "f5_tmsh": Rules(F5, ("grep ...",), quotes=True),
    "extreme_exos": Rules(SHOW, FILTERS, writes=EXOS_REFRESHED, unless="no-refresh"),
    "fortinet_fortios": Rules(FORTIOS, ("grep ...",), quotes=True, writes=FORTIOS_TOP),
    "hp_comware": COMWARE,
    "hp_procurve": Rules(SHOW, FILTERS, writes=("sh[ow] int[erfaces] di[splay] ...",)),
    "huawei_smartax": COMWARE,
    "huawei_vrp": COMWARE,
    "juniper_junos": Rules(JUNOS, FIND, quotes=True),
    "juniper_screenos": Rules(("get ...", "sho[w] ..."), ("inc[lude] ...", "exc[lude] ...")),
    "learned": Rules(UNKNOWN, FILTERS, quotes=True, unknown=True, writes=(*DIAGNOSTIC_TO, *OF_A_ROUTER_ON_LINUX)),
    "linux": SHELL,
    "mikrotik_routeros": Rules((*PRINT_AND_EXPORT, "ping <probe>", "/ping <probe>"), menu="mikrotik_routeros"),
    "netscaler": Rules(("sh[ow] ...", "stat ..."), ("grep ...",), quotes=True, writes=("... -n[times] ...",)),
    "nokia_sros": Rules((*SHOW, *TIMOS, "file list ...", "file show <file>"), FILTERS, quotes=True),
    "nokia_sros_classic": Rules((*SHOW, *TIMOS), FILTERS, quotes=True),
    "nokia_sros_classic_aram": Rules((*SHOW, *TIMOS), FILTERS, quotes=True),
    "nokia_srlinux": Rules(("sh[ow] ...", "info ...", "ping <probe>"), FILTERS, quotes=True),
    "oneaccess_oneos": Rules((*SHOW, "cat <name>", "ls ...", "hostname"), FILTERS),
    "paloalto_panos": Rules(PANOS, FIND, quotes=True, writes=PANOS_REFRESHED),
    "pluribus_netvisor": Rules(NETVISOR, FILTERS, writes=NETVISOR_REPEATED),
    "ubiquiti_edgerouter": Rules(SHOW_ON_A_SHELL, FILTERS, quotes=True, shell=True, writes=OF_A_ROUTER_ON_LINUX),
    "versa_flexvnf": QUOTING,
    "vyos_vyos": Rules(SHOW_ON_A_SHELL, FILTERS, quotes=True, shell=True, writes=OF_A_ROUTER_ON_LINUX),
    "zyxel_dslam": Rules((*SHOW, "cfg <name> get ...", "sys atsh"), FILTERS),
}
"""The platforms whose command line is not like that of Cisco IOS. All others have NETWORK."""

# First words of what follows ``|`` and can write. They are not taken for an alternative of a pattern.
WRITING_FILTERS = (
    *("redirect", "tee", "append", "save", "file", "utility", "vsh", "sed", "awk", "diff", "email", "sh", "bash"),
    *("python", "request", "tftp", "ftp", "scp", "flash", "export", "xargs", "perl", "tclsh", "exec", "vi", "less"),
)

# Words that act on the items of a menu, or that run. No abbreviation of them is taken for a menu.
ACTIONS = (
    *("add", "backup", "beep", "blink", "cancel", "check", "clear", "comment", "copy", "create", "delete", "disable"),
    *("edit", "enable", "error", "execute", "fetch", "flood-ping", "flush", "format", "generate", "import", "info"),
    *("install", "load", "make", "monitor", "move", "password", "ping", "profile", "quit", "reboot", "redo", "release"),
    *("remove", "rename", "renew", "reset", "restore", "revoke", "run", "save", "scan", "send", "set", "shutdown"),
    *("sign", "speed-test", "start", "stop", "telnet", "test", "toggle", "torch", "traceroute", "undo", "uninstall"),
    *("unset", "update", "upgrade", "upload", "warning", "wol"),
)

# Options of programs of Linux with which they do not end, log in to another machine, or read a file of commands. Of a
# name that is not listed, all options are allowed that its line in LINUX allows.
UNSAFE_OPTIONS = {
    "tail": r"[-+]+[^-]*[fF].*|--(?:f|r).*",
    **dict.fromkeys(("grep", "egrep", "fgrep", "zgrep"), r"-[^-]*[rRdD].*|--(?:d|r|inc|exc|lab|bin).*"),
    "systemctl": r"-[^-]*[HM].*|--(?:h|m).*",
    "lldpcli": r"-[^-]*[cCuL].*",
    "lldpctl": r"-[^-]*[cCuL].*",
    "docker": r"-[^-]*H.*|--(?:h|c|t).*",
    "netstat": r"-[^-]*c.*|--c.*",
    "free": r"-[^-]*[sc].*|--(?:se|c).*",
    # Only these do not change, follow or write anything.
    "iptables": r"(?!(?:-[nvxLS]+|--line-numbers|--list|--list-rules|--numeric|--verbose)$).*",
    "journalctl": (
        r"(?!(?:-[kqrx]+|-b-?\d*|-\d+|-[unpto][\w.@:-]*|--no-pager|--no-hostname|--utc|--dmesg|--boot|--reverse|--quiet"
        r"|--(?:since|until|unit|priority|output)(?:=.*)?)$).*"
    ),
    "ss": r"(?!-[aelimnopstuwxHOS46]+$).*",
    "lspci": r"(?!-[knvtmbD]+$).*",
    "lsusb": r"(?!-[tv]+$).*",
    "jq": r".*(?:\(|\bdef\b).*",  # a function can call itself
}
# These programs read what is typed if they have no file: the number of arguments they need that are no options.
NEEDED_ARGUMENTS = {"cat": 1, "head": 1, "tail": 1, "wc": 1, "grep": 2, "egrep": 2}
# Commands of LINUX whose arguments are words of a command line, like those of other platforms.
COMMAND_LINES = frozenset({"show", "net", "nv", "birdc", "lldpcli"})

# Words of ping and traceroute. A value follows those of VALUES and NUMBERS, at most as large as it says there.
# ``rapid`` does not wait between the packets, whose number is small.
FLAGS = (
    *("ip", "ipv4", "ipv6", "inet", "inet6", "host", "numeric", "no-resolve", "-4", "-6", "-n"),
    *("df-bit", "do-not-fragment", "rapid"),
)
VALUES = (
    *("vrf", "source", "interface", "routing-instance", "-vpn-instance", "vpn-instance", "-a", "-I", "router", "vr"),
    *("network-instance", "router-instance"),
)
COUNTS = ("count", "repeat", "-c", "packets")
NUMBERS = {
    **dict.fromkeys(COUNTS, 100),
    **dict.fromkeys(("size", "-s"), 9216),
    **dict.fromkeys(("timeout", "ttl", "wait", "-w", "-W", "-m"), 255),
}
