# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows are made in other processes, in an action and in a module on another machine."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import call_roll, shell_server, watched_processes
from tests.integration.test_poller import inventory
from tests.lab import Lab

NAMES = [f"box-{number}" for number in range(24)]
COMMAND = "show interfaces"
PASSWORD = "lab-password"
PROGRAM = "_engine.launched import main"

TEMPLATE = """Value INTERFACE (\\S+)
Value STATE (\\S+)

Start
  ^Physical interface: ${INTERFACE}, Enabled, Physical link is ${STATE} -> Record
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(6, healthy=True) as running:
        yield running


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("templates")
    folder.joinpath("index").write_text(
        f"Template, Hostname, Platform, Command\n\nown.textfsm, .*, juniper_junos, {COMMAND}\n"
    )
    folder.joinpath("own.textfsm").write_text(TEMPLATE)
    return folder


def boxes(folder: Path, lab: Lab) -> Path:
    """One device under many names."""
    device = lab.devices["fra-edge1"]
    host = {"ansible_host": device.address, "ansible_port": device.port, "ansible_network_os": device.platform}
    login = {"ansible_user": "lab", "ansible_password": PASSWORD, "rollcall_known_hosts": str(lab.known_hosts)}
    hosts = {name: {**host, **login} for name in NAMES}
    folder.joinpath("lab.yml").write_text(json.dumps({"boxes": {"hosts": hosts}}))
    return folder


def call(folder: Path, templates: Path, *extra: str, env: Mapping[str, str] | None = None, **more: Any) -> None:
    """Calls the roll, and looks at the rows and at the processes."""
    arguments = {"hosts": NAMES, "commands": [COMMAND], "parser": "textfsm"}
    with watched_processes() as seen:
        roll = call_roll(folder, arguments, *extra, play={"hosts": "boxes"}, env=env, **more)
    outputs = [roll.devices[name]["output"][COMMAND] for name in NAMES]
    assert {output["rows_status"] for output in outputs} == {"ok"}, outputs[0]["rows_message"]
    for output in outputs:
        lines = [line for line in output["text"].splitlines() if line.startswith("Physical interface: ")]
        assert [row["interface"] for row in output["rows"]] == [line.split()[2].rstrip(",") for line in lines]
        assert output["rows"]
    assert [line for line in seen if PROGRAM in line]
    assert [line for line in seen if f"NTC_TEMPLATES_DIR={templates}" in line]
    assert not [line for line in seen if PASSWORD in line and (PROGRAM in line or str(templates) in line)]
    assert not working(templates), "none is left"


def working(templates: Path) -> list[Path]:
    """The processes of the engine on this machine that know these templates."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            environment = (folder / "environ").read_text(errors="replace")
            if f"NTC_TEMPLATES_DIR={templates}\0" in environment:
                found.append(folder)
    return found


def test_in_an_action(lab: Lab, templates: Path, tmp_path: Path) -> None:
    call(boxes(tmp_path, lab), templates, env={"NTC_TEMPLATES_DIR": str(templates)})


def test_on_a_poller(openssh_here: None, lab: Lab, templates: Path, tmp_path: Path) -> None:
    """The module's code lies in a zip file there, and Ansible's collection loader is not at hand."""
    if shutil.which("ssh") is None:
        pytest.skip("Not installed: ssh.")
    with shell_server(root=True) as poller:
        # In place of the interpreter, to set the environment: what it starts is Python itself.
        python = poller.home / "python"
        python.write_text(f'#!/bin/sh\nNTC_TEMPLATES_DIR={templates} exec {sys.executable} "$@"\n')
        python.chmod(0o755)
        folder = boxes(inventory(tmp_path, lab, poller, str(python)), lab)
        call(folder, templates, delegate_to="poller")
