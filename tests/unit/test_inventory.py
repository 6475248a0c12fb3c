# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From names and variables to devices: plain dicts stand for Ansible's variables, its configuration is the real one."""

from __future__ import annotations

import getpass
import itertools
import json
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible import constants as C
from ansible import context
from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.plugins.loader import become_loader, init_plugin_loader

from ansible_collections.rollcall.network.plugins.module_utils._device import KNOWN_HOSTS, Command, Device, Unresolved
from ansible_collections.rollcall.network.plugins.module_utils._platforms import load_platform
from ansible_collections.rollcall.network.plugins.module_utils._result import Error
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_arguments
from ansible_collections.rollcall.network.plugins.plugin_utils import _inventory
from ansible_collections.rollcall.network.plugins.plugin_utils._collect import plan_of
from ansible_collections.rollcall.network.plugins.plugin_utils._inventory import Inventory, Resolved, Setting
from ansible_collections.rollcall.network.plugins.plugin_utils._task import sources_of_run

BASE = {"ansible_network_os": "cisco.ios.ios", "rollcall_commands": ["show version"]}
SECRET = "hunter2-do-not-show"


@pytest.fixture(scope="module", autouse=True)
def ansible_plugins() -> None:
    """Ansible finds its own plugins, as it does in a play."""
    init_plugin_loader()


@pytest.fixture(autouse=True)
def no_credentials_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*itertools.chain(*_inventory.NETWORK_CREDENTIAL.values()), "AWX_PRIVATE_DATA_DIR"):
        monkeypatch.delenv(variable, raising=False)


def template(value: Any, variables: Mapping[str, Any]) -> Any:
    """Knows ``{{ name }}`` only."""
    if isinstance(value, str) and value.startswith("{{"):
        name = value.strip("{} ")
        if name not in variables:
            msg = f"{name!r} is undefined"
            raise AnsibleUndefinedVariable(msg)
        return template(variables[name], variables)
    return value


def inventory(
    hosts: Mapping[str, Mapping[str, Any]], fallbacks: Mapping[str, Setting] | None = None, groups: tuple[str, ...] = ()
) -> Inventory:
    return Inventory(hosts.get, template, hosts, groups, fallbacks or {})


def resolve(
    variables: Mapping[str, Any] | None = None,
    arguments: Mapping[str, Any] | None = None,
    fallbacks: Mapping[str, Setting] | None = None,
) -> Resolved | Error:
    """One host, edge-1, with these variables besides what it needs to be a device."""
    fleet = inventory({"edge-1": {**BASE, **(variables or {})}}, fallbacks)
    return fleet.resolve(["edge-1"], check_arguments({"hosts": ["edge-1"], **(arguments or {})}))["edge-1"]


def device(
    variables: Mapping[str, Any] | None = None,
    arguments: Mapping[str, Any] | None = None,
    fallbacks: Mapping[str, Setting] | None = None,
) -> Device:
    resolved = resolve(variables, arguments, fallbacks)
    assert isinstance(resolved, Resolved), resolved
    return resolved.device


def error(variables: Mapping[str, Any], arguments: Mapping[str, Any] | None = None) -> Error:
    resolved = resolve(variables, arguments)
    assert isinstance(resolved, Error), resolved
    return resolved


# -- precedence --------------------------------------------------------------------------------------------------------


def test_what_is_assumed() -> None:
    made = device()
    assert made == Device(
        name="edge-1",
        host="edge-1",
        user=getpass.getuser(),
        platform="cisco_iosxe",
        commands=(Command("show version"),),
        known_hosts=KNOWN_HOSTS,
    )
    assert (made.port, made.connect_timeout, made.command_timeout, made.host_key_checking) == (22, 10, 30, True)


