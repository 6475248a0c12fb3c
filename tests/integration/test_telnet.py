# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telnet: the stream against real and hostile servers, and devices that are asked through it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError
from ansible_collections.rollcall.network.plugins.module_utils._transport import telnet
from ansible_collections.rollcall.network.plugins.module_utils._transport.tcp import attached, connected
from ansible_collections.rollcall.network.plugins.module_utils._transport.telnet import (
    MOST_BUFFERED,
    MOST_COMMANDS,
    TelnetStream,
)
from tests.integration.conftest import call_roll
from tests.integration.odd_server import Line, OddServer
from tests.integration.openssh import free_port
from tests.integration.telnet_servers import (
    ADDRESS,
    Talk,
    Vty,
    frr_vty,
    in_thread,
    inventory,
    library_server,
    raw_server,
    run,
)

SOON = 20.0  # seconds in which something must arrive that does arrive


async def connect(box: Device, tunnel: Any = None) -> TelnetStream:
    async def connector(factory: Callable[[], Any], deadline: float) -> Any:
        if tunnel is not None:
            return (await tunnel.create_connection(factory, box.host, box.port))[1]
        sock = await connected(box.host, box.port, deadline, seconds=box.connect_timeout, service="Telnet")
        return await attached(sock, factory)

    return await telnet.connect(box, connector)


@pytest.fixture(scope="module")
def vty() -> Iterator[Vty]:
    reason = Vty.missing()
    if reason:
        pytest.skip(reason)
    with frr_vty() as started:
        yield started


def device(port: int, **settings: Any) -> Device:
    return Device("box", host=ADDRESS, port=port, transport="telnet", **settings)


async def until(stream: TelnetStream, end: str) -> str:
    """Read up to this end. Fails if the session ends first or nothing more comes."""
    seen = b""
    while not seen.decode("latin-1").endswith(end):
        data = await stream.read(time.monotonic() + SOON)
        assert data, (seen, data, stream.end_reason())
        seen += data
    return seen.decode("latin-1")


async def enter(stream: TelnetStream, line: str, end: str) -> str:
    await stream.write(f"{line}\n".encode(), time.monotonic() + SOON)
    return await until(stream, end)


async def rest(stream: TelnetStream) -> bytes:
    """Read until the session ends."""
    seen = b""
    while True:
        data = await stream.read(time.monotonic() + SOON)
        assert data is not None, "the session does not end"
        if not data:
            return seen
        seen += data


def play(talk: Talk, **settings: Any) -> tuple[bytes, str]:
    """Connect to a server that does this. Return the text up to the end of the session, and the reason of the end."""

    async def session() -> tuple[bytes, str]:
        async with raw_server(talk) as port:
            stream = await connect(device(port, **settings))
            try:
                return await rest(stream), stream.end_reason()
            finally:
                stream.close()

    found: tuple[bytes, str] = run(session())
    return found


# Real servers


def test_a_real_vty_over_the_stream(vty: Vty) -> None:
    async def session() -> str:
        stream = await connect(device(vty.port))
        assert stream.asks_login
        assert stream.facts == {"transport": "telnet"}
        greeting = await until(stream, "Password: ")
        assert "Hello, this is FRRouting" in greeting
        assert await enter(stream, vty.password, "> ") == "\r\nr9> ", "one prompt, so Enter was one line end"
        await enter(stream, "enable", "Password: ")
        await enter(stream, vty.enable_password, "# ")
        await enter(stream, "terminal length 0", "# ")
        shown = await enter(stream, "show bgp summary", "# ")
        await stream.write(b"exit\n", time.monotonic() + SOON)
        assert await rest(stream) == b"exit\r\n"
        assert stream.end_reason() == "the device closed the connection"
        stream.close()
        return shown

    shown = run(session())
    assert all(f"192.0.2.{i} " in shown for i in range(1, 60))
    assert max(map(len, shown.splitlines())) > 80


def test_a_server_that_negotiates_everything() -> None:
    async def session() -> str:
        async with library_server() as port:
            stream = await connect(device(port))
            await until(stream, "login: ")
            assert "admin" in await enter(stream, "admin", "Password: ")
            await enter(stream, "secret", "router> ")
            shown = await enter(stream, "show terminal", "router> ")
            stream.close()
            return shown

    assert "vt100 511x1000" in run(session())


def test_through_a_bastion() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\xff\xfb\x01\xff\xfd\x18Username: ")
        assert await reader.readexactly(6) == b"\xff\xfd\x01\xff\xfb\x18"
        assert await reader.readuntil(b"\0") == b"admin\r\0"
        writer.write(b"x" * 500_000 + b"bye")
        await writer.drain()

    async def session(bastion: OddServer) -> bytes:
        async with (
            raw_server(talk) as port,
            asyncssh.connect(ADDRESS, bastion.port, known_hosts=None, username="u", password="p") as tunnel,
        ):
            stream = await connect(device(port), tunnel=tunnel)
            await until(stream, "Username: ")
            await stream.write(b"admin\n", time.monotonic() + SOON)
            try:
                return await rest(stream)
            finally:
                stream.close()

    async def nothing(line: Line) -> None:
        return

    with OddServer(nothing, forwards=True) as bastion:
        assert run(session(bastion)) == b"x" * 500_000 + b"bye"


