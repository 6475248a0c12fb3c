# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine of one run: asks devices, parses and compares texts, in other processes."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._call import Call
from .._device import Device
from .._drivers.registry import Modules, blocks, driver_of
from .._result import DeviceError
from . import text
from .asked import late
from .asked_here import ask_here
from .cores import usable_cores
from .errors import NotDone
from .launcher import MODULES, Launcher, NoProcess
from .pool import Ended, Lost, Pool, TooLate
from .sessions import Sessions
from .worker import Worker

if TYPE_CHECKING:
    from .admission import Entry

FUNCTION_MEMORY = 512 * 2**20
MOST_FUNCTIONS = 500
PER_FUNCTION = 16 * 2**20  # bytes of memory that must be available for each further function
TEXT_SECONDS, TEXT_SECONDS_PER_MIB = 2.0, 15.0  # CPU time to work on one text


class Engine:
    """Use it for one run, and ``close`` it in any case. Its processes are started when they are needed."""

    def __init__(self, modules: Modules | None = None, on_told: Callable[[Any], Any] | None = None) -> None:
        """
        :param modules: of users, imported once for all calls.
        :param on_told: gets what the workers tell, such as warnings. Its value is the answer to a question.
        """
        cores = usable_cores()
        modules = modules or Modules()
        self._launcher = Launcher([*MODULES["session"], *modules.others])
        self._functions = Launcher([*MODULES["function"], *modules.blocking])
        self._on_told = on_told
        self._sessions = Sessions(self._launcher, cores, self._told)
        self._text = Pool(self._launcher, "text", cores, text.MEMORY)
        self._calls = Pool(self._functions, "function", _most_functions(), FUNCTION_MEMORY)

    def start(self) -> None:
        """Start what imports the libraries for sessions, so that it is ready when it is needed."""
        with contextlib.suppress(NoProcess):  # said by each device
            self._launcher.start()

    def ask(
        self,
        device: Device,
        call: Call,
        seconds: float | None,
        limits: Any,
        login: Entry | None = None,
    ) -> Any:
        """Return the device's answer, without secrets.

        :param seconds: for this device, from the moment when its work begins.
        :param limits: the kind of error at the deadline of the run and of the device, each with the option in words.
        :param login: is told what is known about the login before the answer.
        :raises DeviceError: if it has no complete answer.
        """
        if not blocks(driver_of(device.driver)):
            return self._sessions.ask(device, call, seconds, limits, login)
        return self._call_function(device, call, seconds, limits)

    def work(self, function: Callable[..., Any], *arguments: Any, size: int, deadline: float | None = None) -> Any:
        """Call a function on texts of a device. It is called again, once, if something else ended its process.

        :param size: of the texts, in characters.
        :raises NotDone: if it needs too much time or memory, or crashes.
        """
        seconds = TEXT_SECONDS + TEXT_SECONDS_PER_MIB * size / 2**20

        def call() -> Any:
            with self._text.place(deadline) as place:
                return place.call(function, *arguments, deadline=deadline, cpu_seconds=seconds)

        try:
            try:
                return call()
            except Ended:
                return call()
        except (Lost, NoProcess) as error:
            raise NotDone(str(error)) from error
        except MemoryError as error:
            msg = f"it used more than {text.MEMORY // 2**20} MiB of memory"
            raise NotDone(msg) from error

    def stop_asking(self) -> None:
        """End all sessions and functions at once. Texts can still be worked on."""
        self._sessions.close()
        self._calls.close()

    def close(self) -> None:
        """End all processes, at once."""
        self.stop_asking()
        self._text.close()
        self._launcher.close()
        self._functions.close()

    def _call_function(self, device: Device, call: Call, seconds: float | None, limits: Any) -> Any:
        deadline, limit = call.deadline, limits[0]
        try:
            with self._calls.place(deadline) as place:
                call.enter("command")
                began = call.begin(time.monotonic())
                call.until = None if seconds is None else began + seconds
                if call.until is not None and (deadline is None or call.until < deadline):
                    deadline, limit = call.until, limits[1]
                call.on_cut(place.kill)
                try:
                    return place.call(ask_here, device, deadline, limit, deadline=deadline)
                finally:
                    call.on_cut(None)
        except TooLate:
            raise late(call.phase, limit) from None
        except (Lost, NoProcess) as error:
            message = f"{device.function or device.driver} has no result: {error}"
            raise DeviceError("failed", call.phase, "engine", message) from None

    def _told(self, worker: Worker, message: Any) -> None:
        if isinstance(message, tuple) and message[0] == "question":
            _what, number, question = message
            # A person may take a minute to answer, and other messages of the worker must be read meanwhile.
            threading.Thread(target=self._answer, args=(worker, number, question), daemon=True).start()
        elif self._on_told is not None:
            self._on_told(message)

    def _answer(self, worker: Worker, number: int, question: str) -> None:
        answer = None
        try:
            answer = self._on_told(("question", question)) if self._on_told is not None else None
        finally:
            worker.answer(number, answer)


def _most_functions() -> int:
    """Return how many functions can be called at a time, by the memory that is available."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            available = next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable"))
    except (OSError, ValueError, StopIteration):
        return MOST_FUNCTIONS
    return max(8, min(MOST_FUNCTIONS, available // PER_FUNCTION))
