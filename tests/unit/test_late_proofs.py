# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an empty line brings is no proof if it comes too early, if a pager took the line, or if more text is in it."""

from __future__ import annotations

import pytest

from tests.unit.played import Answer, Talk, device, line, play

CLOCK = b"10:00:00\r\n"


@pytest.mark.parametrize("delay", [2.2, 3.0])
@pytest.mark.parametrize("first", [b"", b"Welcome\r\n"])
def test_a_device_that_needs_seconds_for_a_round_trip(first: bytes, delay: float) -> None:
    """More than one empty line is on its way when the first prompt comes. None is taken for the reply to another."""
    played = play(device(b"r1#", {"show clock": CLOCK}, greeting=first), ["show clock"], delay=delay)
    assert (played.error, played.texts) == (None, {"show clock": "10:00:00"})
    assert played.stream.typed.endswith(b"exit\n")


def test_a_rest_that_comes_at_once_is_not_the_reply() -> None:
    """The device echoes, so the reply to an empty line begins with a line end."""

    def quoting() -> Talk:
        yield b"line 1\r\nr1#\r\nline 3\r\n"
        yield 1.05

    answers: dict[str, Answer] = {"show log": quoting, "show clock": CLOCK}
    played = play(device(b"r1#", answers), answers, delay=0.25)
    assert (played.error, played.texts) == (None, {"show log": "line 1\nr1#\nline 3", "show clock": "10:00:00"})


def test_an_empty_line_that_a_pager_takes_proves_nothing() -> None:
    def paged() -> Talk:
        yield b"line 1\r\nr1#\r\n^\r\n>\r\n"
        yield 3.0
        yield b"--More--"
        yield None
        yield b"\r\x1b[K\r\n"

    answers: dict[str, Answer] = {"show log": paged, "show clock": CLOCK}
    played = play(device(b"r1#", answers), answers)
    assert played.kinds()["show log"] == "desynchronised"


def test_no_empty_line_is_sent_to_a_pager_that_was_answered() -> None:
    """The next page can take longer than a silence after which an end is tested."""

    def paged() -> Talk:
        yield b"line 1\r\n--More-- (23%)"
        key = yield None
        yield 4.0
        yield b"\r\x1b[K" + (b"line 2\r\n" if key == b" " else b"")

    played = play(device(b"-> ", {"show log": paged}), ["show log"])
    assert (played.error, played.texts) == (None, {"show log": "line 1\nline 2"})


def test_another_pager_is_quoted_at_the_end_of_a_packet() -> None:
    def paged() -> Talk:
        yield b"line 1\r\n--More--"
        yield None
        yield b"\r\x1b[Kline 2\r\n---- More ----"
        yield 0.05
        yield b"\r\nline 4\r\n"

    played = play(device(b"r1#", {"show log": paged}), ["show log"])
    assert (played.error, played.texts) == (None, {"show log": "line 1\nline 2\n---- More ----\nline 4"})


def test_text_that_comes_after_the_test_is_never_dropped() -> None:
    """The device hesitates before its prompt, so that the number of prompts fits and the text does not."""

    def quoting() -> Talk:
        yield b"line 1\r\nr1#"
        yield 2.0
        yield b"\r\nline 3\r\n"

    def talk() -> Talk:
        while True:
            yield b"r1#"
            typed = (yield from line()).strip()
            if typed == "exit":
                return
            if typed == "show log":
                yield from quoting()
                yield b"r1#"
                yield 8.0
                yield b"\r\n"

    played = play(talk(), ["show log"])
    assert played.error is not None or played.texts == {"show log": "line 1\nr1#\nline 3"}


@pytest.mark.parametrize("pause", [0.6, 1.5])
def test_a_device_without_echo_that_goes_on_after_two_quoted_prompts(pause: float) -> None:
    def quoting() -> Talk:
        for part in (b"line 1\r\n", b"r1#", b"\r\n", b"r1#", b"\r\n", b"line 4\r\n"):
            yield part
            yield pause

    played = play(device(b"r1#", {"show log": quoting}, echo=False), ["show log"])
    assert played.error is not None or played.texts == {"show log": "line 1\nr1#\nr1#\nline 4"}


def test_a_device_without_echo_whose_answer_begins_with_the_prompt() -> None:
    answers: dict[str, Answer] = {"show log": b"r1#", "show clock": CLOCK}
    played = play(device(b"r1#", answers, echo=False), answers)
    assert played.kinds()["show log"] == "desynchronised"


def test_a_message_within_the_first_echo_leaves_no_echo_in_a_text() -> None:
    """The reader takes the device for one that does not echo. Then an answer that begins with its command fails."""

    def talk() -> Talk:
        lines = 0
        while True:
            yield b"r1#"
            got = b""
            while (key := (yield None)) not in (b"\r", b"\n"):
                got += key
                yield key + (b"\r\nsystem goes down soon\r\n" if lines == 1 and len(got) == 3 else b"")
            yield b"\r\n"
            lines += 1
            if got == b"exit":
                return
            yield CLOCK if got == b"show clock" else b""

    played = play(talk(), ["show clock"])
    assert played.error is not None or played.texts == {"show clock": "10:00:00"}
