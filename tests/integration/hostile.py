# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile devices: ``CASES`` is the table of them, by name. Each one has a server process of its own.

To look at one of them by hand, with any client:

    python -m tests.integration.hostile slow_drip

It prints the port on 127.0.0.1 and serves until its standard input ends (Ctrl-D).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import random
import struct
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from asyncssh.connection import SSHServerConnection

from tests.integration.fakes import (
    PASSWORD,
    ROOM,
    USER,
    Answer,
    Anybody,
    Terminal,
    Wire,
    converse,
    die_with_parent,
    framed,
    kexinit,
    lighten,
    listen,
    mpint,
    string,
    until_parent_ends,
)

COMMAND = "show it"
MIB = 2**20
MOST_DEFERRED = 1_000  # packets that asyncssh keeps until the keys are exchanged
# How an answer may end. Whatever is not ``ok`` has an error.
NEVER_IN = ("unreachable", "timeout", "failed")  # no session
NO_LOGIN = ("unreachable", "timeout", "failed", "auth_failed")
NO_ANSWER = ("timeout", "failed", "partial")  # a session, without a whole answer
ANY_END = ("ok", "timeout", "failed")  # whole, or not: both are right, and ``text`` must be right if it is whole

Handler = Callable[[Wire], Awaitable[None]]
Abuse = Callable[[SSHServerConnection], Awaitable[None]]


@dataclass(frozen=True)
class Hostile:
    """One device.

    :param what: what it does.
    :param statuses: the statuses that its answer may have.
    :param kinds: the kinds of error, if the status has one; empty for any.
    :param says: what the message of the error must quote.
    :param floods: if its error is not a timeout, the message must say that the device sends without end.
    :param text: of an answer that is ``ok``: its length, or the text.
    :param rows: the rows_status that its command may have.
    :param raw: serves a TCP connection.
    :param server: makes the SSH server of a connection.
    :param ssh: settings of the SSH server.
    :param twice: it is asked before, alone, so that the answer is compared.
    :param device: fields of the Device.
    :param arguments: of the task.
    :param environment: of the run. ``{templates}`` is a folder with slow templates.
    """

    name: str
    phase: str
    what: str
    statuses: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    says: str = ""
    floods: bool = False
    text: str | int | None = None
    rows: tuple[str | None, ...] = (None,)
    raw: Handler | None = None
    server: Callable[[], Anybody] | None = None
    ssh: Mapping[str, Any] = field(default_factory=dict)
    twice: bool = False
    device: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


CASES: dict[str, Hostile] = {}
# Those that keep a core busy, at least of a run that does not end them early.
BURNING = {
    "ignore_without_end",
    "debug_without_end",
    "tiny_ignores_without_end",
    "tiny_debug_messages_without_end",
    "tiny_unimplemented_without_end",
    "window_adjusts_without_end",
    "global_requests_without_end",
    "channel_requests_without_end",
    "encrypted_ignore_without_end",
    "rekeys_at_every_packet",
    "banner_without_end",
    "rounds_without_questions",
    "replies_that_are_never_read",
    "channels_opened_without_end",
    "greeting_without_end",
    "nearly_a_prompt_of_cumulus",
    "nearly_a_prompt_of_ocnos",
    "compressed_without_end",
    "output_without_end",
    "template_of_aliases",
    "template_of_capabilities",
    "template_of_the_user",
    "digits_twice",
    "rule_of_the_user",
    "lines_between_lines",
    "function_backtracks",
    "function_spins",
    "function_takes_memory",
}


def add(case: Hostile) -> None:
    assert case.name not in CASES
    CASES[case.name] = case


def raw(phase: str, statuses: tuple[str, ...] = NEVER_IN, **more: Any) -> Callable[[Handler], Handler]:
    """A device that is a function of the TCP connection. Its docstring says what it does."""

    def decorate(handler: Handler) -> Handler:
        add(Hostile(handler.__name__, phase, handler.__doc__ or "", statuses, raw=handler, **more))
        return handler

    return decorate


def login(phase: str, statuses: tuple[str, ...] = NO_LOGIN, **more: Any) -> Callable[[Abuse], Abuse]:
    """A device that is a function of the encrypted connection, before the login is answered."""

    def decorate(abuse: Abuse) -> Abuse:
        class AtLogin(Anybody):
            def begin_auth(self, username: str) -> Any:
                async def begin() -> bool:
                    await abuse(self.conn)
                    return True

                return begin()

        add(Hostile(abuse.__name__, phase, abuse.__doc__ or "", statuses, server=lambda: AtLogin(_ordinary), **more))
        return abuse

    return decorate


