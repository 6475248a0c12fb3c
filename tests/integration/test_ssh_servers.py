# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH servers old and new: algorithms, certificates, prompts, agents, and what a server says when it refuses.

All servers of a table are asked in one play. Each row is checked by a test of its own.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.integration.conftest import Roll, call_roll
from tests.integration.login_server import ADDRESS, TEXT, End, EndServer, LoginServer, Round, TextServer, running
from tests.integration.openssh import OpenSshServer, known_host, make_key, run, scratch_folder

VERSION = "show version"
PASSWORD = "correct-horse"
OTP = "424242"
OLDEST = {
    "KexAlgorithms": "diffie-hellman-group1-sha1",
    "HostKeyAlgorithms": "ssh-rsa",
    "PubkeyAcceptedAlgorithms": "+ssh-rsa",
    "Ciphers": "3des-cbc",
    "MACs": "hmac-sha1",
}


@dataclass(frozen=True)
class Wanted:
    """What an answer must be: its status, the kind of its error, words of its message, and facts of its connection."""

    status: str = "ok"
    kind: str | None = None
    said: tuple[str, ...] = ()
    connection: Mapping[str, str] = field(default_factory=dict)
    attempts: int | None = None


def check(roll: Roll, name: str, wanted: Wanted) -> None:
    answer = roll.devices[name]
    assert answer["status"] == wanted.status, answer["error"]
    if wanted.kind is not None:
        assert answer["error"]["kind"] == wanted.kind, answer["error"]
    for words in wanted.said:
        assert words in answer["error"]["message"]
    if wanted.status == "ok":
        assert roll.text(name, VERSION).startswith(TEXT)
    for fact, value in wanted.connection.items():
        assert value in answer["connection"].get(fact, ""), answer["connection"]
    if wanted.attempts is not None:
        assert answer["attempts"] == wanted.attempts


def ask(folder: Path, hosts: Mapping[str, Mapping[str, Any]], **more: Any) -> Roll:
    """Ask these hosts in one play. A failed attempt is repeated once if it may be."""
    common = {
        "ansible_network_os": "frr",
        "ansible_host": ADDRESS,
        "ansible_host_key_checking": False,
        "ansible_command_timeout": 8,
        "ansible_connect_timeout": 8,
    }
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"vars": common, "hosts": hosts}}))
    roll = call_roll(inventory, {"commands": [VERSION], "retries": 1, "device_timeout": 60}, **more)
    for secret in (PASSWORD, OTP):
        assert secret not in json.dumps(roll.result)
        assert secret not in roll.output
    return roll


# Algorithms, real sshd

ALGORITHMS: dict[str, Mapping[str, str]] = {
    "group1, 3des": OLDEST,
    "group14-sha1, aes128-cbc": {
        **OLDEST,
        "KexAlgorithms": "diffie-hellman-group14-sha1",
        "Ciphers": "aes128-cbc",
        "MACs": "hmac-md5",
    },
    "group-exchange-sha1, aes256-cbc": {
        **OLDEST,
        "KexAlgorithms": "diffie-hellman-group-exchange-sha1",
        "Ciphers": "aes256-cbc",
        "MACs": "hmac-sha1-96",
    },
    "ecdh, ctr, etm": {
        "KexAlgorithms": "ecdh-sha2-nistp521",
        "Ciphers": "aes192-ctr",
        "MACs": "hmac-sha2-512-etm@openssh.com",
    },
    "curve25519, chacha": {"KexAlgorithms": "curve25519-sha256", "Ciphers": "chacha20-poly1305@openssh.com"},
    "group18, gcm": {"KexAlgorithms": "diffie-hellman-group18-sha512", "Ciphers": "aes256-gcm@openssh.com"},
}
SNTRUP = {"KexAlgorithms": "sntrup761x25519-sha512@openssh.com"}
HAS_SNTRUP = b"sntrup761x25519-sha512@openssh.com" in asyncssh.kex.get_kex_algs()


