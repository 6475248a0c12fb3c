# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole sessions of devices from public bug reports of other tools. They are played byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._platforms import platform_name
from tests.unit.played import Answer, Played, Talk, device, line
from tests.unit.played import play as play_as

MARK = b"                 ^\r\n"


def play(talk: Talk, commands: Iterable[str], network_os: str) -> Played:
    return play_as(talk, commands, platform_name(network_os))


def shown(text: bytes) -> str:
    return text.decode().replace("\r", "").strip("\n")


def after(question: bytes, keys: bytes, talk: Talk) -> Talk:
    """A device that asks before its session, and goes on after one of these keys."""
    yield question
    while (yield None) not in keys:
        pass
    yield b"\r\n"
    yield from talk


# -- what is asked before the prompt -----------------------------------------------------------------------------------

STATUS = b"Version: FortiGate-40F v7.2.8\r\nHostname: BRANCH-7\r\n"
CLOCK = b"08:15:00 CET Fri 11/27/2026\r\n"


def fortios() -> Talk:
    banner = b"####\r\nThis system   #\r\nis private    #\r\n####\r\n\r\n(Press 'a' to accept):"
    return after(banner, b"a", device(b"BRANCH-7 # ", {"get system status": STATUS + b"\r\n"}))


def comware() -> Talk:
    notice = b"\r\n*** Members only ***\r\nPress Y or ENTER to continue, N to exit.\r\n"
    return after(notice, b"yY\r\n", device(b"<core-2>", {"display clock": CLOCK, "screen-length disable": b""}))


@pytest.mark.parametrize(
    ("platform", "talk", "command", "text"),
    [
        ("fortinet.fortios.fortios", fortios, "get system status", STATUS),
        ("h3c_comware", comware, "display clock", CLOCK),
    ],
)
def test_a_banner_that_waits_for_a_key(platform: str, talk: Callable[[], Talk], command: str, text: bytes) -> None:
    played = play(talk(), [command], platform)
    assert (played.error, played.texts) == (None, {command: shown(text)})


@pytest.mark.parametrize("shell", [b"root@ex4300:RE:0% ", b"root@mx204_RE:~ # "])
def test_the_shell_of_root_on_junos(shell: bytes) -> None:
    def talk() -> Talk:
        yield b"Last login: Tue Feb  1 09:00:00 2022 from 192.0.2.7\r\n--- JUNOS 20.4R3 built 2021-08-30 UTC\r\n"
        inside = False
        while True:
            yield b"\r\n{master:0}\r\nroot@ex4300> " if inside else shell
            typed = (yield from line()).strip()
            if typed == "cli" or (inside and typed in ("exit", "quit")):
                inside = typed == "cli"
            elif typed in ("exit", "quit"):
                return
            elif inside and typed:
                yield b"Model: ex4300\r\n" if typed == "show version" else b"Screen set\r\n"
            elif typed:
                yield typed.split()[0].encode() + b": Command not found.\r\n"

    played = play(talk(), ["show version"], "junipernetworks.junos.junos")
    assert (played.error, played.texts) == (None, {"show version": "Model: ex4300"})


