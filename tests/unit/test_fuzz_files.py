# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any bytes in known_hosts and in SSH configuration files, any values of a device: only documented exceptions."""

from __future__ import annotations

import base64
import contextlib
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.rollcall.network.plugins.module_utils._known_hosts import KnownHosts, Marker
from ansible_collections.rollcall.network.plugins.module_utils._transport import _known_hosts_file
from ansible_collections.rollcall.network.plugins.module_utils._transport.host_keys import fingerprint, known, type_of
from ansible_collections.rollcall.network.plugins.module_utils._transport.options import options_of
from ansible_collections.rollcall.network.plugins.module_utils._transport.ssh_config import Target, read_options
from ansible_collections.rollcall.network.plugins.plugin_utils._poller_stream import Stream
from ansible_collections.rollcall.network.plugins.plugin_utils.roll import Device, Hop, call_roll, make_device
from tests.unit.fuzzing import few, values

KEY = b"\0\0\0\x0bssh-ed25519\0\0\0 " + bytes(32)
ENCODED = base64.b64encode(KEY)
NAMES = ("r1", "R1.example.net", "2001:DB8::1", "[r1]:2222", "192.0.2.1", "")

words = st.one_of(
    st.sampled_from(
        [
            b"@revoked", b"@cert-authority", b"@x", b"#", b"r1", b"r1,r2", b"*", b"?*,!r1", b"[r1]:22", b"*.*.*", b"!",
            b"|1|", b"|1|AAAA|AAAA", b"|1|" + base64.b64encode(bytes(20)) + b"|" + base64.b64encode(bytes(20)),
            b"ssh-ed25519", b"ssh-rsa", ENCODED, ENCODED[:-5], b"AAAA", b"====",
            b"\xff\xfe", b"\0", b"\x85", b"[", b"]",
        ]
    ),
    st.binary(max_size=12),
)  # fmt: skip
lines = st.lists(words, max_size=6).map(b" ".join)
files = st.one_of(st.binary(max_size=200), st.lists(lines, max_size=6).map(b"\n".join))


@few(100)
@given(content=files)
def test_any_bytes_in_known_hosts(content: bytes) -> None:
    file = KnownHosts.parse("file", content)
    for name in NAMES:
        for port in (None, 22, 2222):
            file.check([name], port, KEY)
            file.check_ca([name], port, KEY)
            file.key_types([name], port)
            file.revoked([name], port)
            for marker in Marker:
                file.entries([name], port, marker)
        file.lines_of(name)
        file.has(name, KEY)
    assert all(isinstance(each, str) for each in file.problems)


@few(30)
@given(content=files)
def test_any_bytes_in_a_known_hosts_file_that_is_changed(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "known_hosts")
        path.write_bytes(content)
        line = f"new-name ssh-ed25519 {ENCODED.decode()}"
        _known_hosts_file.append(str(path), [line])
        assert KnownHosts.load([str(path)]).has("new-name", KEY)
        assert path.read_bytes().startswith(content), "what was there is as it was"
        _known_hosts_file.remove(str(path), ["new-name"])
        assert not KnownHosts.load([str(path)]).lines_of("new-name")
        keys = known(make_device("r1", commands=["show version"], known_hosts=[path]))
        keys.check(KEY)
        keys.server_host_key_algs()


@pytest.mark.parametrize("pattern", ["*a" * 100 + "b", "*?" * 100 + "b", "!" + "*a" * 100 + "b"])
def test_a_pattern_of_many_stars_takes_no_time(pattern: str) -> None:
    """Quick, or not within the lifetime of anybody: the limit is that of pytest."""
    file = KnownHosts.parse("file", f"{pattern},* ssh-ed25519 {ENCODED.decode()}\n".encode())
    file.check(["a" * 250], 22, KEY)
    assert time.thread_time() >= 0


@few(30)
@given(blob=st.one_of(st.binary(max_size=60), st.binary(max_size=8).map(lambda end: KEY[:-8] + end)))
def test_any_host_key(blob: bytes) -> None:
    assert isinstance(type_of(blob), str)
    assert fingerprint(blob).startswith("SHA256:")


