# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start the program of a launcher, and send requests to it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from . import system, wire

if TYPE_CHECKING:  # never imported here, but Ansible sends another machine only modules that are imported somewhere
    from .. import driver  # noqa: F401  for functions and drivers of users
    from . import launched  # noqa: F401

Kind = Literal["session", "text", "function"]
_ANSWER = 30.0  # seconds for it to answer on a busy machine
_IMPORTS = 120.0  # seconds for it to import modules
_STOPPED = 10.0  # seconds after which a stopped program is treated as gone
_LOOK = 1.0  # seconds between looks at whether it is stopped
_END = 1.0  # seconds for it to end by itself

# Not `python -m`: where the package ansible is installed, its ansible_collections would be found instead of ours.
_PROGRAM = """
import sys, types
package = types.ModuleType("ansible_collections")
package.__path__ = [sys.argv[1]]
sys.modules["ansible_collections"] = package
from ansible_collections.rollcall.network.plugins.module_utils._engine.launched import main
main()
"""


class NoProcess(Exception):
    """A process cannot be started. The message says why."""


class Program:
    """A launcher's program. Safe for use by several threads."""

    def __init__(self, modules: Iterable[str]) -> None:
        """Start it without waiting.

        :raises NoProcess: if that is impossible.
        """
        self._lock = threading.Lock()  # one conversation at a time
        self._to_kill: deque[int] = deque()
        try:
            self._control, theirs = socket.socketpair()
        except OSError as error:
            raise _not_started(error) from error
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable or "python3", *_flags(), "-c", _PROGRAM, _collections()],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
        except (OSError, subprocess.SubprocessError) as error:
            self._control.close()
            raise _not_started(error) from error
        path = [each for each in sys.path if isinstance(each, str)]
        others = [str(each) for each in getattr(sys.modules.get("ansible_collections"), "__path__", ())]
        with contextlib.suppress(wire.Ended):  # noticed at the first fork
            wire.send(self._control, ("prepare", (path, others, list(modules))), limit=_ANSWER)

    def fork(self, kind: Kind, line: socket.socket) -> int:
        """Fork a process, and return its id.

        :param line: the end of the line for the process.
        :raises Ended: if the program is gone.
        :raises NoProcess: if the system allows no more processes.
        """
        with self._conversation():
            try:
                wire.send(self._control, ("fork", kind), limit=_ANSWER)
                socket.send_fds(self._control, [b"\0"], [line.fileno()])
            except OSError as error:
                raise wire.Ended from error
            answer = self._answer(_IMPORTS)
        if isinstance(answer, OSError):
            msg = f"another process cannot be started: {answer}"
            raise NoProcess(msg)
        return int(answer)

    def kill(self, pid: int) -> None:
        """Kill a process with its group."""
        self._to_kill.append(pid)
        self._kill_all()
        if system.state(self._process.pid) in system.STOPPED:
            # The id still belongs to the process, because nobody else can wait for it.
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)

    def status(self, pid: int) -> int | None:
        """Return the wait status of a process, or None if it is not known."""
        try:
            with self._conversation():
                wire.send(self._control, ("status", pid), limit=_ANSWER)
                return self._answer(_ANSWER)  # type: ignore[no-any-return]
        except wire.Ended:
            self.end()  # a late answer would be taken for the next one
            return None

    def end(self) -> None:
        """End it and all its processes. Threads that wait for an answer get Ended."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.returncode != 0:
            system.kill_session(self._process.pid)
        with self._lock:
            self._control.close()

    @contextlib.contextmanager
    def _conversation(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        finally:
            self._kill_all()

    def _kill_all(self) -> None:
        """Kill what is to be killed. During a conversation, it is done at the end of that."""
        while self._to_kill and self._lock.acquire(blocking=False):
            try:
                while self._to_kill:
                    wire.send(self._control, ("kill", self._to_kill.popleft()), limit=_END)
            except wire.Ended:
                self._process.kill()  # all others end with it
            finally:
                self._lock.release()

    def _answer(self, seconds: float) -> Any:
        """Return its answer.

        :raises Ended: if there is none in this time, or if it is stopped.
        """
        deadline = time.monotonic() + seconds
        stopped_since: float | None = None
        data = bytearray()
        while True:
            now = time.monotonic()
            if system.state(self._process.pid) not in system.STOPPED:
                stopped_since = None
            elif stopped_since is None:
                stopped_since = now
            if now >= deadline or (stopped_since is not None and now - stopped_since >= _STOPPED):
                raise wire.Ended
            try:
                self._control.settimeout(_LOOK)
                chunk = self._control.recv(1 << 16)
            except TimeoutError:
                continue
            except OSError as error:
                raise wire.Ended from error
            if not chunk:
                raise wire.Ended
            data += chunk
            for answer in wire.unpacked(data):
                return answer


def _not_started(error: Exception) -> NoProcess:
    return NoProcess(f"the worker processes cannot be started: {error}")


def _flags() -> list[str]:
    """Options of Python as in this process. Warnings are ignored, because they cannot be read."""
    given = sys.flags
    flags = ["-I"] if given.isolated else ["-P"]
    flags += ["-E"] * given.ignore_environment + ["-s"] * given.no_user_site
    return [*flags, "-W", "ignore"]


def _collections() -> str:
    """The folder ansible_collections that this file came from; on another machine it lies in Ansible's zip file."""
    path = os.path.abspath(__file__)
    for _part in __name__.split(".")[1:]:
        path = os.path.dirname(path)
    return path
