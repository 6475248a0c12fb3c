# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send commands to a device over SSH.

An answer is complete if the echo of its command and the following prompt were received. If the end is uncertain (the
prompt changed, a log line was printed after it, the device does not echo), an empty line is sent. Its output follows
everything that was sent before.
"""

from __future__ import annotations

import re
import time
from typing import Literal, NoReturn

from .._device import Device
from .._model.secrets import secrets_of
from .._platforms import Mode, Platform, PlatformError, Step, load_platform
from .._result import CommandStatus, DeviceError, Error, Output, Status
from .._terminal import CHATTER, PAGER, clean, decode, strip_echo
from .._transport.stream import Stream
from .contract import Session

SETTLE = 0.1  # silence after the first prompt: banners hold lines that look like prompts
QUIET = 1.0  # silence after which a doubtful end is put to the test
MOST_TESTS = 5  # empty lines sent for one answer
TAIL = 2048  # bytes at the end of an answer that are searched for a prompt
PAGER_TAIL = 300  # and for a pager
HEAD = 8192  # bytes at its start that are searched for the echo
ENDS = ">#$%])"  # characters that end a prompt
REJECTION_LINES = 12  # a rejected command is a short answer; a long one may quote the text, as logs do
ASKS_USER = re.compile(r"(user ?name|user|login)\s*:\s*\Z", re.IGNORECASE)
ASKS_PASSWORD = re.compile(r"password\s*:\s*\Z", re.IGNORECASE)

# Commands that change nothing, on all platforms.
READ_ONLY = re.compile(
    r"\s*(?:show?|sho|sh|display|disp|dis|get|info|ping|traceroute|trace|dir|more|environment|admin show|/\S+(?: \S+)* print|\S*\s*print)\b",
    re.I,
)

End = Literal["prompt", "closed", "timeout"]


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
            if not self.read_only(device):
                session.sending()
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
            shown = clean(decode(bytes(data[-TAIL:])))
            line = _last_line(shown)
            wait = deadline
            if self._asks_login and ASKS_USER.search(line):
                await self._send(f"{self._device.user}\n", deadline)
            elif self._asks_login and ASKS_PASSWORD.search(line):
                if logged_in:
                    message = f"login as {self._device.user} refused inside the session"
                    raise DeviceError("auth_failed", "auth", "refused", message)
                logged_in = True
                self._sent = "password"
                await self._send(f"{self._device.password or ''}\n", deadline)
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
            elif not chunk:
                self._no_prompt(chunk, data)
            else:
                data += chunk

    async def _set_up(self, line: str) -> None:
        """Send a line of the platform. If the device rejects it, its pager is answered instead."""
        text, end = await self._exchange(line, self._deadline())
        if end != "prompt":
            self._no_prompt(b"" if end == "closed" else None, bytearray(text.encode("utf-8", "surrogateescape")))

    def _no_prompt(self, chunk: bytes | None, data: bytearray) -> NoReturn:
        seen = _excerpt(self._secrets.quoted(clean(decode(bytes(data[-TAIL:])))))
        sent = f". The {self._sent} had been sent and is not sent again in this run" if self._sent else ""
        if chunk is None:
            message = (
                f"no prompt of platform {self._platform.name} after the login; last line: {seen or '(nothing)'}. "
                f"Check ansible_network_os, or raise command_timeout{sent}"
            )
            raise DeviceError("timeout", "auth", "no_prompt", message, retry=not sent)
        message = f"the device closed the session after the login; last line: {seen or '(nothing)'}{sent}"
        raise DeviceError("failed", "auth", "session_closed", message, retry=not sent)

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
        answer = _Answer(step.text)
        answered = False
        while True:
            shown = answer.shown()
            asks = step.question is not None and step.question.search(_last_line(shown)) is not None
            if asks and not answered:
                answered = True
                secret = self._device.become_password if step.wants_password else step.answer
                if secret is None:
                    message = f"the device asks for a password to enter {step.text!r}; set ansible_become_password"
                    raise DeviceError("auth_failed", "auth", "no_become_password", message)
                self._sent = "enable password" if step.wants_password else self._sent
                await self._send(secret + "\n", deadline)
                answer.forget()
            elif asks:
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
            output.status, output.error = self._judge(output.text, end)
        output.seconds = time.monotonic() - began

    async def _exchange(self, line: str, deadline: float) -> tuple[str, End]:
        """Send a line. Return its answer without echo and prompt, and how it ended."""
        await self._drain(deadline)
        await self._send(line + "\n", deadline)
        answer = _Answer(line)
        tests = MOST_TESTS
        silent = False
        while True:
            chunk = await self._read(deadline if silent else min(deadline, time.monotonic() + QUIET))
            if chunk == b"":
                return self._text(answer, "closed"), "closed"
            if chunk:
                answer.data += chunk
                silent = False
                if await self._page(answer.tail(), deadline):
                    answer.pages += 1
                elif await self._whole(answer):
                    self._arrive(answer.shown())
                    return self._text(answer, "prompt"), "prompt"
                continue
            if time.monotonic() >= deadline:
                return self._text(answer, "timeout"), "timeout"
            silent = True
            if tests and self._doubtful(answer.shown()):
                tests -= 1
                answer.tested_at = len(answer.data)
                self._candidate = _key(_last_line(answer.shown()))
                await self._send("\n", deadline)

    async def _whole(self, answer: _Answer) -> bool:
        """Return whether the answer is complete: it ends with the prompt, and nothing follows."""
        shown = answer.shown()
        if self._mode(shown) is None:
            return False
        key = _key(_last_line(shown))
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
            return await self._whole(answer)
        return True

    def _doubtful(self, shown: str) -> bool:
        """Return whether a silent device may be at its prompt. Otherwise an empty line could answer a question."""
        mode = self._mode(shown)
        if mode is not None and not mode.name.startswith("config"):
            return True
        return any(self._is_prompt(line) for line in shown.split("\n"))

    def _text(self, answer: _Answer, end: End) -> str:
        """Return the answer without echo, prompt, and log lines after the prompt."""
        data = answer.data
        if answer.tested_at is not None:
            after = clean(decode(bytes(data[answer.tested_at :]))).split("\n")
            if all(not line.strip() or self._is_prompt(line) or CHATTER.match(line) for line in after):
                data = data[: answer.tested_at]  # the test brought nothing but the prompt: the answer ended before it
        _found, raw = strip_echo(decode(bytes(data)), answer.line)
        text = clean(raw)
        if answer.pages:  # what is left of the pager's prompt where the device did not wipe it all
            text = "\n".join(line.rstrip() for line in text.split("\n") if not PAGER.search(line))
        if end == "prompt" and self._now is not None:
            tail = _last_lines(text)
            start = self._now.prompt_start(tail)
            text = text if start is None else text[: len(text) - len(tail) + start]
        lines = text.split("\n")
        if data is not answer.data:
            ends = [index for index, line in enumerate(lines) if self._is_prompt(line)]
            lines = lines[: ends[-1]] if ends else lines
        while lines and (not lines[-1].strip() or self._is_prompt(lines[-1])):
            lines.pop()
        while lines and (not lines[0].strip() or self._is_prompt(lines[0])):
            del lines[0]
        return "\n".join(lines)

    def _judge(self, text: str, end: End) -> tuple[CommandStatus, Error | None]:
        if end == "closed":
            message = f"the device closed the session during its answer; received {len(text)} characters"
            return "failed", Error("command", "session_closed", message)
        if end == "timeout":
            over = self._session.deadline is not None and time.monotonic() >= self._session.deadline
            usual = ("timeout", f"command_timeout ({self._device.command_timeout:g} s)")
            kind, limit = self._session.limit if over else usual
            message = f"no prompt within {limit}; received {len(text)} characters; raise it if the command is slow"
            return "timeout", Error("command", kind, message)
        rejection = self._rejection(text)
        if rejection:
            return "failed", Error(
                "command",
                "rejected",
                f"the device rejected the command: {self._secrets.quoted(rejection)}; check its "
                "spelling and the user's rights",
            )
        return "ok", None

    def _rejection(self, text: str) -> str | None:
        """Return the line that rejects a command, according to the platform's failure texts."""
        lines = [line.strip() for line in text.split("\n", REJECTION_LINES + 1) if line.strip()]
        if len(lines) > REJECTION_LINES:
            return None
        for line in lines:
            for failure in self._platform.failures:
                if line.startswith(failure) or (failure in line and not failure.startswith("%")):
                    return line
        return None

    # -- reading -------------------------------------------------------------------------------------------------------

    def _deadline(self) -> float:
        limit = time.monotonic() + self._device.command_timeout
        return limit if self._session.deadline is None else min(limit, self._session.deadline)

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
        while await self._read(min(deadline, time.monotonic() + (0.0 if self._echoes else QUIET / 4))):
            pass

    async def _page(self, tail: str, deadline: float) -> bool:
        pager = PAGER.search(tail)
        if pager is None:
            return False
        await self._send("q" if pager.group("end") else " ", deadline)
        return True

    def _arrive(self, shown: str) -> None:
        self._prompt, self._now = _last_line(shown), self._mode(shown)
        self._sent = ""
        self._prompt_key = _key(self._prompt)

    def _mode(self, shown: str) -> Mode | None:
        end = _last_lines(shown)
        if end != self._judged[0]:  # the same end is looked at more than once
            self._judged = (end, self._platform.mode_of(end))
        return self._judged[1]

    def _is_prompt(self, line: str) -> bool:
        return bool(line.strip()) and line.strip()[-1] in ENDS and _key(line) == self._prompt_key


