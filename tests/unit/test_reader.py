# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line driver against devices that are played, byte for byte, in a time of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Reply
from tests.unit.played import Answer, Talk, device, line, play
from tests.unit.scenes import KEPT_PROMPTS

VERSION = b"Version 1.2.3\r\nuptime is 3 days\r\n"
VERSION_TEXT = "Version 1.2.3\nuptime is 3 days"
CLOCK = b"10:00:00\r\n"
ANSWERS: dict[str, Answer] = {
    "show version": VERSION,
    "show clock": CLOCK,
    "show nothing": b"",
    "more abc": b"first line\r\nabc",
    "terminal length 0": b"",
}
TEXTS = {
    "show version": VERSION_TEXT,
    "show nothing": "",
    "more abc": "first line\nabc",
    "show clock": "10:00:00",
}


def waits(*parts: bytes | float) -> Callable[[], Talk]:
    """An answer with pauses in it."""

    def answer() -> Talk:
        rest = iter(parts)
        while (part := next(rest, None)) is not None:
            yield part

    return answer


# -- the prompt --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prompt", KEPT_PROMPTS)
@pytest.mark.parametrize("platform", [None, "cisco_iosxe"])
@pytest.mark.parametrize("delay", [0.0, 0.25, 1.5])
def test_prompt_is_learned_whatever_it_looks_like(prompt: str, platform: str | None, delay: float) -> None:
    greeting = b"\r\nWelcome to R1#\r\nR1#\r\nlast login: yesterday\r\n"
    played = play(device(prompt.encode(), ANSWERS, greeting=greeting), TEXTS, platform, delay=delay)
    assert (played.error, played.texts) == (None, TEXTS)


def counting() -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        yield f"R1[{number}]# ".encode()


def test_prompt_with_a_counter_is_learned() -> None:
    prompts = counting()

    def talk() -> Talk:
        while True:
            yield next(prompts)
            typed = (yield from line()).strip()
            if typed == "exit":
                return
            answer = ANSWERS.get(typed, b"")
            assert isinstance(answer, bytes)
            yield answer

    played = play(talk(), TEXTS)
    assert (played.error, played.texts) == (None, TEXTS)


@pytest.mark.parametrize("new", ["HRP_S<fw>", "fw (vdom) #", "*fw>"])
def test_prompt_that_changes_is_learned_again(new: str) -> None:
    prompt = b"HRP_M<fw>"

    def talk() -> Talk:
        nonlocal prompt
        while True:
            yield prompt
            typed = (yield from line()).strip()
            if typed == "exit":
                return
            if typed == "switch over":
                yield b"done\r\n"
                prompt = new.encode()
            elif typed:
                yield CLOCK

    played = play(talk(), ["switch over", "show clock", "show time"])
    assert played.texts == {"switch over": "done", "show clock": "10:00:00", "show time": "10:00:00"}
    assert played.error is None


def test_carriage_return_is_sent_where_a_line_feed_brings_nothing() -> None:
    def talk() -> Talk:
        yield b"R1#"
        typed = b""
        while True:
            key = yield None
            if key == b"\n":
                continue
            if key != b"\r":
                typed += key
                yield key
                continue
            yield b"\r\n"
            if typed == b"exit":
                return
            yield CLOCK if typed == b"show clock" else b""
            typed = b""
            yield b"R1#"

    assert play(talk(), ["show clock"]).texts == {"show clock": "10:00:00"}


# -- the end of an answer ----------------------------------------------------------------------------------------------

LOG = "session log\nR1#show version\nVersion 1\nend of log"


@pytest.mark.parametrize("echo", [True, False])
@pytest.mark.parametrize("delay", [0.0, 0.4])
@pytest.mark.parametrize("pause", [0.0, 0.05, 0.3, 1.5, 8.0])
@pytest.mark.parametrize("commands", [["more log", "show clock"], ["show clock", "more log"], ["more log"]])
def test_answer_that_quotes_the_prompt_and_pauses_is_whole(
    commands: list[str], pause: float, delay: float, echo: bool
) -> None:
    log = waits(b"session log\r\nR1#", pause, b"show version\r\nVersion 1\r\nend of log\r\n")
    played = play(device(b"R1#", {**ANSWERS, "more log": log}, echo=echo), commands, delay=delay)
    assert played.error is None
    assert played.texts == {command: LOG if command == "more log" else "10:00:00" for command in commands}


