# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits in docs/engine.md are those of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.rollcall.network.plugins.module_utils import _pieces, _platforms
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._drivers.cli import Cli
from ansible_collections.rollcall.network.plugins.module_utils._engine import (
    engine,
    pool,
    quarantine,
    session,
    sessions,
    text,
    watchdog,
    worker,
)

PAGE = (Path(__file__).resolve().parents[2] / "docs/engine.md").read_text()
MIB, KIB = 2**20, 2**10


@pytest.mark.parametrize(
    "words",
    [
        f"`max_output`, {Device('x').max_output // MIB} MiB",
        f"{_pieces.LONGEST_LINE // KIB} KiB; {_platforms.LONGEST_PROMPT} characters for a prompt",
        f"in a session worker | {watchdog.INTERRUPT:.0f} s |",
        f"| | {watchdog.KILL:.0f} s | if it could not be interrupted",
        f"nor waits for a core | {worker.SILENT:.0f} s |",
        f"to end at its deadline | {session.OVERDUE:.0f} s |",
        f"| {engine.TEXT_SECONDS:.0f} s, and {engine.TEXT_SECONDS_PER_MIB:.0f} s per MiB |",
        f"| {worker.MEMORY // MIB} MiB, and {worker.MEMORY_PER_DEVICE // KIB} KiB per device",
        f"text process | {text.MEMORY // MIB} MiB |",
        f"function process | {engine.FUNCTION_MEMORY // MIB} MiB |",
        f"one for each {engine.PER_FUNCTION // MIB} MiB, at least 8, at most {engine.MOST_FUNCTIONS}",
        f"one per call in progress, at most {engine.MOST_FUNCTIONS}",
        f"use {pool.SHORT * 1000:.0f} ms of CPU time share {pool.FEW} processes",
        f"{quarantine.GROUPS}, or {quarantine.GROUPS_OF_BASTION} for devices behind one\nbastion",
        f"at most {quarantine.GROUPS}, usually none",
        f"up to {session._RESOLVERS} threads for DNS",
    ],
)
def test_limits_of_the_page(words: str) -> None:
    assert words in PAGE


def test_devices_are_asked_again_twice_as_the_page_says() -> None:
    assert sessions.MOST_LOSSES == 2
    assert "at most twice because of a process that ended" in PAGE


@pytest.mark.parametrize("command", ["show version", "display version", "get system status", "ping 192.0.2.1 count 3"])
def test_read_only_commands(command: str) -> None:
    assert "[read_only.md](read_only.md)" in PAGE
    assert Cli().read_only(Device("box", commands=(Command(command),)))


@pytest.mark.parametrize("command", ["configure terminal", "reload", "show run | redirect flash:a", "clear counters"])
def test_other_commands_are_not_read_only(command: str) -> None:
    assert not Cli().read_only(Device("box", commands=(Command("show version"), Command(command))))
