# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import random

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._chatter import CHATTER
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.pagers import pager_at_end
from ansible_collections.rollcall.network.plugins.module_utils._terminal import (
    clean,
    cleaned_pieces,
    decode,
)


def test_decode_keeps_invalid_bytes() -> None:
    data = "Zürich ".encode() + b"\xe9\xff\n"
    assert decode(data) == "Zürich \udce9\udcff\n"
    assert decode(data).encode("utf-8", "surrogateescape") == data


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("a\tb  \n\n c\n", "a\tb  \n\n c\n", id="plain text is untouched"),
        pytest.param("a\r\nb\r\r\nc\n\rd\r\n", "a\nb\nc\nd\n", id="line ends"),
        pytest.param("a\r\0\nb\a\n", "a\nb\n", id="NUL and BEL"),
        pytest.param(
            "\x1b[1;31mred\x1b[0m\x1b(B \x1b7x\x1b8\x1b=\x1b#8\n", "red x\n", id="colours, charsets, two characters"
        ),
        pytest.param("\x1b]0;title\x07a\x1b]2;title\x1b\\b\x1bP1$r0m\x1b\\c", "abc", id="OSC and DCS"),
        pytest.param("\x1b]0;cut short\nkept\n", "0;cut short\nkept\n", id="an unended OSC swallows nothing"),
        pytest.param("a\x1b[12", "a", id="cut in a CSI"),
        pytest.param("a\x1b", "a", id="cut after ESC"),
        pytest.param("a\x0bb\x0cc\x1bEd", "a\nb\nc\nd", id="other line feeds"),
        pytest.param("shwo\b\bow ver", "show ver", id="backspaces"),
        pytest.param("abc\b\b\b\b\bX", "Xbc", id="backspace stops at the left margin"),
        pytest.param("abcdef\rxy", "xycdef", id="carriage return overwrites"),
        pytest.param("ab  \rxy", "xy  ", id="the line's own trailing blanks stay"),
        pytest.param("ab\r    ", "", id="blanks that overwrote go"),
        pytest.param("a b\r   c", "   c", id="blanks that overwrote within the line stay"),
        pytest.param("a\n --More-- \r          \rGi0/1  \nb", "a\nGi0/1\nb", id="pager wiped with blanks"),
        pytest.param(f"a\n--More--{chr(8) * 8}{' ' * 8}{chr(8) * 8}b\n", "a\nb\n", id="pager wiped with backspaces"),
        pytest.param("a\n--More--\r\x1b[Kb\n", "a\nb\n", id="pager wiped with erase"),
        pytest.param("a\n\x1b[7m--More--\x1b[27m\x1b[2K\rb\n", "a\nb\n", id="pager wiped with erase of the line"),
        pytest.param(f"a\n  ---- More ----\x1b[16D{' ' * 16}\x1b[16Db\n", "a\nb\n", id="pager wiped with cursor moves"),
        pytest.param("--More--\x1b[1K\x1b[Gb", "b", id="erase up to the cursor"),
        pytest.param("\x1b[24;1H\x1b[2Kold\x1b[24;1H\x1b[2Knew# \x1b[?25h", "new# ", id="cursor addressed on one row"),
        pytest.param(
            "a\x1b[3Cb\x1b[2;3Hc\x1b[2Jd", "a c b\n   d", id="forward, address; clearing the screen takes nothing"
        ),
        pytest.param("one\x1b[2;1Htwo\x1b[3;1Hthree", "one\ntwo\nthree", id="rows"),
        pytest.param("\x1b[1;1Hone\x1b[2;1Htwo\r\nthree\r\n", "one\ntwo\nthree\n", id="rows and line ends"),
        pytest.param("\x1b[1;1Ha\x1b[2;1Hb\x1b[1;5Hc\x1b[2;5Hd", "a   c\nb   d", id="columns one after the other"),
        pytest.param("\x1b[3;1Hc\x1b[1;1Ha\x1b[2;1Hb", "a\nb\nc", id="rows in any order"),
        pytest.param("\x1b[1;1Ha\x1b[4;1Hd", "a\n\n\nd", id="rows between"),
        pytest.param("a\r\nb\r\n\x1b[H\x1b[2Jc\r\nd", "a\nb\nc\nd", id="a screen that is cleared"),
        pytest.param("\x1b[H\x1b[2Ja\r\nb\r\n\x1b[H\x1b[2Jc", "a\nb\nc", id="a screen that is cleared twice"),
        pytest.param("\x1b[H\x1b[2Ja\r\nb\r\n\x1b[2J\x1b[Hc", "a\nb\nc", id="a screen that is cleared, then left"),
        pytest.param("a b \x1b[2Jc d\r\ne", "a b c d\ne", id="cleared within a line, without an address"),
        pytest.param("\x1b[Ha\r\nb\r\n\x1b[Hc\r\nd", "a\nb\nc\nd", id="a screen that is drawn over from the top"),
        pytest.param("\x1b[5da\x1b[6db", "a\n b", id="a row alone"),
        pytest.param("\x1b[24;1Ha\x1bE\x1b[24;1Hb\x1bE\x1b[24;1Hc# ", "a\nb\nc# ", id="the last row, which moves up"),
        pytest.param("show ver\x1b[24;15H\x1b[24;1H\x1b[2K\x1b[24;1Hsw# ", "sw# ", id="the last row, which is wiped"),
        pytest.param("a\r\nb\r\nc\x1b[2A\x1b[1Cx", "a x\nb\nc", id="up into a line"),
        pytest.param("one\r\ntwo\x1b[A!\x1b[B?\r\nthree", "one!\ntwo ?\nthree", id="up and down"),
        pytest.param("a\r\nb\r\n\x1b[1A\x1b[2Knew\r\nc", "a\nb\nnew\nc", id="a line above is erased"),
        pytest.param("a\r\nb\r\n\x1b[2Ac\r\nd\r\n", "a\nb\nc\nd\n", id="lines above are drawn over"),
        pytest.param("p 1\r\nq 1\r\n\x1b[2A\x1b[Jp 2\r\nq 2\r\n", "p 1\nq 1\np 2\nq 2\n", id="erased below"),
        pytest.param("a\r\nb\r\n\x1b[2A\r\n\r\nc", "a\nb\nc", id="up, and down with line ends"),
        pytest.param("a\x1b[B\rb\x1b[Ec\x1b[2Fd", "a\nb\nc\nd", id="down into new lines"),
        pytest.param("\x1b[1;1Ha\x1b[Bb\x1b[Bc\x1b[2Ad", "a  d\n b\n  c", id="up and down from a row"),
        pytest.param("\x1b[5Aa\x1b[9Ab", "a\n b", id="up into what is not known"),
        pytest.param("a\r\nb\x1bMc", "ac\nb", id="reverse index"),
        pytest.param("\r\x1b[K\x1b[9999B[admin@core] > ", "[admin@core] > ", id="down to the last row"),
        pytest.param("x\x1b7yz\x1b8Q \x1b[sab\x1b[uc", "xQ cb", id="a place that is kept"),
        pytest.param("ab\r\n\x1b[s\x1b[A\x1b[5Cc\x1b[ud", "ab   c\nd", id="a place in another line that is kept"),
        pytest.param("l1\r\nl2\x1b7\x1b[1;1Hx\x1b8 m\r\nn", "l1\nl2\nx\n   m\nn", id="a status line far above"),
        pytest.param("abcdef\x1b[4D\x1b[2Pz", "abzf", id="characters taken out"),
        pytest.param("abc\r\x1b[2@XY", "XYabc", id="characters inserted"),
        pytest.param("abcdef\r\x1b[3X", "   def", id="characters erased"),
        pytest.param("--More--\r\x1b[Jnext", "next", id="pager wiped with erase of the screen's rest"),
        pytest.param("s\x1b[7;10Hh\x1b[7;11Ho", "s        ho", id="an echo with addresses"),
        pytest.param("=\x1b[9b|", "==========|", id="a repeated character"),
        pytest.param("ab\x1b[b\r\nc\x1b[2b", "abb\nccc", id="a repeated character on two lines"),
        pytest.param("\x1b[9b|", "|", id="nothing to repeat"),
        pytest.param("-\x1b[99999999b|", "-" * 511 + "|", id="repeated up to the right margin"),
        pytest.param("x\x1b[999999999999999999999999Cy", "x" + " " * 510 + "y", id="the right margin"),
        pytest.param("\udce9\udcff\x1b[m\r\n", "\udce9\udcff\n", id="invalid bytes"),
    ],
)
def test_clean(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_clean_random_text() -> None:
    """The result has no control character but tab and line feed, and cleaning it again changes nothing."""
    source = random.Random(20260101)
    pieces = [
        *"ab Z09[];?\\(\t\n\r\b\0\a\x0b\x0c\x1b\x7f\udcff",
        "\x1b[",
        "\x1b]",
        "\r\n",
        "\x1b[K",
        "\x1b[2D",
        "\x1b[9G",
        "\x1b[A",
        "\x1b[2B",
        "\x1b[H",
        "\x1b[3;2H",
        "\x1b[J",
        "\x1b[2J",
        "\x1b[P",
        "\x1b7",
        "\x1b8",
        "\x07",
    ]
    for _ in range(3000):
        raw = "".join(source.choices(pieces, k=source.randrange(40)))
        shown = clean(raw)
        assert not [c for c in shown if c < " " and c not in "\t\n"], raw
        assert clean(shown) == shown, raw


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (
            "hostname r1\rinterface Gi0/1\r ip address 10.0.0.1\rend\r\n",
            "hostname r1|interface Gi0/1| ip address 10.0.0.1|end",
        ),
        ("a\r\nline one is long\rline 2\r\nb\r\n", "a|line one is long|line 2|b"),
        ("copied 9 bytes\rcopied 10 bytes\rcopied 100 bytes\r\n", "copied 100 bytes"),
        ("  Gi0/1 up\r* \r\n", "* Gi0/1 up"),
        ("Gi0/1 up\r\r\nGi0/2 up\r\r\n", "Gi0/1 up|Gi0/2 up"),
        ("wait...\r       \rdone\r\n", "done"),
        ("Reading a\rWriting b\r\n", "Reading a|Writing b"),
        ("a1\rb2\rc3\r", "a1|b2|c3"),
        ("sh\rshow\rshow version\r\n", "show version"),
    ],
)
def test_lines_that_only_a_carriage_return_ends_are_kept(raw: str, lines: str) -> None:
    assert "".join(cleaned_pieces(raw.encode())).rstrip("\n").split("\n") == lines.split("|")


