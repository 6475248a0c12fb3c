# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bastion is asked whether it is there when a device behind it is silent. A busy one answers late."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._transport import bastions


class Connection:
    """A login at a bastion that does not answer the question, but may send other data."""

    def __init__(self, sends: bool) -> None:
        self.ssh = self
        self.sends = sends
        self._recv_seq = 7
        self.given_up = ""

    async def _make_global_request(self, _request: bytes) -> None:
        if self.sends:
            asyncio.get_running_loop().call_later(0.01, self._receive)
        await asyncio.Event().wait()

    def _receive(self) -> None:
        self._recv_seq += 1

    def give_up(self, reason: str) -> None:
        self.given_up = reason


@pytest.mark.parametrize("sends", [True, False])
def test_a_bastion_that_sends_data_is_not_given_up(sends: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bastions, "PROBE", 0.3)
    connection: Any = Connection(sends)
    asyncio.run(bastions._Login(connection, None).probe())
    assert connection.given_up == ("" if sends else "it did not answer for 0.3 s")
