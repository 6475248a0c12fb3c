# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions that a device asks instead of showing its prompt: dialogs, answers of a command, and all others."""

from __future__ import annotations

import json
import re
from dataclasses import asdict

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device, Reply, Unresolved
from ansible_collections.rollcall.network.plugins.module_utils._drivers._reader.questions import (
    SHARED,
    Dialog,
    answer_for,
    dialog_at_end,
    question_at_end,
    refused,
    unexpected,
)
from tests.unit.played import Talk, device, play
from tests.unit.test_pagers import ONLY_ON_A_LINE, PROMPTS

QUESTIONS = [
    "Proceed with reload? [confirm]",
    "System configuration has been modified. Save? [yes/no]: ",
    "System configuration has been modified. Save? [yes/no/cancel] (no): ",
    "Destination filename [startup-config]? ",
    "Delete filename [flash:/old.cfg]?",
    "Delete flash:/old.cfg? [confirm]",
    "Address or name of remote host []? ",
    "Source filename []?",
    "Are you sure?",
    "Are you sure you want to continue (yes/no)?",
    "Are you sure you want to continue connecting (yes/no/[fingerprint])? ",
    "This command will reboot the system. (y/n)?  [n] ",
    "This may take a few seconds. Continue (y/n)? [n] ",
    "The system will be rebooted. Continue? [Y/N]:",
    "Warning: All the configuration will be saved. Continue? [Y/N]:",
    "Do you want to continue [Y]:",
    "Do you want to continue? (y or n)",
    "Reboot the system ? [yes,no] (no) ",
    "Reset now? (Y/N) [N]",
    "Save? ",
    "Proceed? ",
    "Confirm? ",
    "Overwrite existing file? y/n:",
    "Do you want to save the configuration {yes|no}? ",
    "Continue? <y/n>",
    "Password:",
    "Password: ",
    "admin's password: ",
    "Enter password for user admin: ",
    "[sudo] password for admin: ",
    "Username:",
    "login: ",
    "Enter passphrase for key '/root/.ssh/id_rsa': ",
    "Verification code:",
    "Enter new password:",
    "Please enter the file name: ",
    "Enter configuration filename>",
    "Retype new secret:",
    'Type "yes" to continue: ',
    "Type 'yes' to confirm or 'no' to abort:",
    "Press 'y' to reboot, any other key to abort",
    "Press any key to reboot",
    "The switch reboots now. Press any key to continue",
    "(Press 'a' to accept):",
    "{ <cr>|ont<K>|port<K>||<K> }:",
    "File exists. Do you want to replace it?",
    "Select an option [1-4]:",
    "Choose one of the images: ",
    "Would you like to enter the initial configuration dialog? [yes/no]:",
    "Uncommitted changes found, commit them before exiting(yes/no/cancel)? [cancel]:",
]
NO_QUESTIONS = [
    "",
    "R1#",
    "R1>",
    "R1(config)#",
    "[edit]",
    "[admin@MikroTik] >",
    "admin:",
    "Router:",
    "SEFOS:",
    "<HUAWEI>",
    "[HUAWEI]",
    "A:admin@node-2#",
    "firewall01.example.net #",
    "FG-EDGE-01 (global) #",
    "user@host:~$",
    "switch(boot)%",
    "Interfaces:",
    "Internet address:",
    "  MTU 1500 bytes, BW 1000000 Kbit/sec:",
    "Total output drops: 0",
    "Password encryption: enabled",
    "Password encryption:",
    "Password policy:",
    "Nov 26 10:00:00 host sshd[123]:",
    "Last login:",
    "Enter configuration commands, one per line.  End with CNTL/Z.",
    "Input queue:",
    "Type of service:",
    "Type:",
    "Select:",
    "  description who is there?",
    "  description what [a] is this",
    "ip routing (yes)",
    "Auto negotiation [no]",
    "Codes: C - connected, S - static",
    "banner motd ^C Press the button, please",
    "  description press any key to reboot",
    "Save?\nR1#",
    "Proceed? [confirm]\n\nReloaded\nR1#",
    "a?:b",
    "100%",
    "http://192.0.2.1/?x=1",
    "%SYS-5-RELOAD: Reload requested by admin",
    "Connection to 192.0.2.1 closed.",
    "end",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_recognised(question: str) -> None:
    assert (question_at_end(f"one\ntwo\n{question}") or "").endswith(question.strip())
    assert question_at_end(question)


@pytest.mark.parametrize("text", NO_QUESTIONS)
def test_text_and_prompts_are_no_questions(text: str) -> None:
    assert question_at_end(f"one\ntwo\n{text}") is None


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("after", ["\nR1#", "\n\nok\n", "\n 5 packets", "\n."])
def test_a_question_that_is_not_at_the_end_is_text(question: str, after: str) -> None:
    assert question_at_end(f"one\n{question}{after}") is None


@pytest.mark.parametrize("name", PROMPTS)
def test_a_pager_is_no_question(name: str) -> None:
    if name not in ONLY_ON_A_LINE and "\x1b" not in PROMPTS[name][0]:
        assert question_at_end(f"one\n{PROMPTS[name][0]}") is None


def test_a_short_question_is_shown_with_the_line_before() -> None:
    assert question_at_end("a\nThe device reboots.\n[Y/N]:") == "The device reboots. [Y/N]:"
    assert question_at_end("[Y/N]:") == "[Y/N]:"
    assert question_at_end(f"{'x' * 500}?") is None


# -- dialogs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "answer", "is_key"),
    [
        ("#### private ####\n\n(Press 'a' to accept):", "a", True),
        (
            "Warning: The initial password poses security risks.\nThe password needs to be changed. Change now? [Y/N]:",
            "n",
            False,
        ),
        ("The password will expire in 3 days. Change now?[Y/N]: ", "n", False),
        ("*** Authorized use only ***\nPress Y or ENTER to continue, N to exit.\n", "", False),
        ("{ <cr>|user-level<K>|vdsl<K> }:", "", False),
        ("Change your password\n\nnew password> ", "\x03", True),
        ("Do you want to see the software license? [Y/n]: ", "n", True),
        ("Do you accept and acknowledge the statement above? (yes/no) : ", "yes", False),
        ("Do you accept the terms of use? [y/n]: ", "y", False),
        ("Do you agree to these conditions? (y/n)", "y", False),
        ("I have read and consent to the terms in the user agreement. (y/n)? ", "y", False),
        ("I have read this notice and agree to monitoring [yes/no]: ", "yes", False),
        ("Type 'yes' to accept or 'no' to disconnect: ", "yes", False),
        ("Please change your password.\nDo you want to change the password (Y/N)[Y] ?", "n", False),
        ("Please change your password from the default.\nDo you wish to change it now (Y/N)[Y]? ", "n", False),
        ("Auto-Config is working. Do you want to stop Auto-Config? [y/n]:", "n", False),
        ("Press <Enter> to acknowledge and continue", "", False),
        ("Press any key to continue", "", False),
        ("\n\nPress RETURN to get started.\n\n", "", False),
        ("Press <Enter> key to get started!", "", False),
        ("Please press ENTER to activate this console. ", "", False),
        ("Please Press ENTER.\n", "", False),
        ("Your password has expired. Enter a new one?", None, False),
        (
            "WARNING: Your password has expired.\nYou must change your password now and login again!\nNew password: ",
            None,
            False,
        ),
        ("(current) UNIX password: ", None, False),
        ("You are forced to change your password. Please input a new password.\nNew Password:", None, False),
        ("Enter old password:", None, False),
    ],
)
def test_dialogs_of_all_platforms(shown: str, answer: str | None, is_key: bool) -> None:
    dialog = dialog_at_end(shown)
    assert dialog
    assert (dialog.answer, dialog.is_key) == (answer, is_key)
    if answer is None:
        error = refused(dialog, "New password:").error
        assert (error.phase, error.kind) == ("auth", "password_expired")
        assert "'New password:'" in error.message


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "R1#",
        "login:",
        "Password:",
        "Do you accept the license agreement? (yes/no)",
        "Do you accept the EULA? [y/n]:",
        "I have read and accept the license agreement (y/n)?",
        "Type 'yes' to accept the EULA:",
        "Do you want to change the configuration (Y/N)[Y] ?",
        "The VLANs change. Do you wish to change it now (Y/N)[Y]?",
        "Reload now? [Y/N]:",
        "Would you like to enter the initial configuration dialog? [yes/no]:",
        "Press any key to reboot",
        "(Press 'a' to accept):\n\nFG #",
        "Press RETURN to get started.\n\nR1>",
        "Your password has expired.\nR1>",
        "The password expires in 3 days.\nR1#",
        "Save? [yes/no]",
        "root@router% ",
        "% ",
    ],
)
def test_nothing_else_is_answered_at_login(shown: str) -> None:
    assert dialog_at_end(shown) is None


