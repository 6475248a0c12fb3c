# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH options: what ssh makes of them is what we make of them, and what asyncssh gets. The real ssh is asked."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Device, Hop
from ansible_collections.rollcall.network.plugins.module_utils._transport import algorithms, ssh_config
from ansible_collections.rollcall.network.plugins.module_utils._transport.algorithms import (
    LEGACY,
    MODERN,
    Kind,
    available,
    chosen_algorithms,
    default_algorithms,
)
from ansible_collections.rollcall.network.plugins.module_utils._transport.arguments import (
    Jump,
    forward_of,
    jump_of,
    jumps_of,
    parse_arguments,
)
from ansible_collections.rollcall.network.plugins.module_utils._transport.option_names import (
    HARMLESS,
    HARMLESS_VALUES,
    HONOURED,
    unsupported_in,
    value_of,
)
from ansible_collections.rollcall.network.plugins.module_utils._transport.options import (
    options_of,
    shell_command,
    unsupported_options,
)
from ansible_collections.rollcall.network.plugins.module_utils._transport.ssh_config import Target, read_options

needs_ssh = pytest.mark.skipif(not shutil.which("ssh"), reason="asks ssh what it understands")


def of_ssh(*arguments: str, config: Path | str = "/dev/null") -> dict[str, list[str]]:
    """What the real ssh understands."""
    said = subprocess.run(
        ["ssh", "-G", "-F", str(config), *arguments], capture_output=True, text=True, timeout=20, check=True
    )
    found: dict[str, list[str]] = {}
    for line in said.stdout.splitlines():
        name, _blank, value = line.partition(" ")
        found.setdefault(name, []).append(value)
    return found


def login(arguments: str = "", **settings: Any) -> Device:
    """A device with these arguments of ssh."""
    parsed = parse_arguments(shlex.split(arguments))
    given = (*parsed.overriding.items(), *parsed.options)
    return Device(**{"name": "edge-1", "host": "192.0.2.1", "ssh_options": given, **settings})


# -- the command line --------------------------------------------------------------------------------------------------


