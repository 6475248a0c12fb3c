# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompts of pagers: recognised at the end of what was received, and removed from the text with what wipes them."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.pagers import (
    TAIL,
    pager_at_end,
    without_pagers,
)
from ansible_collections.rollcall.network.plugins.module_utils._terminal import clean, decode

PROMPTS: dict[str, tuple[str, str]] = {  # what a device sends, and the key that brings the next page
    "ios": (" --More-- ", " "),
    "nxos": ("\x1b[7m--More--\x1b[27m", " "),
    "asa": ("<--- More --->", " "),
    "aireos": ("--More-- or (q)uit", " "),
    "aireos, enter": ("Press Enter to continue or <ctrl-z> to abort", "\n"),
    "edgeswitch": ("--More or (q)uit--", " "),
    "cisco small business": ("More: <space>,  Quit: q or CTRL+Z, One line: <return> ", " "),
    "powerconnect": ("More: <space>,  Quit: q, One line: <return> ", " "),
    "eltex": ("More? Enter - next line; Space - next page; Q - quit; R - show the rest.", " "),
    "alcatel": ("More? [next screen <sp>, next line <cr>, filter pattern </>, quit <q>]", " "),
    "junos": ("---(more 42%)---", " "),
    "junos, first": ("---(more)---", " "),
    "f5": ("---(less 23%)---", " "),
    "f5, items": ("Display all 1234 items? (y/n) ", "y"),
    "vrp": ("  ---- More ----", " "),
    "vrp, colours": ("\x1b[16D\x1b[1m  ---- More ----\x1b[0m", " "),
    "smartax": ("---- More ( Press 'Q' to break ) ----", " "),
    "comware": ("---- More ----", " "),
    "procurve": (
        "\x1b[24;1H\x1b[2K-- MORE --, next page: Space, next line: Enter, quit: Control-C"
        "\x1b[24;1H\x1b[?25h\x1b[24;66H",
        " ",
    ),
    "aoscx": ("-- MORE --, next page: Space, next line: Enter, quit: q", " "),
    "fastiron": ("--More--, next page: Space, next line: Return key, quit: Control-c", " "),
    "zyxel": ("-- more --, next page: Space, continue: c, quit: ESC", " "),
    "zyxel dslam": ("Press any key to continue, 'n' to nopause,'e' to exit", " "),
    "arubaos": ("--More-- (q) quit (u) pageup (/) search (n) repeat", " "),
    "ers": ("----More (q=Quit, space/return=Continue)----", " "),
    "voss": ("--More-- (q = quit)", " "),
    "exos": ("\x1b[7mPress <SPACE> to continue or <Q> to quit:\x1b[m", " "),
    "allied telesis": ("--More--  (<space> = next page, <CR> = one line, C = continuous, Q = quit)", " "),
    "fortios": ("--More-- ", " "),
    "netscaler": ("--More--\x07", " "),
    "screenos": ("--- more --- ", " "),
    "gaia": ("-- More --", " "),
    "tp-link": ("Press any key to continue (Q to quit)", " "),
    "sros classic": ("Press any key to continue (Q to quit)\0", " "),
    "sros md-cli": ("Press Q to quit, Enter to print next line or any other key to print next page.", " "),
    "routeros": ("-- [Q quit|D dump|down]", " "),
    "routeros, wide": ("\r-- [Q quit|D dump|right|up|down]", " "),
    "routeros, end": ("-- [Q quit|D dump|up]", "q"),
    "dlink": (
        "\x1b[7mCTRL+C\x1b[0m \x1b[7mESC\x1b[0m \x1b[7mq\x1b[0m Quit \x1b[7mSPACE\x1b[0m \x1b[7mn\x1b[0m Next Page "
        "\x1b[7mENTER\x1b[0m Next Entry \x1b[7ma\x1b[0m All ",
        " ",
    ),
    "dlink, commas": ("CTRL+C, ESC, q Quit, SPACE, n Next Page, ENTER Next Entry, a All", " "),
    "dlink, commas, end": ("CTRL+C, ESC, q Quit, p Previous Page, r Refresh", "q"),
    "press space": ("[More - press space]", " "),
    "press space behind": ("-- more -- press <space> --", " "),
    "man": (" Manual page ls(1) line 1 (press h for help or q to quit)", " "),
    "man, end": (" Manual page ls(1) line 20/22 (END) (press h for help or q to quit)", "q"),
    "dlink, end": ("\x1b[7mCTRL+C\x1b[0m ESC q Quit p Previous Page r Refresh", "q"),
    "more, percent": ("--More--(45%)", " "),
    "more, percent and blank": ("--More-- (23%)", " "),
    "one dash": ("- more -", " "),
    "less": ("\r\x1b[K:\x1b[K", " "),
    "less, lines": ("\x1b[7mlines 1-24\x1b[27m\x1b[K", " "),
    "less, all": ("lines 25-48/80 byte 2345/6789 60%", " "),
    "less, byte": ("byte 1234", " "),
    "less, percent": ("45%", " "),
    "less, end": ("\x1b[7m(END)\x1b[27m\x1b[K", "q"),
    "less, lines and end": ("lines 60-80/80 (END)", "q"),
    "less on a dumb terminal": ("-  (press RETURN)", "\n"),
    "any key": ("Press any key to continue", " "),
    "space bar": ("Press the <SPACE BAR> for more", " "),
    "enter": ("Press <Enter> to continue...", "\n"),
    "yamaha": ("---つづく---", " "),
    "german": ("--Mehr--", " "),
    "french": ("--Suite--", " "),
    "french, percent": ("--Plus--(45%)", " "),
    "spanish": ("--Más--", " "),
    "italian": ("--Altro--", " "),
    "portuguese": ("--Mais--", " "),
    "dutch": ("--Meer--", " "),
    "polish": ("--Więcej--", " "),
    "czech": ("--Další--", " "),
    "russian": ("--Далее--", " "),
    "chinese": ("---- 更多 ----", " "),
    "japanese": ("--続ける--", " "),
    "key with an article": ("Press a key for more", " "),
    "strike": ("Strike any key to continue", " "),
    "cisco content security": ("-Press Any Key For More-", " "),
    "fiberhome": ("--Press any key to continue Ctrl+c to stop--", " "),
    "parentheses": ("(more)", " "),
    "angles": ("< more >", " "),
    "stars": ("*** More ***", " "),
    "rad": ("more..", " "),
    "zhone": ("<SPACE> for next page, <CR> for next line, A for all, Q to quit", " "),
    "zhone, enter": ("Enter <CR> for more or 'q' to quit--:", "\n"),
    "keys first": ("[Space] next page [q] quit", " "),
    "keys last": ("-- more, next page: SPACE, exit: q", " "),
    "any key for more": ("Type 'q' to quit or any key for more...", " "),
    "maipu": ("....press ENTER to next line, CTRL_C to break, other key to next page....", " "),
    "stars around": ("*** Press any key to continue ***", " "),
    "many dashes": ("---------- Press any key to continue ----------", " "),
    "underscores": ("__ Press any key to continue __", " "),
    "dots around": ("... Press any key to continue ...", " "),
    "arrows before": (">>> Press ENTER to continue", "\n"),
    "brackets": ("[Press any key to continue]", " "),
    "page and number": ("Page 1/3. Press any key to continue", " "),
    "page of pages": ("[Page 1 of 3] - press any key to continue", " "),
    "paused": ("Paused. Press any key to continue", " "),
    "more, and a key": ("-- More, press any key --", " "),
    "more with help": ("--More--(12%)[Press space to continue, 'q' to quit.]", " "),
    "help alone": ("[Press space to continue, 'q' to quit.]", " "),
    "cucm": ("Press <enter> for 1 line, <space> for one page, or <q> to quit", " "),
    "any key alone": ("Press any key...", " "),
    "any key in dashes": ("-- Hit any key --", " "),
    "more and a colon": ("More:", " "),
    "byte in parentheses": ("(byte 1234): ", " "),
}
WEAK = {
    *("less", "less, byte", "less, percent", "parentheses", "angles", "stars", "rad"),
    *("zhone", "zhone, enter", "keys first", "keys last", "any key for more"),
    *("cucm", "any key alone", "any key in dashes", "more, and a key", "more and a colon", "byte in parentheses"),
}
# What stands before "press" can be the end of the half line.
FRONTS = {"maipu", "stars around", "many dashes", "underscores", "dots around", "arrows before"}
FRONTS |= {"page and number", "page of pages", "paused"}
ONLY_ON_A_LINE = WEAK | FRONTS | {"one dash"} | {name for name, (_prompt, key) in PROMPTS.items() if key in "qy"}
WIDE = 90
WIPES: dict[str, Callable[[int], str]] = {
    "blanks": lambda width: "\r" + " " * WIDE + "\r",
    "blanks of its width": lambda width: "\r" + " " * width + "\r",
    "blanks, twice": lambda width: "\r" + " " * WIDE + "\r\x1b[K\x1b[m",
    "backspaces": lambda width: "\b" * width + " " * width + "\b" * width,
    "backspaces one by one": lambda width: "\b \b" * width,
    "erase": lambda width: "\r\x1b[K",
    "erase the line": lambda width: "\x1b[2K\r",
    "left": lambda width: f"\x1b[{width}D{' ' * width}\x1b[{width}D",
    "left of a wide one": lambda width: f"\x1b[80D{' ' * WIDE}\x1b[{WIDE}D",
    "address": lambda width: "\x1b[24;1H\x1b[2K\x1b[24;1H",
    "column": lambda width: "\x1b[G\x1b[0K",
    "carriage return": lambda width: "\r",
    "echo of the key": lambda width: " \b\r\x1b[K",
    "late colours": lambda width: "\x1b[27m\x07\0\r\x1b[K",
}
WAYS = [*WIPES, "line", "blank line"]
NOT_WIPED = ("carriage return",)  # a line end that follows ends the prompt's line
TEXT = [
    "interface Ethernet1",
    "  description first --More-- of two",
    "",
    "   ",
    "  indented",
    "Press any key to continue",
    "lines 1-24",
    "",
    ":",
    " --More-- ",
    "last",
]


