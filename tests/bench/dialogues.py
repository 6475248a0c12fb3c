# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said to a device of the lab, for peers that do not know its platform."""

from __future__ import annotations

from ansible_collections.rollcall.network.plugins.module_utils._platforms import load_platform, platform_name
from tests.bench.targets import Target
from tests.lab.topology import ENABLE_SECRET


def exchanges(target: Target) -> list[tuple[str, str]]:
    """The lines that the cli driver sends to this device too, each with the end of its answer."""
    lines = [(step.text, target.prompt) for step in load_platform(platform_name(target.network_os)).on_open]
    if lines[0][0] in ("privileged_exec", "exec"):
        del lines[0]
        if target.device.exec_login:
            lines = [("enable", "Password:"), (ENABLE_SECRET, target.prompt), *lines]
    return [*lines, (target.command, target.prompt)]
