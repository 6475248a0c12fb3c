# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done between the login and the first command: enter a mode, and set up the session."""

from __future__ import annotations

import re
from typing import NoReturn

from ..._device import Command
from ..._platforms import LEARNED, Step, candidates, load_platform, platform_hint
from ..._platforms.model import LONGEST_PROMPT, PRIVILEGED, USER
from ..._result import DeviceError
from ..text import ASKS_PASSWORD, ASKS_USER, SAYS_NO, asks, excerpt, last_line
from .answer import Answer
from .echo import is_echo
from .exchange import exchange, text_in
from .login import log_in
from .named import check_name
from .prompt import learned
from .questions import asks_for, asks_password, question_at_end
from .rejections import rejection_in
from .terminal import LONGEST_SAID, QUIET, Terminal

MOST_NAMED = 3  # platforms in a message
# Questions for the secret of a mode that no login asks. They come right after the line that enters it.
_ASKS_SECRET = re.compile(
    r"\A\W{0,3}(?:(?:please|enter|your|the|enable|privileged)\s){1,4}(?:secret|pin(?:\s?code)?)\s?[:?>]\s*\Z"
    r"|\A[请請]?[输輸]入(?:密码|密碼|口令)\s?[:\uff1a]\s*\Z",
    re.IGNORECASE,
)


async def open_session(terminal: Terminal) -> None:
    """Learn the first prompt, enter the platform's mode and set up the session (paging off)."""
    await log_in(terminal, terminal.deadline())
    check_name(terminal, at_end=False)
    fits = terminal.now is not None
    accepted = False
    for step in terminal.platform.on_open:
        if step.kind == "enter":
            terminal.enters = True
            await _enter(terminal, step.text)
            terminal.enters = False
        elif step.kind == "ask":
            await _answer(terminal, step)
        else:
            accepted = await _set_up(terminal, step.text) or accepted
    lines = terminal.platform.paging_lines
    if not fits and not accepted and not lines and "paging" not in (terminal.device.definition or ()):
        lines = load_platform(LEARNED).paging_lines
    for line in lines:
        if await _set_up(terminal, line):
            break
    terminal.is_new = False
    _hint(terminal, fits=fits)
    check_name(terminal, at_end=True)


def _hint(terminal: Terminal, *, fits: bool) -> None:
    """Put into the answer which platform fits best, if the one that was used does not."""
    note = terminal.device.platform_note
    if not fits and terminal.device.definition is not None:
        hint = f"the prompt {terminal.prompt.line!r} is none of platform {terminal.platform.name}; correct its prompts"
        terminal.stream.facts["platform_hint"] = terminal.secrets.quoted(hint)
        return
    if not fits and terminal.platform.name != LEARNED:
        note = (
            f"the prompt {terminal.secrets.quoted(terminal.prompt.line)!r} is none of platform {terminal.platform.name}"
        )
    hint = platform_hint(note, _prompt_of(terminal), terminal.said)
    if hint:
        terminal.stream.facts["platform"] = LEARNED
        terminal.stream.facts["platform_hint"] = hint


async def _set_up(terminal: Terminal, line: str) -> bool:
    """Send a line of the platform, and return whether the device accepted it. If not, its pager is answered."""
    answer, end = await exchange(terminal, Command(line), terminal.deadline())
    if end == "prompt" and terminal.is_new and terminal.echoes is None:  # it came before the prompt
        answer, end = await exchange(terminal, Command(line), terminal.deadline())
    terminal.is_new = False
    if end != "prompt":
        terminal.no_prompt(b"" if end == "closed" else None, answer.data)
    if answer.begins_with_echo():
        terminal.show_twice()
    elif terminal.doubles is None:
        terminal.doubles = False
    text = await text_in(terminal, answer, end)
    if terminal.echoes is False and is_echo(text.partition("\n")[0].strip(), line):
        terminal.echoes = None  # a message came before the first echo
    rejection = rejection_in(text, line, terminal.platform.failures)
    terminal.said += f"\n{rejection}" if rejection else ""
    return rejection is None


