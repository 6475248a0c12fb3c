# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab tells the truth: neighbours agree, listed commands parse into what the model says, faults do as told."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import yaml
from ntc_templates.parse import parse_output

from ansible_collections.rollcall.network.plugins.module_utils._model.redaction import Redaction
from tests.integration.conftest import run_playbook
from tests.lab import Lab, inventory
from tests.lab.faults import BIG_OUTPUT_BYTES, BROKEN, FAULTS
from tests.lab.platforms import PLATFORMS
from tests.lab.processes import DEVICES_PER_PROCESS
from tests.lab.topology import LINKS, MAX_DEVICES, REGION_SIZE, Device, Interface, device, devices, wiring

ROOT = Path(__file__).resolve().parent.parent.parent
FLEET = devices(REGION_SIZE)
LISTED = [
    (one, entry if isinstance(entry, str) else entry["command"])
    for one in FLEET
    for entry in PLATFORMS[one.platform].collect
]


def run_lab(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.lab", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def listed_id(value: object) -> str:
    return value.name if isinstance(value, Device) else str(value)


# The model


def test_the_fleet_has_24_devices_of_6_platforms() -> None:
    assert len({one.name for one in FLEET}) == REGION_SIZE == 24
    assert len({one.platform for one in FLEET}) == 6


def test_names_and_addresses_are_unique_in_the_largest_lab() -> None:
    everything = devices(MAX_DEVICES)
    assert len({one.name for one in everything}) == MAX_DEVICES
    assert len({one.address for one in everything}) == MAX_DEVICES
    assert everything[0].address == "127.44.0.1"


@pytest.mark.parametrize("count", [24, 17, 100])
def test_each_link_is_seen_from_both_ends(count: int) -> None:
    short = {
        (one.name, interface.short): interface.name
        for one in devices(count)
        for interface in wiring(one.index, count).interfaces
    }
    seen = {
        (one.name, neighbor.local.name, neighbor.name, short.get((neighbor.name, neighbor.port), neighbor.port))
        for one in devices(count)
        for neighbor in wiring(one.index, count).neighbors
    }
    assert seen
    assert {(there, port, here, local) for here, local, there, port in seen} == seen


@pytest.mark.parametrize("count", [24, 17, 100])
def test_each_bgp_session_is_seen_from_both_ends(count: int) -> None:
    asn = {one.name: one.asn for one in devices(count)}
    seen = {
        (one.name, session.local_address, session.peer_name, session.peer_address, session.established)
        for one in devices(count)
        for session in wiring(one.index, count).sessions
    }
    assert seen
    assert {(there, peer, here, local, up) for here, local, there, peer, up in seen} == seen
    assert all(
        session.peer_asn == asn[session.peer_name]
        for one in devices(count)
        for session in wiring(one.index, count).sessions
    )


def test_the_network_has_a_cut_cable_and_a_session_that_is_down() -> None:
    assert sum(not link.cable_up for link in LINKS) == 1
    assert sum(not link.bgp_up for link in LINKS) == 1
    down = {
        (one.name, session.peer_name)
        for one in FLEET
        for session in wiring(one.index, REGION_SIZE).sessions
        if not session.established
    }
    assert down == {
        ("par-spine1", "par-leaf2"),
        ("par-leaf2", "par-spine1"),
        ("waw-core1", "waw-wan1"),
        ("waw-wan1", "waw-core1"),
    }
    cut = {one.name for one in FLEET if any(port.admin_up and not port.up for port in cabled(one))}
    assert cut == {"par-spine1", "par-leaf2"}
    seen = {(one.name, neighbor.name) for one in FLEET for neighbor in wiring(one.index, REGION_SIZE).neighbors}
    assert not seen & {("par-spine1", "par-leaf2"), ("par-leaf2", "par-spine1")}
    assert len(seen) == 2 * (len(LINKS) - 1)


def cabled(one: Device) -> list[Interface]:
    return [port for port in wiring(one.index, REGION_SIZE).interfaces if port.description.startswith("to ")]


# What is printed, read back through ntc-templates

Rows = list[dict[str, Any]]
# For each platform: the columns that hold the local port, the neighbour's name and the neighbour's port.
LLDP = {
    "iosxe": ("local_interface", "neighbor_name", "neighbor_interface"),
    "iosxr": ("local_interface", "neighbor_name", "neighbor_interface"),
    "nxos": ("local_interface", "neighbor_name", "neighbor_interface"),
    "eos": ("local_interface", "neighbor_name", "neighbor_interface"),
    "junos": ("local_interface", "neighbor_name", "neighbor_interface"),
    "vrp": ("local_interface", "neighbor_name", "neighbor_port_id"),
}
SHORT_LLDP = ("iosxe", "nxos", "eos")
# The columns that hold the peer, its AS, and the state or the number of prefixes.
BGP = {
    "iosxe": ("bgp_neighbor", "neighbor_as", "state_or_prefixes_received"),
    "iosxr": ("bgp_neigh", "neigh_as", "state_pfxrcd"),
    "nxos": ("bgp_neigh", "neigh_as", "state_pfxrcd"),
    "eos": ("bgp_neigh", "neigh_as", "state_pfxrcd"),
    "junos": ("peer_ip", "peer_as", "received"),
    "vrp": ("peer", "asn", "pref_rcvd"),
}
# The columns that hold the interface and its state, and the states that mean up, down and shut down.
INTERFACES = {
    "iosxe": ("interface", "status", ("up", "down", "administratively down")),
    "iosxr": ("interface", "status", ("Up", "Down", "Shutdown")),
    "nxos": ("interface", "status", ("up", "down", "down")),
    "eos": ("port", "status", ("connected", "notconnect", "disabled")),
    "junos": ("interface", "link_status", ("Up", "Down", "Down")),
    "vrp": ("interface", "phy", ("up", "down", "*down")),
}
SHORT_INTERFACES = ("nxos", "eos")


def parsed(one: Device, command: str) -> Rows:
    platform = PLATFORMS[one.platform]
    text = platform.commands[command](one, wiring(one.index, REGION_SIZE))
    if command.endswith("| json"):
        peers = json.loads(text)["vrfs"]["default"]["peers"]
        return [
            {"bgp_neigh": peer, "neigh_as": each["asn"], "state_pfxrcd": each["prefixReceived"]}
            for peer, each in peers.items()
        ]
    rows: Rows = parse_output(platform=platform.ntc_platform, command=command, data=text)
    return rows


@pytest.mark.parametrize(("one", "command"), LISTED, ids=listed_id)
def test_every_listed_command_parses_into_what_the_model_says(one: Device, command: str) -> None:
    rows = parsed(one, command)
    around = wiring(one.index, REGION_SIZE)
    if "version" in command:
        assert len(rows) == 1
        assert rows[0].get("hostname", one.name) == one.name
    elif "lldp" in command:
        local, name, port = LLDP[one.platform]
        short = one.platform in SHORT_LLDP
        assert [(row[local], row[name], row[port]) for row in rows] == [
            (each.local.short if short else each.local.name, each.name, each.port) for each in around.neighbors
        ]
    elif "bgp" in command:
        peer, asn, state = BGP[one.platform]
        assert [(row[peer], int(row[asn])) for row in rows] == [
            (each.peer_address, each.peer_asn) for each in around.sessions
        ]
        for row, session in zip(rows, around.sessions, strict=True):
            number = int(row[state]) if str(row[state]).isdigit() else 0
            assert number == session.prefixes
    else:
        name, state, (up, down, shut) = INTERFACES[one.platform]
        short = one.platform in SHORT_INTERFACES
        expected = {
            each.short if short else each.name: up if each.up else (down if each.admin_up else shut)
            for each in around.interfaces
            if not (one.platform == "eos" and each.kind == "loopback")
        }
        assert {row[name]: row[state] for row in rows if not row[name].endswith(".0")} == expected


def test_every_platform_lists_version_interfaces_lldp_and_bgp() -> None:
    for platform in PLATFORMS.values():
        listed = " ".join(entry if isinstance(entry, str) else entry["command"] for entry in platform.collect)
        assert all(word in listed for word in ("version", "interface", "lldp", "bgp")), platform.name


# The inventory


def test_the_inventory_file_is_the_output_of_the_command() -> None:
    printed = run_lab("inventory")
    assert printed.stdout == (ROOT / "inventory" / "lab.yml").read_text(encoding="utf-8")


def test_a_larger_inventory_begins_with_the_same_devices() -> None:
    larger = inventory.text(100)
    assert all(f"        {one.name}:\n          ansible_host: {one.address}\n" in larger for one in devices(100))


# The running lab

FAULTS_AT = {
    "fra-core1": "hang_banner",
    "fra-edge1": "hang_kex",
    "fra-wan1": "flaky",
    "fra-spine1": "syslog",
    "fra-leaf1": "garbage_bytes",
    "fra-leaf2": "slow_drip",
    "par-core1": "drop_mid_output",
    "par-spine1": "reject",
    "par-leaf1": "bad_enable",
    "par-leaf2": "double_prompt",
    "waw-core1": "big_output",
    "waw-edge1": "no_echo",
    "waw-wan1": "pager",
    "waw-spine1": "drop_clean",
    "waw-leaf2": "no_prompt",
    "fra2-core1": "hang_auth",
    "fra2-edge1": "hang_shell",
    "fra2-wan1": "bad_enable",
    "fra2-spine1": "banner_prompt",
    "ams2-core1": "old_crypto",
}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(devices=48, faults=FAULTS_AT) as running:
        yield running


def test_every_fault_is_tried_here() -> None:
    assert set(FAULTS_AT.values()) | set(BROKEN.values()) == set(FAULTS)


QUIET_SECONDS = 0.5


def converse(lab: Lab, name: str, *steps: tuple[str, str | None], **options: Any) -> str:
    """Logs in and takes each step: types the first text, reads on until the second one appears, or until silence.

    Returns what the last step read, which may be less than asked for where the device ended the session.
    """
    one = lab.devices[name]

    async def talk() -> str:
        known = {"known_hosts": str(lab.known_hosts), "client_keys": None, "config": None, "agent_path": None}
        login = {"username": one.login[0], "password": one.login[1]}
        async with asyncssh.connect(one.address, lab.port, **(known | login | options)) as connection:
            shell = await connection.create_process(term_type="vt100", encoding=None)
            text = ""
            for typed, mark in steps:
                shell.stdin.write(typed.encode())
                text = ""
                while mark is None or mark not in text:
                    try:
                        reading = shell.stdout.read(65536)
                        data = await (reading if mark else asyncio.wait_for(reading, QUIET_SECONDS))
                    except (TimeoutError, asyncssh.Error, ConnectionError):
                        break
                    if not data:
                        break
                    text += data.decode("utf-8", "replace")
            return text

    return asyncio.run(asyncio.wait_for(talk(), 60))


@pytest.mark.parametrize(
    ("name", "command", "mark"),
    [
        ("ams-core1", "sh ver", "NCS-5500"),
        ("ams-edge1", "sh ver", "mx204"),
        ("par-wan1", "sh ver", "uptime is"),
        ("ams-spine1", "sh ver", "NX-OS"),
        ("ams-leaf1", "sh ver", "Arista"),
        ("ams-leaf2", "dis ver", "VRP"),
    ],
)
def test_a_device_of_each_platform_answers_an_abbreviated_command(lab: Lab, name: str, command: str, mark: str) -> None:
    answer = converse(lab, name, ("", name), (f"{command}\n", mark))
    assert answer.startswith(f"{command}\r\n")


@pytest.mark.parametrize(
    ("prompt", "paging_off", "command", "more"),
    [
        ("par-wan1>", "term len 0", "show version", " --More-- "),
        ("ams-core1#", "terminal length 0", "show bgp instance all summary", " --More-- "),
        ("lab@ams-edge1> ", "set cli screen-length 0", "show interfaces", "---(more)---"),
        ("ams-spine1# ", "term len 0", "show version", "--More--"),
        ("<ams-leaf2>", "screen-length 0 temporary", "display lldp neighbor", "  ---- More ----"),
    ],
)
def test_long_output_comes_in_pages_until_paging_is_off(
    lab: Lab, prompt: str, paging_off: str, command: str, more: str
) -> None:
    name = prompt.strip("<># ").removeprefix("lab@")
    paged = converse(lab, name, ("", prompt), (f"{command}\n", more))
    assert paged.endswith(more)
    # The echo, and a page of one line less than the terminal has.
    assert paged.count("\r\n") == 24
    whole = converse(lab, name, ("", prompt), (f"{paging_off}\n", prompt), (f"{command}\n", prompt))
    assert more not in whole
    turned = converse(lab, name, ("", prompt), (f"{command}\n", more), (" ", None))
    # The pager's text is erased before the next page.
    assert turned.startswith(("\x08", "\r", "\x1b"))
    assert turned.endswith((prompt, more))


def test_q_leaves_the_pager(lab: Lab) -> None:
    left = converse(lab, "par-wan1", ("", "wan1>"), ("show version\n", "--More-- "), ("q", None))
    assert left.endswith("par-wan1>")
    assert "Configuration register" not in left


def test_enable(lab: Lab) -> None:
    prompt = converse(lab, "par-wan1", ("", "wan1>"), ("enable\n", "Password: "), ("lab-enable\n", None))
    assert prompt == "\r\npar-wan1#"


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("par-wan1", "show foo", "\r\n              ^\r\n% Invalid input detected at '^' marker.\r\n\r\n"),
        ("par-wan1", "show", "\r\n% Incomplete command.\r\n\r\n"),
        ("par-wan1", "show ip", "\r\n% Incomplete command.\r\n\r\n"),
        ("ams-spine1", "show foo", "\r\n                 ^\r\n% Invalid command at '^' marker.\r\n"),
        ("ams-leaf1", "show foo", "\r\n% Invalid input\r\n"),
        ("ams-edge1", "show foo", "\r\n                    ^\r\nsyntax error, expecting <command>.\r\n\r\n"),
        ("ams-edge1", "foo", "\r\n               ^\r\nunknown command.\r\n\r\n"),
        ("ams-leaf2", "foo", "\r\n           ^\r\nError: Unrecognized command found at '^' position.\r\n"),
    ],
)
def test_an_unknown_command_is_refused_in_the_platforms_words(lab: Lab, name: str, typed: str, said: str) -> None:
    answer = converse(lab, name, ("", name), (f"{typed}\n", None))
    assert answer.startswith(typed + said)


