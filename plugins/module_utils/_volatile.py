# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values in answers that change without an event: uptimes, ages, counters, rates, clocks. Data only.

A rule is a regular expression for part of one line. The text of its groups is ignored, or the whole match if it has no
groups. A line that is ignored completely is not compared.

A device may send any line, so the work on a line must grow as its length does. In a rule that is searched, what can
begin anywhere has a bounded length. Two parts that can take the same characters, such as `` +.*``, do not follow each
other.

Only values that always change belong here. The time of an event does not: a flap of an interface or a restart must be
reported. A counter of errors is compared with 0 only: the first error is reported, later ones are not.
"""

from __future__ import annotations

# Commands that print a configuration. Times and numbers in it were configured; only its header is ignored.
CONFIGURATION = (
    r"(?:do )?(?:sh(?:o|ow)?|di|dis|disp|display) .*?\b(?:run|start|conf|full-conf|cur|saved|derived)"
    r"|more |write term|admin display-config|info\b|/?(?:.* )?export\b|cat "
)

# -- building blocks ---------------------------------------------------------------------------------------------------

N = r"\d[\d,.]*"  # a counter, or a rate; some platforms group its digits
E = r"(?:([1-9]\d*)|0)"  # a counter of errors: ignored once it is above 0
_UNIT = (
    r"\d{1,12}(?:\.\d{1,12})? ?"
    r"(?:years?|yrs?|y|weeks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?:\(s\))?(?![a-z])"
)
_CLOCK = r"\d{1,12}:\d\d(?::\d\d)?(?:\.\d{1,12})?"
# "5 weeks, 1 day, 2 hours", "1 day(s), 2 hour(s)", "1w3d 4:05:00", "3d04h", "05:07:00", "41d20h15m"
SPAN = rf"(?:{_UNIT}(?:(?:,| and|:)? ?{_UNIT}){{0,7}}(?:,? {_CLOCK})?|{_CLOCK})"
# One word, as in a table.
AGE = (
    r"(?:\d+y\d+w(?:\d+d)?|\d+w\d+d(?:\d+h)?|\d+d\d+h(?:\d+m)?(?:\d+s)?|\d+h\d+m(?:\d+s)?|\d+m\d+s|\d+[wdhms]"
    r"|\d+:\d\d:\d\d(?:\.\d+)?|never)"
)
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_ZONE = r"(?: ?\(?[A-Z]{2,5}\)?| ?[+-]\d\d:?\d\d)?"
TIME = r"\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?"
_IP = r"[\dA-Fa-f.:]+(?:%\S+)?"

# -- on every platform -------------------------------------------------------------------------------------------------

CLOCKS = (
    # A line that holds only a time: "show clock", or the first line of every answer of IOS-XR.
    rf"^[*.]?{TIME}{_ZONE} {_DAY} {_MONTH} +\d+ \d{{4}} *$",
    rf"^{_DAY},? {_MONTH} +\d+,? {TIME}{_ZONE}(?: \d{{4}})?{_ZONE} *$",
    rf"^\d{{4}}-\d\d-\d\d[ T]{TIME}{_ZONE} *$",
    rf"^{_DAY},? +\d+ {_MONTH} \d{{4}} {TIME}{_ZONE} *$",
    r"^ *(?:Current time|Local time|Universal time) *:? .*$",
)
COMMON = (
    # Uptimes and ages.
    rf"\b[Uu]p ?[Tt]ime(?: for .{{0,60}}?)?(?: is| {{0,40}}+:| {{0,40}}+=)? {{1,40}}+({SPAN})",
    rf"\bup for ({SPAN})",
    rf"(?<!\d)({SPAN}) ago\b",
    # JSON in any layout. Other names that end in Msecs can be configured timers.
    r'"(?:[a-zA-Z_-]{0,40}[uU]p[-_]?[tT]ime(?!stamp)[a-zA-Z]{0,40}|bgpTimerUp(?:Msec|String)|bgpTimerLast(?:Read|Write)'
    r"|[a-zA-Z]{0,40}(?:Epoch|DueMsecs?)|lastResetTimerMsecs|deadTimeMsecs|timerHelloInMsecs|spfLast(?:Executed|Duration)Msecs"
    r"|(?:msg|messages|keepalives|updates|opens|notifications|routeRefresh|capability|total|dynamicCap)"
    r"(?:Rcvd|Recv|Received|Sent)|(?:msg|msgs|messages)(?:rcvd|recvd|sent)|(?:in|out)(?:MsgQueue|q)"
    r"|(?:in|out|input|output)-?(?:Octets|Bytes|Packets|Pkts|UcastPkts|MulticastPkts|BroadcastPkts|bytes|packets|bps|pps)"
    r"|(?:in|out)(?:Bits|Pkts)Rate|tableVersion|tblVer|memFree|memAvailable|updateInterval|lastUpdateTimestamp"
    r'|currentTime|localTime|utcTime)" *: *("[^"]*"|-?[\d.eE+]+)',
    # Times that a device computes from an age vary by seconds. The seconds are ignored, the event is not.
    r'"(?:bootupTimestamp|upDownTime)" *: *\d+?(\d{0,2}(?:\.\d*)?)(?![\d.])',
)

# -- by platform -------------------------------------------------------------------------------------------------------

# A row of a BGP summary: peer, version, AS, messages in and out, table version, queues, age; then state or prefixes.
_BGP = rf"^\*?{_IP} +\d +[\d.]+ +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +({AGE})(?= |$)"
# A BGP neighbour in detail. The reason and the number of resets are compared.
_NEIGHBOUR = (
    rf"^ +Last read ({AGE}), [Ll]ast write ({AGE})",
    rf"^ +Last reset ({AGE}),",
    r"^ +(?:Opens|Notifications|Updates|Keepalives|Route Refresh|Capability|Total): +(\d+) +(\d+)",
)
_IOS_INTERFACE = (
    r"^ +reliability \d+/255, txload (\d+)/255, rxload (\d+)/255",
    rf"^ +Last input ({AGE}), output ({AGE}), output hang ({AGE})",
    r"^ +Last clearing of .* counters (\d\S*)$",
    rf"^ +(?:\d+ (?:second|minute)s? )(?:input|output) rate ({N} \S+), ({N} \S+)",
    rf"^ +({N}) packets (?:input|output), ({N}) bytes(?:, {E} total input drops)?",
    rf"^ +(?:Input|Output) queue: ({N})/\d+/{E}/{E} \(size/max/drops/flushes\); Total output drops: {E}",
    rf"^ +Output queue: ({N})/\d+ ",
    rf"^ +Received ({N}) broadcasts \(({N}) (?:IP )?multicasts?\)",
    rf"^ +Received ({N}) broadcast packets, ({N}) multicast packets",
    rf"^ +Output ({N}) broadcast packets, ({N}) multicast packets",
    rf"^ +({N}) (?:unknown protocol drops|drops for unrecognized upper-level protocol)",
    rf"^ +{E} runts, {E} giants, {E} throttles",
    rf"^ +{E} input errors, {E} CRC, {E} frame, {E} overrun, {E} ignored",
    rf"^ +{E} output errors, {E} (?:collisions|underruns)",
    rf"^ +{E} watchdog, ({N}) multicast, {E} pause input",
)
_IOS = (
    _BGP,
    *_NEIGHBOUR,
    *_IOS_INTERFACE,
    r"^BGP table version is (\d+), main routing table version (\d+)",
    r"^BGP activity (\d+/\d+) prefixes, (\d+/\d+) paths",
    rf"^[A-Za-z]\S? .*\bvia {_IP}, ({AGE})(?=,|$)",  # a route
    rf"^ +\[\d+/\d+\] via {_IP}, ({AGE})(?=,|$)",
    rf"^{_IP} +\d+ +[A-Z0-9]+/ *[-A-Z]+ +({AGE}) +",  # an OSPF neighbour
    rf"^Internet  {_IP} +(\d+|-) +[0-9a-f]{{4}}\.",  # an ARP entry
    r"^(?:\S+)? +(?:[A-Z]\w+ )?[\w/.]+ +(\d{1,3}) +(?:[RTBSHIrPDCM] )+ *\S",  # a CDP neighbour's hold time
    r"^CPU utilization for five seconds: (.*)$",
    r"^ *(\d+) +(\d+) +(\d+) +(\d+) +([\d.]+%) +([\d.]+%) +([\d.]+%) +\d+ ",  # a process
    r"^(?:Processor|lsmpi_io|I/O) +\w+ +\d+ +(\d+) +(\d+) +(\d+) +(\d+)",
    r"^(?:Processor|lsmpi_io|I/O) Pool Total: +\d+ Used: +(\d+) Free: +(\d+)",
)
_IOS_CONFIGURATION = (
    r"^!+ (?:Last configuration change at|NVRAM config last updated at|No configuration change since last restart).*$",
    r"^Building configuration\.\.\.$",
    r"^(?:Current configuration *:|Using) .*bytes.*$",
    r"^ntp clock-period (\d+)",
)

# By definition name of the platform, as returned by ``platform_name``: for all commands except those that print a
# configuration.
PLATFORMS: dict[str, tuple[str, ...]] = {
    "arista_eos": (
        rf"^  (?:.*\S +)?{_IP} +4 +[\d.]+ +(\d+) +(\d+) +(\d+) +(\d+) +({AGE})(?= |$)",
        rf"^{_IP} +4 +[\d.]+ +(\d+) +(\d+) +(\d+) +(\d+) +({AGE})(?= |$)",
        r"^Free memory: +(\d+) kB",
        rf"^  (?:Up|Down) ({SPAN})$",
        rf"^  (?:\d+ (?:second|minute)s? )(?:input|output) rate ({N} \S+) \(({N}%).*\), ({N}) packets/sec",
        rf"^ +({N}) packets (?:input|output), ({N}) bytes",
        rf"^ +(?:Received|Sent) ({N}) broadcasts, ({N}) multicast",
        rf"^ +{E} runts, {E} giants",
        rf"^ +{E} input errors, {E} CRC, {E} alignment, {E} symbol, {E} input discards",
        rf"^ +{E} output errors, {E} collisions",
        rf"^ +{E} late collision, {E} deferred, {E} output discards",
        rf"^ +({N}) PAUSE (?:input|output)",
        rf"^{_IP} +((?:\d+:\d\d:\d\d|N/A|-)) +[0-9a-f]{{4}}\.",  # an ARP entry
    ),
    "cisco_asa": (
        *_IOS_INTERFACE,
        rf"^\S+ up ({SPAN})$",
        rf"^\s+({N}) packets (?:input|output), ({N}) bytes",
        rf"^\s+(?:\d+ minute) (?:input|output) rate ({N}) pkts/sec, +({N}) bytes/sec",
    ),
    "cisco_iosxe": _IOS,
    "cisco_iosxr": (
        rf"^{_IP} +\d+ +[\d.]+ +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +({AGE})(?= |$)",
        r"^BGP main routing table version (\d+)",
        r"^Table ID: \S+ +RD version: (\d+)",
        r"^Speaker +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)",
        *_IOS_INTERFACE,
        rf"^[A-Za-z]\S?(?: \S+)? .*\bvia {_IP}, ({AGE})(?=,|$)",
        rf"^ +\[\d+/\d+\] via {_IP}, ({AGE})(?=,|$)",
        rf"^{_IP} +({AGE}) +[0-9a-f]{{4}}\.",
        rf"^{_IP} +\d+ +[A-Z0-9]+/ *[-A-Z]+ +({AGE}) +",
        rf"^ +Neighbor is up for ({AGE})",
        r"^CPU utilization for one minute: (.*)$",
    ),
    "cisco_nxos": (
        _BGP,
        r"^BGP table version is (\d+),",
        rf"^ +(?:\d+ seconds? )(?:input|output) rate ({N} \S+), ({N} \S+)",
        rf"^ +input rate ({N} \S+), ({N} \S+); output rate ({N} \S+), ({N} \S+)",
        r"^ +reliability \d+/255, txload (\d+)/255, rxload (\d+)/255",
        r"^ +Last clearing of .* counters (\d\S*)$",
        r"^ +Last link flapped (\d.*)$",
        rf"^ +({N}) unicast packets +({N}) multicast packets +({N}) broadcast packets",
        rf"^ +({N}) (?:input|output) packets +({N}) bytes",
        rf"^ +({N}) jumbo packets +{E} storm suppression",
        rf"^ +({N}) jumbo packets *$",
        rf"^ +({N}) input packets ({N}) unicast packets ({N}) multicast packets",
        rf"^ +({N}) output packets ({N}) unicast packets ({N}) multicast packets",
        rf"^ +({N}) broadcast packets ({N}) bytes",
        rf"^ +{E} runts +{E} giants +{E} CRC(?:/FCS)? +{E} no buffer",
        rf"^ +{E} input error +{E} short frame +{E} overrun +{E} underrun +{E} ignored",
        rf"^ +{E} (?:input with dribble|output error) +{E} (?:input discard|collision)",
        rf"^\*? *(?:via )?{_IP},? .*\[\d+/\d+\], ({AGE})(?=,|$)",  # a route
        rf"^ +\*via {_IP}, .*\[\d+/\d+\], ({AGE})(?=,|$)",
        rf"^ *{_IP} +({AGE}) +[0-9a-f]{{4}}\.",  # an ARP entry
        rf"^ *{_IP} +\d+ +[A-Z]+/ *[-A-Z]+ +({AGE}) +",  # an OSPF neighbour
        r"^\S+ +\S+ +(\d{1,3}) +(?:[RTBSHVIsr] )+ *\S",  # a CDP neighbour's hold time
        r"^Memory usage: +\d+K total, +(\d+)K used, +(\d+)K free",
        r"^CPU(?:\d+)? states +: +(.*)$",
        r"^Load average: +(.*)$",
    ),
    "frr": (
        rf"^(?:\S+\()?\*?[\w.:-]+\)? +4 +[\d.]+ +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +({AGE})(?= |$)",
        r"^BGP table version is (\d+)",
        r"\btable version (\d+)",
        r"^(?:RIB|Peers|Peer groups) .*using ([\d.]+ \w+) of memory",
        rf"^[A-Z]\S* .*, ({AGE})$",  # a route
        rf"^ +\* .*, ({AGE})$",
        rf"^{_IP} +\d+ +\w+/[-\w]+ +(?:({AGE}|[\d.]+s) +)?([\d.]+s) ",  # an OSPF neighbour
        *_NEIGHBOUR,
        r"^ *Dead timer due in ([\d.]+s)",
        r"^ *Hello due in ([\d.]+s)",
        r"^ *(?:SPF algorithm last executed|Last SPF duration|SPF timer) .*$",
    ),
    "huawei_vrp": (
        rf"^ +{_IP} +4 +[\d.]+ +(\d+) +(\d+) +(\d+) +({AGE})(?= |$)",
        r"^Expired time +: *(\d+)s",
        rf"^\S+ +\S+ +\S+ +([\d.]+%|--) +([\d.]+%|--) +{E} +{E} *$",  # an interface's use and errors
        rf"^ *Last \d+ seconds (?:input|output) rate:? ({N}) bits/sec, ({N}) packets/sec",
        rf"^ *Last \d+ seconds (?:input|output) utility rate: *({N})%",
        rf"^ *(?:Input|Output) peak rate:? ({N}) bits/sec, Record time: (.*)$",
        rf"^ *(?:Input|Output):? +({N}) packets, ({N}) bytes",
        r"^ *Current system time: (.*)$",
        rf"^ *Unicast: +({N}), *Multicast: +({N})",
        rf"^ *Unicast: +({N}) packets, Multicast: +({N}) packets",
        rf"^ *Broadcast: +({N}), *Jumbo: +({N})",
        rf"^ *Broadcast: +({N}) packets",
        rf"^ *(?:Input|Output) bandwidth utilization *: *({N})%",
        rf"^ *(?:Total Error|Discard|CRC|Giants|Jabbers|Fragments|Runts|DropEvents|Alignments|Symbols|Ignoreds|Frames"
        rf"|Pause|Collisions|Deferreds|Buffers Purged): +{E}(?:, *\w[\w ]*: +{E})?",
        rf"^{_IP} +[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}} +(\d+) ",  # an ARP entry
        r"^CPU [Uu]sage +: *([\d.]+%)",
        r"^Memory Using Percentage(?: Is)?: *([\d.]+%)",
    ),
    "juniper_junos": (
        rf"^{_IP} +\d+ +(\d+) +(\d+) +(\d+) +\d+ +({AGE}(?: \d+:\d\d:\d\d)?)(?= |$)",
        rf"^ +(?:Input|Output) rate +: ({N}) bps \(({N}) pps\)",
        rf"^ +(?:Input|Output) +(?:packets|bytes) *: +({N})(?: +({N} [bp]ps))?",
        rf"^ +(?:Input|Output|Local|Transit) +: +({N}) +({N})",
        rf"^ +(?:Bit|Packet)[- ](?:errors|Error)[^:]* {E} *$",
        rf"^ +(?:Errored blocks|Bit errors) +{E} *$",
        rf"^[BDSOIR*+\[\]\w./:]* *[*+-]?\[[\w-]+/\d+\] ({AGE}(?: \d+:\d\d:\d\d)?)(?=,|$)",  # a route
        rf"^{_IP} +\S+ +\w+ +{_IP} +\d+ +(\d+)$",  # an OSPF neighbour's dead time
        r'\bjunos:(?:seconds|format|changed-seconds|changed-localtime|celsius)="([^"]*)"',
        r"^Current time: .*$",
        r"\bup (\d+ days?, +\d+:\d\d|\d+ days?|\d+:\d\d|\d+ mins?)(?=,)",
        r"\bload averages?: ([\d., ]+)",
    ),
    "cisco_ftd": (rf"^\S+ up ({SPAN})$",),
    "mikrotik_routeros": (
        r"^ +(?:free-memory|cpu-load|write-sect-since-reboot|write-sect-total|free-hdd-space): (\S+)",
    ),
}

# The same for commands that print a configuration.
CONFIGURATIONS: dict[str, tuple[str, ...]] = {
    "arista_eos": (r"^! Startup-config last modified at .*$", r"^! Command: .*$"),
    "cisco_asa": (r"^: Saved *$", r"^: Written by .*$", r"^Cryptochecksum:.*$"),
    "cisco_iosxe": _IOS_CONFIGURATION,
    "cisco_iosxr": _IOS_CONFIGURATION,
    "cisco_nxos": (
        r"^!(?:Time|Running configuration last done at|Startup config saved at|NVRAM config last updated): .*$",
        r"^!Command: .*$",
        r"^!No configuration change since last restart *$",
    ),
    "fortinet_fortios": (
        r"^#(?:conf_file_ver|buildno)=.*$",
        r"\bENC (\S+)",  # encrypted again each time it is shown
    ),
    "frr": (r"^Building configuration\.\.\.$",),
    "huawei_vrp": (r"^!Last configuration was (?:updated|saved) at .*$",),
    "juniper_junos": (
        r"^## Last (?:commit|changed): .*$",
        r'\bjunos:(?:seconds|changed-seconds|changed-localtime|commit-seconds|commit-localtime)="([^"]*)"',
    ),
    "mikrotik_routeros": (r"^# (\S+ \d\d:\d\d:\d\d) by RouterOS",),
    "nokia_sros": (r"^# (?:Generated|Finished) .*$",),
    "nokia_sros_classic": (r"^# (?:Generated|Finished) .*$",),
    "vyos_vyos": (r"^Building configuration\.\.\.$",),
}
