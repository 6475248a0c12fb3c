# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows that are missing, wrong or not there are never taken for the rows of an answer."""

from __future__ import annotations

import json
import pathlib
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._chatter import without_chatter
from ansible_collections.rollcall.network.plugins.module_utils._device import Command
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._parsing import Parsed, parse
from ansible_collections.rollcall.network.plugins.module_utils._parsing.logs import answers_log
from ansible_collections.rollcall.network.plugins.module_utils._parsing.nothing import says_nothing
from ansible_collections.rollcall.network.plugins.module_utils._required_rows import why_no_template
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError, Error, Output, Outputs
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll, summarize, write_answer
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import fleet_row
from ansible_collections.rollcall.network.plugins.plugin_utils._formats import fleet_csv, fleet_json, junit
from ansible_collections.rollcall.network.plugins.plugin_utils._pages import Pages
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._by_hand import make_device
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed, verdict_of
from ansible_collections.rollcall.network.plugins.plugin_utils._why import lines_of
from tests.unit.answering import let_answer

COMMAND = "show ip interface brief"
HEAD = "Interface              IP-Address      OK? Method Status                Protocol\n"
ROWS = (
    "GigabitEthernet0/0     192.0.2.1       YES NVRAM  up                    up\n",
    "GigabitEthernet0/1     unassigned      YES NVRAM  administratively down down\n",
    "Loopback0              198.51.100.7    YES manual up                    up\n",
)
BRIEF = HEAD + "".join(ROWS)


def rows_of(text: str, command: str = COMMAND, platform: str = "cisco_ios", parser: str = "textfsm") -> Parsed:
    pytest.importorskip("ntc_templates")
    return parse(text, parser=parser, platform=platform, command=command)


# -- lines that a device prints on its own -----------------------------------------------------------------------------

MESSAGES = {
    "ios": "*Mar  1 00:12:31.123: %LINK-3-UPDOWN: Interface GigabitEthernet0/9, changed state to up\n",
    "ios, uptime": "000042: 00:12:31: %LINEPROTO-5-UPDOWN: Line protocol on Interface Vlan9, changed state to down\n",
    "ios xr": "RP/0/RSP0/CPU0:Mar  1 00:12:31.123 UTC: config[6512]: %MGBL-SYS-5-CONFIG_I : Configured by ops\n",
    "nx-os": "2026 Mar  1 00:12:31 n9 %$ VDC-2 %$ %ETHPORT-5-IF_UP: Interface Ethernet1/9 is up in mode trunk\n",
    "asa": "%ASA-6-302013: Built outbound TCP connection 12 for outside:192.0.2.9/443\n",
    "comware": "%Mar  1 00:12:31:123 2026 core-1 IFNET/3/PHY_UPDOWN: Physical state on the interface changed to up.\n",
    "vrp": "Mar  1 2026 00:12:31+00:00 core-1 %%01IFNET/4/IF_STATE(l)[3]:Interface Vlanif9 has turned into UP state.\n",
    "smb": "01-Mar-2026 00:12:31 %LINK-I-Up:  gi9\n",
    "routeros": "00:12:31 echo: system,info,account user ops logged in from 192.0.2.9 via ssh\n",
    "exos": "03/01/2026 00:12:31.12 <Info:vlan.msgs.portLinkStateUp> Port 9 link UP at speed 1 Gbps and full-duplex\n",
    "linux": "Mar  1 00:12:31 leaf-1 switchd[812]: swp9 is up\n",
    "shutdown of ios": "\n\n***\n*** --- SHUTDOWN in 0:01:00 ---\n***\n\n",
    "shutdown of junos": "*** System shutdown message from root@mx-1 ***\n\nSystem going down in 1 minute\n\n",
    "syslogd": "\nMessage from syslogd@mx-1 at Mar  1 00:12:31  ...\nmx-1 fpc3 Link 9 failed\n\n",
    "wall": "\nBroadcast Message from ops@mx-1\n        (/dev/pts/3) at 0:12 UTC...\n\nMaintenance soon\nLog out\n\n",
}


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("message", MESSAGES)
def test_messages_are_left_out_of_the_rows_and_counted(message: str, place: int) -> None:
    lines = [HEAD, *ROWS]
    text = "".join([*lines[:place], MESSAGES[message], *lines[place:]])
    count = sum(1 for line in MESSAGES[message].split("\n") if line.strip())
    parsed = rows_of(text)
    assert (parsed.status, parsed.rows) == ("ok", rows_of(BRIEF).rows)
    assert str(parsed.message).startswith(f"{count} line")
    left, taken = without_chatter(text)
    assert taken == count
    assert [line for line in left.split("\n") if line] == BRIEF.strip().split("\n")


