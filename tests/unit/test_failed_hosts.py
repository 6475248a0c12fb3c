# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts on which a run fails: the devices without a full answer, up to a number, or one host in their place."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

from ansible_collections.rollcall.network.plugins.plugin_utils._failed_hosts import failed_hosts

NAMES = [
    "good",
    "bad",
    "fra",
    "edge:fra",
    "00:11:22:33:44:55",
    "2001:db8::1",
    "r 1",
    "a*",
    "~x",
    "!y",
    "bad2",
    "r,1",
    "ä",
]
REFUSED = {"status": "auth_failed", "error": {"phase": "auth", "kind": "refused", "message": "no\nentry"}}


def found(most: Any, *failed: str, passed: bool = False, otherwise: str = "localhost") -> dict[str, Any]:
    devices = {name: REFUSED if name in failed else {"status": "ok", "error": None} for name in NAMES}
    verdict = {"passed": passed, "reasons": [] if passed else ["the run did not pass"]}
    return failed_hosts({"devices": devices}, {"verdict": verdict, "failed_hosts": list(failed)}, most, otherwise)


def matched(patterns: list[str]) -> list[str]:
    inventory = InventoryManager(DataLoader(), parse=False)
    for name in NAMES:
        inventory.add_host(name, group="all")
    return [host.name for host in inventory.get_hosts(patterns)]


@pytest.mark.parametrize("name", NAMES)
def test_the_patterns_match_the_failed_devices_alone(name: str) -> None:
    result = found(None, name)
    assert matched(result["hosts"]) == [name]
    assert result["reasons"] == {name: "auth_failed (auth, refused): no\\nentry"}


def test_a_run_that_passed_fails_on_no_host() -> None:
    result = found(None, "bad", passed=True)
    assert matched(result["hosts"]) == []
    assert result["reasons"] == {}


@pytest.mark.parametrize(("most", "names"), [(None, 3), (200, 3), (3, 3), ("2", 2), (1, 1)])
def test_the_number_of_hosts_has_a_limit(most: Any, names: int) -> None:
    result = found(most, "bad", "bad2", "ä")
    assert list(result["reasons"]) == ["bad", "bad2", "ä"][:names]
    said = [reason for reason in result["reasons"].values() if "more of the 3 failed devices" in reason]
    assert len(said) == (names < 3)


@pytest.mark.parametrize(("most", "failed"), [(0, ["bad"]), (None, [])])
def test_without_a_device_the_run_fails_on_another_host(most: int | None, failed: list[str]) -> None:
    result = found(most, *failed, otherwise="good")
    assert result == {"hosts": ["good"], "reasons": {"good": "the run did not pass"}}


@pytest.mark.parametrize("most", [-1, "many", True, [2]])
def test_another_limit_is_refused(most: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="rollcall_awx_most_red_hosts must be a whole number"):
        found(most, "bad")


def test_a_refused_run_fails_on_another_host_with_its_reason() -> None:
    refused = {"failed": True, "msg": "keep must have runs, days, or both"}
    result = failed_hosts(refused, {"skipped": True}, None, "good")
    assert result == {"hosts": ["good"], "reasons": {"good": "keep must have runs, days, or both"}}


def test_a_plan_fails_on_no_host() -> None:
    result = failed_hosts({"plan": {}}, {"skipped": True}, None)
    assert matched(result["hosts"]) == []
