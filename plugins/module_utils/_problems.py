# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Internal errors after the first login. Each affects only one step of the run. Answers are kept."""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Callable, Iterator


class Problems:
    """The internal errors of a run: one sentence each, and the tracebacks."""

    def __init__(self, mask: Callable[[str], str] = str) -> None:
        """Start without errors.

        :param mask: removes secrets from a text. An exception can quote any value.
        """
        self._mask = mask
        self.messages: list[str] = []
        self.tracebacks: list[str] = []

    @contextlib.contextmanager
    def during(self, step: str) -> Iterator[None]:
        """Record an exception of the body instead of raising it. Exceptions that end the process are raised.

        :param step: what the body does, as in "while writing the manifest".
        """
        try:
            yield
        except Exception as error:
            self.add(step, error)

    def add(self, step: str, error: Exception) -> None:
        """Record an exception."""
        frames = traceback.extract_tb(error.__traceback__, limit=-1)
        place = f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""
        try:
            text = self._mask(" ".join(str(error).split()))
        except Exception:
            text = "(its text cannot be shown)"
        message = f"an internal error while {step}: {type(error).__name__}: {text}{place}"
        if message not in self.messages:  # record the same error of many names once
            self.messages.append(message)
            self.tracebacks.append(self._mask("".join(traceback.format_exception(error))))

    def take_over(self, messages: list[str], tracebacks: list[str]) -> None:
        """Add the errors of another machine."""
        self.messages += messages
        self.tracebacks += tracebacks