def _ordinary() -> Terminal:
    async def talk(terminal: Terminal) -> None:
        await converse(terminal, lambda: b"bad#", lambda _line: b"an answer\r\n")

    return Terminal(talk)


def session(
    phase: str, statuses: tuple[str, ...], **more: Any
) -> Callable[[Callable[[Terminal], Awaitable[None]]], None]:
    """A device that is a function of the terminal, from the login on."""

    def decorate(talk: Callable[[Terminal], Awaitable[None]]) -> None:
        server = lambda: Anybody(lambda: Terminal(talk))  # noqa: E731
        add(Hostile(talk.__name__, phase, talk.__doc__ or "", statuses, server=server, **more))

    return decorate


def answer(
    phase: str, statuses: tuple[str, ...], *, prompt: bytes = b"bad#", **more: Any
) -> Callable[[Callable[[Terminal], Awaitable[None]]], None]:
    """A device that is ordinary but for its answer, which is a function of the terminal."""

    def decorate(given: Callable[[Terminal], Awaitable[None]]) -> None:
        async def talk(terminal: Terminal) -> None:
            await converse(terminal, lambda: prompt, lambda _line: given)

        server = lambda: Anybody(lambda: Terminal(talk))  # noqa: E731
        add(Hostile(given.__name__, phase, given.__doc__ or "", statuses, server=server, **more))

    return decorate


def said(name: str, phase: str, what: str, statuses: tuple[str, ...], *texts: bytes, **more: Any) -> None:
    """A device whose answers are these bytes, one after the other, again and again."""

    def server() -> Anybody:
        async def talk(terminal: Terminal) -> None:
            await converse(terminal, lambda: b"bad#", lambda _line: texts[next(count) % len(texts)])

        return Anybody(lambda: Terminal(talk))

    count = itertools.count()
    add(Hostile(name, phase, what, statuses, server=server, **more))


async def pour(send: Callable[[bytes], Awaitable[None]], pieces: Iterable[bytes]) -> None:
    """Send without end, as fast as the client reads."""
    for piece in pieces:
        await send(piece)


async def flood(conn: SSHServerConnection, send: Callable[[], None]) -> None:
    """Send packets without end, as fast as the client reads."""
    while True:
        transport = conn._transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() < ROOM and len(conn._deferred_packets) < MOST_DEFERRED:
            for _time in range(100):
                send()
            await asyncio.sleep(0)
        else:
            await asyncio.sleep(0.005)


# -- version line ------------------------------------------------------------------------------------------------------


@raw("version line")
async def text_before_version_without_end(wire: Wire) -> None:
    """Sends lines of text instead of its version, without end."""
    await pour(wire.send, itertools.repeat(b"Welcome to this device, which has much to say\r\n" * 1_000))


@raw("version line", says="Exceeded MaxStartups")
async def text_instead_of_version(wire: Wire) -> None:
    """Says why it has no room for one more user, and closes the connection."""
    await wire.send(b"Exceeded MaxStartups\r\n")
    raise ConnectionResetError


@raw("version line")
async def line_before_version_without_end(wire: Wire) -> None:
    """Sends a line of 8 KB that does not end."""
    await wire.send(b"x" * 8_192)


@raw("version line")
async def version_in_a_line_without_end(wire: Wire) -> None:
    """Sends a version line that does not end, as fast as it is read."""
    await wire.send(b"SSH-2.0-")
    await pour(wire.send, itertools.repeat(b"x" * 65_536))


@raw("version line")
async def version_one_byte_a_second(wire: Wire) -> None:
    """Sends its version, one byte a second."""
    for byte in b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n":
        await wire.send(bytes([byte]))
        await asyncio.sleep(1)


@raw("version line")
async def no_version(wire: Wire) -> None:
    """Never says anything."""


@raw("version line")
async def binary_version(wire: Wire) -> None:
    """Sends every byte value, again and again, instead of its version."""
    await wire.send(bytes(range(256)) * 4_000)


@raw("version line")
async def disconnects_with_much_to_say(wire: Wire) -> None:
    """Ends the connection with a reason of 200 KB, which holds control characters and a format string."""
    await wire.version()
    reason = (b"\x1b]0;owned\x07{{ 7 * 7 }} %s\r\n" * 8_000)[:200_000]
    await wire.packet(bytes([1]) + struct.pack(">I", 12) + string(reason) + string(b"en"))


# -- key exchange ------------------------------------------------------------------------------------------------------

CURVE, GROUP_EXCHANGE = b"curve25519-sha256", b"diffie-hellman-group-exchange-sha256"


@raw("key exchange")
async def silent_after_kexinit(wire: Wire) -> None:
    """Sends its algorithms, and then nothing."""
    await wire.version()
    await wire.packet(kexinit(CURVE))


