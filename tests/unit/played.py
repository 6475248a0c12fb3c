# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A device for the command line driver without a network, and with a clock of its own: nothing waits.

A device is a generator: it yields bytes to send them, a number to wait for that many seconds, and None to get the next
byte that was typed.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from unittest.mock import patch

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._drivers import cli
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader import terminal
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError, Output

Talk = Generator[bytes | float | None, bytes, None]
Answer = bytes | Callable[[], Talk]
T = TypeVar("T")


class Stream:
    """The driver's stream. Time passes only when it reads and nothing has come."""

    def __init__(
        self, talk: Talk, *, delay: float = 0.0, cut: Callable[[bytes], Iterable[bytes]] | None = None
    ) -> None:
        self.facts: dict[str, str] = {}
        self.asks_login = False
        self.now = 1000.0
        self.typed = bytearray()
        self.closed = False
        self._talk = talk
        self._delay = delay
        self._cut = cut or (lambda data: [data])
        self._keys: deque[tuple[float, bytes]] = deque()
        self._sent: list[tuple[float, int, bytes]] = []
        self._number = itertools.count()
        self._time = 1000.0  # of the device
        self._wants_key = False
        self._ended: float | None = None
        self._begun = False
        self._run()

    def monotonic(self) -> float:
        return self.now

    def _run(self) -> None:
        """Let the device run until it waits for a key that was not typed."""
        while self._ended is None:
            key = b""
            if self._wants_key:
                if not self._keys:
                    return
                typed, key = self._keys.popleft()
                self._time = max(self._time, typed)
            try:
                said = self._talk.send(key) if self._begun else next(self._talk)
            except StopIteration:
                self._ended = self._time + self._delay
                return
            self._begun, self._wants_key = True, said is None
            if isinstance(said, bytes):
                for piece in filter(None, self._cut(said)):
                    heapq.heappush(self._sent, (self._time + self._delay, next(self._number), piece))
            elif said is not None:
                self._time += said

    async def read(self, deadline: float) -> bytes | None:
        at = self._sent[0][0] if self._sent else self._ended
        if at is None or at > max(deadline, self.now):
            self.now = max(self.now, deadline)
            assert self.now < 10_000, "the driver waits for ever"
            return None
        self.now = max(self.now, at)
        if not self._sent:
            return b""
        return heapq.heappop(self._sent)[2]

    async def write(self, data: bytes, deadline: float) -> None:
        self.typed += data
        self._keys.extend((self.now + self._delay, bytes([byte])) for byte in data)
        self._run()

    def end_reason(self) -> str:
        return ""

    def fault(self) -> str:
        return ""

    def close(self) -> None:
        self.closed = True


class Session:
    """The driver's session."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.deadline: float | None = None
        self.limit = ("deadline", "deadline")
        self.outputs: dict[str, Output] = {}

    def enter(self, phase: str) -> None:
        pass

    async def may_send_secret(self, secret: str = "login") -> None:
        pass

    def keep(self, value: Any) -> None:
        self.outputs = value

    def sending(self) -> None:
        pass

    async def connect(self) -> Stream:
        return self._stream


@dataclass
class Played:
    """What the driver made of a device."""

    outputs: dict[str, Output]
    error: DeviceError | None
    stream: Stream
    texts: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.texts = {command: output.text for command, output in self.outputs.items()}

    def kinds(self) -> dict[str, str]:
        return {
            command: output.error.kind if output.error else output.status for command, output in self.outputs.items()
        }


def play(
    talk: Talk, commands: Iterable[str | Command], platform: str | None = None, *, stream: Any = None, **settings: Any
) -> Played:
    """Send commands to a device and return what came of it."""
    asked = tuple(each if isinstance(each, Command) else Command(each) for each in commands)
    options = {key: settings.pop(key) for key in ("delay", "cut") if key in settings}
    stream = stream or Stream(talk, **options)
    session = Session(stream)
    device = Device(name="r1", host="192.0.2.1", platform=platform, commands=asked, **{"user": "admin", **settings})
    error = None
    with patch.object(terminal, "time", stream):
        try:
            outputs = _done(cli.Cli().ask(device, session))
        except DeviceError as failure:
            error, outputs = failure, failure.value or session.outputs
    return Played(outputs, error, stream)


def _done(work: Coroutine[Any, Any, T]) -> T:
    """Run the driver to its end. No event loop is needed: the stream does not wait."""
    while True:
        try:
            waits_for = work.send(None)
        except StopIteration as end:
            result: T = end.value
            return result
        assert waits_for is None, "the driver waits for something else than its stream"


def each_of(parts: Iterable[bytes | float]) -> Talk:
    """Say these, one after the other."""
    for part in parts:  # noqa: UP028 (what is sent to a tuple is an error)
        yield part


def line(*, echo: bool = True) -> Generator[bytes | float | None, bytes, str]:
    """Return the next line that is typed."""
    got = b""
    while True:
        key = yield None
        if key in (b"\r", b"\n"):
            if echo:
                yield b"\r\n"
            return got.decode()
        if key == b"\b":
            got = got[:-1]
            if echo:
                yield b"\b \b"
            continue
        got += key
        if echo:
            yield key


def device(
    prompt: bytes,
    answers: Mapping[str, Answer],
    *,
    greeting: bytes = b"",
    echo: bool = True,
    unknown: bytes = b"% Invalid input detected at '^' marker.\r\n",
) -> Talk:
    """A plain command line."""
    yield greeting
    while True:
        yield prompt
        typed = (yield from line(echo=echo)).strip()
        if typed in ("exit", "quit", "logout"):
            return
        answer = answers.get(typed, unknown) if typed else b""
        if isinstance(answer, bytes):
            if answer:
                yield answer
        else:
            yield from answer()
