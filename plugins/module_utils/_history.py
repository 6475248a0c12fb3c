# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The history of last good answers in git: one commit per run, with only the changed files.

``<output_dir>/history.git`` is a bare repository that mirrors ``last_good``: ``<name>/<command>.txt``. It is written by
``git fast-import`` only, in one stream, so ten thousand files take no longer than reading them. What was committed, and
since when it is the same, is recorded beside it. If a commit fails, the next run commits its changes.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, cast

from ._last_good import LastGood
from ._repository import check_repository
from ._run import file_name, text_name, write_json
from ._trusted import is_shared, make_folder, make_top, open_file, read_file

REPOSITORY, NOTES = "history.git", "rollcall.json"
BRANCH = "refs/heads/main"
WHO = "rollcall <rollcall@localhost>"
PATIENCE = 600  # seconds for one call of git
MOST_NAMES = 1000  # in a commit's message

# Do not use the user's configuration: hooks, signing, templates, another default branch. Allow names that some file
# systems do not support, because nothing is checked out.
SETTINGS = (
    "init.defaultBranch=main",
    "core.protectNTFS=false",
    "core.protectHFS=false",
    "gc.autoDetach=false",
    f"core.hooksPath={os.devnull}",
    f"core.attributesFile={os.devnull}",
    "core.fsmonitor=false",
    "protocol.allow=never",
)


class HistoryError(Exception):
    """The history could not be written. The message says why. The answers are not affected."""


@dataclass(slots=True)
class _Commit:
    """The changes by name, in order, and the path of each text."""

    files: dict[str, pathlib.Path] = field(default_factory=dict)
    since: dict[str, str] = field(default_factory=dict)
    new: dict[str, list[str]] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)


def commit(output_dir: str | pathlib.Path, last_good: LastGood, names: Iterable[str], title: str) -> int:
    """Commit the changed last good answers of these names, and return the number of files. With 0 there is no commit.

    Runs that end at the same time wait for each other.

    :param title: a short description of the run.
    :raises HistoryError: if git is missing or fails.
    """
    path = pathlib.Path(output_dir).expanduser().absolute() / REPOSITORY
    try:
        make_folder(make_top(path.parent) / REPOSITORY, mode=0o700)
        with _alone(path):
            check_repository(path)
            shared = ["--shared=group"] if is_shared(path.parent) else []
            # Of a repository that is there, it changes nothing.
            _git(path, "init", "--quiet", "--bare", "--template=", *shared)
            return _commit(path, last_good, names, title)
    except OSError as error:
        msg = f"the history in {path} could not be written: {error.strerror or error}"
        raise HistoryError(msg) from error


def _commit(path: pathlib.Path, last_good: LastGood, names: Iterable[str], title: str) -> int:
    tip = _tip(path)
    notes = _notes(path) if tip else {}
    made = _changes(last_good, names, notes)
    if made.files:
        _git(path, "fast-import", "--quiet", "--done", stdin=_stream(made, title, tip))
        write_json(path / f"{NOTES}.part", {**notes, **made.since})
        (path / f"{NOTES}.part").replace(path / NOTES)
        _git(path, "gc", "--auto", "--quiet")
    return len(made.files)


def _changes(last_good: LastGood, names: Iterable[str], notes: Mapping[str, str]) -> _Commit:
    made = _Commit()
    for name in names:
        for command, since, text in last_good.texts(name):
            file = f"{file_name(name)}/{text_name(command)}"
            if notes.get(file) != since and os.access(text, os.R_OK):
                made.files[file] = text
                made.since[file] = since
                (made.changed if file in notes else made.new).setdefault(name, []).append(command)
    return made


def _stream(made: _Commit, title: str, tip: str | None) -> Iterator[bytes]:
    """The input of ``git fast-import``."""
    message = _message(made, title).encode("ascii", "backslashreplace")
    yield b"feature done\ncommit %s\n" % BRANCH.encode()
    yield b"committer %s %d +0000\n" % (WHO.encode(), time.time())
    yield b"data %d\n%s\n" % (len(message), message)
    if tip:
        yield b"from %s\n" % tip.encode()
    for file, text in made.files.items():
        data = read_file(text)
        yield b"M 100644 inline %s\ndata %d\n" % (file.encode("ascii"), len(data))
        yield data
        yield b"\n"
    yield b"done\n"


def _message(made: _Commit, title: str) -> str:
    counts = [f"{len(names):,} {word}" for word, names in (("changed", made.changed), ("new", made.new)) if names]
    parts = [f"{title}: {', '.join(counts)}"]
    for word, names in (("Changed", made.changed), ("New", made.new)):
        if names:
            listed = [f"  {_plain(name)}: {', '.join(commands)}" for name, commands in names.items()]
            more = [f"  and {len(listed) - MOST_NAMES:,} more"] if len(listed) > MOST_NAMES else []
            parts.append("\n".join([f"{word}:", *listed[:MOST_NAMES], *more]))
    return "\n\n".join(parts) + "\n"


def _plain(name: str) -> str:
    return name if name.isprintable() else file_name(name)


def _tip(path: pathlib.Path) -> str | None:
    """Return the newest commit, or None in an empty repository."""
    return _git(path, "for-each-ref", "--format=%(objectname)", BRANCH).strip() or None


def _notes(path: pathlib.Path) -> dict[str, str]:
    """Return since when each committed file is the same. If the notes are lost, all files are committed again."""
    try:
        notes = json.loads(read_file(path / NOTES).decode("ascii"))
        return {str(file): str(since) for file, since in notes.items()}
    except (FileNotFoundError, ValueError, AttributeError):
        return {}


def _git(path: pathlib.Path, *arguments: str, stdin: Iterable[bytes] = ()) -> str:
    """Run a git command and return its output.

    :raises HistoryError: if git is missing or fails.
    """
    command = ["git", f"--git-dir={path}", *(word for setting in SETTINGS for word in ("-c", setting)), *arguments]
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(),
                umask=0o077,  # core.sharedRepository is set if a group shares the folder
            )
        except FileNotFoundError as error:
            msg = f"git is not installed on the controller, so the history in {path} cannot be written"
            raise HistoryError(msg) from error
        status = _feed(process, stdin)
        output.seek(0)
        said = output.read().decode("utf-8", "replace")
    if status != 0:
        lines: Sequence[str] = said.strip().splitlines() or [f"exit status {status}"]
        msg = f"the history in {path} could not be written: git {arguments[0]}: {lines[0]}"
        raise HistoryError(msg)
    return said


def _feed(process: subprocess.Popen[bytes], stdin: Iterable[bytes]) -> int:
    try:
        # A broken pipe: git says itself why it stopped to read.
        with contextlib.suppress(BrokenPipeError), cast(IO[bytes], process.stdin) as pipe:
            for data in stdin:
                pipe.write(data)
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired as error:
        msg = f"git took longer than {PATIENCE} s"
        raise HistoryError(msg) from error
    finally:
        if process.poll() is None:  # a text could not be read; an incomplete commit is discarded
            process.kill()
            process.wait()


def _environment() -> dict[str, str]:
    """Return the environment without GIT_DIR of a hook or a CI job, and without the user's configuration."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    ours = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1", "LC_ALL": "C"}
    return {**environment, **ours}


@contextlib.contextmanager
def _alone(path: pathlib.Path) -> Iterator[None]:
    descriptor = open_file(path / "rollcall.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