@pytest.fixture(scope="module")
def algorithms(openssh_here: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roll]:
    """Each server of ALGORITHMS with a password and with an RSA key, the oldest also without old algorithms."""
    with contextlib.ExitStack() as stack:
        hosts: dict[str, dict[str, Any]] = {}
        for name, options in {**ALGORITHMS, "sntrup": SNTRUP}.items():
            server = stack.enter_context(
                OpenSshServer(auth=["password", "publickey"], host_keys=["rsa", "ed25519"], algorithms=options)
            )
            usual = {"ansible_port": server.port, "ansible_user": server.user}
            hosts[name] = {**usual, "ansible_password": server.password}
            hosts[f"{name}, key"] = {**usual, "ansible_ssh_private_key_file": str(server.keys["rsa"].file)}
            hosts[f"{name}, no legacy"] = {**hosts[name], "rollcall_legacy_ssh": False}
        yield ask(tmp_path_factory.mktemp("algorithms"), hosts)


@pytest.mark.parametrize("login", ["", ", key"], ids=["password", "key"])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_algorithms_of_a_real_sshd(algorithms: Roll, name: str, login: str) -> None:
    options = ALGORITHMS[name]
    facts = {"transport": "ssh", "server_version": "OpenSSH", "kex": options["KexAlgorithms"]}
    check(algorithms, name + login, Wanted(connection={**facts, "cipher": options["Ciphers"]}))
    if "MACs" in options:
        assert algorithms.devices[name + login]["connection"]["mac"] == options["MACs"]


@pytest.mark.parametrize("name", ALGORITHMS)
def test_legacy_algorithms_can_be_switched_off(algorithms: Roll, name: str) -> None:
    options = ALGORITHMS[name]
    if "sha1" not in options["KexAlgorithms"]:
        check(algorithms, f"{name}, no legacy", Wanted(connection={"kex": options["KexAlgorithms"]}))
        return
    said = (options["KexAlgorithms"], "set rollcall_legacy_ssh to true")
    check(algorithms, f"{name}, no legacy", Wanted("unreachable", "key_exchange", said, attempts=1))


def test_an_sshd_with_only_sntrup(algorithms: Roll) -> None:
    """asyncssh has it only with liboqs. Without it, the message has what the device offers."""
    if HAS_SNTRUP:
        check(algorithms, "sntrup", Wanted(connection={"kex": SNTRUP["KexAlgorithms"]}))
    else:
        said = (SNTRUP["KexAlgorithms"], "enable others on the device")
        check(algorithms, "sntrup", Wanted("unreachable", "key_exchange", said, attempts=1))


# Certificates, real sshd


@dataclass(frozen=True)
class Certified:
    roll: Roll
    log: str


