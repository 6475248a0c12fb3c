# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSSH known_hosts files: each is read once and used for every device."""

from __future__ import annotations

import base64
import binascii
import enum
import fnmatch
import hmac
import ipaddress
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_DEFAULT_PORT = 22
_MOST_FILES = 256  # kept in memory


class Verdict(enum.Enum):
    """The result of looking up a host's key."""

    MATCH = "match"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


class Marker(enum.Enum):
    """What a line says about its key."""

    HOST_KEY = ""
    CA = "@cert-authority"
    REVOKED = "@revoked"


@dataclass(frozen=True, slots=True)
class Entry:
    """A key in a known_hosts file, and the number of its line. ``pattern`` means that the line is not of one host."""

    line: int
    key_type: str
    key: bytes
    path: str
    pattern: bool = False


@dataclass(frozen=True, slots=True)
class _Pattern:
    accept: tuple[re.Pattern[str], ...]
    refuse: tuple[re.Pattern[str], ...]
    entry: Entry

    def matches(self, name: str) -> bool:
        return any(p.fullmatch(name) for p in self.accept) and not any(p.fullmatch(name) for p in self.refuse)


@dataclass(frozen=True, slots=True)
class _Hashed:
    salt: bytes
    digest: bytes
    entry: Entry

    def matches(self, name: str) -> bool:
        return hmac.digest(self.salt, name.encode("utf-8", "surrogateescape"), "sha1") == self.digest


@dataclass(slots=True)
class _Lines:
    """The lines of one file that have the same marker."""

    plain: dict[str, list[Entry]] = field(default_factory=dict)
    patterns: list[_Pattern] = field(default_factory=list)
    hashed: list[_Hashed] = field(default_factory=list)
    hashed_by_key: dict[bytes, list[_Hashed]] = field(default_factory=dict)

    def named(self, wanted: tuple[str, ...]) -> Iterator[Entry]:
        """The entries whose line has one of the names, or a pattern that matches it."""
        for name in wanted:
            yield from self.plain.get(name, ())
            yield from (pattern.entry for pattern in self.patterns if pattern.matches(name))

    def hidden(self, wanted: tuple[str, ...], key: bytes | None = None) -> Iterator[Entry]:
        """The entries with a hashed name. This costs an HMAC for each line, or for each line with this key."""
        lines = self.hashed if key is None else self.hashed_by_key.get(key, [])
        return (line.entry for line in lines if any(line.matches(name) for name in wanted))

    def __bool__(self) -> bool:
        return bool(self.plain or self.patterns or self.hashed)

    def with_key(self, wanted: tuple[str, ...], key: bytes) -> bool:
        return any(entry.key == key for entry in self.named(wanted)) or any(True for _entry in self.hidden(wanted, key))


@dataclass(slots=True)
class _File:
    """The entries of one file, and its lines that cannot be used."""

    path: str
    problems: list[str] = field(default_factory=list)
    lines: dict[Marker, _Lines] = field(default_factory=lambda: {marker: _Lines() for marker in Marker})

    def read(self, text: str) -> None:
        for number, line in enumerate(text.split("\n"), start=1):
            try:
                self._add(line, number)
            except ValueError as error:
                self.problems.append(f"{self.path}:{number}: {error}; the line is skipped")

    def _add(self, line: str, number: int) -> None:
        """Add one line. Raises ValueError if it is invalid."""
        words = line.split(None, 4)
        if not words or words[0].startswith("#"):
            return
        word = words.pop(0) if words[0].startswith("@") else ""
        try:
            lines = self.lines[Marker(word)]
        except ValueError:
            msg = f"unknown marker {word!r} (known are @revoked and @cert-authority)"
            raise ValueError(msg) from None
        if len(words) < 3:
            msg = "expected host names, a key type and a key"
            raise ValueError(msg)
        names, key_type, encoded = words[:3]
        key = decode_key(key_type, encoded)
        if names.startswith("|"):
            salt, digest = _decode_hash(names)
            hashed = _Hashed(salt, digest, Entry(number, key_type, key, self.path))
            lines.hashed.append(hashed)
            lines.hashed_by_key.setdefault(key, []).append(hashed)
        elif any(character in names for character in "*?!"):
            lines.patterns.append(_pattern(names, Entry(number, key_type, key, self.path, pattern=True)))
        else:
            entry = Entry(number, key_type, key, self.path)
            for name in dict.fromkeys(names.lower().split(",")):
                lines.plain.setdefault(name, []).append(entry)


