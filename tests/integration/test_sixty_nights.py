# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nights of a fleet with faults, runs by hand, dead pollers, reboots, wrong clocks and a full disk, and their model.

Each run is a real run of the shipped playbooks (see nights.py). After each one, the metrics, the state, the pages, the
verdict, the exit status and the folders of runs must be those of the model (fleet_model.py), which is written from
docs/fleet_state.md.

The environment variables ROLLCALL_NIGHTS=60 and ROLLCALL_NAMES=300 make it larger, and print the CPU time of each run.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.integration.fleet_model import Answer, Model, Recorded, Run
from tests.integration.openssh import descendants, kill, wait_until

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
NIGHTS = int(os.environ.get("ROLLCALL_NIGHTS", "15"))
NAMES = int(os.environ.get("ROLLCALL_NAMES", "40"))
DAY = timedelta(days=1)
LIMIT = 10
STALE = 1.5 if NAMES < 100 else 2.5

DEVICE = """
import json, os, pathlib, time
from ansible_collections.rollcall.network.plugins.module_utils.driver import DeviceError
HERE = pathlib.Path(__file__).parent
def ask(name):
    with open(HERE / "asked.txt", "a") as file:
        file.write(f"{name}\\n")
    fault = json.loads((HERE / "faults.json").read_text()).get(name, "ok")
    if fault == "hang":
        (HERE / f"{name}.hangs").touch()
        time.sleep(3600)
    if fault.startswith("/"):
        with open(fault, "wb") as file:
            try:
                while file.write(bytes(2**16)):
                    file.flush()
            except OSError:
                pass
        fault = "ok"
    if fault != "ok":
        raise DeviceError(fault, "command", "fault", f"{name} is {fault}")
    return {"name": name}
"""