def tail(data: bytes | bytearray) -> str:
    return decode(bytes(data[-TAIL:]))


def paged(places: list[int], prompt: str, way: str, text: str) -> tuple[str, bytearray, list[tuple[int, int]]]:
    """A device with a pager at these places of its text. Return what a terminal shows without one, and the rest."""
    data = bytearray()
    spans = []
    width = len(clean(prompt).lstrip("\n"))
    before = 0
    for place in places:
        data += text[before:place].encode()
        before = place
        data += prompt.encode()
        found = pager_at_end(tail(data))
        assert found
        spans.append((len(data) - found.size, len(data)))
        if way == "by the test":
            pass
        elif way in WIPES:
            data += WIPES[way](width).encode()
        else:
            data += b"\r\n" if way == "line" else b"\r" + b" " * WIDE + b"\r\n"
    data += text[before:].encode()
    return clean(text), data, spans


@pytest.mark.parametrize("name", PROMPTS)
@pytest.mark.parametrize("before", ["", "line\r\n", "line\n\r", "line\r\n--More--\r        \r", "line\n\x1b[m"])
def test_pager(name: str, before: str) -> None:
    prompt, key = PROMPTS[name]
    found = pager_at_end(before + prompt)
    assert found
    assert (found.answer, found.sure) == (key, name not in WEAK)
    assert clean(before + prompt)[: len(clean((before + prompt)[: found.start]))].strip() == clean(before).strip()
    assert found.size == len((before + prompt)[found.start :].encode())
    for behind in ("\0", "\x07", "\x1b[27m", "\x1b[0m\x1b[K"):
        later = pager_at_end(before + prompt + behind)
        assert later
        assert (later.start, later.answer) == (found.start, key)


