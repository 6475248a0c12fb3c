# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run folder: each device's answer on disk the moment it is there, whole or not at all.

``<output_dir>/runs/<UTC time>[-<job>]/devices/<name>/`` holds ``result.json`` and a text file for each command. Beside
``devices``, ``manifest.json`` says from the start what the run is and at its end what came of it, and ``events.jsonl``
grows by a line for whatever happens. ``<output_dir>/latest`` points to the run that ended last.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from ._result import STATUSES, iso
from ._trusted import Untrusted, check_folder, create_file, make_folder, make_top, new_folder, open_file, read_file

RUNS, DEVICES = "runs", "devices"
RESULT, MANIFEST, EVENTS = "result.json", "manifest.json", "events.jsonl"
TIME = "%Y-%m-%dT%H%M%SZ"  # a run's folder is named after the moment it began
RUNNING, FINISHED = "running", "finished"
VERSION = 1  # of the manifest
LONGEST_NAME = 200  # bytes; file systems allow 255, and we add endings
APART = "%-"  # stands before a hash; no encoded text has it


class RunError(Exception):
    """The run folder cannot be used; the message says which and why."""


class NoAnswer(RunError):
    """A run on disk has no answer of this name."""


def file_name(text: str, *, folds: bool = False) -> str:
    """A file name for any text: itself where it is plain, else percent-encoded; long ones are cut, with a hash.

    :param folds: the file system takes upper and lower case for the same. A text with upper case gets a hash then.
    """
    name = quote(text, safe=" ,=+@", errors="surrogateescape")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) > LONGEST_NAME:
        return f"{name[:LONGEST_NAME]}-{_digest(text)[:16]}"
    if folds and text != text.lower():
        return f"{name}{APART}{_digest(text)[:8]}"
    return name or "%"


def text_name(command: str, *, folds: bool = False) -> str:
    """The file of what was said to a command."""
    return f"{file_name(command, folds=folds)}.txt"


def folds_case(folder: pathlib.Path) -> bool:
    """Whether the file system of a folder that exists takes upper and lower case for the same."""
    try:
        return folder.with_name(folder.name.swapcase()).samefile(folder)
    except OSError:
        return False


def entry(folder: pathlib.Path, name: str, *, folds: bool = False) -> pathlib.Path:
    """The folder of a device among those of all devices.

    :param folds: see ``file_name``. Only a writer needs to know.
    """
    apart = folder / file_name(name, folds=True)
    return apart if folds or apart.is_dir() else folder / file_name(name)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


