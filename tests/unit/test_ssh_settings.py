# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From variables to SSH options, bastions and transports of a device: the order of core, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible import constants as C
from ansible.plugins.loader import init_plugin_loader
from ansible.utils.collection_loader import AnsibleCollectionConfig

from ansible_collections.rollcall.network.plugins.module_utils._device import Device, Hop
from ansible_collections.rollcall.network.plugins.module_utils._model.secrets import secrets_of
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_arguments
from ansible_collections.rollcall.network.plugins.module_utils._transport import _asyncssh
from ansible_collections.rollcall.network.plugins.module_utils._transport.options import KNOWN_HOSTS, options_of
from ansible_collections.rollcall.network.plugins.plugin_utils import _inventory
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import Resolved
from ansible_collections.rollcall.network.plugins.plugin_utils._ssh_settings import ssh_warnings
from tests.unit.test_inventory import BASE, device, error, inventory, is_refused

COMMON, EXTRA, ARGS = "ansible_ssh_common_args", "ansible_ssh_extra_args", "ansible_ssh_args"


@pytest.fixture(scope="module", autouse=True)
def ansible_plugins() -> None:
    assert _asyncssh.asyncssh  # imported before Ansible's loader, which would not find it here
    if AnsibleCollectionConfig.collection_finder is None:
        init_plugin_loader()


def with_bastions(
    variables: Mapping[str, Any], bastions: Mapping[str, Mapping[str, Any]], name: str = "edge-1"
) -> Device | Error:
    """The device with these variables, in an inventory with these bastions."""
    return resolved({**bastions, name: {**BASE, **variables}}, name)


def resolved(hosts: Mapping[str, Mapping[str, Any]], name: str) -> Device | Error:
    found = inventory(hosts, groups=("bastions",)).resolve([name], check_arguments({"hosts": [name]}))[name]
    return found.device if isinstance(found, Resolved) else found


def ways(found: Device | Error) -> list[tuple[str, str, str | None, int]]:
    assert isinstance(found, Device), found
    return [(hop.name, hop.host, hop.user, hop.port) for hop in found.hops]


# -- the order of core -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "field", "value"),
    [
        ({COMMON: "-o User=common", EXTRA: "-o User=extra"}, "user", "common"),
        ({COMMON: "-l common", "ansible_user": "own"}, "user", "own"),
        ({ARGS: "-o User=args", "ansible_user": "own"}, "user", "args"),
        ({EXTRA: "-p 2222"}, "port", 2222),
        ({EXTRA: "-p 2222", "ansible_port": 22}, "port", 22),
        ({ARGS: "-o Port=2222", "ansible_port": 22}, "port", 2222),
        ({COMMON: "-o ConnectTimeout=7"}, "connect_timeout", 7.0),
        ({COMMON: "-o ConnectTimeout=7", "ansible_ssh_timeout": 3}, "connect_timeout", 3.0),
        ({ARGS: "-o ConnectTimeout=7", "ansible_ssh_timeout": 3}, "connect_timeout", 7.0),
        ({COMMON: "-o StrictHostKeyChecking=accept-new"}, "accept_new_host_keys", True),
        ({COMMON: "-o StrictHostKeyChecking=accept-new"}, "host_key_checking", True),
        ({COMMON: "-o StrictHostKeyChecking=ask"}, "accept_new_host_keys", False),
        ({COMMON: "-o StrictHostKeyChecking=yes", "ansible_host_key_checking": False}, "host_key_checking", False),
        ({ARGS: "-o StrictHostKeyChecking=yes", "ansible_host_key_checking": False}, "host_key_checking", True),
        ({COMMON: "-o HostName=192.0.2.9"}, "host", "192.0.2.9"),
        ({COMMON: "-o HostName=%h.example.net"}, "host", "edge-1.example.net"),
        ({COMMON: "-o UserKnownHostsFile=/a -o GlobalKnownHostsFile=/b"}, "known_hosts", ("/a", "/b")),
        ({COMMON: "-o UserKnownHostsFile=/a/%h"}, "known_hosts", ()),
        ({COMMON: "-F /file"}, "ssh_config", ("/file",)),
        ({ARGS: "-F /first", EXTRA: "-F /last"}, "ssh_config", ("/last",)),
        ({COMMON: "-F none"}, "ssh_config", ()),
        ({COMMON: "-F /file", "rollcall_ssh_config": ["/a", "/b"]}, "ssh_config", ("/a", "/b")),
        ({"rollcall_ssh_config": True}, "ssh_config", ("~/.ssh/config",)),
        ({"rollcall_ssh_config": "yes"}, "ssh_config", ("~/.ssh/config",)),
        ({"rollcall_ssh_config": False}, "ssh_config", ()),
        ({"rollcall_ssh_config": "/file"}, "ssh_config", ("/file",)),
        ({"rollcall_ssh_config": "/file"}, "user", None),
        ({"rollcall_ssh_config": "/file"}, "known_hosts", ()),
        (
            {COMMON: "-tt4 -o 'Ciphers aes128-ctr' -oMACs=hmac-sha1 -i /key"},
            "ssh_options",
            (
                ("addressfamily", "inet"),
                ("requesttty", "yes"),
                ("ciphers", "aes128-ctr"),
                ("macs", "hmac-sha1"),
                ("identityfile", "/key"),
            ),
        ),
        ({"rollcall_legacy_ssh": False}, "legacy_ssh", False),
        ({"rollcall_legacy_ssh": "no"}, "legacy_ssh", False),
        ({"rollcall_otp_command": "oathtool x"}, "otp_command", "oathtool x"),
        ({"rollcall_max_output": "64K"}, "max_output", 65536),
        ({"rollcall_max_output": 1000}, "max_output", 1000),
        ({}, "transcript", False),
        ({"rollcall_transcript": True}, "transcript", True),
        ({"rollcall_transcript": "yes"}, "transcript", True),
    ],
)
def test_options_are_in_the_order_of_core(variables: dict[str, Any], field: str, value: Any) -> None:
    assert getattr(device(variables), field) == value