@pytest.mark.parametrize(
    ("field", "variable", "raw", "value"),
    [
        ("host", "ansible_host", "192.0.2.1", "192.0.2.1"),
        ("host", "ansible_ssh_host", "192.0.2.1", "192.0.2.1"),
        ("port", "ansible_port", "2222", 2222),
        ("port", "ansible_ssh_port", 2222, 2222),
        ("user", "ansible_user", "admin", "admin"),
        ("user", "ansible_ssh_user", "admin", "admin"),
        ("user", "ansible_user", 42, "42"),
        ("password", "ansible_password", SECRET, SECRET),
        ("password", "ansible_ssh_pass", SECRET, SECRET),
        ("password", "ansible_ssh_password", SECRET, SECRET),
        ("password", "ansible_password", 1234, "1234"),
        ("private_key_file", "ansible_private_key_file", "~/.ssh/key", "~/.ssh/key"),
        ("private_key_file", "ansible_ssh_private_key_file", "~/.ssh/key", "~/.ssh/key"),
        ("private_key", "ansible_ssh_private_key", SECRET, SECRET),
        ("passphrase", "ansible_ssh_private_key_passphrase", SECRET, SECRET),
        ("become", "ansible_become", True, True),
        ("become", "ansible_become", "yes", True),
        ("become", "ansible_become", "false", False),
        ("become_password", "ansible_become_password", SECRET, SECRET),
        ("become_password", "ansible_become_pass", SECRET, SECRET),
        ("become_password", "ansible_enable_pass", SECRET, SECRET),
        ("platform", "ansible_network_os", "arista.eos.eos", "arista_eos"),
        ("connect_timeout", "ansible_ssh_timeout", 3, 3.0),
        ("connect_timeout", "ansible_connect_timeout", "3.5", 3.5),
        ("connect_timeout", "rollcall_connect_timeout", 3, 3.0),
        ("command_timeout", "ansible_command_timeout", "90", 90.0),
        ("command_timeout", "rollcall_command_timeout", 90, 90.0),
        ("host_key_checking", "ansible_host_key_checking", False, False),
        ("host_key_checking", "ansible_ssh_host_key_checking", "no", False),
        ("known_hosts", "rollcall_known_hosts", "/etc/keys", ("/etc/keys",)),
        ("known_hosts", "rollcall_known_hosts", ["a", "b"], ("a", "b")),
        ("commands", "rollcall_commands", "show clock", (Command("show clock"),)),
        ("commands", "rollcall_commands", "show a, b\n\n show c \n", (Command("show a, b"), Command("show c"))),
        ("commands", "rollcall_commands", [{"command": "a", "parser": "json"}], (Command("a", "json"),)),
    ],
)
def test_variable(field: str, variable: str, raw: Any, value: Any) -> None:
    for given in (raw, "{{ elsewhere }}"):
        resolved = resolve({variable: given, "elsewhere": raw})
        assert isinstance(resolved, Resolved)
        assert getattr(resolved.device, field) == value
        assert resolved.sources[field] == f"variable {variable}"


# Of each field the places it can come from, from the weakest to the strongest: configuration, keyword or command line,
# environment, variables in Ansible's order, argument.
ORDER: dict[str, list[tuple[str, str, Any]]] = {
    "host": [("variable", name, name) for name in ("inventory_hostname", "ansible_host", "ansible_ssh_host")],
    "port": [
        ("config", "ANSIBLE_REMOTE_PORT", 1001),
        ("fallback", "port", 1002),
        ("variable", "ansible_port", 1003),
        ("variable", "ansible_ssh_port", 1004),
    ],
    "user": [
        ("config", "ANSIBLE_REMOTE_USER", "configured"),
        ("fallback", "user", "from-u"),
        ("environment", "ANSIBLE_NET_USERNAME", "net"),
        ("environment", "ROLLCALL_NET_USERNAME", "own"),
        ("variable", "ansible_user", "user"),
        ("variable", "ansible_ssh_user", "ssh_user"),
    ],
    "password": [
        ("fallback", "password", "from-k"),
        ("environment", "ANSIBLE_NET_PASSWORD", "net"),
        ("environment", "ROLLCALL_NET_PASSWORD", "own"),
        ("variable", "ansible_password", "password"),
        ("variable", "ansible_ssh_pass", "ssh_pass"),
        ("variable", "ansible_ssh_password", "ssh_password"),
    ],
    "private_key_file": [
        ("config", "ANSIBLE_PRIVATE_KEY_FILE", "/configured"),
        ("fallback", "private_key_file", "/from-command-line"),
        ("environment", "ANSIBLE_NET_SSH_KEYFILE", "/net"),
        ("environment", "ROLLCALL_NET_SSH_KEYFILE", "/own"),
        ("variable", "ansible_private_key_file", "/variable"),
        ("variable", "ansible_ssh_private_key_file", "/ssh_variable"),
    ],
    "become": [
        ("fallback", "become", True),
        ("environment", "ANSIBLE_NET_AUTHORIZE", "0"),
        ("environment", "ROLLCALL_NET_AUTHORIZE", "1"),
        ("variable", "ansible_become", False),
    ],
    "passphrase": [
        ("environment", "ROLLCALL_NET_SSH_KEY_PASSPHRASE", "own"),
        ("variable", "ansible_ssh_private_key_passphrase", "variable"),
    ],
    "become_password": [
        ("fallback", "become_password", "from-K"),
        ("environment", "ANSIBLE_NET_AUTH_PASS", "net"),
        ("environment", "ROLLCALL_NET_AUTH_PASS", "own"),
        ("variable", "ansible_become_password", "become_password"),
        ("variable", "ansible_become_pass", "become_pass"),
        ("variable", "ansible_enable_pass", "enable_pass"),
    ],
    "connect_timeout": [
        ("config", "ANSIBLE_TIMEOUT", 11),
        ("variable", "ansible_ssh_timeout", 12),
        ("variable", "ansible_connect_timeout", 13),
        ("variable", "rollcall_connect_timeout", 14),
        ("argument", "connect_timeout", 15),
    ],
    "command_timeout": [
        ("variable", "ansible_command_timeout", 12),
        ("variable", "rollcall_command_timeout", 13),
        ("argument", "command_timeout", 14),
    ],
    "commands": [("variable", "rollcall_commands", ["variable"]), ("argument", "commands", ["argument"])],
    "known_hosts": [("variable", "rollcall_known_hosts", ["/variable"]), ("argument", "known_hosts", ["/argument"])],
    "host_key_checking": [
        ("config", "ANSIBLE_HOST_KEY_CHECKING", "False"),
        ("variable", "ansible_host_key_checking", True),
        ("variable", "ansible_ssh_host_key_checking", False),
    ],
}
STEPS = [
    (field, weaker, stronger) for field, places in ORDER.items() for weaker, stronger in itertools.pairwise(places)
]


