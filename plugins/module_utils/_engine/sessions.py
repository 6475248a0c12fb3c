# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hand devices to session workers, watch the workers, and ask the open devices of one that ended again elsewhere."""

from __future__ import annotations

import functools
import itertools
import threading
import time
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from .._call import Call
from .._device import Device, Hop
from .._drivers.registry import gives_outputs, is_read_only
from .._result import DeviceError, Outputs
from .launcher import Launcher, NoProcess
from .messages import Done, Job
from .quarantine import Group, groups_of
from .worker import Asked, Worker

if TYPE_CHECKING:
    from .admission import Entry

LOOK = 0.2  # seconds between looks at the workers
LOG_OUT = 0.5  # seconds for the workers to log out of bastions at the end
MOST_LOSSES = 2  # how often one name is asked again
MOST_UNTOUCHED = 20  # the same, if nothing was done for it


class Sessions:
    """The session workers of a run."""

    def __init__(self, launcher: Launcher, count: int, tell: Callable[[Worker, Any], None]) -> None:
        self._launcher = launcher
        self._tell = tell
        self._lock = threading.Lock()
        self._workers: list[Worker | None] = [None] * count
        self._starting = [threading.Lock() for _worker in range(count)]
        self._all: set[Worker] = set()
        self._numbers = itertools.count()
        self._turn = itertools.count()
        self._places: dict[Hashable, int] = {}  # of bastions
        self._closed = threading.Event()
        self._watcher: threading.Thread | None = None

    def ask(
        self,
        device: Device,
        call: Call,
        seconds: float | None,
        limits: Any,
        login: Entry | None = None,
    ) -> Any:
        """Return the device's answer.

        :param seconds: for the device, in this and all earlier attempts.
        :param login: is told what is known about the login.
        :raises DeviceError: if it has no complete answer.
        """
        call.pause()  # the worker measures the phases
        losses = untouched = 0
        group: Group | None = None
        heard: list[str] = []
        lost_at: float | None = None  # when its worker ended; the time until it is asked again is not the device's
        while True:
            now = time.monotonic() if lost_at is None else lost_at
            left = seconds if call.began is None or seconds is None else call.began + seconds - now
            is_held, later = (False, ()) if login is None else (login.is_held, login.later)
            asked = Asked(Job(next(self._numbers), device, call.deadline, left, limits, is_held, later), login=login)
            try:
                worker = self._of(device) if group is None else self._of_group(group)
                worker.ask(asked)
                call.on_cut(functools.partial(worker.cancel, asked.job.number))
                asked.done.acquire()
                call.on_cut(None)
            except NoProcess as error:
                raise self._not_asked(error) from error
            finally:
                if group is not None:
                    self._leave(group)
            if asked.began is not None:
                call.began = call.begin(asked.began) + (0.0 if lost_at is None else asked.began - lost_at)
                lost_at = None if asked.result is not None else time.monotonic()
            call.until = None if call.began is None or seconds is None else call.began + seconds
            if asked.result is not None:
                try:
                    return _value_of(asked, asked.result, call)
                except DeviceError:
                    if not asked.result.is_lost or self._closed.is_set() or call.remaining() == 0.0:
                        raise
                call.until, group = None, None
                if login is not None:
                    login.again()
                continue
            heard = asked.heard or heard
            if asked.began is not None:
                call.sent += (None,)
            if self._closed.is_set():
                raise self._not_asked()
            was_alone, group = group is not None and group.size == 1, None
            if asked.began is None and untouched < MOST_UNTOUCHED:
                untouched += 1  # it waited in the worker
                continue
            if call.remaining() == 0.0:
                kind, limit = (
                    limits[0] if call.deadline is not None and time.monotonic() >= call.deadline else limits[1]
                )
                message = f"no answer within {limit}; {asked.lost}"
                raise DeviceError("timeout", "command", kind, message, value=_recorded(device, heard))
            losses += 1
            _check_again(asked, losses, was_alone=was_alone, heard=heard)
            call.until = None  # the collector must not end it meanwhile
            group = asked.group
            if login is not None and group is not None and lost_at is not None:
                began = time.monotonic()
                try:
                    login.again()
                except DeviceError:
                    self._leave(group)
                    raise
                lost_at += time.monotonic() - began  # this wait is not the device's either

    def close(self) -> None:
        """End all workers. What is open there is lost."""
        self._closed.set()
        workers = self._living()
        if any(isinstance(bastion, Hop) for bastion in self._places):
            _log_out(workers)
        for worker in workers:
            worker.process.kill()

    def _not_asked(self, error: NoProcess | None = None) -> DeviceError:
        if error is None or self._closed.is_set():
            return DeviceError("skipped", "connect", "interrupted", "the run was interrupted before its answer")
        return DeviceError("failed", "connect", "engine", str(error))

    def _of(self, device: Device) -> Worker:
        """Return the worker for a device: the same one for all devices behind one bastion, which share its login.

        A configuration file can name a bastion, and a proxy command can log in at one.
        """
        bastion = device.hops[0] if device.hops else device.proxy_login or device.ssh_config or None
        with self._lock:
            place = self._places.get(bastion) if bastion is not None else None
            if place is None:
                place = next(self._turn) % len(self._workers)
                if bastion is not None:
                    self._places[bastion] = place
        worker = self._workers[place]
        if worker is not None and worker.reason is None:
            return worker
        with self._starting[place]:
            worker = self._workers[place]
            if worker is None or worker.reason is not None:
                try:
                    worker = self._workers[place] = self._start()
                except NoProcess:
                    living = [each for each in self._workers if each is not None and each.reason is None]
                    if not living:
                        raise
                    return living[place % len(living)]
            return worker

    def _of_group(self, group: Group) -> Worker:
        with group.lock:
            if group.worker is None:
                group.worker = self._start()
            return group.worker

    def _leave(self, group: Group) -> None:
        """End the worker of a group when all its devices have their answer."""
        if group.leave() and group.worker is not None:
            group.worker.kill("all its devices have their answer")

    def _start(self) -> Worker:
        """:raises NoProcess: if no worker can be started."""
        worker = Worker(self._launcher.fork("session"), self._tell, self._lost)
        with self._lock:
            self._all.add(worker)
            self._start_watcher()
        if self._closed.is_set():
            worker.process.kill()
        return worker

    def _start_watcher(self) -> None:
        if self._watcher is None:
            watcher = threading.Thread(target=self._watch, name="rollcall-watcher", daemon=True)
            try:
                watcher.start()
            except RuntimeError as error:
                msg = f"the worker processes cannot be watched: {error}"
                raise NoProcess(msg) from error
            self._watcher = watcher

    def _lost(self, lost: list[Asked]) -> None:
        """Put the devices whose work began into the groups in which they are asked again."""
        if not self._closed.is_set():
            groups_of([asked for asked in lost if asked.began is not None and _may_repeat(asked)])

    def _living(self) -> list[Worker]:
        with self._lock:
            self._all = {worker for worker in self._all if worker.reason is None or worker.open}
            return list(self._all)

    def _watch(self) -> None:
        while not self._closed.wait(LOOK):
            for worker in self._living():
                worker.watch()


