# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find secrets in bytes as a device sends them: with control characters, wrapped, and drawn with cursor movements."""

from __future__ import annotations

import bisect
import itertools
import re
from array import array
from collections.abc import Callable, Iterable, Iterator

from .._pieces import PIECE
from .secret_screen import drawn_spans
from .secrets import MASK as _MASK
from .secrets import SHORTEST, SHORTEST_WRAPPED, Secrets

MASK = _MASK.encode("ascii")
_SEQUENCE = rb"\x1b\[[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?"
_CONTROL = re.compile(rb"(?:" + _SEQUENCE + rb"|[\x00-\x1a\x1c-\x1f\x7f])+")
# Blanks beside control characters: each character can be followed by a blank and a backspace.
_BLANKS = re.compile(rb"(?:" + _SEQUENCE + rb"|[\x00-\x1a\x1c-\x20\x7f])+")
# A character can be shown first, and be replaced by a star then.
_STARS = re.compile(
    rb"(?:" + _SEQUENCE + rb"|[\x00-\x1a\x1c-\x20\x7f])+(?:(?<=[\x08\rDGHJKPX])(?:\*+|\.+|#+|-+|(?:\xe2\x80\xa2)+))?"
)
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*)?[ -/]*\Z")
_CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")
DIVIDES = re.compile(rb"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]|(?<!\r)\r++(?!\n)")
"""Matches a control character that is not a tab or a part of a line end."""

Span = tuple[int, int]


def secret_spans(data: bytes, secrets: Secrets, *, ends: bool = True) -> list[Span]:
    """Return where the secrets are, as starts and ends in order that do not overlap.

    A secret is found also if there are control characters, escape sequences, and blanks or stars that were written over
    between its characters, and if the cursor was moved to write it.

    :param ends: the beginning of a secret at the end of the data counts too.
    """
    found = list(_found(data, _CONTROL, secrets.spellings, lambda _start, _end: True, ends=ends))
    if _CONTROLS.search(data):
        # What follows an unfinished sequence is taken for its end, so the data is searched as it is, too.
        found += _occurrences(data, secrets.spellings, ends=ends)
        dense = [secret.replace(" ", "") for secret in secrets.spellings]
        dense = [secret for secret in dense if len(secret) >= SHORTEST]

        def counts(start: int, end: int) -> bool:
            if b"\n" in data[start:end]:
                return end - start > SHORTEST_WRAPPED
            return _CONTROLS.search(data, start, end) is not None

        found += _found(data, _BLANKS, dense, counts, ends=ends)
        if b"\x08" in data or b"\x1b" in data or b"\r" in data:
            found += _found(data, _STARS, dense, counts, ends=ends)
        found += drawn_spans(data, secrets, ends=ends)
    found += _words_at_ends(data, secrets)
    joined: list[Span] = []
    for start, end in sorted(found):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def divided_masked(data: bytes, secrets: Secrets) -> bytes:
    """Mask the secrets that are divided by control characters in a piece of data, or that end an escape sequence.

    A carriage return in the middle would otherwise leave a half of the secret in the text, and an unfinished sequence
    all but its first character.
    """
    if not DIVIDES.search(data):
        return data
    parts, at = [], 0
    for start, end in secret_spans(data, secrets, ends=False):
        if DIVIDES.search(data, start, end) or _UNFINISHED.search(data, max(0, start - 256), start):
            parts += [data[at:start], MASK]
            at = end
    return b"".join([*parts, data[at:]])


class _Places:
    """The places in the data of the bytes that are shown."""

    def __init__(self, shown: array[int], data: array[int]) -> None:
        self._shown, self._data = shown, data

    def of(self, place: int) -> int:
        run = bisect.bisect_right(self._shown, place) - 1
        return self._data[run] + place - self._shown[run]


def _found(
    data: bytes, left_out: re.Pattern[bytes], wanted: Iterable[str], counts: Callable[[int, int], bool], *, ends: bool
) -> Iterator[Span]:
    """Yield where the secrets are in the data without what the pattern matches.

    :param counts: returns whether the secret between two places counts.
    """
    shown, places = _shown(data, left_out)
    for start, end in _occurrences(shown, wanted, ends=ends):
        first, last = places.of(start), places.of(end - 1) + 1
        if counts(first, last):
            yield first, last


def _shown(data: bytes, left_out: re.Pattern[bytes]) -> tuple[bytes, _Places]:
    """Return the data without what the pattern matches, and the place of each byte."""
    runs = []
    starts, places = array("q"), array("q")
    length = start = 0
    for match in itertools.chain(left_out.finditer(data), (None,)):
        end = match.start() if match else len(data)
        if end > start:
            runs.append(data[start:end])
            starts.append(length)
            places.append(start)
            length += end - start
        start = match.end() if match else end
    return b"".join(runs), _Places(starts, places)


def _occurrences(shown: bytes, spellings: Iterable[str], *, ends: bool) -> Iterator[Span]:
    """Yield where the secrets are. The search is done in pieces, so that other threads can run between them."""
    for secret in spellings:
        wanted = secret.encode("utf-8", "surrogateescape")
        for piece in range(0, len(shown), PIECE):
            start = piece
            limit = piece + PIECE + len(wanted) - 1
            while (start := shown.find(wanted, start, limit)) >= 0:
                yield start, start + len(wanted)
                start += len(wanted)
        start = max(0, len(shown) - len(wanted) + 1) if ends else len(shown)
        while (start := shown.find(wanted[:SHORTEST], start)) >= 0:
            if wanted.startswith(shown[start:]):
                yield start, len(shown)
                break
            start += 1


def _words_at_ends(data: bytes, secrets: Secrets) -> list[tuple[int, int]]:
    """Return where a secret that is an ordinary word is the last word of a line, as ``Secrets.output`` masks it."""
    if not secrets.words or not any(word.encode("utf-8", "surrogateescape") in data for word in secrets.words):
        return []
    either = b"|".join(
        re.escape(word.encode("utf-8", "surrogateescape")) for word in sorted(secrets.words, key=len, reverse=True)
    )
    pattern = re.compile(rb"(?:(?<![^\s])|(?<=:))(?:" + either + rb")(?=[ \t]{0,80}(?:[\r\n\0]|\Z))")
    return [match.span() for match in pattern.finditer(data)]