def plainly(field: str, value: Any) -> Any:
    if field == "commands":
        return tuple(Command(each) for each in value)
    if field == "known_hosts":
        return tuple(value)
    return value not in ("0", "False", False) if field in ("become", "host_key_checking") else value


@pytest.mark.parametrize(
    ("field", "weaker", "stronger"), STEPS, ids=[f"{field}: {low[1]} < {high[1]}" for field, low, high in STEPS]
)
def test_precedence(
    monkeypatch: pytest.MonkeyPatch, field: str, weaker: tuple[str, str, Any], stronger: tuple[str, str, Any]
) -> None:
    for places, winner in (([weaker], weaker), ([weaker, stronger], stronger)):
        given: dict[str, dict[str, Any]] = {"variable": {}, "fallback": {}, "argument": {}}
        for kind, name, value in places:
            if kind in ("environment", "config"):
                monkeypatch.setenv(name, str(value))
            else:
                given[kind][name] = Setting(value, f"told by {name}") if kind == "fallback" else value
        made = device(given["variable"], given["argument"], given["fallback"])
        assert getattr(made, field) == plainly(field, winner[2])


def core_order(definitions: Mapping[str, Any], option: str) -> list[str]:
    return [entry["name"] for entry in definitions[option]["vars"]]


@pytest.mark.parametrize(
    ("given", "sources"),
    [
        ({}, ()),
        ({"inventory": None}, ()),
        ({"inventory": ("/srv/a.yml", "b,")}, ("/srv/a.yml", "b,")),
        ({"inventory": "/srv/a.yml"}, ("/srv/a.yml",)),
        ({"inventory": C.DEFAULT_HOST_LIST}, ()),
    ],
)
def test_the_inventories_are_those_of_the_command_line(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], sources: tuple[str, ...]
) -> None:
    monkeypatch.setattr(context, "CLIARGS", given)
    assert sources_of_run() == sources
    found = Inventory({"edge-1": BASE}.get, template, ["edge-1"], (), {}, sources=sources)
    resolved = found.resolve(["edge-1"], check_arguments({"hosts": ["edge-1"]}))["edge-1"]
    assert isinstance(resolved, Resolved)
    assert resolved.device.inventory_sources == sources


def test_of_several_variables_the_same_one_counts_as_in_core() -> None:
    name, definitions = _inventory._ssh_definitions()
    for field in ("host", "port", "user", "password", "private_key_file", "connect_timeout"):
        option = _inventory.SSH_OPTIONS[field]
        variables = [each for each in core_order(definitions, option) if "[" not in each]
        given = {variable: str(number) for number, variable in enumerate(variables, start=1000)}
        value = C.config.get_config_value(option, plugin_type="connection", plugin_name=name, variables=given)
        assert str(getattr(device(given), field)) in (str(value), f"{value}.0")


def test_of_become_passwords_the_same_one_counts_as_in_core() -> None:
    plugin = become_loader.get("ansible.builtin.sudo", class_only=True)
    variables = core_order(C.config.get_configuration_definitions("become", plugin._load_name), "become_pass")
    given = {variable: variable for variable in variables if "sudo" not in variable}
    assert len(given) == 2
    assert device(given).become_password == list(given)[-1]


def test_a_variable_that_is_null_does_not_count() -> None:
    assert device({"ansible_user": None, "ansible_ssh_user": None}, fallbacks={"user": Setting("u", "-u")}).user == "u"
    assert device({"ansible_ssh_user": None, "ansible_user": "admin"}).user == "admin"


def test_parser_of_the_host_and_of_the_task() -> None:
    assert device({"rollcall_parser": "auto"}).commands == (Command("show version", "auto"),)
    assert device({"rollcall_parser": "auto"}, {"parser": "json"}).commands == (Command("show version", "json"),)
    assert device({"rollcall_parser": "auto"}, {"parser": "none"}).commands == (Command("show version"),)


def test_the_key_of_an_awx_credential_is_where_the_job_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_NET_SSH_KEYFILE", "/var/lib/awx/job_7/tmp/key")
    assert device().private_key_file == "/var/lib/awx/job_7/tmp/key"
    monkeypatch.setenv("AWX_PRIVATE_DATA_DIR", "/var/lib/awx/job_7")
    assert device().private_key_file == "/runner/tmp/key"
    monkeypatch.setenv("ROLLCALL_NET_SSH_KEYFILE", "/runner/env/tmpkey")  # files of other credentials are named as seen
    assert device().private_key_file == "/runner/env/tmpkey"


