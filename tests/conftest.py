# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes `ansible_collections.rollcall.network` importable from this checkout, and divides the tests among processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.started import as_always

COLLECTIONS = Path(__file__).resolve().parent.parent / "collections"


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For `pytest -n auto`: two processes for each core, because many tests wait for other programs."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Divides the tests by group, whatever --dist says. The marker xdist_group has no effect with pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    # In the order of collection, not of the sizes of the groups.
    config.option.loadscopereorder = False
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group
    return scheduler
