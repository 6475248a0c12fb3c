# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins at bastions. A refused credential is not sent to the bastion again in the run.

The proxy command logs in to the bastion. The result is read from its messages (OpenSSH prints ``Authenticated to`` and
``Permission denied``) and its exit status (sshpass ends with 5).
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import threading
import time
from typing import IO, Literal, cast

from ._groups import GROUPS

SSHPASS_REFUSED = 5
LONGEST_SAID = 2000  # characters kept of what the command printed
SOON = 1.0  # seconds for a command to end that has closed its connection
AUTHENTICATED = "Authenticated to "
REFUSED = re.compile(r"Permission denied \(|Too many authentication failures|Permission denied, please try again")
TRIES = "debug1: Next authentication method: "
# Start the command only after its process group is known to the process that ends it. At the end of this process the
# pipe ends, too.
_WHEN_KNOWN = 'read -r known < "/dev/fd/$1" || exit 1; shift; exec "$@"'

Login = Literal["accepted", "refused", "unanswered", "none"]


class Bastion:
    """The login at one bastion with one credential.

    Only the first device logs in, until its login is decided or its attempt ends.
    """

    def __init__(self) -> None:
        self.refusal: str | None = None
        self._accepted = False
        self._lock = threading.Lock()
        self._first: threading.Event | None = None

    def wait(self, deadline: float) -> threading.Event | None:
        """Wait while the first device logs in. Return an event for the first device to set, and None for the others."""
        with self._lock:
            if self._accepted or self.refusal is not None:
                return None
            if self._first is None:
                self._first = threading.Event()
                return self._first
            first = self._first
        first.wait(max(0.0, deadline - time.monotonic()))
        return None

    def accepted(self) -> None:
        """Let the other devices log in."""
        self._accepted = True
        if self._first is not None:
            self._first.set()

    def refused(self, reason: str) -> None:
        """Do not let other devices log in with this credential."""
        self.refusal = reason


class Bastions:
    """The bastions of a run, by bastion and credential."""

    def __init__(self) -> None:
        self._all: dict[str, Bastion] = {}
        self._lock = threading.Lock()

    def of(self, key: str) -> Bastion:
        with self._lock:
            return self._all.setdefault(key, Bastion())


class ProxyProcess:
    """A proxy command, and its messages about its login."""

    def __init__(self, words: list[str], connection: int, bastion: Bastion) -> None:
        """Start it.

        :raises OSError: if it cannot be started.
        """
        self._bastion = bastion
        self._said = ""
        self._tried = False  # whether it began to log in
        self._accepted = False
        words, self._is_ssh = _talkative(words)
        if shutil.which(words[0]) is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), words[0])
        gate, opened = os.pipe()
        try:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _WHEN_KNOWN, "sh", str(gate), *words],
                stdin=connection,
                stdout=connection,
                stderr=subprocess.PIPE,
                start_new_session=True,
                pass_fds=(gate,),
            )
            GROUPS.add(self._process.pid)
            os.write(opened, b"\n")
        finally:
            os.close(gate)
            os.close(opened)
        self._reader = threading.Thread(target=self._read, name="rollcall-proxy", daemon=True)
        self._reader.start()

    def login(self) -> Login:
        """The result of its login, after the connection failed; ``none`` if no credential was sent."""
        try:
            status = self._process.wait(SOON)
        except subprocess.TimeoutExpired:
            status = None
        if status is not None:
            self._reader.join(SOON)
        if status == SSHPASS_REFUSED or REFUSED.search(self._said):
            return "refused"
        if self._accepted:
            return "accepted"
        return "unanswered" if self._tried else "none"

    @property
    def is_ssh(self) -> bool:
        return self._is_ssh

    @property
    def ended(self) -> str:
        """How it ended, as a part of a sentence; empty if it runs."""
        status = self._process.poll()
        if status is None:
            return ""
        return f"ended with status {status}" if status >= 0 else f"was ended by signal {-status}"

    def last_words(self) -> str:
        lines = [line.strip() for line in self._said.splitlines() if line.strip() and not _is_debug(line)]
        return lines[-1] if lines else ""

    def kill(self) -> None:
        GROUPS.kill(self._process.pid)
        self._process.wait()

    def _read(self) -> None:
        with cast("IO[bytes]", self._process.stderr) as pipe:
            self._read_all(pipe)

    def _read_all(self, pipe: IO[bytes]) -> None:
        while data := os.read(pipe.fileno(), 4096):
            said = self._said + data.decode("utf-8", "replace")
            self._tried = self._tried or TRIES in said
            if AUTHENTICATED in said:
                self._accepted = True
                self._bastion.accepted()
            self._said = said[-LONGEST_SAID:]


def _is_debug(line: str) -> bool:
    return line.startswith(("debug1:", "OpenSSH_", "Authenticated to ", "Transferred:", "Bytes per second:"))


def _talkative(words: list[str]) -> tuple[list[str], bool]:
    """Return the command with messages about the login, and whether it is ssh, alone or after sshpass."""
    program = os.path.basename(words[0]) if words else ""
    for index, word in enumerate(words):
        if os.path.basename(word) == "ssh" and (index == 0 or program == "sshpass"):
            return [*words[: index + 1], "-o", "LogLevel=DEBUG", *words[index + 1 :]], True
    return words, False