@pytest.mark.parametrize(
    ("message", "pause"),
    [
        (b"\r\n*** --- SHUTDOWN in 0:05:00 ---\r\n***\r\n", 0.05),
        (b"\r\nNov 26 15:26:01.124: %SYS-5-CONFIG_I: Configured from console\r\n", 0.05),
        (b"\r\nNov 26 15:26:01.124: %SYS-5-CONFIG_I: Configured from console\r\nR1#", 0.05),
        (b"\r\nBroadcast Message from ops@mx1\r\n\r\nMaintenance in five minutes\r\n\r\nR1#", 0.1),
        (b"\r\nBroadcast Message from ops@mx1\r\n\r\nMaintenance in five minutes\r\n", 0.0),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 6, 12])
def test_message_of_a_device_is_in_no_answer(message: bytes, pause: float, place: int) -> None:
    """It comes after the prompt, or after some characters of the echo of the second command."""

    def talk() -> Talk:
        count = 0
        while True:
            yield b"R1#"
            if count == 1 and place == 0:
                yield pause
                yield message
            typed = b""
            while not typed.endswith(b"\n"):
                key = yield None
                typed += key
                yield b"\r\n" if key == b"\n" else key
                if count == 1 and typed and len(typed) == place:
                    yield message
            if typed == b"exit\n":
                return
            count += typed != b"\n"
            if typed.startswith(b"show"):
                yield CLOCK if b"clock" in typed else VERSION

    played = play(talk(), ["show clock", "show version"], delay=0.02, platform="cisco_iosxe")
    assert (played.error, played.texts) == (None, {"show clock": "10:00:00", "show version": VERSION_TEXT})


@pytest.mark.parametrize(
    ("command", "answers", "kind"),
    [
        ("reload", (), "question"),
        ("reload", (Reply("confirm", ""),), "ok"),
        ("reload", (Reply("save?", "no"),), "question"),
    ],
)
def test_question_nobody_expects_gets_nothing(command: str, answers: tuple[Reply, ...], kind: str) -> None:
    def reload() -> Talk:
        yield b"Proceed with reload? [confirm]"
        key = yield None
        yield b"\r\n"
        yield b"reloading\r\n" if key == b"\n" else b"aborted\r\n"

    played = play(device(b"R1#", {**ANSWERS, "reload": reload}), [Command(command, answers=answers), "show clock"])
    assert played.kinds()["reload"] == kind
    typed = bytes(played.stream.typed)
    if kind == "question":
        assert typed.endswith(b"reload\n")
        assert "Proceed with reload" in played.outputs["reload"].error.message  # type: ignore[union-attr]
        assert not played.error.retry  # type: ignore[union-attr]
    else:
        assert played.texts == {"reload": "reloading", "show clock": "10:00:00"}


def test_text_of_no_certain_command_is_booked_on_none() -> None:
    """The device takes the second command while the first one still runs, as a shell without a line editor does."""

    def talk() -> Talk:
        yield b"R1#"
        while True:
            typed = (yield from line()).strip()
            if typed == "exit":
                return
            if typed == "more log":
                yield b"session log\r\nR1#"
                yield 0.3
                taken = yield from line()
                yield b"show version\r\nVersion 1\r\nR1#"
                yield 0.2
                yield taken.encode() + b"\r\n"
                yield CLOCK
            elif typed:
                yield CLOCK
            yield b"R1#"

    played = play(talk(), ["more log", "show clock"])
    assert "ok" not in played.kinds().values()
    assert played.error is not None
    assert played.error.error.kind == "desynchronised"


@pytest.mark.parametrize("cut", [1, 2, 3, 7])
def test_where_packets_are_cut_does_not_matter(cut: int) -> None:
    def pieces(data: bytes) -> list[bytes]:
        return [data[start : start + cut] for start in range(0, len(data), cut)]

    played = play(device(b"\r\n[/]\r\nA:admin@n# ", ANSWERS), TEXTS, "nokia_sros", cut=pieces, delay=0.1)
    assert (played.error, played.texts) == (None, TEXTS)


