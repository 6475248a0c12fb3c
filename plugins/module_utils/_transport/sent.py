# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sent to a device in its sessions, for the manifest of the run. It is noted where the bytes are sent."""

from __future__ import annotations

from .._model.secrets import Secrets
from .stream import Stream
from .transcript import masked_chunks

PASSWORD = "<password>"


class Noted:
    """A stream that notes what is sent. It implements ``Stream``, and leaves the rest to the stream itself."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._sent: list[bytes] = []
        self.facts, self.asks_login = stream.facts, stream.asks_login
        self.read, self.end_reason = stream.read, stream.end_reason
        self.fault, self.close = stream.fault, stream.close

    async def write(self, data: bytes, deadline: float) -> None:
        if self._sent and not _ends(self._sent[-1]) and not _ends(data):
            self._sent[-1] += data  # keys for a pager: there can be thousands
        else:
            self._sent.append(data)
        await self._stream.write(data, deadline)

    def lines(self, secrets: Secrets) -> tuple[str, ...]:
        """Return the lines, each with its line end, and keys that were sent alone. Secrets are masked."""
        bodies = [data.rstrip(b"\r\n") for data in self._sent]
        ends = [data[len(body) :] for data, body in zip(self._sent, bodies, strict=True)]
        is_secret = [bool(body) and body.decode("utf-8", "surrogateescape") in secrets.values for body in bodies]
        # A line feed at each end: a carriage return moves the cursor, and where text was drawn takes long to find.
        shown = masked_chunks(
            [
                (b"" if secret else body) + (b"\n" if end else b"")
                for secret, body, end in zip(is_secret, bodies, ends, strict=True)
            ],
            secrets,
        )
        return tuple(
            (PASSWORD if secret else masked.rstrip(b"\n").decode("utf-8", "surrogateescape")) + end.decode()
            for secret, end, masked in zip(is_secret, ends, shown, strict=True)
        )


def _ends(data: bytes) -> bool:
    return data.endswith((b"\r", b"\n"))