async def _enter(terminal: Terminal, goal: str) -> None:
    become = terminal.device.is_privileged
    if terminal.now is None:
        if become and not terminal.prompt.line.endswith("#"):
            await _enter_unseen(terminal)
        return
    if terminal.now.name == goal:
        return
    steps = terminal.platform.way(terminal.now.name, goal)
    wants_password = steps is not None and any(step.wants_password for step in steps)
    if not steps or (wants_password and not become):
        return  # stays in the mode that the login gave, as a user without the secret does
    old = terminal.prompt
    for step in steps:
        if step.kind == "ask":
            await _answer(terminal, step)
        else:
            await _set_up(terminal, step.text)
    if terminal.platform.name == LEARNED and not old.changes_to(terminal.prompt.line):
        return  # nobody knows how the prompt of this mode looks, and there is a new one
    if wants_password and _is_known(terminal, steps[-1].text) and (terminal.now is None or terminal.now.name != goal):
        _not_entered(terminal, steps[-1].text)


async def _enter_unseen(terminal: Terminal) -> None:
    """Enter the privileged mode on a device whose prompt is none of its platform's. Only a new prompt shows it then."""
    platform, old = terminal.platform, terminal.prompt
    way = (platform.way(USER, PRIVILEGED) if USER in platform.modes else None) or ()
    own = way if terminal.device.definition else ()
    for step in own or (Step("ask", "enable", ASKS_PASSWORD),):
        await _answer(terminal, step)
    is_described = terminal.device.definition is not None and PRIVILEGED in platform.modes
    is_meant = is_described or (bool(way) and _is_known(terminal, step.text))
    is_shown = terminal.now is not None and terminal.now.name == PRIVILEGED
    if is_meant and not is_shown and old.is_alone(terminal.prompt.line):
        correct = "correct its prompts" if terminal.device.definition else "check ansible_network_os"
        is_other = platform.name != LEARNED
        _not_entered(
            terminal, step.text, f"its prompt is none of platform {platform.name}; {correct}" if is_other else ""
        )


def _is_known(terminal: Terminal, line: str) -> bool:
    """Return whether somebody knows that the device has the mode that a line enters. A password says so, but it can be
    that of a group with other devices: one that does not know the line has no such mode."""
    device = terminal.device
    if terminal.platform.name != LEARNED:
        return True
    is_unknown = not terminal.gave_secret and rejection_in(terminal.reason, line, ()) is not None
    return device.become_password is not None and not (device.become is None and is_unknown)


async def _answer(terminal: Terminal, step: Step) -> None:
    """Send a line and answer the device's question. A password is sent only to its question."""
    deadline = terminal.deadline()
    terminal.is_new = False
    await terminal.send(step.text, deadline)
    answer = Answer(step.text, terminal.prompt, terminal.echoes, doubles=terminal.doubles is True)
    answered = silent = named = False
    typed = 0  # how much had come when the user name was sent
    while True:
        shown = answer.shown()
        line = last_line(shown)
        asked = step.question is not None and asks(step.question, shown)
        asked = asked or (step.wants_password and _asks_secret(terminal, line))
        is_typed = named and not answered and b"\n" not in answer.data[typed:]  # a user name can look like a prompt
        if step.wants_password and not asked and not is_typed and _asks_user(terminal, line):
            if named or answered:
                terminal.reason = _said_no(shown, step.text, line)
                _not_entered(terminal, step.text)
            if not terminal.device.user:
                message = f"the device asks for a user name to enter {step.text!r}; set ansible_user"
                raise DeviceError("auth_failed", "auth", "no_user", message)
            named, typed = True, len(answer.data)
            await terminal.send(terminal.device.user, deadline)
        elif asked and not answered:
            answered = True
            secret = terminal.device.become_password if step.wants_password else step.answer
            if secret is None:
                message = f"the device asks for a password to enter {step.text!r}; set ansible_become_password"
                raise DeviceError("auth_failed", "auth", "no_become_password", message)
            if step.wants_password:
                await terminal.session.may_send_secret("enable")
                deadline = max(deadline, terminal.deadline())  # it can have waited for other devices
                terminal.sent = "enable password"
            terminal.gave_secret = True
            await terminal.send(secret, deadline)
            answer.forget()
        elif asked:
            terminal.reason = _said_no(shown, step.text, line)
            _not_entered(terminal, step.text)
        elif (
            (answered or silent or answer.echoed())
            and not is_typed
            and (
                answer.at_prompt()
                or terminal.may_be_prompt(shown, step.text)
                or (answered and silent and _may_be_new(line, shown))
            )
        ):
            old = terminal.prompt
            terminal.reason = _said_no(shown, step.text, line)
            if await _learn(terminal, answer, deadline):
                if (
                    answered
                    and step.wants_password
                    and terminal.prompt == old
                    and SAYS_NO.search(shown[-LONGEST_SAID:])
                ):
                    _not_entered(terminal, step.text)
                return
        chunk = await terminal.read(min(deadline, terminal.clock() + QUIET))
        silent = chunk is None
        if chunk == b"" or terminal.clock() >= deadline:
            terminal.no_prompt(chunk, answer.data)
        answer.data += chunk or b""