@pytest.mark.parametrize(
    "name", [name for name in PROMPTS if name not in ONLY_ON_A_LINE and PROMPTS[name][0][0] != "\r"]
)
def test_pager_behind_half_a_line(name: str) -> None:
    """Then it is answered only after a silence, as a text can end so where a packet was cut."""
    prompt, key = PROMPTS[name]
    found = pager_at_end(f"line\r\nhalf a line{prompt}")
    assert found
    assert found.answer == key


@pytest.mark.parametrize("name", PROMPTS)
@pytest.mark.parametrize("after", ["\r\n", "\r\nR1#", "\r        \r", "\r\x1b[K", "x", "\b" * 9, "\nabc", "\r\n\x1b[m"])
def test_a_quoted_pager_is_text(name: str, after: str) -> None:
    if PROMPTS[name][0].endswith(("continue", "abort", "exit", "quit", "repeat", "page.", "...")) and after == "x":
        return
    found = pager_at_end(f"line\r\n{PROMPTS[name][0]}{after}")
    assert found is None or (after == "x" and not found.sure) or after == "x"


@pytest.mark.parametrize(
    "text",
    [
        "more",
        "--More--x",
        "no more",
        "- more -x",
        "R1#",
        "----------",
        "Total (END of list)",
        "press any key",
        "interface Ethernet1:",
        "description: the line says more",
        "description to press any key",
        "-- [admin@MikroTik] >",
        "[admin@MikroTik] > ",
        "CPU utilization 45%",
        "show lines 1-24 of",
        "lines 1-24 were changed",
        "byte 5 of the header",
        "More: 5 entries",
        "More? no",
        "quit",
        "Press any key to reboot",
        "-- More -- press Enter to reboot",
        "-- More -- press any key to reboot",
        "-- more text --",
        "::",
        "   :",
        "12.5%",
        "  50%",
        "Press <ENTER> to continue or any other key to abort (ENTER)",
        "mehr",
        "-- mehr Text --",
        "-mehr Speicher-",
        "no more than 5",
        "- plus -x",
        "exit",
        "next line",
    ],
)
def test_no_pager(text: str) -> None:
    assert pager_at_end(f"line\r\n{text}") is None


