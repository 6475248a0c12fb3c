# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cause of the failures of a run, and the sentence that says so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device, Hop
from ansible_collections.rollcall.network.plugins.module_utils._drivers.read_only import refusal_of
from ansible_collections.rollcall.network.plugins.module_utils._engine.guard import Credential, Guard, Rules
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError
from ansible_collections.rollcall.network.plugins.module_utils._transport.bastions import Bastion
from ansible_collections.rollcall.network.plugins.plugin_utils._advice import ADVICE
from ansible_collections.rollcall.network.plugins.plugin_utils._cause import (
    CAUSES,
    Cause,
    cause_in,
    cause_of,
    shared_sentence,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed, verdict_of
from ansible_collections.rollcall.network.plugins.plugin_utils._why import lines_of

ROOT = Path(__file__).parents[2]
STOPPED = (
    "not asked, because the login as ops with ansible_password was refused by 3 devices in a row (a, b, c). More "
    "attempts can lock the account"
)
SILENT = STOPPED.replace("refused by", "not completed by")
DEAD = "bastion jump-1 (192.0.2.1 port 22): connection refused"

# The answers of devices, by a short name.
ANSWERS = {
    "ok": ("ok", "", "", ""),
    "guard": ("skipped", "auth", "credential_guard", STOPPED),
    "silent guard": ("skipped", "auth", "credential_guard", SILENT),
    "refused": ("auth_failed", "auth", "refused", "the device refused the login"),
    "slow": ("timeout", "auth", "timeout", "no answer to the login"),
    "bastion": ("unreachable", "connect", "bastion", DEAD),
    "bastion refused": ("auth_failed", "auth", "bastion", DEAD),
    "bastion 2": ("unreachable", "connect", "bastion", DEAD.replace("jump-1", "jump-2")),
    "off": ("unreachable", "connect", "timeout", "no answer"),
    "rejected": ("partial", "command", "rejected", "the device rejected it"),
    "late": ("skipped", "connect", "deadline", "not asked before the deadline of the run"),
    "late login": ("timeout", "auth", "deadline", "the deadline of the run ended it"),
    "killed": ("skipped", "resolve", "interrupted", "no answer in the run folder"),
    "poller": ("unreachable", "connect", "poller", "the poller failed"),
    "busy poller": ("skipped", "resolve", "poller_refused", "the poller refused the run"),
    "writes": (
        "skipped",
        "resolve",
        "not_read_only",
        "reload is not in the list; to send it anyway, add it to allow_commands",
    ),
    "no error": ("failed", "", "", ""),
}


def fleet(**given: int) -> list[dict[str, Any]]:
    """Answers: this number of each, by their short name."""
    found = []
    for short, number in given.items():
        status, phase, kind, message = ANSWERS[short.replace("_", " ")]
        error = {"phase": phase, "kind": kind, "message": message} if kind else None
        found += [{"status": status, "error": error}] * number
    return found


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({}, None),
        ({"ok": 1}, None),
        ({"ok": 1000}, None),
        # The devices.
        ({"ok": 17, "off": 3}, "devices"),
        ({"off": 20}, "devices"),
        ({"ok": 995, "refused": 5}, "devices"),  # others accept the credential
        ({"ok": 1, "refused": 1}, "devices"),
        ({"no_error": 2}, "devices"),
        # The guard stopped the logins. Those that refused before belong to it.
        ({"refused": 3, "guard": 997}, "credential_guard"),
        ({"refused": 3, "guard": 1}, "credential_guard"),
        ({"ok": 900, "refused": 3, "guard": 7}, "credential_guard"),
        ({"guard": 1}, "credential_guard"),
        ({"refused": 3, "guard": 12, "off": 10}, "credential_guard"),
        ({"refused": 3, "guard": 7, "off": 10}, "devices"),  # a tie
        ({"guard": 10, "bastion": 10}, "devices"),
        ({"bastion_refused": 3, "guard": 2}, "bastion"),
        # A bastion.
        ({"bastion": 20}, "bastion"),
        ({"bastion": 1}, "bastion"),
        ({"ok": 980, "bastion": 20}, "bastion"),
        ({"bastion_refused": 20}, "bastion"),
        ({"bastion": 10, "bastion_2": 10}, "bastion"),
        ({"bastion": 10, "off": 10}, "devices"),
        ({"bastion": 11, "off": 10}, "bastion"),
        # Logins fail, but the guard is off, or the devices are too few for it.
        ({"refused": 20}, "logins"),
        ({"refused": 1}, "logins"),
        ({"slow": 20}, "logins"),
        ({"slow": 3, "silent_guard": 17}, "logins"),
        ({"slow": 2, "refused": 1, "guard": 17}, "credential_guard"),
        ({"slow": 6, "refused": 6, "ok": 8}, "logins"),
        ({"slow": 10, "ok": 10}, "devices"),
        # The others.
        ({"ok": 5, "late": 10, "late_login": 5}, "deadline"),
        ({"late_login": 20}, "deadline"),
        ({"killed": 20}, "interrupted"),
        ({"poller": 6, "busy_poller": 5, "off": 3}, "poller"),
        ({"writes": 20}, "not_read_only"),
        ({"rejected": 3, "off": 3, "late": 3}, "devices"),
    ],
)
def test_the_cause_of_a_run(given: dict[str, int], cause: str | None) -> None:
    answers = fleet(**given)
    total, failed = len(answers), sum(answer["status"] != "ok" for answer in answers)
    found = cause_of(answers, total)
    assert found.name == cause
    assert cause_of([answer for answer in answers if answer["status"] != "ok"], total) == found, "without those in full"
    if cause in (None, "devices"):
        assert found.sentence == (
            f"{total - failed} of {total} device{'s' * (total != 1)} answered in full"
            if total
            else "No device was asked"
        )
        assert shared_sentence({"cause": cause, "sentence": found.sentence}) is None
    else:
        assert re.search(rf": no full answer from \d+ of {total} device{'s' * (total != 1)}\b", found.sentence)
        assert "; " in found.sentence, "what to do"
        assert shared_sentence({"cause": cause, "sentence": found.sentence}) == found.sentence


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"refused": 3, "guard": 17},
            "The credential guard stopped logins (as ops with ansible_password): no full answer from 20 of 20 devices, "
            "and 17 of them were not asked; correct the credential, then ask again with only: failed, or with "
            "-e rollcall_only=failed",
        ),
        (
            {"bastion": 20},
            "The bastion failed (jump-1): no full answer from 20 of 20 devices behind it; log in there by hand, as the "
            "user that runs Ansible",
        ),
        (
            {"ok": 5, "bastion": 10, "bastion_2": 10},
            "The bastion failed (jump-1, jump-2): no full answer from 20 of 25 devices behind it; log in there by "
            "hand, as the user that runs Ansible",
        ),
    ],
)
def test_the_sentence_names_what_failed(given: dict[str, int], sentence: str) -> None:
    answers = fleet(**given)
    assert cause_of(answers, len(answers)).sentence == sentence


