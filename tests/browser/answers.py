# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets of made-up answers, in the shape that rollcall.network.collect returns; the same ones at every call."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

BEGAN = datetime(2026, 3, 2, 6, 0, 0, tzinfo=UTC)
BEFORE = BEGAN - timedelta(days=1)
CHANGED = ("fra-edge1", "waw-spine1")
PLATFORMS = ("cisco_iosxe", "arista_eos", "juniper_junos", "cisco_nxos", "cisco_iosxr", "huawei_vrp")
SITES = ("ams", "fra", "par", "waw")
ROLES = ("wan1", "edge1", "leaf1", "leaf2", "spine1", "fw1")
COMMANDS = ("show version", "show interfaces", "show bgp summary")

# Name, then status, phase, kind and message of those that have no full answer.
BROKEN = {
    "ams-wan1": (
        "auth_failed",
        "auth",
        "refused",
        "login as ops refused (password: wrong); the device offers password",
    ),
    "par-edge1": (
        "unreachable",
        "connect",
        "refused",
        "127.0.0.9 port 22 refused the connection; check that SSH is enabled",
    ),
    "par-leaf1": (
        "unreachable",
        "connect",
        "timeout",
        "127.0.0.10 port 22 did not answer within 10 s; check the address",
    ),
    "waw-leaf1": (
        "timeout",
        "command",
        "timeout",
        "3 of 3 commands failed, first 'show version': no prompt within 30 s",
    ),
    "waw-leaf2": (
        "partial",
        "command",
        "rejected",
        "1 of 3 commands failed, first 'show bgp summary': the device rejected the command",
    ),
    "waw-fw1": ("failed", "resolve", "platform", "no platform is set; set ansible_network_os"),
}


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def answer(
    status: str = "ok",
    error: tuple[str, str, str] | None = None,
    start: float | None = 0.0,
    seconds: dict[str, float] | None = None,
    waited: float = 0.0,
    **other: Any,
) -> dict[str, Any]:
    """One answer. ``start`` is in seconds after the run began, None for a device that was never asked."""
    seconds = {"connect": 0.05, "auth": 0.4, "command": 0.3} if seconds is None else seconds
    return {
        "status": status,
        "error": dict(zip(("phase", "kind", "message"), error, strict=True)) if error else None,
        "attempts": 0 if start is None else 1,
        "started_at": None if start is None else iso(BEGAN + timedelta(seconds=start)),
        "finished_at": None
        if start is None
        else iso(BEGAN + timedelta(seconds=start + waited + sum(seconds.values()))),
        "seconds": {} if start is None else seconds,
        "driver": "cli",
        "host": "127.0.0.1",
        "port": 22,
        "platform": "cisco_iosxe",
        "output": {},
        "value": None,
    } | other


def said(text: str, **other: Any) -> dict[str, Any]:
    """What one command gave."""
    return {
        "text": text,
        "status": "ok",
        "error": None,
        "seconds": 0.1,
        "parser": None,
        "rows": None,
        "rows_status": None,
        "rows_message": None,
    } | other


def interfaces(name: str, count: int = 10) -> dict[str, Any]:
    """About 1 KB of text with its rows."""
    rows = [
        {
            "interface": f"Ethernet1/{port}",
            "status": "up" if port % 4 else "down",
            "protocol": "up" if port % 4 else "down",
            "address": f"10.{port}.0.1/31",
            "mtu": "9214",
            "bandwidth": "10000000 Kbit",
            "description": f"to {name} {port}",
            "input_errors": "0",
            "output_errors": "0",
            "tags": ["core", "10g"],
        }
        for port in range(1, count + 1)
    ]
    text = "".join(
        f"{row['interface']} is {row['status']}, line protocol is {row['protocol']}\n"
        f"  Internet address is {row['address']}, MTU {row['mtu']}\n"
        for row in rows
    )
    return said(text, parser="textfsm", rows=rows, rows_status="ok")


def outputs(name: str) -> dict[str, Any]:
    version = said(
        f"Lab OS, Version 17.9.4a\n{name} uptime is 41 weeks, 2 days\nProcessor board ID FDO{len(name):04}\n",
        parser="textfsm",
        rows=[
            {
                "version": "17.9.4a",
                "hostname": name,
                "uptime": "41 weeks, 2 days",
                "hardware": ["C9300-48P", "C9300-24T"],
            }
        ],
        rows_status="ok",
    )
    peers = said(
        "\n".join(
            f"10.255.0.{peer}  4  650{peer:02}  1021  1019  12  0  0  1w2d  {peer * 37}" for peer in range(1, 16)
        ),
        parser="textfsm",
        rows_status="mismatch",
        rows_message="the template for 'show bgp summary' found no row; it does not match, or there are no entries",
    )
    return dict(zip(COMMANDS, (version, interfaces(name), peers), strict=True))


