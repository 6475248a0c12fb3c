# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Move aside what is in the way, so that nothing is lost."""

from __future__ import annotations

import itertools
import os
import pathlib


def aside(path: pathlib.Path) -> pathlib.Path:
    """Rename a file or a folder to a name that is free, and return it."""
    there = free(path.with_name(f"{path.name}.damaged"))
    path.rename(there)
    return there


def free(path: pathlib.Path) -> pathlib.Path:
    """Return this path, or with a number if it exists."""
    numbers = itertools.chain([""], (f".{number}" for number in itertools.count(1)))
    return next(each for number in numbers if not os.path.lexists(each := path.with_name(path.name + number)))
