# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real OpenSSH server with a throw-away user, for tests that must not trust an emulator.

``OpenSshServer`` is the fixture. ``Scratch``, ``TempUser``, ``Sshd`` and the helpers around them are the pieces that
it is made of; the FRR lab is made of the same ones.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

AUTH_METHODS = ("password", "keyboard-interactive", "publickey")
KEY_TYPES = ("ed25519", "rsa", "ecdsa")

# As old as OpenSSH 9.2 can still pretend to be: today's clients refuse every one of these by default.
OLD_GEAR: Mapping[str, str] = {
    "KexAlgorithms": "diffie-hellman-group14-sha1",
    "HostKeyAlgorithms": "ssh-rsa",
    "PubkeyAcceptedAlgorithms": "ssh-rsa",
    "Ciphers": "aes128-cbc",
    "MACs": "hmac-sha1",
}

# sshd and the account tools live in directories that a plain user's PATH may leave out.
# A slow machine may take so many times as long for what is waited for.
SLOW = 3
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])

CLI_SCRIPT = r"""
# A device's command line in a few lines of sh. The terminal driver does the echo and the line editing.
printf 'Welcome to box\n\n'
while :; do
    printf 'box# '
    IFS= read -r line || exit 0
    case $line in
        '') ;;
        'terminal length '*|'terminal width '*) ;;
        'show version')
            printf 'Box OS, version 1.2.3\nSerial number BOX0001\nUptime is 4 days, 2 hours\n' ;;
        'show users')
            printf '    Line     User     Host(s)\n*   0 vty 0  %s  idle\n' "$USER" ;;
        exit|quit|logout) exit 0 ;;
        *) printf '%% Unknown command\n' ;;
    esac
done
"""


class FixtureError(RuntimeError):
    """A real server could not be set up; the message says which part, and what it wrote."""


def program(name: str) -> str:
    """Absolute path of a program, which sshd insists on. Raises FixtureError when it is not installed."""
    path = shutil.which(name, path=SEARCH_PATH)
    if path is None:
        msg = f"{name} is not installed: install the package that has it, or skip the test with missing()"
        raise FixtureError(msg)
    return path


def missing_programs(names: Sequence[str]) -> str | None:
    """One sentence that names what is not permitted or not installed, None when all is there."""
    if os.geteuid() != 0:
        return "Needs root, to add a throw-away system user and to start sshd."
    absent = [name for name in names if shutil.which(name, path=SEARCH_PATH) is None]
    return f"Not installed: {', '.join(absent)}." if absent else None


def run(*command: str | Path, stdin: str = "", env: Mapping[str, str] | None = None) -> str:
    """Runs a short command and returns what it printed.

    Raises FixtureError with the command and its error output when it fails or takes longer than 30 s.
    """
    words = [program(str(command[0])), *map(str, command[1:])]
    environ = {**os.environ, **(env or {})}
    try:
        done = subprocess.run(words, input=stdin, env=environ, capture_output=True, text=True, timeout=30, check=False)
    except subprocess.TimeoutExpired as error:
        msg = f"`{' '.join(words)}` did not finish within 30 s"
        raise FixtureError(msg) from error
    if done.returncode:
        msg = f"`{' '.join(words)}` failed with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}"
        raise FixtureError(msg)
    return done.stdout


def wait_until(ready: Callable[[], bool], what: str, timeout: float, details: Callable[[], str] = str) -> None:
    """Polls ``ready`` until it is true.

    After ``timeout`` seconds, and longer for a machine that is slow, it raises FixtureError, which says ``what`` was
    waited for and adds ``details()``.
    """
    end = time.monotonic() + SLOW * timeout
    while not ready():
        if time.monotonic() > end:
            msg = f"{what}: still not so after {SLOW * timeout:g} s. {details()}"
            raise FixtureError(msg)
        time.sleep(0.05)


