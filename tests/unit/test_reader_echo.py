# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The echo of a command is found on the lines as a terminal shows them."""

from __future__ import annotations

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.echo import Echo, is_echo
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.prompt import Prompt, learned
from tests.unit.played import Talk, play
from tests.unit.scenes import COMMANDS, Scene

LONG = "show ip bgp vpnv4 all neighbors 192.0.2.77 advertised-routes | include 198.51.100"


def after_echo(raw: str, command: str, *, echoes: bool | None = True, prompt: str = "R1#") -> str | None:
    """What comes after the echo; None if there is none. The data comes in two parts, cut at any place."""
    data = raw.encode()
    found = set()
    for cut in range(len(data) + 1):
        echo = Echo(command, Prompt(prompt), echoes)
        echo.search(data[:cut])
        found.add(data[echo.end :].decode() if echo.search(data) else None)
    assert len(found) == 1, "where the data is cut must not matter"
    return found.pop()


@pytest.mark.parametrize(
    ("raw", "rest"),
    [
        pytest.param(f"{LONG}\r\nout\r\n", "out\r\n", id="plain"),
        pytest.param(f"{LONG}   \r\r\nout", "out", id="trailing blanks"),
        pytest.param(f"\r\n{LONG}\r\nout", "out", id="blank line before"),
        pytest.param(f"R1#{LONG}\r\nout", "out", id="behind a prompt"),
        pytest.param(f"\r\x1b[KA:admin@sr-1# {LONG}\r\nout", "out", id="behind a redrawn prompt"),
        pytest.param(f"<HUAWEI>{LONG}\r\nout", "out", id="behind an angle bracket prompt"),
        pytest.param(f"admin:{LONG}\r\nout", "out", id="behind a colon prompt"),
        pytest.param(f"R1#{LONG[:70]} \r{LONG[70:]}\r\nout", "out", id="wrapped with blank and CR"),
        pytest.param(f"R1#{LONG[:70]}\r\n{LONG[70:]}\r\nout", "out", id="wrapped with CRLF"),
        pytest.param(f"{LONG[:40]}{LONG[40]}\r{LONG[40:]}\r\nout", "out", id="wrapped with a character drawn twice"),
        pytest.param(f"{LONG[:4]}\r{LONG[4:]}\r\nout", "out", id="wrapped at the command's own blank"),
        pytest.param("".join(f"{c}\x1b[1m\x1b[m" for c in LONG) + "\r\nout", "out", id="coloured letter by letter"),
        pytest.param(f"{LONG}\x1b[?2004l\r\nout", "out", id="mode switched after it"),
        pytest.param(
            f"R1#{LONG[:60]}{chr(8) * 60}${LONG[30:]}{' ' * 9}{chr(8) * 9}\r\nout",
            "out",
            id="scrolled behind the prompt",
        ),
        pytest.param(f"R1#{LONG[:40]}\r<{LONG[-30:]}              \b\b\b\r\nout", "out", id="scrolled over the prompt"),
        pytest.param(
            f"show ip b\r\n*Nov 23 07:24:59.123: %SYS-5-CONFIG_I: Configured from console\r\nR1#{LONG}\r\nout",
            "out",
            id="cut off by a log message",
        ),
        pytest.param(f"\r\nMon Nov 23 07:24:59.123 UTC\r\n{LONG}\r\nout", "out", id="below a time"),
    ],
)
def test_echo_is_found(raw: str, rest: str) -> None:
    assert after_echo(raw, LONG) == rest


@pytest.mark.parametrize(
    ("raw", "command"),
    [
        ("", "show version"),
        ("Cisco IOS Software\r\n", "show version"),
        ("show version: not allowed\r\n", "show version"),
        ("show version 2\r\n", "show version"),
        ("  1  show clock\r\n  2  show history\r\n", "show history"),
        ("show clock\r\nshow history\r\n", "show history"),
        ("\r\n\r\nCisco\r\n", "show version"),
        ("hostname R1\r\n! show run\r\nR1#show run\r\n", "show run"),
        ("last command: show run\r\n", "show run"),
        ("price in $ show\r\n", "now and then show"),
    ],
)
def test_nothing_else_is_taken_for_the_echo(raw: str, command: str) -> None:
    assert after_echo(raw, command, echoes=None) is None


def test_a_prompt_with_a_counter_before_the_echo() -> None:
    echo = Echo("show clock", Prompt("[1]R1#", counts=True))
    assert echo.search(bytearray(b"\r\n[2]R1#show clock\r\n"))


def test_the_end_of_a_scrolled_command_behind_a_prompt() -> None:
    assert is_echo("sw7#$config | include ntp", "show running-config | include ntp")


def test_an_echo_that_is_divided_into_lines() -> None:
    echo = Echo("show interface description", Prompt("R1#"), echoes=True)
    assert echo.search(bytearray(b"show inter\r\nface descr\r\niption\r\nGi0/1\r\n"))
    assert not echo.interrupted


def test_no_prompt_ends_within_an_escape_sequence() -> None:
    assert learned("R1#", b"\r\nR1#\x1b[") is None
    assert learned("R1#", b"\r\nR1#\x1b[m") is not None


def test_text_before_the_prompt_of_the_echo_is_not_part_of_it() -> None:
    echo = Echo("show clock", Prompt("R1#"))
    data = bytearray(b"rest of itR1#show clock\r\n")
    assert echo.search(data)
    assert (echo.start, echo.behind_prompt) == (10, True)


def test_prompts_that_end_one_line_are_counted() -> None:
    assert Prompt("R1#").count("text R1#R1#R1#") == 3
    assert Prompt("R1#").count("text") == 0
    assert Prompt("[1]R1#", counts=True).start("[2]R1# and text") is None


