# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mask the secrets that devices show in the lines of a transcript. A secret can be divided between events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Place = tuple[int, int, str]  # start, end, and the mask


def redacted_lines(places: Callable[[str], list[Place]], transcript: str) -> str:
    """Return the lines with masks.

    :param places: returns the places of secrets in a text, with their masks.
    """
    events: list[Any] = [json.loads(line) for line in transcript.splitlines() if line]
    for direction in ("received", "sent"):
        chosen = [event for event in events if event.get("direction") == direction]
        _mask(chosen, places)
    for event in events:
        for output in (event.get("expected") or {}).get("output", {}).values():
            text = str(output.get("text") or "")
            output["text"] = _masked(text, places(text))
    return "".join(json.dumps(event) + "\n" for event in events)


def _mask(events: list[Any], places: Callable[[str], list[Place]]) -> None:
    """Mask the texts of events that are one text together."""
    whole = "".join(event["text"] for event in events)
    # Line ends of two characters are one line end. The blank keeps the places.
    found = iter(places(whole.replace("\r\n", " \n").replace("\r", "\n")))
    start, place = 0, next(found, None)
    for event in events:
        text = event["text"]
        end = start + len(text)
        parts, at = [], start
        while place is not None and place[0] < end:
            first, last, mask = place
            parts.append(text[at - start : max(first - start, at - start)])
            if first >= start:
                parts.append(mask)
            at = min(last, end)
            if last > end:
                break
            place = next(found, None)
        event["text"] = "".join([*parts, text[at - start :]])
        start = end


def _masked(text: str, found: Iterable[Place]) -> str:
    return "".join(_parts(text, found))


def _parts(text: str, found: Iterable[Place]) -> Iterator[str]:
    at = 0
    for start, end, mask in found:
        yield text[at:start]
        yield mask
        at = end
    yield text[at:]