@pytest.mark.parametrize(
    "text",
    [
        BRIEF,
        "up 1 day, 00:12:31\n*** no message\n",
        "***\nabc\n***\n",
        "12:31:00 up\n",
        "Mar  1 00:12:31 2026\n",
        "Broadcast address is 192.0.2.255\n",
        "a 50%-2-3 mix: 00:01:02\n",
        "",
    ],
)
def test_a_text_without_messages_stays(text: str) -> None:
    assert without_chatter(text) == (text, 0)


@pytest.mark.parametrize(
    ("command", "is_log"),
    [
        *((each, True) for each in ("show logging", "sh log", "show log messages | last 5", "display logbuffer")),
        *((each, True) for each in ("show events", "get log", "/log print", "execute log display", "show syslog")),
        *((each, True) for each in ("show log log-id 99", "sudo tail -1 /var/log/auth.log", "display trapbuffer")),
        *((each, False) for each in (COMMAND, "show login", "show users", "show catalog", "show version")),
        *((each, False) for each in ("show lldp neighbors", "show ip ospf topology", "show logical-router")),
    ],
)
def test_nothing_is_left_out_of_a_log(command: str, is_log: bool) -> None:
    assert answers_log(command) is is_log


def test_rows_of_a_log_are_its_messages() -> None:
    text = f"Syslog logging: enabled\n{MESSAGES['ios']}{MESSAGES['ios']}"
    assert len(rows_of(text, "show logging").rows) == 2


def test_the_time_above_an_answer_is_left_out_if_the_template_does_not_know_it() -> None:
    pieces = "Thu Mar  1 00:12:31.123 UTC\n", "something else\n"
    modules = (
        "Mod  Ports Card Type                              Model              Serial No.\n"
        "---- ----- -------------------------------------- ------------------ -----------\n"
        "  1    48  Switching card of the first kind       WS-X0001-48        ABC00000001\n"
    )
    assert rows_of(modules, "show module").status == "ok"
    parsed = rows_of(pieces[0] + modules, "show module")
    assert (parsed.status, len(parsed.rows)) == ("ok", 1)
    assert str(parsed.message).startswith("1 line")
    assert rows_of(pieces[1] + modules, "show module").status == "mismatch"


# -- nothing to show ---------------------------------------------------------------------------------------------------

RULE = "---------------------- --------------- ----------------- ---------------------\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD,
        HEAD + RULE,
        f"Interfaces\n\n{HEAD}{RULE}\n",
        f"Flags:  D - down   P - bundled\n        I - stand-alone\n\nNumber of groups in use: 0\n\n{HEAD}{RULE}",
        "+------+-------+\n| Name | State |\n+------+-------+\n",
        "% BGP is not running\n",
        "%BGP not active",
        "No interfaces found.",
        "There are no entries to show",
        "Total entries displayed: 0\n",
        f"{HEAD}{RULE}Total number of entries: 0",
        "LLDP is not enabled",
        "% Spanning tree is not configured on this device",
        "0 entries found",
        "LLDP is disabled",
        "IP Multicast Forwarding is not enabled.\nIP Multicast Routing Table\n",
    ],
)
def test_an_output_that_says_there_is_nothing_is_empty(text: str) -> None:
    parsed = rows_of(text)
    assert (parsed.status, parsed.rows) == ("empty", None)
    assert "no entries" in str(parsed.message)