SHOW = {"show version": b"Version 1\r\nserial X\r\n", LONG: b"10:00\r\n", "show arp": b"a b\r\n\r\nc d\r\n"}
SHOWN = {"show version": "Version 1\nserial X", LONG: "10:00", "show arp": "a b\n\nc d"}
SHORT = {"sh ver": b"show version", "sh arp": b"show arp"}


def echoing(way: str, prompt: bytes, answers: dict[str, bytes]) -> Talk:
    """A device that echoes in its own way."""
    while True:
        yield prompt
        got = b""
        while (key := (yield None)) not in (b"\r", b"\n"):
            if way == "completed" and key == b" " and got == b"sh":
                yield b"ow"
            got += key
            yield {"upper": key.upper(), "prompt for each key": b"\r\n" + prompt + got}.get(way, key)
        typed = got.decode()
        if way == "doubled" or (way == "doubled, but not an empty line" and got):
            yield b"\r\n" + prompt + got
        elif way == "doubled without the prompt" and got:
            yield b"\r\n" + got
        elif way == "completed" and typed in SHORT:
            yield SHORT[typed][len(b"show" + got[2:]) :]
        elif way == "expanded" and got:
            yield b"\r" + prompt + SHORT.get(typed, got)
        yield b"\r\n"
        if typed == "exit":
            return
        yield answers.get(typed, b"% Invalid input\r\n") if typed else b""


@pytest.mark.parametrize("way", ["upper", "prompt for each key"])
@pytest.mark.parametrize(("platform", "prompt"), [("cisco_iosxe", b"R1#"), (None, b"<R-1> "), (None, b"[a@M] > ")])
def test_nothing_of_an_unusual_echo_is_in_the_text(way: str, platform: str | None, prompt: bytes) -> None:
    played = play(echoing(way, prompt, SHOW), SHOW, platform)
    assert (played.error, played.texts) == (None, SHOWN)
    assert bytes(played.stream.typed).decode().count(LONG) == 1


@pytest.mark.parametrize(
    ("raw", "rest"),
    [
        (f"{LONG}\r\nR1#{LONG}\r\nout", "out"),
        (f"R1#{LONG}\r\nR1# {LONG}\r\nout", "out"),
        (f"{LONG}\r\nout\r\nR1#{LONG}\r\n", f"out\r\nR1#{LONG}\r\n"),
        (f"{LONG}\r\nR1#show clock\r\n", "R1#show clock\r\n"),
        (f"{LONG}\r\n{LONG}\r\nout", "out"),
    ],
)
def test_an_echo_that_comes_twice(raw: str, rest: str) -> None:
    echo = Echo(LONG, Prompt("R1#"), echoes=True, doubles=True)
    assert echo.search(raw.encode())
    assert raw.encode()[echo.end :].decode() == rest


@pytest.mark.parametrize("way", ["doubled", "doubled, but not an empty line"])
@pytest.mark.parametrize("platform", ["cisco_iosxe", "hp_procurve", "linux", None])
@pytest.mark.parametrize("prompt", [b"R1#", b"<R-1> "])
def test_nothing_of_a_doubled_echo_is_in_the_text(way: str, platform: str | None, prompt: bytes) -> None:
    played = play(echoing(way, prompt, SHOW), SHOW, platform)
    assert (played.error, played.texts) == (None, SHOWN)


@pytest.mark.parametrize("platform", ["cisco_iosxe", None])
def test_an_echo_that_comes_twice_without_the_prompt_is_known_from_the_lines_that_set_up(platform: str | None) -> None:
    played = play(echoing("doubled without the prompt", b"R1#", SHOW), SHOW, platform)
    assert (played.error, played.texts) == (None, SHOWN)


def test_the_line_of_a_text_that_is_the_prompt_and_the_command_stays_if_the_echo_is_not_doubled() -> None:
    answers = {"show log": b"R1#show log\r\nR1#show clock\r\n", "show clock": b"10:00\r\n"}
    played = play(echoing("plain", b"R1#", answers), answers, "cisco_iosxe")
    assert played.texts["show log"] in ("R1#show log\nR1#show clock", "")
    assert played.kinds()["show log"] == "ok" or played.texts["show log"] == ""


@pytest.mark.parametrize("way", ["completed", "expanded"])
@pytest.mark.parametrize("platform", ["cisco_iosxe", "nokia_sros", None])
def test_abbreviations_that_the_device_completes(way: str, platform: str | None) -> None:
    answers = {short: SHOW[whole.decode()] for short, whole in SHORT.items()}
    played = play(echoing(way, b"R1#", answers), answers, platform)
    assert (played.error, played.texts) == (None, {short: SHOWN[whole.decode()] for short, whole in SHORT.items()})


@pytest.mark.parametrize(
    ("raw", "command"),
    [
        ("Show the version\r\n", "show version"),
        ("show versions 12\r\n", "show version 1"),
        ("uptime: 5\r\n", "uptime"),
        ("\r\nSHOW VERSION\r\n", "show version"),
        ("arp-table\r\n", "arp"),
    ],
)
def test_what_only_resembles_the_command_is_text(raw: str, command: str) -> None:
    assert after_echo(raw, command, echoes=None) is None


@pytest.mark.parametrize("length", [10, 200, 400])
def test_an_echo_that_is_drawn_again_for_each_key_of_a_long_line_is_not_searched_in_the_text(length: int) -> None:
    """The answer has a line that is the command."""
    answer = f"line 1\r\n{COMMANDS[2]}\r\nline 3\r\n".encode()
    scene = Scene(prompt=f"{length * 'r'}#", echo="redraw", answers=(b"", b"", answer))
    played = scene.played()
    output = played.outputs[COMMANDS[2]]
    assert (output.status, output.text) == ("ok", scene.expected(2))
