# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let each device wait until it may log in.

The parent decides, because only it knows the logins in all worker processes. A device waits in the thread that asks it,
before it is handed to a worker, so its own time has not begun. If no device has accepted its credential yet, it waits a
second time, connected, before it sends the secret.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from typing import Protocol

from .._call import Call
from .._device import Device
from .._drivers.registry import logs_in, shows_logins
from .._model.secrets import secrets_of
from .._model.visible import visible
from .._result import DeviceError, Secret
from .gates import Gates
from .guard import SEVERAL, SEVERAL_ENABLE, Credential, Guard, Rules
from .login_queue import Login, LoginQueue

# Kinds of refused logins in which no device has judged the credential.
_NOT_JUDGED = frozenset(
    {"bastion", "no_become_password", "no_credentials", "no_user", "otp_command", "password_expired", "private_key"}
)
# Kinds of errors before which the secret was not sent, although it could have been.
_NOT_SENT = frozenset({"bastion", "credential_guard", "no_credentials", "no_user", "otp_command", "private_key"})
_SEVERAL = (SEVERAL, SEVERAL_ENABLE)
_ENABLE = "become_refused"  # the kind of error if the login was accepted, and the privileged mode refused
_LATE = (
    "not asked before the deadline of the run, because its login had to wait for others (see logins_per_second, "
    "max_open_logins, limits, login_canary); raise deadline"
)
_LOOK = 0.5  # seconds
_INTERRUPTED = "the run was interrupted before its answer"


class Before(Protocol):
    """Remembers refused logins of other runs that belong to the same ``ansible-playbook``."""

    key: bytes
    """For digests of secrets."""

    def refused(self, digest: str) -> Collection[str]:
        """Return the devices that have refused this secret since one has accepted it."""

    def was_accepted(self, digest: str) -> bool:
        """Return whether a device has ever accepted this secret."""

    def note(self, digest: str, names: Collection[str], *, is_accepted: bool) -> object:
        """Add devices that have refused this secret. Without any, forget all of them."""


