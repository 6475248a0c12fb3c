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
import functools
import itertools
import json
import os
import pathlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ._git import Git, HistoryError
from ._history_repair import (
    LOCK,
    NOTES,
    RESTORED,
    has_objects,
    is_damaged,
    lost_commits,
    mend_config,
    mend_head,
    repair,
    shape,
    tidy,
    tip_of,
)
from ._last_good import LastGood
from ._model.redaction import Redaction
from ._repository import check_repository
from ._run import file_name, text_name, write_json
from ._trusted import is_shared, make_folder, make_top, open_file, read_file

REPOSITORY = "history.git"
BRANCH, RESCUE = "refs/heads/main", "refs/rollcall/rescue"
WHO = "rollcall <rollcall@localhost>"
MOST_NAMES = 1000  # in a commit's message


@dataclass(slots=True)
class _Commit:
    """The changes by name, in order, and the path of each text. The other texts of those devices, by folder."""

    files: dict[str, pathlib.Path] = field(default_factory=dict)
    others: dict[str, list[pathlib.Path]] = field(default_factory=dict)
    since: dict[str, str] = field(default_factory=dict)
    new: dict[str, list[str]] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)


def commit(
    output_dir: str | pathlib.Path,
    last_good: LastGood,
    names: Iterable[str],
    title: str,
    say: Callable[[list[str]], object] | None = None,
    redaction: Redaction | None = None,
) -> int:
    """Commit the changed last good answers of these names, and return the number of files. With 0 there is no commit.

    A damaged repository is repaired first, as far as the last good answers allow. Runs that end at the same time wait
    for each other.

    :param title: a short description of the run.
    :param say: takes what was repaired, a line for each.
    :param redaction: masks the secrets in the texts.
    :raises HistoryError: if git is missing or fails.
    """
    path = pathlib.Path(output_dir).expanduser().absolute() / REPOSITORY
    try:
        make_folder(make_top(path.parent) / REPOSITORY, mode=0o700)
        with _alone(path) as lock:
            done = list(mend_config(path))
            check_repository(path)
            done += tidy(path)
            try:
                return _healed(path, Git(path, lock), last_good, names, title, done, redaction)
            finally:
                if done and say:
                    say(done)
    except OSError as error:
        msg = f"the history in {path} could not be written: {error.strerror or error}"
        raise HistoryError(msg) from error


def _healed(
    path: pathlib.Path,
    git: Git,
    last_good: LastGood,
    names: Iterable[str],
    title: str,
    done: list[str],
    redaction: Redaction | None,
) -> int:
    """Commit; if the repository is damaged, repair it and commit all last good answers."""
    shared = ["--shared=group"] if is_shared(path.parent) else []
    names = list(names)
    notes = _notes(path)
    try:
        git("init", "--quiet", "--bare", "--template=", *shared)  # of a repository that is there, it changes nothing
        tip = tip_of(git, BRANCH)
        is_lost = tip is None and (notes.tip or has_objects(path))
        if not is_lost and not is_damaged(path, notes.shape, git, BRANCH):
            return _commit(path, git, last_good, names, title, _newest(path, git, tip, notes, done), notes, redaction)
        failure = None
    except HistoryError as error:
        failure = error
        if not git.works():
            raise
    repaired = repair(path, git, BRANCH, notes.tip, lambda: _restore(git, last_good, redaction))
    if repaired:
        done.append(repaired)
    elif failure:
        raise failure
    tip = _newest(path, git, tip_of(git, BRANCH), notes, done)
    return _commit(path, git, last_good, names, title, tip, notes, redaction)


def _newest(path: pathlib.Path, git: Git, tip: str | None, notes: Notes, done: list[str]) -> str | None:
    """Return the newest commit. It is looked for if the branch or the objects are not those of the last run."""
    if tip:
        done += mend_head(path, git, BRANCH)
    if tip and (tip != notes.tip or shape(path) != notes.shape):
        done += lost_commits(git, BRANCH, tip, notes.tip)
        tip = tip_of(git, BRANCH)
    return tip


def _commit(
    path: pathlib.Path,
    git: Git,
    last_good: LastGood,
    names: Iterable[str],
    title: str,
    tip: str | None,
    notes: Notes,
    redaction: Redaction | None,
) -> int:
    since = notes.since
    if tip != notes.tip and not (tip and notes.tip and _follows(git, tip, notes.tip)):
        # The branch does not have what was committed last.
        since = {}
        names = dict.fromkeys([*names, *(last_good.names() if tip or notes.tip else ())])
    made = _changes(last_good, names, since, with_others=redaction is not None)
    if made.files:
        git("fast-import", "--quiet", "--done", stdin=_stream(made, title, tip, redaction))
        tip = tip_of(git, BRANCH)
        since = {**since, **made.since}
        _write_notes(path, Notes(since, tip, shape(path)))
        git("gc", "--auto", "--quiet")
    new = Notes(since, tip, shape(path))
    if new != _notes(path):
        _write_notes(path, new)
    return len(made.files)