OPTIONS = [
    "Host", "Match", "HostName", "Port", "User", "ProxyJump", "ProxyCommand", "Include", "Ciphers", "KexAlgorithms",
    "IdentityFile", "UserKnownHostsFile", "StrictHostKeyChecking", "ConnectTimeout", "PubkeyAcceptedAlgorithms",
    "IdentitiesOnly", "AddressFamily", "BindAddress", "HostKeyAlgorithms", "MACs", "Compression", "ServerAliveInterval",
    "IgnoreUnknown", "HostKeyAlias", "CertificateFile", "Tag", "SetEnv", "RekeyLimit",
]  # fmt: skip
config_words = st.one_of(
    st.sampled_from(
        [
            "*", "?", "r1", "!r1", "all", "final", "canonical", "exec", "host", "originalhost", "user", "localuser",
            "yes", "no", "ask", "0", "-1", "99999999999", "none", "%h", "%%", "%", "%j", "~", "~/x", "$HOME", "${HOME}",
            '"', "'", '"a b"', "#", "=", "+aes128-ctr", "-*", "^x", "a,b", "@", "x@y:z", "[::1]:22", "[", "\t", "\\",
        ]
    ),
    st.text(max_size=6),
)  # fmt: skip
config_lines = st.one_of(
    st.text(max_size=20),
    st.builds(
        lambda name, between, more: f"{name}{between}{' '.join(more)}",
        st.sampled_from(OPTIONS),
        st.sampled_from([" ", "=", " = ", "\t", ""]),
        st.lists(config_words, max_size=4),
    ),
)
configs = st.one_of(
    st.binary(max_size=100),
    st.lists(config_lines, max_size=8).map(lambda each: "\n".join(each).encode("utf-8", "replace")),
)


@few(100)
@given(content=configs)
@example(content=b"Host " + b"*a" * 100 + b"b")
@example(content=b"Include config")
def test_any_bytes_in_a_configuration_file_of_ssh(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config")
        path.write_bytes(content.replace(b"Include config", b"Include " + str(path).encode()))
        target = Target(original="a" * 200, host="r1", user="ops", local_user="me")
        try:
            read_options([str(path)], (), target)
        except ValueError:
            return
        device = make_device("r1", commands=["show version"], ssh_config=[path])
        with contextlib.suppress(ValueError):
            options_of(device)


@few(30)
@given(
    pieces=st.lists(
        st.one_of(
            st.binary(max_size=20),
            st.just(b"\n"),
            st.sampled_from([b'rollcall-answer {"name": "r1", "answer": {}}\n', b"rollcall-answer " + b"[" * 50_000]),
        ),
        max_size=6,
    )
)
def test_any_bytes_from_a_poller(pieces: list[bytes]) -> None:
    answers: list[str] = []
    stream = Stream(lambda name, _answer: answers.append(name))
    rest = stream.without_answers(b"".join(pieces).decode("utf-8", "surrogateescape"))
    assert isinstance(rest, str)


FIELDS = [
    "commands", "platform", "definition", "parser", "rows_required", "allow_commands", "host", "port", "user",
    "password", "private_key_file", "private_key", "passphrase", "otp_command", "become", "become_password",
    "connect_timeout", "command_timeout", "host_key_checking", "accept_new_host_keys", "known_hosts", "legacy_ssh",
    "ssh_options", "ssh_config", "hops", "transport", "max_output", "transcript", "limit_groups", "driver", "function",
    "function_args", "variables",
]  # fmt: skip
hops = st.builds(lambda fields: _hop(fields), st.dictionaries(st.sampled_from(["host", "user", "port"]), values))
settings_of_devices = st.dictionaries(
    st.sampled_from(FIELDS),
    st.one_of(values, st.sampled_from(["cli", "python", "cisco.ios.ios", "show version", "telnet", 5, Path("x")])),
    max_size=4,
)


def _hop(fields: dict[str, Any]) -> Any:
    try:
        return Hop(**{"name": "hop", "host": "192.0.2.9", **fields})
    except TypeError:
        return None


@few(150)
@given(name=st.one_of(st.just("r1"), values), settings=settings_of_devices, hop=st.one_of(st.none(), hops))
def test_any_settings_of_a_device(name: Any, settings: dict[str, Any], hop: Any) -> None:
    given = {"commands": ["show version"], **({"hops": [hop]} if hop else {}), **settings}
    try:
        device = make_device(name, **given)
    except (TypeError, ValueError):
        return
    assert isinstance(device, Device)
    assert Device.from_dict(device.as_dict()) == device


@few(100)
@given(
    limits=st.dictionaries(
        st.sampled_from(
            [
                "workers", "device_timeout", "deadline", "retries", "logins_per_second", "max_open_logins", "limits",
                "login_canary", "login_failure_limit",
            ]
        ),
        values,
        min_size=1,
        max_size=3,
    )
)  # fmt: skip
def test_any_limits_of_a_run(limits: dict[str, Any]) -> None:
    with contextlib.suppress(TypeError, ValueError):
        assert call_roll([], **limits) == {}