@pytest.mark.parametrize(
    "text",
    [
        "% Invalid input detected at '^' marker.",
        "^\n% Invalid command at '^' marker.",
        "No such command",
        "% No such interface",
        "Error: not authorized",
        "bad command name brief",
        "Interface Vlan1 up",
        f"{HEAD}{RULE}Vlan-a   unassigned  yes  none  up\n",
        f"{HEAD}{RULE}a    b    c    d\n{RULE}",
        "No shortage\neth9  192.0.2.9  up\n",
        "Flags:  D - down\n  eth9  192.0.2.9  up\n",
        "Total entries displayed: 4\n",
        "one line of prose",
        "Name    State    Type\nfoo     up       static\n",
        "Errors: 0\nDrops: 0\n",
    ],
)
def test_an_output_that_may_hold_rows_is_no_empty_one(text: str) -> None:
    assert rows_of(text).status == "mismatch"


@pytest.mark.parametrize("first", range(len(ROWS)))
def test_a_text_with_rows_is_never_empty(first: int) -> None:
    for text in ("".join(ROWS[first:]), HEAD + RULE + "".join(ROWS[first:]), "No news\n" + "".join(ROWS[first:])):
        assert not says_nothing(text.splitlines())


def test_json_that_says_there_is_nothing_is_empty() -> None:
    assert rows_of("% BGP instance not found", parser="json").status == "empty"
    assert rows_of("% Unknown command", parser="json").status == "error"


# -- lines that were skipped -------------------------------------------------------------------------------------------

TREE = """VLAN0010
  Spanning tree enabled protocol rstp
  Root ID    Priority    24586
             Address     0200.0000.0101
             Hello Time   2 sec  Max Age 20 sec  Forward Delay 15 sec

Interface           Role Sts Cost      Prio.Nbr Type
------------------- ---- --- --------- -------- --------------------------------
Gi1/0/1             Desg FWD 4         128.1    P2p
{}Gi1/0/25            Root FWD 4         128.25   P2p
"""
SYSTEMS = """File Systems:

       Size(b)       Free(b)      Type  Flags  Prefixes
             -             -    opaque     rw   system:
    1651314688     558473216      disk     rw   bootflash:
{}       2097152       2085513     nvram     rw   nvram:
             -             -   network     rw   tftp:
"""
NEIGHBORS = """Capability codes: R - Router, S - Switch

Device ID        Local Intrfce     Holdtme    Capability  Platform  Port ID
edge-1           Gig 0/1           161             R      ISR4331   Gig 0/0/1
{}edge-3           Gig 0/3           140             R      ISR4331   Gig 0/0/3
"""
PEERS = """BGP router identifier 10.0.0.1, local AS number 65000
BGP table version is 1, main routing table version 1

Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd
10.0.0.2        4        65001       0       0        1    0    0 never    Idle
{}"""


@pytest.mark.parametrize(
    ("command", "text", "line"),
    [
        ("show file systems", SYSTEMS, "*   1651314688     558473216      disk     rw   flash:\n"),
        ("show spanning-tree", TREE, "Gi1/0/2             Desg BKN*4         128.2    P2p *ROOT_Inc\n"),
        ("show spanning-tree vlan 10", TREE, "Gi1/0/2             Desg BKN*4         128.2    P2p *TYPE_Inc\n"),
        ("show file systems", SYSTEMS, "    1651314688     558473216      disk     rw   flash-1: stby-flash:\n"),
        (
            "show cdp neighbors",
            NEIGHBORS,
            "edge-2           Gig 0/2           161*            R      ISR4331   Gig 0/0/2\n",
        ),
        (
            "show ip bgp summary",
            PEERS,
            "*10.0.0.9       4        65001     100     100        1    0    0 01:02:03        5\n",
        ),
        (
            "show ip bgp summary",
            PEERS,
            "2001:DB8::1     4        65001     100     100        1    0    0 01:02:03        5\n",
        ),
    ],
)
def test_a_skipped_line_that_looks_like_a_row_is_a_mismatch(command: str, text: str, line: str) -> None:
    whole = rows_of(text.format(""), command)
    assert (whole.status, whole.message) == ("ok", None)
    parsed = rows_of(text.format(line), command)
    assert (parsed.status, parsed.rows) == ("mismatch", whole.rows)
    assert line.split()[0] in str(parsed.message)


