# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Platforms on devices that behave like them: login, privileged mode, paging, exact text, and a rejected command."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._device import Device
from ansible_collections.rollcall.network.plugins.module_utils._roll import Limits, call_roll
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._by_hand import make_device
from ansible_collections.rollcall.network.plugins.plugin_utils._variables._platform import found_platform
from tests.integration.odd_server import Line, OddServer

ROWS = [f"row {number:3} of the table" for number in range(1, 41)]
SECRET = "become-me"


@dataclass
class Box:
    """A device. It pages until it gets the line that turns paging off."""

    network_os: str
    prompt: str
    rejection: str
    paging: str = ""  # the line that turns paging off; empty: it never pages
    enable: str = ""  # the line that leads to the second prompt
    privileged: str = ""
    question: str = ""  # that asks for the password then
    before: str = ""  # what it shows first, and waits for a key
    key: str = ""
    pager: str = "--More--"

    async def __call__(self, line: Line) -> None:
        if self.before:
            line.say(self.before)
            while (await key_of(line)) not in (self.key or "\r\n "):
                pass
        prompt, pages = self.prompt, bool(self.paging)
        line.say(f"\n{prompt}")
        while True:
            typed = (await line.hear()).strip()
            if typed in ("exit", "logout", "quit"):
                return
            if self.enable and typed == self.enable:
                line.say(self.question)
                if not self.question or await line.hear(echo=False) == SECRET:
                    prompt = self.privileged
                line.say("\n")
            elif typed == "show table":
                allowed = not self.enable or prompt == self.privileged
                await (self.show(line, pages) if allowed else self.reject(line))
            elif typed == self.paging and typed:
                pages = False
            elif typed:
                await self.reject(line)
            line.say(prompt)

    async def show(self, line: Line, pages: bool) -> None:
        for number, row in enumerate(ROWS):
            if pages and number and not number % 20:
                line.say(self.pager)
                await key_of(line)
                line.say("\r" + " " * len(self.pager) + "\r")
            line.say(f"{row}\n")

    async def reject(self, line: Line) -> None:
        line.say(f"{self.rejection}\n")


async def key_of(line: Line) -> str:
    """One key. A line is read only up to it."""
    while not line._left:
        line._left = await line._process.stdin.read(4096)
        if not line._left:
            raise EOFError
    byte, line._left = line._left[:1], line._left[1:]
    return byte.decode("latin-1")


