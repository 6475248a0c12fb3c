# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands whose answer is a log."""

from __future__ import annotations

import re

_LOG = re.compile(
    r"""(?:^|[\s/|_-])(?:
        (?!log(?:in|ou?t|on|ic)) (?:sys|event|audit|error|crash|flow|access)? log (?:g(?:i(?:ng?)?)?|s|b[a-z]*|file)?
      | trapb[a-z]* | events? | alarms? | messages? | dmesg | journal[a-z]* | audit | history | trace[a-z]*
      | tail | cat | more | tech(?:-[a-z]+)? | diag(?:nos[a-z-]*)? | crash[a-z]* | debug[a-z]*
    )(?![a-z])""",
    re.VERBOSE | re.IGNORECASE,
)


def answers_log(command: str) -> bool:
    """Return whether the answer to a command may hold log messages of its own."""
    return _LOG.search(command) is not None
