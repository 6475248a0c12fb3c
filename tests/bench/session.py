# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a device says in a session that is played without a network: the same bytes for us and for a peer."""

from __future__ import annotations

PACKET = 32 * 1024  # bytes, the largest packet of most SSH servers
PROMPT = b"sw1.example.net#"
COMMANDS = ("show version", "show ip interface brief", "show running-config")
LINE = "GigabitEthernet{0}/0/{1} is up, line protocol is up, address is 0011.2233.{0:04x}\r\n"


def text(size: int) -> bytes:
    """A text of so many bytes."""
    page = "".join(LINE.format(number, number % 48) for number in range(1000)).encode()
    return (page * (size // len(page) + 1))[: size - 2] + b"\r\n"


def said(line: str, answers: dict[str, bytes]) -> list[bytes]:
    """The packets with which the device answers a line."""
    whole = line.encode() + b"\r\n" + answers.get(line, b"") + PROMPT
    return [whole[place : place + PACKET] for place in range(0, len(whole), PACKET)]