@raw("key exchange")
async def many_algorithms(wire: Wire) -> None:
    """Names 10,000 algorithms in each list."""
    await wire.version()
    names = b",".join(b"a%d" % number for number in range(10_000))
    lists = dict.fromkeys(range(8), names[:25_000])
    await wire.packet(kexinit(CURVE, more=lists))


@raw("key exchange")
async def packet_of_two_gigabytes(wire: Wire) -> None:
    """Announces a packet of 2^31 bytes and sends it."""
    await wire.version()
    await wire.send(struct.pack(">IB", 2**31, 4))
    await pour(wire.send, itertools.repeat(bytes(65_536)))


@raw("key exchange")
async def packets_of_wrong_length(wire: Wire) -> None:
    """Sends packets whose padding is longer than they are."""
    await wire.version()
    await pour(wire.send, itertools.repeat(struct.pack(">IB", 12, 255) + bytes(11)))


@raw("key exchange", floods=True)
async def ignore_without_end(wire: Wire) -> None:
    """Sends packets to be ignored, without end, in the clear."""
    await wire.version()
    await wire.packet(kexinit(CURVE))
    await pour(wire.send, itertools.repeat(framed(bytes([2]) + string(bytes(1_000))) * 50))


async def _tiny(wire: Wire, payload: bytes) -> None:
    await wire.version()
    await wire.packet(kexinit(CURVE))
    await pour(wire.send, itertools.repeat(framed(payload) * 2_000))


@raw("key exchange", floods=True)
async def tiny_ignores_without_end(wire: Wire) -> None:
    """Sends empty packets to be ignored, without end, in the clear."""
    await _tiny(wire, bytes([2]) + string(b""))


@raw("key exchange", floods=True)
async def tiny_debug_messages_without_end(wire: Wire) -> None:
    """Sends empty debug messages without end, in the clear."""
    await _tiny(wire, bytes([4, 1]) + string(b"") + string(b""))


@raw("key exchange", floods=True)
async def tiny_unimplemented_without_end(wire: Wire) -> None:
    """Says without end that it does not know a packet."""
    await _tiny(wire, bytes([3]) + bytes(4))


async def _group(wire: Wire, prime: int, base: int = 2) -> None:
    await wire.version()
    await wire.packet(kexinit(GROUP_EXCHANGE))
    await wire.packet_of(34)
    await wire.packet(bytes([31]) + mpint(prime) + mpint(base))


@raw("key exchange")
async def group_of_65536_bits(wire: Wire) -> None:
    """Group exchange with a prime of 65,536 bits."""
    await _group(wire, 2**65_535 + 981)


@raw("key exchange")
async def group_of_8192_bits_with_a_large_base(wire: Wire) -> None:
    """Group exchange with a modulus of 8,192 bits and a base as large."""
    await _group(wire, 2**8_192 - 1, 2**8_191 + 12_345)


@raw("key exchange")
async def group_of_nothing(wire: Wire) -> None:
    """Group exchange modulo 0."""
    await _group(wire, 0)


@raw("key exchange")
async def group_that_is_negative(wire: Wire) -> None:
    """Group exchange modulo a negative number."""
    await wire.version()
    await wire.packet(kexinit(GROUP_EXCHANGE))
    await wire.packet_of(34)
    await wire.packet(bytes([31]) + string(b"\xff" * 1_024) + mpint(2))


@raw("key exchange")
async def host_key_of_16384_bits(wire: Wire) -> None:
    """Has an RSA host key of 16,384 bits, with a large exponent."""
    await wire.version()
    await wire.packet(kexinit(CURVE, b"rsa-sha2-512"))
    await wire.packet_of(30)
    key = string(b"ssh-rsa") + mpint(2**64 - 59) + mpint(2**16_383 + 27)
    signature = string(b"rsa-sha2-512") + string(b"\x01" * 2_048)
    await wire.packet(bytes([31]) + string(key) + string(b"\x09" + bytes(31)) + string(signature))


@login("key exchange", NEVER_IN, floods=True)
async def debug_without_end(conn: SSHServerConnection) -> None:
    """Sends debug messages without end, once encrypted."""
    await flood(conn, lambda: conn.send_packet(4, b"\x01" + string(b"x" * 1_000) + string(b"")))


@login("key exchange", NEVER_IN, floods=True)
async def encrypted_ignore_without_end(conn: SSHServerConnection) -> None:
    """Sends packets to be ignored without end, once encrypted."""
    await flood(conn, lambda: conn.send_packet(2, string(b"x" * 1_000)))


