# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replay a transcript to the driver: a stream that says what the device said. See docs/transcripts.md.

Pauses are those of the transcript, but nobody waits for them: the clock of the driver is set forward.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._bounds import LARGEST
from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._drivers.registry import driver_of
from ansible_collections.rollcall.network.plugins.module_utils._engine.asked import masked_failure, masked_value
from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import MASK
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError, Output, Phase, Result
from ansible_collections.rollcall.network.plugins.module_utils._roll import answer_of
from ansible_collections.rollcall.network.plugins.module_utils._run import expected_line
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_commands
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._by_hand import check_device

VERSIONS = {1}
ALONE = {"connected", "closed", "cut"}  # events without data
ANSWER_SECONDS = 0.05  # of an answer that is not in the transcript
now = time.monotonic


class Damaged(ValueError):
    """The file is not a transcript."""


class Different(AssertionError):
    """The driver sent something that has no answer in the transcript."""


@dataclass(frozen=True)
class Event:
    """One event of a transcript."""

    time: float
    direction: str
    data: bytes


class Transcript:
    """A file: the settings of the device, the events of its last connection, and what is expected."""

    def __init__(self, text: str) -> None:
        """
        :raises Damaged: if it is not a transcript, or one of another version, or one that was cut.
        """
        try:
            self._read(text)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
            msg = f"it is not a transcript that can be repeated: {type(error).__name__}: {error}"
            raise Damaged(msg) from error

    def _read(self, text: str) -> None:
        head, *lines = (json.loads(line) for line in text.splitlines() if line.strip())
        if head["transcript"] not in VERSIONS:
            msg = "the version of the transcript is not known"
            raise ValueError(msg)
        self.settings: dict[str, Any] = head["device"]
        self.expected: dict[str, Any] = lines.pop()["expected"]
        events = [Event(_seconds(each["time"]), str(each["direction"]), _bytes(each["text"])) for each in lines]
        events = [each for each in events if each.data or each.direction in ALONE]  # all of it was in the mask before
        if any(each.direction == "cut" for each in events):
            msg = "the transcript was cut; set a larger max_output"
            raise ValueError(msg)
        starts = [place for place, each in enumerate(events) if each.direction == "connected"]
        self.events = events[starts[-1] :] if starts else events
        check_device(self.device())

    def device(self) -> Device:
        """Return the device. Its secrets are the mask, as in the file."""
        settings = {**self.settings, "commands": check_commands(self.settings["commands"], None)}
        enable = MASK if settings.pop("has_become_password", True) else None
        login = {"user": "ops", "password": MASK, "become_password": enable}
        return Device(host="192.0.2.1", **{**login, **settings})


def _seconds(given: float) -> float:
    seconds = float(given)
    if not -LARGEST < seconds < LARGEST:
        msg = f"{given!r} is not the time of an event"
        raise ValueError(msg)
    return seconds


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


class Clock:
    """A clock that goes on, and that can be set forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return now() + self._ahead

    def forward(self, moment: float) -> None:
        self._ahead += max(moment - self(), 0.0)


class Replay:
    """The stream of a recorded device. It implements ``Stream``.

    A line that was sent has its answer. A line that was not sent then, because the driver has changed since, has none:
    its echo and the last prompt come instead. That is what a device does with an empty line, and with a line that sets
    up the terminal. A line that sets up the session and is not sent any more is left out, with its answer.
    """

    def __init__(self, transcript: Transcript, clock: Clock) -> None:
        self.facts: dict[str, str] = {}
        self.asks_login = transcript.settings["transport"] == "telnet"
        self._commands = {command.text.encode() for command in transcript.device().commands}
        self._events = [each for each in transcript.events if each.direction != "connected"]
        self._clock = clock
        self._place = 0  # of the next event
        self._sent = 0  # events before this place that were sent have been sent
        self._before = transcript.events[0].time if transcript.events else 0.0
        self._came_at = clock()
        self._extra: list[bytes] = []
        self._last = b""

    async def read(self, deadline: float) -> bytes | None:
        await asyncio.sleep(0)
        while self._place < self._sent and self._events[self._place].direction == "sent":
            self._before = self._events[self._place].time
            self._place += 1
        event = self._events[self._place] if self._place < len(self._events) else None
        if event is None or event.direction != "received":
            if self._extra:
                due = self._clock() + ANSWER_SECONDS
                self._clock.forward(min(due, deadline))
                return self._extra.pop(0) if due <= deadline else None
            if event is not None and event.direction == "closed":
                return b""
            self._clock.forward(deadline)
            return None
        due = self._came_at + event.time - self._before
        self._clock.forward(min(due, deadline))
        if due > deadline:
            return None
        self._place += 1
        self._before, self._came_at = event.time, due
        self._last = (self._last + event.data)[-2048:]
        return event.data

    async def write(self, data: bytes, deadline: float) -> None:
        start = max(self._place, self._sent)
        later = [place for place in range(start, len(self._events)) if self._events[place].direction == "sent"]
        for place in later:
            event = self._events[place]
            if event.data == data:
                del self._events[later[0] : place]  # what is not sent any more
                self._sent = later[0] + 1
                self._came_at = self._clock()
                return
            if not data.strip() or event.data.strip() in self._commands:
                break  # an empty line can be anywhere, and the answer to a command is not left out
        line = data.strip()
        if line in self._commands:
            msg = f"the transcript has no answer to {data!r} here"
            raise Different(msg)
        prompt = self._last.replace(b"\r", b"\n").rsplit(b"\n", 1)[-1]
        self._extra.append(line + b"\r\n" + prompt)

    def end_reason(self) -> str:
        return ""

    def fault(self) -> str:
        return ""

    def close(self) -> None:
        pass


class _Session:
    """Implements ``_drivers.contract.Session``."""

    def __init__(self, stream: Replay) -> None:
        self.deadline: float | None = None
        self.limit = ("device_timeout", "device_timeout")
        self.phase: Phase = "connect"
        self.received: Any = None
        self._stream = stream

    def enter(self, phase: Phase) -> None:
        self.phase = phase

    async def may_send_secret(self, secret: str = "login") -> None:
        pass

    def keep(self, value: Any) -> None:
        self.received = value

    def sending(self) -> None:
        pass

    async def connect(self) -> Replay:
        return self._stream


class _Loop(asyncio.SelectorEventLoop):
    """Its own timers use the real clock."""

    def time(self) -> float:
        return now()


@contextlib.contextmanager
def _set(clock: Clock) -> Iterator[None]:
    time.monotonic = clock
    try:
        yield
    finally:
        time.monotonic = now


def replayed(transcript: Transcript) -> dict[str, Any]:
    """Return what comes of the recorded session, in the form of the last line of a transcript."""
    device, clock = transcript.device(), Clock()
    masks = replace(device, password=None, become_password=None)  # what is masked already
    session = _Session(Replay(transcript, clock))

    async def ask() -> dict[str, Output]:
        value: dict[str, Output] = await driver_of(device.driver).ask(device, session)
        return value

    with _set(clock), asyncio.Runner(loop_factory=_Loop) as runner:
        try:
            result = Result("ok", masked_value(masks, runner.run(ask()), {}))
        except Different:
            raise
        except DeviceError as raised:
            error = masked_failure(masks, raised, session.phase, session.received)
            result = Result(error.status, error.value, error.error)
    expected: dict[str, Any] = json.loads(expected_line(answer_of(device, result)))["expected"]
    return expected


def transcripts() -> list[Path]:
    """Return the files of recorded sessions."""
    return sorted(Path(__file__).parent.glob("*.jsonl"))
