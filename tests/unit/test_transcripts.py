# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transcripts: recorded sessions are repeated, secrets are masked however they are divided, the size is bounded."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import re
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import MASK, Secrets, secrets_of
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_commands
from ansible_collections.rollcall.network.plugins.module_utils._transport.transcript import (
    EVENT,
    Recorded,
    Transcript,
    masked_chunks,
)
from tests.transcripts import replay

SECRET = "Tr0ub4dor&3 über"
FILES = replay.transcripts()
FILE = next(each for each in FILES if each.name == "arista.eos.eos.jsonl")


@pytest.mark.parametrize("file", FILES, ids=[each.stem for each in FILES])
def test_a_recorded_session_has_the_expected_outputs(file: Path) -> None:
    transcript = replay.Transcript(file.read_text(encoding="ascii"))
    assert replay.replayed(transcript) == transcript.expected


def test_there_are_recorded_sessions_of_several_platforms() -> None:
    assert len({replay.Transcript(file.read_text()).settings["platform"] for file in FILES}) >= 3


def test_a_replay_does_not_accept_another_answer() -> None:
    lines = FILE.read_text().splitlines()
    place, event = next(
        (place, each)
        for place, each in enumerate(map(json.loads, lines))
        if "version" in each.get("text", "") and each["direction"] == "received"
    )
    lines[place] = json.dumps({**event, "text": event["text"].replace("version", "VERSION", 2)})
    transcript = replay.Transcript("\n".join(lines))
    assert replay.replayed(transcript) != transcript.expected


def test_a_command_without_a_recorded_answer_is_an_error() -> None:
    head, *lines = FILE.read_text().splitlines()
    settings = json.loads(head)
    settings["device"]["commands"].append("show something else")
    with pytest.raises(replay.Different, match="show something else"):
        replay.replayed(replay.Transcript("\n".join([json.dumps(settings), *lines])))


SESSION = [
    (0.0, "connected", ""),
    (0.1, "received", "box>"),
    (0.2, "sent", "enable\n"),
    (0.3, "received", "enable\r\nPassword: "),
    (0.4, "sent", f"{MASK}\n"),
    (0.5, "received", "\r\nbox#"),
    (0.6, "sent", "term len 0\n"),
    (0.7, "received", "term len 0\r\nbox#"),
    (0.8, "sent", "show version\n"),
    (0.9, "received", "show version\r\nversion 1\r\n"),
    (600.0, "received", "box#"),
    (601.0, "sent", "exit\n"),
    (601.0, "received", "exit\r\n"),
    (601.1, "closed", ""),
]


def session(*events: tuple[float, str, str], commands: tuple[str, ...] = ("show version",)) -> replay.Transcript:
    """The transcript of a session."""
    settings = {"name": "box", "driver": "cli", "platform": "cisco_iosxe", "transport": "ssh", "become": True}
    lines: list[dict[str, Any]] = [{"transcript": 1, "device": {**settings, "commands": commands}}]
    lines += [{"time": time, "direction": direction, "text": text} for time, direction, text in events]
    return replay.Transcript("\n".join(map(json.dumps, [*lines, {"expected": {}}])))


async def said(transcript: replay.Transcript, *lines: str) -> str:
    """All that the replayed device says, the lines being sent when it is silent for a minute."""
    clock = replay.Clock()
    stream = replay.Replay(transcript, clock)
    heard = b""
    for line in (*lines, None):
        while data := await stream.read(clock() + 60):
            heard += data
        if line is not None:
            await stream.write(line.encode(), clock() + 60)
    return heard.decode()


ENABLE = "enable\n", f"{MASK}\n"
AT_ENABLE = "box>enable\r\nPassword: \r\nbox#"
LENGTH, VERSION = "term len 0\r\nbox#", "show version\r\nversion 1\r\n"


@pytest.mark.parametrize(
    ("lines", "heard"),
    [
        ((*ENABLE, "term len 0\n", "show version\n"), AT_ENABLE + LENGTH + VERSION),
        ((*ENABLE, "show version\n"), AT_ENABLE + VERSION),
        (("\n", *ENABLE, "\n", "\n", "show version\n"), f"box>\r\n{AT_ENABLE}\r\nbox#\r\nbox#{VERSION}"),
        ((*ENABLE, "term width 9\n", "show version\n"), f"{AT_ENABLE}term width 9\r\nbox#{VERSION}"),
    ],
    ids=["as it was", "a line less", "empty lines", "another line"],
)
def test_a_driver_that_has_changed_gets_what_a_device_would_say(lines: tuple[str, ...], heard: str) -> None:
    assert asyncio.run(said(session(*SESSION), *lines)) == heard


