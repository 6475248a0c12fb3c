# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole playbook, from inventory to reports, beside the plays that people write for it."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.bench.clients import NO_PEERS, PEERS, ROOT
from tests.bench.goals import at_least, at_most, lines
from tests.bench.tree import TreeCost, run_tree
from tests.lab import Lab

DEVICES, THEIRS, FORKS = 1_000, 50, 50
FLEET, NIGHTS = 300, 30


def ansible(arguments: list[str], folder: Path, programs: Path | None = None) -> TreeCost:
    """ansible-playbook of this Python, or of another folder of programs, in an empty home.

    Raises RuntimeError with the end of its output when it fails.
    """
    programs = programs or Path(sys.executable).parent
    environment = {
        **os.environ,
        "HOME": str(folder),
        "PWD": str(folder),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONWARNINGS": "ignore",
        "ANSIBLE_HOST_KEY_CHECKING": "false",
        "SSH_AUTH_SOCK": "",
    }
    environment.pop("PYTHONPATH", None)
    if programs != PEERS / "bin":
        environment["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / "collections")
    done = run_tree([str(programs / "ansible-playbook"), *arguments], folder, environment)
    if done.code != 0:
        said = f"{done.output[-1500:]} {done.errors[-500:]}"
        msg = f"ansible-playbook {' '.join(arguments)} ended with {done.code}: {said}"
        raise RuntimeError(msg)
    return done


def playbook() -> str:
    """collect.yml with its reports on 1,000 devices; cli_command and template on 50 of them with as many forks."""
    with Lab(DEVICES, healthy=True, light=True) as lab, tempfile.TemporaryDirectory(prefix="rollcall-bench-") as name:
        folder = Path(name)
        arguments = [str(ROOT / "collect.yml"), "-i", str(lab.inventory), "-e", "rollcall_parser=none"]
        mine = ansible(
            [*arguments, "-e", "rollcall_workers=500", "-e", f"rollcall_output_dir={folder / 'out'}"], folder
        )
        manifest = json.loads((folder / "out" / "latest" / "manifest.json").read_text(encoding="ascii"))
        assert manifest["summary"]["ok"] == DEVICES, manifest["summary"]
        pages = list((folder / "out" / "latest" / "reports" / "devices").glob("*.html"))
        assert len(pages) == DEVICES, len(pages)
        theirs = _netcommon(lab, folder) if (PEERS / "made").exists() else None
    own_cpu, own_mib = mine.cpu_seconds / DEVICES, mine.peak_mib / DEVICES
    first = (
        f"{DEVICES:,} devices, 4 commands each, reports in two formats: {mine.seconds:.1f} s, "
        f"{own_cpu * 1000:.1f} CPU ms and {own_mib:.2f} MiB a device; "
        f"all processes {at_most(mine.peak_mib, 400, 'MiB')}"
    )
    if theirs is None:
        return lines(first, f"ansible.netcommon {NO_PEERS}")
    cpu, mib = theirs.cpu_seconds / THEIRS, theirs.peak_mib / THEIRS
    return lines(
        first,
        f"cli_command (one command) and template on {THEIRS} devices, {FORKS} forks: {theirs.seconds:.1f} s, "
        f"{cpu * 1000:.0f} CPU ms and {mib:.1f} MiB a device: {at_least(cpu / own_cpu, 150, 'x our CPU')}, "
        f"{at_least(mib / own_mib, 100, 'x our memory')}",
    )


def nights() -> str:
    """A month of runs of one fleet in one output folder, with last good answers, history, and metrics."""
    with Lab(FLEET, healthy=True, light=True) as lab, tempfile.TemporaryDirectory(prefix="rollcall-bench-") as name:
        folder = Path(name)
        given = {
            "rollcall_parser": "none",
            "rollcall_output_dir": str(folder / "out"),
            "rollcall_metrics_file": str(folder / "rollcall.prom"),
            "rollcall_history": True,
        }
        arguments = [str(ROOT / "collect.yml"), "-i", str(lab.inventory), "-e", json.dumps(given)]
        costs = []
        for _night in range(NIGHTS):
            costs.append(ansible(arguments, folder).cpu_seconds / FLEET * 1000)
            manifest = json.loads((folder / "out" / "latest" / "manifest.json").read_text(encoding="ascii"))
            assert manifest["summary"]["ok"] == FLEET, manifest["summary"]
    week = len(costs) // 4  # the first night compares with nothing
    early, late = sorted(costs[1 : 1 + week]), sorted(costs[-week:])
    early_ms, late_ms = early[week // 2], late[week // 2]
    return lines(
        f"{FLEET} devices, {NIGHTS} nights: {at_most(late_ms, 10, 'CPU ms a device')} in the last week, "
        f"{early_ms:.1f} in the first",
        f"the last week takes {at_most(late_ms / early_ms, 1.1, 'x the first')}",
    )


def _netcommon(lab: Lab, folder: Path) -> TreeCost:
    hosts = [name for name, device in lab.devices.items() if device.platform == "cisco.ios.ios"][:THEIRS]
    (folder / "page.j2").write_text("# {{ inventory_hostname }}\n{{ shown.stdout }}\n", encoding="utf-8")
    local = {"ansible_connection": "local", "ansible_python_interpreter": str(PEERS / "bin" / "python")}
    page = {"src": str(folder / "page.j2"), "dest": f"{folder}/pages/{{{{ inventory_hostname }}}}.md", "mode": "0600"}
    tasks = [
        {"ansible.netcommon.cli_command": {"command": "show version"}, "register": "shown"},
        {"ansible.builtin.template": page, "delegate_to": "localhost", "vars": local},
    ]
    (folder / "pages").mkdir()
    play = folder / "theirs.yml"
    play.write_text(json.dumps([{"hosts": ",".join(hosts), "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    done = ansible([str(play), "-i", str(lab.inventory), "--forks", str(FORKS)], folder, PEERS / "bin")
    written = [path.read_text(encoding="utf-8") for path in (folder / "pages").iterdir()]
    assert sum("light version" in text for text in written) == THEIRS, len(written)
    return done
