# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins at bastions. All devices behind a chain of bastions share one login."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import re
import time
from collections.abc import Callable
from typing import Any, Protocol

from .._device import Hop
from .._model.secrets import secrets_of
from .._result import DeviceError, Phase, Secret
from . import ssh
from .otp import one_time_code
from .proxy import Proxies
from .tcp import attached, connected
from .tunnel import End, open_channel

try:
    import asyncssh
except ImportError:
    asyncssh = None  # type: ignore[assignment]

KIND = "bastion"
MOST_LOSSES = 1  # how often a bastion whose connection was lost is connected again
MOST_OPENING = 50  # requests for a connection to a device that a bastion has not answered
LONGEST_OPENING = 1.0  # seconds in which a request counts as one of these; a device that is off keeps it open for long
KEPT = 0.4  # seconds in which a failed attempt counts for devices that come later; less than the pause before a retry
ALIVE, MOST_ALIVE = 15, 3  # seconds between questions whether an idle bastion is there, and how many it may not answer
PROBE = 3.0  # seconds for a bastion to send something when a device behind it did not answer
LOOKS = 6  # in this time; between them, a busy process reads what has come

_PROHIBITED, _FAILED, _UNKNOWN_TYPE = 1, 2, 3  # reasons for which a channel is not opened, of RFC 4254
# Kinds of errors with which a device's session ends when the bastion's connection is lost.
_LOST = frozenset({"reset", "closed", "disconnected", "protocol", "no_shell", "session_closed", KIND})
_SILENT = frozenset({"timeout", "command_timeout", "no_prompt"})  # and when the bastion does not answer
# Advice of the errors of logins.
_VARIABLES = re.compile(r"\bset (?:ansible|rollcall)_\w+(?: or (?:ansible|rollcall)_\w+)*")
_REASONS = (
    (re.compile("refused|errno 111|connect call failed", re.I), "refused", "refused the connection"),
    (re.compile("timed out|timeout|errno 110", re.I), "timeout", "did not answer"),
    (re.compile("not known|name or service|in name resolution|no address", re.I), "dns", "has no address there"),
)


class Context(Protocol):
    """What a login tells and asks on its way. See ``open.Context``."""

    deadline: float | None

    def tell(self, message: Any) -> None: ...
    async def ask_person(self, question: str) -> str | None: ...


class _LoginContext:
    """The state of the login at a bastion. It implements ``ssh.Context``."""

    def __init__(self, context: Context) -> None:
        self.deadline: float | None = None  # none of one device: others wait for this login, too
        self.limit = ("timeout", "")
        self.phase: Phase = "connect"
        self.tell = context.tell

    def enter(self, phase: Phase) -> None:
        self.phase = phase

    async def may_send_secret(self, secret: Secret = "login") -> None:
        """All devices behind a bastion share its login, which is not repeated after a refusal."""

    def logged_in(self) -> None:
        """The device is told later."""


class _Login:
    """One login at a bastion."""

    def __init__(self, connection: ssh.Connection, below: _Login | None) -> None:
        self.connection = connection
        self.below = below
        self.is_counted = False  # among the losses
        self._probe: asyncio.Task[None] | None = None

    async def probe(self) -> None:
        """Find out whether the bastion is still there. If it does not answer, give up the connection."""
        if self._probe is None:
            self._probe = asyncio.get_running_loop().create_task(self._probed(), context=contextvars.Context())
        await asyncio.shield(self._probe)

    async def _probed(self) -> None:
        """A bastion that sends anything is there, even if it or this machine is too busy for the answer."""
        connection = self.connection.ssh
        heard = connection._recv_seq
        answer = asyncio.ensure_future(connection._make_global_request(b"keepalive@openssh.com"))
        answer.add_done_callback(_seen)
        try:
            for _look in range(LOOKS):
                await asyncio.wait([answer], timeout=PROBE / LOOKS)
                if answer.done() or connection._recv_seq != heard:
                    return
            self.connection.give_up(f"it did not answer for {PROBE:g} s")
        finally:
            self._probe = None

    @property
    def is_lost(self) -> bool:
        return bool(self.connection.ssh.is_closed())