@needs_ssh
@pytest.mark.parametrize(
    "arguments",
    [
        "-p 2222 -o Port=3333",
        "-o Port=3333 -p 2222",
        "-l admin",
        "-ladmin -o User=other",
        "-o User=other -l admin",
        "-o 'User other'",
        "-o 'User = other'",
        "-oUser=other",
        "-o user=other",
        "-4",
        "-o AddressFamily=inet6 -4",
        "-46",
        "-tt4p2222",
        "-vvv -q -C -6",
        "-b 127.0.0.2",
        "-o BindAddress=127.0.0.3 -b 127.0.0.2 -b 127.0.0.4",
        "-c aes128-ctr",
        "-o Ciphers=aes256-ctr -c aes128-ctr",
        "-m hmac-sha2-256 -o MACs=hmac-sha1",
        "-o ConnectTimeout=7",
        "-o ConnectTimeout=1m30",
        "-o ServerAliveInterval=20 -o ServerAliveCountMax=2",
        "-o TCPKeepAlive=no",
        "-o StrictHostKeyChecking=accept-new",
        "-o 'UserKnownHostsFile=/a /b'",
        "-o UserKnownHostsFile='\"/a b\" /c'",
        "-o GlobalKnownHostsFile=/a",
        "-o HostKeyAlias=other",
        "-o HostName=192.0.2.9",
        "-i /dev/null -i /dev/zero -o IdentityFile=/dev/tty",
        "-o IdentitiesOnly=yes",
        "-o IdentityAgent=/run/agent",
        "-o PreferredAuthentications=password,publickey",
        "-o PasswordAuthentication=no -o KbdInteractiveAuthentication=no -o PubkeyAuthentication=no",
        "-o GSSAPIAuthentication=no",
        "-K",
        "-K -k",
    ],
)
def test_arguments_mean_what_they_mean_to_ssh(arguments: str) -> None:
    theirs = of_ssh(*shlex.split(arguments), "192.0.2.1")
    device = login(arguments)
    ours = options_of(device)
    families = {"any": socket.AF_UNSPEC, "inet": socket.AF_INET, "inet6": socket.AF_INET6}
    named = {name for name, _value in device.ssh_options}
    assert str(ours.port) == theirs["port"][0]
    assert ours.user == theirs["user"][0]
    assert ours.host == theirs["hostname"][0]
    assert ours.arguments["family"] == families[theirs["addressfamily"][0]]
    assert ours.arguments.get("local_addr", ("",))[0] == theirs.get("bindaddress", [""])[0]
    assert ours.arguments["tcp_keepalive"] is (theirs["tcpkeepalive"] == ["yes"])
    assert ours.arguments["keepalive_interval"] == int(theirs["serveraliveinterval"][0])
    assert ours.arguments["keepalive_count_max"] == int(theirs["serveralivecountmax"][0])
    if "connecttimeout" in named:
        assert ours.connect_timeout == int(theirs["connecttimeout"][0])
    if "ciphers" in named:
        assert list(ours.arguments["encryption_algs"]) == theirs["ciphers"][0].split(",")
    if "macs" in named:
        assert list(ours.arguments["mac_algs"]) == theirs["macs"][0].split(",")
    if "identityfile" in named:
        assert list(ours.key_files) == theirs["identityfile"]
    assert ours.identities_only is (theirs["identitiesonly"] == ["yes"])
    assert ours.host_key_alias == theirs.get("hostkeyalias", [None])[0]
    assert ours.host_key_checking is (theirs["stricthostkeychecking"] != ["false"])
    assert ours.accept_new_host_keys is (theirs["stricthostkeychecking"] == ["accept-new"])
    for method, option in (
        ("password", "passwordauthentication"),
        ("keyboard-interactive", "kbdinteractiveauthentication"),
        ("publickey", "pubkeyauthentication"),
    ):
        if "preferredauthentications" not in named:
            assert (method in ours.authentications) is (theirs[option] != ["no"] and theirs[option] != ["false"])
    if "preferredauthentications" in named:
        assert ",".join(ours.authentications) == theirs["preferredauthentications"][0]
    if "identityagent" in named:
        assert ours.agent_path == theirs["identityagent"][0]
    if "gssapidelegatecredentials" in named:
        assert ours.arguments["gss_delegate_creds"] is (theirs["gssapidelegatecredentials"] == ["yes"])


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ("-J a,b -o ProxyJump=c", [("proxyjump", "a,b"), ("proxyjump", "c")]),
        ("-W %h:%p", [("-W", "%h:%p")]),
        ("-o ProxyCommand='nc -x p:1 %h %p'", [("proxycommand", "nc -x p:1 %h %p")]),
        ("-L 1:a:2", [("localforward", "1:a:2")]),
        ("-A", [("forwardagent", "yes")]),
        ("-S none -M", [("controlpath", "none"), ("controlmaster", "yes")]),
        ("-oChallengeResponseAuthentication=no", [("kbdinteractiveauthentication", "no")]),
    ],
)
def test_arguments_are_parsed_completely(arguments: str, options: list[tuple[str, str]]) -> None:
    assert parse_arguments(shlex.split(arguments)).options == options


def test_a_configuration_file_and_the_destination_are_apart() -> None:
    parsed = parse_arguments(["-tF", "/a", "admin@host", "--", "-x"])
    assert (parsed.config, parsed.words) == ("/a", ["admin@host", "-x"])