@login("key exchange", ("ok", *NO_LOGIN))
async def extensions_without_number(conn: SSHServerConnection) -> None:
    """Announces four billion extensions (CVE-2026-55199)."""
    conn.send_packet(7, struct.pack(">I", 0xFFFFFFFF) + string(b"server-sig-algs") + string(b"ssh-ed25519"))


@login("key exchange", ("ok", *NO_LOGIN))
async def signature_algorithms_in_a_megabyte(conn: SSHServerConnection) -> None:
    """Names an algorithm for signatures a hundred thousand times."""
    names = b",".join([b"rsa-sha2-512"] * 18_000)
    for _time in range(6):
        conn.send_packet(7, struct.pack(">I", 1) + string(b"server-sig-algs") + string(names))


add(
    Hostile(
        "signature_algorithms_named_twice",
        "key exchange",
        "Names each algorithm for RSA signatures twice, to a client that logs in with an RSA key.",
        ("ok",),
        text="an answer",
        server=lambda: Anybody(_ordinary),
        ssh={"signature_algs": ()},  # asyncssh's own list has them twice
        device={"password": None, "private_key": "{rsa}"},
    )
)


async def _drip(terminal: Terminal) -> None:
    while True:
        await terminal.say(b"x")
        await asyncio.sleep(0.2)


async def _rekeyed(terminal: Terminal) -> None:
    for number in range(2_000):
        await terminal.say(b"%d\r\n" % number)
        await asyncio.sleep(0)


def _conversation(given: Answer) -> Anybody:
    async def talk(terminal: Terminal) -> None:
        await converse(terminal, lambda: b"bad#", lambda _line: given)

    return Anybody(lambda: Terminal(talk))


add(
    Hostile(
        "rekeys_at_every_packet",
        "key exchange",
        "Asks for new keys after each packet.",
        ("ok", "timeout", "failed", "unreachable"),
        text="\n".join(map(str, range(2_000))),
        server=lambda: _conversation(_rekeyed),
        ssh={"rekey_bytes": 1},
    )
)

# -- authentication ----------------------------------------------------------------------------------------------------


@login("authentication")
async def never_answers_the_login(conn: SSHServerConnection) -> None:
    """Never answers the request to log in."""
    await asyncio.Event().wait()


@login("authentication", NEVER_IN, floods=True)
async def banner_without_end(conn: SSHServerConnection) -> None:
    """Sends banners without end before it answers the login."""
    await flood(conn, lambda: conn.send_packet(53, string(b"Keep out!\r\n" * 100) + string(b"en")))


class _Rounds(Anybody):
    """Keyboard-interactive without end."""

    def __init__(self, challenge: Callable[[int], Any]) -> None:
        super().__init__(_ordinary)
        self._challenge = challenge
        self._round = itertools.count()

    def password_auth_supported(self) -> bool:
        return False

    def public_key_auth_supported(self) -> bool:
        return False

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        return self._challenge(next(self._round))

    def validate_kbdint_response(self, username: str, responses: Any) -> Any:
        return self._challenge(next(self._round))


def _questions(name: str, what: str, challenge: Callable[[int], Any]) -> None:
    add(Hostile(name, "authentication", what, NO_LOGIN, server=lambda: _Rounds(challenge)))


_questions(
    "thousand_questions",
    "Asks for a password again and again by keyboard-interactive, a thousand times.",
    lambda number: number < 1_000 and ("", "", "", [("Password: ", False)]),
)
_questions(
    "rounds_without_questions",
    "Sends keyboard-interactive requests without a question, without end.",
    lambda _number: ("", "", "", []),
)
_questions(
    "question_of_a_megabyte",
    "Asks a question of 1 MB by keyboard-interactive.",
    lambda _number: ("", "", "", [("P" * MIB, False)]),
)
_questions(
    "question_of_many_blanks",
    "Asks a question of 200 KB by keyboard-interactive, blanks between two words.",
    lambda _number: ("", "\t \r" * 20_000, "", [("password" + " \t" * 50_000 + "x", False)]),
)
_questions(
    "many_questions",
    "Asks 10,000 questions at once by keyboard-interactive.",
    lambda _number: ("", "", "", [("Password: ", False)] * 10_000),
)


class _PartialSuccess(Anybody):
    async def validate_password(self, username: str, password: str) -> bool:
        self.conn.send_userauth_failure(True)
        await asyncio.Event().wait()
        return False


add(
    Hostile(
        "partial_success_without_end",
        "authentication",
        "Accepts the password and asks for one more, again and again.",
        NO_LOGIN,
        server=lambda: _PartialSuccess(_ordinary),
    )
)

# -- channels ----------------------------------------------------------------------------------------------------------


