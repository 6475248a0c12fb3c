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
_WORDS = r"passw(?:or)?d|passwort|kennwort|mot de passe|contrase\S+|senha|парол\S+|密码|密碼|パスワード|암호"
# A question for a password ends with the word, or with the name of the user.
_PASSWORD = re.compile(rf"(?:{_WORDS})(?:\s+(?:for|of|de|f.r)\s+(?P<user>\S{{1,80}}?))?\s*[:>?]?\s*\Z", re.IGNORECASE)
_OF_USER = re.compile(r"(?P<user>\S{1,80})'s\s+\S+\s*[:>]?\s*\Z", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:new|old|current|again|confirm|retype|re-?enter|repeat|change|hint|enable)\b"
    r"|\b(?:neu|alt|aktuell|bestätig|wiederhol|nouve|ancien|actuel|confirm|répét|nuev|anterior|repit|nov|atual|repet)"
    r"|\b(?:нов|стар|текущ|повтор|подтвер)|[新旧舊古]|确认|確認|再次",
    re.IGNORECASE,
)
_CONSENT = re.compile(r"(?:accept|acknowledge|agree|consent)[^\n]{0,200}\(?y(?:es)?[/|]n(?:o)?\)?", re.IGNORECASE)


class Answers:
    """Answers each kind of question once for one login. A question that is none of them is not answered.

    :param code: returns a one-time code for a question, or None if there is none.
    """

    def __init__(self, user: str | None, password: str | None, code: Callable[[str], Awaitable[str | None]]) -> None:
        self.problem = ""  # why a question was not answered, as a part of a sentence
        self.advice = ""  # the end of the sentence, which has no text of the device
        self._user = (user or "").lower()
        self._password = password
        self._code = code
        self._rounds = 0
        self._sent: set[str] = set()

    @property
    def has_sent_password(self) -> bool:
        return "password" in self._sent

    @property
    def has_sent_code(self) -> bool:
        return "code" in self._sent

    async def to(self, prompts: Sequence[tuple[str, bool]]) -> list[str] | None:
        """Return the answers to the prompts of one round, or None to give up."""
        self._rounds += 1
        if self._rounds > MOST_ROUNDS:
            self.problem = f"it asked more than {MOST_ROUNDS} times"
            return None
        answers = []
        for prompt, echo in prompts:
            answer = await self._one(prompt[-LONGEST:], echo)
            if answer is None:
                return None
            answers.append(answer)
        return answers

    def _is_for_password(self, prompt: str, echo: bool) -> bool:
        """Return whether the password of the user is asked for, and nothing else."""
        asked = None if echo or _OTHER.search(prompt) else _PASSWORD.search(prompt)
        if asked is None:
            return False
        named = asked["user"] or ((found := _OF_USER.search(prompt)) and found["user"])
        return not named or named.lower().partition("@")[0] == self._user.partition("@")[0]

    async def _one(self, prompt: str, echo: bool) -> str | None:
        shown = repr(" ".join(prompt.split()))
        kind, answer = "", None
        if _CONSENT.search(prompt):
            kind, answer = "consent", "yes"
        elif _CODE.search(prompt):
            kind = "code"
        elif self._is_for_password(prompt, echo):
            kind, answer = "password", self._password
        if kind in self._sent:
            self.problem = f"it asked {shown} again"
            self.advice = self._not_accepted(kind)
            return None
        if kind == "code":
            answer = await self._code(prompt)
        if answer is None:
            known = {
                "code": "set rollcall_otp_command, or run ansible-playbook at a terminal",
                "password": "set ansible_password",
            }
            self.problem = f"it asked {shown}"
            self.advice = f"; {known.get(kind, 'this question cannot be answered')}"
            return None
        self._sent.add(kind)
        return answer

    def _not_accepted(self, kind: str) -> str:
        """What a question that is asked again means. Many servers begin again with the first one."""
        if self._sent >= {"code", "password"}:
            return "; the password or the one-time code was not accepted"
        hint = {"password": "; check user and password", "code": "; the one-time code was not accepted"}
        return hint.get(kind, "")