@pytest.mark.parametrize("arguments", ["-Z", "-p", "-o", "-o User", "-o =x", "-4Z"])
def test_arguments_that_ssh_refuses_are_refused(arguments: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_arguments(shlex.split(arguments))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "0"),
        ("port", "65536"),
        ("port", "ssh"),
        ("addressfamily", "ipv4"),
        ("connecttimeout", "soon"),
        ("compression", "maybe"),
        ("ciphers", "rot13"),
        ("kexalgorithms", "+nonsense"),
        ("preferredauthentications", "telepathy"),
        ("stricthostkeychecking", "sometimes"),
        ("rekeylimit", "lots"),
        ("setenv", "NAME"),
        ("user", "a b"),
        ("userknownhostsfile", "'a"),
    ],
)
def test_an_invalid_value_is_an_error_that_names_the_option(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        value_of(name, value)


@pytest.mark.parametrize("name", sorted({*HONOURED, *HARMLESS, *HARMLESS_VALUES}))
def test_an_option_is_honoured_or_harmless_but_not_both(name: str) -> None:
    assert (name in HONOURED) + (name in HARMLESS) + (name in HARMLESS_VALUES) == 1


@needs_ssh
def test_every_option_of_this_ssh_is_known_or_reported() -> None:
    """A value that ssh has by default gives no warning, whatever the option is."""
    usual = of_ssh("host")
    reported = {name for name, values in usual.items() for value in values if unsupported_in(name.lower(), value)}
    # These do not exist in a file, or have another value by default than the one that changes nothing.
    assert reported <= {
        "gssapikexalgorithms",
        "host",
        "hostbasedacceptedalgorithms",
        "ipqos",
        "pubkeyacceptedalgorithms",
        "requiredrsasize",
    }


@pytest.mark.parametrize(
    ("name", "value", "reported"),
    [
        ("controlmaster", "auto", ""),
        ("controlpersist", "60s", ""),
        ("loglevel", "QUIET", ""),
        ("forwardagent", "no", ""),
        ("forwardagent", "yes", "forwardagent"),
        ("ipqos", "lowdelay", "ipqos"),
        ("nonsense", "yes", "nonsense"),
        ("-N", "", "-N"),
        ("ciphers", "aes128-ctr", ""),
        ("ciphers", "aes128-ctr,rot13", "ciphers rot13"),
        ("pubkeyacceptedalgorithms", "+ssh-rsa", ""),
        ("pubkeyacceptedalgorithms", "ssh-rsa", "pubkeyacceptedalgorithms"),
    ],
)
def test_what_is_not_supported_is_named(name: str, value: str, reported: str) -> None:
    assert unsupported_in(name, value) == reported


@pytest.mark.parametrize(
    ("part", "table"),
    [("honoured", HONOURED), ("harmless", HARMLESS), ("harmless with a value", HARMLESS_VALUES)],
)
def test_the_page_names_every_option(part: str, table: Iterable[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "ssh.md").read_text(encoding="utf-8")
    names = re.findall(r"`(\w+)`", page.partition(f"<!-- {part} -->")[2].partition("<!-- end -->")[0])
    assert sorted(name.lower() for name in names) == sorted(table)
    assert names == sorted(names, key=str.lower)


# -- configuration files -----------------------------------------------------------------------------------------------


CONFIG = """
# A comment
Host edge-* !edge-9
    User from-pattern
    Port=2222
    IdentityFile ~/.ssh/%r_at_%h
    ProxyJump bastion
Host 192.0.2.*
    HostName = 198.51.100.7
Match host 198.51.100.7 user "deep"
    ServerAliveInterval 11
Match originalhost edge-9,edge-8
    Compression yes
Match user nobody-has-this-name
    Port 1
Include {included}
Host *
    User fallback
    ConnectTimeout 33
    Ciphers aes256-ctr,aes128-ctr  # the end
    UserKnownHostsFile "/a b" /c
    IdentityFile /everyone
"""
INCLUDED = """
Host edge-8
    Port 8888
Match final all
    TCPKeepAlive no
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "included").write_text(INCLUDED, encoding="utf-8")
    (tmp_path / "config").write_text(CONFIG.format(included=tmp_path / "included"), encoding="utf-8")
    return tmp_path / "config"


@needs_ssh
@pytest.mark.parametrize("host", ["edge-1", "edge-8", "edge-9", "192.0.2.5", "EDGE-2", "other"])
@pytest.mark.parametrize("arguments", ["", "-l deep", "-o User=deep -p 99", "-o IdentityFile=/mine"])
def test_a_configuration_file_means_what_it_means_to_ssh(config: Path, host: str, arguments: str) -> None:
    theirs = of_ssh(*shlex.split(arguments), host, config=config)
    ours = options_of(login(arguments, host=host, ssh_config=(str(config),)))
    assert (ours.host.lower(), str(ours.port), ours.user) == (
        theirs["hostname"][0].lower(),
        theirs["port"][0],
        theirs["user"][0],
    )
    assert ours.connect_timeout == int(theirs["connecttimeout"][0])
    assert ours.arguments["keepalive_interval"] == int(theirs["serveraliveinterval"][0])
    assert ours.arguments["tcp_keepalive"] is (theirs["tcpkeepalive"] == ["yes"])
    assert ",".join(ours.arguments["encryption_algs"]) == theirs["ciphers"][0]
    assert ("zlib@openssh.com" in ours.arguments["compression_algs"]) is (theirs["compression"] == ["yes"])
    assert [hop.host for hop in ours.hops] == theirs.get("proxyjump", [])
    assert ours.known_hosts == ("/a b", "/c")
    files = [each.replace("~", str(Path.home())) for each in theirs["identityfile"]]
    files = [each.replace("%r", ours.user).replace("%h", ours.host) for each in files]
    assert list(ours.key_files) == files


def test_own_settings_come_before_the_file(config: Path) -> None:
    made = options_of(login(host="edge-1", user="me", port=7, connect_timeout=3.0, ssh_config=(str(config),)))
    assert (made.user, made.port, made.connect_timeout) == ("me", 7, 3.0)


def test_a_configuration_file_is_read_once(config: Path) -> None:
    device = login(host="edge-1", ssh_config=(str(config),))
    options_of(device)
    config.unlink()
    assert options_of(login(host="edge-2", ssh_config=(str(config),))).port == 2222


@pytest.mark.parametrize(
    "text", ["Match exec true\n", "Port\n", "User 'a\n", "Port many\n", "Match localnetwork 10/8\n"]
)
def test_a_file_that_cannot_be_understood_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"config line 1|port"):
        options_of(login(ssh_config=(str(tmp_path / "config"),)))


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        options_of(login(ssh_config=(str(tmp_path / "none"),)))


def test_the_file_of_the_user_need_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    ssh_config.statements_of.cache_clear()
    assert options_of(login(ssh_config=("~/.ssh/config",), user="me")).user == "me"
    ssh_config.statements_of.cache_clear()


def test_files_that_include_each_other_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(f"Include {tmp_path}/a\n", encoding="utf-8")
    with pytest.raises(ValueError, match="include each other"):
        options_of(login(ssh_config=(str(tmp_path / "a"),)))


def test_only_what_a_host_gets_from_a_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("Host a\n IPQoS ef\nHost b\n LocalForward 1 c:1\n", encoding="utf-8")
    given: dict[str, Any] = {"ssh_config": (str(tmp_path / "config"),)}
    assert set(unsupported_options([login(host="a", **given)])) == {"ipqos"}
    assert set(unsupported_options([login(host="c", **given)])) == set()
    assert set(unsupported_options([login("-X", host="b", **given)], files=False)) == {"forwardx11"}


def test_a_reader_compares_the_user_that_an_earlier_block_set(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("Host *\n User u\nMatch user u\n Port 5\n", encoding="utf-8")
    found = read_options([str(tmp_path / "c")], (), Target("h", "h", "", "local"))
    assert dict(found) == {"user": "u", "port": "5"}


# -- algorithms --------------------------------------------------------------------------------------------------------


KINDS: tuple[Kind, ...] = ("kex", "encryption", "mac", "host_key")


@pytest.mark.parametrize("kind", KINDS)
def test_old_algorithms_come_last_and_can_be_switched_off(kind: Kind) -> None:
    names = {"kex": "kex_algs", "encryption": "encryption_algs", "mac": "mac_algs"}

    def offered(**settings: Any) -> tuple[str, ...]:
        made = options_of(login(**settings))
        found: tuple[str, ...] = made.arguments[names[kind]] if kind in names else made.host_key_algorithms
        return found

    assert offered() == available(kind, MODERN[kind]) + available(kind, LEGACY[kind])
    assert offered(legacy_ssh=False) == available(kind, MODERN[kind])


def test_expensive_key_exchange_comes_after_cheap_key_exchange() -> None:
    order = default_algorithms("kex", legacy=True)
    cheap = ["curve25519-sha256", "ecdh-sha2-nistp256"]
    dear = ["diffie-hellman-group14-sha256", "diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512"]
    old = ["diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"]
    assert [name for name in order if name in {*cheap, *dear, *old}] == [*cheap, *dear, *old]


@pytest.mark.parametrize("kind", KINDS)
def test_old_algorithms_are_still_in_asyncssh_and_cryptography(kind: Kind) -> None:
    """If this fails, a new version removed an algorithm that old devices need: hold the older version."""
    assert available(kind, LEGACY[kind]) == LEGACY[kind]


@pytest.mark.parametrize(
    "code",
    [
        "import {a}; from asyncssh.crypto.dh import DH; from asyncssh import kex_dh as k; "
        "DH(k._group14_g, k._group14_p).get_public()",
        "import {a}; from asyncssh.encryption import get_encryption; "
        "get_encryption(b'3des-cbc', b'k' * 24, b'i' * 8).encrypt_packet(0, b'h' * 4, b'd' * 12)",
    ],
)
def test_finite_field_groups_and_3des_work_without_a_warning(code: str) -> None:
    module = algorithms.__name__.rpartition(".")[0] + "._asyncssh"
    made = subprocess.run(
        [sys.executable, "-W", "default", "-c", code.format(a=module)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "collections")},
        check=False,
    )
    assert (made.returncode, made.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "legacy", "expected"),
    [
        ("aes256-ctr,aes128-ctr", True, ["aes256-ctr", "aes128-ctr"]),
        ("aes256-ctr,rot13", True, ["aes256-ctr"]),
        ("+arcfour", False, [*MODERN["encryption"], "arcfour"]),
        ("+3des-cbc", False, [*MODERN["encryption"], "3des-cbc"]),
        ("^aes256-ctr", False, ["aes256-ctr", *(each for each in MODERN["encryption"] if each != "aes256-ctr")]),
        ("-*-cbc,chacha20*", True, [each for each in MODERN["encryption"] if "chacha" not in each]),
        ("aes*-cbc", True, ["aes128-cbc", "aes192-cbc", "aes256-cbc"]),
    ],
)
def test_lists_of_algorithms_are_as_in_openssh(text: str, legacy: bool, expected: list[str]) -> None:
    assert list(chosen_algorithms("encryption", text, legacy=legacy)) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", {}),
        ("-4 -b 127.0.0.1 -C", {"local_addr": ("127.0.0.1", 0), "compression_algs": ["zlib@openssh.com", "none"]}),
        ("-o RekeyLimit='1G 1h'", {"rekey_bytes": 2**30, "rekey_seconds": 3600.0}),
        ("-o SetEnv='A=1 B=2'", {"env": {"A": "1", "B": "2"}}),
        ("-o KexAlgorithms=+diffie-hellman-group1-sha1 -o MACs=hmac-md5", {"mac_algs": ("hmac-md5",)}),
        ("-o PreferredAuthentications=password", {"preferred_auth": ("password",)}),
    ],
)
def test_asyncssh_takes_the_arguments(arguments: str, expected: dict[str, Any]) -> None:
    made = options_of(login(arguments))
    assert {name: made.arguments[name] for name in expected} == expected
    options = asyncssh.SSHClientConnectionOptions(
        host=made.host,
        port=made.port,
        username=made.user,
        client_keys=None,
        known_hosts=None,
        host_key_alias=made.host_key_alias,
        server_host_key_algs=list(made.host_key_algorithms),
        **made.arguments,
    )
    assert options.port == made.port


def test_equal_devices_share_their_settings() -> None:
    first, second = (options_of(login("-C", name=name, host=name)) for name in ("a", "b"))
    assert first.arguments is second.arguments
    assert options_of(login("-C", name="c", host="a")) is first


# -- jump hosts and commands -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "jump"),
    [
        ("jump", Jump("jump")),
        ("admin@jump:2222", Jump("jump", "admin", 2222)),
        ("ssh://admin@jump:2222", Jump("jump", "admin", 2222)),
        ("admin@[2001:db8::1]:2222", Jump("2001:db8::1", "admin", 2222)),
        ("[2001:db8::1]", Jump("2001:db8::1")),
        ("2001:db8::1", Jump("2001:db8::1")),
        ("fe80::1%eth0", Jump("fe80::1%eth0")),
        ("a@realm@jump", Jump("jump", "a@realm")),
    ],
)
def test_jump_hosts(text: str, jump: Jump) -> None:
    assert jump_of(text) == jump
    assert jumps_of(f"first,{text}") == [Jump("first"), jump]


@pytest.mark.parametrize("text", ["", "5", "jump:", "jump:x", "jump:99999", "a@", "[::1"])
def test_what_is_no_jump_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        jump_of(text)


@pytest.mark.parametrize(
    ("command", "jump", "password"),
    [
        ("ssh -W %h:%p jump", Jump("jump"), None),
        ("ssh -W [%h]:%p jump", Jump("jump"), None),
        ("ssh -q -W %h:%p admin@jump", Jump("jump", "admin"), None),
        ("exec ssh jump -W '[%h]:%p'", Jump("jump"), None),
        ("/usr/bin/ssh -o StrictHostKeyChecking=no -i ~/.ssh/key -p 2222 -W %h:%p -q jump", Jump("jump"), None),
        ("sshpass -p secret ssh -W %h:%p jump", Jump("jump"), "secret"),
        ("sshpass -psecret ssh -W %h:%p jump", Jump("jump"), "secret"),
        ("ssh -W %h:%p %r@jump", Jump("jump", "me"), None),
        ("ssh -W %h:%p 2001:db8::1", Jump("2001:db8::1"), None),
    ],
)
def test_a_command_that_only_forwards_is_a_bastion(command: str, jump: Jump, password: str | None) -> None:
    forward = forward_of(command, "me")
    assert forward is not None
    assert (forward.jump, forward.password) == (jump, password)


@pytest.mark.parametrize(
    "command",
    [
        "nc %h %p",
        "ssh jump nc %h %p",
        "ssh -W %h:22 jump",
        "ssh -W %h:%p jump 2>/dev/null",
        "ssh -W %h:%p jump | tee log",
        "ssh -W %h:%p $BASTION",
        "ssh -W %h:%p bastion-of-%h",
        "sshpass -e ssh -W %h:%p jump",
        "sshpass -f file ssh -W %h:%p jump",
        "ssh -W %h:%p",
        "ssh -W '%h:%p jump",
        "sudo ssh -W %h:%p jump",
    ],
)
def test_any_other_command_stays_a_command(command: str) -> None:
    assert forward_of(command, "me") is None


def test_the_way_of_the_options_becomes_bastions() -> None:
    made = options_of(login("-J admin@one:2201,two"))
    assert [(hop.host, hop.user, hop.port) for hop in made.hops] == [("one", "admin", 2201), ("two", None, 22)]
    assert made.proxy_command is None
    command = "sshpass -p pw ssh -i /key -l admin -p 2222 -o Ciphers=aes128-ctr -J zero -W %h:%p one"
    before, last = options_of(login(f"-o ProxyCommand='{command}'")).hops
    assert (before.host, last.host, last.user, last.port, last.password) == ("zero", "one", "admin", 2222, "pw")
    inner = options_of(last)
    assert (inner.key_files, inner.arguments["encryption_algs"], inner.hops) == (("/key",), ("aes128-ctr",), ())


def test_the_own_bastions_of_a_device_come_first() -> None:
    made = options_of(login("-J other", hops=(Hop("one", "one"),), proxy_command="nc a 1"))
    assert (made.hops, made.proxy_command) == ((), None)


def test_of_two_ways_the_first_counts() -> None:
    assert options_of(login("-o ProxyCommand='nc %h %p' -o ProxyJump=a")).proxy_command == "nc 192.0.2.1 22"
    assert options_of(login("-o ProxyJump=none -o ProxyCommand='nc %h %p'")).proxy_command is None


def test_tokens_of_a_command_are_filled_in_as_for_a_shell() -> None:
    made = options_of(login("-o HostName=198.51.100.1 -o ProxyCommand='nc %h %p # %n %r 100%%'", user="me", port=2222))
    assert made.proxy_command == "nc 198.51.100.1 2222 # 192.0.2.1 me 100%"
    with pytest.raises(ValueError, match="%z"):
        options_of(login("-o ProxyCommand='nc %z'"))


@pytest.mark.parametrize("hostile", ["a;id", "$(id)", "`id`", "a b", "-oX", "a|b", "a'b", "a\\", "a\nb"])
def test_nothing_is_run_because_of_an_address_or_a_user(hostile: str) -> None:
    for host, user in ((hostile, "me"), ("h", hostile)):
        with pytest.raises(ValueError, match="shell"):
            shell_command("nc %h %p", host, host, 22, user)