def _asks_secret(terminal: Terminal, line: str) -> bool:
    """Return whether the last line after a line that enters a mode asks for the secret of this mode."""
    return (
        asks_password(line, terminal.device.user, named=True) or _ASKS_SECRET.search(line[-LONGEST_PROMPT:]) is not None
    )


def _may_be_new(line: str, shown: str) -> bool:
    """Return whether the line after the password can be a prompt that has nothing of the one before it."""
    is_question = question_at_end(shown) is not None or asks_for(line)
    return bool(line) and not is_question and not SAYS_NO.search(line)


def _asks_user(terminal: Terminal, line: str) -> bool:
    return line != terminal.prompt.line and asks(ASKS_USER, line)


async def _learn(terminal: Terminal, answer: Answer, deadline: float) -> bool:
    """Return whether an empty line brings the line that is shown, and nothing else: it is the prompt now."""
    more = await terminal.read(terminal.clock())
    if more:
        answer.data += more
        return False
    answer.test(complete=True)
    await terminal.send("", deadline)
    while True:
        chunk = await terminal.read(min(deadline, terminal.clock() + QUIET))
        if chunk is None and terminal.clock() < deadline:
            return False
        answer.data += chunk or b""
        if not chunk or terminal.clock() >= deadline:
            terminal.no_prompt(chunk and None, answer.data)
        prompt = learned(answer.before(), bytes(answer.data[answer.tests[-1] :]))
        if prompt is not None:
            terminal.arrive(prompt, answer.shown())
            return True


def _not_entered(terminal: Terminal, what: str, check: str = "") -> NoReturn:
    """Fail, as the device is still in the mode before.

    :param check: what else to check, if it is not the password.
    """
    prompt = terminal.secrets.quoted(terminal.prompt.line)
    said = excerpt(terminal.secrets.quoted(terminal.reason))
    said = f"it said {said}, and " if said else ""
    if terminal.gave_secret:
        check = f"check ansible_become_password{f'; {check}' if check else ''}"
    else:
        check = check or f"it did not ask for a password; {_what_to_set(terminal)}"
    message = f"the device refused {what!r} ({said}it stays at {prompt!r}); {check}"
    raise DeviceError("auth_failed", "auth", "become_refused", message)


def _what_to_set(terminal: Terminal) -> str:
    if terminal.platform.name != LEARNED:
        return "check ansible_network_os and the user's rights"
    found, _certain = candidates(_prompt_of(terminal), f"{terminal.said}\n{terminal.reason}")
    named = f" (it can be {', '.join(found[:MOST_NAMED])} or another one)" if found else ""
    return f"set ansible_network_os{named}, or ansible_become: false if the device has no such mode"


def _prompt_of(terminal: Terminal) -> str:
    return "\n".join((*terminal.prompt.context, terminal.prompt.line))


def _said_no(shown: str, line: str, prompt: str) -> str:
    """Return the line with which a device refused to enter a mode; empty if there is none."""
    lines = [each.strip() for each in shown.split("\n")[:-1]]
    lines = [each for each in lines if each not in ("", line, prompt) and not asks(ASKS_PASSWORD, each)]
    return next(filter(SAYS_NO.search, lines), lines[-1] if lines else "")