def _follows(git: Git, commit: str, earlier: str) -> bool:
    return git.status("merge-base", "--is-ancestor", earlier, commit)[0] == 0


def _restore(git: Git, last_good: LastGood, redaction: Redaction | None) -> None:
    """Write the objects of all last good answers, in a commit of no branch."""
    made = _changes(last_good, last_good.names(), {})
    if made.files:
        git("fast-import", "--quiet", "--done", stdin=_stream(made, RESTORED, None, redaction, RESCUE))
        git("update-ref", "-d", RESCUE)


def _changes(
    last_good: LastGood, names: Iterable[str], notes: Mapping[str, str], *, with_others: bool = False
) -> _Commit:
    made = _Commit()

    def is_new(folder: str, command: str, since: str) -> bool:
        return notes.get(f"{folder}/{text_name(command)}") != since

    def is_same(folder: str, command: str, since: str) -> bool:
        return not is_new(folder, command, since)

    for name in names:
        folder = file_name(name)
        for command, since, text in last_good.texts(name, functools.partial(is_new, folder)):
            file = f"{folder}/{text_name(command)}"
            made.files[file] = text
            made.since[file] = since
            (made.changed if file in notes else made.new).setdefault(name, []).append(command)
        if with_others and folder in {file.partition("/")[0] for file in list(made.files)[-1:]}:
            made.others[folder] = [
                text for _command, _since, text in last_good.texts(name, functools.partial(is_same, folder))
            ]
    return made


def _stream(
    made: _Commit, title: str, tip: str | None, redaction: Redaction | None, ref: str = BRANCH
) -> Iterator[bytes]:
    """The input of ``git fast-import``."""
    message = title.encode() if title == RESTORED else _message(made, title).encode("ascii", "backslashreplace")
    yield b"feature done\ncommit %s\n" % ref.encode()
    yield b"committer %s %d +0000\n" % (WHO.encode(), time.time())
    yield b"data %d\n%s\n" % (len(message), message)
    if tip:
        yield b"from %s\n" % tip.encode()
    for folder, files in itertools.groupby(made.files, lambda file: file.partition("/")[0]):
        for file, data in _contents({file: made.files[file] for file in files}, made.others.get(folder, ()), redaction):
            yield b"M 100644 inline %s\ndata %d\n" % (file.encode("ascii"), len(data))
            yield data
            yield b"\n"
    yield b"done\n"


def _contents(
    files: Mapping[str, pathlib.Path], others: Iterable[pathlib.Path], redaction: Redaction | None
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a device. A secret is masked in all of them if one of its texts shows what it is.

    :param others: the texts of the device that are the same as in the last commit.
    """
    if redaction is None:
        for file, path in files.items():
            yield file, read_file(path)
        return
    paths = {**files, **{str(path): path for path in others}}
    texts = {file: read_file(path).decode("utf-8", "surrogateescape") for file, path in paths.items()}
    masked = redaction.texts(texts, *(file.partition("/")[0] for file in files))
    for file in files:
        yield file, masked[file].encode("utf-8", "surrogateescape")


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


@dataclass(frozen=True, slots=True)
class Notes:
    """What the last run recorded.

    :param since: since when each committed file is the same.
    :param tip: the newest commit.
    :param shape: see ``_history_repair.shape``.
    """

    since: Mapping[str, str] = field(default_factory=dict)
    tip: str | None = None
    shape: Mapping[str, str] = field(default_factory=dict)


def _notes(path: pathlib.Path) -> Notes:
    """Return the notes. If they are lost, all files are committed again."""
    try:
        notes = json.loads(read_file(path / NOTES).decode("ascii"))
        since, shape = ({str(key): str(value) for key, value in notes[part].items()} for part in ("since", "shape"))
        return Notes(since, notes["tip"] and str(notes["tip"]), shape)
    except (FileNotFoundError, ValueError, AttributeError, KeyError, TypeError):
        return Notes()


def _write_notes(path: pathlib.Path, notes: Notes) -> None:
    write_json(path / f"{NOTES}.part", {"tip": notes.tip, "shape": dict(notes.shape), "since": dict(notes.since)})
    (path / f"{NOTES}.part").replace(path / NOTES)


@contextlib.contextmanager
def _alone(path: pathlib.Path) -> Iterator[int]:
    descriptor = open_file(path / LOCK, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)
