# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch the host keys of devices without a login, for the playbook ``rollcall.network.host_keys``."""

from __future__ import annotations

import math

from .._device import Device
from .contract import Session


class HostKeys:
    """Sends nothing to the command line of a device."""

    name = "host_keys"
    settings = frozenset({"host"})

    def read_only(self, device: Device) -> bool:  # noqa: ARG002  see Driver
        return True

    async def ask(self, device: Device, session: Session) -> list[dict[str, str]]:
        """Return the host keys of the device. See ``fetch_host_keys.fetch``.

        :raises DeviceError: if the device presents no key.
        """
        from .._transport.fetch_host_keys import fetch  # not at the top: the process that only waits does not need it

        session.enter("connect")
        return await fetch(device, math.inf if session.deadline is None else session.deadline)
