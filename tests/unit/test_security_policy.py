# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The promises in SECURITY.md and the guarantees in tests/README.md have tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("page", ["SECURITY.md", "tests/README.md"])
def test_every_promise_names_tests_that_exist(page: str) -> None:
    rows = [line.split("|")[1:-1] for line in (ROOT / page).read_text().splitlines() if line.startswith("| ")]
    promises = {promise.strip(): re.findall(r"`(test_\w+)`", tests) for promise, tests in rows[1:]}
    assert len(promises) > 5
    assert [promise for promise, names in promises.items() if not names] == []
    files = (ROOT / "tests").rglob("test_*.py")
    there = {name for file in files for name in re.findall(r"^def (test_\w+)\(", file.read_text(), re.MULTILINE)}
    named = {name for names in promises.values() for name in names}
    assert sorted(named - there) == []
