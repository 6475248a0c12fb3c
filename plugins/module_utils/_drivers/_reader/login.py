# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The login: answer what the device asks before its first prompt, and learn the prompt."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NoReturn

from ..._result import DeviceError
from ..._terminal import decode
from ..text import ASKS_LOGIN, ASKS_USER, SAYS_NO, SSH_VERSION, asks, excerpt, last_line
from .answer import TAIL, is_counter, rendered, shown_end
from .changed import ENDS
from .pagers import TAIL as PAGER_TAIL
from .pagers import pager_at_end
from .prompt import learned
from .questions import MOST_ANSWERS, Dialog, asks_for, asks_password, may_be_input, question_at_end, unexpected
from .terminal import LONGEST_LOGIN, LONGEST_SAID, QUIET, SETTLE, SLOW, Terminal

_ONLY_USER = re.compile(r"\W{0,3}(?:user(?:\s?(?:name|id))?|log[io]n(?:\sname)?|account)\s?:\Z", re.IGNORECASE)
MOST_NAMES = 3  # questions for the user without one for the password
MOST_TESTS = 20  # empty lines sent to learn the prompt


async def log_in(terminal: Terminal, deadline: float) -> None:
    """Answer what the device asks before its first prompt, and learn the prompt."""
    data = bytearray()
    tested: int | None = None  # how much had come when the last empty line was sent
    silent = 0.0  # seconds
    tests = replies = 0
    sent: list[float] = []  # when the empty lines were
    logged_in = False
    named = 0  # how often the name of the user was sent
    while True:
        shown = shown_end(data)
        line = last_line(shown)
        wait = SETTLE if silent < SETTLE else QUIET if silent < QUIET else SLOW
        if terminal.asks_login and not logged_in and (version := SSH_VERSION.match(shown)):
            _is_ssh(terminal, version[0])
        elif terminal.asks_login and asks(ASKS_USER, line) and not tests:
            if logged_in:
                _login_refused(terminal, shown)
            if named == MOST_NAMES:
                _asked_unexpectedly(terminal, line)
            if not terminal.device.user:
                raise DeviceError("auth_failed", "auth", "no_user", "no user name; set ansible_user")
            await terminal.send(f"{terminal.device.user}", deadline)
            named += 1
            data += b"\n"  # the question is answered
        elif terminal.asks_login and asks_password(line, terminal.device.user, named=named > 0):
            terminal.dialog(shown, "login")  # it can be the question for a new password
            if logged_in:
                _login_refused(terminal, shown)
            if terminal.device.password is None:
                message = "the device asks for a password inside the session; set ansible_password"
                raise DeviceError("auth_failed", "auth", "no_credentials", message)
            await terminal.session.may_send_secret()
            deadline = max(deadline, terminal.deadline())  # it can have waited for other devices
            logged_in = True
            terminal.sent = "password"
            await terminal.send(f"{terminal.device.password}", deadline)
            data.clear()
            tested = None
        elif (
            (pager := pager_at_end(decode(bytes(data[-PAGER_TAIL:]))))
            and not pager.continues  # a dialog
            and not is_counter(data, len(data) - pager.size, 0)
        ):
            await terminal.send(pager.answer, deadline, newline=False)
        elif tested is not None and (prompt := learned(shown_end(data[:tested][-TAIL:]), bytes(data[tested:]))):
            more = await terminal.read(terminal.clock())
            if not more:
                terminal.arrive(prompt, shown)
                terminal.copies = 2 if prompt.context[-1:] == (prompt.line,) else 1
                terminal.slowest = terminal.fastest = await _round_trip(terminal, sent, deadline)
                terminal.said = shown
                return
            data += more
            continue
        chunk = await terminal.read(min(deadline, terminal.clock() + wait))
        if chunk is None and terminal.clock() < deadline:
            silent += wait
            dialog = terminal.dialog(shown, "login")
            if dialog is not None and replies < MOST_ANSWERS:
                replies += 1
                tested, silent = None, 0.0
                await _reply(terminal, dialog, deadline)
                data += b"\n"
            elif (
                not (tests or terminal.asks_login)
                and silent >= SETTLE + QUIET
                and (_asks_only_user(line, shown) or asks_password(line, terminal.device.user, named=named > 0))
            ):
                terminal.asks_login = True
            elif _may_test(terminal, data, tested, silent, line, answered=replies > 0) and tests < MOST_TESTS:
                question = question_at_end(shown)
                if question is not None:
                    _asked_unexpectedly(terminal, question)
                if tested is not None and not data[tested:].strip(b"\r\n"):
                    terminal.newline = "\r"
                tests += 1
                tested, silent = len(data), 0.0
                sent.append(terminal.clock())
                await terminal.send("", deadline)
        elif chunk == b"" and terminal.asks_login and not logged_in:
            said = " ".join(terminal.secrets.quoted(shown).split())[-LONGEST_SAID:]
            message = f"the device closed the session before the login; it said {said!r}"
            raise DeviceError("unreachable", "auth", "session_closed", message, retry=True)
        elif chunk == b"" and terminal.sent == "password":
            _login_refused(terminal, f"{shown}\n", hung_up=True)
        elif not chunk:
            is_asked = may_be_input(line) or asks_for(line) or ASKS_LOGIN.search(line) is not None
            if chunk is None and is_asked and terminal.mode(shown) is None:
                _asked_unexpectedly(terminal, line)
            terminal.no_prompt(chunk, data)
        elif terminal.clock() >= deadline:  # it sends without an end
            terminal.no_prompt(None, data + chunk)
        else:
            data += chunk
            silent = 0.0
            over = len(data) - LONGEST_LOGIN
            if over > 0:
                del data[:over]
                tested = None if tested is None else max(tested - over, 0)


