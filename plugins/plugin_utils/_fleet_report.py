# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report knows about the fleet besides the runs that it shows: the state, and the record of whole runs."""

from __future__ import annotations

import os
import pathlib
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._clock import is_future, now_text, past
from ansible_collections.rollcall.network.plugins.module_utils._fleet import (
    POLLERS,
    Record,
    Scope,
    close_fleet,
    is_stale,
    leaves_out,
    left_line,
    open_state,
    read_record,
    scope_of,
)
from ansible_collections.rollcall.network.plugins.module_utils._run import RUNS, read_manifest
from ansible_collections.rollcall.network.plugins.module_utils._state import Entry, State
from ansible_collections.rollcall.network.plugins.module_utils._trusted import make_top
from ansible_collections.rollcall.network.plugins.plugin_utils._cause import RUN, cause_in
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_of_run import groups_of, leaves_out_devices
from ansible_collections.rollcall.network.plugins.plugin_utils._prometheus import RunFacts
from ansible_collections.rollcall.network.plugins.plugin_utils._take_back import take_back
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Verdict


@dataclass(slots=True)
class FleetReport:
    """The state of the fleet for a report."""

    state: State
    entries: dict[str, Entry]
    record: Record
    manifests: Sequence[Mapping[str, Any]]
    unrecorded: bool = False  # these runs are of the whole fleet and could not be recorded

    @property
    def top(self) -> pathlib.Path:
        return self.state.top

    def facts(self) -> RunFacts:
        """Return the facts of the last run of the whole fleet, and the number of stale devices now.

        If the runs of this report are of the whole fleet and are not recorded, as on a full disk, they did not pass.
        """
        given = [(each.get("arguments") or {}).get("stale_after") for each in self.manifests]
        stale_after = next((each for each in given if each is not None), self.record.stale_after)
        stale = None
        if stale_after is not None:
            now = time.time()
            failed = (entry for entry in self.entries.values() if entry.answer["status"] != "ok")
            stale = sum(is_stale(entry, stale_after, now) for entry in failed)
        record = self.record
        if self.unrecorded:
            started, finished = _span(self.manifests)
            record = Record(started_at=started, finished_at=finished or now_text(), passed=False, cause=RUN)
        return RunFacts(
            passed=record.passed,
            cause=record.cause,
            started_at=past(record.started_at),
            finished_at=past(record.finished_at),
            last_passed_at=past(self.record.last_success_at),
            stale=stale,
            known=True,
        )

    def note(
        self,
        statuses: Mapping[str, str],
        read: Callable[[str], Mapping[str, Any]],
        on_disk: Container[str],
        run_dirs: Sequence[str],
    ) -> None:
        """Record the answers that count and are not recorded.

        They are in no run folder, as those of devices without a poller, of a device without any record, or full
        and older than that of another poller. Answers of runs before the recorded one are left alone.

        :param statuses: of the answers, by name.
        :param run_dirs: the runs of the report.
        """
        if self._is_superseded():
            return  # a later run of the whole fleet is recorded, and what it says of the devices
        noted = False
        own = {self._relative(each) for each in run_dirs}
        for name, status in statuses.items():
            entry = self.entries.get(name)
            if name not in on_disk or entry is None:
                self.state.note(name, read(name), None)
            elif status == "ok" and entry.answer["status"] != "ok" and entry.run in own:
                self.state.note(name, read(name), None, at=now_text())
            else:
                continue
            noted = True
        if noted:
            self.entries = self.state.entries()

    def _is_superseded(self) -> bool:
        """Return whether a run of the whole fleet that began after the end of all these runs is recorded."""
        _started, finished = _span(self.manifests)
        began = past(self.record.started_at)
        return began is not None and finished is not None and finished < began

    def _relative(self, run_dir: str) -> str:
        """Return a run as the state names it."""
        return os.path.relpath(pathlib.Path(run_dir).expanduser().resolve(), self.top)

    def close(
        self,
        names: Iterable[str],
        run_dirs: Sequence[str],
        verdict: Verdict,
        variables: Mapping[str, Any],
        dest: pathlib.Path,
        troubles: Sequence[str] = (),
    ) -> Scope:
        """Record these runs together, if they are of the whole fleet. Devices that left the inventory leave the state.

        :param dest: where the reports are. If that is in one of the runs, ``latest`` leads to it.
        :param troubles: the reasons of these runs why they did not pass, see ``troubles_of``.
        :raises OSError: if it cannot be written. Then they are ``unrecorded``.
        """
        names = list(names)
        groups = variables.get("groups") or {}
        scope = scope_of(
            names,
            self.entries.keys(),
            recorded=bool(self.record.runs),
            inventory=list(map(str, groups.get("all", ()))) or None,
            limited=any(
                map(leaves_out, (variables.get("ansible_limit"), *(each.get("limit") for each in self.manifests)))
            )
            or (not self.record.runs and leaves_out_devices(names, variables)),
            members=self.record.names,
        )
        if scope.part is not None:
            return scope
        started, finished = _span(self.manifests)
        given = [(each.get("arguments") or {}).get("stale_after") for each in self.manifests]
        runs = [self._relative(each) for each in run_dirs]
        self.unrecorded = True
        recorded = close_fleet(
            self.state,
            names=names,
            runs=runs,
            started_at=started,
            finished_at=finished or now_text(),
            passed=verdict.passed and not troubles,
            reasons=list(dict.fromkeys([*verdict.reasons, *troubles])),
            cause=cause_in(verdict.as_dict(), troubles),
            stale_after=next((each for each in given if each is not None), None),
            leaving=scope.leaving,
            latest=next((run for run in runs if (self.top / run).resolve() == dest.resolve().parent), None),
        )
        self.unrecorded = False
        line = left_line(scope.leaving) if recorded else None
        self.state.said += [line] if line else []
        self.record = read_record(self.top) or Record()
        self.entries = {name: entry for name, entry in self.entries.items() if name not in scope.leaving}
        return scope

    def take_back(self, run_dirs: Sequence[str], reason: str) -> OSError | None:
        """Record that these runs did not pass, if they are recorded as passed. Return the error if that failed."""
        changed, error = take_back(self.top, run_dirs, reason)
        self.record = changed or self.record
        return error


