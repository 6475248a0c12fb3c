# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task that is not delegated to localhost must not log in to a device with Ansible's own connection."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.conftest import run_playbook
from tests.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".cache" / "peers"
REFUSED = "add delegate_to: localhost and run_once: true to the task"


class Listener:
    """A port that counts who connects, and hangs up."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def router() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def inventory(router: Listener, folder: Path, **variables: Any) -> Path:
    login = {"ansible_host": "127.0.0.1", "ansible_port": router.port, "ansible_user": "u", "ansible_password": "p"}
    hosts = {name: {**login, **variables} for name in ("r1", "r2")}
    path = folder / "inventory.yml"
    path.write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    return path


def play(task: Mapping[str, Any], **more: Any) -> str:
    return json.dumps([{"name": "Play", "hosts": "r1,r2", "gather_facts": False, "tasks": [task], **more}])


def collect(hosts: str, **arguments: Any) -> dict[str, Any]:
    asked = {"hosts": hosts, "commands": ["show clock"], "deadline": 20, "retries": 0, **arguments}
    return {"name": "Call the roll", "rollcall.network.collect": asked}


PLAY_HOSTS = "{{ ansible_play_hosts_all }}"
IOS = {"ansible_network_os": "cisco.ios.ios"}


@pytest.mark.parametrize(
    ("hosts", "variables", "keywords", "why"),
    [
        (PLAY_HOSTS, IOS, {"run_once": True}, "it is one of hosts"),
        (PLAY_HOSTS, IOS, {}, "it is one of hosts"),
        (PLAY_HOSTS, {}, {"run_once": True}, "it is one of hosts"),
        ("r2", IOS, {"run_once": True}, "its ansible_network_os is cisco.ios.ios"),
        (PLAY_HOSTS, IOS, {"run_once": True, "delegate_to": "r2"}, "its ansible_network_os is cisco.ios.ios"),
    ],
)
def test_a_task_on_a_device_fails_before_it_connects(
    hosts: str,
    variables: Mapping[str, Any],
    keywords: Mapping[str, Any],
    why: str,
    router: Listener,
    tmp_path: Path,
) -> None:
    done = run_playbook(play({**collect(hosts), **keywords}), inventory(router, tmp_path, **variables))
    output = done.stdout + done.stderr
    assert done.returncode == 2, output
    assert REFUSED in output
    assert f"a device to be asked ({why})" in output
    assert router.connections == 0


@pytest.mark.parametrize("connection", ["network_cli", "netconf"])
def test_a_persistent_connection_is_not_started(connection: str, router: Listener, tmp_path: Path) -> None:
    if not (PEERS / "made").exists():
        pytest.skip("ansible.netcommon is not installed in .cache/peers: run `make peers`.")
    (collections,) = (PEERS / "lib").glob("python3.*/site-packages")
    env = {"ANSIBLE_COLLECTIONS_PATH": f"{ROOT / 'collections'}:{collections}"}
    path = inventory(router, tmp_path, **IOS, ansible_connection=f"ansible.netcommon.{connection}")
    done = run_playbook(play({**collect(PLAY_HOSTS), "run_once": True}), path, env=env)
    output = done.stdout + done.stderr
    assert done.returncode == 2, output
    assert REFUSED in output
    assert f"its connection is ansible.netcommon.{connection}" in output
    assert router.connections == 0


def test_a_task_with_a_local_connection_needs_no_delegation(tmp_path: Path) -> None:
    with Lab(4, healthy=True) as lab:
        task = {**collect(PLAY_HOSTS, commands=["show version"]), "run_once": True}
        text = play(task, hosts="fra-edge1,fra-spine1", vars={"ansible_connection": "local"})
        done = run_playbook(text, lab.inventory)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_report_that_is_not_delegated_connects_to_nobody(router: Listener, tmp_path: Path) -> None:
    ask = {
        "rollcall.network.collect": {"hosts": PLAY_HOSTS, "driver": "python", "function": "builtins.len"},
        "register": "roll",
        "delegate_to": "localhost",
    }
    report = {
        "rollcall.network.report": {"devices": "{{ roll.devices }}", "dest": f"{tmp_path}/reports", "formats": ["md"]}
    }
    tasks = [{"name": "Task", "run_once": True, **task} for task in (ask, report)]
    done = run_playbook(play({}, tasks=tasks), inventory(router, tmp_path, **IOS))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "reports" / "index.md").exists()
    assert router.connections == 0