def test_device_gets_one_empty_line_after_the_login_and_two_at_the_end() -> None:
    """And each command costs one round trip."""
    played = play(device(b"R1#", ANSWERS), ["show clock", "show version", "more abc"], delay=0.5)
    assert played.error is None
    assert bytes(played.stream.typed).endswith(b"\nshow clock\nshow version\nmore abc\n\n\nexit\n")
    assert played.stream.typed.startswith(b"\n")
    assert played.stream.typed.count(b"\n\n") == 1  # they do not overlap


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.4, 1.0])
@pytest.mark.parametrize("more", [[], ["show clock"]])
def test_rest_of_an_answer_that_begins_like_the_next_echo_is_not_booked_on_it(delay: float, more: list[str]) -> None:
    log = waits(b"session log\r\nR1#", 0.3, b"show version\r\nVersion 1\r\nend of log\r\n")
    played = play(device(b"R1#", {**ANSWERS, "more log": log}), ["more log", "show version", *more], delay=delay)
    kinds = played.kinds()
    if kinds["more log"] == "ok":
        assert played.texts["more log"] == LOG
    if kinds["show version"] == "ok":
        assert played.texts["show version"] == VERSION_TEXT
    assert set(kinds.values()) <= {"ok", "desynchronised", "not_asked"}
    assert delay > 0.1 or played.error is None


def test_answer_that_quotes_its_own_command_is_whole() -> None:
    log = b"a\r\nR1#show log\r\nb\r\n"
    played = play(device(b"R1#", {**ANSWERS, "show log": log}), ["show clock", "show log", "show version"])
    assert played.error is None
    assert played.texts == {"show clock": "10:00:00", "show log": "a\nR1#show log\nb", "show version": VERSION_TEXT}


@pytest.mark.parametrize("platform", [None, "cisco_nxos", "arista_eos"])
@pytest.mark.parametrize("prompt", [b"nx1# ", b"nx1#", b"nx1> "])
@pytest.mark.parametrize("factor", [1, 5, 6, 7, 10, 30, 60])
@pytest.mark.parametrize("pause", [0.0, 0.3, 1.0, 1.5])
def test_device_that_sends_a_few_bytes_at_a_time_is_read_in_full(
    platform: str | None, prompt: bytes, factor: int, pause: float
) -> None:
    """Empty lines that were sent into its slow banner bring prompts later, in front of the first echo."""
    rule = b"#" * 60
    pauses = (0.002, 0.003, 0.005, 0.002, 0.02)

    def drip(data: bytes) -> Talk:
        start = count = 0
        while start < len(data):
            end = start + (1, 2, 5, 3, 4)[count % 5]
            marks = [found + 1 for mark in (b"#\r", b">\r") if (found := data.find(mark, start, end + 1)) >= 0]
            end = min([end, *marks])
            yield data[start:end]
            yield pause if marks else pauses[count % 5] * factor
            start, count = end, count + 1

    def talk() -> Talk:
        yield from drip(rule + b"\r\n# Authorized access only\r\n" + rule + b"\r\n")
        while True:
            yield from drip(prompt)
            typed = b""
            while not typed.endswith(b"\n"):
                key = yield None
                typed += key
            yield from drip(typed[:-1] + b"\r\n")
            typed = typed.strip()
            if typed == b"exit":
                return
            if typed.startswith(b"show"):
                yield from drip(CLOCK if b"clock" in typed else VERSION)

    commands = ["show version", "show clock"]
    played = play(talk(), commands, platform, command_timeout=200.0)
    assert (played.error, played.texts) == (None, {"show version": VERSION_TEXT, "show clock": "10:00:00"})


@pytest.mark.parametrize("pause", [0.0, 0.3, 0.7, 1.5, 3.0])
@pytest.mark.parametrize("next_question", ["Also erase the flash? [confirm]", "Really? ", "Erase #"])
@pytest.mark.parametrize(
    ("reply", "acts"),
    [(Reply("sure?", "y", is_key=True), b"y"), (Reply("sure?", "y"), b"\n"), (Reply("sure?", ""), b"\n")],
)
def test_nothing_follows_an_answer(reply: Reply, acts: bytes, next_question: str, pause: float) -> None:
    """The line end is sent with an answer, and never with a key. It could answer the next question."""
    confirmed = b""

    def erase() -> Talk:
        nonlocal confirmed
        yield b"Are you sure? "
        while (key := (yield None)) != acts:
            yield key
        yield pause
        yield key + b"\r\n" + next_question.encode()
        confirmed = yield None
        yield b"\r\nerased\r\n"

    played = play(device(b"R1#", {**ANSWERS, "erase": erase}), [Command("erase", answers=(reply,)), "show clock"])
    assert confirmed == b""
    assert played.stream.typed.endswith(b"erase\n" + (b"y" if reply.is_key else reply.text.encode() + b"\n"))
    assert played.kinds()["erase"] in ("question", "timeout")


