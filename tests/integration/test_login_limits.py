# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rate of logins at real OpenSSH servers, for all devices and for each site, and the time of devices that wait."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.plugin_utils.roll import Device, call_roll, make_device
from tests.integration.bastion import Bastion
from tests.integration.conftest import ShellServer, meanwhile, shell_server
from tests.integration.odd_server import Line, OddServer
from tests.integration.openssh import wait_until
from tests.integration.test_credential_guard import counts, fleet, prompt_only

SITES = ("ams", "fra")
# A session that notes the time of its login.
SESSION = r"""
date +%s.%N >> "$HOME/logins"
while printf 'box# ' && read -r line; do
    case $line in *version*) printf 'version 1\n' ;; esac
done
"""


@pytest.fixture(scope="module")
def servers(openssh_here: None) -> Iterator[dict[str, ShellServer]]:
    with contextlib.ExitStack() as stack:
        yield {site: stack.enter_context(shell_server(SESSION)) for site in SITES}


def devices(servers: dict[str, ShellServer], each: int) -> list[Device]:
    return [
        make_device(
            f"{site}-{number}",
            host=server.address,
            port=server.port,
            user=server.user,
            password=server.password,
            platform="cisco.ios.ios",
            commands=["show version"],
            known_hosts=[server.known_hosts],
            limit_groups={"site": site},
        )
        for number in range(each)
        for site, server in servers.items()
    ]


def logins(server: ShellServer) -> list[float]:
    file = server.home / "logins"
    times = sorted(map(float, file.read_text().split()))
    file.unlink()
    return times


@pytest.mark.parametrize(
    ("limits", "all_at", "site_at"),
    [
        pytest.param({"logins_per_second": 4.0}, 4.0, 4.0, id="all"),
        pytest.param({"limits": {"site": {"logins_per_second": 2.0}}}, None, 2.0, id="each site"),
        pytest.param({"logins_per_second": 3.0, "limits": {"site": {"logins_per_second": 2.0}}}, 3.0, 2.0, id="both"),
    ],
)
def test_the_rate_at_a_real_server_is_never_above_its_limit(
    servers: dict[str, ShellServer], limits: dict[str, Any], all_at: float | None, site_at: float
) -> None:
    """The n-th login does not come before n intervals. A slow machine makes it come later."""
    began = time.time()
    answers = call_roll(devices(servers, 12), **limits)
    came = {site: logins(server) for site, server in servers.items()}
    assert counts(answers) == {"ok": 24}
    groups = [] if all_at is None else [(all_at, sorted(each for times in came.values() for each in times))]
    groups += [(site_at, times) for times in came.values()]
    for rate, times in groups:
        early = [
            number for number, at in enumerate(times) if at < began + number / rate - 0.01
        ]  # the clock is adjusted
        assert not early, (rate, times)


def test_the_rate_holds_when_a_bastion_is_connected_again() -> None:
    """Its devices log in again. Their sessions take longer than all first logins."""
    count, rate = 20, 5.0
    times: list[float] = []
    killed: list[float] = []

    async def login(_user: str, _password: str) -> bool:
        times.append(time.monotonic())
        return True

    async def session(line: Line) -> None:
        while True:
            line.say("box#")
            if await line.hear() == "show version":
                while len(times) < count:
                    await asyncio.sleep(0.05)
                await asyncio.sleep(3.0)
                line.say("version 1\n")

    with Bastion() as bastion, OddServer(session, login=login) as server:

        def act() -> None:
            wait_until(lambda: len(times) == count, "all devices have logged in", timeout=60)
            killed.append(time.monotonic())
            bastion.kill_session()

        behind = [replace(each, hops=(bastion.hop(),)) for each in fleet(server, count)]
        with meanwhile(act):
            answers = call_roll(behind, logins_per_second=rate)
    assert counts(answers) == {"ok": count}
    assert len(times) == 2 * count
    again = sorted(times)[count:]
    assert not [number for number, at in enumerate(again) if at < killed[0] + number / rate - 0.01]


def test_waiting_costs_no_device_its_own_time() -> None:
    """The last devices wait longer than device_timeout, for the first attempt and again for the second."""
    reset: set[str] = set()

    async def reset_the_first_session(line: Line) -> None:
        if line.user in reset:
            await prompt_only(line)
        reset.add(line.user)

    with OddServer(reset_the_first_session) as server:
        asked = {f"d{number}": fleet(server, 1, user=f"u{number}")[0] for number in range(40)}
        answers = call_roll(asked, logins_per_second=5.0, device_timeout=5.0, retries=1)
        assert len(server.logins) == 80
    assert counts(answers) == {"ok": 40}
    assert {answer["attempts"] for answer in answers.values()} == {2}
