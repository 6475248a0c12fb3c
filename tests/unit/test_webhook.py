# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a webhook was not reached: real servers, real TLS."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.rollcall.network.plugins.plugin_utils._webhook import headers_of, post

TOKEN = "T0ken-that-nobody-may-see"
NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


def certificate(file: Path, *, address: str = "127.0.0.1", ends: datetime.datetime = NOW + DAY) -> Path:
    """A self-signed certificate and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 3 * DAY)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + made.public_bytes(pem))
    return file


@contextlib.contextmanager
def server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server for one connection. Return its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with contextlib.suppress(OSError):
                connection, _address = listener.accept()
                with connection:
                    serve(connection)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                socket.create_connection(listener.getsockname(), 1).close()
            thread.join()


def tls(file: Path, **settings: ssl.TLSVersion | ssl.VerifyMode) -> Callable[[socket.socket], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with warnings.catch_warnings(action="ignore"):  # an old version of TLS is what the test is about
        for name, value in settings.items():
            setattr(context, name, value)
    if context.verify_mode is ssl.CERT_REQUIRED:
        context.load_verify_locations(file)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            request = b""
            while not request.endswith(b"{}"):  # else what is not read breaks the connection
                request += secure.recv(65536)
            secure.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    return serve


def plain(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.recv(65536)


def closing(connection: socket.socket) -> None:
    connection.recv(65536)


@pytest.mark.parametrize(
    ("case", "trusted", "says"),
    [
        ("good", True, None),
        ("good", False, "TLS failed: its certificate is not accepted: self-signed certificate"),
        ("expired", True, "TLS failed: its certificate is not accepted: certificate has expired"),
        ("other name", True, "TLS failed: its certificate is not accepted: it is for another name"),
        ("old version", True, "TLS failed: "),
        ("client certificate", True, "TLS failed"),
        ("plain", True, "TLS failed: wrong version number (the server may not speak TLS on this port)"),
        ("closing", True, "TLS failed: "),
    ],
)
def test_a_failure_of_tls_is_named(
    case: str, trusted: bool, says: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(
        tmp_path / "server.pem",
        address="127.0.0.2" if case == "other name" else "127.0.0.1",
        ends=NOW - DAY if case == "expired" else NOW + DAY,
    )
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    serves = {
        "plain": plain,
        "closing": closing,
        "old version": tls(file, minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1),
        "client certificate": tls(file, verify_mode=ssl.CERT_REQUIRED),
    }
    with server(serves.get(case, tls(file))) as port:
        said = post(f"https://127.0.0.1:{port}/{TOKEN}", {}, {"Authorization": f"Bearer {TOKEN}"})
    if says is None:
        assert said is None
    else:
        assert said is not None
        assert said.startswith(says)
        assert TOKEN not in said
        assert "127.0.0" not in said


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://127.0.0.1:1/", "it cannot be reached: the connection was refused"),
        ("http://nowhere.invalid/", "it cannot be reached: its name cannot be resolved"),
    ],
)
def test_a_webhook_that_is_not_reached(address: str, says: str) -> None:
    assert post(address + TOKEN, {}) == says


def test_a_server_that_closes_the_connection() -> None:
    with server(closing) as port:
        assert post(f"http://127.0.0.1:{port}/{TOKEN}", {}) == "it cannot be reached: the connection was closed"


@pytest.mark.parametrize(
    ("headers", "token", "sent"),
    [
        (None, TOKEN, f"Bearer {TOKEN}"),
        ({"authorization": "Key 1"}, None, "Key 1"),
        (None, None, "Basic b3BzOm90aGVy"),
    ],
    ids=["token", "header", "neither"],
)
def test_a_login_in_netrc_does_not_replace_the_token(
    headers: dict[str, str] | None, token: str | None, sent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ops password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    received = bytearray()

    def serve(connection: socket.socket) -> None:
        while b"\r\n\r\n" not in received:
            received.extend(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with server(serve) as port:
        assert post(f"http://127.0.0.1:{port}/", {}, headers_of(headers, token)) is None
    lines = received.decode().split("\r\n")
    assert [line.partition(": ")[2] for line in lines if line.lower().startswith("authorization:")] == [sent]
