# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Merge several runs on disk: the slices of a job, the runs of pollers, or runs of different days."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Sequence
from typing import Any

from ._clock import past
from ._run import DEVICES, NoAnswer, RunError, old_manifest, read_answer, read_manifest, run_names


class Merged:
    """The answers of several runs by name, in the order of the runs. Answers are read one by one.

    If a name is in several runs, the newest full answer is used, or else the newest answer. An answer that is dated in
    the future is older than all others.

    :raises RunError: if a folder is not a run folder, or its manifest cannot be read.
    """

    def __init__(self, run_dirs: Iterable[str]) -> None:
        self._runs: dict[str, list[str]] = {}
        for run_dir in dict.fromkeys(run_dirs):
            for name in dict.fromkeys(run_names(run_dir)):
                self._runs.setdefault(name, []).append(run_dir)
        self.names = list(self._runs)

    def read(self, name: str) -> dict[str, Any]:
        """Read the answer of a name.

        :raises NoAnswer: if no run asked it.
        :raises RunError: if no run has a readable answer.
        """
        best: dict[str, Any] | None = None
        problem: RunError | None = None
        for run_dir in self._runs[name]:
            try:
                answer = read_answer(run_dir, name)
            except RunError as error:
                if problem is None or not isinstance(
                    error, NoAnswer
                ):  # a damaged answer is reported rather than a missing one
                    problem = error
                continue
            if best is None or _rank(answer) >= _rank(best):  # at the same time, the later run's
                best = answer
        if best is None:
            raise problem or NoAnswer(f"no run has an answer of {name}")
        return best

    def commands_of(self, name: str) -> Any:
        """The commands that the task of its last run gave for all devices; None where each had its own."""
        return (read_manifest(self._runs[name][-1]).get("arguments") or {}).get("commands")


def _rank(answer: dict[str, Any]) -> tuple[bool, str]:
    # All times have one form and are in UTC, so texts compare like times. A device that was not asked has none.
    return answer.get("status") == "ok", past(answer.get("finished_at")) or ""


def slices_of(run_dir: str) -> list[str]:
    """Return the runs with the same ``workflow_job`` as this one, the oldest first; only this run if it has none.

    :raises RunError: if a manifest beside it is damaged, because its job is then unknown.
    """
    folder = _resolved(run_dir)
    job = read_manifest(folder).get("workflow_job")
    if job is None:
        return [str(folder)]
    return [str(each) for each in _beside(folder) if str(_manifest_beside(each).get("workflow_job")) == str(job)]


def _manifest_beside(folder: pathlib.Path) -> dict[str, Any]:
    try:
        return read_manifest(folder)
    except RunError as error:
        msg = f"{error}. If this run is not of the same job, move {folder} away, or remove it, and report again"
        raise RunError(msg) from error


def last_passed(run_dirs: Sequence[str]) -> str | None:
    """Return when the last run before these passed, according to its manifest; None if none passed or it is unknown.

    Runs of a part of the fleet do not count. This is for runs without a fleet state.
    Slices of one job pass together. Runs in several folders each have their own past; the oldest time is returned.
    """
    oldest: dict[pathlib.Path, pathlib.Path] = {}
    for folder in sorted(map(_resolved, run_dirs)):
        oldest.setdefault(folder.parent, folder)
    moments = [_passed_before(folder) for folder in oldest.values()]
    return min(moment for moment in moments if moment) if moments and all(moments) else None


def _passed_before(folder: pathlib.Path) -> str | None:
    for each in reversed(_beside(folder)):
        if each.name < folder.name and _passed_at(each):
            moments = [_passed_at(part) for part in _job_of(each)]
            if all(moments):
                return max(moment for moment in moments if moment)
    return None


def _job_of(folder: pathlib.Path) -> list[pathlib.Path]:
    try:
        return [pathlib.Path(each) for each in slices_of(str(folder))]
    except RunError:  # its slices are unknown
        return [folder]


def _passed_at(folder: pathlib.Path) -> str | None:
    manifest = old_manifest(folder)
    verdict, finished = manifest.get("verdict"), manifest.get("finished_at")
    if not isinstance(verdict, dict) or verdict.get("passed") is not True or manifest.get("part") is not None:
        return None
    return past(str(finished)) if finished else None


def _resolved(run_dir: str) -> pathlib.Path:
    return pathlib.Path(run_dir).expanduser().resolve()  # `latest` is a link


def _beside(folder: pathlib.Path) -> list[pathlib.Path]:
    """Return the runs of the same output folder, the oldest first. Their names begin with the time."""
    try:
        runs = [each for each in folder.parent.iterdir() if not each.name.startswith(".") and (each / DEVICES).is_dir()]
    except OSError as error:
        msg = f"{folder.parent} cannot be read: {error.strerror}"
        raise RunError(msg) from error
    return sorted(runs)
