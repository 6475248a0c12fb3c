# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answer of one name: types that all parts of the collection use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Status = Literal["ok", "partial", "failed", "unreachable", "auth_failed", "timeout", "skipped"]
STATUSES: tuple[Status, ...] = ("ok", "partial", "failed", "unreachable", "auth_failed", "timeout", "skipped")

Sent = tuple["tuple[str, ...] | None", ...]  # the lines of each session, None if not known

CommandStatus = Literal["ok", "failed", "timeout", "skipped"]
Phase = Literal["resolve", "connect", "auth", "command", "parse"]
# What a session may have to wait for: the first secret of the login, its password after the device has refused the key,
# and the password of the privileged mode.
Secret = Literal["login", "password", "enable"]


@dataclass(frozen=True, slots=True)
class Error:
    """Why a name has no full answer: the phase, the kind (one word), and a message."""

    phase: Phase
    kind: str
    message: str

    def as_dict(self) -> dict[str, str]:
        return {"phase": self.phase, "kind": self.kind, "message": self.message}


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of one name.

    ``value`` is what the function returned, or what was received before it failed.
    ``attempts`` is 0 for a name that was not asked. ``started_at`` and ``finished_at`` are UTC.
    ``seconds`` is the time spent by phase, over all attempts.
    """

    status: Status
    value: Any = None
    error: Error | None = None
    attempts: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data without ``value``: times as ISO 8601 text, seconds rounded to milliseconds."""
        return {
            "status": self.status,
            "error": self.error.as_dict() if self.error else None,
            "attempts": self.attempts,
            "started_at": iso(self.started_at) if self.started_at else None,
            "finished_at": iso(self.finished_at) if self.finished_at else None,
            "seconds": {phase: round(seconds, 3) for phase, seconds in self.seconds.items()},
        }


@dataclass(slots=True)
class Output:
    """The output of one command: the device's text and, if requested, the rows parsed from it.

    ``status`` is ok, failed (the device rejected it, or the session ended before the prompt), timeout, or skipped (the
    command was not sent). ``rows`` is an empty list if there are none. ``rows_status`` is None if no rows were
    requested or the command has no full answer; see ``_parsing``.
    """

    text: str = ""
    status: CommandStatus = "ok"
    error: Error | None = None
    seconds: float = 0.0
    rows: Any = field(default_factory=list)
    rows_status: str | None = None
    rows_message: str | None = None
    parser: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain data. Every output has the same keys, regardless of the status."""
        return {**self.as_slim_dict(), "text": self.text, "rows": self.rows, "diff": ""}

    def as_slim_dict(self) -> dict[str, Any]:
        """Return plain data without text, rows and diff."""
        return {
            "status": self.status,
            "error": self.error.as_dict() if self.error else None,
            "seconds": round(self.seconds, 3),
            "parser": self.parser,
            "rows_status": self.rows_status,
            "rows_message": self.rows_message,
            "since": None,
        }

    def let_go(self) -> None:
        """Free the memory of text and rows: they are on disk."""
        self.text, self.rows = "", []


class Outputs(dict[str, Output]):
    """The outputs of a device by command, and what is known about its connection, such as the algorithms.

    ``transcript`` is the text of its file, or None if none was recorded. ``sent`` are the lines that were sent in each
    session, None for a session of which this is not known.
    """

    __slots__ = ("connection", "sent", "transcript")

    def __init__(
        self,
        outputs: Mapping[str, Output],
        connection: dict[str, str],
        transcript: str | None = None,
        sent: Sent = (),
    ) -> None:
        super().__init__(outputs)
        self.connection = connection
        self.transcript = transcript
        self.sent = sent

    def __reduce__(self) -> tuple[Any, ...]:
        return Outputs, (dict(self), self.connection, self.transcript, self.sent)


class DeviceError(Exception):
    """Raised by a driver, or any function, with the exact failure of its device.

    ``value`` is what was received before the failure. ``retry`` means that a second attempt may succeed.
    """

    def __init__(
        self, status: Status, phase: Phase, kind: str, message: str, *, value: Any = None, retry: bool = False
    ) -> None:
        if status not in STATUSES:
            msg = f"status must be one of {', '.join(STATUSES)}, not {status!r}"
            raise ValueError(msg)
        super().__init__(message)
        self.status: Status = status
        self.error = Error(phase, kind, message)
        self.value = value
        self.retry = retry

    def __reduce__(self) -> tuple[Any, ...]:
        return _device_error, (self.status, self.error, self.value, self.retry)


def _device_error(status: Status, error: Error, value: Any, retry: bool) -> DeviceError:
    return DeviceError(status, error.phase, error.kind, error.message, value=value, retry=retry)


def iso(moment: datetime) -> str:
    """Format a time in UTC as ISO 8601 text with milliseconds, the form of all times in results and files."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
