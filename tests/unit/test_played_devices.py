# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices of many vendors, played byte for byte: one table for each kind of trouble that readers had with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Reply
from tests.unit.played import Answer, Played, Talk, device, each_of, line, play
from tests.unit.scenes import Scene
from tests.unit.test_pagers import NOT_WIPED, PROMPTS, WIPES

UPTIME = b"up 17 days\r\nload 3 %\r\n"
UPTIME_TEXT = "up 17 days\nload 3 %"
ROWS = b"".join(b"port %d is up\r\n" % number for number in range(30))
ROWS_TEXT = ROWS.decode().replace("\r", "").rstrip()


def ask(
    prompt: bytes, commands: dict[str, Answer], platform: str | None = None, unknown: bytes = b"", **options: float
) -> Played:
    return play(device(prompt, commands, unknown=unknown), commands, platform, **options)


# -- prompts and ends of answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "prompt"),
    [
        ("dell_emc", b"leaf-3# "),
        ("dell_powerconnect", b"console>"),
        ("cisco_asa", b"fw-7/sec/stby# "),
        ("cisco_iosxr", b"RP/0/RP1/CPU0:pe.3#"),
        ("huawei_vrp", b"HRP_S<dmz 2>"),
        ("huawei_vrp", b"<access-sw-of-building-44-floor-3-room-17-rack-2-unit-40-b>"),
        ("huawei_vrp", b"[~leaf3]"),
        ("juniper_junos", b"\r\n{backup:1}\r\nops@ex3> "),
        ("juniper_junos", b"\r\n{secondary:node1}\r\nops@srx3> "),
        ("juniper_junos", b"service-account-of-the-poller@mx960-re1.pop-vienna.core.eu.example.net> "),
        ("nokia_sros", b"\r\n(gl)[/configure]\r\nA:ops@pe-3# "),
        ("nokia_sros", b"*A:pe 3# "),
        ("nokia_srlinux", b"\r\n--{ * candidate shared default }--[  ]--\r\nA:leaf3# "),
        ("mikrotik_routeros", b"\r\x1b[K\x1b[9999B[ops@Zweigstelle 3] <SAFE> \x1b[c"),
        ("cumulus_linux", b"ops@leaf03:~$ "),
        ("fortinet_fortios", b"FG-3 (root) $ "),
        ("no_such_platform_at_all", b"frobnicator 3 ::: "),
    ],
)
@pytest.mark.parametrize("last_line", [b"\r\n", b"", b"\r\n\r\n\r\n"])
def test_prompts_and_ends(platform: str, prompt: bytes, last_line: bytes) -> None:
    wipes = prompt.startswith(b"\r\x1b[K")
    played = ask(
        prompt,
        {
            "show uptime": UPTIME.rstrip() + (last_line or (b"\r\n" if wipes else b"")),
            "show none": b"",
            "show port": ROWS,
        },
        None if platform.startswith("no_such") else platform,
    )
    assert (played.error, played.texts) == (
        None,
        {"show uptime": UPTIME_TEXT, "show none": "", "show port": ROWS_TEXT},
    )


def counting() -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        yield f"[{number}]sw3# ".encode()


@pytest.mark.parametrize("message", [b"", b"\r\nNov 26 15:26:01.124: %LINK-3-UPDOWN: Interface Gi0/1\r\n"])
def test_a_prompt_with_a_counter(message: bytes) -> None:
    prompts = counting()

    def talk() -> Talk:
        while True:
            prompt = next(prompts)
            yield prompt
            if prompt.startswith(b"[4]") and message:
                yield message + prompt
            typed = (yield from line()).strip()
            if typed == "exit":
                return
            if typed == "show uptime":
                yield UPTIME

    assert play(talk(), ["show uptime"]).texts == {"show uptime": UPTIME_TEXT}


# -- echoes ------------------------------------------------------------------------------------------------------------

LONG = "show configuration | match " + "|".join(f"keyword-{number}" for number in range(12))


