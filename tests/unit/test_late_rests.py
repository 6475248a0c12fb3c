# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text quotes the prompt, and the device pauses there: the rest comes after the next command was sent."""

from __future__ import annotations

import pytest

from tests.unit.played import Answer, Played, Talk, device, each_of, line, play
from tests.unit.scenes import COMMANDS, Scene

FIRST, SECOND, LAST = COMMANDS
ECHOES = ("plain", "redraw", "wrap", "scroll")
PROMPTS = ("R1#", "% ", "\x1b[1m\x1b[32mcolour\x1b[0m$ ")


def ask(echo: str, prompt: str, *parts: bytes | float) -> tuple[Scene, Played]:
    """Send three commands. The answer to the second one arrives in parts."""
    scene = Scene(prompt=prompt, echo=echo, answers=())

    def talk() -> Talk:
        while True:
            yield from scene.said(prompt.encode())
            yield from scene.line()
            typed = scene.typed.strip()
            if typed == "exit":
                return
            if typed == SECOND:
                yield from each_of(parts)
            elif typed in (FIRST, LAST):
                yield b"text\r\n"

    return scene, play(talk(), COMMANDS)


@pytest.mark.parametrize("pause", [0.3, 1.5])
@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("echo", ECHOES)
def test_the_next_command_that_is_quoted_is_not_taken_for_its_echo(echo: str, prompt: str, pause: float) -> None:
    shown = prompt.encode()
    _scene, played = ask(
        echo, prompt, b"log\r\n" + shown, pause, LAST.encode() + b"\r\nquoted\r\n" + shown, pause, b"\r\nend\r\n"
    )
    text = played.texts[SECOND].replace(" \n", "\n")
    front = Scene(prompt=prompt, echo=echo, answers=()).shown_prompt
    blank = " " if prompt.endswith(" ") else ""
    assert played.error is None
    assert text == f"log\n{front}{blank}{LAST}\nquoted\n{front}\nend"
    assert played.texts[LAST] == "text"


@pytest.mark.parametrize("pause", [0.3, 1.5])
@pytest.mark.parametrize("rest", [b" and more", b"\r\nlast line", b"\r\n1 \x1b[31m2\x1b[m"])
@pytest.mark.parametrize("prompt", ["R1#", "sw-1> "])
@pytest.mark.parametrize("echo", ECHOES)
def test_a_last_line_over_which_the_device_draws_its_prompt_is_kept(
    echo: str, prompt: str, rest: bytes, pause: float
) -> None:
    _scene, played = ask(echo, prompt, b"log\r\n" + prompt.encode(), pause, rest)
    shown = {b" and more": " and more", b"\r\nlast line": "\nlast line"}.get(rest, "\n1 2")
    assert played.error is None
    assert played.texts[SECOND].replace(" \n", "\n").replace("  ", " ") == f"log\n{prompt.strip()}{shown}"


@pytest.mark.parametrize("pause", [0.05, 0.3, 1.5])
@pytest.mark.parametrize("message", [b"*** System shutdown soon ***\r\n", b"*Nov 26 15:26:01.124: %SYS-5-X: text\r\n"])
@pytest.mark.parametrize("echo", [True, False])
def test_a_prompt_at_the_end_of_a_line_and_a_message_after_it_can_be_text(
    echo: bool, message: bytes, pause: float
) -> None:
    def quoting() -> Talk:
        yield b"x\r\nat R1#"
        yield pause
        yield b"\r\n" + message

    answers: dict[str, Answer] = {"show log": quoting, "show clock": b"10:00\r\n"}
    played = play(device(b"R1#", answers, echo=echo), answers)
    text = f"x\nat R1#\n{message.decode().strip()}"
    assert played.outputs["show log"].status != "ok" or played.texts["show log"] == text
    assert (played.outputs["show clock"].status, played.texts["show clock"]) == ("ok", "10:00")


def test_a_message_after_an_answer_that_ends_with_a_line_end_is_none_of_it() -> None:
    def late() -> Talk:
        yield b"x\r\nR1#"
        yield 0.3
        yield b"\r\n*** System shutdown soon ***\r\n"

    answers: dict[str, Answer] = {"show log": late, "show clock": b"10:00\r\n"}
    played = play(device(b"R1#", answers), answers)
    assert (played.error, played.texts) == (None, {"show log": "x", "show clock": "10:00"})


def test_an_echo_that_comes_after_the_empty_line_came_once() -> None:
    """A line that sets up the session is rejected with a text that begins as the prompt does, and pauses there."""
    scene = Scene(
        prompt="% ",
        echo="wrap",
        answers=(b"", b"\r\n\r\n", b"\r\n\r\n"),
        delay=3.0,
        cuts=((9, 0.0), (200, 0.15), (1, 0.09), (2, 0.3), (1, 2.4)),
        accepts=False,
    )
    played = scene.played()
    assert (played.error, set(played.texts.values())) == (None, {""})


def test_a_proof_that_comes_too_late_is_a_timeout_that_says_so() -> None:
    """The last answer is proven with an empty line. The device is healthy, and shows its prompt after the time."""

    def talk() -> Talk:
        inner = device(b"R1#", {"show clock": b"10:00\r\n"}, unknown=b"")
        said, typed = next(inner), b""
        while True:
            key = yield said
            typed += key or b""
            if typed.endswith(b"show clock\n\n"):
                yield 60.0
                typed = b""
            said = inner.send(key)

    played = play(talk(), ["show clock"], command_timeout=6.0)
    output = played.outputs["show clock"]
    assert output.error is not None
    assert (output.status, output.error.kind, output.text.split("\n")[0]) == ("timeout", "timeout", "10:00")
    assert "did not show its prompt again within command_timeout (6 s)" in output.error.message


@pytest.mark.parametrize("echo", ECHOES)
def test_a_text_without_a_line_end_below_the_next_command_that_is_quoted(echo: str) -> None:
    _scene, played = ask(echo, "R1#", b"log\r\nR1#", 0.3, LAST.encode() + b"\r\nquoted\r\nend")
    assert played.error is None
    assert played.texts == {FIRST: "text", SECOND: f"log\nR1#{LAST}\nquoted\nend", LAST: "text"}


@pytest.mark.parametrize("again", [b"10:00\r\n", b"10:01\r\n"])
def test_a_message_that_is_not_known_is_none_if_the_command_after_it_has_the_same_answer_again(again: bytes) -> None:
    """If it has another answer, it is not proven that the text belongs to no command."""
    clocks = iter((b"10:00\r\n", again))

    def talk() -> Talk:
        message = b""
        while True:
            yield b"R1#"
            if message:
                yield 0.05
                yield message
            typed = (yield from line()).strip()
            message = b"\r\nfan 2 has stopped\r\n" if typed == "show version" else b""
            if typed == "exit":
                return
            yield {"show version": b"1.2\r\n", "show clock": next(clocks) if typed == "show clock" else b""}.get(
                typed, b""
            )

    played = play(talk(), ["show version", "show clock", "show arp"])
    is_same = again == b"10:00\r\n"
    assert played.kinds()["show version"] == ("ok" if is_same else "desynchronised")
    assert (played.kinds()["show clock"], played.texts["show clock"]) == ("ok", again.decode().strip())
    assert played.texts["show version"] == "1.2"