def test_a_client_key_logs_in(lab: Lab) -> None:
    assert lab.key.stat().st_mode & 0o777 == 0o600
    assert "ams-leaf1" in converse(lab, "ams-leaf1", ("", "leaf1#"), client_keys=[str(lab.key)], password="wrong")


# The faults


def test_refuse(lab: Lab) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((lab.devices["par-edge1"].address, lab.port), timeout=5)


def test_wrong_password(lab: Lab) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        converse(lab, "ams-wan1", ("", "#"))


@pytest.mark.parametrize(("name", "banner"), [("fra-core1", b""), ("fra-edge1", b"SSH-2.0-")])
def test_hang_before_the_login(lab: Lab, name: str, banner: bytes) -> None:
    with socket.create_connection((lab.devices[name].address, lab.port), timeout=0.5) as connection:
        if banner:
            assert connection.recv(100).startswith(banner)
        connection.send(b"SSH-2.0-test\r\n")
        with pytest.raises(TimeoutError):
            connection.recv(100)


def test_hang_auth(lab: Lab) -> None:
    with pytest.raises((TimeoutError, asyncssh.Error)):
        converse(lab, "fra2-core1", ("", "#"), login_timeout=1)


def test_hang_shell(lab: Lab) -> None:
    assert converse(lab, "fra2-edge1", ("show version\n", None)) == ""