class _NoWindow(Anybody):
    def session_requested(self) -> Any:
        channel = self.conn.create_server_channel(None, "strict", MIB, 32_768)
        channel._recv_window = channel._init_recv_window = 0
        return channel, _ordinary()


add(
    Hostile(
        "window_that_never_opens",
        "session",
        "Accepts the session with a window of 0 bytes and never opens it.",
        NO_LOGIN,
        server=lambda: _NoWindow(_ordinary),
    )
)


class _NoSession(Anybody):
    async def _never(self) -> Any:
        await asyncio.Event().wait()

    def session_requested(self) -> Any:
        return self._never()


add(
    Hostile(
        "session_never_granted",
        "session",
        "Never answers the request for a session.",
        NO_LOGIN,
        server=lambda: _NoSession(_ordinary),
    )
)


@session("session", ("timeout", "failed"))
async def channels_opened_without_end(terminal: Terminal) -> None:
    """Opens channels to the client without end."""
    numbers = itertools.count(1_000)
    conn = terminal.connection
    await flood(
        conn,
        lambda: conn.send_packet(
            90, string(b"auth-agent@openssh.com") + struct.pack(">III", next(numbers), MIB, 32_768)
        ),
    )


@session("session", ("timeout", "failed"))
async def replies_that_are_never_read(terminal: Terminal) -> None:
    """Sends requests that the client must answer, without end, and reads no answer."""
    transport = terminal.connection._transport
    assert isinstance(transport, asyncio.Transport)
    transport.pause_reading()
    conn = terminal.connection
    await flood(conn, lambda: conn.send_packet(80, string(b"keepalive@openssh.com") + b"\x01"))


@session("session", ("timeout", "failed"), floods=True)
async def window_adjusts_without_end(terminal: Terminal) -> None:
    """Makes the window of the session one byte larger, without end."""
    conn, number = terminal.connection, terminal.channel._send_chan or 0
    await flood(conn, lambda: conn.send_packet(93, struct.pack(">II", number, 1)))


@session("session", ("timeout", "failed"), floods=True)
async def global_requests_without_end(terminal: Terminal) -> None:
    """Sends requests that need no answer, without end."""
    conn = terminal.connection
    await flood(conn, lambda: conn.send_packet(80, string(b"hostkeys-00@openssh.com") + b"\0"))


@session("session", ("timeout", "failed"), floods=True)
async def channel_requests_without_end(terminal: Terminal) -> None:
    """Sends unknown requests of the session that need no answer, without end."""
    conn, number = terminal.connection, terminal.channel._send_chan or 0
    await flood(conn, lambda: conn.send_packet(98, struct.pack(">I", number) + string(b"x") + b"\0"))


@session("session", ("timeout", "failed"))
async def exit_statuses_without_end(terminal: Terminal) -> None:
    """Says that the program has ended, without end, and does not close the channel."""
    conn, number = terminal.connection, terminal.channel._send_chan
    await flood(
        conn,
        lambda: conn.send_packet(98, struct.pack(">I", number or 0) + string(b"exit-status") + b"\0" + bytes(4)),
    )


@session("session", ("timeout", "failed"))
async def closed_at_once(terminal: Terminal) -> None:
    """Ends every session as soon as it is granted."""


# -- greeting and prompt -----------------------------------------------------------------------------------------------


@session("banner", ("timeout", "failed"))
async def greeting_without_end(terminal: Terminal) -> None:
    """Greets without end, with lines that look like prompts."""
    await pour(terminal.say, itertools.repeat(b"Welcome to bad#\r\nbad> \r\n" * 1_000))


@session("banner", ("timeout", "failed"))
async def greeting_of_blanks(terminal: Terminal) -> None:
    """Greets with blanks, 20 MB of them in one line."""
    await pour(terminal.say, itertools.repeat(b" \t" * 32_768, 320))
    await terminal.stall()


@session("prompt", ANY_END)
async def prompt_that_changes(terminal: Terminal) -> None:
    """Has another prompt after each line."""
    chance = random.Random(1)

    def prompt() -> bytes:
        return bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyz", k=12)) + b"#"

    await converse(terminal, prompt, lambda _line: b"an answer\r\n")


@session("prompt", ("timeout", "failed"))
async def prompt_without_end(terminal: Terminal) -> None:
    """Sends its prompt again and again, in one line."""
    await pour(terminal.say, itertools.repeat(b"bad#" * 1_000))


@session("prompt", ANY_END)
async def prompt_of_a_megabyte(terminal: Terminal) -> None:
    """Has a prompt of a megabyte."""
    await converse(terminal, lambda: b"b" * MIB + b"#", lambda _line: b"an answer\r\n")


