# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telnet servers of the tests: FRR's own, that of telnetlib3, and one that sends what a test says."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import telnetlib3

from tests.integration.frr import DAEMON_FOLDER, SOCKET_FOLDER
from tests.integration.openssh import free_port, missing_programs, scratch_folder, stop, wait_until

ADDRESS = "127.0.0.1"
BGPD = DAEMON_FOLDER / "bgpd"


@dataclass(frozen=True)
class Vty:
    """The command line that an FRR daemon offers over Telnet. It asks for a password and for no user."""

    port: int
    password: str
    enable_password: str
    hostname: str = "r9"

    @staticmethod
    def missing() -> str | None:
        """Return why it cannot run here, None if it can."""
        return missing_programs(()) or (None if os.access(BGPD, os.X_OK) else f"Not installed: {BGPD} of FRR.")


@contextlib.contextmanager
def frr_vty() -> Iterator[Vty]:
    """Run FRR's bgpd without a routing table and without BGP's port. Raises FixtureError."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        vty = Vty(free_port([ADDRESS]), secrets.token_hex(8), secrets.token_hex(8))
        name = f"rc{os.getpid()}-{secrets.token_hex(3)}"
        config, log = folder / "bgpd.conf", folder / "bgpd.log"
        config.write_text(
            f"hostname {vty.hostname}\npassword {vty.password}\nenable password {vty.enable_password}\n"
            "router bgp 65009\n bgp router-id 10.0.0.9\n"
            + "".join(f" neighbor 192.0.2.{i} remote-as 65001\n" for i in range(1, 60))
        )
        for path in (folder, config):
            shutil.chown(path, "frr", "frr")
        stack.callback(shutil.rmtree, SOCKET_FOLDER / name, ignore_errors=True)
        words: list[str | Path] = ["-N", name, "-n", "-Z", "-p", "0", "-f", config, "-A", ADDRESS, "-P", str(vty.port)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [BGPD, *words, "-i", folder / "bgpd.pid", "--log", "stdout"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        stack.callback(stop, process)
        wait_until(lambda: f"vty@{vty.port}" in log.read_text(), "bgpd listens", timeout=10, details=log.read_text)
        yield vty


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def raw_server(talk: Talk) -> AsyncIterator[int]:
    """Serve each connection with ``talk``, without Telnet. Yields the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, ADDRESS, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def library_shell(reader: Any, writer: Any) -> None:
    """A device with user and password, on the server of telnetlib3, which negotiates all that it can."""
    writer.write("\r\nlogin: ")
    user = await _line(reader, writer, echo=True)
    writer.write("Password: ")
    password = await _line(reader, writer, echo=False)
    if (user, password) != ("admin", "secret"):
        writer.write("\r\nLogin incorrect\r\n")
    else:
        while True:
            writer.write("\r\nrouter> ")
            line = await _line(reader, writer, echo=True)
            if line == "exit":
                break
            if line == "show terminal":
                size = f"{writer.get_extra_info('cols')}x{writer.get_extra_info('rows')}"
                writer.write(f"{writer.get_extra_info('TERM')} {size}")
    await writer.drain()
    writer.close()


async def _line(reader: Any, writer: Any, *, echo: bool) -> str:
    heard = ""
    while True:
        letter = await reader.read(1)
        if not letter or letter in "\r\n":
            if echo:
                writer.write("\r\n")
            return heard
        if letter != "\0":
            heard += letter
            if echo:
                writer.write(letter)


@contextlib.asynccontextmanager
async def library_server() -> AsyncIterator[int]:
    """The server of telnetlib3. Yields the port."""
    server = await telnetlib3.create_server(ADDRESS, 0, shell=library_shell, timeout=0)
    assert server.sockets
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@contextlib.contextmanager
def in_thread(server: Callable[[], contextlib.AbstractAsyncContextManager[int]]) -> Iterator[int]:
    """Run a server of this module beside the test, for clients that are other processes. Yields the port."""
    ready: list[int] = []
    started = threading.Event()
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()

    async def serve() -> None:
        async with server() as port:
            ready.append(port)
            started.set()
            await ended.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert started.wait(20), "the server did not start"
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(20)


def run(talk: Coroutine[Any, Any, Any], seconds: float = 60) -> Any:
    """Run a test's coroutine, at most so long."""

    async def bounded() -> Any:
        async with asyncio.timeout(seconds):
            return await talk

    return asyncio.run(bounded())


def inventory(path: Path, hosts: dict[str, dict[str, Any]]) -> Path:
    """Write an inventory of devices that are asked over Telnet."""
    variables = {"rollcall_transport": "telnet", "ansible_host": ADDRESS, "ansible_command_timeout": 8}
    path.write_text(json.dumps({"all": {"vars": variables, "hosts": hosts}}))
    return path