def test_an_argument_of_the_task_comes_before_every_option() -> None:
    made = device({ARGS: "-o ConnectTimeout=7"}, {"connect_timeout": 2, "max_output": "1M"})
    assert (made.connect_timeout, made.max_output) == (2.0, 2**20)


def test_options_that_cannot_be_told_from_defaults_win_over_a_file() -> None:
    made = device({"ansible_port": 22, "ansible_ssh_timeout": 10, "rollcall_ssh_config": "/file"})
    assert {("port", "22"), ("connecttimeout", "10.000000")} <= set(made.ssh_options)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({COMMON: "-o Port=many"}, [COMMON, "port", "many"]),
        ({EXTRA: "-o AddressFamily=ipv4"}, [EXTRA, "addressfamily"]),
        ({ARGS: "-o Ciphers=rot13"}, [ARGS, "ciphers", "rot13"]),
        ({COMMON: "-Z"}, [COMMON, "-Z"]),
        ({COMMON: "-o"}, [COMMON, "-o"]),
        ({COMMON: "user@host"}, [COMMON, "not an option"]),
        ({COMMON: "-o 'User=a"}, [COMMON]),
        ({"rollcall_ssh_config": 3}, ["rollcall_ssh_config", "3"]),
        ({"rollcall_ssh_config": [""]}, ["rollcall_ssh_config"]),
        ({"rollcall_transport": "serial"}, ["rollcall_transport", "ssh", "telnet", "serial"]),
        ({"rollcall_max_output": "lots"}, ["rollcall_max_output", "64M"]),
        ({"rollcall_max_output": 0}, ["rollcall_max_output", "64M"]),
        ({"rollcall_jump_hosts": {"a": 1}}, ["rollcall_jump_hosts", "list"]),
        ({"rollcall_jump_hosts": [""]}, ["rollcall_jump_hosts", "but has the entry ''; an empty list is []"]),
        ({"rollcall_jump_hosts": ""}, ["rollcall_jump_hosts", "must be a list, but is ''"]),
        ({"rollcall_jump_hosts": ["b1", 5]}, ["rollcall_jump_hosts", "has the entry 5"]),
        ({"rollcall_known_hosts": [None]}, ["rollcall_known_hosts", "has the entry None"]),
        ({"rollcall_jump_hosts": ["a:b:"]}, ["rollcall_jump_hosts", "a:b:"]),
        ({"ansible_host": "[2001:db8::1]:2222"}, ["ansible_host", "ansible_port"]),
    ],
)
def test_what_is_invalid_is_an_error_of_that_host(variables: dict[str, Any], words: list[str]) -> None:
    found = error(variables)
    assert found.kind == "variables"
    assert [word for word in words if word not in found.message] == []


