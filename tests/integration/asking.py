# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices asked through the engine, and what came of each before it becomes plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils import _roll
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._platforms import platform_name
from ansible_collections.rollcall.network.plugins.module_utils._result import Result
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits
from ansible_collections.rollcall.network.plugins.module_utils.collector import collect
from tests.lab import LabDevice


def lab_device(of: LabDevice, commands: int | None = None, **settings: Any) -> Device:
    """Return a device of the lab, to be asked its first commands; all of them by default."""
    return Device(
        name=of.name,
        host=of.address,
        port=of.port,
        user=of.login[0],
        password=of.login[1],
        become_password=of.enable,
        platform=platform_name(of.platform),
        commands=tuple(Command(command) for command in of.commands[:commands]),
        **settings,
    )


def results_of(devices: Mapping[str, Device], limits: Limits) -> dict[str, Result]:
    """Ask the devices at once."""
    with _roll._asking(devices, limits, None) as ask:
        return collect(ask, devices, **_roll._options(limits))
