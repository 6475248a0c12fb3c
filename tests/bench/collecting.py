# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calling the roll through real ansible-playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.cost import run_measured
from tests.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
NAP = 10.0  # seconds that each of ten names takes


@dataclass(frozen=True)
class Run:
    """One ansible-playbook with one task, and what it cost."""

    result: dict[str, Any]
    task_seconds: float
    cpu_seconds: float
    peak_mib: float


def run_task(arguments: dict[str, Any], inventory: str, environment: dict[str, str]) -> Run:
    """Run collect with these arguments. The task's wall time is between the tasks before and after it."""
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as folder:
        file = Path(folder, "result.json")
        once = {"run_once": True, "delegate_to": "localhost"}
        moment = "{{ now(utc=true).timestamp() }}"
        keep = {"content": "{{ {'began': began, 'ended': ended, 'roll': roll} | to_json }}", "dest": str(file)}
        tasks: list[dict[str, Any]] = [
            {"ansible.builtin.set_fact": {"began": moment}, **once},
            {"rollcall.network.collect": arguments, "register": "roll", **once},
            {"ansible.builtin.set_fact": {"ended": moment}, **once},
            {"ansible.builtin.copy": {**keep, "mode": "0600"}, **once},
        ]
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        tasks[-1]["vars"] = local
        play = Path(folder, "play.yml")
        play.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
        program = str(Path(sys.executable).parent / "ansible-playbook")
        usage = run_measured(
            [program, "-i", inventory, str(play)],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"), **environment},
        )
        kept = json.loads(file.read_text(encoding="utf-8"))
    return Run(
        kept["roll"],
        float(kept["ended"]) - float(kept["began"]),
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
    )


def ten_names() -> str:
    """Ten names that take ten seconds each: one task with driver python, beside the plain pattern with its defaults."""
    names = [f"name-{number}" for number in range(10)]
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as folder:
        Path(folder, "naps.py").write_text(f"import time\ndef nap(name):\n    time.sleep({NAP})\n    return name\n")
        arguments = {"hosts": names, "driver": "python", "function": "naps.nap"}
        run = run_task(arguments, "bench,", {"PYTHONPATH": folder})
    assert [run.result["devices"][name]["value"] for name in names] == names

    def nap(name: str) -> str:
        time.sleep(NAP)
        return name

    began = time.monotonic()
    with ThreadPoolExecutor() as pool:
        plain = dict(zip(names, pool.map(nap, names), strict=True))
    plain_seconds = time.monotonic() - began
    assert plain == {name: name for name in names}
    ratio = plain_seconds / run.task_seconds
    return f"{run.task_seconds:.3f} s; plain ThreadPoolExecutor {plain_seconds:.2f} s ({ratio:.2f} x as long)"


def thousand_devices() -> str:
    """A thousand devices of the lab in one task: login, enable, paging off, four commands each."""
    with Lab(devices=1000, healthy=True, light=True) as lab:
        arguments = {"hosts": "{{ ansible_play_hosts_all }}", "workers": 1000}
        run = run_task(arguments, str(lab.inventory), {})
    assert run.result["summary"]["ok"] == 1000, run.result["summary"]
    return (
        f"{run.task_seconds:.1f} s for 1,000 devices; ansible-playbook's CPU {run.cpu_seconds:.1f} s, "
        f"largest process {run.peak_mib:.0f} MiB (the lab, on the same cores, limits the wall time)"
    )