@pytest.mark.parametrize(
    "prompt",
    [
        "--More--",
        " --More-- ",
        "--more--",
        " -- More -- ",
        "<--- More --->",
        "---(more)---",
        "---(more 45%)---",
        "  ---- More ----",
        "--More--(45%)",
        "--More-- (23%)",
        "--More-- or (q)uit",
        "--More or (q)uit--",
        "-- MORE --, next page: Space, next line: Enter, quit: Control-C",
        "\x1b[7m--More--\x1b[27m",
        "\x1b[24;1H\x1b[2K-- More --\x1b[K",
        "Press any key to continue",
        "Press any key to continue (Q to quit)",
        "Press <SPACE> to continue",
        "(END)",
        "\x1b[7mlines 1-24/80 (END)\x1b[27m\x1b[K",
    ],
)
def test_pager(prompt: str) -> None:
    for before in ("", "line\r\n", "line\r\n--More--\r        \r", "line\n\b\b"):
        found = pager_at_end(before + prompt)
        assert found
        assert (found.answer == "q") == ("END" in prompt)
    for after in ("\r\n", "\r\nR1#", "\r        \r"):
        assert not pager_at_end(prompt + after)
    behind_text = pager_at_end(f"description {prompt}")
    has_own_row = "\x1b[24;1H" in prompt
    assert behind_text is None or behind_text.sure == has_own_row, "it is answered only after a silence"


