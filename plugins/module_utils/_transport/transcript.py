# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record what is received from a device and sent to it, with times. See docs/transcripts.md for the format."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from .._device import Command, Device
from .._model.secret_bytes import MASK, secret_spans
from .._model.secrets import Secrets
from .stream import Stream

VERSION = 1
EVENT = 64  # bytes that each event counts beside its data, so that many small ones are bounded too

PLAIN = ("like", "names", "ntc")  # keys of the definition of a platform that are neither sent nor shown

BEFORE = 512  # bytes before a part in which a secret can begin, beside its own length in UTF-8
MOST_PASSES = 4  # a mask is not as wide as what it replaces, so that the rest of the line can show a secret

Direction = Literal["connected", "received", "sent", "closed", "cut"]
Event = tuple[float, Direction, bytes]


class Transcript:
    """The events of one device, at most ``max_output`` bytes of them.

    :param began: the start, as a value of ``time.monotonic()``.
    """

    def __init__(self, device: Device, began: float) -> None:
        self._device = device
        self._began = began
        self._events: list[Event] = []
        self._room = device.max_output
        self._told = 0  # events that are in the parts
        self._ends = {"received": b"", "sent": b""}  # of the data in the parts
        self.size = 0  # bytes of data

    def note(self, direction: Direction, data: bytes = b"") -> None:
        """Add an event. Behind the bound, one event tells that the rest is missing."""
        if self._room <= 0:
            return
        self._room -= len(data) + EVENT
        if self._room <= 0:
            direction, data = "cut", b""
        self.size += len(data)
        self._events.append((time.monotonic() - self._began, direction, data))

    def text(self, secrets: Secrets) -> str:
        """Return the lines of the file, without secrets."""
        return self._head(secrets) + _lines(self._events, secrets, {})

    def part(self, secrets: Secrets) -> str:
        """Return the lines since the last part, without secrets, in case this process ends before the session does.

        What looks like the beginning of a secret is masked at the end of each part.
        """
        events = self._events[self._told :]
        head = "" if self._told else self._head(secrets)
        lines = _lines(events, secrets, self._ends)
        self._told += len(events)
        for direction, before in self._ends.items():
            data = b"".join(each for _at, which, each in events if which == direction)
            self._ends[direction] = (before + data)[-BEFORE - 4 * secrets.longest :]
        return head + lines

    def _head(self, secrets: Secrets) -> str:
        return json.dumps({"transcript": VERSION, "device": _settings(self._device, secrets)}) + "\n"


def _lines(events: Sequence[Event], secrets: Secrets, before: Mapping[str, bytes]) -> str:
    """Return the lines of events.

    :param before: what came before them in each direction. A secret can begin there.
    """
    masked = [data for _at, _direction, data in events]
    for wanted in ("received", "sent"):
        places = [place for place, (_at, direction, _data) in enumerate(events) if direction == wanted]
        chunks = [before.get(wanted, b""), *(masked[place] for place in places)]
        found = masked_chunks(chunks, secrets, lone=wanted == "sent")
        for place, data in zip(places, found[1:], strict=True):
            masked[place] = data
    lines = []
    for (at, direction, _data), data in zip(events, masked, strict=True):
        text = data.decode("utf-8", "surrogateescape")
        lines.append(json.dumps({"time": round(at, 4), "direction": direction, "text": text}) + "\n")
    return "".join(lines)


class Recorded:
    """A stream whose data are recorded. It implements ``Stream``.

    :param received: called before the driver gets what was received.
    """

    def __init__(self, stream: Stream, transcript: Transcript, received: Callable[[], None]) -> None:
        self._stream = stream
        self._received = received
        self._transcript = transcript
        self._has_ended = False
        self.facts, self.asks_login = stream.facts, stream.asks_login
        self.end_reason, self.fault, self.close = stream.end_reason, stream.fault, stream.close
        transcript.note("connected")

    async def read(self, deadline: float) -> bytes | None:
        data = await self._stream.read(deadline)
        if data:
            self._transcript.note("received", data)
            self._received()
        elif data is not None and not self._has_ended:
            self._has_ended = True
            self._transcript.note("closed")
        return data

    async def write(self, data: bytes, deadline: float) -> None:
        self._transcript.note("sent", data)
        await self._stream.write(data, deadline)


