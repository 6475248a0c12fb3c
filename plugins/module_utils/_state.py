# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet state: the last answer of every device, whichever run asked it.

``<output_dir>/state/devices.jsonl`` has a line for each answer, and is rewritten with one line per device when a run
begins. See docs/fleet_state.md for the rules. One line is one write, and the file is replaced atomically, so readers
need no lock. Writers hold a lock while they write.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ._aside import aside
from ._clock import is_future, now_text, past
from ._result import STATUSES
from ._run import RunError, check_answer, check_format
from ._trusted import Untrusted, check_folder, create_file, make_folder, open_file, read_file

STATE, JOURNAL, LOCK = "state", "devices.jsonl", ".lock"
FORMAT = 1
SHORT = (
    "status",
    "error",
    "attempts",
    "started_at",
    "finished_at",
    "seconds",
    "driver",
    "host",
    "port",
    "platform",
    "changed",
    "suspicious",
    "identity_changes",
    "last_good_at",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One device. ``run`` is the folder of its last answer, relative to the output folder; None if it is not on disk.

    ``answer`` is the last answer without output and value. Times are ISO 8601 text.
    """

    name: str
    at: str
    run: str | None
    question: str | None
    first_asked_at: str | None
    last_good_at: str | None
    last_good_run: str | None
    groups: tuple[str, ...]
    answer: dict[str, Any]
    recorded_at: str  # by the clock of that run, which may have been wrong

    def as_dict(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "name": self.name,
            "at": self.at,
            "run": self.run,
            "question": self.question,
            "first_asked_at": self.first_asked_at,
            "last_good_at": self.last_good_at,
            "last_good_run": self.last_good_run,
            "groups": list(self.groups),
            "answer": self.answer,
            "recorded_at": self.recorded_at,
        }

    @property
    def known_good_at(self) -> str | None:
        """The time of the last good answer; None if there is none, or if it is in the future."""
        return past(self.last_good_at)

    def shown(self) -> dict[str, Any]:
        """The answer as reports use it."""
        return {**self.answer, "last_good_at": self.known_good_at}

    def is_replaced_by(self, at: str, recorded_at: str) -> bool:
        """Whether a later record counts. If its time is earlier, only if this one is or was in the future."""
        return at >= self.at or is_future(self.at) or is_future(self.at, recorded_at)

    def after(self, before: Entry) -> Entry:
        """Return this answer with what was known before it."""
        goods = [(each.last_good_at, each.last_good_run or "") for each in (self, before) if each.last_good_at]
        # If all are in the future, this clock may be the wrong one. The later record is kept, and shown as unknown.
        chosen = [each for each in goods if past(each[0])] or [each for each in goods if each[0] == goods[0][0]]
        good, run = max(chosen, default=(None, ""))
        first = min(filter(None, (past(before.first_asked_at), past(self.first_asked_at))), default=self.first_asked_at)
        groups = self.groups or before.groups
        return replace(self, first_asked_at=first, last_good_at=good, last_good_run=run or None, groups=groups)


def _hint(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return which platform should be set, of all that is known about the connection."""
    hint = (answer.get("connection") or {}).get("platform_hint")
    return {"connection": {"platform_hint": hint}} if hint else {}


@dataclass(slots=True)
class State:
    """The state in an output folder. ``problems`` has the reason for each name that could not be written.

    Several threads and several processes may use it at once.

    :param groups: the groups of the inventory by name of the device, where they are known.
    """

    top: pathlib.Path
    groups: Mapping[str, Iterable[str]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    damaged: int = 0  # lines that could not be read
    said: list[str] = field(default_factory=list)  # lines for the user: what was repaired
    restored: list[str] = field(default_factory=list)  # devices that were added again after damage
    path: pathlib.Path = field(init=False)
    journal: pathlib.Path = field(init=False)
    _lock: pathlib.Path = field(init=False)

    def __post_init__(self) -> None:
        self.path = self.top / STATE
        self.journal, self._lock = self.path / JOURNAL, self.path / LOCK

    @property
    def is_there(self) -> bool:
        return self.path.is_dir() and not self.path.is_symlink()

    def make(self) -> None:
        """Create the folder.

        :raises RunError: if it cannot be created, or may belong to another user.
        """
        try:
            make_folder(self.path, 0o700)
            for file in (self.journal, self._lock):
                self.make_way(file)
                os.close(open_file(file, os.O_RDWR | os.O_CREAT))
        except Untrusted as error:
            msg = f"output_dir {self.top} cannot be written to: {error.strerror}"
            raise RunError(msg) from error
        except OSError as error:
            msg = f"{error.filename or self.path} cannot be written to: {error.strerror}"
            raise RunError(msg) from error

    def make_way(self, file: pathlib.Path) -> None:
        """Move aside a folder in place of a file.

        :raises OSError: if it cannot be moved.
        """
        if file.is_dir() and not file.is_symlink():
            self.said.append(f"{file} was a folder and is now {aside(file).name}")

    def note(
        self,
        name: str,
        answer: Mapping[str, Any],
        run: pathlib.Path | None,
        question: str | None = None,
        *,
        at: str | None = None,
    ) -> Entry | None:
        """Record an answer. If a newer one is recorded, readers ignore it. An error is noted in ``problems``.

        :param run: the folder that holds the answer; None if it could not be written.
        :param at: its time, if it is not that of the answer.
        """
        try:
            where = None if run is None else os.path.relpath(run, self.top)
            entry = self._entry(name, answer, where, question, at or _at(answer))
            with self.alone():
                self._append([entry.as_dict()])
        except (OSError, ValueError, TypeError) as error:
            self.problems[name] = f"it cannot be written: {getattr(error, 'strerror', None) or error}"
            return None
        return entry

    def _entry(self, name: str, answer: Mapping[str, Any], run: str | None, question: str | None, at: str) -> Entry:
        is_good = answer["status"] == "ok"
        return Entry(
            name=name,
            at=at,
            run=run,
            question=question,
            first_asked_at=at,
            last_good_at=at if is_good else past(answer.get("last_good_at")),
            last_good_run=run if is_good else None,
            groups=tuple(self.groups.get(name, ())),
            answer={key: answer.get(key) for key in SHORT} | _hint(answer),
            recorded_at=now_text(),
        )

    def entries(self, *, is_alone: bool = False) -> dict[str, Entry]:
        """Return all devices, sorted by name. Damaged lines are counted and left out.

        :param is_alone: no line can be in the middle of being written.
        :raises NewerFormat: if a newer version of the collection wrote a line.
        """
        found: dict[str, Entry] = {}
        self.damaged = 0
        try:
            check_folder(self.path)
            lines = read_file(self.journal).split(b"\n")
        except FileNotFoundError:
            return found
        except OSError:
            self.damaged = 1
            return found
        if lines.pop() and (is_alone or self._has_torn_end()):
            self.damaged += 1
        for line in filter(None, lines):
            try:
                name, entry, at = _parsed(line, self.journal)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                self.damaged += 1
                continue
            before = found.get(name)
            if entry is None:
                if before is not None and before.is_replaced_by(at, at):
                    del found[name]
            elif before is None:
                found[name] = entry
            elif before.is_replaced_by(entry.at, at):
                found[name] = entry.after(before)
            else:
                found[name] = before.after(entry)
        return dict(sorted(found.items()))

    def _has_torn_end(self) -> bool:
        """Return whether the last line has no end, and nobody is writing it."""
        with contextlib.suppress(OSError), self.alone():
            return not read_file(self.journal).endswith(b"\n")
        return False

    def rewrite(self) -> dict[str, Entry]:
        """Write one line per device, and return the devices.

        :raises OSError: if it cannot be written; nothing is lost then.
        """
        with self.alone():
            entries = self.entries(is_alone=True)
            lines = b"".join(_line(entry.as_dict()) for entry in entries.values())
            write_atomically(self.journal, lines)
        return entries

    def leave(self, names: Iterable[str]) -> None:
        """Remove devices from the state. The caller holds the lock.

        :raises OSError: if it cannot be written; no device is removed then.
        """
        at = now_text()
        self._append([{"format": FORMAT, "name": name, "left_at": at} for name in names])

    def _append(self, data: Iterable[Mapping[str, Any]]) -> None:
        text = b"".join(map(_line, data))
        descriptor = open_file(self.journal, os.O_RDWR | os.O_APPEND)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                text = b"\n" + text  # end the line of a writer that was killed or had no space
            if os.write(descriptor, text) != len(text):
                os.ftruncate(descriptor, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock of the writers. Writing takes microseconds, so waiting for it does too."""
        descriptor = open_file(self._lock, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def write_atomically(path: pathlib.Path, data: bytes) -> None:
    """Replace a file. A reader sees the old or the new one.

    :raises OSError: the old file is then as it was.
    """
    partial = path.with_name(f".{path.name}.part")
    descriptor = create_file(partial)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise


def _line(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data).encode("ascii") + b"\n"


def _parsed(line: bytes, path: pathlib.Path) -> tuple[str, Entry | None, str]:
    """Return the name and the entry of a line, None for a device that left, and when it was recorded.

    :raises ValueError, TypeError: for a line that is not as this module writes it.
    """
    data = json.loads(line.decode("ascii"))
    check_format(path, data["format"], FORMAT)
    name = str(data["name"])
    if "left_at" in data:
        return name, None, time_of(data["left_at"])
    entry = Entry(
        name=name,
        at=time_of(data["at"]),
        run=_inside(data["run"]),
        question=data["question"],
        first_asked_at=time_or_none(data["first_asked_at"]),
        last_good_at=time_or_none(data["last_good_at"]),
        last_good_run=_inside(data["last_good_run"]),
        groups=tuple(map(str, data["groups"])),
        answer=dict(data["answer"]),
        recorded_at=time_of(data.get("recorded_at") or data["at"]),
    )
    check_answer(entry.answer)
    if entry.answer["status"] not in STATUSES:
        msg = "it is not the state of a device"
        raise ValueError(msg)
    return name, entry, entry.recorded_at


def time_of(text: Any) -> str:
    """Return a time that was read from a file.

    :raises ValueError, TypeError: if it is none.
    """
    datetime.fromisoformat(text)
    return str(text)


def time_or_none(text: Any) -> str | None:
    """Return a time that was read from a file, or None.

    :raises ValueError, TypeError: if it is neither.
    """
    return None if text is None else time_of(text)


def _inside(run: Any) -> str | None:
    """The path of a run below the output folder.

    :raises ValueError: when it leads elsewhere.
    """
    if run is None:
        return None
    if run.startswith("/") or ".." in run.split("/"):
        msg = f"{run!r} is not the path of a run"
        raise ValueError(msg)
    return str(run)


def _at(answer: Mapping[str, Any]) -> str:
    """When the answer was complete, by this machine's clock at the latest; now for a name that was not asked."""
    now = now_text()
    return min(str(answer.get("finished_at") or now), now)
