# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory that works with ansible.netcommon.network_cli works here unchanged, however it spells its logins."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.conftest import Roll, call_roll, run_playbook, shell_server
from tests.lab import Lab

PEERS = Path(__file__).resolve().parents[2] / ".cache" / "peers"

VERSION = "show version"
# Two sites: one of each platform lands at `>` and wants the enable secret, the other at `#`.
COMPARED = ("fra-wan1", "ams-wan1", "fra-leaf1", "ams-leaf1", "fra-spine1", "fra-core1", "fra-edge1")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(12, healthy=True) as running:
        yield running


# Both on one inventory


@pytest.fixture(scope="module")
def theirs(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What ansible.netcommon's cli_command returned, by name."""
    if not (PEERS / "made").exists():
        pytest.skip("ansible.netcommon is not installed in .cache/peers: run `make peers`.")
    file = tmp_path_factory.mktemp("theirs") / "shown.json"
    shown = (
        "{{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars, 'shown'))) | to_json }}"
    )
    tasks = [
        {"name": "Ask", "ansible.netcommon.cli_command": {"command": VERSION}, "register": "shown"},
        {
            "name": "Keep",
            "ansible.builtin.copy": {"content": shown, "dest": str(file), "mode": "0600"},
            "run_once": True,
            "delegate_to": "localhost",
        },
    ]
    play = {"name": "Theirs", "hosts": ",".join(COMPARED), "gather_facts": False, "tasks": tasks}
    # It reads only the known_hosts file of the account, which is not the lab's.
    env = {"ANSIBLE_HOST_KEY_CHECKING": "false"}
    done = run_playbook(json.dumps([play]), lab.inventory, "--forks", "4", env=env, programs=PEERS / "bin")
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, dict[str, Any]] = json.loads(file.read_text())
    return result


@pytest.fixture(scope="module")
def ours(lab: Lab) -> Roll:
    return call_roll(lab.inventory, {"commands": [VERSION]}, play={"hosts": ",".join(COMPARED)})


@pytest.mark.parametrize("name", COMPARED)
def test_one_inventory_gives_the_same_answers(theirs: dict[str, dict[str, Any]], ours: Roll, name: str) -> None:
    assert ours.devices[name]["status"] == "ok", ours.devices[name]["error"]
    own, their = ours.text(name, VERSION), theirs[name]["stdout"]
    assert [line.rstrip() for line in own.strip().splitlines()] == [
        line.rstrip() for line in their.strip().splitlines()
    ]


# Every spelling of a login

USER, PASSWORD, SECRET = "lab", "lab-password", "lab-enable"
VAULT_PASSWORD = "of-the-vault"
WRONG = "wrong"

# Variables of a host by the name of the case: all that it has to log in with. {key} is a file with a private key.
SPELLINGS: dict[str, dict[str, Any]] = {
    "user and password": {"ansible_user": USER, "ansible_password": PASSWORD},
    "ssh_user and ssh_pass": {"ansible_ssh_user": USER, "ansible_ssh_pass": PASSWORD},
    "ssh_password": {"ansible_user": USER, "ansible_ssh_password": PASSWORD},
    "password in another variable": {
        "ansible_user": "{{ my_login.user }}",
        "ansible_password": "{{ my_login[inventory_hostname | lower] }}",
        "my_login": {"user": USER, "password in another variable": PASSWORD},
    },
    "vaulted": {"ansible_user": USER, "ansible_password": "!vault"},
    "vaulted in another variable": {
        "ansible_user": USER,
        "ansible_password": "{{ vault_password }}",
        "vault_password": "!vault",
    },
    "ssh_private_key_file": {"ansible_user": USER, "ansible_ssh_private_key_file": "{key}"},
    "private_key_file": {"ansible_user": USER, "ansible_private_key_file": "{key}"},
    "ssh_host and ssh_port": {
        "ansible_host": None,
        "ansible_port": None,
        "ansible_ssh_host": "{address}",
        "ansible_ssh_port": "{port}",
        "ansible_user": USER,
        "ansible_password": PASSWORD,
    },
    "port as text": {"ansible_port": "{{ '{port}' }}", "ansible_user": USER, "ansible_password": PASSWORD},
    **{
        f"enable by {variable}": {
            "ansible_user": USER,
            "ansible_password": PASSWORD,
            "ansible_become": "yes",
            "ansible_become_method": "enable",
            variable: SECRET,
        }
        for variable in ("ansible_become_password", "ansible_become_pass")
    },
    "host before group": {"ansible_user": USER, "ansible_password": PASSWORD},
    "near group before far": {},
    "group_vars before the inventory's": {},
    # What is wrong is used too.
    "a wrong password": {"ansible_user": USER, "ansible_password": WRONG},
    "a wrong enable secret": {
        "ansible_user": USER,
        "ansible_password": PASSWORD,
        "ansible_become": True,
        "ansible_become_method": "enable",
        "ansible_become_password": WRONG,
    },
}
REFUSED = ("a wrong password", "a wrong enable secret")
GROUPS = {
    "far": {
        "hosts": {"host before group": {}},
        "vars": {"ansible_user": USER, "ansible_password": WRONG},
        "children": {"near": {"hosts": {"near group before far": {}}, "vars": {"ansible_password": PASSWORD}}},
    },
    "beside": {
        "hosts": {"group_vars before the inventory's": {}},
        "vars": {"ansible_user": USER, "ansible_password": WRONG},
    },
}
GROUP_VARS = {"beside": {"ansible_password": PASSWORD}}


