# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remember over runs which credentials all devices refused: ``<output_dir>/state/refused_logins.json``.

The file has users, and where their passwords or keys were set. It has no secret, and no digest of one.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
from datetime import UTC, datetime

from ._engine.guard import Credential
from ._result import iso
from ._run import NewerFormat, check_format
from ._state import STATE, State, write_atomically
from ._trusted import read_file

FILE = "refused_logins.json"
FORMAT = 1


class RefusedLogins:
    """The credentials that were refused by all devices that were asked with them, and not accepted since."""

    def __init__(self, top: pathlib.Path) -> None:
        """
        :param top: the output folder.
        """
        self._state = State(top)
        self._path = top / STATE / FILE

    def read(self) -> set[Credential]:
        """Return the credentials. If the file cannot be read, there are none."""
        try:
            return set(self._read())
        except NewerFormat:
            return set()

    def note(self, credential: Credential, is_refused: bool) -> None:
        """Add a credential, or remove it when a device has accepted it. An error affects only the next run."""
        with contextlib.suppress(OSError, NewerFormat), self._state.alone():
            known = self._read()
            if is_refused:
                known.setdefault(credential, iso(datetime.now(UTC)))
            else:
                known.pop(credential, None)
            entries = [{"user": each.user, "source": each.source, "at": at} for each, at in known.items()]
            write_atomically(self._path, json.dumps({"format": FORMAT, "refused": entries}).encode("ascii") + b"\n")

    def _read(self) -> dict[Credential, str]:
        try:
            data = json.loads(read_file(self._path).decode("ascii"))
            check_format(self._path, data.get("format"), FORMAT)
            return {Credential(str(each["user"]), str(each["source"])): str(each["at"]) for each in data["refused"]}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}