def test_flaky(lab: Lab) -> None:
    with pytest.raises((ConnectionError, asyncssh.Error)):
        converse(lab, "fra-wan1", ("", ">"))
    assert converse(lab, "fra-wan1", ("", ">")).endswith("fra-wan1>")


def test_old_crypto(lab: Lab) -> None:
    with pytest.raises(asyncssh.Error):
        converse(lab, "ams2-core1", ("", "#"))
    old = {
        "kex_algs": ["diffie-hellman-group14-sha1"],
        "encryption_algs": ["aes128-cbc"],
        "mac_algs": ["hmac-sha1"],
        "server_host_key_algs": ["ssh-rsa"],
    }
    assert "ams2-core1#" in converse(lab, "ams2-core1", ("", "ams2-core1#"), **old)


def test_no_prompt(lab: Lab) -> None:
    assert "waw-leaf2" not in converse(lab, "waw-leaf2", ("", None))
    assert "waw-leaf2>" not in converse(lab, "waw-leaf2", ("", None), ("display version\n", None))


def test_double_prompt(lab: Lab) -> None:
    assert converse(lab, "par-leaf2", ("", None)).endswith("<par-leaf2>\r\n<par-leaf2>")


def test_banner_prompt(lab: Lab) -> None:
    assert converse(lab, "fra2-spine1", ("", "# ")).count("fra2-spine1") < 2
    assert converse(lab, "fra2-spine1", ("", None)).count("fra2-spine1") == 4