@pytest.fixture(scope="module")
def certified(openssh_here: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certified]:
    """A server that accepts nothing but certificates, and shows one."""
    with scratch_folder() as folder:
        authority, other = make_key(folder / "ca", "ed25519"), make_key(folder / "other_ca", "ed25519")
        host_key = make_key(folder / "host", "ed25519")
        options = {
            "HostKey": str(host_key.file),
            "HostCertificate": str(folder / "host-cert.pub"),
            "TrustedUserCAKeys": str(folder / "ca.pub"),
            "AuthorizedKeysFile": "none",
        }
        sign: list[str | Path] = ["-q", "-s", authority.file]
        run("ssh-keygen", *sign, "-I", "host", "-h", "-n", ADDRESS, folder / "host.pub")
        with OpenSshServer(auth=["publickey"], algorithms=options) as server:
            for kind in ("ed25519", "rsa"):
                make_key(folder / f"user_{kind}", kind)
                run("ssh-keygen", *sign, "-I", "user", "-n", server.user, folder / f"user_{kind}.pub")
            late, bare = make_key(folder / "late", "ed25519"), make_key(folder / "bare", "ed25519")
            run("ssh-keygen", *sign, "-I", "late", "-n", server.user, "-V", "20200101:20200102", folder / "late.pub")
            for name, key in (("known", authority), ("known_other", other)):
                line = known_host(server.address, server.port, key)
                folder.joinpath(name).write_text(f"@cert-authority {line}")
            usual = {
                "ansible_port": server.port,
                "ansible_user": server.user,
                "ansible_host_key_checking": True,
                "rollcall_known_hosts": str(folder / "known"),
                "ansible_ssh_private_key_file": str(folder / "user_ed25519"),
            }
            hosts = {
                "ed25519": usual,
                "rsa": {**usual, "ansible_ssh_private_key_file": str(folder / "user_rsa")},
                "late": {**usual, "ansible_ssh_private_key_file": str(late.file)},
                "bare": {**usual, "ansible_ssh_private_key_file": str(bare.file)},
                "other authority": {**usual, "rollcall_known_hosts": str(folder / "known_other")},
            }
            roll = ask(tmp_path_factory.mktemp("certified"), hosts)
            yield Certified(roll, server.sshd.log())


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_user_and_host_certificates(certified: Certified, kind: str) -> None:
    check(certified.roll, kind, Wanted())
    assert f"{kind.upper()}-CERT" in certified.log


@pytest.mark.parametrize("name", ["late", "bare"])
def test_a_key_without_a_valid_certificate_is_refused(certified: Certified, name: str) -> None:
    check(certified.roll, name, Wanted("auth_failed", "refused", attempts=1))


def test_a_host_certificate_of_another_authority(certified: Certified) -> None:
    check(certified.roll, "other authority", Wanted("unreachable", attempts=1))
    assert certified.roll.devices["other authority"]["error"]["kind"].startswith("host_key")


# Logins

ASKS = Round(["Password: "], [PASSWORD])
CODE = Round(["Verification code: "], [OTP])
NOTE = Round([], [], "All use is monitored.")
TERMS = Round(["Do you accept and acknowledge the statement above ? (yes/no) : "], ["yes"])
CODE_COMMAND = f"echo {OTP}"
Login = tuple[LoginServer, Mapping[str, Any], Wanted]
REFUSED = Wanted("auth_failed", attempts=1)


def by_prompts(*rounds: Round, wanted: Wanted = Wanted(), otp: str | None = None, **server: Any) -> Login:
    return LoginServer(rounds, **server), {"rollcall_otp_command": otp} if otp else {}, wanted


def by_password(wanted: Wanted = Wanted(), **server: Any) -> Login:
    return LoginServer(password=PASSWORD, **server), {}, wanted


