# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mask the secrets of a run.

A secret is replaced in every text and in each form in which devices and libraries show it: escaped, percent-encoded,
wrapped at the width of a terminal. For a secret that is an ordinary word, such as ``cisco``, see ``Secrets.output``.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import html
import json
import os
import re
import shlex
import unicodedata
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .._device import Device, Hop
from .._pieces import PIECE, Work, finish, spans

MASK = "********"
SHORTEST = 4  # characters; shorter secrets are not masked everywhere
SHORTEST_WRAPPED = 8  # characters of a secret that is found across a line break
SHORTEST_RECODED = 8  # characters of a secret that is found in upper case, in lower case, and in Base64
_WESTERN = ("latin-1", "cp1252", "iso8859-15", "cp437", "cp850")
_ENCODINGS = (*_WESTERN, "iso8859-2", "cp1251", "koi8-r", "shift-jis", "gb18030")
MOST_MOVES = 8  # of the end of a piece, so that it does not divide a secret
LONGEST_COUNTER = 6  # digits; many outputs contain such numbers
# Passwords that are words of device configurations. Masking them everywhere would change the meaning of outputs.
_WORDS = (
    "admin administrator ansible arista backup cisco community config console default enable fortinet guest "
    "huawei juniper lab local login manager mikrotik monitor network nokia none operator pass passphrase passwd "
    "password private public read root router secret secure service ssh super support switch system telnet test "
    "ubnt user username write"
)
ORDINARY_WORDS = frozenset(_WORDS.split())
_KEY_LINES, _KEY_LINE = 3, 24  # lines of a private key at least, and characters of one that is found by its length
_BASE64 = re.compile(r"[A-Za-z0-9+/=]{24,}")  # runs of them; the number is _KEY_LINE
_NAMED = re.compile(r"[^=]*(?:pass|secret|token|proxy-auth)[^=]*=(.+)", re.IGNORECASE | re.DOTALL)
_IN_URL = re.compile(r"://[^/@\s]*?:([^/@\s]+)@")
_TAKES_SECRET = re.compile(r"--?(?:pass(?:word|wd|phrase)?|pwd|secret|token|proxy-auth|proxy-user)", re.IGNORECASE)

_LIKE_WORDS = re.compile(r"[A-Za-z_.-]+")  # a secret that words of the collection's sentences can contain
_QUOTATION = re.compile(r"(?<!\w)(?:'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\")(?!\w)")


