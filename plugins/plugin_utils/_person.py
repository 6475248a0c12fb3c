# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask the person at the terminal of ansible-playbook for what a login asks, such as a one-time code."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleError
from ansible.utils.display import Display

from ansible_collections.rollcall.network.plugins.module_utils._model.visible import in_line
from ansible_collections.rollcall.network.plugins.plugin_utils._live import accepts

SECONDS = 100  # fewer than servers wait for a login
# Set by AWX and ansible-runner, which give ansible-playbook a terminal that no person uses.
UNATTENDED = ("AWX_ISOLATED_DATA_DIR", "RUNNER_OMIT_EVENTS")

Prompt = Callable[[str], bytes]


class Person:
    """Answers the questions of one run, one at a time. Without a terminal there is no answer, at once."""

    def __init__(self, prompt: Prompt | None = None) -> None:
        self._prompt = prompt or _prompt
        self._lock = threading.Lock()

    def told(self, message: Any) -> str | None:
        """Answer what the engine tells, if it is a question."""
        if not isinstance(message, tuple) or message[0] != "question":
            return None
        with self._lock:
            return self._asked(str(message[1]))

    def _asked(self, question: str) -> str | None:
        if any(name in os.environ for name in UNATTENDED) or not accepts(1):
            return None
        try:
            answer = self._prompt(f"roll call: {in_line(question)} (hidden, {SECONDS} s): ")
        except AnsibleError:  # no terminal, or the person gave up
            return None
        return answer.decode("utf-8", "surrogateescape").strip() or None


def _prompt(question: str) -> bytes:
    answer: bytes = Display().prompt_until(question, private=True, seconds=SECONDS)
    return answer
