# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A roll with much to parse uses the machine's cores, in an action and in a module on another machine."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import call_roll, shell_server, watched_processes
from tests.integration.test_poller import inventory
from tests.lab import Lab, topology
from tests.lab.platforms import PLATFORMS

if len(os.sched_getaffinity(0)) < 2:
    pytest.skip("One core: all is parsed in one process.", allow_module_level=True)

NAMES = [f"box-{number}" for number in range(24)]
COMMAND = "show interfaces"
PASSWORD = "lab-password"
PROGRAM = "_parsers import serve"

# The rules in the middle fit no line, and take their time to find out.
HEAD = """Value INTERFACE (\\S+)
Value STATE (\\S+)

Start
"""
SLOW = "  ^.*.*.*.*~~\n"
TAIL = "  ^Physical interface: ${INTERFACE}, Enabled, Physical link is ${STATE} -> Record\n"
# For one text, here: with 24 of them it pays to start processes, however fast the machine is.
PARSING_SECONDS = 0.3


def template() -> str:
    """With as many slow rules as take PARSING_SECONDS."""
    device = next(each for each in map(topology.device, range(1, 25)) if each.name == "fra-edge1")
    text = PLATFORMS[device.platform].commands[COMMAND](device, topology.wiring(device.index, 24))
    rule, began = re.compile(SLOW.strip()), time.process_time()
    for line in text.splitlines():
        rule.match(line)
    return HEAD + SLOW * math.ceil(PARSING_SECONDS / (time.process_time() - began)) + TAIL


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(6, healthy=True) as running:
        yield running


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("templates")
    folder.joinpath("index").write_text(
        f"Template, Hostname, Platform, Command\n\nslow.textfsm, .*, juniper_junos, {COMMAND}\n"
    )
    folder.joinpath("slow.textfsm").write_text(template())
    return folder


def boxes(folder: Path, lab: Lab) -> Path:
    """One device under many names."""
    device = lab.devices["fra-edge1"]
    host = {"ansible_host": device.address, "ansible_port": device.port, "ansible_network_os": device.platform}
    login = {"ansible_user": "lab", "ansible_password": PASSWORD, "rollcall_known_hosts": str(lab.known_hosts)}
    hosts = {name: {**host, **login} for name in NAMES}
    folder.joinpath("lab.yml").write_text(json.dumps({"boxes": {"hosts": hosts}}))
    return folder


def call(folder: Path, *extra: str, env: Mapping[str, str] | None = None, **more: Any) -> None:
    """Calls the roll, and looks at the rows and at the processes that parsed."""
    arguments = {"hosts": NAMES, "commands": [COMMAND], "parser": "textfsm"}
    before = parsing()
    with watched_processes() as seen:
        roll = call_roll(folder, arguments, *extra, play={"hosts": "boxes"}, env=env, **more)
    outputs = [roll.devices[name]["output"][COMMAND] for name in NAMES]
    assert {output["rows_status"] for output in outputs} == {"ok"}, outputs[0]["rows_message"]
    for output in outputs:
        lines = [line for line in output["text"].splitlines() if line.startswith("Physical interface: ")]
        assert [row["interface"] for row in output["rows"]] == [line.split()[2].rstrip(",") for line in lines]
        assert output["rows"]
    processes = [line for line in seen if PROGRAM in line]
    assert processes, "it was enough to parse"
    assert not [line for line in processes if PASSWORD in line]
    assert not parsing() - before, "none is left"


def parsing() -> set[Path]:
    """The processes on this machine that parse."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if PROGRAM in (folder / "cmdline").read_text(errors="replace"):
                found.add(folder)
    return found


def test_in_an_action(lab: Lab, templates: Path, tmp_path: Path) -> None:
    call(boxes(tmp_path, lab), env={"NTC_TEMPLATES_DIR": str(templates)})


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
        call(folder, delegate_to="poller")
