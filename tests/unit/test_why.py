# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went wrong, as lines for the terminal."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.plugin_utils._why import MOST_GROUPS, lines_of


def failed(status: str, message: str, phase: str = "connect", kind: str = "refused", **more: Any) -> dict[str, Any]:
    return {"status": status, "error": {"phase": phase, "kind": kind, "message": message}, **more}


def test_nothing_is_said_of_a_run_in_which_all_answered() -> None:
    assert lines_of([("a", {"status": "ok", "error": None})], 1) == []


def test_devices_are_grouped_by_reason_with_a_count_and_the_first_names() -> None:
    answers = [
        (f"r{n}", failed("unreachable", f"10.0.0.{n} port 22 refused", host=f"10.0.0.{n}", port=22)) for n in range(6)
    ]
    answers.insert(3, ("x", failed("auth_failed", "login as u refused", "auth")))
    assert lines_of(answers, 10) == [
        "roll call: 7 of 10 devices have no full answer:",
        "  6 unreachable (connect, refused): … port … refused: r0, r1, r2, r3, r4, r5",
        "  1 auth_failed (auth, refused): login as u refused: x",
    ]


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ((30,), (20,)),
        ((30, 3), (17, 3)),
        ((30, 30), (10, 10)),
        ((9, 1, 1), (9, 1, 1)),
        ((100,) * 12, (2,) * 8 + (1,) * 4),
    ],
)
def test_the_first_twenty_devices_are_named_with_their_reason(sizes: tuple[int, ...], shown: tuple[int, ...]) -> None:
    answers = [
        (f"r{group}-{number}", failed("failed", f"reason {chr(0x4E00 + group)}"))
        for group, size in enumerate(sizes)
        for number in range(size)
    ]
    lines = lines_of(answers, 2_000)[1:]
    assert tuple(line.count(f"r{group}-") for group, line in enumerate(lines)) == shown
    for line, size, names in zip(lines, sizes, shown, strict=True):
        assert line.endswith(f", and {size - names} more") == (size > names)


@pytest.mark.parametrize(
    ("one", "two", "groups"),
    [
        ("received 0 characters", "received 17 characters", 1),
        ("a: no address", "b: no address", 1),
        ("presented ssh-ed25519 SHA256:43IUfg/+xy; known: none", "presented ssh-ed25519 SHA256:abc; known: none", 1),
        ("presented ssh-ed25519 SHA256:abc", "presented ssh-rsa SHA256:abc", 2),
        ("no address", "no route", 2),
    ],
)
def test_messages_are_the_same_up_to_what_is_the_devices_own(one: str, two: str, groups: int) -> None:
    lines = lines_of([("a", failed("failed", one)), ("b", failed("failed", two))], 2)
    assert len(lines) == 1 + groups


def test_a_large_fleet_gets_few_lines() -> None:
    answers = [(f"r{n}", failed("failed", f"reason {chr(0x4E00 + n % 100)}")) for n in range(10_000)]
    lines = lines_of(answers, 10_000)
    assert len(lines) == MOST_GROUPS + 2
    assert lines[-1] == f"  {(100 - MOST_GROUPS) * 100} for {100 - MOST_GROUPS} other reasons: see the reports"
    assert max(map(len, lines)) < 400


def test_a_long_message_keeps_its_reason_and_its_advice() -> None:
    message = f"the host key is not known: {'x' * 400}; then add the key: ansible-playbook rollcall.network.host_keys"
    (_title, line) = lines_of([("a", failed("failed", message))], 1)
    assert "the host key is not known: xxx" in line
    assert line.endswith("then add the key: ansible-playbook rollcall.network.host_keys: a")


def test_what_a_device_said_does_not_reach_the_terminal_as_it_is() -> None:
    lines = lines_of([("a\x9b", failed("failed", "one\x1b[2J\x9b31m\ntwo" + "x" * 1_000))], 1)
    assert all(line.isprintable() for line in lines)
    assert max(map(len, lines)) < 400


def test_one_reason_is_one_line_for_all_platforms() -> None:
    said = {"cisco_nxos": "show vrf", "arista_eos": "show mlag", "juniper_junos": "show vrf"}
    answers = [
        (f"r{number}", failed("partial", f"{platform}: '{command}' was rejected: '% no {number}'", platform=platform))
        for number, (platform, command) in enumerate(said.items())
    ]
    assert lines_of(answers, 3)[1:] == ["  3 partial (connect, refused): …: '…' was rejected: '…': r0, r1, r2"]
    words = ["the device rejected the command: % Invalid input", "the device rejected the command: Error: wrong"]
    rejected = [
        (f"r{number}", failed("partial", message, "command", "rejected", platform=f"os{number}"))
        for number, message in enumerate(words)
    ]
    assert lines_of(rejected, 2)[1:] == [f"  2 partial (command, rejected): for example {words[0]}: r0, r1"]
    same = [(f"r{number}", failed("partial", "'show vrf' was rejected")) for number in range(3)]
    assert lines_of(same, 3)[1:] == ["  3 partial (connect, refused): 'show vrf' was rejected: r0, r1, r2"]


def test_a_long_message_is_cut_between_words() -> None:
    words = [f"word{number:04}" for number in range(100)]
    (_title, line) = lines_of([("a", failed("failed", " ".join(words)))], 1)
    shown = line.removeprefix("  1 failed (connect, refused): ").removesuffix(": a").split()
    assert "…" in shown
    assert set(shown) <= {*words, "…"}