# -- rejected commands, and good answers that quote a rejection --------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "prompt", "text"),
    [
        ("dellemc.os10.os10", b"leaf7# ", b"% Error: Unrecognized command.\r\n"),
        ("dell_emc", b"console#", MARK + b"% Invalid input detected at '^' marker.\r\n"),
        ("cisco.asa.asa", b"FW-5516-02# ", MARK + b"ERROR: % Invalid input detected at '^' marker.\r\n"),
        ("cisco.asa.asa", b"FW-LAB/act/sec# ", MARK + b"ERROR: % Invalid input detected at '^' marker.\r\n"),
        ("cisco.asa.asa", b"fw/ctx_two/sec/stby# ", b"Command authorization failed\r\n"),
        ("fortios", b"lab2 $ ", b"\r\ncommand parse error before 'uptime'\r\nCommand fail. Return code -61\r\n\r\n"),
        ("fortios", b"lab2 $ ", b"Unknown action 0\r\n\r\n"),
        ("arista.eos.eos", b"spine2#", b"% Authorization denied for command 'show uptime'\r\n"),
        ("cisco.nxos.nxos", b"n9k-4# ", b"% Permission denied for the role\r\n"),
        ("cisco.iosxr.iosxr", b"RP/0/RP1/CPU0:xr4#", b"% This command is not authorized\r\n"),
        ("cisco.ios.ios", b"r4#", b"Command authorization failed.\r\n"),
        ("cisco.ios.ios", b"r4#", b"% Authorization failed.\r\n"),
        ("hp_comware", b"<H3C>", MARK + b" % Ambiguous command found at '^' position.\r\n"),
        ("hp_comware", b"<H3C>", b"Permission denied.\r\n"),
        ("aoscx", b"sw4# ", b"Cannot execute command. Command not allowed.\r\n"),
        ("junos", b"ops@mx4> ", b"error: permission denied for show uptime\r\n"),
        ("routeros", b"[ops@core] > ", b"\x1b[31mbad command name show (line 1 column 1)\x1b[m\r\n"),
        ("sros", b"A:pe4# ", b"Error: Bad command.\r\n"),
        ("nokia_sros", b"\r\n[/]\r\nA:ops@pe4# ", b"MINOR: MGMT_CORE #2201: Unknown element\r\n"),
    ],
)
def test_one_command_is_refused(platform: str, prompt: bytes, text: bytes) -> None:
    answers: dict[str, Answer] = {"show clock": CLOCK, "show uptime": text}
    played = play(device(prompt, answers, unknown=b""), answers, platform)
    assert played.kinds() == {"show clock": "ok", "show uptime": "rejected"}
    assert played.texts["show clock"] == shown(CLOCK)


@pytest.mark.parametrize(
    ("platform", "prompt", "text"),
    [
        ("huawei_vrp", b"<agg-3>", b" Total Error:                0,  Output Error: 0\r\n"),
        (
            "sros",
            b"A:pe4# ",
            b'91002 2026/11/27 08:10:46.48 UTC MINOR: SNMP #2001 Base\r\n"Interface 1/1/4 is not operational"\r\n',
        ),
        ("junos", b"ops@mx4> ", b"Nov 27 08:00:00  mx4 mgd[7]: User 'ops', command 'shwo log' syntax error\r\n"),
        (
            "srlinux",
            b"\r\n--{ + running }--[  ]--\r\nA:srl4# ",
            b"2026-11-27T08:00:00 srl4 sr_mgmt_server: Error: commit failed by admin\r\n",
        ),
        ("cumulus_linux", b"ops@leaf4:mgmt:~$ ", b"Nov 27 08:00:00 leaf4 sshd[7]: Permission denied for user y\r\n"),
    ],
)
def test_a_log_that_quotes_a_refusal_is_a_good_answer(platform: str, prompt: bytes, text: bytes) -> None:
    played = play(device(prompt, {"show log": text}, unknown=b""), ["show log"], platform)
    assert (played.error, played.texts["show log"].strip()) == (None, shown(text).strip())


# -- echoes ------------------------------------------------------------------------------------------------------------


def routeros(prompt: str, tail: str, *, colours: bool) -> Talk:
    """It draws its line again for each key, ends lines with two carriage returns, and probes the terminal."""
    yield b"\x1bZ  \x1b[6n"
    yield 0.3
    yield b"\r\r\n\r\r\n  MMM   MMM   KKK\r\r\n  MikroTik RouterOS 7.11 (c) 1999-2023\r\r\n\r\r\n[?]  Help\r\r\n\r\r\n"
    while True:
        yield f"\r\x1b[K\x1b[9999B{prompt}{tail}".encode()
        typed = ""
        while (key := (yield None).decode()) not in "\r\n":
            typed += key
            if colours:
                yield f"\r{prompt}\x1b[m\x1b[36m{typed}\x1b[m\x1b[K".encode()
            else:
                blanks = " " * (78 - len(prompt) - len(typed))
                yield f"\r{prompt}{typed[:-1]}{blanks}\r{prompt}{typed}".encode()
        yield b"\r\r\n"
        if typed in ("quit", "exit"):
            return
        if typed == "/export":
            yield b'# nov/27/2026 by RouterOS 7.11\r\r\n/interface bridge\r\r\nadd comment="[ops@old] > y"\r\r\n'
            yield 0.05
            yield b"/ip address\r\r\nadd address=192.0.2.9/24\r\r\n"
        elif typed:
            yield b"  name: edge\r\r\n\r\r\n"


