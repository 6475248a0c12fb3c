# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which the devices of a fleet are asked: neighbours in the inventory are far apart in it.

Neighbours often fail together, because they are of one group. With this order, three devices in a row are never from
one part of the inventory that is smaller than half of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def spread(items: Iterable[T], chance: random.Random | None = None) -> list[T]:
    """Return the items in the new order. Which device is the first one is decided by chance."""
    given = list(items)
    return [given[place] for place in _places(len(given), chance or random.Random())]


def _places(count: int, chance: random.Random) -> list[int]:
    """Return pairs of places that are half of the fleet apart. The first places of the pairs are spread likewise."""
    if count < 2:
        return list(range(count))
    half = (count + 1) // 2
    places = []
    for place in _places(half, chance):
        pair = [place, place + half]
        if chance.random() < 0.5:
            pair.reverse()
        places += [each for each in pair if each < count]
    return places
