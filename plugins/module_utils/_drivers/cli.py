# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send commands to the command line of a device.

An answer is complete if the echo of its command and the following prompt were received. If the end is uncertain (the
prompt changed, a log line was printed after it, the device does not echo), an empty line is sent. Its output follows
everything that was sent before.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Literal, NoReturn, TypeVar

from .._device import Device
from .._model.secrets import secrets_of
from .._pieces import PIECE, Work, finish
from .._platforms import Mode, Platform, PlatformError, Step, load_platform
from .._result import CommandStatus, DeviceError, Error, Output, Status
from .._terminal import PAGER_TAIL, decode, pager_at_end
from .._transport.stream import Stream
from ._reader.rejections import rejection_in
from .contract import Session
from .text import (
    ASKS_PASSWORD,
    ASKS_USER,
    SAYS_NO,
    SSH_VERSION,
    Answer,
    answer_text,
    asks,
    excerpt,
    has_prompt,
    last_line,
    last_lines,
    prompt_key,
    shown_end,
)

SETTLE = 0.1  # silence after the first prompt: banners hold lines that look like prompts
QUIET = 1.0  # silence after which a doubtful end is tested
LONGEST_LOGIN = 64 * 1024  # bytes kept of what the device sends before its first prompt
LONGEST_SAID = 500  # characters of it in a message
MOST_TESTS = 5  # empty lines sent for one answer

# Commands that change nothing, on all platforms, and write to no file. RouterOS has the word at the end of a path.
READ_ONLY = re.compile(
    r"(?!.*\|\s*(?:redirect|tee|append|save))"
    r"\s*(?:(?:sh|sho|show|dis|disp|display|get|info|ping|trace|traceroute|dir|more)\b|/?[\w /-]*\bprint\b)",
    re.IGNORECASE,
)

T = TypeVar("T")
End = Literal["prompt", "closed", "timeout", "cut"]


class Cli:
    """Sends commands to the command line of a device."""

    name = "cli"
    settings = frozenset({"host", "platform", "commands"})

    def read_only(self, device: Device) -> bool:
        return all(READ_ONLY.match(command.text) for command in device.commands)

    async def ask(self, device: Device, session: Session) -> dict[str, Output]:
        """Log in, send each command, and return its output by command.

        :raises DeviceError: if not every command got a good answer; its value is the outputs there are.
        """
        try:
            platform = load_platform(device.platform or "")
        except PlatformError as error:
            raise DeviceError("failed", "resolve", "platform", str(error)) from error
        stream = await session.connect()
        try:
            terminal = _Terminal(stream, platform, device, session)
            try:
                await terminal.open()
            except DeviceError as error:
                error.retry = error.retry and not terminal.secret_is_unanswered
                raise
            session.enter("command")
            outputs = await _ask_all(terminal, device, session)
            await terminal.leave()
            return outputs
        finally:
            stream.close()


async def _ask_all(terminal: _Terminal, device: Device, session: Session) -> dict[str, Output]:
    outputs = {command.text: Output(status="skipped") for command in device.commands}
    session.keep(outputs)
    broken: Output | None = None
    for text, output in outputs.items():
        if broken is None:
            if not READ_ONLY.match(text):
                session.sending()
            await terminal.ask(text, output)
            if output.error and output.error.kind != "rejected":
                broken = output
        else:
            output.error = Error("command", "not_asked", "not sent, because the session ended earlier")
    failed = [text for text, output in outputs.items() if output.status != "ok"]
    if failed:
        _fail(outputs, failed, broken)
    return outputs


def _fail(outputs: dict[str, Output], failed: list[str], broken: Output | None) -> NoReturn:
    error = (broken or outputs[failed[0]]).error or Error("command", "failed", "no answer")
    status: Status = "failed"
    if len(failed) < len(outputs):
        status = "partial"
    elif broken is not None and broken.status == "timeout":
        status = "timeout"
    message = f"{len(failed)} of {len(outputs)} commands failed, first {failed[0]!r}: {error.message}"
    raise DeviceError(status, "command", error.kind, message, value=outputs, retry=broken is not None)


