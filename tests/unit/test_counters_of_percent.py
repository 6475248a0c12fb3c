# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A percentage alone on its line is drawn again as a counter, or is the prompt of a pager behind a page."""

from __future__ import annotations

import pytest

from tests.unit.played import Talk, device, each_of, play

CLOCK = {"show clock": b"10:00:00\r\n"}
COMMANDS = ["show counter", "show clock"]
COUNTERS = {
    "returns": ((b"0%", 1.0, b"\r45%", 3.0, b"\r100%\r\ndone\r\n"), "100%\ndone"),
    "erased": ((b"Progress:\r\n10%", 3.0, b"\r\x1b[K45%", 3.0, b"\r\x1b[Kdone\r\n"), "Progress:\ndone"),
    "blanks": ((b"copy\r\n 5%", 3.0, b"\r    \r50%", 3.0, b"\r    \rdone\r\n"), "copy\ndone"),
    "backspaces": ((b"7%", 3.0, b"\b\b88%", 3.0, b"\b\b\b100%", 3.0, b"\r\n"), "100%"),
    "lines": ((b"7%", 3.0, b"\r\n88%", 3.0, b"\r\n100%", 3.0, b"\r\n"), "7%\n88%\n100%"),
    "first line": ((b"usage\r\n45%", 3.0, b" of the disk\r\n"), "usage\n45% of the disk"),
}


@pytest.mark.parametrize("platform", ["cisco_iosxe", None])
@pytest.mark.parametrize("prompt", [b"sw1#", b"sw1% ", b"> ", b"u@mx:RE:0% "])
@pytest.mark.parametrize("echo", [True, False])
@pytest.mark.parametrize("counter", COUNTERS)
def test_a_counter_is_no_pager(counter: str, echo: bool, prompt: bytes, platform: str | None) -> None:
    parts, text = COUNTERS[counter]
    talk = device(prompt, {"show counter": lambda: each_of(parts), **CLOCK}, echo=echo, unknown=b"")
    played = play(talk, COMMANDS, platform)
    assert (played.error, played.texts) == (None, {"show counter": text, "show clock": "10:00:00"})
    assert b" show clock" not in played.stream.typed


@pytest.mark.parametrize("counter", ["returns", "erased", "backspaces", "lines"])
def test_a_counter_behind_a_page_does_not_become_a_wrong_text(counter: str) -> None:
    parts, text = COUNTERS[counter]
    rows = b"".join(b"row %d\r\n" % number for number in range(30))
    talk = device(b"sw1#", {"show counter": lambda: each_of((rows, *parts)), **CLOCK}, unknown=b"")
    played = play(talk, COMMANDS)
    if played.kinds()["show counter"] == "ok":
        assert played.texts["show counter"] == rows.decode().replace("\r", "") + text


@pytest.mark.parametrize("counter", ["returns", "erased"])
def test_no_key_is_sent_to_a_counter_before_the_login(counter: str) -> None:
    def talk() -> Talk:
        yield from each_of(COUNTERS[counter][0])
        yield from device(b"sw1#", CLOCK, unknown=b"")

    played = play(talk(), ["show clock"])
    assert (played.error, played.texts) == (None, {"show clock": "10:00:00"})
    assert b" " not in bytes(played.stream.typed).replace(b"show clock", b"").replace(b"terminal length 0", b"")


@pytest.mark.parametrize("width", [8, 300])
def test_a_pager_that_shows_percentages_is_answered(width: int) -> None:
    """A page has fewer lines if each takes several rows."""
    rows = [b"%d " % number + b"x" * width + b"\r\n" for number in range(60)]
    page = 23 * 80 // max(width, 80)

    def text() -> Talk:
        for place in range(0, len(rows), page):
            if place:
                yield b"%d%%" % (place * 100 // len(rows))
                while (yield None) != b" ":
                    pass
                yield b"\r\x1b[K"
            yield b"".join(rows[place : place + page])

    played = play(device(b"sw1#", {"show counter": text, **CLOCK}, unknown=b""), COMMANDS)
    whole = b"".join(rows).decode().replace("\r", "").rstrip()
    assert (played.error, played.texts) == (None, {"show counter": whole, "show clock": "10:00:00"})
