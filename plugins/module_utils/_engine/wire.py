# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages between the parent and its processes: pickled, each with its length in front.

Both ends are this program and the same Python. Texts of devices are strings and bytes within the messages.
"""

from __future__ import annotations

import pickle
import socket
import struct
import time
from typing import Any

_LENGTH = struct.Struct(">Q")
LENGTH_SIZE = _LENGTH.size


class Ended(Exception):
    """The other end is gone."""


def packed(message: Any) -> bytes:
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)) + data


def unpacked(data: bytearray) -> list[Any]:
    """Take all complete messages from the start of the data."""
    messages = []
    start = 0
    while len(data) - start >= LENGTH_SIZE:
        (length,) = _LENGTH.unpack_from(data, start)
        end = start + LENGTH_SIZE + length
        if len(data) < end:
            break
        messages.append(pickle.loads(memoryview(data)[start + LENGTH_SIZE : end].tobytes()))
        start = end
    if start:
        del data[:start]
    return messages


def send(line: socket.socket, message: Any, *, limit: float | None = None) -> None:
    """Send a message.

    :param limit: seconds after which the other end is treated as gone.
    :raises Ended: if the other end is gone.
    """
    try:
        line.settimeout(limit)
        line.sendall(packed(message))
    except OSError as error:
        raise Ended from error


def receive(line: socket.socket, deadline: float | None = None) -> Any:
    """Return the next message.

    :param deadline: of ``time.monotonic()``.
    :raises Ended: if the other end is gone.
    :raises TimeoutError: at the deadline; the line cannot be used any more if a part of the message was received.
    """
    (length,) = _LENGTH.unpack(_exactly(line, LENGTH_SIZE, deadline))
    return pickle.loads(_exactly(line, length, deadline))


def _exactly(line: socket.socket, size: int, deadline: float | None) -> bytes:
    data = bytearray()
    while len(data) < size:
        if deadline is None:
            line.settimeout(None)
        elif (left := deadline - time.monotonic()) > 0:
            line.settimeout(left)
        else:
            raise TimeoutError
        try:
            chunk = line.recv(min(size - len(data), 1 << 20))
        except TimeoutError:
            raise
        except OSError as error:
            raise Ended from error
        if not chunk:
            raise Ended
        data += chunk
    return bytes(data)
