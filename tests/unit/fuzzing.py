# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings and strategies of the tests with random input.

`make test` tries the same few examples each time. With ROLLCALL_EXAMPLES, this number of other ones is tried for each
test. An example that fails is written into `.cache/hypothesis` and tried first the next time.
"""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

EXAMPLES = int(os.environ.get("ROLLCALL_EXAMPLES", "0"))


def few(examples: int) -> settings:
    """The settings of a test that tries this number of examples in `make test`."""
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        database=DirectoryBasedExampleDatabase(".cache/hypothesis") if EXAMPLES else None,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink]
        if EXAMPLES
        else [Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([10**30, -1.5, 1e308, float("nan"), float("inf")]),
    st.sampled_from(
        ["", "ok", "failed", "x", "/", "..", "../../etc/passwd", "2026-01-01T00:00:00Z", "2999-01-01", "\0"]
    ),
    st.text(max_size=8),
)
# What any JSON file can have in any place.
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=5,
)
DEEP = b"[" * 100_000 + b"]" * 100_000


@st.composite
def damages(draw: st.DrawFn) -> Any:
    """A function of bytes that damages a file: its JSON in one place, or its bytes."""
    how = draw(st.sampled_from(("json", "json", "json", "bytes", "cut", "replaced")))
    place = draw(st.floats(0, 0.999))
    value, insert = draw(values), draw(st.binary(max_size=30))
    gone = draw(st.booleans())

    def damage(content: bytes) -> bytes:
        at = int(place * len(content))
        if how == "cut":
            return content[:at]
        if how == "bytes":
            return content[:at] + insert + content[at + len(insert) // 2 :]
        if how == "replaced":
            return DEEP if len(insert) > 28 else insert
        lines = content.split(b"\n")
        number = int(place * max(1, len([line for line in lines if line])))
        try:
            data = json.loads(b"\n".join(lines)) if len(lines) < 3 else json.loads(lines[number])
        except ValueError:
            try:
                data, number = json.loads(content), -1
            except ValueError:
                return content[:at] + insert
        # NaN and infinity are written as Python does.
        changed = json.dumps(_changed(data, place, value, gone=gone)).encode("ascii")
        if len(lines) < 3 or number == -1:
            return changed + b"\n"
        return b"\n".join([*lines[:number], changed, *lines[number + 1 :]])

    return damage


def _places(data: Any) -> list[tuple[Any, Any]]:
    """Each container in it with each key."""
    found: list[tuple[Any, Any]] = []
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, inner in pairs:
        found.append((data, key))
        found += _places(inner)
    return found


def _changed(data: Any, place: float, value: Any, *, gone: bool) -> Any:
    places = [(None, None), *_places(data)]
    inside, key = places[int(place * 7919 % 1 * len(places))]
    if inside is None:
        return value
    if gone:
        del inside[key]
    else:
        inside[key] = value
    return data
