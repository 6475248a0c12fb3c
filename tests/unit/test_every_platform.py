# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every platform on a device that behaves like one: login, exact text behind a pager, rejection, and enable.

``PYTHONPATH=.:collections python -m tests.unit.test_every_platform`` prints the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.rejections import rejection_in
from ansible_collections.rollcall.network.plugins.module_utils._platforms import LEARNED, Platform, load_platform
from tests.unit.played import Played, Stream, Talk, each_of, line, play
from tests.unit.test_pagers import PROMPTS as PAGERS
from tests.unit.test_pagers import WIPES
from tests.unit.test_platforms import ALL, shipped

LOGIN_SECRET, ENABLE_SECRET = "log-me-in", "become-me"
ROWS = [f"row {number:2}   10.0.{number}.1/24   up   {number * 7 % 60} %" for number in range(1, 61)]
PAGE = 23
INVALID = "              ^\n% Invalid input detected at '^' marker."
UNKNOWN = "% Unknown command"
COLUMNS = ("login", "exact text", "rejection flagged", "pager answered", "enable")


@dataclass(frozen=True)
class Box:
    """How a device of a platform looks."""

    prompt: str = "sw-1#"  # in the mode that the platform wants
    before: str = ""  # in the mode that the login gives; empty: the same one
    pager: str = "ios"
    rejection: str = INVALID
    password: str = "Password: "  # the question behind the line that enters the mode
    user: str = "Username: "


def same(prompt: str, pager: str = "ios", rejection: str = INVALID, user: str = "login: ") -> Box:
    """A device that has one mode, or that gives the wanted one to everybody."""
    return Box(prompt, "", pager, rejection, user=user)


def ios(name: str = "sw-1", pager: str = "ios", rejection: str = INVALID, password: str = "Password: ") -> Box:
    return Box(f"{name}#", f"{name}>", pager, rejection, password)


def fastpath(pager: str = "edgeswitch", rejection: str = INVALID) -> Box:
    return Box("(edge 1) #", "(edge 1) >", pager, rejection, "Password:", "User:")


