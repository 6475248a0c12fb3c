# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answer of one name as plain data: the keys of ``devices`` in the result of a task, and of a file on disk."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from .._result import CommandStatus, Phase, Status

RowsStatus = Literal["ok", "empty", "no_template", "mismatch", "error"]


class Reason(TypedDict):
    """Why there is no full answer."""

    phase: Phase
    """The phase in which it failed."""
    kind: str
    """One word, for programs."""
    message: str
    """A sentence, for people: what happened, and what to do if this is known."""


class CommandOutput(TypedDict):
    """The output of one command. Every requested command has one, and it always has all keys."""

    status: CommandStatus
    """``skipped`` if the command was not sent."""
    error: Reason | None
    """None if the status is ``ok``."""
    text: str
    """What the device sent, without echo and prompt. If the status is not ``ok``, the text so far."""
    seconds: float
    """The duration of the command."""
    parser: str | None
    """The parser that was used. None if no rows were requested."""
    rows: Any
    """The parsed text: a list of dictionaries, or any JSON. An empty list if there are no rows."""
    rows_status: RowsStatus | None
    """None if no rows were requested, or the command has no full answer."""
    rows_message: str | None
    """Why the rows are not ``ok``."""
    since: str | None
    """Since when the answer is the same, UTC. None without a run folder."""
    diff: str
    """The difference from the last good answer. Empty without one."""


class Answer(TypedDict):
    """The answer of one name. It always has all keys."""

    status: Status
    """``ok`` if every command was answered, ``partial`` if some were or rows are missing, ``failed`` if none was."""
    error: Reason | None
    """None if the status is ``ok``."""
    attempts: int
    """Connection attempts. 0 if the name was not asked."""
    started_at: str | None
    """When the name was first asked, in UTC as ISO 8601 text. None if it was not asked."""
    finished_at: str | None
    """When the answer was complete."""
    seconds: dict[str, float]
    """The duration of each phase, over all attempts."""
    driver: str | None
    """The driver that was used. None if the name could not be resolved to a device."""
    host: str | None
    """The address that was used."""
    port: int | None
    """The port that was used."""
    platform: str | None
    """The platform definition that was used."""
    connection: dict[str, str]
    """What is known about the connection, such as the algorithms and the banner. Empty without a connection."""
    output: dict[str, CommandOutput]
    """The output by command, in the order of the commands. Empty for a function."""
    value: Any
    """What a function returned, as plain data. None for commands."""
    changed: list[str] | None
    """The commands whose output differs from the last good answer. None without a run folder."""
    suspicious: dict[str, str] | None
    """The commands whose output is only a small part of the last good answer, and how. None without a run folder."""
    identity_changes: list[str] | None
    """What changed of the name, the serial number and the host key of the device. None without a run folder."""
    last_good_at: str | None
    """Time of the last full answer, which can be this one. None without a run folder, or if there was none."""
