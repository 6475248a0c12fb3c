# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the tests, and the programs that they start, independent of how the tests were started."""

from __future__ import annotations

import os
import signal

# Read by Ansible, git, Python and the C library. Git sets its own for what a hook starts.
FOREIGN = ("ANSIBLE_", "GIT_", "LC_", "PYTHON")
ALSO_FOREIGN = {"LANGUAGE", "CDPATH", "ENV", "BASH_ENV", "FORCE_COLOR", "NO_COLOR", "TERM", "COLUMNS", "LINES"}
# Not settings of Python's: where its output goes, and the cache that the caller chose.
OURS = {"PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE"}


def as_always() -> None:
    """Restores the signals, standard streams, umask and environment that a plain login session has."""
    _signals()
    _standard_streams()
    os.umask(0o022)
    for name in list(os.environ):
        if (name.startswith(FOREIGN) and name not in OURS) or name in ALSO_FOREIGN:
            del os.environ[name]
    os.environ["LANG"] = "C.UTF-8"


def _signals() -> None:
    """Programs inherit what is ignored: SIGHUP by nohup, SIGINT and SIGQUIT by a shell that starts them with `&`."""
    usual = {signal.SIGINT: signal.default_int_handler}
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, usual.get(number, signal.SIG_DFL))
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _standard_streams() -> None:
    """The number of a stream that is closed would be given to the next file that is opened."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