@pytest.mark.parametrize(
    ("prompt", "tail", "colours"),
    [
        ("[ops@RouterOS] > ", "", False),
        ("[ops@MikroTik] > ", "", True),
        ("[ops@Lab Router 2] > ", "", True),
        ("[ops@edge] <SAFE> ", "\x1b[c", True),
        ("[ops@Köln-2] > ", "", True),
        ("[ops@RB5009 (Lab)] > ", "", True),
    ],
)
def test_a_line_that_is_drawn_again_for_each_key(prompt: str, tail: str, colours: bool) -> None:
    played = play(
        routeros(prompt, tail, colours=colours), ["/system identity print", "/export"], "community.routeros.routeros"
    )
    export = '# nov/27/2026 by RouterOS 7.11\n/interface bridge\nadd comment="[ops@old] > y"\n/ip address\n'
    assert (played.error, played.texts) == (
        None,
        {"/system identity print": "  name: edge", "/export": f"{export}add address=192.0.2.9/24"},
    )


def asa(prompt: str, width: int, command: str) -> Talk:
    """A long command scrolls while it is typed. When it is sent, its head is drawn, with a ``$`` behind it."""
    room = width - len(prompt) - 1
    yield b"Type help or '?' for a list of available commands.\r\n"
    while True:
        yield f"\r{prompt}".encode()
        typed, column, scrolled = "", 0, False
        while (key := (yield None).decode()) not in "\r\n":
            typed, column = typed + key, column + 1
            if column < room:
                yield key.encode()
                continue
            blanks = room - 19
            yield f"\r{prompt}${typed[-18:]}{' ' * blanks}{chr(8) * blanks}".encode()
            column, scrolled = 19, True
        if scrolled:
            yield f"\r{prompt}{typed[: room - 1]}$".encode()
        yield b"\r\n"
        if typed in ("exit", "logout"):
            return
        if typed == command:
            yield b"clock timezone CET 1\r\nlogging enable\r\n"
        elif typed and not typed.startswith("terminal pager"):
            yield MARK + b"ERROR: % Invalid input detected at '^' marker.\r\n"


@pytest.mark.parametrize("width", [50, 80])
@pytest.mark.parametrize(
    "words",
    [["clock"], ["clock", "logging", "aaa", "http", "ssh", "telnet", "ntp", "banner"], ["clock", "logging"] * 9],
)
def test_a_long_command_that_scrolls(width: int, words: list[str]) -> None:
    command = f"show run | inc {'|'.join(words)}"
    played = play(asa("dc2-fw3# ", width, command), [command], "cisco.asa.asa")
    assert (played.error, played.texts) == (None, {command: "clock timezone CET 1\nlogging enable"})


