# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which question of keyboard-interactive authentication gets which answer."""

from __future__ import annotations

import asyncio

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._transport.questions import MOST_ROUNDS, Answers

USER, PASSWORD, CODE = "admin", "correct-horse", "424242"
Prompt = tuple[str, bool]


def answers(*, user: str | None = USER, password: str | None = PASSWORD, code: str | None = CODE) -> Answers:
    async def give_code(_prompt: str) -> str | None:
        return code

    return Answers(user, password, give_code)


def ask(given: Answers, *prompts: str, echo: bool = False) -> list[str] | None:
    return asyncio.run(given.to([(prompt, echo) for prompt in prompts]))


FOR_PASSWORD = [
    "Password: ",
    "password:",
    "Password",
    "PASSWORD? ",
    "Password> ",
    "Passwd: ",
    "Enter password: ",
    "Please enter your password:",
    "TACACS+ Password: ",
    "Welcome.\r\nAll use is monitored.\r\n\r\nPassword: ",
    "(admin@box) Password: ",
    "admin@box's password: ",
    "ADMIN@192.0.2.1's password:",
    "Password for admin: ",
    "Password for admin@box:",
    "(admin@box) Password for admin: ",
    "Passwort: ",
    "Kennwort: ",
    "Passwort für admin: ",
    "Passwort f\ufffdr admin: ",
    "Mot de passe : ",
    "Mot de passe de admin : ",
    "Contraseña: ",
    "Contrase\ufffda: ",
    "Senha: ",
    "Пароль: ",
    "密码:",
    "パスワード: ",
]


@pytest.mark.parametrize("prompt", FOR_PASSWORD)
def test_the_password_is_the_answer_to_a_question_for_it(prompt: str) -> None:
    given = answers()
    assert ask(given, prompt) == [PASSWORD]
    assert given.has_sent_password


NOT_FOR_PASSWORD = [
    "Is your password safe? (yes/no)",
    "Enter new password:",
    "New password: ",
    "Old password: ",
    "Current password: ",
    "(current) UNIX password: ",
    "Retype password: ",
    "Password again: ",
    "Confirm password: ",
    "Enable password: ",
    "Your password has expired. Change your password: ",
    "Tell me your email password hint or username:",
    "Password hint: ",
    "Enter the password of domain admin root@evil:",
    "root@box's password: ",
    "Password for root: ",
    "Password for root@admin: ",
    "Password of administrator: ",
    "Re-enter password: ",
    "Reenter password: ",
    "Neues Passwort: ",
    "Altes Kennwort: ",
    "Passwort wiederholen, Passwort: ",
    "Nouveau mot de passe : ",
    "Nueva contraseña: ",
    "Nova senha: ",
    "Новый пароль: ",
    "新密码:",
    "确认密码:",
    "新しいパスワード: ",
    "Your password was changed yesterday. Continue? ",
    "Username: ",
    "Login: ",
    "Press Enter to continue",
    "",
]


@pytest.mark.parametrize("prompt", NOT_FOR_PASSWORD)
def test_the_password_is_not_the_answer_to_another_question(prompt: str) -> None:
    given = answers()
    assert ask(given, prompt) is None
    assert not given.has_sent_password
    assert given.problem == f"it asked {' '.join(prompt.split())!r}"
    assert given.advice == "; this question cannot be answered"


@pytest.mark.parametrize("prompt", FOR_PASSWORD)
def test_the_password_is_not_shown_by_a_device_that_echoes(prompt: str) -> None:
    given = answers()
    assert ask(given, prompt, echo=True) is None
    assert not given.has_sent_password


@pytest.mark.parametrize(
    ("user", "prompt", "gets_it"),
    [
        ("admin@corp.example", "Password for admin: ", True),
        ("admin", "Password for admin@corp.example: ", True),
        ("Admin", "Password for ADMIN: ", True),
        ("admin", "Password for admin2: ", False),
        ("adm", "Password for admin: ", False),
        (None, "Password: ", True),
        (None, "Password for admin: ", False),
    ],
)
def test_a_question_that_names_a_user_must_name_the_right_one(user: str | None, prompt: str, gets_it: bool) -> None:
    assert ask(answers(user=user), prompt) == ([PASSWORD] if gets_it else None)


@pytest.mark.parametrize(
    "prompt",
    [
        "Verification code: ",
        "One-time password (OATH) for `admin': ",
        "Enter OTP: ",
        "Passcode: ",
        "Enter PASSCODE:",
        "RSA token: ",
        "2FA: ",
        "Enter PIN: ",
        "Duo two-factor login for admin\n\nPasscode or option (1-2): ",
        "Challenge 1234, response: ",
        "Your one-time password: ",
    ],
)
@pytest.mark.parametrize("echo", [False, True])
def test_a_one_time_code_is_the_answer_to_a_question_for_it(prompt: str, echo: bool) -> None:
    given = answers()
    assert ask(given, prompt, echo=echo) == [CODE]
    assert given.has_sent_code
    assert not given.has_sent_password


@pytest.mark.parametrize(
    "prompt",
    [
        "Do you accept and acknowledge the statement above ? (yes/no) : ",
        "I agree to the password policy (y/n)? ",
    ],
)
def test_terms_of_use_are_accepted(prompt: str) -> None:
    assert ask(answers(), prompt, echo=True) == ["yes"]


def test_questions_of_one_round() -> None:
    assert ask(answers(), "Password: ", "OTP: ") == [PASSWORD, CODE]
    assert ask(answers()) == []


@pytest.mark.parametrize(
    ("first", "again", "advice"),
    [
        (["Password: "], "Password: ", "; check user and password"),
        (["Password: "], "Kennwort: ", "; check user and password"),
        (["OTP: "], "OTP: ", "; the one-time code was not accepted"),
        (["Password: ", "OTP: "], "Password: ", "; the password or the one-time code was not accepted"),
        (["Do you agree? (yes/no)"], "Do you agree? (yes/no)", ""),
    ],
)
def test_a_kind_of_question_is_answered_once(first: list[str], again: str, advice: str) -> None:
    given = answers()
    for prompt in first:
        assert ask(given, prompt)
    assert ask(given, again) is None
    assert given.problem == f"it asked {again.strip()!r} again"
    assert given.advice == advice


def test_the_password_of_one_round_is_not_sent_twice() -> None:
    assert ask(answers(), "Password: ", "Password: ") is None


def test_a_second_question_for_another_user_gets_nothing() -> None:
    given = answers()
    assert ask(given, "Password: ") == [PASSWORD]
    assert ask(given, "Password for root: ") is None


@pytest.mark.parametrize(
    ("prompt", "advice"),
    [
        ("Password: ", "; set ansible_password"),
        ("OTP: ", "; set rollcall_otp_command, or run ansible-playbook at a terminal"),
    ],
)
def test_the_advice_if_there_is_no_answer(prompt: str, advice: str) -> None:
    given = answers(password=None, code=None)
    assert ask(given, prompt) is None
    assert given.advice == advice


def test_rounds_without_questions_end() -> None:
    given = answers()
    for _round in range(MOST_ROUNDS):
        assert ask(given) == []
    assert ask(given) is None
    assert given.problem == f"it asked more than {MOST_ROUNDS} times"


def test_only_the_end_of_a_long_question_is_examined() -> None:
    assert ask(answers(), "new " * 100_000 + "." * 400 + "\nPassword: ") == [PASSWORD]
    assert ask(answers(), "Password: " + " " * 100_000) is None
