# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real servers that other tests rely on do what they say, as OpenSSH's own client sees it, and leave nothing."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.integration import openssh
from tests.integration.frr import CONFIG_FOLDER, SOCKET_FOLDER, FrrLab, Router
from tests.integration.openssh import (
    AUTH_METHODS,
    KEY_TYPES,
    OLD_GEAR,
    FixtureError,
    OpenSshServer,
    make_key,
)

CLIENTS_MISSING = [name for name in ("ssh", "sshpass") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(bool(CLIENTS_MISSING), reason=f"Not installed: {', '.join(CLIENTS_MISSING)}.")


def ours() -> set[str]:
    """All that this test process has put on the machine: users, namespaces, folders, processes."""
    marks = f"rc{os.getpid()}-", f"rollcall-{os.getpid()}-"
    folders = [Path(tempfile.gettempdir()), Path("/run/netns"), CONFIG_FOLDER, SOCKET_FOLDER]
    names = [f"user {user.pw_name}" for user in pwd.getpwall()]
    names += [str(path) for folder in folders if folder.is_dir() for path in folder.iterdir()]
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            command = (folder / "cmdline").read_bytes()
            # sshd adds the number of open logins to its command line.
            names.append(f"process {folder.name} {command.partition(b' [listener]')[0]!r}")
    return {name for name in names if any(mark in name for mark in marks)}


def ssh_command(user: str, address: str, port: int, known_hosts: Path, options: Sequence[str] = ()) -> list[str]:
    """A client that trusts only the known_hosts file and uses only the keys that it is given."""
    fixed = {
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": str(known_hosts),
        "GlobalKnownHostsFile": "/dev/null",
        "IdentitiesOnly": "yes",
        "IdentityFile": "none",
        "ConnectTimeout": "5",
        "NumberOfPasswordPrompts": "1",
    }
    # The first value of an option wins, so the caller's come first.
    words = [*options, *(f"-o{name}={value}" for name, value in fixed.items())]
    return ["ssh", "-F", "/dev/null", "-tt", "-p", str(port), *words, f"{user}@{address}"]


def login(
    command: Sequence[str], *lines: str, answer: str = "", prompt: str = "assword", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Logs in, types the lines and ``exit``; sshpass types ``answer`` where the client asks for a secret."""
    return subprocess.run(
        ["sshpass", "-P", prompt, "-e", *command],
        input="".join(f"{line}\n" for line in (*lines, "exit")),
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "SSHPASS": answer, **(env or {})},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def to_server(server: OpenSshServer, *options: str, known_hosts: Path | None = None) -> list[str]:
    return ssh_command(server.user, server.address, server.port, known_hosts or server.known_hosts, options)


def to_router(lab: FrrLab, router: Router, *options: str) -> list[str]:
    return ssh_command(lab.user, router.address, lab.port, lab.known_hosts, options)


@pytest.fixture(scope="module")
def needs_openssh() -> None:
    reason = OpenSshServer.missing()
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="module")
def needs_frr() -> None:
    reason = FrrLab.missing()
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="module")
def server(needs_openssh: None) -> Iterator[OpenSshServer]:
    before = ours()
    with OpenSshServer(host_keys=KEY_TYPES) as running:
        yield running
    assert ours() == before


@pytest.fixture(scope="module")
def lab(needs_frr: None) -> Iterator[FrrLab]:
    before = ours()
    with FrrLab() as running:
        yield running
    assert ours() == before


# The OpenSSH server


def test_login_lands_in_a_command_line(server: OpenSshServer) -> None:
    done = login(
        to_server(server), "show version", "terminal length 0", "show users", "show nonsense", answer=server.password
    )
    assert done.returncode == 0, done.stderr
    assert "show version\n" in done.stdout, "the terminal echoes"
    answers = done.stdout.partition("Welcome to box")[2].split("box# ")
    assert answers[1] == "Box OS, version 1.2.3\nSerial number BOX0001\nUptime is 4 days, 2 hours\n"
    assert answers[2] == ""
    assert server.user in answers[3]
    assert answers[4] == "% Unknown command\n"


@pytest.mark.parametrize("method", AUTH_METHODS)
def test_only_the_methods_asked_for_let_in(needs_openssh: None, method: str) -> None:
    with OpenSshServer(auth=[method]) as server:
        for tried in AUTH_METHODS:
            options = f"-oPreferredAuthentications={tried}", f"-oIdentityFile={server.keys['ed25519'].file}"
            done = login(to_server(server, *options), answer=server.password)
            assert (done.returncode == 0) == (tried == method), f"{tried}: {done.stderr}"
        accepted = "keyboard-interactive/pam" if method == "keyboard-interactive" else method
        assert f"Accepted {accepted} for {server.user}" in server.sshd.log()


def test_a_wrong_password_is_refused_by_pam(server: OpenSshServer) -> None:
    done = login(to_server(server, "-oPreferredAuthentications=keyboard-interactive"), answer="wrong")
    assert done.returncode != 0
    assert "Permission denied" in done.stderr


@pytest.mark.parametrize("name", [*KEY_TYPES, "encrypted"])
def test_every_key_lets_in(server: OpenSshServer, name: str) -> None:
    key = server.keys[name]
    options = f"-oIdentityFile={key.file}", "-oPreferredAuthentications=publickey"
    done = login(to_server(server, *options), answer=key.passphrase or "", prompt="passphrase")
    assert done.returncode == 0, done.stderr


def test_the_encrypted_key_needs_its_pass_phrase(server: OpenSshServer) -> None:
    options = f"-oIdentityFile={server.keys['encrypted'].file}", "-oPreferredAuthentications=publickey"
    done = login(to_server(server, *options), answer="wrong", prompt="passphrase")
    assert "Permission denied" in done.stderr


@pytest.mark.parametrize("name", KEY_TYPES)
def test_the_agent_holds_the_key_and_is_ended(server: OpenSshServer, name: str) -> None:
    command = to_server(server, "-oIdentitiesOnly=no", "-oPreferredAuthentications=publickey")
    with server.agent(name) as auth_sock:
        done = login(command, env={"SSH_AUTH_SOCK": auth_sock})
        assert done.returncode == 0, done.stderr
    assert not [entry for entry in ours() if auth_sock in entry]
    assert login(command, env={"SSH_AUTH_SOCK": auth_sock}).returncode != 0


@pytest.mark.parametrize("kind", ["ssh-ed25519", "rsa-sha2-512", "ecdsa-sha2-nistp256"])
def test_known_hosts_holds_every_host_key(server: OpenSshServer, kind: str) -> None:
    for known_hosts in server.known_hosts, server.known_hosts_hashed:
        command = to_server(server, f"-oHostKeyAlgorithms={kind}", known_hosts=known_hosts)
        assert login(command, answer=server.password).returncode == 0


def test_known_hosts_come_plain_and_hashed(server: OpenSshServer) -> None:
    plain = server.known_hosts.read_text().splitlines()
    hashed = server.known_hosts_hashed.read_text().splitlines()
    assert [line.split()[0] for line in plain] == [f"[127.0.0.1]:{server.port}"] * len(KEY_TYPES)
    assert [line[:3] for line in hashed] == ["|1|"] * len(KEY_TYPES)


def test_an_unknown_host_key_is_noticed(server: OpenSshServer, tmp_path: Path) -> None:
    done = login(to_server(server, known_hosts=tmp_path / "empty"), answer=server.password)
    assert "Host key verification failed" in done.stderr


def test_only_the_host_key_types_asked_for_are_offered(needs_openssh: None) -> None:
    with OpenSshServer(host_keys=["ecdsa"]) as server:
        assert "ecdsa-sha2-nistp256" in server.known_hosts.read_text()
        assert login(to_server(server), answer=server.password).returncode == 0
        refused = login(to_server(server, "-oHostKeyAlgorithms=ssh-ed25519"), answer=server.password)
        assert "no matching host key type" in refused.stderr


def test_old_gear_needs_old_algorithms(needs_openssh: None) -> None:
    with OpenSshServer(host_keys=["rsa"], algorithms=OLD_GEAR) as server:
        refused = login(to_server(server), answer=server.password)
        assert "Unable to negotiate" in refused.stderr
        old = [f"-o{keyword}={value}" for keyword, value in OLD_GEAR.items()]
        assert login(to_server(server, *old), answer=server.password).returncode == 0
        key = f"-oIdentityFile={server.keys['rsa'].file}"
        assert login(to_server(server, *old, key, "-oPreferredAuthentications=publickey")).returncode == 0


def test_hangs_up_after_too_many_attempts(needs_openssh: None, tmp_path: Path) -> None:
    wrong = [f"-oIdentityFile={make_key(tmp_path / f'wrong{i}', 'ed25519').file}" for i in range(2)]
    with OpenSshServer(max_auth_tries=2) as server:
        assert login(to_server(server, wrong[0]), answer=server.password).returncode == 0
        done = login(to_server(server, *wrong), answer=server.password)
        assert "Too many authentication failures" in done.stderr


@pytest.mark.parametrize("auth", [[], ["telnet"]])
def test_an_unknown_method_is_an_error(auth: list[str]) -> None:
    with pytest.raises(ValueError, match="expected some of password"):
        OpenSshServer(auth=auth)


def test_a_wrong_algorithm_is_told_with_what_sshd_wrote(needs_openssh: None) -> None:
    before = ours()
    with (
        pytest.raises(FixtureError, match="Bad SSH2 KexAlgorithms"),
        OpenSshServer(algorithms={"KexAlgorithms": "rot13"}),
    ):
        pass
    assert ours() == before


def test_an_open_session_does_not_outlive_the_server(needs_openssh: None) -> None:
    before = ours()
    with OpenSshServer(auth=["publickey"]) as server:
        command = to_server(server, f"-oIdentityFile={server.keys['ed25519'].file}")
        client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        read_until(client, b"box#")
        assert [entry for entry in ours() - before if "cli.sh" in entry], "the session's shell runs"
    client.communicate(timeout=5)
    assert ours() == before


def test_a_connection_that_never_logs_in_is_cut(needs_openssh: None) -> None:
    with OpenSshServer(auth=["publickey"]) as server:
        connection = socket.create_connection((server.address, server.port), timeout=5)
        assert connection.recv(100).startswith(b"SSH-2.0-OpenSSH")
    with connection:
        assert connection.recv(10_000) == b""


def test_an_exception_in_the_body_clears_away_too(needs_openssh: None) -> None:
    before = ours()
    with pytest.raises(KeyError), OpenSshServer(auth=["publickey"]):
        raise KeyError
    assert ours() == before


def read_until(process: subprocess.Popen[bytes], wanted: bytes) -> bytes:
    """What the process writes up to ``wanted``, or for 10 s."""
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    text, end = b"", time.monotonic() + 10
    while wanted not in text and time.monotonic() < end:
        text += process.stdout.read() or b""
        time.sleep(0.02)
    assert wanted in text, text
    return text


# The FRR lab


@pytest.mark.parametrize("name", ["r1", "r2", "r3"])
def test_login_lands_in_the_routers_vtysh(lab: FrrLab, name: str) -> None:
    done = login(to_router(lab, lab.routers[name]), "show version", "show nonsense", answer=lab.password)
    assert done.returncode == 0, done.stderr
    assert f"{name}# show version\nFRRouting" in done.stdout
    assert "% Unknown command: show nonsense" in done.stdout
    assert "--More--" not in done.stdout


def test_the_key_lets_in(lab: FrrLab) -> None:
    options = f"-oIdentityFile={lab.key_file}", "-oPreferredAuthentications=publickey"
    done = login(to_router(lab, lab.routers["r1"], *options))
    assert "r1#" in done.stdout, done.stderr


def test_a_wrong_password_does_not(lab: FrrLab) -> None:
    assert "Permission denied" in login(to_router(lab, lab.routers["r1"]), answer="wrong").stderr


def test_the_routers_learn_each_others_prefixes(lab: FrrLab) -> None:
    for router in lab.routers.values():
        summary = json.loads(router.vtysh("show ip bgp summary json"))["ipv4Unicast"]
        assert summary["as"] == 65000 + router.number
        assert [peer["state"] for peer in summary["peers"].values()] == ["Established"] * 2
        table = json.loads(router.vtysh("show ip bgp json"))["routes"]
        assert sorted(table) == [f"10.{number}.{net}.0/24" for number in (1, 2, 3) for net in (1, 2)]
        assert router.vtysh("show ip ospf neighbor").count("Full/-") == 2


def test_what_a_login_shows_is_the_ground_truth(lab: FrrLab) -> None:
    router = lab.routers["r2"]
    shown = login(to_router(lab, router), "show ip bgp summary", answer=lab.password).stdout
    peers = json.loads(router.vtysh("show ip bgp summary json"))["ipv4Unicast"]["peers"]
    for address, peer in peers.items():
        row = next(line for line in shown.splitlines() if line.startswith(address)).split()
        assert (row[2], row[-1]) == (str(peer["remoteAs"]), peer["desc"])


def test_the_inventory_is_one_for_ansible(lab: FrrLab) -> None:
    ansible_inventory = Path(sys.executable).with_name("ansible-inventory")
    if not ansible_inventory.exists():
        pytest.skip("Not installed: ansible-inventory.")
    command = [str(ansible_inventory), "-i", str(lab.inventory), "--list"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    hostvars = json.loads(done.stdout)["_meta"]["hostvars"]
    assert list(hostvars) == ["r1", "r2", "r3"]
    assert hostvars["r3"] == {
        "ansible_host": "127.0.7.3",
        "ansible_port": lab.port,
        "ansible_user": lab.user,
        "ansible_password": lab.password,
        "ansible_network_os": "frr.frr.frr",
        "rollcall_known_hosts": str(lab.known_hosts),
    }


def test_a_second_lab_beside_it_pages(lab: FrrLab) -> None:
    before = ours()
    with FrrLab(pager=True) as second:
        # A client without a terminal announces one of no size, which the pager takes for 24 lines.
        command = to_router(second, second.routers["r1"], f"-oIdentityFile={second.key_file}")
        client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert client.stdin is not None
        read_until(client, b"r1# ")
        client.stdin.write(b"show running-config\n")
        client.stdin.flush()
        page = read_until(client, b"--More--")
        assert b"hostname r1" in page
        assert b"router ospf" not in page
        client.stdin.write(b" " * 10)
        client.stdin.flush()
        assert b"router ospf" in read_until(client, b"r1# ")
        assert "Established" in lab.routers["r1"].vtysh("show ip bgp summary json")
    client.communicate(timeout=5)
    assert ours() == before


def test_a_lab_that_fails_halfway_is_cleared_away(needs_frr: None, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ours()
    during: set[str] = set()

    def fail(_lab: FrrLab, router: Router) -> None:
        during.update(ours())
        msg = f"{router.name} does not converge"
        raise FixtureError(msg)

    monkeypatch.setattr(FrrLab, "_wait_converged", fail)
    with pytest.raises(FixtureError, match="r1 does not converge"), FrrLab():
        pass
    assert len(during - before) >= 3 * 7, "namespace, two folders, three daemons and sshd of each router"
    assert ours() == before


# What is missing


@pytest.mark.parametrize("fixture", [OpenSshServer, FrrLab])
def test_says_what_is_missing(
    fixture: type[OpenSshServer | FrrLab], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(openssh, "SEARCH_PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "sshd" in (fixture.missing() or "")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "root" in (fixture.missing() or "")