LOGINS: dict[str, Login] = {
    "password": by_password(),
    "prompt": by_prompts(ASKS),
    "two rounds": by_prompts(ASKS, CODE, otp=CODE_COMMAND),
    "two questions of one round": by_prompts(Round(["Password: ", "OTP: "], [PASSWORD, OTP]), otp=CODE_COMMAND),
    "code first": by_prompts(CODE, ASKS, otp=CODE_COMMAND),
    "two rounds, no code": by_prompts(ASKS, CODE, wanted=Wanted("auth_failed", None, ("otp_command",), attempts=1)),
    "code command fails": by_prompts(ASKS, CODE, otp="exit 3", wanted=REFUSED),
    "wrong code": by_prompts(ASKS, CODE, otp="echo 000000", wanted=REFUSED),
    "password asked twice": by_prompts(ASKS, ASKS, wanted=REFUSED),
    "option of a menu": by_prompts(Round(["Passcode or option (1-2): "], ["1"]), wanted=REFUSED),
    "terms, then password": by_prompts(TERMS, ASKS),
    "note first": by_prompts(NOTE, ASKS),
    "note last": by_prompts(ASKS, NOTE),
    "notes around": by_prompts(NOTE, ASKS, NOTE, CODE, NOTE, otp=CODE_COMMAND),
    "prompt with the user": by_prompts(Round(["(admin@box) Password for admin: "], [PASSWORD])),
    "new password demanded": by_prompts(ASKS, Round(["New password: "], ["x"]), wanted=REFUSED),
    "expired": by_password(Wanted("auth_failed", "password_expired", attempts=1), expired=True),
    "banner": by_password(Wanted(connection={"banner": "Authorised users only"}), banner="Authorised users only\n"),
    "text before the version": by_password(before_version=b"Welcome to box\r\nsecond line\r\n"),
    "text before the version, hangs up": (
        LoginServer(password="another", hangs_up=True, before_version=b"Welcome to box\r\n"),
        {},
        Wanted("auth_failed", "closed", ("the device closed the connection",), attempts=1),
    ),
    "only mlkem": by_password(
        Wanted(connection={"kex": "mlkem768x25519-sha256"}), settings={"kex_algs": ["mlkem768x25519-sha256"]}
    ),
    "full": by_password(
        Wanted("unreachable", None, ("maximum of 5 sessions",), attempts=2),
        disconnect=(asyncssh.DISC_TOO_MANY_CONNECTIONS, "maximum of 5 sessions reached"),
    ),
    "barred": by_password(
        Wanted("unreachable", None, ("not allowed from this address",)),
        disconnect=(asyncssh.DISC_HOST_NOT_ALLOWED_TO_CONNECT, "not allowed from this address"),
    ),
}
# Texts that are not UTF-8, and language tags that are none.
GERMAN = "Zugriff nur für Befugte".encode("latin-1")
READ = "Zugriff nur f\ufffdr Befugte"
ENDED, ODD_TAG = b"Sitzung beendet f\xfcr Wartung", b"\xff\xfe"
LOGINS |= {
    "banner, latin-1": by_password(Wanted(connection={"banner": READ}), banner=GERMAN),
    "debug message, latin-1": by_password(debug=GERMAN),
    "prompt, latin-1": by_prompts(
        Round(["Passwort für admin: ".encode("latin-1")], [PASSWORD], GERMAN, ODD_TAG),
        wanted=Wanted(connection={"banner": READ}),
    ),
    "expired, latin-1": by_password(
        Wanted("auth_failed", "password_expired", attempts=1), expired=True, change="Kennwort ändern".encode("latin-1")
    ),
}
ENDS: dict[str, tuple[LoginServer | EndServer, Wanted]] = {
    f"{phase}, {what}": (
        EndServer(End(phase, reason, tag))
        if phase in ("version", "key exchange")
        else LoginServer(password=PASSWORD, end=End(phase, reason, tag)),
        Wanted("failed" if phase == "session" else "unreachable", None, (reason.decode("utf-8", "replace"),)),
    )
    for phase in ("version", "key exchange", "auth", "session")
    for what, reason, tag in (
        ("plain", b"Administrator cleared your session", b"en"),
        ("latin-1", ENDED, b""),
        ("odd tag", b"Too many sessions", ODD_TAG),
    )
}
ENDS["version that is latin-1"] = (
    EndServer(End("key exchange", ENDED), "SSH-2.0-Gerät".encode("latin-1")),
    Wanted("unreachable", "disconnected", (ENDED.decode("utf-8", "replace"),)),
)
ENDS["session, too short a message"] = (
    LoginServer(password=PASSWORD, garbled=True),
    Wanted("failed", None, ("was ended because of the device (Incomplete channel request received)",)),
)
BUSY = {
    "MaxStartups": "Exceeded MaxStartups\r\n",
    "no lines": "no vty lines available\r\n",
    "too many users": "% Too many users are logged in\r\n",
    "without a line end": "Connection refused: resource busy",
}


