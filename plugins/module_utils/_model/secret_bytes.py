# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find secrets in bytes as a device sends them: with control characters, and wrapped at the width of the terminal."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator

from .._pieces import PIECE
from .secrets import MASK as _MASK
from .secrets import SHORTEST, Secrets

MASK = _MASK.encode("ascii")
_CONTROL = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?|[\x00-\x1f\x7f]+")


def secret_spans(data: bytes, secrets: Secrets) -> list[tuple[int, int]]:
    """Return where the secrets are, as starts and ends in order that do not overlap.

    Control characters and escape sequences within a secret do not hide it. The beginning of a secret at the end of the
    data counts too.
    """
    shown, places = _shown(data)
    found = [(places.of(start), places.of(end - 1) + 1) for start, end in _occurrences(shown, secrets)]
    found += _words_at_ends(data, secrets)
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


class _Places:
    """The places in the data of the bytes that are shown."""

    def __init__(self, shown: list[int], data: list[int]) -> None:
        self._shown, self._data = shown, data

    def of(self, place: int) -> int:
        run = bisect.bisect_right(self._shown, place) - 1
        return self._data[run] + place - self._shown[run]


def _shown(data: bytes) -> tuple[bytes, _Places]:
    """Return the data without control characters, and the place of each byte."""
    runs = []
    starts, places = [], []
    length = start = 0
    for match in (*_CONTROL.finditer(data), None):
        end = match.start() if match else len(data)
        if end > start:
            runs.append(data[start:end])
            starts.append(length)
            places.append(start)
            length += end - start
        start = match.end() if match else end
    return b"".join(runs), _Places(starts, places)


def _occurrences(shown: bytes, secrets: Secrets) -> Iterator[tuple[int, int]]:
    """Yield where the secrets are. The search is done in pieces, so that other threads can run between them."""
    for secret in secrets.spellings:
        wanted = secret.encode("utf-8", "surrogateescape")
        for piece in range(0, len(shown), PIECE):
            start = piece
            limit = piece + PIECE + len(wanted) - 1
            while (start := shown.find(wanted, start, limit)) >= 0:
                yield start, start + len(wanted)
                start += len(wanted)
        for length in range(min(len(wanted) - 1, len(shown)), SHORTEST - 1, -1):
            if shown.endswith(wanted[:length]):
                yield len(shown) - length, len(shown)
                break


def _words_at_ends(data: bytes, secrets: Secrets) -> list[tuple[int, int]]:
    """Return where a secret that is an ordinary word is the last word of a line, as ``Secrets.output`` masks it."""
    if not secrets.words or not any(word.encode("utf-8", "surrogateescape") in data for word in secrets.words):
        return []
    either = b"|".join(
        re.escape(word.encode("utf-8", "surrogateescape")) for word in sorted(secrets.words, key=len, reverse=True)
    )
    pattern = re.compile(rb"(?:(?<![^\s])|(?<=:))(?:" + either + rb")(?=[ \t]{0,80}(?:[\r\n\0]|\Z))")
    return [match.span() for match in pattern.finditer(data)]
