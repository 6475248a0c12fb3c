# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify the host keys of SSH servers against known_hosts files, for connections of asyncssh.

The transport uses one ``HostKeys`` for each login::

    keys = host_keys.known(login)
    while True:
        try:
            connection = await asyncssh.connect(
                host, port,
                known_hosts=keys.known_hosts,
                host_key_alias=keys.host_key_alias,
                server_host_key_algs=keys.server_host_key_algs(host, port),
                client_factory=...,  # its validate_host_public_key and validate_host_ca_key call those of ``keys``
            )
        except asyncssh.HostKeyNotVerifiable as error:
            if keys.again(error):
                continue
            raise keys.refusal() from None
        learned = keys.learned()  # after the key exchange, also if the login failed: send it to the parent process

The known_hosts files have an index by key, because a scan of hashed lines costs an HMAC for each line. So the decision
is made when the server has presented its key, and asyncssh gets no lists of trusted keys.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import json
import os
import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from ._asyncssh import asyncssh

with contextlib.suppress(ImportError):  # sanity tests import this file without it
    from asyncssh.public_key import get_certificate_algs, get_public_key_algs

from .._device import Device, Hop
from .._known_hosts import Entry, KnownHosts, Marker, Verdict, name_in_file
from .._model.host_pattern import limit_pattern
from .._model.visible import in_line
from .._result import DeviceError
from .._some import some
from ._known_hosts_file import append, remove
from .new_keys import NewKey, new_key_lines

__all__ = ["HostKeys", "NewKey", "append", "fingerprint", "known", "new_key_lines", "remove", "type_of"]

DEFAULT_PORT = 22
MOST_SHOWN = 4  # known keys in a message

# Key type: the algorithms with which a server signs with it, in the order in which they are offered. What the client
# checks costs about the same for all; the order is that of OpenSSH, and is fast for the device.
ALGORITHMS: dict[str, tuple[str, ...]] = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "sk-ssh-ed25519@openssh.com": ("sk-ssh-ed25519@openssh.com",),
    "sk-ecdsa-sha2-nistp256@openssh.com": ("sk-ecdsa-sha2-nistp256@openssh.com",),
    "ssh-ed448": ("ssh-ed448",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"),
    "ssh-dss": ("ssh-dss",),
}
LEGACY = ("ssh-rsa", "ssh-dss")  # algorithms with SHA-1
# Names that a line of known_hosts can hold as they are. Others would be a pattern, or more than one name.
_WRITABLE = re.compile(r"[^\s,*?!|#@\"\\\x00-\x1f\x7f][^\s,*?!|\"\\\x00-\x1f\x7f]*")
_PLAIN = re.compile(r"[\w.-]+")  # a value of -e that is not quoted


# The keys accepted so far in this process: by file and host, the wire format by type.
_accepted: dict[tuple[str, str], dict[str, bytes]] = {}


def known(login: Device | Hop) -> HostKeys:
    """Return what is known of the host keys of a device or bastion."""
    return HostKeys(login)


def algorithms(key_types: Iterable[str], *, legacy: bool, certificates: bool = False) -> list[str]:
    """Return the algorithms of these key types that asyncssh supports. Those with certificates come first.

    :param legacy: whether those with SHA-1 are included.
    """
    return list(_algorithms(tuple(key_types), legacy, certificates))


@functools.lru_cache(maxsize=256)
def _algorithms(key_types: tuple[str, ...], legacy: bool, certificates: bool) -> tuple[str, ...]:
    plain = [each for key in key_types for each in ALGORITHMS.get(key, ()) if legacy or each not in LEGACY]
    offered = [*map(_certificate, plain), *plain] if certificates else plain
    supported = {each.decode("ascii") for each in (*get_certificate_algs(), *get_public_key_algs())}
    return tuple(each for each in offered if each in supported)