@pytest.mark.parametrize("command", ["show clock", "show nonsense"])
def test_logout_line_is_sent_also_if_a_command_was_rejected(command: str) -> None:
    played = play(device(b"R1#", ANSWERS), [command], "cisco_iosxe")
    assert played.stream.typed.endswith(b"exit\n")
    assert (played.error is None) is (command == "show clock")


def test_question_that_is_repeated_is_answered_ten_times() -> None:
    def reload() -> Talk:
        while True:
            yield b"Reload? [yes/no] "
            yield from line()

    command = Command("reload", answers=(Reply("reload?", "maybe"),))
    played = play(device(b"R1#", {**ANSWERS, "reload": reload}), [command, "show clock", "show version"])
    assert played.stream.typed.endswith(b"reload\n" + 10 * b"maybe\n")
    error = played.outputs["reload"].error
    assert error is not None
    assert error.kind == "question"
    assert error.message.startswith("the device asks 'Reload? [yes/no]' again after 10 answers; ")
    assert str(played.error).startswith("1 of 3 commands failed and 2 not sent, first 'reload': ")


@pytest.mark.parametrize("password", [True, False])
def test_refused_enable_quotes_the_device(password: bool) -> None:
    def enable() -> Talk:
        if password:
            yield b"Password: "
            yield from line(echo=False)
            yield b"\r\n"
        yield b"ERR: what is enable\r\n"

    talk = device(b"R1>", {**ANSWERS, "enable": enable})
    played = play(talk, ["show clock"], "cisco_iosxe", become=True, become_password="opensesame")
    assert "(it said 'ERR: what is enable', and it stays at 'R1>'); " in str(played.error)
    assert ("check ansible_become_password" in str(played.error)) is password


@pytest.mark.parametrize("prompts", ["match", "do not match"])
def test_own_platform_is_used_as_written_if_its_prompts_do_not_match(prompts: str) -> None:
    prompt = ">"

    def super_() -> Talk:
        nonlocal prompt
        yield b"Password: "
        yield from line(echo=False)
        yield b"\r\n"
        prompt = "#"

    def talk() -> Talk:
        while True:
            yield f"R1{prompt}".encode()
            typed = (yield from line()).strip()
            if typed == "bye":
                return
            if typed == "super":
                yield from super_()
            elif typed:
                yield CLOCK

    names = ("acme", "other") if prompts == "match" else ("x", "y")
    own = {
        "prompts": {"user": r"R1>|acme>", "privileged": r"R1#|acme#"},
        "enable": "super",
        "paging": [],
        "close": "bye",
    }
    if prompts != "match":
        own["prompts"] = {"user": f"{names[0]}>", "privileged": f"{names[1]}#"}
    played = play(talk(), ["show clock"], "acme", definition=own, become=True, become_password="opensesame")
    assert (played.error, played.texts) == (None, {"show clock": "10:00:00"})
    assert re.sub(rb"\n+", b"\n", bytes(played.stream.typed)) == b"\nsuper\nopensesame\nshow clock\nbye\n"
    hint = played.stream.facts.get("platform_hint", "")
    assert ("is none of platform acme; correct its prompts" in hint) is (prompts != "match")


@pytest.mark.parametrize("pause", [0.05, 0.3, 1.2, 2.2])
@pytest.mark.parametrize("end", [b"", b"\r\n"])
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_answer_that_quotes_the_prompt_more_than_once_is_whole_or_failed(
    delay: float, times: int, place: int, end: bytes, pause: float
) -> None:
    """A quoted prompt can look like the reply to an empty line. What follows is found before the next echo, or before
    that of the logout line."""
    quoted = [part for _each in range(times) for part in (b"R1#" + end, pause, b"" if end else b"\r\n")]
    log = waits(b"log\r\n", *quoted, b"end\r\n")
    commands = ["show clock", "show version"]
    commands.insert(place, "more log")
    played = play(device(b"R1#", {**ANSWERS, "more log": log}), commands, delay=delay)
    whole = {**TEXTS, "more log": "\n".join(["log", *times * ["R1#"], "end"])}
    for command, kind in played.kinds().items():
        if kind == "ok":
            assert played.texts[command] == whole[command]
    assert set(played.kinds().values()) <= {"ok", "desynchronised", "not_asked"}


