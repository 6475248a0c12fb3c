# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wrong password does not lock an account: the logins that a real SSH server gets are counted.

All devices have the address of one server.
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import socket
import stat
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from ansible_collections.rollcall.network.plugins.module_utils import _roll
from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._engine import guard
from ansible_collections.rollcall.network.plugins.plugin_utils.roll import call_roll, make_device
from tests.integration.conftest import run_playbook
from tests.integration.odd_server import Line, Login, OddServer, Session

RIGHT, WRONG = "right-battery-staple", "wrong-battery-staple"


async def prompt_only(line: Line) -> None:
    while True:
        line.say("box#")
        if await line.hear() == "show version":
            line.say("version 1\n")


async def by_password(_user: str, password: str) -> bool:
    return password == RIGHT


def by_number(is_right: Callable[[int], bool]) -> Login:
    """A login that is right or wrong by how many came before it."""
    numbers = iter(range(1_000_000))

    async def login(_user: str, _password: str) -> bool:
        return is_right(next(numbers))

    return login


def fleet(server: OddServer, count: int, password: str = RIGHT, **settings: Any) -> list[Device]:
    return [
        make_device(
            f"d{number}",
            host=server.address,
            port=server.port,
            password=password,
            platform="cisco.ios.ios",
            commands=["show version"],
            host_key_checking=False,
            **{"user": "ops", **settings},
        )
        for number in range(count)
    ]


def kind_of(answer: Mapping[str, Any]) -> str:
    return str(answer["error"]["kind"])


def counts(answers: Mapping[str, Any]) -> Counter[str]:
    return Counter(answer["status"] for answer in answers.values())


def test_a_thousand_devices_with_a_wrong_password(tmp_path: Path) -> None:
    memory = tmp_path / "state/refused_logins.json"
    with OddServer(prompt_only, login=by_password) as server:
        answers = call_roll(fleet(server, 1000, WRONG), output_dir=tmp_path)
        assert len(server.logins) == 3
        assert counts(answers) == {"auth_failed": 3, "skipped": 997}
        skipped = next(answer for answer in answers.values() if answer["status"] == "skipped")
        assert (kind_of(skipped), skipped["attempts"]) == ("credential_guard", 0)
        for part in ("login as ops", "refused by 3 devices", "can lock the account", "-e rollcall_only=failed"):
            assert part in str(skipped["error"])

        assert stat.S_IMODE(memory.stat().st_mode) == 0o600
        assert WRONG not in memory.read_text()
        assert [each["user"] for each in json.loads(memory.read_text())["refused"]] == ["ops"]

        answers = call_roll(fleet(server, 1000, WRONG), output_dir=tmp_path)
        assert len(server.logins) == 3 + 1, "one canary in the next run"
        assert counts(answers) == {"auth_failed": 1, "skipped": 999}

        answers = call_roll(fleet(server, 50), output_dir=tmp_path)
        assert counts(answers) == {"ok": 50}
        assert json.loads(memory.read_text())["refused"] == [], "it is accepted again"


def closed_port() -> int:
    """A port at which nobody listens. It is not given to another socket while it is bound."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@pytest.mark.parametrize("off", [50, 250, 290])
def test_devices_that_cannot_be_reached_let_no_more_devices_get_a_wrong_password(off: int) -> None:
    with OddServer(prompt_only, login=by_password) as server:
        devices = fleet(server, 300, WRONG)
        port = closed_port()
        answers = call_roll([replace(each, port=port) if place < off else each for place, each in enumerate(devices)])
        assert len(server.logins) == 3
    assert counts(answers)["auth_failed"] == 3


def test_connections_that_wait_for_the_guard_are_accepted_when_another_device_is() -> None:
    """The first devices that can be reached wait, connected, until the answer of one of them."""
    with OddServer(prompt_only, login=by_password) as server:
        port = closed_port()
        devices = [replace(each, port=port) if place % 10 else each for place, each in enumerate(fleet(server, 300))]
        answers = call_roll(devices)
    assert counts(answers) == {"ok": 30, "unreachable": 270}


SAID = ["Too many failed login attempts", "Maximum number of authentication attempts exceeded", "Too many connections"]


@pytest.mark.parametrize("said", SAID)
def test_a_device_that_ends_the_connection_after_the_password_has_refused_it(said: str) -> None:
    """Whatever the reason is, the AAA server can have counted the password."""

    async def ends(_user: str, _password: str) -> bool:
        raise asyncssh.DisconnectError(asyncssh.DISC_BY_APPLICATION, said)

    with OddServer(prompt_only, login=ends) as server:
        answers = call_roll(fleet(server, 40, WRONG), retries=2)
        assert len(server.logins) == 3
    assert counts(answers) == {"auth_failed": 3, "skipped": 37}
    refused = next(each for each in answers.values() if each["status"] == "auth_failed")
    assert (kind_of(refused), refused["attempts"]) == ("closed", 1)
    assert said in str(refused["error"])


# Like `nc` or `ssh -W`, it ends with an error when the device closes the connection.
RELAY = """
import os, socket, sys, threading
device = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def send():
    while data := os.read(0, 65536):
        device.sendall(data)
    os._exit(0)
