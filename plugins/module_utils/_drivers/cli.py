# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send commands to the command line of a device: log in, ask one after the other, log out."""

from __future__ import annotations

from typing import NoReturn

from .._device import Device
from .._platforms import LEARNED, PlatformError, load_platform
from .._result import DeviceError, Error, Output, Status
from ._reader.exchange import ask, leave
from ._reader.judging import lose
from ._reader.modes import open_session
from ._reader.terminal import Terminal
from .contract import Session
from .read_only import only_reads, refusal_of


class Cli:
    """Sends commands to the command line of a device."""

    name = "cli"
    settings = frozenset({"host", "platform", "commands"})

    def read_only(self, device: Device) -> bool:
        return all(only_reads(device, command) for command in device.commands)

    def refusal(self, device: Device) -> Error | None:
        """Return why nothing may be sent to this device, or None."""
        return refusal_of(device)

    async def ask(self, device: Device, session: Session) -> dict[str, Output]:
        """Log in, send each command, and return its output by command.

        :raises DeviceError: if not every command got a good answer; its value is the outputs there are.
        """
        try:
            platform = load_platform(device.platform or LEARNED, device.definition)
        except PlatformError as error:
            raise DeviceError("failed", "resolve", "platform", str(error)) from error
        stream = await session.connect()
        try:
            terminal = Terminal(stream, platform, device, session)
            try:
                await open_session(terminal)
            except DeviceError as error:
                error.retry = error.retry and not terminal.secret_is_unanswered
                raise
            session.enter("command")
            return await _ask_all(terminal, device, session)
        finally:
            stream.close()


async def _ask_all(terminal: Terminal, device: Device, session: Session) -> dict[str, Output]:
    outputs = {command.text: Output(status="skipped") for command in device.commands}
    session.keep(outputs)
    commands = {command.text: command for command in device.commands}
    last = list(outputs)[-1:]
    broken: Output | None = None
    for text, output in outputs.items():
        if broken is None:
            if not only_reads(device, commands[text]):
                session.sending()
            await ask(terminal, commands[text], output, prove=[text] == last)
            broken = next((each for each in outputs.values() if each.error and each.error.kind != "rejected"), None)
        else:
            output.error = Error("command", "not_asked", "not sent, because the session ended earlier")
    failed = [text for text, output in outputs.items() if output.status != "ok"]
    if broken is None:
        await leave(terminal, outputs)
        failed = [text for text, output in outputs.items() if output.status != "ok"]
        broken = next((each for each in outputs.values() if each.error and each.error.kind != "rejected"), None)
    if terminal.echoes is False and broken is not None and broken.error and broken.error.kind == "desynchronised":
        # No echo divides the answers: what was lost here can have begun in any of them.
        for output in outputs.values():
            if output.status == "ok":
                lose(output)
        failed = list(outputs)
    if failed:
        _fail(outputs, failed, broken)
    return outputs


def _fail(outputs: dict[str, Output], failed: list[str], broken: Output | None) -> NoReturn:
    error = (broken or outputs[failed[0]]).error or Error("command", "failed", "no answer")
    status: Status = "failed"
    if len(failed) < len(outputs):
        status = "partial"
    elif broken is not None and broken.status == "timeout":
        status = "timeout"
    unsent = sum(1 for output in outputs.values() if output.error is not None and output.error.kind == "not_asked")
    not_sent = f" and {unsent} not sent" if unsent else ""
    message = (
        f"{len(failed) - unsent} of {len(outputs)} commands failed{not_sent}, first {failed[0]!r}: {error.message}"
    )
    retry = broken is not None and error.kind not in ("question", "dialog")  # it would be asked again
    raise DeviceError(status, "command", error.kind, message, value=outputs, retry=retry)