@pytest.mark.parametrize("pause", [0.2, 0.7, 1.4])
def test_log_of_an_earlier_session_with_the_same_commands_is_not_taken_for_this_one(pause: float) -> None:
    log = waits(
        b"log\r\nR1#", pause, b"show clock\r\n09:59\r\nR1#", pause, b"show arp\r\nzz\r\nR1#", pause, b"\r\nR1#",
        pause, b"exit\r\nend\r\n",
    )  # fmt: skip
    played = play(
        device(b"R1#", {**ANSWERS, "more log": log, "show arp": b"a b\r\n"}), ["more log", "show clock", "show arp"]
    )
    right = {"show clock": "10:00:00", "show arp": "a b"}
    for command, kind in played.kinds().items():
        assert kind == "desynchronised" or played.texts[command] == right.get(command)


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.3, 1.5])
@pytest.mark.parametrize("times", [1, 2])
def test_session_that_is_dropped_after_a_quoted_prompt_is_no_answer(times: int, pause: float) -> None:
    def talk() -> Talk:
        yield b"R1#"
        while True:
            typed = (yield from line()).strip()
            if typed == "more log":
                yield b"session log" + times * b"\r\nR1#"
                yield pause
                return
            yield CLOCK if typed else b""
            yield b"R1#"

    played = play(talk(), ["show clock", "more log"])
    assert played.kinds() == {"show clock": "ok", "more log": "session_closed"}
    assert "session log" in played.texts["more log"]


def test_an_answer_is_not_proven_if_the_session_ends_before_the_echo_of_the_next_command() -> None:
    """The answer quotes the prompt, and the device is lost there."""

    def talk() -> Talk:
        while True:
            yield b"r1# "
            typed = (yield from line()).strip()
            if typed == "show version":
                yield b"line 0\r\nr1# "
                return
            if typed:
                yield b"% Invalid input\r\n"

    assert play(talk(), ["show version", "show clock"]).kinds()["show version"] == "session_closed"


@pytest.mark.parametrize("pause", [0.3, 0.7, 1.2, 2.2])
@pytest.mark.parametrize("prompt", [b"R1#", b"R1# "])
def test_answer_of_a_device_without_echo_that_went_on_is_booked_on_no_other_command(
    prompt: bytes, pause: float
) -> None:
    log = waits(b"log\r\n" + prompt, pause, b"\r\n" + prompt, pause, b"\r\nend\r\n")
    played = play(device(prompt, {**ANSWERS, "more log": log}, echo=False), ["show version", "more log", "show clock"])
    assert set(played.kinds().values()) == {"desynchronised"}


@pytest.mark.parametrize(
    "question",
    [
        "Erase all, press ENTER: ",
        "Initialise the disk (yes/no)# ",
        "Select image [1]: ",
        "Restore factory settings> ",
        "Overwrite <yes>",
        "Delete all logs [OK]",
        "Proceed [Y] ",
        "Name of file [tech.txt] ",
        "Really go on # ",
    ],
)
@pytest.mark.parametrize("platform", [None, "cisco_iosxe"])
def test_nothing_is_sent_to_a_question_before_the_prompt(question: str, platform: str | None) -> None:
    def talk() -> Talk:
        yield b"Welcome\r\n" + question.encode()
        yield None

    played = play(talk(), ["show clock"], platform)
    assert bytes(played.stream.typed) == b""
    assert played.error is not None
    assert played.error.error.kind == "question"
    assert question.strip() in played.error.error.message


@pytest.mark.parametrize("clear", [b"", b"\x1b[H\x1b[2J", b"\x1b[2J"])
@pytest.mark.parametrize("prompt", [b"R1#", b"\x1b[5;1HR1#", b"\r\nR1#"])
@pytest.mark.parametrize("platform", [None, "cisco_iosxe"])
def test_an_answer_that_is_positioned_with_the_cursor(clear: bytes, prompt: bytes, platform: str | None) -> None:
    screen = clear + b"\x1b[2;1HPort\x1b[2;8HState\x1b[3;1H=\x1b[11b\x1b[4;1H1\x1b[4;8Hup" + b"\r\n"
    played = play(device(prompt, {**ANSWERS, "show ports": screen}), ["show ports", "show clock"], platform)
    assert (played.error, played.texts) == (
        None,
        {"show ports": "Port   State\n============\n1      up", "show clock": "10:00:00"},
    )
