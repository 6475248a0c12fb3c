# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fork processes with the help of a launcher, which is started again if it ends."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterable

from . import system, wire
from .program import Kind, NoProcess, Program

__all__ = ["MODULES", "Kind", "Launcher", "NoProcess", "Process"]

_PACKAGE = __name__.rpartition(".")[0]
MODULES: dict[str, tuple[str, ...]] = {
    "session": (f"{_PACKAGE}.session", f"{_PACKAGE}.text"),
    "function": (f"{_PACKAGE}.text", f"{_PACKAGE}.asked_here"),
}


class Process:
    """A forked process, and this end of the line to it."""

    def __init__(self, program: Program, pid: int, line: socket.socket) -> None:
        self.pid = pid
        self.line = line
        self._program = program

    def kill(self) -> None:
        """Kill it with all that it started, at once. ``line`` ends, but is not closed."""
        self._program.kill(self.pid)

    def has_ended(self) -> bool:
        """Return whether it has ended, or sent what nobody waits for. Only for one that has no call to do."""
        try:
            self.line.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def how_ended(self) -> str:
        """Return how it ended, as the end of a sentence. Its line must have ended, or it must have been killed."""
        status = self._program.status(self.pid)
        if status is None:
            return "ended"
        code = os.waitstatus_to_exitcode(status)
        if code >= 0:
            return f"ended with status {code}"
        try:
            return f"was ended by signal {signal.Signals(-code).name}"
        except ValueError:
            return f"was ended by signal {-code}"

    def cpu_seconds(self) -> float | None:
        """Return the CPU time that it has used, or None if the system does not tell."""
        return system.cpu_seconds(self.pid)

    def state(self) -> str:
        """Return its state in one letter, as in ``ps``; empty if it is not known."""
        return system.state(self.pid)

    def memory(self) -> int:
        """Return its resident memory in bytes, apart from files and pages shared with files; 0 if it is not known."""
        return system.memory(self.pid)


class Launcher:
    """Forks processes that have everything imported. Safe for use by several threads."""

    def __init__(self, modules: Iterable[str]) -> None:
        """
        :param modules: imported before the first fork.
        """
        self._modules = list(modules)
        self._lock = threading.Lock()
        self._program: Program | None = None
        self._closed = False

    def start(self) -> None:
        """Start it without waiting, so that it imports meanwhile.

        :raises NoProcess: if it cannot be started.
        """
        self._started()

    def fork(self, kind: Kind) -> Process:
        """Fork a process of this kind. A launcher that was killed is started again.

        :raises NoProcess: if that is impossible.
        """
        for _attempt in range(2):
            program = self._started()
            try:
                ours, theirs = socket.socketpair()
            except OSError as error:
                msg = f"another process cannot be started: {error}"
                raise NoProcess(msg) from error
            try:
                with theirs:
                    return Process(program, program.fork(kind, theirs), ours)
            except wire.Ended:
                ours.close()
                self._give_up(program)
            except BaseException:
                ours.close()
                raise
        msg = "the run has ended" if self._closed else "the launcher of the worker processes ends again and again"
        raise NoProcess(msg)

    def close(self) -> None:
        """End it and all its processes. Threads that wait for a process get NoProcess."""
        self._closed = True
        with self._lock:
            program, self._program = self._program, None
        if program is not None:
            program.end()

    def _started(self) -> Program:
        with self._lock:
            if self._closed:
                msg = "the run has ended"
                raise NoProcess(msg)
            if self._program is None:
                self._program = Program(self._modules)
            return self._program

    def _give_up(self, program: Program) -> None:
        """End this launcher, unless another one has taken its place."""
        with self._lock:
            if self._program is program:
                self._program = None
        program.end()