def test_a_command_that_no_option_allows_is_not_to_be_allowed() -> None:
    """The messages are those of today."""
    always, unless_allowed = (
        {"status": "skipped", "error": error.as_dict()}
        for line in ("configure terminal", "reload")
        if (error := refusal_of(Device("r1", platform="cisco_ios", commands=(Command(line),))))
    )
    assert cause_of([always], 1).sentence == (
        "Commands are always refused: no full answer from 1 of 1 device, because nothing was sent; correct or remove "
        "the commands that the messages name"
    )
    for given in ([unless_allowed], [always, unless_allowed]):
        sentence = cause_of(given, 2).sentence
        assert sentence.startswith("Commands are not in the list of read-only commands: ")
        assert sentence.endswith("; check the commands, and add those that only read to allow_commands")


def test_a_refused_enable_is_no_refused_login() -> None:
    enable = {"status": "auth_failed", "error": {"phase": "auth", "kind": "become_refused", "message": "no"}}
    found = cause_of([enable] * 3, 4)
    assert found.name == "logins"
    assert found.sentence == (
        "Privileged mode was refused: no full answer from 3 of 4 devices, which accepted the login; check the become "
        "password, the user's right to it, and the line in enable of a platform of your own"
    )
    assert cause_of([enable, *fleet(refused=3)], 4).sentence.startswith("Logins failed: ")


