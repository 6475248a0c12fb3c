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
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ._clock import is_future, past
from ._run import (
    LATEST,
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
from ._runs import began_at, is_finished, is_under_way, newest_first
from ._some import some
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
    members: Iterable[str] | None = None,
) -> Scope:
    """Compare the names that a run asks with the devices of the state.

    :param recorded: whether a run of the whole fleet is recorded.
    :param inventory: all hosts of the inventory; None if they are unknown.
    :param limited: with ``--limit`` or ``rollcall_hosts``, or in a job of a workflow, which can be a slice.
    :param members: the names of the last run of the whole fleet. Other devices were asked by runs of a part only, so
        another inventory cannot become the fleet by being used twice. By default all devices.
    """
    asked = set(names)
    left_out = set(known) - asked
    gone = set() if inventory is None else left_out - set(inventory)
    still = left_out - gone
    if not asked:
        return Scope("it asked no device")
    if limited and not (recorded and known):
        return Scope("it is limited or may be a slice, and no run of the whole fleet is recorded yet")
    fleet = set(known) if members is None else set(known) & set(members)
    if still:
        return Scope(f"it does not ask {len(still)} of the {len(known)} devices of the fleet: {_some(still)}")
    if len(gone & fleet) * 2 > len(fleet):
        many = f"{len(gone & fleet)} of the {len(fleet)} devices of the fleet"
        return Scope(f"{many} are neither asked nor in this inventory: {_some(gone & fleet)}", warn=True)
    return Scope(leaving=frozenset(gone))


def left_line(leaving: Collection[str]) -> str | None:
    """Return a line that says which devices left the fleet; None if there are none."""
    if not leaving:
        return None
    many = "1 device is" if len(leaving) == 1 else f"{len(leaving)} devices are"
    return (
        f"{many} not in the inventory any more and left the fleet: {_some(leaving)}; if that is wrong, ask them again: "
        "their runs, last good answers and history were kept"
    )


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
    names: list[str] = field(default_factory=list)  # those that the last run of the whole fleet asked
    cause: str | None = None  # of the failures of the last run

    def without_future(self) -> tuple[Record, str | None]:
        """Return the record without times in the future, and a line that says what does not count any more.

        They are removed for good, because they would count when their time has come.
        """
        kept, lines = self, []
        before = past(self.success_before_at)
        if is_future(self.last_success_at):
            instead = f"that of {before} counts again" if before else "no other is known"
            lines.append(f"the last success of the fleet is dated {self.last_success_at} and does not count: {instead}")
            runs = self.success_before_runs if before else []
            kept = replace(kept, last_success_at=before, last_success_runs=runs)
        if is_future(self.last_success_at) or before is None:
            kept = replace(kept, success_before_at=None, success_before_runs=[])
        if is_future(self.started_at) or is_future(self.finished_at):
            kept = replace(kept, started_at=None, finished_at=None)
            lines.append("when the last run of the fleet ended is not known")
        return kept, f"a clock is or was wrong: {'; '.join(lines)}" if lines else None

    def as_dict(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "run": {
                "runs": self.runs,
                "started_at": self.started_at,
                "finished_at": self.finished_at,
                "passed": self.passed,
                "cause": self.cause,
                "reasons": self.reasons,
                "stale_after": self.stale_after,
            },
            "last_success": {"at": self.last_success_at, "runs": self.last_success_runs},
            "success_before": {"at": self.success_before_at, "runs": self.success_before_runs},
            "names": self.names,
        }


def read_record(top: pathlib.Path) -> Record | None:
    """Return the record of an output folder; None if no run is recorded, or if it is damaged.

    :raises NewerFormat: if a newer version of the collection wrote it.
    """
    record = _read_record(top / STATE / RECORD)
    return record if record and record.runs else None