# -- warnings ----------------------------------------------------------------------------------------------------------


def test_ansible_s_own_ssh_arguments_give_no_warning() -> None:
    assert ssh_warnings([device()]) == []
    written = {ARGS: "-C -o ControlMaster=auto -o ControlPersist=60s -o ControlPath=/a -o BatchMode=yes -tt"}
    assert ssh_warnings([device(written)]) == []


def test_everything_that_is_not_supported_is_in_one_warning() -> None:
    devices: list[Device | Error] = [
        device({COMMON: "-o IPQoS=ef -L 1:a:2"}),
        device({COMMON: "-o IPQoS=ef -N"}),
        Error("resolve", "variables", "x"),
    ]
    (warning,) = ssh_warnings(devices)
    assert [word for word in ("ipqos", "localforward", "-N", "edge-1") if word not in warning] == []


# -- addresses and transports ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("[::1]", "::1"),
        ("::1", "::1"),
        ("[fe80::1%eth0]", "fe80::1%eth0"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("192.0.2.1", "192.0.2.1"),
    ],
)
def test_ipv6_addresses_as_ansible_s_users_write_them(written: str, host: str) -> None:
    assert device({"ansible_host": written, "ansible_port": 2222}).host == host
    found = inventory({written: BASE}).resolve([written], check_arguments({"hosts": [written]}))[written]
    assert isinstance(found, Resolved)
    assert (found.device.host, found.device.port) == (host, 22)
    assert options_of(device({"ansible_host": written})).host == host


@pytest.mark.parametrize(
    ("variables", "transport", "port", "platform"),
    [
        ({}, "ssh", 22, "cisco_iosxe"),
        ({"rollcall_transport": "telnet"}, "telnet", 23, "cisco_iosxe"),
        ({"ansible_network_os": "cisco_ios_telnet"}, "telnet", 23, "cisco_iosxe"),
        ({"ansible_network_os": "Arista_EOS_Telnet", "ansible_port": 2323}, "telnet", 2323, "arista_eos"),
        ({"ansible_network_os": "cisco_ios_telnet", "rollcall_transport": "ssh"}, "ssh", 22, "cisco_iosxe"),
    ],
)
def test_transport(variables: dict[str, Any], transport: str, port: int, platform: str) -> None:
    made = device(variables)
    assert (made.transport, made.port, made.platform) == (transport, port, platform)


# -- bastions ----------------------------------------------------------------------------------------------------------


