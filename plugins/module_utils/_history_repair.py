# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Repair the repository of the history after a crash, a power cut, or lost files.

What is missing is written again from the last good answers, if they still have it. The newest commit whose objects are
all there becomes the tip of the branch. If there is none, the damaged repository is moved aside, and a new history
starts with the last good answers. Nothing that can be read is deleted.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pathlib
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

from ._aside import aside, free
from ._git import Git
from ._run import write_file
from ._some import some
from ._trusted import new_folder, read_file

LOCK, NOTES = "rollcall.lock", "rollcall.json"
RESTORED = "rollcall: last good answers"
PACKED = re.compile(r"[0-9a-f]{40,64} refs/[\x21-\x7e]+\n")
LOOSE = re.compile(r"[0-9a-f]{38,62}")

HEAD_TEXT = re.compile(rb"ref: refs/[\x21-\x7e]+\n?|[0-9a-f]{40,64}\n?")
COMMIT = re.compile(r"[0-9a-f]{40,64}")
CORRUPT = re.compile(r"object corrupt or missing: .*?(objects/[0-9a-f]{2}/[0-9a-f]{38,62})$", re.MULTILINE)
DANGLING = re.compile(r"^dangling commit ([0-9a-f]{40,64})$", re.MULTILINE)
# Git makes them again.
CACHES = ("objects/info/commit-graph", "objects/info/commit-graphs", "objects/pack/multi-pack-index")
STALE = 10.0  # seconds after which a lock belongs to a git that was killed; git holds one for a moment
MOST_TRIED = 20  # commits


def mend_config(path: pathlib.Path) -> Iterator[str]:
    """Move aside a configuration that a power cut filled with zeros. Git writes a new one."""
    with contextlib.suppress(OSError):
        if b"\0" in read_file(path / "config"):
            yield f"config was damaged and is now {aside(path / 'config').name}"


def tidy(path: pathlib.Path) -> Iterator[str]:
    """Repair what keeps git from starting, and remove the locks of a git that was killed. Yield what was done.

    No other git of ours runs, because the caller holds the lock of the history.
    """
    if not (path / "objects").exists() and not (path / "HEAD").exists() and not (path / "refs").exists():
        return  # a new one
    if not _is_head(path / "HEAD"):
        if os.path.lexists(path / "HEAD"):
            aside(path / "HEAD")
        write_file(path / "HEAD", b"ref: refs/heads/main\n")
        yield "HEAD was written again"
    if (path / NOTES).is_dir():
        yield f"{NOTES} was a folder and is now {aside(path / NOTES).name}"
    if os.path.lexists(path / "index"):  # a bare repository has none, and git stops at a damaged one
        _remove(path / "index")
        yield "index was removed"
    removed = _remove_locks(path)
    if removed:
        locks = "1 lock" if len(removed) == 1 else f"{len(removed)} locks"
        yield f"{locks} of a git that was killed {'was' if len(removed) == 1 else 'were'} removed: {some(removed)}"
    for crash in path.glob("fast_import_crash_*"):
        crash.unlink()


def _is_head(head: pathlib.Path) -> bool:
    try:
        return HEAD_TEXT.fullmatch(read_file(head)) is not None
    except OSError:
        return False


def _remove_locks(path: pathlib.Path) -> list[str]:
    until = time.monotonic() + STALE
    removed = []
    while locks := [lock for lock in path.rglob("*.lock") if lock.name != LOCK]:
        for lock in locks:
            with contextlib.suppress(FileNotFoundError):
                if time.monotonic() < until and 0 <= time.time() - lock.lstat().st_mtime < STALE:
                    continue
                if lock.is_dir():
                    aside(lock)
                else:
                    lock.unlink()
                removed.append(str(lock.relative_to(path)))
        time.sleep(0.05)
    return removed


def shape(path: pathlib.Path) -> dict[str, str]:
    """The packs with their sizes, and the number of loose objects: less than before means that some were lost."""
    found = {f"pack:{each.name}": str(each.stat().st_size) for each in (path / "objects" / "pack").glob("*.pack")}
    found["loose"] = str(sum(1 for _each in _loose(path)))
    return found


