# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes `ansible_collections.rollcall.network` importable from this checkout, and divides the tests among processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.started import as_always

TESTS = Path(__file__).resolve().parent
COLLECTIONS = TESTS.parent / "collections"


# Plain imports find the collection here, and so does Ansible's own loader, which searches sys.path too.
sys.path.insert(0, str(COLLECTIONS))

# Before anything imports ansible, which reads its settings once.
as_always()
# What is tested is this checkout, from any folder, and no other copy that is installed.
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)

# Tests that share what one process must own, such as a lab or an installation, stay together: those of one file, or of
# one folder where one browser serves several files. Others may run anywhere. A marker xdist_group on a test wins.
GROUPED_BY_FILE = ("integration",)
GROUPED_BY_FOLDER = ("browser",)
# Files that take minutes, longest first. They start first, so that no process is left with one of them at the end.
LONGEST = (
    "test_schedule",
    "test_poller_role",
    "test_signals",
    "test_playbook",
    "test_awx",
    "test_pollers",
    "test_runner",
)


def pytest_xdist_auto_num_workers() -> int:
    """For `pytest -n auto`: two processes for each core, because many tests wait for other programs."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the markers in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Says which tests stay together when `pytest -n … --dist loadgroup` runs them in several processes."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if item.get_closest_marker("xdist_group") is not None:
            continue
        if folder in GROUPED_BY_FILE:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
        elif folder in GROUPED_BY_FOLDER:
            item.add_marker(pytest.mark.xdist_group(folder))
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))