def test_an_empty_network_credential_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in itertools.chain(*_inventory.NETWORK_CREDENTIAL.values()):
        monkeypatch.setenv(variable, "")
    assert device() == device()
    assert device(fallbacks={"user": Setting("from-u", "-u")}).user == "from-u"


# -- arguments of ssh --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "command", "bastions"),
    [
        ("", None, []),
        ("-C -v", None, []),
        ("-o ProxyCommand=none", None, []),
        ("-o ProxyJump=none", None, []),
        ('-o ProxyCommand="ssh -W %h:%p -q jump"', None, ["jump"]),
        ("-o 'ProxyCommand=ssh -W %h:%p -q jump'", None, ["jump"]),
        ("-o 'ProxyCommand ssh -W %h:%p -q jump'", None, ["jump"]),
        ("-o 'ProxyCommand = ssh -W %h:%p jump'", None, ["jump"]),
        ("-oProxyCommand='nc %h %p'", "nc 192.0.2.1 2222", []),
        ("-o proxycommand='nc %h %p'", "nc 192.0.2.1 2222", []),
        ("-o ProxyCommand=connect", "connect", []),
        ("-o ProxyCommand='nc -X connect -x proxy=1:80 %h %p'", "nc -X connect -x proxy=1:80 192.0.2.1 2222", []),
        ("-o ProxyCommand='go %r 100%%'", "go admin 100%", []),
        ("-o ProxyCommand='go %%h %h'", "go %h 192.0.2.1", []),
        ("-o ProxyCommand='first %h' -o ProxyCommand='second %h'", "first 192.0.2.1", []),
        ("-o ProxyJump=jump", None, ["jump"]),
        ("-J jump", None, ["jump"]),
        ("-Jjump", None, ["jump"]),
        ("-J admin@jump -C", None, ["admin@jump"]),
        ("-J jump:2022", None, ["jump:2022"]),
        ("-J ssh://admin@jump:2022", None, ["admin@jump:2022"]),
        ("-J first,second", None, ["first", "second"]),
        ("-J a,b,c", None, ["a", "b", "c"]),
    ],
)
@pytest.mark.parametrize("variable", ["ansible_ssh_common_args", "ansible_ssh_extra_args"])
def test_no_command_is_run_for_a_bastion(
    variable: str, arguments: str, command: str | None, bastions: list[str]
) -> None:
    made = device({"ansible_host": "192.0.2.1", "ansible_port": 2222, "ansible_user": "admin", variable: arguments})
    assert made.proxy_command == command
    users = [f"{hop.user}@" if hop.user else "" for hop in made.hops]
    ports = [f":{hop.port}" if hop.port != 22 else "" for hop in made.hops]
    assert [f"{user}{hop.host}{port}" for hop, user, port in zip(made.hops, users, ports, strict=True)] == bastions


ATTACK = "x]:1 -oProxyCommand=touch${IFS}/tmp/file -oBatchMode=yes [y"
JUMP = {"ansible_ssh_common_args": "-o ProxyJump=user@192.0.2.9:2222"}
# What must not be a host or a user, and whether it is harmless where no command carries the connection.
HOSTILE_ADDRESSES = [
    (ATTACK, False),
    ("-oProxyCommand=id", False),
    ("a b", False),
    ("a\tb", False),
    ("a\nb", False),
    ("a\x1b[31m", False),
    ("a\x9bb", False),
    ("a\u2028b", False),
    ("$(id)", True),
    ("`id`", True),
    ("a;id", True),
    ("a|id", True),
    ("a&id", True),
    ("a>file", True),
    ("a'b", True),
    ('a"b', True),
    ("a\\b", True),
    ("x]:1", True),
    ("user@a", True),
    ("a/b", True),
]
HOSTILE_USERS = [
    ("-oProxyCommand=id", False),
    ("a b", False),
    ("a\nreload", False),
    ("a\x1b[31m", False),
    ("$(id)", True),
    ("`id`", True),
    ("a;id", True),
    ("a'b", True),
    ("a\\", True),
]


def is_refused(variables: Mapping[str, Any]) -> bool:
    resolved = resolve(variables)
    if isinstance(resolved, Error):
        assert (resolved.phase, resolved.kind) == ("resolve", "variables")
        assert resolved.message.isprintable()
        return True
    return False


@pytest.mark.parametrize(("address", "harmless"), HOSTILE_ADDRESSES)
def test_an_address_that_could_be_something_else_is_refused(address: str, harmless: bool) -> None:
    assert is_refused({"ansible_host": address}) is not harmless
    assert is_refused({"ansible_host": address, **JUMP})
    assert is_refused({"ansible_host": address, "ansible_paramiko_proxy_command": "nc %h %p"})