def test_pauses_are_those_of_the_session_but_nobody_waits() -> None:
    """The last prompt comes after almost ten minutes, which is longer than the timeout of a command."""
    came = replay.replayed(session(*SESSION))
    assert (came["status"], came["output"]["show version"]["status"]) == ("timeout", "timeout")
    assert came["output"]["show version"]["text"].strip() == "version 1"
    quick = [(min(time, 2.0), direction, text) for time, direction, text in SESSION]
    assert replay.replayed(session(*quick))["output"]["show version"]["status"] == "ok"


def test_a_session_that_answers_each_key_with_the_same_ends_at_its_time() -> None:
    """What is not in the transcript brings its last line again, here the prompt of a pager."""
    came = replay.replayed(session((0.0, "connected", ""), (0.1, "received", "line\r\n--More--")))
    assert came["status"] == "timeout"


# -- secrets -----------------------------------------------------------------------------------------------------------


def chunked(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


SHOWN: dict[str, str] = {
    "plain": SECRET,
    "wrapped": SECRET[:7] + "\r\n" + SECRET[7:],
    "wrapped as IOS does": SECRET[:7] + " \r"[1:] + SECRET[7:],
    "with colors": SECRET[:3] + "\x1b[1m" + SECRET[3:9] + "\x1b[0m\x1b[K" + SECRET[9:],
    "a character at a time": "\0".join(SECRET),
    "escaped": json.dumps(SECRET)[1:-1],
}
DRAWN: dict[str, str] = {
    "with a blank and a backspace behind each character": " \b".join(SECRET),
    "with a blank between two backspaces": "\b \b".join(SECRET),
    "with each character replaced by a star": "".join(f"{each}\b*" for each in SECRET),
    "with each character replaced by a star, with a sequence": "".join(f"{each}\x1b[D*" for each in SECRET),
    "with stars that grow": "".join(f"\r{'*' * place}{each}" for place, each in enumerate(SECRET)),
    "with the rest of the line erased": "\x1b[K".join(SECRET),
    "with typing errors": "".join(f"*\b{each}" for each in SECRET),
    "with the line shown again": SECRET[:5] + "\x1b[20D\x1b[K> " + SECRET[:7] + "\r> " + SECRET,
    "wrapped with blanks": SECRET[:7] + " \r" + SECRET[7:],
    "in Latin-1": SECRET.encode("latin-1").decode("utf-8", "surrogateescape"),
    "decomposed": unicodedata.normalize("NFD", SECRET),
    "in upper case": SECRET.upper(),
    "in Base64": base64.b64encode(SECRET.encode()).decode(),
}


@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 1000])
def test_a_secret_is_masked_however_it_is_divided(shown: str, size: int) -> None:
    data = f"before {shown} after\r\nbox#".encode("utf-8", "surrogateescape")
    chunks = masked_chunks(chunked(data, size), Secrets([SECRET]))
    assert len(chunks) == len(chunked(data, size))
    assert b"".join(chunks) == f"before {MASK} after\r\nbox#".encode()


@pytest.mark.parametrize("shown", DRAWN.values(), ids=DRAWN)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_secret_is_masked_however_it_is_drawn(shown: str, size: int) -> None:
    data = f"before {shown} after\r\nbox#".encode("utf-8", "surrogateescape")
    masked = b"".join(masked_chunks(chunked(data, size), Secrets([SECRET])))
    assert MASK.encode() in masked
    assert re.sub(rb"\x1b\[[0-9]*[A-Z]|[^A-Za-z0-9#\x80-\xff]", b"", masked) == b"beforeafterbox#"


@pytest.mark.parametrize("direction", ["received", "sent"])
def test_a_secret_that_is_drawn_is_masked_in_both_directions(direction: Literal["received", "sent"]) -> None:
    transcript = Transcript(box(), time.monotonic())
    for chunk in chunked(" \b".join(SECRET).encode(), 3):
        transcript.note(direction, chunk)
    shown = "".join(json.loads(line)["text"] for line in transcript.text(secrets_of(box())).splitlines()[1:])
    assert shown.strip(" \b") == MASK


