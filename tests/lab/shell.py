# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of one device, from its MOTD to `exit`: a coroutine that reads and writes bytes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol

from tests.lab import faults
from tests.lab.platforms import Platform
from tests.lab.topology import Device, aged, wiring

PAGE_LINES = 24
# Bytes handed to the terminal at once, so that a client which does not read holds up no more than this.
CHUNK = 65_536


class Hangup(Exception):
    """The other side has gone, or the device ends the session."""


class Terminal(Protocol):
    """What carries the bytes."""

    async def read(self) -> bytes:
        """The next bytes typed; raises Hangup at the end."""

    async def write(self, data: bytes) -> None: ...

    def close(self) -> None:
        """Ends the session in order."""

    def reset(self) -> None:
        """Cuts the connection under it."""


class Shell:
    """One session on one device.

    `count` is the size of the lab, `latency` the seconds each show command takes, `age` the minutes that the device has
    been up for longer than usual. With `repeat` an answer has its text so many times.
    """

    def __init__(
        self,
        terminal: Terminal,
        device: Device,
        platform: Platform,
        *,
        count: int,
        fault: str | None = None,
        latency: float = 0.0,
        light: bool = False,
        age: int = 0,
        repeat: int = 0,
    ) -> None:
        self.terminal = terminal
        self.device = device
        self.platform = platform
        self.count = count
        self.fault = fault
        self.latency = latency
        self.light = light
        self.age = age
        self.repeat = repeat
        self.privileged = not (platform.exec_prompt is not None and (device.exec_login or fault == "bad_enable"))
        self.page_lines = PAGE_LINES
        self.stamped = platform.stamped
        self.shows = 0
        self.typed = bytearray()
        self.after_return = False

    async def run(self) -> None:
        """Serves the session until either side ends it."""
        try:
            if self.fault == "hang_shell":
                await asyncio.Event().wait()
            await self._motd()
            await self._prompt()
            if self.fault == "double_prompt":
                await self._send("\n")
                await self._prompt()
            while True:
                await self._command((await self._line()).strip())
        except Hangup:
            self.terminal.close()

    # What is written

    async def _send(self, text: str) -> None:
        await self._write(text.replace("\n", "\r\n").encode())

    async def _write(self, data: bytes) -> None:
        if self.fault != "slow_drip":
            for start in range(0, len(data), CHUNK):
                await self.terminal.write(data[start : start + CHUNK])
            return
        for piece, pause in faults.drip(data):
            await self.terminal.write(piece)
            await asyncio.sleep(pause)

    async def _motd(self) -> None:
        if self.light:
            return
        await self._send(self.platform.motd.format(name=self.device.name))
        if self.fault == "banner_prompt":
            for line in (f"{self.device.name}>", f"{self.device.name}#", f"<{self.device.name}>", "lab@welcome> "):
                await self._send(line)
                await asyncio.sleep(0.2)
                await self._send("\n")

    def _prompt_text(self) -> str:
        pattern = self.platform.prompt if self.privileged else self.platform.exec_prompt or self.platform.prompt
        return pattern.format(name=self.device.name)

    async def _prompt(self) -> None:
        if self.fault != "no_prompt":
            await self._send(self.platform.before_prompt + self._prompt_text())

    def _log_line(self) -> bytes:
        return self.platform.log.format(name=self.device.name).encode()

    # What is typed

    async def _key(self) -> int:
        """The next byte typed. CR LF counts as one CR."""
        while True:
            if not self.typed:
                self.typed += await self.terminal.read()
                continue
            key = self.typed.pop(0)
            skip = key == 0x0A and self.after_return
            self.after_return = key == 0x0D
            if not skip:
                return key

    async def _line(self, *, echo: bool = True) -> str:
        """The next line typed. What came in one packet is echoed in one."""
        line = bytearray()
        shown = bytearray()
        log_before_echo = echo and self.fault == "syslog"
        echo = echo and self.fault != "no_echo"
        while True:
            if not self.typed and shown:
                await self._write(bytes(shown))
                shown.clear()
            key = await self._key()
            if log_before_echo:
                await self._write(b"\r\n" + self._log_line() + b"\r\n")
                log_before_echo = False
            if key in (0x0D, 0x0A):
                await self._write(bytes(shown) + b"\r\n")
                return line.decode("utf-8", "replace")
            if key in (0x03, 0x15):  # Ctrl-C, Ctrl-U
                line.clear()
            elif key in (0x08, 0x7F):
                if line:
                    line.pop()
                    shown += b"\x08 \x08" if echo else b""
            elif key >= 0x20:
                line.append(key)
                if echo:
                    shown.append(key)

    # What is done

    async def _command(self, line: str) -> None:
        """Does one command and prompts again."""
        words = line.split()
        if not words:
            await self._prompt()
            return
        if len(words) == 1 and self._is(words, self.platform.leave):
            raise Hangup
        if self.platform.exec_prompt is not None and len(words) == 1 and self._is(words, ("enable", "disable")):
            await self._privilege("enable".startswith(words[0]))
        elif self.platform.enables and _abbreviates(words, "show privilege"):
            await self._send(f"Current privilege level is {15 if self.privileged else 1}\n")
        elif (setting := self._match(words, self.platform.settings)) and not self._refuses(setting[0]):
            await self._set(setting[0], words)
        else:
            await self._show(line, words)
            await self._prompt()
            if self.fault == "syslog":
                await asyncio.sleep(0.02)
                await self._write(b"\r\n" + self._log_line() + b"\r\n")
            return
        await self._prompt()

    def _is(self, words: list[str], names: Iterable[str]) -> bool:
        return any(len(words[0]) > 1 and name.startswith(words[0]) for name in names)

    def _match(self, words: list[str], known: Iterable[str]) -> list[str]:
        """The known commands that these words stand for; an exact one hides those it only abbreviates."""
        found = [command for command in known if _abbreviates(words, command)]
        return [command for command in found if command.split() == words] or found

    def _refuses(self, setting: str) -> bool:
        return self.fault == "pager" and "<lines>" in setting

    async def _privilege(self, enable: bool) -> None:
        if not enable or self.privileged:
            self.privileged = enable
            return
        for _try in range(self.platform.secret_tries):
            await self._write(b"Password: ")
            secret = await self._line(echo=False)
            if secret == self.device.enable and self.fault != "bad_enable":
                self.privileged = True
                return
        await self._send(self.platform.bad_secret)

    async def _set(self, setting: str, words: list[str]) -> None:
        number = next((word for word in words if word.isdigit()), "")
        if question := self.platform.questions.get(setting):
            await self._send(question)
            await self._line()
        if "<lines>" in setting:
            self.page_lines = int(number)
        elif "timestamp" in setting and self.platform.stamped:
            self.stamped = "no-timestamp" not in setting
        await self._send(self._stamp() + self.platform.settings[setting].format(number))

    def _stamp(self) -> str:
        if not self.stamped:
            return ""
        now = datetime.now(UTC)
        return now.strftime("%a %b %e %H:%M:%S.") + f"{now.microsecond // 1000:03d} UTC\n"

    async def _show(self, line: str, words: list[str]) -> None:
        """Answers a show command, or says in the platform's words why it cannot."""
        plain, pipe = _split_pipe(words)
        found = self._match(words, self.platform.commands) or self._match(plain, self.platform.commands)
        if len(found) != 1:
            await self._send(self._refusal(line, words, ambiguous=len(found) > 1))
            return
        self.shows += 1
        if self.fault == "hang_command":
            await asyncio.Event().wait()
        if self.fault == "reject" and self.shows == 1:
            await self._send(self._refusal(line, [*words[:-1], "?"], ambiguous=False))
            return
        if self.latency:
            await asyncio.sleep(self.latency)
        await self._answer(self._output(found[0]), paged="no-more" not in pipe)

    def _output(self, command: str) -> str:
        if self.fault == "big_output":
            return faults.big_output()
        if self.light and not self.repeat:
            return f"{self._stamp()}{self.device.name} light version 1.0\n"
        answer = self.platform.commands[command](*aged(self.device, wiring(self.device.index, self.count), self.age))
        return self._stamp() + answer * max(1, self.repeat)

    async def _answer(self, text: str, *, paged: bool) -> None:
        answer = text.replace("\n", "\r\n").encode()
        if self.fault in ("drop_mid_output", "drop_clean"):
            await self._write(answer[: len(answer) // 2])
            await asyncio.sleep(0.05)
            if self.fault == "drop_mid_output":
                self.terminal.reset()
            raise Hangup
        if self.fault == "garbage_bytes":
            answer = faults.with_garbage(answer)
        if self.fault == "syslog":
            answer = faults.with_log_line(answer, self._log_line())
        if paged and self.page_lines:
            await self._pages(answer.splitlines(keepends=True))
        else:
            await self._write(answer)

    async def _pages(self, lines: list[bytes]) -> None:
        """Writes a page at a time: space brings the next one, Enter a line, q or Ctrl-C ends."""
        room = self.page_lines - 1
        while lines:
            await self._write(b"".join(lines[:room]))
            lines = lines[room:]
            if not lines:
                return
            await self._write(self.platform.more)
            room = 0
            while not room:
                key = await self._key()
                if key in (0x71, 0x51, 0x03):
                    lines, room = [], 1
                elif key == 0x20:
                    room = self.page_lines - 1
                elif key in (0x0D, 0x0A):
                    room = 1
            await self._write(self.platform.erase)

    def _refusal(self, line: str, words: list[str], *, ambiguous: bool) -> str:
        known = [*self.platform.commands, *(one for one in self.platform.settings if not self._refuses(one))]
        good = 0
        while good < len(words) and any(_begins(words[: good + 1], command) for command in known):
            good += 1
        if ambiguous:
            template, bad = self.platform.ambiguous, words[-1]
        elif good == len(words):
            template, bad = self.platform.incomplete, ""
        else:
            first = self.platform.unknown_first if good == 0 else ""
            template, bad = first or self.platform.unknown, words[good]
        column = len(self._prompt_text()) + (_column(line, good) if bad else len(line))
        return template.format(caret=" " * column + "^", line=line, word=bad)


def _split_pipe(words: list[str]) -> tuple[list[str], list[str]]:
    """The words before and after a pipe: `show version | no-more` is the plain command, unpaged."""
    if "|" not in words:
        return words, []
    at = words.index("|")
    # Only what every platform knows as a no-op passes; any other filter is an unknown command.
    return (words[:at], words[at + 1 :]) if words[at + 1 :] == ["no-more"] else (words, [])


def _abbreviates(words: list[str], command: str) -> bool:
    return len(words) == len(command.split()) and _begins(words, command)


def _begins(words: list[str], command: str) -> bool:
    """Whether each word abbreviates the command's word at its place."""
    known = command.split()
    return len(words) <= len(known) and all(map(_fits, words, known))


def _fits(word: str, known: str) -> bool:
    return word.isdigit() if known.startswith("<") else known.startswith(word)


def _column(line: str, number: int) -> int:
    """Where in the line its word with this number begins."""
    return [found.start() for found in re.finditer(r"\S+", line)][number]
