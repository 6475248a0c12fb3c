# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SSH server in a thread of the test, for what no well-behaved server does: each test says how it behaves."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any

import asyncssh

LINE_ENDS = b"\r\n"


class Line:
    """The bytes of one session, both ways."""

    def __init__(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        self._process = process
        self._left = b""
        self.user = str(process.get_extra_info("username"))

    def say(self, text: str) -> None:
        self._process.stdout.write(text.replace("\n", "\r\n").encode("utf-8", "surrogateescape"))

    async def hear(self, *, echo: bool = True) -> str:
        """One line that the client sent. Raises EOFError when it is gone."""
        heard = b""
        while True:
            if not self._left:
                self._left = await self._process.stdin.read(4096)
            if not self._left:
                raise EOFError
            byte, self._left = self._left[:1], self._left[1:]
            if byte in LINE_ENDS:
                if echo:
                    self.say("\n")
                return heard.decode("utf-8", "surrogateescape")
            heard += byte
            if echo:
                self._process.stdout.write(byte)

    async def pause(self) -> None:
        """Let what was said arrive before the session ends."""
        await self._process.stdout.drain()

    async def stall(self) -> None:
        """Say nothing more until the client is gone."""
        while True:
            await self.hear(echo=False)


Session = Callable[[Line], Awaitable[None]]
Login = Callable[[str, str], Awaitable[bool]]


async def anybody(user: str, password: str) -> bool:
    return True


class OddServer:
    """The server as a context. ``logins`` are the passwords that it was sent, ``connections`` how many it had."""

    def __init__(
        self,
        session: Session | None = None,
        *,
        login: Login = anybody,
        keyboard: bool = False,
        questions: Sequence[str] = ("Password: ",),
        forwards: bool = False,
        asks: bool = True,
        accepts_key: bool | None = None,
    ) -> None:
        """Say how it behaves.

        :param session: the command line; it ends the session by returning.
        :param login: whether a password is right; it may never return.
        :param keyboard: offer keyboard-interactive instead of password.
        :param questions: what it asks then. The password is the answers with blanks between them.
        :param forwards: be a bastion.
        :param asks: ask for a password; if not, everybody is logged in.
        :param accepts_key: whether any key is right. Without it, it asks for none.
        """
        self._session, self._login, self._keyboard, self._forwards = session, login, keyboard, forwards
        self.questions = questions
        self.asks = asks
        self.accepts_key = accepts_key
        self.waiting: list[asyncssh.SSHServerConnection] = []  # those that have sent no password
        self.logins: list[str] = []
        self.connections = 0
        self.address = "127.0.0.1"
        self.port = 0

    def __enter__(self) -> OddServer:
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(20), "the server did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(20)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve(ready))
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, ready: threading.Event) -> None:
        self._ended = asyncio.Event()
        settings: dict[str, Any] = {"process_factory": self._talk, "encoding": None, "line_editor": False}
        server = await asyncssh.listen(
            self.address,
            0,
            server_factory=lambda: _Rules(self),
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            login_timeout=0,
            **settings,
        )
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._ended.wait()
        server.close()

    async def _talk(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        with contextlib.suppress(EOFError, OSError, asyncssh.Error):
            if self._session is not None:
                await self._session(Line(process))
        process.exit(0)

    async def check(self, user: str, password: str) -> bool:
        self.logins.append(password)
        return await self._login(user, password)


class _Rules(asyncssh.SSHServer):
    def __init__(self, server: OddServer) -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._server.connections += 1
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        self._server.waiting.append(self._connection)
        return self._server.asks

    def public_key_auth_supported(self) -> bool:
        return self._server.accepts_key is not None

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return self._server.accepts_key is True

    def password_auth_supported(self) -> bool:
        return not self._server._keyboard

    async def validate_password(self, username: str, password: str) -> bool:
        self._server.waiting.remove(self._connection)
        return await self._server.check(username, password)

    def kbdint_auth_supported(self) -> bool:
        return self._server._keyboard

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        return "", "", "", [(question, False) for question in self._server.questions]

    async def validate_kbdint_response(self, username: str, responses: Any) -> bool:
        return await self._server.check(username, " ".join(responses))

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        return self._server._forwards
