# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a poller's answers cost the controller: the playbook's processes there, without the poller's own work."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.bench.clients import ROOT, Answer, ours
from tests.bench.goals import lines
from tests.integration.conftest import ShellServer, shell_server
from tests.integration.openssh import OpenSshServer

NAMES, KILOBYTES = 1_000, 50
# What a poller's devices say: each something else, so that nothing on the way can share it.
ANSWER = """
import random

def answer(name):
    words = random.Random(name)
    return "".join(f"interface {words.getrandbits(64):x}\\n" for _each in range(KILOBYTES * 1024 // 27))
"""


def poller() -> str:
    """1,000 answers of 50 KB from one poller over SSH, with one name beside it as what a play costs anyhow."""
    reason = OpenSshServer.missing()
    if reason:
        return f"not measured: {reason}"
    with shell_server(root=True) as server:
        one, all_of_them = _cost(server, 1), _cost(server, NAMES)
    cpu = (all_of_them.own.cpu_seconds - one.own.cpu_seconds) * 1000 / (NAMES - 1)
    many, few = all_of_them.own, one.own
    return lines(
        f"{NAMES:,} answers of {KILOBYTES} KB from one poller, on the controller: {many.seconds:.1f} s, "
        f"{cpu:.1f} CPU ms a device, {many.peak_mib:.0f} MiB in all its processes",
        f"one answer: {few.seconds:.1f} s, {few.cpu_seconds:.1f} CPU s, {few.peak_mib:.0f} MiB",
    )


def _cost(server: ShellServer, names: int) -> Answer:
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as name:
        folder = Path(name)
        (folder / "bench_answers.py").write_text(f"KILOBYTES = {KILOBYTES}\n{ANSWER}")
        python = folder / "python"
        python.write_text(f'#!/bin/sh\nPYTHONPATH={folder} exec {sys.executable} "$@"\n')
        python.chmod(0o755)
        hosts = [f"name-{number}" for number in range(names)]
        host = {
            "ansible_host": server.address,
            "ansible_port": server.port,
            "ansible_user": server.user,
            "ansible_ssh_private_key_file": str(server.key.file),
            "ansible_ssh_args": "-F /dev/null",
            "ansible_python_interpreter": str(python),
            "rollcall_devices": hosts,
        }
        driver = {"rollcall_driver": "python", "rollcall_function": "bench_answers.answer"}
        inventory = {
            "pollers": {"hosts": {"poller": host}},
            "fleet": {"hosts": {each: {} for each in hosts}, "vars": driver},
        }
        (folder / "inventory.yml").write_text(json.dumps(inventory))
        given = {"rollcall_output_dir": str(folder / "out"), "rollcall_formats": ["html", "json"]}
        arguments = [str(ROOT / "playbooks" / "pollers.yml"), "-i", str(folder / "inventory.yml")]
        answer = ours("poller", {"arguments": [*arguments, "-e", json.dumps(given)], "folder": name})
        written = list((folder / "out" / "pollers" / "poller" / "latest" / "devices").glob("*/result.json"))
        assert answer.ok == len(written) == names, (answer.ok, len(written))
        assert min(file.stat().st_size for file in written) > KILOBYTES * 1000
    return answer
