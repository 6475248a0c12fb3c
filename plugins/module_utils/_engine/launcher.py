# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start a launcher, and let it fork processes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from . import wire

if TYPE_CHECKING:  # never imported here, but Ansible sends another machine only modules that are imported somewhere
    from . import launched  # noqa: F401

Kind = Literal["session", "text", "function"]
_ANSWER = 30.0  # seconds for the launcher to answer on a busy machine
_IMPORTS = 120.0  # seconds for it to import modules

# Not `python -m`: where the package ansible is installed, its ansible_collections would be found instead of ours.
_PROGRAM = """
import sys, types
package = types.ModuleType("ansible_collections")
package.__path__ = [sys.argv[1]]
sys.modules["ansible_collections"] = package
from ansible_collections.rollcall.network.plugins.module_utils._engine.launched import main
main()
"""
_PACKAGE = __name__.rpartition(".")[0]
MODULES: dict[str, tuple[str, ...]] = {
    "session": (f"{_PACKAGE}.session", f"{_PACKAGE}.text"),
    "function": (f"{_PACKAGE}.text",),
}


class NoProcess(Exception):
    """A process cannot be started. The message says why."""


class Process:
    """A forked process, and this end of the line to it."""

    def __init__(self, launcher: Launcher, pid: int, line: socket.socket) -> None:
        self.pid = pid
        self.line = line
        self._launcher = launcher

    def kill(self) -> None:
        """Kill it with all that it started, at once. ``line`` ends, but is not closed."""
        self._launcher.kill(self.pid)

    def interrupt(self) -> None:
        """Interrupt the work of the device that it is busy with."""
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGUSR1)

    def how_ended(self) -> str:
        """Return how it ended, as the end of a sentence. Its line must have ended, or it must have been killed."""
        status = self._launcher.status(self.pid)
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
        fields = _stat(self.pid)
        return None if fields is None else (int(fields[11]) + int(fields[12])) / _TICKS

    def is_waiting_for_cpu(self) -> bool:
        """Return whether it could run if a core were free."""
        fields = _stat(self.pid)
        return fields is not None and fields[0] == "R"

    def memory(self) -> int:
        """Return its resident memory in bytes, apart from files and pages shared with files; 0 if it is not known."""
        try:
            with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
                _size, resident, shared = file.read().split()[:3]
        except (OSError, ValueError):
            return 0
        return (int(resident) - int(shared)) * _PAGE


class Launcher:
    """Forks processes that have everything imported. Safe for use by several threads."""

    def __init__(self, modules: Iterable[str]) -> None:
        """
        :param modules: imported before the first fork.
        """
        self._modules = list(modules)
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def start(self) -> None:
        """Start it without waiting, so that it imports meanwhile.

        :raises NoProcess: if it cannot be started.
        """
        with self._lock:
            self._start()

    def fork(self, kind: Kind) -> Process:
        """Fork a process of this kind. A launcher that was killed is started again.

        :raises NoProcess: if that is impossible.
        """
        for again in (True, False):
            ours, theirs = socket.socketpair()
            try:
                with self._lock, theirs:
                    return Process(self, self._forked(kind, theirs), ours)
            except wire.Ended as error:
                ours.close()
                self._give_up()
                if not again:
                    msg = "the launcher of the worker processes ends again and again"
                    raise NoProcess(msg) from error
            except BaseException:
                ours.close()
                raise
        raise AssertionError

    def kill(self, pid: int) -> None:
        with contextlib.suppress(wire.Ended), self._lock:
            if self._control is not None:
                wire.send(self._control, ("kill", pid), limit=_ANSWER)

    def status(self, pid: int) -> int | None:
        """Return the wait status of a process, or None if it is not known."""
        with contextlib.suppress(wire.Ended, TimeoutError), self._lock:
            if self._control is not None:
                wire.send(self._control, ("status", pid), limit=_ANSWER)
                return wire.receive(self._control, _deadline(_ANSWER))  # type: ignore[no-any-return]
        return None

    def close(self) -> None:
        """End it and all its processes."""
        with self._lock:
            self._closed = True
        self._give_up()

    def _give_up(self) -> None:
        with self._lock:
            control, process = self._control, self._process
            self._control = self._process = None
        if control is not None:
            control.close()
        if process is not None:
            try:
                process.wait(_ANSWER)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self) -> socket.socket:
        if self._closed:
            msg = "the run has ended"
            raise NoProcess(msg)
        if self._control is not None:
            return self._control
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable or "python3", "-P", "-c", _PROGRAM, _collections()],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            path = [each for each in sys.path if isinstance(each, str)]
            others = [str(each) for each in getattr(sys.modules.get("ansible_collections"), "__path__", ())]
            wire.send(ours, ("prepare", (path, others, self._modules)), limit=_ANSWER)
        except (OSError, wire.Ended) as error:
            ours.close()
            msg = f"the worker processes cannot be started: {error}"
            raise NoProcess(msg) from error
        self._control = ours
        return ours

    def _forked(self, kind: Kind, theirs: socket.socket) -> int:
        control = self._start()
        wire.send(control, ("fork", kind), limit=_ANSWER)
        try:
            socket.send_fds(control, [b"\0"], [theirs.fileno()])
            answer = wire.receive(control, _deadline(_IMPORTS))
        except (OSError, TimeoutError) as error:
            raise wire.Ended from error
        if isinstance(answer, OSError):
            msg = f"another process cannot be started: {answer}"
            raise NoProcess(msg)
        return int(answer)


def _deadline(seconds: float) -> float:
    return time.monotonic() + seconds


def _stat(pid: int) -> list[str] | None:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def _collections() -> str:
    """The folder ansible_collections that this file came from; on another machine it lies in Ansible's zip file."""
    path = os.path.abspath(__file__)
    for _part in __name__.split(".")[1:]:
        path = os.path.dirname(path)
    return path


_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