@pytest.mark.parametrize(
    "text",
    [
        "The switch will reload now.\r\nPress any key to continue",
        "All files are erased. Press Enter to continue",
        "Press <Enter> to proceed with the reboot",
        "This deletes the configuration!\r\nPress any key to continue or Ctrl-C to abort",
        "Hit any key to continue with the factory reset",
        "The system will reboot now.\r\nAll users get disconnected.\r\nPress any key to continue",
        "Startup-config gets destroyed.\r\nPress Enter to continue",
        "The configuration will be wiped.\r\nPress any key to continue",
        "The switch will power off.\r\nPress any key to continue",
        "The configuration is discarded.\r\nPress any key to continue",
        "Failover happens.\r\nHit any key to proceed",
        "The switch will reload now.\r\nEnter to continue, q to quit",
        "Are you sure? Press enter to continue",
        "Press enter to continue, this will log out the other session",
        "All users will be logged out.\r\nPress any key to continue",
        "This test will interrupt traffic on all ports.\r\nPress any key to continue",
        "Settings will be applied. Press ENTER to proceed",
        "Flash firmware now? Press space to continue, q to quit",
        "The link will go down.\r\nPress any key to continue, or Ctrl-C to abort",
        "Migrate the database to the new schema. Press ENTER to continue, q to quit",
        "By pressing Enter you accept the license agreement.\r\nPress Enter to continue",
    ],
)
def test_a_question_about_a_risk_is_no_pager(text: str) -> None:
    assert pager_at_end(f"line\r\n{text}") is None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Enter to continue, q to quit", "\n"),
        ("q to quit, enter to continue", "\n"),
        ("<Enter> to continue, q to quit", "\n"),
        ("[Space] to continue, [q] to quit", " "),
        ("any key to continue, q to quit", " "),
    ],
)
def test_a_line_with_the_keys_to_go_on_and_to_quit_is_a_pager(text: str, key: str) -> None:
    found = pager_at_end(f"line\r\n{text}")
    assert found
    assert (found.answer, found.sure) == (key, False)