@pytest.mark.parametrize(
    ("name", "tries", "said"), [("fra2-wan1", 3, "% Bad secrets"), ("par-leaf1", 1, "% Bad secret")]
)
def test_bad_enable(lab: Lab, name: str, tries: int, said: str) -> None:
    secrets = [("lab-enable\n", "Password: ")] * (tries - 1)
    answer = converse(lab, name, ("", f"{name}>"), ("enable\n", "Password: "), *secrets, ("lab-enable\n", None))
    assert said in answer
    assert answer.endswith(f"{name}>")


def test_no_echo(lab: Lab) -> None:
    assert converse(lab, "waw-edge1", ("", "> "), ("show bgp summary\n", None)).startswith("\r\nThreading")


def test_pager(lab: Lab) -> None:
    answer = converse(lab, "waw-wan1", ("", "#"), ("terminal length 0\n", None))
    assert "% Invalid input detected at '^' marker." in answer
    assert converse(lab, "waw-wan1", ("", "#"), ("show version\n", None)).endswith(" --More-- ")


def test_reject_once(lab: Lab) -> None:
    steps = [("", "# "), ("show version\n", "# ")]
    assert "% Invalid command at '^' marker." in converse(lab, "par-spine1", *steps)
    assert "NX-OS" in converse(lab, "par-spine1", *steps, ("show version\n", "NX-OS"))


