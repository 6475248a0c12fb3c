# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runs of a folder: find the run to resume and remove old ones.

Slices of an AWX job write to one folder in parallel. Therefore runs are found by their names, and a run in progress is
not touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import time
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from ._clock import is_future
from ._run import (
    DEVICES,
    EVENTS,
    FINISHED,
    RUNS,
    TIME,
    NewerFormat,
    RunError,
    is_folder,
    old_manifest,
    read_manifest,
    run_names,
)
from ._trusted import Untrusted, check_folder, open_file

OURS = re.compile(r"(?P<began>\d{4}-\d\d-\d\dT\d{6}Z)(-.+?)?(\.(?P<number>\d+))?")
PRUNED = ".pruned"


def newest_first(output_dir: str) -> list[pathlib.Path]:
    """Return the folders of all runs. Other folders are left out.

    Runs that are dated in the future come last, because the clock was wrong when they began.
    """
    runs = pathlib.Path(output_dir).expanduser().absolute() / RUNS
    found = [(match, path) for path in _folders(runs) if (match := OURS.fullmatch(path.name)) and began_at(path)]
    found.sort(key=lambda each: (each[0]["began"], int(each[0]["number"] or 0), each[1].name), reverse=True)
    found.sort(key=lambda each: is_future(began_at(each[1])))
    return [path for _match, path in found]


def run_to_resume(output_dir: str, names: Iterable[str]) -> pathlib.Path | None:
    """Return the newest unfinished run if all of its names are asked now.

    A run that started before a finished run of the same names is ignored, and so is one that is dated in the future.
    """
    asked = set(names)
    for run in newest_first(output_dir):
        theirs = _names(run)
        if not theirs & asked or is_future(began_at(run)) or is_under_way(run):
            continue
        if is_finished(run):
            if theirs >= asked:
                return None
        elif theirs <= asked:
            return run
    return None


def is_finished(run: pathlib.Path) -> bool:
    manifest = old_manifest(run)
    return bool(manifest) and manifest.get("status", FINISHED) == FINISHED


def is_under_way(run: pathlib.Path) -> bool:
    """Return whether a process is writing to the run."""
    try:
        with _alone(run):
            return False
    except BlockingIOError:
        return True


def prune(
    output_dir: str,
    own: pathlib.Path,
    *,
    runs: int | None,
    days: float | None,
    fleet: Collection[str] | None = None,
    protected: Iterable[str] = (),
) -> Iterator[str]:
    """Remove old runs. Yield what could not be removed.

    With ``runs``, a run stays if it is one of the newest that many runs of any of its devices. A run of a few devices
    therefore does not remove a run of many. With ``days``, a run that is older is removed.

    This run, the one that ``latest`` points to, the newest passed run, protected ones and runs in progress are kept.

    :param fleet: the devices that count; others have left the fleet. By default all.
    :param protected: names of the folders of more runs that are kept.
    """
    top = pathlib.Path(output_dir).expanduser().absolute()
    for leftover in (top / RUNS).glob(f".*{PRUNED}"):
        shutil.rmtree(leftover, ignore_errors=True)
    everything = newest_first(output_dir)
    kept = {own.name, (top / "latest").resolve().name, *protected}
    kept.add(next((run.name for run in everything if _passed(run)), own.name))
    oldest = None if days is None else datetime.now(UTC) - timedelta(days=days)
    too_many = set[str]() if runs is None else _beyond(everything, runs, fleet)
    for run in everything:
        too_old = oldest is not None and _counted_from(run) < oldest
        if run.name in kept or not (run.name in too_many or too_old) or _is_newer_format(run):
            continue
        try:
            with _alone(run):
                hidden = run.with_name(f".{run.name}{PRUNED}")
                run.rename(hidden)  # first, so that a partly removed run is not found
            shutil.rmtree(hidden)
        except BlockingIOError:
            continue
        except OSError as error:
            yield f"the old run {run} could not be removed: {error.strerror}"


def _beyond(newest: Iterable[pathlib.Path], most: int, fleet: Collection[str] | None) -> set[str]:
    """Return the runs of which each device has this many newer ones. Runs of no device are counted by themselves."""
    beyond: set[str] = set()
    seen: dict[str, int] = {}
    known = None if fleet is None else set(fleet)
    for number, run in enumerate(newest):
        names = _names(run)
        counted = names if known is None else names & known
        is_needed = any(seen.get(name, 0) < most for name in counted) if counted else number < most
        for name in counted:
            seen[name] = seen.get(name, 0) + 1
        if not is_needed:
            beyond.add(run.name)
    return beyond


def _counted_from(run: pathlib.Path) -> datetime:
    """Return when a run began. For one that is dated in the future, when it was first found so.

    The time of its folder is set to now then, because the clock that set it was wrong too.
    """
    began = began_at(run) or datetime.now(UTC)
    if not is_future(began):
        return began
    with contextlib.suppress(OSError):
        changed = datetime.fromtimestamp(run.lstat().st_mtime, UTC)
        if not is_future(changed):
            return changed
        now = time.time()
        os.utime(run, (now, now), follow_symlinks=False)
    return datetime.now(UTC)


@contextlib.contextmanager
def _alone(run: pathlib.Path) -> Iterator[None]:
    """Lock a run.

    :raises BlockingIOError: if a process is writing to it.
    """
    try:
        descriptor = open_file(run / EVENTS, os.O_RDWR)
    except FileNotFoundError:  # the run has not started
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _passed(run: pathlib.Path) -> bool:
    manifest = old_manifest(run)
    return is_finished(run) and manifest.get("part") is None and bool((manifest.get("verdict") or {}).get("passed"))


def _is_newer_format(run: pathlib.Path) -> bool:
    """Whether a newer version of the collection wrote the run."""
    try:
        read_manifest(run)
    except NewerFormat:
        return True
    except RunError:
        return False
    return False


def began_at(run: pathlib.Path) -> datetime | None:
    try:
        return datetime.strptime(run.name[:18], TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _folders(runs: pathlib.Path) -> list[pathlib.Path]:
    try:
        return [path for path in runs.iterdir() if is_folder(path / DEVICES) and _is_trusted(path)]
    except FileNotFoundError:
        return []


def _is_trusted(run: pathlib.Path) -> bool:
    try:
        check_folder(run)
        check_folder(run / DEVICES)
    except Untrusted:
        return False
    return not (run / EVENTS).is_symlink()


def _names(run: pathlib.Path) -> set[str]:
    try:
        return set(run_names(run))
    except (OSError, RunError):
        return set()
