# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a lab in the foreground: in this process, or spread over several when one could not hold all the sockets."""

from __future__ import annotations

import asyncio
import errno
import multiprocessing
import os
import random
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from tests.lab.server import Settings, serve

# A listener and a session are a descriptor each; a usual limit is 20,000 for a process.
DEVICES_PER_PROCESS = 4_000
# Below the range that systems take ports of outgoing connections from.
FREE_PORTS = (20_000, 32_000)
PORT_TRIES = 50
START_SECONDS = 60.0
WATCH_SECONDS = 0.5


class PortTaken(Exception):
    """An address of the lab already has a listener on its port."""


def run(settings: Settings, *, ready: Callable[[Settings], None], with_parent: bool) -> None:
    """Serves until SIGTERM or SIGINT, or the parent's death if `with_parent`.

    With port 0 it finds a port that is free on all addresses and passes it to `ready`. Raises PortTaken.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for port in _candidates(settings.port):
        try:
            _run_on(replace(settings, port=port), ready, with_parent)
        except PortTaken:
            if settings.port:
                raise
        else:
            return
    msg = f"no free port found in {PORT_TRIES} tries between {FREE_PORTS[0]} and {FREE_PORTS[1]}"
    raise PortTaken(msg)


def _candidates(port: int) -> list[int]:
    return [port] if port else random.sample(range(*FREE_PORTS), PORT_TRIES)


def _run_on(settings: Settings, ready: Callable[[Settings], None], with_parent: bool) -> None:
    starts = range(1, settings.count + 1, DEVICES_PER_PROCESS)
    slices = [range(start, min(start + DEVICES_PER_PROCESS, settings.count + 1)) for start in starts]
    if len(slices) == 1:
        parent = os.getppid() if with_parent else None
        _serve(settings, slices[0], lambda: ready(settings), parent)
    else:
        _spread(settings, slices, ready, with_parent)


def _serve(settings: Settings, indexes: range, ready: Callable[[], None], parent: int | None) -> None:
    """Serves one slice in this process, until a signal or the end of `parent`."""

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        watch = None if parent is None else loop.create_task(_watch(parent, stop))
        try:
            await serve(settings, indexes, ready, stop)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(f"port {settings.port} is in use: {error.strerror}") from error
            raise
        finally:
            if watch is not None:
                watch.cancel()

    asyncio.run(main())


async def _watch(parent: int, stop: asyncio.Event) -> None:
    while os.getppid() == parent:
        await asyncio.sleep(WATCH_SECONDS)
    stop.set()


def _spread(settings: Settings, slices: list[range], ready: Callable[[Settings], None], with_parent: bool) -> None:
    """Serves each slice in a process of its own, which ends with this one."""
    context = multiprocessing.get_context("fork")
    grandparent = os.getppid()
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: stopped.append(number))
    workers: list[tuple[BaseProcess, Connection]] = []
    try:
        for indexes in slices:
            here, there = context.Pipe(duplex=False)
            worker = context.Process(target=_worker, args=(settings, indexes, there, os.getpid()), daemon=True)
            worker.start()
            there.close()
            workers.append((worker, here))
        for _process, pipe in workers:
            _await_ready(pipe)
        ready(settings)
        while not stopped and all(process.is_alive() for process, _pipe in workers):
            if with_parent and os.getppid() != grandparent:
                break
            time.sleep(WATCH_SECONDS)
    finally:
        for process, _pipe in workers:
            process.terminate()
        for process, _pipe in workers:
            process.join(5)


def _await_ready(pipe: Connection) -> None:
    if not pipe.poll(START_SECONDS):
        msg = f"a process of the lab did not start within {START_SECONDS:.0f} s"
        raise TimeoutError(msg)
    try:
        problem = pipe.recv()
    except EOFError:
        problem = "a process of the lab ended before it was ready"
        raise RuntimeError(problem) from None
    if problem:
        raise PortTaken(problem)


def _worker(settings: Settings, indexes: range, pipe: Connection, parent: int) -> None:
    try:
        _serve(settings, indexes, lambda: pipe.send(""), parent)
    except PortTaken as error:
        pipe.send(str(error))