def free_port(addresses: Sequence[str]) -> int:
    """A TCP port that is free on every address, below the range from which outgoing connections take theirs."""
    for _ in range(100):
        port = random.randrange(20000, 32000)
        with contextlib.ExitStack() as sockets:
            try:
                for address in addresses:
                    sockets.enter_context(socket.socket()).bind((address, port))
            except OSError:
                continue
            return port
    msg = f"found no TCP port that is free on {', '.join(addresses)}"
    raise FixtureError(msg)


def processes(keep: Callable[[Path], bool]) -> list[int]:
    """Ids of the processes whose folder below /proc satisfies ``keep``; those that end meanwhile are left out."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        # A process that ends while its folder is read gives FileNotFoundError or ProcessLookupError.
        with contextlib.suppress(OSError):
            if keep(folder):
                found.append(int(folder.name))
    return found


def descendants(pid: int) -> list[int]:
    """Ids of a process's children, of theirs, and so on."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The name, in brackets, may hold anything; the state and the parent's id follow the last bracket.
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found: list[int] = []
    generation = {pid}
    while generation:
        generation = {child for child, parent in parents.items() if parent in generation}
        found += generation
    return found


def run_by(uid: int) -> list[int]:
    """Ids of the processes whose real user is ``uid``."""
    return processes(lambda folder: f"\nUid:\t{uid}\t" in (folder / "status").read_text())


def kill(pids: Sequence[int]) -> None:
    """Kills processes that the caller started and waits until they are gone, for 5 s at most."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def gone() -> bool:
        # A zombie has no command line any more: it is as good as gone, whenever its parent comes to collect it.
        return not processes(lambda folder: int(folder.name) in pids and bool((folder / "cmdline").read_bytes()))

    wait_until(gone, f"killed processes {list(pids)} are gone", timeout=5)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a daemon that was started here: politely, after 5 s by force."""
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class ContextStack:
    """A context manager whose parts are put up one after the other, and all taken down when a later one fails.

    Subclasses put up their parts in ``_set_up`` by entering them into the ExitStack that they are given.
    """

    _stack: contextlib.ExitStack

    def _set_up(self, stack: contextlib.ExitStack) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._set_up(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, traceback)


@dataclass(frozen=True)
class Key:
    """A key pair: the private key's file, the public key as one line, and the pass phrase or None."""

    file: Path
    public: str
    passphrase: str | None = None


def make_key(file: Path, kind: str, passphrase: str | None = None) -> Key:
    """Generates a key pair of ``kind`` (one of KEY_TYPES) in ``file`` and ``file``.pub."""
    size = ["-b", "2048"] if kind == "rsa" else []  # the usual 3072 bits take a second to find
    run("ssh-keygen", "-q", "-t", kind, *size, "-f", file, "-N", passphrase or "", "-C", file.name)
    return Key(file, file.with_name(f"{file.name}.pub").read_text().strip(), passphrase)


