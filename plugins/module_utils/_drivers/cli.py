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

from .._device import Command, Device
from .._model.secrets import secrets_of
from .._pieces import PIECE, Work, finish
from .._platforms import LEARNED, Mode, Platform, PlatformError, Step, load_platform, platform_hint
from .._platforms.model import PRIVILEGED, USER
from .._result import CommandStatus, DeviceError, Error, Output, Status
from .._terminal import clean, decode
from .._transport.stream import Stream
from ._reader.answer import TAIL, Answer, is_idle, shown_end, text_of
from ._reader.changed import given_names, kept_names, may_be_prompt
from ._reader.pagers import TAIL as PAGER_TAIL
from ._reader.pagers import Pager, pager_at_end
from ._reader.prompt import Prompt, block, learned
from ._reader.questions import (
    MOST_ANSWERS,
    Dialog,
    Phase,
    answer_for,
    asks_for,
    dialog_at_end,
    question_at_end,
    refused,
    unexpected,
)
from ._reader.rejections import rejection_in
from .contract import Session
from .text import ASKS_PASSWORD, ASKS_USER, SAYS_NO, SSH_VERSION, asks, excerpt, last_line, last_lines

SETTLE = 0.1  # silence after the first prompt: banners hold lines that look like prompts
QUIET = 1.0  # silence after which a doubtful end is tested
SLOW = 2.0  # silence after which another line end is tried
LONGEST_LEAVE = 10.0  # seconds in which a device must echo the logout line
LONGEST_LOGIN = 64 * 1024  # bytes kept of what the device sends before its first prompt
LONGEST_SAID = 500  # characters of it in a message
MOST_TESTS = 5  # empty lines sent for one answer
MOST_LOGIN_TESTS = 20  # empty lines sent to learn the prompt

# Commands that change nothing, on all platforms, and write to no file. RouterOS has the word at the end of a path.
READ_ONLY = re.compile(
    r"(?!.*\|\s*(?:redirect|tee|append|save))"
    r"\s*(?:(?:sh|sho|show|dis|disp|display|get|info|ping|trace|traceroute|dir|more)\b|/?[\w /-]*\bprint\b)",
    re.IGNORECASE,
)

LOST = (
    "the device sent text that cannot be assigned to one command, so that the end of this answer is not known; ask the "
    "device again"
)
T = TypeVar("T")
End = Literal["prompt", "closed", "timeout", "cut", "question", "lost"]


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
            platform = load_platform(device.platform or LEARNED, device.definition)
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
            return await _ask_all(terminal, device, session)
        finally:
            stream.close()


async def _ask_all(terminal: _Terminal, device: Device, session: Session) -> dict[str, Output]:
    outputs = {command.text: Output(status="skipped") for command in device.commands}
    session.keep(outputs)
    commands = {command.text: command for command in device.commands}
    last = list(outputs)[-1:]
    broken: Output | None = None
    for text, output in outputs.items():
        if broken is None:
            if not READ_ONLY.match(text):
                session.sending()
            await terminal.ask(commands[text], output, prove=[text] == last)
            broken = next((each for each in outputs.values() if each.error and each.error.kind != "rejected"), None)
        else:
            output.error = Error("command", "not_asked", "not sent, because the session ended earlier")
    failed = [text for text, output in outputs.items() if output.status != "ok"]
    if broken is None:
        await terminal.leave(outputs)
        failed = [text for text, output in outputs.items() if output.status != "ok"]
        broken = next((each for each in outputs.values() if each.error and each.error.kind != "rejected"), None)
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
    unsent = sum(1 for output in outputs.values() if output.error is not None and output.error.kind == "not_asked")
    not_sent = f" and {unsent} not sent" if unsent else ""
    message = (
        f"{len(failed) - unsent} of {len(outputs)} commands failed{not_sent}, first {failed[0]!r}: {error.message}"
    )
    retry = broken is not None and error.kind not in ("question", "dialog")  # it would be asked again
    raise DeviceError(status, "command", error.kind, message, value=outputs, retry=retry)


