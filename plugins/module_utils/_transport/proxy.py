# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connect through a proxy command, as OpenSSH does.

A shell runs the command. Its standard input and output are the connection, and what it writes to standard error is
kept for the error of its device. If it is ssh, it logs in at a bastion: the credential that the bastion refused for one
device is not tried for the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shlex
import socket
import subprocess
from collections.abc import Callable
from typing import Any

from .._device import Device, Hop
from .._model.secrets import secrets_of
from .._result import DeviceError
from .children import DIE_WITH_PARENT, kill_tree
from .tcp import attached

LONGEST_SAID = 2000  # bytes kept of what the command printed
LINES_SHOWN = 3
SOON = 1.0  # seconds for a command to end that has closed its connection
GRACE = 0.5  # seconds for it to end by itself when its session has ended
SSHPASS_REFUSED = 5  # exit status of sshpass

_REFUSED = re.compile(r"Permission denied|Too many authentication failures")
_IS_SSH = re.compile(r"(?:^|[\s/])ssh(?:\s|$)")
_COMPOUND = re.compile(r"[;&|(){}`\n]|^\s*(?:exec|if|for|while|until|case|!|\w+=\S*)(?:\s|$)")
_LOST = frozenset({"reset", "closed", "disconnected", "no_shell", "protocol", "refused_by_text"})


class _Credential:
    """The login of a proxy command. Until it is decided for the first device, the others wait."""

    def __init__(self) -> None:
        self.refusal: DeviceError | None = None
        self.is_accepted = False
        self.decided = asyncio.Event()
        self.has_first = False


class Proxies:
    """The proxy commands of one worker."""

    def __init__(self) -> None:
        self._credentials: dict[str, _Credential] = {}

    async def start(self, login: Device | Hop, command: str) -> ProxyRun:
        """Start a command.

        :raises DeviceError: if it cannot be started, or its credential was refused before.
        """
        key = getattr(login, "proxy_login", None) or command
        credential = self._credentials.setdefault(key, _Credential())
        if credential.has_first:
            await credential.decided.wait()
        credential.has_first = True
        if credential.refusal is not None:
            reason = credential.refusal.error
            raise DeviceError(credential.refusal.status, reason.phase, reason.kind, reason.message)
        return ProxyRun(login, command, credential)


class ProxyRun:
    """A proxy command that runs."""

    def __init__(self, login: Device | Hop, command: str, credential: _Credential) -> None:
        """Start it.

        :raises DeviceError: if that is impossible.
        """
        self._login = login
        self._command = command
        self._credential = credential
        self._said = b""
        self._has_answered = False
        self._silence = asyncio.Event()  # its standard error was closed
        self._socket, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    ["/bin/sh", "-c", f"exec {command}" if _is_simple(command) else command],
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=subprocess.PIPE,
                    preexec_fn=DIE_WITH_PARENT,
                )
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                self._socket.close()
                credential.decided.set()
                reason = getattr(error, "strerror", None) or str(error)
                raise self._error("unreachable", f"{self._name} cannot be started: {reason}") from error

    async def connect(self, factory: Callable[[], Any]) -> Any:
        """Connect a protocol with the command, and return the protocol."""
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: _Errors(self._hear, self._silence.set), self._process.stderr)
        first = _First(factory, self._answered)
        await attached(self._socket, lambda: first)
        return first.protocol

    async def failure(self, error: BaseException) -> DeviceError | None:
        """Return the error if the command or its bastion caused it, and None if the device did.

        A login that failed at the device is the device's error, however the command ends because of it.
        """
        is_refused = isinstance(error, DeviceError) and error.status == "auth_failed"
        try:
            return await self._failure(error) if isinstance(error, DeviceError) and not is_refused else None
        finally:
            self._credential.decided.set()

    def close(self) -> None:
        """End it, after a moment in which it can end by itself."""
        self._credential.decided.set()
        if self._process.poll() is not None:
            return
        try:
            asyncio.get_running_loop().call_later(GRACE, self._kill)
        except RuntimeError:  # the loop has ended
            self._kill()

    @property
    def _name(self) -> str:
        """The command in messages: its first word."""
        try:
            words = shlex.split(self._command)
        except ValueError:
            words = self._command.split()
        words = [word for word in words if word != "exec" and not re.match(r"\w+=", word)]
        return f"the proxy command {secrets_of(self._login).quoted(words[0]) if words else ''!r}"

    async def _failure(self, error: DeviceError) -> DeviceError | None:
        await self._settled()
        status = self._process.poll()
        said = self._last_words()
        quoted = f"; it said: {said!r}" if said else ""
        if not self._has_answered and (_REFUSED.search(said) or status == SSHPASS_REFUSED):
            message = f"the bastion of {self._name} refused the login{quoted}. It is not tried again in this run"
            self._credential.refusal = self._error("auth_failed", message)
            return self._credential.refusal
        if status is not None and (not self._has_answered or (status and error.error.kind in _LOST)):
            how = f"ended with status {status}" if status >= 0 else f"was ended by signal {-status}"
            return self._error("unreachable", f"{self._name} {how}{quoted}", retry=True)
        if not self._has_answered and not self._credential.is_accepted:
            message = (
                f"nothing came through {self._name} within {self._login.connect_timeout:g} s{quoted}; "
                "check the bastion and the device"
            )
            may_have_sent = bool(_IS_SSH.search(self._command))
            if may_have_sent:
                message += ". A credential may have been sent and is not sent again for this device"
            return self._error("unreachable", message, retry=not may_have_sent)
        return None

    async def _settled(self) -> None:
        """Wait for the end of a command that has closed its connection, and for the rest of its errors."""
        if not self._has_answered or self._process.poll() is not None or self._said:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SOON):
                    await self._silence.wait()
                    while self._process.poll() is None:
                        await asyncio.sleep(0.01)

    def _last_words(self) -> str:
        text = secrets_of(self._login).quoted(self._said.decode("utf-8", "replace"))
        lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
        return "; ".join(lines[-LINES_SHOWN:])

    def _hear(self, data: bytes) -> None:
        self._said = (self._said + data)[-LONGEST_SAID:]

    def _answered(self) -> None:
        """Note that the other side was reached."""
        self._has_answered = self._credential.is_accepted = True
        self._credential.decided.set()

    def _kill(self) -> None:
        if self._process.poll() is None:
            kill_tree(self._process.pid)
            self._process.wait()

    def _error(self, status: Any, message: str, *, retry: bool = False) -> DeviceError:
        phase: Any = "auth" if status == "auth_failed" else "connect"
        return DeviceError(status, phase, "bastion", message, retry=retry)


def _is_simple(command: str) -> bool:
    """Whether a shell can be replaced by the command, so that it does not stay until the command ends."""
    return not _COMPOUND.search(command)


class _Errors(asyncio.Protocol):
    """Reads what a command writes to standard error."""

    def __init__(self, hear: Callable[[bytes], None], end: Callable[[], None]) -> None:
        self._hear = hear
        self._end = end

    def data_received(self, data: bytes) -> None:
        self._hear(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._end()


class _First:
    """Takes the place of a protocol until the first data."""

    def __init__(self, factory: Callable[[], Any], answered: Callable[[], None]) -> None:
        self.protocol = factory()
        self._answered = answered
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.protocol.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._answered()
        self._transport.set_protocol(self.protocol)
        self.protocol.data_received(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.protocol, name)