B1 = {"ansible_host": "192.0.2.1", "ansible_user": "b1", "ansible_port": 2201, "ansible_password": "pw-of-b1"}
B2 = {"ansible_host": "192.0.2.2", "ansible_user": "b2", "rollcall_jump_hosts": ["b1"]}
LOOP: dict[str, Mapping[str, Any]] = {"x": {"rollcall_jump_hosts": ["y"]}, "y": {"rollcall_jump_hosts": ["x"]}}
INVENTORY: dict[str, Mapping[str, Any]] = {
    "b1": B1,
    "b2": B2,
    "self": {"rollcall_jump_hosts": ["self"], "ansible_user": "s"},
    **LOOP,
}
HOP1, HOP2 = ("b1", "192.0.2.1", "b1", 2201), ("b2", "192.0.2.2", "b2", 22)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"rollcall_jump_hosts": ["b1"]}, [HOP1]),
        ({"rollcall_jump_hosts": "b1"}, [HOP1]),
        ({"rollcall_jump_hosts": ["b2"]}, [HOP1, HOP2]),
        ({"rollcall_jump_hosts": ["b1", "b2"]}, [HOP1, HOP2]),
        ({"rollcall_jump_hosts": ["b2", "b1"]}, [HOP1, HOP2, HOP1]),
        ({"rollcall_jump_hosts": ["me@b1:22"]}, [("b1", "192.0.2.1", "me", 22)]),
        ({"rollcall_jump_hosts": ["self"]}, [("self", "self", "s", 22)]),
        ({"rollcall_jump_hosts": ["edge-1"]}, []),
        ({"rollcall_jump_hosts": [], COMMON: "-J b1"}, []),
        ({"rollcall_jump_hosts": ["a@out.example.net:2222"]}, [("out.example.net", "out.example.net", "a", 2222)]),
        ({"rollcall_jump_hosts": ["a@[2001:db8::1]:2222"]}, [("[2001:db8::1]", "2001:db8::1", "a", 2222)]),
        ({COMMON: "-J b1"}, [HOP1]),
        ({COMMON: "-o ProxyJump=b1,admin@b2:99"}, [HOP1, ("b2", "192.0.2.2", "admin", 99)]),
        ({COMMON: "-o ProxyJump=none -J b1"}, []),
        ({COMMON: "-o ProxyCommand='ssh -W %h:%p -q b1'"}, [HOP1]),
        ({COMMON: "-o ProxyCommand='ssh -W %h:%p -p 99 me@b1'"}, [("b1", "192.0.2.1", "me", 99)]),
        ({COMMON: "-o ProxyCommand='ssh -W %h:%p me@out'"}, [("out", "out", "me", 22)]),
        ({"ansible_paramiko_proxy_command": "ssh -W %h:%p b2"}, [HOP1, HOP2]),
        ({COMMON: "-o ProxyCommand='nc %h %p'"}, []),
    ],
)
def test_bastions(variables: dict[str, Any], expected: list[tuple[str, str, str | None, int]]) -> None:
    found = with_bastions(variables, INVENTORY)
    assert ways(found) == expected
    assert isinstance(found, Device)
    made = options_of(found)
    assert made.hops == ()
    assert (made.proxy_command is not None) is ("nc" in str(variables))


def test_a_bastion_of_the_inventory_has_its_own_variables_and_an_address_those_of_ssh() -> None:
    own = {**B1, "rollcall_otp_command": "code", "rollcall_legacy_ssh": False, COMMON: "-o Ciphers=aes128-ctr"}
    found = with_bastions({"rollcall_jump_hosts": ["b1", "out"], "ansible_password": "other"}, {"b1": own})
    assert isinstance(found, Device)
    bastion, address = found.hops
    assert (bastion.password, bastion.otp_command, bastion.legacy_ssh) == ("pw-of-b1", "code", False)
    assert bastion.ssh_options == (("ciphers", "aes128-ctr"),)
    assert bastion.known_hosts == KNOWN_HOSTS
    assert address == Hop("out", "out", ssh_config=("~/.ssh/config",))


def test_the_password_of_sshpass_is_that_of_the_bastion_and_is_masked() -> None:
    found = with_bastions({COMMON: "-o ProxyCommand='sshpass -p s3cr3t-pw ssh -W %h:%p out'"}, {})
    assert isinstance(found, Device)
    assert found.hops[0].password == "s3cr3t-pw"
    assert "s3cr3t-pw" not in repr(found)
    made = with_bastions({"rollcall_jump_hosts": ["b1"]}, INVENTORY)
    assert isinstance(made, Device)
    assert "pw-of-b1" not in secrets_of(made).sentence("it said pw-of-b1")


def test_known_hosts_that_are_named_are_those_of_the_bastion_too() -> None:
    found = with_bastions({"rollcall_known_hosts": ["/mine"], COMMON: "-J out"}, {})
    assert isinstance(found, Device)
    assert found.hops[0].known_hosts == ("/mine", *KNOWN_HOSTS)