def known_host(address: str, port: int, key: Key) -> str:
    """The line of a known_hosts file for a server that does not listen on port 22."""
    kind, blob = key.public.split()[:2]
    return f"[{address}]:{port} {kind} {blob}\n"


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder that the throw-away user can pass through, removed at the end."""
    with tempfile.TemporaryDirectory(prefix=f"rollcall-{os.getpid()}-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@dataclass(frozen=True)
class TempUser:
    """A throw-away system user with a strong random password, and its home folder."""

    name: str
    password: str
    home: Path

    @classmethod
    @contextlib.contextmanager
    def create(cls, folder: Path, groups: Sequence[str] = ()) -> Iterator[TempUser]:
        """Adds the user with a home below ``folder``; at the end kills what still runs as it and removes it."""
        user = cls(f"rc{os.getpid()}-{secrets.token_hex(3)}", secrets.token_urlsafe(24), folder / "home")
        member_of = ["--groups", ",".join(groups)] if groups else []
        account = ["--system", "--no-create-home", "--home-dir", str(user.home), "--shell", "/bin/sh"]
        run("useradd", *account, "--no-user-group", "--gid", "nogroup", *member_of, user.name)
        uid = pwd.getpwnam(user.name).pw_uid
        try:
            run("chpasswd", stdin=f"{user.name}:{user.password}\n")
            user.home.mkdir(mode=0o700)
            os.chown(user.home, uid, -1)
            yield user
        finally:
            kill(run_by(uid))
            run("userdel", "--force", user.name)


def inside(namespace: str | None) -> list[str]:
    """The words before a command that is to run in a network namespace; it becomes that command, same process id."""
    return [program("ip"), "netns", "exec", namespace] if namespace else []


@dataclass(frozen=True)
class Sshd:
    """A running sshd. ``log()`` is what it wrote: every accepted and refused login among it."""

    process: subprocess.Popen[bytes]
    log_file: Path

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    @classmethod
    @contextlib.contextmanager
    def start(
        cls, folder: Path, name: str, options: Mapping[str, str | Sequence[str]], namespace: str | None = None
    ) -> Iterator[Sshd]:
        """Starts sshd with ``options`` (sshd_config keywords) and waits until it listens; ends it and its sessions.

        namespace: the network namespace that it runs in, this one by default.
        """
        config, log = folder / f"{name}.conf", folder / f"{name}.log"
        config.write_text(sshd_config({**common_options(folder, name), **options}))
        # sshd refuses to start without this folder; Debian makes it when the service starts. It is left there: an
        # sshd of somebody else may have come to need it.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*inside(namespace), program("sshd"), "-D", "-e", "-f", config],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        sshd = cls(process, log)
        try:
            wait_until(
                lambda: "Server listening on" in sshd.log() or process.poll() is not None,
                f"sshd {name} listens",
                timeout=10,
                details=sshd.log,
            )
            if process.poll() is not None:
                msg = f"sshd {name} ended with {process.returncode} at its start: {sshd.log()}"
                raise FixtureError(msg)
            yield sshd
        finally:
            sessions = descendants(process.pid)
            stop(process)
            kill(sessions)


def sshd_config(options: Mapping[str, str | Sequence[str]]) -> str:
    """The text of an sshd_config; a keyword with a list of values is repeated."""
    lines = []
    for keyword, values in options.items():
        lines += [f"{keyword} {value}\n" for value in ([values] if isinstance(values, str) else values)]
    return "".join(lines)


def common_options(folder: Path, name: str) -> dict[str, str]:
    """What every sshd of the tests needs: nothing of the machine's own configuration, many logins at once."""
    return {
        "PidFile": str(folder / f"{name}.pid"),
        "StrictModes": "no",
        "UseDNS": "no",
        "PrintMotd": "no",
        "PrintLastLog": "no",
        "MaxStartups": "1000",
        "LoginGraceTime": "30",
    }


def auth_options(methods: Sequence[str], authorized_keys: Path) -> dict[str, str]:
    """The sshd_config keywords that permit exactly these of AUTH_METHODS. Raises ValueError on any other word."""
    unknown = sorted(set(methods) - set(AUTH_METHODS))
    if unknown or not methods:
        msg = f"auth: expected some of {', '.join(AUTH_METHODS)}, got {', '.join(unknown) or 'none'}"
        raise ValueError(msg)

    def allowed(method: str) -> str:
        return "yes" if method in methods else "no"

    return {
        "PasswordAuthentication": allowed("password"),
        "KbdInteractiveAuthentication": allowed("keyboard-interactive"),
        "PubkeyAuthentication": allowed("publickey"),
        # Only PAM answers keyboard-interactive here. Without it sshd reads the password file itself, which is quicker.
        "UsePAM": allowed("keyboard-interactive"),
        "AuthorizedKeysFile": str(authorized_keys),
    }


