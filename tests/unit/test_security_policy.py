# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The promises in SECURITY.md and docs/security.md, and the guarantees in tests/README.md, have tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


PAGES = ["SECURITY.md", "docs/security.md", "tests/README.md"]


def promises_of(page: str) -> dict[str, list[str]]:
    """The first column of the table of a page, and the tests that its rows name."""
    rows = [line.split("|")[1:-1] for line in (ROOT / page).read_text().splitlines() if line.startswith("| ")]
    return {promise.strip(): re.findall(r"`(test_\w+)`", " ".join(more)) for promise, *more in rows[1:]}


@pytest.mark.parametrize("page", PAGES)
def test_every_promise_names_tests_that_exist(page: str) -> None:
    promises = promises_of(page)
    assert len(promises) > 5
    assert [promise for promise, names in promises.items() if not names] == []
    files = (ROOT / "tests").rglob("test_*.py")
    there = {
        name for file in files for name in re.findall(r"^(?:async )?def (test_\w+)\(", file.read_text(), re.MULTILINE)
    }
    named = {name for names in promises.values() for name in names}
    assert sorted(named - there) == []


def test_no_promise_is_made_twice() -> None:
    """Pages link to each other. A promise that is on two pages would be changed on one of them only."""
    named = [name for page in PAGES[:2] for name in {name for names in promises_of(page).values() for name in names}]
    assert sorted(name for name in named if named.count(name) > 1) == []


def test_each_promise_says_how_it_is_kept_and_what_is_not_promised() -> None:
    rows = [line for line in (ROOT / "docs" / "security.md").read_text().splitlines() if line.startswith("| ")]
    for row in rows:
        cells = [cell.strip() for cell in row.split("|")[1:-1]]
        assert len(cells) == 4, row
        assert all(cells), row


@pytest.mark.parametrize("page", ["SECURITY.md", "README.md"])
def test_the_page_is_linked(page: str) -> None:
    assert "](docs/security.md)" in (ROOT / page).read_text()
