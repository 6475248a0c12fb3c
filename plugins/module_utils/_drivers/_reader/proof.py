# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a prompt ends an answer. An empty line proves it: its output follows everything that was sent before."""

from __future__ import annotations

from dataclasses import replace

from ..text import last_line
from .answer import Answer, End, is_idle
from .prompt import block, is_unfinished, learned
from .questions import may_ask
from .terminal import QUIET, SETTLE, Terminal


def patience(terminal: Terminal, answer: Answer) -> float:
    """Return after how much silence a test has brought all that it brings.

    What came can also be the rest of the answer, which the device sent before it got the empty line.
    """
    if not answer.tests:
        return SETTLE
    return answer.patience + 2 * terminal.slowest + (SETTLE if is_idle(answer.brought(), answer.prompt) else QUIET)


def is_at_prompt(terminal: Terminal, answer: Answer) -> bool:
    return answer.at_prompt() and (terminal.echoes is False or answer.echoed())


def is_uncertain(terminal: Terminal, answer: Answer) -> bool:
    """Return whether an empty line must prove a prompt that has come."""
    if terminal.echoes is False or answer.has_doubtful_page():
        return True
    return not answer.prompt.is_whole(answer.shown()) or answer.prompt.may_have_grown(answer.shown())


def is_proven(answer: Answer, *, settled: bool) -> bool:
    """Return whether the last test brought a prompt.

    :param settled: nothing more comes.
    """
    brought = answer.brought()
    if not settled and answer.echo.found and "\n" not in brought:
        return False  # a device that echoes shows the line end first: this can be the rest of the answer
    if not settled and answer.line_ended and answer.has_doubtful_page():
        return False  # the line ends that were keys can bring prompts, too
    if not settled and (answer.prompts() < len(answer.tests) or is_unfinished(answer.data)):
        return False  # another prompt, or the rest of this one, comes
    if not settled and answer.prompt.copies > 1 and not answer.prompt.is_whole(brought):
        return False  # the same line comes once more
    if not settled and not answer.was_complete and answer.had_prompt():
        return False  # the prompt before it can be text, and this one the end: then another one comes
    # A message can follow the prompt each time.
    has_prompt = answer.prompt.start(brought) is not None or (
        is_idle(brought, answer.prompt) and any(map(answer.prompt.is_alone, block(brought)))
    )
    is_other = answer.prompt.start(brought) is not None and not answer.prompt.is_whole(brought)
    if not has_prompt or is_other or (settled and answer.prompt.may_have_grown(brought)):
        prompt = learned(answer.before(), bytes(answer.data[answer.tests[-1] :]))
        # A text can quote the prompt, and have the same line before it as at its end.
        if prompt is not None and not answer.prompt.has_text_above(prompt):
            answer.prompt, answer.tests, answer.resumed = prompt, answer.tests[-1:], False
            return True
        if not has_prompt:
            return False
    is_clean = all(answer.prompt.is_alone(line) or line in answer.prompt.context for line in block(brought))
    if not is_clean and not (settled and (answer.was_complete or is_idle(brought, answer.prompt))):
        return False  # the device was not at its prompt: another test must bring nothing but it
    if answer.changed and is_clean and len(answer.tests) == 1:
        return settled and _has_changed(answer)
    prompts, tests = answer.prompts(), len(answer.tests)
    if not is_clean or tests > 1 or prompts > 1:
        answer.resumed = prompts > tests or (prompts == tests and not answer.had_prompt())
        answer.eaten = prompts < tests
        answer.unclear = prompts == tests and answer.was_complete and not is_idle(brought, answer.prompt)
    return True


def _has_changed(answer: Answer) -> bool:
    """Note that the line before the test was a prompt of its own, as with the status of each command in it, if the
    empty line brought one prompt. If it brought two, the line was text, and the first one ended it."""
    answer.resumed = answer.prompts() > 1
    if not answer.resumed:
        answer.last_prompt = replace(answer.prompt, line=answer.changed, counts=False, drawn=False, raw=b"")
        if answer.prompt.changes_to(answer.changed):
            answer.prompt = replace(answer.prompt, counts=True)
    return True


def proven(terminal: Terminal, answer: Answer) -> End:
    """Return how a proven answer ended. Nothing is known about it if its echo did not come, or came again, or if
    something else than the prompt took an empty line."""
    echoed, old = answer.echoed(), terminal.prompt.line
    if terminal.echoes is False and answer.unclear:
        return "lost"
    terminal.arrive(answer.prompt, answer.shown())
    if (terminal.echoes and not echoed) or answer.eaten or (answer.resumed and answer.echoed_again()):
        return "lost"
    if answer.tests and not answer.resumed and not is_idle(answer.after_tests(), answer.prompt):
        return "lost"  # this text would be cut off
    if answer.tests and answer.paged_after_test():
        return "lost"
    if (answer.has_doubtful_page() or answer.has_key_left()) and not answer.settle_pages():
        return "lost"
    terminal.echoes = echoed if echoed or answer.prompt.line == old else None
    return "prompt"


def is_doubtful(terminal: Terminal, answer: Answer) -> bool:
    """Return whether a silent device may be at its prompt. Otherwise an empty line could answer a question."""
    if answer.tests and len(answer.data) <= answer.tests[-1]:
        return False  # it has not answered the last test
    if answer.waits_for_page() and not answer.at_prompt():
        return False  # the empty line would be a key of the pager
    shown = answer.shown()
    if answer.at_prompt() or terminal.may_be_prompt(shown, answer.line, len(answer.tests)):
        return True
    lines = shown.split("\n")
    place = next((place for place in reversed(range(len(lines))) if terminal.prompt.is_alone(lines[place])), None)
    if place is None:
        return False
    after = lines[place + 1 :]  # printed after the prompt
    if is_idle("\n".join(after), terminal.prompt):
        return True
    return not after[-1].strip() and not any(map(may_ask, after))


async def send_test(terminal: Terminal, answer: Answer, deadline: float) -> None:
    shown = answer.shown()
    is_complete = is_at_prompt(terminal, answer)
    is_changed = not answer.at_prompt() and terminal.may_be_prompt(shown, answer.line)
    answer.test(complete=is_complete, changed=last_line(shown) if is_changed else "")
    answer.earliest = terminal.clock() + terminal.fastest / 2
    await terminal.try_to_send("", deadline)