threading.Thread(target=send, daemon=True).start()
while data := device.recv(65536):
    os.write(1, data)
os.write(2, b"connection closed")
os._exit(1)
"""


def test_a_password_that_is_refused_through_a_proxy_command_is_counted() -> None:
    async def ends(_user: str, _password: str) -> bool:
        raise asyncssh.DisconnectError(asyncssh.DISC_BY_APPLICATION, "Too many failures")

    with OddServer(prompt_only, login=ends) as server:
        command = shlex.join([sys.executable, "-S", "-c", RELAY, server.address, str(server.port)])
        answers = call_roll([replace(each, proxy_command=command) for each in fleet(server, 12, WRONG)], retries=2)
        assert len(server.logins) == 3
    assert counts(answers) == {"auth_failed": 3, "skipped": 9}


def test_a_password_that_no_device_answers_is_sent_to_three() -> None:
    async def hangs(_user: str, _password: str) -> bool:
        await asyncio.Event().wait()
        return False

    with OddServer(prompt_only, login=hangs) as server:
        answers = call_roll(fleet(server, 40, connect_timeout=5.0), retries=1)
        assert len(server.logins) == 3
    assert counts(answers) == {"timeout": 3, "skipped": 37}
    skipped = next(answer for answer in answers.values() if answer["status"] == "skipped")
    assert kind_of(skipped) == "credential_guard"
    assert "the login as ops" in str(skipped["error"])
    assert "was not completed by 3 devices in a row" in str(skipped["error"])


def test_a_device_that_waits_for_the_guard_at_the_deadline_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """One device gets no answer to its login. The others wait for it: connected, or not."""
    monkeypatch.setattr(_roll, "spread", list)
    monkeypatch.setattr(guard, "PATIENCE", 600.0)

    async def hangs(_user: str, _password: str) -> bool:
        await asyncio.Event().wait()
        return False

    with OddServer(prompt_only, login=hangs) as server:
        port = closed_port()
        devices = fleet(server, 100, connect_timeout=60.0)
        devices = [replace(each, port=port) if place < 5 else each for place, each in enumerate(devices)]
        answers = call_roll(devices, deadline=10.0)
        assert len(server.logins) == 1
    assert counts(answers) == {"unreachable": 5, "timeout": 1, "skipped": 94}
    assert {kind_of(each) for each in answers.values() if each["status"] != "unreachable"} == {"deadline"}
    assert "no other device accepted its credential" in said_of_skipped(answers)


def test_a_device_that_ends_a_waiting_connection_is_connected_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first login takes until the server has ended connections that waited for it."""
    monkeypatch.setattr(_roll, "spread", list)
    monkeypatch.setattr(guard, "PATIENCE", 600.0)
    ended = 3

    async def slow(_user: str, _password: str) -> bool:
        if len(server.logins) == 1:
            while len(server.waiting) < ended:
                await asyncio.sleep(0.05)
            for connection in server.waiting[:ended]:
                connection.abort()
        return True

    with OddServer(prompt_only, login=slow) as server:
        port = closed_port()
        devices = [replace(each, port=port) if place < 10 else each for place, each in enumerate(fleet(server, 40))]
        answers = call_roll(devices, retries=0)
        assert (server.connections, len(server.logins)) == (30 + ended, 30)
    assert counts(answers) == {"ok": 30, "unreachable": 10}


def test_a_device_without_a_password_does_not_wait_for_the_connect_timeout() -> None:
    with OddServer(prompt_only, asks=False) as server:
        answers = call_roll(fleet(server, 3, connect_timeout=600.0), deadline=90.0)
    assert counts(answers) == {"ok": 3}