@pytest.mark.parametrize(
    "before",
    [
        "System Information",
        "Gi0/1 is closed",
        "Formatted: yes",
        "description installed 2024",
        "removed by ops",
        "LLDP is disabled",
        "The default gateway is r1",
    ],
)
def test_a_pager_behind_a_line_that_announces_nothing(before: str) -> None:
    found = pager_at_end(f"{before}\r\nPress any key to continue (Q to quit)")
    assert found
    assert found.sure


@pytest.mark.parametrize("encoding", ["utf-8", "shift-jis", "euc-jp"])
def test_a_pager_in_another_encoding(encoding: str) -> None:
    prompt = "---つづく---".encode(encoding)
    found = pager_at_end(decode(b"line\r\n" + prompt))
    assert found
    assert (found.answer, found.sure, found.size) == (" ", True, len(prompt))


@pytest.mark.parametrize("behind", [(b"\r\n", b""), (b"", b""), (b"", b"", b"\r\n"), (b"\0", b"")])
@pytest.mark.parametrize("half", [b"", b"half of a line "])
def test_a_pager_that_is_never_wiped(behind: tuple[bytes, ...], half: bytes) -> None:
    data, expected = bytearray(b"a\r\n"), b"a\r\n"
    spans = []
    for number, each in enumerate(behind):
        data += half
        spans.append((len(data), len(data) + 10))
        data += b" --More-- " + each + b"  line %d\r\n" % number
        expected += half + (each if half else b"").strip(b"\0") + b"  line %d\r\n" % number
    assert bytes(without_pagers(data, spans)).replace(b"\0", b"") == expected


@pytest.mark.parametrize("name", PROMPTS)
@pytest.mark.parametrize("way", WAYS)
def test_the_text_is_that_of_a_device_without_a_pager(name: str, way: str) -> None:
    prompt, _key = PROMPTS[name]
    text = "\r\n".join(TEXT) + "\r\nR1#"
    starts = [0, *(place + 1 for place, letter in enumerate(text) if letter == "\n")]
    if way in NOT_WIPED:
        starts = [start for start in starts if not text[start : start + 5].isspace() and text[start] != "\r"]
    for places in ([start] for start in starts[1:]):
        expected, data, spans = paged(places, prompt, way, text)
        assert clean(decode(bytes(without_pagers(data, spans)))) == expected, places
    expected, data, spans = paged(starts[1:], prompt, way, text)
    assert clean(decode(bytes(without_pagers(data, spans)))) == expected


@pytest.mark.parametrize(
    "name", [name for name in PROMPTS if name not in ONLY_ON_A_LINE and PROMPTS[name][0][0] != "\r"]
)
@pytest.mark.parametrize("way", WIPES)
def test_the_text_around_a_pager_behind_half_a_line(name: str, way: str) -> None:
    prompt, _key = PROMPTS[name]
    text = "first\r\nhalf of it and the rest\r\nlast\r\nR1#"
    for place in (text.index("alf") + 3, text.index("rest")):
        expected, data, spans = paged([place], prompt, way, text)
        assert clean(decode(bytes(without_pagers(data, spans)))).split() == expected.split()


def test_without_pagers_random_places() -> None:
    chance = random.Random(5)
    text = "\r\n".join(chance.choice(TEXT) for _ in range(60)) + "\r\nR1#"
    starts = [place + 1 for place, letter in enumerate(text) if letter == "\n"]
    for _ in range(300):
        prompt, _key = PROMPTS[chance.choice(list(PROMPTS))]
        places = sorted(chance.sample(starts, chance.randrange(1, 6)))
        way = chance.choice(WAYS)
        if way in NOT_WIPED:
            places = [place for place in places if not text[place : place + 5].isspace() and text[place] != "\r"]
        expected, data, spans = paged(places, prompt, way, text)
        assert clean(decode(bytes(without_pagers(data, spans)))) == expected


