# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The spellings of all platforms."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Collection, Mapping

from .corrections import CORRECTIONS
from .description import SEE
from .model import PlatformError
from .own import OWN
from .scrapli import scrapli_names
from .spellings import ENDS, NAMES


def platform_name(spelling: str) -> str:
    """Return the definition's name for a spelling of a platform.

    :raises PlatformError: if it is unknown; the message has near matches.
    """
    key = spelling.strip().lower()
    name = known_name(key, spellings())
    if name is None:
        raise PlatformError(unknown(spelling, spellings()))
    return name


def unknown(spelling: str, known: Mapping[str, str], own: Collection[str] = ()) -> str:
    """Return the message for a platform that is not known, with near matches.

    :param own: the spellings of the user's platforms, which come first.
    """
    key = spelling.strip().lower()
    near = [each for names in (own, known) for each in difflib.get_close_matches(key, list(names), n=4, cutoff=0.5)]
    matches = f"near matches: {', '.join(list(dict.fromkeys(near))[:4])}; " if near else ""
    return f"platform {str(spelling)!r} is not known; {matches}{SEE}"


def known_name(spelling: str, known: Mapping[str, str]) -> str | None:
    """Return the name of the definition for a spelling, also with one of netmiko's ends, or None."""
    key = spelling.strip().lower()
    if key in known:
        return known[key]
    for end in ENDS:
        if key.endswith(end) and key[: -len(end)] in known:
            return known[key[: -len(end)]]
    return None


@functools.cache
def spellings() -> dict[str, str]:
    """Return the name of the definition by each spelling."""
    table = {name: name for name in (*CORRECTIONS, *NAMES, *OWN, *scrapli_names())}
    for name, others in NAMES.items():
        for each in others:
            table[each] = name
    for collection, names in _collections().items():
        if len(names) == 1:  # a collection of one platform stands for it
            table.setdefault(collection, *names)
    return table


def _collections() -> dict[str, set[str]]:
    """Return the names of the definitions of each Ansible collection."""
    found: dict[str, set[str]] = {}
    for name, others in NAMES.items():
        for each in others:
            if each.count(".") == 2:
                found.setdefault(each.rpartition(".")[0], set()).add(name)
    return found
