# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends of answers and of logins that look like something else, played byte for byte."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.unit.played import Answer, Played, Talk, device, each_of, line, play

COMMANDS = ["show version", "show clock", "show arp"]
ANSWERS: dict[str, Answer] = {"show version": b"Version 1\r\n", "show clock": b"10:00\r\n", "show arp": b"a b\r\n"}
TEXTS = {"show version": "Version 1", "show clock": "10:00", "show arp": "a b"}


def waits(*parts: bytes | float) -> Callable[[], Talk]:
    return lambda: each_of(parts)


def ask(prompt: bytes, platform: str | None = None, **answers: Answer) -> Played:
    named = {name.replace("_", " "): answer for name, answer in answers.items()}
    return play(device(prompt, {**ANSWERS, **named}, unknown=b""), COMMANDS, platform)


def turning(prompts: Iterable[bytes]) -> Talk:
    """A device whose prompt is another one after each line."""
    for prompt in prompts:
        yield prompt
        typed = (yield from line()).strip()
        if typed == "exit":
            return
        answer = ANSWERS.get(typed, b"")
        assert isinstance(answer, bytes)
        yield answer


def dropped(*parts: bytes | float) -> Talk:
    """A device that ends the session during its last answer."""
    talk = device(b"R1#", {**ANSWERS, "show arp": b"\0"}, unknown=b"")
    key = b""
    said = next(talk)
    while said != b"\0":
        key = yield said
        said = talk.send(key)
    yield from each_of(parts)


# -- prompts that change -----------------------------------------------------------------------------------------------


def clock() -> Iterator[bytes]:
    days = [b"Mon Nov 30 23:59:58", b"Mon Nov 30 23:59:59", b"Tue Dec  1 00:00:00", b"Tue Dec  1 00:00:01"]
    return (b"%s r1# " % day for day in [*days, *[days[-1]] * 20])


@pytest.mark.parametrize(
    "prompts",
    [
        lambda: itertools.chain([b"[0] sw1$ "] * 3, itertools.cycle([b"[127] sw1$ ", b"[0] sw1$ "])),
        lambda: itertools.chain([b"[0] sw1$ "] * 3, [b"[1] sw1$ "], itertools.repeat(b"[0] sw1$ ")),
        lambda: itertools.chain([b"R1#"] * 4, [b"R1!#"], itertools.repeat(b"R1#")),
        clock,
        lambda: itertools.chain([b"11:59:59am r1# "] * 3, itertools.repeat(b"12:00:00pm r1# ")),
    ],
    ids=["status each time", "status once", "a mark once", "date", "am and pm"],
)
def test_prompt_that_changes_for_one_answer_is_no_text(prompts: Callable[[], Iterable[bytes]]) -> None:
    played = play(turning(prompts()), COMMANDS)
    assert (played.error, played.texts) == (None, TEXTS)


@pytest.mark.parametrize("pause", [0.2, 1.4])
def test_rest_of_an_answer_ends_before_all_lines_of_the_prompt(pause: float) -> None:
    prompt = b"\r\n[edit]\r\nu@r# "
    played = ask(prompt, show_version=waits(b"log" + prompt, pause, prompt, pause, b"\r\nend\r\n"))
    assert played.texts == {**TEXTS, "show version": "log\n[edit]\nu@r# \n[edit]\nu@r# \nend"}


def test_last_line_that_is_the_prompt_and_a_line_end_is_text() -> None:
    played = ask(b"R1#", show_version=waits(b"log\r\nR1#", 0.5, b"\r\n"))
    assert (played.error, played.texts) == (None, {**TEXTS, "show version": "log\nR1#"})


# -- proofs that are none ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pause", [0.02, 0.3, 1.5])
def test_session_that_ends_before_the_logout_line_is_read_proves_no_answer(pause: float) -> None:
    played = play(dropped(b"log\r\nR1#", pause, b"\r\nR1#", pause), COMMANDS)
    assert played.kinds() == {"show version": "ok", "show clock": "ok", "show arp": "session_closed"}