@pytest.mark.parametrize(
    "line",
    [
        "Building configuration...\n",
        "Gi1/0/2 is a port of another kind, see page 12 of the manual\n",
        "\n",
        "------------------- ---- --- --------- -------- --------------------------------\n",
        "Interface           Role Sts Cost      Prio.Nbr Type\n",
        "Total: 2 ports\n",
    ],
)
def test_other_lines_are_skipped(line: str) -> None:
    assert rows_of(TREE.format(line), "show spanning-tree").status == "ok"


MESSAGE = "*Mar  1 00:12:31.123: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down"
LARGE = tuple(
    f"GigabitEthernet0/0/{port:<2}       198.51.100.{port:<3}  YES NVRAM  up                    up"
    for port in range(12)
)
SMALL = tuple(line.rstrip("\n") for line in ROWS)
DAMAGES = {
    "the name only": lambda row: [row.split()[0]],
    "cut in the second column": lambda row: [row[:29]],
    "cut behind the third column": lambda row: [row[:46]],
    "cut behind the fourth column": lambda row: [row[:53]],
    "without its second word": lambda row: [row.replace(row.split()[1], "", 1)],
    "blanks in front": lambda row: ["  " + row],
    "a pager in front": lambda row: [" --More-- " + row],
    "a first word in two": lambda row: [row.replace("0/", " 0/", 1).replace("k0", "k 0")],
    "an unknown state": lambda row: [row[: row.index("YES")] + "YES NVRAM  odd                   odd"],
    "on two lines": lambda row: [row[:60], row[60:]],
    "a message in the middle": lambda row: [row[:30], MESSAGE, row[30:]],
    "a message behind the half": lambda row: [row[:30] + MESSAGE, row[30:]],
    "a message behind it": lambda row: [row + MESSAGE],
}


