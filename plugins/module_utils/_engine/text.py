# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program of text and function processes: one call of a function at a time, and its result."""

from __future__ import annotations

import contextlib
import resource
import signal
import socket
from typing import Any

from .._result import DeviceError
from . import wire

MEMORY = 640 * 2**20  # bytes for the work on one text
_IMPORTED = 128 * 2**20  # bytes that this process has before it


def run(line: socket.socket, *, limited: bool) -> int:
    """Execute the calls that come in until the line ends. Return the exit status.

    :param limited: let the system refuse more memory than ``MEMORY``, as the parent can look too late.
    """
    if limited:
        with contextlib.suppress(OSError, ValueError):
            _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY + _IMPORTED, hard))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with its parent
    while True:
        try:
            function, arguments = wire.receive(line)
        except wire.Ended:
            return 0
        except Exception as error:  # a module that cannot be imported here
            reply = (False, portable(error))
        else:
            reply = _called(function, arguments)
        try:
            data = wire.packed(reply)
        except Exception as error:  # a value that cannot be pickled
            data = wire.packed((False, portable(error)))
        try:
            line.settimeout(None)
            line.sendall(data)
        except OSError:
            return 0


def _called(function: Any, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    """Return whether it succeeded, and its value or exception."""
    try:
        return True, function(*arguments)
    except BaseException as error:  # SystemExit of one call must not end the process
        return False, portable(error)


def portable(error: BaseException) -> Exception:
    """Return an exception that can be pickled, with the same text."""
    if isinstance(error, (DeviceError, ValueError)) and type(error) in (DeviceError, ValueError):
        return error
    if isinstance(error, MemoryError):
        return MemoryError(str(error))
    return RuntimeError(f"{type(error).__name__}: {error}")
