# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The launcher's program: forks processes for its parent, and kills them when the parent ends.

It has one thread and does not work on texts of devices, so it can always react. What all its processes need is imported
once, here.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import logging
import os
import resource
import select
import signal
import socket
import sys
import time
import types
from collections.abc import Iterable
from typing import Any

from . import wire

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LOOK = 0.5  # seconds between looks at the parent, in case other processes hold the other end of the line
_SOON = 2.0  # seconds in which a process ends after its line did


def main() -> None:
    """Serve the parent through standard input, a socket."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the parent's is inherited
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # else the system waits for the processes
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(each, signal.SIG_IGN)  # it ends with its parent
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the image of a process that crashed has passwords
    control = socket.socket(fileno=os.dup(0))
    with open(os.devnull, "r+b", buffering=0) as null:
        for descriptor in (0, 1, 2):
            os.dup2(null.fileno(), descriptor)
    _Launcher(control).serve()


class _Launcher:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._parent = os.getppid()
        self._children: set[int] = set()
        self._ended: dict[int, int] = {}
        self._libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
        if self._libc is not None:  # processes whose parent ended become children of this one
            self._libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def serve(self) -> None:
        try:
            while os.getppid() == self._parent:
                if select.select([self._control], [], [], _LOOK)[0]:
                    self._do(*self._request())
                self._reap()
        except (wire.Ended, OSError):
            pass  # the parent has ended
        finally:
            self._end_all()
            os._exit(0)

    def _end_all(self) -> None:
        """Kill the processes and all that functions left behind, and wait for them."""
        for child in self._children:
            _kill_group(child)
        until = time.monotonic() + _SOON
        with contextlib.suppress(ChildProcessError):
            while time.monotonic() < until:
                for child in _adopted():
                    with contextlib.suppress(OSError):
                        os.kill(child, signal.SIGKILL)
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.001)

    def _request(self) -> tuple[str, Any]:
        return wire.receive(self._control)  # type: ignore[no-any-return]

    def _do(self, request: str, argument: Any) -> None:
        if request == "prepare":
            self._prepare(*argument)
        elif request == "fork":
            self._fork(argument)
        elif request == "kill":
            if argument in self._children:
                _kill_group(argument)
        elif request == "status":
            wire.send(self._control, self._status(argument))

    def _prepare(self, path: list[str], collections: Iterable[str], modules: Iterable[str]) -> None:
        """Import what the processes need. What cannot be imported is reported by the process that needs it."""
        sys.path[:] = path
        package: types.ModuleType = sys.modules["ansible_collections"]
        package.__path__ = [*package.__path__, *(each for each in collections if each not in package.__path__)]
        for module in modules:
            with contextlib.suppress(Exception, SystemExit):
                importlib.import_module(module)
        logging.disable(logging.CRITICAL)  # nobody could read it, and libraries log every packet
        gc.collect()
        gc.freeze()  # collections in the processes leave these pages shared

    def _fork(self, kind: str) -> None:
        _data, descriptors, _flags, _address = socket.recv_fds(self._control, 1, 1)
        if not descriptors:
            raise wire.Ended
        line = socket.socket(fileno=descriptors[0])
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            line.close()
            wire.send(self._control, error)
            return
        if pid:
            with contextlib.suppress(OSError):
                os.setpgid(pid, pid)  # here too: it may be killed before it can do so itself
            self._children.add(pid)
            line.close()
            wire.send(self._control, pid)
            return
        status = 1
        try:
            self._control.close()
            self._begin(parent)
            status = _run(kind, line)
        finally:
            os._exit(status)

    def _begin(self, parent: int) -> None:
        """Make the process the leader of a group, which is killed as a whole, and let it end with the launcher."""
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        if self._libc is not None:
            self._libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
        for each in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_DFL)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                self._children.discard(pid)
                _kill_group(pid)  # what it started
                self._ended[pid] = status

    def _status(self, pid: int) -> int | None:
        """Return the wait status of a process whose line has ended; None if it did not end."""
        until = time.monotonic() + _SOON
        while pid in self._children and time.monotonic() < until:
            self._reap()
            time.sleep(0.001)
        if pid in self._children:
            _kill_group(pid)
            return None
        return self._ended.pop(pid, None)


def _run(kind: str, line: socket.socket) -> int:
    if kind == "session":
        from . import session

        return session.run(line)
    from . import text

    return text.run(line, limited=kind == "text")


def _adopted() -> list[int]:
    """Return the children of this process, as far as the system tells."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def _kill_group(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
