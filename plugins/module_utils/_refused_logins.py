# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remember over runs which credentials all devices refused: ``<output_dir>/state/refused_logins.json``.

The file has users, and where their passwords or keys were set. It has no secret, and no digest of one. All pollers of a
fleet share the file. Each has entries of its own, because the same variable can have another password there. An entry
that is old is not used any more, and removed when the file is written.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from ._engine.guard import Credential
from ._redaction_key import fleet_folder
from ._result import iso
from ._run import NewerFormat, check_format
from ._state import STATE, State, write_atomically
from ._trusted import read_file

FILE = "refused_logins.json"
FORMAT = 1
KEPT = timedelta(days=30)  # for which a credential is remembered after the last run that was refused
MOST = 1000  # entries, the newest ones


class Memory(Protocol):
    """What a run needs to know of earlier runs, and keeps for the next one."""

    def read(self) -> set[Credential]: ...

    def note(self, credential: Credential, is_refused: bool) -> None: ...


class RefusedLogins:
    """The credentials that were refused by all devices that were asked with them, and not accepted since."""

    def __init__(self, top: pathlib.Path) -> None:
        """
        :param top: the output folder of a run, or of a poller.
        """
        fleet = top if (top / STATE).is_dir() else fleet_folder(top)
        self._poller = "" if fleet == top else top.name
        self._state = State(fleet)
        self._path = fleet / STATE / FILE

    def read(self) -> set[Credential]:
        """Return the credentials. If the file cannot be read, there are none."""
        try:
            return {credential for poller, credential in self._read() if poller == self._poller}
        except NewerFormat:
            return set()

    def note(self, credential: Credential, is_refused: bool) -> None:
        """Add a credential, or remove it when a device has accepted it. An error affects only the next run."""
        with contextlib.suppress(OSError, NewerFormat), self._state.alone():
            known = self._read()
            if is_refused:
                known[self._poller, credential] = iso(datetime.now(UTC))
            else:
                known.pop((self._poller, credential), None)
            entries = [
                {"user": each.user, "source": each.source, "poller": poller, "at": at}
                for (poller, each), at in sorted(known.items(), key=lambda entry: entry[1])[-MOST:]
            ]
            write_atomically(self._path, json.dumps({"format": FORMAT, "refused": entries}).encode("ascii") + b"\n")

    def to_send(self) -> list[dict[str, str]]:
        """Return the credentials as plain data, for a poller."""
        return [{"user": each.user, "source": each.source} for each in self.read()]

    def take(self, said: Any) -> None:
        """Note what a poller said. Nothing happens if it cannot be read."""
        with contextlib.suppress(KeyError, TypeError):
            self.note(Credential(str(said["user"]), str(said["source"])), bool(said["is_refused"]))

    def _read(self) -> dict[tuple[str, Credential], str]:
        try:
            data = json.loads(read_file(self._path).decode("ascii"))
            check_format(self._path, data.get("format"), FORMAT)
            return {
                (str(each["poller"]), Credential(str(each["user"]), str(each["source"]))): str(each["at"])
                for each in data["refused"]
                if _is_recent(str(each["at"]))
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}


def _is_recent(at: str) -> bool:
    """Return whether an entry of this time is used. The clocks of two machines can differ by minutes.

    :raises ValueError: if it is no time.
    """
    return abs(datetime.now(UTC) - datetime.fromisoformat(at)) <= KEPT


class Sent:
    """The memory on a poller. The controller has the file."""

    def __init__(self, given: Iterable[Any], tell: Callable[[dict[str, Any]], object]) -> None:
        """
        :param given: what ``to_send`` returned.
        :param tell: sends plain data to the controller, for ``take``.
        """
        self._known = {Credential(str(each["user"]), str(each["source"])) for each in given}
        self._tell = tell

    def read(self) -> set[Credential]:
        return self._known

    def note(self, credential: Credential, is_refused: bool) -> None:
        self._tell({"user": credential.user, "source": credential.source, "is_refused": is_refused})