def _seen(answer: asyncio.Future[Any]) -> None:
    """If it has an error, the connection has ended."""
    if not answer.cancelled():
        answer.exception()


class Way:
    """The way of a device through the last bastion of its chain, with one login there."""

    def __init__(self, bastion: Bastion, login: _Login) -> None:
        self._bastion = bastion
        self._login = login

    @property
    def names(self) -> str:
        return self._bastion.names

    async def connect(
        self, factory: Callable[[], Any], host: str, port: int, seconds: float, until: float | None
    ) -> Any:
        """Connect a protocol with an address behind the bastion, and return the protocol.

        :param until: when to give up, at the latest.
        :raises DeviceError: if there is no connection.
        """
        return await self._bastion.connect(self._login, factory, host, port, seconds, until)

    async def failure(self, error: DeviceError, *, may_repeat: bool) -> DeviceError | None:
        """Return the error of a device that failed on this way, or None if it is to be asked again on a new one.

        :param may_repeat: what was sent to the device may be sent again.
        """
        if error.error.kind in _SILENT and not self._login.is_lost:
            await self._login.probe()
        if not self._login.is_lost or error.error.kind not in _LOST | _SILENT:
            return error
        self._bastion.lost(self._login)
        if may_repeat and not self._bastion.is_given_up:
            return None
        failure = self._bastion.error_of_loss(self._login, retry=False)
        if not may_repeat:
            message = f"{failure.error.message}; not all commands are read-only, so they are not sent again"
            failure = _error(failure.status, message)
        failure.value = error.value
        if error.status == "partial":
            failure.status = "partial"
        return failure


class Bastions:
    """The bastions of one worker, by chain and credential."""

    def __init__(self, proxies: Proxies) -> None:
        self._proxies = proxies
        self._all: dict[tuple[Hop, ...], Bastion] = {}
        self._refused: dict[Hop, DeviceError] = {}  # credentials, also of bastions that are a part of several chains

    async def way(self, hops: tuple[Hop, ...], context: Context) -> Way:
        """Return the way through these bastions. The first device logs in, the others wait.

        :raises DeviceError: if a bastion cannot be reached, or refuses the login.
        """
        return await self._of(hops).way(context)

    def close(self) -> None:
        """Log out of all bastions, the last one of each chain first."""
        for hops in sorted(self._all, key=len, reverse=True):
            self._all[hops].close()

    def _of(self, hops: tuple[Hop, ...]) -> Bastion:
        bastion = self._all.get(hops)
        if bastion is None:
            below = self._of(hops[:-1]) if len(hops) > 1 else None
            bastion = self._all[hops] = Bastion(hops[-1], below, self._proxies, self._refused)
        return bastion


