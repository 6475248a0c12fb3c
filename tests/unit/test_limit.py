# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limit file, read by Ansible's own inventory: each line is a name and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import FleetRow, fleet_row
from ansible_collections.rollcall.network.plugins.plugin_utils._limit import limit_file

# What means something in a pattern of hosts, or to what reads the file.
ODD = [
    "!r1",
    "&r1",
    "~r.",
    "r*",
    "r*more",
    "r?",
    "r[0]",
    "@r1",
    "#r1",
    "r1,r2",
    "r1:r2",
    "r.1",
    "fe80::1",
    "2001:db8::1",
    " r1",
    "r1 ",
    "r\n1",
    "r\x1f1",
    "-r1",
    "Zürich-1",
    "core-😀",
    "r\udcff",
    "(r|1)$",
    "r\\1",
    "{{ r1 }}",
    "edge",
    "all-of-them",
]
PLAIN = ["r1", "r2", "rx1", "Zurich-1"]


@pytest.fixture
def inventory() -> InventoryManager:
    """Hosts of these names, and a group edge of the plain ones and of a host that is called as it is."""
    manager = InventoryManager(DataLoader(), parse=False)
    manager.add_group("edge")
    for name in ODD + PLAIN:
        manager.add_host(name, "all")
    for name in [*PLAIN, "edge"]:
        manager.add_host(name, "edge")
    manager.reconcile_inventory()
    return manager


def rows(*failed: str, ok: tuple[str, ...] = ()) -> list[FleetRow]:
    found = [fleet_row(name, {"status": "timeout"}) for name in failed]
    return [*(fleet_row(name, {"status": "ok"}) for name in ok), *found]


def limited(inventory: InventoryManager, content: bytes, folder: Path) -> list[str]:
    """The hosts that a play on all hosts gets with this limit file."""
    file = folder / "failed.txt"
    file.write_bytes(content)
    inventory.subset(f"@{file}")
    return [str(host.name) for host in inventory.get_hosts("all")]


@pytest.mark.parametrize("name", ODD + PLAIN)
def test_one_name(name: str, inventory: InventoryManager, tmp_path: Path) -> None:
    assert limited(inventory, limit_file(rows(name), lambda name: True), tmp_path) == [name]


def test_all_of_them(inventory: InventoryManager, tmp_path: Path) -> None:
    content = limit_file(rows(*ODD, ok=tuple(PLAIN)), lambda name: True)
    assert sorted(limited(inventory, content, tmp_path)) == sorted(ODD)


@pytest.mark.parametrize("name", ODD)
def test_a_name_that_is_gone_since_limits_to_nobody(name: str, tmp_path: Path) -> None:
    manager = InventoryManager(DataLoader(), parse=False)
    for each in PLAIN:
        manager.add_host(each, "all")
    manager.reconcile_inventory()
    assert limited(manager, limit_file(rows(name), lambda name: True), tmp_path) == []


def test_nobody_failed(inventory: InventoryManager, tmp_path: Path) -> None:
    assert limited(inventory, b"", tmp_path) != [], "an empty file is no limit"
    assert limited(inventory, limit_file(rows(ok=("r1",)), lambda name: True), tmp_path) == []
    assert limited(inventory, limit_file([], lambda name: True), tmp_path) == []


def test_a_name_that_no_limit_can_ask_is_left_out(inventory: InventoryManager, tmp_path: Path) -> None:
    """It is in no inventory: mistyped, or asked by a function. It could be the name of a group."""
    content = limit_file(rows("edge", "all", "r1"), lambda name: name == "r1")
    assert content == b"r1\n"
    assert limit_file(rows("edge"), lambda name: False) == b"!all\n"