async def _round_trip(terminal: Terminal, sent: list[float], deadline: float) -> float:
    """Return how long an empty line takes to bring the prompt. Read what the others of them bring.

    :param sent: when they were sent. The prompt has come now.
    """
    came = terminal.clock()
    data = bytearray()
    silent = QUIET + max((later - earlier for earlier, later in pairwise(sent)), default=0.0)
    while len(sent) > 1:
        chunk = await terminal.read(min(deadline, terminal.clock() + silent))
        if not chunk or terminal.clock() >= deadline:
            break
        data += chunk
    later = sum(map(terminal.prompt.count, rendered(data).split("\n")))
    if later:
        terminal.newline = "\n"  # it brings a prompt too, late
    return came - sent[-1 - min(later, len(sent) - 1)]


def _may_test(
    terminal: Terminal, data: bytearray, tested: int | None, silent: float, line: str, *, answered: bool
) -> bool:
    """Return whether an empty line may be sent before the prompt is known.

    :param answered: a question was answered that is no login.
    """
    if terminal.asks_login and not terminal.sent and tested is None and not answered:
        # The device has not asked for the password yet. A device that does not ask shows its prompt.
        return line[-1:] in tuple(ENDS) and not ASKS_LOGIN.search(line) and silent >= SETTLE + QUIET + SLOW
    if tested is None and may_be_input(line) and terminal.mode(shown_end(data)) is None:
        return False  # a question, or a message that names a key
    if tested is not None and not data[tested:].strip(b"\r\n"):
        return silent >= SETTLE + QUIET + SLOW and terminal.newline == "\n"
    if tested is not None:
        return silent >= QUIET  # a slow banner: each empty line brings a prompt later
    if terminal.mode(shown_end(data)) is not None:
        return True
    return silent >= SETTLE + QUIET + (0.0 if line else SLOW)


def _asks_only_user(line: str, shown: str) -> bool:
    """Return whether a device inside SSH asks for the user. A prompt can end as this question does: ``r1-user:``."""
    return asks(ASKS_USER, line) and (question_at_end(shown) is not None or _ONLY_USER.match(line) is not None)


async def _reply(terminal: Terminal, dialog: Dialog, deadline: float) -> None:
    await terminal.send(dialog.answer or "", deadline, newline=not dialog.is_key)


def _asked_unexpectedly(terminal: Terminal, question: str) -> NoReturn:
    error = unexpected(terminal.secrets.quoted(question))
    raise DeviceError("failed", error.phase, error.kind, error.message)


def _is_ssh(terminal: Terminal, version: str) -> NoReturn:
    place = f"{terminal.device.host} port {terminal.device.port}"
    message = (
        f"an SSH server answers at {place} ({excerpt(terminal.secrets.quoted(version))}); correct the port, or remove "
        "rollcall_transport: telnet or the _telnet of ansible_network_os"
    )
    raise DeviceError("unreachable", "connect", "protocol", message)


def _login_refused(terminal: Terminal, shown: str, *, hung_up: bool = False) -> NoReturn:
    """A banner can follow the reason.

    :param shown: what came after the password.
    """
    lines = [line for line in shown.rpartition("\n")[0].splitlines() if line.strip()]
    reason = next(filter(SAYS_NO.search, lines), lines[-1] if lines else "")
    said = excerpt(terminal.secrets.quoted(reason))
    message = (
        f"login as {terminal.device.user} refused inside the session (it said {said or 'nothing'}); check user and "
        f"password{'. The password is not sent again in this run' if hung_up else ''}"
    )
    raise DeviceError("auth_failed", "auth", "refused", message)
