# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs over 50 devices under faults. The seed of a run decides which devices fail, how, and what else happens.

    make chaos                    # the seeds 1 to 500
    make chaos CHAOS=17           # one of them, with its plan
    make chaos CHAOS=100-199

Each run has one entry per name, ends by its deadline and one second, has the answers of all healthy devices, and leaves
nothing behind. What a run was late by is allowed as far as this machine was busy, which is measured. The environment
variable ``CHAOS_AT_ONCE`` is the number of runs at the same time.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._run import NoAnswer, read_answer, read_manifest
from tests.integration.chaos_faults import FAULTS, TEN_MEGABYTES, Servers, dns_name
from tests.integration.fakes import PASSWORD, ROOT, USER, address_of, healthy_text, name_of
from tests.integration.run_tree import RunTree

DEVICES, SEEDS = 50, 500
# Seconds. In some runs, no limit of a device ends before the deadline of the run.
TIMEOUT, DEVICE_TIMEOUT, DEADLINE = 5.0, 8.0, 20.0
LONG_DEADLINE = 60.0  # of a run whose healthy devices are asked twice, on a busy machine too
SPARE = 1.0  # seconds after the deadline
STUCK_SECONDS = 90.0
GONE_SECONDS = 5.0
MOST_REFUSED = 2  # logins: three in a row stop the run, as they should
MOST_ENDLESS = 3
MIB = 2**20
ORPHAN_SECONDS = 5.0  # until a process whose parent was killed has noticed it

