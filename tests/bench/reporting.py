# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing reports through real ansible-playbook, beside the loop of ansible.builtin.template that it replaces."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder
from tests.bench.cost import run_measured

ROOT = Path(__file__).resolve().parents[2]
DEVICES = 10_000
LOOPED = 20
COMMANDS = ("show version", "show interfaces", "show lldp neighbors")


def answer(number: int) -> dict[str, Any]:
    """A device's answer: three commands of about 1 KB and ten rows each; one device in fifty failed."""
    failed = number % 50 == 7
    rows = [{"interface": f"Ethernet{port}", "status": "up", "vlan": str(number % 4094)} for port in range(10)]
    text = "\n".join(f"Ethernet{port} is up, line protocol is up, device {number}, " + "x" * 50 for port in range(10))
    output = {
        "text": text,
        "status": "ok",
        "error": None,
        "seconds": 0.2,
        "parser": "textfsm",
        "rows": rows,
        "rows_status": "ok",
        "rows_message": None,
    }
    second = number // 200
    return {
        "status": "timeout" if failed else "ok",
        "error": {"phase": "command", "kind": "timeout", "message": "the prompt did not come back"} if failed else None,
        "attempts": 1,
        "started_at": f"2026-01-01T02:{second // 60:02d}:{second % 60:02d}.000Z",
        "finished_at": f"2026-01-01T02:{(second + 2) // 60:02d}:{(second + 2) % 60:02d}.000Z",
        "seconds": {"connect": 0.2, "auth": 0.5, "command": 1.0 + number % 7 / 10},
        "driver": "cli",
        "host": "192.0.2.1",
        "port": 22,
        "platform": "cisco_iosxe",
        "output": {} if failed else dict.fromkeys(COMMANDS, output),
        "value": None,
    }


def run_play(tasks: list[dict[str, Any]], folder: str) -> tuple[float, float]:
    """CPU seconds of the whole ansible-playbook with these tasks, and the MiB of its largest process."""
    play = Path(folder, "play.yml")
    steps = [{"run_once": True, "delegate_to": "localhost", **task} for task in tasks]
    play.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": steps}]), encoding="utf-8")
    program = str(Path(sys.executable).parent / "ansible-playbook")
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")}
    usage = run_measured([program, "-i", "bench,", str(play)], cwd=folder, stdout=subprocess.DEVNULL, env=environment)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def reports() -> str:
    """10,000 device pages and the fleet's, from a run on disk; and 20 pages by a loop of template, per device."""
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as folder:
        run = RunFolder(folder)
        for number in range(DEVICES):
            run.write(f"device-{number}", answer(number))
        run.finish({"devices": {f"device-{number}": "ok" for number in range(DEVICES)}})
        nothing, _mib = run_play([{"ansible.builtin.meta": "noop"}], folder)
        looped = _template_loop(folder) - nothing
        rows = []
        for formats in (["html"], ["md", "html", "json", "csv", "junit"]):
            dest = Path(folder, "-".join(formats))
            task = {"rollcall.network.report": {"run_dir": str(run.path), "dest": str(dest), "formats": formats}}
            cpu, mib = run_play([task], folder)
            texts = [each for each in formats if each in ("md", "html")]
            assert len(list((dest / "devices").iterdir())) == DEVICES * len(texts)
            assert "9,800 of 10,000 devices" in (dest / "index.html").read_text(encoding="utf-8")
            spent = cpu - nothing
            ratio = looped / LOOPED / (spent / DEVICES)
            rows.append(
                f"{'+'.join(formats)}: {spent:.1f} CPU s for {DEVICES:,} devices and the fleet, {mib:.0f} MiB, "
                f"{ratio:.0f} x less per device than template ({looped / LOOPED * 1000:.0f} ms)"
            )
    return "; ".join(rows)


def _template_loop(folder: str) -> float:
    template = Path(folder, "page.j2")
    template.write_text(
        "# {{ item }}\n{% for each in answers[item].output.values() %}{{ each.text }}\n{% endfor %}", encoding="utf-8"
    )
    names = [f"device-{number}" for number in range(LOOPED)]
    answers = {name: answer(number) for number, name in enumerate(names)}
    task = {
        "ansible.builtin.template": {"src": str(template), "dest": f"{folder}/{{{{ item }}}}.md", "mode": "0600"},
        "loop": names,
        "vars": {
            "answers": answers,
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
        },
    }
    cpu, _mib = run_play([task], folder)
    return cpu
