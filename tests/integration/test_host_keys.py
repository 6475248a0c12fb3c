# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host keys against real SSH servers, and the same files with the real OpenSSH client."""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import asyncssh
import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Device, Hop
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError
from ansible_collections.rollcall.network.plugins.module_utils._transport import host_keys

HOST = "127.0.0.1"
KEYS = {
    "ed": asyncssh.generate_private_key("ssh-ed25519"),
    "ed2": asyncssh.generate_private_key("ssh-ed25519"),
    "ec": asyncssh.generate_private_key("ecdsa-sha2-nistp256"),
    "rsa": asyncssh.generate_private_key("ssh-rsa", key_size=2048),
    "ca": asyncssh.generate_private_key("ssh-ed25519"),
    "ca2": asyncssh.generate_private_key("ssh-ed25519"),
}
needs_ssh = pytest.mark.skipif(shutil.which("ssh") is None, reason="ssh (openssh-client) is not installed")


class NobodyLogsIn(asyncssh.SSHServer):
    """A server that fails a test in which a client logs in."""

    def begin_auth(self, _username: str) -> bool:
        return True


@contextmanager
def serving(*keys: Any) -> Iterator[int]:
    """Serve with these host keys, which can be pairs of key and certificate, in a thread. Yields the port."""
    ready, stop = Event(), asyncio.Event()
    ports: list[int] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        server = await asyncssh.create_server(NobodyLogsIn, HOST, 0, server_host_keys=list(keys))
        loops.append(asyncio.get_running_loop())
        ports.append(server.get_port())
        ready.set()
        await stop.wait()
        server.close()

    thread = Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield ports[0]
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(20)


class Client(asyncssh.SSHClient):
    """What the transport does."""

    keys: host_keys.HostKeys

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return self.keys.validate_host_public_key(host, addr, port, key)

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return self.keys.validate_host_ca_key(host, addr, port, key)


class Seen(NamedTuple):
    """The result: the error's kind or "", its message, the new key, and how many connections it took."""

    kind: str
    message: str
    new: host_keys.NewKey | None
    connections: int


def connect(login: Device | Hop) -> Seen:
    async def attempt(keys: host_keys.HostKeys) -> None:
        client = type("Bound", (Client,), {"keys": keys})
        try:
            connection = await asyncssh.connect(
                login.host.strip("[]"),
                login.port,
                username="nobody",
                password="wrong",
                client_keys=None,
                agent_path=None,
                config=None,
                client_factory=client,
                known_hosts=keys.known_hosts,
                server_host_key_algs=keys.server_host_key_algs(login.host, login.port),
            )
            connection.abort()
        except asyncssh.PermissionDenied:
            pass

    keys = host_keys.known(login)
    for connections in (1, 2, 3):
        try:
            asyncio.run(attempt(keys))
        except asyncssh.HostKeyNotVerifiable as error:
            if not keys.again(error):
                refusal = keys.refusal()
                assert isinstance(refusal, DeviceError)
                assert (refusal.status, refusal.error.phase) == ("unreachable", "connect")
                return Seen(refusal.error.kind, str(refusal), None, connections)
        else:
            return Seen("", "", keys.learned(), connections)
    pytest.fail("three connections")


def device(file: Path, port: int, **fields: Any) -> Device:
    return Device("r1", host=fields.pop("host", HOST), port=port, known_hosts=(str(file),), **fields)


def public(name: str) -> str:
    return " ".join(KEYS[name].export_public_key().decode().split()[:2])


def sha256(name: str) -> str:
    return KEYS[name].get_fingerprint()


def hashed(name: str, salt: bytes = b"12345678901234567890") -> str:
    digest = hmac.digest(salt, name.encode(), "sha1")
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def certificate(key: str, ca: str = "ca", principals: tuple[str, ...] = (HOST,), **options: Any) -> tuple[Any, Any]:
    made = KEYS[ca].generate_host_certificate(KEYS[key], "a server", principals=principals, **options)
    return KEYS[key], made


def in_file(text: str, port: int) -> str:
    """Replaces ``{h}`` by the host as it is in the file, ``{#h}`` by its hash, and ``<key>`` by a public key."""
    text = text.replace("{#h}", hashed(f"[{HOST}]:{port}")).replace("{h}", f"[{HOST}]:{port}")
    return re.sub(r"<(\w+)>", lambda match: public(match[1]), text.replace("{port}", str(port)))