# What happens to the program, besides the faults of the devices.
SIGNALS = {"SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT, "SIGKILL": signal.SIGKILL}
ENDED = (*SIGNALS, "parent killed")  # the run does not come to its end
TROUBLES = (
    "disk full",
    "descriptors exhausted",
    "memory limit",
    "clock forward",
    "clock back",
    "SIGTERM",
    "SIGINT",
    "SIGKILL",
    "parent killed",
    "worker killed",
    "launcher killed",
)
KILLED = ("worker killed", "launcher killed")  # and started again
POOR = ("descriptors exhausted", "memory limit")  # a healthy device can fail for these
NEVER_IN = ("unreachable", "timeout", "failed")
STATUSES = {
    "resolve": NEVER_IN,
    "connect": NEVER_IN,
    "key exchange": NEVER_IN,
    "authentication": (*NEVER_IN, "auth_failed"),
    "prompt": (*NEVER_IN, "partial"),
    "command": (*NEVER_IN, "partial"),
}


def statuses_of(phase: str, way: str) -> tuple[str, ...]:
    """The statuses that a device with this fault may have. It is never ``ok`` without the right text."""
    if phase == "close":  # which may begin before the client knows that the answer has ended
        return ("ok", "failed", "timeout", "partial")
    goes_on = way == "10 MB" and phase in ("authentication", "prompt", "command")
    return (*STATUSES[phase], "ok") if goes_on else STATUSES[phase]


# -- the plan ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """What happens in a run."""

    seed: int
    faults: Mapping[int, tuple[str, str]]
    trouble: str
    way: str
    latencies: tuple[float, ...]
    at: float  # the share of the healthy devices that were asked when it happens
    amount: int  # of what is short
    retries: int
    is_cut: bool  # the deadline of the run ends the devices that hang

    @property
    def deadline(self) -> float:
        return LONG_DEADLINE if self.trouble in KILLED else DEADLINE

    @property
    def timeout(self) -> float:
        return 2 * DEADLINE if self.is_cut else TIMEOUT

    @property
    def device_timeout(self) -> float:
        return 2 * DEADLINE if self.is_cut else DEVICE_TIMEOUT

    def __str__(self) -> str:
        faults = ", ".join(f"{name_of(address_of(number))}: {' '.join(each)}" for number, each in self.faults.items())
        what = f"{self.trouble}, {self.way}, at {self.at:.2f}, amount {self.amount}, retries {self.retries}"
        what += f", deadline {self.deadline:g}" + (" before that of each device" if self.is_cut else "")
        return f"seed {self.seed}: {what}\n  {faults}"


AMOUNTS = {
    "disk full": (0, 20, 60, 100, 200, 400),  # KiB, apart from what an empty folder takes
    "descriptors exhausted": (12, 24, 40, 64, 100),
    "memory limit": (200, 400, 800, 1_600),  # MiB of address space
    "clock forward": (60, 3_600, 86_400 * 400),
    "clock back": (60, 3_600, 86_400 * 400),
}


def plan_of(seed: int) -> Plan:
    chance = random.Random(seed)
    trouble = TROUBLES[seed % len(TROUBLES)] if chance.random() < 0.6 else "nothing"
    numbers = chance.sample(range(DEVICES), chance.randint(5, 20))
    faults: dict[int, tuple[str, str]] = {}
    for place, number in enumerate(numbers):
        # The first one goes through all of them, from seed to seed.
        fault = FAULTS[seed % len(FAULTS)] if place == 0 else chance.choice(FAULTS)
        ways = [each[1] for each in faults.values()]
        if place and fault[1] == "endless" and ways.count("endless") >= MOST_ENDLESS:
            continue
        if fault == ("authentication", "refuse") and list(faults.values()).count(fault) >= MOST_REFUSED:
            continue
        faults[number] = fault
    is_playbook = trouble == "parent killed" or (trouble in SIGNALS and chance.random() < 0.3)
    return Plan(
        seed,
        dict(sorted(faults.items())),
        trouble,
        "playbook" if is_playbook else "plain",
        tuple(round(chance.uniform(0.05, 1.5), 2) for _number in range(DEVICES)),
        chance.random(),
        chance.choice(AMOUNTS.get(trouble, (0,))),
        chance.choice((0, 1)),
        trouble not in KILLED and chance.random() < 0.15,
    )


# -- a run -------------------------------------------------------------------------------------------------------------

CLOCK = r"""
#define _GNU_SOURCE
#include <stdlib.h>
#include <time.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
static long shift(void) {
    static double at; static long by; struct timespec now;
    if (at == 0) { at = atof(getenv("CHAOS_CLOCK_AT")); by = atol(getenv("CHAOS_CLOCK_BY")); }
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9 < at ? 0 : by;
}
int clock_gettime(clockid_t clock, struct timespec *found) {
    int status = syscall(SYS_clock_gettime, clock, found);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) found->tv_sec += shift();
    return status;
}
int gettimeofday(struct timeval *found, void *zone) {
    struct timespec now; clock_gettime(CLOCK_REALTIME, &now);
    found->tv_sec = now.tv_sec; found->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *found) {
    struct timespec now; clock_gettime(CLOCK_REALTIME, &now);
    if (found) *found = now.tv_sec;
    return now.tv_sec;
}
"""


@functools.cache
def namespaces() -> bool:
    """Whether a program can have a file system of its own here: for its DNS server and a small disk."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


@dataclass
class Run:
    """A run that has ended."""

    plan: Plan
    result: dict[str, Any] | None
    gone: bool
    left: list[str]
    lag: float
    ports: dict[str, int]
    sessions: list[str]
    files: list[str]
    folder: list[str]
    output: str
    status: int | None


class Chaos:
    """What all runs share, as a context."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Chaos:
        self.servers = self._stack.enter_context(Servers())
        self.clock = self.folder / "clock.so"
        compiler = shutil.which("cc")
        if compiler is not None:
            command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(self.clock), "-x", "c", "-"]
            subprocess.run(command, input=CLOCK, text=True, check=False, capture_output=True)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def run(self, plan: Plan, again: str = "") -> list[str]:
        """Run it, and return all that is wrong, in sentences."""
        folder = self.folder / f"seed{plan.seed}{again}"
        (folder / "tmp").mkdir(parents=True)
        pids: list[int] = []
        try:
            asked = [(number, plan.faults.get(number)) for number in range(DEVICES)]
            pids, ports = self.servers.serve(asked, folder / "fleet.log")
            return problems(self._run(plan, folder, pids, ports))
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            shutil.rmtree(folder, ignore_errors=True)

    def _run(self, plan: Plan, folder: Path, pids: list[int], ports: dict[str, int]) -> Run:
        given, made = folder / "plan.json", folder / "result.json"
        output_dir = folder / "out"
        output_dir.mkdir()
        devices = {}
        for number in range(DEVICES):
            name, fault = name_of(address_of(number)), plan.faults.get(number)
            asked = f"show wait {plan.latencies[number]}"
            host = dns_name(fault[1]) if fault and fault[0] == "resolve" and namespaces() else address_of(number)
            if fault and fault[0] == "resolve" and not namespaces():
                host = "nowhere.invalid"
            devices[name] = {
                "host": host,
                "port": ports.get(name, 22),
                "command": asked,
                "text": healthy_text(name, asked),
            }
        limits = {"deadline": plan.deadline, "device_timeout": plan.device_timeout, "retries": plan.retries}
        resources = {}
        if plan.trouble == "descriptors exhausted":
            resources["RLIMIT_NOFILE"] = plan.amount
        elif plan.trouble == "memory limit":
            resources["RLIMIT_AS"] = plan.amount * MIB
        content = {
            "devices": devices,
            "limits": limits,
            "output_dir": str(output_dir),
            "connect_timeout": plan.timeout,
            "command_timeout": plan.timeout,
            "resources": resources,
            "soft": plan.seed % 2 == 0,
        }
        given.write_text(json.dumps(content))
        command = [sys.executable, "-m", "tests.integration.chaos_run", str(given), str(made)]
        if plan.way == "playbook":
            command = playbook(folder, content, made)
        with RunTree(self._wrapped(plan, folder, output_dir, command), folder, self._environment(plan, folder)) as tree:
            log = folder / "fleet.log"
            disturb(plan, tree, log)
            limit = time.monotonic() + STUCK_SECONDS
            while not made.exists() and tree.process.poll() is None and time.monotonic() < limit:
                time.sleep(0.05)
            with contextlib.suppress(subprocess.TimeoutExpired):
                tree.process.wait(10)
            gone = tree.wait_until_gone(GONE_SECONDS + tree.lag + (ORPHAN_SECONDS if plan.way == "playbook" else 0))
            left = tree.command_lines()
            for pid in pids:
                os.kill(pid, signal.SIGUSR1)
            return Run(
                plan=plan,
                result=json.loads(made.read_text()) if made.exists() else None,
                gone=gone,
                left=left,
                lag=tree.lag,
                ports=ports,
                sessions=logged_in(log, GONE_SECONDS + tree.lag),
                files=[str(path.relative_to(folder)) for path in (folder / "tmp").rglob("*")],
                folder=folder_problems(plan, output_dir, devices),
                output=tree.text,
                status=tree.process.returncode,
            )

    def _wrapped(self, plan: Plan, folder: Path, output_dir: Path, command: list[str]) -> list[str]:
        """The command, with its own DNS server and its own disk."""
        if not namespaces():
            return command
        resolver = folder / "resolv.conf"
        resolver.write_text(f"nameserver {self.servers.dns}\noptions timeout:20 attempts:1\n")
        script = 'mount --bind "$1" /etc/resolv.conf'
        if plan.trouble == "disk full":
            script += f' && mount -t tmpfs -o size={plan.amount + 40}k tmpfs "$2"'
        script += '; shift 2; exec "$@"'
        return ["unshare", "-m", "sh", "-c", script, "sh", str(resolver), str(output_dir), *command]

    def _environment(self, plan: Plan, folder: Path) -> dict[str, str]:
        given = {
            **os.environ,
            "HOME": str(folder),
            "TMPDIR": str(folder / "tmp"),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'collections'}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
            "ANSIBLE_LOCAL_TEMP": str(folder / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
        }
        if plan.trouble.startswith("clock") and self.clock.exists():
            sign = 1 if plan.trouble == "clock forward" else -1
            at = time.monotonic() + 1 + 4 * plan.at
            given |= {
                "LD_PRELOAD": str(self.clock),
                "CHAOS_CLOCK_AT": str(at),
                "CHAOS_CLOCK_BY": str(sign * plan.amount),
            }
        return given


