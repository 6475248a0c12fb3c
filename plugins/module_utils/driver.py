# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The types for drivers of third parties, and for functions of ``driver: python``. See docs/drivers.md.

.. code-block:: python

    from ansible_collections.rollcall.network.plugins.module_utils.driver import Device


    def probe(device: Device) -> str:
        return device.host
"""

from __future__ import annotations

from ._device import Command, Device, Hop
from ._drivers.contract import Driver, Session
from ._result import DeviceError, Output
from ._transport.stream import Stream

__all__ = ["Command", "Device", "DeviceError", "Driver", "Hop", "Output", "Session", "Stream"]
