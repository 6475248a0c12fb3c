# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cli driver against a real OpenSSH: logins, host keys, algorithms, jumps, and what must never leak or hang."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._result import Result
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits
from tests.integration.asking import results_of
from tests.integration.conftest import ShellServer, meanwhile, shell_server, watched_processes
from tests.integration.openssh import (
    KEY_TYPES,
    OLD_GEAR,
    OpenSshServer,
    descendants,
    kill,
    known_host,
    make_key,
    processes,
    wait_until,
)

VERSION = "show version"
VERSION_TEXT = "Box OS, version 1.2.3\nSerial number BOX0001\nUptime is 4 days, 2 hours"

# A command line that takes its time: a second between two lines, or for ever in the middle of one.
SLOW_SCRIPT = r"""
while :; do
    printf 'slow# '
    IFS= read -r line || exit 0
    case $line in
        'show slow') printf 'first line\n'; sleep 1; printf 'last line\n' ;;
        'show stuck') printf 'first line\nhalf a li'; touch "$HOME/began"; sleep 60 ;;
        exit) exit 0 ;;
    esac
done
"""


@pytest.fixture(autouse=True)
def nothing_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key and no agent but those that a test brings."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


def device(server: OpenSshServer | ShellServer, name: str = "box", **settings: Any) -> Device:
    """The server as a device: a known one, without anything to log in with."""
    usual: dict[str, Any] = {
        "host": server.address,
        "port": server.port,
        "user": server.user,
        "platform": "frr",
        "commands": (Command(VERSION),),
        "known_hosts": (str(server.known_hosts),),
        "connect_timeout": 10.0,
    }
    return Device(name, **{**usual, **settings})


def ask_all(devices: Sequence[Device], **limits: Any) -> dict[str, Result]:
    """Asks the devices at once. Whatever comes of it, no secret may be in it."""
    by_name = {each.name: each for each in devices}
    results = results_of(by_name, Limits(**{"device_timeout": 20, **limits}))
    for each in devices:
        for secret in (each.password, each.private_key, each.passphrase):
            assert not secret or secret not in repr(results)
    return results


def ask(one: Device, **limits: Any) -> Result:
    return ask_all([one], **limits)[one.name]


def text(result: Result, command: str = VERSION) -> str:
    """The answer of a device that is ok."""
    assert result.status == "ok", result.error
    answer: str = result.value[command].text
    return answer


def failure(result: Result) -> tuple[str, str, str]:
    """Status, phase and kind of what went wrong."""
    assert result.error is not None, result
    return result.status, result.error.phase, result.error.kind


class Log:
    """What a server's sshd writes from now on."""

    def __init__(self, server: OpenSshServer | ShellServer) -> None:
        self._sshd = server.sshd
        self._start = len(self._sshd.log())

    def has(self, words: str) -> None:
        """Waits until it wrote these words. Raises FixtureError, with what it wrote, when it does not."""
        wait_until(lambda: words in self._now(), f"sshd wrote {words!r}", timeout=5, details=self._now)

    def settled(self) -> str:
        """All that it wrote, for what must not be in it: a session may write its last lines after its client left."""
        time.sleep(0.3)
        return self._now()

    def _now(self) -> str:
        return self._sshd.log()[self._start :]


# Logins

Login = Callable[[OpenSshServer], dict[str, Any]]


def key_file(kind: str) -> Login:
    return lambda server: {"private_key_file": str(server.keys[kind].file)}


def key_in_memory(kind: str) -> Login:
    return lambda server: {"private_key": server.keys[kind].file.read_text()}


