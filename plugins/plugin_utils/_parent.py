# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""End the worker process when ansible-playbook has ended."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
import time
from collections.abc import Callable

TICK = 1.0  # seconds


def end_with_parent(finish: Callable[[], object] | None) -> None:
    """Watch the parent process. If it ends, finish and exit.

    Ansible's workers are in their own session, so a signal that kills ansible-playbook, as when AWX cancels a job, does
    not reach them. They would continue to ask devices, and then block while sending the result. The watch therefore
    continues after the run, until the worker ends. A process that was not forked, such as ansible-playbook itself, is
    not watched.

    :param finish: writes answers that are not on disk yet.
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
            os._exit(1)  # a normal exit would wait for threads and for the dead parent

    with contextlib.suppress(RuntimeError):  # no thread can be started; the run reports this itself
        threading.Thread(target=watch, name="rollcall-parent", daemon=True).start()