MESSAGES = (
    (b"cisco.ios.ios", b"sw9#", b"\r\n\r\n***\r\n*** --- SHUTDOWN in 0:02:00 ---\r\n***\r\n"),
    (
        b"junos",
        b"ops@mx4> ",
        b"\r\nMessage from syslogd@mx4 at Nov 27 08:00:00  ...\r\nmx4 fpc1 XETH(0/1): DFE failed\r\n\r\n",
    ),
    (
        b"junos",
        b"ops@mx4> ",
        b"\r\nBroadcast Message from ops@mx4\r\n        (/dev/pts/2) at 8:00 UTC...\r\n\r\nReboot at nine\r\n\r\n",
    ),
    (
        b"cisco.nxos.nxos",
        b"n7k-4# ",
        b"\r\n2026 Nov 27 08:00:00 n7k-4 %$ VDC-1 %$ %ETHPORT-5-IF_DOWN: Interface Ethernet1/4 is down\r\n",
    ),
    (
        b"cisco.ios.ios",
        b"C1117-LAB#",
        b"\r\nNov 27 08:00:01.124 CET: %DMI-5-AUTH_PASSED: R0/0: dmiauthd: User 'bot' passed from 192.0.2.9:0\r\n",
    ),
    (
        b"hp_comware",
        b"<H3C>",
        b"\r\n#Nov 27 08:01:24:230 2026 H3C IFNET/4/TRAP:1.3.6<linkdown>  Interface 4 is Down\r\n",
    ),
)


@pytest.mark.parametrize("place", ["prompt", "echo"])
@pytest.mark.parametrize(("platform", "prompt", "message"), MESSAGES)
def test_a_message_between_two_commands(platform: bytes, prompt: bytes, message: bytes, place: str) -> None:
    def typed(*, interrupted: bool) -> Generator[bytes | float | None, bytes, str]:
        got = b""
        while (key := (yield None)) not in (b"\r", b"\n"):
            got += key
            yield key + (b"\r\n" + message if interrupted and got == b"show v" else b"")
        yield b"\r\n"
        return got.decode().strip()

    def talk() -> Talk:
        before = ""
        while True:
            yield prompt
            if before == "show clock" and place == "prompt":
                yield 0.05
                yield message
            before = yield from typed(interrupted=before == "show clock" and place == "echo")
            if before in ("exit", "quit"):
                return
            yield {"show clock": CLOCK, "show version": b"Version 4.5.6\r\nuptime is 2 days\r\n"}.get(before, b"")

    played = play(talk(), ["show clock", "show version"], platform.decode())
    texts = {"show clock": shown(CLOCK), "show version": "Version 4.5.6\nuptime is 2 days"}
    assert (played.error, played.texts) == (None, texts)


# -- prompts and ends of answers ---------------------------------------------------------------------------------------

INTERFACES = b"Interface     IP Address      Physical   Protocol  \r\nGE0/0/4       192.0.2.4/24    up         up\r\n"
ROUTER = b'    router "Base" {\r\n        as-path-match "[0-9]+"\r\n[ex]\r\nA note#\r\n    }\r\n'


@pytest.mark.parametrize(
    ("platform", "prompt", "text"),
    [
        *(
            ("huawei_vrp", prompt, INTERFACES)
            for prompt in (b"HRP_A<FW_4>", b"HRP_M<fw4>", b"HRP_S<FW 4>", b"<Abc_Dmz_DX_FW4>", b"<Edge SW>", b"<SW+4>")
        ),
        ("huawei_vrp", b"<DE-FRA-DC02-POD07-ROW01-RACK09-LEAF-SWITCH-0017-B>", INTERFACES),
        *(
            ("nokia_sros", b"\r\n" + above + b"\r\nA:ops@pe.4# ", ROUTER)
            for above in (b"[/]", b"*[/]", b"!*[/]", b"(ro)[/]", b"*(ex)[/]", b'[/show router "Base"]')
        ),
        *(("community.network.sros", prompt, ROUTER) for prompt in (b"*B:LAB04-XY# ", b"A:ar4.sr7-1# ", b"A:core 4# ")),
        ("nxos", b"n9k-4# ", b"first line\r\nlast line"),
        ("eos", b"leaf4#", b"abc"),
        ("cumulus_linux", b"ops@leaf4:~$ ", b"up 4 days\r\n"),
        ("junos", b"netops-svc@mx960-re1.pop-vienna.core.region-eu.example.net> ", b"up 4 days\r\n"),
        *(
            ("junos", b"\r\n" + above + b"\r\nops@ex4> ", b"up 4 days\r\n")
            for above in (b"{master:0}", b"{primary:node1}", b"{linecard:4}")
        ),
        ("junos", b"ops@vmx_4:LS-4> ", b"up 4 days\r\n"),
        ("ios", b"r4#", b""),
    ],
)
def test_prompts_of_bug_reports(platform: str, prompt: bytes, text: bytes) -> None:
    answers: dict[str, Answer] = {"show one": text, "show clock": CLOCK}
    played = play(device(prompt, answers, unknown=b""), answers, platform)
    assert (played.error, played.texts) == (None, {"show one": shown(text), "show clock": shown(CLOCK)})


