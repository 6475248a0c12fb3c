# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dialog of a platform of the user ends the session with the user's message."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.plugin_utils._advice import reason_of
from tests.unit.played import Talk, device, line, play

MESSAGE = "the license has ended"


def described(when: str) -> dict[str, Any]:
    return {"dialogs": [{"question": r"Enter license key:", "message": MESSAGE, "when": when}]}


def asks() -> Talk:
    yield b"Enter license key: "
    yield from line()


@pytest.mark.parametrize("when", ["login", "any"])
def test_a_message_after_the_login_is_no_expired_password(when: str) -> None:
    done = play(asks(), ["show version"], "acme_os", definition=described(when))
    assert done.error
    assert (done.error.status, done.error.error.phase, done.error.error.kind) == ("failed", "auth", "dialog")
    assert done.error.error.message == f"{MESSAGE} ('Enter license key:')"
    reason = reason_of("auth", "dialog", "failed")
    assert "password" not in reason.label.lower() + reason.advice.lower()


@pytest.mark.parametrize("when", ["command", "any"])
def test_a_message_after_a_command_belongs_to_the_command(when: str) -> None:
    talk = device(b"R1#", {"show license": asks, "show clock": b"10:00\r\n"})
    commands = ["show clock", "show license", "show version"]
    done = play(talk, commands, "acme_os", definition=described(when))
    assert done.kinds() == {"show clock": "ok", "show license": "dialog", "show version": "not_asked"}
    error = done.outputs["show license"].error
    assert error
    assert (error.phase, error.message) == ("command", f"{MESSAGE} ('Enter license key:')")
    assert reason_of(error.phase, error.kind, "failed").advice
    assert done.error
    assert not done.error.retry, "it would be asked again"