def playbook(folder: Path, content: Mapping[str, Any], made: Path) -> list[str]:
    hosts = {
        name: {
            "ansible_host": each["host"],
            "ansible_port": each["port"],
            "ansible_user": USER,
            "ansible_password": PASSWORD,
            "ansible_network_os": "cisco_iosxe",
            "ansible_host_key_checking": False,
            "rollcall_commands": [each["command"]],
        }
        for name, each in content["devices"].items()
    }
    (folder / "inventory.yml").write_text(json.dumps({"all": {"hosts": hosts}}))
    task = {
        "rollcall.network.collect": {
            "hosts": "{{ ansible_play_hosts_all }}",
            "output_dir": content["output_dir"],
            "connect_timeout": content["connect_timeout"],
            "command_timeout": content["command_timeout"],
            **content["limits"],
        },
        "run_once": True,
        "delegate_to": "localhost",
        "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
    }
    (folder / "playbook.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    program = str(Path(sys.executable).parent / "ansible-playbook")
    return [program, str(folder / "playbook.yml"), "-i", str(folder / "inventory.yml")]


# -- what happens ------------------------------------------------------------------------------------------------------


def heard(log: Path) -> list[tuple[str, str]]:
    if not log.exists():
        return []
    lines = log.read_text().splitlines()
    return [(name, event) for name, _tab, event in (line.partition("\t") for line in lines)]


def disturb(plan: Plan, tree: RunTree, log: Path) -> None:
    """Wait for the moment, and do to the program what is planned."""
    if plan.trouble not in (*ENDED, *KILLED):
        return
    share = plan.at * (DEVICES - len(plan.faults))
    limit = time.monotonic() + STUCK_SECONDS / 2
    while tree.process.poll() is None and time.monotonic() < limit:
        if sum(event.startswith("show wait") for _name, event in heard(log)) >= share:
            break
        time.sleep(0.01)
    if plan.trouble in ENDED:
        with contextlib.suppress(ProcessLookupError):
            tree.process.send_signal(SIGNALS.get(plan.trouble, signal.SIGKILL))
        return
    pids = tree.children() if plan.trouble == "launcher killed" else tree.workers()
    if pids:
        chosen = random.Random(plan.seed).choice(sorted(pids))
        with contextlib.suppress(ProcessLookupError):
            os.kill(chosen, signal.SIGKILL)


def logged_in(log: Path, seconds: float) -> list[str]:
    """The devices that still have a connection after this time."""
    until = time.monotonic() + seconds
    while True:
        count: dict[str, int] = {}
        for name, event in heard(log):
            if event in ("open", "close"):
                count[name] = count.get(name, 0) + (1 if event == "open" else -1)
        found = [name for name, number in count.items() if number > 0]
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.05)


