# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which line asks for the user and which for the password inside a session, and questions in any language."""

from __future__ import annotations

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.pagers import pager_at_end
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.questions import question_at_end
from ansible_collections.rollcall.network.plugins.module_utils._drivers.text import (
    ASKS_LOGIN,
    ASKS_PASSWORD,
    ASKS_USER,
    asks,
)
from tests.unit.played import Played, Stream, Talk, device, line, play

SECRET = "s3cret"
ANSWERS = {"show clock": b"10:00:00\r\n", "terminal length 0": b""}

LOGINS = [
    ("login: ", "Password: "),
    ("login as: ", "admin's password: "),
    ("UserName:", "PassWord:"),
    (">>User name:", ">>User password:"),
    ("(FASTPATH)\r\nUser:", "Password:"),
    ("Enter Username: ", "Enter Password: "),
    ("Please login: ", "Password: "),
    ("Login Name: ", "Password: "),
    ("Account: ", "Password: "),
    ("Login : ", "Password : "),
    ("User Name : ", "Password  : "),
    ("User ID:", "Password:"),
    ("Username>", "Password>"),
    ("LOGIN NAME>", "PASSWORD>"),
    ("Enter login name: ", "Password: "),
    ("\x1b[2J\x1b[10;20HUsername: \x1b[K", "\x1b[11;20HPassword: "),
    ("User:\t", "Password: "),
    ("Username (admin): ", "Password: "),
    ("CMTS-1 login username: ", "Password: "),
    ("User Login: ", "Passphrase: "),
    ("Benutzername: ", "Kennwort: "),
    ("Identifiant : ", "Mot de passe : "),
    ("Usuario: ", "Contraseña: "),
    ("Nome utente: ", "Password: "),
    ("Логин: ", "Пароль: "),
    ("用户名:", "密码:"),
    ("ユーザ名:", "パスワード:"),
]
OWNERS = [
    *("oper's", "(oper)", "oper@r1's", "Set", "Choose a", "Existing", "Second", "SMS", "Dynamic", "Expert", "Level 15"),
    *("Recovery", "PKCS12", "The password must be changed.", "Jump host"),
    *("Enable", "root", "root's", "administrator", "Database", "SNMP", "WiFi", "Vault", "Sudo", "Wi-Fi", "One-time"),
]
NO_PASSWORDS = [
    "New password: ",
    "Enter new password:",
    "Old password: ",
    "Enter old password:",
    "Current password: ",
    "(current) UNIX password: ",
    "admin's new password: ",
    "Retype password: ",
    "Retype new password: ",
    "Re-enter password: ",
    "Reenter password:",
    "Repeat password:",
    "Confirm password: ",
    "Verify password: ",
    "Password again: ",
    "Change password:",
    "Password hint: ",
    "Neues Passwort: ",
    "Altes Kennwort: ",
    "Kennwort bestätigen, Kennwort: ",
    "Nouveau mot de passe : ",
    "Nueva contraseña: ",
    "Nova senha: ",
    "Новый пароль: ",
    "新密码:",
    "确认密码:",
    "Password expires in 3 days:",
    "Your password will expire in 3 days: change it",
    "Password policy:",
    "Password encryption: enabled",
    "The password of this device is old:",
    "Password (8-16 characters):",
    'Enter the password for "admin": ',
    "Enter passphrase for key '/root/.ssh/id_rsa': ",
    "One-time password: ",
    "PASSCODE: ",
    "Enter passcode: ",
    "PIN:",
    "token:",
    "compassword:",
    "password",
    "Passwords:",
    "Password: never share. Username: see card.",
]
NO_LOGINS = [
    "Last login:",
    "Last login: Thu Nov 26 10:00:00",
    "Last successful login:",
    "Last failed login :",
    "Previous user:",
    "user: admin logged in",
    "Name      x     Account:",
    "Billing Account:",
    "Account: 12",
    "Logged in users:",
    "superuser:",
    "Users:",
    "Interfaces:",
    "Router:",
    "SEFOS:",
    "R1>",
    "user>admin",
    "[admin@MikroTik] >",
    "User Access Verification",
    "http://login:8080",
]


@pytest.mark.parametrize(("user", "password"), LOGINS)
def test_questions_of_a_login(user: str, password: str) -> None:
    stream = Stream(asking(user, password))
    stream.asks_login = True
    played = play(iter(()), ["show clock"], stream=stream, password=SECRET)  # type: ignore[arg-type]
    assert (played.error, played.texts) == (None, {"show clock": "10:00:00"})
    assert bytes(played.stream.typed).startswith(f"admin\n{SECRET}\n".encode())


def asking(user: str, password: str) -> Talk:
    yield f"\r\n{user}".encode()
    yield from line()
    yield password.encode()
    yield from line(echo=False)
    yield b"\r\n"
    yield from device(b"R1#", ANSWERS)


