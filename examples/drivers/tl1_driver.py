"""A driver for TL1 over SSH: ``rollcall_driver: tl1_driver.Tl1`` and ``rollcall_commands: [RTRV-HDR]``."""

from __future__ import annotations

import re
import time

from ansible_collections.rollcall.network.plugins.module_utils.driver import Device, DeviceError, Output, Session


class Tl1:
    """Sends each command in the session that the collection opens, through bastions if there are any."""

    name = "tl1"
    settings = frozenset({"host", "commands"})

    def read_only(self, device: Device) -> bool:
        return all(command.text.startswith("RTRV-") for command in device.commands)

    async def ask(self, device: Device, session: Session) -> dict[str, Output]:
        outputs: dict[str, Output] = {}
        session.keep(outputs)
        stream = await session.connect()
        session.enter("command")
        if not self.read_only(device):
            session.sending()
        for tag, command in enumerate(device.commands, 1):
            deadline = time.monotonic() + device.command_timeout
            await stream.write(f"{command.text}:::{tag};\n".encode(), deadline)
            text, answer = b"", None
            while answer is None:
                received = await stream.read(deadline)
                text += received or b""
                if not received or len(text) > device.max_output:
                    raise DeviceError("failed", "command", "incomplete", f"no end of {command.text!r}", value=outputs)
                if text[-8:].rstrip().endswith(b";"):
                    answer = re.search(rb"^M +%d (COMPLD|DENY)" % tag, text, re.MULTILINE)
            status = "ok" if answer[1] == b"COMPLD" else "failed"
            outputs[command.text] = Output(text[answer.start() :].decode(errors="replace"), status)
        return outputs
