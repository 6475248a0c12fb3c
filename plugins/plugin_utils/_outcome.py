# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcome of a run: the task's result, and the end of the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils import _history
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._model.visible import in_line
from ansible_collections.rollcall.network.plugins.module_utils._problems import Problems
from ansible_collections.rollcall.network.plugins.module_utils._result import STATUSES
from ansible_collections.rollcall.network.plugins.module_utils._roll import Answers, failed_names, summarize
from ansible_collections.rollcall.network.plugins.module_utils._run import EVENTS, MANIFEST, RunFolder
from ansible_collections.rollcall.network.plugins.module_utils._runs import prune
from ansible_collections.rollcall.network.plugins.plugin_utils._counted import devices
from ansible_collections.rollcall.network.plugins.plugin_utils._manifest import closing
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import NAMES_SAID, Allowed, Verdict, verdict_of


def result_of(
    answers: Answers,
    arguments: Mapping[str, Any],
    folder: RunFolder | None,
    errors: Mapping[str, str],
    allowed: Allowed,
    last_good: LastGood | None = None,
    problems: Problems | None = None,
) -> dict[str, Any]:
    """Return the task's result, and write the end of the manifest.

    The result is failed if the verdict is not passed. An error in one step affects that step only: the answers
    are returned, and the error is a reason for the verdict. ``tracebacks`` has the place.

    :param errors: the reason by name, for answers that could not be written.
    :param problems: the errors so far.
    """
    problems = problems or Problems()
    result: dict[str, Any] = {
        "changed": False,
        "devices": answers,
        "summary": dict.fromkeys(("total", *STATUSES)),
        "failed_hosts": [],
        "warnings": [],
        "changed_hosts": [],
        "stale_hosts": [],
        "run_dir": None,
    }
    verdict, troubles = Verdict(), list[str | None]()
    with problems.during("counting the answers"):
        result["summary"] = summarize(answers.values())
    with problems.during("looking for devices that failed"):
        result["failed_hosts"] = failed_names(answers)
    with problems.during("finding the verdict"):
        verdict = verdict_of({name: answer["status"] for name, answer in answers.items()}, allowed)
    if folder is not None:
        result["run_dir"] = str(folder.path)
        with problems.during("looking for answers that are not written"):
            troubles.append(_unwritten(folder, errors))
        if last_good is not None:
            with problems.during("looking for changes"):
                result["changed_hosts"] = [name for name, answer in answers.items() if answer.get("changed")]
            with problems.during("looking for devices that are silent for long"):
                result["stale_hosts"] = _stale(result["failed_hosts"], arguments, last_good)
                troubles.append(_alarm(result["stale_hosts"], arguments))
            with problems.during("looking for damaged files"):
                result["warnings"] += _damaged(last_good)
            with problems.during("writing the history"):
                troubles.append(_write_history(answers, arguments, folder, last_good))
        for trouble in filter(None, troubles):
            verdict = verdict.troubled(trouble)
        with problems.during("writing the end of the manifest"):
            try:
                told = _told(verdict, problems, folder)
                folder.finish(closing(result, told.as_dict(), errors))
            except OSError as error:
                problem = f"{folder.path / MANIFEST} could not be written: {error.strerror}; the answers were written"
                verdict = verdict.troubled(problem)
        with problems.during("removing old runs"):
            if arguments["keep"]:
                result["warnings"] += prune(str(folder.top), folder.path, **arguments["keep"])
    verdict = _told(verdict, problems, folder)
    result["verdict"] = verdict.as_dict()
    if problems.tracebacks:
        result["tracebacks"] = list(problems.tracebacks)
    return result if verdict.passed else {**result, "failed": True, "msg": "; ".join(verdict.reasons)}


def _told(verdict: Verdict, problems: Problems, folder: RunFolder | None) -> Verdict:
    """The verdict with internal errors as reasons."""
    for message in problems.messages:
        verdict = verdict.troubled(message)
    if problems.messages:
        where = f"this result and in {folder.path}" if folder else "this result"
        verdict = verdict.troubled(f"all answers are in {where}; -vvv shows the traceback")
    return verdict


def _unwritten(folder: RunFolder, errors: Mapping[str, str]) -> str | None:
    """Return what could not be written, or None."""
    if errors:
        first, reason = next(iter(errors.items()))
        more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
        return f"{first}{more} could not be written to {folder.path}: {reason}; these answers are in the result"
    if folder.unwritten_event:
        return f"{folder.path / EVENTS} could not be written: {folder.unwritten_event}; the answers were written"
    return None


def _stale(failed: Sequence[str], arguments: Mapping[str, Any], last_good: LastGood) -> list[str]:
    return [] if arguments["stale_after"] is None else last_good.stale(failed, arguments["stale_after"])


def _alarm(stale: Sequence[str], arguments: Mapping[str, Any]) -> str | None:
    """Return a reason for failure if there are stale devices."""
    if not stale:
        return None
    names = ", ".join(stale[:NAMES_SAID]) + (", …" if len(stale) > NAMES_SAID else "")
    have = "has" if len(stale) == 1 else "have"
    return f"{len(stale)} {have} no full answer for more than {arguments['stale_after']:g} s (stale_after): {names}"


def _damaged(last_good: LastGood) -> list[str]:
    """Return a warning if answers of earlier runs cannot be used."""
    if not last_good.problems:
        return []
    name, reason = next(iter(last_good.problems.items()))
    more = f"; {len(last_good.problems) - 1} more" if len(last_good.problems) > 1 else ""
    return [in_line(f"the last good answers of {name}: {reason}{more}")]


def _write_history(
    answers: Answers, arguments: Mapping[str, Any], folder: RunFolder, last_good: LastGood
) -> str | None:
    """Commit the changes if enabled. Return the reason if that failed."""
    if not arguments["history"]:
        return None
    title = f"{folder.path.name}, {len(answers)} {devices(len(answers))}"
    try:
        _history.commit(folder.top, last_good, answers, title)
    except _history.HistoryError as error:
        return f"{error}; the answers were written, and the next run will commit them"
    return None