@pytest.fixture(scope="module")
def logins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Roll, dict[str, TextServer]]]:
    texts = {name: TextServer(text) for name, text in BUSY.items()}
    texts["SSH 1.5"] = TextServer("SSH-1.5-Cisco-1.25\r\n")
    ends = {name: server for name, (server, _wanted) in ENDS.items()}
    with running([*(server for server, _variables, _wanted in LOGINS.values()), *texts.values(), *ends.values()]):
        usual = {"ansible_user": "admin", "ansible_password": PASSWORD}
        hosts: dict[str, dict[str, Any]] = {
            name: {**usual, **variables, "ansible_port": server.port}
            for name, (server, variables, _wanted) in LOGINS.items()
        }
        hosts |= {name: {**usual, "ansible_port": server.port} for name, server in [*texts.items(), *ends.items()]}
        yield ask(tmp_path_factory.mktemp("logins"), hosts), texts


@pytest.mark.cases(9)
@pytest.mark.parametrize("name", LOGINS)
def test_logins(logins: tuple[Roll, dict[str, TextServer]], name: str) -> None:
    server, _variables, wanted = LOGINS[name]
    check(logins[0], name, wanted)
    sent = [*server.passwords, *(answer for answers in server.answers for answer in answers)]
    assert sent.count(PASSWORD) <= 1, sent
    assert not any(answer.startswith("new: ") for answer in sent)
    for rounds, answers in zip(server.rounds, server.answers, strict=False):
        for prompt, answer in zip(rounds.prompts, answers, strict=True):
            asked = prompt if isinstance(prompt, str) else prompt.decode("latin-1")
            assert answer != PASSWORD or "assw" in asked, f"the password was sent to {prompt!r}"
            assert answer != PASSWORD or "New" not in asked


@pytest.mark.parametrize("name", BUSY)
def test_text_instead_of_ssh_is_quoted(logins: tuple[Roll, dict[str, TextServer]], name: str) -> None:
    roll, texts = logins
    check(roll, name, Wanted("unreachable", None, (BUSY[name].strip(),), attempts=2))
    assert texts[name].connections == 2


@pytest.mark.parametrize("name", ENDS)
def test_a_reason_to_end_the_connection_is_quoted(logins: tuple[Roll, dict[str, TextServer]], name: str) -> None:
    check(logins[0], name, ENDS[name][1])
    message = logins[0].devices[name]["error"]["message"]
    assert "protocol" not in message
    assert "Invalid" not in message


def test_a_server_of_ssh_1_is_named(logins: tuple[Roll, dict[str, TextServer]]) -> None:
    check(logins[0], "SSH 1.5", Wanted("unreachable", "protocol", ("it speaks only version 1 of SSH",)))
    assert "ended the connection" not in logins[0].devices["SSH 1.5"]["error"]["message"]


# Agents, keys, limits, real sshd


@dataclass(frozen=True)
class Keys:
    roll: Roll
    log: str
    password_hash: tuple[str, str]


def _hash(user: str) -> str:
    return run("getent", "shadow", user).split(":")[1]