@pytest.mark.parametrize("place", [0, 1, -1])
@pytest.mark.parametrize("rows", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_row_among_good_ones_is_a_mismatch(damage: str, rows: tuple[str, ...], place: int) -> None:
    assert rows_of(HEAD + "\n".join(rows)).status == "ok"
    lines = list(rows)
    at = place % len(lines)
    if damage == "without its second word" and "unassigned" in rows[at]:
        pytest.skip("the template takes the other words for a row")
    lines[at : at + 1] = DAMAGES[damage](rows[at])
    parsed = rows_of(HEAD + "\n".join(lines) + "\n")
    assert parsed.status == "mismatch"
    assert parsed.rows


@pytest.mark.parametrize("damage", ["the name only", "cut in the second column", "an unknown state"])
def test_a_damaged_row_beside_one_good_row_is_a_mismatch(damage: str) -> None:
    parsed = rows_of("\n".join([HEAD.rstrip("\n"), SMALL[0], *DAMAGES[damage](SMALL[1])]))
    assert (parsed.status, len(parsed.rows)) == ("mismatch", 1)


@pytest.mark.parametrize("rows", [SMALL[:2], SMALL, LARGE], ids=["two", "small", "large"])
def test_two_rows_on_one_line_are_a_mismatch(rows: tuple[str, ...]) -> None:
    lines = [f"{rows[0]}   {rows[1]}", *rows[2:]]
    assert rows_of(HEAD + "\n".join(lines)).status == "mismatch"


def test_rows_of_several_lines_are_no_damaged_ones() -> None:
    lines = [line for row in LARGE for line in (row, f"{row.split()[0]} is in use", f"{row.split()[0]} has no errors")]
    assert rows_of(HEAD + "\n".join(lines)).status == "ok"


def test_a_message_in_a_line_is_no_split_one_in_a_log() -> None:
    text = f"Syslog logging: enabled\n{MESSAGES['ios']}host-1 {MESSAGES['ios']}"
    assert "splits" not in str(rows_of(text, "show logging").message)


def test_many_skipped_rows_are_counted() -> None:
    lines = "".join(
        f"Gi1/0/{port}             Desg BKN*4         128.{port}    P2p *ROOT_Inc\n" for port in range(2, 9)
    )
    assert "and 6 more" in str(rows_of(TREE.format(lines), "show spanning-tree").message)


# -- rows with values of another column --------------------------------------------------------------------------------

ARP = """Address         Age (sec)  Hardware Addr   Interface
10.0.0.1          0:00:01  0011.2233.4455  Vlan1, Ethernet1
{}"""
VLANS = """VLAN Name                             Status    Ports
---- -------------------------------- --------- -------------------------------
1    default                          active    Gi1/0/1, Gi1/0/2
                                                Gi1/0/3
{}1002 fddi-default                     act/unsup
"""
PARTS = """NAME: "a", DESCR: "b"
PID: X   , VID: V01, SN: A

{}"""
PART = """NAME: "xx", DESCR: "unknown{}"
PID:                     , VID:      , SN: ABC
"""


@pytest.mark.parametrize(
    ("platform", "command", "text", "good", "bad"),
    [
        (
            "arista_eos",
            "show ip arp",
            ARP,
            "10.0.0.4         N/A       0011.2233.4457  Vlan2, not learned\n",
            "10.0.0.4   1 day, 0:00:01  0011.2233.4457  Vlan2, Vxlan1\n",
        ),
        (
            "cisco_ios",
            "show vlan",
            VLANS,
            "10   a-name                           sus/lshut Gi1/0/4\n",
            "10   a name                           active    Gi1/0/4\n",
        ),
        (
            "cisco_nxos",
            "show vlan",
            VLANS,
            "10   active                           suspended\n",
            "10   name with blanks                 suspended\n",
        ),
        ("cisco_ios", "show inventory", PARTS, PART.format(""), PART.format("\nsecond")),
    ],
)
def test_a_line_that_moves_the_values_is_a_mismatch(
    platform: str, command: str, text: str, good: str, bad: str
) -> None:
    assert rows_of(text.format(good), command, platform).status == "ok"
    parsed = rows_of(text.format(good + bad), command, platform)
    assert parsed.status == "mismatch"
    assert len(parsed.rows) >= 3
    assert f"misread a line: {ascii(bad.splitlines()[0].strip())[:40]}" in str(parsed.message)


@pytest.mark.parametrize(
    "line",
    [
        "Internet  192.0.2.9               0   Incomplete      ARPA\n",
        "Internet  192.0.2.9               -   0011.2233.4458  ARPA   Vlan10\n",
        "Internet  192.0.2.9               1   0011.2233.4458  SNAP   Port-channel1.10\n",
    ],
)
def test_an_entry_without_a_mac_is_not_misread(line: str) -> None:
    head = "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\n"
    text = f"{head}Internet  192.0.2.1               -   0011.2233.4455  ARPA   Vlan10\n{line}"
    assert rows_of(text, "show ip arp").status == "ok"


# -- rows that were requested ------------------------------------------------------------------------------------------


def answers(
    monkeypatch: pytest.MonkeyPatch, texts: dict[str, str], parsers: dict[str, str], **more: Any
) -> dict[str, dict[str, Any]]:
    pytest.importorskip("ntc_templates")
    let_answer(monkeypatch, lambda _device, _call: {command: Output(text=text) for command, text in texts.items()})
    commands = [Command(command, parsers.get(command)) for command in texts]
    devices = {
        "good": make_device("good", host="127.0.0.1", user="u", platform="cisco_iosxe", commands=["show clock"]),
        "r1": make_device("r1", host="127.0.0.1", user="u", platform="cisco_iosxe", commands=commands, **more),
    }
    found = call_roll(devices, Limits())
    return found


@pytest.mark.parametrize(
    ("text", "parser", "status", "rows_status"),
    [
        (BRIEF, "textfsm", "ok", "ok"),
        (BRIEF, "auto", "ok", "ok"),
        ("", "textfsm", "ok", "empty"),
        (HEAD, "textfsm", "ok", "empty"),
        ("nonsense", "textfsm", "partial", "mismatch"),
        ("nonsense", "auto", "partial", "mismatch"),
        ("{", "json", "partial", "error"),
        ("nonsense", None, "ok", None),
    ],
)
@pytest.mark.parametrize("required", [True, False])
def test_a_device_without_the_requested_rows_is_partial(
    monkeypatch: pytest.MonkeyPatch, text: str, parser: str | None, status: str, rows_status: str | None, required: bool
) -> None:
    answer = answers(monkeypatch, {COMMAND: text}, {COMMAND: parser} if parser else {}, rows_required=required)["r1"]
    assert answer["output"][COMMAND]["rows_status"] == rows_status
    assert answer["output"][COMMAND]["status"] == "ok"
    assert answer["output"][COMMAND]["text"] == text
    assert answer["status"] == (status if required else "ok")
    if answer["status"] == "partial":
        assert (answer["error"]["phase"], answer["error"]["kind"]) == ("parse", rows_status)
        assert COMMAND in answer["error"]["message"]


@pytest.mark.parametrize(("parser", "status"), [("textfsm", "partial"), ("auto", "ok")])
def test_a_missing_template_is_a_failure_if_the_parser_is_named(
    monkeypatch: pytest.MonkeyPatch, parser: str, status: str
) -> None:
    answer = answers(monkeypatch, {"show nothing known": "text"}, {"show nothing known": parser})["r1"]
    assert (answer["status"], answer["output"]["show nothing known"]["rows_status"]) == (status, "no_template")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"platform": "learned"}, "because ansible_network_os is generic"),
        (
            {"platform": "learned", "platform_note": "platform 'acme' is not known"},
            "no template for the device, because platform 'acme' is not known",
        ),
        ({"platform": "westermo_weos4"}, "it does not support platform westermo_weos4"),
    ],
    ids=["none", "unknown", "without templates"],
)
def test_the_reason_for_no_template_names_the_platform(settings: dict[str, Any], words: str) -> None:
    made = make_device("r1", host="127.0.0.1", user="u", platform="cisco_iosxe", commands=["show clock"])
    assert words in why_no_template(replace(made, **settings))


