# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names in a sentence: the first few, and how many more there are."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

SAID = 3


def some(names: Collection[str], most: int = SAID) -> str:
    """Return ``a, b, c and 9 more``."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(islice(names, most)) + more