class Admission:
    """The logins of one run. Close it, so that no thread waits for ever."""

    def __init__(
        self,
        rules: Rules,
        gates: Gates,
        doubted: Collection[Credential] = (),
        on_change: Callable[[Credential, bool], object] = lambda _credential, _is_refused: None,
        before: Before | None = None,
    ) -> None:
        """
        :param doubted: credentials that only refusals are known of, from an earlier run.
        :param on_change: called with a credential and True when it is not used any more, and with False when a device
            accepted it although it was doubted.
        :param before: remembers the refused logins of the same ``ansible-playbook``.
        """
        self._rules = rules
        self._gates = gates
        self._doubted = frozenset(doubted)
        self._on_change = on_change
        self._queue = LoginQueue(gates)
        self._guards: dict[str, Guard] = {}
        self._before = before
        self._digests: dict[Guard, str] = {}  # of those that are remembered
        self._noted: dict[Guard, tuple[tuple[str, ...], bool]] = {}  # what is remembered
        self._told: set[Credential] = set()
        # Passwords are told apart by digests that nobody can guess.
        self._key = secrets.token_bytes(32) if before is None else before.key
        self._lock = threading.Condition()
        self._is_closed = False
        self._looks_at = math.inf
        self._has_timer = False
        with contextlib.suppress(RuntimeError):  # no thread can be started: those that wait look at the clock
            threading.Thread(target=self._serve, name="rollcall-admission", daemon=True).start()
            self._has_timer = True

    @contextlib.contextmanager
    def login(self, device: Device, call: Call) -> Iterator[Entry | None]:
        """Wait until the device may log in. In the body, it is asked.

        Yield what its session tells about the login, or None if that is only known at the end.

        :raises DeviceError: ``skipped``, if it is not asked.
        """
        entry = Entry(self, device, call)
        login = entry.login
        known = [guard for guard in login.all_guards if guard.accepted > 0]
        try:
            yield entry if login.asks else None
        except DeviceError as error:
            kind, login = error.error.kind, entry.login
            if kind == _ENABLE:
                self.ended(login, self._queue.refuse_enable)
            elif error.status == "auth_failed" and kind not in _NOT_JUDGED:
                self.ended(login, self._queue.refuse)
            elif error.status == "partial":
                self.ended(login, self._queue.accept)
            elif entry.is_accepted:
                self.ended(login, self._queue.accept_login)
            elif (kind in _NOT_SENT and not entry.is_unanswered) or error.status == "skipped":
                self.ended(login, self._queue.drop)
            if kind == "credential_guard" and not entry.was_asked:
                call.attempts -= 1  # this one was not made
            raise
        else:
            self.ended(entry.login, self._queue.accept)
        finally:
            self.ended(entry.login, self._queue.end)
            for guard in login.all_guards:
                self._tell(guard, was_known=guard in known)
                self._note(guard)

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._lock:
            self._is_closed = True
            for login in self._queue.waiting():
                self._queue.leave(login, _INTERRUPTED)
            self._lock.notify_all()

    def waited(self, device: Device, call: Call, *, is_next: bool) -> Login:
        """Wait until the device may log in. See ``login``."""
        call.pause()  # this time is not that of a phase
        with self._lock:
            login = self._login_of(device, is_next=is_next, has_next=call.has_next)
            self._queue.join(login, time.monotonic())
            if self._is_closed:
                self._queue.leave(login, _INTERRUPTED)
            self._look_again()
        if not login.decided.acquire(blocking=False):
            call.on_cut(functools.partial(self._give_up, login))
            began = time.monotonic()
            self._wait(login, math.inf if call.deadline is None else call.deadline)
            call.defer(time.monotonic() - began)
            call.on_cut(None)
        if login.refusal is None:
            if call.attempts == 1 and call.began is None:
                call.started_at = datetime.now(UTC)
            return login
        call.attempts -= 1  # this one was not made
        if login.refusal == _LATE:
            raise DeviceError("skipped", "connect", "deadline", _LATE)
        if login.refusal == _INTERRUPTED:
            raise DeviceError("skipped", "connect", "interrupted", _INTERRUPTED)
        raise DeviceError("skipped", "auth", "credential_guard", visible(secrets_of(device).sentence(login.refusal)))

    def _wait(self, login: Login, deadline: float) -> None:
        longest = threading.TIMEOUT_MAX if self._has_timer else _LOOK
        while not login.decided.acquire(timeout=max(0.0, min(deadline - time.monotonic(), longest))):
            now = time.monotonic()
            with self._lock:
                if now >= deadline:
                    self._queue.leave(login, _LATE)
                elif now >= self._queue.due:
                    self._queue.serve(now)

    def _give_up(self, login: Login, refusal: str = _INTERRUPTED) -> None:
        with self._lock:
            self._queue.leave(login, refusal)

    def ended(self, login: Login, end: Callable[[Login, float], None]) -> None:
        """Let a login end, if it has not ended."""
        if login.is_open:
            with self._lock:
                end(login, time.monotonic())
                self._look_again()

    def asks(self, login: Login, reply: Callable[[str | None], object], secret: Secret) -> None:
        """The device is ready for a secret."""
        with self._lock:
            self._queue.ask(login, reply, time.monotonic(), secret)
            self._look_again()

    def accepted(self, login: Login) -> None:
        """The device has shown its prompt."""
        self.ended(login, self._queue.accept)

    def dropped(self, login: Login) -> None:
        """Nothing is known of the secret, if it was sent."""
        self.ended(login, self._queue.drop)

    def _login_of(self, device: Device, *, is_next: bool, has_next: bool) -> Login:
        """Return the login of a device, with its guards and its gates.

        Devices with the same password can have different enable passwords. An account is locked by refused logins of
        all of them, and by those with other passwords of the same user. A wrong enable password locks no account, so
        the different ones of a user are counted together, but each of them once.
        """
        gates, asks = self._gates.of(device.limit_groups), shows_logins(device)
        if not logs_in(device):
            return Login(device.name, None, gates, asks=False)
        secret: tuple[object, ...] = (
            device.user,
            device.login_source,
            device.password,
            device.private_key_file,
            device.private_key,
            device.passphrase,
        )
        guard = self._guard_of(device, secret, device.login_source)
        enable = user_enable = password = None
        if device.password is not None and (
            device.private_key_file or device.private_key or device.ssh_config or device.ssh_options
        ):
            # Devices that accept the key do not show that the password is right.
            source = f"the password beside the key of {device.login_source}"
            password = self._guard_of(device, ("password", device.user, source, device.password), source)
        if device.is_privileged:
            secret = (*secret, device.become_source, device.become_password)
            enable = self._guard_of(device, secret, device.become_source or "the enable password")
            if device.user:
                user_enable = self._guard_of(device, ("enable", device.user, asks), SEVERAL_ENABLE)
        user = self._guard_of(device, (device.user, asks), SEVERAL) if device.user else None
        return Login(
            device.name,
            guard,
            gates,
            enable,
            user,
            asks=asks,
            is_next=is_next,
            has_next=has_next,
            user_enable=user_enable,
            password=password,
        )

    def _guard_of(self, device: Device, secret: tuple[object, ...], source: str) -> Guard:
        key = hashlib.blake2b(repr(secret).encode("utf-8", "surrogateescape"), key=self._key).hexdigest()
        if key not in self._guards:
            credential = Credential(device.user or "", source)
            doubted, canaries = credential in self._doubted, shows_logins(device)
            distinct = source == SEVERAL_ENABLE
            guard = Guard(credential, self._rules, doubted=doubted, canaries=canaries, distinct=distinct)
            if self._before is not None and self._rules.limit > 0 and source not in _SEVERAL:
                # All credentials of a user are not remembered: one of them can be the corrected one.
                refused, was_accepted = self._before.refused(key), self._before.was_accepted(key)
                self._digests[guard], self._noted[guard] = key, (tuple(refused), was_accepted)
                if was_accepted and len(refused) >= self._rules.limit:  # by one batch; others may accept it
                    refused, doubted = (), True
                guard.recall(refused, doubted=doubted)
            self._guards[key] = guard
        return self._guards[key]

    def _note(self, guard: Guard) -> None:
        """Remember the devices that refused the credential. An error affects only other runs."""
        if self._before is None or guard not in self._digests:
            return
        names, was_accepted = self._noted[guard]
        found = guard.refusing or (() if guard.accepted else names), was_accepted or guard.accepted > 0
        if found != self._noted[guard]:
            self._noted[guard] = found
            with contextlib.suppress(OSError, ValueError):
                self._before.note(self._digests[guard], found[0], is_accepted=found[1])

    def _tell(self, guard: Guard, *, was_known: bool) -> None:
        """Tell that a credential is not used any more, or that a device accepted it although it was doubted."""
        if guard.credential in self._told:  # two passwords can have the same name
            return
        if guard.credential.source in _SEVERAL and guard.is_stopped and not guard.is_mixed:
            return  # its only credential is told
        if guard.is_stopped:
            self._told.add(guard.credential)
            self._on_change(guard.credential, True)
        elif not was_known and guard.accepted and guard.credential in self._doubted:
            self._on_change(guard.credential, False)

    def _look_again(self) -> None:
        """Let the other thread know that there is a time to wait for. The lock is held."""
        if self._queue.due < self._looks_at:
            self._looks_at = self._queue.due
            self._lock.notify_all()

    def _serve(self) -> None:
        with self._lock:
            while not self._is_closed:
                now = time.monotonic()
                if now >= self._queue.due:
                    self._queue.serve(now)
                self._looks_at = self._queue.due
                left = self._looks_at - time.monotonic()
                self._lock.wait(None if left == math.inf else min(max(0.0, left), threading.TIMEOUT_MAX))


