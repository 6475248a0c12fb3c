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

from ansible_collections.rollcall.network.plugins.module_utils._clock import now_text, past
from ansible_collections.rollcall.network.plugins.module_utils._fleet import (
    POLLERS,
    Record,
    Scope,
    close_fleet,
    is_stale,
    leaves_out,
    open_state,
    read_record,
    scope_of,
)
from ansible_collections.rollcall.network.plugins.module_utils._run import FINISHED, RUNS, read_manifest
from ansible_collections.rollcall.network.plugins.module_utils._state import Entry, State
from ansible_collections.rollcall.network.plugins.module_utils._trusted import make_top
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_of_run import groups_of
from ansible_collections.rollcall.network.plugins.plugin_utils._prometheus import RunFacts
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Verdict


@dataclass(slots=True)
class FleetReport:
    """The state of the fleet for a report."""

    state: State
    entries: dict[str, Entry]
    record: Record
    manifests: Sequence[Mapping[str, Any]]

    @property
    def top(self) -> pathlib.Path:
        return self.state.top

    def facts(self) -> RunFacts:
        """Return the facts of the last run of the whole fleet, and the number of stale devices now."""
        given = [(each.get("arguments") or {}).get("stale_after") for each in self.manifests]
        stale_after = next((each for each in given if each is not None), self.record.stale_after)
        stale = None
        if stale_after is not None:
            now = time.time()
            failed = (entry for entry in self.entries.values() if entry.answer["status"] != "ok")
            stale = sum(is_stale(entry, stale_after, now) for entry in failed)
        return RunFacts(
            passed=self.record.passed,
            started_at=past(self.record.started_at),
            finished_at=past(self.record.finished_at),
            last_passed_at=past(self.record.last_success_at),
            stale=stale,
            known=True,
        )

    def note(
        self, statuses: Mapping[str, str], read: Callable[[str], Mapping[str, Any]], on_disk: Container[str]
    ) -> None:
        """Record the answers that count and are not recorded.

        They are in no run folder, as those of devices without a poller, of a device without any record, or full
        and older than that of another poller.

        :param statuses: of the answers, by name.
        """
        noted = False
        for name, status in statuses.items():
            entry = self.entries.get(name)
            if name not in on_disk or entry is None:
                self.state.note(name, read(name), None)
            elif entry is not None and status == "ok" and entry.answer["status"] != "ok":
                self.state.note(name, read(name), None, at=now_text())
            else:
                continue
            noted = True
        if noted:
            self.entries = self.state.entries()

    def close(
        self, names: Iterable[str], run_dirs: Sequence[str], verdict: Verdict, variables: Mapping[str, Any]
    ) -> Scope:
        """Record these runs together, if they are of the whole fleet. Devices that left the inventory leave the state.

        :raises OSError: if it cannot be written.
        """
        groups = variables.get("groups") or {}
        scope = scope_of(
            names,
            self.entries.keys(),
            recorded=bool(self.record.runs),
            inventory=list(map(str, groups.get("all", ()))) or None,
            limited=any(
                map(leaves_out, (variables.get("ansible_limit"), *(each.get("limit") for each in self.manifests)))
            ),
        )
        if scope.part is not None:
            return scope
        troubles = [reason for each in self.manifests for reason in each.get("troubles", ())]
        if any(each.get("status", FINISHED) != FINISHED for each in self.manifests):
            troubles.append("a run was ended before all devices were asked")
        ended = [str(each["finished_at"]) for each in self.manifests if each.get("finished_at")]
        given = [(each.get("arguments") or {}).get("stale_after") for each in self.manifests]
        close_fleet(
            self.state,
            runs=[os.path.relpath(pathlib.Path(each).resolve(), self.top) for each in run_dirs],
            started_at=min(
                (str(each["started_at"]) for each in self.manifests if each.get("started_at")), default=None
            ),
            finished_at=max(ended, default=now_text()),
            passed=verdict.passed and not troubles,
            reasons=[*verdict.reasons, *troubles],
            stale_after=next((each for each in given if each is not None), None),
            leaving=scope.leaving,
        )
        self.record = read_record(self.top) or Record()
        self.entries = {name: entry for name, entry in self.entries.items() if name not in scope.leaving}
        return scope


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
    return FleetReport(state, entries, record or Record(), manifests)


def _top_of(run_dir: str) -> pathlib.Path | None:
    runs = pathlib.Path(run_dir).expanduser().resolve().parent
    if runs.name != RUNS:
        return None
    top = runs.parent
    if top.parent.name == POLLERS and State(top.parent.parent).is_there:
        return top.parent.parent
    return top