@pytest.mark.parametrize(
    ("jumps", "words"),
    [
        (["b1", "bastions"], ["bastions", "group"]),
        (["broken"], ["bastion broken", "ansible_port"]),
        (["$(id)"], ["$(id)"]),
        (["-oProxyCommand=id"], ["-oProxyCommand"]),
    ],
)
def test_a_bastion_that_cannot_be_used_is_an_error(jumps: list[str], words: list[str]) -> None:
    found = with_bastions({"rollcall_jump_hosts": jumps}, {**INVENTORY, "broken": {"ansible_port": "many"}})
    assert isinstance(found, Error)
    assert found.kind == "variables"
    assert [word for word in words if word not in found.message] == []


LISTED = [HOP1, HOP2, ("b3", "b3", "me", 22)]


@pytest.mark.parametrize("variables", [{"rollcall_jump_hosts": ["b1", "b2", "b3"]}, {COMMON: "-J b1,b2,b3"}])
@pytest.mark.parametrize(("name", "before"), [("edge-1", 3), ("b3", 2), ("b2", 1), ("b1", 0)])
def test_the_bastions_of_all_hosts_are_those_of_the_bastions_too(
    variables: dict[str, Any], name: str, before: int
) -> None:
    own: dict[str, Mapping[str, Any]] = {"b1": B1, "b2": {"ansible_host": "192.0.2.2", "ansible_user": "b2"}, "b3": {}}
    hosts = {each: {**BASE, "ansible_user": "me", **own.get(each, {}), **variables} for each in (*own, "edge-1")}
    assert ways(resolved(hosts, name)) == LISTED[:before]


@pytest.mark.parametrize("name", ["edge-1", "edge-2", "x"])
def test_bastions_in_a_loop_are_one_short_message(name: str) -> None:
    edges: dict[str, Any] = {f"edge-{n}": {"rollcall_jump_hosts": [*["b1"][: n - 1], "x"]} for n in (1, 2)}
    hosts = {**LOOP, **edges, "b1": B1}
    found = resolved({each: {**BASE, **own} for each, own in hosts.items()}, name)
    assert isinstance(found, Error)
    loop = "y → x → y" if name == "x" else "x → y → x"
    assert found.message == (
        f"bastions are in a loop: {loop}; set rollcall_jump_hosts: [] for the one that is reached directly"
    )


def test_a_bastion_is_resolved_once_for_all_devices() -> None:
    asked: list[str] = []
    hosts: dict[str, Mapping[str, Any]] = {"b1": B1}
    hosts |= {f"edge-{number}": {**BASE, "rollcall_jump_hosts": ["b1"]} for number in range(50)}

    class Counted(dict[str, Mapping[str, Any]]):
        def get(self, name: str, default: Any = None) -> Any:
            asked.append(name)
            return super().get(name, default)

    names = [name for name in hosts if name != "b1"]
    found = inventory(Counted(hosts)).resolve(names, check_arguments({"hosts": names}))
    assert asked.count("b1") == 1
    (route,) = {each.device.hops for each in found.values() if isinstance(each, Resolved)}
    assert [hop.name for hop in route] == ["b1"]


def test_other_commands_are_for_a_shell_with_their_tokens() -> None:
    command = "nc %h %p 2>/dev/null | tee log-%n-%r-100%%"
    made = device({"ansible_host": "192.0.2.1", "ansible_user": "me", COMMON: f"-o ProxyCommand='{command}'"})
    assert made.proxy_command == "nc 192.0.2.1 22 2>/dev/null | tee log-192.0.2.1-me-100%"
    assert made.hops == ()
    assert is_refused({COMMON: "-o ProxyCommand='nc %z'"})


def test_a_device_with_bastions_travels_as_plain_data() -> None:
    found = with_bastions({"rollcall_jump_hosts": ["b2"], COMMON: "-C", "rollcall_ssh_config": "/f"}, INVENTORY)
    assert isinstance(found, Device)
    assert Device.from_dict(found.as_dict()) == found


def test_the_default_of_core_is_what_is_left_out() -> None:
    assert device().ssh_options == ()
    plugin, _definitions = _inventory._ssh_definitions()
    assert C.config.get_config_value_and_origin("ssh_args", None, "connection", plugin, variables={})[1] == "default"
