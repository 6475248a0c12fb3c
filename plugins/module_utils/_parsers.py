# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse texts to rows on all cores.

Python runs one thread at a time, so a run with many texts starts one parsing process per core. They are separate
programs, not forks: they have no secrets and no open files or locks of this process, and can be started while other
threads run, in an Ansible worker or module too.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import queue
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from typing import Any, NamedTuple

from ansible_collections.rollcall.network.plugins.module_utils import _parsing
from ansible_collections.rollcall.network.plugins.module_utils._parsing import Parsed, parse, reads_json

# A process costs about 0.2 s of CPU before it parses, and 14 MiB. The first texts are parsed here for SAMPLE seconds of
# CPU. Processes are started if the rest of the run is estimated to take at least WORTH more.
SAMPLE, WORTH = 0.5, 2.0
SMALL = 2_000  # characters; parsing a shorter text is as fast as sending it
MOST = 8  # processes
LONGEST = 60.0  # seconds for one text: a regular expression can backtrack without end

_LENGTH = struct.Struct(">Q")

# Not `python -m`: where the package ansible is installed, its ansible_collections would be found instead of ours.
_PROGRAM = """
import sys, types
package = types.ModuleType("ansible_collections")
package.__path__ = [sys.argv[1]]
sys.modules["ansible_collections"] = package
from ansible_collections.rollcall.network.plugins.module_utils._parsers import serve
serve()
"""


class _Question(NamedTuple):
    """What ``parse`` is called with, and the seconds that it may take."""

    text: str
    parser: str
    platform: str | None
    command: str
    seconds: float


class Parsers:
    """Parses the texts of one run, in this process or in others. Shared by threads."""

    def __init__(self, texts: int) -> None:
        """:param texts: the maximum number of texts for TextFSM."""
        self._texts = texts
        self._parsed = 0
        self._spent = 0.0
        self._pays = False
        self._closed = False
        self._sampling = threading.Lock()
        self._lock = threading.Lock()
        self._running: set[_Process] = set()
        self._deaths = 0  # since the last answer
        # One place for each process; None is a place whose process has yet to be started. The last one that became
        # free is taken first, so that no more are started than are needed.
        self._places: queue.LifoQueue[_Process | None] = queue.LifoQueue()
        self._many_cores = _cores() > 1
        for _place in range(min(_cores(), MOST)):
            self._places.put(None)

    def parse(
        self, text: str, *, parser: str, platform: str | None, command: str, deadline: float | None = None
    ) -> Parsed:
        """Like ``_parsing.parse``; with processes, at ``deadline`` (of ``time.monotonic()``) the status is "error"."""
        if not self._many_cores or reads_json(parser, command):
            return parse(text, parser=parser, platform=platform, command=command)
        if not self._pays:
            with self._sampling:  # one at a time, as it is anyway, so that who waits can go elsewhere once it pays
                if not self._pays:
                    began = time.thread_time()
                    parsed = parse(text, parser=parser, platform=platform, command=command)
                    self._learn(time.thread_time() - began)
                    return parsed
        if len(text) < SMALL:
            return parse(text, parser=parser, platform=platform, command=command)
        return self._hand_over(text, parser, platform, command, deadline)

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for process in running:
            process.kill()

    def _learn(self, seconds: float) -> None:
        self._spent += seconds
        self._parsed += 1
        to_come = self._spent / self._parsed * (self._texts - self._parsed)
        self._pays = self._spent >= SAMPLE and to_come >= WORTH

    def _hand_over(self, text: str, parser: str, platform: str | None, command: str, deadline: float | None) -> Parsed:
        try:
            process = self._places.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return _not_parsed("the device's time was over before its output could be parsed")
        seconds = LONGEST if deadline is None else min(LONGEST, max(0.1, deadline - time.monotonic()))
        good = None  # only after a whole answer: else what it still has to say would be taken for the next one
        try:
            process = process or self._start()
            if process is not None:
                parsed = process.ask(_Question(text, parser, platform, command, seconds))
                good, self._deaths = process, 0
                return parsed
        except TimeoutError:
            return _not_parsed(f"the template for {command!r} on {platform} took more than {seconds:.1f} s")
        except (OSError, EOFError, ValueError, TypeError, MemoryError):  # killed, or without memory, as this one may be
            self._deaths += 1
        finally:
            if good is None and process is not None:
                self._end(process)
            self._places.put(good)
        if self._closed:
            return _not_parsed("the run was over before the output could be parsed")
        return parse(text, parser=parser, platform=platform, command=command)

    def _start(self) -> _Process | None:
        """Start a process. Return None if none can be started, or too many died in a row.

        :raises OSError: if it cannot be started.
        """
        with self._lock:
            if self._closed or self._deaths >= 2 * MOST:
                return None
            process = _Process()
            self._running.add(process)
            return process

    def _end(self, process: _Process) -> None:
        process.kill()
        with self._lock:
            self._running.discard(process)


class _Process:
    """One process that parses, and this end of the line to it. It ends when the line does, so with its parent too.

    :raises OSError: when it cannot be started.
    """

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable or "python3", "-P", "-c", _PROGRAM, _collections()],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except BaseException:
                ours.close()
                raise
        self._line = ours

    def ask(self, question: _Question) -> Parsed:
        """Have it parse.

        :raises TimeoutError: when it takes longer than it may; it has to be killed then.
        :raises OSError, EOFError, ValueError: when it is gone, or broken.
        """
        until = time.monotonic() + question.seconds
        self._line.settimeout(_remaining(until))
        self._line.sendall(_packed(tuple(question)))
        length = _LENGTH.unpack(self._receive(_LENGTH.size, until))[0]
        return Parsed(*marshal.loads(self._receive(length, until)))

    def _receive(self, size: int, until: float) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._line.settimeout(_remaining(until))
            chunk = self._line.recv(min(size - len(data), 1 << 20))
            if not chunk:
                raise EOFError
            data += chunk
        return bytes(data)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError):
            self._line.close()


def serve() -> None:
    """Parse what comes in on standard input, a socket, until it is closed."""
    _parsing._library()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ends with its parent, not before
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    with socket.socket(fileno=0) as line, line.makefile("rb") as questions:
        while length := questions.read(_LENGTH.size):
            question = _Question(*marshal.loads(questions.read(*_LENGTH.unpack(length))))
            # Should the parent die while an expression backtracks: nothing else would end this.
            signal.setitimer(signal.ITIMER_REAL, question.seconds + 1)
            parsed = parse(question.text, parser=question.parser, platform=question.platform, command=question.command)
            signal.setitimer(signal.ITIMER_REAL, 0)
            line.sendall(_packed((parsed.parser, parsed.status, parsed.rows, parsed.message)))


def _not_parsed(message: str) -> Parsed:
    return Parsed("textfsm", "error", message=message)


def _packed(message: tuple[Any, ...]) -> bytes:
    # Both ends are the same Python. marshal keeps the columns' names, which are interned, one object for all rows.
    data = marshal.dumps(message)
    return _LENGTH.pack(len(data)) + data


def _remaining(until: float) -> float:
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _collections() -> str:
    """The folder ansible_collections that this file came from; on another machine it lies in Ansible's zip file."""
    path = os.path.abspath(__file__)
    for _part in __name__.split(".")[1:]:
        path = os.path.dirname(path)
    return path