# -- what is wrong -----------------------------------------------------------------------------------------------------


def folder_problems(plan: Plan, output_dir: Path, devices: Mapping[str, Any]) -> list[str]:
    """Read the run folder as a later run does."""
    if plan.trouble == "disk full" or plan.trouble in POOR or not (output_dir / "runs").is_dir():
        return []
    wrong = []
    runs = [path for path in (output_dir / "runs").iterdir() if not path.name.startswith(".")]
    if len(runs) != 1 and plan.trouble not in ENDED:
        wrong.append(f"there are {len(runs)} run folders")
    for run in runs:
        if plan.trouble in ENDED and not (run / "manifest.json").exists():
            continue
        manifest = read_manifest(run)
        is_ended = manifest["status"] == "finished"
        if plan.trouble not in ENDED and not is_ended:
            wrong.append(f"the run folder says {manifest['status']}")
        for name, device in devices.items():
            try:
                answer = read_answer(run, name)
            except NoAnswer:
                if is_ended:
                    wrong.append(f"{name} has no answer in the run folder")
                continue
            if answer["status"] == "ok" and not answer["output"][device["command"]]["text"].endswith(device["text"]):
                wrong.append(f"{name} is ok in the run folder, with another text")
    if plan.trouble not in ENDED:
        hidden = [str(path.relative_to(output_dir)) for path in output_dir.rglob(".*") if path.name not in KEPT]
        wrong += [f"files were left: {hidden}"] if hidden else []
    return wrong


