# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcome of a run: the task's result, and the end of the manifest."""

from __future__ import annotations

import contextlib
import pathlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils import _history
from ansible_collections.rollcall.network.plugins.module_utils._fleet import Fleet, Record, read_record
from ansible_collections.rollcall.network.plugins.module_utils._git import HistoryError
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._model.visible import in_line
from ansible_collections.rollcall.network.plugins.module_utils._problems import Problems
from ansible_collections.rollcall.network.plugins.module_utils._redaction_key import fleet_folder, redactor
from ansible_collections.rollcall.network.plugins.module_utils._result import STATUSES
from ansible_collections.rollcall.network.plugins.module_utils._roll import Answers, failed_names, summarize
from ansible_collections.rollcall.network.plugins.module_utils._run import EVENTS, MANIFEST, RunFolder
from ansible_collections.rollcall.network.plugins.module_utils._runs import prune
from ansible_collections.rollcall.network.plugins.module_utils._some import SAID, some
from ansible_collections.rollcall.network.plugins.module_utils._space import advice
from ansible_collections.rollcall.network.plugins.plugin_utils._cause import cause_of, shared_sentence
from ansible_collections.rollcall.network.plugins.plugin_utils._counted import devices
from ansible_collections.rollcall.network.plugins.plugin_utils._manifest import closing
from ansible_collections.rollcall.network.plugins.plugin_utils._suspicion import suspicion
from ansible_collections.rollcall.network.plugins.plugin_utils._troubles import stale_alarm
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed, Verdict, verdict_of


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
        "suspicious_hosts": [],
        "stale_hosts": [],
        "run_dir": None,
    }
    verdict, troubles = Verdict(), list[str | None]()
    with problems.during("counting the answers"):
        result["summary"] = summarize(answers.values())
    with problems.during("looking for devices that failed"):
        result["failed_hosts"] = failed_names(answers)
    with problems.during("finding the verdict"):
        statuses = {name: answer["status"] for name, answer in answers.items()}
        verdict = verdict_of(statuses, allowed, cause_of(answers.values(), len(answers)))
    if folder is not None:
        result["run_dir"] = str(folder.path)
        with problems.during("looking for answers that are not written"):
            troubles.append(_unwritten(folder, errors, arguments))
        if last_good is not None:
            with problems.during("looking for changes"):
                result["changed_hosts"] = [name for name, answer in answers.items() if answer.get("changed")]
            with problems.during("looking for suspicious answers"):
                found = {name: answer["suspicious"] for name, answer in answers.items() if answer.get("suspicious")}
                result["suspicious_hosts"] = list(found)
                said = suspicion(found)
                if said and arguments["suspicious"] == "fail":
                    troubles.append(said)
                elif said:
                    result["warnings"].append(in_line(said))
            with problems.during("looking for devices that are silent for long"):
                result["stale_hosts"] = _stale(result["failed_hosts"], arguments, folder)
                troubles.append(stale_alarm(result["stale_hosts"], arguments["stale_after"]))
            with problems.during("writing the history"):
                troubles.append(_write_history(answers, arguments, folder, last_good, result["warnings"].append))
            with problems.during("looking for damaged files"):  # the history has looked at others
                result["warnings"] += _damaged(last_good, folder, answers)
        with problems.during("looking for devices whose state is not written"):
            troubles.append(_unrecorded(folder))
        for trouble in filter(None, troubles):
            verdict = verdict.troubled(trouble)
        with problems.during("writing the end of the manifest"):
            try:
                told = _told(verdict, problems, folder)
                outcome = closing(result, told.as_dict(), errors, told.troubles)
                folder.finish(outcome)
            except OSError as error:
                verdict = verdict.troubled(_not_written(folder.path / MANIFEST, error, errors, folder, arguments))
            else:
                verdict = _record(folder, outcome, verdict, errors, arguments)
                result["warnings"] += map(in_line, folder.fleet.state.said if folder.fleet else ())
        with problems.during("removing old runs"):
            if arguments["keep"]:
                result["warnings"] += prune(str(folder.top), folder.path, **arguments["keep"], **needed(folder.fleet))
    verdict = _told(verdict, problems, folder)
    result["verdict"] = verdict.as_dict()
    if problems.tracebacks:
        result["tracebacks"] = list(problems.tracebacks)
    reasons = [*filter(None, [shared_sentence(result["verdict"])]), *verdict.reasons]
    return result if verdict.passed else {**result, "failed": True, "msg": "; ".join(reasons)}