def test_rows_that_were_found_but_cannot_be_used_are_not_called_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    skipped = "GigabitEthernet0/2     192.0.2.1       YES NVRAM  up                    sideways extra\n"
    answer = answers(monkeypatch, {COMMAND: BRIEF + skipped}, {COMMAND: "textfsm"})["r1"]
    assert answer["output"][COMMAND]["rows"]
    assert answer["error"]["message"].startswith(f"rows of '{COMMAND}' cannot be used (mismatch): ")


def test_the_kinds_of_further_reasons_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {COMMAND: "nonsense", "show version": "nonsense", "show nothing known": "a", "show clock | json": "{"}
    parsers = {**dict.fromkeys(texts, "textfsm"), "show clock | json": "json"}
    message = answers(monkeypatch, texts, parsers)["r1"]["error"]["message"]
    assert message.endswith("; further commands without usable rows: 1 mismatch, 1 no_template, 1 error")


def test_a_rejected_command_and_missing_rows_are_both_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are in one message, which the terminal and all reports show."""
    pytest.importorskip("ntc_templates")

    def said(_device: object, _call: object) -> dict[str, Output]:
        outputs = {
            "show nothing": Output(status="failed", error=Error("command", "rejected", "the device rejected it")),
            COMMAND: Output(text="nonsense"),
            "show version": Output(text="nonsense"),
        }
        value = Outputs(outputs, {})
        raise DeviceError("partial", "command", "rejected", "1 of 3 commands failed, " + "x" * 400, value=value)

    let_answer(monkeypatch, said)
    commands = [Command("show nothing"), Command(COMMAND, "textfsm"), Command("show version", "textfsm")]
    made = make_device("r1", host="127.0.0.1", user="u", platform="cisco_iosxe", commands=commands)
    found = call_roll({"r1": made}, Limits())
    error = found["r1"]["error"]
    assert (error["phase"], error["kind"]) == ("command", "rejected")
    words = f"; also no rows of '{COMMAND}' (mismatch); further commands without usable rows: 1 mismatch"
    assert error["message"] == f"1 of 3 commands failed, {'x' * 400}{words}"
    rows = [fleet_row(name, answer) for name, answer in found.items()]
    for text in (
        fleet_csv(rows, ()).decode(),
        junit(rows, summarize(found.values())).decode(),
        "\n".join(lines_of(found.items(), 2)),
    ):
        assert words in text.replace("&#39;", "'").replace("&apos;", "'")
    without = replace(made, rows_required=False)
    assert call_roll({"r1": without}, Limits())["r1"]["error"]["message"].endswith("x")


@pytest.mark.parametrize("parser", ["textfsm", "auto"])
def test_a_missing_package_is_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, parser: str) -> None:
    monkeypatch.setenv("NTC_TEMPLATES_DIR", str(tmp_path / "nowhere"))
    answer = answers(monkeypatch, {COMMAND: BRIEF}, {COMMAND: parser})["r1"]
    assert (answer["status"], answer["error"]["kind"]) == ("partial", "error")


def test_missing_rows_stand_in_the_verdict_and_in_all_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    found = answers(
        monkeypatch,
        {"show clock": "10:00", COMMAND: "nonsense", "show version": "nonsense"},
        {COMMAND: "textfsm", "show version": "textfsm"},
    )
    found["good"]["status"] = "ok"
    said = f"no rows of '{COMMAND}' (mismatch)"
    verdict = verdict_of({name: each["status"] for name, each in found.items()}, Allowed(0.0))
    assert not verdict.passed
    assert "r1" in verdict.reasons[0]
    assert said in found["r1"]["error"]["message"]
    assert found["r1"]["error"]["message"].endswith("; further commands without usable rows: 1 mismatch")
    rows = [fleet_row(name, answer) for name, answer in found.items()]
    summary = summarize(found.values())
    assert (summary["ok"], summary["partial"]) == (1, 1)
    assert said in json.loads(fleet_json(rows, summary, {}, ()))["devices"]["r1"]["message"]
    for text in (fleet_csv(rows, ()).decode(), junit(rows, summary).decode(), "\n".join(lines_of(found.items(), 2))):
        assert said in text.replace("&#39;", "'").replace("&apos;", "'")
    pages = Pages()
    pytest.importorskip("itables")
    fleet, device = pages.fleet(rows, verdict=verdict), pages.device("r1", found["r1"], index="index.html")
    assert "no rows of" in fleet
    assert "Output does not match its template" in fleet
    assert "no rows of" in device


def test_an_answer_without_its_rows_does_not_become_the_last_good_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    def run(text: str) -> dict[str, Any]:
        answer = answers(monkeypatch, {COMMAND: text, "show clock": text}, {COMMAND: "textfsm"})["r1"]
        folder = RunFolder(str(tmp_path))
        try:
            compared, unwritten = write_answer(folder, "r1", answer, LastGood(tmp_path, Changes()))
        finally:
            folder.close()
        assert unwritten is None
        return compared

    good = run(BRIEF)
    bad = run("% something went wrong\n")
    assert bad["last_good_at"] == good["last_good_at"] == good["finished_at"]
    assert bad["changed"] == ["show clock"]
    kept = {command: path.read_text() for command, _since, path in LastGood(tmp_path, Changes()).texts("r1")}
    assert kept == {COMMAND: BRIEF, "show clock": "% something went wrong\n"}


BLOCK = """GigabitEthernet0/{0} is up, line protocol is up (connected)
  Hardware is Gigabit Ethernet, address is 0011.2233.440{0} (bia 0011.2233.440{0})
  Internet address is 10.0.{0}.1/24
  MTU 1500 bytes, BW 1000000 Kbit/sec, DLY 10 usec,
"""


@pytest.mark.parametrize("place", [5, 18, 30])
def test_a_message_on_a_line_of_its_own_that_divides_a_line(place: int) -> None:
    message = "\n*Nov 26 15:26:01.124: %SYS-5-CONFIG_I: Configured from console by ops\n"
    second = BLOCK.format(2)
    text = BLOCK.format(1) + second[:place] + message + second[place:]
    assert rows_of(text, "show interfaces").status == "mismatch"
    whole = BLOCK.format(1) + message.lstrip() + second
    parsed = rows_of(whole, "show interfaces")
    assert (parsed.status, len(parsed.rows or [])) == ("ok", 2)
