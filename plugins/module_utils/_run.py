# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run folder: each answer is written as it arrives, atomically.

``<output_dir>/runs/<UTC time>[-<job>]/devices/<name>/`` holds ``result.json`` and a text file for each command. Beside
``devices``, ``manifest.json`` describes the run at the start and its outcome at the end, and ``events.jsonl`` has a
line for each event. ``<output_dir>/latest`` is a link to the last run of the whole fleet; see docs/fleet_state.md.
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
from types import NoneType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from ._result import STATUSES, Sent, iso
from ._trusted import Untrusted, check_folder, create_file, make_folder, make_top, new_folder, open_file, read_file

if TYPE_CHECKING:
    from ._fleet import Fleet

RUNS, DEVICES = "runs", "devices"
RESULT, MANIFEST, EVENTS = "result.json", "manifest.json", "events.jsonl"
TRANSCRIPT = "transcript.jsonl"
TIME = "%Y-%m-%dT%H%M%SZ"  # the folder of a run is named after its start
LATEST = "latest"
RUNNING, FINISHED = "running", "finished"
VERSION = 1  # of the manifest
LONGEST_NAME = 200  # bytes; file systems allow 255, and suffixes are added
APART = "%-"  # stands before a hash; no encoded text has it


class RunError(Exception):
    """The run folder cannot be used. The message says which and why."""


class OtherQuestion(RunError):
    """An answer on disk is to another question. ``status`` is its status."""

    def __init__(self, status: str) -> None:
        super().__init__("the answer is to another question")
        self.status = status


class NoAnswer(RunError):
    """A run on disk has no answer of this name."""


class NewerFormat(RunError):
    """A file was written by a newer version of this collection."""


def check_format(path: pathlib.Path, found: Any, known: int) -> None:
    """Check the version in a file. A file without a version is of an older one, which can be read.

    :raises NewerFormat: if this version of the collection cannot read it.
    """
    if isinstance(found, int) and found > known:
        msg = (
            f"{path} was written by a newer version of rollcall.network (format {found}; this version reads up to "
            f"{known}): update the collection, or use another output_dir"
        )
        raise NewerFormat(msg)


