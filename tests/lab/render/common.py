# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to write times, link addresses and counts that several platforms share."""

from __future__ import annotations

from collections.abc import Callable

from tests.lab.topology import Device, Wiring

Renderer = Callable[[Device, Wiring], str]

MINUTE = 1
HOUR = 60
DAY = 24 * HOUR
WEEK = 7 * DAY


def dotted(mac: str) -> str:
    """`0200.0001.0001`, as Cisco and Arista write link addresses."""
    return f"{mac[:4]}.{mac[4:8]}.{mac[8:]}"


def dashed(mac: str) -> str:
    """`0200-0001-0001`, as Huawei writes link addresses."""
    return f"{mac[:4]}-{mac[4:8]}-{mac[8:]}"


def colons(mac: str) -> str:
    """`02:00:00:01:00:01`."""
    return ":".join(mac[i : i + 2] for i in range(0, len(mac), 2))


def short_age(minutes: int) -> str:
    """`1w3d`, `3d04h` or `05:07:00`, as IOS and its relatives write the age of a session."""
    if minutes >= WEEK:
        return f"{minutes // WEEK}w{minutes % WEEK // DAY}d"
    if minutes >= DAY:
        return f"{minutes // DAY}d{minutes % DAY // HOUR:02d}h"
    return f"{minutes // HOUR:02d}:{minutes % HOUR:02d}:00"


def long_age(minutes: int) -> str:
    """`5 weeks, 1 day, 2 hours, 10 minutes`, as IOS and its relatives write uptimes."""
    parts = (
        (minutes // WEEK, "week"),
        (minutes % WEEK // DAY, "day"),
        (minutes % DAY // HOUR, "hour"),
        (minutes % HOUR, "minute"),
    )
    return ", ".join(f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in parts if number)
