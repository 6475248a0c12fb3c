# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host keys that a worker accepted, on their way to the process that writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was accepted because its host was unknown. A worker sends it to the process that writes the file."""

    host: str
    port: int
    line: str
    file: str


def new_key_lines(keys: Iterable[NewKey]) -> dict[str, list[str]]:
    """Return the lines by file, for ``append``."""
    lines: dict[str, list[str]] = {}
    for key in keys:
        lines.setdefault(key.file, []).append(key.line)
    return lines