MD_CLI = "MINOR: MGMT_CORE #2201: Unknown element - 'foo'"
VYOS = "\n  Invalid command: [foo]\n"
BOXES: dict[str, Box] = {
    "a10_acos": ios("ACOS", rejection="% Unrecognized command.Invalid input detected at '^' marker."),
    "adtran_os": ios("NetVanta", "arubaos", "% Unrecognized command"),
    "aethra_atosnt": same("ATOS>>", rejection="Command not found: foo"),
    "alcatel_aos": same("OS6900-> ", "alcatel", 'ERROR: Invalid entry: "foo"'),
    "allied_telesis_awplus": ios("awplus", "allied telesis"),
    "apcon_apconos": ios("apcon"),
    "arista_eos": ios("leaf1", rejection="% Invalid input (at token 1: 'foo')"),
    "arris_cer": ios("cer"),
    "aruba_aoscx": Box("6300# ", "6300> ", "aoscx", "Invalid input: foo"),
    "aruba_wlc": Box("(wlc-1) #", "(wlc-1) >", "arubaos", INVALID, "Password:"),
    "avaya_ers": ios("4850GTS-PWR+", "ers"),
    "avaya_vsp": ios("VSP-8284XSQ:1", "voss"),
    "bdcom_os": ios("bdcom", rejection="Unknown command"),
    "broadcom_icos": fastpath(),
    "brocade_fos": same("sw1:FID128:admin> ", "ios", "rbash: foo: command not found"),
    "brocade_netiron": ios("SSH@mlx-1", "fastiron", "Invalid input -> foo\nType ? for a list", "Password:"),
    "calix_b6": ios("B6", rejection="% Unrecognized command"),
    "casa_cmts": ios("CASA-C100G", "ios", "% Invalid input detected at '^' marker."),
    "centec_os": ios("Switch", rejection="% Invalid command"),
    "checkpoint_gaia": Box("gw-1> ", "[Expert@gw-1:0]# ", "gaia", "CLINFR0329  Invalid command:'show foo'."),
    "ciena_saos": same("SAOS-3928> ", "ios", "SHELL PARSER FAILURE: 'show foo' - invalid input"),
    "cisco_aireos": same("(Cisco Controller) >", "aireos", "Incorrect usage.  Use the '?' or <TAB> key."),
    "cisco_apic": same("apic1# ", "ios", "Error: Invalid argument 'foo'.  Please check syntax."),
    "cisco_asa": Box("fw/pri/act# ", "fw/pri/act> ", "asa", "  ^\nERROR: % Invalid input detected at '^' marker."),
    "cisco_cbs": ios("SG350", "cisco small business", "% Unrecognized command"),
    "cisco_ftd": same("> ", "ios", "Syntax error: Illegal parameter"),
    "cisco_iosxe": ios("R1"),
    "cisco_iosxr": same("RP/0/RSP0/CPU0:core-1#", "ios", f"Thu Nov 26 10:00:00.123 UTC\n{INVALID}", "Username: "),
    "cisco_nxos": Box("leaf-1# ", "leaf-1> ", "nxos", "          ^\n% Invalid command at '^' marker."),
    "cisco_viptela": same("vEdge-1# ", "ios", "--------^\nsyntax error: unknown command"),
    "cumulus_linux": same("cumulus@leaf01:mgmt:~$ ", "less", "-bash: show: command not found"),
    "cumulus_vtysh": Box("leaf01# ", "cumulus@leaf01:mgmt:~$ ", "less", f"{UNKNOWN}: show foo"),
    "datacom_dmos": same("DM4370# ", "ios", "-----^\nsyntax error: unknown argument"),
    "datacom_dmswitch": same("DM4100#", "ios", "% Invalid input detected at '^' marker."),
    "dcn_os": ios("Switch", rejection="% Invalid input detected at '^' marker."),
    "dell_emc": Box("OS10# ", "OS10> ", "ios", "% Error: Unrecognized command."),
    "dell_enterprisesonic": same(
        "sonic# ", "ios", '                 ^\n% Error: Invalid input detected at "^" marker.'
    ),
    "dell_os6": ios("console", "edgeswitch", INVALID, "Password:"),
    "dell_os9": ios("Dell", rejection='            ^\n% Error: Invalid input at "^" marker.'),
    "dell_powerconnect": ios("console", "powerconnect", "% Unrecognized command", "Password:"),
    "dlink_os": Box("DGS-3120:admin#", "DGS-3120:user#", "dlink", "Available commands:\n..   ?   clear", "PassWord:"),
    "edgecore_ecs": ios("Console", "ios", "          ^\n% Invalid input detected at '^' marker."),
    "eltex_esr": Box("esr-20# ", "esr-20> ", "eltex", "Syntax error: Unknown command"),
    "ericsson_eccli": same("ERICSSON>", "ios", "% Error: Unknown command"),
    "ericsson_ipos": ios("[local]Redback", rejection="                ^\n% Invalid input detected at '^' marker"),
    "extreme_exos": same("X460G2-24t.1 # ", "exos", "         ^\n%% Invalid input detected at '^' marker."),
    "extreme_nos": Box("sw0# ", "sw0> ", "ios", "------^\nsyntax error: unknown argument."),
    "extreme_slx": Box("SLX# ", "SLX> ", "ios", "------^\nsyntax error: unknown argument."),
    "f5_tmsh": Box(
        "admin@(lb1)(cfg-sync Standalone)(Active)(/Common)(tmos)# ",
        "[admin@lb1:Active:Standalone] ~ # ",
        "f5",
        'Syntax Error: "foo" unexpected argument',
    ),
    "fortinet_fortios": same(
        "FGT60F (root) # ", "fortios", "command parse error before 'foo'\nCommand fail. Return code -61"
    ),
    "fortinet_wlc": Box("wlc# ", "wlc> ", "ios", "Unrecognized command: foo"),
    "frr": ios("r1", "less", f"{UNKNOWN}: show foo"),
    "fs_fsos": ios("FS", rejection="% Invalid input detected at '^' marker."),
    "hillstone_stoneos": ios("SG-6000", rejection="                ^-----unrecognized keyword foo"),
    "hp_comware": same("<HP>", "comware", "          ^\n % Unrecognized command found at '^' position."),
    "hp_procurve": Box("HP-2530-24G# ", "HP-2530-24G> ", "procurve", "Invalid input: foo"),
    "huawei_smartax": ios("MA5800-X7", "smartax", "                  ^\n  % Unknown command, the error locates at '^'"),
    "huawei_vrp": same("<Huawei>", "vrp", "               ^\nError: Unrecognized command found at '^' position."),
    "ipinfusion_ocnos": ios("OcNOS", "ios", INVALID),
    "juniper_junos": Box(
        "root@mx-1> ", "root@mx-1:~ # ", "junos", "                     ^\nunknown command.", user="login: "
    ),
    "juniper_screenos": same("ns5gt(M)-> ", "screenos", "^------unknown keyword foo"),
    LEARNED: ios("frob-1", "ios", "bad command name foo"),
    "lenovo_cnos": ios("G8272", rejection="% Invalid input detected at '^' marker."),
    "lenovo_enos": ios("G8052", "any key", "Error: Unknown command"),
    "linux": same("ops@host:~$ ", "less", "-bash: show: command not found"),
    "mellanox_mlnxos": Box(
        "sw1 [standalone: master] # ",
        "sw1 [standalone: master] > ",
        "less, lines",
        '% Unrecognized command "foo".\nType "show ?" for help.',
    ),
    "mikrotik_routeros": same("[admin@MikroTik] > ", "routeros", "bad command name foo (line 1 column 6)"),
    "netgear_prosafe": fastpath(),
    "netscaler": same("> ", "netscaler", "ERROR: No such command"),
    "nokia_srlinux": Box(
        "\r\n--{ running }--[  ]--\r\nA:leaf-1# ",
        "[linuxadmin@leaf-1 ~]$ ",
        "less",
        "Error: Path 'foo' does not specify a valid container",
    ),
    "nokia_sros": same("\r\n[/]\r\nA:admin@pe-1# ", "sros md-cli", MD_CLI),
    "nokia_sros_classic": same("A:pe-1# ", "sros classic", "             ^\nError: Bad command."),
    "nokia_sros_classic_aram": same("leg:isadmin>#", "sros classic", "         ^\ninvalid token"),
    "oneaccess_oneos": ios("localhost", rejection="Syntax error"),
    "paloalto_panos": same("admin@fw-1(active)> ", "less, lines", "Unknown command: foo"),
    "pluribus_netvisor": same("CLI (netadmin@sw1) > ", "ios", "show foo: Unrecognized command"),
    "quanta_mesh": fastpath(),
    "raisecom_ros": ios("Raisecom", "ios", '% "foo"  Unknown command.', "Password:"),
    "ruckus_fastiron": ios("SSH@icx-1", "fastiron", "Invalid input -> foo\nType ? for a list", "Password:"),
    "ruckus_unleashed": Box(
        "ruckus# ", "ruckus> ", "ios", "The command is either unrecognized or incomplete.", user="Please login: "
    ),
    "ruijie_rgos": ios("Ruijie", rejection="                ^\n% Invalid input detected at '^' marker."),
    "siemens_roxii": same("ruggedcom# ", "ios", "------^\nsyntax error: unknown argument"),
    "tplink_jetstream": ios("T2600G", "tp-link", "   Error: Bad command"),
    "ubiquiti_edgerouter": same("ubnt@edge:~$ ", "less", VYOS),
    "ubiquiti_edgeswitch": fastpath(),
    "versa_flexvnf": Box(
        "admin@branch-1-cli> ", "[admin@branch-1: ~] $ ", "ios", "-----^\nsyntax error: unknown argument"
    ),
    "vyos_vyos": same("vyos@gw-1:~$ ", "less", VYOS),
    "watchguard_fireware": same("WG#", "ios", "              ^\n%Error: Unrecognized command"),
    "westermo_weos4": same("sw:/#> ", "ios", "No such command: foo"),
    "yamaha": Box("RTX1210# ", "RTX1210> ", "yamaha", "Error: Invalid command name", user="Username: "),
    "zte_zxros": ios("ZXR10", "ios", "              ^\n%Error 20201: Unknown command."),
    "zyxel_dslam": same("ras> ", "zyxel dslam", "invalid command"),
}