def _prompt_case(name: str, platform: str, prompt: bytes, line: bytes) -> None:
    async def talk(terminal: Terminal) -> None:
        async def given(terminal: Terminal) -> None:
            for _time in range(20):
                await terminal.say(line)
                await asyncio.sleep(0.05)
                await terminal.say(b"\r\n")

        await converse(terminal, lambda: prompt, lambda _line: given)

    what = f"Answers as {platform} with a line that is nearly a prompt."
    server = lambda: Anybody(lambda: Terminal(talk))  # noqa: E731
    add(Hostile(name, "prompt", what, ("ok",), text=20 * len(line) + 19, server=server, device={"platform": platform}))


_prompt_case("nearly_a_prompt_of_cumulus", "cumulus_linux", b"admin@bad:mgmt:~$ ", b"a@b:" * 250)
_prompt_case("nearly_a_prompt_of_ocnos", "ipinfusion_ocnos", b"bad#", b"a@b:" * 500)

# -- echo --------------------------------------------------------------------------------------------------------------


async def _through_set_up(terminal: Terminal) -> str:
    """Be ordinary until the command comes. It is not echoed."""
    await terminal.say(b"bad#")
    while (line := await terminal.line(echo=False)) != COMMAND:
        await terminal.say(line.encode() + b"\r\nbad#")
    return line


@session("echo", NO_ANSWER)
async def echo_without_end(terminal: Terminal) -> None:
    """Echoes the command without end."""
    await _through_set_up(terminal)
    await pour(terminal.say, itertools.repeat(COMMAND.encode() * 1_000))


@session("echo", ANY_END, text="an answer")
async def echo_of_ten_megabytes(terminal: Terminal) -> None:
    """Wraps its echo of the command ten million times."""
    await _through_set_up(terminal)
    await terminal.say(COMMAND[:5].encode())
    await pour(terminal.say, itertools.repeat(b" \r" * 32_768, 160))
    await terminal.say(COMMAND[5:].encode() + b"\r\nan answer\r\nbad#")
    await terminal.stall()


@session("echo", NO_ANSWER)
async def echo_one_byte_at_a_time(terminal: Terminal) -> None:
    """Echoes the first half of the command and then the rest of it for ever, a byte each 50 ms."""
    await _through_set_up(terminal)
    for byte in itertools.chain(b"show ", itertools.repeat(ord("i"))):
        await terminal.say(bytes([byte]))
        await asyncio.sleep(0.05)


# -- answer ------------------------------------------------------------------------------------------------------------


@answer("answer", NO_ANSWER)
async def output_without_end(terminal: Terminal) -> None:
    """Answers without end, as fast as it is read."""
    await pour(terminal.say, itertools.repeat(b"interface counter 0000000000 packets 00000000\r\n" * 1_000))


@answer("answer", NO_ANSWER)
async def line_without_end(terminal: Terminal) -> None:
    """Answers with one line without end, as fast as it is read."""
    await pour(terminal.say, itertools.repeat(b"x" * 65_536))


@answer("answer", NO_ANSWER)
async def slow_drip(terminal: Terminal) -> None:
    """Sends one byte each 0.2 s, without end."""
    await _drip(terminal)


@answer("answer", ANY_END)
async def prompts_without_end(terminal: Terminal) -> None:
    """Answers with its own prompt and something after it, without end."""
    await pour(terminal.say, itertools.repeat(b"bad#\r\nbad# x\r\n" * 500))


@answer("answer", ANY_END)
async def invalid_text(terminal: Terminal) -> None:
    """Answers with 10 MB that are no UTF-8."""
    await pour(terminal.say, itertools.repeat(b"\xff\xfe\xc3\x28\xe2\x82 \xf0\x90\r\n" * 1_000, 1_000))


@answer("answer", ANY_END)
async def control_characters(terminal: Terminal) -> None:
    """Answers with 10 MB of control characters and unfinished escape sequences."""
    codes = bytes(byte for byte in range(32) if byte not in b"\r\n") + b"\x7f\x1b[\x1b]\x1bP\x1b[38;5"
    await pour(terminal.say, itertools.repeat(codes * 250, 1_100))
    await terminal.say(b"\x1b[0m\r\n")


@answer("answer", NO_ANSWER)
async def two_hundred_megabytes(terminal: Terminal) -> None:
    """Answers with 200 MB, as fast as it is read."""
    await pour(terminal.say, itertools.repeat(b"interface counter 0000000000 packets 00000000\r\n" * 1_000, 4_256))


@answer("answer", ANY_END)
async def erased_lines(terminal: Terminal) -> None:
    """Answers with a line of 5 MB that it erases and begins again, many times."""
    await pour(terminal.say, itertools.repeat(b"x" * 50_000, 100))
    await pour(terminal.say, itertools.repeat(b"\x1b[2Ky" * 10_000, 20))
    await terminal.say(b"\x1b[2K\r" + b"x" * 79 + b"\r\n")


