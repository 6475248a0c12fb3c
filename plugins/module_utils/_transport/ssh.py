# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SSH with asyncssh: connect, verify the host key, log in, open a shell."""

from __future__ import annotations

import asyncio
import copy
import importlib.util
import math
import os
import re
import time
import weakref
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, NoReturn, Protocol, TypeVar

from .._device import Device, Hop
from .._model.secrets import Secrets, secrets_of
from .._result import DeviceError, Phase, Secret
from . import host_keys
from ._asyncssh import asyncssh
from .inbox import Inbox
from .keys import agent_keys, default_keys, key_of_text, keys_of_files, public_keys_of_files
from .options import Options, options_of
from .questions import Answers
from .stream import Connector

_Base: Any = object if asyncssh is None else asyncssh.SSHClientConnection
_Client: Any = object if asyncssh is None else asyncssh.SSHClient
_SessionBase: Any = object if asyncssh is None else asyncssh.SSHClientSession

LONGEST_SAID = 2000  # characters kept of what a server says before or during the login
PERSON = 120.0  # seconds for a person to answer a question
PIECE = 16 * 1024  # bytes given to the protocol at a time: its work on many small packets grows with the square of this
_HAS_GSSAPI = importlib.util.find_spec("gssapi") is not None
_SOON = 0.1  # seconds to handle what came before the end of a connection
_MSG_IGNORE, _EMPTY = 2, b"\0\0\0\0"
_MSG_CHANNEL_OPEN_FAILURE = 92
_ASK = (b"keyboard-interactive", b"password")  # methods with texts of the device
# A device is given up when its messages took this much CPU time, apart from what texts of their length take.
MOST_CPU, CPU_PER_BYTE = 3.0, 1 / (16 * 2**20)
FLOOD = "it sends messages without content, without end"
_WITH_PASSWORD = frozenset({"password", "keyboard-interactive"})
# Telnet begins with commands, whose first byte no text of SSH can have.
_IAC = b"\xff"
_NEGOTIATION = re.compile(rb"\xff(?:\xfa.*?\xff\xf0|[\xfb-\xfe].|[^\xfa-\xfe])", re.DOTALL)
_NO_COMMON = re.compile(r"No matching (.+) algorithm found, sent .* and received (.*)", re.DOTALL)
LONGEST_OFFER = 300  # characters of the algorithms of a device in a message
TERMINAL, SIZE = "vt100", (511, 1000)  # wide and high, so that lines are not divided and answers are not paged


class Context(Protocol):
    """What a login tells and asks on its way."""

    deadline: float | None
    limit: tuple[str, str]
    phase: Phase

    def enter(self, phase: Phase) -> None: ...
    def tell(self, message: Any) -> None: ...

    async def may_send_secret(self, secret: Secret = "login") -> None:
        """Wait until the secret may be sent.

        :raises DeviceError: if it may not.
        """

    def logged_in(self) -> None:
        """The server has accepted the secret."""


Login = TypeVar("Login", bound=Device | Hop)


