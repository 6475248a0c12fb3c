# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least that a login with libssh2 costs: a loop in threads, no checks, no deadlines, right devices only."""

from __future__ import annotations

import json
import queue
import select
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from ssh2.error_codes import LIBSSH2_ERROR_EAGAIN as EAGAIN
from ssh2.session import LIBSSH2_SESSION_BLOCK_OUTBOUND, Session

from ansible_collections.rollcall.network.plugins.module_utils._platforms import load_platform, platform_name
from tests.bench.cost import allow_files, measured, report
from tests.bench.targets import CHOICES, Target
from tests.lab.platforms import PLATFORMS
from tests.lab.topology import ENABLE_SECRET, PASSWORD, USER

spec: dict[str, Any] = json.load(sys.stdin)


def exchanges(target: Target) -> list[tuple[str, str]]:
    """The lines that the cli driver sends to this device too, each with the end of its answer."""
    lines = [(step.text, target.prompt) for step in load_platform(platform_name(target.network_os)).on_open]
    if lines[0][0] in ("privileged_exec", "exec"):
        del lines[0]
        if target.device.exec_login:
            lines = [("enable", "Password:"), (ENABLE_SECRET, target.prompt), *lines]
    return [*lines, (target.command, target.prompt)]


def ask(target: Target, lines: list[tuple[str, str]]) -> str:
    sock = socket.create_connection((target.device.address, spec["port"]), 60)
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    waiting = select.poll()
    waiting.register(sock, select.POLLIN)
    session = Session()
    session.set_blocking(False)

    def wait() -> None:
        outbound = session.block_directions() & LIBSSH2_SESSION_BLOCK_OUTBOUND
        waiting.modify(sock, select.POLLIN | (select.POLLOUT if outbound else 0))
        waiting.poll(60_000)

    def loop(method: Callable[..., Any], *arguments: Any) -> Any:
        while (answer := method(*arguments)) == EAGAIN:
            wait()
        return answer

    def until(end: bytes) -> bytes:
        data = b""
        while not data.rstrip().endswith(end):
            size, chunk = channel.read(65536)
            if size == EAGAIN:
                wait()
            data += chunk
        return data

    loop(session.handshake, sock)
    if PLATFORMS[target.device.platform].keyboard_interactive_only:
        loop(session.userauth_keyboardinteractive, USER, PASSWORD)
    else:
        loop(session.userauth_password, USER, PASSWORD)
    channel = loop(session.open_session)
    loop(channel.pty, "vt100")
    loop(channel.shell)
    data = until(b">" if target.device.exec_login else target.prompt.encode())
    for line, end in lines:
        loop(lambda line=line: channel.write(line + "\n")[0])
        data = until(end.encode())
    loop(lambda: channel.write("exit\n")[0])
    sock.shutdown(socket.SHUT_RDWR)
    channel = session = None  # freed before the socket is closed, and after it was shut down
    sock.close()
    return data.decode()


targets: queue.SimpleQueue[tuple[Target, list[tuple[str, str]]]] = queue.SimpleQueue()
for one in CHOICES[spec["choice"]](spec["devices"], spec["names"]):
    targets.put((one, exchanges(one)))
answers: dict[str, str] = {}


def work() -> None:
    while True:
        try:
            target, lines = targets.get_nowait()
        except queue.Empty:
            return
        try:
            answers[target.name] = ask(target, lines)
        except Exception as error:
            print(target.name, type(error).__name__, error, file=sys.stderr)


allow_files(spec["workers"])
with measured() as cost:
    threads = [threading.Thread(target=work) for _each in range(min(spec["workers"], spec["names"]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
report(sum("light version" in text for text in answers.values()), cost)