class RunFolder:
    """The folder of one run, open for writing. No second process can open it meanwhile: its events are locked."""

    def __init__(self, output_dir: str, job: str | None = None, *, resume: pathlib.Path | None = None) -> None:
        """Make the folder, or go on in that of a run which did not come to its end.

        :param job: what tells runs apart that begin in the same second, such as AWX's job number.
        :param resume: the folder of the run to go on with.
        :raises RunError: when it cannot be made or written to.
        """
        top = pathlib.Path(output_dir).expanduser().absolute()
        began = datetime.now(UTC).strftime(TIME)
        try:
            top = make_top(top)
            make_folder(top / RUNS)
            self.folds = folds_case(top / RUNS)
            self.path = resume or _new_folder(top / RUNS / (f"{began}-{file_name(job)}" if job else began))
            for folder in (self.path, self.path / DEVICES):
                make_folder(folder)
            check_folder(self.path / "reports")
            self._events = _open_events(self.path / EVENTS)
            for partial in (self.path / DEVICES).glob(".*.part"):  # it was being written when its run was killed
                shutil.rmtree(partial)
        except BlockingIOError as error:
            msg = f"the run {resume} is under way in another process"
            raise RunError(msg) from error
        except OSError as error:
            msg = f"output_dir {top} cannot be written to: {error.strerror}"
            raise RunError(msg) from error
        self.resumed = resume is not None
        self.unwritten_event: str | None = None
        self.top = top  # without links
        self._manifest: dict[str, Any] = {}

    def begin(self, manifest: Mapping[str, Any]) -> None:
        """Say what this run is, before the first answer. Where one goes on, it began when it first did.

        :raises RunError: when it cannot be written.
        """
        before = old_manifest(self.path) if self.resumed else {}
        self._manifest = {"version": VERSION, "status": RUNNING, **manifest}
        if before.get("started_at"):
            self._manifest |= {"started_at": before["started_at"], "resumed_at": manifest["started_at"]}
        try:
            self._write_manifest()
        except OSError as error:
            msg = f"output_dir {self.top} cannot be written to: {error.strerror}"
            raise RunError(msg) from error

    def note(self, event: str, **details: Any) -> None:
        """Add a line to the events. A full disk costs a line, not an answer: ``unwritten_event`` then says why."""
        line = json.dumps({"at": iso(datetime.now(UTC)), "event": event, **details}).encode("ascii") + b"\n"
        try:
            _write_all(self._events, line)
        except OSError as error:
            self.unwritten_event = error.strerror or str(error)

    def write(self, name: str, answer: Mapping[str, Any]) -> None:
        """Put one device's answer on disk: in a hidden folder first, which then takes its name.

        :raises OSError: nothing of this device is left behind then.
        """
        with self._whole(name) as partial:
            slim = {}
            for command, output in answer["output"].items():
                files: dict[str, str | None] = {"file": None, "diff": None}
                if output.get("status") != "skipped":  # a command that was not sent has no file
                    files["file"] = file = text_name(command, folds=self.folds)
                    write_file(partial / file, output["text"].encode("utf-8", "surrogateescape"))
                if output.get("diff"):
                    files["diff"] = file = f"{file_name(command, folds=self.folds)}.diff"
                    write_file(partial / file, output["diff"].encode("utf-8", "surrogateescape"))
                slim[command] = {**without(output, "text"), **files}
            write_json(partial / RESULT, {"name": name, **answer, "output": slim})
        self.note("finished", name=name, **{key: answer.get(key) for key in ("status", "error", "seconds")})

    def folder_of(self, name: str) -> pathlib.Path:
        """Where this device's answer is, once it is written."""
        return entry(self.path / DEVICES, name, folds=self.folds)

    def take_over(self, run: pathlib.Path, name: str) -> None:
        """Make one device's answer in another run this run's too: the same files, or copies where links cannot be.

        :raises OSError: nothing of this device is left behind then.
        """
        with self._whole(name) as partial:
            for file in entry(run / DEVICES, name).iterdir():
                try:
                    os.link(file, partial / file.name, follow_symlinks=False)
                except OSError:  # another user's, or no links on this file system
                    write_file(partial / file.name, read_file(file))

    def finish(self, outcome: Mapping[str, Any]) -> None:
        """Add to the manifest what came of the run, and let ``latest`` point here.

        :raises OSError: the devices' answers are all there, all the same.
        """
        _sync_folder(self.path / DEVICES)  # a manifest that says finished speaks of answers that outlast a power cut
        self._manifest = {**self._manifest, "status": FINISHED, **outcome}
        self._write_manifest()
        link = self.top / f".latest-{os.getpid()}"
        with contextlib.suppress(FileNotFoundError):
            link.unlink()
        link.symlink_to(pathlib.Path(RUNS) / self.path.name)
        link.rename(self.top / "latest")
        self.note("ended", **{key: outcome[key] for key in ("summary", "verdict") if key in outcome})

    def close(self) -> None:
        """Let others have the folder. The kernel does it for a process that is killed."""
        os.close(self._events)

    @contextlib.contextmanager
    def _whole(self, name: str) -> Iterator[pathlib.Path]:
        """A folder to put a device's files in. It takes its name when all are there, and is gone if that fails."""
        folder = self.folder_of(name)
        if folder.is_symlink():
            raise Untrusted(f"{folder} is a link: remove it")
        partial = folder.with_name(f".{folder.name}.part")
        make_folder(partial)
        try:
            yield partial
            try:
                partial.rename(folder)
            except OSError as error:
                if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                    raise
                shutil.rmtree(folder)  # of the run before it was resumed, and no answer, or it would not be asked again
                partial.rename(folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise

    def _write_manifest(self) -> None:
        partial = self.path / f"{MANIFEST}.part"
        write_json(partial, self._manifest)
        partial.rename(self.path / MANIFEST)
        _sync_folder(self.path)


def run_names(run_dir: str | pathlib.Path) -> list[str]:
    """The names of a run on disk, in the order asked; those that had answered, where it was killed at its beginning.

    :raises RunError: when the folder is none of a run, or its manifest cannot be read.
    """
    folder = pathlib.Path(run_dir).expanduser()
    if not is_folder(folder / DEVICES):
        msg = f"{folder} is no run folder: it has no {DEVICES}/"
        raise RunError(msg)
    manifest = read_manifest(folder)
    if manifest:
        return list(manifest["hosts"] if "hosts" in manifest else manifest["devices"])
    found = sorted(path.name for path in (folder / DEVICES).iterdir() if not path.name.startswith("."))
    return [_name_of(folder / DEVICES / each) for each in found]


def read_manifest(run_dir: str | pathlib.Path) -> dict[str, Any]:
    """The manifest of a run on disk; an empty one where the run was killed before it wrote any.

    :raises RunError: when it cannot be read.
    """
    path = pathlib.Path(run_dir).expanduser() / MANIFEST
    try:
        manifest = json.loads(read_file(path).decode("ascii"))
        if not isinstance(manifest, dict) or not ("hosts" in manifest or "devices" in manifest):
            msg = "it names no devices"
            raise ValueError(msg)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read: {error}"
        raise RunError(msg) from error
    return manifest


def old_manifest(run_dir: pathlib.Path) -> dict[str, Any]:
    """As ``read_manifest``, for those who only look for a run: one that cannot be read says nothing."""
    try:
        return read_manifest(run_dir)
    except RunError:
        return {}


def read_answer(run_dir: str | pathlib.Path, name: str, *, slim: bool = False) -> dict[str, Any]:
    """One answer of a run on disk, with its texts.

    :param slim: without texts, rows and value, as a task returns it with C(return_output: false).
    :raises NoAnswer: when the run ended before it had one.
    :raises RunError: when a file of it is missing or damaged.
    """
    folder = entry(pathlib.Path(run_dir).expanduser() / DEVICES, name)
    if not is_folder(folder):
        msg = f"the run was ended before it had an answer of this name, or could not write it: {folder} is not there"
        raise NoAnswer(msg)
    try:
        answer: dict[str, Any] = json.loads(read_file(folder / RESULT).decode("ascii"))
        if answer["name"] != name or answer["status"] not in STATUSES:
            msg = f"it is no answer of {name}"
            raise ValueError(msg)
        for output in answer["output"].values():
            file, diff = output.pop("file"), output.pop("diff")
            if slim:
                if file is not None:
                    (folder / plain_name(file)).lstat()
                output.pop("rows", None)
            else:
                output["text"] = _text(folder, file)
                output["diff"] = _text(folder, diff)
        if slim:
            answer["value"] = None
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        msg = f"the answer in {folder} cannot be read: {error}"
        raise RunError(msg) from error
    return without(answer, "name")


def _text(folder: pathlib.Path, file: str | None) -> str:
    """What is in a file of an answer; nothing where the answer names none."""
    return "" if file is None else read_file(folder / plain_name(file)).decode("utf-8", "surrogateescape")


def _name_of(folder: pathlib.Path) -> str:
    try:
        return str(json.loads(read_file(folder / RESULT).decode("ascii"))["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return unquote(
            folder.name.partition(APART)[0]
        )  # its answer cannot be read either, and that will be said of this name


def is_folder(path: pathlib.Path) -> bool:
    """Whether there is a folder of this name that is no link."""
    return path.is_dir() and not path.is_symlink()


def plain_name(name: Any) -> str:
    """The name of a file, as it is written in another file.

    :raises ValueError: when it leads to another folder.
    """
    if not isinstance(name, str) or "/" in name or name in {"", ".", ".."}:
        msg = f"{name!r} is no file name"
        raise ValueError(msg)
    return name


def without(data: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """A copy without these keys."""
    return {key: value for key, value in data.items() if key not in keys}


def _new_folder(path: pathlib.Path) -> pathlib.Path:
    for number in range(1000):
        candidate = path.with_name(f"{path.name}.{number}") if number else path
        with contextlib.suppress(FileExistsError):
            new_folder(candidate)
            return candidate
    raise FileExistsError(f"a thousand runs named {path}")


def _open_events(path: pathlib.Path) -> int:
    """Open the events to add to them, locked.

    :raises BlockingIOError: when another process has them open.
    """
    descriptor = open_file(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            _write_all(descriptor, b"\n")  # a power cut tore the last line: it stays one of its own
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def write_json(path: pathlib.Path, data: Mapping[str, Any]) -> None:
    write_file(path, json.dumps(data, indent=1).encode("ascii") + b"\n")


def write_file(path: pathlib.Path, data: bytes) -> None:
    descriptor = create_file(path)
    try:
        _write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _sync_folder(path: pathlib.Path) -> None:
    """Have the names in a folder outlast a power cut, as fsync does for what is in a file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
