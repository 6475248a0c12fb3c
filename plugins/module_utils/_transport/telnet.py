# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telnet: a stream to the command line of a device that asks for user and password inside the session.

telnetlib3 answers the negotiation of options. It gets only complete commands about the four options that are accepted,
never text, so that a device cannot make it buffer data, decompress, or work byte by byte through a long answer.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

from .._device import Device
from .._result import DeviceError
from .stream import Connector

try:
    import telnetlib3
except ImportError:
    telnetlib3 = None  # type: ignore[assignment]

TERMINAL = "vt100"
ROWS, COLUMNS = 1000, 511  # high and wide, so that answers are not paged and lines are not divided
MOST_BUFFERED = 64 * 1024  # bytes; the device is not read from while the driver has that many to read
MOST_COMMANDS = 1000  # of negotiation in one session; a device needs about 20
IAC, SE, SB, WILL, WONT, DO, DONT = 255, 240, 250, 251, 252, 253, 254
ECHO, SUPPRESS_GO_AHEAD, TERMINAL_TYPE, WINDOW_SIZE = 1, 3, 24, 31
DONE_BY_DEVICE = (ECHO, SUPPRESS_GO_AHEAD)
DONE_HERE = (SUPPRESS_GO_AHEAD, TERMINAL_TYPE, WINDOW_SIZE)
ASKS_TERMINAL_TYPE = bytes([TERMINAL_TYPE, 1])
KEPT_ABOUT = 16  # bytes kept of a subnegotiation; only the question about the terminal is answered, which has 2
LONGEST_ABOUT = 64 * 1024  # bytes; real ones have less than 1,000
# For telnetlib3: every other option is refused.
_NOT_DONE_HERE = {bytes([option]) for option in range(256) if option not in DONE_HERE}
_NOT_DONE_BY_DEVICE = {bytes([option]) for option in range(256) if option not in DONE_BY_DEVICE}

# Everything up to the next command of negotiation, and up to the end of a subnegotiation. Both are linear.
_TEXT = re.compile(rb"(?:[^\xff]++|\xff[^\xfa-\xfe])*+")
_SUBNEGOTIATION = re.compile(rb"(?:[^\xff]++|\xff\xff)*+")


async def connect(device: Device, connector: Connector, tail: Callable[[], None] | None = None) -> TelnetStream:
    """Connect to the device. Nothing is sent before the device sends something.

    :param connector: opens the connection.
    :param tail: called at the end, to close what is below the connection.
    :raises DeviceError: if it cannot be reached.
    """
    if telnetlib3 is None:
        message = "the Python package telnetlib3 is not installed on the machine that collects"
        raise DeviceError("failed", "connect", "no_library", message)
    stream: TelnetStream = await connector(TelnetStream, time.monotonic() + device.connect_timeout)
    stream.tail = tail
    return stream


