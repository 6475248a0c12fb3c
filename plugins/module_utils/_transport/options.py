# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the settings of a login mean for its SSH connection: ``options_of``."""

from __future__ import annotations

import contextlib
import functools
import getpass
import hashlib
import os
import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._device import Device, Hop
from .._some import some
from .algorithms import Kind, available, chosen_algorithms, default_algorithms
from .arguments import Forward, Jump, forward_of, jumps_of
from .option_names import HONOURED, environment_of, unsupported_in, value_of
from .ssh_config import Target, read_options

NAMES_SAID = 20
CONNECT_TIMEOUT, PORT = 10.0, 22  # the defaults of a Device and a Hop
KNOWN_HOSTS = ("~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts")
_TOKEN, _VARIABLE = re.compile("%(.)"), re.compile(r"\$\{([^}]*)\}")
_PATHS = ("identityfile", "certificatefile", "identityagent", "userknownhostsfile", "globalknownhostsfile")


Login = Device | Hop


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of an SSH connection. The same object is returned for the same settings, so do not change it.

    ``host``, ``port`` and ``user`` are where and as whom to log in; a configuration file can set them.
    ``hops`` are the bastions on the way, the first one first; a device's own ``hops`` come before these.
    ``proxy_command`` is a command for a shell, complete. At most one of both is set.
    ``key_files`` and ``certificate_files`` are paths. If there are none, the usual keys in ``~/.ssh`` can be tried.
    ``agent_path`` is the socket of the agent, None if it must not be used. ``identities_only`` means that only keys of
    the agent that are in ``key_files`` are offered.
    ``host_key_algorithms`` are what can be accepted, the first one preferred; ``host_keys_named`` tells that the user
    named them, so that known host keys do not change the order.
    ``arguments`` are further keyword arguments of ``asyncssh.connect``: algorithms, address family, keepalive, ….
    """

    host: str
    port: int
    user: str
    connect_timeout: float
    hops: tuple[Hop, ...]
    proxy_command: str | None = field(repr=False)
    key_files: tuple[str, ...]
    certificate_files: tuple[str, ...]
    identities_only: bool
    agent_path: str | None
    known_hosts: tuple[str, ...]
    host_key_checking: bool
    accept_new_host_keys: bool
    hash_known_hosts: bool
    host_key_alias: str | None
    host_key_algorithms: tuple[str, ...]
    host_keys_named: bool
    authentications: tuple[str, ...]
    arguments: Mapping[str, Any] = field(repr=False)


def options_of(login: Login) -> Options:
    """The settings of a login's connection.

    :raises ValueError: for an invalid option, or a configuration file that cannot be read or understood.
    """
    settings = (login.ssh_options, login.ssh_config, login.legacy_ssh, login.known_hosts, login.host_key_checking)
    return _options(
        login.host,
        login.port,
        login.user,
        login.private_key_file,
        login.connect_timeout,
        login.accept_new_host_keys,
        login.proxy_command,
        isinstance(login, Device) and bool(login.hops),
        *settings,
    )


def whole_way(hops: tuple[Hop, ...]) -> tuple[Hop, ...]:
    """Return these bastions behind those through which SSH's files lead to the first one.

    :raises ValueError: as ``options_of`` does.
    """
    passed = {hop.host for hop in hops}
    while hops and hops[0].ssh_config:
        before = options_of(hops[0]).hops
        if not before or not passed.isdisjoint(hop.host for hop in before):  # such as ProxyJump for all hosts
            break
        passed |= {hop.host for hop in before}
        hops = (*before, *hops)
    return hops


def unsupported_options(logins: Iterable[Login], *, given: bool = True, files: bool = True) -> dict[str, Login]:
    """What is set and not supported, each with the first login that sets it.

    :param given: look at ``ssh_options``.
    :param files: look at ``ssh_config``, whose files must be those of this machine.
    """
    found: dict[str, Login] = {}
    seen: set[object] = set()
    for login in logins:
        options: Sequence[tuple[str, str]] = login.ssh_options if given else ()
        if files and login.ssh_config:
            with contextlib.suppress(ValueError):  # it is the error of that login
                known = len(login.ssh_options)
                options = (*options, *_Settings.of(login).options[known:])
        if tuple(options) in seen:
            continue
        seen.add(tuple(options))
        for name in filter(None, (unsupported_in(name, value) for name, value in options)):
            found.setdefault(name, login)
    return found


def unsupported_sentences(found: Mapping[str, Login]) -> list[str]:
    """One sentence about the options that ``unsupported_options`` found, for a warning; none if there are none."""
    if not found:
        return []
    names = sorted(found)
    first = found[names[0]].name
    return [f"SSH options that are not supported and not used: {some(names, NAMES_SAID)} (of {first})"]


@functools.lru_cache(maxsize=4096)
def _options(
    host: str,
    port: int,
    user: str | None,
    private_key_file: str | None,
    connect_timeout: float,
    accept_new: bool,
    proxy_command: str | None,
    has_hops: bool,
    ssh_options: tuple[tuple[str, str], ...],
    ssh_config: tuple[str, ...],
    legacy: bool,
    known_hosts: tuple[str, ...],
    checking: bool,
) -> Options:
    settings = _Settings(host, port, user, ssh_options, ssh_config)
    hops, command = ((), proxy_command) if has_hops or proxy_command else settings.way(legacy, known_hosts)
    if has_hops:
        command = None
    strict = settings.get("stricthostkeychecking")
    shared = _shared(settings.for_all(), legacy)
    files = known_hosts or settings.known_hosts()
    agent = settings.agent()
    key_files = (
        *((os.path.expanduser(private_key_file),) if private_key_file else ()),
        *settings.paths("identityfile"),
    )
    return Options(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        connect_timeout=_timeout(connect_timeout, settings.get("connecttimeout")),
        hops=hops,
        proxy_command=command,
        key_files=tuple(dict.fromkeys(key_files)),
        certificate_files=settings.paths("certificatefile"),
        identities_only=bool(settings.get("identitiesonly")),
        agent_path=agent,
        known_hosts=files,
        host_key_checking=checking and strict != "no",
        accept_new_host_keys=accept_new or strict == "accept-new",
        hash_known_hosts=bool(settings.get("hashknownhosts")),
        host_key_alias=settings.get("hostkeyalias"),
        host_key_algorithms=shared.host_keys,
        host_keys_named=shared.host_keys_named,
        authentications=shared.authentications,
        arguments=shared.arguments,
    )


def _timeout(own: float, option: float | None) -> float:
    """A timeout that is not the default one was set for this device."""
    return option if option and own == CONNECT_TIMEOUT else own


class _Settings:
    """The options of one login, from its own ones and the files."""

    def __init__(
        self, host: str, port: int, user: str | None, given: tuple[tuple[str, str], ...], files: tuple[str, ...]
    ) -> None:
        self._local_user = _local_user()
        self._original = host
        self._files = files
        options = given
        if files:
            own = dict(given)
            target = Target(host, own.get("hostname", host), user or "", self._local_user)
            options = read_options(files, given, target)
        self.options = options
        self._first: dict[str, str] = {}
        for name, value in options:
            self._first.setdefault(name, value)
        self.port = port if port != PORT else (self.get("port") or PORT)
        self.user = user or self.get("user") or self._local_user
        self.host = host
        if (name := self.get("hostname")) is not None:
            self.host = _TOKEN.sub(lambda token: {"h": host, "%": "%"}.get(token[1], token[0]), name)

    @classmethod
    def of(cls, login: Login) -> _Settings:
        return cls(login.host, login.port, login.user, login.ssh_options, login.ssh_config)

    def for_all(self) -> tuple[tuple[str, str], ...]:
        """The options whose values do not depend on the host."""
        return tuple((name, value) for name, value in self.options if name in HONOURED and name not in _OF_ONE_HOST)

    def get(self, name: str) -> Any:
        """
        :raises ValueError: for an invalid value.
        """
        return value_of(name, self._first[name]) if name in self._first else None

    def paths(self, name: str) -> tuple[str, ...]:
        words = [value_of(name, value) for each, value in self.options if each == name]
        return tuple(self._expanded(word) for word in words if word.lower() != "none")

    def known_hosts(self) -> tuple[str, ...]:
        user, everyone = self.get("userknownhostsfile"), self.get("globalknownhostsfile")
        if user is None and everyone is None:
            return KNOWN_HOSTS
        if user is None:
            user = KNOWN_HOSTS[:1]
        return tuple(self._expanded(path) for path in (*user, *(everyone or ())))

    def agent(self) -> str | None:
        """The socket of the agent."""
        value = self.get("identityagent")
        if value is None or value == "SSH_AUTH_SOCK":
            return os.environ.get("SSH_AUTH_SOCK") or None
        if value.lower() == "none":
            return None
        if value.startswith("$") and not value.startswith("${"):
            return os.environ.get(value[1:]) or None
        return self._expanded(value)

    def way(self, legacy: bool, known_hosts: tuple[str, ...]) -> tuple[tuple[Hop, ...], str | None]:
        """The bastions, or the command, of these options. The first one of ProxyJump and ProxyCommand counts."""
        name = next((name for name, _value in self.options if name in {"proxyjump", "proxycommand"}), None)
        if name is None or self._first[name].lower() == "none":
            return (), None
        value = self.get(name)
        if name == "proxyjump":
            return self._hops(jumps_of(value), legacy, known_hosts), None
        forward = forward_of(value, self.user)
        if forward is not None:
            return hops_of_forward(forward, self._files, legacy=legacy, known_hosts=known_hosts), None
        return (), shell_command(value, self._original, self.host, self.port, self.user)

    def _hops(self, jumps: Sequence[Jump], legacy: bool, known_hosts: tuple[str, ...]) -> tuple[Hop, ...]:
        return hops_of_jumps(jumps, self._files, legacy=legacy, known_hosts=known_hosts)

    def _expanded(self, text: str) -> str:
        """A path with tokens, environment variables and the home folder filled in.

        :raises ValueError: for a token or a variable that is not known.
        """
        if "%" in text:
            tokens = self._tokens()
            text = _TOKEN.sub(lambda token: _known(tokens, token[1], "%"), text)
        if "${" in text:
            text = _VARIABLE.sub(lambda name: _known(os.environ, name[1], "environment variable "), text)
        return os.path.expanduser(text)

    def _tokens(self) -> dict[str, str]:
        here = socket.gethostname()
        alias = self.get("hostkeyalias") or self._original
        jumps = self._first.get("proxyjump", "")
        hashed = hashlib.sha1(f"{here}{self.host}{self.port}{self.user}{jumps}".encode(), usedforsecurity=False)
        return {
            "%": "%",
            "C": hashed.hexdigest(),
            "d": os.path.expanduser("~"),
            "h": self.host,
            "i": str(os.getuid()),
            "j": jumps,
            "k": alias,
            "L": here.partition(".")[0],
            "l": here,
            "n": self._original,
            "p": str(self.port),
            "r": self.user,
            "u": self._local_user,
        }


def _known(values: Mapping[str, str], name: str, what: str) -> str:
    if name not in values:
        msg = f"{what}{name} is not known"
        raise ValueError(msg)
    return values[name]


def _local_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container can run as any user id
        return ""


# -- the way to a device -----------------------------------------------------------------------------------------------


def hops_of_jumps(
    jumps: Sequence[Jump], files: tuple[str, ...], *, legacy: bool = True, known_hosts: tuple[str, ...] = ()
) -> tuple[Hop, ...]:
    """Bastions that are addresses, with the settings of ssh's own files.

    :raises ValueError: if a file leads to more bastions for one of them, or for an invalid option.
    """
    hops: list[Hop] = []
    for jump in jumps:
        name = f"[{jump.host}]" if ":" in jump.host else jump.host
        hop = Hop(
            name=name,
            host=jump.host,
            port=jump.port or PORT,
            user=jump.user,
            legacy_ssh=legacy,
            known_hosts=known_hosts,
            ssh_options=(("port", str(jump.port)),) if jump.port == PORT else (),
            ssh_config=files,
        )
        hops.append(hop)
    return tuple(hops)


def hops_of_forward(
    forward: Forward, files: tuple[str, ...], *, legacy: bool = True, known_hosts: tuple[str, ...] = ()
) -> tuple[Hop, ...]:
    """The bastions of ``ssh -W``: the one that it names, and those that its own options lead through."""
    found = forward.arguments
    options = (*found.overriding.items(), *found.options)
    if found.config is not None:
        files = () if found.config.lower() == "none" else (found.config,)
    before: tuple[Hop, ...] = ()
    for name, value in options:
        if name == "proxyjump":
            before = hops_of_jumps(jumps_of(value), files, legacy=legacy, known_hosts=known_hosts)
            break
    (last,) = hops_of_jumps([forward.jump], files, legacy=legacy, known_hosts=known_hosts)
    user, number = last.user, last.port
    for name, value in options:
        if name == "user" and user is None:
            user = value_of(name, value)
        elif name == "port" and forward.jump.port is None and number == PORT:
            number = value_of(name, value)
    own = tuple(each for each in options if each[0] not in {"proxyjump"})
    if any(name in {"userknownhostsfile", "globalknownhostsfile"} for name, _value in own):
        known_hosts = ()
    last = replace(
        last,
        user=user,
        port=number,
        password=forward.password,
        ssh_options=(*last.ssh_options, *own),
        known_hosts=known_hosts,
    )
    return (*before, last)


def shell_command(command: str, original: str, host: str, port: int, user: str) -> str:
    """A ``ProxyCommand`` with its tokens filled in, for ``sh -c``, as OpenSSH runs it.

    :raises ValueError: for a token that is not known, or an address or a user that could mean something to a shell.
    """
    for each in (original, host, user):
        if _UNSAFE.search(each) or each.startswith("-"):
            msg = f"{each!r} cannot be used in a ProxyCommand, because it can mean something to a shell"
            raise ValueError(msg)
    values = {"h": host, "n": original, "p": str(port), "r": user, "%": "%"}
    return _TOKEN.sub(lambda token: _known(values, token[1], "ProxyCommand: %"), command)


_UNSAFE = re.compile(r"""[\s'"`$;&<>|(){}]|\\\Z""")


# -- arguments of asyncssh ---------------------------------------------------------------------------------------------


_OF_ONE_HOST = frozenset({*_PATHS, "hostname", "port", "user", "proxycommand", "proxyjump", "hostkeyalias"})


@dataclass(frozen=True, slots=True)
class _Shared:
    host_keys: tuple[str, ...]
    host_keys_named: bool
    authentications: tuple[str, ...]
    arguments: Mapping[str, Any]


@functools.lru_cache(maxsize=1024)
def _shared(options: tuple[tuple[str, str], ...], legacy: bool) -> _Shared:
    """What most devices have in common."""
    first: dict[str, str] = {}
    for name, value in options:
        first.setdefault(name, value)
    values = {name: value_of(name, value) for name, value in first.items()}

    def algorithms(kind: Kind, name: str) -> tuple[str, ...]:
        if name in values:
            chosen = chosen_algorithms(kind, values[name], legacy=legacy)
        else:
            chosen = default_algorithms(kind, legacy=legacy)
        there = available(kind, chosen)
        if not there:
            msg = f"{name}: none of {', '.join(chosen)} is available here"
            raise ValueError(msg)
        return there

    given: dict[str, Any] = {
        "config": None,  # the files are read here
        "kex_algs": algorithms("kex", "kexalgorithms"),
        "encryption_algs": algorithms("encryption", "ciphers"),
        "mac_algs": algorithms("mac", "macs"),
        "signature_algs": algorithms("signature", "casignaturealgorithms"),
        "compression_algs": ["zlib@openssh.com", "none"] if values.get("compression") else ["none"],
        "family": values.get("addressfamily", socket.AF_UNSPEC),
        "tcp_keepalive": values.get("tcpkeepalive", True),
        "keepalive_interval": values.get("serveraliveinterval") or 0,
        "keepalive_count_max": values.get("serveralivecountmax", 3) or 3,
        "gss_kex": values.get("gssapikeyexchange", False),
        "gss_auth": values.get("gssapiauthentication", True),
        "gss_delegate_creds": values.get("gssapidelegatecredentials", False),
        "public_key_auth": values.get("pubkeyauthentication", True),
        "kbdint_auth": values.get("kbdinteractiveauthentication", True),
        "password_auth": values.get("passwordauthentication", True),
        "host_based_auth": False,
        "x509_trusted_certs": None,  # else asyncssh looks for files of them, for each connection
        "x509_trusted_cert_paths": (),
    }
    if address := values.get("bindaddress"):
        given["local_addr"] = (address, 0)
    size, interval = values.get("rekeylimit", (None, None))
    if size:
        given["rekey_bytes"] = size
    if interval:
        given["rekey_seconds"] = interval
    if "preferredauthentications" in values:
        given["preferred_auth"] = values["preferredauthentications"]
    if "pkcs11provider" in values and values["pkcs11provider"].lower() != "none":
        given["pkcs11_provider"] = values["pkcs11provider"]
    patterns = [word for name, value in options if name == "sendenv" for word in value_of(name, value)]
    if environment := environment_of(values.get("setenv", ()), patterns):
        given["env"] = environment
    return _Shared(
        host_keys=algorithms("host_key", "hostkeyalgorithms"),
        host_keys_named="hostkeyalgorithms" in values,
        authentications=_authentications(values),
        arguments=given,
    )


def _authentications(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The methods of authentication that may be used, in order."""
    order = values.get("preferredauthentications", ("gssapi-with-mic", "publickey", "keyboard-interactive", "password"))
    switched_off = {
        "gssapi-keyex": not values.get("gssapikeyexchange", False),
        "gssapi-with-mic": not values.get("gssapiauthentication", True),
        "hostbased": True,
        "publickey": not values.get("pubkeyauthentication", True),
        "keyboard-interactive": not values.get("kbdinteractiveauthentication", True),
        "password": not values.get("passwordauthentication", True),
    }
    return tuple(each for each in order if not switched_off[each])