class _Answer:
    """The data received so far after one line was sent."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.data = bytearray()
        self.tested_at: int | None = None  # its length when an empty line was sent to test the end
        self.pages = 0
        self._echoed = False
        self._shown: tuple[int, str] = (0, "")  # the end as it is shown, and how much had come by then

    def forget(self) -> None:
        """Discard the data, which was a question."""
        self.data.clear()
        self._shown = (0, "")

    def tail(self) -> str:
        return decode(bytes(self.data[-PAGER_TAIL:]))

    def shown(self) -> str:
        if self._shown[0] != len(self.data):
            self._shown = (len(self.data), clean(decode(bytes(self.data[-TAIL:]))))
        return self._shown[1]

    def echoed(self) -> bool:
        self._echoed = self._echoed or strip_echo(decode(bytes(self.data[:HEAD])), self.line)[0]
        return self._echoed


def _key(prompt: str) -> str:
    """Return the constant part of a prompt, without command counter, mark of unsaved changes and mode."""
    return re.sub(r"\d+", "0", prompt.strip().lstrip("*!~ ")).rstrip(ENDS + " ")


def _last_lines(shown: str) -> str:
    """Return the last lines, in which a prompt is searched. Some platforms print a line or two above it."""
    return "\n".join(shown.rsplit("\n", 3)[-3:])


def _last_line(shown: str) -> str:
    return shown.rsplit("\n", 1)[-1].strip()


def _excerpt(text: str) -> str:
    return repr(_last_line(text.rstrip())[-80:]) if text.strip() else ""