@pytest.fixture(autouse=True)
def with_definitions() -> None:
    if not shipped():
        pytest.skip("scrapli's definitions are not installed")


# -- the device --------------------------------------------------------------------------------------------------------


class Device:
    """Asks for the login, pages whatever is sent to it, and shows the table in the mode that the platform wants."""

    def __init__(self, name: str, *, telnet: bool) -> None:
        self.box = BOXES[name]
        self.platform = load_platform(name)
        self.telnet = telnet
        self.logged_in = False
        self.pages = 0  # keys that brought a page
        self.refused = 0
        self.entered = False

    def talk(self) -> Talk:
        if self.telnet:
            yield b"\r\n" + self.box.user.encode()
            user = yield from line()
            yield b"Password: "
            if user != "admin" or (yield from line(echo=False)) != LOGIN_SECRET:
                yield b"\r\n% Login failed\r\n"
                return
        self.logged_in = True
        yield b"\r\nWelcome: authorised users only\r\n\r\n"
        steps = list(steps_of(self.platform, self.box))
        while True:
            yield (self.box.before if steps else self.box.prompt).encode()
            typed = (yield from line()).strip()
            if typed in (self.platform.on_close, "exit"):
                return
            if steps and typed == steps[0][0]:
                if steps[0][1]:
                    yield self.box.password.encode()
                    if (yield from line(echo=False)) != ENABLE_SECRET:
                        yield b"\r\n% Access denied\r\n"
                        continue
                    yield b"\r\n"
                del steps[0]
                self.entered = not steps
            elif typed == "show table" and not steps:
                yield from self.table()
            elif typed:
                self.refused += typed == "show foo"
                yield self.box.rejection.replace("\n", "\r\n").encode() + b"\r\n"

    def table(self) -> Talk:
        prompt, key = PAGERS[self.box.pager]
        width = len(prompt)
        for number, row in enumerate(ROWS):
            if number and not number % PAGE:
                yield prompt.encode()
                if (yield None) != key.encode():
                    yield b"\r\nQuit\r\n"
                    return
                self.pages += 1
                yield WIPES["blanks, twice"](width).encode()
            yield f"{row}\r\n".encode()