def _read_record(path: pathlib.Path) -> Record | None:
    """Return a record, which may have no runs yet; None if it is damaged."""
    try:
        data = json.loads(read_file(path).decode("ascii"))
        check_format(path, data.get("format"), FORMAT)
        run, success, before = data["run"], data["last_success"], data["success_before"]
        return Record(
            _texts(run["runs"]),
            time_or_none(run["started_at"]),
            time_or_none(run["finished_at"]),
            run["passed"],
            _texts(run["reasons"]),
            run["stale_after"],
            time_or_none(success["at"]),
            _texts(success["runs"]),
            time_or_none(before["at"]),
            _texts(before["runs"]),
            _texts(data["names"]),
            run["cause"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _texts(given: Any) -> list[str]:
    """Return a list of texts that was read from a file.

    :raises TypeError: if it is none.
    """
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        msg = f"{given!r} is not a list of texts"
        raise TypeError(msg)
    return given


def close_fleet(
    state: State,
    *,
    names: Iterable[str],
    runs: Sequence[str],
    started_at: str | None,
    finished_at: str,
    passed: bool,
    reasons: Sequence[str],
    stale_after: float | None,
    cause: str | None = None,
    leaving: Collection[str] = (),
    latest: str | None = None,
) -> bool:
    """Record a run of the whole fleet. A run that is older than the recorded one changes nothing.

    The record is written last, so that it never says of a run that is not recorded as a whole that it passed.

    :param names: all names that were asked.
    :param cause: of the failures.
    :param runs: its folders, relative to the output folder.
    :param latest: the one of them that ``latest`` leads to, by default the newest.
    :raises OSError: if it cannot be written; the old record stays then.
    """
    with state.alone():
        before = (read_record(state.top) or Record()).without_future()[0]
        if before.finished_at and before.finished_at > finished_at:
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
            sorted(set(names)),
            cause,
        )
        if leaving:
            state.leave(leaving)
        own = [run for run in runs if run.startswith(f"{RUNS}/")]  # not those of pollers
        if own and len(own) == len(runs):
            point_latest(state.top, state.top / (latest or max(own)))
        _write_record(state, record)
        if runs:  # none, if no slice wrote one
            with contextlib.suppress(OSError):  # from it, a damaged record can be made again
                write_atomically(state.top / runs[0] / RECORD, _text(record))
    return True


def record_failure(state: State, runs: Collection[str], reason: str) -> tuple[Record | None, OSError | None]:
    """Record that the last run of the whole fleet did not pass. Its success does not count any more.

    Return the new record, None if these are not its runs or it had not passed, and the error if it cannot be written.

    :param runs: its folders, relative to the output folder.
    """
    try:
        with state.alone():
            record = read_record(state.top)
            if record is None or not record.passed or set(record.runs) != set(runs):
                return None, None
            changed = replace(
                record,
                passed=False,
                reasons=[*record.reasons, reason],
                last_success_at=record.success_before_at,
                last_success_runs=record.success_before_runs,
            )
            copy = state.top / record.runs[0] / RECORD
            try:
                with contextlib.suppress(OSError):
                    copy.unlink(missing_ok=True)  # on a full disk, the record needs its place; it also says otherwise
                _write_record(state, changed)
            except OSError as error:
                return changed, error
            with contextlib.suppress(OSError):
                write_atomically(copy, _text(changed))
            return changed, None
    except OSError as error:  # of the lock
        return None, error


@dataclass(slots=True)
class Fleet:
    """The state of the fleet as one run sees and updates it.

    ``closes`` is whether this run, if it is of the whole fleet, is recorded at its end. Runs of pollers are recorded
    together, by the report on all of them.

    :param names: all that the run asks.
    :param answered_before: devices with a full answer in an earlier run of the same output folder.
    """

    state: State
    scope: Scope
    closes: bool = True
    names: Collection[str] = ()
    answered_before: Collection[str] = ()

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
        recorded = close_fleet(
            self.state,
            names=self.names,
            runs=[str(folder.path.relative_to(self.state.top))],
            started_at=folder.started_at,
            finished_at=outcome["finished_at"],
            passed=outcome["verdict"]["passed"],
            reasons=outcome["verdict"]["reasons"],
            cause=outcome["verdict"]["cause"],
            stale_after=stale_after,
            leaving=self.scope.leaving,
        )
        line = left_line(self.scope.leaving) if recorded else None
        if line:
            self.state.said.append(line)


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
    record = _read_record(top / STATE / RECORD)
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
    # A new state has a record without runs. If it is missing, it was lost, and the runs may have it.
    changed = record or (_record_from_runs(top) if was_there else None) or Record()
    with contextlib.suppress(OSError):
        state.make_way(state.path / RECORD)
    if record is None and changed.runs:
        state.said.append(f"{state.path / RECORD} was lost or damaged and was made again from the runs")
    changed, line = changed.without_future()
    state.said += [line] if line else []
    if changed != record:
        with contextlib.suppress(OSError), state.alone():
            _write_record(state, changed)
    known = changed if changed.runs else None
    _mend_latest(top, changed)
    entries = state.entries()
    damage = state.damaged > 0 or (was_there and not entries)
    added = _add_from_runs(state, entries, known, everything=is_older or damage)
    if added:
        entries = state.entries()
    if added and damage:
        state.restored = sorted(added)
        many = "1 device was" if len(added) == 1 else f"{len(added)} devices were"
        line = f"{state.journal} was lost or damaged: {many} added again from the runs: {some(state.restored)}"
        state.said.append(line)
    state.problems.clear()
    return state, entries, known


def _mend_latest(top: pathlib.Path, record: Record) -> None:
    """Let ``latest`` lead to the recorded run again if it leads nowhere, so that a run of a part does not take it."""
    own = [run for run in record.runs if run.startswith(f"{RUNS}/") and (top / run).is_dir()]
    if own and not (top / LATEST).exists():
        with contextlib.suppress(OSError):
            point_latest(top, top / max(own))


def _add_from_runs(state: State, entries: Mapping[str, Entry], record: Record | None, *, everything: bool) -> set[str]:
    """Add answers that are in runs and not in the state: those of killed runs or, with ``everything``, of other runs.

    Return the names. Of runs that began before the last run of the whole fleet, only names of that run are
    added. Others may have left the fleet.
    """
    members = frozenset(record.names if record else ())
    added: set[str] = set()
    for top in (state.top, *sorted((state.top / POLLERS).glob("*"))):
        here: set[str] = set()
        for run in newest_first(str(top)):
            if is_under_way(run):
                continue
            killed = not is_finished(run)
            if not killed and not everything:
                break  # older killed runs were added when this run began
            is_newer = _is_newer(run, record)
            for name in _names_of(run):
                if not (is_newer or name in members) or name in here:
                    continue
                if (killed or name not in entries) and _add(state, entries.get(name), run, name):
                    here.add(name)
            if not killed and old_manifest(run).get("part", "") is None:
                break
        added |= here
    return added


def _is_newer(run: pathlib.Path, record: Record | None) -> bool:
    """Whether a run began after the last run of the whole fleet, or it is unknown when that began."""
    began, last = began_at(run), record and (record.started_at or record.finished_at)
    return began is None or not last or began > datetime.fromisoformat(last)


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
    write_atomically(state.path / RECORD, _text(record))


def _text(record: Record) -> bytes:
    return json.dumps(record.as_dict()).encode("ascii") + b"\n"


def _record_from_runs(top: pathlib.Path) -> Record | None:
    """Return the newest copy of the record that is in a run, or what the manifests of the runs say if it is newer."""
    found = _record_from_manifests(top)
    for each in (top, *sorted((top / POLLERS).glob("*"))):
        for run in newest_first(str(each)):
            copy = _read_record(run / RECORD)
            if copy is not None and not is_future(copy.finished_at):
                if found is None or (copy.finished_at or "") >= (found.finished_at or ""):
                    found = copy
                break
    return found


def _record_from_manifests(top: pathlib.Path) -> Record | None:
    """Slices and pollers have none that says that they were of the whole fleet."""
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
            passed, cause = bool(verdict.get("passed")), verdict.get("cause")
            record = Record(where, manifest.get("started_at"), at, passed, names=_names_of(run), cause=cause)
        if verdict.get("passed"):
            record.last_success_at, record.last_success_runs = at, where
            break
    return record
