# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Devices and their number in words."""

from __future__ import annotations


def devices(number: int, whom: str = "devices") -> str:
    """Return the word for this number of devices.

    :param whom: the words for several.
    """
    return whom.replace("devices", "device", 1) if number == 1 else whom
