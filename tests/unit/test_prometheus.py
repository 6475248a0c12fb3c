# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metrics, read back by the parser of prometheus_client."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import FleetRow, fleet_row
from ansible_collections.rollcall.network.plugins.plugin_utils._prometheus import RunFacts, prometheus
from tests.browser import answers

BEGAN, ENDED, LONG_AGO = "2026-01-02T03:00:00.000Z", "2026-01-02T03:00:10.500Z", "2025-12-24T03:00:00.000Z"
AT = {BEGAN: 1767322800.0, ENDED: 1767322810.5, LONG_AGO: 1766545200.0}
GOOD = fleet_row("good", {**answers.answer(), "started_at": BEGAN, "finished_at": ENDED})


def values(rows: list[FleetRow], facts: RunFacts, title: str = "night") -> dict[tuple[str, ...], float]:
    """By name and labels, the title aside."""
    found: dict[tuple[str, ...], float] = {}
    for family in text_string_to_metric_families(prometheus(rows, facts, title).decode()):
        assert family.documentation
        assert family.type == "gauge"
        for sample in family.samples:
            assert sample.labels.pop("title") == title
            found[(sample.name.removeprefix("rollcall_"), *sample.labels.values())] = sample.value
    return found


def failing(name: str = "bad", **more: Any) -> FleetRow:
    return fleet_row(name, {**answers.answer("timeout", ("connect", "timeout", "no answer")), **more})


@pytest.mark.parametrize(
    ("facts", "success"),
    [
        (RunFacts(True, BEGAN, ENDED), AT[ENDED]),
        (RunFacts(True, BEGAN, ENDED, LONG_AGO), AT[ENDED]),
        (RunFacts(False, BEGAN, ENDED, LONG_AGO), AT[LONG_AGO]),
        (RunFacts(False, BEGAN, ENDED), 0),
        (RunFacts(True), AT[ENDED]),  # without a manifest: what the answers say
    ],
)
def test_of_the_run(facts: RunFacts, success: float) -> None:
    found = values([GOOD], facts)
    assert found[("run_passed",)] == facts.passed
    assert found[("run_last_success_timestamp_seconds",)] == success
    assert found[("run_finished_timestamp_seconds",)] == AT[ENDED]
    assert found[("run_duration_seconds",)] == 10.5


def test_of_nobody() -> None:
    found = values([], RunFacts(True))
    assert found[("devices", "ok")] == 0
    assert ("run_finished_timestamp_seconds",) not in found
    assert found[("run_last_success_timestamp_seconds",)] == 0


def test_a_clock_that_was_set_back() -> None:
    assert values([GOOD], RunFacts(True, ENDED, BEGAN))[("run_duration_seconds",)] == 0


@pytest.mark.parametrize(
    ("row", "moment"),
    [
        (GOOD, AT[ENDED]),
        (failing(last_good_at=LONG_AGO), AT[LONG_AGO]),
        (failing(last_good_at=None), 0),  # it never gave one
        (failing(), None),  # not known
    ],
)
def test_when_a_device_was_last_heard_of(row: FleetRow, moment: float | None) -> None:
    found = values([row], RunFacts(False, BEGAN, ENDED))
    assert found.get(("device_last_good_timestamp_seconds", row.name)) == moment


def test_what_is_not_known_is_not_there() -> None:
    known = values([failing(changed=["show version"]), failing("same", changed=[])], RunFacts(False, stale=3))
    assert (known[("devices_changed",)], known[("devices_stale",)]) == (1, 3)
    unknown = values([failing()], RunFacts(False))
    assert not {("devices_changed",), ("devices_stale",)} & unknown.keys()


def test_names_are_labels_whatever_they_hold() -> None:
    names = ['"', "\\", "a\nb", "{x}", "Zürich", "\udcff", "", "}"]
    found = values([failing(name, last_good_at=None) for name in names], RunFacts(False), title='a "fleet"\n\\')
    labels = {key[1] for key in found if key[0] == "device_last_good_timestamp_seconds"}
    assert labels == {name.encode("utf-8", "backslashreplace").decode() for name in names}


def test_only_the_last_good_grows_with_the_fleet() -> None:
    few, many = (prometheus([failing(str(each)) for each in range(n)], RunFacts(False), "x") for n in (1, 1000))
    assert few.count(b"\n") == many.count(b"\n")


def test_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(ValueError, match="requires the Python package prometheus_client: pip install"):
        prometheus([GOOD], RunFacts(True), "x")
