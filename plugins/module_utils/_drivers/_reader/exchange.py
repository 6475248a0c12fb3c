# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send a line and book what comes: before the echo of the line on the answer before it, after it on its own.

An answer is complete if the echo of its command and the following prompt were received. If the end is uncertain (the
prompt changed, a log line was printed after it, the device does not echo), an empty line is sent.
"""

from __future__ import annotations

import asyncio
from typing import TypeVar

from ..._device import Command
from ..._pieces import PIECE, Work, finish
from ..._result import DeviceError, Output
from ..read_only import only_reads
from .answer import Answer, End, is_idle, rendered, text_of
from .judging import HUNG, judge, lose
from .prompt import Prompt
from .receive import receive
from .terminal import LONGEST_LOGIN, SETTLE, SLOW, Terminal

LONGEST_LEAVE = 10.0  # seconds in which a device must echo the logout line

T = TypeVar("T")


async def ask(terminal: Terminal, command: Command, output: Output, *, prove: bool = False) -> None:
    """Send a command and fill in its output and status.

    :param prove: prove the end of the answer now, because no other command will.
    """
    began = terminal.clock()
    try:
        previous = terminal.previous
        text_before = previous[1].text if previous is not None else ""
        answer, end = await exchange(terminal, command, terminal.deadline(), prove=prove)
        if end == "prompt" and (place := answer.second_echo()) is not None:
            answer, end = await _ask_again(terminal, command, answer, place, previous)
        elif end == "prompt" and previous is not None and answer.follows_unknown_text():
            answer, end = await _compare(terminal, command, answer, previous[1])
        elif end == "prompt" and terminal.doubles is None:
            terminal.doubles = False
        elif end != "prompt" and previous is not None and _is_in_doubt(answer):
            lose(previous[1])
        output.text = await text_in(terminal, answer, end)
        if end == "prompt" and (answer.is_cut_too_late(output.text) or answer.has_paged_at_prompt()):
            end = "lost"
        if end == "prompt" and terminal.echoes is False and _is_mixed(output.text, command.text, terminal.prompt):
            end = "lost"  # one of them was in the previous answer, and was taken for its end
            if previous is not None:
                lose(previous[1])
    except DeviceError as error:
        output.status, output.error = "failed", error.error
    else:
        output.status, output.error = judge(terminal, output.text, end, answer)
        terminal.previous = (answer, output)
        terminal.older = previous[1] if previous is not None else None
        if previous is not None and previous[1].text != text_before:
            await _prove_text(terminal, *previous, is_late=True)
        await _prove_text(terminal, answer, output)
    output.seconds = terminal.clock() - began


async def _ask_again(
    terminal: Terminal, command: Command, answer: Answer, place: int, previous: tuple[Answer, Output] | None
) -> tuple[Answer, End]:
    """Find out what an answer is that has the prompt and its own command in it.

    Either it quotes them, or the device showed them again after a message, or the previous answer went on with a line
    that was taken for the echo, and then the command came. It is sent again from a prompt that is proven.
    """
    if not only_reads(terminal.device, command):
        if previous is not None:
            lose(previous[1])
        return answer, "lost"
    if terminal.doubles is None and previous is None and answer.echo.start == 0 and place == answer.echo.end:
        terminal.show_twice()
    again, end = await exchange(terminal, command, terminal.deadline(), prove=True)
    terminal.doubles = terminal.doubles is True and again.echo.doubled
    if previous is None:
        return again, end
    if end != "prompt":
        lose(previous[1])
    elif again.second_echo() is None and not await _complete(terminal, *previous, bytes(answer.data[:place])):
        return again, "lost"
    return again, end


async def _compare(terminal: Terminal, command: Command, answer: Answer, before: Output) -> tuple[Answer, End]:
    """Find out whether a text before the echo is a message that is not known, or belongs to the previous answer.

    Then what was taken for the echo can belong to it too. The command is sent again: the same answer proves that it
    was the echo.
    """
    if not only_reads(terminal.device, command):
        lose(before)
        return answer, "lost"
    again, end = await exchange(terminal, command, terminal.deadline(), prove=True)
    is_paged = bool(answer.pagers) == bool(again.pagers)  # else the pager was that of the answer before
    if (
        end != "prompt"
        or again.late()
        or not is_paged
        or await text_in(terminal, again, end) != await text_in(terminal, answer, end)
    ):
        lose(before)
        if again.second_echo() is not None:  # it has both answers to the command in it
            return again, "lost"
    return again, end


async def _prove_text(terminal: Terminal, answer: Answer, output: Output, *, is_late: bool = False) -> None:
    """Find out whether a prompt in the text of an answer is text. The device can also have printed a message that is
    not known, and its prompt again.

    The command is sent again, and the device gets more time at its prompt than it needed between two parts of an answer
    so far. If this one has no such prompt, the first one had a message in it. Else the same lines must follow the
    prompts, as a text that quotes them has them again. If the command may change something, the text stays as it is.

    :param is_late: a part of the text came after the next command was sent, or something else than the prompt after it.
    """
    command = terminal.command_of(answer.line)
    quotes = set(answer.prompt.quotes(output.text))
    is_late = is_late or answer.hides_prompt()
    if output.status != "ok" or not (quotes or is_late) or command is None or not only_reads(terminal.device, command):
        return
    last = terminal.previous
    patience = min(SETTLE + terminal.pause, terminal.device.command_timeout / 4)
    again, end = await exchange(terminal, command, terminal.deadline(), prove=True, patience=patience)
    text = await text_in(terminal, again, end)
    left = set(again.prompt.quotes(text))
    is_same = left == quotes and not is_late
    if end != "prompt" or not left <= quotes or (not is_same and again.second_echo() is not None):
        lose(output)
        return
    if not is_same:
        output.text = text
        output.status, output.error = judge(terminal, text, end, again)
    terminal.older = last[1] if last is not None and last[1] is not output else terminal.older
    terminal.previous = (again, output)


async def exchange(
    terminal: Terminal, command: Command, deadline: float, *, prove: bool = False, patience: float = 0.0
) -> tuple[Answer, End]:
    """Send a line. Return what came after it, and how it ended.

    :param patience: seconds of silence after a proof, besides those of a round trip.
    """
    answer = Answer(command.text, terminal.prompt, terminal.echoes, doubles=terminal.doubles is True)
    answer.patience = patience
    answer.data += await terminal.read(terminal.clock()) or b""
    await terminal.send(command.text, deadline)
    end = await receive(terminal, answer, command, deadline, prove=prove)
    return answer, await _book(terminal, answer, end)


async def _book(terminal: Terminal, answer: Answer, end: End) -> End:
    """Complete the previous answer with what came before the echo of this one, and return the end of this one.

    If the previous one cannot be completed, the echo can be a text in it, so that both are lost.
    """
    previous, terminal.previous = terminal.previous, None
    late = b""
    if answer.echoed():
        terminal.echoes = True
        late = answer.late(redraws=terminal.redraws is not False)
        if previous is not None and not late and _may_be_text(terminal, previous[0], answer):
            lose(previous[1])
        if terminal.redraws is None:
            terminal.redraws = answer.is_redrawn()
        is_unclear = answer.echo.is_unclear or (bool(late) and answer.has_pager_before_echo())
        if is_unclear or (
            previous is not None and (answer.is_begun_before() if late else answer.shows_text_at_prompt())
        ):
            end = "lost"
    elif terminal.echoes and end != "prompt" and not is_idle(rendered(answer.data), answer.prompt):
        end = "lost"
    if previous is None:
        return end
    if end == "lost":
        lose(previous[1])
    elif end == "timeout" and not answer.data and previous[1].status == "ok":
        lose(previous[1], HUNG)  # what looked like its end can be a text, where the device has hung
    elif end == "closed" and not answer.echoed() and terminal.echoes and previous[1].status == "ok":
        previous[1].status, previous[1].error = judge(terminal, previous[1].text, end, previous[0])
    elif late and not await _complete(terminal, *previous, late):
        return "lost"
    return end


def _may_be_text(terminal: Terminal, before: Answer, answer: Answer) -> bool:
    """Return whether what came before the echo can be text, although it is only a message and the prompt.

    The prompt before it ended a line of the answer, which can quote it.
    """
    if before.tests or not answer.is_shown_again() or not before.ends_within_line():
        return False
    return terminal.redraws is None or not answer.is_redrawn()


async def _complete(terminal: Terminal, before: Answer, output: Output, late: bytes) -> bool:
    """Add the rest of an answer, which came late. Return False if it is not certain that it is the rest of this one."""
    if before.tests:  # a prompt in its text was taken for the reply to the empty line
        lose(output)
        return False
    # The device showed its prompt before the answer: it can be the one of any command.
    is_late = not output.text and late[:1] in b"\r\n"
    before.data += late + before.prompt.line.encode("utf-8", "surrogateescape")
    if before.second_echo() is not None or is_late:
        # Its own echo came late: what was taken for it belongs to another one.
        lose(output)
        if terminal.older is not None:
            lose(terminal.older)
        return False
    output.text = await text_in(terminal, before, "prompt")
    output.status, output.error = judge(terminal, output.text, "prompt", before)
    if output.error is not None and terminal.older is not None:
        lose(terminal.older)  # a pager of this one can have taken a part of the command that was rejected
    return True


async def text_in(terminal: Terminal, answer: Answer, end: End) -> str:
    work = text_of(answer, complete=end == "prompt", secrets=terminal.secrets)
    return finish(work) if len(answer.data) <= PIECE else await _in_pieces(work)


async def leave(terminal: Terminal, outputs: dict[str, Output]) -> None:
    """Send the logout line, so that the device frees its line at once, and read until it closes the session.

    What comes before the echo of this line, or behind a prompt after it, shows that the answers were not complete.
    Some devices close the session before they echo this line. So it must bring nothing but the prompt to end a line
    before it.
    """
    line = terminal.platform.on_close
    if not line:
        return
    previous = terminal.previous
    if terminal.echoes and previous is not None and not await _is_at_prompt(terminal, previous, outputs):
        return
    answer = Answer(line, terminal.prompt, terminal.echoes, doubles=terminal.doubles is True)
    await terminal.try_to_send(line, terminal.clock() + SETTLE)
    deadline = min(terminal.deadline(), terminal.clock() + LONGEST_LEAVE)
    chunk: bytes | None = b" "
    while chunk and len(answer.data) < LONGEST_LOGIN:
        silent = SLOW if answer.echoed() or not terminal.echoes else LONGEST_LEAVE
        chunk = await terminal.read(min(deadline, terminal.clock() + silent))
        answer.data += chunk or b""
    went_on = terminal.echoes is False and answer.shows_prompt()
    if terminal.previous is not None and (went_on or answer.late(redraws=terminal.redraws is not False)):
        lose(terminal.previous[1])
    if answer.repeats((*outputs, line)) or (chunk == b"" and answer.goes_on()):
        _lose_all(outputs)


async def _is_at_prompt(terminal: Terminal, previous: tuple[Answer, Output], outputs: dict[str, Output]) -> bool:
    """End a line after the last answer. Return False if the session has ended.

    If this brings something else than the prompt, the last command is sent again. All outputs fail if what comes then
    cannot be assigned either.
    """
    before, last = previous
    deadline = min(terminal.deadline(), terminal.clock() + LONGEST_LEAVE)
    answer = Answer("", terminal.prompt, terminal.echoes)
    await terminal.try_to_send("", deadline)
    end = await receive(terminal, answer, Command(""), deadline, prove=False)
    if end == "closed":
        last.status, last.error = judge(terminal, last.text, end, answer)
    elif end != "prompt" or answer.repeats(outputs):
        _lose_all(outputs)
    elif not is_idle(rendered(answer.data), answer.prompt):
        await _prove_text(terminal, before, last, is_late=True)
        if last.status != "ok" or terminal.previous == (before, last):
            _lose_all(outputs)
    return end != "closed"


def _lose_all(outputs: dict[str, Output]) -> None:
    for output in outputs.values():
        lose(output)


def _is_in_doubt(answer: Answer) -> bool:
    """Return whether what was taken for the echo can be a text of the answer before. It cannot be found out if this
    answer has no end."""
    return answer.follows_unknown_text() or answer.second_echo() is not None


def _is_mixed(text: str, command: str, prompt: Prompt) -> bool:
    """Return whether the text of a device that does not echo holds what is no part of an answer.

    It begins with the prompt or the command, or a line begins with two prompts, as the device has not echoed the line
    ends that were typed there. A device can also echo, and have printed a message within its first echo.
    """
    first = text.lstrip().partition("\n")[0].strip()
    if first == command.strip() or first.startswith(prompt.line):
        return True
    starts = (line[len(prompt.line) :].lstrip() for line in text.split("\n") if line.startswith(prompt.line))
    return prompt.line in text and any(rest.startswith(prompt.line) for rest in starts)


async def _in_pieces(work: Work[T]) -> T:
    """Do the work, and let other devices work between its pieces."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: T = done.value
            return result
        await asyncio.sleep(0)