class Secrets:
    """Some secrets, ready to be masked. Build it with ``secrets_of`` or ``secrets_of_all``."""

    def __init__(self, values: Iterable[str], ordinary: Iterable[str] = ()) -> None:
        """Sort the secrets by how they are masked.

        :param values: the secrets; one of several lines, such as a private key, is masked line by line.
        :param ordinary: words that outputs contain anyway, such as the name of the device.
        """
        words = {word.lower() for word in ordinary} | ORDINARY_WORDS
        strong: dict[str, None] = {}
        weak: set[str] = set()
        key_lines: set[str] = set()
        for value in values:
            lines = _lines(value)
            for line in lines:
                if len(lines) >= _KEY_LINES and len(line) >= _KEY_LINE and _BASE64.fullmatch(line):
                    key_lines.add(line)
                elif len(line) < SHORTEST or line.lower() in words or (line.isdigit() and len(line) <= LONGEST_COUNTER):
                    weak.add(line)
                else:
                    strong[line] = None
        spelled = {spelling for value in strong for spelling in _spellings(value) if len(spelling) >= SHORTEST}
        self._plain = tuple(sorted((*strong, *key_lines), key=len, reverse=True))
        self._strong = tuple(sorted(spelled, key=len, reverse=True))
        self._key_lines = frozenset(key_lines)
        self._longest = max(map(len, (*self._strong, *self._plain)), default=0)
        quoted_words = [each for each in self._strong if _LIKE_WORDS.fullmatch(each)]
        short = [each for each in self._strong if len(each) < SHORTEST_WRAPPED and each not in quoted_words]
        self._not_in_words = tuple(each for each in self._strong if each not in {*quoted_words, *short})
        self._as_words, self._as_quoted_words = _whole(short), _whole(quoted_words)
        self._words = tuple(weak)
        self.values = frozenset({*strong, *weak})
        either = "|".join(re.escape(word) for word in sorted(weak, key=len, reverse=True))
        self._weak = re.compile(rf"(?<!\w)(?:{either})(?!\w)") if weak else None
        self._weak_at_end = re.compile(rf"(?:(?<!\S)|(?<=:))(?:{either})(?=[ \t]*$)", re.MULTILINE) if weak else None

    @property
    def spellings(self) -> tuple[str, ...]:
        """The forms of the secrets that are masked everywhere, and the lines of private keys."""
        return (*self._strong, *self._key_lines)

    @functools.cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """Matches each of ``spellings``."""
        spellings = sorted(self.spellings, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, spellings))) if spellings else None

    @property
    def word_at_end(self) -> re.Pattern[str] | None:
        """Matches a secret that is an ordinary word where it is the last word of a line."""
        return self._weak_at_end

    @property
    def words(self) -> tuple[str, ...]:
        """The secrets that are ordinary words, or short."""
        return self._words

    @property
    def longest(self) -> int:
        """The length of the longest spelling."""
        return self._longest

    def sentence(self, text: str) -> str:
        """Mask a sentence of the collection, in which the texts of devices are masked already.

        A secret that the words of such sentences can contain is masked only as a whole word: one of letters only
        between quotation marks. All others are masked everywhere.
        """
        text = self._mask_strong(text, self._not_in_words)
        if self._as_words is not None:
            text = self._as_words.sub(MASK, text)
        if self._as_quoted_words is None:
            return text
        as_words = self._as_quoted_words
        return _QUOTATION.sub(lambda quotation: as_words.sub(MASK, quotation[0]), text)

    def sentence_on_values(self, text: str) -> str:
        """Mask a sentence of the collection in which there are values as the user wrote them.

        Between quotation marks, all secrets are masked everywhere but those that are ordinary words.
        """
        text = _QUOTATION.sub(lambda quotation: self._mask_strong(quotation[0], self._strong), text)
        text = self._mask_strong(text, self._not_in_words)
        for words in (self._as_words, self._as_quoted_words):
            text = text if words is None else words.sub(MASK, text)
        return text

    def plain(self, text: str) -> str:
        """Mask a value of the user. Ordinary words are kept."""
        return self._mask_strong(text, self._strong)

    def output(self, text: str, *, cut: bool = False) -> str:
        """Mask the output of a device. An ordinary word is masked only as the last word of a line, where a device
        shows the answer to its password prompt. ``username cisco privilege 15`` is not changed.

        :param cut: the text ends where the session ended, which may be within a secret.
        """
        return finish(self.output_in_pieces(text, cut=cut))

    def output_in_pieces(self, text: str, *, cut: bool = False) -> Work[str]:
        """Mask the output of a device as ``output`` does, in pieces that do not divide a secret."""
        if len(text) <= PIECE:
            text = self._masked_output(text)
        else:
            pieces = []
            start = 0
            for _start, end in spans(text):
                end = self._safe_end(text, end)
                pieces.append(self._masked_output(text[start:end]))
                start = max(start, end)
                yield
            text = "".join(pieces)
            yield
        return self._mask_beginning(text) if cut else text

    def _masked_output(self, text: str) -> str:
        text = self._mask_strong(text)
        if self._weak_at_end is not None and any(word in text for word in self._words):
            text = self._weak_at_end.sub(MASK, text)
        return text

    def _safe_end(self, text: str, end: int) -> int:
        """Return the place nearest behind ``end`` at which no secret is divided."""
        for _move in range(MOST_MOVES):
            begin = max(end - 2 * self._longest, 0)  # wrapped, a secret can have a line end behind each character
            around = text[begin : end + 2 * self._longest]
            joined = around.replace("\n", "")
            place = end - begin
            matches = [
                match.end()
                for secret in (*self._plain, *self._strong)
                if secret in joined
                for match in _wrapped(secret).finditer(around)
                if match.start() < place < match.end()
            ]
            if not matches:
                break
            end = begin + max(matches)
            newline = text.find("\n", end, end + PIECE)
            end = newline + 1 if newline >= 0 else end
        return end

    def quoted(self, text: str) -> str:
        """Mask a text of a device or library for a message. Ordinary words are masked too."""
        text = self._mask_strong(text)
        if self._weak is not None:
            text = self._weak.sub(MASK, text)
        return self._mask_beginning(text)

    def value(self, value: Any) -> Any:
        """Mask each text in the plain data of a function, including keys."""
        if isinstance(value, str):
            return self.output(value)
        if isinstance(value, list):
            return [self.value(each) for each in value]
        if isinstance(value, dict):
            return {self.output(key): self.value(each) for key, each in value.items()}
        return value

    def _mask_strong(self, text: str, spellings: Iterable[str] | None = None) -> str:
        for secret in self._strong if spellings is None else spellings:
            if secret in text:
                text = text.replace(secret, MASK)
        if self._key_lines:
            text = _BASE64.sub(self._mask_run, text)
        if "\n" in text:
            joined = text.replace("\n", "")
            for secret in self._plain:
                if len(secret) >= SHORTEST_WRAPPED and secret in joined:
                    text = _wrapped(secret).sub(MASK, text)
        return text

    def _mask_run(self, match: re.Match[str]) -> str:
        run = match.group()
        if run in self._key_lines:
            return MASK
        for line in self._key_lines:
            run = run.replace(line, MASK)
        return run

    def _mask_beginning(self, text: str) -> str:
        """Mask the beginning of a secret at the end of a text that was cut off."""
        end = text.rstrip()
        for secret in (*self._strong, *self._key_lines):
            start = max(0, len(end) - len(secret) + 1)
            while (start := end.find(secret[:SHORTEST], start)) >= 0:
                if secret.startswith(end[start:]):
                    return end[:start] + MASK + text[len(end) :]
                start += 1
        return text


