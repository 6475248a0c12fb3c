# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict: how many may fail, of the fleet and of groups."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed, allowed_of, verdict_of

GROUPS = {"core": ["c1", "c2"], "edge": ["e1", "e2", "e3", "c2"], "away": ["x1"], "empty": []}


def statuses(text: str) -> dict[str, str]:
    """Names, each ok but where it ends in an exclamation mark."""
    return {name.rstrip("!"): "timeout" if name.endswith("!") else "ok" for name in text.split()}


def of_all(*given: str) -> dict[str, str]:
    return {f"edge-{place}": status for place, status in enumerate(given)}


@pytest.mark.parametrize(
    ("given", "percentage", "passed"),
    [
        (["failed"] * 10, None, True),
        (["ok"] * 10, 0, True),
        (["ok"] * 9 + ["failed"], 0, False),
        (["ok"] * 9 + ["failed"], 10, True),
        (["ok"] * 9 + ["failed"], 9.9, False),
        (["ok", "ok", "timeout"], 33.3, False),
        (["ok", "ok", "timeout"], 34, True),
        (["failed"] * 10, 99, False),
        (["failed"] * 10, 100, True),
        (["skipped", "ok"], 10, False),
        (["partial"], 0, False),
    ],
)
def test_of_the_fleet(given: list[str], percentage: float | None, passed: bool) -> None:
    verdict = verdict_of(of_all(*given), Allowed(percentage))
    assert verdict.passed is passed
    cause = "devices" if set(given) != {"ok"} else None
    sentence = f"{given.count('ok')} of {len(given)} device{'s' if len(given) > 1 else ''} answered in full"
    assert verdict.as_dict() == {"passed": passed, "cause": cause, "sentence": sentence, "reasons": verdict.reasons}
    assert len(verdict.reasons) == (not passed)
    for reason in verdict.reasons:
        failed = [name for name, status in of_all(*given).items() if status != "ok"]
        assert (
            f"{len(failed)} of {len(given)} device{'s' if len(given) > 1 else ''} failed, more than max_fail_percentage"
            in reason
        )
        assert failed[0] in reason
        assert ("…" in reason) is (len(failed) > 10)


def test_a_few_only_are_named() -> None:
    (reason,) = verdict_of(of_all(*["failed"] * 500), Allowed(0)).reasons
    assert len(reason) < 300


@pytest.mark.parametrize(
    ("limits", "fleet", "given", "reasons"),
    [
        ({"core": 0}, None, "c1 c2 e1! e2!", []),
        ({"core": 0}, None, "c1! c2 e1", ["1 of 2 devices of group core failed"]),
        ({"core": 50}, None, "c1! c2 e1", []),
        ({"core": 0}, None, "c1", []),  # of a group, only who was asked
        ({"edge": 50}, None, "e1! e2", []),
        ({"edge": 49}, None, "e1! e2", ["1 of 2 devices of group edge failed"]),
        ({"away": 0, "empty": 0}, None, "c1! c2!", []),  # nobody of these was asked
        # Who is in two of the groups counts in both.
        ({"core": 0, "edge": 0}, None, "c1 c2! e1", ["1 of 2 devices of group core", "1 of 2 devices of group edge"]),
        # The limit of the fleet is for the others.
        ({"edge": 100}, 0, "e1! e2! c1", []),
        ({"edge": 100}, 0, "e1! e2! c1!", ["1 of 1 other device failed, more than max_fail_percentage (0)"]),
        ({"edge": 0}, 100, "e1! c1!", ["1 of 1 device of group edge failed, more than group_max_fail_percentage (0)"]),
        ({"core": 0, "edge": 0}, 0, "c1! e1! z!", ["device of group core", "device of group edge", "other device"]),
    ],
)
def test_of_groups(limits: dict[str, float], fleet: float | None, given: str, reasons: list[str]) -> None:
    arguments = {"max_fail_percentage": fleet, "group_max_fail_percentage": limits}
    verdict = verdict_of(statuses(given), allowed_of(arguments, GROUPS))
    assert verdict.passed is (not reasons)
    assert len(verdict.reasons) == len(reasons)
    assert all(any(words in reason for reason in verdict.reasons) for words in reasons), verdict.reasons


@pytest.mark.parametrize(
    ("group", "words"),
    [("cor", "'cor' is not a group of the inventory; near matches: core"), ("zz", "check the name and the inventory")],
)
def test_an_unknown_group(group: str, words: str) -> None:
    with pytest.raises(ValueError, match="group_max_fail_percentage") as caught:
        allowed_of({"max_fail_percentage": 0, "group_max_fail_percentage": {group: 0}}, GROUPS)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "allowed", [Allowed(), Allowed(0), Allowed(100), Allowed(100, {"core": 100}, {"core": {"c1"}})]
)
def test_a_run_that_asked_no_device_never_passes(allowed: Allowed) -> None:
    found = verdict_of({}, allowed).as_dict()
    assert (found["passed"], found["cause"], found["reasons"]) == (False, "run", ["no device was asked"])


@pytest.mark.parametrize("limits", [None, {}])
def test_no_limit(limits: dict[str, Any] | None) -> None:
    allowed = allowed_of({"max_fail_percentage": None, "group_max_fail_percentage": limits}, GROUPS)
    found = verdict_of(statuses("c1! c2!"), allowed).as_dict()
    assert (found["passed"], found["cause"], found["reasons"]) == (True, "devices", [])


def test_what_else_went_wrong_is_a_reason() -> None:
    verdict = verdict_of(statuses("c1 c2"), Allowed(0)).troubled("the disk is full")
    found = verdict.as_dict()
    assert (found["passed"], found["cause"], found["reasons"]) == (False, "run", ["the disk is full"])