def masked_chunks(chunks: list[bytes], secrets: Secrets, *, lone: bool = False) -> list[bytes]:
    """Mask the secrets in what was received, or sent, in these chunks. A secret can be divided between chunks.

    :param lone: mask a chunk that is a secret and nothing else, too, even if it is an ordinary word.
    """
    for _again in range(MOST_PASSES):
        spans = secret_spans(b"".join(chunks), secrets)
        chunks = _with_masks(chunks, spans, secrets, lone=lone)
        if not spans:
            break
        lone = False
    return chunks


def _with_masks(chunks: list[bytes], spans: list[tuple[int, int]], secrets: Secrets, *, lone: bool) -> list[bytes]:
    masked = []
    start = place = 0
    for chunk in chunks:
        end = start + len(chunk)
        parts = []
        at = start
        while place < len(spans) and spans[place][0] < end:
            first, last = spans[place]
            parts.append(chunk[at - start : max(first - start, at - start)])
            if first >= start:
                parts.append(MASK)
            at = min(last, end)
            if last > end:
                break
            place += 1
        parts.append(chunk[at - start :])
        masked.append(_line_masked(chunk, secrets) or b"".join(parts) if lone else b"".join(parts))
        start = end
    return masked


def _line_masked(chunk: bytes, secrets: Secrets) -> bytes | None:
    """Return the mask and the line end for a chunk that is a secret and nothing else."""
    line = chunk.rstrip(b"\r\n")
    return MASK + chunk[len(line) :] if line.decode("utf-8", "surrogateescape") in secrets.values else None


def _settings(device: Device, secrets: Secrets) -> dict[str, Any]:
    """The settings that a test needs to repeat the session. There is no address or secret among them."""
    login = {"user": device.user} if device.transport == "telnet" else {}  # it is sent, and the device shows it
    own = {} if device.definition is None else {"definition": _definition(device.definition, secrets)}
    return {
        **login,
        "name": device.name,
        "driver": device.driver,
        "platform": device.platform,
        **own,
        "transport": device.transport,
        "become": device.is_privileged,
        "has_become_password": device.become_password is not None,
        "max_output": device.max_output,
        "commands": [_command(command, secrets) for command in device.commands],
    }


def _command(command: Command, secrets: Secrets) -> str | dict[str, Any]:
    """Return a command as it is written in a task. Its answers are masked as they are where they are sent."""
    if not command.answers:
        return command.text
    given = command.as_given()
    answers = [{key: _masked(text, secrets) for key, text in each.items()} for each in given["answers"]]
    return {"command": command.text, "answers": answers}


def _definition(definition: Mapping[str, Any], secrets: Secrets) -> dict[str, Any]:
    """Return the definition of a platform. What can be sent or shown is masked."""
    return {key: each if key in PLAIN else _plain_masked(key, each, secrets) for key, each in definition.items()}


def _plain_masked(key: str, value: Any, secrets: Secrets) -> Any:
    if isinstance(value, Mapping):
        within = "question" if key == "prompts" else ""
        return {name: _plain_masked(within or name, each, secrets) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain_masked(key, each, secrets) for each in value]
    if not isinstance(value, str):
        return value
    masked = _masked(value, secrets)
    mask = MASK.decode("ascii")
    return masked.replace(mask, re.escape(mask)) if key == "question" else masked  # a pattern


def _masked(text: str, secrets: Secrets) -> str:
    """Mask a line as it is masked where it is sent."""
    return MASK.decode("ascii") if text in secrets.values else secrets.output(text)