# What is sent


def test_nothing_is_sent_before_the_device_asks() -> None:
    got = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Text alone brings no answer: the first byte that arrives is that of the line.
        writer.write(b"Welcome\r\n")
        assert await reader.readexactly(2) == b"ok"
        got.set()

    async def session() -> None:
        async with raw_server(talk) as port:
            stream = await connect(device(port, user="admin", password="secret"))
            await until(stream, "Welcome\r\n")
            await stream.write(b"ok", time.monotonic() + SOON)
            await got.wait()
            stream.close()

    run(session())


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        (b"show version\n", b"show version\r\0"),
        (b"a\r\nb\rc\n", b"a\r\0b\r\0c\r\0"),
        (b"\xff\n", b"\xff\xff\r\0"),
        (b"\x03", b"\x03"),
    ],
)
def test_lines_as_the_enter_key_sends_them(written: bytes, sent: bytes) -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readexactly(len(sent)))

    async def session() -> None:
        async with raw_server(talk) as port:
            stream = await connect(device(port))
            await stream.write(written, time.monotonic() + SOON)
            await rest(stream)
            stream.close()

    run(session())
    assert heard == [sent]


OPTIONS: dict[str, tuple[bytes, bytes]] = {
    "echo and no go ahead": (b"\xff\xfb\x01\xff\xfb\x03", b"\xff\xfd\x01\xff\xfd\x03"),
    "terminal type": (b"\xff\xfd\x18\xff\xfa\x18\x01\xff\xf0", b"\xff\xfb\x18\xff\xfa\x18\x00vt100\xff\xf0"),
    "window size": (b"\xff\xfd\x1f", b"\xff\xfb\x1f\xff\xfa\x1f\x01\xff\xff\x03\xe8\xff\xf0"),
    "line mode is refused": (b'\xff\xfd"', b'\xff\xfc"'),
    "the environment is refused": (b"\xff\xfd'\xff\xfa'\x01\xff\xf0", b"\xff\xfc'"),
    "compression is refused": (b"\xff\xfbV\xff\xfbU", b"\xff\xfeV\xff\xfeU"),
    "binary is refused": (b"\xff\xfb\x00\xff\xfd\x00", b"\xff\xfe\x00\xff\xfc\x00"),
    "echo here is refused": (b"\xff\xfd\x01", b"\xff\xfc\x01"),
    "an end brings no answer": (b"\xff\xfc\x63\xff\xfe\x63\xff\xfe\x18", b""),
    "asked again, answered once": (b"\xff\xfb\x01\xff\xfb\x01\xff\xfb\x01", b"\xff\xfd\x01"),
    "no password for an option": (b"\xff\xfd%\xff\xfb%\xff\xfa%\x01\x00\xff\xf0", b"\xff\xfc%\xff\xfe%"),
}


