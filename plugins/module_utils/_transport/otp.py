# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One-time codes for logins, from a command or a person."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import signal
from collections.abc import Awaitable, Callable
from typing import Protocol

from .._device import Device, Hop
from .._model.secrets import secrets_of
from .._result import DeviceError
from .children import DIE_WITH_PARENT

COMMAND_SECONDS = 30.0
# Words that only a shell understands: pipes, redirections, and ends of commands.
_FOR_SHELL = re.compile(r"(\|\|?|&&?|;|[\d&]?(?:>>?|<))[\w&/.-]*|[^;]*(;)")
LONGEST = 300  # characters of a question that are shown, and of what a command says

Code = Callable[[str], Awaitable[str | None]]


class Context(Protocol):
    """What can ask a person."""

    async def ask_person(self, question: str) -> str | None: ...


def one_time_code(login: Device | Hop, context: Context) -> Code:
    """Return a function that gets a code for a login: for a question, a code, or None if nobody can give one."""

    async def code(question: str) -> str | None:
        if login.otp_command:
            return await code_of_command(login, login.otp_command)
        shown = secrets_of(login).quoted(" ".join(question.split())[:LONGEST])
        return await context.ask_person(f"{login.user}@{login.name} ({login.host} port {login.port}): {shown}")

    return code


async def code_of_command(login: Device | Hop, command: str) -> str:
    """Return the first line of the command's output.

    :raises DeviceError: if it fails.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise _failed(login, f"cannot be split into words ({error})") from error
    if not words:
        raise _failed(login, "is empty")
    for_shell = next(filter(None, map(_FOR_SHELL.fullmatch, words)), None)
    if for_shell is not None:
        sign = for_shell[1] or for_shell[2]
        raise _failed(login, f"is run without a shell, so that {sign!r} has no effect; use sh -c '…'")
    name = f"({os.path.basename(words[0])!r})"
    pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *words, stdin=null, stdout=pipe, stderr=pipe, preexec_fn=DIE_WITH_PARENT
        )
    except (OSError, ValueError) as error:
        raise _failed(login, f"{name} cannot be started: {getattr(error, 'strerror', None) or error}") from error
    try:
        async with asyncio.timeout(COMMAND_SECONDS):
            output, errors = await process.communicate()
    except TimeoutError as error:
        raise _failed(login, f"{name} gave no code within {COMMAND_SECONDS:g} s") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(OSError):
                process.send_signal(signal.SIGKILL)
    lines = output.decode("utf-8", "replace").splitlines()
    code = lines[0].strip() if lines else ""
    if process.returncode == 0 and code:
        return code
    # Its standard output may be a code, so only its errors are shown.
    said = secrets_of(login).quoted(" ".join(errors.decode("utf-8", "replace").split())[-LONGEST:])
    how = f"ended with status {process.returncode}" if process.returncode else "printed no code"
    raise _failed(login, f"{name} {how}{f': {said}' if said else ''}")


def _failed(login: Device | Hop, what: str) -> DeviceError:
    return DeviceError("auth_failed", "auth", "otp_command", f"rollcall_otp_command of {login.name} {what}")
