# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The line of a session worker to its parent."""

from __future__ import annotations

import asyncio
import select
import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from . import wire

_PIECE = 1 << 18


class Line:
    """Reads messages and writes bytes in the event loop."""

    def __init__(self, line: socket.socket, take: Callable[[Any], None], over: Callable[[], None]) -> None:
        """
        :param take: gets each message.
        :param over: called when the parent is gone.
        """
        self._line = line
        self._take = take
        self._over = over
        self._data = bytearray()
        self._unsent: deque[memoryview] = deque()
        self._is_waiting = False

    def start(self) -> None:
        self._line.setblocking(False)
        asyncio.get_running_loop().add_reader(self._line, self._readable)

    def write(self, data: bytes) -> None:
        """Send the data now as far as possible, and the rest later."""
        self._unsent.append(memoryview(data))
        if not self._is_waiting:
            self._send()

    def wait(self) -> None:
        """Wait until everything is sent. Nothing else is done meanwhile."""
        poll = select.poll()
        poll.register(self._line, select.POLLOUT)
        while self._unsent:
            poll.poll()
            self._send()

    def _send(self) -> None:
        try:
            while self._unsent:
                first = self._unsent[0]
                sent = self._line.send(first[:_PIECE])
                if sent == len(first):
                    self._unsent.popleft()
                else:
                    self._unsent[0] = first[sent:]
        except BlockingIOError:
            self._wait_for_room(True)
            return
        except OSError:
            self._unsent.clear()
            self._over()
        self._wait_for_room(False)

    def _wait_for_room(self, wait: bool) -> None:
        loop = asyncio.get_running_loop()
        if wait and not self._is_waiting:
            loop.add_writer(self._line, self._send)
        elif not wait and self._is_waiting:
            loop.remove_writer(self._line)
        self._is_waiting = wait

    def _readable(self) -> None:
        try:
            chunk = self._line.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            asyncio.get_running_loop().remove_reader(self._line)
            self._over()
            return
        self._data += chunk
        for message in wire.unpacked(self._data):
            self._take(message)