@pytest.mark.parametrize("delay", [0.0, 0.2, 1.5])
@pytest.mark.parametrize("pause", [0.0, 0.02, 2.5])
@pytest.mark.parametrize("echo", [True, False])
def test_session_that_ends_before_the_logout_line_is_echoed_is_whole(echo: bool, pause: float, delay: float) -> None:
    def talk() -> Talk:
        while True:
            yield b"R1#"
            got = b""
            while (key := (yield None)) not in (b"\r", b"\n"):
                got += key
                if echo and not b"exit".startswith(got):
                    yield got if got[:1] == got else key
            if got == b"exit":
                yield pause
                return
            yield b"\r\n" if echo else b""
            answer = ANSWERS.get(got.decode(), b"")
            assert isinstance(answer, bytes)
            yield answer

    played = play(talk(), COMMANDS, delay=delay)
    assert (played.error, played.texts) == (None, TEXTS)


@pytest.mark.parametrize("pause", [0.1, 0.3])
def test_echo_in_a_log_of_an_earlier_session_books_no_answer(pause: float) -> None:
    log: list[bytes | float] = [
        b"log\r\nR1#",
        pause,
        b"show version\r\nold\r\nR1#",
        pause,
        b"show clock\r\n09:00\r\nR1#",
        pause,
        b"\r\n",
    ]
    played = ask(b"R1#", show_version=waits(*log))
    assert played.outputs["show clock"].status != "ok"


def test_text_and_prompt_after_the_logout_line_belong_to_an_answer() -> None:
    talk = device(b"R1#", ANSWERS, unknown=b"")

    def late() -> Talk:
        key = b""
        said = next(talk)
        while True:
            key = yield said
            try:
                said = talk.send(key)
            except StopIteration:
                yield b"\r\nlate 1\r\nlate 2\r\nR1#"
                return

    assert set(play(late(), COMMANDS).kinds().values()) == {"desynchronised"}


# -- logins ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "boot",
    [
        (b"Loading 10%", 1.2, b"\rLoading 55%", 1.2, b"\rLoading 99%", 1.2, b"\r\n"),
        (b"#", 1.2, b"\r\n#", 1.2, b"\r\n#", 1.2, b"\r\n"),
        (b"System is starting>", 1.2, b"\r\nSystem is starting>", 1.2, b"\r\nready\r\n"),
        (b"boot>", 0.6, b"\r\nboot>", 0.6, b"\r\n"),
    ],
    ids=["percent", "marks", "words", "short"],
)
@pytest.mark.parametrize("platform", ["cisco_iosxe", None])
def test_message_of_a_device_that_starts_is_not_its_prompt(boot: tuple[bytes | float, ...], platform: str) -> None:
    def talk() -> Talk:
        yield from each_of(boot)
        yield from device(b"R1#", ANSWERS, unknown=b"")

    played = play(talk(), COMMANDS, platform)
    assert (played.error, played.texts) == (None, TEXTS)


@pytest.mark.parametrize(
    ("platform", "prompt"),
    [("cisco_aireos", b"(WLC) >"), ("ruckus_unleashed", b"ruckus# "), ("ruckus_unleashed", b"sw1# ")],
)
def test_device_that_does_not_ask_for_the_login_is_read(platform: str, prompt: bytes) -> None:
    played = play(device(prompt, ANSWERS, unknown=b""), COMMANDS, platform)
    assert (played.error, played.texts) == (None, TEXTS)


@pytest.mark.parametrize(
    "question",
    [b"Auto Provisioning started. Press CTRL_C or CTRL_D to break.", b"Restore factory settings> "],
)
def test_question_at_the_login_gets_no_empty_line(question: bytes) -> None:
    def talk() -> Talk:
        yield b"hello\r\n" + question
        yield None
        yield b"\r\nERASED\r\n"

    played = play(talk(), COMMANDS)
    assert played.error is not None
    assert (played.error.error.kind, bytes(played.stream.typed)) == ("question", b"")


@pytest.mark.parametrize(
    "question", ["Do you wish to save? (Y)es / (N)o ", "Confirm [y/n/q]? y", "Reset (y/[n])", "reboot (default=y)"]
)
def test_question_that_lasts_until_the_time_is_over_is_a_question(question: str) -> None:
    played = ask(b"R1#", show_arp=waits(question.encode(), 60.0))
    assert played.kinds()["show arp"] == "question"