def is_damaged(path: pathlib.Path, before: Mapping[str, str], git: Git, branch: str) -> bool:
    """Whether objects are missing or empty. Only if there are fewer than before, all are looked at.

    :param before: the shape after the last run.
    """
    if any(each.stat().st_size == 0 for each in _loose(path)):
        return True
    now = shape(path)
    lost = any(now.get(name) != value for name, value in before.items() if name != "loose")
    fewer = int(now["loose"]) < int(before.get("loose") or 0)
    unindexed = any(not each.with_suffix(".idx").is_file() for each in (path / "objects" / "pack").glob("*.pack"))
    return unindexed or ((lost or fewer) and not _is_whole(git, branch))


def _is_whole(git: Git, commit: str) -> bool:
    """Whether a commit, its files, and those of all commits before it are there."""
    return git.status("rev-list", "--objects", "--quiet", commit)[0] == 0


def mend_head(path: pathlib.Path, git: Git, branch: str) -> Iterator[str]:
    """Let HEAD lead to the branch if it leads nowhere. ``git log`` would show nothing."""
    if read_file(path / "HEAD") != f"ref: {branch}\n".encode("ascii") and tip_of(git, "HEAD") is None:
        git("symbolic-ref", "HEAD", branch)
        yield f"HEAD led nowhere and leads to {branch}"


def has_objects(path: pathlib.Path) -> bool:
    return next(_objects(path), None) is not None


def lost_commits(git: Git, branch: str, tip: str, known: str | None) -> Iterator[str]:
    """Find commits that are not on the branch, such as after an old ref was restored. Yield what was done.

    If the branch was set back, its newest commit becomes its tip again. A commit on another line gets a branch of its
    own, because git removes a commit of no branch after two weeks.
    """
    for commit in itertools.islice(_candidates(git, [known], before=False), MOST_TRIED):
        if _is_before(git, commit, tip) or not _is_whole(git, commit):
            continue
        if _is_before(git, tip, commit):
            git("update-ref", branch, commit, tip)
            yield f"its branch was set back to {tip[:12]} and is again at {commit[:12]}, the newest commit"
            tip = commit
        elif _named(git, commit) is None:
            git("branch", name := f"lost-{commit[:12]}", commit)
            yield f"{commit[:12]} and the commits before it were on no branch and are now on {name}"


def _is_before(git: Git, earlier: str, commit: str) -> bool:
    """Whether a commit is an ancestor of another, or the same."""
    return git.status("merge-base", "--is-ancestor", earlier, commit)[0] == 0


def _named(git: Git, commit: str) -> str | None:
    """A ref that leads to a commit, or past it."""
    return git("for-each-ref", "--contains", commit, "--count=1", "--format=%(refname)").strip() or None


def repair(path: pathlib.Path, git: Git, branch: str, known: str | None, restore: Callable[[], None]) -> str | None:
    """Repair the repository. Return what was done; None if it was not damaged.

    :param known: the tip of the branch after the last run.
    :param restore: writes the objects of the last good answers again, in commits with the subject RESTORED.
    """
    caches = [name for name in CACHES if os.path.lexists(path / name)]
    for name in caches:
        _remove(path / name)
    status, said = git.status("fsck", "--no-reflogs", "--no-progress")
    tip = tip_of(git, branch)
    had = has_objects(path)
    if status == 0 and not caches and (tip or not (had or known)):
        return None
    _drop_objects(path, said)
    _index_packs(path, git)
    read = tip or _drop_ref(path, branch)
    git("init", "--quiet", "--bare", "--template=")
    restore()
    for commit in _candidates(git, [known, read]):
        if _is_whole(git, commit):
            _drop_ref(path, branch)
            git("update-ref", branch, commit)
            if commit in (known, read):
                return "what was lost was written again from the last good answers"
            return f"its branch is now at {commit[:12]}, the newest commit whose files are all there"
    _drop_ref(path, branch)
    if not had:
        return "all of it was lost, and it begins again with the last good answers"
    there = _setaside(path)
    git("init", "--quiet", "--bare", "--template=")
    return f"it could not be repaired and is now {there.name}; it begins again with the last good answers"


