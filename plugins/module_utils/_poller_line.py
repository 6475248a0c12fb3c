# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module on a poller and the controller send to each other while the module works.

The module writes each answer to its standard output, one line each, as it comes. The controller keeps the standard
input of the module open and sends a byte every few seconds. When the input ends, or nothing came for ``SILENCE``, the
controller is gone, and the module ends.
"""

from __future__ import annotations

import json
import os
import queue
import select
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

PREFIX = b"rollcall-answer "  # of a line with an answer
BEAT = 2.0  # seconds between two bytes of the controller
SILENCE = 30.0  # seconds without one, after which the controller is gone; ssh on the controller waits as long
GRACE = 1.0  # seconds for a normal end


def line_of(name: str, answer: Mapping[str, Any]) -> bytes:
    """Return the line for an answer."""
    # ASCII: devices can send bytes that are not UTF-8. A line of its own, whatever was written before.
    return b"\n" + PREFIX + json.dumps({"name": name, "answer": answer}).encode("ascii") + b"\n"


def note_of(said: Mapping[str, Any]) -> bytes:
    """Return the line for something that the controller remembers for later runs."""
    return b"\n" + PREFIX + json.dumps({"note": said}).encode("ascii") + b"\n"


_Answer = tuple[str, Callable[[], Mapping[str, Any]]]  # a name, and what makes its answer


class Sender:
    """Writes answers to standard output in a separate thread. Other output goes to standard error meanwhile."""

    def __init__(self, instead: Callable[[str], Mapping[str, Any]]) -> None:
        """Start the thread.

        :param instead: returns the answer of a name whose own answer cannot be sent.
        """
        self.unsent: dict[str, Exception] = {}
        self._instead = instead
        self._put: set[str] = set()
        self._waiting: queue.SimpleQueue[_Answer | bytes | None] = queue.SimpleQueue()
        sys.stdout.flush()
        self._output = os.dup(1)
        os.dup2(2, 1)  # what functions print must not be in the middle of an answer
        self._thread = threading.Thread(target=self._work, name="rollcall-sender", daemon=True)
        self._thread.start()

    def put(self, name: str, make: Callable[[], Mapping[str, Any]]) -> None:
        """Send the answer of this name, unless it was sent before.

        :param make: returns the answer. Called in the other thread.
        """
        if name not in self._put:
            self._put.add(name)
            self._waiting.put((name, make))

    def note(self, said: Mapping[str, Any]) -> None:
        """Send something that the controller remembers for later runs."""
        self._waiting.put(note_of(said))

    def close(self) -> None:
        """Wait until everything is sent, and restore standard output. ``unsent`` has what could not be sent."""
        self._waiting.put(None)
        self._thread.join()
        sys.stdout.flush()
        os.dup2(self._output, 1)
        os.close(self._output)

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            data = item if isinstance(item, bytes) else self._line(*item)
            try:
                while data:
                    data = data[os.write(self._output, data) :]
            except OSError:  # nobody reads it any more
                end()

    def _line(self, name: str, make: Callable[[], Mapping[str, Any]]) -> bytes:
        try:
            return line_of(name, make())
        except Exception as error:  # a value that cannot be serialised
            self.unsent[name] = error
            return line_of(name, self._instead(name))


def end_with_controller(silence: float | None) -> None:
    """End this process when standard input ends or is silent. The controller, or the connection to it, is gone.

    :param silence: in seconds; None if standard input tells nothing.
    """

    def watch() -> None:
        poll = select.poll()
        poll.register(0, select.POLLIN)
        while poll.poll(silence * 1000 if silence is not None else None) and os.read(0, 65536):
            pass
        end()

    for each in (signal.SIGTERM, signal.SIGHUP):  # such as when the poller is shut down
        if signal.getsignal(each) is signal.SIG_DFL:
            signal.signal(each, lambda *_arguments: threading.Thread(target=end, daemon=True).start())
    if silence is not None:
        threading.Thread(target=watch, name="rollcall-controller", daemon=True).start()


_ending = threading.Lock()


def end() -> None:
    """End this process from another thread: by an interruption, which closes the connections, or else at once."""
    if _ending.acquire(blocking=False):  # a second interruption would interrupt the end
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        time.sleep(GRACE)
        _remove_program()
        os._exit(1)


def _remove_program() -> None:
    """Remove the folder with the zip file from which Ansible started this module. Usually Ansible does this."""
    path = os.path.abspath(__file__)
    while not os.path.isfile(path) and path != os.path.dirname(path):
        path = os.path.dirname(path)
    if path.endswith("_payload.zip"):
        shutil.rmtree(os.path.dirname(path), ignore_errors=True)