@answer("answer", ANY_END)
async def cursor_that_moves(terminal: Terminal) -> None:
    """Answers with 5 MB of cursor moves, backspaces and carriage returns in one line."""
    await pour(terminal.say, itertools.repeat(b"ab\x08\x08\x1b[250C\x1b[5D\ry\x1b[K\x1b[1K" * 200, 1_000))
    await terminal.say(b"\r\n")


@answer("answer", ANY_END)
async def empty_lines(terminal: Terminal) -> None:
    """Answers with 10 MB of empty lines."""
    await pour(terminal.say, itertools.repeat(b"\r\n" * 10_000, 500))


@answer("answer", ANY_END)
async def carriage_returns(terminal: Terminal) -> None:
    """Answers with 10 MB of carriage returns."""
    await pour(terminal.say, itertools.repeat(b"\r" * 20_000, 500))
    await terminal.say(b"\n")


@answer("answer", ANY_END)
async def nearly_rejected(terminal: Terminal) -> None:
    """Answers with lines that are nearly log messages and nearly rejections, 5 MB of them."""
    line = b"<1" * 400 + b": %" + b"%" * 400 + b"Jan 1 " * 100 + b"\r\n"
    await pour(terminal.say, itertools.repeat(line * 20, 125))


@answer("answer", (*NO_ANSWER, "unreachable"), ssh={"compression_algs": ["zlib@openssh.com", "zlib"]})
async def compressed_without_end(terminal: Terminal) -> None:
    """Answers without end, and compressed a thousand times where the client accepts that."""
    conn = terminal.connection
    terminal_task = asyncio.create_task(pour(terminal.say, itertools.repeat(b"0" * 65_536)))
    await flood(conn, lambda: conn.send_packet(2, string(bytes(50_000_000))) if conn._compressor else None)
    await terminal_task


@answer("answer", ANY_END)
async def drops_the_session(terminal: Terminal) -> None:
    """Ends the session in the middle of its answer, without a word."""
    await terminal.say(b"half of an ans")
    terminal.connection.abort()


# -- pager -------------------------------------------------------------------------------------------------------------


@answer("pager", NO_ANSWER)
async def pages_without_end(terminal: Terminal) -> None:
    """Has one page more, always."""
    while True:
        await terminal.say(b"one more line\r\n --More-- ")
        await terminal.hear()
        await terminal.say(b"\r          \r")


@answer("pager", NO_ANSWER)
async def pager_that_stays(terminal: Terminal) -> None:
    """Stays at the end of its pager, whatever it is sent."""
    while True:
        await terminal.say(b"\r\x1b[K(END)")
        await terminal.hear()


@answer("pager", ANY_END)
async def pager_within_blanks(terminal: Terminal) -> None:
    """Prints what is nearly a pager's line, with blanks without end around it."""
    for _time in range(100):
        await terminal.say(b"\r\n" + b" \x1b[m" * 3_000 + b"--More--" + b"\x1b[m " * 3_000 + b"x")
    await terminal.say(b"\r\n")


# -- parse -------------------------------------------------------------------------------------------------------------

NOT_OK: tuple[str | None, ...] = ("error", "mismatch", "timeout", "engine", None)


def _parsed(name: str, what: str, parser: str, text: bytes, **more: Any) -> None:
    command = more.pop("command", COMMAND)
    device = {"commands": [{"text": command, "parser": parser}]}
    length = len(text.strip().replace(b"\r\n", b"\n"))
    said(name, "parse", what, (*ANY_END, "partial"), text, text=length, rows=NOT_OK, device=device, **more)


_parsed(
    "template_of_aliases",
    "Answers with a line that takes a template of ntc-templates minutes.",
    "textfsm",
    b"Address family ipv6 multicast not act\r\n",
    command="show aliases",
)
_parsed(
    "template_of_capabilities",
    "Answers with a line that takes a template of ntc-templates minutes.",
    "textfsm",
    b"Displaying capability information for all available features:\r\n" + b"a" * 40 + b"\r\n",
    command="show capability feature routing",
)
_parsed(
    "template_of_the_user",
    "Answers with a line that takes a template of the user minutes.",
    "textfsm",
    b"a" * 60 + b"!\r\n",
    command="show slowly",
    environment={"NTC_TEMPLATES_DIR": "{templates}"},
)
_parsed("deep_json", "Answers with JSON of a million levels.", "json", b"[" * 1_000_000 + b"]" * 1_000_000 + b"\r\n")
_parsed("deep_json_objects", "Answers with JSON of 100,000 levels.", "json", b'{"a":' * 100_000 + b"1" + b"}" * 100_000)
_parsed(
    "number_of_ten_megabytes", "Answers with JSON that is one number of 10 MB.", "json", b"1" * 10_000_000 + b"\r\n"
)