class Vaulted(str):
    """A secret as ``ansible-vault encrypt_string`` gives it."""


yaml.SafeDumper.add_representer(Vaulted, lambda dumper, value: dumper.represent_scalar("!vault", str(value), style="|"))


def vaulted(secret: str, password_file: Path) -> Vaulted:
    ansible_vault = str(Path(sys.executable).parent / "ansible-vault")
    command = [ansible_vault, "encrypt_string", "--vault-password-file", str(password_file), secret]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return Vaulted("\n".join(line.strip() for line in done.stdout.splitlines()[1:]) + "\n")


def filled_in(value: Any, words: dict[str, str]) -> Any:
    """The value with {word} replaced in its texts."""
    if isinstance(value, dict):
        return {key: filled_in(each, words) for key, each in value.items()}
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace(f"{{{word}}}", text)
    return value


def write_inventory(folder: Path, lab: Lab, hosts: dict[str, dict[str, Any]]) -> Path:
    """Hosts that all are fra-wan1, an IOS-XE that lands at `>`, with their variables."""
    device = lab.devices["fra-wan1"]
    usual = {
        "ansible_host": device.address,
        "ansible_port": device.port,
        "ansible_network_os": device.platform,
        "ansible_connection": "ansible.netcommon.network_cli",
        "rollcall_known_hosts": str(lab.known_hosts),
    }
    members = {
        name: {key: value for key, value in {**usual, **variables}.items() if value is not None}
        for name, variables in hosts.items()
    }
    inventory = folder / "inventory.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": members}}))
    return inventory


@pytest.fixture(scope="module")
def spelled(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Roll:
    """One play over all spellings."""
    folder = tmp_path_factory.mktemp("spellings")
    vault = folder / "vault"
    vault.write_text(VAULT_PASSWORD)
    device = lab.devices["fra-wan1"]
    words = {"key": str(lab.key), "address": device.address, "port": str(device.port)}
    secret = vaulted(PASSWORD, vault)
    hosts = {
        name: {key: secret if value == "!vault" else filled_in(value, words) for key, value in variables.items()}
        for name, variables in SPELLINGS.items()
    }
    inventory = write_inventory(folder, lab, hosts)
    folder.joinpath("groups.yml").write_text(yaml.safe_dump(GROUPS))
    folder.joinpath("group_vars").mkdir()
    for group, variables in GROUP_VARS.items():
        folder.joinpath("group_vars", f"{group}.yml").write_text(yaml.safe_dump(variables))
    more = "-i", str(folder / "groups.yml"), "--vault-password-file", str(vault)
    return call_roll(inventory, {"commands": [VERSION], "retries": 0}, *more)


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_login_is_read_however_it_is_spelled(spelled: Roll, name: str) -> None:
    wanted = "auth_failed" if name in REFUSED else "ok"
    assert spelled.devices[name]["status"] == wanted, spelled.devices[name]["error"]


LOGIN = {"ansible_user": USER, "ansible_password": PASSWORD}
BECOME = {"ansible_become": True, "ansible_become_method": "enable"}


@dataclass(frozen=True)
class Case:
    """A login that is not in the inventory alone. {password} and {secret} are files that hold them, {key} a key."""

    host: dict[str, Any] = field(default_factory=dict)
    play: dict[str, Any] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)