class KnownHosts:
    """The entries of any number of known_hosts files.

    The entries do not change after load(). ``problems`` lists skipped lines with file and number.
    """

    def __init__(self, files: Iterable[_File] = ()) -> None:
        self._files = tuple(files)
        self._scanned: dict[tuple[Marker, tuple[str, ...]], list[Entry]] = {}

    @classmethod
    def load(cls, paths: Iterable[str]) -> KnownHosts:
        """Return the entries of the files in the order given. A file is read again only if its time or size changed.

        A missing file is treated as empty. What cannot be read or parsed is added to ``problems`` and skipped.
        """
        return cls(map(_read, map(os.path.expanduser, paths)))

    @classmethod
    def parse(cls, path: str, content: bytes) -> KnownHosts:
        """Return the entries of one file whose content has been read."""
        file = _File(path)
        file.read(content.decode("utf-8", "surrogateescape"))
        return cls([file])

    @property
    def problems(self) -> list[str]:
        return [problem for file in self._files for problem in file.problems]

    def key_types(self, names: Iterable[str], port: int | None, *, hashed: bool = True) -> list[str]:
        """Return the types of the keys known for any of these names at this port, in the files' order and each once.

        Without an entry for the port, those for the bare names are returned. Example: ``["ssh-ed25519", "ssh-rsa"]``.
        These are key types: with an ``ssh-rsa`` key a server also signs as ``rsa-sha2-512`` or ``rsa-sha2-256``.

        Hashed lines are searched only if no other line names the host, because each needs an HMAC for each name. A
        caller with many hosts should connect first without them, and search them only if check() returns CHANGED.
        """
        for wanted in _lookups(names, port):
            entries = [entry for lines in self._of(Marker.HOST_KEY) for entry in _in_order(lines.named(wanted))]
            if not entries and hashed:
                entries = self._hidden(Marker.HOST_KEY, wanted)
            if entries:
                return list(dict.fromkeys(entry.key_type for entry in entries))
        return []

    def entries(self, names: Iterable[str], port: int | None, marker: Marker = Marker.HOST_KEY) -> list[Entry]:
        """Return all entries for any of these names at this port; without any, those for the bare names.

        This costs an HMAC for each hashed line and name.
        """
        for wanted in _lookups(names, port):
            found = self._all(marker, wanted)
            if found:
                return found
        return []

    def revoked(self, names: Iterable[str], port: int | None) -> list[Entry]:
        """Return the revoked keys of a host that has a certificate.

        Those of the bare names count if no certificate authority is known for the port.
        """
        found: list[Entry] = []
        for wanted in _lookups(names, port):
            found += [entry for entry in self._all(Marker.REVOKED, wanted) if entry not in found]
            if self._all(Marker.CA, wanted):
                break
        return found

    def check(self, names: Iterable[str], port: int | None, key: bytes) -> Verdict:
        """Compare the key (the SSH wire format blob) that a host presented with those known for any of its names.

        As in OpenSSH, a host at another port than 22 is ``[name]:port``. Without such a line, a line of the bare name
        matches if it has the same key, and its @revoked line applies. Its other keys do not mean a change: they are
        another server's. Unlike OpenSSH, a key of another type than the known ones is a change too.
        """
        exact, *fallback = _lookups(names, port)
        verdict = self._check(exact, key)
        if verdict is Verdict.UNKNOWN and fallback:
            verdict = self._check(fallback[0], key)
            if verdict is Verdict.CHANGED:
                return Verdict.UNKNOWN
        return verdict

    def check_ca(self, names: Iterable[str], port: int | None, key: bytes) -> Verdict:
        """Return whether the key may sign certificates of a host: MATCH, REVOKED or UNKNOWN."""
        for wanted in _lookups(names, port):
            if self._any(Marker.REVOKED, wanted, key):
                return Verdict.REVOKED
            if self._any(Marker.CA, wanted, key):
                return Verdict.MATCH
        return Verdict.UNKNOWN

    def _check(self, wanted: tuple[str, ...], key: bytes) -> Verdict:
        if self._any(Marker.REVOKED, wanted, key):
            return Verdict.REVOKED
        if self._any(Marker.HOST_KEY, wanted, key):
            return Verdict.MATCH
        others = (entry for lines in self._of(Marker.HOST_KEY) for entry in lines.named(wanted))
        known = any(True for _entry in others) or bool(self._hidden(Marker.HOST_KEY, wanted))
        return Verdict.CHANGED if known else Verdict.UNKNOWN

    def lines_of(self, name: str) -> list[int]:
        """Return the numbers of the lines with a name as it is in the file, without patterns and marked lines."""
        return [entry.line for entry in self._all(Marker.HOST_KEY, (name.lower(),)) if not entry.pattern]

    def has(self, name: str, key: bytes) -> bool:
        """Return whether a name, as it is in the file, has this key, trusted or revoked."""
        wanted = (name.lower(),)
        return self._any(Marker.HOST_KEY, wanted, key) or self._any(Marker.REVOKED, wanted, key)

    def _all(self, marker: Marker, wanted: tuple[str, ...]) -> list[Entry]:
        if not any(self._of(marker)):  # few files have marked lines
            return []
        named = {entry for lines in self._of(marker) for entry in lines.named(wanted)}
        found = named.union(self._hidden(marker, wanted))
        files = {file.path: number for number, file in reversed(list(enumerate(self._files)))}
        return sorted(found, key=lambda entry: (files[entry.path], entry.line))

    def _hidden(self, marker: Marker, wanted: tuple[str, ...]) -> list[Entry]:
        """The entries of hashed lines. They are searched once for each name."""
        if not any(lines.hashed for lines in self._of(marker)):
            return []
        if (marker, wanted) not in self._scanned:
            found = [entry for lines in self._of(marker) for entry in lines.hidden(wanted)]
            self._scanned[marker, wanted] = found
        return self._scanned[marker, wanted]

    def _any(self, marker: Marker, wanted: tuple[str, ...], key: bytes) -> bool:
        return any(lines.with_key(wanted, key) for lines in self._of(marker))

    def _of(self, marker: Marker) -> Iterator[_Lines]:
        return (lines for file in self._files if (lines := file.lines[marker]))