LOGINS: dict[str, tuple[str, Login]] = {
    "password": ("password", lambda server: {"password": server.password}),
    **{f"{kind} key file": ("publickey", key_file(kind)) for kind in KEY_TYPES},
    **{f"{kind} key in memory": ("publickey", key_in_memory(kind)) for kind in KEY_TYPES},
    "encrypted key file": (
        "publickey",
        lambda server: {
            "private_key_file": str(server.keys["encrypted"].file),
            "passphrase": server.keys["encrypted"].passphrase,
        },
    ),
    "encrypted key in memory": (
        "publickey",
        lambda server: {
            "private_key": server.keys["encrypted"].file.read_text(),
            "passphrase": server.keys["encrypted"].passphrase,
        },
    ),
    "key in memory without its last line end": (
        "publickey",
        lambda server: {"private_key": server.keys["ed25519"].file.read_text().rstrip()},
    ),
    "key before password": (
        "publickey",
        lambda server: {"private_key_file": str(server.keys["ed25519"].file), "password": "not asked for"},
    ),
    "password after a key that is not there": (
        "password",
        lambda server: {"private_key_file": "/nonexistent/key", "password": server.password},
    ),
    "password after a key that needs a pass phrase": (
        "password",
        lambda server: {"private_key_file": str(server.keys["encrypted"].file), "password": server.password},
    ),
    "password after a key that is not accepted": (  # the server's own: a good key, but nobody's login
        "password",
        lambda server: {
            "private_key_file": str(server.known_hosts.parent / "host_ed25519"),
            "password": server.password,
        },
    ),
}


@pytest.mark.parametrize(("method", "login"), LOGINS.values(), ids=LOGINS)
def test_logs_in(openssh: OpenSshServer, method: str, login: Login) -> None:
    log = Log(openssh)
    assert text(ask(device(openssh, **login(openssh)))) == VERSION_TEXT
    log.has(f"Accepted {method} for {openssh.user} ")


def test_logs_in_where_only_keyboard_interactive_is_offered(openssh_here: None) -> None:
    with OpenSshServer(auth=["keyboard-interactive"]) as server:
        assert text(ask(device(server, password=server.password))) == VERSION_TEXT
        assert "Accepted keyboard-interactive/pam" in server.sshd.log()
        log = Log(server)
        result = ask(device(server, password="wrong"), retries=3)
        assert failure(result) == ("auth_failed", "auth", "refused")
        assert result.attempts == 1
        assert log.settled().count("Authentication failure") == 1