def file_name(text: str, *, folds: bool = False) -> str:
    """Return a file name for any text: the text, percent-encoded if needed. Long names are cut and get a hash.

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
    """Return the file name of the output of a command."""
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
    """The folder of one run, open for writing. The events are locked, so a second process cannot open it."""

    def __init__(self, output_dir: str, job: str | None = None, *, resume: pathlib.Path | None = None) -> None:
        """Create the folder, or open that of an unfinished run.

        :param job: distinguishes runs that start in the same second, such as AWX's job number.
        :param resume: the folder of the run to resume.
        :raises RunError: if it cannot be created or is not writable.
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
            for partial in (self.path / DEVICES).glob(".*.part"):  # incomplete when its run was killed
                shutil.rmtree(partial)
        except BlockingIOError as error:
            msg = f"the run {resume} is in progress in another process"
            raise RunError(msg) from error
        except OSError as error:
            msg = f"output_dir {top} cannot be written to: {error.strerror}"
            raise RunError(msg) from error
        self.resumed = resume is not None
        self.questions: dict[str, str] = {}  # by name, stored with the answers; see the module _question
        self.sent: dict[str, Sent] = {}  # by name
        self._alike: dict[str, Sent] = {}
        self.unwritten_event: str | None = None
        self.top = top  # without links
        self.fleet: Fleet | None = None  # the state of the fleet, which each answer updates
        self.moves_latest = True
        self._manifest: dict[str, Any] = {}

    def begin(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest before the first answer. A resumed run keeps its start time.

        :raises RunError: if it cannot be written.
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

    @property
    def started_at(self) -> str | None:
        """The start of the run, for a resumed run that of its first part."""
        return self._manifest.get("started_at")

    def note(self, event: str, **details: Any) -> None:
        """Add a line to the events. If that fails, ``unwritten_event`` has the reason and answers are not affected."""
        line = json.dumps({"at": iso(datetime.now(UTC)), "event": event, **details}).encode("ascii") + b"\n"
        try:
            _write_all(self._events, line)
        except OSError as error:
            self.unwritten_event = error.strerror or str(error)

    def write(self, name: str, answer: Mapping[str, Any], transcript: str | None = None, sent: Sent = ()) -> None:
        """Write one device's answer to a hidden folder, which is then renamed.

        :param transcript: the text of its file, if one was recorded.
        :param sent: what was sent in each session, for the manifest.
        :raises OSError: no files of this device remain then.
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
            if transcript is not None:
                write_file(partial / TRANSCRIPT, (transcript + expected_line(answer)).encode("ascii"))
            question = self.questions.get(name)
            write_json(partial / RESULT, {"name": name, "question": question, "sent": sent, **answer, "output": slim})
        self.sent[name] = self._alike.setdefault(repr(sent), sent)  # most devices were sent the same
        self.note("finished", name=name, **{key: answer.get(key) for key in ("status", "error", "seconds")})

    def folder_of(self, name: str) -> pathlib.Path:
        """Return the folder of this device's answer."""
        return entry(self.path / DEVICES, name, folds=self.folds)

    def take_over(self, run: pathlib.Path, name: str) -> None:
        """Reuse one device's answer of another run, with hard links or copies.

        :raises OSError: no files of this device remain then.
        """
        with self._whole(name) as partial:
            for file in entry(run / DEVICES, name).iterdir():
                try:
                    os.link(file, partial / file.name, follow_symlinks=False)
                except OSError:  # owned by another user, or the file system has no links
                    write_file(partial / file.name, read_file(file))

    def finish(self, outcome: Mapping[str, Any]) -> None:
        """Add the outcome to the manifest, and link ``latest`` to this run if ``moves_latest`` or there is no link.

        :raises OSError: the devices' answers were written nevertheless.
        """
        _sync_folder(self.path / DEVICES)  # sync the answers before the manifest says finished
        self._manifest = {**self._manifest, "status": FINISHED, **outcome, "sent": self._all_sent()}
        self._write_manifest()
        if self.moves_latest or not (self.top / LATEST).exists():
            point_latest(self.top, self.path)
        self.note("ended", **{key: outcome[key] for key in ("summary", "verdict") if key in outcome})

    def _all_sent(self) -> dict[str, Any]:
        """What was sent to each device in this run. What is left out was not asked by it, or was not written."""
        found: dict[str, Any] = {}
        for name in self._manifest.get("hosts", self.sent):
            if name in self.sent:
                found[name] = self.sent[name]
            elif self.resumed:
                with contextlib.suppress(OSError, ValueError, RecursionError, KeyError, TypeError):
                    before = json.loads(read_file(self.folder_of(name) / RESULT).decode("ascii"))
                    if before["started_at"] is None or before["started_at"] >= self._manifest["started_at"]:
                        found[name] = before["sent"]  # not an answer that was reused from an earlier run
        return found

    def close(self) -> None:
        """Release the folder. The kernel does this if the process is killed."""
        os.close(self._events)

    @contextlib.contextmanager
    def _whole(self, name: str) -> Iterator[pathlib.Path]:
        """Yield a temporary folder for a device's files. It is renamed at the end, or removed on failure."""
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
                shutil.rmtree(folder)  # left by the run before it was resumed; not a usable answer
                partial.rename(folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise

    def _write_manifest(self) -> None:
        partial = self.path / f"{MANIFEST}.part"
        write_json(partial, self._manifest, indent=1)
        partial.rename(self.path / MANIFEST)
        _sync_folder(self.path)


def expected_line(answer: Mapping[str, Any]) -> str:
    """Return the last line of a transcript: what came of the session. A test that repeats it compares with it."""
    output = {
        command: {"status": each["status"], "kind": (each.get("error") or {}).get("kind"), "text": each["text"]}
        for command, each in answer["output"].items()
    }
    kind = (answer.get("error") or {}).get("kind")
    return json.dumps({"expected": {"status": answer["status"], "kind": kind, "output": output}}) + "\n"


def point_latest(top: pathlib.Path, run: pathlib.Path) -> None:
    """Link ``latest`` to a run."""
    link = top / f".{LATEST}-{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        link.unlink()
    link.symlink_to(pathlib.Path(RUNS) / run.name)
    link.rename(top / LATEST)


def run_names(run_dir: str | pathlib.Path) -> list[str]:
    """Return the names of a run on disk, in order. Without a manifest, return those that have answered.

    :raises RunError: if the folder is not a run folder, or its manifest cannot be read.
    """
    folder = pathlib.Path(run_dir).expanduser()
    if not is_folder(folder / DEVICES):
        msg = f"{folder} is not a run folder: it has no {DEVICES}/"
        raise RunError(msg)
    manifest = read_manifest(folder)
    if manifest:
        return list(manifest["hosts"] if "hosts" in manifest else manifest["devices"])
    found = sorted(path.name for path in (folder / DEVICES).iterdir() if not path.name.startswith("."))
    return [_name_of(folder / DEVICES / each) for each in found]


def read_manifest(run_dir: str | pathlib.Path) -> dict[str, Any]:
    """Return the manifest of a run on disk; empty if the run was killed before it wrote one.

    :raises RunError: if it cannot be read.
    :raises NewerFormat: if a newer version of the collection wrote it.
    """
    path = pathlib.Path(run_dir).expanduser() / MANIFEST
    try:
        manifest = json.loads(read_file(path).decode("ascii"))
        if not isinstance(manifest, dict) or not ("hosts" in manifest or "devices" in manifest):
            msg = "it lists no devices"
            raise ValueError(msg)
        if not isinstance(manifest.get("hosts", []), list):
            msg = "its hosts are no list"
            raise ValueError(msg)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{path} cannot be read: {error}"
        raise RunError(msg) from error
    check_format(path, manifest.get("version"), VERSION)
    return manifest


def old_manifest(run_dir: pathlib.Path) -> dict[str, Any]:
    """Like ``read_manifest``, but return an empty manifest if it cannot be read."""
    try:
        return read_manifest(run_dir)
    except RunError:
        return {}


def stored_question(run_dir: pathlib.Path, name: str) -> str | None:
    """Return the question that an answer of a run on disk is to, or None if it is unknown."""
    try:
        question = json.loads(read_file(entry(run_dir / DEVICES, name) / RESULT).decode("ascii"))["question"]
        return None if question is None else str(question)
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return None


def read_answer(
    run_dir: str | pathlib.Path, name: str, *, slim: bool = False, question: str | None = None
) -> dict[str, Any]:
    """Return one answer of a run on disk, with its texts.

    :param slim: without texts, rows and value, as returned with ``return_output: false``.
    :param question: the question that the answer must be to; by default any.
    :raises OtherQuestion: if it is to another question.
    :raises NoAnswer: if the run ended before it had one.
    :raises RunError: if one of its files is missing or damaged.
    """
    folder = entry(pathlib.Path(run_dir).expanduser() / DEVICES, name)
    if not is_folder(folder):
        msg = f"the run ended before it had an answer of this name, or could not write it: {folder} does not exist"
        raise NoAnswer(msg)
    try:
        answer: dict[str, Any] = json.loads(read_file(folder / RESULT).decode("ascii"))
        if answer["name"] != name or answer["status"] not in STATUSES:
            msg = f"it is not an answer of {name}"
            raise ValueError(msg)
        check_answer(answer)
        if question is not None and answer.get("question") != question:
            raise OtherQuestion(answer["status"])
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
    except (OSError, ValueError, RecursionError, KeyError, AttributeError, TypeError) as error:
        msg = f"the answer in {folder} cannot be read: {error}"
        raise RunError(msg) from error
    return without(answer, "name", "question", "sent")


def check_answer(answer: Mapping[str, Any]) -> None:
    """Check the parts of an answer that were read from a file and that pages and tables use.

    :raises TypeError: if one has another type than the collection writes.
    """
    for key, kinds in _TYPES.items():
        if not isinstance(answer.get(key), (*kinds, NoneType)):
            msg = f"{key} is {answer[key]!r}"
            raise TypeError(msg)
    if not all(isinstance(each, (int, float)) for each in (answer.get("seconds") or {}).values()):
        msg = f"seconds are {answer['seconds']!r}"
        raise TypeError(msg)


_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("error", "seconds", "suspicious"), (dict,)),
    **dict.fromkeys(("changed", "identity_changes"), (list,)),
    **dict.fromkeys(("started_at", "finished_at", "last_good_at"), (str,)),
    "attempts": (int,),
}


