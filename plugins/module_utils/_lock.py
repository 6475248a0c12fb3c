# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lock on the folder of the runs. Jobs of AWX share it, because slices run in parallel.

The kernel (``flock``) releases the lock when the process ends. Programs that the process starts do not inherit it,
because Python's descriptors are closed on exec.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import pathlib
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from ._result import iso
from ._run import DEVICES, RUNS, RunError
from ._trusted import check_folder, check_link, make_top, open_file

LOCK = ".lock"
SOON = 0.1  # seconds until the holder has written its details


@contextlib.contextmanager
def locked(output_dir: str, job: str | None = None) -> Iterator[pathlib.Path]:
    """Lock the folder of the runs, given as a path without links. It is created if it is missing.

    :param job: the job number of AWX. Runs with a job number share the folder.
    :raises RunError: if another run uses it, with the process and start time; if it cannot be locked; or if it or its
        content may belong to another user.
    """
    top = pathlib.Path(output_dir).expanduser().absolute()
    try:
        real = make_top(top)
        for name in (RUNS, "last_good", "state", "history.git", "reports", DEVICES):
            check_folder(real / name)
        check_link(real / "latest", RUNS)
        descriptor = open_file(real / LOCK, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        msg = f"output_dir {top} cannot be written to: {error.strerror}"
        raise RunError(msg) from error
    try:
        _hold(descriptor, top, fcntl.LOCK_SH if job else fcntl.LOCK_EX)
        about = {"pid": os.getpid(), "host": socket.gethostname(), "since": iso(datetime.now(UTC)), "job": job}
        _say(descriptor, json.dumps(about))
        try:
            yield real
        finally:
            if not job:
                _say(descriptor, "")
            # Unlock explicitly: a process forked by a function has the lock open too.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def _hold(descriptor: int, top: pathlib.Path, how: int) -> None:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
            msg = f"output_dir {top} cannot be locked: {error.strerror}; its file system must support flock"
            raise RunError(msg) from error
        time.sleep(SOON)
        msg = f"output_dir {top} is in use by {_holder(descriptor)}; wait for its end, or use another folder"
        raise RunError(msg) from error


def _holder(descriptor: int) -> str:
    try:
        about = json.loads(os.pread(descriptor, 4096, 0))
        job = f" (AWX job {about['job']})" if about["job"] else ""
        return f"process {about['pid']} on {about['host']}{job} since {about['since']}"
    except (OSError, ValueError, KeyError, TypeError):  # the holder changed just now
        return "another process"


def _say(descriptor: int, text: str) -> None:
    """Write the details of the holder. Errors are ignored; a full disk is reported when answers are written."""
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode("ascii"), 0)