@pytest.mark.parametrize("shown", DRAWN.values(), ids=DRAWN)
def test_parts_have_no_long_beginning_of_a_secret_that_is_drawn(shown: str) -> None:
    """A part is written when the next piece of the secret has not come."""
    transcript, received = Transcript(box(), time.monotonic()), ""
    for chunk in chunked(f"it is {shown}".encode("utf-8", "surrogateescape"), 4):
        transcript.note("received", chunk)
        received += json.loads(transcript.part(secrets_of(box())).splitlines()[-1])["text"]
    left = re.sub(r"\x1b\[[0-9]*[A-Z]|[^A-Za-z0-9]", "", received)
    assert not any(SECRET[start : start + 7] in left for start in range(len(SECRET) - 7))


@pytest.mark.parametrize("shown", ["c \bi \bs \bc \bo \b", "ci\x1b[1msco\x1b[0m", "*\bcisc*\b \bo"])
def test_an_ordinary_word_that_is_drawn_is_masked_at_the_end_of_a_line(shown: str) -> None:
    masked = b"".join(masked_chunks([f"Password: {shown}\r\nbox#".encode()], Secrets(["cisco"])))
    assert re.sub(rb"\x1b\[0m|\*\x08|[^A-Za-z0-9#:*]", b"", masked) == f"Password:{MASK}box#".encode()


NOISE = ("", " ", "show version", "box#", "Password: ", "\r\n", "ü", "*", "x\b", "\t", "0/1 up up")
MOVES = (
    "\b|\b\b|\r|\x1b[D|\x1b[3D|\x1b[C|\x1b[2C|\x1b[7G|\x1b[5;3H|\x1b[K|\x1b[1K|\x1b[2K|\x1b[J|\x1b[X|\x1b[2X|\x1b[P|\x1b[2P|"
    "\b\x1b[P|\x1b[@|\x1b[4@"
)
OTHERS = "\0|\a|\x0e|\x7f|\x1b[m|\x1b[1;31m|\x1b7|\x1b(B|\x1b[?25l|*|*\b|x|x\b|_\b|_\b_\b| | \b|\b \b|\b *| \r|\r\n|\n"
BETWEEN = [*MOVES.split("|"), *OTHERS.split("|")]


def screens(text: str) -> Iterator[str]:
    """What a terminal shows in its current line after each character. It is not the implementation of the plugin."""
    line: list[str] = []
    column = 0
    for token in re.finditer(r"\x1b\[([0-9;?]*)([@-~])|\x1b[ -/]*[0-~]|.", text, re.DOTALL):
        each, final = token[0], token[2]
        number = max(1, int(token[1] or 1)) if final and (token[1] or "1").isdigit() else 1
        if each == "\n":
            line, column = [], 0
        elif each == "\r":
            column = 0
        elif each == "\b" or final == "D":
            column = max(0, column - number)
        elif final == "C":
            column += number
        elif final == "G":
            column = number - 1
        elif final == "H":
            column = int(token[1].split(";")[1]) - 1
        elif final in ("K", "J"):
            if token[1] == "2":
                line = []
            elif token[1] == "1":
                line[: column + 1] = " " * min(column + 1, len(line))
            else:
                line = line[:column]
        elif final == "P":
            line[column : column + number] = []
        elif final == "X":
            line[column : column + number] = " " * len(line[column : column + number])
        elif final == "@":
            line[column:column] = " " * number
        elif each >= " " and each != "\x7f" and each[0] != "\x1b":
            line += " " * (column - len(line))
            line[column : column + 1] = each
            column += 1
            yield "".join(line)
            continue
        if final in ("P", "K", "J", "X", "@"):
            yield "".join(line)


