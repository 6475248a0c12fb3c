# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the end of an answer, and a text of rejection in it, become its status and error."""

from __future__ import annotations

from ..._result import CommandStatus, Error, Output
from ..text import excerpt, last_line
from .answer import Answer, End
from .questions import question_at_end, unexpected
from .rejections import rejection_in
from .terminal import Terminal

LOST = (
    "the device sent text that cannot be assigned to one command, so that the end of this answer is not known; ask the "
    "device again"
)
HUNG = (
    "the device sent nothing after the next command, so that the end of this answer is not proven; ask the device again"
)


def judge(terminal: Terminal, text: str, end: End, answer: Answer) -> tuple[CommandStatus, Error | None]:
    if end == "closed":
        message = f"{terminal.closed()} during its answer; received {len(text)} characters{terminal.why()}"
        return "failed", Error("command", "session_closed", message)
    if end == "cut":
        message = (
            f"the answer is longer than max_output ({terminal.device.max_output:,} bytes) and was cut; "
            "raise max_output, or send a command with a shorter answer"
        )
        return "failed", Error("command", "max_output", message)
    if end == "timeout":
        kind, limit = _limit(terminal)
        seen = excerpt(terminal.secrets.quoted(answer.shown())) or "(nothing)"
        message = (
            f"no prompt within {limit}; received {len(text)} characters, last line: {seen}; raise it if the "
            "command is slow, and see docs/questions.md if this line waits for a key"
        )
        return "timeout", Error("command", kind, message)
    if end == "unproven":
        kind, limit = _limit(terminal)
        message = (
            f"the answer seems complete, but the device did not show its prompt again within {limit}, after an empty "
            f"line that proves it; received {len(text)} characters; raise it if the device is slow"
        )
        return "timeout", Error("command", kind, message)
    if end == "question":
        question = terminal.secrets.quoted(question_at_end(answer.asks()) or last_line(answer.asks()))
        command = terminal.command_of(answer.line)
        return "failed", unexpected(
            question,
            terminal.secrets.quoted(answer.line),
            answers=answer.replies,
            has_answers=command is not None and bool(command.answers),
        )
    if end == "lost":
        return "failed", Error("command", "desynchronised", LOST)
    rejection = rejection_in(text, answer.line, terminal.platform.failures)
    if rejection:
        return "failed", Error(
            "command",
            "rejected",
            f"the device rejected the command: {terminal.secrets.quoted(rejection).rstrip('.')}; check its "
            "spelling and the user's rights",
        )
    return "ok", None


def _limit(terminal: Terminal) -> tuple[str, str]:
    """Return the kind of the error and the name of the limit that was reached."""
    usual = ("timeout", f"command_timeout ({terminal.device.command_timeout:g} s)")
    return terminal.session.limit if terminal.is_over() else usual


def lose(output: Output, message: str = LOST) -> None:
    output.status, output.error = "failed", Error("command", "desynchronised", message)