@pytest.mark.parametrize(("user", "harmless"), HOSTILE_USERS)
def test_a_user_that_could_be_something_else_is_refused(user: str, harmless: bool) -> None:
    assert is_refused({"ansible_user": user}) is not harmless
    assert is_refused({"ansible_user": user, **JUMP})
    assert is_refused({"ansible_user": user, "ansible_paramiko_proxy_command": "ssh -W %h:%p %r@jump"})


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "fe80::1%eth0", "edge_1.example.net", "rtr-1", "münchen"])
@pytest.mark.parametrize("user", ["admin", "DOMAIN\\admin", "admin+cte80w", "a.b@example.net"])
def test_usual_addresses_and_users_are_taken(host: str, user: str) -> None:
    assert not is_refused({"ansible_host": host, "ansible_user": user})
    assert not is_refused({"ansible_host": host, "ansible_user": user, **JUMP})


@pytest.mark.parametrize(
    "jump", ["-oProxyCommand=id", "u@-oProxyCommand=id", "a,-oX", "$(id)", "a;id", "'a b'", "u`id`@a"]
)
def test_a_jump_host_that_could_be_something_else_is_refused(jump: str) -> None:
    assert is_refused({"ansible_ssh_common_args": f"-o 'ProxyJump={jump}'" if "'" not in jump else f"-J {jump}"})


@pytest.mark.parametrize(
    "variables",
    [
        {"ansible_ssh_common_args": "-o ProxyJump=jump-{name}"},
        {"ansible_ssh_common_args": "-o 'ProxyCommand=nc -X {name} %h %p'"},
        {"ansible_libssh_proxy_command": "nc {name} %p"},
    ],
)
def test_a_name_that_a_template_puts_into_the_command_is_refused(variables: Mapping[str, str]) -> None:
    def asked(name: str) -> Resolved | Error:
        given = {field: value.format(name=name) for field, value in variables.items()}
        fleet = inventory({name: {**BASE, "ansible_host": "192.0.2.1", **given}})
        return fleet.resolve([name], check_arguments({"hosts": [name]}))[name]

    assert isinstance(asked("edge-1"), Resolved)
    assert isinstance(asked("edge -oProxyCommand=id"), Error)


def test_a_command_is_split_before_it_is_filled_in() -> None:
    given = {"ansible_host": "192.0.2.1", "ansible_user": "a@b", "ansible_libssh_proxy_command": "go '%h %p' %r"}
    assert shlex.split(device(given).proxy_command or "") == ["go", "192.0.2.1 22", "a@b"]
    assert error({"ansible_libssh_proxy_command": "go '%h"}).kind == "variables"


@pytest.mark.parametrize("variable", ["ansible_password", "ansible_become_password"])
@pytest.mark.parametrize("secret", ["a\nreload", "a\rreload", "a\0b"])
def test_a_password_of_two_lines_is_refused(variable: str, secret: str) -> None:
    refused = error({variable: secret})
    assert refused.kind == "variables"
    assert secret not in refused.message


def test_a_message_about_a_broken_template_does_not_show_the_secret() -> None:
    def broken(value: Any, variables: Mapping[str, Any]) -> Any:
        if value == SECRET:
            msg = f"cannot template {value!r}"
            raise AnsibleError(msg)
        return value

    fleet = Inventory({"edge-1": {**BASE, "ansible_password": SECRET}}.get, broken, ["edge-1"], (), {})
    resolved = fleet.resolve(["edge-1"], check_arguments({"hosts": ["edge-1"]}))["edge-1"]
    assert isinstance(resolved, Error)
    assert SECRET not in resolved.message


def test_other_proxy_variables_come_first() -> None:
    made = device({"ansible_paramiko_proxy_command": "nc %h %p", "ansible_ssh_common_args": "-J jump"})
    assert made.proxy_command == "nc edge-1 22"


@pytest.mark.parametrize(
    ("arguments", "checking", "known_hosts"),
    [
        ("-o StrictHostKeyChecking=no", False, KNOWN_HOSTS),
        ("-o StrictHostKeyChecking=off", False, KNOWN_HOSTS),
        ("-o StrictHostKeyChecking=yes", True, KNOWN_HOSTS),
        ("-oStrictHostKeyChecking=no", False, KNOWN_HOSTS),
        ("-o 'StrictHostKeyChecking no'", False, KNOWN_HOSTS),
        ("-o UserKnownHostsFile=/dev/null", True, ("/dev/null",)),
        ("-o UserKnownHostsFile='/a /b'", True, ("/a", "/b")),
        ("-o 'UserKnownHostsFile /a'", True, ("/a",)),
        ("-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -C", False, ("/dev/null",)),
    ],
)
def test_host_keys_by_ssh_arguments(arguments: str, checking: bool, known_hosts: tuple[str, ...]) -> None:
    made = device({"ansible_ssh_common_args": arguments})
    assert (made.host_key_checking, made.known_hosts) == (checking, known_hosts)


