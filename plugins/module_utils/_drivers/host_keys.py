# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch the host keys of devices without a login, for the playbook ``rollcall.network.host_keys``."""

from __future__ import annotations

from typing import Any

from .._device import Device


class HostKeys:
    """Sends nothing to the command line of a device."""

    name = "host_keys"
    settings = frozenset({"host"})

    def read_only(self, device: Device) -> bool:  # noqa: ARG002  see Driver
        return True

    async def ask(self, device: Device, session: Any) -> list[bytes]:  # noqa: ARG002
        """Return the host keys of the device, in the wire format. No secret is masked in bytes.

        :param session: that of the engine, which has more than ``contract.Session``.
        :raises DeviceError: if the device presents no key.
        """
        keys: list[bytes] = await session.host_keys()
        return keys
