# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the module and the lookup show the options that can be set there."""

from __future__ import annotations

import yaml

from ansible_collections.rollcall.network.plugins.doc_fragments.collect import ModuleDocFragment
from ansible_collections.rollcall.network.plugins.lookup import collect as lookup
from ansible_collections.rollcall.network.plugins.modules import collect as module


def test_the_lookup_has_terms_and_the_module_has_hosts() -> None:
    shared = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert not {"hosts", "devices", "_terms"} & shared.keys()
    assert yaml.safe_load(module.DOCUMENTATION)["options"]["hosts"]["required"] is True
    assert "hosts" not in yaml.safe_load(lookup.DOCUMENTATION)["options"]
