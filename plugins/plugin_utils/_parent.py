# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The worker that calls the roll ends when ansible-playbook does, however that ended."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
import time
from collections.abc import Callable

TICK = 1.0  # seconds


def end_with_parent(finish: Callable[[], object] | None) -> None:
    """From now on watch over the process that forked this one; when it is gone, finish and exit.

    Ansible's workers are in a session of their own: what kills ansible-playbook, as AWX does when a job is cancelled,
    leaves them alone. They would go on asking devices, and then hang for ever over a result that nobody reads.
    Therefore this goes on after the roll, until the worker ends. A process that nobody forked, such as ansible-playbook
    itself, may outlive the shell that started it.

    :param finish: writes what is there but not yet on disk.
    """
    parent = multiprocessing.parent_process()
    if parent is None or parent.pid is None:
        return
    forked_by = parent.pid

    def watch() -> None:
        while os.getppid() == forked_by:
            time.sleep(TICK)
        try:
            if finish is not None:
                finish()
        finally:
            os._exit(1)  # threads, and an exit through Ansible's worker, would wait for the dead

    with contextlib.suppress(RuntimeError):  # no thread can be started: the roll call itself will say so
        threading.Thread(target=watch, name="rollcall-parent", daemon=True).start()