@pytest.mark.parametrize(
    "text",
    ["more", "--More--x", "no more", "- more -x", "R1#", "----------", "Total (END of list)", "press any key"],
)
def test_no_pager(text: str) -> None:
    assert not pager_at_end(f"line\r\n{text}")


def test_a_colon_alone_can_be_a_pager_but_is_not_surely_one() -> None:
    found = pager_at_end("line\r\n:")
    assert found is not None
    assert not found.sure


@pytest.mark.parametrize(
    "line",
    [
        "Mon Nov 23 07:24:59.123 UTC",
        "Nov 23 07:24:59",
        "Mon Nov 23 07:24:59 CET 2026",
        "*Nov 23 07:24:59.123: %SYS-5-CONFIG_I: Configured",
        "000123: *Nov 23 07:24:59.123: %LINK-3-UPDOWN: Interface",
        "RP/0/RP0/CPU0:Nov 23 07:24:59.123 UTC: config[65789]: %MGBL-CONFIG-6-DB_COMMIT : Configuration",
        "2026 Nov 23 07:24:59 n9k %ETHPORT-5-IF_UP: Interface Ethernet1/1 is up",
        "Nov 23 2026 07:24:59+00:00 HUAWEI %%01SHELL/5/CMDRECORD(s)[12]:Recorded",
        "%Nov 23 07:24:59:123 2026 H3C SHELL/5/SHELL_LOGIN: admin logged in",
        "%LINEPROTO-5-UPDOWN: Line protocol",
        "2026/11/26-10:00:00, [SEC-1203], 12, CHASSIS, INFO, sw0, Login information: successful.",
        "CP1 [11/26/26 10:00:00.123:UTC] 0x00004603 00000000 GlobalRouter SNMP INFO Link Up(1/1)",
        "SYSLOG: <14>Nov 26 10:00:00 ICX System: Interface ethernet 1/1/1, state up",
        "<189> Nov 26 10:00:00 192.0.2.1-1 TRAPMGR[1]: traputil.c(721) 12 %% Link Up: 0/1",
        "1 2026/11/26 10:00:00.00 UTC MINOR: SNMP #2005 Base Interface",
        "Dynamic Log: Interface ethernet 1/1, state up",
        "{master:0}",
        "[edit interfaces]",
    ],
)
def test_chatter(line: str) -> None:
    assert CHATTER.match(line)


@pytest.mark.parametrize(
    "line",
    ["Gi0/1 up", "% Invalid input", "{}", "[]", '{"a": 1}', "[1]", "Nov 23 07:24:59 is when it began", "5 % used"],
)
def test_no_chatter(line: str) -> None:
    assert not CHATTER.match(line)
