# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several credentials of a device: tried in order, each once, each counted by the guard, and masked."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.plugin_utils._refused_credentials import logins_of, sentences_on
from ansible_collections.rollcall.network.plugins.plugin_utils.roll import (
    Device,
    DeviceCredential,
    call_roll,
    make_device,
)
from tests.integration.conftest import run_playbook
from tests.integration.odd_server import Line, OddServer
from tests.integration.test_credential_guard import RIGHT, WRONG, by_password, counts, prompt_only
from tests.lab import Lab

OTHER = "other-battery-staple"
OLD = DeviceCredential("old", user="ops", password=WRONG)
OLDER = DeviceCredential("older", user="ops", password=OTHER)
NEW = DeviceCredential("new", user="backup", password=RIGHT)


def fleet(server: OddServer, count: int, *credentials: DeviceCredential, **settings: Any) -> list[Device]:
    return [
        make_device(
            f"d{number}",
            host=server.address,
            port=server.port,
            user="nobody",
            credentials=credentials,
            platform="cisco.ios.ios",
            commands=["show version"],
            host_key_checking=False,
            **settings,
        )
        for number in range(count)
    ]


def test_the_first_credential_that_is_accepted_is_named() -> None:
    with OddServer(prompt_only, login=by_password) as server:
        answer = call_roll(fleet(server, 1, OLD, OLDER, NEW))["d0"]
        assert server.logins == [WRONG, OTHER, RIGHT]
    assert (answer["status"], answer["attempts"]) == ("ok", 1)
    assert answer["connection"]["credential"] == "backup with credentials[2] (new)"
    refused = "ops with credentials[0] (old)\nops with credentials[1] (older)"
    assert answer["connection"]["refused_credentials"] == refused


def test_each_credential_is_counted() -> None:
    with OddServer(prompt_only, login=by_password) as server:
        answers = call_roll(fleet(server, 60, OLD, replace(OLDER, user="oper"), NEW))
        assert Counter(server.logins) == {WRONG: 3, OTHER: 3, RIGHT: 60}
    assert counts(answers) == {"ok": 60}
    assert {answer["attempts"] for answer in answers.values()} == {1}
    assert set(sentences_on(map(logins_of, answers.values()))) == {
        f"the login as {user} with credentials[{number}] ({name}) was refused by 3 devices and accepted by none; it "
        "was not tried at 57 others; correct it, or remove it from rollcall_credentials"
        for number, (user, name) in enumerate((("ops", "old"), ("oper", "older")))
    }


def test_wrong_credentials_of_one_user_are_counted_together() -> None:
    with OddServer(prompt_only, login=by_password) as server:
        answers = call_roll(fleet(server, 60, OLD, OLDER, NEW))
        sent = Counter(server.logins)
    assert (sent[WRONG] + sent[OTHER], sent[RIGHT]) == (3, 60)
    assert counts(answers) == {"ok": 60}


def test_the_second_password_of_a_user_is_tried_before_other_devices_refuse_the_first() -> None:
    """A password is being changed: the devices still have the old one."""
    with OddServer(prompt_only, login=by_password) as server:
        answers = call_roll(fleet(server, 60, OLD, replace(NEW, user="ops")))
        assert Counter(server.logins) == {WRONG: 3, RIGHT: 60}
    assert counts(answers) == {"ok": 60}


def test_the_second_password_of_a_user_is_tried_first_at_slow_devices_too() -> None:
    """Each login takes so long that other devices are connected meanwhile."""

    async def slowly(user: str, password: str) -> bool:
        await asyncio.sleep(2.5)
        return await by_password(user, password)

    with OddServer(prompt_only, login=slowly) as server:
        answers = call_roll(fleet(server, 12, OLD, replace(NEW, user="ops")))
        assert server.logins[:2] == [WRONG, RIGHT]
        assert server.logins.count(RIGHT) == 12
    assert counts(answers) == {"ok": 12}


def test_a_device_that_accepts_none_has_all_reasons() -> None:
    with OddServer(prompt_only, login=by_password) as server:
        answers = call_roll(fleet(server, 30, OLD, OLDER))
        assert len(server.logins) == 3
    assert counts(answers) == {"auth_failed": 30 - answers_skipped(answers), "skipped": answers_skipped(answers)}
    assert 27 <= answers_skipped(answers) <= 29
    for answer in answers.values():
        message = str(answer["error"])
        for part in ("none of its 2 credentials", "ops with credentials[0] (old)", "ops with credentials[1] (older)"):
            assert part in message
        assert answer["attempts"] == (1 if answer["status"] == "auth_failed" else 0)
        assert logins_of(answer).accepted is None
        assert bool(logins_of(answer).refused) is (answer["status"] == "auth_failed")
        assert WRONG not in message
        assert OTHER not in message


def answers_skipped(answers: Any) -> int:
    return counts(answers)["skipped"]


def test_a_further_attempt_does_not_repeat_a_refused_credential() -> None:
    """The session is reset after the login with the right password, once."""
    sessions = iter(range(10))

    async def reset_once(line: Line) -> None:
        if next(sessions):
            await prompt_only(line)

    with OddServer(reset_once, login=by_password) as server:
        answer = call_roll(fleet(server, 1, OLD, NEW), retries=2)["d0"]
        assert server.logins == [WRONG, RIGHT, RIGHT]
    assert (answer["status"], answer["attempts"]) == ("ok", 2)