@pytest.fixture(scope="module")
def keys(openssh_here: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    """One agent with three keys that the server does not accept before the one that it does; three attempts at most."""
    folder = tmp_path_factory.mktemp("keys")
    banner = folder / "banner"
    banner.write_text("Authorised users only.\n")
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(
            OpenSshServer(auth=["publickey", "password"], max_auth_tries=3, algorithms={"Banner": str(banner)})
        )
        patient = stack.enter_context(OpenSshServer(auth=["publickey"], max_auth_tries=20))
        full = stack.enter_context(OpenSshServer(auth=["password"], algorithms={"MaxStartups": "1"}))
        expired = stack.enter_context(OpenSshServer(auth=["keyboard-interactive"]))
        before = _hash(expired.user)
        run("chage", "-d", "0", expired.user)
        holder = stack.enter_context(socket.create_connection((full.address, full.port)))
        assert holder.recv(4), "the one that waits for its login takes the only place"
        agent = stack.enter_context(server.agent("ecdsa"))
        run("ssh-add", "-q", "-D", env={"SSH_AUTH_SOCK": agent})
        for number in range(3):
            stranger = make_key(folder / f"stranger{number}", "ed25519")
            run("ssh-add", "-q", stranger.file, env={"SSH_AUTH_SOCK": agent})
        for each in (server, patient):
            run("ssh-add", "-q", each.keys["ed25519"].file, env={"SSH_AUTH_SOCK": agent})
        public_only = folder / "public_only"
        shutil.copy(server.keys["ed25519"].file.with_suffix(".pub"), f"{public_only}.pub")
        encrypted = server.keys["encrypted"]
        only = "-o IdentitiesOnly=yes"
        usual = {"ansible_port": server.port, "ansible_user": server.user}
        by_key: Callable[..., dict[str, Any]] = lambda path, **more: {  # noqa: E731
            **usual,
            "ansible_ssh_private_key_file": str(path),
            "ansible_ssh_common_args": only,
            **more,
        }
        in_memory = {**usual, "ansible_ssh_common_args": only}
        hosts = {
            "agent, too many": usual,
            "agent, patient": {"ansible_port": patient.port, "ansible_user": patient.user},
            "identities only": by_key(server.keys["ed25519"].file),
            "identities only, public key": by_key(f"{public_only}.pub"),
            "key in memory": {**in_memory, "ansible_private_key": server.keys["rsa"].file.read_text()},
            "encrypted": by_key(encrypted.file, ansible_private_key_passphrase=encrypted.passphrase),
            "encrypted, in memory": {
                **in_memory,
                "ansible_private_key": encrypted.file.read_text(),
                "ansible_private_key_passphrase": encrypted.passphrase,
            },
            "encrypted, wrong": by_key(encrypted.file, ansible_private_key_passphrase="wrong"),
            "encrypted, missing": by_key(encrypted.file),
            "unreadable": by_key(folder / "no-such-key"),
            "no key": by_key(banner),
            "password": {**usual, "ansible_password": server.password},
            "full": {"ansible_port": full.port, "ansible_user": full.user, "ansible_password": full.password},
            "expired": {
                "ansible_port": expired.port,
                "ansible_user": expired.user,
                "ansible_password": expired.password,
            },
        }
        roll = ask(folder, hosts, env={"SSH_AUTH_SOCK": agent})
        yield Keys(roll, server.sshd.log(), (before, _hash(expired.user)))


KEYS: dict[str, Wanted] = {
    "agent, too many": Wanted("auth_failed", None, ("Too many authentication failures",), attempts=1),
    "agent, patient": Wanted(),
    "identities only": Wanted(),
    "identities only, public key": Wanted(),
    "key in memory": Wanted(),
    "encrypted": Wanted(),
    "encrypted, in memory": Wanted(),
    "encrypted, wrong": Wanted("auth_failed", None, ("id_encrypted", "pass"), attempts=1),
    "encrypted, missing": Wanted("auth_failed", None, ("id_encrypted", "pass"), attempts=1),
    "unreadable": Wanted("auth_failed", "private_key", ("no-such-key", "No such file"), attempts=1),
    "no key": Wanted("auth_failed", None, ("banner",), attempts=1),
    "password": Wanted(connection={"banner": "Authorised users only."}),
    "full": Wanted("unreachable", None, ("Exceeded MaxStartups",), attempts=2),
}


@pytest.mark.parametrize(("name", "wanted"), KEYS.items(), ids=KEYS)
def test_keys_agents_and_limits_of_a_real_sshd(keys: Keys, name: str, wanted: Wanted) -> None:
    check(keys.roll, name, wanted)


def test_an_expired_password_is_not_changed(keys: Keys) -> None:
    answer = keys.roll.devices["expired"]
    assert answer["status"] == "auth_failed", answer["error"]
    assert "password" in answer["error"]["message"]
    assert keys.password_hash[0] == keys.password_hash[1]
