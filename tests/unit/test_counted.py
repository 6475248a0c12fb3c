# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One device is not called devices."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.plugin_utils._counted import devices
from ansible_collections.rollcall.network.plugins.plugin_utils._plan import lines_of as lines_of_plan
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Share
from ansible_collections.rollcall.network.plugins.plugin_utils._why import lines_of

FAILED: dict[str, Any] = {"status": "failed", "error": {"phase": "auth", "kind": "refused", "message": "no"}}


@pytest.mark.parametrize(
    ("number", "whom", "words"),
    [
        (0, "devices", "devices"),
        (1, "devices", "device"),
        (2, "other devices", "other devices"),
        (1, "other devices", "other device"),
        (1, "devices of group devices", "device of group devices"),
    ],
)
def test_the_word_for_a_number_of_devices(number: int, whom: str, words: str) -> None:
    assert devices(number, whom) == words


@pytest.mark.parametrize(
    ("total", "plan", "why", "share"),
    [
        (1, "plan: 1 device, none is asked", "1 of 1 device has no full answer", "1 of 1 device of group a failed"),
        (2, "plan: 2 devices, none is asked", "1 of 2 devices has no full answer", "1 of 2 devices of group a failed"),
    ],
)
def test_the_sentences_with_the_number_of_devices(total: int, plan: str, why: str, share: str) -> None:
    names = [f"r{number}" for number in range(total)]
    assert next(lines_of_plan(dict.fromkeys(names, Error("resolve", "variables", "none")))) == plan
    assert why in lines_of([("r0", FAILED)], total)[0]
    assert Share("devices of group a", "max_fail_percentage", 0, total, ("r0",)).reason.startswith(share)