class Connection:
    """A login at one server."""

    def __init__(self, client: _LoginClient, connection: Any) -> None:
        self._client = client
        self.ssh = connection

    @property
    def facts(self) -> dict[str, str]:
        """The negotiated algorithms, the server's version and its banner."""
        names = {
            "server_version": "server_version",
            "kex": "kex_alg",
            "cipher": "recv_cipher",
            "mac": "recv_mac",
        }
        facts = {"transport": "ssh"}
        for name, info in names.items():
            value = self.ssh.get_extra_info(info)
            if value:
                facts[name] = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
        key = self.ssh.get_server_host_key()
        if key is not None:
            facts["host_key"] = f"{key.get_algorithm()} {key.get_fingerprint()}"
        if self._client.banner:
            facts["banner"] = self._client.banner
        return facts

    @property
    def end_reason(self) -> str:
        """Why the connection ended, in the words of the server or the library; empty if it is not known."""
        return self._client.end_reason

    @property
    def said_at_end(self) -> str:
        """What the server said when it ended the connection; empty if it said nothing."""
        return self._client.end_reason if self._client.was_disconnected else ""

    @property
    def fault(self) -> str:
        """What was wrong with the messages of the server, if the connection was ended for it."""
        return self._client.fault

    def quoted(self, text: str) -> str:
        """Return a text of the server for a message, without the secrets of the login."""
        return self._client.quoted(text)

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call this when the connection has ended."""
        self._client.on_end = callback

    def close(self) -> None:
        self.ssh.close()

    def give_up(self, reason: str) -> None:
        """End it without waiting for the server."""
        self._client.end_reason = reason
        self.ssh.abort()


async def log_in(
    login: Device | Hop, context: Context, connect: Connector, *, code: Callable[[str], Awaitable[str | None]]
) -> Connection:
    """Connect, exchange keys, verify the host key and log in.

    :param connect: opens the connection for the SSH protocol.
    :param code: returns a one-time code for a question.
    :raises DeviceError: for everything that can fail on the way.
    """
    _check_library()
    login, options = settled(login)
    if not options.user:
        raise DeviceError("auth_failed", "auth", "no_user", "no user name; set ansible_user")
    keys = host_keys.known(login)
    while True:
        client = _LoginClient(login, options, keys, context, code)
        try:
            connection = await _logged_in(client, connect)
            if client.has_sent_secret:
                context.logged_in()
            return connection
        except asyncssh.HostKeyNotVerifiable as error:
            if keys.again(error):
                continue
            raise keys.refusal() from error
        finally:
            client.close_agent()
            learned = keys.learned() if client.has_exchanged_keys else None
            if learned is not None:
                context.tell(learned)


async def host_key(login: Device | Hop, context: Context, connect: Connector, key_types: Sequence[str]) -> bytes:
    """Connect, and return the host key that the server presents, in the wire format, without a login.

    :param key_types: the types of keys to ask for.
    :raises DeviceError: if it presents none of them.
    """
    _check_library()
    login, options = settled(login)
    login = replace(login, user=login.user or "-", host_key_checking=False)
    client = _LoginClient(login, options, host_keys.known(login), context, _no_code)
    offered = host_keys.algorithms(key_types, legacy=login.legacy_ssh)
    connection = await _logged_in(client, connect, wait="kex", offered=offered)
    key = connection.ssh.get_server_host_key()
    connection.ssh.abort()
    return bytes(key.public_data)


def _check_library() -> None:
    if asyncssh is None:
        message = "the Python package asyncssh is not installed on the machine that collects"
        raise DeviceError("failed", "connect", "no_library", message)


async def _no_code(_question: str) -> None:
    """There is no login."""


def settled(login: Login) -> tuple[Login, Options]:
    """Return the login with the address, the files and the limits that its SSH options and their files give.

    :raises DeviceError: for an invalid option.
    """
    try:
        options = options_of(login)
    except ValueError as error:
        raise DeviceError("failed", "connect", "variables", f"the SSH options of {login.name}: {error}") from error
    alias = (("hostkeyalias", options.host_key_alias),) if options.host_key_alias else ()
    login = replace(
        login,
        ssh_options=(*alias, *login.ssh_options),
        host=options.host,
        port=options.port,
        user=options.user,
        connect_timeout=options.connect_timeout,
        known_hosts=options.known_hosts,
        host_key_checking=options.host_key_checking,
        accept_new_host_keys=options.accept_new_host_keys,
    )
    return login, options


async def _logged_in(
    client: _LoginClient, connect: Connector, *, wait: str = "auth", offered: Sequence[str] | None = None
) -> Connection:
    """Connect and log in, or only exchange keys if ``wait`` is ``kex``.

    :param offered: the algorithms of host keys, if not those of the login.
    """
    context, login = client.context, client.login
    context.enter("connect")
    connection: Any = None
    loop = asyncio.get_running_loop()
    try:
        options = _options_for(client)
        if offered is not None:
            options.server_host_key_algs = list(offered)
        options.waiter = loop.create_future()
        connection = _Connection(loop, options, wait=wait)
        guard = _Guard(connection, client)
        await connect(lambda: guard, client.until(login.connect_timeout))
        client.deadline = client.until(login.connect_timeout)  # the handshake has its own time
        try:
            await _waited(options.waiter, client)
        except BaseException:
            connection.abort()
            raise
    except (DeviceError, asyncssh.HostKeyNotVerifiable):
        raise
    except (asyncssh.Error, OSError, ValueError, EOFError) as error:
        try:
            client.fail(error)
        except DeviceError as failure:  # whatever the reason is, a secret is not sent twice
            failure.retry = failure.retry and not client.has_sent_secret
            raise
    return Connection(client, connection)


async def _waited(waiter: asyncio.Future[None], client: _LoginClient) -> None:
    """Wait for the login. Each phase has the connect timeout."""
    while not waiter.done():
        left = client.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        seconds = None if left == math.inf else left
        await asyncio.wait([waiter, client.moved], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    waiter.result()


class _Quiet:
    """A logger that drops everything."""

    def get_child(self, *_arguments: Any, **_options: Any) -> _Quiet:
        return self

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return _nothing


def _nothing(*_arguments: Any, **_options: Any) -> None:
    pass


_QUIET = _Quiet()


class _Text(bytes):
    """A text of a device. It can have any encoding, so its decoding never fails."""

    def decode(self, *_arguments: str) -> str:
        return super().decode("utf-8", "replace")

    def __getitem__(self, place: Any) -> Any:
        part = super().__getitem__(place)
        return _Text(part) if isinstance(part, bytes) else part


def _tolerant(packet: Any) -> Any:
    """Return the packet, which now gives strings that can be decoded."""
    string = packet.get_string
    packet.get_string = lambda: _Text(string())
    return packet


def _tolerantly(process: weakref.WeakMethod[Callable[..., Any]]) -> Callable[..., Any]:
    """Return the method with such packets. The method does not refer to itself, which would keep it in memory."""

    def process_packet(kind: int, number: int, packet: Any) -> Any:
        method = process()
        return None if method is None else method(kind, number, _tolerant(packet))

    return process_packet


class _Connection(_Base):  # type: ignore[misc]
    """A connection that sends no empty message before each encrypted one.

    asyncssh sends them against an attack on ciphers in CBC mode. With other ciphers they cost both sides a third of the
    packets. Nothing is logged either: asyncssh formats each message before it checks whether it is logged.

    This and ``waiter`` in ``log_in`` are not public in asyncssh; a test notices if they change.
    """

    _inpbuf: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._logger = _QUIET

    log_sent_packet = log_received_packet = staticmethod(_nothing)

    def send_packet(self, pkttype: int, *args: bytes, handler: Any = None) -> None:
        if pkttype == _MSG_IGNORE and args == (_EMPTY,) and not self._enc_alg_cs.endswith(b"-cbc"):
            return
        super().send_packet(pkttype, *args, handler=handler)

    def send_newkeys(self, k: bytes, h: bytes) -> None:
        self.set_extra_info(kex_alg=self._kex.algorithm.decode("ascii"))
        super().send_newkeys(k, h)

    # Texts of devices can have any encoding and language tag. asyncssh ends the connection at those that are not UTF-8.

    def _process_disconnect(self, _pkttype: int, _pktid: int, packet: Any) -> None:
        if self._owner is not None:
            self._owner.was_disconnected = True
        code = packet.get_uint32()
        reason = packet.get_string().decode("utf-8", "replace")
        self._force_close(asyncssh.DisconnectError(code, reason))

    def _process_userauth_banner(self, _pkttype: int, _pktid: int, packet: Any) -> None:
        if self._owner is not None:
            self._owner.auth_banner_received(packet.get_string().decode("utf-8", "replace"), "")

    def _process_debug(self, _pkttype: int, _pktid: int, _packet: Any) -> None:
        pass

    def _cleanup(self, exc: Exception | None) -> None:
        super()._cleanup(exc)
        self._recv_handler = _nothing  # a method of the connection itself, which would keep it in memory

    def _recv_version(self) -> Any:
        self._inpbuf = _Text(self._inpbuf)
        try:
            return super()._recv_version()
        finally:
            self._inpbuf = bytes(self._inpbuf)

    def process_packet(self, pkttype: int, pktid: int, packet: Any) -> Any:
        if pkttype == _MSG_CHANNEL_OPEN_FAILURE:
            packet = _tolerant(packet)
        return super().process_packet(pkttype, pktid, packet)

    def try_next_auth(self, *, next_method: bool = False) -> None:
        super().try_next_auth(next_method=next_method)
        if self._auth is not None and self._auth_methods[0] in _ASK:
            self._auth.process_packet = _tolerantly(weakref.WeakMethod(self._auth.process_packet))

    _packet_handlers: ClassVar[dict[int, Any]] = {
        **getattr(_Base, "_packet_handlers", {}),
        1: _process_disconnect,
        4: _process_debug,
        53: _process_userauth_banner,
    }


class _Guard:
    """A layer between a connection and its transport. Keeps what the server says before its version line.

    It is a protocol for a socket, and a session for a channel of a bastion.
    """

    def __init__(self, protocol: Any, client: _LoginClient) -> None:
        self._protocol = protocol
        self._client = client
        self._before = bytearray()
        self._has_version = False
        self._loop = asyncio.get_running_loop()
        self._transport: Any = None
        self._unread = bytearray()
        self._is_paused = False
        self._is_given_up = False
        self._cpu = 0.0
        self._clock = time.perf_counter

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._protocol.connection_made(transport)

    def data_received(self, data: bytes, datatype: Any = None) -> None:  # noqa: ARG002
        if not self._has_version:
            self._look(data)
        if self._unread or len(data) > PIECE:  # other devices are served between the pieces
            self._unread += data
            if not self._is_paused:
                self._is_paused = True
                self._transport.pause_reading()
                self._loop.call_soon(self._read_piece)
        else:
            self._give(data)

    def _read_piece(self) -> None:
        data = bytes(self._unread[:PIECE])
        del self._unread[:PIECE]
        self._give(data)
        if self._unread:
            self._loop.call_soon(self._read_piece)
        elif self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()

    def _give(self, data: bytes) -> None:
        """Give data to the connection. A device that costs much more than it says ends its connection."""
        began = self._clock()
        self._protocol.data_received(data)
        cost = self._clock() - began - len(data) * CPU_PER_BYTE
        self._cpu = max(-MOST_CPU, self._cpu + cost)  # much text does not pay for a flood after it
        if self._cpu <= MOST_CPU:
            return
        if self._clock is time.perf_counter:  # reading the CPU time costs much more than reading the clock
            self._clock, self._cpu = time.thread_time, 0.0
        elif not self._is_given_up:
            self._is_given_up = True
            self._unread.clear()
            self._protocol._force_close(asyncssh.ProtocolError(FLOOD))

    def eof_received(self) -> bool:
        self._after_messages(self._protocol.eof_received)
        return True

    def connection_lost(self, exc: Exception | None = None) -> None:
        if isinstance(exc, OSError):  # sending failed; what the server said before it closed has not been read yet
            self._unread += _left_in(self._transport)
        self._after_messages(self._protocol.connection_lost, exc)

    def session_started(self) -> None:
        self._protocol.session_started()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._protocol, name)

    def _after_messages(self, end: Callable[..., object], *arguments: Any) -> None:
        """End the connection after the messages that came before: asyncssh handles some of them in tasks."""
        while self._unread:
            piece = bytes(self._unread[:PIECE])
            del self._unread[:PIECE]
            self._give(piece)
        loop = asyncio.get_running_loop()
        tasks = self._protocol._tasks
        if not tasks:
            end(*arguments)
            return
        handled = loop.create_task(_handled(set(tasks)))
        handled.add_done_callback(lambda _task: end(*arguments))

    def _look(self, data: bytes) -> None:
        if len(self._before) < LONGEST_SAID:
            self._before += data[:LONGEST_SAID]
        start = 0 if self._before.startswith(b"SSH-") else self._before.find(b"\nSSH-") + 1
        self._has_version = start > 0 or self._before.startswith(b"SSH-")
        self._client.has_begun = self._has_version
        text = bytes(self._before[:start] if self._has_version else self._before)
        self._client.said_first = " ".join(_NEGOTIATION.sub(b"", text).decode("utf-8", "replace").split())
        if self._before.startswith(_IAC) and not self._client.is_telnet:
            self._client.is_telnet = True
            self._protocol._force_close(asyncssh.ProtocolError("Telnet"))


def _left_in(transport: Any) -> bytes:
    """Return what has arrived and was not read from the socket of a transport."""
    sock = transport.get_extra_info("socket")
    try:
        return os.read(sock.fileno(), PIECE) if sock is not None else b""
    except OSError:
        return b""


async def _handled(tasks: set[asyncio.Task[Any]]) -> None:
    await asyncio.wait(tasks, timeout=_SOON)


class _LoginClient(_Client):  # type: ignore[misc]
    """Answers what a server asks during the login, and remembers what it said."""

    def __init__(
        self,
        login: Device | Hop,
        options: Options,
        keys: host_keys.HostKeys,
        context: Context,
        code: Callable[[str], Awaitable[str | None]],
    ) -> None:
        self.login = login
        self.options = options
        self.host_keys = keys
        self.context = context
        self._secrets: Secrets = secrets_of(login)
        self._answers = Answers(login.user, login.password, code)
        self._keys: list[Any] | None = None
        self._agent: Any = None
        self._password = login.password
        self._tried: list[str] = []
        self._accepted: list[str] = []  # methods that the device names
        self.has_sent_secret = False
        self._expired = False
        self._not_allowed: DeviceError | None = None
        self._unusable: DeviceError | None = None
        self.has_exchanged_keys = False
        self.said_first = ""
        self.is_telnet = False
        self.has_begun = False  # the server named its version of SSH
        self.banner = ""
        self.deadline = 0.0
        self.moved: asyncio.Future[None] = asyncio.get_running_loop().create_future()  # until the deadline is another
        self.was_disconnected = False  # by the server, not because of an error found here
        self.end_reason = ""
        self.fault = ""
        self.on_end: Callable[[], None] = _nothing

    def quoted(self, text: str) -> str:
        return self._secrets.quoted(text)

    # -- asyncssh ------------------------------------------------------------------------------------------------------

    def validate_host_public_key(self, host: str, addr: str, port: int, key: Any) -> bool:
        return self.host_keys.validate_host_public_key(host, addr, port, key)

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: Any) -> bool:
        return self.host_keys.validate_host_ca_key(host, addr, port, key)

    def connection_lost(self, exc: Exception | None) -> None:
        self.end_reason = self.end_reason or str(exc or "")
        if not isinstance(exc, (asyncssh.ConnectionLost, OSError, EOFError)) and not self.was_disconnected:
            self.fault = str(exc or "")
        self.on_end()

    def auth_banner_received(self, msg: str, lang: str) -> None:  # noqa: ARG002
        if len(self.banner) < LONGEST_SAID:
            self.banner = (self.banner + msg)[:LONGEST_SAID]

    def begin_auth(self, username: str) -> None:  # noqa: ARG002
        self.has_exchanged_keys = True
        self.context.enter("auth")
        self.deadline = self.until(self.login.connect_timeout)

    async def public_key_auth_requested(self) -> Any:
        self._accepts("publickey")
        if self._keys is None:
            self._keys = await self._load_keys()
        if not self._keys or not await self._may_send():
            return None
        key = copy.copy(self._keys.pop(0))  # the connection sets its signature algorithm
        self._tried.append(f"private key {_named(key)}")
        self.has_sent_secret = True
        self.deadline = self.until(self.login.connect_timeout)
        return key

    async def password_auth_requested(self) -> str | None:
        self._accepts("password")
        password, self._password = self._password, None
        if password is None or self._answers.has_sent_password:  # a second attempt could lock the account
            return None
        if not await self._may_send("password" if self._tried else "login"):
            return None
        self._tried.append("password")
        self.has_sent_secret = True
        return password

    def password_change_requested(self, prompt: str, lang: str) -> Any:  # noqa: ARG002
        self._expired = True
        return NotImplemented

    def kbdint_auth_requested(self) -> str | None:
        self._accepts("keyboard-interactive")
        return ""

    async def kbdint_challenge_received(
        self, _name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str] | None:
        if instructions:
            self.auth_banner_received(instructions + "\n", lang)
        is_later = any(each != "keyboard-interactive" for each in self._tried)
        if prompts and not await self._may_send("password" if is_later else "login"):
            return None
        self.deadline = time.monotonic() + PERSON
        answers = await self._answers.to(prompts)
        if prompts and answers is not None:
            self.has_sent_secret = True
            if "keyboard-interactive" not in self._tried:
                self._tried.append("keyboard-interactive")
            self.deadline = self.until(self.login.connect_timeout)
        return answers

    # -- ours ----------------------------------------------------------------------------------------------------------

    def _accepts(self, method: str) -> None:
        if method not in self._accepted:
            self._accepted.append(method)

    async def _may_send(self, secret: Secret = "login") -> bool:
        """Wait until a secret may be sent. This time is not that of the login."""
        self.deadline = math.inf
        try:
            await self.context.may_send_secret(secret)
        except DeviceError as error:
            self._not_allowed = error
        self.deadline = self.until(self.login.connect_timeout)
        self.moved.set_result(None)
        self.moved = asyncio.get_running_loop().create_future()
        return self._not_allowed is None

    def until(self, seconds: float) -> float:
        limit = time.monotonic() + seconds
        return limit if self.context.deadline is None else min(limit, self.context.deadline)

    async def _load_keys(self) -> list[Any]:
        """Return the keys to try: those of the device, then those of the agent, then the user's own.

        Each attempt counts on the device, so the agent and the user's keys are not tried if there is a password.
        """
        login, options = self.login, self.options
        keys: list[Any] = []
        has_key = bool(login.private_key or options.key_files)
        try:
            if login.private_key:
                keys += key_of_text(login.private_key, login.passphrase)
            keys += keys_of_files(options.key_files, options.certificate_files, login.passphrase)
        except DeviceError as error:  # the password is tried, as ssh does
            self._unusable = error
        if options.agent_path and (has_key or login.password is None):
            known = {key.public_data for key in keys}
            named = public_keys_of_files(options.key_files)
            only = known | named if options.identities_only else None
            self._agent, offered = await agent_keys(options.agent_path, only)
            offered.sort(key=lambda key: key.public_data not in named)  # those that the user named first
            keys += [key for key in offered if key.public_data not in known]
        if not has_key and login.password is None:
            keys += default_keys()
        return keys

    def close_agent(self) -> None:
        if self._agent is not None:
            self._agent.close()

    def fail(self, error: BaseException) -> NoReturn:
        """Raise the error of the device for one of asyncssh."""
        if self._not_allowed is not None:
            raise self._not_allowed from error
        secrets = self._secrets
        said = secrets.quoted(self.said_first)
        reason = secrets.quoted(str(error) or type(error).__name__)
        phase = self.context.phase
        if self.is_telnet:
            quoted = f" (it said {said!r})" if said else ""
            message = (
                f"a Telnet server answers at {self.login.host} port {self.login.port}{quoted}; correct the port, "
                "or set rollcall_transport: telnet"
            )
            raise DeviceError("unreachable", "connect", "protocol", message) from error
        if isinstance(error, TimeoutError):
            self._fail_late(said)
        if isinstance(error, asyncssh.KeyExchangeFailed):
            raise DeviceError("unreachable", phase, "key_exchange", self._not_exchanged(reason)) from error
        if isinstance(error, asyncssh.PermissionDenied):
            self._fail_refused(error)
        if isinstance(error, asyncssh.DisconnectError) and not isinstance(error, asyncssh.ConnectionLost):
            self._fail_disconnected(reason, error)
        if said and not self.has_begun:
            message = f"the device said {said!r} instead of beginning SSH; check its sessions and the port"
            raise DeviceError("unreachable", "connect", "refused_by_text", message, retry=True) from error
        if isinstance(error, (asyncssh.ConnectionLost, OSError, EOFError)):
            self._fail_lost(reason, error)
        self._fail_protocol(reason, error)

    def _not_exchanged(self, reason: str) -> str:
        found = _NO_COMMON.fullmatch(reason)
        if found is None:
            return f"the SSH key exchange with the device failed ({reason})"
        old = "" if self.login.legacy_ssh else ", or set rollcall_legacy_ssh to true"
        return (
            f"no common SSH algorithms with the device: for {found[1]}, it offers only {found[2][:LONGEST_OFFER]}; "
            f"enable others on the device{old}"
        )

    def _fail_late(self, said: str) -> NoReturn:
        context, login = self.context, self.login
        over = context.deadline is not None and time.monotonic() >= context.deadline - 0.01
        usual = ("timeout", f"connect_timeout ({login.connect_timeout:g} s)")
        kind, limit = context.limit if over else usual
        if said and context.phase == "connect" and not self.has_begun:
            message = (
                f"the device said {said!r} instead of beginning SSH, and nothing more within {limit}; "
                "correct the port, or set rollcall_transport: telnet"
            )
            raise DeviceError("timeout", context.phase, kind, message, retry=True)
        what = "the login" if context.phase == "auth" else "the SSH key exchange"
        message = f"no answer within {limit}; waited for: {what}; raise it if the device is slow"
        if said:
            message += f"; it had said {said!r}"
        if self.has_sent_secret:
            message += ". The credential had been sent and is not sent again in this run"
        raise DeviceError("timeout", context.phase, kind, message, retry=not self.has_sent_secret)

    def _fail_refused(self, error: Exception) -> NoReturn:
        login = self.login
        if self._expired:
            message = f"the password of {login.user} has expired; change it on the device or in the AAA server"
            raise DeviceError("auth_failed", "auth", "password_expired", message) from error
        if self._unusable is not None and not self._tried:
            raise self._unusable
        if self._answers.problem:
            problem = self._secrets.quoted(self._answers.problem)
            message = f"login as {login.user} refused: {problem}{self._answers.advice}"
            raise DeviceError("auth_failed", "auth", "refused", message) from error
        if not self._tried and login.password is not None and _WITH_PASSWORD.isdisjoint(self.options.authentications):
            message = (
                f"no credentials for {login.user} that the device accepts: ansible_password is set, but the SSH "
                f"options, such as PreferredAuthentications, allow only {', '.join(self.options.authentications)}"
            )
            raise DeviceError("auth_failed", "auth", "no_credentials", message) from error
        if not self._tried:
            message = (
                f"no credentials for {login.user} that the device accepts; set ansible_password or "
                "ansible_ssh_private_key_file, start an ssh-agent, or put a key without a passphrase into ~/.ssh"
            )
            raise DeviceError("auth_failed", "auth", "no_credentials", message) from error
        tried = ", ".join(self._tried)
        to_check = "user, password and one-time code" if self._answers.has_sent_code else "user and password or key"
        empty = "the password is empty; " if login.password == "" else ""
        message = (
            f"login as {login.user} refused (tried: {tried}){self._quoted_banner()}; "
            f"{empty}the device accepts: {', '.join(self._accepted)}; check {to_check}"
        )
        raise DeviceError("auth_failed", "auth", "refused", message) from error

    def _fail_disconnected(self, reason: str, error: Exception) -> NoReturn:
        phase = self.context.phase
        if isinstance(error, asyncssh.ProtocolNotSupported) and "version" in reason and not self.was_disconnected:
            reason = "it speaks only version 1 of SSH"
            self._fail_protocol(reason, error)
        if isinstance(error, asyncssh.ProtocolError) and not self.was_disconnected:
            self._fail_protocol(reason, error)
        if phase == "auth" and self.has_sent_secret:  # whatever the reason is, the server can have counted it
            tried = "; ".join(self._tried) or "nothing"
            message = (
                f"login as {self.login.user} refused (tried: {tried}). The device ended the connection: {reason}. "
                "The credential is not sent again in this run"
            )
            raise DeviceError("auth_failed", "auth", "closed", message) from error
        message = f"the device ended the connection: {reason}{self._quoted_banner()}"
        raise DeviceError("unreachable", phase, "disconnected", message, retry=True) from error

    def _fail_lost(self, reason: str, error: BaseException) -> NoReturn:
        phase = self.context.phase
        if phase == "auth" and self.has_sent_secret:
            # Some devices hang up on a wrong password. Asking again with it would lock the account.
            tried = "; ".join(self._tried)
            message = (
                f"login as {self.login.user} refused ({tried}: the device closed the connection){self._quoted_banner()}"
            )
            raise DeviceError("auth_failed", "auth", "closed", message) from error
        where = {"connect": "before the login", "auth": "during the login"}.get(phase, "during the session")
        message = f"the device closed the connection {where} ({reason}){self._quoted_banner()}"
        raise DeviceError("unreachable", phase, "reset", message, retry=True) from error

    def _fail_protocol(self, reason: str, error: BaseException) -> NoReturn:
        message = (
            f"the device does not follow the SSH protocol ({reason}); check that the port is that of SSH, "
            "and the device's SSH log"
        )
        raise DeviceError("unreachable", self.context.phase, "protocol", message) from error

    def _quoted_banner(self) -> str:
        text = " ".join(self._secrets.quoted(self.banner).split())[:300]
        return f"; it said {text!r}" if text else ""


def _named(key: Any) -> str:
    comment = key.get_comment()
    return str(comment or key.get_algorithm())


def _options_for(client: _LoginClient) -> Any:
    """Return options for one connection: a copy of those that were prepared for all connections of the kind."""
    settings = client.options
    options = copy.copy(_prepared(settings))
    options.host = options.orig_host = settings.host
    options.port = settings.port
    options.username = settings.user
    options.protocol_factory = lambda: client
    options.known_hosts = client.host_keys.known_hosts
    options.host_key_alias = client.host_keys.host_key_alias
    options.preferred_auth = list(settings.authentications)
    offered = client.host_keys.server_host_key_algs()
    if settings.host_keys_named:
        offered = [each for each in settings.host_key_algorithms if each in offered]
    options.server_host_key_algs = [each for each in offered if each in settings.host_key_algorithms]
    return options


_all_prepared: dict[int, tuple[Any, Any]] = {}  # by the identity of the arguments, which are shared and kept


def _prepared(settings: Options) -> Any:
    known = _all_prepared.get(id(settings.arguments))
    if known is None:
        options = asyncssh.SSHClientConnectionOptions(
            **settings.arguments,
            known_hosts=None,
            username="-",
            client_keys=None,
            agent_path=None,
            login_timeout=0,
            utf8_decode_errors="replace",
            gss_host=() if _HAS_GSSAPI and "gssapi-with-mic" in settings.authentications else None,
        )
        known = _all_prepared[id(settings.arguments)] = (settings.arguments, options)
    return known[1]


class ShellStream(_SessionBase):  # type: ignore[misc]
    """A shell on a login. It implements ``Stream``."""

    asks_login = False

    def __init__(self, connection: Connection, tail: Callable[[], None]) -> None:
        """
        :param tail: called at the end, to close what is below the login.
        """
        self.facts = connection.facts
        self._connection = connection
        self._tail = tail
        self._channel: Any = None
        self._inbox = Inbox(self._pause, self._resume)
        self._reason = ""
        self._may_write = asyncio.Event()
        self._may_write.set()

    # -- asyncssh ------------------------------------------------------------------------------------------------------

    def connection_made(self, chan: Any) -> None:
        self._channel = chan

    def data_received(self, data: bytes, datatype: Any) -> None:  # noqa: ARG002
        self._inbox.put(data)

    def eof_received(self) -> bool:
        self._end_soon()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._reason = self._reason or (str(exc) if exc is not None else "")
        self._may_write.set()
        if exc is None:
            self._end_soon()
        else:
            self._inbox.end()

    def _end_soon(self) -> None:
        """End the session in a moment, in which the device can say why."""
        asyncio.get_running_loop().call_later(_SOON, self._inbox.end)

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def _pause(self) -> None:
        self._channel.pause_reading()

    def _resume(self) -> None:
        self._channel.resume_reading()

    # -- Stream --------------------------------------------------------------------------------------------------------

    async def read(self, deadline: float) -> bytes | None:
        return await self._inbox.take(deadline)

    async def write(self, data: bytes, deadline: float) -> None:
        try:
            if not self._may_write.is_set():
                async with asyncio.timeout_at(deadline):
                    await self._may_write.wait()
            self._channel.write(data)
        except TimeoutError as error:
            raise DeviceError("timeout", "command", "timeout", "the device takes no more input") from error
        except OSError as error:
            message = (
                f"the device closed the session{f' ({self._connection.quoted(self._reason)})' if self._reason else ''}"
            )
            raise DeviceError("failed", "command", "session_closed", message) from error

    def end_reason(self) -> str:
        said = self._connection.said_at_end
        return f"it said {said[:LONGEST_SAID]!r}" if said else ""

    def fault(self) -> str:
        return self._connection.fault

    def close(self) -> None:
        self._connection.close()
        self._tail()


async def open_shell(connection: Connection, context: Context, seconds: float, tail: Callable[[], None]) -> ShellStream:
    """Open a shell with a terminal.

    :raises DeviceError: if the server does not open one.
    """
    stream = ShellStream(connection, tail)
    limit = time.monotonic() + seconds
    deadline = limit if context.deadline is None else min(limit, context.deadline)
    try:
        async with asyncio.timeout_at(deadline):
            await connection.ssh.create_session(
                lambda: stream, encoding=None, request_pty="force", term_type=TERMINAL, term_size=SIZE
            )
    except TimeoutError as error:
        kind, limit_text = "timeout", f"connect_timeout ({seconds:g} s)"
        if deadline == context.deadline:
            kind, limit_text = context.limit
        message = f"no answer within {limit_text}; waited for: a shell; raise it if the device is slow"
        raise DeviceError("timeout", context.phase, kind, message, retry=True) from error
    except (asyncssh.Error, OSError) as error:
        reason = connection.quoted(str(error)) or type(error).__name__
        message = f"the device opens no shell ({reason}); check the user's rights and the device's free lines"
        raise DeviceError("unreachable", context.phase, "no_shell", message, retry=True) from error
    return stream
