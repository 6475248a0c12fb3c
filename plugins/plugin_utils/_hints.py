# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hints about platforms: devices whose ``ansible_network_os`` is not set, or does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.rollcall.network.plugins.plugin_utils._why import NAMES_SHOWN, first_names


def hint_of(answer: Mapping[str, Any]) -> str | None:
    """Return which platform should be set, if the one that is set does not fit."""
    hint: str | None = (answer.get("connection") or {}).get("platform_hint")
    return hint


def hint_lines(answers: Iterable[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Return a line with the number of these devices, or no line if there are none."""
    names = [name for name, answer in answers if hint_of(answer)]
    if not names:
        return []
    have = "1 device has" if len(names) == 1 else f"{len(names)} devices have"
    return [
        f"roll call: {have} a hint about the platform, platform_hint in the answer and on the device's page: "
        f"{first_names(names, NAMES_SHOWN)}"
    ]