@pytest.mark.parametrize(("user", "password"), LOGINS)
def test_a_question_of_a_login_is_of_one_kind(user: str, password: str) -> None:
    if "\x1b" not in user:
        last = user.rpartition("\n")[2]
        assert asks(ASKS_USER, last)
        assert not asks(ASKS_PASSWORD, last)
        assert asks(ASKS_LOGIN, last)
        assert not asks(ASKS_USER, password)
        assert asks(ASKS_PASSWORD, password)
        assert asks(ASKS_LOGIN, password)
        assert pager_at_end(user) is pager_at_end(password) is None


@pytest.mark.parametrize(
    "question",
    [
        "Password for admin: ",
        'Password for "admin": ',
        "Password for user admin: ",
        "Password for admin@r1.example.net: ",
        "Enter the password for admin: ",
        "Password for admin? ",
        "Password? ",
        "admin's password? ",
        "Kennwort für admin: ",
        "PIN: ",
        "Enter your PIN: ",
        "Secret? ",
        "Secret: ",
    ],
)
def test_the_password_is_sent_to_questions_for_that_of_the_user(question: str) -> None:
    stream = Stream(asking("Username: ", question))
    stream.asks_login = True
    played = play(iter(()), ["show clock"], stream=stream, password=SECRET)  # type: ignore[arg-type]
    assert (played.error, played.texts) == (None, {"show clock": "10:00:00"})


@pytest.mark.parametrize(
    ("user", "question"),
    [
        ("Username: ", "Password for operator: "),
        ("Username: ", 'Password for "admin2": '),
        ("Username: ", "Password for admin2@r1: "),
        ("Username: ", "New password for admin: "),
        ("Username: ", "Enter passphrase for key /root/admin: "),
        ("Username: ", "Forgot your password? "),
        ("Username: ", "PASSCODE: "),
        ("Username: ", "Token PIN: "),
        ("Username: ", "One-time password for admin: "),
        ("Username: ", "Secret ID: "),
        ("", "PIN: "),
        ("", "Secret? "),
        ("", "Passphrase: "),
        *((user, f"{owner} password: ") for user in ("Username: ", "") for owner in OWNERS),
    ],
)
def test_the_password_is_not_sent_to_questions_for_something_else(user: str, question: str) -> None:
    def talk() -> Talk:
        if user:
            yield user.encode()
            yield from line()
        yield question.encode()
        yield from line(echo=False)
        yield from device(b"R1#", ANSWERS)

    stream = Stream(talk())
    stream.asks_login = True
    played = play(iter(()), ["show clock"], stream=stream, password=SECRET)  # type: ignore[arg-type]
    assert played.error is not None
    assert bytes(played.stream.typed) == (b"admin\n" if user else b"")


@pytest.mark.parametrize("shown", NO_PASSWORDS)
def test_the_password_is_only_for_its_question(shown: str) -> None:
    assert not asks(ASKS_PASSWORD, shown)
    assert not asks(ASKS_USER, shown)


@pytest.mark.parametrize("shown", NO_LOGINS)
def test_text_and_banners_are_no_questions_of_a_login(shown: str) -> None:
    assert not asks(ASKS_USER, shown)
    assert not asks(ASKS_PASSWORD, shown)
    assert question_at_end(f"one\n{shown}") is None


@pytest.mark.parametrize(
    "shown", ["name: ", "PIN:", "Enter passcode: ", "PASSCODE: ", "Secret ID: ", 'Password for "x":']
)
def test_a_question_that_a_login_cannot_answer_is_one_of_a_login(shown: str) -> None:
    assert asks(ASKS_LOGIN, shown)
    assert not asks(ASKS_USER, shown)
    assert not asks(ASKS_PASSWORD, shown)


# -- questions nobody expects ------------------------------------------------------------------------------------------

