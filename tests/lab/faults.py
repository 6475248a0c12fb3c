# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways for a device to misbehave, each by its name. One device has at most one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

# The one table of them: name, then what the device does.
FAULTS = {
    # Before a login
    "refuse": "nothing listens on its port",
    "hang_banner": "accepts the TCP connection and never sends an SSH banner",
    "hang_kex": "sends the SSH banner and then nothing",
    "flaky": "resets the first connection, works from the second on",
    "old_crypto": "offers only group14-sha1 and group1-sha1, an ssh-rsa host key, aes128-cbc and 3des-cbc, hmac-sha1",
    # At the login
    "wrong_password": "accepts no login of the lab's: its password is another",
    "hang_auth": "never answers an authentication request",
    # At the prompt
    "hang_shell": "grants the shell and never sends a byte",
    "no_prompt": "sends its MOTD and answers commands, but never a prompt",
    "double_prompt": "sends the prompt twice at the login",
    "banner_prompt": "has lines in its MOTD that look like prompts, with a pause after each",
    "bad_enable": "lands at > and refuses the enable secret (platforms without enable behave as usual)",
    "no_echo": "does not echo what it is sent",
    # At a command
    "pager": "does not know the command that turns paging off, so every long output comes in pages",
    "reject": "rejects the first show command with the platform's own text",
    "hang_command": "echoes the first show command and then sends nothing more",
    # In the answer to a show command
    "drop_mid_output": "resets the TCP connection in the middle of the answer",
    "drop_clean": "ends the channel (EOF, exit status 0, close) in the middle of the answer",
    "garbage_bytes": "has invalid UTF-8, NULs and escape sequences in the middle of the answer",
    "big_output": "answers with 10 MB",
    "slow_drip": "sends 1 to 5 bytes at a time, with a longer pause after a line that ends in # or >",
    "syslog": "prints log lines before the echo, within the answer, and after the prompt without a new prompt",
}

# What the lab has by default: three ordinary names that fail.
BROKEN = {"ams-wan1": "wrong_password", "par-edge1": "refuse", "waw-leaf1": "hang_command"}

WRONG_PASSWORD = "changed-by-someone"
BIG_OUTPUT_BYTES = 10_000_000
GARBAGE = b"\xff\xfe\xc3\x28 \x00\x00 \x1b[31mred\x1b[0m \x1b[2J\xe2\x82 \x9b5n\x07"


def load(path: Path | None, names: set[str], *, healthy: bool) -> dict[str, str]:
    """The faults by device name: the default ones unless `healthy`, then those of the JSON file at `path`.

    Raises OSError for a file that cannot be read, ValueError for one that is not a JSON object of this lab's devices to
    known faults.
    """
    # A lab smaller than 24 has only some of the broken ones.
    found = {} if healthy else {name: fault for name, fault in BROKEN.items() if name in names}
    if path is None:
        return found
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        msg = f"faults file {path} is not JSON: {error}"
        raise ValueError(msg) from error
    if not isinstance(given, dict):
        msg = f"faults file {path} must hold one object of device names to faults"
        raise ValueError(msg)
    for name, fault in given.items():
        if name not in names:
            msg = f"fault {fault!r} is for {name!r}, which is not a device of this lab"
            raise ValueError(msg)
        if fault not in FAULTS:
            msg = f"device {name!r} has an unknown fault {fault!r}; known: {', '.join(FAULTS)}"
            raise ValueError(msg)
    return found | given


def with_garbage(answer: bytes) -> bytes:
    middle = len(answer) // 2
    return answer[:middle] + GARBAGE + answer[middle:]


def with_log_line(answer: bytes, log: bytes) -> bytes:
    """The log line between two lines, near the middle of the answer."""
    middle = answer.find(b"\r\n", len(answer) // 2)
    if middle < 0:
        return answer + log + b"\r\n"
    return answer[: middle + 2] + log + b"\r\n" + answer[middle + 2 :]


def big_output() -> str:
    line = "counter {:>8}  packets 0000000000  bytes 00000000000000  errors 0000000000\n"
    count = BIG_OUTPUT_BYTES // len(line.format(0)) + 1
    return "".join(map(line.format, range(count)))


def drip(data: bytes) -> Iterator[tuple[bytes, float]]:
    """Pieces of `data`, each with the seconds to wait after it."""
    sizes, pauses = (1, 2, 5, 3, 4), (0.002, 0.003, 0.005, 0.002, 0.02)
    start = count = 0
    while start < len(data):
        end = start + sizes[count % len(sizes)]
        marks = [found + 1 for mark in (b"#\r", b">\r") if (found := data.find(mark, start, end + 1)) >= 0]
        if marks:
            end = min(marks)
        yield data[start:end], 0.3 if marks else pauses[count % len(pauses)]
        start, count = end, count + 1
