# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that prints a one-time code."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._result import DeviceError
from ansible_collections.rollcall.network.plugins.module_utils._transport import otp

CODE = "493817"


def code_of(command: str) -> str:
    return asyncio.run(otp.code_of_command(Device("box", otp_command=command), command))


def test_the_first_line_is_the_code() -> None:
    assert code_of(f"printf '  {CODE} \\nnot this\\n'") == CODE


@pytest.mark.parametrize("text", ["; touch {file}", "$(touch {file})", "`touch {file}`", "| tee {file}", "> {file}"])
def test_a_one_time_code_command_is_run_without_a_shell(text: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    with contextlib.suppress(DeviceError):  # the error of a sign that only a shell understands
        assert code_of(f"echo {CODE} {text.format(file=file)}").startswith(CODE)
    assert not file.exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (f"sh -c 'echo {CODE}; exit 3'", "ended with status 3"),
        (f"sh -c 'echo; echo {CODE}'", "printed no code"),
        (f"sh -c 'echo no token >&2; echo {CODE}; exit 1'", "no token"),
        (f"/nonexistent/{CODE}/x", "cannot be started"),
        (f"echo '{CODE}", "cannot be split into words"),
        (f"echo {CODE} >{CODE}", "'>' has no effect"),
        (f"echo {CODE}; true", "';' has no effect"),
    ],
)
def test_a_one_time_code_is_in_no_message(command: str, said: str) -> None:
    with pytest.raises(DeviceError) as raised:
        code_of(command)
    assert (raised.value.status, raised.value.error.kind) == ("auth_failed", "otp_command")
    assert said in raised.value.error.message
    assert CODE not in raised.value.error.message


def test_a_one_time_code_command_ends_when_it_is_late(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(otp, "COMMAND_SECONDS", 2.0)
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    script.chmod(0o700)

    async def ask() -> None:
        with pytest.raises(DeviceError, match="gave no code within 2 s"):
            await otp.code_of_command(Device("box", otp_command=str(script)), str(script))
        async with asyncio.timeout(20):
            while is_running(int((tmp_path / "pid").read_text())):
                await asyncio.sleep(0.01)

    asyncio.run(ask())


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