def tip_of(git: Git, branch: str) -> str | None:
    """Return the newest commit of the branch; None if there is none, or it cannot be read."""
    status, said = git.status("rev-parse", "--verify", "--quiet", f"{branch}^{{commit}}")
    lines = said.split()
    return lines[-1] if status == 0 and lines and COMMIT.fullmatch(lines[-1]) else None


def _candidates(git: Git, first: Iterable[str | None], *, before: bool = True) -> Iterator[str]:
    """The commits that can be the tip: the last one that is known, then others, the newest first.

    :param before: whether the commits before each of them follow it.
    """
    _status, said = git.status("fsck", "--no-reflogs", "--no-progress")
    dated = []
    for commit in DANGLING.findall(said):
        status, about = git.status("show", "--no-patch", "--format=%ct %s", commit)
        moment, _space, subject = about.strip().partition(" ")
        if status == 0 and moment.isdigit() and subject != RESTORED:
            dated.append((int(moment), commit))
    seen: set[str] = set()
    for start in [*filter(None, first), *(commit for _moment, commit in sorted(dated, reverse=True))]:
        most = MOST_TRIED if before else 1
        _status, said = git.status("rev-list", "--first-parent", f"--max-count={most}", start)
        for commit in [start, *filter(COMMIT.fullmatch, said.split())]:
            if commit not in seen and len(seen) < 2 * MOST_TRIED:
                seen.add(commit)
                yield commit


def _drop_objects(path: pathlib.Path, said: str) -> None:
    """Remove loose objects that cannot be read, because git does not write an object that seems to be there."""
    corrupt = {path / file for file in CORRUPT.findall(said)}
    for each in [*_loose(path)]:
        if each in corrupt or each.stat().st_size == 0:
            each.unlink()


def _index_packs(path: pathlib.Path, git: Git) -> None:
    """Write the index of each pack again if it is missing or wrong. A pack that is damaged is taken apart."""
    for pack in [*(path / "objects" / "pack").glob("*.pack")]:
        index = pack.with_suffix(".idx")
        if index.is_file() and git.status("verify-pack", str(index))[0] == 0:
            continue
        for ending in (".idx", ".rev", ".bitmap"):
            _remove(pack.with_suffix(ending))
        if git.status("index-pack", str(pack))[0] != 0:
            _remove(index)
            damaged = pack.with_name(f"{pack.name}.damaged")
            pack.rename(damaged)
            with damaged.open("rb") as file:
                git.status("unpack-objects", "-r", "-q", stdin=file)
    for index in (path / "objects" / "pack").glob("*.idx"):
        if not index.with_suffix(".pack").exists():
            _remove(index)


def _drop_ref(path: pathlib.Path, branch: str) -> str | None:
    """Remove the branch, whatever its file holds. Return the commit that it named."""
    named = None
    file = path / branch
    with contextlib.suppress(OSError, UnicodeDecodeError):
        named = read_file(file).decode("ascii").strip()
    if file.is_dir() and not file.is_symlink():
        file.rename(free(path / f"{file.name}.damaged"))  # everything below refs is a ref for git
    else:
        _remove(file)
    packed = path / "packed-refs"
    with contextlib.suppress(FileNotFoundError):
        lines = read_file(packed).decode("utf-8", "surrogateescape").splitlines(keepends=True)
        kept = [
            line
            for line in lines
            if line.split()[-1:] != [branch] and (line.startswith(("#", "^")) or PACKED.match(line))
        ]
        if kept != lines:
            named = next((line.split()[0] for line in lines if line.split()[-1:] == [branch]), named)
            write_file(packed, "".join(kept).encode("utf-8", "surrogateescape"))
    return named if named and COMMIT.fullmatch(named) else None


def _loose(path: pathlib.Path) -> Iterator[pathlib.Path]:
    return (each for each in (path / "objects").glob("??/*") if LOOSE.fullmatch(each.name))


def _objects(path: pathlib.Path) -> Iterator[pathlib.Path]:
    yield from _loose(path)
    yield from (path / "objects" / "pack").glob("*.pack*")


def _setaside(path: pathlib.Path) -> pathlib.Path:
    """Move all but the lock to a folder beside the repository. Return it."""
    there = free(path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}"))
    new_folder(there, 0o700)
    for each in [*path.iterdir()]:
        if each.name != LOCK:
            each.rename(there / each.name)
    return there


def _remove(path: pathlib.Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
