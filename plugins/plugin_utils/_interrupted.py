# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the collected answers of an interrupted run, and print one line with their folder.

Ansible's workers have no terminal, and their output is lost when ansible-playbook ends. Therefore, the line is written
to the standard error of ansible-playbook, which is opened before the first login. If that is impossible (not Linux, a
socket, another user's terminal), the line is displayed before the first login. If standard error is a file, it is
displayed then too, because ansible-playbook writes at its own position and would overwrite the line.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shlex
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._run import DEVICES, RunFolder

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Called when the run is interrupted: writes the answers and prints the line."""

    def __init__(self, folder: RunFolder | None, total: int, finish: Callable[[], object] | None) -> None:
        """Open the terminal.

        :param total: the number of names in the run.
        :param finish: writes collected answers that are not on disk yet.
        """
        self._folder = folder
        self._total = total
        self._finish = finish
        self._once = threading.Lock()
        self._is_over = False
        self._terminal = _standard_error()

    @property
    def advice(self) -> str | None:
        """The line to display before the first login. None if it can be printed later, or there is no folder."""
        if self._terminal is not None or self._folder is None:
            return None
        return (
            f"roll call: if this run is interrupted, its answers are in {self._folder.path}. {_what_next(self._folder)}"
        )

    def __call__(self) -> None:
        with self._once:
            if self._is_over:
                return
            self._is_over = True
            with contextlib.suppress(Exception):  # such as a full disk: print the line anyway
                if self._finish is not None:
                    self._finish()
            with contextlib.suppress(OSError):
                if self._terminal is not None:
                    os.write(self._terminal, f"\n{self._line()}\n".encode("utf-8", "surrogateescape"))

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """During the body, SIGINT and SIGTERM call this object, then the previous handler."""
        if threading.current_thread() is not threading.main_thread():  # only the main thread can handle signals
            yield
            return
        before: dict[signal.Signals, Any] = {}

        def handle(number: int, frame: FrameType | None) -> None:
            for each in before:
                signal.signal(each, signal.SIG_IGN)  # ignore a second signal meanwhile
            self()
            handler = before[signal.Signals(number)]
            signal.signal(number, handler)
            if callable(handler):
                handler(number, frame)
            else:
                os.kill(os.getpid(), number)

        for each in SIGNALS:
            handler = signal.getsignal(each)
            if handler not in (signal.SIG_IGN, None):
                before[each] = handler
                signal.signal(each, handle)
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def close(self) -> None:
        """The run has ended, so nothing is printed from now on."""
        with self._once:
            self._is_over = True
            if self._terminal is not None:
                os.close(self._terminal)
                self._terminal = None

    def _line(self) -> str:
        if self._folder is None:
            return "roll call interrupted: the answers are lost; set output_dir to keep them"
        with contextlib.suppress(OSError):
            written = [name for name in os.listdir(self._folder.path / DEVICES) if not name.startswith(".")]
            there = f"{len(written)} of {self._total} answers are in {self._folder.path}"
            return f"roll call interrupted: {there}. {_what_next(self._folder)}"
        return f"roll call interrupted: the answers are in {self._folder.path}. {_what_next(self._folder)}"


def _what_next(folder: RunFolder) -> str:
    path = str(folder.path)
    given = f"rollcall_run_dir={path}"
    if shlex.quote(path) != path:
        given = shlex.quote(json.dumps({"rollcall_run_dir": path}))
    return (
        f"To report on them: ansible-playbook rollcall.network.report -e {given}. "
        "To ask the rest: run it again with resume: true (-e rollcall_resume=true)."
    )


def _standard_error() -> int | None:
    """Open the standard error of the ansible-playbook of this process."""
    parent = multiprocessing.parent_process()
    try:
        if parent is None:
            return os.dup(2)
        descriptor = os.open(f"/proc/{parent.pid}/fd/2", os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    return descriptor
