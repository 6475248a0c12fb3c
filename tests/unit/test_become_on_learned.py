# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A device with a learned platform that does not know the line `enable`."""

from __future__ import annotations

import pytest

from tests.unit.played import device, play


@pytest.mark.parametrize(
    ("platform", "password", "kind"),
    [("learned", None, None), ("learned", "secret", "become_refused"), ("cisco_iosxe", None, "become_refused")],
)
def test_become_is_refused_only_if_somebody_knows_that_there_is_such_a_mode(
    platform: str, password: str | None, kind: str | None
) -> None:
    talk = device(b"box>", {"show version": b"1.0\r\n"})
    done = play(talk, ["show version"], platform, become=True, become_password=password)
    assert (done.error.error.kind if done.error else None) == kind
    assert done.texts.get("show version", "1.0") == "1.0"