def _whole(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """Return what matches these secrets where they are no part of a word."""
    either = "|".join(map(re.escape, secrets))
    return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])") if either else None


@functools.lru_cache(maxsize=1024)
def _wrapped(secret: str) -> re.Pattern[str]:
    """Matches a secret that is wrapped anywhere."""
    return re.compile("\n?".join(map(re.escape, secret)))


def secrets_of(device: Device | Hop) -> Secrets:
    """The secrets of this device, its bastions, and of the whole run."""
    values = _values(device)
    names = {name.lower() for name in (device.name, device.host, device.user) if name}
    return _made(values, frozenset(names.intersection(map(str.lower, values))))


def secrets_of_all(devices: Iterable[Device]) -> Secrets:
    """The secrets of all these devices, for a text such as a warning."""
    values: set[str] = set()
    ordinary: set[str] = set()
    for device in devices:
        values |= _values(device)
        ordinary |= set(filter(None, (device.name, device.host, device.user)))
    return Secrets(values, ordinary)


def mask_of(devices: Iterable[object]) -> Callable[[str], str]:
    """Return a function that masks the secrets of these devices in a text. They are collected when it is called."""
    return lambda text: secrets_of_all(each for each in devices if isinstance(each, Device)).quoted(text)


def _values(device: Device | Hop) -> frozenset[str]:
    known = {device.password, device.passphrase, device.private_key}
    known |= secrets_in_command(device.proxy_command or "") | secrets_in_command(device.otp_command or "")
    if isinstance(device, Device):
        known |= {device.become_password, *device.run_secrets}
        for each in device.credentials:
            known |= {each.password, each.passphrase, each.private_key, each.become_password}
        for hop in device.hops:
            known |= _values(hop)
    return frozenset(filter(None, known))