ON_COMMAND_LINE = ("-u", USER, "--connection-password-file", "{password}")
NET = {"ANSIBLE_NET_USERNAME": USER, "ANSIBLE_NET_PASSWORD": PASSWORD}
CASES = {
    "-u and -k": Case(extra=ON_COMMAND_LINE),
    "-u and --private-key": Case(extra=("-u", USER, "--private-key", "{key}")),
    "the network credential of AWX": Case(env=NET),
    "the network credential's key": Case(env={"ANSIBLE_NET_USERNAME": USER, "ANSIBLE_NET_SSH_KEYFILE": "{key}"}),
    "vars of the play": Case(play={"vars": LOGIN}),
    "remote_user of the play": Case(host={"ansible_password": PASSWORD}, play={"remote_user": USER}),
    "-e": Case(extra=("-e", json.dumps(LOGIN))),
    "-K": Case(host={**LOGIN, **BECOME}, extra=("--become-password-file", "{secret}")),
    # Of two, the first one of each name wins.
    "play before host": Case(host={"ansible_password": WRONG}, play={"vars": LOGIN}),
    "-e before host": Case(host={"ansible_user": USER, "ansible_password": WRONG}, extra=("-e", json.dumps(LOGIN))),
    "host before network credential": Case(host=LOGIN, env={**NET, "ANSIBLE_NET_PASSWORD": WRONG}),
    "network credential before -k": Case(extra=("-u", WRONG, "--connection-password-file", "{secret}"), env=NET),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_login_comes_from_where_ansible_takes_it(lab: Lab, tmp_path: Path, case: Case) -> None:
    for name, text in {"password": PASSWORD, "secret": SECRET}.items():
        tmp_path.joinpath(name).write_text(text)
    words = {"password": str(tmp_path / "password"), "secret": str(tmp_path / "secret"), "key": str(lab.key)}
    inventory = write_inventory(tmp_path, lab, {"box": case.host})
    extra = [filled_in(word, words) for word in case.extra]
    roll = call_roll(
        inventory, {"commands": [VERSION], "retries": 0}, *extra, play=case.play, env=filled_in(case.env, words)
    )
    assert roll.devices["box"]["status"] == "ok", roll.devices["box"]["error"]
    for secret in (PASSWORD, SECRET):
        assert secret not in json.dumps(roll.result)
        assert secret not in roll.output


# The way through a jump host, in ssh's own words

JUMPS = {
    "ssh_common_args": {"ansible_ssh_common_args": '-o ProxyCommand="{ssh} -W [%h]:%p {jump}"'},
    "ssh_extra_args": {"ansible_ssh_extra_args": "-o 'ProxyCommand={ssh} -W %h:%p {jump}' -o ControlMaster=no"},
    "paramiko_proxy_command": {"ansible_paramiko_proxy_command": "{ssh} -W %h:%p {jump}"},
    "libssh_proxy_command": {"ansible_libssh_proxy_command": "{ssh} -W %h:%p {jump}"},
}


def test_a_proxy_command_is_read_from_where_netcommon_reads_it(openssh_here: None, lab: Lab, tmp_path: Path) -> None:
    if shutil.which("ssh") is None:
        pytest.skip("Not installed: ssh.")
    with shell_server() as jump:
        options = f"-F /dev/null -i {jump.key.file} -o UserKnownHostsFile={jump.known_hosts} -o BatchMode=yes"
        words = {"ssh": f"ssh {options} -p {jump.port}", "jump": f"{jump.user}@{jump.address}"}
        hosts = {name: {**LOGIN, **filled_in(variables, words)} for name, variables in JUMPS.items()}
        roll = call_roll(write_inventory(tmp_path, lab, hosts), {"commands": [VERSION]})
        assert {name: device["error"] for name, device in roll.devices.items()} == dict.fromkeys(JUMPS)
        ways = {name: device["connection"].get("bastions") for name, device in roll.devices.items()}
        assert ways == dict.fromkeys(JUMPS, jump.address)
        assert jump.sshd.log().count("Accepted publickey") == 1, "one login for all of them"
