# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet state: the last answer of every device, whichever run asked it.

``<output_dir>/state/devices/<name>.json`` has one device. See docs/fleet_state.md for the rules. Files are replaced
atomically, so readers need no lock. Writers hold a lock while they compare and replace.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ._clock import is_future, now_text, past
from ._result import STATUSES
from ._run import RunError, check_format, file_name, folds_case
from ._trusted import check_folder, create_file, make_folder, open_file, read_file

STATE, DEVICES, LEFT, LOCK = "state", "devices", "left", ".lock"
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
        }

    @property
    def known_good_at(self) -> str | None:
        """The time of the last good answer; None if there is none, or if it is in the future."""
        return past(self.last_good_at)

    def shown(self) -> dict[str, Any]:
        """The answer as reports use it."""
        return {**self.answer, "last_good_at": self.known_good_at}


@dataclass(slots=True)
class State:
    """The state in an output folder. ``problems`` has the reason for each name that could not be read or written.

    Several threads may use it at once, for different names, and several processes.

    :param groups: the groups of the inventory by name of the device, where they are known.
    """

    top: pathlib.Path
    groups: Mapping[str, Iterable[str]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    folds: bool = False

    @property
    def path(self) -> pathlib.Path:
        return self.top / STATE

    @property
    def is_there(self) -> bool:
        return (self.path / DEVICES).is_dir() and not self.path.is_symlink()

    def make(self) -> None:
        """Create the folders.

        :raises RunError: if they cannot be created, or may belong to another user.
        """
        try:
            for folder in (self.path, self.path / DEVICES, self.path / LEFT):
                make_folder(folder, 0o700)
            self.folds = folds_case(self.path / DEVICES)
        except OSError as error:
            msg = f"output_dir {self.top} cannot be written to: {error.strerror}"
            raise RunError(msg) from error

    def note(
        self, name: str, answer: Mapping[str, Any], run: pathlib.Path | None, question: str | None = None
    ) -> Entry | None:
        """Record an answer, unless a newer one is recorded. Return the new entry.

        An error is noted in ``problems``.

        :param run: the folder that holds the answer; None if it could not be written.
        """
        at = _at(answer)
        try:
            with self.alone():
                before = self.read(name)
                if before is not None and at < before.at and not is_future(before.at):
                    return None
                entry = self._entry(name, answer, at, run, question, before)
                self.write(entry)
                if before is None:
                    self._file(name, LEFT).unlink(missing_ok=True)
                return entry
        except (OSError, ValueError, TypeError) as error:
            self.problems[name] = f"it cannot be written: {getattr(error, 'strerror', None) or error}"
            return None

    def _entry(
        self,
        name: str,
        answer: Mapping[str, Any],
        at: str,
        run: pathlib.Path | None,
        question: str | None,
        before: Entry | None,
    ) -> Entry:
        where = None if run is None else os.path.relpath(run, self.top)
        if answer["status"] == "ok":
            good, good_run = at, where
        elif before is not None and before.known_good_at:
            good, good_run = before.known_good_at, before.last_good_run
        else:
            good, good_run = past(answer.get("last_good_at")), None
        return Entry(
            name=name,
            at=at,
            run=where,
            question=question,
            first_asked_at=(past(before.first_asked_at) if before else None) or at,
            last_good_at=good,
            last_good_run=good_run,
            groups=tuple(self.groups[name]) if name in self.groups else (before.groups if before else ()),
            answer={key: answer.get(key) for key in SHORT},
        )

    def write(self, entry: Entry) -> None:
        """Replace one file.

        :raises OSError: the old file is then as it was.
        """
        write_atomically(self._file(entry.name, DEVICES), entry.as_dict())

    def read(self, name: str) -> Entry | None:
        """Return what is known of a name. A damaged file is noted in ``problems`` and counts as none."""
        path = self._file(name, DEVICES)
        try:
            return _parsed(path, name)
        except FileNotFoundError:
            return None
        except (OSError, RunError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self.problems[name] = f"{path} cannot be read and is ignored: {getattr(error, 'strerror', None) or error}"
            return None

    def entries(self) -> dict[str, Entry]:
        """Return all devices, sorted by name. Damaged files are left out."""
        found: dict[str, Entry] = {}
        with contextlib.suppress(FileNotFoundError):
            check_folder(self.path)
            check_folder(self.path / DEVICES)
            for file in os.listdir(self.path / DEVICES):
                if file.startswith(".") or not file.endswith(".json"):
                    continue
                try:
                    entry = _parsed(self.path / DEVICES / file, None)
                except FileNotFoundError:  # it has just left
                    continue
                except (OSError, RunError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                    reason = getattr(error, "strerror", None) or error
                    self.problems[file] = f"{self.path / DEVICES / file} cannot be read and is ignored: {reason}"
                    continue
                found[entry.name] = entry
        return dict(sorted(found.items()))

    def leave(self, names: Iterable[str]) -> None:
        """Move the files of devices out of the state.

        :raises OSError: if one cannot be moved.
        """
        with self.alone():
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    self._file(name, DEVICES).replace(self._file(name, LEFT))

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock of the writers. Writing takes microseconds, so waiting for it does too."""
        descriptor = open_file(self.path / LOCK, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _file(self, name: str, folder: str) -> pathlib.Path:
        return self.path / folder / f"{file_name(name, folds=self.folds)}.json"


def write_atomically(path: pathlib.Path, data: Mapping[str, Any]) -> None:
    """Replace a file. A reader sees the old or the new one. It is not synced: the runs have the same facts.

    :raises OSError: the old file is then as it was.
    """
    partial = path.with_name(f".{path.name}.part")
    descriptor = create_file(partial)
    try:
        with open(descriptor, "wb") as file:
            file.write(json.dumps(data).encode("ascii") + b"\n")
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise


def _parsed(path: pathlib.Path, name: str | None) -> Entry:
    """:raises ValueError: for a file that is not as this module writes it."""
    data = json.loads(read_file(path).decode("ascii"))
    check_format(path, data["format"], FORMAT)
    entry = Entry(
        name=str(data["name"]),
        at=str(data["at"]),
        run=_inside(data["run"]),
        question=data["question"],
        first_asked_at=data["first_asked_at"],
        last_good_at=data["last_good_at"],
        last_good_run=_inside(data["last_good_run"]),
        groups=tuple(map(str, data["groups"])),
        answer=dict(data["answer"]),
    )
    if name not in {None, entry.name} or entry.answer["status"] not in STATUSES:
        msg = "it is not the state of this device"
        raise ValueError(msg)
    return entry


def _inside(run: Any) -> str | None:
    """The path of a run below the output folder.

    :raises ValueError: when it leads elsewhere.
    """
    if run is None:
        return None
    parts = pathlib.PurePosixPath(run).parts
    if ".." in parts or run.startswith("/"):
        msg = f"{run!r} is not the path of a run"
        raise ValueError(msg)
    return str(run)


def _at(answer: Mapping[str, Any]) -> str:
    """When the answer was complete, by this machine's clock at the latest; now for a name that was not asked."""
    now = now_text()
    return min(str(answer.get("finished_at") or now), now)
