# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Receive the answers of a poller while its module works. See the module ``_poller_line``.

Ansible writes a pipelined module to the standard input of ssh, closes it, and reads what ssh writes until it ends. With
the connection plugin ssh, this module does these steps itself: the input stays open, and each line is read as it comes.
The processes on the poller end when the input ends, for whatever reason: ssh, the worker process, ansible-playbook or
the whole controller was killed. With other connection plugins, the answers are read at the end.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shlex
import struct
import subprocess
import termios
import threading
from collections.abc import Callable
from typing import IO, Any

from ansible.errors import AnsibleAuthenticationFailure

from ansible_collections.rollcall.network.plugins.module_utils._poller_line import BEAT, PREFIX, SILENCE

# Python would read its program from standard input to the end. This reads a line with the size and that many bytes.
LOADER = 'import sys; f = sys.stdin.buffer; exec(compile(f.read(int(f.readline())), "<stdin>", "exec"))'
TICK = 200  # milliseconds
ERRORS = 32_768  # bytes that ssh wrote to standard error and Ansible did not read yet; a pipe has room for 65,536


class Stream:
    """Receives the answers of one module."""

    def __init__(
        self, on_answer: Callable[[str, Any], None], on_note: Callable[[Any], object] = lambda _said: None
    ) -> None:
        """Do nothing yet.

        :param on_answer: called with each name and answer.
        :param on_note: called with what is remembered for later runs.
        """
        self.silence: float | None = None  # an argument of the module; None if its input does not stay open
        self.module: bytes | None = None  # Ansible sends other programs too, to find Python
        self._on_answer = on_answer
        self._on_note = on_note
        self._line = bytearray()
        self._rest = bytearray()
        self._began = False

    def attach(self, connection: Any) -> None:
        """Read what the module writes as it comes, if the connection plugin is ssh."""
        if connection.transport == "ssh" and callable(getattr(connection, "_send_initial_data", None)):
            send = connection._send_initial_data

            def send_or_converse(given: IO[bytes], data: bytes, process: subprocess.Popen[bytes]) -> None:
                (self._converse if data == self.module else send)(given, data, process)

            connection._send_initial_data = send_or_converse  # there is no public way
            self.silence = SILENCE

    def command(self, interpreter: str) -> str:
        """Return the command that runs the module."""
        return interpreter if self.silence is None else f"{interpreter} -c {shlex.quote(LOADER)}"

    def without_answers(self, output: str) -> str:
        """Take the answers out of the module's output, and return the rest of all of it."""
        self._take(output.encode("utf-8", "surrogateescape"))
        self._end()
        return self._rest.decode("utf-8", "surrogateescape")

    def _converse(self, given: IO[bytes], data: bytes, process: subprocess.Popen[bytes]) -> None:
        """Write the module, and read its answers until its output ends."""
        if self._began:  # the connection was lost, and Ansible connects again: the devices must not be asked twice
            process.kill()
            msg = "the connection to the poller was lost; its devices are not asked again (reconnection_retries)"
            raise AnsibleAuthenticationFailure(msg)  # other types are tried again
        self._began = True
        ended = threading.Event()
        beat = threading.Thread(target=_beat, args=(given.fileno(), ended), name="rollcall-beat", daemon=True)
        try:
            with contextlib.suppress(OSError):  # ssh has ended; Ansible finds out why
                given.write(b"%d\n" % len(data) + data)
                given.flush()
                os.set_blocking(given.fileno(), False)
                beat.start()
                self._read(process)
        finally:
            ended.set()
            if beat.ident is not None:
                beat.join()
            with contextlib.suppress(OSError):
                given.close()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None or process.stderr is None:
            msg = "the process has no pipes"
            raise ValueError(msg)
        output, errors = process.stdout.fileno(), process.stderr.fileno()
        poll = select.poll()
        poll.register(output, select.POLLIN)
        while True:
            if poll.poll(TICK):
                data = os.read(output, 1 << 20)
                if not data:
                    return
                self._take(data)
            if _waiting(errors) > ERRORS:  # with -vvvv; a full pipe would stop ssh
                os.read(errors, ERRORS)

    def _take(self, data: bytes) -> None:
        first, *more = data.split(b"\n")
        self._line += first
        for each in more:
            self._end()
            self._line += each

    def _end(self) -> None:
        """Take the line that was read."""
        line, self._line = self._line, bytearray()
        if not line.startswith(PREFIX):
            self._rest += line + b"\n"
            return
        try:
            said = json.loads(line[len(PREFIX) :])
            if "note" in said:
                self._on_note(said["note"])
                return
            name, answer = str(said["name"]), said["answer"]
        except (ValueError, TypeError, KeyError, RecursionError):  # cut off: the connection was lost
            return
        self._on_answer(name, answer)


def _beat(descriptor: int, ended: threading.Event) -> None:
    while not ended.wait(BEAT):
        with contextlib.suppress(OSError):  # ssh has ended, or cannot send
            os.write(descriptor, b"\n")


def _waiting(descriptor: int) -> int:
    """The number of bytes that can be read."""
    return int(struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4))[0])