def openssh_connects(file: Path, port: int, *options: str) -> bool:
    """Whether ssh comes to the login with StrictHostKeyChecking=yes."""
    words = ["ssh", "-F", "none", "-v", "-p", str(port), "-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={file}"]
    words += ["-o", "GlobalKnownHostsFile=none", "-o", "StrictHostKeyChecking=yes", "-o", "UpdateHostKeys=no", *options]
    words += ["-o", "PreferredAuthentications=none", f"nobody@{HOST}", "exit"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    return "SSH2_MSG_SERVICE_ACCEPT received" in done.stderr


EXPIRED: dict[str, Any] = {"valid_after": 1, "valid_before": 2}
# The lines of the file, the keys of the server (``ed/ca`` is a certificate of ed signed by ca), our error or "".
TABLE = [
    ("", ["ed"], "host_key_unknown"),
    ("{h} <ed>", ["ed"], ""),
    ("{h} <ed>", ["ed2"], "host_key_changed"),
    ("{h} <rsa>\n{h} <ed>", ["ed2"], "host_key_changed"),
    ("{h} <rsa>", ["ed", "ec", "rsa"], ""),
    ("{#h} <rsa>", ["ed", "ec", "rsa"], ""),
    ("{#h} <rsa>\n{#h} <ed2>", ["ec", "ed2"], ""),
    ("{#h} <ed>", ["ed2"], "host_key_changed"),
    ("{#h} <rsa>", ["ed"], "host_key_changed"),
    ("127.0.0.1 <ed>", ["ed"], ""),
    ("127.0.0.1 <rsa>", ["ed"], "host_key_unknown"),
    ("127.0.0.1 <ed>", ["ed2"], "host_key_unknown"),
    ("127.0.0.1 <ed>\n{h} <ed2>", ["ed"], "host_key_changed"),
    ("[127.0.0.1]:1 <ed>", ["ed"], "host_key_unknown"),
    ("[127.0.0.*]:{port} <ed>", ["ed"], ""),
    ("[127.0.0.*]:*,!{h} <ed>", ["ed"], "host_key_unknown"),
    ("* <ed>", ["ed"], ""),
    ("other,{h},[x]:1 <ed>", ["ed"], ""),
    ("@revoked {h} <ed>\n{h} <ed>", ["ed"], "host_key_revoked"),
    ("@revoked * <ed>\n{h} <ed>", ["ed"], "host_key_revoked"),
    ("@revoked {#h} <ed>\n{#h} <ed>", ["ed"], "host_key_revoked"),
    ("@revoked 127.0.0.1 <ed>\n{h} <ed>", ["ed"], ""),
    ("@revoked 127.0.0.1 <ed>", ["ed"], "host_key_revoked"),
    ("@revoked * <ed>\n{h} <rsa>\n{h} <ed>", ["rsa", "ed"], ""),
    ("@cert-authority {h} <ca>", ["ed/ca"], ""),
    ("@cert-authority {#h} <ca>", ["ed/ca"], ""),
    ("@cert-authority 127.0.0.* <ca>", ["ed/ca"], ""),
    ("@cert-authority * <ca>", ["rsa/ca"], ""),
    ("@cert-authority {h} <ca>", ["ed/ca2"], "host_key_unknown"),
    ("@cert-authority {h} <ca>", ["ed"], "host_key_unknown"),
    ("@cert-authority {h} <ed>", ["ed"], "host_key_unknown"),
    ("{h} <ca>", ["ed/ca"], "host_key_changed"),
    ("{h} <ed>", ["ed/ca"], ""),
    ("@cert-authority {h} <ca>\n{h} <ed>", ["ed/ca2"], ""),
    ("@cert-authority {h} <ca>\n{h} <ed>", ["ed"], ""),
    ("@cert-authority {h} <ca>", ["ed/ca/expired"], "host_key_unknown"),
    ("@cert-authority {h} <ca>", ["ed/ca/named"], "host_key_unknown"),
    ("@cert-authority {h} <ca>\n{h} <ed>", ["ed/ca/expired"], ""),
    ("@cert-authority {h} <ca>\n@revoked {h} <ca>", ["ed/ca"], "host_key_revoked"),
    ("@cert-authority {h} <ca>\n@revoked * <ca>\n{h} <ed>", ["ed/ca"], "host_key_revoked"),
    ("@cert-authority {h} <ca>\n@revoked * <ed>", ["ed/ca"], "host_key_revoked"),
    ("@cert-authority {h} <ca>\n@revoked 127.0.0.1 <ed>", ["ed/ca"], ""),
    ("@cert-authority 127.0.0.1 <ca>\n@revoked 127.0.0.1 <ed>", ["ed/ca"], "host_key_revoked"),
    ("@cert-authority {h} <ca>\n@revoked * <ed>\n{h} <ed>", ["ed/ca"], "host_key_revoked"),
    ("{h} garbage\n{h} ssh-ed25519 AAAA\n{h} <ed>", ["ed"], ""),
]


def server_key(text: str) -> Any:
    key, *rest = text.split("/")
    if not rest:
        return KEYS[key]
    options: dict[str, Any] = EXPIRED if "expired" in rest else {}
    return certificate(key, rest[0], ("elsewhere",) if "named" in rest else (HOST,), **options)


@needs_ssh
@pytest.mark.parametrize(("lines", "keys", "kind"), TABLE)
def test_the_same_verdict_as_openssh(tmp_path: Path, lines: str, keys: list[str], kind: str) -> None:
    file = tmp_path / "known_hosts"
    with serving(*map(server_key, keys)) as port:
        file.write_text(in_file(lines, port) + "\n")
        assert openssh_connects(file, port) is (kind == "")
        seen = connect(device(file, port))
    assert seen.kind == kind, seen.message
    assert "No credentials were sent" in seen.message or kind in ("", "host_key_unknown")
