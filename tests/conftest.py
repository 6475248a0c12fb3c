# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes `ansible_collections.rollcall.network` importable from this checkout, and divides the tests among processes."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.started import as_always

ROOT = Path(__file__).resolve().parent.parent
COLLECTIONS = ROOT / "collections"


# Plain imports find the collection here, and so does Ansible's own loader, which searches sys.path too.
sys.path.insert(0, str(COLLECTIONS))

# Before anything imports ansible, which reads its settings once.
as_always()
# What is tested is this checkout, from any folder, and no other copy that is installed.
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)

# Where pytest-xdist runs the tests in several processes, those that share something, such as a lab or an installation,
# stay in one: the tests of one file, or of one folder where one browser serves several files. Others run anywhere.
GROUPED_BY_FILE = "tests/integration/"
GROUPED_BY_FOLDER = "tests/browser/"
# `make test` runs the integration tests that prove a promise, with so many of their cases, so that it ends in time on a
# slow machine too. `make soak` runs all.
CASES = 2
# Files that take minutes, longest first. They start first, so that no process is left with one of them at the end.
LONGEST = (
    "test_hostile_fleet",
    "test_schedule",
    "test_worker_killed",
    "test_poller_role",
    "test_signals",
    "test_playbook",
    "test_awx",
    "test_pollers",
    "test_runner",
)


def group(nodeid: str) -> str:
    """The tests of one group stay in one process."""
    if nodeid.startswith(GROUPED_BY_FOLDER):
        return GROUPED_BY_FOLDER
    return nodeid.partition("::")[0] if nodeid.startswith(GROUPED_BY_FILE) else nodeid


@pytest.hookimpl(tryfirst=True)  # before the tests are selected by their markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))
    named = promised()
    for test, cases in by_test(items).items():
        marker = cases[0].get_closest_marker("cases")
        keep = (marker.args[0] if marker else CASES) if test.rpartition("::")[2] in named else 0
        for case in surplus(cases, keep):
            case.add_marker(pytest.mark.soak)


def promised() -> set[str]:
    """The tests that a page names as the proof of what it promises."""
    pages = [page for folder in (".", "docs", "tests") for page in (ROOT / folder).glob("*.md")]
    return {name for page in pages for name in re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8"))}


def by_test(items: list[pytest.Item]) -> dict[str, list[pytest.Item]]:
    """The cases of each integration test. Those of unit tests are quick."""
    tests: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.nodeid.startswith(GROUPED_BY_FILE):
            tests.setdefault(item.nodeid.partition("[")[0], []).append(item)
    return tests


def surplus(cases: list[pytest.Item], keep: int) -> list[pytest.Item]:
    """All but ``keep`` of the cases, evenly spread."""
    kept = {number * len(cases) // keep for number in range(keep)}
    return [case for number, case in enumerate(cases) if number not in kept]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For `pytest -n auto`: one more than cores, as many tests wait. With twice as many, time limits were missed."""
    return 1 + (os.cpu_count() or 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Divides the tests by group, whatever --dist says. The marker xdist_group has no effect with pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    # In the order of collection, not of the sizes of the groups.
    config.option.loadscopereorder = False
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group
    return scheduler
