# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways of docs/awx.md to serve the reports, nginx and S3, as they are written there. Only reports are served."""

from __future__ import annotations

import base64
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.integration.openssh import wait_until

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "awx.md"
DOCUMENTED = "/var/lib/rollcall/Network/Roll_call"
RUN = "runs/2026-01-01T020000Z-7"
# One device is called `reports`.
PAGES = [
    "reports/index.html",
    "reports/devices/r1.html",
    f"{RUN}/reports/index.html",
    f"{RUN}/reports/devices/r1.html",
    f"{RUN}/reports/devices/reports.html",
]
OTHERS = [
    f"{RUN}/devices/r1/show version.txt",
    f"{RUN}/devices/r1/result.json",
    f"{RUN}/devices/reports/result.json",
    f"{RUN}/manifest.json",
    f"{RUN}/events.jsonl",
    "state/devices.jsonl",
    "last_good/reports/show version.txt",
    "history.git/config",
]


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """An output folder."""
    top = tmp_path / "out"
    for name in PAGES + OTHERS:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(name)
    (top / "latest").symlink_to(RUN)
    return top


def block(kind: str, part: str) -> str:
    """The block of the page that has this part."""
    [found] = [each for each in re.findall(rf"```{kind}\n(.*?)```", DOCS.read_text(), re.DOTALL) if part in each]
    return str(found)


@pytest.fixture
def nginx(served: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a server with the documented configuration."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None or shutil.which("openssl") is None:
        pytest.skip("nginx or openssl is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    key = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=reports.example.com", "-days", "2"]
    subprocess.run(
        [*key, "-keyout", "reports.key", "-out", "reports.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=60,
    )
    (tmp_path / "reports.htpasswd").write_text("team:{PLAIN}secret\n")
    text = block("nginx", "rollcall").replace("/etc/nginx/", f"{tmp_path}/").replace(f"{DOCUMENTED}/", f"{served}/")
    assert str(served) in text
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}")
    folders = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # The files of the test are for its user alone.
    user = "user root;" if os.geteuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(
        f"{user} daemon off; pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}}\n"
        f"http {{ access_log off; {folders}\n{text}\n}}\n"
    )
    with subprocess.Popen(
        [program, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", f"{tmp_path}/log"]
    ) as run:
        try:
            url = f"https://127.0.0.1:{port}/rollcall"
            wait_until(lambda: run.poll() is None and answers(url), "nginx answers", 60)
            yield url
        finally:
            run.terminate()
            run.wait(60)


def answers(url: str) -> bool:
    try:
        return status_of(url) > 0
    except urllib.error.URLError:
        return False


def status_of(url: str, login: str | None = "team:secret") -> int:
    headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"} if login else {}
    request = urllib.request.Request(url.replace(" ", "%20"), headers=headers)
    context = ssl._create_unverified_context()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_nginx_as_documented_serves_the_reports_to_users_and_nothing_else(nginx: str, served: Path) -> None:
    pages = [*PAGES, "reports/", "latest/reports/", "latest/reports/devices/reports.html"]
    assert {page: status_of(f"{nginx}/{page}") for page in pages} == dict.fromkeys(pages, 200)
    assert {page: status_of(f"{nginx}/{page}", None) for page in pages} == dict.fromkeys(pages, 401)
    others = [*OTHERS, "", "latest/manifest.json", "latest/devices/reports/result.json"]
    others += [f"reports/../{OTHERS[0]}", f"reports/..%2f{OTHERS[0]}", f"reports//../{OTHERS[0]}"]
    assert {other: status_of(f"{nginx}/{other}") for other in others} == dict.fromkeys(others, 403)


def test_s3_as_documented_gets_the_reports_and_nothing_else(served: Path) -> None:
    path = f"{os.environ['PATH']}:{ROOT / '.cache' / 'peers' / 'bin'}"
    if shutil.which("aws", path=path) is None:
        pytest.skip("the command of AWS is not there; make peers installs it")
    came: list[str] = []

    class Bucket(BaseHTTPRequestHandler):
        """Of S3, what the command uses: an empty list, and objects that are accepted."""

        def do_GET(self) -> None:
            self._answer(b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></ListBucketResult>')

        def do_PUT(self) -> None:
            if self.headers.get("Expect"):
                self.handle_expect_100()
            while self.headers.get("Transfer-Encoding") == "chunked":
                size = int(self.rfile.readline().partition(b";")[0], 16)
                self.rfile.read(size)
                if not size:
                    break
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            came.append(unquote(urlsplit(self.path).path).removeprefix("/network-reports/rollcall/"))
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", '"0"')
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    command = block("console", "aws s3 sync").removeprefix("$ ").partition("#")[0].replace(DOCUMENTED, str(served))
    with ThreadingHTTPServer(("127.0.0.1", 0), Bucket) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environ = {
            "PATH": path,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_ACCESS_KEY_ID": "id",
            "AWS_SECRET_ACCESS_KEY": "key",
            "AWS_DEFAULT_REGION": "us-east-1",
            "no_proxy": "*",
        }
        try:
            done = subprocess.run(
                ["bash", "-c", command],
                env={**os.environ, **environ},
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
        finally:
            server.shutdown()
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(came) == sorted(PAGES)