@pytest.mark.parametrize(
    ("shown", "answer"),
    [
        ("{ <cr>|ont<K> }:", ""),
        ("(Press 'a' to accept):", None),
        ("Press any key to continue", None),
        ("Change now? [Y/N]:", None),
        ("New password:", None),
    ],
)
def test_after_a_command_only_what_completes_it_is_answered(shown: str, answer: str | None) -> None:
    dialog = dialog_at_end(shown, (), "command")
    assert (dialog.answer if dialog else None) == answer


def test_the_dialogs_of_a_platform_come_first() -> None:
    own = Dialog(re.compile(r"any key\Z"), "x", is_key=True)
    after = Dialog(re.compile(r"sure\?\Z"), "y", phase="command")
    assert dialog_at_end("Press any key", (after, own)) is own
    assert dialog_at_end("Press any key", (after,)) in SHARED
    assert dialog_at_end("sure?", (own, after)) is None
    assert dialog_at_end("sure? ", (own, after), "command") is after


# -- answers of a command ----------------------------------------------------------------------------------------------

RELOAD = Command("reload", answers=(Reply("save?", "no"), Reply("[CONFIRM]", "y", is_key=True)))


@pytest.mark.parametrize(
    ("command", "shown", "answer"),
    [
        (RELOAD, "System configuration has been modified. Save? [yes/no]: ", "no"),
        (RELOAD, "Proceed with reload? [confirm]", "y"),
        (RELOAD, "Proceed with reload? [confirm] ", "y"),
        (RELOAD, "Proceed with reload? [confirm]\n", None),
        (RELOAD, "Proceed with reload? [confirm]\nR1#", None),
        (RELOAD, "Save? [yes/no]: no\nDestination filename []?", None),
        (RELOAD, "Overwrite startup-config\n[yes/no]: ", None),
        (Command("x", answers=(Reply("startup-config [yes", "no"),)), "Overwrite startup-config\n[yes/no]: ", "no"),
        (Command("x", answers=(Reply("startup-config [yes", "no"),)), "Overwrite startup-config\n[yes/no]: \n", None),
        (RELOAD, "", None),
        (Command("reload"), "Proceed with reload? [confirm]", None),
    ],
)
def test_the_answers_that_a_command_names(command: Command, shown: str, answer: str | None) -> None:
    reply = answer_for(command, shown)
    assert (reply.text if reply else None) == answer


def test_a_question_that_no_answer_of_the_command_fits() -> None:
    def ask() -> Talk:
        yield b"Delete the file? [confirm]"
        yield None

    asked = Command("delete x", answers=(Reply(r"\[confirm\]", "n"),))
    error = play(device(b"R1#", {"delete x": ask}), [asked]).outputs["delete x"].error
    assert error is not None
    assert (
        "none of the answers of 'delete x' fits: question must be a part of the text quoted here, and is not a pattern"
        in error.message
    )


def test_answers_reach_a_poller() -> None:
    device = Device("r1", commands=(RELOAD, Command("show clock")))
    assert Device.from_dict(json.loads(json.dumps(device.as_dict()))) == device
    unresolved = Unresolved("resolve", "host", "no address", (RELOAD,))
    assert Unresolved.from_dict(json.loads(json.dumps(asdict(unresolved)))) == unresolved


@pytest.mark.parametrize("command", ["reload", None])
def test_the_error_of_a_question_nobody_expects(command: str | None) -> None:
    error = unexpected("Proceed? [confirm]", command)
    assert (error.phase, error.kind) == ("command" if command else "auth", "question")
    assert "'Proceed? [confirm]'" in error.message
