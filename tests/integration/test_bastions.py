# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices behind bastions: one login for all of them, and whose fault an error is."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device, Hop
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from ansible_collections.rollcall.network.plugins.plugin_utils._why import groups_of
from tests.integration.asking import lab_device
from tests.integration.bastion import Bastion
from tests.integration.conftest import meanwhile, watched_processes
from tests.integration.odd_server import Line, OddServer
from tests.integration.openssh import wait_until
from tests.lab import Lab

MANY = 200
Answers = dict[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def real(openssh_here: None) -> None:
    """Skips where no sshd can run."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(devices=MANY, healthy=True, latency=0.5) as lab:
        yield lab


def fleet(lab: Lab, *hops: Hop, count: int = MANY, **settings: Any) -> dict[str, Device]:
    return {
        each.name: lab_device(
            each,
            commands=2,
            become=each.enable is not None,
            host_key_checking=False,
            connect_timeout=60.0,
            hops=hops,
            **settings,
        )
        for each in list(lab.devices.values())[:count]
    }


def box(server: OddServer, name: str = "box", **settings: Any) -> Device:
    usual: dict[str, Any] = {
        "host": server.address,
        "port": server.port,
        "user": "someone",
        "password": "password-of-the-box",
        "platform": "cisco_iosxe",
        "commands": (Command("show version"),),
        "host_key_checking": False,
        "connect_timeout": 20.0,
    }
    return Device(name=name, **{**usual, **settings})


async def prompt_only(line: Line) -> None:
    while True:
        line.say("box#")
        if await line.hear() == "show version":
            line.say("version 1\n")


def ask(devices: dict[str, Device] | Iterable[Device], **limits: Any) -> Answers:
    if not isinstance(devices, dict):
        devices = {each.name: each for each in devices}
    return call_roll(devices, Limits(**{"device_timeout": 200, **limits}))


def statuses(answers: Answers) -> dict[str, int]:
    found: dict[str, int] = {}
    for answer in answers.values():
        found[answer["status"]] = found.get(answer["status"], 0) + 1
    return found


def test_200_devices_behind_a_bastion_with_default_settings_cost_one_login(lab: Lab) -> None:
    with Bastion() as bastion, watched_processes() as seen:
        answers = ask(fleet(lab, bastion.hop()))
        wait_until(lambda: "Disconnected by application" in bastion.log(), "it logged out", timeout=20)
        log, logins = bastion.log(), bastion.logins()
    assert statuses(answers) == {"ok": MANY}
    assert logins == 1
    assert "drop connection" not in log
    assert {answer["connection"]["bastions"] for answer in answers.values()} == {"jump"}
    programs = [line for line in seen if line.split("\0")[0].rpartition("/")[2] in ("ssh", "sshpass")]
    port = str(bastion.hop().port)  # other tests start ssh too
    assert not [line for line in programs if port in line]


def test_two_bastions_in_a_row(lab: Lab) -> None:
    with Bastion() as first, Bastion() as second:
        through_both = fleet(lab, first.hop("outer"), second.hop("inner"), count=20)
        through_one = {f"{name}-again": device for name, device in fleet(lab, first.hop("outer"), count=20).items()}
        answers = ask({**through_both, **through_one})
        assert statuses(answers) == {"ok": 40}
        assert (first.logins(), second.logins()) == (1, 1)


def test_a_bastion_killed_in_the_middle_is_connected_again(lab: Lab) -> None:
    with Bastion() as bastion:

        def act() -> None:
            wait_until(lambda: bastion.connections() > MANY // 2, "devices are open", timeout=60)
            bastion.kill_session()

        with meanwhile(act):
            answers = ask(fleet(lab, bastion.hop()))
        assert {name: each["error"] for name, each in answers.items() if each["status"] != "ok"} == {}
        assert bastion.logins() == 2


def test_a_bastion_that_falls_silent_is_connected_again(lab: Lab) -> None:
    with Bastion() as bastion:

        def act() -> None:
            wait_until(lambda: bastion.connections() > 10, "devices are open", timeout=60)
            bastion.stop_session()

        patience: dict[str, Any] = {"command_timeout": 3.0, "connect_timeout": 5.0}
        devices = fleet(lab, bastion.hop(), count=20)
        devices = {name: replace(each, **patience) for name, each in devices.items()}
        with meanwhile(act):
            answers = ask(devices)
        assert statuses(answers) == {"ok": 20}
        assert bastion.logins() == 2


def test_a_bastion_killed_twice_is_the_reason_of_all_that_were_open(lab: Lab) -> None:
    with Bastion() as bastion:

        def act() -> None:
            for _time in range(2):
                wait_until(lambda: bastion.connections() > MANY // 2, "devices are open", timeout=60)
                bastion.kill_session()

        with meanwhile(act):
            answers = ask(fleet(lab, bastion.hop()), retries=1)
        assert bastion.logins() == 2
    failed = {name: answer for name, answer in answers.items() if answer["status"] != "ok"}
    assert len(failed) > MANY // 2
    assert {answer["error"]["kind"] for answer in failed.values()} == {"bastion"}
    assert len(groups_of(failed.items())) == 1
    [message] = {answer["error"]["message"] for answer in failed.values()}
    assert f"bastion jump (127.0.0.1 port {bastion.port})" in message


def test_a_command_that_is_not_read_only_is_not_sent_again_after_a_loss(lab: Lab) -> None:
    with Bastion() as bastion:

        def act() -> None:
            wait_until(lambda: bastion.connections() > 15, "devices are open", timeout=60)
            wait_until(lambda: len(sent) == 20, "the commands are sent", timeout=60)
            bastion.kill_session()

        sent: list[str] = []

        async def session(line: Line) -> None:
            while True:
                line.say("box#")
                if await line.hear() == "reload in 5":
                    sent.append("reload in 5")
                    await line.stall()

        with OddServer(session) as server, meanwhile(act):
            commands = (Command("reload in 5"),)
            way = {"commands": commands, "allow_commands": ("reload *",), "hops": (bastion.hop(),)}
            boxes = [box(server, f"box{each}", **way) for each in range(20)]
            answers = ask(boxes, retries=1)
            assert len(sent) == 20
    assert {answer["error"]["kind"] for answer in answers.values()} == {"bastion"}
    assert all("not sent again" in answer["error"]["message"] for answer in answers.values())


def test_a_wrong_password_is_sent_to_a_bastion_once(lab: Lab) -> None:
    with Bastion() as bastion:
        answers = ask(fleet(lab, bastion.hop(password="wrong-password-of-jump"), count=50), retries=2)
        assert (bastion.refusals(), bastion.logins()) == (1, 0)
    assert statuses(answers) == {"auth_failed": 50}
    assert {answer["error"]["kind"] for answer in answers.values()} == {"bastion"}
    assert len(groups_of(answers.items())) == 1
    assert "wrong-password-of-jump" not in str(answers)


def test_a_credential_refused_in_one_chain_is_not_sent_in_another(lab: Lab) -> None:
    with Bastion() as first, Bastion() as last:
        wrong = last.hop("inner", password="wrong-password-of-inner")
        short, long = fleet(lab, wrong, count=1), fleet(lab, first.hop(), wrong, count=2)
        long.pop(next(iter(short)))
        answers = ask({**short, **long}, workers=1)
        assert statuses(answers) == {"auth_failed": 2}
        assert last.refusals() <= 2  # one in each worker process


@pytest.mark.parametrize(
    ("option", "said"),
    [({"AllowTcpForwarding": "no"}, "forwards no connection"), ({"PermitOpen": "none"}, "forwards no connection")],
)
def test_a_bastion_that_forwards_nothing_is_named(lab: Lab, option: dict[str, str], said: str) -> None:
    with Bastion(**option) as bastion:
        answers = ask(fleet(lab, bastion.hop(), count=20))
    assert statuses(answers) == {"unreachable": 20}
    assert {answer["error"]["kind"] for answer in answers.values()} == {"bastion"}
    assert all(said in answer["error"]["message"] for answer in answers.values())
    assert len(groups_of(answers.items())) == 1


def unreachable_bastions() -> Iterator[tuple[str, Hop, str]]:
    nothing: dict[str, Any] = {"port": 1, "user": "u", "password": "p", "host_key_checking": False}
    yield "refused", Hop("jump", "127.0.0.1", **nothing), "refused the connection"
    yield "dns", Hop("jump", "no-such-host.invalid", **nothing), "has no address"


@pytest.mark.parametrize(("hop", "said"), [pytest.param(*rest, id=name) for name, *rest in unreachable_bastions()])
def test_a_bastion_that_cannot_be_reached_is_named(hop: Hop, said: str) -> None:
    with OddServer(prompt_only) as server:
        answers = ask([box(server, f"box{each}", hops=(hop,)) for each in range(20)])
    assert {answer["error"]["kind"] for answer in answers.values()} == {"bastion"}
    [message] = {answer["error"]["message"] for answer in answers.values()}
    assert f"bastion jump ({hop.host} port 1)" in message
    assert said in message
    assert "the device" not in message


def test_what_a_bastion_says_before_its_version_is_quoted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, OddServer(prompt_only) as server:

        def act() -> None:
            connection, _address = listener.accept()
            with connection:
                connection.sendall(b"Exceeded MaxStartups\r\n")

        hop = Hop("jump", "127.0.0.1", listener.getsockname()[1], "u", "p", host_key_checking=False)
        with meanwhile(act):
            answers = ask([box(server, hops=(hop,))])
    error = answers["box"]["error"]
    assert (answers["box"]["status"], error["kind"]) == ("unreachable", "bastion")
    assert "Exceeded MaxStartups" in error["message"]


def test_a_device_that_is_off_is_not_an_error_of_the_bastion() -> None:
    with OddServer(prompt_only) as server, Bastion() as bastion:
        hops = (bastion.hop(),)
        off = box(server, "off", port=1, hops=hops)
        answers = ask([off, *(box(server, f"box{each}", hops=hops) for each in range(5))])
    assert statuses(answers) == {"unreachable": 1, "ok": 5}
    error = answers["off"]["error"]
    assert (error["phase"], error["kind"]) == ("connect", "refused")
    assert "127.0.0.1 port 1 refused the connection, says bastion jump" in error["message"]


def test_a_silent_device_behind_a_bastion_does_not_affect_others() -> None:
    with OddServer(prompt_only) as server, Bastion() as bastion, socket.create_server(("127.0.0.1", 0)) as mute:
        hops = (bastion.hop(),)
        silent = [
            box(server, f"silent{each}", port=mute.getsockname()[1], hops=hops, connect_timeout=2.0)
            for each in range(60)
        ]
        answers = ask([*silent, box(server, hops=hops)])
    assert answers.pop("box")["status"] == "ok"
    assert statuses(answers) == {"timeout": 60}


def test_a_bastion_behind_a_proxy_command(lab: Lab, relay: str) -> None:
    with Bastion() as bastion:
        command = f"true; {relay} {bastion.address} {bastion.port}"
        answers = ask(fleet(lab, bastion.hop(proxy_command=command), count=20))
        assert bastion.logins() == 1
    assert statuses(answers) == {"ok": 20}


@pytest.fixture(scope="session")
def relay(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A command that copies bytes to and from an address."""
    file = tmp_path_factory.mktemp("relay") / "relay.py"
    file.write_text(RELAY)
    return f"{sys.executable} {file}"


RELAY = """
import os, socket, sys, threading
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def copy():
    while data := peer.recv(65536):
        os.write(1, data)
    os._exit(0)
threading.Thread(target=copy, daemon=True).start()
while data := os.read(0, 65536):
    peer.sendall(data)
"""
