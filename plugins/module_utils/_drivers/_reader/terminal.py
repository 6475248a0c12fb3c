# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session on the command line of a device: its state, what is read from it and what is sent to it."""

from __future__ import annotations

import contextlib
import time
from typing import NoReturn

from ..._device import Command, Device
from ..._model.secrets import secrets_of
from ..._platforms import LEARNED, Mode, Platform
from ..._result import DeviceError, Output
from ..._transport.stream import Stream
from ..contract import Session
from ..text import excerpt, last_line, last_lines
from .answer import Answer, shown_end
from .changed import given_names, kept_names, may_be_prompt
from .prompt import Prompt
from .questions import Dialog, Phase, asks_for, dialog_at_end, refused

SETTLE = 0.1  # silence after the first prompt: banners hold lines that look like prompts
QUIET = 1.0  # silence after which a doubtful end is tested
SLOW = 2.0  # silence after which another line end is tried
LONGEST_LOGIN = 64 * 1024  # bytes kept of what the device sends before its first prompt
LONGEST_SAID = 500  # characters of it in a message
MOST_OF_NEW = 2  # empty lines that test whether the first line brought a new prompt; a device can pause in its reply


class Terminal:
    """The session: its prompt, and the answers whose end is not proven."""

    def __init__(self, stream: Stream, platform: Platform, device: Device, session: Session) -> None:
        self.stream = stream
        self.platform = platform
        self.device = device
        self.asks_login = platform.asks_login or stream.asks_login
        self.session = session
        self.secrets = secrets_of(device)
        self.sent = ""  # the kind of secret that was sent and that the device has not answered
        self.newline = "\n"
        self.said = ""  # before the first prompt, and to lines that were rejected
        self.prompt = Prompt("")
        self.names: tuple[str, ...] = ()  # of the device, in its prompts
        self.reason = ""  # what the device said to the last line that enters a mode
        self.gave_secret = False
        self.enters = False  # the platform's lines that enter a mode are sent
        self.is_new = True  # no line was sent to the prompt that the login showed
        self.redraws: bool | None = None  # the device shows its prompt again on its own; None: not known yet
        self.now: Mode | None = None  # the mode that the prompt shows
        self.judged: tuple[str, Mode | None] = ("", None)  # the end of a text, and the mode whose prompt it is
        self.echoes: bool | None = None  # None: not known yet
        self.doubles: bool | None = None  # the device shows each line again when it is ended; None: not known yet
        self.copies = 1  # prompts that an empty line brought after the login, if the device doubles lines
        self.pause = 0.0  # seconds of the longest silence before a part of an answer
        self.slowest = 0.0  # seconds between an empty line and the prompt that it brought
        self.fastest = 0.0  # the shortest time between a line and what it brought
        self.older: Output | None = None  # before the previous one
        self.previous: tuple[Answer, Output] | None = None  # its end is not proven

    @property
    def secret_is_unanswered(self) -> bool:
        """Whether a password was sent to which the device did not say anything. It must not be sent again."""
        return bool(self.sent)

    def clock(self) -> float:
        return time.monotonic()

    def deadline(self) -> float:
        limit = self.clock() + self.device.command_timeout
        return limit if self.session.deadline is None else min(limit, self.session.deadline)

    def command_of(self, line: str) -> Command | None:
        """Return the command that a line is; None for a line of the platform."""
        return next((each for each in self.device.commands if each.text == line), None)

    def is_over(self) -> bool:
        return self.session.deadline is not None and self.clock() >= self.session.deadline

    async def read(self, deadline: float) -> bytes | None:
        """Read from the shell. A broken connection ends the session, so that received data is kept."""
        try:
            return await self.stream.read(deadline)
        except DeviceError:
            return b""

    async def more(self, answer: Answer, wait: float = 0.0) -> bool:
        """Return whether something has come already that follows the prompt, so that it was part of the answer."""
        more = await self.read(self.clock() + wait)
        answer.data += more or b""
        return bool(more)

    async def send(self, text: str, deadline: float, *, newline: bool = True) -> None:
        text += self.newline if newline else ""
        await self.stream.write(text.encode("utf-8", "surrogateescape"), deadline)

    async def try_to_send(self, text: str, deadline: float, *, newline: bool = True) -> None:
        """Send a text while an answer is read. If the session has ended, the next read says so."""
        with contextlib.suppress(DeviceError):
            await self.send(text, deadline, newline=newline)

    def arrive(self, prompt: Prompt, shown: str) -> None:
        if prompt.line != self.prompt.line:
            self.names = kept_names(self.names, prompt.line)
        if self.doubles:
            prompt = prompt.shown_twice(self.copies)
        self.prompt, self.now = prompt, self.mode(shown)
        self.sent = ""

    def show_twice(self) -> None:
        """Note that the device shows each line again when it is ended."""
        self.doubles, self.prompt = True, self.prompt.shown_twice(self.copies)

    def mode(self, shown: str) -> Mode | None:
        end = last_lines(shown)
        if end != self.judged[0]:  # the same end is looked at more than once
            self.judged = (end, self.platform.mode_of(end))
        return self.judged[1]

    def may_be_prompt(self, shown: str, command: str, tests: int = 0) -> bool:
        """Return whether the last line of a text can be a new prompt.

        :param tests: how many empty lines were sent before.
        """
        line = last_line(shown)
        if may_be_prompt(line, self.prompt.line, (*self.names, *given_names(command))):
            return True
        if self.is_new and tests < MOST_OF_NEW and line and not asks_for(line):
            return True  # what the login took for the prompt can have been a message of a device that starts
        # A line that enters another mode can change a prompt without a name, such as ``>`` or ``%``.
        return self.enters and bool(line) and self.mode(shown) is not None and not asks_for(line)

    def dialog(self, shown: str, phase: Phase) -> Dialog | None:
        """Return the expected question that ends a text.

        :raises DeviceError: if nobody can answer it here.
        """
        dialog = dialog_at_end(shown, self.platform.dialogs, phase)
        if dialog is not None and dialog.answer is None:
            raise refused(dialog, self.secrets.quoted(last_line(shown.rstrip())))
        return dialog

    def closed(self) -> str:
        """Return who ended the session, as the beginning of a sentence."""
        fault = self.secrets.quoted(self.stream.fault())[:LONGEST_SAID]
        return f"the session was ended because of the device ({fault})" if fault else "the device closed the session"

    def why(self) -> str:
        """Return why the session ended, as a part of a sentence."""
        reason = self.secrets.quoted(self.stream.end_reason())[:LONGEST_SAID]
        return f"; {reason}" if reason and not reason.startswith("the device closed") else ""

    def no_prompt(self, chunk: bytes | None, data: bytearray) -> NoReturn:
        seen = excerpt(self.secrets.quoted(shown_end(data)))
        sent = f". The {self.sent} had been sent and is not sent again in this run" if self.sent else ""
        if chunk is None:
            of_platform = "" if self.platform.name == LEARNED else f" of platform {self.platform.name}"
            message = (
                f"no prompt{of_platform} after the login; last line: {seen or '(nothing)'}. "
                f"Check ansible_network_os, or raise command_timeout{sent}"
            )
            if not self.is_over():
                raise DeviceError("timeout", "auth", "no_prompt", message, retry=not sent)
            kind, limit = self.session.limit
            raise DeviceError("timeout", "auth", kind, f"no answer within {limit}: {message}", retry=not sent)
        message = f"{self.closed()} after the login; last line: {seen or '(nothing)'}{self.why()}{sent}"
        raise DeviceError("failed", "auth", "session_closed", message, retry=not sent)
