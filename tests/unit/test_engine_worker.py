# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session worker, seen from the parent: this test is the process at the other end of the line."""

from __future__ import annotations

import contextlib
import functools
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Device, Hop
from ansible_collections.rollcall.network.plugins.module_utils._engine import wire
from ansible_collections.rollcall.network.plugins.module_utils._engine.launcher import Process
from ansible_collections.rollcall.network.plugins.module_utils._engine.messages import Began, Done, Job, Sending
from ansible_collections.rollcall.network.plugins.module_utils._engine.quarantine import groups_of
from ansible_collections.rollcall.network.plugins.module_utils._engine.worker import Asked, Worker, _Silence

SOON = 30.0
LIMITS = (("deadline", "the deadline"), ("device_timeout", "device_timeout"))


class _Process:
    """The state of a process that does not exist. It implements what ``Worker`` uses of ``Process``."""

    def __init__(self) -> None:
        self.line, self.theirs = socket.socketpair()
        self.killed = threading.Event()
        self.bytes, self.cpu, self.in_state = 0, 0.0, "S"

    def kill(self) -> None:
        self.killed.set()
        with contextlib.suppress(OSError):
            self.theirs.shutdown(socket.SHUT_RDWR)

    def how_ended(self) -> str:
        return "was ended by signal SIGKILL"

    def cpu_seconds(self) -> float:
        return self.cpu

    def state(self) -> str:
        return self.in_state

    def memory(self) -> int:
        return self.bytes


class _Site:
    def __init__(self) -> None:
        self.process = _Process()
        self.lost: list[Asked] = []
        self.worker = Worker(cast("Process", self.process), lambda *_told: None, self.lost.extend)
        self.sent = bytearray()

    def asked(self, number: int, **variables: Any) -> Asked:
        return Asked(Job(number, Device(name=f"d{number}", variables=variables), None, None, LIMITS))

    def ask(self, number: int, **variables: Any) -> Asked:
        asked = self.asked(number, **variables)
        self.worker.ask(asked)
        return asked

    def say(self, *messages: Any) -> None:
        self.process.theirs.sendall(b"".join(map(wire.packed, messages)))

    def next(self) -> Any:
        return wire.receive(self.process.theirs)


@pytest.fixture
def site() -> Iterator[_Site]:
    site = _Site()
    yield site
    site.process.kill()
    site.process.theirs.close()


def is_released(asked: Asked) -> bool:
    return asked.done.acquire(timeout=SOON)