class Bastion:
    """One bastion behind those before it, and the login there."""

    def __init__(self, hop: Hop, below: Bastion | None, proxies: Proxies, refused: dict[Hop, DeviceError]) -> None:
        self._hop = hop
        self._below = below
        self._proxies = proxies
        self._refused = refused
        self._login: _Login | None = None
        self._attempt: asyncio.Task[_Login] | None = None
        self._final: DeviceError | None = None  # no other attempt is made
        self._failed: DeviceError | None = None
        self._failed_at = 0.0
        self._losses = 0
        self._places = asyncio.Semaphore(MOST_OPENING)

    @property
    def names(self) -> str:
        """The names of the chain."""
        return self._hop.name if self._below is None else f"{self._below.names}, {self._hop.name}"

    @property
    def is_given_up(self) -> bool:
        return self._final is not None or (self._below is not None and self._below.is_given_up)

    async def way(self, context: Context) -> Way:
        """Log in, or wait for the login in progress.

        :raises DeviceError: the same for all devices.
        """
        try:
            return Way(self, await self._logged_in(context))
        except DeviceError as error:
            reason = error.error
            raise DeviceError(error.status, reason.phase, reason.kind, reason.message, retry=error.retry) from error

    def lost(self, login: _Login) -> None:
        """Count a login whose connection was lost while it was used."""
        if login.is_counted:
            return
        login.is_counted = True
        if self._below is not None and login.below is not None and login.below.is_lost:
            self._below.lost(login.below)
            return
        self._losses += 1
        if self._losses > MOST_LOSSES:
            self._final = self.error_of_loss(login, retry=False)

    def error_of_loss(self, login: _Login, *, retry: bool) -> DeviceError:
        """Return the error for a login whose connection was lost."""
        if self._below is not None and login.below is not None and login.below.is_lost:
            return self._below.error_of_loss(login.below, retry=retry)
        reason = " ".join(secrets_of(self._hop).quoted(login.connection.end_reason).split())
        said = f" ({reason})" if reason else ""
        again = "; it had been connected again before" if self._losses > MOST_LOSSES else ""
        return _error("unreachable", f"the connection to bastion {self._place} was lost{said}{again}", retry=retry)

    async def connect(
        self,
        login: _Login,
        factory: Callable[[], Any],
        host: str,
        port: int,
        seconds: float,
        until: float | None,
    ) -> Any:
        """See ``Way.connect``."""
        loop = asyncio.get_running_loop()
        place = f"{host} port {port}"
        async with _Opening(self._places, loop):
            limit = loop.time() + seconds
            deadline = limit if until is None else min(limit, until)
            if login.is_lost:
                raise self.error_of_loss(login, retry=True)
            try:
                return await open_channel(login.connection.ssh, End(factory), host, port, deadline)
            except TimeoutError as error:
                message = (
                    f"{place} did not answer within {seconds:g} s through bastion {self._place}; "
                    "check address and network path"
                )
                raise DeviceError("unreachable", "connect", "timeout", message, retry=True) from error
            except (asyncssh.Error, OSError) as error:
                if isinstance(error, OSError):  # from this end of a connection that is about to end
                    login.connection.ssh.abort()
                    await asyncio.sleep(0)  # asyncssh closes it in the next round of the loop
                if login.is_lost:
                    raise self.error_of_loss(login, retry=True) from error
                raise self._not_opened(error, place) from error

    def close(self) -> None:
        if self._attempt is not None:
            self._attempt.cancel()
        if self._login is not None:
            self._login.connection.close()

    @property
    def _place(self) -> str:
        hop = self._hop
        with contextlib.suppress(DeviceError):  # it is the error of the login
            hop, _options = ssh.settled(hop)
        return f"{hop.name} ({hop.host} port {hop.port})"

    async def _logged_in(self, context: Context) -> _Login:
        if self._final is not None:
            raise self._final
        if self._login is not None and not self._login.is_lost:
            return self._login
        if self._failed is not None and time.monotonic() - self._failed_at < KEPT:
            raise self._failed
        if self._attempt is None:
            # In a context of its own, because it belongs to no device.
            attempt = asyncio.get_running_loop().create_task(self._log_in(context), context=contextvars.Context())
            attempt.add_done_callback(self._decided)
            self._attempt = attempt
        return await asyncio.shield(self._attempt)

    def _decided(self, attempt: asyncio.Task[_Login]) -> None:
        self._attempt = None
        if attempt.cancelled():
            return
        error = attempt.exception()
        if error is None:
            self._login, self._failed = attempt.result(), None
        elif isinstance(error, DeviceError):
            self._failed, self._failed_at = error, time.monotonic()
            if not error.retry:
                self._final = error

    async def _log_in(self, context: Context) -> _Login:
        while True:
            below = await self._below._logged_in(context) if self._below is not None else None
            if self._hop in self._refused:
                raise self._refused[self._hop]
            try:
                return await self._log_in_once(context, below)
            except DeviceError as error:
                if below is not None and below.is_lost and self._below is not None:
                    self._below.lost(below)
                    continue
                failure = self._blamed(error)
                if failure.status == "auth_failed":
                    self._refused[self._hop] = failure
                raise failure from error

    async def _log_in_once(self, context: Context, below: _Login | None) -> _Login:
        hop, options = ssh.settled(self._hop)
        run = None

        async def connect(factory: Callable[[], Any], deadline: float) -> Any:
            nonlocal run
            if below is not None and self._below is not None:
                return await self._below.connect(below, factory, hop.host, hop.port, hop.connect_timeout, None)
            if options.proxy_command:
                run = await self._proxies.start(hop, options.proxy_command)
                return await run.connect(factory)
            sock = await connected(hop.host, hop.port, deadline, seconds=hop.connect_timeout)
            return await attached(sock, factory)

        try:
            code = one_time_code(hop, context)
            connection = await ssh.log_in(self._hop, _LoginContext(context), connect, code=code)
        except BaseException as error:
            if run is not None:
                failure = await run.failure(error)
                run.close()
                if failure is not None:
                    raise failure from error
            raise
        if not any(name == "serveraliveinterval" for name, _value in hop.ssh_options):
            connection.ssh.set_keepalive(ALIVE, MOST_ALIVE)
        if run is not None:
            connection.on_end(run.close)
        return _Login(connection, below)

    def _blamed(self, error: DeviceError) -> DeviceError:
        """Return the error of all devices behind this bastion."""
        if error.error.kind == KIND:
            return error
        status = "auth_failed" if error.status == "auth_failed" else "unreachable"
        message = re.sub(r"\bthe device\b('s\b)?", lambda its: "its" if its[1] else "it", error.error.message)
        message = _VARIABLES.sub(self._to_set, message)
        return _error(status, f"bastion {self._place}: {message}", retry=error.retry and status == "unreachable")

    def _to_set(self, variables: re.Match[str]) -> str:
        """Say of which host the variables are. An address has none."""
        if self._hop.in_inventory:
            return f"{variables[0]} for {self._hop.name}"
        return f"it is not a host of the inventory: add it, name it in rollcall_jump_hosts, and {variables[0]} for it"

    def _not_opened(self, error: Exception, place: str) -> DeviceError:
        """Return the error for a channel that the bastion did not open."""
        code = getattr(error, "code", None)
        reason = " ".join(secrets_of(self._hop).quoted(str(error)).split()) or "no reason"
        if code != _FAILED:
            hint = "; its AllowTcpForwarding and PermitOpen must allow it" if code == _PROHIBITED else ""
            message = f"bastion {self._place} forwards no connection to the device ({reason}){hint}"
            return _error("unreachable", message, retry=code not in (_PROHIBITED, _UNKNOWN_TYPE))
        other = ("unreachable", "cannot be reached")
        kind, what = next(((kind, what) for pattern, kind, what in _REASONS if pattern.search(reason)), other)
        message = f"{place} {what}, says bastion {self._place} ({reason})"
        return DeviceError("unreachable", "connect", kind, message, retry=True)


class _Opening:
    """One of a few places, for the time in which a connection is opened, but not for long."""

    def __init__(self, places: asyncio.Semaphore, loop: asyncio.AbstractEventLoop) -> None:
        self._places = places
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        await self._places.acquire()
        self._timer = self._loop.call_later(LONGEST_OPENING, self._leave)

    async def __aexit__(self, *_error: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._leave()

    def _leave(self) -> None:
        if self._timer is not None:
            self._timer = None
            self._places.release()


def _error(status: Any, message: str, *, retry: bool = False) -> DeviceError:
    phase: Phase = "auth" if status == "auth_failed" else "connect"
    return DeviceError(status, phase, KIND, message, retry=retry)
