# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which runs are of the whole fleet, and the record of the last such run and the last that passed.

``<output_dir>/state/fleet.json`` is the record. See docs/fleet_state.md for the rules.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import pathlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ._clock import is_future, past
from ._run import (
    RUNS,
    NewerFormat,
    RunError,
    RunFolder,
    check_format,
    old_manifest,
    point_latest,
    read_answer,
    read_manifest,
    run_names,
    stored_question,
)
from ._runs import is_finished, is_under_way, newest_first
from ._state import FORMAT, STATE, Entry, State, time_or_none, write_atomically
from ._trusted import read_file

RECORD = "fleet.json"
POLLERS = "pollers"
NAMES_SAID = 5


def names_digest(names: Iterable[str]) -> str:
    """Identifies a set of names."""
    text = json.dumps(sorted(set(names)))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run covers. ``part`` is why it is not a run of the whole fleet, or None. ``leaving`` leave the state."""

    part: str | None = None
    warn: bool = False
    leaving: frozenset[str] = frozenset()


def scope_of(
    names: Iterable[str],
    known: Collection[str],
    *,
    recorded: bool,
    inventory: Collection[str] | None,
    limited: bool,
) -> Scope:
    """Compare the names that a run asks with the devices of the state.

    :param recorded: whether a run of the whole fleet is recorded.
    :param inventory: all hosts of the inventory; None if they are unknown.
    :param limited: with ``--limit``, or in a job of a workflow, which can be a slice.
    """
    asked = set(names)
    left_out = set(known) - asked
    gone = set() if inventory is None else left_out - set(inventory)
    still = left_out - gone
    if not asked:
        return Scope("it asked no device")
    if limited and not (recorded and known):
        return Scope("it is limited or can be a slice, and no run of the whole fleet is recorded yet")
    if still:
        return Scope(f"it does not ask {len(still)} of the {len(known)} devices of the fleet: {_some(still)}")
    if len(gone) * 2 > len(known):
        sentence = f"{len(gone)} of the {len(known)} devices of the fleet are neither asked nor in this inventory: "
        return Scope(sentence + _some(gone), warn=True)
    return Scope(leaving=frozenset(gone))


def leaves_out(limit: Any) -> bool:
    """Return whether a value of ``--limit`` can leave out devices."""
    return str(limit or "all").strip() not in ("all", "*")


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:NAMES_SAID]) + (", …" if len(listed) > NAMES_SAID else "")


@dataclass(slots=True)
class Record:
    """The last run of the whole fleet, and the last one that passed. Times are ISO 8601 text, None if unknown."""

    runs: list[str] = field(default_factory=list)
    started_at: str | None = None
    finished_at: str | None = None
    passed: bool | None = None
    reasons: list[str] = field(default_factory=list)
    stale_after: float | None = None
    last_success_at: str | None = None
    last_success_runs: list[str] = field(default_factory=list)
    success_before_at: str | None = None
    success_before_runs: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "run": {
                "runs": self.runs,
                "started_at": self.started_at,
                "finished_at": self.finished_at,
                "passed": self.passed,
                "reasons": self.reasons,
                "stale_after": self.stale_after,
            },
            "last_success": {"at": self.last_success_at, "runs": self.last_success_runs},
            "success_before": {"at": self.success_before_at, "runs": self.success_before_runs},
        }


def read_record(top: pathlib.Path) -> Record | None:
    """Return the record of an output folder; None if there is none, or if it is damaged.

    :raises NewerFormat: if a newer version of the collection wrote it.
    """
    path = top / STATE / RECORD
    try:
        data = json.loads(read_file(path).decode("ascii"))
        check_format(path, data.get("format"), FORMAT)
        run, success, before = data["run"], data["last_success"], data["success_before"]
        return Record(
            list(run["runs"]),
            time_or_none(run["started_at"]),
            time_or_none(run["finished_at"]),
            run["passed"],
            list(run["reasons"]),
            run["stale_after"],
            time_or_none(success["at"]),
            list(success["runs"]),
            time_or_none(before["at"]),
            list(before["runs"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def close_fleet(
    state: State,
    *,
    runs: Sequence[str],
    started_at: str | None,
    finished_at: str,
    passed: bool,
    reasons: Sequence[str],
    stale_after: float | None,
    leaving: Iterable[str] = (),
) -> bool:
    """Record a run of the whole fleet. A run that is older than the recorded one changes nothing.

    :param runs: its folders, relative to the output folder.
    :raises OSError: if it cannot be written; the old record stays then.
    """
    with state.alone():
        before = read_record(state.top) or Record()
        if before.finished_at and before.finished_at > finished_at and not is_future(before.finished_at):
            return False
        again = bool(set(before.runs) & set(runs))  # closed before, with another verdict perhaps
        at = before.success_before_at if again else before.last_success_at
        earlier = before.success_before_runs if again else before.last_success_runs
        record = Record(
            list(runs),
            started_at,
            finished_at,
            passed,
            list(reasons),
            stale_after,
            finished_at if passed else at,
            list(runs) if passed else earlier,
            at,
            earlier,
        )
        _write_record(state, record)
    state.leave(leaving)
    if len(runs) == 1 and runs[0].startswith(f"{RUNS}/"):  # not that of a poller
        point_latest(state.top, state.top / runs[0])
    return True


@dataclass(slots=True)
class Fleet:
    """The state of the fleet as one run sees and updates it.

    ``closes`` is whether this run, if it is of the whole fleet, is recorded at its end. Runs of pollers are recorded
    together, by the report on all of them.
    """

    state: State
    scope: Scope
    closes: bool = True

    @property
    def is_part(self) -> bool:
        return self.scope.part is not None

    def note(self, folder: RunFolder, name: str, answer: Mapping[str, Any], *, written: bool = True) -> None:
        """Record an answer of this run."""
        self.state.note(name, answer, folder.path if written else None, folder.questions.get(name))

    def stale(self, names: Iterable[str], stale_after: float, now: float) -> list[str]:
        """Return the names without a full answer for this many seconds, or since they were first asked."""
        entries = self.state.entries()
        return [name for name in names if name in entries and is_stale(entries[name], stale_after, now)]

    def close(self, folder: RunFolder, outcome: Mapping[str, Any], stale_after: float | None) -> None:
        """Record the end of this run, if it is of the whole fleet.

        :raises OSError: if it cannot be written.
        """
        if self.is_part or not self.closes:
            return
        close_fleet(
            self.state,
            runs=[str(folder.path.relative_to(self.state.top))],
            started_at=folder.started_at,
            finished_at=outcome["finished_at"],
            passed=outcome["verdict"]["passed"],
            reasons=outcome["verdict"]["reasons"],
            stale_after=stale_after,
            leaving=self.scope.leaving,
        )


def is_stale(entry: Entry, stale_after: float, now: float) -> bool:
    at = entry.known_good_at or past(entry.first_asked_at)
    return at is not None and now - datetime.fromisoformat(at).timestamp() > stale_after


def open_state(
    top: pathlib.Path, groups: Mapping[str, Iterable[str]] | None = None
) -> tuple[State, dict[str, Entry], Record | None]:
    """Return the state of an output folder, its devices and its record. It is created if it is missing.

    Answers of killed runs that are not in it are added. If it is damaged, or an older version of the collection wrote
    the folder, it is completed from the runs.

    :raises RunError: if it cannot be written, or if a newer version of the collection wrote the folder.
    """
    record = read_record(top)
    newest = newest_first(str(top))[:1]
    for run in newest:
        try:
            read_manifest(run)
        except NewerFormat:
            raise
        except RunError:  # damaged; said where it is used
            continue
    state = State(top, groups or {})
    was_there = state.is_there
    is_older = not was_there and any("part" not in old_manifest(run) for run in newest)
    state.make()
    if record is None and was_there:
        record = _record_from_runs(top)
        if record is not None:
            with contextlib.suppress(OSError):
                _write_record(state, record)
    entries = state.entries()
    incomplete = is_older or state.damaged > 0 or (was_there and not entries)
    if _add_from_runs(state, entries, everything=incomplete):
        entries = state.entries()
    state.problems.clear()
    return state, entries, record


def _add_from_runs(state: State, entries: Mapping[str, Entry], *, everything: bool) -> bool:
    """Add answers that are in runs and not in the state: those of killed runs or, with ``everything``, of other runs.

    Names that only runs before the last run of the whole fleet have may have left the fleet, and are not added.
    """
    added: set[str] = set()
    for top in (state.top, *sorted((state.top / POLLERS).glob("*"))):
        for run in newest_first(str(top)):
            if is_under_way(run):
                continue
            killed = not is_finished(run)
            if not killed and not everything:
                break  # older killed runs were added when this run began
            for name in _names_of(run):
                if name not in added and (killed or name not in entries) and _add(state, entries.get(name), run, name):
                    added.add(name)
            if not killed and old_manifest(run).get("part", "") is None:
                break
    return bool(added)


def _add(state: State, known: Entry | None, run: pathlib.Path, name: str) -> bool:
    try:
        answer = read_answer(run, name, slim=True)
    except RunError:
        return False
    if known is not None and known.at >= str(answer.get("finished_at") or "") and not is_future(known.at):
        return False
    return state.note(name, answer, run, stored_question(run, name)) is not None


def _names_of(run: pathlib.Path) -> list[str]:
    try:
        return run_names(run)
    except RunError:
        return []


def _write_record(state: State, record: Record) -> None:
    write_atomically(state.path / RECORD, json.dumps(record.as_dict(), indent=1).encode("ascii") + b"\n")


def _record_from_runs(top: pathlib.Path) -> Record | None:
    """Return what the manifests of the runs say about the last run of the whole fleet."""
    record: Record | None = None
    for run in newest_first(str(top)):
        manifest = old_manifest(run)
        verdict = manifest.get("verdict") or {}
        if (
            manifest.get("part", "unknown") is not None
            or not is_finished(run)
            or is_future(manifest.get("finished_at"))
        ):
            continue
        where, at = [f"{RUNS}/{run.name}"], manifest["finished_at"]
        if record is None:
            record = Record(where, manifest.get("started_at"), at, bool(verdict.get("passed")))
        if verdict.get("passed"):
            record.last_success_at, record.last_success_runs = at, where
            break
    return record
