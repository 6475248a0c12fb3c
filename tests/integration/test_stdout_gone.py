# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A play ends with its verdict and exit code if nobody can read its output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.openssh import descendants, kill

AT_ONCE = {"run_once": True, "delegate_to": "localhost"}
COLLECT = {"hosts": "{{ ansible_play_hosts_all }}", "driver": "python", "function": "json.loads"}


@pytest.mark.parametrize("passes", [True, False])
@pytest.mark.parametrize("where", [">/dev/full", ">&-", "| head -n 1"])
def test_a_play_ends_if_its_output_cannot_be_written(where: str, passes: bool, tmp_path: Path) -> None:
    collect = {**COLLECT, "output_dir": str(tmp_path / "out"), "max_fail_percentage": 100 if passes else 0}
    outcome = {"result": "{{ roll }}", "reports": {}}
    tasks = [
        {"rollcall.network.collect": collect, "register": "roll", "failed_when": False, **AT_ONCE},
        {"rollcall.network.outcome": outcome, "register": "said", **AT_ONCE},
        {"rollcall.network.outcome": {"outcome": "{{ said.outcome }}"}, **AT_ONCE},
    ]
    (tmp_path / "hosts").write_text("one\ntwo\n")
    ended = run(tasks, where, tmp_path)
    (made,) = (tmp_path / "out" / "runs").iterdir()
    manifest = json.loads((made / "manifest.json").read_text())
    assert (manifest["status"], manifest["verdict"]["passed"]) == ("finished", passes)
    # Ansible itself fails at its end where its output cannot be flushed, with any task.
    usual = run([{"ansible.builtin.debug": {"msg": "hello"}}], where, tmp_path)
    assert ended == usual if passes else ended != 0


def run(tasks: list[dict[str, Any]], where: str, folder: Path) -> int:
    (folder / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    program = Path(sys.executable).parent / "ansible-playbook"
    process = subprocess.Popen(
        ["bash", "-c", f'set -o pipefail; "$0" play.yml -i hosts {where}', str(program)],
        cwd=folder,
        # With a buffer, Ansible cannot start a worker for any task: Python flushes the buffer first, which fails.
        env={**os.environ, "HOME": str(folder), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        return process.wait(60)
    finally:
        kill([*descendants(process.pid), process.pid])
