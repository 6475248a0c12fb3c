# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of docs/fleet_state.md as a model that shares no code with the collection.

The tests tell it what each run asked and what the devices answered. It says what must then be in the output folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

FULL = "ok"
STATUSES = ("ok", "partial", "failed", "unreachable", "auth_failed", "timeout", "skipped")


@dataclass(frozen=True)
class Known:
    """What is known about a device.

    ``goods`` are the times and runs of its full answers: those since the state was rewritten, and the last one before.
    """

    status: str
    at: datetime
    run: str
    first_asked: datetime
    goods: tuple[tuple[datetime, str | None], ...]
    seconds: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Answer:
    status: str
    at: datetime
    run: str
    seconds: tuple[tuple[str, float], ...] = ()


@dataclass
class Run:
    """A run folder, by its path relative to the output folder."""

    path: str
    started: datetime
    asked: list[str]
    whole: bool
    finished: datetime | None = None  # None if it was killed
    passed: bool = False

    @property
    def folder(self) -> str:
        return self.path.rpartition("runs/")[0]


@dataclass
class Recorded:
    runs: list[str]
    finished: datetime | None  # None if it is dated in the future
    seconds: float
    passed: bool
    names: frozenset[str] = frozenset()


@dataclass
class Model:
    limit: float  # max_fail_percentage
    stale_after: timedelta
    keep_runs: int | None = None
    keep_days: float | None = None
    now: datetime = datetime(1, 1, 1, tzinfo=UTC)  # of the controller's clock, right or wrong
    state: dict[str, Known] = field(default_factory=dict)
    left: dict[str, tuple[tuple[datetime, str | None], ...]] = field(default_factory=dict)
    record: Recorded | None = None
    success: Recorded | None = None
    success_before: Recorded | None = None
    unrecorded: Recorded | None = None  # the last run, if it is of the whole fleet and could not be recorded
    latest: dict[str, str] = field(default_factory=dict)  # by folder of runs: "" is the output folder
    runs: dict[str, Run] = field(default_factory=dict)
    counted_from: dict[str, datetime] = field(default_factory=dict)  # runs of the future, for keep with days

    def future(self, moment: datetime) -> bool:
        return moment > self.now + timedelta(minutes=5)

    def past(self, moment: datetime | None) -> datetime | None:
        return None if moment is None or self.future(moment) else moment

    # -- the state

    def good(self, name: str) -> tuple[datetime, str | None] | tuple[None, None]:
        """The time and the run of the last good answer that is not dated in the future."""
        past = [(at, run) for at, run in self.state[name].goods if not self.future(at)]
        return max(past, key=lambda each: (each[0], each[1] or "")) if past else (None, None)

    def begin(self) -> None:
        """A run begins and rewrites the state with what is known by its clock. It drops what is of the future."""
        before = self.success_before
        before = before if before and self.past(before.finished) else None
        if self.success and not self.past(self.success.finished):
            self.success, before = before, None
        self.success_before = before
        if self.record and not self.past(self.record.finished):
            self.record = replace(self.record, finished=None)
        for name, known in self.state.items():
            at, run = self.good(name)
            self.state[name] = replace(known, goods=((at, run),) if at else known.goods[-1:])

    def answered(self, name: str, answer: Answer) -> None:
        old = self.state.get(name)
        # Of a device that returns, the last good answer was kept. When it was first asked is not known any more.
        goods = old.goods if old else tuple((at, None) for at, _run in self.left.get(name, ()))
        if answer.status == FULL:
            goods = (*goods, (answer.at, answer.run))
        earlier = self.past(old.first_asked) if old else None
        first_asked = min(earlier, answer.at) if earlier else answer.at
        newest = answer
        if old and answer.at < old.at and not self.future(old.at):
            newest = Answer(old.status, old.at, old.run, old.seconds)
        self.state[name] = Known(newest.status, newest.at, newest.run, first_asked, goods, newest.seconds)

    def stale(self, name: str) -> bool:
        known = self.state[name]
        since = self.good(name)[0] or self.past(known.first_asked) or self.now
        return known.status != FULL and self.now - since > self.stale_after

    # -- runs

    def gone(self, asked: Iterable[str], inventory: Iterable[str]) -> set[str]:
        return set(self.state) - set(asked) - set(inventory)

    def is_whole(self, asked: list[str], inventory: Iterable[str], *, limited: bool) -> bool:
        """Whether a run that begins now is of the whole fleet."""
        if not asked or (limited and self.record is None):
            return False
        gone = self.gone(asked, inventory)
        fleet = set(self.state) & (self.record.names if self.record else set())
        return set(self.state) <= {*asked, *gone} and 2 * len(gone & fleet) <= len(fleet)

    def verdict(self, statuses: Mapping[str, str]) -> bool:
        failed = sum(status != FULL for status in statuses.values())
        stale = any(status != FULL and self.stale(name) for name, status in statuses.items())
        return bool(statuses) and failed * 100 <= self.limit * len(statuses) and not stale

    def finished(
        self, runs: list[Run], asked: list[str], inventory: Iterable[str], *, whole: bool, passed: bool, at: Recorded
    ) -> None:
        """Runs that are one run for the fleet have ended."""
        if not whole:
            return
        assert at.finished
        if self.record and self.record.finished and at.finished < self.record.finished:
            return
        self.record = replace(at, names=frozenset(asked))
        self.success_before = self.success
        if passed:
            self.success = at
        for name in self.gone(asked, inventory):
            self.left[name] = self.state.pop(name).goods

    # -- keep

    def prune(self, folder: str, this: str) -> None:
        """Remove the runs of a folder that are no longer kept."""
        here = [run for run in self.runs.values() if run.folder == folder]
        newest = sorted(here, key=lambda run: (not self.future(run.started), run.path), reverse=True)
        protected = {this, self.latest.get(folder)}
        for recorded in filter(None, (self.record, self.success, self.success_before)):
            protected.update(recorded.runs)
        protected.update([run.path for run in newest if run.whole and run.finished and run.passed][:1])
        removed: set[str] = set()
        if self.keep_runs is not None:
            kept = {run.path for run in newest[: self.keep_runs] if not set(run.asked) & set(self.state)}
            for name in self.state:
                kept.update([run.path for run in newest if name in run.asked][: self.keep_runs])
            removed |= {run.path for run in newest} - kept
        if self.keep_days is not None:
            for run in newest:
                began = run.started
                if self.future(began):
                    began = self.counted_from.setdefault(run.path, self.now)
                if self.now - began > timedelta(days=self.keep_days):
                    removed.add(run.path)
        for path in removed - protected:
            del self.runs[path]

    # -- what readers show

    def metrics(self) -> dict[str, float]:
        found: dict[str, float] = {f"devices {status}": 0 for status in STATUSES}
        for known in self.state.values():
            found[f"devices {known.status}"] += 1
        for name in self.state:
            good, _run = self.good(name)
            found[f"device_last_good_timestamp_seconds {name}"] = good.timestamp() if good else 0
        found["devices_stale"] = sum(self.stale(name) for name in self.state)
        for phase in ("resolve", "connect", "auth", "command", "parse"):
            found[f"phase_seconds {phase}"] = sum(dict(known.seconds).get(phase, 0) for known in self.state.values())
        success = self.past(self.success.finished) if self.success else None
        found["run_last_success_timestamp_seconds"] = success.timestamp() if success else 0
        record = self.unrecorded or self.record
        if record:
            found["run_passed"] = record.passed
            if record.finished and not self.future(record.finished):
                found["run_finished_timestamp_seconds"] = record.finished.timestamp()
                found["run_duration_seconds"] = record.seconds
        return found

    def page(self, asked: list[str]) -> dict[str, tuple[str, datetime]]:
        """The devices of the fleet's page, in its order."""
        first = [name for name in asked if name in self.state]
        others = sorted(set(self.state) - set(first))
        return {name: (self.state[name].status, self.state[name].at) for name in first + others}

    def failed(self, inventory: Iterable[str], asked: list[str]) -> list[str]:
        return [name for name, (status, _at) in self.page(asked).items() if status != FULL and name in set(inventory)]
