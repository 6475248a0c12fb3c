# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A device prints a message that is not known, and its prompt again. A text that quotes the prompt looks the same."""

from __future__ import annotations

import pytest

from tests.unit.played import Talk, line, play

TEXTS = {"show version": "Version 1\nup", "show clock": "10:00", "show arp": "a b"}
MESSAGES = {
    "aos": (b"-> ", b"\r\nMON APR 03 10:12:13 : SYSTEM (75) info message:\r\n+++ A port has gone down\r\n\r\n"),
    "fortios": (b"FGT-1 # ", b"\r\nThe system is entering conserve mode\r\n"),
    "linux": (b"root@sw1:~# ", b"\r\n[ 4711.081500] igb 0000:02:00.0 eth1: igb: eth1 NIC Link is Down\r\n"),
    "zyxel": (b"ZYX-2# ", b"\r\n10:00:01 INFO: port 3 link down\r\n"),
    "two": (b"sw1>", b"\r\nfan 2 has stopped\r\n\r\nfan 2 is removed\r\n"),
}


def printing(
    prompt: bytes, when: str, at: str, message: bytes, pause: float, *, echo: bool = True, again: bool = True
) -> Talk:
    """Print a message and the prompt again, once: ``within`` the answer to a command, before its prompt, or ``after``
    it, when the device waits at its prompt. Print the message alone if ``again`` is false."""
    waiting = False
    while True:
        yield prompt
        if waiting:
            waiting, when = False, "none"
            yield pause
            yield message + prompt if again else message
        typed = (yield from line(echo=echo)).strip()
        if typed == "exit":
            return
        waiting = (typed, at) == (when, "after")
        if (typed, at) == (when, "within"):
            when = "none"
            yield prompt + message
        yield TEXTS[typed].replace("\n", "\r\n").encode() + b"\r\n" if typed in TEXTS else b""


@pytest.mark.parametrize("pause", [0.0, 0.05, 0.5])
@pytest.mark.parametrize("when", TEXTS)
@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("echo", [True, False])
def test_a_message_and_its_prompt_are_no_text(name: str, when: str, pause: float, echo: bool) -> None:
    prompt, message = MESSAGES[name]
    played = play(printing(prompt, when, "after", message, pause, echo=echo), TEXTS)
    for command, output in played.outputs.items():
        assert output.status != "ok" or output.text == TEXTS[command]
    if echo:
        assert (played.error, played.texts) == (None, TEXTS)


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.5])
@pytest.mark.parametrize("when", TEXTS)
@pytest.mark.parametrize("message", [b"[ 4711.08] igb: Link is Down\r\n", b"\rfan 1 has stopped\r\n\r"])
def test_a_message_on_the_line_of_the_prompt_is_no_text(message: bytes, when: str, pause: float) -> None:
    played = play(printing(b"sw1# ", when, "after", message, pause), TEXTS)
    for command, output in played.outputs.items():
        assert output.status != "ok" or output.text == TEXTS[command]


def test_a_message_while_the_session_is_ended_changes_nothing() -> None:
    played = play(printing(b"sw1# ", "", "after", b"\r\nfan 2 has stopped\r\n", 0.0), TEXTS)
    assert (played.error, played.texts) == (None, TEXTS)


def test_a_device_that_shows_its_prompt_twice() -> None:
    def talk() -> Talk:
        while True:
            yield b"\r\n(sw1) #"
            yield b"\r\n(sw1) #"
            typed = (yield from line()).strip()
            if typed == "exit":
                return
            yield TEXTS[typed].replace("\n", "\r\n").encode() + b"\r\n" if typed in TEXTS else b""

    played = play(talk(), TEXTS)
    assert (played.error, played.texts) == (None, TEXTS)


@pytest.mark.parametrize(
    "message", [b"\r\nfan 1 has stopped\r\n", b"\r\nfan 1 has stopped\r\nsw1# ", b"fan 1 has stopped\r\n"]
)
@pytest.mark.parametrize("pause", [0.02, 0.5])
def test_a_message_before_the_first_echo_does_not_hide_that_the_device_echoes(pause: float, message: bytes) -> None:
    def talk() -> Talk:
        for number in range(99):
            yield b"sw1# "
            if number == 1:
                yield pause
                yield message
            typed = (yield from line()).strip()
            if typed == "exit":
                return
            yield TEXTS[typed].replace("\n", "\r\n").encode() + b"\r\n" if typed in TEXTS else b"% Invalid input\r\n"

    played = play(talk(), TEXTS)
    assert (played.error, played.texts) == (None, TEXTS)


@pytest.mark.parametrize("when", TEXTS)
@pytest.mark.parametrize(
    "message",
    [
        b"\r\n27/11/2026 10:00:00 Power supply 1 reset\r\n",
        b"\r\nINFO(6) 2026-11-27 10:00:00 SFP on port 3 remove\r\n",
        b"\r\n[10:00:00] System config has been saved by admin (save OK)\r\n",
    ],
)
def test_a_message_with_a_time_and_no_prompt_does_not_end_the_session(message: bytes, when: str) -> None:
    """It says what was done and asks nothing, so an empty line may follow."""
    played = play(printing(b"sw1#", when, "after", message, 0.0, again=False), TEXTS)
    assert (played.error, played.texts) == (None, TEXTS)


@pytest.mark.parametrize("message", [b"\r\n10:00:00 Reload now?\r\n", b"\r\n10:00:00 Press Enter to reload\r\n"])
def test_a_question_with_a_time_is_not_confirmed(message: bytes) -> None:
    played = play(printing(b"sw1#", "show clock", "after", message, 0.0, again=False), TEXTS)
    assert played.error is not None
    assert played.stream.typed.endswith(b"show clock\n")
