# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A platform that a user describes in a file beside the playbook, with a device that has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook
from tests.integration.odd_server import Line, OddServer

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
            "ansible_host": "127.0.0.1",
            "ansible_port": server.port,
            "ansible_user": "ops",
            "ansible_password": "any",
            "ansible_become_password": "enable-me",
            "ansible_host_key_checking": False,
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
    assert str(tmp_path / "none.yml") in wrong["error"]["message"]


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
