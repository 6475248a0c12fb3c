# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rejected commands are recognised on every platform, and good answers that quote a message are not rejections."""

from __future__ import annotations

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.rejections import rejection_in
from tests.unit.rejected_texts import GOOD, REJECTIONS

ROWS = [(family, text) for family, texts in REJECTIONS.items() for text in texts]


@pytest.mark.parametrize(("family", "text"), ROWS, ids=[f"{family}: {text.strip()[:60]!r}" for family, text in ROWS])
def test_every_vendors_rejection_is_recognised(family: str, text: str) -> None:
    line = rejection_in(text, "ip show foo" if "Usage: ip" in text else "show foo", ())
    assert line is not None, family
    assert line in text


def test_a_program_of_one_word_that_is_not_there() -> None:
    assert rejection_in("uptime: not found", "uptime", ()) == "uptime: not found"


@pytest.mark.parametrize(
    "text",
    [
        "You must have explicit, authorized permission to access or configure this device.\nAll use is logged.",
        "Access is restricted to authorized users only",
        "Access denied to unauthorized users.",
        "Only administrators are allowed to access this device.",
        "Please log in with your own account.",
    ],
)
def test_the_text_of_a_banner_does_not_reject_the_command_that_shows_it(text: str) -> None:
    assert rejection_in(text, "show banner motd", ()) is None
    assert rejection_in("% Invalid input detected at '^' marker.", "show banner motd", ()) is not None


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_a_quoted_rejection_is_a_good_answer(text: str) -> None:
    assert (
        rejection_in(text, "show foo", ("Error:", "MINOR:", "Permission denied", "syntax error", "% Invalid")) is None
    )
