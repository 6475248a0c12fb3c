# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host keys against real SSH servers, and the same files with the real OpenSSH client."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import json
import os
import pty
import re
import select
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import asyncssh
import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Device, Hop
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError, Phase
from ansible_collections.rollcall.network.plugins.module_utils._transport import host_keys
from ansible_collections.rollcall.network.plugins.module_utils._transport.bastions import Way
from ansible_collections.rollcall.network.plugins.module_utils._transport.open import Transports
from ansible_collections.rollcall.network.plugins.plugin_utils._host_keys import collect_keys
from tests.integration.conftest import run_playbook
from tests.integration.odd_server import OddServer
from tests.integration.openssh import descendants, kill

HOST = "127.0.0.1"
# The playbook as users see it, in the collection.
PLAYBOOK = Path(__file__).parents[2] / "collections/ansible_collections/rollcall/network/playbooks/host_keys.yml"
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
def serving(*keys: Any, address: str = HOST, **options: Any) -> Iterator[int]:
    """Serve with these host keys, which can be pairs of key and certificate, in a thread. Yields the port."""
    ready, stop = Event(), asyncio.Event()
    ports: list[int] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        server = await asyncssh.create_server(NobodyLogsIn, address, 0, server_host_keys=list(keys), **options)
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
                host_key_alias=keys.host_key_alias,
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


def openssh_connects(file: Path, port: int, host: str = HOST) -> bool:
    """Whether ssh comes to the login with StrictHostKeyChecking=yes."""
    words = ["ssh", "-F", "none", "-v", "-p", str(port), "-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={file}"]
    words += ["-o", "GlobalKnownHostsFile=none", "-o", "StrictHostKeyChecking=yes", "-o", "UpdateHostKeys=no"]
    words += ["-o", "PreferredAuthentications=none", "-l", "nobody", host, "exit"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    return "SSH2_MSG_SERVICE_ACCEPT received" in done.stderr


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


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


@pytest.mark.cases(15)
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


@needs_ssh
@pytest.mark.skipif(not has_ipv6(), reason="the loopback has no IPv6 address")
@pytest.mark.parametrize("host", ["::1", "0:0:0:0:0:0:0:1", "0000::0001"])
@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ("[::1]:{port} <ed>", ""),
        ("::1 <ed>", ""),
        ("[::1]:{port} <ed2>", "host_key_changed"),
        ("@revoked [::1]:* <ed>", "host_key_revoked"),
    ],
)
def test_the_same_verdict_as_openssh_for_ipv6(tmp_path: Path, host: str, lines: str, kind: str) -> None:
    file = tmp_path / "known_hosts"
    with serving(KEYS["ed"], address="::1") as port:
        file.write_text(in_file(lines, port) + "\n")
        assert openssh_connects(file, port, host) is (kind == "")
        seen = connect(device(file, port, host=host))
    assert seen.kind == kind, seen.message


# -- our own behaviour ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "keys", "connections"),
    [
        ("{h} <rsa>", ["ed", "rsa"], 1),
        ("{#h} <ed>", ["ed", "rsa"], 1),
        ("{#h} <rsa>", ["ed", "rsa"], 2),
        ("@cert-authority * <ca>\n{h} <ed>", ["ed/ca"], 1),
        ("@cert-authority * <ca>\n{h} <ed>", ["ed/ca2"], 2),
    ],
)
def test_a_second_connection_is_made_only_where_it_may_succeed(
    tmp_path: Path, lines: str, keys: list[str], connections: int
) -> None:
    file = tmp_path / "known_hosts"
    with serving(*map(server_key, keys)) as port:
        file.write_text(in_file(lines, port) + "\n")
        seen = connect(device(file, port))
    assert (seen.kind, seen.connections) == ("", connections)