def _log_out(workers: list[Worker]) -> None:
    """Let the workers log out of their bastions."""
    for worker in workers:
        worker.finish()
    until = time.monotonic() + LOG_OUT
    while any(worker.reason is None for worker in workers) and time.monotonic() < until:
        time.sleep(0.005)


def _check_again(asked: Asked, losses: int, *, was_alone: bool, heard: list[str]) -> None:
    """:raises DeviceError: if a device must not be asked again."""
    if asked.group is not None and losses <= MOST_LOSSES:
        return
    if not _may_repeat(asked):
        message = f"{asked.lost}; the device is not asked again, because not all of its commands are read-only"
    else:
        alone = "; no other device was asked there" if was_alone else ""
        message = f"{asked.lost}{alone}; the device had been asked again {MOST_LOSSES} times"
    raise DeviceError("failed", "command", "engine", message, value=_recorded(asked.job.device, heard))


def _recorded(device: Device, heard: list[str]) -> Outputs | None:
    """Return the transcript, without outputs, of a device whose worker ended or gave it up; None if there is none."""
    return Outputs({}, {}, "".join(heard)) if heard and gives_outputs(device) else None


def _may_repeat(asked: Asked) -> bool:
    return not asked.is_sending or is_read_only(asked.job.device)


def _value_of(asked: Asked, done: Done, call: Call) -> Any:
    call.phase = done.phase
    if asked.login is not None:
        asked.login.is_accepted, asked.login.is_unanswered = done.is_accepted, done.is_unanswered
    for phase, seconds in done.seconds.items():
        call.seconds[phase] = call.seconds.get(phase, 0.0) + seconds
    call.defer(done.waited)
    value = done.value if done.error is None else done.error.value
    if gives_outputs(asked.job.device):
        call.sent += value.sent if isinstance(value, Outputs) else (None,)
    if done.error is not None:
        done.error.retry = done.error.retry and _may_repeat(asked)
        if done.error.value is None:
            done.error.value = _recorded(asked.job.device, asked.heard)
        raise done.error
    return done.value