class OpenSshServer(ContextStack):
    """One real sshd on 127.0.0.1; a login lands in a small command line with the prompt ``box# ``.

    It knows ``show version`` (3 lines), ``show users``, ``terminal length|width N`` (silent) and ``exit``; anything
    else is ``% Unknown command``.

    auth: which of AUTH_METHODS let the user in, each on its own.
    host_keys: types of the server's keys, of KEY_TYPES.
    algorithms: sshd_config keywords with the only algorithms that it offers, such as OLD_GEAR.
    max_auth_tries: failed attempts after which it hangs up.

    Within the ``with``: ``address``, ``port``, ``user``, ``password``, ``known_hosts``, ``known_hosts_hashed`` (paths),
    ``keys`` (dict: "ed25519", "rsa", "ecdsa", "encrypted" → Key; all are accepted), ``sshd``.
    Raises ValueError on a wrong argument, FixtureError when the server cannot be set up.
    """

    address = "127.0.0.1"
    port: int
    user: str
    password: str
    known_hosts: Path
    known_hosts_hashed: Path
    keys: dict[str, Key]
    sshd: Sshd

    def __init__(
        self,
        auth: Sequence[str] = AUTH_METHODS,
        host_keys: Sequence[str] = ("ed25519",),
        algorithms: Mapping[str, str] | None = None,
        max_auth_tries: int = 6,
    ) -> None:
        auth_options(auth, Path())
        self._auth = auth
        self._host_keys = host_keys
        self._algorithms = dict(algorithms or {})
        self._max_auth_tries = max_auth_tries

    @staticmethod
    def missing() -> str | None:
        """One sentence that says why the server cannot run here, None when it can."""
        return missing_programs(("sshd", "ssh-keygen", "ssh-agent", "ssh-add", "useradd", "userdel", "chpasswd"))

    def _set_up(self, stack: contextlib.ExitStack) -> None:
        self._folder = stack.enter_context(scratch_folder())
        user = stack.enter_context(TempUser.create(self._folder))
        self.user, self.password = user.name, user.password
        self.port = free_port([self.address])
        self._make_keys()

        host_keys = [make_key(self._folder / f"host_{kind}", kind) for kind in self._host_keys]
        lines = "".join(known_host(self.address, self.port, key) for key in host_keys)
        self.known_hosts = self._folder / "known_hosts"
        self.known_hosts.write_text(lines)
        self.known_hosts_hashed = self._folder / "known_hosts_hashed"
        self.known_hosts_hashed.write_text(lines)
        run("ssh-keygen", "-q", "-H", "-f", self.known_hosts_hashed)
        # ssh-keygen keeps the plain names beside the hashed ones.
        self._folder.joinpath("known_hosts_hashed.old").unlink()

        script = self._folder / "cli.sh"
        script.write_text(CLI_SCRIPT)
        options: dict[str, str | Sequence[str]] = {
            "ListenAddress": f"{self.address}:{self.port}",
            "HostKey": [str(key.file) for key in host_keys],
            "AllowUsers": self.user,
            "ForceCommand": f"/bin/sh {script}",
            "MaxAuthTries": str(self._max_auth_tries),
            **auth_options(self._auth, self._folder / "authorized_keys"),
            **self._algorithms,
        }
        self.sshd = stack.enter_context(Sshd.start(self._folder, "sshd", options))

    def _make_keys(self) -> None:
        self.keys = {kind: make_key(self._folder / f"id_{kind}", kind) for kind in KEY_TYPES}
        self.keys["encrypted"] = make_key(self._folder / "id_encrypted", "ed25519", secrets.token_urlsafe(12))
        authorized_keys = self._folder / "authorized_keys"
        authorized_keys.write_text("".join(f"{key.public}\n" for key in self.keys.values()))

    @contextlib.contextmanager
    def agent(self, key: str = "ed25519") -> Iterator[str]:
        """Runs a real ssh-agent that holds one of ``keys`` that has no pass phrase; yields its SSH_AUTH_SOCK."""
        auth_sock = self._folder / f"agent-{secrets.token_hex(4)}.sock"
        process = subprocess.Popen([program("ssh-agent"), "-D", "-a", auth_sock], stdout=subprocess.DEVNULL)
        try:
            wait_until(auth_sock.is_socket, "ssh-agent listens", timeout=5)
            run("ssh-add", "-q", self.keys[key].file, env={"SSH_AUTH_SOCK": str(auth_sock)})
            yield str(auth_sock)
        finally:
            stop(process)
