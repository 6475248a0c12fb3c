# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong variables of the roles schedule and poller: the role fails with a sentence before it changes anything."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.conftest import run_playbook

ROOT = Path(__file__).resolve().parents[2]
ROLES = ("schedule", "poller")
GOOD = {
    "rollcall_schedule_inventory": "/etc/rollcall/inventory.yml",
    "rollcall_schedule_vars": {"rollcall_keep": {"runs": 30}, "rollcall_commands": ["show version"], "site": "fra"},
}


def play(role: str, folder: Path, variables: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    inventory = folder / "hosts.yml"
    box = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, **variables}
    inventory.write_text(json.dumps({"all": {"hosts": {"box": box}}}))
    return run_playbook(
        f"- {{hosts: box, gather_facts: false, roles: [rollcall.network.{role}]}}\n", inventory, "--check"
    )


# Everything that is wrong is told at once, so one play has several wrong variables.
WRONG: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "names and values": (
        "schedule",
        {
            "rollcall_schedule_cal": "daily",
            "rollcall_schedule_vars": {"rollcall_keeep": {"runs": 3}, "rollcall_workers": "many"},
            "rollcall_schedule_inventory": "hosts.yml",
            "rollcall_schedule_jitter": -1,
            "rollcall_schedule_cron": "0 2 * *",
            "rollcall_schedule_replaces": ["nightly"],
            "rollcall_schedule_deadline": -1,
            "rollcall_schedule_output_dir": "/var/lib/../etc",
            "rollcall_schedule_writable": ["/srv/.."],
        },
        [
            "variable rollcall_schedule_cal is not known; near matches: ",
            "rollcall_schedule_vars: variable rollcall_keeep is not known; near matches: rollcall_keep",
            "rollcall_schedule_vars: rollcall_workers must be a whole number, not 'many'",
            "rollcall_schedule_inventory must be an absolute",
            "rollcall_schedule_jitter must be from 0 to 86400 seconds (a day)",
            "rollcall_schedule_cron: it must have five fields",
            "rollcall_schedule_replaces can contain only names of other schedules",
            "rollcall_schedule_deadline must be above 0",
            'rollcall_schedule_output_dir must be an absolute path of letters, digits and "_.+-/", without ".."',
            'rollcall_schedule_writable must be an absolute path of letters, digits and "_.+-/", without ".."',
        ],
    ),
    "values that another check would hide": (
        "schedule",
        {
            "rollcall_schedule_name": "two words",
            "rollcall_schedule_inventory": [],
            "rollcall_schedule_cron": "0 4 31 2 *",
            "rollcall_schedule_keep": {"runs": 0},
            "rollcall_schedule_jitter": 86401,
            "rollcall_schedule_vars": {
                "rollcall_deadline": -1,
                "rollcall_metrics_file": "/var/lib/rollcall-nightly/../../etc/a.prom",
            },
        },
        [
            "rollcall_schedule_name can contain only",
            "rollcall_schedule_inventory is not set",
            "'0 4 31 2 *' never comes",
            "rollcall_schedule_keep",
            "rollcall_schedule_jitter must be from 0 to 86400 seconds (a day)",
            "rollcall_schedule_vars: rollcall_deadline must be above 0",
            'rollcall_schedule_vars: rollcall_metrics_file must be a path without ".."',
        ],
    ),
    "types and choices": (
        "schedule",
        {
            "rollcall_schedule_calendar": {"at": 2},
            "rollcall_schedule_jitter": "ten",
            "rollcall_schedule_keep": 30,
            "rollcall_schedule_state": "gone",
            "rollcall_schedule_playbook": "colect",
        },
        [
            "rollcall_schedule_calendar",
            "rollcall_schedule_jitter",
            "rollcall_schedule_keep",
            "present, absent, got: gone",
            "report, host_keys, awx, got: colect",
        ],
    ),
    "a start time of systemd": (
        "schedule",
        {"rollcall_schedule_with": "systemd", "rollcall_schedule_calendar": "every night"},
        ["rollcall_schedule_calendar: 'every night' is not a calendar expression of systemd"],
    ),
    "a name of a poller's variable": (
        "poller",
        {"rollcall_poller_pyton": "x"},
        ["rollcall_poller_pyton is not known; near matches: "],
    ),
}


@pytest.mark.parametrize(("role", "variables", "sentences"), WRONG.values(), ids=WRONG)
def test_wrong_variables_of_a_role_are_told_in_sentences(
    role: str, variables: dict[str, Any], sentences: list[str], tmp_path: Path
) -> None:
    done = play(role, tmp_path, (GOOD if role == "schedule" else {}) | variables)
    output = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 2, output
    assert [each for each in sentences if each not in output.replace('\\"', '"')] == [], output
    assert re.search(r"box +: ok=\d+ +changed=0", output), "something was changed before"
    assert "assertion" not in output


@pytest.mark.parametrize("role", ROLES)
def test_ansible_doc_shows_every_variable_of_a_role(role: str) -> None:
    shown = subprocess.run(
        [Path(sys.executable).parent / "ansible-doc", "-t", "role", f"rollcall.network.{role}", "--json"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "HOME": "/tmp", "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")},
    )
    (found,) = json.loads(shown.stdout).values()
    options = found["entry_points"]["main"]["options"].keys() - {"rollcall_schedule_hosts"}
    assert options == yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text()).keys()
    readme = (ROOT / "roles" / role / "README.md").read_text()
    assert [name for name in options if f"`{name}`" not in readme] == []
