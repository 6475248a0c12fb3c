# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of a platform as the drivers use it. Patterns only name the mode that a prompt shows."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import Literal

from .._drivers._reader.questions import Dialog

LONGEST_PROMPT = 256  # characters of a line; a longer one is no prompt
PROMPT_LINES = 3  # some platforms print a line or two above their prompt

LEARNED = "learned"  # the platform of a device that nobody described
USER, PRIVILEGED, CONFIGURATION, SHELL = "exec", "privileged_exec", "configuration", "shell"

Kind = Literal["user", "privileged", "configuration", "shell"]
KINDS: dict[str, Kind] = {USER: "user", "cli": "user", PRIVILEGED: "privileged"}


class PlatformError(ValueError):
    """The platform is unknown, or its definition cannot be read. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step on a session: enter a mode, send a line, or send it and answer the device's question."""

    kind: Literal["enter", "send", "write", "ask"]
    text: str
    question: re.Pattern[str] | None = None
    answer: str | None = None  # None: the become password

    @property
    def wants_password(self) -> bool:
        return self.kind == "ask" and self.answer is None


@dataclass(frozen=True, slots=True)
class Mode:
    """What a session can be in, and the prompts that show it."""

    name: str
    prompt: re.Pattern[str]
    excludes: tuple[str, ...]
    ways: dict[str, tuple[Step, ...]]  # mode that can be entered from here: steps

    @property
    def kind(self) -> Kind:
        """What a session may do in this mode."""
        return "configuration" if self.name.startswith("config") else KINDS.get(self.name, "shell")

    def prompt_start(self, tail: str) -> int | None:
        """Return where this mode's prompt begins if ``tail`` ends with it, else None."""
        start = _prompt_lines(tail)
        if start is None:
            return None
        view = tail[start:]
        end = len(view.rstrip())
        for match in self.prompt.finditer(view):
            if match.end() >= end and not any(each in match.group() for each in self.excludes):
                return start + match.start()
        return None


@dataclass(frozen=True, slots=True)
class Platform:
    """What is known of a command line.

    ``on_open`` sets up a session. ``paging_lines`` turn paging off: they are tried after it until one is not rejected.
    Nothing in either changes the configuration of a device.
    """

    name: str
    modes: dict[str, Mode]
    by_exactness: tuple[Mode, ...]
    on_open: tuple[Step, ...] = ()
    on_close: str | None = None
    paging_lines: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    dialogs: tuple[Dialog, ...] = ()  # questions after the login or after a command
    asks_login: bool = False  # asks for user and password again inside the session
    ntc: str | None = None  # the platform's name in ntc-templates

    def mode_of(self, tail: str) -> Mode | None:
        """Return the mode whose prompt ends ``tail``. Exact ones are tried first: generic ones match any prompt."""
        start = _prompt_lines(tail)
        if start is None:
            return None
        view = tail[start:]
        for mode in self.by_exactness:
            if mode.prompt_start(view) is not None:
                return mode
        return None

    def way(self, start: str, goal: str) -> tuple[Step, ...] | None:
        """Return the shortest steps from one mode to another; None if there are none.

        None leads through the configuration, or out of it, because what was not saved there could be discarded.
        """
        if start.startswith("config") and start != goal:
            return None
        ways: dict[str, tuple[Step, ...]] = {start: ()}
        queue = deque([start])
        while queue:
            here = queue.popleft()
            if here == goal:
                return ways[here]
            for there, steps in self.modes[here].ways.items():
                if there in self.modes and there not in ways and not there.startswith("config"):
                    ways[there] = ways[here] + steps
                    queue.append(there)
        return None


def _prompt_lines(tail: str) -> int | None:
    """Return the start of the last lines, which may be a prompt. None if the last one is too long for a prompt."""
    end = len(tail)
    start = None
    for _line in range(PROMPT_LINES):
        newline = tail.rfind("\n", max(0, end - LONGEST_PROMPT - 1), end)
        if newline < 0:
            return 0 if end <= LONGEST_PROMPT else start
        start = newline + 1
        end = newline
    return start