@pytest.mark.parametrize("kind", KEY_TYPES)
def test_logs_in_by_the_agent(openssh: OpenSshServer, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    with openssh.agent(kind) as auth_sock:
        monkeypatch.setenv("SSH_AUTH_SOCK", auth_sock)
        assert text(ask(device(openssh))) == VERSION_TEXT
    # It is gone now.
    assert failure(ask(device(openssh))) == ("auth_failed", "auth", "no_credentials")


def test_the_agent_helps_where_the_named_key_needs_a_pass_phrase(
    openssh: OpenSshServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with openssh.agent() as auth_sock:
        monkeypatch.setenv("SSH_AUTH_SOCK", auth_sock)
        assert text(ask(device(openssh, private_key_file=str(openssh.keys["encrypted"].file)))) == VERSION_TEXT


def test_an_agent_that_hangs_keeps_nobody_else_waiting(
    openssh: OpenSshServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        agent.listen(32)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        stuck = [device(openssh, f"stuck-{number}") for number in range(6)]
        others = [device(openssh, f"box-{number}", password=openssh.password) for number in range(3)]
        results = ask_all([*stuck, *others], device_timeout=5)
    assert {results[each.name].status for each in stuck} == {"timeout"}
    for each in others:
        assert text(results[each.name]) == VERSION_TEXT


def test_a_key_in_its_usual_place_is_tried(openssh: OpenSshServer, tmp_path: Path) -> None:
    tmp_path.joinpath(".ssh").mkdir()
    shutil.copy(openssh.keys["ed25519"].file, tmp_path / ".ssh" / "id_ed25519")
    assert text(ask(device(openssh))) == VERSION_TEXT


def test_a_key_file_that_cannot_be_read_is_named(openssh: OpenSshServer, tmp_path: Path) -> None:
    result = ask(device(openssh, private_key_file=str(tmp_path / "id_gone")))
    assert failure(result) == ("auth_failed", "auth", "private_key")
    assert result.error is not None
    assert f"{tmp_path / 'id_gone'} cannot be read: No such file or directory" in result.error.message


def test_a_key_file_that_cannot_be_read_leaves_the_password(openssh: OpenSshServer, tmp_path: Path) -> None:
    result = ask(device(openssh, private_key_file=str(tmp_path / "id_gone"), password=openssh.password))
    assert result.status == "ok", result.error


@pytest.mark.parametrize("place", ["private_key_file", "private_key"])
@pytest.mark.parametrize("passphrase", ["not-the-pass-phrase-7", None])
def test_a_wrong_pass_phrase_is_told(openssh: OpenSshServer, place: str, passphrase: str | None) -> None:
    log = Log(openssh)
    file = openssh.keys["encrypted"].file
    key = str(file) if place == "private_key_file" else file.read_text()
    result = ask(device(openssh, passphrase=passphrase, **{place: key}), retries=3)
    assert failure(result) == ("auth_failed", "auth", "private_key")
    assert result.attempts == 1
    assert result.error is not None
    assert "private key" in result.error.message
    assert (str(file) in result.error.message) == (place == "private_key_file")
    assert "Failed" not in log.settled()


def test_a_wrong_password_is_tried_once(openssh: OpenSshServer) -> None:
    log = Log(openssh)
    result = ask(device(openssh, password="wrong"), retries=3)
    assert failure(result) == ("auth_failed", "auth", "refused")
    assert result.attempts == 1
    assert log.settled().count("Failed password") == 1


def test_nothing_to_log_in_with_is_told(openssh: OpenSshServer) -> None:
    log = Log(openssh)
    result = ask(device(openssh), retries=3)
    assert failure(result) == ("auth_failed", "auth", "no_credentials")
    assert result.attempts == 1
    assert result.error is not None
    assert "set ansible_password or ansible_ssh_private_key_file" in result.error.message
    assert "Failed" not in log.settled()


def test_a_device_that_hangs_up_on_a_wrong_password_is_not_asked_again(openssh_here: None) -> None:
    with OpenSshServer(auth=["password"], max_auth_tries=1) as server:
        log = Log(server)
        result = ask(device(server, password="wrong"), retries=3)
        assert failure(result) == ("auth_failed", "auth", "closed")
        assert result.attempts == 1
        assert log.settled().count("Failed password") == 1


# Host keys


def known_keys(server: OpenSshServer, tmp_path: Path, kind: str, hashed: bool) -> str:
    """A known_hosts file with only the server's key of this kind."""
    source = server.known_hosts_hashed if hashed else server.known_hosts
    found = [line for line in source.read_text().splitlines(keepends=True) if kind in line.split()[1]]
    assert len(found) == 1
    tmp_path.joinpath("known_hosts").write_text(found[0])
    return str(tmp_path / "known_hosts")


@pytest.mark.parametrize("hashed", [False, True], ids=["plain", "hashed"])
@pytest.mark.parametrize("kind", KEY_TYPES)
def test_the_one_key_that_is_known_is_asked_for(
    openssh: OpenSshServer, tmp_path: Path, kind: str, hashed: bool
) -> None:
    # The server has all three: a client that takes another one finds it unknown.
    known = known_keys(openssh, tmp_path, kind, hashed)
    assert text(ask(device(openssh, password=openssh.password, known_hosts=(known,)))) == VERSION_TEXT


@pytest.mark.parametrize("hashed", [False, True], ids=["plain", "hashed"])
def test_any_known_key_will_do(openssh: OpenSshServer, tmp_path: Path, hashed: bool) -> None:
    known = openssh.known_hosts_hashed if hashed else openssh.known_hosts
    two = (str(tmp_path / "not-there"), str(known))
    assert text(ask(device(openssh, password=openssh.password, known_hosts=two))) == VERSION_TEXT


def foreign_key(server: OpenSshServer, tmp_path: Path, marker: str = "") -> str:
    """A known_hosts line for the server with a key that is not its own."""
    return marker + known_host(server.address, server.port, make_key(tmp_path / "foreign", "ed25519"))


def own_key_revoked(server: OpenSshServer, tmp_path: Path) -> str:
    lines = server.known_hosts.read_text().splitlines(keepends=True)
    return "".join(f"@revoked {line}{line}" for line in lines)


UNTRUSTED: dict[str, tuple[str, str, Callable[[OpenSshServer, Path], str]]] = {
    "unknown": (
        "host_key_unknown",
        "add the key: ansible-playbook rollcall.network.host_keys --limit box",
        lambda server, tmp_path: "",
    ),
    "known on another port": (
        "host_key_unknown",
        "Compare the fingerprint with the device's console",
        lambda server, tmp_path: server.known_hosts.read_text().replace(str(server.port), str(server.port + 1)),
    ),
    "changed": ("host_key_changed", "No credentials were sent", foreign_key),
    "revoked": ("host_key_revoked", "No credentials were sent", own_key_revoked),
}


@pytest.mark.parametrize(("kind", "advice", "lines"), UNTRUSTED.values(), ids=UNTRUSTED)
def test_a_host_key_that_is_not_trusted_gets_no_password(
    openssh: OpenSshServer,
    tmp_path: Path,
    kind: str,
    advice: str,
    lines: Callable[[OpenSshServer, Path], str],
) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(lines(openssh, tmp_path))
    log = Log(openssh)
    result = ask(device(openssh, password=openssh.password, known_hosts=(str(known),)), retries=3)
    assert failure(result) == ("unreachable", "connect", kind)
    assert result.attempts == 1
    assert result.error is not None
    assert advice.format(port=openssh.port, address=openssh.address) in result.error.message
    assert str(known) in result.error.message
    written = log.settled()
    assert "preauth" in written, "it was reached"
    for word in ("Accepted", "Failed", "authenticating user"):
        assert word not in written


def test_a_changed_key_is_seen_in_a_hashed_file_too(openssh: OpenSshServer, tmp_path: Path) -> None:
    lines = openssh.known_hosts_hashed.read_text().splitlines()
    foreign = make_key(tmp_path / "foreign", "ed25519").public.split()[:2]
    known = tmp_path / "known_hosts"
    known.write_text(" ".join([lines[0].split()[0], *foreign]) + "\n")
    result = ask(device(openssh, password=openssh.password, known_hosts=(str(known),)))
    assert failure(result) == ("unreachable", "connect", "host_key_changed")


def test_without_checking_any_host_key_will_do(openssh: OpenSshServer, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(foreign_key(openssh, tmp_path))
    unchecked = device(openssh, password=openssh.password, known_hosts=(str(known),), host_key_checking=False)
    assert text(ask(unchecked)) == VERSION_TEXT


# Algorithms


@pytest.mark.parametrize("login", ["password", "rsa key file", "rsa key in memory"])
def test_old_gear_is_reached(old_gear: OpenSshServer, login: str) -> None:
    assert text(ask(device(old_gear, **LOGINS[login][1](old_gear)))) == VERSION_TEXT


@pytest.fixture(scope="module")
def old_gear(openssh_here: None) -> Iterator[OpenSshServer]:
    # OpenSSH 9.2 announces SHA-2 signatures even where it refuses them, which no old gear does: so let it take them.
    algorithms = {name: value for name, value in OLD_GEAR.items() if name != "PubkeyAcceptedAlgorithms"}
    with OpenSshServer(host_keys=["rsa"], algorithms=algorithms) as server:
        yield server


def test_no_common_algorithm_is_told_at_once(openssh_here: None) -> None:
    with OpenSshServer(algorithms={"KexAlgorithms": "sntrup761x25519-sha512@openssh.com"}) as server:
        result = ask(device(server, password=server.password), retries=3)
        assert failure(result) == ("unreachable", "connect", "key_exchange")
        assert result.error is not None
        assert "no common SSH algorithms" in result.error.message
        assert result.attempts == 1


# Broken off


@pytest.fixture(scope="module")
def slow(openssh_here: None) -> Iterator[ShellServer]:
    with shell_server(SLOW_SCRIPT) as server:
        yield server


def test_what_came_before_the_server_died_is_kept(slow: ShellServer) -> None:
    def kill_session() -> None:
        wait_until(slow.home.joinpath("began").exists, "the stuck answer began", timeout=10)
        time.sleep(0.2)
        kill(descendants(slow.sshd.process.pid))

    commands = (Command("show slow"), Command("show stuck"), Command("show slow again"))
    with meanwhile(kill_session):
        result = ask(device(slow, password=slow.password, commands=commands))
    assert failure(result) == ("partial", "command", "session_closed")
    outputs = result.value
    assert [output.status for output in outputs.values()] == ["ok", "failed", "skipped"]
    assert outputs["show slow"].text == "first line\nlast line"
    assert outputs["show stuck"].text == "first line\nhalf a li"
    assert "during its answer" in outputs["show stuck"].error.message


# Through another machine


def jump_command(jump: ShellServer, target: OpenSshServer | ShellServer) -> str:
    options = {
        "UserKnownHostsFile": str(jump.known_hosts),
        "GlobalKnownHostsFile": "/dev/null",
        "IdentityFile": str(jump.key.file),
        "BatchMode": "yes",
    }
    words = " ".join(f"-o {name}={value}" for name, value in options.items())
    return f"ssh -F /dev/null {words} -p {jump.port} -W [{target.address}]:{target.port} {jump.user}@{jump.address}"


@pytest.fixture(scope="module")
def jump(openssh_here: None) -> Iterator[ShellServer]:
    if shutil.which("ssh") is None:
        pytest.skip("Not installed: ssh.")
    with shell_server() as server:
        yield server


def is_our_ssh(folder: Path) -> bool:
    """Whether this process, known by its folder below /proc, is an ssh that we started; a zombie is one too."""
    status = (folder / "status").read_text()
    return status.startswith("Name:\tssh\n") and f"\nPPid:\t{os.getpid()}\n" in status


def test_a_jump_host_carries_the_connection(openssh: OpenSshServer, jump: ShellServer) -> None:
    log = Log(jump)
    # The way there is the proxy's: the device's own address need not be reachable from here.
    through = device(openssh, password=openssh.password, proxy_command=jump_command(jump, openssh))
    assert text(ask(through)) == VERSION_TEXT
    log.has("Accepted publickey")
    assert processes(is_our_ssh) == [], "ssh is ended, and no zombie is left"


@pytest.mark.parametrize(
    ("command", "kind"), [("/nonexistent/proxy", "bastion"), ("false", "bastion"), ("sh -c 'unclosed", "bastion")]
)
def test_a_proxy_that_does_not_work_is_told(openssh: OpenSshServer, command: str, kind: str) -> None:
    result = ask(device(openssh, password=openssh.password, proxy_command=command))
    assert failure(result) == ("unreachable", "connect", kind)


# What must not leak


def test_no_secret_is_in_any_process_list(slow: ShellServer, jump: ShellServer) -> None:
    with watched_processes() as seen:
        through = device(
            slow,
            password=slow.password,
            passphrase="not-to-be-seen",
            commands=(Command("show slow"),),
            proxy_command=jump_command(jump, slow),
        )
        assert text(ask(through), "show slow") == "first line\nlast line"
    assert [line for line in seen if f"-W\0[{slow.address}]:{slow.port}" in line], "the watch sees the proxy"
    for secret in (slow.password, "not-to-be-seen"):
        assert not [line for line in seen if secret in line]


def test_nothing_stays_open_after_many_logins(openssh: OpenSshServer, jump: ShellServer, tmp_path: Path) -> None:
    unknown = tmp_path / "known_hosts"
    unknown.touch()
    kinds: list[Mapping[str, Any]] = [
        {"password": openssh.password},
        {"private_key_file": str(openssh.keys["ed25519"].file)},
        {},
        {"password": openssh.password, "known_hosts": (str(unknown),)},
        {"password": openssh.password, "proxy_command": jump_command(jump, openssh)},
    ]
    devices = [device(openssh, f"box{index}", **kinds[index % len(kinds)]) for index in range(50)]
    ask_all(devices[: len(kinds)])  # loads what is loaded once
    before = len(os.listdir("/proc/self/fd")), threading.active_count()
    results = ask_all(devices, workers=10)
    assert [result.status for result in results.values()] == ["ok", "ok", "auth_failed", "unreachable", "ok"] * 10
    wait_until(lambda: threading.active_count() <= before[1], "the workers have ended", timeout=5)
    assert len(os.listdir("/proc/self/fd")) <= before[0]


# What must not hang


def test_a_mute_agent_holds_neither_its_device_beyond_its_time_nor_the_others(
    openssh: OpenSshServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    beats: list[float] = []
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(0.01):
            beats.append(time.monotonic())

    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        agent.listen(10)  # accepted by the kernel, never answered
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        others = [device(openssh, f"other{index}", password=openssh.password) for index in range(5)]
        with meanwhile(beat):
            try:
                results = ask_all([device(openssh, "mute"), *others], device_timeout=8)
            finally:
                ended.set()
    assert failure(results["mute"]) == ("timeout", "auth", "device_timeout")
    for other in others:
        assert text(results[other.name]) == VERSION_TEXT
        assert sum(results[other.name].seconds.values()) < 7, "it did not wait for the mute one"
    pauses = [later - earlier for earlier, later in itertools.pairwise(beats)]
    assert max(pauses) < 4, "the interpreter was not locked"
