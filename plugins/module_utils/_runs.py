# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runs of a folder: find the run to resume and the last run, and remove old ones.

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
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from ._run import DEVICES, EVENTS, FINISHED, RUNS, TIME, RunError, is_folder, old_manifest, run_names
from ._trusted import Untrusted, check_folder, open_file

OURS = re.compile(r"(?P<began>\d{4}-\d\d-\d\dT\d{6}Z)(-.+?)?(\.(?P<number>\d+))?")
PRUNED = ".pruned"


def newest_first(output_dir: str) -> list[pathlib.Path]:
    """Return the folders of all runs. Other folders are left out."""
    runs = pathlib.Path(output_dir).expanduser().absolute() / RUNS
    found = [(match, path) for path in _folders(runs) if (match := OURS.fullmatch(path.name)) and _began(path)]
    found.sort(key=lambda each: (each[0]["began"], int(each[0]["number"] or 0), each[1].name), reverse=True)
    return [path for _match, path in found]


def run_to_resume(output_dir: str, names: Iterable[str]) -> pathlib.Path | None:
    """Return the newest unfinished run if all of its names are asked now.

    A run that started before a finished run of the same names is ignored.
    """
    asked = set(names)
    for run in newest_first(output_dir):
        theirs = _names(run)
        if not theirs & asked or is_under_way(run):
            continue
        if is_finished(run):
            if theirs >= asked:
                return None
        elif theirs <= asked:
            return run
    return None


def last_run(output_dir: str, names: Iterable[str]) -> pathlib.Path | None:
    """Return the newest run, finished or not, that asked any of these names."""
    asked = set(names)
    return next((run for run in newest_first(output_dir) if _names(run) & asked and not is_under_way(run)), None)


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


def prune(output_dir: str, own: pathlib.Path, *, runs: int | None, days: float | None) -> Iterator[str]:
    """Remove the runs beyond the newest ``runs``, and those older than ``days``. Yield what could not be removed.

    This run, the one that ``latest`` points to, the newest passed run and runs in progress are kept.
    """
    top = pathlib.Path(output_dir).expanduser().absolute()
    for leftover in (top / RUNS).glob(f".*{PRUNED}"):
        shutil.rmtree(leftover, ignore_errors=True)
    everything = newest_first(output_dir)
    kept = {own.name, (top / "latest").resolve().name}
    kept.add(next((run.name for run in everything if _passed(run)), own.name))
    oldest = None if days is None else datetime.now(UTC) - timedelta(days=days)
    for number, run in enumerate(everything):
        too_many = runs is not None and number >= runs
        began = _began(run)
        too_old = oldest is not None and began is not None and began < oldest
        if run.name in kept or not (too_many or too_old):
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
    return is_finished(run) and bool((old_manifest(run).get("verdict") or {}).get("passed"))


def _began(run: pathlib.Path) -> datetime | None:
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