@pytest.mark.parametrize(
    ("lines", "keys", "parts"),
    [
        ("", ["ed"], ["<ed>", "known: none", "ansible-playbook rollcall.network.host_keys --limit r1"]),
        ("{#h} <ed>\n{#h} <rsa>", ["ed2"], ["<ed2>", "<ed>", "<rsa>", "ssh-keygen -R '[127.0.0.1]:{port}' -f {file}"]),
        ("@revoked * <ed>\n{h} <ed>", ["ed"], ["<ed>", "{file} line 1"]),
        ("@cert-authority * <ca>", ["ed/ca2"], ["<ca2>", "<ca>", "Host CA key is not trusted", "--limit r1"]),
        ("@cert-authority * <ca>", ["ed/ca/expired"], ["<ca>", "Certificate expired"]),
        ("@cert-authority * <ca>", ["ed/ca/named"], ["<ca>", "Certificate principal mismatch"]),
        ("@cert-authority * <ca>\n@revoked * <ca>", ["ed/ca"], ["<ca>", "{file} line 2"]),
        ("@cert-authority * <ca>\n{h} <rsa>", ["ed/ca2"], ["<ed>", "<rsa>", "ssh-keygen -R"]),
    ],
)
def test_the_error_has_the_fingerprints_and_the_command(
    tmp_path: Path, lines: str, keys: list[str], parts: list[str]
) -> None:
    file = tmp_path / "known_hosts"
    with serving(*map(server_key, keys)) as port:
        file.write_text(in_file(lines, port) + "\n")
        message = connect(device(file, port)).message
    for part in parts:
        text = re.sub(r"<(\w+)>", lambda match: sha256(match[1]), part)
        assert text.replace("{port}", str(port)).replace("{file}", str(file)) in message, message


@needs_ssh
def test_the_command_of_the_error_removes_the_old_key(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    with serving(KEYS["ed2"]) as port:
        file.write_text(in_file("{#h} <ed>\nother <ed>", port) + "\n")
        message = connect(device(file, port)).message
        subprocess.run(message.rpartition("remove the old key: ")[2], shell=True, check=True, capture_output=True)
        assert connect(device(file, port)).kind == "host_key_unknown"
    assert file.read_text() == f"other {public('ed')}\n"


@needs_ssh
def test_accept_new_learns_what_openssh_then_accepts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_keys, "_accepted", {})
    file = tmp_path / "known_hosts"
    with serving(KEYS["ed"], KEYS["rsa"]) as port:
        new = connect(device(file, port, accept_new_host_keys=True)).new
        assert new is not None
        assert not file.exists()  # one process writes it, and not the one that connects
        assert connect(device(file, port, accept_new_host_keys=True)) == Seen("", "", None, 1)
        host_keys.append(new.file, [new.line])
        assert connect(device(file, port)) == Seen("", "", None, 1)
        assert openssh_connects(file, port)
    with serving(KEYS["ed2"]) as other_port:
        file.write_text(in_file("{h} <ed>", other_port) + "\n")
        assert connect(device(file, other_port, accept_new_host_keys=True)).kind == "host_key_changed"