def test_no_random_session_shows_a_secret() -> None:
    """Random secrets with random control characters between their characters, in random packets."""
    chance = random.Random(20261126)
    alphabet = "abcdefXYZ0189-_$%&/ üß€"
    shown = 0
    some = ["".join(chance.choices(alphabet, k=chance.randint(6, 14))).strip() + "q7Z" for _number in range(250)]
    ready = [(secret, Secrets([secret])) for secret in some]  # it takes time to prepare one
    for _number in range(10_000):
        secret, secrets = chance.choice(ready)
        likely = chance.random()
        drawn = "".join(
            each + "".join(chance.choices(BETWEEN, k=chance.randint(1, 3))) if chance.random() < likely else each
            for each in secret
        )
        if chance.random() < 0.3:
            drawn = "".join(
                each if chance.random() < 0.5 else f"{chance.choice('ab*#')}{back}{each}"
                for each in secret
                for back in [chance.choice(["\b", "\x1b[D"])]
            )
        text = "".join(chance.choices(NOISE, k=3)) + drawn + "".join(chance.choices(NOISE, k=3))
        packets = chunked(text.encode(), chance.randint(1, 40))
        masked = b"".join(masked_chunks(packets, secrets)).decode("utf-8", "surrogateescape")
        shown += any(secret in each for each in screens(text))
        assert not any(secret in each for each in screens(masked)), (secret, text, masked)
        assert secret not in re.sub(r"\x1b\[[0-9;?]*[@-~]|\x1b.|[\0-\x1f\x7f]", "", masked), (secret, text, masked)
    assert shown > 2_000


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_an_ordinary_word_is_masked_at_the_end_of_a_line(size: int) -> None:
    data = b"username cisco privilege 15\r\nPassword: cisco\r\nbox#"
    masked = b"".join(masked_chunks(chunked(data, size), Secrets(["cisco"])))
    assert masked == f"username cisco privilege 15\r\nPassword: {MASK}\r\nbox#".encode()


@pytest.mark.parametrize("secret", ["cisco", "enable", "x", "1234", SECRET])
def test_a_secret_that_is_sent_is_masked_whatever_it_is(secret: str) -> None:
    sent = [b"show version\n", secret.encode() + b"\n", secret.encode() + b"\r\n"]
    masked = masked_chunks(sent, Secrets([secret]), lone=True)
    assert masked == [b"show version\n", MASK.encode() + b"\n", MASK.encode() + b"\r\n"]


def test_the_beginning_of_a_secret_at_the_end_is_masked() -> None:
    assert masked_chunks([b"it is ", SECRET[:9].encode()], Secrets([SECRET])) == [b"it is ", MASK.encode()]


def test_what_has_no_secret_is_kept_to_the_byte() -> None:
    data = bytes(range(256)) * 3
    assert masked_chunks(chunked(data, 7), Secrets([SECRET, "cisco"])) == chunked(data, 7)


# -- recording ---------------------------------------------------------------------------------------------------------


class Said:
    """A stream that says these chunks and ends."""

    asks_login = False

    def __init__(self, *chunks: bytes) -> None:
        self.facts = {"transport": "ssh"}
        self.chunks = list(chunks)
        self.is_closed = False

    async def read(self, deadline: float) -> bytes | None:
        return self.chunks.pop(0) if self.chunks else b""

    async def write(self, data: bytes, deadline: float) -> None: ...

    def end_reason(self) -> str:
        return "it said so"

    def fault(self) -> str:
        return "a fault"

    def close(self) -> None:
        self.is_closed = True


def box(**settings: Any) -> Device:
    usual = {"platform": "frr", "password": SECRET, "user": "ops", "host": "192.0.2.1", "transcript": True}
    return Device("box", commands=(Command("show version"),), **{**usual, **settings})


def recorded(device: Device, said: Said) -> list[dict[str, Any]]:
    """The events of a session in which everything is read and a command and the password are sent."""
    transcript = Transcript(device, time.monotonic())
    parts: list[str] = []
    secrets = secrets_of(device)
    stream = Recorded(said, transcript, lambda: parts.append(transcript.part(secrets)))

    async def session() -> None:
        await stream.write(b"show version\n", 0.0)
        await stream.write(SECRET.encode() + b"\n", 0.0)
        for _again in range(2):
            while await stream.read(0.0):
                pass

    asyncio.run(session())
    assert (stream.facts, stream.asks_login, stream.end_reason(), stream.fault()) == (
        said.facts,
        said.asks_login,
        "it said so",
        "a fault",
    )
    stream.close()
    assert said.is_closed
    text = transcript.text(secrets)
    assert text.isascii()
    parts.append(transcript.part(secrets))
    assert "".join(parts) == text
    return [json.loads(line) for line in text.splitlines()]


