# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read until an answer is complete. Answer pagers and the questions that are expected on the way."""

from __future__ import annotations

from ..._device import Command
from ..text import last_line
from .answer import Answer, End, rendered
from .pagers import Pager, pager_at_end
from .proof import is_at_prompt, is_doubtful, is_proven, is_uncertain, patience, proven, send_test
from .questions import MOST_ANSWERS, answer_for, asks_for, question_at_end
from .terminal import QUIET, SETTLE, Terminal

MOST_TESTS = 5  # empty lines sent for one answer


async def receive(terminal: Terminal, answer: Answer, command: Command, deadline: float, *, prove: bool) -> End:
    """Read until the answer is complete, or cannot be completed."""
    tests = MOST_TESTS
    said = b""  # what the device said to a reply
    last = came = began = terminal.clock()  # when something came or was sent, and when something came
    checked = 0.0  # seconds of silence after which the end was looked at
    while True:
        wait = patience(terminal, answer)
        checks = [each for each in (SETTLE, wait, max(wait, QUIET)) if each > checked]
        chunk = said or await terminal.read(min(deadline, last + checks[0]) if checks else deadline)
        said = b""
        if chunk == b"":
            is_answered = not answer.tests or len(answer.data) > answer.tests[-1]
            is_over = is_answered and is_at_prompt(terminal, answer) and not answer.has_doubtful_page()
            return "prompt" if is_over else "closed"
        if chunk:
            answer.data += chunk
            if not answer.tests and answer.line and answer.echoed():
                terminal.fastest = min(terminal.fastest, terminal.clock() - began)
            terminal.pause, came = max(terminal.pause, terminal.clock() - came), terminal.clock()
            end = await _arrived(terminal, answer, deadline)
            last, checked = terminal.clock(), 0.0
            if end is not None and (end != "prompt" or answer.tests or not (prove or is_uncertain(terminal, answer))):
                return end
            if end is not None:
                tests -= 1
                await send_test(terminal, answer, deadline)
            continue
        if terminal.clock() >= deadline:
            if answer.tests and answer.was_complete:
                return "unproven"
            return "question" if checked >= QUIET and _waits(answer) else "timeout"
        checked = checks[0]
        if answer.tests and checked >= wait and is_proven(answer, settled=True):
            return proven(terminal, answer)
        if len(answer.data) <= answer.echo.end:
            continue
        reply = _expected(terminal, answer, command, checked) if answer.echoed() or terminal.echoes is False else None
        if reply is not None and answer.replies == MOST_ANSWERS:
            return "question"
        if reply is not None:
            answer.replies += 1
            answer.asked()
            said = await _say(terminal, *reply, deadline)
            last, checked = terminal.clock(), 0.0
        elif checked < QUIET:
            continue
        elif answer.other_key and answer.waits_for_page() and not answer.at_prompt():
            await terminal.try_to_send(answer.other_key, deadline, newline=False)
            answer.other_key = ""
            last, checked = terminal.clock(), 0.0
        elif not answer.erased and answer.has_key_at_prompt():
            answer.erased += 1
            await terminal.try_to_send("\b", deadline, newline=False)
            last, checked = terminal.clock(), 0.0
        elif question_at_end(answer.shown()) is not None:
            return "question"
        elif tests and is_doubtful(terminal, answer):
            tests -= 1
            await send_test(terminal, answer, deadline)
            last, checked = terminal.clock(), 0.0


async def _arrived(terminal: Terminal, answer: Answer, deadline: float) -> End | None:
    """Look at the end of what has come. Answer pagers and expected questions."""
    length = 0
    while len(answer.data) != length:  # until nothing more has come
        length = len(answer.data)
        if length > terminal.device.max_output:
            del answer.data[terminal.device.max_output :]
            return "cut"
        if answer.tests:
            is_early = answer.patience or terminal.clock() < answer.earliest
            if not is_early and is_proven(answer, settled=False) and not await terminal.more(answer):
                return proven(terminal, answer)
        elif is_at_prompt(terminal, answer):
            if not await terminal.more(answer):
                return "prompt"
        elif (
            (pager := pager_at_end(answer.tail()))
            and answer.may_be_paged(pager)
            # A text can quote a pager's prompt, and a packet can end there.
            and not await terminal.more(answer, _hesitation(pager, answer))
            and answer.paged(pager.size, key := _key(terminal, answer, pager))
        ):
            answer.other_key = "" if key == pager.answer else pager.answer
            await terminal.try_to_send(key, deadline, newline=False)
    return None


def _waits(answer: Answer) -> bool:
    """Return whether the line that a device shows until the time is over asks for something, or for a key that was not
    sent."""
    line = last_line(answer.asks())
    asks_for_key = pager_at_end(answer.tail()) is not None and not answer.waits_for_page()
    return asks_for_key or (asks_for(line) and any(mark in line for mark in "?:>])"))


def _expected(terminal: Terminal, answer: Answer, command: Command, silent: float) -> tuple[str, bool] | None:
    """Return the reply to the question that ends the answer, if it is expected, and whether it is only a key."""
    reply = answer_for(command, answer.shown())
    if reply is not None and (silent >= QUIET or question_at_end(answer.shown()) is not None):
        # Otherwise the line may be a part of a text that holds the words of the question.
        return reply.text, reply.is_key
    dialog = terminal.dialog(answer.shown(), "command")
    return None if dialog is None else (dialog.answer or "", dialog.is_key)


async def _say(terminal: Terminal, reply: str, is_key: bool, deadline: float) -> bytes:
    """Send a reply. Return what came then, up to the end of a line, without the echo of the reply.

    The line end is sent at once or not at all: later, it could answer the next question.
    """
    said = bytearray()
    await terminal.try_to_send(reply, deadline, newline=not is_key)
    while b"\n" not in said:
        chunk = await terminal.read(min(deadline, terminal.clock() + QUIET))
        said += chunk or b""
        if not chunk or terminal.clock() >= deadline:
            break
    end = said.find(b"\n") + 1
    if rendered(said[:end]).strip() == reply.strip():
        del said[:end]
    return bytes(said)


def _key(terminal: Terminal, answer: Answer, pager: Pager) -> str:
    """Return the key that answers a pager.

    A line end brings another prompt if the text only quotes a pager. A device that does not echo does not show another
    key, so that it gets this one at the first prompt of a pager.
    """
    return (
        "\n" if terminal.echoes is False and pager.answer == " " and not answer.has_paged(pager.size) else pager.answer
    )


def _hesitation(pager: Pager, answer: Answer) -> float:
    """Return after how much silence a prompt of a pager is answered. A pager that was seen is answered at once."""
    seen = answer.has_paged(pager.size)
    if pager.sure:
        return 0.0 if seen else SETTLE
    return SETTLE if seen else QUIET