def in_thread(function: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread


def test_result(site: _Site) -> None:
    asked = site.ask(1)
    assert site.next() == ("ask", asked.job)
    done = Done(1, "value", None, "command", {})
    site.say(None, Began(((1, 5.0), (99, 6.0))), Sending(1), Sending(99), done, Done(99, "", None, "command", {}))
    assert is_released(asked)
    assert (asked.result, asked.began, asked.is_sending, asked.lost) == (done, 5.0, True, None)


def test_loss(site: _Site) -> None:
    first, second = site.ask(1), site.ask(2)
    site.say(Began(((1, 5.0),)))
    site.process.kill()
    assert is_released(first)
    assert is_released(second)
    assert first.lost == second.lost == "its worker process was ended by signal SIGKILL"
    assert sorted(asked.job.number for asked in site.lost) == [1, 2]
    late = site.ask(3)
    assert is_released(late)
    assert late.lost
    assert late.began is None


@pytest.mark.parametrize("method", ["how_ended", "kill"])
def test_jobs_are_released_although_there_is_no_memory(
    method: str, site: _Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise MemoryError

    asked = site.ask(1)
    monkeypatch.setattr(site.process, method, fail)
    site.process.theirs.shutdown(socket.SHUT_RDWR)
    assert is_released(asked)
    assert asked.lost


def test_the_thread_of_a_worker_ends_without_an_exception_although_there_is_no_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The thread would not be removed from the list of threads: the line that says so needs memory, too."""
    raised: list[Any] = []
    before = set(threading.enumerate())
    site = _Site()
    (reader,) = set(threading.enumerate()) - before
    with monkeypatch.context() as patched:
        patched.setattr(threading, "excepthook", raised.append)
        patched.setattr(site.process, "kill", _no_memory)
        patched.setattr(site.worker, "_on_lost", _no_memory)
        patched.setattr(site.worker, "_take", _no_memory)
        asked = site.ask(1)
        site.say(Began(((1, 0.0),)))
        assert is_released(asked)
        reader.join(SOON)
        assert not reader.is_alive()
    assert raised == []
    assert site.process.line.fileno() == -1


def _no_memory(*_given: Any) -> None:
    raise MemoryError


def test_a_message_that_cannot_be_read_ends_the_worker(site: _Site) -> None:
    asked = site.ask(1)
    site.process.theirs.sendall((5).to_bytes(8, "big") + b"wrong")
    assert is_released(asked)
    assert site.process.killed.is_set()
    assert "cannot be read" in (asked.lost or "")


def test_cancel_does_not_wait_for_a_worker_that_does_not_read(site: _Site) -> None:
    """Otherwise a stopped worker would hold up the deadlines of all devices."""
    first = site.asked(1, much="x" * 2_000_000)
    waiting = in_thread(lambda: site.worker.ask(first))
    site.process.theirs.recv(1, socket.MSG_PEEK)  # it is being sent
    cancelling = in_thread(lambda: site.worker.cancel(1))
    cancelling.join(SOON)
    assert not cancelling.is_alive()
    assert waiting.is_alive()
    assert is_released(first)
    assert site.next()[0] == "ask"
    waiting.join(SOON)
    site.worker.watch()
    assert site.next() == ("cancel", [1])


def _cancel_all(site: _Site) -> None:
    for number in range(50):
        site.worker.cancel(number)


def test_jobs_cancelled_while_the_worker_ends_are_released_once(monkeypatch: pytest.MonkeyPatch) -> None:
    broken: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", broken.append)
    for _round in range(100):
        site = _Site()
        jobs = [site.ask(number) for number in range(50)]
        cancelling = in_thread(functools.partial(_cancel_all, site))
        site.process.kill()
        cancelling.join(SOON)
        assert all(map(is_released, jobs))
        site.process.theirs.close()
    assert not broken


def test_memory(site: _Site) -> None:
    asked = site.ask(1)
    site.process.bytes = 500 * 2**20
    site.worker.watch()
    assert not site.process.killed.is_set()
    site.process.bytes = 600 * 2**20
    site.worker.watch()
    assert is_released(asked)
    assert asked.lost == "its worker process used 600 MiB of memory, more than 512"


@pytest.mark.parametrize(
    ("seconds", "busy", "cpu", "idle"),
    [
        pytest.param(1.0, False, 0.0, 20.0, id="it does nothing"),
        pytest.param(1.0, True, 0.0, 0.0, id="it waits for a core, or this process is late"),
        pytest.param(1.0, False, 0.5, 0.0, id="it works"),
        pytest.param(1.0, False, 0.1, 20.0, id="it sleeps most of the time"),
        pytest.param(60.0, False, 0.0, 20.0, id="this process looks seldom"),
    ],
)
def test_silence(seconds: float, busy: bool, cpu: float, idle: float) -> None:
    """Twenty looks at a silent worker, and one before them."""
    silence = _Silence()
    for look in range(21):
        result = silence.look(is_busy=busy, cpu=cpu * look, now=seconds * look)
    assert result == idle


HOP = Hop(name="bastion", host="192.0.2.1")
CODES = Hop(name="codes", host="192.0.2.2", otp_command="code")


@pytest.mark.parametrize(
    ("hops", "count", "sizes"),
    [
        pytest.param((), 1, [1], id="one"),
        pytest.param((), 50, [1] * 50, id="alone"),
        pytest.param((), 120, [3] * 40, id="as many processes as allowed"),
        pytest.param((), 5000, [100] * 50, id="thousands"),
        pytest.param((HOP,), 21, [3] * 7, id="behind a bastion: few logins there"),
        pytest.param((HOP, CODES), 21, [21], id="behind one with one-time codes: one login"),
    ],
)
def test_groups(hops: tuple[Hop, ...], count: int, sizes: list[int]) -> None:
    lost = [Asked(Job(number, Device(name="", hops=hops), None, None, LIMITS)) for number in range(count)]
    groups_of(lost)
    groups = {asked.group for asked in lost if asked.group is not None}
    assert sorted(group.size for group in groups) == sizes
    for group in groups:
        assert [group.leave() for _member in range(group.size)] == [False] * (group.size - 1) + [True]


def test_groups_of_different_bastions_are_different() -> None:
    lost = [
        Asked(Job(number, Device(name="", hops=hops), None, None, LIMITS))
        for number, hops in enumerate([(), (HOP,), (CODES,)])
    ]
    groups_of(lost)
    assert len({id(asked.group) for asked in lost}) == 3
