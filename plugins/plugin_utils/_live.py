# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Display lines while a task runs, as long as the output of ansible-playbook can take them.

A thread of ansible-playbook writes what its workers display. An error while writing (a full disk, the end of the
program behind a pipe, a closed standard output) ends this thread, and the play then waits for results forever.
Therefore, nothing is displayed from a worker if the output does not accept it.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import select
import stat
import sys

from ansible.utils.display import Display

GONE = (errno.ENXIO, errno.EIO, errno.ENOSPC, errno.ENOENT, errno.EPIPE)
ROOM = 65536  # bytes that must be free on the disk of a file


class Live:
    """The methods of Ansible's display that are used here."""

    def display(self, msg: str, *, stderr: bool = False) -> None:
        if accepts(2 if stderr else 1):
            Display().display(msg, stderr=stderr)

    def v(self, msg: str, host: str | None = None) -> None:
        if accepts(1):
            Display().v(msg, host=host)

    def vvv(self, msg: str) -> None:
        if accepts(1):
            Display().vvv(msg)

    def warning(self, msg: str) -> None:
        if accepts(2):
            Display().warning(msg)


def accepts(number: int) -> bool:
    """Whether ansible-playbook can write to its standard output (1) or standard error (2). True if it is unknown."""
    if (sys.__stdout__ if number == 1 else sys.__stderr__) is None:  # closed when ansible-playbook was started
        return False
    parent = multiprocessing.parent_process()
    path = f"/proc/{parent.pid if parent else os.getpid()}/fd/{number}"
    try:
        if stat.S_ISSOCK(os.stat(path).st_mode):  # cannot be opened
            return True
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        return error.errno not in GONE or not os.path.isdir(os.path.dirname(path))
    try:
        return _has_room(descriptor)
    except OSError as error:
        return error.errno not in GONE
    finally:
        os.close(descriptor)


def _has_room(descriptor: int) -> bool:
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        disk = os.fstatvfs(descriptor)
        return disk.f_bavail * disk.f_frsize >= ROOM
    if stat.S_ISCHR(mode) and not os.isatty(descriptor):
        os.write(descriptor, b"")  # an error of /dev/full
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return not any(events & (select.POLLERR | select.POLLHUP) for _descriptor, events in poll.poll(0))
