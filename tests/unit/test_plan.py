# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan names the credentials that would be used."""

from __future__ import annotations

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.plugin_utils._collect import plan_of
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import Resolved
from ansible_collections.rollcall.network.plugins.plugin_utils._plan import lines_of

SOURCES = {"user": "variable ansible_user", "become": "variable ansible_become"}


@pytest.mark.parametrize("become", [True, False])
def test_a_plan_names_become_only_if_it_is_used(become: bool) -> None:
    """A play sets it to false for the controller."""
    resolved = {"r1": Resolved(Device("r1", host="192.0.2.1", user="ops", become=become), SOURCES)}
    assert ("become from variable ansible_become" in "\n".join(lines_of(resolved))) is become
    assert ("become" in plan_of(resolved)["r1"]["credentials"]) is become
    assert "user from variable ansible_user" in "\n".join(lines_of(resolved))