KEPT = (".lock", ".rollcall", ".gitignore")


def problems(run: Run) -> list[str]:
    """All that is wrong with a run."""
    plan, wrong = run.plan, list(run.folder)
    if not run.gone:
        wrong.append(f"processes were left: {run.left or 'the program itself'}")
    if run.sessions:
        wrong.append(f"these devices still have a connection: {run.sessions}")
    if run.result is not None:
        wrong += _wrong_answers(run, run.result)
        if run.files:
            wrong.append(f"files were left in the folder for temporary files: {run.files[:5]}")
    elif plan.trouble not in ENDED and plan.trouble != "memory limit":
        wrong.append("the run had no result")
    if wrong:
        wrong = [str(plan), *wrong, f"(lag {run.lag:.2f} s, exit status {run.status})", run.output[-2_500:]]
    return wrong


def _wrong_answers(run: Run, result: Mapping[str, Any]) -> list[str]:
    plan, wrong = run.plan, []
    names = [name_of(address_of(number)) for number in range(DEVICES)]
    busy = run.lag + result["waited"]  # what other programs cost it
    if result["seconds"] > plan.deadline + SPARE + busy:
        wrong.append(
            f"the run took {result['seconds']:.1f} s with a deadline of {plan.deadline:g} s; busy for {busy:.1f} s"
        )
    for kind, found in result["left"].items():
        if found:
            wrong.append(f"{kind} were left: {found[:10]}")
    if result["raised"] is not None:
        if plan.trouble not in ("disk full", *POOR):
            wrong.append(f"it raised {result['raised']}")
        if not result["names"]:
            return wrong
    if result["names"] != names:
        wrong.append(f"{len(result['names'])} entries for {len(names)} names: {result['names']}")
    for number, name in enumerate(names):
        answer = result["devices"].get(name)
        if answer is None:
            continue
        status, error, fault = answer["status"], answer["error"], plan.faults.get(number)
        said = f"{name} ({' '.join(fault) if fault else 'healthy'}) is {status}, {str(error)[:400]}"
        allowed = statuses_of(*fault) if fault else ("ok",)
        if plan.trouble in POOR:
            allowed = (*allowed, *NEVER_IN, "partial", "skipped")
        if status not in allowed:
            wrong.append(said)
        elif (status == "ok") == (error is not None):
            wrong.append(f"{said}: an error belongs to every status but ok")
        elif status == "ok" and not answer["right"]:
            wrong.append(f"{said}, with another text")
        elif status == "ok" and fault == ("command", "10 MB") and answer["length"] < 46 * (TEN_MEGABYTES - 1_000):
            wrong.append(f"{said}, with a part of the text: {answer['length']}")
    return wrong


# -- the program -------------------------------------------------------------------------------------------------------


def seeds_of(text: str) -> Iterable[int]:
    first, _dash, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main(text: str) -> int:
    seeds = list(seeds_of(text or f"1-{SEEDS}"))
    at_once = int(os.environ.get("CHAOS_AT_ONCE", "4"))
    began, failed = time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder, Chaos(Path(folder)) as chaos:
        with ThreadPoolExecutor(at_once) as pool:
            runs = {pool.submit(chaos.run, plan_of(seed)): seed for seed in seeds}
            for number, run in enumerate(as_completed(runs), 1):
                wrong = run.result()
                if wrong:
                    failed.append(runs[run])
                    print("\n".join(wrong), flush=True)
                if number % 20 == 0 or wrong:
                    print(f"{number} of {len(seeds)} runs, {len(failed)} failed", flush=True)
        # On a busy machine, a run can fail for that alone.
        certain = [seed for seed in sorted(failed) if chaos.run(plan_of(seed), "again")]
    seconds = time.monotonic() - began
    print(f"{len(seeds)} runs in {seconds:.0f} s; {len(failed)} failed, {len(certain)} of them a second time, alone.")
    for seed in sorted(failed):
        print(
            f"  to run it again: make chaos CHAOS={seed}" + ("" if seed in certain else "   (passed the second time)")
        )
    return 1 if certain else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
