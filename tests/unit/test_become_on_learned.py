# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The privileged mode of a device whose platform, or whose prompt, is not known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.played import Talk, device, line, play


@pytest.mark.parametrize(
    ("platform", "password", "kind"),
    [("learned", None, None), ("learned", "secret", "become_refused"), ("cisco_iosxe", None, "become_refused")],
)
def test_become_is_refused_only_if_somebody_knows_that_there_is_such_a_mode(
    platform: str, password: str | None, kind: str | None
) -> None:
    talk = device(b"box>", {"show version": b"1.0\r\n"})
    done = play(talk, ["show version"], platform, become=True, become_password=password)
    assert (done.error.error.kind if done.error else None) == kind
    assert done.texts.get("show version", "1.0") == "1.0"


@pytest.mark.parametrize(
    ("become", "before", "kind"),
    [
        (None, b"", None),  # the password can be that of other devices in the group
        (True, b"", "become_refused"),
        (None, b"Password: ", "become_refused"),
    ],
)
def test_a_device_that_does_not_know_enable_is_asked_in_its_mode(
    become: bool | None, before: bytes, kind: str | None
) -> None:
    def talk() -> Talk:
        while True:
            yield b"ops@edge-1> "
            typed = yield from line()
            if typed == "exit":
                return
            if typed == "enable" and before:
                yield before
                yield from line(echo=False)
            if typed == "show version":
                yield b"Hostname: edge-1\r\nJunos: 20.4R3.8\r\n"
            elif typed:
                yield b"unknown command.\r\n"

    done = play(talk(), ["show version"], "learned", become=become, become_password="secret")
    assert (done.error.error.kind if done.error else None) == kind
    if become:
        assert done.error is not None
        assert "set ansible_network_os (it can be" in done.error.error.message
        assert "or ansible_become: false" in done.error.error.message


ACME = {
    "like": "frr",
    "prompts": {"privileged": r"^\S+ #\s*$", "user": r"^\S+ >\s*$"},
    "enable": "super",
}
OK = b"1.0\r\n"


def becoming(before: bytes, after: bytes, *, line_of_mode: str = "super", password: bool = False) -> Talk:
    prompt = before
    while True:
        yield prompt
        typed = (yield from line()).strip()
        if typed == "exit":
            return
        if typed == line_of_mode:
            if password:
                yield b"Password: "
                yield from line(echo=False)
                yield b"\r\n"
            prompt = after
        elif typed == "show version":
            yield OK
        elif typed:
            yield b"% Invalid input detected at '^' marker.\r\n"


@pytest.mark.parametrize("secret", [None, "secret"])
@pytest.mark.parametrize(
    ("talk", "kind"),
    [
        (lambda: device(b"fra-wan1>", {"show version": OK}), "become_refused"),
        (lambda: becoming(b"fra-wan1>", b"fra-wan1>"), "become_refused"),
        (lambda: becoming(b"fra-wan1>", b"fra-wan1>", password=True), "become_refused"),
        (lambda: becoming(b"R1[7]>", b"R1[7]>"), "become_refused"),
        (lambda: becoming(b"fra-wan1>", b"fra-wan1#"), None),
        (lambda: becoming(b"fra-wan1>", b"fra-wan1#", password=True), None),
        (lambda: becoming(b"fra-wan1>", b"fra-wan1%"), None),
        (lambda: device(b"fra-wan1#", {"show version": OK}), None),
        (lambda: becoming(b"fra-wan1 >", b"fra-wan1 #"), None),
        (lambda: device(b"fra-wan1 #", {"show version": OK}), None),
    ],
)
def test_a_mode_that_the_prompts_of_an_own_platform_do_not_show(
    talk: Callable[[], Talk], kind: str | None, secret: str | None
) -> None:
    done = play(talk(), ["show version"], "acme_os", definition=ACME, become=True, become_password=secret)
    if done.error is not None and done.error.error.kind == "no_become_password" and secret is None:
        return  # it asked for the password that is not there
    assert (done.error.error.kind if done.error else None) == kind
    assert done.error is not None or done.texts == {"show version": "1.0"}
    if done.error is not None:
        assert "correct its prompts" in done.error.error.message


@pytest.mark.parametrize(
    ("platform", "password", "kind"),
    [
        ("cisco_iosxe", None, "become_refused"),
        ("cisco_iosxe", "secret", "become_refused"),
        ("huawei_vrp", None, None),  # has no such mode
        ("learned", None, None),
        ("learned", "secret", "become_refused"),
    ],
)
def test_a_mode_that_no_prompt_shows(platform: str, password: str | None, kind: str | None) -> None:
    talk = device(b"box:", {"show version": OK})
    done = play(talk, ["show version"], platform, become=True, become_password=password)
    assert (done.error.error.kind if done.error else None) == kind


@pytest.mark.parametrize("like", [{}, {"like": "cisco_iosxe"}])
def test_an_own_platform_without_a_user_mode_still_has_a_privileged_one(like: dict[str, str]) -> None:
    definition = {**like, "prompts": {"privileged": r"^\S+ #\s*$"}}
    talk = device(b"acme-3 > ", {"show version": OK}, unknown=b"ERR: no such command\r\n")
    done = play(talk, ["show version"], "acme", definition=definition, become=True, become_password="secret")
    assert done.error is not None
    assert done.error.error.kind == "become_refused"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("r1 user> ", "r1 admin> "),
        ("r1:system> ", "r1:enable> "),
        ("guest> ", "admin> "),
        ("r1 -> ", "r1 => "),
        ("r1 \u276f ", "r1 \u276f\u276f "),
        ("Command: ", "Privileged command: "),
    ],
)
def test_any_new_prompt_after_the_password_is_that_of_the_privileged_mode(before: str, after: str) -> None:
    talk = becoming(before.encode(), after.encode(), line_of_mode="enable", password=True)
    done = play(talk, ["show version"], "learned", become=True, become_password="secret")
    assert (done.error, done.texts) == (None, {"show version": "1.0"})


def test_become_that_is_false_sends_nothing_although_there_is_a_password() -> None:
    talk = becoming(b"R1>", b"R1#", line_of_mode="enable", password=True)
    done = play(talk, ["show version"], "cisco_iosxe", become=False, become_password="secret")
    assert (done.error, done.texts) == (None, {"show version": "1.0"})
    assert b"enable" not in done.stream.typed
    assert b"secret" not in done.stream.typed


def test_without_become_nothing_is_entered() -> None:
    done = play(device(b"fra-wan1>", {"show version": OK}), ["show version"], "acme_os", definition=ACME)
    assert (done.error, done.texts) == (None, {"show version": "1.0"})
    assert b"super" not in done.stream.typed
