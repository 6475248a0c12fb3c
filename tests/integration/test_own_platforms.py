# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A platform that a user describes in a file beside the playbook, with a device that has it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook
from tests.integration.odd_server import Line, OddServer

PAGE = Path(__file__).resolve().parents[2] / "docs/platforms.md"
DESCRIPTION = """
acme_os:
  names: [acme]
  prompts: {privileged: '^acme ::#$', user: '^acme ::>$'}
  enable: super
  paging: []
  open: [page none]
  close: bye
  failures: ['ERR:']
"""


async def acme(line: Line) -> None:
    """Ask for a password after super, and reject what is not known."""
    prompt = "acme ::>"
    line.say(f"\n{prompt}")
    while True:
        said = await line.hear()
        if said == "bye":
            return
        if said == "super":
            line.say("Enter secret password: ")
            prompt = "acme ::#" if await line.hear(echo=False) == "enable-me" else prompt
            line.say("\n")
        elif said == "show it":
            line.say(f"it is at {prompt}\n")
        elif said not in ("", "page none"):
            line.say("ERR: what?\n")
        line.say(prompt)


@pytest.mark.parametrize("beside", ["platforms.yml", "more/platforms.yml"])
def test_a_platform_of_a_file_beside_the_playbook_is_asked(tmp_path: Path, beside: str) -> None:
    file = tmp_path / beside
    file.parent.mkdir(exist_ok=True)
    file.write_text(DESCRIPTION)
    with OddServer(acme) as server:
        host = {
            **login(server),
            "ansible_become_password": "enable-me",
            "ansible_network_os": "acme",
            "rollcall_platforms": beside,
            "rollcall_commands": ["show it", "show more"],
        }
        answers = asked(tmp_path, {"box": host, "wrong": {**host, "rollcall_platforms": "none.yml"}})
    box, wrong = answers["box"], answers["wrong"]
    assert (box["status"], box["platform"]) == ("partial", "acme_os")
    assert box["output"]["show it"]["text"] == "it is at acme ::#"
    assert box["output"]["show more"]["error"]["kind"] == "rejected"
    assert (wrong["error"]["phase"], wrong["error"]["kind"]) == ("resolve", "platform")
    assert f"none.yml is in none of the folders {tmp_path}, /" in wrong["error"]["message"]


@pytest.mark.parametrize("place", ["inventory", "imported", "current"])
def test_the_example_of_the_page_with_the_playbook_of_the_collection(tmp_path: Path, place: str) -> None:
    """It is asked with `ansible-playbook rollcall.network.collect`, or with a playbook that imports it."""
    described, variables = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[:2]
    inventory, site, runs = (tmp_path / name for name in ("inventory", "site", "runs"))
    for folder in (inventory / "group_vars", site, runs):
        folder.mkdir(parents=True)
    (inventory / "group_vars/acme.yml").write_text(variables)
    folders = {"inventory": inventory, "imported": site, "current": tmp_path}
    (folders[place] / "platforms.yml").write_text(described)
    playbook = "rollcall.network.collect"
    if place == "imported":
        playbook = str(site / "site.yml")
        (site / "site.yml").write_text("- import_playbook: rollcall.network.collect\n")
    with OddServer(acme_of_the_page) as server, OddServer(acme) as another:
        host = {**login(server), "rollcall_commands": ["show it", "show more"]}
        unknown = {**login(another), "ansible_network_os": "acme_o", "rollcall_commands": ["show it"]}
        groups = {"acme": {"hosts": {"box": host, "other": unknown}}}
        (inventory / "hosts.yml").write_text(json.dumps({"all": {"children": groups}}))
        extra = json.dumps({"rollcall_output_dir": str(runs), "rollcall_formats": ["md", "html", "json", "csv"]})
        command = ["ansible-playbook", playbook, "-i", str(inventory), "-e", extra]
        environ = {**os.environ, "HOME": str(tmp_path)}
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=200)
    said = done.stdout + done.stderr
    answer = json.loads(next(runs.glob("runs/*/devices/box/result.json")).read_text())
    assert (answer["status"], answer["platform"]) == ("partial", "acme_os"), said
    assert answer["output"]["show more"]["error"]["kind"] == "rejected"
    hint = json.loads(next(runs.glob("runs/*/devices/other/result.json")).read_text())["connection"]["platform_hint"]
    assert "near matches: acme_os, " in hint
    assert said.count("roll call: 1 device has a hint about the platform, platform_hint in") == 1, said
    reports = next(runs.glob("runs/*/reports"))
    devices = json.loads((reports / "fleet.json").read_text())["devices"]
    assert {name: each["platform_hint"] for name, each in devices.items()} == {"box": None, "other": hint}
    assert "platform_hint" in (reports / "fleet.csv").read_text().splitlines()[0]
    pages = [
        path.read_text() for path in reports.rglob("*") if path.suffix in (".md", ".html") and path.stem == "other"
    ]
    assert len(pages) == 2
    assert all(re.search("platform hint", page, re.IGNORECASE) for page in pages)


async def acme_of_the_page(line: Line) -> None:
    """Ask whether the terms are accepted, and reject what is not known."""
    line.say("Accept the terms? (y/n) ")
    while await line.hear() != "y":
        line.say("Accept the terms? (y/n) ")
    line.say("\nacme >")
    while True:
        said = await line.hear()
        if said == "logout":
            return
        line.say({"show it": "it is here\n", "": "", "terminal lines 0": ""}.get(said, "ERR: what?\n"))
        line.say("acme >")


def login(server: OddServer) -> dict[str, Any]:
    return {
        "ansible_host": "127.0.0.1",
        "ansible_port": server.port,
        "ansible_user": "ops",
        "ansible_password": "any",
        "ansible_host_key_checking": False,
    }


def asked(folder: Path, hosts: dict[str, Any]) -> dict[str, Any]:
    """The answers of a play that lies in this folder."""
    (folder / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts}}))
    tasks = [
        {
            "rollcall.network.collect": {"hosts": list(hosts), "retries": 0},
            "run_once": True,
            "delegate_to": "localhost",
            "register": "roll",
        },
        {
            "ansible.builtin.copy": {
                "content": "{{ roll.devices | to_json }}",
                "dest": str(folder / "answers.json"),
                "mode": "0600",
            },
            "run_once": True,
            "delegate_to": "localhost",
        },
    ]
    playbook = folder / "site.yml"
    playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    done = run_playbook(playbook, folder / "hosts.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    answers: dict[str, Any] = json.loads((folder / "answers.json").read_text())
    return answers