@pytest.mark.parametrize(("asked", "answer"), OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("step", [1, 1000], ids=["byte by byte", "at once"])
def test_options(asked: bytes, answer: bytes, step: int) -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = asked + b"name: "
        for start in range(0, len(data), step):
            writer.write(data[start : start + step])
            await writer.drain()
            await asyncio.sleep(0)
        heard.append(await reader.readuntil(b"end\r\0"))

    async def session() -> None:
        async with raw_server(talk) as port:
            stream = await connect(device(port))
            assert await until(stream, "name: ") == "name: "
            await stream.write(b"end\n", time.monotonic() + SOON)
            await rest(stream)
            stream.close()

    run(session())
    assert heard == [answer + b"end\r\0"]


# What is received

TEXTS: dict[str, tuple[bytes, bytes]] = {
    "escaped 255": (b"a\xff\xffb\xff\xff\xff\xffc", b"a\xffb\xff\xffc"),
    "return and NUL": (b"a\r\0b\r\nc\r\r\0d", b"a\rb\r\nc\r\rd"),
    "no operation, go ahead, marks": (b"a\xff\xf1b\xff\xf9c\xff\xf2d\xff\xf0", b"abcd"),
    "255 before a letter": (b"a\xffAb", b"aAb"),
    "a subnegotiation": (b"a\xff\xfa\xc9" + b"x" * 5000 + b"\xff\xff\xff\xf0b", b"ab"),
    "a subnegotiation that a command ends": (b"a\xff\xfa\x18\x01\xff\xfb\x01b", b"ab"),
    "half a command at the end": (b"text\xff\xfb", b"text"),
    "UTF-8": ("Zürich\r\n".encode(), "Zürich\r\n".encode()),
}


@pytest.mark.parametrize(("sent", "text"), TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("step", [1, 2, 3, 100_000])
def test_texts(sent: bytes, text: bytes, step: int) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(sent), step):
            writer.write(sent[start : start + step])
            await writer.drain()
            await asyncio.sleep(0)
        writer.write_eof()
        await reader.read()

    assert play(talk) == (text, "the device closed the connection")


def flood(data: bytes) -> Talk:
    """Send this until the client is gone."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(data * max(1, 65536 // len(data)))
            await writer.drain()

    return talk


NEGOTIATED = f"more than {MOST_COMMANDS} commands of Telnet's negotiation"
ENDLESS = "a subnegotiation of Telnet without an end"
FLOODS: dict[str, tuple[bytes, str]] = {
    "WILL and WONT of one option": (b"\xff\xfb\x63\xff\xfc\x63", NEGOTIATED),
    "DO and DONT of an accepted option": (b"\xff\xfd\x1f\xff\xfe\x1f", NEGOTIATED),
    "DO of an option that is refused each time": (b"\xff\xfd\x06", NEGOTIATED),
    "questions about the terminal": (b"\xff\xfa\x18\x01\xff\xf0", NEGOTIATED),
    "all options": (b"".join(b"\xff\xfb%c\xff\xfd%c" % (each, each) for each in range(255)), NEGOTIATED),
    "a subnegotiation without end": (b"\xff\xfa\x18" + b"x" * 2**20, ENDLESS),
    "a subnegotiation of nothing but 255": (b"\xff\xfa\x18" + b"\xff" * 2**20, ENDLESS),
    "compressed data": (b"\xff\xfbV\xff\xfaV\xff\xf0" + bytes(1000), NEGOTIATED),
}


@pytest.mark.parametrize(("data", "reason"), FLOODS.values(), ids=FLOODS)
def test_hostile_negotiation_ends_the_session(data: bytes, reason: str) -> None:
    _text, end = play(flood(data))
    assert end == f"the device sent {reason}"


@pytest.mark.parametrize("data", [b"\xff\xf1", b"\xff\xff", b"x", b"\r\0"], ids=["NOP", "255", "text", "returns"])
def test_a_flood_does_not_delay_another_session(data: bytes) -> None:
    async def session() -> None:
        async with raw_server(flood(data)) as hostile, library_server() as good:
            bad = await connect(device(hostile))
            stream = await connect(device(good))
            deadline = time.monotonic() + 1
            reading = asyncio.create_task(drained(bad, deadline))
            await until(stream, "login: ")
            await enter(stream, "admin", "Password: ")
            await enter(stream, "secret", "router> ")
            await reading
            assert await bad.read(0) != b""
            stream.close()
            bad.close()

    async def drained(stream: TelnetStream, deadline: float) -> None:
        while time.monotonic() < deadline:
            await stream.read(deadline)

    run(session())


def test_no_more_is_received_than_is_read() -> None:
    sent = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        for _each in range(1000):
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async def session() -> int:
        async with raw_server(talk) as port:
            stream = await connect(device(port))
            tracemalloc.start()
            before = -1
            while sent != before:  # until the system's buffers are full, too
                before = sent
                await asyncio.sleep(0.2)
            _size, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert len(await stream.read(0) or b"") >= MOST_BUFFERED
            assert len(await rest(stream)) > 60_000_000
            stream.close()
            return peak

    assert run(session()) < 2**20


def test_a_device_that_does_not_read() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def session() -> DeviceError:
        async with raw_server(talk) as port:
            stream = await connect(device(port))
            with pytest.raises(DeviceError) as caught:
                await stream.write(b"x" * 2**26, time.monotonic() + 0.3)
            stream.close()
            return caught.value

    error = run(session())
    assert (error.status, error.error.kind, error.retry) == ("timeout", "timeout", True)


def test_reads_at_a_deadline() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        writer.write(b"late")
        await reader.read()

    async def session() -> None:
        async with raw_server(talk) as port:
            stream = await connect(device(port))
            assert await stream.read(time.monotonic() + 0.05) is None
            await stream.write(b"x", time.monotonic() + SOON)
            while not (data := await stream.read(0)):  # a deadline that has passed still brings what has arrived
                assert data is None
            assert data == b"late"
            stream.close()
            assert await stream.read(time.monotonic() + SOON) == b""
            with pytest.raises(DeviceError, match="closed the connection during the session"):
                await stream.write(b"x", time.monotonic() + SOON)

    run(session())


# Connecting


def failure(**fields: Any) -> DeviceError:
    async def session() -> DeviceError:
        with pytest.raises(DeviceError) as caught:
            await connect(Device("box", **fields))
        return caught.value

    error: DeviceError = run(session())
    return error


@pytest.mark.parametrize(
    ("host", "kind", "said"), [(ADDRESS, "refused", "Telnet is enabled"), ("no..name", "dns", "the name 'no..name'")]
)
def test_a_device_that_cannot_be_reached(host: str, kind: str, said: str) -> None:
    error = failure(host=host, port=free_port([ADDRESS]))
    assert (error.status, error.error.kind) == ("unreachable", kind)
    assert said in error.error.message


def test_a_device_that_does_not_answer() -> None:
    with contextlib.ExitStack() as sockets:
        silent = sockets.enter_context(socket.socket())
        silent.bind((ADDRESS, 0))
        silent.listen(0)
        for _each in range(3):  # the system completes no further handshake
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(silent.getsockname())
        error = failure(host=ADDRESS, port=silent.getsockname()[1], connect_timeout=0.2)
    assert (error.status, error.error.kind, error.retry) == ("unreachable", "timeout", True)
    assert "within 0.2 s" in error.error.message


# Devices


def test_frr_over_telnet(vty: Vty, tmp_path: Path) -> None:
    hosts: dict[str, dict[str, Any]] = {
        "r9": {"ansible_password": vty.password},
        "enabled": {
            "ansible_password": vty.password,
            "ansible_become": True,
            "ansible_become_password": vty.enable_password,
        },
        "wrong": {"ansible_password": "nope"},
    }
    for host in hosts.values():
        host |= {"ansible_port": vty.port, "ansible_network_os": "frr"}
    commands = ["show bgp summary", {"command": "show bgp summary json", "parser": "json"}, "show bgp neighbors"]
    roll = call_roll(inventory(tmp_path / "inventory.json", hosts), {"commands": commands, "retries": 0})
    for name in ("r9", "enabled"):
        answer = roll.devices[name]
        assert answer["status"] == "ok", answer["error"]
        assert answer["connection"]["transport"] == "telnet"
        assert len(answer["output"]["show bgp summary json"]["rows"]["ipv4Unicast"]["peers"]) == 59
        assert all(f"192.0.2.{i} " in roll.text(name, "show bgp summary") for i in range(1, 60))
        assert "--More--" not in roll.text(name, "show bgp neighbors")
    assert roll.devices["wrong"]["status"] == "auth_failed", roll.devices["wrong"]["error"]
    assert vty.password not in json.dumps(roll.result)
    assert vty.password not in roll.output


def test_user_and_password_inside_the_session(tmp_path: Path) -> None:
    with in_thread(library_server) as port:
        usual = {"ansible_port": port, "ansible_network_os": "generic", "ansible_user": "admin"}
        hosts = {
            "right": {**usual, "ansible_password": "secret"},
            "wrong": {**usual, "ansible_password": "no-such-secret"},
            "none": usual,
        }
        roll = call_roll(inventory(tmp_path / "inventory.json", hosts), {"commands": ["show terminal"], "retries": 0})
    assert roll.devices["right"]["status"] == "ok", roll.devices["right"]["error"]
    assert roll.text("right", "show terminal") == "vt100 511x1000"
    assert [roll.devices[name]["status"] for name in ("wrong", "none")] == ["auth_failed"] * 2


async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\r\n% Too many users are logged in, try later\r\n")
    await writer.drain()


def test_a_busy_device_is_unreachable_and_quoted(tmp_path: Path) -> None:
    connections = 0

    async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await busy(reader, writer)

    with in_thread(lambda: raw_server(counted)) as port:
        hosts = {"busy": {"ansible_port": port, "ansible_network_os": "ios", "ansible_password": "secret"}}
        roll = call_roll(inventory(tmp_path / "inventory.json", hosts), {"commands": ["show version"], "retries": 1})
    answer = roll.devices["busy"]
    assert answer["status"] == "unreachable"
    assert "Too many users are logged in" in answer["error"]["message"]
    assert connections == 2


def test_a_password_never_goes_to_a_telnet_server_unless_the_device_says_telnet(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\xff\xfb\x01\r\nUsername: ")
        heard.append(await reader.read(1000))
        writer.write(b"\r\nPassword: ")
        heard.append(await reader.read(1000))

    with in_thread(lambda: raw_server(talk)) as port:
        hosts = {
            "box": {
                "ansible_port": port,
                "ansible_network_os": "ios",
                "ansible_user": "admin",
                "ansible_password": "secret",
                "rollcall_transport": "ssh",
                "ansible_connect_timeout": 3,
            }
        }
        roll = call_roll(inventory(tmp_path / "inventory.json", hosts), {"commands": ["show version"], "retries": 0})
    assert roll.devices["box"]["status"] in ("unreachable", "timeout")
    assert b"secret" not in b"".join(heard)
    assert not any(b"admin" in each for each in heard)