@pytest.mark.parametrize("command", ["show uptime", LONG])
@pytest.mark.parametrize("echo", ["plain", "redraw", "wrap", "scroll", "none", "head"])
@pytest.mark.parametrize("delay", [0.0, 0.3])
@pytest.mark.parametrize("prompt", [b"fw3# ", b"[ops@core3] > "])
def test_echoes(command: str, echo: str, delay: float, prompt: bytes) -> None:
    """``head``: at the line end, the first part of a long command is drawn again, with a mark at its end."""
    width = 60
    room = width - len(prompt) - 19

    typed = ""

    def typed_line() -> Talk:
        nonlocal typed
        got = b""
        while (key := (yield None)) not in (b"\r", b"\n"):
            got += key
            column = len(prompt) + len(got)
            if echo == "plain":
                yield key
            elif echo == "redraw":
                yield b"\r" + prompt + b"\x1b[36m" + got + b"\x1b[m\x1b[K"
            elif echo == "wrap":
                yield key + (b" \r" if column % width == 0 else b"")
            elif echo in ("scroll", "head"):
                yield key if column < width else b"\r" + prompt + b"$" + got[-18:] + b" " * room + b"\x08" * room
        if echo == "head" and len(prompt) + len(got) >= width:
            yield b"\r" + prompt + got[: width - len(prompt) - 1] + b"$"
        yield b"" if echo == "none" else b"\r\n"
        typed = got.decode().strip()

    def talk() -> Talk:
        while True:
            yield prompt
            yield from typed_line()
            if typed == "exit":
                return
            if typed == command:
                yield UPTIME
            elif typed == "show port":
                yield ROWS

    played = play(talk(), [command, "show port"], delay=delay)
    assert (played.error, played.texts) == (None, {command: UPTIME_TEXT, "show port": ROWS_TEXT})


# -- pagers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROMPTS)
@pytest.mark.parametrize("wipe", [name for name in WIPES if name not in NOT_WIPED])
def test_pagers(name: str, wipe: str) -> None:
    scene = Scene(prompt="sw3# ", echo="plain", answers=(ROWS, UPTIME), pager=name, wipe=wipe, page=12, accepts=False)
    played = scene.played()
    assert played.error is None
    assert list(played.texts.values()) == [ROWS_TEXT, UPTIME_TEXT]


# -- rejections, and texts that quote them -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "text", "kind"),
    [
        ("cisco_asa", b"               ^\r\nERROR: % Invalid input detected at '^' marker.\r\n", "rejected"),
        ("cisco_iosxe", b"Command authorization failed.\r\n", "rejected"),
        ("cisco_nxos", b"% Permission denied for the role\r\n", "rejected"),
        ("arista_eos", b"% Authorization denied for command 'show uptime'\r\n", "rejected"),
        (
            "fortinet_fortios",
            b"\r\ncommand parse error before 'uptime'\r\nCommand fail. Return code -61\r\n",
            "rejected",
        ),
        ("juniper_junos", b"error: permission denied for show uptime\r\n", "rejected"),
        ("hp_comware", b"               ^\r\n % Unrecognized command found at '^' position.\r\n", "rejected"),
        (None, b"bad command name show (line 1 column 1)\r\n", "rejected"),
        ("huawei_vrp", b" Total Error:       0,  Output Error: 0\r\n", "ok"),
        ("nokia_sros", b'3 2026/11/26 21:10:46.48 UTC MINOR: SNMP #2001 Base\r\n"Interface 1/1/3 is down"\r\n', "ok"),
        ("juniper_junos", b"Nov 26 10:00:00  mx3 mgd[12]: User 'ops', command 'shwo' syntax error\r\n", "ok"),
    ],
)
def test_rejections(platform: str | None, text: bytes, kind: str) -> None:
    played = ask(b"sw3# ", {"show uptime": text, "show port": ROWS}, platform)
    assert played.kinds() == {"show uptime": kind, "show port": "ok"}
    assert played.texts["show uptime"].split() == text.decode().split()


