# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers for the charts of the pages: when devices were asked, and how long they took."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import FleetRow
from ansible_collections.rollcall.network.plugins.plugin_utils._shown import duration, moment

PHASES = ("resolve", "connect", "auth", "command", "parse")

_RUN_WIDTH = 10_000  # units of the timeline for the duration of the run
_THINNEST = 15  # units: minimum width of a bar, so that it is visible
_FEW = 60  # up to this many devices, each bar has a name


class Span(NamedTuple):
    """When a device was asked: ``start`` in seconds since 1970, total ``seconds``, and ``parts`` by phase.

    ``start`` is None for a device that was not asked. ``seconds`` is None if the duration is unknown.
    """

    place: int
    start: float | None
    seconds: float | None
    parts: dict[str, float]


def span_of(row: FleetRow, place: int) -> Span:
    parts = {phase: max(0.0, each) for phase in PHASES if math.isfinite(each := row.seconds.get(phase, 0.0)) and each}
    start, end = moment(row.started_at), moment(row.finished_at)
    if start is None:
        return Span(place, None, sum(parts.values()) or None, parts)
    # The clock can be set back during a run. The phases were measured with a monotonic clock.
    elapsed = max((end or start) - start, sum(parts.values()), 0.0)
    return Span(place, start, elapsed, parts)


class Part(NamedTuple):
    """A part of a bar, in percent."""

    phase: str
    seconds: float
    left: float
    width: float


def parts_of(span: Span) -> list[Part]:
    """The bar of one device: its phases, then the time between attempts."""
    if not span.seconds:
        return []
    parts, at = [], 0.0
    waited = span.seconds - sum(span.parts.values())
    named = [*span.parts.items(), *([("waiting", waited)] if waited >= 0.01 else [])]
    for phase, seconds in named:
        parts.append(Part(phase, seconds, round(at / span.seconds * 100, 2), round(seconds / span.seconds * 100, 2)))
        at += seconds
    return parts


class Tick(NamedTuple):
    at: float  # percent
    label: str


_STEPS = (
    *(base * 10.0**power for power in (-3, -2, -1) for base in (1, 2, 5)),
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400),
)


def ticks(extent: float) -> list[Tick]:
    step = next((step for step in _STEPS if extent / step <= 8), extent / 8)
    count = int(extent / step + 1e-9)
    return [Tick(round(place * step / extent * 100, 3), _tick(place * step, step)) for place in range(count + 1)]


def _tick(seconds: float, step: float) -> str:
    if step < 30:
        return f"{seconds:g} s" if step >= 1 else f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}" if step < 3600 else f"{minutes // 60} h"


def timeline(asked: Sequence[Span]) -> dict[str, Any] | None:
    """The timeline: one bar per device, one line per bar, one path for all bars of a colour."""
    if not asked:
        return None
    began = asked[0].start or 0.0
    extent = max((span.start or 0.0) - began + (span.seconds or 0.0) for span in asked) or 1.0
    scale = _RUN_WIDTH / extent
    paths: dict[str, list[str]] = {"waiting": [], **{phase: [] for phase in PHASES}}
    for line, span in enumerate(asked):
        start = (span.start or 0.0) - began
        left = round(start * scale)
        paths["waiting"].append(f"M{left} {line}h{max(_THINNEST, round((start + (span.seconds or 0)) * scale) - left)}")
        for phase, seconds in span.parts.items():
            left = round(start * scale)
            start += seconds
            if width := round(start * scale) - left:
                paths[phase].append(f"M{left} {line}h{width}")
    return {
        "began": datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds"),
        "extent": extent,
        "ticks": ticks(extent),
        "paths": [(phase, "".join(path)) for phase, path in paths.items() if path],
        "places": [span.place for span in asked],
        "width": _RUN_WIDTH,
        "few": len(asked) <= _FEW,
    }


def durations(rows: Sequence[FleetRow], spans: Sequence[Span]) -> dict[str, Any] | None:
    """The durations: a histogram with logarithmic steps, and the ten slowest devices."""
    timed = sorted((span.seconds, span.place) for span in spans if span.seconds is not None and span.start is not None)
    if not timed:
        return None
    per_decade = 5 if len(timed) < 200 else 10

    def step_of(seconds: float) -> int:
        return math.floor(math.log10(max(seconds, 0.001)) * per_decade + 1e-9)

    full = Counter(step_of(seconds) for seconds, place in timed if rows[place].status == "ok")
    other = Counter(step_of(seconds) for seconds, place in timed if rows[place].status != "ok")
    first, last = step_of(timed[0][0]), step_of(timed[-1][0])
    steps = range(first, last + 1)
    most = max(full[step] + other[step] for step in steps)
    width = 100 / len(steps)
    bars = [
        {
            "left": round((step - first) * width, 3),
            "width": round(width, 3),
            "full": round(full[step] / most * 100, 2),
            "other": round(other[step] / most * 100, 2),
            "label": f"{duration(10 ** (step / per_decade))} to {duration(10 ** ((step + 1) / per_decade))}: "
            f"{full[step] + other[step]:,}" + (f", {other[step]:,} of them not in full" if other[step] else ""),
        }
        for step in steps
        if full[step] or other[step]
    ]
    marks = (base * 10.0**power for power in range(-3, 7) for base in (1, 2, 5))
    places = ((mark, (math.log10(mark) * per_decade - first) * width) for mark in marks)
    slowest = [
        (rows[place], seconds, {part.phase: part.seconds for part in parts_of(spans[place])})
        for seconds, place in reversed(timed[-10:])
    ]
    worth_a_column = {phase for _row, _seconds, parts in slowest for phase, seconds in parts.items() if seconds >= 0.05}
    return {
        "bars": bars,
        "most": most,
        "ticks": [Tick(round(at, 3), f"{mark:g} s") for mark, at in places if -0.01 <= at <= 100.01],
        "median": timed[(len(timed) - 1) // 2][0],
        "ninth": timed[math.ceil(len(timed) * 0.9) - 1][0],
        "longest": timed[-1][0],
        "phases": [phase for phase in (*PHASES, "waiting") if phase in worth_a_column],
        "slowest": slowest,
    }
