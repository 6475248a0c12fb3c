# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masking the secrets that devices show, by CPU time."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

from ansible_collections.rollcall.network.plugins.module_utils._model.redaction import Redaction
from ansible_collections.rollcall.network.plugins.module_utils._model.redaction_search import MASK
from tests.bench.goals import at_most
from tests.bench.texts import texts
from tests.unit.shown_secrets import SHOWN, plain

SIZE = 50_000  # characters
ROUNDS = 40
EACH = 20  # interfaces for each line with a secret


def configuration(platform: str) -> str:
    """A configuration of this size: interfaces, and the lines with secrets of a platform between them."""
    lines: list[str] = []
    secrets: Iterator[str] = itertools.cycle(plain(SHOWN[platform]).strip("\n").split("\n"))
    size = 0
    for number in itertools.count(1):
        lines += [f"interface GigabitEthernet1/0/{number}", f" description access port {number} to rack {number % 40}"]
        lines += [f" ip address 10.{number % 250}.1.1 255.255.255.0", " switchport port-security", " no shutdown", "!"]
        lines += [next(secrets)] if number % EACH == 0 else []
        size = sum(map(len, lines)) + len(lines) if number % 50 == 0 else size
        if size > SIZE:
            break
    return "\n".join(lines)[:SIZE]


def redaction() -> str:
    """CPU time for 50 KB of configurations of several platforms, and of outputs without secrets."""
    of_configurations = [configuration(platform) for platform in SHOWN]
    outputs = "".join(each.text for each in texts(48))
    without = [outputs[start : start + SIZE] for start in range(0, len(outputs) - SIZE, SIZE)]
    assert all(MASK in Redaction(bytes(32)).text(text) for text in of_configurations)
    assert not any(MASK in Redaction(bytes(32)).text(text) for text in without)
    first, second = (_milliseconds(each) for each in (of_configurations, without))
    return (
        f"50 KB of a configuration: {at_most(first, 2, 'CPU ms')}; of outputs without secrets: "
        f"{at_most(second, 2, 'CPU ms')}"
    )


def _milliseconds(shown: list[str]) -> float:
    """The best round, for one text."""
    masks = Redaction(bytes(32))
    best = float("inf")
    for _round in range(ROUNDS):
        began = time.process_time()
        for text in shown:
            masks.text(text)
        best = min(best, time.process_time() - began)
    return best / len(shown) * 1000
