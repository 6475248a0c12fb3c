# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Room for a run: remove old runs before it if the disk is nearly full, and say what would help if it is full.

Old runs are removed at the end of a run too. On a full disk no run comes to its end, so lowering ``keep`` would free
nothing.
"""

from __future__ import annotations

import errno
import os
import pathlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from ._runs import newest_first, prune

# Space or inodes are short if less than this part is free, and less than this amount.
SHORT, SHORT_SPACE, SHORT_INODES = 0.05, 10 * 2**30, 1_000_000
FULL = (errno.ENOSPC, errno.EDQUOT)


def make_room(
    top: pathlib.Path,
    keep: Mapping[str, Any] | None,
    resumed: pathlib.Path | None,
    used: Iterable[str],
    *,
    fleet: Collection[str] | None = None,
    protected: Iterable[str] = (),
) -> Iterator[str]:
    """Remove the runs that ``keep`` does not keep, if space or inodes are short. Yield lines that say so.

    :param resumed: the run that goes on. It is kept.
    :param used: the names of the folders of runs whose answers are used. They are kept too.
    :param fleet: see ``prune``, as ``protected``.
    """
    short = shortage(top)
    if short is None:
        return
    before = len(newest_first(str(top)))
    if keep:
        yield from prune(str(top), resumed or top, **keep, fleet=fleet, protected={*used, *protected})
    removed = before - len(newest_first(str(top)))
    if removed:
        runs = "1 old run was" if removed == 1 else f"{removed} old runs were"
        yield f"{top} is nearly full ({short}): {runs} removed (keep: {_words(keep)})"
        short = shortage(top)
    if short is not None:
        yield f"{top} is nearly full: {short}; {_help(top, keep)}"


def shortage(top: pathlib.Path) -> str | None:
    """Return how little is left if space or inodes are short. File systems without a limit of inodes have 0 of them."""
    try:
        disk = os.statvfs(top)
    except OSError:
        return None
    space = disk.f_bavail * disk.f_frsize
    if space < min(disk.f_blocks * disk.f_frsize * SHORT, SHORT_SPACE):
        return f"{_size(space)} are free"
    if disk.f_favail < min(disk.f_files * SHORT, SHORT_INODES):
        return f"{disk.f_favail:,} inodes are free, one for each file and folder"
    return None


def advice(reason: str, top: pathlib.Path, keep: Mapping[str, Any] | None) -> str:
    """Return what would help, to append to a reason; empty if it is not a full disk."""
    if not any(os.strerror(each) in reason for each in FULL):
        return ""
    short = shortage(top)
    return f" ({f'{short}; ' if short else ''}{_help(top, keep)})"


def _help(top: pathlib.Path, keep: Mapping[str, Any] | None) -> str:
    runs = len(newest_first(str(top)))
    if runs <= 1:
        return "remove other files; there is no old run to remove"
    there = f"{runs} runs are there"
    wanted = f"lower keep ({_words(keep)})" if keep else "set keep, such as {runs: 30}, to remove old runs"
    return f"{wanted}, or remove other files; {there}"


def _words(keep: Mapping[str, Any] | None) -> str:
    return ", ".join(f"{name}: {value:g}" for name, value in (keep or {}).items() if value is not None)


def _size(octets: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if octets < 1024:
            return f"{octets:,} {unit}"
        octets //= 1024
    return f"{octets:,} GiB"
