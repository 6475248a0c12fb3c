# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run as metrics for node_exporter's textfile collector.

All are gauges: a file describes one run, and the next one replaces it, so nothing in it can count on. Their number
does not grow with the fleet, but for the moment of each device's last full answer, without which none could be missed.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.rollcall.network.plugins.module_utils._result import STATUSES
from ansible_collections.rollcall.network.plugins.plugin_utils._charts import PHASES
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import FleetRow
from ansible_collections.rollcall.network.plugins.plugin_utils._shown import moment, shown


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the rows do not say of a run. Moments are ISO 8601 text; None is what is not known."""

    passed: bool
    started_at: str | None = None
    finished_at: str | None = None
    last_passed_at: str | None = None
    stale: int | None = None


def prometheus(rows: Sequence[FleetRow], facts: RunFacts, title: str) -> bytes:
    """The metrics in the text format.

    :param title: a label of each series, which tells several fleets of one machine apart.
    :raises ValueError: when the Python package prometheus_client is missing.
    """
    try:
        from prometheus_client import CollectorRegistry, Gauge, generate_latest
    except ImportError as error:
        msg = "the format prom needs the Python package prometheus_client: pip install prometheus_client"
        raise ValueError(msg) from error
    registry = CollectorRegistry()
    title = _label(title)

    def gauge(name: str, text: str, value: float | None) -> None:
        if value is not None:
            Gauge(f"rollcall_{name}", text, ["title"], registry=registry).labels(title).set(round(value, 3))

    def gauges(name: str, text: str, label: str, values: dict[str, float]) -> None:
        family = Gauge(f"rollcall_{name}", text, ["title", label], registry=registry)
        for each, value in values.items():
            family.labels(title, _label(each)).set(round(value, 3))

    counts = Counter(row.status for row in rows)
    started = moment(facts.started_at or min((row.started_at for row in rows if row.started_at), default=None))
    finished = moment(facts.finished_at or max((row.finished_at for row in rows if row.finished_at), default=None))
    succeeded = finished if facts.passed else moment(facts.last_passed_at)
    asked = [sum(row.seconds.values()) for row in rows if row.attempts]
    changed = [bool(row.changed) for row in rows if row.changed is not None]

    gauges("devices", "Devices by status of their answer.", "status", {each: counts[each] for each in STATUSES})
    gauge("devices_changed", "Devices that answer otherwise than last time.", sum(changed) if changed else None)
    gauge("devices_stale", "Devices without a full answer for too long.", facts.stale)
    gauge("device_median_seconds", "Time spent on a device, the median.", statistics.median(asked) if asked else None)
    gauge("device_slowest_seconds", "Time spent on the slowest device.", max(asked, default=None))
    spent = {phase: sum(row.seconds.get(phase, 0.0) for row in rows) for phase in PHASES}
    gauges("phase_seconds", "Time spent in each phase, all devices together.", "phase", spent)
    gauge("run_passed", "Whether no more devices failed than may (1) or too many did (0).", float(facts.passed))
    lasted = max(finished - started, 0.0) if started is not None and finished is not None else None
    gauge("run_duration_seconds", "How long the run took.", lasted)
    gauge("run_finished_timestamp_seconds", "When the run ended.", finished)
    # A series that is missing raises no alarm: what never was, was in 1970.
    gauge("run_last_success_timestamp_seconds", "When a run passed for the last time; 0 if none did.", succeeded or 0.0)
    known = {row.name: row.last_good for row in rows if row.last_good is not None}
    text = "When the device last gave a full answer; 0 if it never did."
    gauges("device_last_good_timestamp_seconds", text, "device", known)
    metrics: bytes = generate_latest(registry)
    return metrics


def _label(text: str) -> str:
    """Metrics are UTF-8: bytes that a name holds besides are spelled out, and control characters."""
    label: str = shown(text.encode("utf-8", "backslashreplace").decode())
    return label
