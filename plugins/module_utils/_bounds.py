# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bounds of numbers and paths: a value beyond them would end in an error of the system after the first login."""

from __future__ import annotations

import os

LARGEST = 1_000_000_000  # seconds, devices, runs
LONGEST_PATH, LONGEST_PART = 4096, 255  # bytes, as in Linux


def check_number(name: str, value: float | None, shown: object) -> None:
    """
    :param shown: the value as it was given.
    :raises ValueError: if it is too large.
    """
    if value is not None and (value > LARGEST or value < -LARGEST):
        text = str(shown) if not isinstance(shown, int) else "a larger number"
        msg = f"{name} must be a number up to {LARGEST:,}, not {text[:100]}"
        raise ValueError(msg)


def check_path(name: str, path: str) -> None:
    """
    :raises ValueError: if no file can have this path.
    """
    if "\0" in path:
        msg = f"{name} must be a path without null characters"
        raise ValueError(msg)
    if len(os.fsencode(path)) >= LONGEST_PATH or any(len(os.fsencode(part)) > LONGEST_PART for part in path.split("/")):
        msg = f"{name} is too long for a path: at most {LONGEST_PART} bytes for a name and {LONGEST_PATH - 1} in all"
        raise ValueError(msg)