async def asks_inside(line: Line) -> None:
    """Ask for user and password inside the session, and refuse them."""
    line.say("Username: ")
    await line.hear()
    line.say("Password: ")
    await line.hear(echo=False)
    line.say("\n% Login invalid\n\nUsername: ")
    await line.stall()


async def stalls_inside(line: Line) -> None:
    """Ask for user and password inside the session, and say nothing more."""
    line.say("Username: ")
    await line.hear()
    line.say("Password: ")
    await line.hear(echo=False)
    await line.stall()


@pytest.mark.parametrize(
    ("session", "status", "what"),
    [(asks_inside, "auth_failed", "refused by 3 devices"), (stalls_inside, "timeout", "not completed by 3 devices")],
)
def test_a_password_that_is_asked_for_inside_the_session_is_counted(session: Session, status: str, what: str) -> None:
    with OddServer(session, asks=False) as server:
        answers = call_roll(fleet(server, 20, WRONG, command_timeout=6.0), login_canary=3)
    assert counts(answers) == {status: 3, "skipped": 17}
    skipped = next(answer for answer in answers.values() if answer["status"] == "skipped")
    assert what in str(skipped["error"])


def test_devices_without_a_prompt_do_not_stop_the_others() -> None:
    """They accept the login. Their platform is another one."""

    async def is_silent(line: Line) -> None:
        await line.stall()

    with OddServer(is_silent, login=by_password) as server:
        answers = call_roll(fleet(server, 12, command_timeout=1.0), login_canary=1)
    assert counts(answers) == {"timeout": 12}
    assert {kind_of(each) for each in answers.values()} == {"no_prompt"}


def test_neighbours_that_refuse_and_keep_all_workers_busy_do_not_stop_the_others() -> None:
    """The first 20 devices of the inventory refuse, and only ten are asked at a time."""

    async def never(_user: str, _password: str) -> bool:
        return False

    with OddServer(prompt_only, login=by_password) as server, OddServer(prompt_only, login=never) as bad:
        devices = [
            replace(each, port=bad.port) if place < 20 else each for place, each in enumerate(fleet(server, 100))
        ]
        answers = call_roll(devices, workers=10)
    assert counts(answers) == {"ok": 80, "auth_failed": 20}


def test_a_fleet_where_a_few_devices_refuse() -> None:
    with OddServer(prompt_only, login=by_number(lambda number: number not in (0, 100, 101, 102, 600))) as server:
        answers = call_roll(fleet(server, 1000))
    assert counts(answers) == {"ok": 995, "auth_failed": 5}


def test_a_password_that_is_changed_during_the_run() -> None:
    at_once = 20
    with OddServer(prompt_only, login=by_number(lambda number: number < 100)) as server:
        answers = call_roll(fleet(server, 500), max_open_logins=at_once)
        refused = len(server.logins) - 100
    assert counts(answers) == {"ok": 100, "auth_failed": refused, "skipped": 400 - refused}
    assert 3 <= refused <= 3 + at_once


def test_two_passwords_of_one_user_are_told_apart() -> None:
    with OddServer(prompt_only, login=by_password) as server:
        right = fleet(server, 50)
        wrong = {f"w{number}": device for number, device in enumerate(fleet(server, 50, WRONG))}
        answers = call_roll({device.name: device for device in right} | wrong)
    assert counts(answers) == {"ok": 50, "auth_failed": 3, "skipped": 47}


def test_several_wrong_passwords_of_one_user_are_counted_together_and_remembered(tmp_path: Path) -> None:
    memory = tmp_path / "state/refused_logins.json"

    def groups(*passwords: str) -> dict[str, Device]:
        return {
            f"g{group}-{device.name}": replace(device, name=f"g{group}-{device.name}")
            for group, password in enumerate(passwords)
            for device in fleet(server, 20, password)
        }

    with OddServer(prompt_only, login=by_password) as server:
        answers = call_roll(groups("wrong-1", "wrong-2", "wrong-3", "wrong-4"), output_dir=tmp_path)
        assert len(server.logins) == 3
        assert counts(answers) == {"auth_failed": 3, "skipped": 77}
        assert "as ops with several credentials was refused by 3 devices" in said_of_skipped(answers)
        assert "several credentials" in {each["source"] for each in json.loads(memory.read_text())["refused"]}

        answers = call_roll(groups("wrong-1", "wrong-2", "wrong-3", "wrong-5"), output_dir=tmp_path)
        assert len(server.logins) == 3 + 1, "one canary in the next run"

        answers = call_roll(groups(RIGHT), output_dir=tmp_path)
        assert counts(answers) == {"ok": 20}
        assert json.loads(memory.read_text())["refused"] == []


