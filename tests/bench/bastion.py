# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole play through one real sshd, beside the same play without it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.bench.clients import ROOT
from tests.bench.goals import at_most, lines
from tests.bench.playbook import ansible
from tests.bench.tree import TreeCost
from tests.integration.conftest import ShellServer, shell_server
from tests.integration.openssh import OpenSshServer
from tests.lab import Lab

DEVICES = 200
RUNS = 2  # the cheapest of each


def bastion() -> str:
    """200 devices behind one sshd with its default limits: CPU of the whole play, beside the same devices direct."""
    reason = OpenSshServer.missing()
    if reason:
        return f"not measured: {reason}"
    with shell_server() as server, Lab(DEVICES, healthy=True, light=True) as lab:
        direct, through = [], []
        for _run in range(RUNS):
            direct.append(_play(lab, None))
            through.append(_play(lab, server))
        logins = server.sshd.log().count("Accepted publickey") / RUNS
    least, most = (min(each, key=lambda cost: cost.cpu_seconds) for each in (direct, through))
    return lines(
        f"{DEVICES} devices behind one sshd, all ok: {_cost(most)}; direct {_cost(least)}: "
        f"{at_most(most.cpu_seconds / least.cpu_seconds, 1.3, 'x the CPU')}",
        f"{at_most(logins, 1, 'logins at the bastion')}",
    )


def _play(lab: Lab, server: ShellServer | None) -> TreeCost:
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as name:
        folder = Path(name)
        given = {"rollcall_output_dir": str(folder / "out"), "rollcall_parser": "none", "rollcall_workers": DEVICES}
        if server is not None:
            given["ansible_ssh_common_args"] = _proxy(server)
        play = [str(ROOT / "collect.yml"), "-i", str(lab.inventory), "-e", json.dumps(given)]
        done = ansible(play, folder)
        manifest = json.loads((folder / "out" / "latest" / "manifest.json").read_text(encoding="ascii"))
        assert manifest["summary"]["ok"] == DEVICES, manifest["summary"]
    return done


def _proxy(server: ShellServer) -> str:
    options = f"-F /dev/null -i {server.key.file} -o UserKnownHostsFile={server.known_hosts} -o BatchMode=yes"
    return f'-o ProxyCommand="ssh {options} -p {server.port} -W [%h]:%p {server.user}@{server.address}"'


def _cost(done: TreeCost) -> str:
    return f"{done.cpu_seconds:.1f} CPU s, {done.seconds:.1f} s, {done.peak_mib:.0f} MiB"
