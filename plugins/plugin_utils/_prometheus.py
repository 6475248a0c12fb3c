# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics of a fleet for node_exporter's textfile collector.

All metrics are gauges, because each file replaces the previous one. Their number does not grow with the fleet, except
for the time of each device's last full answer. With a fleet state they describe the last answer of every device and
the last run of the whole fleet, whichever run was the last.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.rollcall.network.plugins.module_utils._result import STATUSES
from ansible_collections.rollcall.network.plugins.plugin_utils._cause import CAUSES
from ansible_collections.rollcall.network.plugins.plugin_utils._charts import PHASES
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import FleetRow
from ansible_collections.rollcall.network.plugins.plugin_utils._shown import moment, shown


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Facts of a run that are not in the rows. Times are ISO 8601 text; None means unknown.

    If ``known``, nothing is concluded from the rows, which are those of more than one run.
    """

    passed: bool | None
    started_at: str | None = None
    finished_at: str | None = None
    last_passed_at: str | None = None
    stale: int | None = None
    known: bool = False
    cause: str | None = None


def prometheus(rows: Sequence[FleetRow], facts: RunFacts, title: str) -> bytes:
    """Return the metrics in the text format.

    :param title: a label of each series, to distinguish several fleets on one machine.
    :raises ValueError: if the Python package prometheus_client is missing.
    """
    try:
        from prometheus_client import CollectorRegistry, Gauge, generate_latest
    except ImportError as error:
        msg = "the format prom requires the Python package prometheus_client: pip install prometheus_client"
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
    own = [] if facts.known else rows
    started = moment(facts.started_at or min((row.started_at for row in own if row.started_at), default=None))
    finished = moment(facts.finished_at or max((row.finished_at for row in own if row.finished_at), default=None))
    succeeded = finished if facts.passed and not facts.known else moment(facts.last_passed_at)
    asked = [sum(row.seconds.values()) for row in rows if row.attempts]
    changed = [bool(row.changed) for row in rows if row.changed is not None]

    gauges("devices", "Devices by status of their answer.", "status", {each: counts[each] for each in STATUSES})
    gauge("devices_changed", "Devices with a changed answer.", sum(changed) if changed else None)
    gauge("devices_stale", "Devices without a full answer for longer than stale_after.", facts.stale)
    gauge("device_median_seconds", "Median time spent on a device.", statistics.median(asked) if asked else None)
    gauge("device_slowest_seconds", "Time spent on the slowest device.", max(asked, default=None))
    spent = {phase: sum(row.seconds.get(phase, 0.0) for row in rows) for phase in PHASES}
    gauges("phase_seconds", "Time spent in each phase, summed over all devices.", "phase", spent)
    gauge("run_passed", "1 if the verdict is passed, else 0.", None if facts.passed is None else float(facts.passed))
    if facts.passed is not None:
        causes = {each: float(each == facts.cause) for each in CAUSES}
        gauges("run_cause", "1 for the cause of the failures of the run, else 0.", "cause", causes)
    lasted = max(finished - started, 0.0) if started is not None and finished is not None else None
    gauge("run_duration_seconds", "Duration of the run.", lasted)
    gauge("run_finished_timestamp_seconds", "End of the run.", finished)
    # A missing series raises no alarm, so use 0 if there is no such run.
    gauge(
        "run_last_success_timestamp_seconds", "End of the last run that passed; 0 if there is none.", succeeded or 0.0
    )
    known = {row.name: row.last_good for row in rows if row.last_good is not None}
    text = "Time of the device's last full answer; 0 if there is none."
    gauges("device_last_good_timestamp_seconds", text, "device", known)
    metrics: bytes = generate_latest(registry)
    return metrics


def _label(text: str) -> str:
    """Return a label in UTF-8. Other bytes and control characters are escaped."""
    label: str = shown(text.encode("utf-8", "backslashreplace").decode())
    return label