def said_of_skipped(answers: Mapping[str, Any]) -> str:
    return " ".join(str(answer["error"]) for answer in answers.values() if answer["status"] == "skipped")


def test_a_wrong_password_counts_for_all_enable_passwords() -> None:
    with OddServer(prompt_only, login=by_password) as server:
        devices = {
            f"{become}-{device.name}": device
            for become in ("one", "two", "three")
            for device in fleet(server, 20, WRONG, become=True, become_password=become)
        }
        answers = call_roll(devices)
        assert len(server.logins) == 3
    assert counts(answers) == {"auth_failed": 3, "skipped": 57}


def privileged_mode(heard: list[str]) -> Session:
    """Let the password ``right`` enter the privileged mode. All passwords are added to the list."""

    async def session(line: Line) -> None:
        prompt = "box>"
        while True:
            line.say(prompt)
            command = await line.hear()
            if command == "enable":
                line.say("Password: ")
                heard.append(await line.hear(echo=False))
                line.say("\n" if heard[-1] == "right" else "\n% Access denied\n")
                prompt = "box#" if heard[-1] == "right" else prompt
            elif command == "show version":
                line.say("version 1\n")

    return session


def test_wrong_enable_passwords_of_one_user_are_counted_together() -> None:
    heard: list[str] = []
    with OddServer(privileged_mode(heard), login=by_password) as server:
        devices = fleet(server, 40, become=True)
        answers = call_roll([replace(each, become_password=f"wrong-{each.name}") for each in devices])
    assert len(heard) == 3
    assert counts(answers) == {"auth_failed": 3, "skipped": 37}
    assert "as ops with several enable passwords was refused by 3 devices" in said_of_skipped(answers)


def test_a_wrong_enable_password_is_counted_alone() -> None:
    """The devices with another enable password are asked, with the same login."""
    heard: list[str] = []
    with OddServer(privileged_mode(heard), login=by_password) as server:
        devices = {
            f"{become}-{device.name}": device
            for become in ("right", "wrong")
            for device in fleet(server, 30, become=True, become_password=become)
        }
        answers = call_roll(devices)
    assert Counter(heard) == {"right": 30, "wrong": 3}
    assert counts(answers) == {"ok": 30, "auth_failed": 3, "skipped": 27}
    stopped = next(answer for answer in answers.values() if answer["status"] == "skipped")
    assert kind_of(stopped) == "credential_guard"
    assert "the login as ops with the enable password was refused by 3 devices" in str(stopped["error"])


def test_a_wrong_enable_password_is_sent_to_three_although_others_need_none() -> None:
    heard: list[str] = []
    with OddServer(prompt_only, login=by_password) as privileged, OddServer(privileged_mode(heard)) as needs_it:
        devices = {
            f"{name}-{device.name}": device
            for name, server in (("privileged", privileged), ("needs", needs_it))
            for device in fleet(server, 20, become=True, become_password="wrong")
        }
        answers = call_roll(devices)
    assert len(heard) == 3
    assert counts(answers) == {"ok": 20, "auth_failed": 3, "skipped": 17}
    assert all(answer["status"] == "ok" for name, answer in answers.items() if name.startswith("privileged"))


def test_a_wrong_password_is_sent_to_three_although_others_accept_the_key(tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o600)
    with (
        OddServer(prompt_only, login=by_password, accepts_key=True) as by_key,
        OddServer(prompt_only, login=by_password, accepts_key=False) as without_key,
    ):
        devices = {
            f"{name}-{device.name}": device
            for name, server in (("key", by_key), ("password", without_key))
            for device in fleet(server, 20, WRONG, private_key_file=str(tmp_path / "key"))
        }
        answers = call_roll(devices)
    assert by_key.logins == []
    assert len(without_key.logins) == 3
    assert counts(answers) == {"ok": 20, "auth_failed": 3, "skipped": 17}
    assert all(answer["status"] == "ok" for name, answer in answers.items() if name.startswith("key"))
    assert "the password beside the key of" in said_of_skipped(answers)