QUESTIONS = [
    "Wirklich neu starten? (j/n) ",
    "Wirklich löschen? (j/n) ",
    "Weiter (j/n)? ",
    "Êtes-vous sûr ? (o/n) ",
    "Continuer (O/N) :",
    "¿Desea continuar? (s/n) ",
    "Desea guardar [s/N]: ",
    "是否继续?[Y/N]:",
    "是否继续?",
    "続行しますか? (Y/N)",
    "続行しますか? (はい/いいえ)",
    "Продолжить? (д/н) ",
    "Confermi (s/n)? ",
    "Erase the whole disk, yes or no",
    "Type YES in capitals> ",
    "Proceed # ",
    "Confirm with ENTER$ ",
    "Reset now %",
    "delete all files >",
    "Enter choice> ",
    "Save? yes|no",
    "Reboot? 1=yes 2=no ",
    "Really> ",
    "Sure>",
    "y/n>",
    "Hit <enter> to erase>",
    "(yes/no)#",
    "Overwrite old file [Y]",
    "[OK]",
    "Press return to erase NVRAM",
    "Name or IP address> ",
    "Do you wish to save? (Y)es / (N)o ",
    "Confirm [y/n/q]? y",
    "Please input the file name(*.cfg)[flash:/startup.cfg]\r\n"
    "(To leave the existing filename unchanged, press the enter key):",
    "Do you want to reset the configuration (press Y or ENTER)",
    "This command will reboot the system (default=y)",
    "Reset (y/[n])",
    "Type yes to confirm [no] ",
    "Enter selection [1-4] ",
    "Press <ENTER> to continue or any other key to abort (ENTER)",
    "Erase all, press ENTER: ",
    "Initialise the disk (yes/no)# ",
    "Select image [1]: ",
    "Restore factory settings> ",
    "Please enter the reason for your login: ",
    "Proceed? > ",
    "Continue? # ",
    "Exit maintenance now? > ",
    "[yes]# ",
    "OK> ",
    "Reboot now (Enter = yes): ",
    "r1 will reboot. Continue > ",
    "Delete all files?\r\n> ",
    "save config: ",
    "再起動しますか? > ",
    "WARNING: configuration will be erased!\r\nPress ENTER to continue",
    "The device will be reset to factory defaults.\r\nPress any key to continue",
    "Press ENTER to accept the license agreement",
    "Press ENTER to continue with the factory reset",
    "Press any key to continue with reboot",
    "END USER LICENSE AGREEMENT\r\nBy pressing Enter you accept it.\r\nPress Enter to continue",
]
NO_QUESTIONS = [
    "Save on exit (y/n): no",
    "Status: ok",
    "Power supply [OK]: present",
    "  Account:",
    "Serial (a/b): ",
    "R1(主/备)#ok",
    "proceed#",
    "Zeit: 10:00 (UTC)",
    "Löschungen: 0",
    "reset-sw1#",
    "R1(config-if)#",
    "save.example.net # ",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_is_sent_to_a_question(question: str) -> None:
    played = asked(question)
    assert played.kinds() == {"copy x": "question"}
    assert bytes(played.stream.typed).endswith(b"copy x\n")
    assert played.texts["copy x"].split() == question.split()


def asked(question: str) -> Played:
    def ask() -> Talk:
        yield question.encode()
        yield None
        yield b"\r\nDONE IT\r\n"

    return play(device(b"R1#", {**ANSWERS, "copy x": ask}), ["copy x"])


ONLY_AT_LOGIN = [
    "Do you agree to join the improvement program? (yes/no): ",
    "Do you accept the new configuration? [yes/no]: ",
    "Do you agree to restart the device now? [y/n]: ",
    "Do you accept this host key? (yes/no): ",
    "Do you understand that all data will be erased? (yes/no) ",
    "Do you acknowledge the alarm? [y/n] ",
    "Type yes to accept the default configuration: ",
    "I have read and agree that the device is reset (yes/no): ",
    "The device restarts with the factory configuration.\r\nPress Y or ENTER to continue, N to exit.",
    "LICENSE AGREEMENT: by pressing a you accept it.\r\n(Press 'a' to accept): ",
    "All sessions will be logged off.\r\nPress any key to continue",
    "The switch will halt now.\r\nPress any key to continue",
    "Press ENTER to start the failover",
    "Unsaved changes will be discarded.\r\nPress ENTER to continue",
    "All logs are cleared.\r\nPress any key to continue",
    "Press ENTER to continue, this saves the configuration",
    "User bob will be disconnected.\r\nPress ENTER to continue",
    "Session limit reached. Kill another session? [y]/n: ",
    "Console in use, steal? y|n ",
    "Change now?",
    "Your choice? ",
    "Continue anyway?: ",
    "Confirm: ",
    "1) Close the other session 2) Exit\r\nSelection: ",
    "Which shell? bash/cli: ",
    "Choose vsys: ",
    "Reason for access: ",
    "Ticket number: ",
    "Secret: ",
    "Yubikey for ops: ",
    "Enter code",
    "Token: ",
    "Domain: ",
]


@pytest.mark.parametrize("question", [*QUESTIONS, *ONLY_AT_LOGIN])
def test_nothing_is_sent_to_a_question_before_the_login(question: str) -> None:
    def talk() -> Talk:
        yield b"hello\r\n" + question.encode()
        yield None
        yield b"\r\nDONE IT\r\n"
        yield from device(b"R1#", ANSWERS)

    played = play(talk(), ["show clock"])
    assert played.error is not None
    assert played.error.error.kind == "question"
    assert bytes(played.stream.typed) == b""


@pytest.mark.parametrize(
    "banner",
    [
        "Disconnect IMMEDIATELY if you are not an authorized user!",
        "Unauthorized access will be prosecuted. All activities will be logged.",
        "Use is subject to the terms of your licence.",
        "Unauthorized users will be disconnected.",
    ],
)
@pytest.mark.parametrize("question", ["Press ENTER to continue", "Press RETURN to get started."])
def test_a_key_after_a_banner_of_the_law_is_sent(banner: str, question: str) -> None:
    def talk() -> Talk:
        yield f"{banner}\r\n{question}".encode()
        yield None
        yield b"\r\n"
        yield from device(b"R1#", ANSWERS)

    assert play(talk(), ["show clock"]).kinds() == {"show clock": "ok"}


@pytest.mark.parametrize("shown", NO_QUESTIONS)
def test_text_is_no_question(shown: str) -> None:
    assert question_at_end(f"one\n{shown}") is None