def test_hang_command(lab: Lab) -> None:
    answer = converse(lab, "waw-leaf1", ("", "leaf1#"), ("terminal length 0\n", "leaf1#"), ("show version\n", None))
    assert answer == "show version\r\n"


@pytest.mark.parametrize("name", ["par-core1", "waw-spine1"])
def test_drop(lab: Lab, name: str) -> None:
    answer = converse(lab, name, ("", f"{name}#"), ("show version\n", "never said"))
    assert "Cisco" in answer
    assert name not in answer


def test_drop_mid_output_cuts_the_connection_and_drop_clean_does_not(lab: Lab) -> None:
    async def ending(name: str) -> int | None:
        one = lab.devices[name]
        user, password = one.login
        async with asyncssh.connect(
            one.address, lab.port, username=user, password=password, known_hosts=None, client_keys=None, config=None
        ) as connection:
            shell = await connection.create_process("", term_type="vt100", input="show version\n")
            await asyncio.wait_for(shell.wait_closed(), 10)
            await asyncio.sleep(0.1)
            return None if connection.is_closed() else shell.exit_status

    assert asyncio.run(ending("par-core1")) is None
    assert asyncio.run(ending("waw-spine1")) == 0


def test_garbage_bytes(lab: Lab) -> None:
    answer = converse(lab, "fra-leaf1", ("", ">"), ("show version | no-more\n", "fra-leaf1>"))
    assert "\x00" in answer
    assert "\ufffd" in answer
    assert "\x1b[31m" in answer


def test_big_output(lab: Lab) -> None:
    answer = converse(lab, "waw-core1", ("", "core1#"), ("term len 0\n", "core1#"), ("show version\n", "core1#"))
    assert len(answer) >= BIG_OUTPUT_BYTES


def test_slow_drip(lab: Lab) -> None:
    started = time.monotonic()
    answer = converse(lab, "fra-leaf2", ("", "fra-leaf2>"), ("display bgp peer\n", "fra-leaf2>"))
    assert "172.16.0.37" in answer
    assert time.monotonic() - started > 1.0


def test_syslog(lab: Lab) -> None:
    answer = converse(lab, "fra-spine1", ("", "fra-spine1# "), ("show lldp neighbors\n", None))
    before, _echo, after = answer.partition("show lldp neighbors")
    assert "%ETHPORT-5-IF_UP" in before
    inside, _prompt, behind = after.partition("fra-spine1# ")
    assert "%ETHPORT-5-IF_UP" in inside
    assert "%ETHPORT-5-IF_UP" in behind
    assert answer.endswith("mode trunk\r\n")


# Its start and its end


def test_everything_is_gone_afterwards() -> None:
    with Lab(devices=2, healthy=True) as short_lived:
        state, pid = short_lived.state, short_lived.pid
        address = (short_lived.devices["fra-core1"].address, short_lived.port)
        socket.create_connection(address, timeout=5).close()
    assert not state.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)