def _text(folder: pathlib.Path, file: str | None) -> str:
    """Return the content of a file of an answer, or an empty text if the answer has no such file."""
    return "" if file is None else read_file(folder / plain_name(file)).decode("utf-8", "surrogateescape")


def _name_of(folder: pathlib.Path) -> str:
    try:
        return str(json.loads(read_file(folder / RESULT).decode("ascii"))["name"])
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return unquote(
            folder.name.partition(APART)[0]
        )  # the answer cannot be read either, which is reported for this name


def is_folder(path: pathlib.Path) -> bool:
    """Whether a folder of this name exists and is not a link."""
    return path.is_dir() and not path.is_symlink()


def plain_name(name: Any) -> str:
    """The name of a file, as it is written in another file.

    :raises ValueError: when it leads to another folder.
    """
    if not isinstance(name, str) or "/" in name or name in {"", ".", ".."}:
        msg = f"{name!r} is not a file name"
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
    raise FileExistsError(f"there are already a thousand runs named {path}")


def _open_events(path: pathlib.Path) -> int:
    """Open and lock the events for appending.

    :raises BlockingIOError: if another process has locked them.
    """
    descriptor = open_file(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            _write_all(descriptor, b"\n")  # end an incomplete last line, for example after a power cut
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def write_json(path: pathlib.Path, data: Mapping[str, Any], *, indent: int | None = None) -> None:
    """Write data to a file. Python takes four times as long with an indent, and there is a file for each device."""
    write_file(path, json.dumps(data, indent=indent).encode("ascii") + b"\n")


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
    """Sync the names in a folder to disk, as fsync does for the content of a file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