class TelnetStream:
    """A session, as a ``Stream`` for the driver and as a protocol for the event loop or a tunnel."""

    asks_login = True

    def __init__(self) -> None:
        self.facts = {"transport": "telnet"}
        self._transport: Any = None
        self._options: Any = None  # telnetlib3's state of the options
        self._text = bytearray()  # received and not read
        self._left = b""  # the beginning of a command whose rest has not arrived
        self._about: bytearray | None = None  # the beginning of a subnegotiation whose end has not arrived
        self._about_size = 0
        self._after_return = False  # whether the text ended with a carriage return
        self._commands = 0
        self._paused = False  # whether the device is not read from
        self._blocked = False  # whether the device does not take what is sent
        self._ended = False
        self._reason = ""
        self.tail: Callable[[], None] | None = None
        self._changed = asyncio.Event()  # something was received, sent, or ended

    # -- Stream --------------------------------------------------------------------------------------------------------

    async def read(self, deadline: float) -> bytes | None:
        """Return what the device sent next; ``b""`` at the end of the session, None at the deadline."""
        if not self._text and not await self._wait(lambda: bool(self._text) or self._ended, deadline):
            return None
        data = bytes(self._text)
        self._text.clear()
        if self._paused and not self._ended:
            self._paused = False
            self._transport.resume_reading()
        return data

    async def write(self, data: bytes, deadline: float) -> None:
        """Send all of ``data``. A line end becomes what a terminal's Enter key sends: CR NUL.

        :raises DeviceError: if the device does not take it before the deadline, or ended the session.
        """
        if not self._ended:
            line_ends = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\0")
            self._transport.write(line_ends.replace(b"\xff", b"\xff\xff"))
            if self._blocked and not await self._wait(lambda: not self._blocked or self._ended, deadline):
                message = "the device does not read what is sent to it; raise command_timeout if the device is slow"
                raise DeviceError("timeout", "command", "timeout", message, retry=True)
        if self._ended:
            message = f"the device closed the connection during the session ({self._reason})"
            raise DeviceError("unreachable", "command", "reset", message, retry=True)

    def end_reason(self) -> str:
        """Return why the session ended; empty while it is open."""
        return self._reason

    def fault(self) -> str:
        return ""

    def close(self) -> None:
        """End the connection without waiting for the device."""
        transport, self._transport = self._transport, None
        self._end("closed here")
        if self.tail is not None:
            self.tail()
        if transport is None:
            return
        if transport.get_write_buffer_size():
            transport.abort()
        else:
            transport.close()

    async def _wait(self, done: Callable[[], bool], deadline: float) -> bool:
        """Wait until ``done``, at most until the deadline. What has already arrived is seen in any case."""
        if deadline <= time.monotonic():
            await asyncio.sleep(0)  # the event loop asks the system what has arrived
            await asyncio.sleep(0)  # and gives it to the protocol
            return done()
        try:
            async with asyncio.timeout_at(deadline):
                while not done():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return done()
        return True

    # -- protocol ------------------------------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """Start a session. The device begins the negotiation."""
        self._transport = transport
        self._options = telnetlib3.TelnetWriter(transport, self, client=True)
        self._options.always_wont = _NOT_DONE_HERE
        self._options.always_dont = _NOT_DONE_BY_DEVICE
        self._options.set_ext_send_callback(telnetlib3.TTYPE, lambda: TERMINAL)
        self._options.set_ext_send_callback(telnetlib3.NAWS, lambda: (ROWS, COLUMNS))

    def session_started(self) -> None:
        """Do nothing; asyncssh calls it."""

    def data_received(self, data: bytes, _datatype: int | None = None) -> None:
        """Separate text from commands. ``_datatype`` is asyncssh's."""
        if self._transport is None or self._ended:
            return
        self._separate(self._left + data)
        if len(self._text) >= MOST_BUFFERED and not self._paused and not self._ended:
            self._paused = True
            self._transport.pause_reading()
        self._changed.set()

    def eof_received(self) -> bool:
        """End the session, and let the transport close."""
        self._end("the device closed the connection")
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """End the session."""
        reason = getattr(error, "strerror", None) or str(error or "") or "the device closed the connection"
        self._end(reason)

    def pause_writing(self) -> None:
        """Wait before more is sent."""
        self._blocked = True

    def resume_writing(self) -> None:
        """Send on."""
        self._blocked = False
        self._changed.set()

    def _end(self, reason: str) -> None:
        if not self._ended:
            self._ended, self._reason = True, reason
            self._options = None
            self._left = b""
        self._changed.set()

    # -- separating text from commands ---------------------------------------------------------------------------------

    def _separate(self, data: bytes) -> None:
        """Add the text in ``data`` to the buffer, and handle its commands. Linear, and without a step for each byte."""
        start, self._left = 0, b""
        while start < len(data) and not self._ended:
            pattern = _TEXT if self._about is None else _SUBNEGOTIATION
            run = pattern.match(data, start)
            at = run.end() if run else start
            if self._about is None:
                self._add(data[start:at])
            else:
                self._about += data[start : min(at, start + KEPT_ABOUT - len(self._about))]
                self._about_size += at - start
                if self._about_size > LONGEST_ABOUT:
                    self._give_up("a subnegotiation of Telnet without an end")
                    return
            command = data[at : at + 3]
            needed = 2 if self._about is not None or command[1:2] == bytes([SB]) else 3
            if 0 < len(command) < needed:
                self._left = command
                return
            start = at + (self._obey(command) if command else 0)

    def _add(self, run: bytes) -> None:
        """Add text. Commands in it that are not of negotiation mean nothing to a client: no operation, go ahead."""
        if b"\xff" in run:
            run = run.replace(b"\xff\xff", b"\xff\xfa")  # which does not occur in it
            for command in range(SE, SB):
                run = run.replace(bytes([IAC, command]), b"")
            run = b"\xff".join(part.replace(b"\xff", b"") for part in run.split(b"\xff\xfa"))
        if run:
            if self._after_return and run[0] == 0:
                run = run[1:]
            self._after_return = run.endswith(b"\r")
            self._text += run.replace(b"\r\0", b"\r")

    def _obey(self, command: bytes) -> int:
        """Handle the command of negotiation at the start of ``command``. Return its length."""
        kind = command[1]
        if self._about is not None:
            about, self._about = bytes(self._about), None
            if kind != SE:  # a command in the middle of a subnegotiation: it was never ended
                return 0
            if about == ASKS_TERMINAL_TYPE:
                self._answer(bytes([IAC, SB]) + about + command[:2])
            return 2
        self._commands += 1
        if self._commands > MOST_COMMANDS:
            self._give_up(f"more than {MOST_COMMANDS} commands of Telnet's negotiation")
            return 3
        if kind == SB:
            self._about, self._about_size = bytearray(), 0
            return 2
        option = command[2]
        # What is refused or ended without having been agreed on needs no answer.
        if kind in (WILL, DO) or option in (DONE_BY_DEVICE if kind == WONT else DONE_HERE):
            self._answer(command)
        return 3

    def _give_up(self, what: str) -> None:
        self._end(f"the device sent {what}")
        self._transport.abort()

    def _answer(self, command: bytes) -> None:
        for byte in command:
            self._options.feed_byte(bytes([byte]))
