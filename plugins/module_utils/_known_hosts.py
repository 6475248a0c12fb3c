# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSSH known_hosts files: read once, used for every device."""

from __future__ import annotations

import base64
import binascii
import enum
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_DEFAULT_PORT = 22


class Verdict(enum.Enum):
    """The result of looking up a host's key."""

    MATCH = "match"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class _Entry:
    order: int
    key_type: str
    key: bytes
    revoked: bool


@dataclass(frozen=True, slots=True)
class _Pattern:
    accept: tuple[re.Pattern[str], ...]
    refuse: tuple[re.Pattern[str], ...]
    entry: _Entry

    def matches(self, name: str) -> bool:
        return any(p.fullmatch(name) for p in self.accept) and not any(p.fullmatch(name) for p in self.refuse)


@dataclass(frozen=True, slots=True)
class _Hashed:
    salt: bytes
    digest: bytes
    entry: _Entry

    def matches(self, name: str) -> bool:
        return hmac.digest(self.salt, name.encode("utf-8", "surrogateescape"), "sha1") == self.digest


@dataclass(slots=True)
class KnownHosts:
    """The entries of any number of known_hosts files.

    The entries do not change after load(), so threads can share them. `problems` lists skipped lines with file and
    number. Lines marked @cert-authority are skipped without a message, because libssh2 cannot check host certificates.
    """

    problems: list[str] = field(default_factory=list)
    _plain: dict[str, list[_Entry]] = field(default_factory=dict)
    _patterns: list[_Pattern] = field(default_factory=list)
    _hashed: list[_Hashed] = field(default_factory=list)
    _hashed_by_key: dict[bytes, list[_Hashed]] = field(default_factory=dict)
    _size: int = 0

    @classmethod
    def load(cls, paths: Iterable[str]) -> KnownHosts:
        """Read the files in the order given.

        A missing file is treated as empty. What cannot be read or parsed is added to `problems` and skipped.
        """
        known = cls()
        for path in paths:
            try:
                with open(path, encoding="utf-8", errors="surrogateescape") as file:
                    lines = file.read().split("\n")
            except FileNotFoundError:
                continue
            except OSError as error:
                known.problems.append(f"{path}: cannot be read ({error.strerror}), its host keys are unknown")
                continue
            for number, line in enumerate(lines, start=1):
                try:
                    known._add(line)
                except ValueError as error:
                    known.problems.append(f"{path}:{number}: {error}; the line is skipped")
        return known

    @property
    def has_hashed(self) -> bool:
        """Whether the files have hashed lines, which make key_types() and check() of an unknown host slow."""
        return bool(self._hashed)

    def key_types(self, names: Iterable[str], port: int) -> list[str]:
        """Return the types of the keys known for any of these names at this port, in the files' order and each once.

        Without an entry for the port, the types for the bare names are returned. Example: `["ssh-ed25519", "ssh-rsa"]`.
        These are key types: with an `ssh-rsa` key a server also signs as `rsa-sha2-512` or `rsa-sha2-256`.

        Hashed lines are searched only if no other line names the host, because each needs an HMAC for each name. A
        caller with many hosts and `has_hashed` should connect first, and call this only if check() returns CHANGED.
        """
        for wanted in _lookups(names, port):
            entries = list(self._named(wanted)) or list(self._search_hashed(self._hashed, wanted))
            types = [entry.key_type for entry in sorted(entries, key=lambda e: e.order) if not entry.revoked]
            if types:
                return list(dict.fromkeys(types))
        return []

    def check(self, names: Iterable[str], port: int, key: bytes) -> Verdict:
        """Compare the key (the SSH wire format blob) that a host presented with those known for any of its names.

        As in OpenSSH, a host at another port than 22 is `[name]:port`. Without such a line, a line of the bare name
        matches if it has the same key, and its @revoked line applies. Its other keys do not mean a change: they are
        another server's.
        """
        exact, *fallback = _lookups(names, port)
        verdict = self._check(exact, key)
        if verdict is Verdict.UNKNOWN and fallback:
            verdict = self._check(fallback[0], key)
            if verdict is Verdict.CHANGED:
                return Verdict.UNKNOWN
        return verdict

    def _check(self, wanted: tuple[str, ...], key: bytes) -> Verdict:
        named = list(self._named(wanted))
        same = [entry for entry in named if entry.key == key]
        same += self._search_hashed(self._hashed_by_key.get(key, []), wanted)
        if any(entry.revoked for entry in same):
            return Verdict.REVOKED
        if same:
            return Verdict.MATCH
        if any(not entry.revoked for entry in named):
            return Verdict.CHANGED
        others = self._search_hashed(self._hashed, wanted)
        return Verdict.CHANGED if any(not entry.revoked for entry in others) else Verdict.UNKNOWN

    def _named(self, wanted: tuple[str, ...]) -> Iterator[_Entry]:
        for name in wanted:
            yield from self._plain.get(name, ())
            yield from (pattern.entry for pattern in self._patterns if pattern.matches(name))

    @staticmethod
    def _search_hashed(lines: list[_Hashed], wanted: tuple[str, ...]) -> Iterator[_Entry]:
        return (line.entry for line in lines if any(line.matches(name) for name in wanted))

    def _add(self, line: str) -> None:
        """Add one line. Raises ValueError if it is invalid."""
        words = line.split(None, 4)
        if not words or words[0].startswith("#"):
            return
        marker = words.pop(0) if words[0].startswith("@") else ""
        if marker == "@cert-authority":
            return
        if marker not in ("", "@revoked"):
            msg = f"unknown marker {marker!r} (known are @revoked and @cert-authority)"
            raise ValueError(msg)
        if len(words) < 3:
            msg = "expected host names, a key type and a key"
            raise ValueError(msg)
        names, key_type, encoded = words[:3]
        entry = _Entry(self._size, key_type, _decode_key(key_type, encoded), marker == "@revoked")
        if names.startswith("|"):
            salt, digest = _decode_hash(names)
            hashed = _Hashed(salt, digest, entry)
            self._hashed.append(hashed)
            self._hashed_by_key.setdefault(entry.key, []).append(hashed)
        elif any(character in names for character in "*?!"):
            self._patterns.append(_pattern(names, entry))
        else:
            for name in dict.fromkeys(names.lower().split(",")):
                self._plain.setdefault(name, []).append(entry)
        self._size += 1


