# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An SSH shell on libssh2 that never waits beyond its deadline.

The session is non-blocking: every libssh2 call that would wait is repeated after ``poll``. A blocked call would hold
its thread, and some (keyboard-interactive, freeing a session) the whole interpreter.
"""

from __future__ import annotations

import contextlib
import functools
import os
import select
import shlex
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ._call import Call
from ._device import Device
from ._known_hosts import KnownHosts, Verdict
from ._model.secrets import secrets_of
from ._result import DeviceError, Status
from ._transport.bastions import Bastion, Bastions, ProxyProcess

try:
    from ssh2 import exceptions as ssh2_errors
    from ssh2 import session as ssh2
    from ssh2.error_codes import LIBSSH2_ERROR_EAGAIN as EAGAIN

    REFUSALS = (
        ssh2_errors.AuthenticationError,
        ssh2_errors.PublickeyUnverifiedError,
        ssh2_errors.KeyfileAuthFailedError,
        ssh2_errors.FileError,
        ssh2_errors.MethodNoneError,
        ssh2_errors.AgentError,
        ssh2_errors.PublicKeyProtocolError,
    )
except ImportError:
    ssh2 = None

DEFAULT_KEYS = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")
READ_SIZE = 65536
_loading = threading.Lock()
# Cheap and strong first; the two that cost most (21 and 155 ms) late, the weak ones of old gear last.
KEY_EXCHANGES = (
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group1-sha1",
)
# libssh2 1.11.1 has known holes in chacha20-poly1305, AES-GCM and the MACs that encrypt first (*-etm): none is offered.
CIPHERS = ("aes128-ctr", "aes256-ctr", "aes192-ctr", "aes128-cbc", "aes256-cbc", "aes192-cbc", "3des-cbc")
MACS = ("hmac-sha2-256", "hmac-sha2-512", "hmac-sha1", "hmac-sha1-96", "hmac-md5", "hmac-md5-96")
HOST_KEYS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"),
}


class Shell:
    """An interactive shell on one device. ``close`` it in any case; it may be cut from another thread at any time."""

    def __init__(self, device: Device, call: Call) -> None:
        """Connect, verify the host key, log in and open the shell.

        :raises DeviceError: for everything that can fail on the way.
        """
        if ssh2 is None:
            raise DeviceError(
                "failed",
                "connect",
                "no_library",
                "the Python package ssh2-python is not installed on the machine that collects",
            )
        self._device = device
        self._call = call
        self._socket: socket.socket | None = None
        self._session: Any = None
        self._channel: Any = None
        self._proxy: ProxyProcess | None = None
        self._bastion = Bastion()
        self._first: threading.Event | None = None  # others wait for what becomes of this login at their bastion
        self._poll = select.poll()
        self._polled = 0  # the events that it waits for
        try:
            call.enter("connect")
            self._open_session()
            call.enter("auth")
            self._log_in(self._limit(device.connect_timeout))
            self._open_shell(self._limit(device.connect_timeout))
        except BaseException:
            self.close()
            raise

    def send(self, text: str, deadline: float) -> None:
        """Send all of ``text``."""
        data = text.encode("utf-8", "surrogateescape")
        while data:
            code, written = self._try(self._channel.write, data)
            if code == EAGAIN:
                self._wait(deadline, "room for more input")
            data = data[max(0, written) :]

    def read(self, deadline: float) -> bytes | None:
        """What the device sent next, at least one byte; ``b""`` when it ended the session, None at the deadline."""
        while True:
            code, data = self._try(self._channel.read, READ_SIZE)
            if code > 0:
                return bytes(data)
            if code != EAGAIN and self._channel.eof():
                return b""
            if not self._ready(deadline):
                return None

    def close(self) -> None:
        """End the connection without waiting for the device.

        The order matters: libssh2 waits for a dead peer, with the interpreter locked, unless the socket is shut down
        first; and it would write into the next owner of the descriptor if the socket were closed before the session.
        """
        self._call.on_cut(None)
        if self._socket is not None:
            with contextlib.suppress(OSError, KeyError):
                self._poll.unregister(self._socket)
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._channel = None
            self._session = None
            self._socket.close()
            self._socket = None
        if self._proxy is not None:
            self._proxy.kill()
            self._proxy = None
        if self._first is not None:
            self._first.set()
            self._first = None

    # -- connect -------------------------------------------------------------------------------------------------------

    def _connect(self) -> socket.socket:
        if self._device.proxy_command:
            return self._connect_through(self._device.proxy_command)
        device = self._device
        place = f"{device.host} port {device.port}"
        try:
            addresses = socket.getaddrinfo(device.host, device.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            retry = getattr(error, "errno", None) == socket.EAI_AGAIN
            message = f"the name {device.host!r} has no address ({error}); set ansible_host, or check DNS"
            raise DeviceError("unreachable", "resolve", "dns", message, retry=retry) from error
        deadline = self._limit(device.connect_timeout)
        last: OSError | None = None
        for index, (family, kind, protocol, _name, address) in enumerate(addresses):
            share = (deadline - time.monotonic()) / (len(addresses) - index)
            try:
                return _connected(socket.socket(family, kind, protocol), address, share)
            except OSError as error:
                last = error
        if isinstance(last, TimeoutError):
            message = f"{place} did not answer within {device.connect_timeout:g} s; check address and network path"
            raise DeviceError("unreachable", "connect", "timeout", message, retry=True) from last
        if isinstance(last, ConnectionRefusedError):
            message = f"{place} refused the connection; check that SSH is enabled and that the port is correct"
            raise DeviceError("unreachable", "connect", "refused", message, retry=True) from last
        if isinstance(last, ConnectionResetError):
            message = f"{place} closed the connection before the login; check its sessions and access lists"
            raise DeviceError("unreachable", "connect", "reset", message, retry=True) from last
        message = f"{place} cannot be reached: {last and (last.strerror or last)}"
        raise DeviceError("unreachable", "connect", "unreachable", message, retry=True) from last

    def _connect_through(self, command: str) -> socket.socket:
        """Let a command carry the connection, as OpenSSH's ProxyCommand does."""
        if self._device.bastion and isinstance(self._call.shared, Bastions):
            self._bastion = self._call.shared.of(self._device.bastion)
        self._first = self._bastion.wait(self._limit(self._device.connect_timeout))
        if self._bastion.refusal is not None:
            raise DeviceError("auth_failed", "connect", "proxy_refused", self._bastion.refusal)
        ours, theirs = socket.socketpair()
        words: list[str] = []
        try:
            words = shlex.split(command)
            self._proxy = ProxyProcess(words, theirs.fileno(), self._bastion)
        except (OSError, ValueError) as error:
            ours.close()
            program = repr(words[0]) if words else "of this device"  # never the whole of it, which may hold secrets
            message = f"the proxy command {program} cannot be started: {error}"
            raise DeviceError("unreachable", "connect", "proxy", message) from error
        finally:
            theirs.close()
        ours.setblocking(False)
        return ours

    def _open_session(self) -> None:
        """Connect and exchange keys, asking for the type of host key that is known."""
        device = self._device
        if not device.host_key_checking:
            self._exchange_keys(())
            return
        known = _known_hosts(device.known_hosts)
        # Where entries are hashed, finding a host's types costs a hash for each: most devices show a known key anyway.
        types = () if known.has_hashed else known.key_types([device.host], device.port)
        verdict = self._exchange_keys(types, known)
        if verdict is Verdict.CHANGED and known.has_hashed:
            self.close()
            verdict = self._exchange_keys(known.key_types([device.host], device.port), known)
        if verdict is not Verdict.MATCH:
            self._refuse_host_key(verdict)

    def _exchange_keys(self, types: Sequence[str], known: KnownHosts | None = None) -> Verdict:
        try:
            self._handshake(types)
        except DeviceError as error:
            self._judge_proxy(error)
            raise
        self._bastion.accepted()
        if known is None:
            return Verdict.MATCH
        key, _type = self._session.hostkey()
        return known.check([self._device.host], self._device.port, key)

    def _judge_proxy(self, error: DeviceError) -> None:
        """Tell a login that the bastion did not accept from a device that cannot be reached.

        :raises DeviceError: when a credential was sent that must not be sent again.
        """
        if self._proxy is None:
            return
        login = self._proxy.login()
        said = secrets_of(self._device).quoted(self._proxy.last_words())
        if login == "accepted":
            self._bastion.accepted()
        elif login == "refused":
            message = f"the proxy command could not log in at the bastion ({said or 'refused'}); it is not tried again"
            self._bastion.refused(message)
            raise DeviceError("auth_failed", "connect", "proxy_refused", message) from error
        elif login == "unanswered":
            message = (
                f"{error}; the bastion did not answer the login{f' ({said})' if said else ''}. It is not tried again"
            )
            raise DeviceError(error.status, error.error.phase, error.error.kind, message) from error
        self._blame_proxy(self._proxy, error, said, login)

    def _blame_proxy(self, proxy: ProxyProcess, error: DeviceError, said: str, login: str) -> None:
        """Raise the error of a proxy command that failed before the login at the device, or whose bastion is silent."""
        program = os.path.basename(shlex.split(self._device.proxy_command or "")[0])
        quoted = f": {said}" if said else ""
        if proxy.ended or (said and login == "none"):
            how = proxy.ended or "failed"
            message = f"the proxy command {program!r} {how} before the login at the device{quoted}; try it by hand"
        elif login == "none" and proxy.is_ssh and error.status == "timeout":
            message = f"the bastion of the proxy command {program!r} did not answer ({error}); check its SSH server"
        else:
            return
        raise DeviceError("unreachable", "connect", "proxy", message, retry=error.retry) from error

    def _handshake(self, types: Sequence[str]) -> None:
        self._socket = self._connect()
        self._call.on_cut(functools.partial(self._socket.shutdown, socket.SHUT_RDWR))
        self._poll.register(self._socket, select.POLLIN)
        self._polled = select.POLLIN
        deadline = self._limit(self._device.connect_timeout)
        self._session = ssh2.Session()
        self._session.set_blocking(False)
        self._session.method_pref(ssh2.LIBSSH2_METHOD_KEX, ",".join(KEY_EXCHANGES))
        for direction in ("CS", "SC"):
            self._session.method_pref(getattr(ssh2, f"LIBSSH2_METHOD_CRYPT_{direction}"), ",".join(CIPHERS))
            self._session.method_pref(getattr(ssh2, f"LIBSSH2_METHOD_MAC_{direction}"), ",".join(MACS))
        preferred = dict.fromkeys(each for key in (*types, *HOST_KEYS) for each in HOST_KEYS.get(key, ()))
        self._session.method_pref(ssh2.LIBSSH2_METHOD_HOSTKEY, ",".join(preferred))
        self._loop(self._session.handshake, self._socket, deadline=deadline, waiting_for="the SSH key exchange")

    def _refuse_host_key(self, verdict: Verdict) -> NoReturn:
        device = self._device
        files = _named(device.known_hosts)
        place = f"{device.host} port {device.port}"
        if verdict is Verdict.UNKNOWN:
            message = (
                f"the host key of {place} is not known: {files}; compare its fingerprint with the device's console and "
                "add it (ssh-keyscan -p PORT ADDRESS >> ~/.ssh/known_hosts), or set ansible_host_key_checking to false"
            )
            raise DeviceError("unreachable", "connect", "host_key_unknown", message)
        files = ", ".join(device.known_hosts)
        problem = "is marked as revoked in" if verdict is Verdict.REVOKED else "differs from the one in"
        message = (
            f"the host key of {place} {problem} {files}: another device or an attacker answers. "
            "No credentials were sent. If the device was replaced, correct the entry"
        )
        kind = "host_key_revoked" if verdict is Verdict.REVOKED else "host_key_changed"
        raise DeviceError("unreachable", "connect", kind, message)

    # -- log in --------------------------------------------------------------------------------------------------------

    def _log_in(self, deadline: float) -> None:
        user = self._device.user
        if not user:
            message = "no user name; set ansible_user"
            raise DeviceError("auth_failed", "auth", "no_user", message)
        offered = self._offered(user, deadline)
        if self._session.userauth_authenticated():  # the device asked for nothing
            return
        refusals: list[str] = []
        for label, login in self._logins(user, offered, deadline):
            try:
                login()
            except ssh2_errors.PasswordExpiredError as error:
                message = f"the password of {user} has expired; change it on the device or in the AAA server"
                raise DeviceError("auth_failed", "auth", "password_expired", message) from error
            except REFUSALS:
                reason = self._session.last_error() or "refused"
                refusals.append(f"{label}: {reason}")
                continue
            except ssh2_errors.SSH2Error as error:
                self._broken(error)
            except DeviceError as error:
                if error.status == "timeout":
                    message = f"{error}. The credential had been sent and is not sent again in this run"
                    raise DeviceError("timeout", "auth", error.error.kind, message) from error
                if error.error.kind != "reset":
                    raise
                # Some devices hang up on a wrong password. Asking again with it would lock the account.
                tried = "; ".join([*refusals, f"{label}: the device closed the connection"])
                message = f"login as {user} refused ({tried})"
                raise DeviceError("auth_failed", "auth", "closed", message) from error
            return
        tried = "; ".join(refusals)
        if tried:
            accepts = ", ".join(offered) or "nothing"
            message = (
                f"login as {user} refused ({tried}); the device accepts: {accepts}; check user and password or key"
            )
        else:
            message = (
                f"no credentials for {user}: the device accepts: {', '.join(offered) or 'nothing'}; set "
                "ansible_password or ansible_ssh_private_key_file, or start an ssh-agent"
            )
        raise DeviceError("auth_failed", "auth", "refused" if tried else "no_credentials", message)

    def _offered(self, user: str, deadline: float) -> list[str]:
        """The login methods that the device offers; empty when it lets everybody in."""
        while True:
            offered = self._try(self._session.userauth_list, user)
            if offered is not None or self._session.last_errno() != EAGAIN:
                return [_text(each) for each in offered or ()]
            self._wait(deadline, "the login methods")

    def _logins(self, user: str, offered: list[str], deadline: float) -> list[tuple[str, Callable[[], None]]]:
        """The logins to try, in order: keys, agent, password. Each attempt counts on the device, so none is idle."""
        device, session = self._device, self._session
        logins: list[tuple[str, Callable[[], None]]] = []

        def add(label: str, method: Callable[..., Any], *arguments: Any) -> None:
            logins.append((label, lambda: self._loop(method, user, *arguments, deadline=deadline, waiting_for=label)))

        has_key = bool(device.private_key or device.private_key_file)
        if "publickey" in offered:
            passphrase = device.passphrase or ""
            if device.private_key:
                key = device.private_key.strip().encode() + b"\n"
                add("private key", session.userauth_publickey_frommemory, key, passphrase)
            elif device.private_key_file:
                path = os.path.expanduser(device.private_key_file)
                unreadable = _unreadable(path)
                if unreadable and device.password is None:
                    raise DeviceError("auth_failed", "auth", "private_key", unreadable)
                if not unreadable:  # else the password is tried, as ssh does
                    add(f"private key {device.private_key_file}", session.userauth_publickey_fromfile, path, passphrase)
            if (has_key or device.password is None) and os.environ.get("SSH_AUTH_SOCK"):
                logins.append(("ssh-agent", functools.partial(self._log_in_by_agent, user, deadline)))
            if not has_key and device.password is None:
                for path in map(os.path.expanduser, DEFAULT_KEYS):
                    if os.access(path, os.R_OK):
                        add(f"private key {path}", session.userauth_publickey_fromfile, path, "")
        if device.password is not None:
            if "password" in offered:
                add("password", session.userauth_password, device.password)
            elif "keyboard-interactive" in offered:
                add("keyboard-interactive", session.userauth_keyboardinteractive, device.password)
        return logins

    def _log_in_by_agent(self, user: str, deadline: float) -> None:
        # libssh2 speaks to the agent in blocking mode only; its own timeout bounds each of its waits.
        self._session.set_timeout(max(1, int((deadline - time.monotonic()) * 1000)))
        self._session.set_blocking(True)
        try:
            self._session.agent_auth(user)
        finally:
            self._session.set_blocking(False)

    def _open_shell(self, deadline: float) -> None:
        waiting_for = "a shell"
        self._channel = self._loop(self._session.open_session, deadline=deadline, waiting_for=waiting_for)
        self._loop(self._channel.pty, "vt100", deadline=deadline, waiting_for=waiting_for)
        self._loop(self._channel.shell, deadline=deadline, waiting_for=waiting_for)

    # -- waiting -------------------------------------------------------------------------------------------------------

    def _limit(self, seconds: float) -> float:
        """The moment ``seconds`` from now, or the call's own deadline when that comes first."""
        limit = time.monotonic() + seconds
        return limit if self._call.deadline is None else min(limit, self._call.deadline)

    def _loop(self, method: Callable[..., Any], *arguments: Any, deadline: float, waiting_for: str) -> Any:
        while True:
            answer = self._try(method, *arguments)
            if answer is None or not isinstance(answer, int) or answer != EAGAIN:
                return answer
            self._wait(deadline, waiting_for)

    def _try(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """One libssh2 call. A broken connection becomes a DeviceError; a refused login is left to the caller."""
        try:
            return method(*arguments)
        except (
            ssh2_errors.SocketDisconnectError,
            ssh2_errors.SocketRecvError,
            ssh2_errors.SocketSendError,
            ssh2_errors.BannerRecvError,
            ssh2_errors.BannerSendError,
            ssh2_errors.ChannelClosedError,
        ) as error:
            self._disconnected(error)
        except (ssh2_errors.KexFailureError, ssh2_errors.KeyExchangeError, ssh2_errors.MethodNotSupported) as error:
            message = f"no common SSH algorithms with the device, or its key exchange failed ({self._reason(error)})"
            raise DeviceError("unreachable", self._call.phase, "key_exchange", message) from error
        except (ssh2_errors.PasswordExpiredError, *REFUSALS):
            raise
        except ssh2_errors.SSH2Error as error:
            self._broken(error)

    def _broken(self, error: Exception) -> NoReturn:
        """Raise the error for an answer that libssh2 does not understand."""
        message = (
            f"the device does not follow the SSH protocol ({self._reason(error)}); check that the port is that of SSH, "
            "and the device's SSH log"
        )
        status: Status = "failed" if self._call.phase == "command" else "unreachable"
        raise DeviceError(status, self._call.phase, "protocol", message) from error

    def _disconnected(self, error: Exception) -> NoReturn:
        where = {"connect": "before the login", "auth": "during the login"}.get(self._call.phase, "during the session")
        message = f"the device closed the connection {where} ({self._reason(error)})"
        raise DeviceError("unreachable", self._call.phase, "reset", message, retry=True) from error

    def _reason(self, error: Exception) -> str:
        return self._session.last_error() or type(error).__name__

    def _wait(self, deadline: float, waiting_for: str) -> None:
        if not self._ready(deadline):
            call = self._call
            over = call.deadline is not None and time.monotonic() >= call.deadline
            usual = ("timeout", f"connect_timeout ({self._device.connect_timeout:g} s)")
            kind, limit = call.limit if over else usual
            message = f"no answer within {limit}; waited for: {waiting_for}; raise it if the device is slow"
            raise DeviceError("timeout", call.phase, kind, message, retry=True)

    def _ready(self, deadline: float) -> bool:
        """Wait until libssh2 can go on; False at the deadline."""
        left = deadline - time.monotonic()
        if left <= 0 or self._socket is None:
            return False
        directions = self._session.block_directions()
        wanted = select.POLLIN if directions != ssh2.LIBSSH2_SESSION_BLOCK_OUTBOUND else 0
        if directions & ssh2.LIBSSH2_SESSION_BLOCK_OUTBOUND:
            wanted |= select.POLLOUT
        if wanted != self._polled:
            self._poll.modify(self._socket, wanted)
            self._polled = wanted
        return bool(self._poll.poll(left * 1000))


def _unreadable(path: str) -> str | None:
    """Return why the file of the private key cannot be read; None if it can."""
    try:
        with open(path, "rb"):
            return None
    except OSError as error:
        return f"the private key {path} cannot be read: {error.strerror}; correct ansible_ssh_private_key_file"


def _connected(sock: socket.socket, address: Any, seconds: float) -> socket.socket:
    try:
        sock.settimeout(max(0.05, seconds))
        sock.connect(address)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


def _named(paths: tuple[str, ...]) -> str:
    """Which of the files has not the key, and which is not there at all."""
    there = [path for path in paths if os.path.exists(os.path.expanduser(path))]
    missing = [path for path in paths if path not in there]
    said = [f"it is not in {', '.join(there)}"] if there else []
    if missing:
        said.append(f"{', '.join(missing)} {'does' if len(missing) == 1 else 'do'} not exist")
    return " and ".join(said) or "there is no known_hosts file"


def _known_hosts(paths: tuple[str, ...]) -> KnownHosts:
    """The files, read once for all devices, and again when one of them changes."""
    with _loading:
        return _load_known_hosts(tuple((path, _version(path)) for path in paths))


@functools.lru_cache(maxsize=16)
def _load_known_hosts(files: tuple[tuple[str, tuple[int, int]], ...]) -> KnownHosts:
    return KnownHosts.load([os.path.expanduser(path) for path, _version in files])


def _version(path: str) -> tuple[int, int]:
    try:
        status = os.stat(os.path.expanduser(path))
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def _text(value: Any) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
