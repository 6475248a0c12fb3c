# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least that a login with asyncssh costs: one event loop, no deadlines, right devices only.

Options are prepared once. Host keys are checked as in the collection: the file is read once.
"""

from __future__ import annotations

import asyncio
import json
import sys
import warnings
from typing import Any, cast

from tests.bench.cost import allow_files, measured, report
from tests.bench.dialogues import exchanges
from tests.bench.targets import CHOICES, Target
from tests.lab.topology import PASSWORD, USER

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of cryptography, about old algorithms
    import asyncssh

spec: dict[str, Any] = json.load(sys.stdin)


class Session(asyncssh.SSHClientSession[bytes]):
    """A shell whose text is read up to a prompt."""

    def __init__(self) -> None:
        self._data = b""
        self._end = b""
        self._found: asyncio.Future[None] | None = None

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self._data += data
        if self._found is not None and not self._found.done() and self._data.rstrip().endswith(self._end):
            self._found.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._found is not None and not self._found.done():
            self._found.set_exception(exc or ConnectionError("closed"))

    async def until(self, end: bytes) -> bytes:
        self._end = end
        if not self._data.rstrip().endswith(end):
            self._found = asyncio.get_running_loop().create_future()
            await self._found
        data, self._data = self._data, b""
        return data


OPTIONS = asyncssh.SSHClientConnectionOptions(
    config=None,
    known_hosts=asyncssh.read_known_hosts(spec["known_hosts"]) if spec["check_host_keys"] else None,
    username=USER,
    password=PASSWORD,
    client_keys=None,
    agent_path=None,
    x509_trusted_certs=None,
    compression_algs=["none"],
    connect_timeout=None,
    login_timeout=0,
)


async def ask(target: Target, lines: list[tuple[str, str]]) -> str:
    async with asyncssh.connect(target.device.address, spec["port"], config=None, options=OPTIONS) as connection:
        channel, made = await connection.create_session(Session, term_type="vt100", encoding=None)
        session = cast(Session, made)
        data = await session.until(b">" if target.device.exec_login else target.prompt.encode())
        for line, end in lines:
            channel.write(f"{line}\n".encode())
            data = await session.until(end.encode())
        channel.write(b"exit\n")
    return data.decode()


async def main() -> dict[str, str]:
    targets = iter([(one, exchanges(one)) for one in CHOICES[spec["choice"]](spec["devices"], spec["names"])])
    answers: dict[str, str] = {}

    async def work() -> None:
        for target, lines in targets:
            try:
                answers[target.name] = await ask(target, lines)
            except Exception as error:
                print(target.name, type(error).__name__, error, file=sys.stderr)

    await asyncio.gather(*(work() for _each in range(min(spec["workers"], spec["names"]))))
    return answers


allow_files(spec["workers"])
with measured() as cost:
    answers = asyncio.run(main())
report(sum("light version" in text for text in answers.values()), cost)