@pytest.mark.parametrize(
    ("prompt", "wipe"),
    [
        ("  ---- More ----", f"\x1b[16D{' ' * 16}\x1b[16D"),
        (" --More-- ", "\b" * 9 + " " * 8 + "\b" * 9),
        (" --More-- ", "\b" * 10 + " " * 10 + "\b" * 10),
        (" --More-- ", "\b \b" * 10),
        ("--More-- ", "\b" * 9 + " " * 9 + "\b" * 9),
        ("--More--", "\b" * 8 + " " * 8 + "\b" * 8),
        ("---- More ----", f"\x1b[80D{' ' * 80}\x1b[80D"),
        ("--More-- ", "\r          \r"),
    ],
)
@pytest.mark.parametrize("half", ["half", "half ", "half   "])
def test_the_blanks_that_a_prompt_begins_with_are_its_own(prompt: str, wipe: str, half: str) -> None:
    text = f"{half}of a line\r\nR1#"
    expected, data, spans = paged([len(half)], prompt, "by the test", text)
    start, end = spans[0]
    data[end:end] = wipe.encode()
    assert clean(decode(bytes(without_pagers(data, spans)))) == expected
    assert start == len(half) + len(prompt) - len(prompt.lstrip())


def test_the_blanks_of_a_prompt_are_known_from_one_that_stood_alone() -> None:
    data = bytearray(b"a\r\n  ---- More ----\r\x1b[Kb  ---- More ----\r\x1b[Kc\r\nR1#")
    second = data.index(b"----", 20)
    assert bytes(without_pagers(data, [(3, 19), (second, second + 14)])) == b"a\r\nbc\r\nR1#"


@pytest.mark.parametrize("wipe", ["\r\x1b[K", "\r" + " " * 60 + "\r"])
@pytest.mark.parametrize("again", ["interface Ethernet1", ""])
def test_half_a_line_that_is_written_again_is_there_once(wipe: str, again: str) -> None:
    data = f"a\r\ninterface Ethernet1--More--{wipe}{again} is up\r\nR1#".encode()
    place = data.index(b"--More")
    assert bytes(without_pagers(data, [(place, place + 8)])) == b"a\r\ninterface Ethernet1 is up\r\nR1#"


@pytest.mark.parametrize("wipe", ["\r\x1b[K", "\r" + " " * 79 + "\r"])
@pytest.mark.parametrize(
    "prompt",
    ["{n}/f.txt lines 1-10/35 28%", "config --More--", "[Page {n}/3] --More--", "Total 9 lines, {n}% --More--"],
)
def test_the_words_that_a_pager_shows_before_its_prompt_each_time(prompt: str, wipe: str) -> None:
    data, spans, expected = b"", [], b""
    for number in range(1, 4):
        before = data + b"line %d\r\n" % number
        data = before + prompt.format(n=number).encode()
        found = pager_at_end(data.decode())
        assert found
        spans.append((len(data) - found.size, len(data)))
        data += wipe.encode()
        expected += b"line %d\r\n" % number
    assert bytes(without_pagers(data + b"end\r\n", spans)) == expected + b"end\r\n"


def test_a_quoted_prompt_that_a_packet_ended_with_is_kept() -> None:
    """The reader answered it, but it was text."""
    data = b"a\r\n--More--\r\x1b[Kb\r\n--More-- is what it says\r\nsay --More--, please\r\nR1#"
    spans = [(3, 11), (18, 26), (48, 56)]
    assert {data[slice(*span)] for span in spans} == {b"--More--"}
    expected = b"a\r\nb\r\n--More-- is what it says\r\nsay --More--, please\r\nR1#"
    assert bytes(without_pagers(data, spans)) == expected


def test_without_pagers_nothing_to_remove() -> None:
    data = b"--More--\r\n--More--\r\nR1#"
    assert without_pagers(data, []) is data


def test_the_prompt_of_ios_is_wiped_but_for_its_blanks() -> None:
    """IOS moves back over nine of its ten characters."""
    data = b"a\r\n --More-- " + b"\b" * 9 + b" " * 8 + b"\b" * 9 + b"  b\r\n\r\nR1#"
    assert bytes(without_pagers(data, [(3, 13)])) == b"a\r\n  b\r\n\r\nR1#"


def test_the_prompt_is_wiped_from_the_line_below() -> None:
    assert bytes(without_pagers(b"a\r\n--More--\r\n\x1b[A\x1b[2K\rb\r\n", [(3, 11)])) == b"a\r\nb\r\n"
