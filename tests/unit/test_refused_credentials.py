# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credentials that devices refused, in words."""

from __future__ import annotations

import pytest

from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import fleet_row
from ansible_collections.rollcall.network.plugins.plugin_utils._pages import Pages
from ansible_collections.rollcall.network.plugins.plugin_utils._refused_credentials import Logins, sentences_on
from tests.browser import answers


@pytest.mark.parametrize(
    ("logins", "sentences"),
    [
        ([], []),
        ([Logins(), Logins("new")], []),
        (
            [Logins("new", ("old",))] * 3 + [Logins("new", (), ("old",))] * 1200,
            [
                "the login as old was refused by 3 devices and accepted by none; it was not tried at 1,200 others; "
                "correct it, or remove it from rollcall_credentials"
            ],
        ),
        (
            [Logins("old"), Logins("new", ("old",)), Logins(None, ("old", "new"))],
            [
                "the login as old was refused by 2 devices and accepted by 1",
                "the login as new was refused by 1 device and accepted by 1",
            ],
        ),
    ],
)
def test_each_refused_credential_has_a_sentence(logins: list[Logins], sentences: list[str]) -> None:
    assert sentences_on(logins) == sentences


def test_the_page_of_the_fleet_says_which_credential_was_refused() -> None:
    pytest.importorskip("itables")
    facts = {"credential": "b with variable x[1]", "refused_credentials": "a with variable x[0] <old>"}
    rows = [fleet_row(f"r{number}", {**answers.answer(), "connection": facts}) for number in range(2)]
    page = Pages().fleet(rows)
    assert "The login as a with variable x[0] &lt;old&gt; was refused by 2 devices and accepted by none" in page