def test_known_hosts_given_here_come_before_those_of_ssh() -> None:
    made = device({"rollcall_known_hosts": ["/mine"], "ansible_ssh_common_args": "-o UserKnownHostsFile=/theirs"})
    assert made.known_hosts == ("/mine",)


# -- platforms ---------------------------------------------------------------------------------------------------------

OWN_PLATFORM = """
acme_os:
  like: cisco_iosxe
  names: [acme.os.os, ACME]
  prompts: {privileged: '#$', user: '>$'}
  paging: [terminal lines 0]
cisco_nxos:
  like: cisco_nxos
  failures: [ERR]
"""


@pytest.mark.parametrize(
    ("network_os", "platform", "note"),
    [
        (None, "learned", ["no platform is set in ansible_network_os"]),
        ("", "learned", ["no platform is set"]),
        ("cisco.iosx", "learned", ["'cisco.iosx' is not known", "near matches: cisco.ios", "docs/platforms.md"]),
        ("qqqqqqqqqqqq", "learned", ["'qqqqqqqqqqqq' is not known; docs/platforms.md"]),
        ("generic", "learned", []),
        ("learned", "learned", []),
        ("autodetect", "learned", []),
        ("cisco_ios_ssh", "cisco_iosxe", []),
        ("cisco_ios_serial", "cisco_iosxe", []),
        ("linux_autodetect", "linux", []),
        ("Cisco.IOS", "cisco_iosxe", []),
    ],
)
def test_the_platform_of_a_host(network_os: str | None, platform: str, note: list[str]) -> None:
    made = device({"ansible_network_os": network_os})
    assert (made.platform, made.definition) == (platform, None)
    assert bool(made.platform_note) is bool(note)
    for words in note:
        assert words in made.platform_note


@pytest.mark.parametrize("given", ["platforms.yml", ["none.yml", "platforms.yml"], "{folder}/platforms.yml"])
@pytest.mark.parametrize(
    ("network_os", "name"), [("acme", "acme_os"), ("acme.os.os", "acme_os"), ("acme_os", "acme_os")]
)
def test_a_platform_of_a_file_beside_the_playbook(
    tmp_path: Path, given: str | list[str], network_os: str, name: str
) -> None:
    (tmp_path / "platforms.yml").write_text(OWN_PLATFORM)
    (tmp_path / "none.yml").write_text("other_os: {like: ios}")
    paths = given.format(folder=tmp_path) if isinstance(given, str) else given
    variables = {"playbook_dir": str(tmp_path), "rollcall_platforms": paths, "ansible_network_os": network_os}
    made = device(variables)
    assert (made.platform, made.platform_note) == (name, "")
    assert made.definition is not None
    loaded = load_platform(name, Device.from_dict(json.loads(json.dumps(made.as_dict()))).definition)
    assert loaded.paging_lines == ("terminal lines 0",)
    assert loaded.ntc == "cisco_ios", "it is like cisco_iosxe"
    assert loaded.mode_of("acme#").kind == "privileged"  # type: ignore[union-attr]
    assert device({**variables, "ansible_network_os": "cisco_nxos"}).definition == {
        "like": "cisco_nxos",
        "failures": ["ERR"],
    }