def test_a_sentence_names_a_few_only() -> None:
    error = {"phase": "connect", "kind": "bastion"}
    answers = [
        {"status": "unreachable", "error": {**error, "message": f"bastion b{number} (192.0.2.1 port 22): off"}}
        for number in range(100)
    ]
    sentence = cause_of(answers, 100).sentence
    assert "(b0, b1, b2, …)" in sentence


def test_a_sentence_is_one_line() -> None:
    message = "bastion \x1b[2Jjump\x9b (192.0.2.1 port 22): off"
    answers = [{"status": "unreachable", "error": {"phase": "connect", "kind": "bastion", "message": message}}]
    assert cause_of(answers, 1).sentence.isprintable()


def test_names_are_found_in_the_messages_of_today() -> None:
    """The names are those in the messages of the guard and of bastions."""
    guard = Guard(Credential("ops", "ansible_password"), Rules())
    for login in range(3):
        guard.send(login, 0.0)
        guard.refuse(login, f"d{login}")
    skipped = {"status": "skipped", "error": {"phase": "auth", "kind": "credential_guard", "message": guard.message()}}
    assert "(as ops with ansible_password)" in cause_of([skipped], 1).sentence

    bastion = Bastion(Hop(name="jump-1", host="192.0.2.1"), None, None, {})  # type: ignore[arg-type]
    blamed = bastion._blamed(DeviceError("unreachable", "connect", "refused", "connection refused"))
    failed = {"status": blamed.status, "error": blamed.error.as_dict()}
    assert cause_of([failed], 1).name == "bastion"
    assert "(jump-1)" in cause_of([failed], 1).sentence


def test_the_kinds_are_those_of_errors() -> None:
    kinds = {kind for of_phase in ADVICE.values() for kind in of_phase}
    assert {
        "credential_guard",
        "bastion",
        "deadline",
        "interrupted",
        "poller",
        "poller_refused",
        "not_read_only",
    } <= kinds


@pytest.mark.parametrize(
    ("cause", "reasons", "name"), [(None, [], None), (None, ["the disk is full"], "run"), ("bastion", ["x"], "bastion")]
)
def test_reasons_without_failed_devices_are_of_the_run(cause: str | None, reasons: list[str], name: str | None) -> None:
    assert cause_in({"cause": cause}, reasons) == name


def test_a_verdict_has_the_cause() -> None:
    verdict = verdict_of({"a": "failed"}, Allowed(0), Cause("bastion", "The bastion failed")).as_dict()
    assert (verdict["passed"], verdict["cause"], verdict["sentence"]) == (False, "bastion", "The bastion failed")
    assert verdict_of({"a": "failed"}, Allowed(100), Cause("bastion")).as_dict()["cause"] == "bastion", "it passed"
    assert verdict_of({"a": "ok"}, Allowed(0)).troubled("the disk is full").as_dict()["cause"] == "run"


def test_the_terminal_says_the_cause_first() -> None:
    answers = [(f"d{number}", answer) for number, answer in enumerate(fleet(bastion=2))]
    first, second, *_more = lines_of(answers, 2, "The bastion failed")
    assert first == "roll call: The bastion failed"
    assert second == "roll call: 2 of 2 devices have no full answer:"


def test_every_cause_is_documented() -> None:
    text = (ROOT / "roles" / "collect" / "README.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", text.split("<!-- causes -->")[1].split("\n\n")[0], re.MULTILINE) == list(
        CAUSES
    )
