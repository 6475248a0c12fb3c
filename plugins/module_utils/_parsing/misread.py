# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines whose row is wrong: values that are in a column of another kind, and a row without its first line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .shapes import LONGEST
from .templates import Found

_MISSES = 20  # rows that are in no line, until the search ends
_MAC = re.compile(
    r"(?<![\w.:-])(?:[0-9a-f]{4}([.:-])[0-9a-f]{4}\1[0-9a-f]{4}|[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\2){4}[0-9a-f]{2})(?![\w.:-])",
    re.IGNORECASE,
)
_OF_MAC = re.compile(r"(?:\w+_)?mac(?:_addr(?:ess)?)?\Z")
_STATE = re.compile(r"(?:active|inactive|suspend(?:ed)?|up|down|(?:act|sus)/\w+)\Z", re.IGNORECASE)
_LABEL = re.compile(r"\s*(\w+:)\s")


def misread(found: Found, lines: Sequence[str]) -> list[int]:
    """Return the numbers of the lines whose row is wrong.

    One word more in a line, as in ``1 day, 0:00:01`` or a name with a blank, moves all further values by a column. Only
    columns of MACs and of the states of VLANs are looked at: for others it is not known what fits.
    """
    return sorted({*_without_mac(found, lines), *_without_state(found, lines), *_without_start(found, lines)})


def _without_mac(found: Found, lines: Sequence[str]) -> Iterator[int]:
    """The lines that have a MAC, while the columns of MACs have something else."""
    first, *_others = columns = list(found.rows[0])
    of_mac = [each for each in columns if _OF_MAC.match(each)]
    odd = []
    for row in found.rows if of_mac else ():
        texts = _texts(row, of_mac)
        if texts and not any(map(_has_mac, texts)):
            odd.append([*_texts(row, [first]), *texts])
    return (place for place, _texts_there in _places(found, odd, lines) if _has_mac(lines[place]))


def _without_state(found: Found, lines: Sequence[str]) -> Iterator[int]:
    """The lines of VLANs with a state behind the text that was taken for it."""
    columns = found.rows[0].keys()
    if not {"vlan_id", "status"} <= columns or columns.isdisjoint({"vlan_name", "name"}):
        return
    given = (_texts(row, ["vlan_id", "status"]) for row in found.rows)
    odd = [texts for texts in given if len(texts) > 1 and not _STATE.match(texts[1])]
    for place, texts in _places(found, odd, lines):
        if any(map(_STATE.match, lines[place][:LONGEST].partition(texts[1])[2].split())):
            yield place


def _without_start(found: Found, lines: Sequence[str]) -> Iterator[int]:
    """The skipped lines with a label of the used ones, if a row lacks its first value and others have it."""
    first, *_others = found.rows[0]
    lacking = sum(not row[first] for row in found.rows)
    if not 0 < lacking < len(found.rows):
        return
    labels = {label[1] for place in found.used if (label := _LABEL.match(lines[place]))}
    for place in found.skipped:
        label = _LABEL.match(lines[place])
        if label and label[1] in labels:
            yield place


def _has_mac(text: str) -> bool:
    return _MAC.search(text, 0, LONGEST) is not None


def _texts(row: dict[str, Any], columns: Iterable[str]) -> list[str]:
    return [row[each] for each in columns if row[each] and isinstance(row[each], str)]


def _has_words(line: str, texts: list[str]) -> bool:
    words = f" {' '.join(line.split())} "
    return all(f" {' '.join(text.split())} " in words for text in texts)


def _places(found: Found, wanted: Iterable[list[str]], lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """For the texts of each row, in the order of the rows, the number of the line that has them all.

    Each search begins where the last one ended, and few of them may find nothing, so that the work grows with the
    number of lines.
    """
    start = misses = 0
    for texts in wanted:
        for number in range(start, len(found.used)):
            line = lines[found.used[number]]
            if all(text in line for text in texts) and _has_words(line, texts):
                start = number
                yield found.used[number], texts
                break
        else:
            misses += 1
            if misses == _MISSES:
                return
