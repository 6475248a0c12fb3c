# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The groups in which the devices of a worker that ended are asked again, each in a worker of its own.

If one of the devices ended the worker, only its group is lost the next time.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Hashable, Iterable

from .._device import Device
from .worker import Asked, Worker

GROUPS = 50  # processes
GROUPS_OF_BASTION = 8  # each of them logs in there


class Group:
    """Devices that are asked in one worker."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.worker: Worker | None = None
        self.lock = threading.Lock()
        self._left = size

    def leave(self) -> bool:
        """Count a device that is not asked here any more. Return whether it was the last one."""
        with self.lock:
            self._left -= 1
            return self._left == 0


def groups_of(lost: Iterable[Asked]) -> None:
    """Divide jobs into groups. Devices behind different bastions are in different ones."""
    by_bastion: dict[Hashable, list[Asked]] = {}
    for asked in lost:
        by_bastion.setdefault(_bastion(asked.job.device), []).append(asked)
    for bastion, jobs in by_bastion.items():
        size = math.ceil(len(jobs) / _most(bastion, jobs[0].job.device))
        for start in range(0, len(jobs), size):
            members = jobs[start : start + size]
            group = Group(len(members))
            for asked in members:
                asked.group = group


def _bastion(device: Device) -> Hashable:
    return device.hops or device.proxy_login or device.ssh_config or None  # the file may name one


def _most(bastion: Hashable, device: Device) -> int:
    if any(hop.otp_command for hop in device.hops):
        return 1  # a code can be used once
    return GROUPS if bastion is None else GROUPS_OF_BASTION