def steps_of(platform: Platform, box: Box) -> list[tuple[str, bool]]:
    """Return the lines that lead to the mode that the platform wants, and whether each asks for a secret."""
    goal = next((step.text for step in platform.on_open if step.kind == "enter"), None)
    mode = platform.mode_of(f"\n{box.before}") if box.before else None
    if mode is None or goal is None:
        return []
    return [(step.text, step.kind == "ask") for step in platform.way(mode.name, goal) or ()]


# -- the tests ---------------------------------------------------------------------------------------------------------


def asked_as(name: str) -> str | None:
    return None if name == LEARNED else name


def played(device: Device, name: str, *, small: bool) -> Played:
    """:param small: the device is far away, and sends small packets."""
    options: dict[str, Any] = {"delay": 0.3, "cut": in_packets} if small else {}
    stream = Stream(device.talk(), **options)
    stream.asks_login = device.telnet
    settings: dict[str, Any] = {"password": LOGIN_SECRET, "become_password": ENABLE_SECRET, "command_timeout": 60.0}
    return play(each_of(()), ["show table", "show foo"], asked_as(name), stream=stream, **settings)


def in_packets(data: bytes) -> list[bytes]:
    return [data[place : place + 7] for place in range(0, len(data), 7)]


def row(name: str, *, telnet: bool, small: bool = False) -> dict[str, str]:
    """Return what is not right in each cell; nothing if it is, and a dash if the platform does not have it."""
    device = Device(name, telnet=telnet)
    answer = played(device, name, small=small)
    table, foo = answer.outputs.get("show table"), answer.outputs.get("show foo")
    kinds = answer.kinds()
    text = table.text if table is not None else ""
    wrong = str(answer.error.error.message if answer.error else "")[:200]
    has_steps = bool(steps_of(device.platform, device.box))
    return {
        "login": "" if device.logged_in and answer.outputs else wrong or "no login",
        "exact text": "" if text == "\n".join(ROWS) and kinds.get("show table") == "ok" else f"{text[:60]!r} {wrong}",
        "rejection flagged": "" if foo and kinds["show foo"] == "rejected" else f"{kinds.get('show foo')} {wrong}",
        "pager answered": "" if device.pages == (len(ROWS) - 1) // PAGE else f"{device.pages} pages",
        "enable": ("" if device.entered else wrong or "not entered") if has_steps else "-",
    }


