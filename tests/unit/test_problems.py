# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Internal errors after the first login."""

from __future__ import annotations

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import mask_of
from ansible_collections.rollcall.network.plugins.module_utils._problems import Problems
from ansible_collections.rollcall.network.plugins.module_utils._result import Error


def test_no_secret_is_in_an_internal_error() -> None:
    devices = [
        Error("resolve", "variables", "x"),
        Device("r1", password="Pa55-of-r1"),
        Device("r2", passphrase="Phr4se"),
    ]
    problems = Problems(mask_of(devices))
    with problems.during("counting the answers"):
        raise ValueError("Pa55-of-r1 and Phr4se")
    said = "".join((*problems.messages, *problems.tracebacks))
    assert "while counting the answers" in said
    assert "Pa55-of-r1" not in said
    assert "Phr4se" not in said


def test_the_same_error_is_noted_once() -> None:
    problems = Problems()
    for _name in range(3):
        with problems.during("counting the answers"):
            raise ValueError("x")
    assert len(problems.messages) == len(problems.tracebacks) == 1
