# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load platforms by name."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Mapping
from typing import Any

from .corrections import CORRECTIONS
from .description import platform_of
from .learned import PAGING
from .model import LEARNED, Platform
from .names import platform_name
from .own import OWN
from .scrapli import scrapli_platform

_loading = threading.Lock()


def load_platform(name: str, description: Mapping[str, Any] | None = None) -> Platform:
    """Load a platform by the name of its definition, once per process.

    :param description: the description of a platform that the user added.
    :raises PlatformError: if PyYAML or scrapli's definitions are missing, or the definition is broken.
    """
    with _loading:  # with the cache alone, many threads would read the file at first
        if description is not None:
            return _described(name, json.dumps(description, sort_keys=True))
        return _load(name)


@functools.cache
def _load(name: str) -> Platform:
    if name == LEARNED:
        return platform_of(name, {**OWN[name], "paging": PAGING})
    if name in OWN:
        like = OWN[name].get("like")
        return platform_of(name, OWN[name], _load(like) if like else None)
    return platform_of(name, CORRECTIONS.get(name, {}), scrapli_platform(name))


@functools.cache
def _described(name: str, description: str) -> Platform:
    data = json.loads(description)
    like = data.get("like")
    return platform_of(name, data, _load(platform_name(like) if like else LEARNED))