# -- messages of a device ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["behind the prompt", "in the echo", "behind the prompt, later"])
@pytest.mark.parametrize(
    "message",
    [
        b"\r\n\r\n***\r\n*** --- SHUTDOWN in 0:10:00 ---\r\n***\r\n",
        b"\r\nMessage from syslogd@mx3 at Nov 26 10:00:00  ...\r\nmx3 fpc1 link 3 failed\r\n\r\n",
        b"\r\n2026 Nov 26 10:00:00 n7k-3 %$ VDC-2 %$ %ETHPORT-5-IF_UP: Interface Ethernet1/3 is up\r\n",
        b"\r\n#Nov 26 12:01:24:230 2026 sw3 IFNET/4/TRAP:1.3.6.1<linkdown>  Interface 3 is Down\r\n",
        b"\r\n<45>1 2026-11-26T10:00:00.000Z sw3 app 3 - - link up\r\n",
    ],
)
@pytest.mark.parametrize("shows_prompt_again", [True, False])
def test_messages_of_a_device(where: str, message: bytes, shows_prompt_again: bool) -> None:
    prompt = b"sw3#"

    def talk() -> Talk:
        asked = 0
        while True:
            yield prompt
            if asked == 1 and where.startswith("behind"):
                yield 2.0 if "later" in where else 0.03
                yield message + (prompt if shows_prompt_again else b"")
            got = b""
            while (key := (yield None)) != b"\n":
                got += key
                yield key
                if asked == 1 and where == "in the echo" and got == b"show p":
                    yield message + (prompt + got if shows_prompt_again else b"")
            yield b"\r\n"
            if got == b"exit":
                return
            if got:
                asked += got.startswith(b"show")
                yield UPTIME if got == b"show uptime" else ROWS if got == b"show port" else b""

    played = play(talk(), ["show uptime", "show port"], "cisco_iosxe")
    assert (played.error, played.texts) == (None, {"show uptime": UPTIME_TEXT, "show port": ROWS_TEXT})


# -- late bytes, and devices that cannot be followed -------------------------------------------------------------------


def late(*parts: bytes | float) -> Callable[[], Talk]:
    def talk() -> Talk:
        yield from each_of(parts)

    return talk


@pytest.mark.parametrize("pause", [0.02, 0.3, 0.9, 1.5, 4.0])
@pytest.mark.parametrize(
    ("first", "rest"),
    [
        (b"log of a session\r\nsw3#", b"show clock\r\nend of it\r\n"),
        (b"log of a session\r\nsw3#", b"\r\nend of it\r\n"),
        (b"the prompt is sw3#", b" as it was\r\n"),
        (b"half a line, sw3#", b" and no line end"),
        (b"line 1\r\n", b"line 2\r\n"),
    ],
)
@pytest.mark.parametrize("is_last", [True, False])
@pytest.mark.parametrize("delay", [0.0, 0.2])
def test_late_bytes(first: bytes, rest: bytes, pause: float, is_last: bool, delay: float) -> None:
    expected = (first + rest).decode().replace("\r", "").rstrip("\n")
    commands = ["show port", "more log"] if is_last else ["more log", "show port"]
    answers: dict[str, Answer] = {"more log": late(first, pause, rest), "show port": ROWS}
    played = play(device(b"sw3#", answers, unknown=b""), commands, delay=delay)
    for command, text in {"more log": expected, "show port": ROWS_TEXT}.items():
        output = played.outputs[command]
        assert output.text == text if output.error is None else output.error.kind in ("desynchronised", "not_asked")
    assert played.error is None


# -- questions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        b"Proceed with reload? [confirm]",
        b"Are you sure you want to reboot? (y/n) ",
        b"Overwrite the file [startup-config]? [yes/no]: ",
        b"Destination filename [running-config]? ",
        b"Enter the new password: ",
    ],
)
@pytest.mark.parametrize("platform", [None, "cisco_iosxe"])
def test_questions(question: bytes, platform: str | None) -> None:
    def asks() -> Talk:
        yield question
        typed = yield None
        yield b"\r\nDONE " + typed

    played = play(device(b"sw3#", {"do it": asks, "show port": ROWS}, unknown=b""), ["do it", "show port"], platform)
    assert played.kinds() == {"do it": "question", "show port": "not_asked"}
    assert bytes(played.stream.typed).endswith(b"do it\n")
    wanted = question.decode().strip()[:12]
    answered = play(
        device(b"sw3#", {"do it": asks, "show port": ROWS}, unknown=b""),
        [Command("do it", answers=(Reply(wanted, "y"),)), "show port"],
        platform,
    )
    assert answered.kinds() == {"do it": "ok", "show port": "ok"}
