# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any bytes from a device, in all that reads them: no exceptions but the documented ones."""

from __future__ import annotations

import asyncio
import json
import time
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.rollcall.network.plugins.module_utils import _terminal
from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes, between
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._drivers import text as driver_text
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.pagers import pager_at_end
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.questions import question_at_end
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.rejections import rejection_in
from ansible_collections.rollcall.network.plugins.module_utils._engine.asked import masked_failure, masked_value
from ansible_collections.rollcall.network.plugins.module_utils._model.redaction import Redaction
from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import Secrets, secrets_of
from ansible_collections.rollcall.network.plugins.module_utils._model.visible import visible
from ansible_collections.rollcall.network.plugins.module_utils._parsing.rows import parse
from ansible_collections.rollcall.network.plugins.module_utils._platforms import platform_hint
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError, Output
from ansible_collections.rollcall.network.plugins.module_utils._transport.telnet import TelnetStream
from ansible_collections.rollcall.network.plugins.module_utils._transport.transcript import Transcript
from tests.transcripts import replay
from tests.unit.fuzzing import damages, few
from tests.unit.played import Talk, line, play

COMMANDS = ("show version", "show interfaces", "show ip route")
PLATFORMS = ("cisco_iosxe", "juniper_junos", "mikrotik_routeros", "linux", "learned", "huawei_vrp")
# What means something to the code that reads it.
TOKENS = (
    b"\r\n", b"\n", b"\r", b"\0", b"\x08",
    b"\x08 \x08", b"\x1b[K", b"\x1b[2K", b"\x1b[99999999999D", b"\x1b[", b"\x1b]0;x\x07",
    b"\x1bP", b"\x9b", b"\xff", b"\xff\xfa", b"\xff\xf0", b"\xff\xfb\x01", b"\xff\xfd\x18", b"\xff\xfa\x18\x01\xff\xf0",
    b"r1#", b"r1>", b"r1(config)#", b"[admin@r1] > ", b"<r1>", b"user@r1> ", b"$ ", b"# ", b"> ",
    b"--More--", b" --More-- ", b"<--- More --->", b"---(more)---", b"(END)", b"Press any key to continue",
    b"Username: ", b"Password: ", b"login: ",
    b"Are you sure? [y/n] ", b"[confirm]", b"% Invalid input detected at '^' marker.",
    b"show version", b"show interfaces", b"show ip route", b"terminal length 0", b"SSH-2.0-x\r\n",
    b"GigabitEthernet0/1 is up, line protocol is up\r\n", b"Cisco IOS Software, Version 15.2\r\n",
    b"{", b"[", b'{"a": [1, 2, ', b"}",
    b"snmp-server community public RO\r\n", b"password 7 0822455D0A16\r\n",
    b"secret-of-the-test", b"-----BEGIN RSA PRIVATE KEY-----",
    "é漢".encode(), b"\xc3", b"\xf0\x9f", b"\xed\xa0\x80", b"9" * 400, b"a" * 300,
)  # fmt: skip
pieces = st.one_of(st.sampled_from(TOKENS), st.binary(max_size=12))
texts = st.lists(pieces, max_size=14).map(b"".join)
SECRETS = ("secret-of-the-test", "")


def decoded(data: bytes) -> str:
    return _terminal.clean(_terminal.decode(data))


# -- the driver --------------------------------------------------------------------------------------------------------


@st.composite
def talks(draw: st.DrawFn) -> Callable[[], Talk]:
    """A device that says these things: before a prompt or not, after each line that it gets, and then ends or not."""
    greeting, answers = draw(texts), draw(st.lists(texts, max_size=5))
    prompt = draw(st.sampled_from([b"r1#", b"r1>", b"", b"\r\nr1# ", b"user@r1> "]))
    ends, echoes = draw(st.booleans()), draw(st.booleans())

    def talk() -> Talk:
        yield greeting + prompt
        for answer in answers:
            yield from line(echo=echoes)
            yield answer + prompt
        while not ends:
            yield from line(echo=echoes)
            yield prompt

    return talk


@few(25)
@given(talk=talks(), platform=st.sampled_from(PLATFORMS), cut=st.integers(1, 40))
def test_any_device_has_an_answer_or_an_error_that_is_typed(talk: Callable[[], Talk], platform: str, cut: int) -> None:
    def cutting(data: bytes) -> list[bytes]:
        return [data[start : start + cut] for start in range(0, len(data), cut)]

    login: dict[str, Any] = {"password": SECRETS[0]}
    played = play(talk(), COMMANDS, platform, cut=cutting, become=False, **login)
    device = Device("r1", platform=platform, commands=tuple(map(Command, COMMANDS)), user="admin", **login)
    assert set(played.texts) <= set(COMMANDS)
    if played.error is None:
        value = masked_value(device, played.outputs, dict(played.stream.facts))
        assert list(value) == list(COMMANDS)
    else:
        error = masked_failure(device, played.error, "command", played.outputs, dict(played.stream.facts))
        assert error.error.message
        value = error.value or {}
    for output in value.values():
        assert isinstance(output, Output)
        assert SECRETS[0] not in output.text
        json.dumps(output.text).encode("ascii")


# -- Telnet ------------------------------------------------------------------------------------------------------------