def name_in_file(host: str, port: int | None) -> str:
    """Return the form in which OpenSSH writes a host, which is ``[name]:port`` for another port than 22."""
    bare = _bare(host)
    return bare if port in (None, _DEFAULT_PORT) else f"[{bare}]:{port}"


def _version(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


# The files that were read, and their versions then. An old version is not kept: each takes megabytes.
_files: dict[str, tuple[tuple[int, int], _File]] = {}


def _read(path: str) -> _File:
    version = _version(path)
    kept = _files.get(path)
    if kept is None or kept[0] != version:
        if len(_files) >= _MOST_FILES:
            _files.clear()
        kept = _files[path] = (version, _parse(path))
    return kept[1]


def _parse(path: str) -> _File:
    file = _File(path)
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as opened:
            file.read(opened.read())
    except FileNotFoundError:
        pass
    except OSError as error:
        file.problems.append(f"{path}: cannot be read ({error.strerror}), its host keys are unknown")
    return file


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.line)


def _bare(host: str) -> str:
    """The name in lower case; an IPv6 address without brackets and in its shortest form, as OpenSSH writes it."""
    name = host.lower()
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    if ":" not in name:
        return name
    address, percent, scope = name.partition("%")
    try:
        return f"{ipaddress.IPv6Address(address).compressed}{percent}{scope}"
    except ValueError:
        return name


def _lookups(names: Iterable[str], port: int | None) -> list[tuple[str, ...]]:
    """Return the forms of the names in the file: the exact form, then the fallback."""
    bare = tuple(dict.fromkeys(_bare(name) for name in names))
    if port in (None, _DEFAULT_PORT):
        return [bare]
    return [tuple(f"[{name}]:{port}" for name in bare), bare]


def decode_key(key_type: str, encoded: str) -> bytes:
    """Return the key of a line in the SSH wire format.

    :raises ValueError: if it is not base64, or not of the type.
    """
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


def _pattern(names: str, entry: Entry) -> _Pattern:
    """Only ``*``, ``?`` and a leading ``!`` are special: brackets belong to ``[name]:port``."""
    accept: list[re.Pattern[str]] = []
    refuse: list[re.Pattern[str]] = []
    for name in names.lower().split(","):
        target, glob = (refuse, name[1:]) if name.startswith("!") else (accept, name)
        # Not `.*` for each star: with many of them, a name would take minutes.
        target.append(re.compile(fnmatch.translate(glob.replace("[", "[[]"))))
    return _Pattern(tuple(accept), tuple(refuse), entry)