@pytest.mark.parametrize("pause", [0.3, 1.4, 1.5])
def test_a_saved_session_that_quotes_the_prompt(pause: float) -> None:
    def log() -> Talk:
        yield b"session log\r\nr4#"
        yield pause
        yield b"show version\r\nVersion 4\r\n"
        yield pause
        yield b"end of log\r\n"

    answers: dict[str, Answer] = {"more flash:session.log": log, "show clock": CLOCK}
    played = play(device(b"r4#", answers), answers, "ios")
    text = "session log\nr4#show version\nVersion 4\nend of log"
    assert (played.error, played.texts) == (None, {"more flash:session.log": text, "show clock": shown(CLOCK)})


# -- pagers that cannot be switched off --------------------------------------------------------------------------------

VLANS = [b"vlan %d name office-%d\r\n" % (number, number) for number in range(50)]
BLANKS = b"\r" + b" " * 78 + b"\r"


@pytest.mark.parametrize(
    ("platform", "prompt", "refusal", "pager", "wipe", "asks"),
    [
        (
            "community.ciscosmb.ciscosmb",
            b"sw-floor-4#",
            b"% Unrecognized command\r\n",
            b"More: <space>,  Quit: q or CTRL+Z, One line: <return> ",
            BLANKS,
            b"",
        ),
        ("default", b"BR-RS-04# ", b"% Authorization denied\r\n", b"\x1b[7m--More--\x1b[27m", b"\r\x1b[K", b""),
        (
            "nokia_sros",
            b"\r\n[/]\r\nA:ops@pe4# ",
            b"MINOR: MGMT_CORE #2201: Unknown element\r\n",
            b"Press Q to quit, Enter to print next line or any other key to print next page.",
            b"\r\x1b[K",
            b"",
        ),
        ("routeros", b"[ops@MikroTik] > ", b"bad command name\r\n", b"-- [Q quit|D dump|down]", b"\r\x1b[K", b""),
        (
            "dlink_os",
            b"DGS-3420:admin#",
            b"Next possible completions:\r\n",
            b"\x1b[7mCTRL+C\x1b[0m \x1b[7mESC\x1b[0m \x1b[7mq\x1b[0m Quit \x1b[7mSPACE\x1b[0m "
            b"\x1b[7mn\x1b[0m Next Page \x1b[7mENTER\x1b[0m Next Entry \x1b[7ma\x1b[0m All ",
            b"\r\x1b[K",
            b"",
        ),
        (
            "huawei_smartax",
            b"olt4.lab.test#",
            b"",
            b"---- More ( Press 'Q' to break ) ----",
            b"\x1b[37D" + b" " * 37 + b"\x1b[37D",
            b"{ <cr>|ont<K>|port<K>|section<K>|simple<K>||<K> }:",
        ),
    ],
)
def test_a_long_answer_of_a_device_that_pages(
    platform: str, prompt: bytes, refusal: bytes, pager: bytes, wipe: bytes, asks: bytes
) -> None:
    def pages() -> Talk:
        if asks:
            yield asks
            yield from line()
        for number, vlan in enumerate(VLANS):
            yield vlan
            if number and number % 20 == 0:
                yield pager
                key = yield None
                yield wipe
                if key in b"qQ":
                    return

    played = play(device(prompt, {"display vlan": pages}, unknown=refusal), ["display vlan"], platform)
    assert (played.error, played.texts) == (None, {"display vlan": shown(b"".join(VLANS))})