class _Terminal:
    """A session on the device's command line. Detects the prompt and the end of an answer."""

    def __init__(self, stream: Stream, platform: Platform, device: Device, session: Session) -> None:
        self._stream = stream
        self._platform = platform
        self._device = device
        self._asks_login = platform.asks_login or stream.asks_login
        self._session = session
        self._secrets = secrets_of(device)
        self._sent = ""  # the kind of secret that was sent and that the device has not answered
        self._prompt = ""  # the last line of the prompt, as the device shows it now
        self._prompt_key = ""
        self._now: Mode | None = None  # the mode that it shows
        self._judged: tuple[str, Mode | None] = ("", None)  # the end of a text, and the mode whose prompt it is
        self._candidate = ""  # what may be a changed prompt
        self._echoes = True

    @property
    def secret_is_unanswered(self) -> bool:
        """Whether a password was sent to which the device did not say anything. It must not be sent again."""
        return bool(self._sent)

    # -- opening -------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Reach the first prompt, enter the platform's mode and set up the session (paging off)."""
        await self._await_first_prompt(self._deadline())
        for step in self._platform.on_open:
            if step.kind == "enter":
                await self._enter(step.text)
            elif step.kind == "ask":
                await self._answer(step)
            else:
                await self._set_up(step.text)

    async def leave(self) -> None:
        """Send the logout command without waiting, so that the device frees its line at once."""
        if self._platform.on_close:
            try:
                await self._send(self._platform.on_close + "\n", time.monotonic() + SETTLE)
            except DeviceError:
                return  # the device closed first; all answers are complete

    async def _await_first_prompt(self, deadline: float) -> None:
        """Wait for a prompt. After a banner, send an empty line, which must show the same prompt again."""
        data = bytearray()
        candidate = ""
        logged_in = False
        while True:
            shown = shown_end(data)
            line = last_line(shown)
            wait = deadline
            if self._asks_login and not logged_in and (version := SSH_VERSION.match(shown)):
                self._is_ssh(version[0])
            elif self._asks_login and asks(ASKS_USER, line):
                if logged_in:
                    self._login_refused(shown)
                if not self._device.user:
                    raise DeviceError("auth_failed", "auth", "no_user", "no user name; set ansible_user")
                await self._send(f"{self._device.user}\n", deadline)
            elif self._asks_login and asks(ASKS_PASSWORD, line):
                if logged_in:
                    self._login_refused(shown)
                if self._device.password is None:
                    message = "the device asks for a password inside the session; set ansible_password"
                    raise DeviceError("auth_failed", "auth", "no_credentials", message)
                logged_in = True
                self._sent = "password"
                await self._send(f"{self._device.password}\n", deadline)
                data.clear()
            elif await self._page(decode(bytes(data[-PAGER_TAIL:])), deadline):
                pass
            elif self._mode(shown) and line == candidate:
                return
            elif self._mode(shown):
                wait = min(deadline, time.monotonic() + SETTLE)
            chunk = await self._read(wait)
            if chunk is None and wait < deadline:
                candidate = line
                self._arrive(shown)
                if "\n" not in shown.strip():  # nothing but the prompt
                    return
                data.clear()
                await self._send("\n", deadline)
            elif chunk == b"" and self._asks_login and not logged_in:
                said = " ".join(self._secrets.quoted(shown).split())[-LONGEST_SAID:]
                message = f"the device closed the session before the login; it said {said!r}"
                raise DeviceError("unreachable", "auth", "session_closed", message, retry=True)
            elif chunk == b"" and self._sent == "password":
                self._login_refused(f"{shown}\n", hung_up=True)
            elif not chunk:
                self._no_prompt(chunk, data)
            else:
                data += chunk
                del data[:-LONGEST_LOGIN]

    def _is_ssh(self, version: str) -> NoReturn:
        place = f"{self._device.host} port {self._device.port}"
        message = (
            f"an SSH server answers at {place} ({excerpt(self._secrets.quoted(version))}); correct the port, or remove "
            "rollcall_transport: telnet or the _telnet of ansible_network_os"
        )
        raise DeviceError("unreachable", "connect", "protocol", message)

    def _login_refused(self, shown: str, *, hung_up: bool = False) -> NoReturn:
        """A banner can follow the reason.

        :param shown: what came after the password.
        """
        lines = [line for line in shown.rpartition("\n")[0].splitlines() if line.strip()]
        reason = next(filter(SAYS_NO.search, lines), lines[-1] if lines else "")
        said = excerpt(self._secrets.quoted(reason))
        message = (
            f"login as {self._device.user} refused inside the session (it said {said or 'nothing'}); check user and "
            f"password{'. The password is not sent again in this run' if hung_up else ''}"
        )
        raise DeviceError("auth_failed", "auth", "refused", message)

    async def _set_up(self, line: str) -> None:
        """Send a line of the platform. If the device rejects it, its pager is answered instead."""
        text, end = await self._exchange(line, self._deadline())
        if end != "prompt":
            self._no_prompt(b"" if end == "closed" else None, bytearray(text.encode("utf-8", "surrogateescape")))

    def _no_prompt(self, chunk: bytes | None, data: bytearray) -> NoReturn:
        seen = excerpt(self._secrets.quoted(shown_end(data)))
        sent = f". The {self._sent} had been sent and is not sent again in this run" if self._sent else ""
        if chunk is None:
            message = (
                f"no prompt of platform {self._platform.name} after the login; last line: {seen or '(nothing)'}. "
                f"Check ansible_network_os, or raise command_timeout{sent}"
            )
            if not self._is_over():
                raise DeviceError("timeout", "auth", "no_prompt", message, retry=not sent)
            kind, limit = self._session.limit
            raise DeviceError("timeout", "auth", kind, f"no answer within {limit}: {message}", retry=not sent)
        message = f"{self._closed()} after the login; last line: {seen or '(nothing)'}{self._why()}{sent}"
        raise DeviceError("failed", "auth", "session_closed", message, retry=not sent)

    def _closed(self) -> str:
        """Return who ended the session, as the beginning of a sentence."""
        fault = self._secrets.quoted(self._stream.fault())[:LONGEST_SAID]
        return f"the session was ended because of the device ({fault})" if fault else "the device closed the session"

    def _why(self) -> str:
        """Return why the session ended, as a part of a sentence."""
        reason = self._secrets.quoted(self._stream.end_reason())[:LONGEST_SAID]
        return f"; {reason}" if reason and not reason.startswith("the device closed") else ""

    async def _enter(self, goal: str) -> None:
        if self._now is None or self._now.name == goal:
            return
        steps = self._platform.way(self._now.name, goal)
        wants_password = steps is not None and any(step.wants_password for step in steps)
        become = self._device.become or self._device.become_password is not None
        if not steps or (wants_password and not become):
            return  # stays in the mode that the login gave, as a user without the secret does
        for step in steps:
            if step.kind == "ask":
                await self._answer(step)
            else:
                await self._set_up(step.text)
        if self._now is None or self._now.name != goal:
            if not become:
                prompt = self._secrets.quoted(self._prompt)
                message = (
                    f"no prompt of platform {self._platform.name} after {steps[-1].text!r}; last line: {prompt!r}. "
                    "Check ansible_network_os"
                )
                raise DeviceError("failed", "auth", "no_prompt", message)
            self._refused(steps[-1].text)

    async def _answer(self, step: Step) -> None:
        """Send a line and answer the device's question. A password is sent only to its question."""
        deadline = self._deadline()
        await self._send(step.text + "\n", deadline)
        answer = Answer(step.text)
        answered = False
        while True:
            shown = answer.shown()
            asked = step.question is not None and asks(step.question, shown)
            if asked and not answered:
                answered = True
                secret = self._device.become_password if step.wants_password else step.answer
                if secret is None:
                    message = f"the device asks for a password to enter {step.text!r}; set ansible_become_password"
                    raise DeviceError("auth_failed", "auth", "no_become_password", message)
                self._sent = "enable password" if step.wants_password else self._sent
                await self._send(secret + "\n", deadline)
                answer.forget()
            elif asked:
                self._refused(step.text)
            elif self._mode(shown) is not None and (answered or answer.echoed()):
                self._arrive(shown)
                return
            chunk = await self._read(deadline)
            if not chunk:
                self._no_prompt(chunk, answer.data)
            answer.data += chunk

    def _refused(self, what: str) -> NoReturn:
        prompt = self._secrets.quoted(self._prompt)
        message = f"the device refused {what!r} (it stays at {prompt!r}); check ansible_become_password"
        raise DeviceError("auth_failed", "auth", "become_refused", message)

    # -- asking --------------------------------------------------------------------------------------------------------

    async def ask(self, command: str, output: Output) -> None:
        """Send a command and fill in its output and status."""
        began = time.monotonic()
        try:
            output.text, end = await self._exchange(command, self._deadline())
        except DeviceError as error:
            output.status, output.error = "failed", error.error
        else:
            output.status, output.error = self._judge(command, output.text, end)
        output.seconds = time.monotonic() - began

    async def _exchange(self, line: str, deadline: float) -> tuple[str, End]:
        """Send a line. Return its answer without echo and prompt, and how it ended."""
        await self._drain(deadline)
        await self._send(line + "\n", deadline)
        answer = Answer(line)
        tests = MOST_TESTS
        silent = False
        while True:
            chunk = await self._read(deadline if silent else min(deadline, time.monotonic() + QUIET))
            if chunk == b"":
                return await self._text(answer, "closed"), "closed"
            if chunk:
                answer.data += chunk
                silent = False
                if len(answer.data) > self._device.max_output:
                    del answer.data[self._device.max_output :]
                    return await self._text(answer, "cut"), "cut"
                length = 0
                while len(answer.data) != length:  # until nothing more has come
                    length = len(answer.data)
                    if await self._page(answer.tail(), deadline):
                        answer.pages += 1
                    elif await self._whole(answer):
                        self._arrive(answer.shown())
                        return await self._text(answer, "prompt"), "prompt"
                continue
            if time.monotonic() >= deadline:
                return await self._text(answer, "timeout"), "timeout"
            silent = True
            if tests and self._doubtful(answer.shown()):
                tests -= 1
                answer.tested_at = len(answer.data)
                self._candidate = prompt_key(last_line(answer.shown()))
                await self._send("\n", deadline)

    async def _whole(self, answer: Answer) -> bool:
        """Return whether the answer is complete: it ends with the prompt, and nothing follows."""
        shown = answer.shown()
        if self._mode(shown) is None:
            return False
        key = prompt_key(last_line(shown))
        if answer.tested_at is None:
            if key != self._prompt_key or (self._echoes and not answer.echoed()):
                return False
        elif key not in (self._prompt_key, self._candidate):
            return False
        elif not answer.echoed():
            self._echoes = False
        more = await self._read(time.monotonic())
        if more:  # the device continues, so the prompt-like text was part of the answer
            answer.data += more
        return not more

    def _doubtful(self, shown: str) -> bool:
        """Return whether a silent device may be at its prompt. Otherwise an empty line could answer a question."""
        mode = self._mode(shown)
        if mode is not None and not mode.name.startswith("config"):
            return True
        return has_prompt(shown, self._prompt_key)

    async def _text(self, answer: Answer, end: End) -> str:
        work = answer_text(
            answer.data,
            answer.line,
            key=self._prompt_key,
            mode=self._now if end == "prompt" else None,
            tested_at=answer.tested_at,
            paged=answer.pages > 0,
        )
        return finish(work) if len(answer.data) <= PIECE else await _in_pieces(work)

    def _judge(self, command: str, text: str, end: End) -> tuple[CommandStatus, Error | None]:
        if end == "closed":
            message = f"{self._closed()} during its answer; received {len(text)} characters{self._why()}"
            return "failed", Error("command", "session_closed", message)
        if end == "cut":
            message = (
                f"the answer is longer than max_output ({self._device.max_output:,} bytes) and was cut; "
                "raise max_output, or send a command with a shorter answer"
            )
            return "failed", Error("command", "max_output", message)
        if end == "timeout":
            usual = ("timeout", f"command_timeout ({self._device.command_timeout:g} s)")
            kind, limit = self._session.limit if self._is_over() else usual
            message = f"no prompt within {limit}; received {len(text)} characters; raise it if the command is slow"
            return "timeout", Error("command", kind, message)
        rejection = rejection_in(text, command, self._platform.failures)
        if rejection:
            return "failed", Error(
                "command",
                "rejected",
                f"the device rejected the command: {self._secrets.quoted(rejection)}; check its "
                "spelling and the user's rights",
            )
        return "ok", None

    # -- reading -------------------------------------------------------------------------------------------------------

    def _deadline(self) -> float:
        limit = time.monotonic() + self._device.command_timeout
        return limit if self._session.deadline is None else min(limit, self._session.deadline)

    def _is_over(self) -> bool:
        return self._session.deadline is not None and time.monotonic() >= self._session.deadline

    async def _read(self, deadline: float) -> bytes | None:
        """Read from the shell. A broken connection ends the session, so that received data is kept."""
        try:
            return await self._stream.read(deadline)
        except DeviceError:
            return b""

    async def _send(self, text: str, deadline: float) -> None:
        await self._stream.write(text.encode("utf-8", "surrogateescape"), deadline)

    async def _drain(self, deadline: float) -> None:
        """Discard unsolicited output since the last prompt. Wait briefly if the device does not echo."""
        until = min(deadline, time.monotonic() + QUIET)
        while await self._read(min(until, time.monotonic() + (0.0 if self._echoes else QUIET / 4))):
            pass

    async def _page(self, tail: str, deadline: float) -> bool:
        pager = pager_at_end(tail)
        if pager is None:
            return False
        await self._send("q" if pager.group("end") else " ", deadline)
        return True

    def _arrive(self, shown: str) -> None:
        self._prompt, self._now = last_line(shown), self._mode(shown)
        self._sent = ""
        self._prompt_key = prompt_key(self._prompt)

    def _mode(self, shown: str) -> Mode | None:
        end = last_lines(shown)
        if end != self._judged[0]:  # the same end is looked at more than once
            self._judged = (end, self._platform.mode_of(end))
        return self._judged[1]


async def _in_pieces(work: Work[T]) -> T:
    """Do the work, and let other devices work between its pieces."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: T = done.value
            return result
        await asyncio.sleep(0)