def text_of(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def moment_of(text: str | None) -> Any:
    return None if text is None else datetime.fromisoformat(text)


class Month:
    """The fleet, its output folder and the model."""

    def __init__(self, folder: Path, server: subprocess.Popen[str]) -> None:
        self.folder, self.server = folder, server
        self.out = folder / "disk" / "out"
        self.began = datetime.now(UTC).replace(microsecond=0) - 70 * DAY
        self.inventory = [f"d{number:03}" for number in range(NAMES)]
        self.model = Model(LIMIT, timedelta(days=STALE))
        self.random = random.Random(12)
        self.fail_statuses = ["failed", "unreachable", "auth_failed", "timeout", "partial"]
        self.asked: list[str] = []  # by the last run that wrote the fleet's page
        self.unfinished: dict[str, str] = {}  # statuses of the run that was killed
        self.did: list[str] = []
        (folder / "nights_device.py").write_text(DEVICE)
        self.cpu: list[tuple[str, float]] = []

    # -- what is asked

    def faults(self, percentage: float = 10) -> dict[str, str]:
        return {
            name: self.random.choice(self.fail_statuses)
            for name in self.inventory
            if self.random.random() * 100 < percentage
        }

    def write(self, faults: dict[str, str], pollers: dict[str, dict[str, Any]] | None) -> Path:
        device = {"rollcall_driver": "python", "rollcall_function": "nights_device.ask"}
        groups: dict[str, Any] = {"routers": {"hosts": dict.fromkeys(self.inventory, None), "vars": device}}
        if pollers:
            groups["pollers"] = {"hosts": pollers}
        hosts = self.folder / "hosts.yml"
        hosts.write_text(json.dumps({"all": {"children": groups}}))
        (self.folder / "faults.json").write_text(json.dumps(faults))
        for file in (self.folder / "asked.txt", *self.folder.glob("*.hangs")):
            file.unlink(missing_ok=True)
        return hosts

    def start(self, at: datetime, playbook: str, hosts: Path, *extra: str, **variables: Any) -> tuple[int, float]:
        given = {
            "rollcall_output_dir": str(self.out),
            "rollcall_metrics_file": str(self.folder / "metrics.prom"),
            "rollcall_formats": ["md", "html", "json", "limit"],
            "rollcall_workers": 8,
            "rollcall_login_failure_limit": 0,  # the devices are asked in the order of the inventory
            "rollcall_max_fail_percentage": LIMIT,
            "rollcall_stale_after": STALE * 86400,
            **variables,
        }
        keep = {"runs": self.model.keep_runs, "days": self.model.keep_days}
        if any(keep.values()):
            given["rollcall_keep"] = {key: value for key, value in keep.items() if value}
        wrong = (at - datetime.now(UTC)).total_seconds()
        order = {
            "arguments": [str(PLAYBOOKS / playbook), "-i", str(hosts), "-e", json.dumps(given), *extra],
            "folder": str(self.folder),
            "output": str(self.folder / "output.txt"),
            "wrong": wrong,
        }
        self.model.now = at
        self.model.begin()
        assert self.server.stdin
        assert self.server.stdout
        self.server.stdin.write(json.dumps(order) + "\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline()), wrong

    def ended(self, wrong: float) -> int:
        assert self.server.stdout
        status, cpu = self.server.stdout.readline().split()
        self.model.now = datetime.now(UTC) + timedelta(seconds=wrong)
        self.cpu.append((self.did[-1], float(cpu)))
        return int(status)

    # -- what is there

    def output(self) -> str:
        return (self.folder / "output.txt").read_text()

    def was_asked(self) -> list[str]:
        file = self.folder / "asked.txt"
        return sorted(file.read_text().split()) if file.exists() else []

    def run_folders(self) -> set[str]:
        found = [*self.out.glob("runs/*"), *self.out.glob("pollers/*/runs/*")]
        return {str(path.relative_to(self.out)) for path in found if (path / "manifest.json").exists()}

    def manifest(self, run: str) -> dict[str, Any]:
        read: dict[str, Any] = json.loads((self.out / run / "manifest.json").read_text())
        return read

    def result(self, run: str, name: str) -> dict[str, Any] | None:
        file = self.out / run / "devices" / name / "result.json"
        return json.loads(file.read_text()) if file.exists() else None

    def state(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        file = self.out / "state" / "devices.jsonl"
        for line in file.read_text().splitlines() if file.exists() else []:
            try:
                data = json.loads(line)
            except ValueError:
                continue
            old = found.pop(data["name"], None)
            if "left_at" not in data:
                found[data["name"]] = self.both(old, data) if old else data
        return found

    def both(self, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        """One line for two of a device: the newest answer, and the earliest and latest times of both."""
        past = self.model.past
        replaced = (
            new["at"] >= old["at"]
            or self.model.future(moment_of(old["at"]))
            or moment_of(old["at"]) > moment_of(new["recorded_at"]) + timedelta(minutes=5)
        )
        firsts = [each["first_asked_at"] for each in (old, new) if past(moment_of(each["first_asked_at"]))]
        goods = [each for each in (old, new) if past(moment_of(each["last_good_at"]))]
        good = max(goods, key=lambda each: (each["last_good_at"], each["last_good_run"] or "")) if goods else None
        return {
            **(new if replaced else old),
            "first_asked_at": min(firsts, default=None),
            "last_good_at": good and good["last_good_at"],
            "last_good_run": good and good["last_good_run"],
        }

    def record(self) -> dict[str, Any] | None:
        file = self.out / "state" / "fleet.json"
        return json.loads(file.read_text()) if file.exists() else None

    def latest(self, folder: str = "") -> str | None:
        link = self.out / folder / "latest"
        return folder + str(link.readlink()) if link.is_symlink() else None

    def metrics(self) -> dict[str, float]:
        file = self.folder / "metrics.prom"
        text = file.read_text() if file.exists() else ""
        found = re.findall(r'^rollcall_(\w+)\{(?:(?:device|status|phase)="(\w+)",)?title="[^"]*"\} (\S+)$', text, re.M)
        left_out = {"devices_changed", "device_median_seconds", "device_slowest_seconds"}
        return {
            " ".join(filter(None, (name, label))): float(value) for name, label, value in found if name not in left_out
        }

    def answer(self, run: str, name: str, status: str, begin: datetime) -> Answer:
        """An answer that was just given, with its time as it is on disk."""
        result = self.result(run, name)
        assert result is not None, (self.did[-1], run, name)
        assert result["status"] == status, (self.did[-1], name)
        at = moment_of(result["finished_at"])
        assert begin - timedelta(seconds=1) <= at <= self.model.now, (self.did[-1], name, at, begin)
        return Answer(status, at, run, tuple(result["seconds"].items()))

    # -- the comparison

    def check(self, *, pages: bool = True) -> None:
        model, did = self.model, self.did[-1]
        shown = {
            name: (
                each["answer"]["status"],
                each["at"],
                each["run"],
                text_of(model.past(moment_of(each["first_asked_at"]))),
                text_of(model.past(moment_of(each["last_good_at"]))),
                each["last_good_run"] if model.past(moment_of(each["last_good_at"])) else None,
            )
            for name, each in self.state().items()
        }
        expected = {
            name: (
                each.status,
                text_of(each.at),
                each.run,
                text_of(model.past(each.first_asked)),
                text_of(model.good(name)[0]),
                model.good(name)[1],
            )
            for name, each in model.state.items()
        }
        same(did, "state", shown, expected)
        record = self.record()
        if model.record is None:
            assert record is None, did
        else:
            assert record, did
            run = {key: record["run"][key] for key in ("runs", "finished_at", "passed")}
            assert run == {
                "runs": model.record.runs,
                "finished_at": text_of(model.record.finished),
                "passed": model.record.passed,
            }, did
            success = model.success
            assert record["last_success"] == {
                "at": text_of(success.finished) if success else None,
                "runs": success.runs if success else [],
            }, did
        same(did, "runs", dict.fromkeys(self.run_folders()), dict.fromkeys(model.runs))
        for folder, path in model.latest.items():
            assert self.latest(folder) == path, did
        if not pages:
            return
        same_metrics(did, self.metrics(), model.metrics())
        rows = json.loads((self.out / "reports" / "fleet.json").read_text())
        page = {
            name: (row["status"], row["vars"]["answered_at"], text_of(model.past(moment_of(row["last_good_at"]))))
            for name, row in rows["devices"].items()
        }
        wanted = {
            name: (status, text_of(at), text_of(model.good(name)[0]))
            for name, (status, at) in model.page(self.asked).items()
        }
        same(did, "page", page, wanted)
        assert list(page) == list(wanted), did
        full = sum(status == "ok" for status, _at, _good in wanted.values())
        many = f"{full} of {len(wanted)} devices answered in full"
        assert many in (self.out / "reports" / "index.md").read_text(), did
        many = many if full < len(wanted) else f"All {full} devices answered in full"
        assert many in (self.out / "reports" / "index.html").read_text(), did
        failed = (self.out / "reports" / "failed.txt").read_text().split()
        assert failed == (model.failed(self.inventory, self.asked) or ["!all"]), did

    def check_run(self, run: str, statuses: dict[str, str], status: int, *, passed: bool, whole: bool) -> None:
        did = self.did[-1]
        manifest = self.manifest(run)
        assert manifest["devices"] == statuses, did
        stale = [name for name, each in statuses.items() if each != "ok" and self.model.stale(name)]
        assert sorted(manifest["stale_hosts"]) == sorted(stale), did
        assert (manifest["verdict"]["passed"], manifest["part"] is None) == (passed, whole), (did, manifest["verdict"])
        rows = json.loads((self.out / run / "reports" / "fleet.json").read_text())
        assert {name: row["status"] for name, row in rows["devices"].items()} == statuses, did
        assert status == (0 if passed else 2), (did, self.output())

    # -- steps

    def collect(
        self,
        at: datetime,
        faults: dict[str, str],
        *,
        limited: list[str] | None = None,
        resume: bool = False,
        only: bool = False,
    ) -> None:
        """A run of the playbook collect, to its end."""
        model = self.model
        asked = [name for name in self.inventory if limited is None or name in limited]
        extra = [] if limited is None else ["--limit", ",".join(limited)]
        variables: dict[str, Any] = {"rollcall_resume": True} if resume else {}
        before = self.run_folders()
        hosts = self.write(faults, None)
        if only:
            variables["rollcall_only"] = "failed"
        _process, wrong = self.start(at, "collect.yml", hosts, *extra, **variables)
        status = self.ended(wrong)
        there: dict[str, str] = {}
        if resume and self.unfinished:
            run = max(path for path, each in model.runs.items() if each.finished is None)
            there = self.unfinished
        elif only:
            there = {
                name: "ok"
                for name in asked
                if (known := model.state.get(name))
                and known.status == "ok"
                and not model.future(known.at)
                and known.run in model.runs
            }
        end, model.now = model.now, at
        whole = model.is_whole(asked, self.inventory, limited=limited is not None)
        model.now = end
        new = self.run_folders() - before
        if not (resume and self.unfinished):
            assert len(new) == 1, (self.did[-1], new, self.output())
            (run,) = new
            model.runs[run] = Run(run, at, asked, whole)
        assert self.was_asked() == sorted(set(asked) - set(there)), self.did[-1]
        statuses = {name: there.get(name) or faults.get(name, "ok") for name in asked}
        for name, each in statuses.items():
            if name not in there:
                model.answered(name, self.answer(run, name, each, at))
            elif only:
                known = model.state[name]
                model.answered(name, Answer("ok", known.at, run, known.seconds))
        self.unfinished = {}
        passed = model.verdict(statuses)
        self.check_run(run, statuses, status, passed=passed, whole=whole)
        manifest = self.manifest(run)
        finished, started = moment_of(manifest["finished_at"]), moment_of(manifest["started_at"])
        assert at <= finished <= model.now, self.did[-1]
        this = model.runs[run]
        this.finished, this.passed, this.whole = finished, passed, whole
        recorded = Recorded([run], finished, (finished - started).total_seconds(), passed)
        model.finished([this], asked, self.inventory, whole=whole, passed=passed, at=recorded)
        if whole or "" not in model.latest:
            model.latest[""] = run
        model.prune("", run)
        self.asked = asked
        self.check()

    def killed(self, at: datetime, faults: dict[str, str], answers: int) -> None:
        """A run of the whole fleet that a reboot ends, after so many answers."""
        model = self.model
        before = self.run_folders()
        hangs = self.inventory[answers:]
        hosts = self.write({**faults, **dict.fromkeys(hangs, "hang")}, None)
        metrics, record = self.metrics(), self.record()
        page = (self.out / "reports" / "index.html").read_text()
        process, wrong = self.start(at, "collect.yml", hosts)
        run = ""

        def answered() -> bool:
            nonlocal run
            run = run or next(iter(self.run_folders() - before), "")
            return bool(run) and len(list((self.out / run).glob("devices/*/result.json"))) >= answers

        wait_until(answered, "the answers before the reboot are on disk", 120, self.output)
        kill([process, *descendants(process)])
        assert self.ended(wrong) < 0
        assert (self.metrics(), self.record()) == (metrics, record), self.did[-1]
        assert (self.out / "reports" / "index.html").read_text() == page
        shown = self.state()
        model.runs[run] = Run(run, at, list(self.inventory), whole=False)
        self.unfinished = {}
        for name in self.inventory[:answers]:
            old = model.state.get(name)
            status = faults.get(name, "ok")
            answer = self.answer(run, name, status, at)
            allowed = {(status, text_of(answer.at)), (old.status, text_of(old.at)) if old else None}
            assert (shown[name]["answer"]["status"], shown[name]["at"]) in allowed, (self.did[-1], name)
            # The next run adds what is not recorded.
            model.answered(name, answer)
            self.unfinished[name] = status
        assert self.latest() == model.latest.get(""), self.did[-1]

    def pollers(self, at: datetime, faults: dict[str, str], dead: list[str]) -> None:
        """A run with a poller that works and one that is dead."""
        model = self.model
        asked = list(self.inventory)
        live = [name for name in asked if name not in dead]
        pollers: dict[str, dict[str, Any]] = {
            "p-live": {
                "ansible_connection": "local",
                "rollcall_devices": live,
                "ansible_python_interpreter": sys.executable,
            },
            "p-dead": {
                "ansible_host": "127.0.0.1",
                "ansible_port": 1,
                "rollcall_devices": dead,
                "ansible_python_interpreter": sys.executable,
            },
        }
        before = self.run_folders()
        hosts = self.write(faults, pollers)
        _process, wrong = self.start(at, "pollers.yml", hosts, "-e", "rollcall_hosts=routers")
        status = self.ended(wrong)
        assert self.was_asked() == sorted(live), (self.did[-1], self.output())
        new = {path.split("/")[1]: path for path in self.run_folders() - before}
        assert set(new) == {"p-live", "p-dead"}, (self.did[-1], self.output())
        state = self.state()
        statuses = {name: "unreachable" if name in dead else faults.get(name, "ok") for name in asked}
        for name, each in statuses.items():
            run = new["p-dead" if name in dead else "p-live"]
            # The clock of the poller is that of this machine.
            recorded_at = moment_of(state[name]["at"])
            assert at <= recorded_at <= model.now, (self.did[-1], name, state[name])
            result = self.result(run, name)
            assert result, (self.did[-1], name)
            assert result["status"] == each, (self.did[-1], name)
            model.answered(name, Answer(each, recorded_at, run, tuple(result["seconds"].items())))
        passed = model.verdict(statuses)
        assert status == (0 if passed else 2), (self.did[-1], self.output())
        runs = []
        for poller, names in (("p-dead", dead), ("p-live", live)):
            path = new[poller]
            model.runs[path] = Run(path, at, names, whole=False, finished=model.now)
            model.latest[f"pollers/{poller}/"] = path
            runs.append(model.runs[path])
        whole = model.is_whole(asked, self.inventory, limited=False)
        record = self.record()
        assert record, self.did[-1]
        started, finished = moment_of(record["run"]["started_at"]), moment_of(record["run"]["finished_at"])
        if whole:
            assert at - timedelta(seconds=1) <= started <= finished <= model.now, (self.did[-1], record)
            assert sorted(record["run"]["runs"]) == sorted(new.values()), self.did[-1]
        recorded = Recorded(record["run"]["runs"], finished, (finished - started).total_seconds(), passed)
        for path in new.values():
            model.prune(path.rpartition("runs/")[0], path)
        model.finished(runs, asked, self.inventory, whole=whole, passed=passed, at=recorded)
        self.asked = asked
        self.check()

    def full(self, at: datetime, filler: Path, faults: dict[str, str], after: int | None) -> None:
        """A run on a disk that is full at its start, or becomes full at the answer of a device."""
        model = self.model
        before, record = self.run_folders(), self.record()
        if after is None:
            hosts = self.write(faults, None)
            with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
                while file.write(bytes(2**16)):
                    pass
        else:
            hosts = self.write({**faults, self.inventory[after]: str(filler)}, None)
            faults = {name: fault for name, fault in faults.items() if name != self.inventory[after]}
        # Nothing that could be removed before the run.
        model.keep_runs = model.keep_days = None
        _process, wrong = self.start(at, "collect.yml", hosts)
        status = self.ended(wrong)
        assert status == 2, (self.did[-1], self.output())
        assert "No space left on device" in " ".join(self.output().split())
        filler.unlink()
        now = self.record()
        assert now, self.did[-1]
        assert record, self.did[-1]
        assert now["last_success"] == record["last_success"], self.did[-1]
        new = self.run_folders() - before
        if after is None:
            assert self.was_asked() == [], self.did[-1]
        shown = self.state()
        assert set(shown) == set(model.state), self.did[-1]
        for name, each in shown.items():
            known = model.state[name]
            if each["at"] != text_of(known.at):
                assert after is not None, self.did[-1]
                assert each["answer"]["status"] == faults.get(name, "ok"), (self.did[-1], name)
                seconds = tuple(each["answer"]["seconds"].items())
                model.answered(name, Answer(each["answer"]["status"], moment_of(each["at"]), each["run"], seconds))
        for run in new:
            model.runs[run] = Run(run, at, list(self.inventory), whole=True, finished=at)
        if now["run"] != record["run"]:
            assert now["run"]["passed"] is False
            finished, started = moment_of(now["run"]["finished_at"]), moment_of(now["run"]["started_at"])
            seconds = (finished - started).total_seconds()
            model.record = Recorded(now["run"]["runs"], finished, seconds, passed=False)
        model.latest[""] = self.latest() or ""
        if after is None:
            return
        shown_metrics = self.metrics()
        if now["run"] == record["run"]:
            # The end of the run may not be on disk either; its beginning is.
            (run,) = new
            finished = datetime.fromtimestamp(shown_metrics["run_finished_timestamp_seconds"], UTC)
            assert at <= finished <= model.now, self.did[-1]
            seconds = (finished - moment_of(self.manifest(run)["started_at"])).total_seconds()
            model.unrecorded = Recorded([run], finished, seconds, passed=False)
        expected = model.metrics()
        model.unrecorded = None
        same_metrics(self.did[-1], shown_metrics, expected)


def same_metrics(did: str, shown: dict[str, float], expected: dict[str, float]) -> None:
    """Times on disk have three decimals."""
    close = {name: value for name, value in expected.items() if abs(shown.get(name, -1) - value) < 0.002}
    same(did, "metrics", {**shown, **close}, expected)


def same(did: str, what: str, shown: dict[str, Any], expected: dict[str, Any]) -> None:
    wrong = {
        name: {"shown": shown.get(name, "-"), "model": expected.get(name, "-")}
        for name in {**shown, **expected}
        if shown.get(name, "-") != expected.get(name, "-")
    }
    assert not wrong, f"{did}: {what}: {json.dumps(wrong, indent=1, default=str)[:3000]}"


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[bool]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"mode=755,size={size}", "tmpfs", str(folder)]
    mounted = not subprocess.run(mount, capture_output=True, check=False).returncode
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


@contextlib.contextmanager
def served(folder: Path) -> Iterator[subprocess.Popen[str]]:
    environ = {**os.environ, "HOME": str(folder), "PYTHONPATH": str(folder), "SSH_AUTH_SOCK": ""}
    command = [sys.executable, str(Path(__file__).with_name("nights.py"))]
    server = subprocess.Popen(
        command, env=environ, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield server
    finally:
        kill([*descendants(server.pid), server.pid])
        server.wait()


def plan(nights: int) -> dict[int, str]:
    """What is special about which night."""
    kinds = [
        "poller", "hand", "reboot, resume", "leave", "ahead", "full", "reboot, new", "behind", "return", "filling",
        "only", "poller", "other inventory",
    ]  # fmt: skip
    if nights >= 2 * len(kinds):
        kinds += ["poller", "hand", "reboot, resume", "only", "ahead", "poller", "full", "hand", "behind", "poller"]
    first = 2
    return {first + place * (nights - first) // len(kinds): kind for place, kind in enumerate(kinds)}


def hands(nights: int, at_most: int) -> Iterable[int]:
    return sorted(random.Random(7).sample(range(2, nights), min(at_most, nights // 3)))


@pytest.mark.timeout(3600)
def test_after_each_night_all_that_is_shown_is_that_of_the_model(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", f"{2 * NAMES}m") as small, served(tmp_path) as server:
        month = Month(tmp_path, server)
        special, by_hand = plan(NIGHTS), hands(NIGHTS, 20)
        everyone = list(month.inventory)
        model = month.model
        for night in range(NIGHTS):
            phase = night * 3 // NIGHTS
            model.keep_runs, model.keep_days = [(4, None), (None, 5.4), (6, 8.4)][phase]
            kind = special.get(night, "plain")
            at = month.began + night * DAY
            month.did.append(f"night {night}: {kind}")
            faults = month.faults()
            if kind == "poller":
                month.pollers(at, faults, month.random.sample(month.inventory, max(2, NAMES // 60)))
            elif kind.startswith("reboot"):
                month.killed(at, faults, answers=NAMES // 3)
                month.did.append(f"night {night}: {kind}, after it")
                month.collect(at + timedelta(hours=1), month.faults(), resume="resume" in kind)
            elif kind == "ahead":
                month.collect(at + 800 * DAY, faults)
            elif kind == "behind":
                month.collect(at - 3 * DAY, faults)
            elif kind == "only":
                month.collect(at, faults)
                month.did.append(f"night {night}: failed ones again")
                month.collect(at + timedelta(hours=2), month.faults(30), only=True)
            elif kind in ("full", "filling") and small:
                month.full(at, tmp_path / "disk" / "filler", faults, NAMES // 2 if kind == "filling" else None)
            else:
                if kind == "leave":
                    month.inventory = [name for name in everyone if name not in everyone[3:6]]
                elif kind == "return":
                    month.inventory = [*everyone[:5], *everyone[6:], "new1"]
                elif kind == "other inventory":
                    kept, month.inventory = month.inventory, month.inventory[: NAMES // 3]
                month.collect(at, faults)
                if kind == "other inventory":
                    month.inventory = kept
            if night in by_hand or kind in ("hand", "ahead"):
                limited = month.random.sample(month.inventory, 3)
                month.did.append(f"night {night}: by hand {limited}")
                month.collect(at + timedelta(hours=6), month.faults(20), limited=limited)
        if "ROLLCALL_NIGHTS" in os.environ:
            for did, cpu in month.cpu:
                print(f"{cpu:6.2f} s  {cpu / NAMES * 1000:6.2f} ms  {did[:60]}")