def _lookups(names: Iterable[str], port: int) -> list[tuple[str, ...]]:
    """Return the forms of the names in the file: the exact form, then the fallback."""
    bare = tuple(dict.fromkeys(name.lower() for name in names))
    if port == _DEFAULT_PORT:
        return [bare]
    return [tuple(f"[{name}]:{port}" for name in bare), bare]


def _decode_key(key_type: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        msg = f"the {key_type!r} key is not base64 ({error})"
        raise ValueError(msg) from error
    length = int.from_bytes(key[:4], "big")
    if len(key) <= 4 + length or key[4 : 4 + length] != key_type.encode("utf-8", "surrogateescape"):
        msg = f"the key does not have the type {key_type!r} of the line"
        raise ValueError(msg)
    return key


def _decode_hash(names: str) -> tuple[bytes, bytes]:
    parts = names.split("|")
    if len(parts) == 4 and parts[:2] == ["", "1"]:
        try:
            salt, digest = (base64.b64decode(part, validate=True) for part in parts[2:])
        except binascii.Error:
            pass
        else:
            if len(digest) == 20:
                return salt, digest
    msg = "the hashed host name does not have the form |1|salt|hash"
    raise ValueError(msg)


def _pattern(names: str, entry: _Entry) -> _Pattern:
    """Only `*`, `?` and a leading `!` are special: brackets belong to `[name]:port`."""
    accept: list[re.Pattern[str]] = []
    refuse: list[re.Pattern[str]] = []
    for name in names.lower().split(","):
        target, glob = (refuse, name[1:]) if name.startswith("!") else (accept, name)
        glob = re.sub(r"\*+", "*", glob)
        target.append(re.compile(re.escape(glob).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL))
    return _Pattern(tuple(accept), tuple(refuse), entry)