def test_every_platform_has_a_device() -> None:
    assert sorted(BOXES) == ALL
    for name, box in BOXES.items():
        platform = load_platform(name)
        assert platform.mode_of(f"\n{box.prompt}".replace("\r", "")) is not None, name
        goal = next((step.text for step in platform.on_open if step.kind == "enter"), None)
        mode = platform.mode_of(f"\n{box.prompt}".replace("\r", ""))
        if box.before and mode is not None:
            assert mode.name == goal, name
            assert steps_of(platform, box), name


@pytest.mark.parametrize("small", [False, True], ids=["", "small packets"])
@pytest.mark.parametrize("telnet", [False, True], ids=["ssh", "telnet"])
@pytest.mark.parametrize("name", BOXES)
def test_a_platform_is_whole(name: str, telnet: bool, small: bool) -> None:
    if not telnet and load_platform(name).asks_login:
        pytest.skip("it asks for the login inside SSH too")
    assert {
        column: cell for column, cell in row(name, telnet=telnet, small=small).items() if cell not in ("", "-")
    } == {}


@pytest.mark.parametrize("name", BOXES)
def test_the_secret_of_another_mode_that_is_refused_is_an_error(name: str) -> None:
    device = Device(name, telnet=False)
    if not any(asks_secret for _line, asks_secret in steps_of(device.platform, device.box)):
        pytest.skip("it asks for no secret")
    stream = Stream(device.talk())
    answer = play(each_of(()), ["show table"], asked_as(name), stream=stream, become_password="wrong")
    assert answer.error is not None
    assert answer.error.error.kind == "become_refused"
    assert "wrong" not in answer.error.error.message
    assert bytes(stream.typed).count(b"wrong") == 1


@pytest.mark.parametrize("name", BOXES)
def test_the_texts_of_a_platform_are_rejections(name: str) -> None:
    failures = load_platform(name).failures
    texts = [f"{each} foo" if each.rstrip()[-1] in ":-" else each for each in failures]
    assert [text for text in texts if rejection_in(text, "show foo", failures) is None] == []


if __name__ == "__main__":
    right = dict.fromkeys(COLUMNS, 0)
    has = dict.fromkeys(COLUMNS, 0)
    for each in BOXES:
        cells = row(each, telnet=True)
        print(
            f"{each:26}",
            *(f"{'ok' if not cells[column] else '-' if cells[column] == '-' else 'NO':17}" for column in COLUMNS),
        )
        for column in COLUMNS:
            right[column] += not cells[column]
            has[column] += cells[column] != "-"
            if cells[column] not in ("", "-"):
                print(f"    {column}: {cells[column]}")
    print(f"{len(BOXES)} platforms:", ", ".join(f"{column} {right[column]} of {has[column]}" for column in COLUMNS))