def fleet_of(
    run_dirs: Sequence[str], output_dir: str | None, names: Iterable[str], variables: Mapping[str, Any], *, opens: bool
) -> FleetReport | None:
    """Return the state that belongs to these runs; None if there is none.

    :param output_dir: the output folder, if it is given. By default that of the runs, if it is the same for all.
    :param opens: whether the state is created if it is missing, and answers of killed runs are added to it.
    :raises RunError: if it cannot be used.
    """
    tops = {_top_of(each) for each in run_dirs} if output_dir is None else {pathlib.Path(output_dir).expanduser()}
    if len(tops) != 1 or None in tops:
        return None
    top = pathlib.Path(str(tops.pop())).resolve()
    manifests = [read_manifest(each) for each in run_dirs]
    if opens:
        state, entries, record = open_state(make_top(top), groups_of(names, variables))
    else:
        state = State(top)
        if not state.is_there:
            return None
        entries, record = state.entries(), read_record(top)
        if record is not None:
            record = record.without_future()[0]
    record = record or Record()
    report = FleetReport(state, entries, record, manifests)
    report.unrecorded = not opens and _is_unrecorded(top, run_dirs, manifests, record)
    return report


def _is_unrecorded(
    top: pathlib.Path, run_dirs: Sequence[str], manifests: Sequence[Mapping[str, Any]], record: Record
) -> bool:
    """Whether this is a run of the whole fleet, and an older one is recorded or none."""
    if len(run_dirs) != 1 or manifests[0].get("part", "unknown") is not None:
        return False
    run = os.path.relpath(pathlib.Path(run_dirs[0]).expanduser().resolve(), top)
    started = str(manifests[0].get("resumed_at") or manifests[0].get("started_at") or "")
    return run not in record.runs and not is_future(started) and started >= (record.finished_at or "")


def _span(manifests: Sequence[Mapping[str, Any]]) -> tuple[str | None, str | None]:
    """When the first of these runs started, and when the last one ended."""
    started, ended = ([str(each[key]) for each in manifests if each.get(key)] for key in ("started_at", "finished_at"))
    return min(started, default=None), max(ended, default=None)


def _top_of(run_dir: str) -> pathlib.Path | None:
    runs = pathlib.Path(run_dir).expanduser().resolve().parent
    if runs.name != RUNS:
        return None
    top = runs.parent
    if top.parent.name == POLLERS and State(top.parent.parent).is_there:
        return top.parent.parent
    return top
