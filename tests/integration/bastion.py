# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real OpenSSH server as a bastion: with the defaults of sshd, apart from what a test must set."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._device import Hop
from tests.integration.openssh import (
    ContextStack,
    Sshd,
    TempUser,
    auth_options,
    descendants,
    free_port,
    kill,
    make_key,
    scratch_folder,
)

DEFAULTS = {"MaxStartups": "10:30:100", "LoginGraceTime": "120"}


class Bastion(ContextStack):
    """The bastion as a context. ``options`` are keywords of sshd_config."""

    address = "127.0.0.1"

    def __init__(self, **options: str | Sequence[str]) -> None:
        self._options: Mapping[str, str | Sequence[str]] = options
        self.port = 0
        self.user = self.password = ""
        self._killed: set[int] = set()

    def _set_up(self, stack: contextlib.ExitStack) -> None:
        folder = stack.enter_context(scratch_folder())
        account = stack.enter_context(TempUser.create(folder))
        self.user, self.password = account.name, account.password
        self.port = free_port([self.address])
        options = {
            "ListenAddress": f"{self.address}:{self.port}",
            "HostKey": str(make_key(folder / "host", "ed25519").file),
            "AllowUsers": self.user,
            **auth_options(["password"], folder / "authorized_keys"),
            **DEFAULTS,
            **self._options,
        }
        self._sshd = stack.enter_context(Sshd.start(folder, "bastion", options))

    def hop(self, name: str = "jump", **settings: Any) -> Hop:
        usual = {"host": self.address, "port": self.port, "user": self.user, "password": self.password}
        return Hop(name=name, **{**usual, "host_key_checking": False, **settings})

    def log(self) -> str:
        return self._sshd.log()

    def logins(self) -> int:
        return self.log().count("Accepted ")

    def refusals(self) -> int:
        return self.log().count("Failed password")

    def connections(self) -> int:
        """The number of sockets of the process that serves the login: its own ones, and those to devices."""
        return max((len(_sockets(pid)) for pid in self._sessions()), default=0)

    def kill_session(self) -> None:
        """Kill the processes that serve the login, as a crash would."""
        sessions = self._sessions()
        self._killed.update(sessions)
        kill(sessions)

    def stop_session(self) -> None:
        """Stop the processes that serve the login, so that they are silent."""
        sessions = self._sessions()
        self._killed.update(sessions)
        for pid in sessions:
            os.kill(pid, signal.SIGSTOP)

    def _sessions(self) -> list[int]:
        return [pid for pid in descendants(self._sshd.process.pid) if pid not in self._killed]


def _sockets(pid: int) -> list[str]:
    found = []
    with contextlib.suppress(OSError):
        for file in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                target = os.readlink(file)
                if target.startswith("socket:"):
                    found.append(target)
    return found