# -- errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "kind", "words"),
    [
        (
            {"ansible_network_os": 5.5, "rollcall_platforms": 5},
            "variables",
            ["rollcall_platforms", "a path or a list of paths"],
        ),
        (
            {"rollcall_platforms": "/no/such.yml"},
            "platform",
            ["rollcall_platforms of edge-1", "/no/such.yml", "No such"],
        ),
        ({"rollcall_parser": "xml"}, "commands", ["variable rollcall_parser of edge-1", "none, auto", "xml"]),
        ({"ansible_connect_timeout": "1e400"}, "variables", ["ansible_connect_timeout"]),
        ({"rollcall_known_hosts": ["a\0b"]}, "variables", ["rollcall_known_hosts", "null"]),
        ({"rollcall_known_hosts": "a" * 300}, "variables", ["rollcall_known_hosts", "too long"]),
        ({"ansible_user": True}, "variables", ["ansible_user", "string"]),
        ({"ansible_password": {"x": 1}}, "variables", ["ansible_password", "string"]),
        ({"rollcall_commands": None}, "no_commands", ["rollcall_commands"]),
        ({"rollcall_commands": []}, "no_commands", ["rollcall_commands"]),
        ({"rollcall_commands": [""]}, "commands", ["rollcall_commands"]),
        ({"rollcall_commands": 5}, "commands", ["rollcall_commands", "list"]),
        ({"rollcall_commands": ["a\nb"]}, "commands", ["rollcall_commands", "one line"]),
        ({"rollcall_driver": "netmiko"}, "driver", ["edge-1", "rollcall_driver", "cli, python", "netmiko"]),
        ({"rollcall_driver": "python"}, "function", ["edge-1", "rollcall_function"]),
        ({"ansible_port": "ssh"}, "variables", ["edge-1", "ansible_port", "'ssh'"]),
        ({"ansible_port": 0}, "variables", ["edge-1", "ansible_port"]),
        ({"ansible_port": -22}, "variables", ["edge-1", "ansible_port"]),
        ({"ansible_port": 65536}, "variables", ["edge-1", "ansible_port", "65536"]),
        ({"ansible_port": 22.5}, "variables", ["edge-1", "ansible_port", "22.5"]),
        ({"ansible_port": "inf"}, "variables", ["edge-1", "ansible_port"]),
        ({"ansible_port": "nan"}, "variables", ["edge-1", "ansible_port"]),
        ({"ansible_port": [22]}, "variables", ["edge-1", "ansible_port"]),
        ({"ansible_connect_timeout": "soon"}, "variables", ["edge-1", "ansible_connect_timeout", "'soon'"]),
        ({"ansible_command_timeout": 0}, "variables", ["edge-1", "ansible_command_timeout"]),
        ({"ansible_become": "perhaps"}, "variables", ["edge-1", "ansible_become", "'perhaps'"]),
        ({"ansible_become": ["yes"]}, "variables", ["edge-1", "ansible_become"]),
        ({"ansible_host_key_checking": "perhaps"}, "variables", ["edge-1", "ansible_host_key_checking"]),
        ({"rollcall_known_hosts": 5}, "variables", ["edge-1", "rollcall_known_hosts", "a path or a list of paths"]),
        ({"rollcall_platforms": {"a": 1}}, "variables", ["edge-1", "rollcall_platforms", "a path or a list of paths"]),
        ({"ansible_ssh_common_args": "-o 'Proxy"}, "variables", ["ansible_ssh_common_args"]),
        ({"ansible_password": "{{ nowhere }}"}, "variables", ["edge-1", "ansible_password", "is undefined"]),
        ({"ansible_host": "{{ nowhere }}"}, "variables", ["edge-1", "'nowhere' is undefined"]),
    ],
)
def test_a_name_that_is_no_device(variables: dict[str, Any], kind: str, words: list[str]) -> None:
    found = error(variables)
    assert (found.phase, found.kind) == ("resolve", kind)
    assert all(word in found.message for word in words), found.message
    assert "\n" not in found.message


def test_one_bad_host_costs_the_others_nothing() -> None:
    hosts = {"a": BASE, "b": {**BASE, "ansible_port": "x"}, "c": {}, "d": BASE}
    resolved = inventory(hosts).resolve(["d", "b", "nobody", "c", "a"], check_arguments({"hosts": list(hosts)}))
    assert list(resolved) == ["d", "b", "nobody", "c", "a"]
    assert [isinstance(each, Resolved) for each in resolved.values()] == [True, False, False, False, True]


def test_an_error_of_several_lines_is_told_by_its_first() -> None:
    def broken(value: Any, variables: Mapping[str, Any]) -> Any:
        msg = "cannot decrypt\nmore\nof it"
        raise AnsibleError(msg)

    fleet = Inventory({"a": BASE}.get, broken, ["a"], [], {})
    found = fleet.resolve(["a"], check_arguments({"hosts": ["a"]}))["a"]
    assert found == Unresolved(
        "resolve", "variables", "variable ansible_network_os of a cannot be resolved: cannot decrypt"
    )


