# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check after the login that the device has the name that the user expects."""

from __future__ import annotations

from ..._result import DeviceError
from ..device_name import CUT, device_name, is_expected
from .terminal import Terminal


def check_name(terminal: Terminal, *, at_end: bool) -> None:
    """Put the name in the prompt into the facts, and compare it with the expected names.

    :param at_end: the session is set up. Before that, a shell can have another name, or none.
    :raises DeviceError: if it is another name, or if there is none at the end.
    """
    prompt = terminal.prompt
    name = device_name(prompt.line, prompt.context, counts=prompt.counts)
    if not at_end and (name is None or terminal.now is None or terminal.now.kind == "shell"):
        return
    if name is not None:
        terminal.stream.facts["hostname"] = name
    expected = terminal.device.expect_hostname
    if not expected or (name is not None and is_expected(name, expected, CUT.get(terminal.platform.name))):
        return
    wanted = " or ".join(map(repr, expected))
    if name is None:
        shown = terminal.secrets.quoted(prompt.line)
        message = (
            f"the prompt {shown!r} has no name that can be compared with {wanted}; unset rollcall_expect_hostname for "
            "this device"
        )
    else:
        shown = terminal.secrets.quoted(name)
        message = (
            f"another device answered at this address: its name is {shown!r}, and rollcall_expect_hostname is {wanted}"
            "; no command was sent. If it is the right device, correct rollcall_expect_hostname"
        )
    raise DeviceError("failed", "auth", "wrong_device", message)
