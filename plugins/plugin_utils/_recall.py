# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the lookup reuses an answer.

Ansible evaluates a variable at every use: one template may evaluate the same lookup three times, and a task does so for
each host. They share an answer. A check after a change must not share it: the change is another task, or ``until``
waits for it, 5 seconds by default. Without ``max_age``, an answer is therefore used in one task only, for under 5 s.
An answer with a failed device is not used for longer than that.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol

from ansible_collections.rollcall.network.plugins.plugin_utils._memory import Fresh, hash_of, held, remembered

try:
    from ansible._internal._task import TaskContext
except ImportError:  # no public way leads to the task of a lookup
    TaskContext = None

SHORT = 4.0  # seconds


class Asks(Protocol):
    """A question that can be asked: see ``_lookup``."""

    def devices(self) -> dict[str, Any]: ...
    def ask(self) -> dict[str, Any]: ...


def recalled(question: Any, max_age: float | None, make: Callable[[], Asks]) -> dict[str, Any]:
    """Return the stored or a new answer to a lookup.

    :param question: the arguments of the lookup.
    :param max_age: seconds; None for the default.
    :param make: creates the object that asks. This and resolving the names are the slowest steps, so they are done once
        in a task, because the result is the same for every host.
    """
    if max_age == 0:
        return make().ask()
    task = _task()
    if task is None:
        asks = make()
        return remembered([question, asks.devices()], asks.ask, _fresh(max_age))
    made = functools.cache(make)
    with held([task, question]):  # the other workers of this task wait here
        if max_age is None:
            return remembered(["answer", task, question], lambda: made().ask(), _fresh(None))
        which = remembered(["devices", task, question], lambda: {"devices": hash_of(made().devices())})
        return remembered([question, which], lambda: made().ask(), _fresh(max_age))


def _task() -> str | None:
    """Identifies the running task; the same for all of its hosts."""
    context = TaskContext.current(optional=True) if TaskContext is not None else None
    return None if context is None else str(context.task._uuid)


def _fresh(max_age: float | None) -> Fresh:
    def fresh(result: dict[str, Any], age: float) -> bool:
        whole = not result.get("failed") and not result.get("failed_hosts")
        return age < (max_age if whole and max_age is not None else min(max_age or SHORT, SHORT))

    return fresh