def fingerprint(key: bytes) -> str:
    """Return the fingerprint of a key in the wire format, as ``ssh-keygen -l`` shows it: ``SHA256:…``."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode("ascii").rstrip("=")


class HostKeys:
    """The decision on the host key of one login. A decision on a certificate takes asyncssh's checks as well."""

    def __init__(self, login: Device | Hop) -> None:
        self._login = login
        self.host_key_alias = next((value for name, value in login.ssh_options if name == "hostkeyalias"), None)
        self._names = (self.host_key_alias or login.host,)
        self._port = DEFAULT_PORT if self.host_key_alias else login.port
        self._paths = tuple(path for path in login.known_hosts if path.lower() != "none")  # the word of OpenSSH
        self._file = os.path.expanduser((self._paths or (os.devnull,))[0])
        self._known = KnownHosts.load(self._paths)
        self._plain_only = False  # certificates are not asked for
        self._types: list[str] | None = None  # found in a scan of hashed lines
        self._presented: bytes | None = None
        self._authority: bytes | None = None
        self._reason = ""  # why asyncssh refused the certificate
        self._new: tuple[str, bytes] | None = None

    @property
    def name(self) -> str | None:
        """The host as a line of known_hosts has it, or None if no line can hold it."""
        return name_in_file(self._names[0], self._port) if _WRITABLE.fullmatch(self._names[0]) else None

    @property
    def file(self) -> str:
        """The file that new keys belong to."""
        return self._file

    def check(self, blob: bytes) -> Verdict:
        """Compare a key in the wire format with the files, and with the keys accepted in this process."""
        return self._verdict(blob)

    def entries(self, marker: Marker = Marker.HOST_KEY) -> list[Entry]:
        """Return what the files have for the host: its keys, authorities, or revoked keys."""
        return self._known.entries(self._names, self._port, marker)

    @property
    def known_hosts(self) -> Any:
        """The argument ``known_hosts`` of asyncssh: a function, or None if host keys are not checked."""
        return self.trusted if self._login.host_key_checking else None

    def trusted(self, _host: str, _address: str, _port: int | None) -> tuple[list[Any], list[Any], list[Any]]:
        """Return the lists of trusted keys, trusted authorities and revoked keys that asyncssh asks for.

        The first two are empty: the methods ``validate_*`` decide. The revoked keys are needed for the key inside a
        certificate, which those methods do not see.
        """
        if not self._known.entries(self._names, self._port, Marker.CA):
            return [], [], []
        revoked = map(_imported, self._known.revoked(self._names, self._port))
        return [], [], [key for key in revoked if key is not None]

    def server_host_key_algs(self, _host: str = "", _port: int | None = None) -> list[str]:
        """Return the algorithms to offer. Those of the known keys come first, so that the server presents such a key.

        Certificates are offered only if a certificate authority is known for the host. Without it a server would
        present a certificate where its plain key is known.
        """
        first = self._types
        if first is None:
            first = self._known.key_types(self._names, self._port, hashed=False)
            first += _accepted.get(self._memory(), {})
        types = dict.fromkeys([*first, *ALGORITHMS])
        return algorithms(types, legacy=self._login.legacy_ssh, certificates=self._has_authority())

    def validate_host_public_key(self, _host: str, _addr: str, _port: int, key: Any) -> bool:
        """Return whether the server's key is trusted. For the method of ``asyncssh.SSHClient`` of the same name."""
        blob = bytes(key.public_data)
        self._presented, self._new = blob, None
        if not self._login.host_key_checking:
            return True
        verdict = self._verdict(blob)
        if verdict is Verdict.UNKNOWN and self._login.accept_new_host_keys and self.name:
            self._new = (type_of(blob), blob)
            return True
        return verdict is Verdict.MATCH

    def validate_host_ca_key(self, _host: str, _addr: str, _port: int, key: Any) -> bool:
        """Return whether the key may sign the server's certificate. asyncssh checks the rest of the certificate."""
        self._authority = bytes(key.public_data)
        if not self._login.host_key_checking:
            return True
        if self._plain_only:  # a server can present what was not asked for
            return False
        return self._known.check_ca(self._names, self._port, self._authority) is Verdict.MATCH

    def again(self, error: Exception) -> bool:
        """Return whether a second connection may succeed after asyncssh refused the key with this error.

        The server presented a certificate that is not valid, and its plain key may be known, as OpenSSH does it; or a
        key of another type than the known ones, which are in hashed lines.
        """
        self._reason = str(error)
        if self._presented is None:
            if self._plain_only or not self._has_authority() or self._is_revoked():
                return False
            self._plain_only = True
            return self._login.accept_new_host_keys or bool(self._known.entries(self._names, self._port))
        named = self._known.key_types(self._names, self._port, hashed=False)
        if self._types is None and not named and self._verdict(self._presented) is not Verdict.REVOKED:
            self._types = self._known.key_types(self._names, self._port)
            if self._types and type_of(self._presented) not in self._types:
                self._presented = None
                return True
        return False

    def learned(self) -> NewKey | None:
        """Return the new key, once, after the key exchange proved that the server has it; None if there is none."""
        if self._new is None:
            return None
        key_type, blob = self._new
        self._new = None
        remembered = _accepted.setdefault(self._memory(), {})
        if key_type in remembered:
            return None
        remembered[key_type] = blob
        line = f"{self.name} {key_type} {base64.b64encode(blob).decode('ascii')}"
        return NewKey(self._login.host, self._login.port, line, self._file)

    def refusal(self, _host: str = "", _port: int | None = None, key: Any = None) -> DeviceError:
        """Return the error for a key that is not trusted, with the fingerprints and the command to correct it.

        :param key: the key that the server presented, if the caller knows it.
        """
        if key is not None:
            self._presented = bytes(key.public_data)
        if self._presented is None:
            return self._certificate_refused()
        verdict = self._verdict(self._presented)
        if verdict is Verdict.REVOKED:
            return self._revoked(_shown(self._presented))
        if verdict is Verdict.CHANGED:
            return self._changed(self._presented)
        return self._unknown(self._presented)

    def _verdict(self, blob: bytes) -> Verdict:
        verdict = self._known.check(self._names, self._port, blob)
        remembered = _accepted.get(self._memory())
        if verdict is Verdict.UNKNOWN and remembered:
            return Verdict.MATCH if blob in remembered.values() else Verdict.CHANGED
        return verdict

    def _memory(self) -> tuple[str, str]:
        return self._file, name_in_file(self._names[0], self._port)

    def _has_authority(self) -> bool:
        return (
            self._login.host_key_checking
            and not self._plain_only
            and bool(self._known.entries(self._names, self._port, Marker.CA))
        )

    def _is_revoked(self) -> bool:
        """Whether asyncssh found the key of the certificate, or of its authority, among the revoked keys."""
        authority = self._authority and self._known.check_ca(self._names, self._port, self._authority)
        return authority is Verdict.REVOKED or "revoked" in self._reason

    def _place(self) -> str:
        return f"{in_line(self._login.host)} port {self._login.port}"

    def _unknown(self, blob: bytes) -> DeviceError:
        others = [each for each in self._known.entries(self._names, None) if self._port != DEFAULT_PORT]
        besides = f" (port {DEFAULT_PORT} of it has {_listed(others)})" if others else ""
        problems = self._known.problems
        skipped = f". Lines were skipped, the first is {in_line(problems[0])}" if problems else ""
        message = (
            f"the host key of {self._place()} is not known: {_missing_in(self._paths)}. The device presented "
            f"{_shown(blob)}; known: none{besides}{skipped}. Compare the fingerprint with the device's console, then "
            f"add the key: {self._learn()}"
        )
        return _refused("host_key_unknown", message)

    def _changed(self, blob: bytes) -> DeviceError:
        entries = self._known.entries(self._names, self._port)
        files = ", ".join(dict.fromkeys(in_line(entry.path) for entry in entries))
        remembered = ", ".join(map(_shown, _accepted.get(self._memory(), {}).values()))
        what = f"the one in {files}" if entries else "the one accepted before in this run"
        message = (
            f"the host key of {self._place()} differs from {what}: another device or an attacker answers. The device "
            f"presented {_shown(blob)}; known: {_listed(entries) or remembered}. No credentials were sent"
            f"{self._forget(entries)}"
        )
        return _refused("host_key_changed", message)

    def _revoked(self, presented: str) -> DeviceError:
        entries = self._known.entries(self._names, self._port, Marker.REVOKED)
        entries += [each for each in self._known.entries(self._names, None, Marker.REVOKED) if each not in entries]
        where = ", ".join(dict.fromkeys(f"{in_line(each.path)} line {each.line}" for each in entries))
        usual = self._known.entries(self._names, self._port)
        message = (
            f"the host key of {self._place()} is marked as revoked in {where}: another device or an attacker answers. "
            f"The device presented {presented}; revoked: {_listed(entries)}; known: {_listed(usual) or 'none'}. "
            "No credentials were sent. If the device was replaced, correct the entry"
        )
        return _refused("host_key_revoked", message)

    def _certificate_refused(self) -> DeviceError:
        if self._is_revoked():
            signed = f"a certificate signed by {_shown(self._authority)}" if self._authority else "one of these"
            return self._revoked(signed)
        authorities = self._known.entries(self._names, self._port, Marker.CA)
        signer = f", signed by {_shown(self._authority)}," if self._authority else ""
        why = f" ({in_line(self._reason)})" if self._reason else ""
        message = (
            f"the certificate of {self._place()}{signer} is not valid{why}; known certificate authorities: "
            f"{_listed(authorities) or 'none'}. No credentials were sent. Renew the certificate, or learn the key "
            f"itself: {self._learn()}"
        )
        return _refused("host_key_unknown", message)

    def _playbook(self, *options: str) -> str:
        sources = (word for each in self._login.inventory_sources for word in ("-i", each))
        return _command("ansible-playbook", "rollcall.network.host_keys", *sources, *options)

    def _learn(self) -> str:
        if isinstance(self._login, Hop):  # the playbook asks the bastions of its devices
            return self._playbook()
        return self._playbook("--limit", limit_pattern(self._login.name))

    def _replace(self) -> str:
        if isinstance(self._login, Hop):
            return ""
        name = self._login.name
        named = f"rollcall_replace_host_keys={name}"
        if not _PLAIN.fullmatch(name):
            named = json.dumps({"rollcall_replace_host_keys": [name]})
        return f"replace its key: {self._playbook('--limit', limit_pattern(name), '-e', named)}, or "

    def _forget(self, entries: Sequence[Entry]) -> str:
        own = [each for each in entries if not each.pattern]
        if own:
            name = name_in_file(self._names[0], self._port)
            command = _command("ssh-keygen", "-R", name, "-f", own[0].path)
            return f". If the device was replaced, {self._replace()}remove the old key: {command}"
        if entries:
            where = f"line {entries[0].line} of {in_line(entries[0].path)}"
            return f". If the device was replaced, correct {where}, which is for several hosts"
        return ""


