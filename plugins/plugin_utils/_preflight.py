# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A check of the controller's Python packages before the first login."""

from __future__ import annotations

import pathlib
import shlex
from collections.abc import Collection, Mapping

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._needs import missing, sentence
from ansible_collections.rollcall.network.plugins.module_utils._result import Error

REQUIREMENTS = pathlib.Path(__file__).parents[2] / "requirements.txt"


def preflight(devices: Mapping[str, Device | Error], formats: Collection[str] = ()) -> None:
    """Check that the packages for this run and its reports are installed.

    :raises ValueError: with the missing packages, and how to install them.
    """
    packages = missing(devices, formats)
    if packages:
        raise ValueError(sentence(packages, f"-r {shlex.quote(str(REQUIREMENTS))}"))