def test_a_large_lab_is_spread_over_processes_and_ends_as_one() -> None:
    count = DEVICES_PER_PROCESS + 100
    with Lab(devices=count, healthy=True, light=True) as large:
        ends = [large.devices[device(index).name] for index in (1, count)]
        for one in ends:
            assert one.name in converse(large, one.name, ("", one.name))
    for one in ends:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((one.address, large.port), timeout=5)


def test_latency_delays_show_commands_only() -> None:
    login = ("", "core1#")
    with Lab(devices=6, healthy=True, latency=3600) as endless:
        assert "core1#" in converse(endless, "fra-core1", login, ("terminal length 0\n", "core1#"))
    with Lab(devices=6, healthy=True, latency=0.7) as slow:
        started = time.monotonic()
        converse(slow, "fra-core1", login, ("show version\n", "NCS-5500"))
        assert time.monotonic() - started >= 0.7


def test_a_lab_ends_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import os, subprocess, sys, time\n"
        "lab = subprocess.Popen([sys.executable, '-m', 'tests.lab', 'serve', '--port', '0', '--with-parent',"
        f" '--devices', '1', '--state', {str(tmp_path)!r}], stdout=subprocess.PIPE, text=True)\n"
        "lab.stdout.readline()\n"
        "print(lab.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=60)
    pid = int(ran.stdout)
    for _times in range(100):
        if not Path(f"/proc/{pid}").exists() or Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the lab outlived its parent by 10 s")


def test_a_port_in_use_is_said_in_one_line(lab: Lab, tmp_path: Path) -> None:
    second = run_lab("serve", "--port", str(lab.port), "--state", str(tmp_path))
    assert second.returncode == 1
    assert "Traceback" not in second.stderr
    assert f"port {lab.port} is in use" in second.stderr
    assert second.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"nowhere-core1": "refuse"}', "not a device of this lab"),
        ('{"fra-core1": "explode"}', "unknown fault 'explode'"),
        ("[]", "one object of device names to faults"),
        ("{", "is not JSON"),
    ],
)
def test_a_wrong_faults_file_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "faults.json"
    path.write_text(content, encoding="utf-8")
    ran = run_lab("serve", "--port", "0", "--state", str(tmp_path), "--faults", str(path))
    assert ran.returncode == 1
    assert said in ran.stderr


def test_the_index_finds_the_device() -> None:
    from tests.lab.server import index_of

    assert [index_of(device(index).address) for index in (1, 255, 256, 20_000)] == [1, 255, 256, 20_000]


def test_a_copied_inventory_works_with_the_variable_that_it_names(tmp_path: Path) -> None:
    with Lab(devices=24, healthy=True) as lab:
        copied = tmp_path / "copied.yml"
        copied.write_text((ROOT / "inventory" / "lab.yml").read_text(encoding="utf-8"), encoding="utf-8")
        given = {"lab_port": lab.port, "rollcall_hosts": next(iter(lab.devices)), "rollcall_output_dir": str(tmp_path)}
        for more, status in ({}, 2), ({"lab_known_hosts": str(lab.known_hosts)}, 0):
            done = run_playbook(ROOT / "collect.yml", copied, "-e", json.dumps({**given, **more}))
            assert done.returncode == status, done.stdout + done.stderr
    for name in ("lab_port", "lab_known_hosts"):
        assert f"-e {name}=<" in inventory.HEADER, "the copied file says what it needs"


def test_the_configuration_that_the_demonstration_shows_has_secrets_that_are_masked() -> None:
    entry = yaml.safe_load((ROOT / "tests" / "lab" / "demo.yml").read_text())["lab_iosxe"]["hosts"]["fra-wan1"]
    assert entry["rollcall_commands"] == [*PLATFORMS["iosxe"].collect, "show running-config"]
    one = next(each for each in FLEET if each.name == "fra-wan1")
    text = PLATFORMS["iosxe"].commands["show running-config"](one, wiring(one.index, REGION_SIZE))
    masked = Redaction(b"k" * 32).text(text)
    assert len(masked.splitlines()) == len(text.splitlines())
    changed = [line for line in text.splitlines() if line not in masked]
    assert len(changed) == 4
    assert len([line for line in masked.splitlines() if "redacted_" in line]) == 4