@pytest.mark.parametrize("problem", [KeyError("getpwuid(): uid not found: 1234"), OSError("No username set")])
def test_a_user_id_without_a_name(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    """Containers run as any user id: where nothing names the user, that is an error of the name, not the end."""

    def nobody() -> str:
        raise problem

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert device({"ansible_user": "admin"}).user == "admin"
    found = error({})
    assert (found.phase, "ansible_user" in found.message) == ("resolve", True)


def test_unknown_names() -> None:
    fleet = inventory({"edge-1": BASE, "edge-2": BASE}, groups=("routers",))
    resolved = fleet.resolve(["edge1", "routers", "qqqqqq"], check_arguments({"hosts": []}))
    messages = {}
    for name, found in resolved.items():
        assert isinstance(found, Error)
        assert (found.phase, found.kind) == ("resolve", "unknown_host")
        assert found.message.startswith(f"{name!r} is not in the inventory; ")
        messages[name] = found.message
    assert "near matches: edge-1" in messages["edge1"]
    assert "it is a group: use groups['routers']" in messages["routers"]
    assert "-i" in messages["qqqqqq"]


def test_near_matches_are_looked_for_a_few_times_only() -> None:
    """A list of names that are all unknown must not cost an hour."""
    hosts = {f"edge-{number:05}.example.net": BASE for number in range(800)}
    names = [f"edge-{number:05}.example.com" for number in range(800)]
    began = time.monotonic()
    resolved = inventory(hosts).resolve(names, check_arguments({"hosts": []}))
    with_hints = [each for each in resolved.values() if isinstance(each, Error) and "near" in each.message]
    assert 0 < len(with_hints) <= _inventory.MOST_HINTS
    assert time.monotonic() - began < 30


# -- driver python -----------------------------------------------------------------------------------------------------


def test_a_function_asks_any_name() -> None:
    arguments = check_arguments({"hosts": ["a", "nobody"], "driver": "python", "function": "pkg.ask"})
    resolved = inventory({"a": {}}).resolve(["a", "nobody"], arguments)
    assert [each.device for each in resolved.values() if isinstance(each, Resolved)] == [
        Device(name="a", driver="python", function="pkg.ask"),
        Device(name="nobody", driver="python", function="pkg.ask"),
    ]


def test_a_function_by_variable() -> None:
    made = device({"rollcall_driver": "python", "rollcall_function": "pkg.ask"})
    assert (made.driver, made.function) == ("python", "pkg.ask")
    made = device({"rollcall_driver": "python", "rollcall_function": "pkg.ask"}, {"function": "pkg.other"})
    assert made.function == "pkg.other"
    assert device({"rollcall_driver": "python"}, {"driver": "cli"}).driver == "cli"


# -- secrets -----------------------------------------------------------------------------------------------------------

SECRETS = {
    "ansible_password": f"{SECRET}-1",
    "ansible_private_key": f"{SECRET}-2",
    "ansible_private_key_passphrase": f"{SECRET}-3",
    "ansible_become_password": f"{SECRET}-4",
}


def test_secrets_are_shown_nowhere() -> None:
    resolved = resolve(SECRETS)
    assert isinstance(resolved, Resolved)
    device = resolved.device
    assert [device.password, device.private_key, device.passphrase, device.become_password] == list(SECRETS.values())
    plan = plan_of({"edge-1": resolved})
    assert plan["edge-1"]["credentials"]["password"] == "variable ansible_password"
    assert not set(plan["edge-1"]["sources"]) & set(_inventory.SECRETS)
    for shown in (repr(device), str(device), repr(resolved), json.dumps(plan)):
        assert SECRET not in shown
    assert SECRET in json.dumps(device.as_dict()), "on the way to another machine they go along"


@pytest.mark.parametrize(
    "variable", ["ansible_port", "ansible_become", "rollcall_commands", "ansible_network_os", "rollcall_driver"]
)
def test_secrets_are_in_no_error(variable: str) -> None:
    found = error({**SECRETS, variable: "{{ nowhere }}"})
    assert SECRET not in json.dumps(found.as_dict())
    assert SECRET not in json.dumps(plan_of({"edge-1": found}))


def test_secrets_of_the_environment_are_not_in_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_NET_PASSWORD", SECRET)
    monkeypatch.setenv("ANSIBLE_NET_AUTH_PASS", SECRET)
    resolved = resolve()
    assert isinstance(resolved, Resolved)
    plan = plan_of({"edge-1": resolved})["edge-1"]
    assert plan["credentials"]["password"] == "environment ANSIBLE_NET_PASSWORD"
    assert SECRET not in json.dumps(plan)


def test_the_plan() -> None:
    resolved = resolve({"ansible_host": "192.0.2.1"}, {"commands": ["show clock"]})
    assert isinstance(resolved, Resolved)
    found = Error("resolve", "platform", "none")
    plan = plan_of({"edge-1": resolved, "edge-2": found})
    assert list(plan) == ["edge-1", "edge-2"]
    assert plan["edge-2"] == {"error": found.as_dict()}
    assert plan["edge-1"]["host"] == "192.0.2.1"
    assert plan["edge-1"]["commands"] == ["show clock"]
    assert plan["edge-1"]["sources"]["commands"] == "argument commands"
    assert plan["edge-1"]["sources"]["host"] == "variable ansible_host"


def test_a_device_travels_as_plain_data() -> None:
    made = device({**SECRETS, "rollcall_commands": ["a", {"command": "b", "parser": "json"}]})
    assert Device.from_dict(json.loads(json.dumps(made.as_dict()))) == made


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (True, ("edge-1",)),
        ("true", ("edge-1",)),
        (False, ()),
        ("no", ()),
        ("core", ("core",)),
        (["fw-a", "fw-b"], ("fw-a", "fw-b")),
        ("{{ inventory_name }}", ("core",)),
    ],
)
def test_the_expected_names_of_a_prompt(value: object, names: tuple[str, ...]) -> None:
    found = device({"rollcall_expect_hostname": value, "inventory_name": "core"})
    assert found.expect_hostname == names
    assert type(found).from_dict(json.loads(json.dumps(found.as_dict()))).expect_hostname == names, "on a poller"


@pytest.mark.parametrize("value", [7, "", [1], {"name": "core"}])
def test_wrong_expected_names_are_an_error(value: object) -> None:
    found = error({"rollcall_expect_hostname": value})
    assert found.kind == "variables"
    assert "rollcall_expect_hostname of edge-1 must be" in found.message