class _Terminal:
    """A session on the device's command line: its prompt, and what was read since the last line was sent."""

    def __init__(self, stream: Stream, platform: Platform, device: Device, session: Session) -> None:
        self._stream = stream
        self._platform = platform
        self._device = device
        self._asks_login = platform.asks_login or stream.asks_login
        self._session = session
        self._secrets = secrets_of(device)
        self._sent = ""  # the kind of secret that was sent and that the device has not answered
        self._newline = "\n"
        self._said = ""  # before the first prompt, and to lines that were rejected
        self._prompt = Prompt("")
        self._names: tuple[str, ...] = ()  # of the device, in its prompts
        self._reason = ""  # what the device said to the last line that enters a mode
        self._gave_secret = False
        self._enters = False  # the platform's lines that enter a mode are sent
        self._now: Mode | None = None  # the mode that the prompt shows
        self._judged: tuple[str, Mode | None] = ("", None)  # the end of a text, and the mode whose prompt it is
        self._echoes: bool | None = None  # None: not known yet
        self._slowest = 0.0  # seconds between an empty line and the prompt that it brought
        self._older: Output | None = None  # before the previous one
        self._previous: tuple[Answer, Output] | None = None  # its end is not proven

    @property
    def secret_is_unanswered(self) -> bool:
        """Whether a password was sent to which the device did not say anything. It must not be sent again."""
        return bool(self._sent)

    # -- opening -------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Learn the first prompt, enter the platform's mode and set up the session (paging off)."""
        await self._log_in(self._deadline())
        fits = self._now is not None
        accepted = False
        for step in self._platform.on_open:
            if step.kind == "enter":
                self._enters = True
                await self._enter(step.text)
                self._enters = False
            elif step.kind == "ask":
                await self._answer(step)
            else:
                accepted = await self._set_up(step.text) or accepted
        lines = self._platform.paging_lines
        if not fits and not accepted and not lines and "paging" not in (self._device.definition or ()):
            lines = load_platform(LEARNED).paging_lines
        for line in lines:
            if await self._set_up(line):
                break
        self._hint(fits=fits)

    def _hint(self, *, fits: bool) -> None:
        """Put into the answer which platform fits best, if the one that was used does not."""
        note = self._device.platform_note
        if not fits and self._device.definition is not None:
            hint = f"the prompt {self._prompt.line!r} is none of platform {self._platform.name}; correct its prompts"
            self._stream.facts["platform_hint"] = self._secrets.quoted(hint)
            return
        if not fits and self._platform.name != LEARNED:
            note = f"the prompt {self._secrets.quoted(self._prompt.line)!r} is none of platform {self._platform.name}"
        hint = platform_hint(note, self._prompt.line, self._said)
        if hint:
            self._stream.facts["platform"] = LEARNED
            self._stream.facts["platform_hint"] = hint

    async def leave(self, outputs: dict[str, Output]) -> None:
        """Send the logout line, so that the device frees its line at once, and read until it closes the session.

        What comes before the echo of this line, or behind a prompt after it, shows that the answers were not complete.
        """
        line = self._platform.on_close
        if not line:
            return
        answer = Answer(line, self._prompt, self._echoes)
        try:
            await self._send(line, time.monotonic() + SETTLE)
        except DeviceError:
            return  # the device closed first
        deadline = min(self._deadline(), time.monotonic() + LONGEST_LEAVE)
        chunk: bytes | None = b" "
        while chunk and len(answer.data) < LONGEST_LOGIN:
            silent = SLOW if answer.echoed() or not self._echoes else LONGEST_LEAVE
            chunk = await self._read(min(deadline, time.monotonic() + silent))
            answer.data += chunk or b""
        if self._previous is not None and answer.late():
            self._lose(self._previous[1])
        if answer.repeats((*outputs, line)):
            for output in outputs.values():
                self._lose(output)

    async def _log_in(self, deadline: float) -> None:
        """Answer what the device asks before its first prompt, and learn the prompt."""
        data = bytearray()
        tested: int | None = None  # how much had come when the last empty line was sent
        silent = 0.0  # seconds
        tests = replies = 0
        sent = 0.0
        logged_in = False
        while True:
            shown = shown_end(data)
            line = last_line(shown)
            wait = SETTLE if silent < SETTLE else QUIET if silent < QUIET else SLOW
            if self._asks_login and not logged_in and (version := SSH_VERSION.match(shown)):
                self._is_ssh(version[0])
            elif self._asks_login and asks(ASKS_USER, line) and not tests:
                if logged_in:
                    self._login_refused(shown)
                if not self._device.user:
                    raise DeviceError("auth_failed", "auth", "no_user", "no user name; set ansible_user")
                await self._send(f"{self._device.user}", deadline)
            elif self._asks_login and asks(ASKS_PASSWORD, line):
                self._dialog(shown, "login")  # it can be the question for a new password
                if logged_in:
                    self._login_refused(shown)
                if self._device.password is None:
                    message = "the device asks for a password inside the session; set ansible_password"
                    raise DeviceError("auth_failed", "auth", "no_credentials", message)
                logged_in = True
                self._sent = "password"
                await self._send(f"{self._device.password}", deadline)
                data.clear()
                tested = None
            elif pager := pager_at_end(decode(bytes(data[-PAGER_TAIL:]))):
                await self._send(pager.answer, deadline, newline=False)
            elif tested is not None and (prompt := learned(shown_end(data[:tested][-TAIL:]), bytes(data[tested:]))):
                more = await self._read(time.monotonic())
                if not more:
                    self._arrive(prompt, shown)
                    self._slowest = time.monotonic() - sent
                    self._said = shown
                    return
                data += more
                continue
            chunk = await self._read(min(deadline, time.monotonic() + wait))
            if chunk is None and time.monotonic() < deadline:
                silent += wait
                dialog = self._dialog(shown, "login")
                if dialog is not None and replies < MOST_ANSWERS:
                    replies += 1
                    tested, silent = None, 0.0
                    await self._reply(dialog, deadline)
                    data += b"\n"
                elif self._may_test(data, tested, silent, line) and tests < MOST_LOGIN_TESTS:
                    question = question_at_end(shown)
                    if question is not None and not tests and (asks(ASKS_USER, line) or asks(ASKS_PASSWORD, line)):
                        self._asks_login = True
                        continue
                    if question is not None:
                        self._asked_unexpectedly(question)
                    if tested is not None and not data[tested:].strip(b"\r\n"):
                        self._newline = "\r"
                    tests += 1
                    tested, silent = len(data), 0.0
                    sent = time.monotonic()
                    await self._send("", deadline)
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
                silent = 0.0
                over = len(data) - LONGEST_LOGIN
                if over > 0:
                    del data[:over]
                    tested = None if tested is None else max(tested - over, 0)

    def _may_test(self, data: bytearray, tested: int | None, silent: float, line: str) -> bool:
        """Return whether an empty line may be sent before the prompt is known."""
        if self._asks_login and not self._sent and tested is None:
            return False  # the device has not asked for the password yet
        if tested is not None and not data[tested:].strip(b"\r\n"):
            return silent >= SETTLE + QUIET + SLOW and self._newline == "\n"
        if tested is not None:
            return silent >= QUIET  # a slow banner: each empty line brings a prompt later
        if self._mode(shown_end(data)) is not None:
            return True
        return silent >= SETTLE + QUIET + (0.0 if line else SLOW)

    def _dialog(self, shown: str, phase: Phase) -> Dialog | None:
        """Return the expected question that ends a text.

        :raises DeviceError: if nobody can answer it here.
        """
        dialog = dialog_at_end(shown, self._platform.dialogs, phase)
        if dialog is not None and dialog.answer is None:
            raise refused(dialog, self._secrets.quoted(last_line(shown.rstrip())))
        return dialog

    async def _reply(self, dialog: Dialog, deadline: float) -> None:
        await self._send(dialog.answer or "", deadline, newline=not dialog.is_key)

    def _asked_unexpectedly(self, question: str) -> NoReturn:
        error = unexpected(self._secrets.quoted(question))
        raise DeviceError("failed", error.phase, error.kind, error.message)

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

    async def _set_up(self, line: str) -> bool:
        """Send a line of the platform, and return whether the device accepted it. If not, its pager is answered."""
        answer, end = await self._exchange(Command(line), self._deadline())
        if end != "prompt":
            self._no_prompt(b"" if end == "closed" else None, answer.data)
        text = await self._text(answer, end)
        rejection = rejection_in(text, line, self._platform.failures)
        self._said += f"\n{rejection}" if rejection else ""
        return rejection is None

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
        become = self._device.become or self._device.become_password is not None
        if self._now is None:
            if become and not self._prompt.line.endswith("#"):
                own = (
                    self._platform.way(USER, PRIVILEGED)
                    if self._device.definition and USER in self._platform.modes
                    else ()
                )
                for step in own or (Step("ask", "enable", ASKS_PASSWORD),):
                    await self._answer(step)
            return
        if self._now.name == goal:
            return
        steps = self._platform.way(self._now.name, goal)
        wants_password = steps is not None and any(step.wants_password for step in steps)
        if not steps or (wants_password and not become):
            return  # stays in the mode that the login gave, as a user without the secret does
        for step in steps:
            if step.kind == "ask":
                await self._answer(step)
            else:
                await self._set_up(step.text)
        is_known = self._platform.name != LEARNED or self._device.become_password is not None
        if wants_password and is_known and (self._now is None or self._now.name != goal):
            self._refused(steps[-1].text)

    async def _answer(self, step: Step) -> None:
        """Send a line and answer the device's question. A password is sent only to its question."""
        deadline = self._deadline()
        await self._send(step.text, deadline)
        answer = Answer(step.text, self._prompt, self._echoes)
        answered = silent = False
        while True:
            shown = answer.shown()
            line = last_line(shown)
            asked = step.question is not None and asks(step.question, shown)
            asked = asked or (step.wants_password and asks(ASKS_PASSWORD, line))
            if asked and not answered:
                answered = True
                secret = self._device.become_password if step.wants_password else step.answer
                if secret is None:
                    message = f"the device asks for a password to enter {step.text!r}; set ansible_become_password"
                    raise DeviceError("auth_failed", "auth", "no_become_password", message)
                self._sent = "enable password" if step.wants_password else self._sent
                self._gave_secret = True
                await self._send(secret, deadline)
                answer.forget()
            elif asked:
                self._reason = _said_no(shown, step.text, line)
                self._refused(step.text)
            elif (answered or silent or answer.echoed()) and (
                answer.at_prompt() or self._may_be_prompt(shown, step.text)
            ):
                old = self._prompt
                self._reason = _said_no(shown, step.text, line)
                if await self._learn(answer, deadline):
                    if (
                        answered
                        and step.wants_password
                        and self._prompt == old
                        and SAYS_NO.search(shown[-LONGEST_SAID:])
                    ):
                        self._refused(step.text)
                    return
            chunk = await self._read(min(deadline, time.monotonic() + QUIET))
            silent = chunk is None
            if chunk == b"" or time.monotonic() >= deadline:
                self._no_prompt(chunk, answer.data)
            answer.data += chunk or b""

    async def _learn(self, answer: Answer, deadline: float) -> bool:
        """Return whether an empty line brings the line that is shown, and nothing else: it is the prompt now."""
        more = await self._read(time.monotonic())
        if more:
            answer.data += more
            return False
        answer.test(complete=True)
        await self._send("", deadline)
        while True:
            chunk = await self._read(min(deadline, time.monotonic() + QUIET))
            if not chunk:
                if chunk is None and time.monotonic() < deadline:
                    return False
                self._no_prompt(chunk, answer.data)
            answer.data += chunk
            prompt = learned(answer.before(), bytes(answer.data[answer.tests[-1] :]))
            if prompt is not None:
                self._arrive(prompt, answer.shown())
                return True

    def _refused(self, what: str) -> NoReturn:
        prompt = self._secrets.quoted(self._prompt.line)
        said = excerpt(self._secrets.quoted(self._reason))
        said = f"it said {said}, and " if said else ""
        check = (
            "check ansible_become_password"
            if self._gave_secret
            else ("it did not ask for a password; check ansible_network_os and the user's rights")
        )
        message = f"the device refused {what!r} ({said}it stays at {prompt!r}); {check}"
        raise DeviceError("auth_failed", "auth", "become_refused", message)

    # -- asking --------------------------------------------------------------------------------------------------------

    async def ask(self, command: Command, output: Output, *, prove: bool = False) -> None:
        """Send a command and fill in its output and status.

        :param prove: prove the end of the answer now, because no other command will.
        """
        began = time.monotonic()
        try:
            previous = self._previous
            answer, end = await self._exchange(command, self._deadline(), prove=prove)
            if end == "prompt" and previous is not None and (place := answer.second_echo()) is not None:
                answer, end = await self._ask_again(command, answer, place, previous)
            output.text = await self._text(answer, end)
            if end == "prompt" and self._echoes is False and _has_two_prompts(output.text, self._prompt):
                end = "lost"  # one of them was in the previous answer, and was taken for its end
                if previous is not None:
                    self._lose(previous[1])
        except DeviceError as error:
            output.status, output.error = "failed", error.error
        else:
            output.status, output.error = self._judge(output.text, end, answer)
            self._previous = (answer, output)
            self._older = previous[1] if previous is not None else None
        output.seconds = time.monotonic() - began

    async def _ask_again(
        self, command: Command, answer: Answer, place: int, previous: tuple[Answer, Output]
    ) -> tuple[Answer, End]:
        """Find out what an answer is that has the prompt and its own command in it.

        Either it quotes them, or the previous answer went on with a line that was taken for the echo, and then the
        command came. It is sent again from a prompt that is proven.
        """
        if not READ_ONLY.match(command.text):
            self._lose(previous[1])
            return answer, "lost"
        again, end = await self._exchange(command, self._deadline(), prove=True)
        if end == "prompt" and again.second_echo() is None:
            await self._complete(*previous, bytes(answer.data[:place]))
        return again, end

    async def _complete(self, before: Answer, output: Output, late: bytes) -> None:
        """Add the rest of an answer, which came late."""
        if before.tests:  # a prompt in its text was taken for the reply to the empty line
            self._lose(output)
            return
        before.data += late
        if before.second_echo() is not None:  # its own echo came late: what was taken for it belongs to another one
            self._lose(output)
            if self._older is not None:
                self._lose(self._older)
            return
        output.text = await self._text(before, "prompt")
        output.status, output.error = self._judge(output.text, "prompt", before)

    def _lose(self, output: Output) -> None:
        output.status, output.error = "failed", Error("command", "desynchronised", LOST)

    async def _exchange(self, command: Command, deadline: float, *, prove: bool = False) -> tuple[Answer, End]:
        """Send a line. Return what came after it, and how it ended."""
        answer = Answer(command.text, self._prompt, self._echoes)
        answer.data += await self._read(time.monotonic()) or b""
        await self._send(command.text, deadline)
        end = await self._receive(answer, command, deadline, prove=prove)
        await self._book(answer, end)
        return answer, end

    async def _receive(self, answer: Answer, command: Command, deadline: float, *, prove: bool) -> End:
        """Read until the answer is complete, or cannot be completed."""
        tests = MOST_TESTS
        said = b""  # what the device said to a reply
        last = time.monotonic()  # when something came or was sent
        checked = 0.0  # seconds of silence after which the end was looked at
        while True:
            patience = self._patience(answer)
            checks = [each for each in (SETTLE, patience, max(patience, QUIET)) if each > checked]
            chunk = said or await self._read(min(deadline, last + checks[0]) if checks else deadline)
            said = b""
            if chunk == b"":
                is_answered = not answer.tests or len(answer.data) > answer.tests[-1]
                return "prompt" if is_answered and self._is_at_prompt(answer) else "closed"
            if chunk:
                answer.data += chunk
                end = await self._arrived(answer, deadline)
                last, checked = time.monotonic(), 0.0
                if end is not None and (end != "prompt" or answer.tests or not (prove or self._is_uncertain(answer))):
                    return end
                if end is not None:
                    tests -= 1
                    await self._test(answer, deadline)
                continue
            if time.monotonic() >= deadline:
                return "lost" if answer.tests and answer.was_complete else "timeout"
            checked = checks[0]
            if answer.tests and checked >= patience and self._is_proven(answer, settled=True):
                return self._proven(answer)
            if len(answer.data) <= answer.echo.end:
                continue
            reply = self._expected(answer, command, checked) if answer.echoed() or self._echoes is False else None
            if reply is not None and answer.replies == MOST_ANSWERS:
                return "question"
            if reply is not None:
                answer.replies += 1
                answer.asked()
                said = await self._say(*reply, deadline)
                last, checked = time.monotonic(), 0.0
            elif checked < QUIET:
                continue
            elif question_at_end(answer.shown()) is not None:
                return "question"
            elif tests and self._is_doubtful(answer):
                tests -= 1
                await self._test(answer, deadline)
                last, checked = time.monotonic(), 0.0

    def _patience(self, answer: Answer) -> float:
        """Return after how much silence a test has brought all that it brings.

        What came can also be the rest of the answer, which the device sent before it got the empty line.
        """
        if not answer.tests:
            return SETTLE
        return 2 * self._slowest + (SETTLE if is_idle(answer.brought(), answer.prompt) else QUIET)

    async def _arrived(self, answer: Answer, deadline: float) -> End | None:
        """Look at the end of what has come. Answer pagers and expected questions."""
        length = 0
        while len(answer.data) != length:  # until nothing more has come
            length = len(answer.data)
            if length > self._device.max_output:
                del answer.data[self._device.max_output :]
                return "cut"
            if answer.tests:
                if self._is_proven(answer, settled=False) and not await self._more(answer):
                    return self._proven(answer)
            elif self._is_at_prompt(answer):
                if not await self._more(answer):
                    return "prompt"
            elif (
                (pager := pager_at_end(answer.tail()))
                # A text can quote a pager's prompt, and a packet can end there.
                and not await self._more(answer, _hesitation(pager, answer))
                and answer.paged(pager.size)
            ):
                await self._send(pager.answer, deadline, newline=False)
        return None

    def _expected(self, answer: Answer, command: Command, silent: float) -> tuple[str, bool] | None:
        """Return the reply to the question that ends the answer, if it is expected, and whether it is only a key."""
        reply = answer_for(command, answer.shown())
        if reply is not None and (silent >= QUIET or question_at_end(answer.shown()) is not None):
            # Otherwise the line may be a part of a text that holds the words of the question.
            return reply.text, reply.is_key
        dialog = self._dialog(answer.shown(), "command")
        return None if dialog is None else (dialog.answer or "", dialog.is_key)

    async def _say(self, reply: str, is_key: bool, deadline: float) -> bytes:
        """Send a reply. Return what came then, up to the end of a line, without the echo of the reply.

        The line end is sent at once or not at all: later, it could answer the next question.
        """
        said = bytearray()
        await self._send(reply, deadline, newline=not is_key)
        while b"\n" not in said:
            chunk = await self._read(min(deadline, time.monotonic() + QUIET))
            said += chunk or b""
            if not chunk:
                break
        end = said.find(b"\n") + 1
        if clean(decode(bytes(said[:end]))).strip() == reply.strip():
            del said[:end]
        return bytes(said)

    def _is_at_prompt(self, answer: Answer) -> bool:
        return answer.at_prompt() and (self._echoes is False or answer.echoed())

    def _is_uncertain(self, answer: Answer) -> bool:
        """Return whether an empty line must prove a prompt that has come."""
        return self._echoes is False or not answer.prompt.is_whole(answer.shown())

    def _is_proven(self, answer: Answer, *, settled: bool) -> bool:
        """Return whether the last test brought a prompt.

        :param settled: nothing more comes.
        """
        brought = answer.brought()
        # A message can follow the prompt each time.
        has_prompt = answer.prompt.start(brought) is not None or (
            is_idle(brought, answer.prompt) and any(map(answer.prompt.is_alone, block(brought)))
        )
        if not has_prompt or (answer.prompt.start(brought) is not None and not answer.prompt.is_whole(brought)):
            prompt = learned(answer.before(), bytes(answer.data[answer.tests[-1] :]))
            if prompt is not None:
                answer.prompt, answer.tests, answer.resumed = prompt, answer.tests[-1:], False
                return True
            if not has_prompt:
                return False
        is_clean = all(answer.prompt.is_alone(line) or line in answer.prompt.context for line in block(brought))
        if not is_clean and not (settled and (answer.was_complete or is_idle(brought, answer.prompt))):
            return False  # the device was not at its prompt: another test must bring nothing but it
        if not is_clean or len(answer.tests) > 1:
            prompts, tests = answer.prompts(), len(answer.tests)
            answer.resumed = prompts > tests or (prompts == tests and not answer.had_prompt())
            answer.eaten = prompts < tests
        return True

    def _proven(self, answer: Answer) -> End:
        """Return how a proven answer ended. Nothing is known about it if its echo did not come, or came again, or if
        something else than the prompt took an empty line."""
        echoed = answer.echoed()
        self._arrive(answer.prompt, answer.shown())
        if (self._echoes and not echoed) or answer.eaten or (answer.resumed and answer.echoed_again()):
            return "lost"
        self._echoes = echoed
        return "prompt"

    def _is_doubtful(self, answer: Answer) -> bool:
        """Return whether a silent device may be at its prompt. Otherwise an empty line could answer a question."""
        if answer.tests and len(answer.data) <= answer.tests[-1]:
            return False  # it has not answered the last test
        shown = answer.shown()
        if answer.at_prompt() or self._may_be_prompt(shown, answer.line):
            return True
        lines = shown.split("\n")
        place = next((place for place in reversed(range(len(lines))) if self._prompt.is_alone(lines[place])), None)
        if place is None:
            return False
        after = lines[place + 1 :]  # printed after the prompt
        if is_idle("\n".join(after), self._prompt):
            return True
        return not after[-1].strip() and not any(map(asks_for, after)) and not any(map(question_at_end, after))

    def _may_be_prompt(self, shown: str, command: str) -> bool:
        line = last_line(shown)
        if may_be_prompt(line, self._prompt.line, (*self._names, *given_names(command))):
            return True
        # A line that enters another mode can change a prompt without a name, such as ``>`` or ``%``.
        return self._enters and bool(line) and self._mode(shown) is not None and not asks_for(line)

    async def _more(self, answer: Answer, wait: float = 0.0) -> bool:
        """Return whether something has come already that follows the prompt, so that it was part of the answer."""
        more = await self._read(time.monotonic() + wait)
        answer.data += more or b""
        return bool(more)

    async def _test(self, answer: Answer, deadline: float) -> None:
        answer.test(complete=self._is_at_prompt(answer))
        await self._send("", deadline)

    async def _book(self, answer: Answer, end: End) -> None:
        """Complete the previous answer with what came before the echo of this one."""
        previous, self._previous = self._previous, None
        late = b""
        if answer.echoed():
            self._echoes = True
            late = answer.late()
        elif self._echoes and end != "prompt" and not is_idle(clean(decode(bytes(answer.data))), answer.prompt):
            end = "lost"
        if previous is None:
            return
        if end == "lost":
            self._lose(previous[1])
        elif late:
            await self._complete(*previous, late)

    async def _text(self, answer: Answer, end: End) -> str:
        work = text_of(answer, complete=end == "prompt", secrets=self._secrets)
        return finish(work) if len(answer.data) <= PIECE else await _in_pieces(work)

    def _judge(self, text: str, end: End, answer: Answer) -> tuple[CommandStatus, Error | None]:
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
            seen = excerpt(self._secrets.quoted(answer.shown())) or "(nothing)"
            message = (
                f"no prompt within {limit}; received {len(text)} characters, last line: {seen}; raise it if the "
                "command is slow"
            )
            return "timeout", Error("command", kind, message)
        if end == "question":
            question = self._secrets.quoted(question_at_end(answer.asks()) or last_line(answer.asks()))
            return "failed", unexpected(question, self._secrets.quoted(answer.line), answers=answer.replies)
        if end == "lost":
            return "failed", Error("command", "desynchronised", LOST)
        rejection = rejection_in(text, answer.line, self._platform.failures)
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

    async def _send(self, text: str, deadline: float, *, newline: bool = True) -> None:
        text += self._newline if newline else ""
        await self._stream.write(text.encode("utf-8", "surrogateescape"), deadline)

    def _arrive(self, prompt: Prompt, shown: str) -> None:
        if prompt.line != self._prompt.line:
            self._names = kept_names(self._names, prompt.line)
        self._prompt, self._now = prompt, self._mode(shown)
        self._sent = ""

    def _mode(self, shown: str) -> Mode | None:
        end = last_lines(shown)
        if end != self._judged[0]:  # the same end is looked at more than once
            self._judged = (end, self._platform.mode_of(end))
        return self._judged[1]


def _has_two_prompts(text: str, prompt: Prompt) -> bool:
    """Return whether a line begins with two prompts. The device has not echoed the line ends that were typed there."""
    if prompt.line not in text:
        return False
    starts = (line[len(prompt.line) :].lstrip() for line in text.split("\n") if line.startswith(prompt.line))
    return any(rest.startswith(prompt.line) for rest in starts)


def _said_no(shown: str, line: str, prompt: str) -> str:
    """Return the line with which a device refused to enter a mode; empty if there is none."""
    lines = [each.strip() for each in shown.split("\n")[:-1]]
    lines = [each for each in lines if each not in ("", line, prompt) and not asks(ASKS_PASSWORD, each)]
    return next(filter(SAYS_NO.search, lines), lines[-1] if lines else "")


def _hesitation(pager: Pager, answer: Answer) -> float:
    """Return after how much silence a prompt of a pager is answered. A pager that was seen is answered at once."""
    if pager.sure:
        return 0.0 if answer.pagers else SETTLE
    return SETTLE if answer.pagers else QUIET


async def _in_pieces(work: Work[T]) -> T:
    """Do the work, and let other devices work between its pieces."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: T = done.value
            return result
        await asyncio.sleep(0)