class _Transport:
    """Takes everything."""

    def __init__(self) -> None:
        self.written = bytearray()

    def write(self, data: bytes) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, _name: str, default: Any = None) -> Any:
        return default

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def abort(self) -> None:
        pass

    close = abort


@few(25)
@given(chunks=st.lists(texts, max_size=5))
def test_any_bytes_over_telnet(chunks: list[bytes]) -> None:
    async def receive(parts: list[bytes]) -> bytes:
        stream = TelnetStream()
        stream.connection_made(_Transport())
        for part in parts:
            stream.data_received(part)
        stream.eof_received()
        found = await stream.read(time.monotonic()) or b""
        stream.close()
        return found

    whole = asyncio.run(receive([b"".join(chunks)]))
    assert asyncio.run(receive(chunks)) == whole, "it does not depend on how it is divided"


# -- texts -------------------------------------------------------------------------------------------------------------


@few(25)
@given(data=texts, parser=st.sampled_from(["auto", "json", "textfsm"]), platform=st.sampled_from([*PLATFORMS, None]))
def test_any_text_is_parsed_or_has_a_reason(data: bytes, parser: str, platform: str | None) -> None:
    for command in COMMANDS:
        parsed = parse(decoded(data), parser, platform, command)
        assert parsed.status in ("ok", "empty", "mismatch", "error", "no_template", "not_parsed"), parsed
        assert (parsed.rows is None) or isinstance(parsed.rows, (list, dict, str, int, float)), parsed


@few(40)
@given(data=texts, other=texts)
def test_any_text_is_masked_compared_and_shown(data: bytes, other: bytes) -> None:
    text, second = decoded(data), decoded(other)
    redaction = Redaction(b"k" * 32)
    masked = redaction.text(text)
    assert redaction.text(masked) == masked
    redaction.answer({"output": {COMMANDS[0]: {"text": text, "diff": second}}})
    redaction.value({"password": text, "list": [second]})
    secrets = Secrets([SECRETS[0]])
    shown = secrets.quoted(text)
    assert SECRETS[0] not in shown
    unseen = {unicodedata.category(each) for each in visible(shown).replace("\n", "").replace("\t", "")}
    assert not unseen & {"Cc", "Cs", "Zl", "Zp"}
    secrets.sentence(text)
    for platform in PLATFORMS:
        between(Changes(None).ignore, platform, COMMANDS[0], text, second)
        platform_hint("", driver_text.last_line(text), text)
    rejection_in(text, COMMANDS[0], ("%",))
    question_at_end(text)
    pager_at_end(_terminal.decode(data))
    driver_text.excerpt(text)


# -- transcripts -------------------------------------------------------------------------------------------------------


@few(25)
@given(chunks=st.lists(st.tuples(st.sampled_from(["received", "sent"]), texts), max_size=8))
def test_any_bytes_in_a_transcript(chunks: list[tuple[Any, bytes]]) -> None:
    device = Device(
        "r1", user="admin", password=SECRETS[0], platform="cisco_iosxe", commands=(Command("show version"),)
    )
    transcript = Transcript(device, time.monotonic())
    transcript.note("connected")
    for direction, data in chunks:
        transcript.note(direction, data)
    text = transcript.text(secrets_of(device))
    lines = [json.loads(each) for each in text.splitlines()]
    assert lines[0]["transcript"] == 1
    assert SECRETS[0] not in "".join(str(each.get("text", "")) for each in lines)
    Redaction(None).transcript(text, {"output": {}})
    played = replay.Transcript(text + json.dumps({"expected": {}}) + "\n")
    assert played.device().name == "r1"


events = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 1.0, 5.0, -3.0, 100.0]),
        st.sampled_from(["received", "received", "received", "sent", "closed", "connected"]),
        texts,
    ),
    max_size=10,
)


@few(40)
@given(events=events, platform=st.sampled_from(PLATFORMS), transport=st.sampled_from(["ssh", "telnet"]))
def test_any_transcript_is_repeated_to_its_end(
    events: list[tuple[float, str, bytes]], platform: str, transport: str
) -> None:
    """Nothing waits, and a device that answers each line and each key for ever has its time, as any other one."""
    settings = {"name": "r1", "driver": "cli", "platform": platform, "transport": transport, "commands": COMMANDS}
    head = {"transcript": 1, "device": settings}
    lines: list[Any] = [head]
    moment = 0.0
    for pause, direction, data in events:
        moment += pause
        lines.append({"time": moment, "direction": direction, "text": _terminal.decode(data)})
    text = "\n".join(map(json.dumps, [*lines, {"expected": {}}]))
    try:
        outcome = replay.replayed(replay.Transcript(text))
    except (replay.Damaged, replay.Different):
        return
    assert outcome["status"]


@pytest.mark.parametrize("file", replay.transcripts()[:2], ids=lambda each: str(each.stem))
@few(4)
@given(damage=damages())
def test_a_damaged_transcript_is_repeated_or_refused(file: Any, damage: Callable[[bytes], bytes]) -> None:
    text = damage(file.read_bytes()).decode("utf-8", "replace")
    try:
        transcript = replay.Transcript(text)
        outcome = replay.replayed(transcript)
    except (replay.Damaged, replay.Different):
        return
    assert outcome["status"]


def test_an_error_of_the_driver_is_typed() -> None:
    def talk() -> Talk:
        yield b""

    assert isinstance(play(talk(), COMMANDS, "cisco_iosxe").error, DeviceError)