def _command(*words: str) -> str:
    """A command for a shell, on one line."""
    return in_line(shlex.join(words))


def _refused(kind: str, message: str) -> DeviceError:
    return DeviceError("unreachable", "connect", kind, message)


def type_of(blob: bytes) -> str:
    """Return the type of a key in the wire format, such as ``ssh-ed25519``."""
    length = int.from_bytes(blob[:4], "big")
    return blob[4 : 4 + length].decode("ascii", "replace")


def _shown(blob: bytes) -> str:
    return f"{in_line(type_of(blob))} {fingerprint(blob)}"


def _listed(entries: Sequence[Entry]) -> str:
    return some(dict.fromkeys(_shown(entry.key) for entry in entries), MOST_SHOWN)


def _missing_in(paths: tuple[str, ...]) -> str:
    """Which of the files do not have the key, and which do not exist."""
    there = [path for path in paths if os.path.exists(os.path.expanduser(path))]
    missing = [path for path in paths if path not in there]
    said = [f"it is not in {', '.join(there)}"] if there else []
    if missing:
        said.append(f"{', '.join(missing)} {'does' if len(missing) == 1 else 'do'} not exist")
    return in_line(" and ".join(said)) or "there is no known_hosts file"


def _certificate(algorithm: str) -> str:
    """``sk-ssh-ed25519@openssh.com`` becomes ``sk-ssh-ed25519-cert-v01@openssh.com``."""
    return f"{algorithm.removesuffix('@openssh.com')}-cert-v01@openssh.com"


def _imported(entry: Entry) -> Any:
    """The key as asyncssh has it, or None if asyncssh does not know its type: then no server can present it."""
    try:
        return asyncssh.import_public_key(f"{entry.key_type} {base64.b64encode(entry.key).decode('ascii')}")
    except asyncssh.KeyImportError:
        return None