def _record(
    folder: RunFolder,
    outcome: Mapping[str, Any],
    verdict: Verdict,
    errors: Mapping[str, str],
    arguments: Mapping[str, Any],
) -> Verdict:
    """Record the run in the fleet state. If that fails, the run does not pass, and its manifest says so if it can."""
    if folder.fleet is None:
        return verdict
    folder.fleet.state.said.clear()  # displayed when the run began
    try:
        folder.fleet.close(folder, outcome, arguments["stale_after"])
    except OSError as error:
        verdict = verdict.troubled(_not_written(folder.fleet.state.path, error, errors, folder, arguments))
        with contextlib.suppress(OSError):
            folder.finish({**outcome, "verdict": verdict.as_dict(), "troubles": list(verdict.troubles)})
    return verdict


def _not_written(
    path: pathlib.Path, error: OSError, errors: Mapping[str, str], folder: RunFolder, arguments: Mapping[str, Any]
) -> str:
    """
    :param errors: the reason by name, for answers that could not be written either.
    """
    reason = f"{error.strerror}{advice(str(error.strerror), folder.top, arguments['keep'])}"
    return f"{path} could not be written: {reason}{'' if errors else '; the answers were written'}"


def _told(verdict: Verdict, problems: Problems, folder: RunFolder | None) -> Verdict:
    """The verdict with internal errors as reasons."""
    for message in problems.messages:
        verdict = verdict.troubled(message)
    if problems.messages:
        where = f"this result and in {folder.path}" if folder else "this result"
        verdict = verdict.troubled(f"all answers are in {where}; -vvv shows the traceback")
    return verdict


def _unwritten(folder: RunFolder, errors: Mapping[str, str], arguments: Mapping[str, Any]) -> str | None:
    """Return what could not be written, or None."""
    if errors:
        reason = next(iter(errors.values()))
        reason += advice(reason, folder.top, arguments["keep"])
        return f"{some(errors)} could not be written to {folder.path}: {reason}; these answers are in the result"
    if folder.unwritten_event:
        return f"{folder.path / EVENTS} could not be written: {folder.unwritten_event}; the answers were written"
    return None


def _unrecorded(folder: RunFolder) -> str | None:
    """Return whose state could not be written, or None."""
    if folder.fleet is None or not folder.fleet.state.problems:
        return None
    reasons = folder.fleet.state.problems
    return f"the state of {some(reasons)} is not up to date: {next(iter(reasons.values()))}"


def needed(fleet: Fleet | None) -> dict[str, Any]:
    """Return the devices of the fleet and the runs that are not removed, for ``prune``."""
    if fleet is None:
        return {}
    state = fleet.state
    record = read_record(state.top) or Record()
    # The success before counts again if the last one is taken back.
    recorded = (*record.runs, *record.last_success_runs, *record.success_before_runs)
    runs = {pathlib.PurePath(run).name for run in recorded}
    return {"fleet": state.entries().keys(), "protected": runs}


def _stale(failed: Sequence[str], arguments: Mapping[str, Any], folder: RunFolder) -> list[str]:
    if arguments["stale_after"] is None or folder.fleet is None:
        return []
    return folder.fleet.stale(failed, arguments["stale_after"], time.time())


def _damaged(last_good: LastGood, folder: RunFolder, names: Iterable[str]) -> list[str]:
    """Return one warning if answers of earlier runs cannot be used. The events of the run have all reasons.

    :param names: of the run, in its order. Several threads note the problems.
    """
    found = {name: last_good.problems[name] for name in names if name in last_good.problems}
    if not found:
        return []
    for name, reasons in found.items():
        folder.note("warning", name=name, message=f"its last good answers: {'; '.join(reasons)}")
    first = next(iter(found))
    example = f"of {first}: " if len(found) > 1 else ""
    line = f"the last good answers of {some(found)}: {example}{'; '.join(found[first][:SAID])}"
    more = len(found) > 1 or len(found[first]) > SAID
    return [in_line(f"{line}; all reasons are in {folder.path / EVENTS}" if more else line)]


def _write_history(
    answers: Answers,
    arguments: Mapping[str, Any],
    folder: RunFolder,
    last_good: LastGood,
    say: Callable[[str], object],
) -> str | None:
    """Commit the changes if enabled. Return the reason if that failed.

    :param say: takes a line that says what was repaired.
    """
    if not arguments["history"]:
        return None
    title = f"{folder.path.name}, {len(answers)} {devices(len(answers))}"

    def repaired(done: Sequence[str]) -> None:
        for line in done:
            folder.note("warning", message=f"the history was damaged: {line}")
        more = f"; all {len(done)} repairs are in {folder.path / EVENTS}" if len(done) > SAID else ""
        say(f"the history in {folder.top / _history.REPOSITORY} was damaged: {'; '.join(done[:SAID])}{more}")

    try:
        redact = None if arguments["redact"] == "none" else redactor(fleet_folder(folder.top), create=True)
        _history.commit(folder.top, last_good, answers, title, repaired, redact)
    except (HistoryError, OSError) as error:
        what_helps = advice(str(error), folder.top, arguments["keep"])
        return f"{error}{what_helps}; the answers were written, and the next run will commit them"
    return None
