# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The number of cores that this process may use."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterator

_OWN, _CGROUPS = "/proc/self/cgroup", "/sys/fs/cgroup"


def usable_cores() -> int:
    """Return the number of cores by affinity and by the CPU quota of the cgroup, at least 1. Parts are rounded up."""
    cores = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    with contextlib.suppress(OSError, ValueError):
        cores = min([cores, *_quotas(_OWN, _CGROUPS)])
    return max(1, math.ceil(cores))


def _quotas(own: str, top: str) -> Iterator[float]:
    """Yield the CPU quotas in cores of this process's cgroup and of those above it."""
    with open(own, encoding="utf-8") as file:
        lines = [line.rstrip("\n").split(":", 2) for line in file]
    for _number, controllers, path in lines:
        if controllers == "":  # version 2
            yield from _of_each_level(top, path, _quota_v2)
        elif "cpu" in controllers.split(","):
            # In a container, the path is that of the host, but its own cgroup is mounted at the top.
            for mount in (f"{top}/{controllers}", f"{top}/cpu"):
                yield from _of_each_level(mount, path, _quota_v1)


def _of_each_level(top: str, path: str, quota: Callable[[str], float]) -> Iterator[float]:
    parts = [part for part in path.split("/") if part not in ("", "..")]
    for length in range(len(parts), -1, -1):
        with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
            yield quota("/".join([top, *parts[:length]]))


def _quota_v2(folder: str) -> float:
    with open(f"{folder}/cpu.max", encoding="ascii") as file:
        quota, period = file.read().split()
    return math.inf if quota == "max" else int(quota) / int(period)


def _quota_v1(folder: str) -> float:
    with open(f"{folder}/cpu.cfs_quota_us", encoding="ascii") as file:
        quota = int(file.read())
    with open(f"{folder}/cpu.cfs_period_us", encoding="ascii") as file:
        period = int(file.read())
    return math.inf if quota <= 0 else quota / period
