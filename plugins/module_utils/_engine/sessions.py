# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hand devices to session workers, watch the workers, and ask elsewhere what was open in one that ended."""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .._call import Call
from .._device import Device, Hop
from .._result import DeviceError
from . import wire
from .launcher import Launcher, NoProcess, Process
from .messages import Began, Done, Job, Sending, Told

LOOK = 0.2  # seconds between looks at the workers
INTERRUPT = 1.0  # seconds of its own CPU time that a silent worker has used
KILL = 2.0
SILENT = 10.0  # seconds of wall time, for one that does not use the CPU either
MEMORY = 512 * 2**20
MEMORY_PER_DEVICE = 128 * 2**10
ALONE = 50  # processes in which the devices of a worker that ended are asked again
MOST_LOSSES = 2  # how often one name is asked again


@dataclass(slots=True)
class _Asked:
    """One job, seen from the thread that waits for it."""

    job: Job
    call: Call
    done: threading.Lock = field(default_factory=threading.Lock)
    result: Done | None = None
    lost: str | None = None  # how its worker ended
    group: _Group | None = None
    began: float | None = None
    is_sending: bool = False


@dataclass(slots=True)
class _Group:
    """Devices of a worker that ended, which are asked again in a worker of their own."""

    size: int
    worker: Worker | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Worker:
    """A session worker, and the jobs that are open there."""

    def __init__(self, process: Process, tell: Callable[[Worker, Any], None]) -> None:
        self.process = process
        self.open: dict[int, _Asked] = {}
        self.ended: str | None = None
        self.heard_at = time.monotonic()
        self.cpu_then = process.cpu_seconds() or 0.0
        self.interrupted = False
        self.reason: str | None = None  # why it was killed
        self._tell = tell
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        threading.Thread(target=self._read, name="rollcall-worker", daemon=True).start()

    def ask(self, asked: _Asked) -> None:
        """Hand it a job."""
        with self._lock:
            if self.ended is None:
                self.open[asked.job.number] = asked
            else:
                asked.lost = self.ended
        if asked.lost is not None:
            asked.done.release()
            return
        self.say("ask", asked.job)

    def say(self, what: str, argument: Any) -> None:
        data = wire.packed((what, argument))
        with contextlib.suppress(OSError), self._sending:  # if it has ended, the reader notices
            self.process.line.sendall(data)

    def watch(self) -> None:
        """Interrupt or kill it if it is stuck, or uses too much memory."""
        now = time.monotonic()
        silent = now - self.heard_at
        memory = self.process.memory()
        limit = MEMORY + MEMORY_PER_DEVICE * len(self.open)
        if memory > limit:
            self.kill(f"it used {memory // 2**20} MiB of memory, more than {limit // 2**20}")
            return
        if silent < LOOK * 2:
            return
        used = (self.process.cpu_seconds() or self.cpu_then) - self.cpu_then
        if used >= KILL:
            self.kill(f"it did not respond, and used {used:.1f} s of CPU time")
        elif silent >= SILENT and not self.process.is_waiting_for_cpu():
            self.kill(f"it did not respond for {silent:.0f} s")
        elif used >= INTERRUPT and not self.interrupted:
            self.interrupted = True
            self.process.interrupt()

    def kill(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.process.kill()

    def _read(self) -> None:
        data = bytearray()
        try:
            while chunk := self.process.line.recv(1 << 20):
                data += chunk
                for messages in wire.unpacked(data):
                    self._heard()
                    for message in messages:
                        self._take(message)
        except OSError:
            pass
        finally:
            self._end()

    def _heard(self) -> None:
        self.heard_at = time.monotonic()
        self.cpu_then = self.process.cpu_seconds() or 0.0
        self.interrupted = False

    def _take(self, message: Any) -> None:
        if isinstance(message, Done):
            asked = self.open.pop(message.number, None)
            if asked is not None:
                asked.result = message
                asked.done.release()
        elif isinstance(message, Began):
            for number, began in message.jobs:
                if number in self.open:
                    self.open[number].began = began
        elif isinstance(message, Sending):
            if message.number in self.open:
                self.open[message.number].is_sending = True
        elif isinstance(message, Told):
            self._tell(self, message.message)

    def _end(self) -> None:
        how = self.process.how_ended()
        with self._lock:
            self.ended = f"its worker process {how}" if self.reason is None else self.reason
            lost, self.open = list(self.open.values()), {}
        begun = [asked for asked in lost if asked.began is not None]
        groups: dict[Any, _Group] = {}
        size = math.ceil(len(begun) / ALONE)
        for place, asked in enumerate(begun):
            # Devices behind one bastion stay together, because each group logs in there again.
            key = asked.job.device.hops or asked.job.device.ssh_config or place // size
            group = groups.setdefault(key, _Group(0))
            group.size += 1
            asked.group = group
        for asked in lost:
            asked.lost = self.ended
            asked.done.release()
        with contextlib.suppress(OSError):
            self.process.line.close()


class Sessions:
    """The session workers of a run."""

    def __init__(self, launcher: Launcher, count: int, tell: Callable[[Worker, Any], None]) -> None:
        self._launcher = launcher
        self._tell = tell
        self._lock = threading.Lock()
        self._workers: list[Worker | None] = [None] * count
        self._extra: set[Worker] = set()
        self._numbers = itertools.count()
        self._turn = itertools.count()
        self._places: dict[Hop | str, int] = {}  # of bastions
        self._closed = threading.Event()
        self._watcher: threading.Thread | None = None

    def ask(self, device: Device, call: Call, seconds: float | None, limits: Any) -> Any:
        """Return the device's answer.

        :param seconds: for the device, in this and all earlier attempts.
        :raises DeviceError: if it has no complete answer.
        """
        call.pause()  # the worker measures the phases
        losses = 0
        group: _Group | None = None
        while True:
            left = seconds if call.began is None or seconds is None else call.began + seconds - time.monotonic()
            job = Job(next(self._numbers), device, call.deadline, left, limits)
            asked = _Asked(job, call)
            asked.done.acquire()
            try:
                worker = self._of_group(group) if group is not None else self._of(device)
            except NoProcess as error:
                raise DeviceError("failed", "connect", "engine", str(error)) from error
            call.on_cut(functools.partial(_cut, worker, job.number))
            worker.ask(asked)
            asked.done.acquire()
            call.on_cut(None)
            if group is not None:
                self._leave(group)
            if call.began is None and asked.began is not None:
                call.began = asked.began
            if asked.result is not None:
                return _value_of(asked.result, call)
            if self._closed.is_set():
                raise DeviceError("skipped", "connect", "interrupted", "the run was interrupted before its answer")
            if asked.began is None and losses <= 10 * MOST_LOSSES:
                losses += 1  # it waited in the worker, and nothing was done for it
                group = None
                continue
            losses += 1
            group = self._again(asked, group, losses)

    def close(self) -> None:
        """End all workers. What is open there is lost."""
        self._closed.set()
        with self._lock:
            workers = [worker for worker in (*self._workers, *self._extra) if worker is not None]
        for worker in workers:
            worker.process.kill()

    def _again(self, asked: _Asked, group: _Group | None, losses: int) -> _Group | None:
        """Return the group in which a device is asked again.

        :raises DeviceError: if it must not be asked again.
        """
        phase = asked.call.phase
        if losses > MOST_LOSSES:
            alone = "; no other device was asked there" if group is not None and group.size == 1 else ""
            message = f"{asked.lost}{alone}; the device had been asked again {MOST_LOSSES} times"
        elif asked.is_sending:
            message = f"{asked.lost}; the device is not asked again, because its commands are not known to be read-only"
        else:
            return asked.group
        raise DeviceError("failed", phase, "engine", message)

    def _of(self, device: Device) -> Worker:
        """Return the worker for a device: the same one for all devices behind one bastion, which share its login."""
        bastion = device.hops[0] if device.hops else device.bastion
        with self._lock:
            place = self._places.get(bastion) if bastion is not None else None
            if place is None:
                place = next(self._turn) % len(self._workers)
                if bastion is not None:
                    self._places[bastion] = place
            worker = self._workers[place]
            if worker is None or worker.ended is not None or worker.reason is not None:
                worker = self._workers[place] = self._start()
            return worker

    def _of_group(self, group: _Group) -> Worker:
        with group.lock:
            if group.worker is None:
                with self._lock:
                    group.worker = self._start()
                    self._extra.add(group.worker)
            return group.worker

    def _leave(self, group: _Group) -> None:
        """End the worker of a group when all its devices have their answer."""
        with group.lock:
            group.size -= 1
            is_last = group.size == 0 and group.worker is not None
        if is_last and group.worker is not None:
            group.worker.process.kill()
            with self._lock:
                self._extra.discard(group.worker)

    def _start(self) -> Worker:
        """:raises NoProcess: if no worker can be started."""
        if self._closed.is_set():
            msg = "the run has ended"
            raise NoProcess(msg)
        worker = Worker(self._launcher.fork("session"), self._tell)
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="rollcall-watcher", daemon=True)
            self._watcher.start()
        return worker

    def _watch(self) -> None:
        while not self._closed.wait(LOOK):
            with self._lock:
                workers = [worker for worker in (*self._workers, *self._extra) if worker is not None]
            for worker in workers:
                if worker.ended is None:
                    worker.watch()


def _cut(worker: Worker, number: int) -> None:
    asked = worker.open.pop(number, None)
    if asked is not None:
        asked.lost = "the run gave it up"
        asked.done.release()
        worker.say("cancel", number)


def _value_of(done: Done, call: Call) -> Any:
    call.phase = done.phase
    for phase, seconds in done.seconds.items():
        call.seconds[phase] = call.seconds.get(phase, 0.0) + seconds
    if done.error is not None:
        raise done.error
    return done.value
