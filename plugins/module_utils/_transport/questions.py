# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answer the questions of keyboard-interactive authentication."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence

LONGEST = 300  # characters of a question that are examined
MOST_ROUNDS = 20

_CODE = re.compile(
    r"one[- ]time|\botp\b|passcode|verification|token|authenticator|two-factor|2fa|\bcode\b|\bpin\b|duo|challenge",
    re.IGNORECASE,
)
_PASSWORD = re.compile(
    r"passw(?:or)?d|passwort|kennwort|mot de passe|contrase|password|senha|парол|密码|密碼|パスワード|암호",
    re.IGNORECASE,
)
_CONSENT = re.compile(r"(?:accept|acknowledge|agree|consent)[^\n]{0,200}\(?y(?:es)?[/|]n(?:o)?\)?", re.IGNORECASE)


class Answers:
    """Answers each kind of question once for one login. A question that is none of them is not answered.

    :param code: returns a one-time code for a question, or None if there is none.
    """

    def __init__(self, password: str | None, code: Callable[[str], Awaitable[str | None]]) -> None:
        self.problem = ""  # why a question was not answered, as a part of a sentence
        self._password = password
        self._code = code
        self._rounds = 0
        self._sent: set[str] = set()

    @property
    def has_sent_password(self) -> bool:
        return "password" in self._sent

    async def to(self, prompts: Sequence[tuple[str, bool]]) -> list[str] | None:
        """Return the answers to the prompts of one round, or None to give up."""
        self._rounds += 1
        if self._rounds > MOST_ROUNDS:
            self.problem = f"it asked more than {MOST_ROUNDS} times"
            return None
        answers = []
        for prompt, _echo in prompts:
            answer = await self._one(prompt[:LONGEST])
            if answer is None:
                return None
            answers.append(answer)
        return answers

    async def _one(self, prompt: str) -> str | None:
        shown = repr(" ".join(prompt.split()))
        kind, answer = "", None
        if _CONSENT.search(prompt):
            kind, answer = "consent", "yes"
        elif _CODE.search(prompt):
            kind = "code"
        elif _PASSWORD.search(prompt):
            kind, answer = "password", self._password
        if kind in self._sent:
            self.problem = f"it asked {shown} again"
            return None
        if kind == "code":
            answer = await self._code(prompt)
        if answer is None:
            known = {"code": "set rollcall_otp_command", "password": "set ansible_password"}
            self.problem = f"it asked {shown}; {known.get(kind, 'this question cannot be answered')}"
            return None
        self._sent.add(kind)
        return answer