INVALID = "% Invalid input detected at '^' marker."
PASSWORD = {"enable": "enable", "question": "Password:"}
BOXES = {
    # The four whose definitions have a pattern where a text was meant
    "cisco smb": Box(
        "ciscosmb", "SG300>", "% Unrecognized command", "terminal datadump", privileged="SG300#", **PASSWORD
    ),
    "fastiron": Box("icx", "SSH@icx>", "Invalid input -> foo", "skip-page-display", privileged="SSH@icx#", **PASSWORD),
    "edgeswitch": Box("edgeswitch", "(edge) >", INVALID, "terminal length 0", privileged="(edge) #", **PASSWORD),
    "raisecom": Box(
        "raisecom",
        "Raisecom>",
        '% "foo"  Unknown command.',
        "terminal page-break disable",
        privileged="Raisecom#",
        **PASSWORD,
    ),
    # Nobody described them
    "unknown": Box(
        "frobnicator", "frob büro 1>", INVALID, "terminal length 0", "enable", "frob büro 1#", "Enable password: "
    ),
    "missing": Box("", "Core+2 # ", INVALID, "screen-length disable"),
    "generic": Box("generic", "x::%", "bad command", "set cli pager off"),
    "generic that always pages": Box("generic", "[a]> ", "bad command", "no such line"),
    "of another platform": Box("huawei_vrp", "R1#", INVALID, "terminal length 0"),
    # Our own definitions
    "procurve": Box(
        "procurve", "HP-2530#", "Invalid input: foo", "no page", before="HP J9772A\n\nPress any key to continue"
    ),
    "ers": Box(
        "boss",
        "4850GTS#",
        INVALID,
        "terminal length 0",
        before="\nEnter Ctrl-Y to begin.\n",
        key="\x19",
        pager="----More (q=Quit)----",
    ),
    "voss": Box("voss", "VSP:1>", INVALID, "terminal more disable", privileged="VSP:1#", **PASSWORD),
    "f5": Box(
        "bigip", "[root@lb:Active:In Sync] ~ # ", "Syntax Error: unexpected argument", "", "tmsh", "root@(lb)(tmos)# "
    ),
    "gaia": Box("gaia", "[Expert@gw:0]# ", "CLINFR0329  Invalid command:'foo'.", "set clienv rows 0", "clish", "gw> "),
    "junos, root": Box("junos", "root@ex:RE:0% ", "unknown command.", "set cli screen-length 0", "cli", "root@ex> "),
    "omniswitch": Box("aos7", "OS6900-> ", 'ERROR: Invalid entry: "foo"'),
    "fabric os": Box("fos", "sw1:FID128:admin> ", "rbash: foo: command not found"),
    "onyx": Box(
        "onyx",
        "s [standalone: master] > ",
        '% Unrecognized command "foo".',
        "no cli session paging enable",
        privileged="s # ",
        **PASSWORD,
    ),
    "viptela": Box("viptela", "vEdge# ", "syntax error: unknown command", "paginate false"),
    "screenos": Box("screenos", "ns5gt(M)-> ", "^------unknown keyword foo", "no such line", pager="--- more ---"),
    "saos": Box("saos", "SAOS*> ", "SHELL PARSER FAILURE: 'foo' - invalid input", "system shell session set more off"),
    "edgeos": Box("edgeos", "ubnt@edge:~$ ", "  Invalid command: [foo]", "terminal length 0", pager=":"),
    "linux": Box("linux", "ops@host:~$ ", "-bash: foo: command not found"),
    "os9": Box(
        "dellos9", "Dell>", "% Error: Invalid input at marker.", "terminal length 0", privileged="Dell#", **PASSWORD
    ),
    "apic": Box("apic", "apic1# ", "Error: Invalid argument 'foo'.", "terminal length 0"),
    "d-link": Box("dlink", "DGS:user#", "Available commands:", "", "enable admin", "DGS:admin#", "PassWord:"),
    "yamaha": Box("yamaha", "RTX> ", "Error: Invalid command name", "", "administrator", "RTX# ", "Password: "),
}


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    """The answers of all boxes, which are asked at once."""
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(OddServer(box)) for name, box in BOXES.items()}
        devices = {name: device_of(name, BOXES[name], server.port) for name, server in servers.items()}
        return call_roll(devices, Limits(retries=0, device_timeout=60))


def device_of(name: str, box: Box, port: int) -> Device:
    found = found_platform(box.network_os, (), needed=True)
    made = make_device(
        name,
        host="127.0.0.1",
        port=port,
        user="ops",
        password="any",
        become_password=SECRET if box.question else None,
        platform=found.name,
        host_key_checking=False,
        commands=["show table", "show foo"],
        command_timeout=20,
    )
    return replace(made, platform_note=found.note)


@pytest.mark.parametrize("name", BOXES)
def test_a_platform_is_asked(answers: dict[str, dict[str, Any]], name: str) -> None:
    answer = answers[name]
    assert answer["output"]["show table"]["error"] is None, answer["error"]
    assert answer["output"]["show table"]["text"] == "\n".join(ROWS)
    assert answer["output"]["show foo"]["error"]["kind"] == "rejected"
    assert answer["status"] == "partial"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unknown", ["'frobnicator' is not known", "the device can be cisco_iosxe"]),
        ("missing", ["no platform is set", "the device can be cisco_iosxe"]),
        ("of another platform", ["none of platform huawei_vrp", "the device can be cisco_iosxe"]),
        ("generic", []),
        ("procurve", []),
    ],
)
def test_the_hint_in_the_answer(answers: dict[str, dict[str, Any]], name: str, words: list[str]) -> None:
    hint = answers[name]["connection"].get("platform_hint", "")
    assert all(each in hint for each in words), hint
    assert bool(hint) is bool(words)