@functools.lru_cache(maxsize=1024)  # most devices share their secrets
def _made(values: frozenset[str], ordinary: frozenset[str]) -> Secrets:
    return Secrets(values, ordinary)


@functools.lru_cache(maxsize=1024)
def secrets_in_command(command: str) -> frozenset[str]:
    """The secrets on a command line, such as ``sshpass -p X``, ``--password X``, ``PASS=X`` and ``http://user:X@proxy``."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    return frozenset(filter(None, _in_words(words)))


def _in_words(words: list[str]) -> Iterator[str]:
    for index, word in enumerate(words):
        if index and _TAKES_SECRET.fullmatch(words[index - 1]):
            yield word
            yield word.partition(":")[2]  # user:password
        if os.path.basename(word).removeprefix("ProxyCommand=") == "sshpass":
            yield from _of_sshpass(words[index + 1 :])
        named = _NAMED.fullmatch(word)
        if named and not named[1].isdigit() and named[1].lower() not in {"yes", "no", "none"}:
            yield named[1]
            yield named[1].partition(":")[2]
        yield from _IN_URL.findall(word)
        if len(word.split()) > 1:  # a command within the command: sh -c '…'
            yield from secrets_in_command(word)


def _of_sshpass(words: list[str]) -> Iterator[str]:
    following = iter(words)
    for word in following:
        if not word.startswith("-"):
            return
        if word == "-p":
            yield next(following, "")
        elif word.startswith("-p"):
            yield word[2:]
        elif word in {"-f", "-d", "-P"}:
            next(following, None)


def _lines(value: str) -> list[str]:
    """The lines of a secret, without the marks around a private key."""
    return [line for each in value.splitlines() if (line := each.strip()) and not line.startswith("-----")]


def _spellings(value: str) -> set[str]:
    """The forms in which a text can be shown: unchanged, and escaped in the usual ways."""
    spellings = {value, *_recoded(value)}
    if value.isascii() and value.isalnum():
        return spellings
    for escaped in ("\\", '\\"', "\\'", "\\\"'$`?!&|;<>()[]{}*# "):
        spellings.add("".join(f"\\{each}" if each in escaped else each for each in value))
    spellings |= {
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        ascii(value)[1:-1],
    }
    encoded = value.encode("utf-8", "surrogateescape")
    spellings |= {urllib.parse.quote(encoded), urllib.parse.quote(encoded, safe=""), urllib.parse.quote_plus(encoded)}
    spellings |= {html.escape(value), html.escape(value, quote=False), value.replace("%", "%%")}
    for form in ("\\{:03o}", "\\x{:02x}"):  # bytes that are not ASCII
        spellings.add("".join(chr(byte) if byte < 0x80 else form.format(byte) for byte in encoded))
    return spellings


def _recoded(value: str) -> Iterator[str]:
    """Yield other forms of the same characters: in another encoding, composed or not, in one case, and in Base64.

    A form that an output could contain by chance, such as a word in lower case, is not among them.
    """
    if not value.isascii():
        for form in ("NFC", "NFD"):
            yield unicodedata.normalize(form, value)
        for encoding in _ENCODINGS:
            with contextlib.suppress(UnicodeEncodeError):
                encoded = value.encode(encoding)
                yield encoded.decode("utf-8", "surrogateescape")
                yield urllib.parse.quote(encoded, safe="")
                yield "".join(chr(byte) if byte < 0x80 else f"\\{byte:03o}" for byte in encoded)
    if len(value) < SHORTEST_RECODED:
        return
    if not value.isalpha():
        yield value.upper()
        yield value.lower()
    encoded = value.encode("utf-8", "surrogateescape")
    yield base64.b64encode(encoded).decode()
    for before in range(3):  # bytes, such as those of "user:"; the characters of Base64 that contain them are left out
        text = base64.b64encode(b"\0" * before + encoded).decode().rstrip("=")
        first = -(-8 * before // 6)
        last = len(text) if (before + len(encoded)) % 3 == 0 else len(text) - 1
        yield text[first:last]
