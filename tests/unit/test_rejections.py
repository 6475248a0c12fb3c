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


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_a_quoted_rejection_is_a_good_answer(text: str) -> None:
    assert (
        rejection_in(text, "show foo", ("Error:", "MINOR:", "Permission denied", "syntax error", "% Invalid")) is None
    )