@pytest.mark.parametrize(
    ("canary", "limit", "sent"),
    [(1, 1, 1), (1, 0, 30), (0, 0, 30)],
)
def test_the_options_of_the_guard(canary: int, limit: int, sent: int) -> None:
    with OddServer(prompt_only, login=by_password) as server:
        call_roll(fleet(server, 30, WRONG), login_canary=canary, login_failure_limit=limit)
        assert len(server.logins) == sent


def test_refusals_of_a_function_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not known when its login is accepted, so there is no canary."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "refusing_function.py").write_text(
        "from ansible_collections.rollcall.network.plugins.module_utils.driver import Device, DeviceError\n"
        "def ask(device: Device):\n"
        "    raise DeviceError('auth_failed', 'auth', 'token', 'refused')\n"
    )
    devices = [
        make_device(f"d{number}", function="refusing_function.ask", user="ops", password="x") for number in range(30)
    ]
    answers = call_roll(devices, workers=1)
    assert counts(answers) == {"auth_failed": 3, "skipped": 27}
    assert {kind_of(each) for each in answers.values() if each["status"] == "skipped"} == {"credential_guard"}


def test_names_that_wait_at_the_deadline_are_skipped() -> None:
    with OddServer(prompt_only) as server:
        answers = call_roll(fleet(server, 5), logins_per_second=0.01, deadline=3.0)
    assert counts(answers) == {"ok": 1, "skipped": 4}
    waited = [answer for answer in answers.values() if answer["status"] == "skipped"]
    assert {(kind_of(answer), answer["attempts"]) for answer in waited} == {("deadline", 0)}


def hosts(server: OddServer, password: str, count: int) -> str:
    """An inventory of devices with one password."""
    variables = {
        "ansible_host": server.address,
        "ansible_port": server.port,
        "ansible_user": "ops",
        "ansible_password": password,
        "ansible_network_os": "cisco.ios.ios",
        "ansible_host_key_checking": False,
        "rollcall_commands": ["show version"],
    }
    return json.dumps({"all": {"hosts": {f"d{number:02}": {} for number in range(count)}, "vars": variables}})


SERIAL = """
- hosts: all
  gather_facts: false
  serial: SIZE
  tasks:
    - rollcall.network.collect:
        hosts: "{{ ansible_play_batch }}"
      run_once: true
      delegate_to: localhost
      register: roll
    - ansible.builtin.debug:
        msg: "statuses={{ roll.devices.values() | map(attribute='status') | join(',') }}."
      run_once: true
"""
LOOKUP = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
        msg: "statuses={{ lookup('rollcall.network.collect', item)[item].status }}."
      run_once: true
      loop: "{{ ansible_play_hosts_all }}"
"""


def played(playbook: str, inventory: Path) -> Counter[str]:
    done = run_playbook(playbook, inventory)
    found = re.findall(r"statuses=([\w,]+)\.", done.stdout)
    assert found, done.stdout + done.stderr
    return Counter(status for each in found for status in each.split(","))


@pytest.mark.parametrize(
    "playbook",
    [
        pytest.param(SERIAL.replace("SIZE", "1"), id="batches of one"),
        pytest.param(SERIAL.replace("SIZE", "2"), id="batches"),
        pytest.param(LOOKUP, id="a lookup for each"),
    ],
)
def test_all_runs_of_one_playbook_send_a_wrong_password_to_three(playbook: str, tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    with OddServer(prompt_only, login=by_password) as server:
        inventory.write_text(hosts(server, WRONG, 5))
        assert played(playbook, inventory) == {"auth_failed": 3, "skipped": 2}
        assert len(server.logins) == 3


def test_a_batch_that_refuses_does_not_stop_the_next_ones_of_an_accepted_password(tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    with OddServer(prompt_only, login=by_number(lambda number: number not in (4, 5, 6))) as server:
        inventory.write_text(hosts(server, RIGHT, 16))
        assert played(SERIAL.replace("SIZE", "4"), inventory) == {"ok": 12, "auth_failed": 3, "skipped": 1}


def test_another_password_is_tried_in_the_same_playbook(tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    with OddServer(prompt_only, login=by_password) as server:
        inventory.write_text(hosts(server, WRONG, 6))
        again = SERIAL.replace("SIZE", "6").replace("  tasks:", f"  vars: {{ansible_password: {RIGHT}}}\n  tasks:")
        assert played(SERIAL.replace("SIZE", "6") + again, inventory) == {"auth_failed": 3, "skipped": 3, "ok": 6}