def test_every_byte_is_recorded_with_its_time() -> None:
    head, *events = recorded(box(), Said(b"\xff\x00 a\r\n", "é".encode()[:1], "é".encode()[1:]))
    assert head == {
        "transcript": 1,
        "device": {
            "name": "box",
            "driver": "cli",
            "platform": "frr",
            "transport": "ssh",
            "become": False,
            "has_become_password": False,
            "max_output": 64 * 2**20,
            "commands": ["show version"],
        },
    }
    assert [(each["direction"], each["text"].encode("utf-8", "surrogateescape")) for each in events] == [
        ("connected", b""),
        ("sent", b"show version\n"),
        ("sent", f"{MASK}\n".encode()),
        ("received", b"\xff\x00 a\r\n"),
        ("received", b"\xc3"),
        ("received", b"\xa9"),
        ("closed", b""),
    ]
    times = [each["time"] for each in events]
    assert times == sorted(times)
    assert times[0] >= 0


def test_the_definition_and_the_answers_are_in_the_file_without_secrets() -> None:
    """A pattern stays a pattern."""
    definition = {
        "like": "cisco_iosxe",
        "enable": f"super {SECRET}",
        "prompts": {"user": rf"^{SECRET}>\s*$"},
        "dialogs": [{"question": rf"is it {SECRET}\?", "answer": SECRET}, {"question": "key", "key": "cisco"}],
        "asks_login": False,
    }
    answers = [
        {"question": question, "answer": answer}
        for question, answer in (("[confirm]", ""), ("password", "cisco"), ("again", SECRET))
    ]
    device = replace(box(password="cisco", become_password=SECRET, definition=definition, platform="acme_os"))
    commands = [{"command": "reload", "parser": "json", "answers": answers}, "show version"]
    device = replace(device, commands=check_commands(commands, None))
    head = json.loads(Transcript(device, time.monotonic()).text(secrets_of(device)))["device"]
    mask = re.escape(MASK)
    assert head["definition"] == {
        "like": "cisco_iosxe",
        "enable": f"super {MASK}",
        "prompts": {"user": rf"^{mask}>\s*$"},
        "dialogs": [{"question": rf"is it {mask}\?", "answer": MASK}, {"question": "key", "key": MASK}],
        "asks_login": False,
    }
    assert [each["answer"] for each in head["commands"][0]["answers"]] == ["", MASK, MASK]
    assert head["commands"][1] == "show version"
    repeated = replay.Transcript("\n".join(map(json.dumps, [{"transcript": 1, "device": head}, {"expected": {}}])))
    made = repeated.device()
    assert made.definition == head["definition"]
    assert [each.text for each in made.commands] == ["reload", "show version"]
    assert len(made.commands[0].answers) == 3


@pytest.mark.parametrize("size", [1, 3, 4, 8])
def test_a_secret_is_masked_if_parts_divide_it(size: int) -> None:
    """In the parts, which are used if the process dies, what may be the beginning of a secret is masked too."""
    transcript, parts = Transcript(box(), time.monotonic()), []
    shown = SECRET.encode()
    for chunk in (b"it is ", *chunked(shown, size), b" here\r\n", b"x" * 20_000, *chunked(shown, size)):
        transcript.note("received", chunk)
        parts.append(transcript.part(secrets_of(box())))
    assert parts[0].startswith('{"transcript": 1')
    received = "".join(json.loads(part.splitlines()[-1])["text"] for part in parts)
    assert not any(SECRET[start : start + 4] in received for start in range(len(SECRET) - 4))
    assert received.startswith("it is ")
    assert " here\r\n" in received
    assert received.count("x") == 20_000


def test_a_transcript_is_bounded_by_max_output() -> None:
    many = [b"0123456789"] * 1000
    _head, *events = recorded(box(max_output=100 * (10 + EVENT)), Said(*many))
    assert 80 < len(events) <= 101
    assert [each["direction"] for each in events].count("cut") == 1
    assert events[-1]["direction"] == "cut"
    with pytest.raises(replay.Damaged, match="max_output"):
        replay.Transcript("\n".join(map(json.dumps, [_head, *events, {"expected": {}}])))