class Entry:
    """What a session tells about the login of its device."""

    def __init__(self, admission: Admission, device: Device, call: Call) -> None:
        """Wait until the device may log in. See ``Admission.login``."""
        self._admission = admission
        self._device, self._call = device, call
        self.login = admission.waited(device, call, is_next=bool(call.refused))
        self.was_asked = False
        """Whether it has lost a session, and waited for another login."""
        self.is_accepted = False
        """Whether the device has accepted the secret, and its session ended before the prompt."""
        self.is_unanswered = False
        """Whether the secret was sent, and the device has not accepted it."""

    @property
    def is_held(self) -> bool:
        """Whether the session must ask before it sends the secret."""
        return self.login.is_held

    @property
    def later(self) -> tuple[Secret, ...]:
        """The secrets for which the session must ask when the device needs them."""
        return tuple(self.login.later)

    def asks(self, reply: Callable[[str | None], object], secret: Secret) -> None:
        """The device is ready for a secret.

        :param reply: called from any thread, with None when the secret may be sent, or with why it may not.
        """
        self._admission.asks(self.login, reply, secret)

    def accepted(self) -> None:
        """The device has shown its prompt."""
        self._admission.accepted(self.login)

    def again(self) -> None:
        """Wait until the device may log in again, because its session was lost for a reason that is not the device.

        :raises DeviceError: ``skipped``, if it is not asked again.
        """
        attempts, self.was_asked = self._call.attempts, True
        self._admission.dropped(self.login)
        try:
            self.login = self._admission.waited(self._device, self._call, is_next=True)
        finally:
            self._call.attempts = attempts
