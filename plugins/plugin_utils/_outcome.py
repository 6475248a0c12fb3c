# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of a roll call: the task's result and the end of the run's manifest, once all answers are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils import _history
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._roll import Answers, failed_names, summarize
from ansible_collections.rollcall.network.plugins.module_utils._run import EVENTS, MANIFEST, RunFolder
from ansible_collections.rollcall.network.plugins.plugin_utils._manifest import closing
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import NAMES_SAID, Allowed, verdict_of


def result_of(
    answers: Answers,
    arguments: Mapping[str, Any],
    folder: RunFolder | None,
    errors: Mapping[str, str],
    allowed: Allowed,
    last_good: LastGood | None = None,
) -> dict[str, Any]:
    """The task's result, once all answers are there; the manifest's end is written from it.

    It fails exactly when the verdict is not passed.

    :param errors: why the answers of these names could not be written.
    """
    result: dict[str, Any] = {
        "changed": False,
        "devices": answers,
        "summary": summarize(answers.values()),
        "failed_hosts": failed_names(answers),
        "changed_hosts": [],
        "stale_hosts": [],
        "run_dir": None,
    }
    verdict = verdict_of({name: answer["status"] for name, answer in answers.items()}, allowed)
    if folder is not None:
        result["run_dir"] = str(folder.path)
        troubles = [_unwritten(folder, errors)]
        if last_good is not None:
            result["changed_hosts"] = [name for name, answer in answers.items() if answer.get("changed")]
            result["stale_hosts"] = _stale(result["failed_hosts"], arguments, last_good)
            result["warnings"] = _damaged(last_good)
            troubles.append(_alarm(result["stale_hosts"], arguments))
            troubles.append(_write_history(answers, arguments, folder, last_good))
        for trouble in filter(None, troubles):
            verdict = verdict.troubled(trouble)
        try:
            folder.finish(closing(result, verdict.as_dict(), errors))
        except OSError as error:
            problem = f"{folder.path / MANIFEST} could not be written: {error.strerror}; the answers are there"
            verdict = verdict.troubled(problem)
    result["verdict"] = verdict.as_dict()
    return result if verdict.passed else {**result, "failed": True, "msg": "; ".join(verdict.reasons)}


def _unwritten(folder: RunFolder, errors: Mapping[str, str]) -> str | None:
    """What could not be written of the run, if anything."""
    if errors:
        first, reason = next(iter(errors.items()))
        more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
        return f"{first}{more} could not be written to {folder.path}: {reason}; those answers are in this result"
    if folder.unwritten_event:
        return f"{folder.path / EVENTS} could not be written: {folder.unwritten_event}; the answers are there"
    return None


def _stale(failed: Sequence[str], arguments: Mapping[str, Any], last_good: LastGood) -> list[str]:
    return [] if arguments["stale_after"] is None else last_good.stale(failed, arguments["stale_after"])


def _alarm(stale: Sequence[str], arguments: Mapping[str, Any]) -> str | None:
    """The devices that were silent for too long: however few they are, the run does not pass."""
    if not stale:
        return None
    names = ", ".join(stale[:NAMES_SAID]) + (", …" if len(stale) > NAMES_SAID else "")
    return f"{len(stale)} had no full answer for more than {arguments['stale_after']:g} s (stale_after): {names}"


def _damaged(last_good: LastGood) -> list[str]:
    """A warning where the answers of earlier runs cannot be used."""
    if not last_good.problems:
        return []
    name, reason = next(iter(last_good.problems.items()))
    more = f"; {len(last_good.problems) - 1} more like it" if len(last_good.problems) > 1 else ""
    return [f"the last good answers of {name}: {reason}{more}"]


def _write_history(
    answers: Answers, arguments: Mapping[str, Any], folder: RunFolder, last_good: LastGood
) -> str | None:
    """Commit what changed, where that is wanted; return why it could not be."""
    if not arguments["history"]:
        return None
    title = f"{folder.path.name}, {len(answers)} devices"
    try:
        _history.commit(arguments["output_dir"], last_good, answers, title)
    except _history.HistoryError as error:
        return f"{error}; the answers are there, and the next run will make up for it"
    return None
