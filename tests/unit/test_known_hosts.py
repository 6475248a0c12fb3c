# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import hmac
import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._known_hosts import KnownHosts, Verdict
from ansible_collections.rollcall.network.plugins.module_utils._transport.host_keys import _missing_in

MATCH, UNKNOWN, CHANGED, REVOKED = Verdict.MATCH, Verdict.UNKNOWN, Verdict.CHANGED, Verdict.REVOKED


def blob(seed: int, key_type: str = "ssh-ed25519") -> bytes:
    """A key in the SSH wire format: nothing here looks behind its type."""
    name = key_type.encode()
    return len(name).to_bytes(4, "big") + name + (32).to_bytes(4, "big") + bytes([seed]) * 32


def line(names: str, key: bytes, marker: str = "") -> str:
    key_type = key[4 : 4 + key[3]].decode()
    return f"{marker} {names} {key_type} {base64.b64encode(key).decode()} a comment".strip()


def hashed(name: str, salt: bytes = b"12345678901234567890") -> str:
    digest = hmac.digest(salt, name.encode(), "sha1")
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def load(tmp_path: Path, *lines: str) -> KnownHosts:
    path = tmp_path / "known_hosts"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogateescape")
    return KnownHosts.load([str(path)])


A, B, RSA = blob(1), blob(2), blob(3, "ssh-rsa")


@pytest.mark.parametrize(
    ("lines", "name", "port", "key", "verdict"),
    [
        ([], "r1", 22, A, UNKNOWN),
        ([line("r1", A)], "r1", 22, A, MATCH),
        ([line("r1", A)], "r1", 22, B, CHANGED),
        ([line("r1", A)], "r2", 22, A, UNKNOWN),
        ([line("r1,192.0.2.1", A)], "192.0.2.1", 22, A, MATCH),
        ([line("R1.Example", A)], "r1.eXAMPLE", 22, A, MATCH),
        ([line("r1", A), line("r1", B)], "r1", 22, B, MATCH),
        ([line("r1", RSA)], "r1", 22, A, CHANGED),
        # Ports. The last four follow what OpenSSH 9.2's client was seen to do.
        ([line("[r1]:830", A)], "r1", 830, A, MATCH),
        ([line("[r1]:830", A)], "r1", 22, A, UNKNOWN),
        ([line("[r1]:830", A)], "r1", 831, A, UNKNOWN),
        ([line("[2001:db8::1]:830", A)], "2001:DB8::1", 830, A, MATCH),
        ([line("r1", A)], "r1", 830, A, MATCH),
        ([line("r1", A)], "r1", 830, B, UNKNOWN),
        ([line("r1", A), line("[r1]:830", B)], "r1", 830, A, CHANGED),
        ([line("r1", A, "@revoked")], "r1", 830, A, REVOKED),
        ([line("r1", A, "@revoked"), line("[r1]:830", A)], "r1", 830, A, MATCH),
        # Patterns
        ([line("*.example", A)], "r1.example", 22, A, MATCH),
        ([line("*.example", A)], "r1.example.net", 22, A, UNKNOWN),
        ([line("192.0.2.?", A)], "192.0.2.1", 22, A, MATCH),
        ([line("192.0.2.?", A)], "192x0.2.1", 22, A, UNKNOWN),
        ([line("192.0.2.?", A)], "192.0.2.12", 22, A, UNKNOWN),
        ([line("*,!r9*", A)], "r1", 22, A, MATCH),
        ([line("*,!r9*", A)], "r9", 22, A, UNKNOWN),
        ([line("!r9", A)], "r1", 22, A, UNKNOWN),
        ([line("[*]:830", A)], "r1", 830, A, MATCH),
        ([line("*", A)], "r1", 830, A, MATCH),
        # Hashed
        ([line(hashed("r1"), A)], "R1", 22, A, MATCH),
        ([line(hashed("r1"), A)], "r1", 22, B, CHANGED),
        ([line(hashed("r1"), A)], "r2", 22, A, UNKNOWN),
        ([line(hashed("[r1]:830"), A)], "r1", 830, A, MATCH),
        ([line(hashed("[r1]:830"), A)], "r1", 830, B, CHANGED),
        # Markers
        ([line("*", A, "@revoked"), line("r1", A)], "r1", 22, A, REVOKED),
        ([line(hashed("r1"), A, "@revoked"), line("r1", A)], "r1", 22, A, REVOKED),
        ([line("*", A, "@revoked"), line("r1", B)], "r1", 22, B, MATCH),
        ([line("*", A, "@revoked")], "r1", 22, B, UNKNOWN),
        ([line("*", A, "@cert-authority")], "r1", 22, A, UNKNOWN),
        ([line("*", A, "@cert-authority")], "r1", 22, B, UNKNOWN),
    ],
)
def test_check(tmp_path: Path, lines: list[str], name: str, port: int, key: bytes, verdict: Verdict) -> None:
    known = load(tmp_path, *lines)
    assert known.problems == []
    assert known.check([name], port, key) is verdict