def test_without_host_key_checking_certificates_are_accepted_too(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    with serving(server_key("ed/ca2/expired")) as port:
        file.write_text(in_file("@cert-authority * <ca>\n@revoked * <ed>", port) + "\n")
        assert connect(device(file, port, host_key_checking=False)) == Seen("", "", None, 1)


def test_a_certificate_is_for_the_alias(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(in_file("@cert-authority elsewhere <ca>", 0) + "\n")
    alias = (("hostkeyalias", "elsewhere"),)
    with serving(server_key("ed/ca/named")) as port:
        assert connect(device(file, port, ssh_options=alias)).kind == ""
        assert connect(device(file, port)).kind == "host_key_unknown"


# -- the keys of a fleet -------------------------------------------------------------------------------------------


class Nobody:
    """A session without a limit and without a person. It implements ``open.Context``."""

    deadline: float | None = None
    limit = ("timeout", "")
    phase: Phase = "connect"
    way: Way | None = None

    def enter(self, phase: Phase) -> None:
        self.phase = phase

    async def may_send_secret(self, secret: str = "login") -> None:
        """It may."""

    def logged_in(self) -> None:
        """Nobody listens."""

    def uncounted(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def tell(self, message: Any) -> None:
        pytest.fail(f"nothing is to be told: {message}")

    async def ask_person(self, question: str) -> None:
        pytest.fail(f"nobody is to be asked: {question}")


def fetched(login: Device) -> list[str]:
    """The fingerprints of the keys."""

    async def attempt() -> list[bytes]:
        return await Transports().host_keys(login, Nobody())

    return [host_keys.fingerprint(key) for key in asyncio.run(attempt())]


@pytest.mark.parametrize("keys", [["ed"], ["rsa"], ["ed", "ec", "rsa"], ["dss"]])
def test_every_kind_of_key_is_fetched(tmp_path: Path, keys: list[str]) -> None:
    made = [asyncssh.generate_private_key("ssh-dss") if key == "dss" else KEYS[key] for key in keys]
    with serving(*made) as port:
        found = fetched(device(tmp_path / "known_hosts", port))
    assert found == [key.get_fingerprint() for key in made]


def test_old_devices_have_keys_too(tmp_path: Path) -> None:
    old: dict[str, Any] = {
        "kex_algs": ["diffie-hellman-group1-sha1"],
        "encryption_algs": ["3des-cbc"],
        "mac_algs": ["hmac-sha1"],
        "signature_algs": ["ssh-rsa"],
    }
    with serving(KEYS["rsa"], **old) as port:
        assert fetched(device(tmp_path / "known_hosts", port)) == [sha256("rsa")]
        with pytest.raises(DeviceError) as refused:
            fetched(device(tmp_path / "known_hosts", port, legacy_ssh=False))
    assert refused.value.error.kind in {"key_exchange", "disconnected"}  # the device may close the connection first


@contextmanager
def listening(answer: bytes | None) -> Iterator[int]:
    """A server that sends this and closes, or is silent."""
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _address = server.accept()
                    if answer is None:
                        held.append(connection)
                    else:
                        connection.sendall(answer)
                        connection.close()

        held: list[socket.socket] = []
        Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        for connection in held:
            connection.close()


@pytest.mark.parametrize(
    ("answer", "status"),
    [(None, "timeout"), (b"", "unreachable"), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "unreachable")],
)
def test_a_device_that_presents_no_key_is_an_error(tmp_path: Path, answer: bytes | None, status: str) -> None:
    with listening(answer) as port, pytest.raises(DeviceError) as refused:
        fetched(device(tmp_path / "known_hosts", port, connect_timeout=0.5))
    assert (refused.value.status, refused.value.error.phase) == (status, "connect")


def test_a_device_behind_a_bastion_is_not_asked_directly(tmp_path: Path) -> None:
    gate = Hop("gate", HOST, 1, "u", host_key_checking=False)
    with serving(KEYS["ed"]) as port, pytest.raises(DeviceError, match=r"bastion gate .*refused the connection"):
        fetched(device(tmp_path / "known_hosts", port, hops=(gate,)))


def answering_telnet() -> contextlib.AbstractContextManager[int]:
    return listening(b"User Access Verification\r\n\r\nUsername: ")


@pytest.mark.parametrize(
    ("way", "bastions"),
    [
        ({"rollcall_jump_hosts": ["outer", "inner"]}, ["outer", "inner"]),
        ({"ansible_ssh_common_args": "-J outer,inner"}, ["outer", "inner"]),
        ({"ansible_ssh_common_args": "-o ProxyCommand='sshpass -p AAAA ssh -W %h:%p -p {outer} u@127.0.0.1'"}, [HOST]),
    ],
)
def test_the_playbook_learns_the_keys_behind_bastions(tmp_path: Path, way: dict[str, Any], bastions: list[str]) -> None:
    """Each run learns the keys of one bastion more. No password is sent to a bastion whose key is not known."""
    file, inventory = tmp_path / "known_hosts", tmp_path / "hosts.json"
    with (
        OddServer(forwards=True) as outer,
        OddServer(forwards=True) as inner,
        serving(KEYS["ed"], KEYS["rsa"]) as port,
        serving(KEYS["ec"]) as other,
    ):
        gate = {"ansible_host": HOST, "ansible_user": "u", "ansible_password": "AAAA"}
        hosts: dict[str, Any] = {
            name: {**gate, "ansible_port": each.port} for name, each in zip(bastions, (outer, inner), strict=False)
        }
        for name, each in (("r1", port), ("r2", other)):
            hosts[name] = {"ansible_host": HOST, "ansible_port": each, **way}
        if HOST in hosts:
            hosts.pop(HOST)
        shared = {"rollcall_known_hosts": [str(file)]}
        text = json.dumps({"all": {"vars": shared, "hosts": hosts}})
        inventory.write_text(text.replace("{outer}", str(outer.port)))

        def learned() -> str:
            done = run_playbook(PLAYBOOK, inventory, "--limit", "r1,r2", "-e", "rollcall_accept_host_keys=true")
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        for number, name in enumerate(bastions):
            said = learned()
            assert f"the host key of bastion {name} is not known yet; write it, and run this playbook again: " in said
            assert f"  {name} ({HOST} port " in said
            assert f"1 key of 1 device written to {file}" in said
            assert (len(outer.logins), len(inner.logins)) == (number, 0)
        assert f"3 keys of 2 devices written to {file}" in learned()
        assert f"known ({2 + len(bastions)})" in learned()
    assert public("ed") in file.read_text()


def test_telnet_devices_have_no_host_keys(tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.json"
    with answering_telnet() as port:
        usual = {"ansible_host": HOST, "ansible_port": port, "rollcall_known_hosts": [str(tmp_path / "known_hosts")]}
        telnets = ({"rollcall_transport": "telnet"}, {"ansible_network_os": "cisco_ios_telnet"})
        hosts = {f"r{number}": {**usual, **each} for number, each in enumerate((*telnets, {}))}
        inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
        said = run_playbook(PLAYBOOK, inventory).stdout
    assert "reached with Telnet, which has no host keys: r0, r1" in said
    assert "the device said 'User Access Verification Username:' instead of beginning SSH" in said


@pytest.mark.parametrize(("answer", "written"), [("yes", True), ("no", False)])
def test_the_playbook_asks_a_person_at_a_terminal(tmp_path: Path, answer: str, written: bool) -> None:
    file, inventory = tmp_path / "known_hosts", tmp_path / "hosts.json"
    with serving(KEYS["ed"]) as port:
        host = {"ansible_host": HOST, "ansible_port": port, "rollcall_known_hosts": [str(file)]}
        inventory.write_text(json.dumps({"all": {"hosts": {"r1": host}}}))
        ours, theirs = pty.openpty()
        words = [str(Path(sys.executable).parent / "ansible-playbook"), str(PLAYBOOK), "-i", str(inventory)]
        environ = {**os.environ, "HOME": str(tmp_path)}
        environ.pop("AWX_ISOLATED_DATA_DIR", None)
        # It must be the controlling terminal.
        login = partial(os.login_tty, theirs)
        process = subprocess.Popen(words, cwd=tmp_path, env=environ, pass_fds=[theirs], preexec_fn=login)
        os.close(theirs)
        said, deadline = b"", time.monotonic() + 100
        with contextlib.suppress(OSError):  # the end of a terminal
            while time.monotonic() < deadline:
                if select.select([ours], [], [], 0.5)[0]:
                    said += os.read(ours, 65536)
                elif b"Type yes to write them" in said:  # the task discards what is typed before it is ready
                    os.write(ours, f"{answer}\r".encode())
        if process.poll() is None and time.monotonic() >= deadline:
            kill([*descendants(process.pid), process.pid])
        assert process.wait(60) == 0, said
        os.close(ours)
    assert sha256("ed").encode() in said
    assert file.exists() is written, said.decode()


def test_the_playbook_shows_writes_and_replaces(tmp_path: Path) -> None:
    """One fleet through the playbook: check mode, no answer, AWX, confirmed, known, changed, replaced."""
    file, inventory = tmp_path / "ssh" / "known_hosts", tmp_path / "hosts.json"

    def learn(ports: dict[str, int], *extra: str, env: dict[str, str] | None = None) -> str:
        hosts = {name: {"ansible_host": HOST, "ansible_port": port} for name, port in ports.items()}
        # The connection of network devices, as it is usual in the group all. The collection of it is not installed.
        shared = {"ansible_connection": "ansible.netcommon.network_cli", "rollcall_known_hosts": [str(file)]}
        inventory.write_text(json.dumps({"all": {"vars": shared, "hosts": hosts}}))
        done = run_playbook(PLAYBOOK, inventory, *extra, env=env)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        return said

    with serving(KEYS["ed"], KEYS["rsa"]) as one, serving(KEYS["ed"]) as two, serving(KEYS["ec"]) as three:
        ports = {"r1": one, "r2": two, "r3": three, "r4": 1}
        accept = ("-e", "rollcall_accept_host_keys=true")
        for extra, env in ((("-C", *accept), {}), ((), {}), ((), {"AWX_ISOLATED_DATA_DIR": "/runner"})):
            said = learn(ports, *extra, env=env)
            for key in ("ed", "rsa", "ec"):
                assert sha256(key) in said
            assert "2 devices have the same key, and each should have its own: r1, r2" in said
            assert f"{HOST} port 1 refused the connection; check that SSH is enabled and that the port is" in said
            assert not file.exists()
        assert f"4 keys of 3 devices written to {file}" in learn(ports, *accept)
        lines = [f"[{HOST}]:{one} <ed>", f"[{HOST}]:{one} <rsa>", f"[{HOST}]:{two} <ed>", f"[{HOST}]:{three} <ec>"]
        assert file.read_text() == "".join(in_file(line, 0) + "\n" for line in lines)
        assert "known (3)" in learn(ports, *accept)
        assert "new:" not in learn(ports, "--limit", "r3")
        file.write_text(in_file(f"[{HOST}]:{one} <ed2>\n[{HOST}]:{three} <ec>", 0) + "\n")
        said = learn({"r1": one, "r3": three}, *accept)
        assert f"known: ssh-ed25519 {sha256('ed2')}" in said
        assert public("ed2") in file.read_text()
        said = learn({"r1": one, "r3": three}, "-e", "rollcall_replace_host_keys=r1")
        assert f"2 keys of 1 device written to {file}" in said
        assert (
            file.read_text() == in_file(f"[{HOST}]:{three} <ec>\n[{HOST}]:{one} <ed>\n[{HOST}]:{one} <rsa>", 0) + "\n"
        )


def test_keys_are_fetched_in_other_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a device sends cannot stop the process that waits."""

    def here(*_arguments: Any, **_options: Any) -> None:
        pytest.fail("the keys were fetched in this process")

    monkeypatch.setattr(asyncssh, "get_server_host_key", here)
    with serving(KEYS["ed"]) as port, listening(b"HTTP/1.1 400 Bad Request\r\n\r\n") as odd_port:
        devices = {
            "r1": device(tmp_path / "known_hosts", port, password="AAAA"),
            "odd": device(tmp_path / "known_hosts", odd_port),
        }
        found = collect_keys(devices)
    assert {name: each["state"] for name, each in found.items()} == {"r1": "new", "odd": "unreached"}
    assert found["r1"]["keys"][0]["key"].startswith("AAAA"), "no password is masked in a key"
