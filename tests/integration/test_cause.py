# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run says what most of its failures have in common, in all that it writes, with the real playbook and 20 devices."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import run_playbook
from tests.integration.odd_server import Line, OddServer
from tests.integration.test_signals import metrics, webhook

PLAYBOOK = Path(__file__).parents[2] / "playbooks" / "collect.yml"
RIGHT, WRONG, SLOW = "right-battery-staple", "wrong-battery-staple", "slow-battery-staple"
COUNT = 20


async def prompt_only(line: Line) -> None:
    while True:
        line.say("box#")
        if await line.hear() == "show version":
            line.say("version 1\n")


async def by_password(_user: str, password: str) -> bool:
    if password == SLOW:  # as if the AAA server did not answer
        await asyncio.sleep(3600)
    return password == RIGHT


@pytest.fixture(scope="module")
def server() -> Iterator[OddServer]:
    with OddServer(prompt_only, login=by_password) as server:
        yield server


@pytest.fixture(scope="module")
def closed_port() -> Iterator[int]:
    with socket.socket() as held:  # bound, and nothing listens
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


Hosts = dict[str, dict[str, Any]]


def fleet(server: OddServer, **more: Any) -> Hosts:
    host = {
        "ansible_host": server.address,
        "ansible_port": server.port,
        "ansible_user": "ops",
        "ansible_password": RIGHT,
        "ansible_host_key_checking": False,
        "ansible_network_os": "cisco.ios.ios",
        "rollcall_commands": ["show version"],
    }
    return {f"d{number:02}": {**host, **more} for number in range(COUNT)}


def dead_bastion(server: OddServer, closed_port: int) -> Hosts:
    return fleet(server, rollcall_jump_hosts=[f"jump@127.0.0.1:{closed_port}"])


def wrong_password(server: OddServer, closed_port: int) -> Hosts:
    return fleet(server, ansible_password=WRONG)


def silent_aaa_server(server: OddServer, closed_port: int) -> Hosts:
    return fleet(server, ansible_password=SLOW, ansible_connect_timeout=2)


def two_wrong_passwords(server: OddServer, closed_port: int) -> Hosts:
    credentials = [{"name": name, "user": "ops", "password": f"{WRONG}-{name}"} for name in ("old", "older")]
    return fleet(server, rollcall_credentials=credentials)


def refusing_bastion(server: OddServer, closed_port: int) -> Hosts:
    """The bastion has the login of the devices, and refuses it."""
    bastion = f"jump@{server.address}:{server.port}"
    return fleet(server, ansible_password=WRONG, rollcall_jump_hosts=[bastion])


def three_off(server: OddServer, closed_port: int) -> Hosts:
    hosts = fleet(server)
    for name in ("d03", "d07", "d11"):
        hosts[name]["ansible_port"] = closed_port
    return hosts


def all_on(server: OddServer, closed_port: int) -> Hosts:
    return fleet(server)


def one_command_writes(server: OddServer, closed_port: int) -> Hosts:
    return fleet(server, rollcall_commands=["reload"])


CASES = [
    (dead_bastion, {}, "bastion", "The bastion failed (127.0.0.1): no full answer from 20 of 20 devices"),
    (
        wrong_password,
        {},
        "credential_guard",
        "The credential guard stopped logins (as ops with variable ansible_password): no full answer from 20 of 20 "
        "devices, and 17 of them were not asked",
    ),
    (
        wrong_password,
        {"rollcall_login_failure_limit": 0},
        "logins",
        "Logins failed: no full answer from 20 of 20 devices",
    ),
    (
        silent_aaa_server,
        {},
        "logins",
        "Logins failed: no full answer from 20 of 20 devices, which refused the login or did not complete it, and "
        "17 of them were not asked; check user, password or key, and the AAA server",
    ),
    (
        two_wrong_passwords,
        {},
        "credential_guard",
        "The credential guard stopped logins (as ops with several credentials): no full answer from 20 of 20 devices",
    ),
    (refusing_bastion, {}, "bastion", "The bastion failed (127."),
    (three_off, {}, "devices", "17 of 20 devices answered in full"),
    (
        one_command_writes,
        {},
        "not_read_only",
        "Commands are not in the list of read-only commands: no full answer from 20 of 20 devices",
    ),
    (all_on, {}, None, "20 of 20 devices answered in full"),
]


@pytest.mark.parametrize(
    ("hosts", "given", "cause", "sentence"),
    CASES,
    ids=[
        "a dead bastion",
        "a wrong password",
        "without the guard",
        "an AAA server that does not answer",
        "two wrong passwords",
        "a bastion that refuses",
        "three devices off",
        "not read-only",
        "all on",
    ],
)
def test_a_run_says_what_its_failures_have_in_common(
    hosts: Any,
    given: dict[str, Any],
    cause: str | None,
    sentence: str,
    server: OddServer,
    closed_port: int,
    tmp_path: Path,
) -> None:
    out, file = tmp_path / "out", tmp_path / "rollcall.prom"
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts(server, closed_port)}}))
    with webhook(204) as (url, told):
        variables = {
            "rollcall_output_dir": str(out),
            "rollcall_formats": ["html", "md", "json"],
            "rollcall_metrics_file": str(file),
            "rollcall_webhook_url": url,
            "rollcall_retries": 0,
            **given,
        }
        extra = ["-e", json.dumps(variables)]
        done = run_playbook(PLAYBOOK, inventory, *extra, env={"ANSIBLE_SHOW_CUSTOM_STATS": "1"})
    output = done.stdout + done.stderr
    assert done.returncode == (2 if cause else 0), output

    # What programs read.
    [outcome] = told
    [run] = (out / "runs").iterdir()
    manifest = json.loads((run / "manifest.json").read_text())
    record = json.loads((out / "state" / "fleet.json").read_text())["run"]
    report = json.loads((run / "reports" / "fleet.json").read_text())
    verdicts = {"webhook": outcome["verdict"], "manifest": manifest["verdict"], "report": report["verdict"]}
    assert {name: verdict["cause"] for name, verdict in verdicts.items()} == dict.fromkeys(verdicts, cause)
    assert record["cause"] == cause
    for name, verdict in verdicts.items():
        assert verdict["sentence"].startswith(sentence), name
    gauge = {labels[-1]: value for labels, value in metrics(file)["run_cause"].items()}
    assert {name for name, value in gauge.items() if value} == ({cause} if cause else set())
    assert f'"cause": {json.dumps(cause)}' in output.split("CUSTOM STATS")[1]

    # What people read: the first sentence.
    page = (run / "reports" / "index.html").read_text()
    heading = page.split("<h1>")[1].split("</h1>")[0]
    assert heading.startswith(sentence.replace("20 of 20 devices answered", "All 20 devices answered"))
    assert f"Roll call: {sentence}".replace("_", r"\_") in (run / "reports" / "index.md").read_text().splitlines()[0]
    assert " of 20 devices answered in full" in (run / "reports" / "index.md").read_text()
    said = [line.split("roll call: ")[1] for line in output.splitlines() if line.startswith("roll call: ")]
    said = [line for line in said if " done, " not in line]  # lines of the progress
    if cause not in (None, "devices"):
        assert said[0].startswith(sentence), output
        assert said[1].startswith("20 of 20 devices have no full answer")
    task = output.split("TASK [rollcall.network.collect : Fail if the run did not pass]")[1]
    assert task.split('"msg": "')[1].startswith(sentence)