# -- compare -----------------------------------------------------------------------------------------------------------

said(
    "digits_twice",
    "compare",
    "Answers with 20,000 digits in one line, and with another last digit in the second run.",
    ("ok",),
    b"1" * 20_000 + b"\r\n",
    b"1" * 19_999 + b"2\r\n",
    text=20_000,
    twice=True,
)
said(
    "rule_of_the_user",
    "compare",
    "Answers with a line that takes a rule of the user for long.",
    ("ok", "failed", "timeout"),
    b"a" * 60 + b"b\r\n",
    b"a" * 60 + b"c\r\n",
    text=61,
    twice=True,
    arguments={"ignore_changes": {"all": [r"^(a+)+$"]}},
)
said(
    "lines_between_lines",
    "compare",
    "Answers with 9,900 lines, and in the second run with another line after each of them.",
    ("ok", "failed", "timeout"),
    b"".join(b"line %d\r\n" % number for number in range(9_900)),
    b"start\r\n" + b"".join(b"line %d\r\nother %d\r\n" % (number, number) for number in range(9_900)),
    twice=True,
)

# -- functions of the user ---------------------------------------------------------------------------------------------

for _function, _what, _statuses, *_kinds in (
    ("backtracks", "A function with a regular expression without end, which holds the interpreter's lock.", None),
    ("spins", "A function that loops without end.", None),
    ("exits_at_once", "A function that ends its process.", ("failed",), "engine"),
    ("crashes", "A function that crashes its process.", ("failed",), "engine"),
    ("takes_memory", "A function that takes memory without end.", ("failed", "timeout")),
    ("leaves_children", "A function that leaves processes behind.", ("ok",)),
    ("swallows_everything", "A function that catches whatever is raised in it, SystemExit too.", None),
    ("returns_half_a_gigabyte", "A function that returns 500 MB.", ("failed", "timeout")),
    ("closes_descriptors", "A function that closes all files.", ("ok", "failed")),
    ("prints_much", "A function that writes 10 MB of bytes to standard output and standard error.", ("ok",)),
):
    add(
        Hostile(
            f"function_{_function}",
            "function",
            _what,
            _statuses or ("timeout", "failed"),
            kinds=tuple(_kinds),
            device={"driver": "python", "function": f"tests.integration.hostile_functions.{_function}"},
        )
    )


# -- serving -----------------------------------------------------------------------------------------------------------


def device_of(case: Hostile, port: int | None, fill: Mapping[str, str]) -> dict[str, Any]:
    """Fields of the Device. ``fill`` replaces texts such as ``{rsa}``."""
    filled = {key: fill.get(each, each) if isinstance(each, str) else each for key, each in case.device.items()}
    if port is None:
        return filled
    return {
        "host": "127.0.0.1",
        "port": port,
        "user": USER,
        "password": PASSWORD,
        "platform": "cisco_iosxe",
        "commands": [{"text": COMMAND, "parser": None}],
        "host_key_checking": False,
        **filled,
    }


def served(case: Hostile) -> bool:
    return case.raw is not None or case.server is not None


async def _serve(case: Hostile, pipe: int) -> None:
    lighten()
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it tells of each packet to a client that is gone
    if case.raw is not None:
        handle = case.raw
        server = await asyncio.start_server(lambda *pair: Wire(*pair).serve(handle), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
    else:
        assert case.server is not None
        port = await listen(["127.0.0.1"], 0, case.server, **case.ssh)
    os.write(pipe, json.dumps(port).encode())
    os.close(pipe)
    await asyncio.Event().wait()


def _start(case: Hostile) -> int:
    """Fork the server of a case, and return its port."""
    here, there = os.pipe()
    if os.fork() == 0:
        os.close(here)
        die_with_parent()
        os.nice(19)  # what it costs to attack must not slow down the healthy ones
        asyncio.run(_serve(case, there))
        os._exit(0)
    os.close(there)
    with os.fdopen(here) as pipe:
        return int(json.loads(pipe.read()))


def main(names: list[str]) -> None:
    """Serve these cases. One that is named twice, as ``name:1`` and ``name:2``, has two servers."""
    ports = {name: _start(case) for name in names if served(case := CASES[name.partition(":")[0]])}
    print(json.dumps(ports), flush=True)
    asyncio.run(until_parent_ends())


if __name__ == "__main__":
    main(sys.argv[1:])