def test_check_of_several_names(tmp_path: Path) -> None:
    known = load(tmp_path, line("r1", A), line(hashed("192.0.2.1"), B), line("192.0.2.1", RSA, "@revoked"))
    assert known.check(["r1", "192.0.2.1"], 22, A) is MATCH
    assert known.check(["r1", "192.0.2.1"], 22, B) is MATCH
    assert known.check(["r1", "192.0.2.1"], 22, RSA) is REVOKED
    assert known.check(["r1", "192.0.2.1"], 22, blob(9)) is CHANGED
    assert known.check([], 22, A) is UNKNOWN


def test_key_types(tmp_path: Path) -> None:
    ecdsa = blob(4, "ecdsa-sha2-nistp256")
    known = load(
        tmp_path,
        line("r1", RSA),
        line("?1", A),
        line("r1", blob(5, "ssh-rsa")),
        line("r1", ecdsa, "@revoked"),
        line("r1", ecdsa, "@cert-authority"),
        line("[r1]:830", ecdsa),
        line(hashed("r2"), ecdsa),
        line(hashed("r2"), A),
    )
    assert known.key_types(["r1"], 22) == ["ssh-rsa", "ssh-ed25519"]
    assert known.key_types(["r1"], 830) == ["ecdsa-sha2-nistp256"]
    assert known.key_types(["r1"], 831) == ["ssh-rsa", "ssh-ed25519"]
    assert known.key_types(["R2", "192.0.2.2"], 22) == ["ecdsa-sha2-nistp256", "ssh-ed25519"]
    assert known.key_types(["r3"], 22) == []


def test_problems_are_noted_and_passed_over(tmp_path: Path) -> None:
    known = load(
        tmp_path,
        "# a comment",
        "",
        " \t ",
        "r1",
        "r1 ssh-ed25519 ???",
        line("r1", A).replace("ssh-ed25519", "ssh-rsa"),
        "r1 ssh-ed25519 AAAA",
        "@wrong r1 ssh-ed25519 AAAA",
        "|1|x|y ssh-ed25519 " + base64.b64encode(A).decode(),
        "@revoked",
        "r\udcff1 ssh-\udcff AAAA",
        "r1 2048 65537 1234567890",
        "  " + line("r1", A).replace(" ", "\t") + "\r",
    )
    where = [problem.split(": ")[0] for problem in known.problems]
    assert where == [f"{tmp_path}/known_hosts:{number}" for number in (4, 5, 6, 7, 8, 9, 10, 11, 12)]
    assert known.check(["r1"], 22, A) is MATCH


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    good = tmp_path / "good"
    good.write_text(line("r1", A))
    known = KnownHosts.load([str(tmp_path / "missing"), str(tmp_path), str(good)])
    assert known.check(["r1"], 22, A) is MATCH
    assert [problem.split(":")[0] for problem in known.problems] == [str(tmp_path)]


@pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="ssh-keygen (the package openssh-client) is not installed"
)
def test_agrees_with_ssh_keygen(tmp_path: Path) -> None:
    """What ssh-keygen hashes and finds in the same file is found here too."""
    path = tmp_path / "known_hosts"
    keys: dict[str, bytes] = {}
    names = {"ed25519": "r1,192.0.2.1", "ecdsa": "[r2]:830", "rsa": "r3"}
    for key_type, name in names.items():
        key_file = tmp_path / key_type
        subprocess.run(["ssh-keygen", "-q", "-t", key_type, "-N", "", "-f", str(key_file)], check=True)
        words = Path(f"{key_file}.pub").read_text().split()
        keys[name] = base64.b64decode(words[1])
        with path.open("a") as file:
            file.write(f"{name} {words[0]} {words[1]}\n")
    plain = KnownHosts.load([str(path)])
    subprocess.run(
        ["ssh-keygen", "-q", "-H", "-f", str(path)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    hashed_file = KnownHosts.load([str(path)])
    for name, port in [("r1", 22), ("192.0.2.1", 22), ("r2", 830), ("r2", 22), ("r3", 22), ("r3", 830), ("r9", 22)]:
        lookup = name if port == 22 else f"[{name}]:{port}"
        found = subprocess.run(
            ["ssh-keygen", "-F", lookup, "-f", str(path)], capture_output=True, text=True, check=False
        )
        lines = [text.split()[1:3] for text in found.stdout.splitlines() if not text.startswith("#")]
        for known in (plain, hashed_file):
            assert known.problems == []
            if lines:
                assert known.key_types([name], port) == [text[0] for text in lines]
                assert known.check([name], port, base64.b64decode(lines[0][1])) is MATCH
                assert known.check([name], port, blob(9)) is CHANGED
            else:
                assert known.check([name], port, blob(9)) is UNKNOWN
    assert hashed_file.check(["r3"], 830, keys["r3"]) is MATCH


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["there"], "it is not in {0}"),
        (["missing"], "{0} does not exist"),
        (["there", "missing"], "it is not in {0} and {1} does not exist"),
        (["missing", "other"], "{0}, {1} do not exist"),
        ([], "there is no known_hosts file"),
    ],
)
def test_a_file_that_is_missing_is_said_to_be(tmp_path: Path, names: list[str], sentence: str) -> None:
    (tmp_path / "there").write_text("")
    paths = tuple(str(tmp_path / name) for name in names)
    assert _missing_in(paths) == sentence.format(*paths)