def test_a_refused_password_that_is_in_the_list_twice_is_sent_once() -> None:
    with OddServer(prompt_only, login=by_password) as server:
        answer = call_roll(fleet(server, 1, OLD, replace(OLD, name="again"), NEW))["d0"]
        assert server.logins == [WRONG, RIGHT]
    assert answer["status"] == "ok"


def test_what_a_device_shows_of_another_credential_is_masked() -> None:
    async def shows(line: Line) -> None:
        while True:
            line.say("box#")
            if await line.hear() == "show version":
                line.say(f"version 1 {OTHER} {WRONG} {RIGHT}\n")

    with OddServer(shows, login=by_password) as server:
        answer = call_roll(fleet(server, 1, NEW, OLD, OLDER))["d0"]
    assert answer["output"]["show version"]["text"] == "version 1 ******** ******** ********"


PLAY = """
- hosts: lab
  gather_facts: false
  tasks:
    - rollcall.network.collect:
        hosts: "{{ ansible_play_hosts_all }}"
        output_dir: "{{ folder }}/rollcall"
        plan: "{{ plan | default(false) }}"
      run_once: true
      delegate_to: localhost
      register: roll
    - rollcall.network.report:
        run_dir: "{{ roll.run_dir }}"
        dest: "{{ roll.run_dir }}/reports"
        formats: [html, md]
      run_once: true
      delegate_to: localhost
      when: roll.plan is not defined
    - ansible.builtin.copy:
        content: "{{ roll | to_json }}"
        dest: "{{ folder }}/result.json"
        mode: "0600"
      run_once: true
      delegate_to: localhost
"""
DEVICES = 9
VAULT = "vault-password"
SECRET = "Vaulted-wrong-42"


@pytest.fixture(scope="module")
def lab() -> Any:
    with Lab(DEVICES, healthy=True) as running:
        yield running


def vaulted(folder: Path, text: str) -> str:
    """Return the text as it is written in a file of variables."""
    folder.joinpath("vault").write_text(VAULT)
    vault = Path(sys.executable).parent / "ansible-vault"
    done = subprocess.run(
        [vault, "encrypt_string", "--vault-password-file", folder / "vault", text],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout.strip()


def play(folder: Path, lab: Lab, credentials: str, **variables: Any) -> tuple[str, dict[str, Any]]:
    hosts = folder / "hosts"
    hosts.mkdir()
    hosts.joinpath("lab.yml").write_text(lab.inventory.read_text())
    hosts.joinpath("group_vars").mkdir()
    hosts.joinpath("group_vars", "lab.yml").write_text(f"rollcall_credentials:\n{credentials}")
    extra = json.dumps({"folder": str(folder), **variables})
    done = run_playbook(PLAY, hosts, "-e", extra, "--vault-password-file", str(folder / "vault"))
    result = folder / "result.json"
    return done.stdout + done.stderr, json.loads(result.read_text()) if result.exists() else {}


def test_credentials_of_an_inventory_with_a_vault(lab: Lab, tmp_path: Path) -> None:
    """A key after a vaulted password; no secret is in a file or in what is printed."""
    secret = vaulted(tmp_path, SECRET).replace("\n", "\n      ")
    credentials = (
        f"  - name: tacacs\n    user: lab\n    password: {secret}\n"
        f"  - {{name: break-glass, user: lab, private_key_file: {lab.key}}}\n"
    )
    said, result = play(tmp_path, lab, credentials)
    assert [device["status"] for device in result["devices"].values()] == ["ok"] * DEVICES, said
    assert {device["connection"]["credential"] for device in result["devices"].values()} == {
        "lab with variable rollcall_credentials[1] (break-glass)"
    }
    dead = "roll call: the login as lab with variable rollcall_credentials[0] (tacacs) was refused by"
    assert dead in said
    assert "and accepted by none" in said
    [reports] = (tmp_path / "rollcall" / "runs").glob("*/reports")
    for page in ("index.html", "index.md"):
        shown = (reports / page).read_text().replace("\\", "")
        assert "The login as lab with variable rollcall_credentials[0] (tacacs) was refused by" in shown, page
    assert SECRET not in said
    files = [file for file in (tmp_path / "rollcall").rglob("*") if file.is_file()]
    assert not [file for file in files if SECRET.encode() in file.read_bytes()]
    memory = json.loads((tmp_path / "rollcall" / "state" / "refused_logins.json").read_text())
    assert {each["source"] for each in memory["refused"]} == {"variable rollcall_credentials[0] (tacacs)"}


def test_a_plan_shows_all_credentials_in_their_order(lab: Lab, tmp_path: Path) -> None:
    vaulted(tmp_path, SECRET)
    credentials = f"  - {{user: lab, password: {SECRET}}}\n  - {{name: local, user: admin, password: {SECRET}2}}\n"
    said, result = play(tmp_path, lab, credentials, plan=True)
    planned = next(iter(result["plan"].values()))
    assert planned["credentials"]["user"] == planned["credentials"]["password"] == "variable rollcall_credentials[0]"
    names = ["lab with variable rollcall_credentials[0]", "admin with variable rollcall_credentials[1] (local)"]
    assert planned["credentials_in_order"] == names
    for number, name in enumerate(names, 1):
        assert f"credential {number} of 2: {name}" in said
    assert SECRET not in said + json.dumps(result)