def change(answer: dict[str, Any]) -> None:
    """Let one of its commands have changed, and the others be the same as the day before."""
    answer |= {"changed": ["show version"], "last_good_at": answer["finished_at"]}
    for output in answer["output"].values():
        output["since"] = iso(BEFORE)
    version = answer["output"]["show version"]
    lines = [
        "@@ -1,3 +1,3 @@",
        "-Lab OS, Version 17.9.3",
        "+Lab OS, Version 17.9.4a",
        *(f" {line}" for line in version["text"].splitlines()[1:]),
    ]
    version["since"] = answer["finished_at"]
    version["diff"] = "\n".join([f"--- {iso(BEFORE)}", f"+++ {answer['finished_at']}", *lines, ""])


def small() -> dict[str, dict[str, Any]]:
    """24 devices; six of them without a full answer, one of these never asked, one after a second attempt."""
    chance = random.Random(24)
    fleet = {}
    for place, (site, role) in enumerate((site, role) for site in SITES for role in ROLES):
        name = f"{site}-{role}"
        seconds = {
            "resolve": 0.01,
            "connect": chance.uniform(0.02, 0.15) + (0.6 if site == "fra" else 0),
            "auth": chance.uniform(0.3, 0.9),
            "command": chance.uniform(0.2, 1.4),
            "parse": 0.02,
        }
        common: dict[str, Any] = {"host": f"127.0.0.{place + 1}", "platform": PLATFORMS[place % 6]}
        start = place * 0.12
        if name not in BROKEN:
            fleet[name] = answer(start=start, seconds=seconds, output=outputs(name), **common)
            if name in CHANGED:
                change(fleet[name])
            continue
        status, *reason = BROKEN[name]
        took: dict[str, tuple[float | None, dict[str, float], float]] = {
            "refused": (start, {"connect": 0.02, "auth": 0.5}, 0.0),
            "timeout": (start, {"connect": 0.1, "auth": 0.4, "command": 9.0}, 0.0),
            "platform": (None, {}, 0.0),
        }
        at, parts, waited = took.get(reason[1], (start, seconds, 0.0))
        if status == "unreachable":
            parts, waited = ({"connect": 0.01}, 3.0) if reason[1] == "refused" else ({"connect": 8.0}, 0.0)
        fleet[name] = answer(status, (reason[0], reason[1], reason[2]), at, parts, waited, **common)
        if waited:
            fleet[name]["attempts"] = 3
        if status == "unreachable":
            fleet[name] |= {"changed": [], "last_good_at": iso(BEFORE)}
        if status == "partial":
            fleet[name]["output"] = outputs(name)
            fleet[name]["output"]["show bgp summary"] = said(
                "% Invalid input detected\n",
                status="failed",
                error={
                    "phase": "command",
                    "kind": "rejected",
                    "message": "the device rejected the command: % Invalid input detected",
                },
            )
    return fleet


def large(count: int = 10_000) -> Iterator[tuple[str, dict[str, Any]]]:
    """A large fleet: 200 workers, one slow site, a jam of logins, and one device in 50 without a full answer."""
    chance = random.Random(count)
    free = [0.0] * 200
    for place in range(count):
        site = f"site-{place * 40 // count:02}"
        name = f"{site}-sw{place % (count // 40 or 1) + 1}"
        worker = min(range(200), key=free.__getitem__)
        start = free[worker]
        seconds = {
            "connect": chance.uniform(0.01, 0.06) + (1.5 if site == "site-17" else 0),
            "auth": chance.lognormvariate(-0.9, 0.3) + (2.5 if 18 < start < 24 else 0),
            "command": chance.lognormvariate(-0.5, 0.5),
        }
        status, error, waited = "ok", None, 0.0
        fate = place % 250
        if fate == 7:
            status, error, seconds, waited = (
                "unreachable",
                ("connect", "timeout", "no answer within 10 s"),
                {"connect": 10.0},
                1.0,
            )
        elif fate == 31:
            status, error = "auth_failed", ("auth", "refused", "login as ops refused (password: wrong)")
        elif fate == 66:
            status, error = (
                "failed",
                ("command", "session_closed", f"the session of {name} ended before its answer was whole"),
            )
        elif fate in (100, 180):
            status, error, seconds = (
                "timeout",
                ("command", "timeout", "no prompt within 30 s"),
                seconds | {"command": 12.0},
            )
        free[worker] = start + sum(seconds.values()) + waited
        platform = PLATFORMS[place % 6]
        host = f"10.{place // 65536}.{place // 256 % 256}.{place % 256}"
        yield name, answer(status, error, start, seconds, waited, platform=platform, host=host)
