# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each platform behaves on its command line: prompts, paging, settings, texts of refusal. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.lab.render import eos, iosxe, iosxr, junos, nxos, vrp
from tests.lab.render.common import Renderer


@dataclass(frozen=True)
class Platform:
    """One platform. Texts use `\\n` for the end of a line; `{name}` stands for the device's name.

    `settings` maps commands that change the session to what they print: `<lines>` in them is the page length, `<n>` any
    number. `questions` are asked before one takes effect; any answer will do. In `unknown` (`unknown_first` when
    already the first word is), `incomplete` and `ambiguous`, `{caret}` stands for a line whose `^` points at the bad
    word, `{word}` for that word and `{line}` for all that was typed.
    """

    name: str
    network_os: str
    ntc_platform: str
    commands: dict[str, Renderer]
    collect: tuple[str | dict[str, str], ...]
    prompt: str
    exec_prompt: str | None
    motd: str
    more: bytes
    erase: bytes
    settings: dict[str, str]
    unknown: str
    incomplete: str
    ambiguous: str
    log: str
    unknown_first: str = ""
    enables: bool = False
    bad_secret: str = ""
    secret_tries: int = 1
    before_prompt: str = ""
    stamped: bool = False
    keyboard_interactive_only: bool = False
    leave: tuple[str, ...] = ("exit", "quit", "logout")
    questions: dict[str, str] = field(default_factory=dict)


RULE = "#" * 60

CISCO_SETTINGS = {"terminal length <lines>": "", "terminal width <n>": ""}

IOSXE = Platform(
    name="iosxe",
    network_os="cisco.ios.ios",
    ntc_platform="cisco_ios",
    commands=iosxe.COMMANDS,
    collect=("show version", "show ip interface brief", "show lldp neighbors", "show ip bgp summary"),
    prompt="{name}#",
    exec_prompt="{name}>",
    motd=f"\n{RULE}\n#   Authorized access only. Device: {{name:<18}}     #\n{RULE}\n\n",
    more=b" --More-- ",
    erase=b"\x08" * 9 + b" " * 8 + b"\x08" * 9,
    settings=CISCO_SETTINGS,
    unknown="{caret}\n% Invalid input detected at '^' marker.\n\n",
    incomplete="% Incomplete command.\n\n",
    ambiguous='% Ambiguous command:  "{line}"\n',
    log="*Feb 26 08:15:01.123: %LINEPROTO-5-UPDOWN: Line protocol on Interface Loopback9, changed state to up",
    enables=True,
    bad_secret="% Bad secrets\n\n",
    secret_tries=3,
)

IOSXR = Platform(
    name="iosxr",
    network_os="cisco.iosxr.iosxr",
    ntc_platform="cisco_xr",
    commands=iosxr.COMMANDS,
    collect=("show version", "show ip interface brief", "show lldp neighbors", "show bgp instance all summary"),
    prompt="RP/0/RP0/CPU0:{name}#",
    exec_prompt=None,
    motd=f"\n{RULE}\n  Authorized access only.\n{RULE}\n",
    more=b" --More-- ",
    erase=b"\r          \r",
    settings={
        **CISCO_SETTINGS,
        "terminal exec prompt no-timestamp": "",
        "terminal exec prompt timestamp": "",
    },
    unknown="{caret}\n% Invalid input detected at '^' marker.\n",
    incomplete="% Incomplete command.\n",
    ambiguous='% Ambiguous command:  "{line}"\n',
    log="RP/0/RP0/CPU0:Feb 26 08:15:01.123 UTC: ifmgr[282]: %PKT_INFRA-LINK-3-UPDOWN : Interface Loopback9, "
    "changed state to Up",
    before_prompt="\n",
    stamped=True,
)

NXOS = Platform(
    name="nxos",
    network_os="cisco.nxos.nxos",
    ntc_platform="cisco_nxos",
    commands=nxos.COMMANDS,
    collect=("show version", "show interface brief", "show lldp neighbors", "show ip bgp summary"),
    prompt="{name}# ",
    exec_prompt="{name}> ",
    motd=f"{RULE}\n# Authorized access only\n{RULE}\n",
    more=b"--More--",
    erase=b"\r        \r",
    settings={**CISCO_SETTINGS, "terminal session-timeout <n>": ""},
    unknown="{caret}\n% Invalid command at '^' marker.\n",
    incomplete="% Incomplete command at '^' marker.\n",
    ambiguous="% Ambiguous command at '^' marker.\n",
    log="2024 Feb 26 08:15:01 {name} %ETHPORT-5-IF_UP: Interface Ethernet1/47 is up in mode trunk",
    bad_secret="Permission denied\n",
)

EOS = Platform(
    name="eos",
    network_os="arista.eos.eos",
    ntc_platform="arista_eos",
    commands=eos.COMMANDS,
    collect=(
        "show version",
        "show interfaces status",
        "show lldp neighbors",
        {"command": "show ip bgp summary | json", "parser": "json"},
    ),
    prompt="{name}#",
    exec_prompt="{name}>",
    motd=f"{RULE}\nAuthorized access only\n{RULE}\n",
    more=b"--More-- ",
    erase=b"\r\x1b[K",
    settings={"terminal length <lines>": "Pagination disabled.\n", "terminal width <n>": "Width set to {} columns.\n"},
    unknown="% Invalid input\n",
    incomplete="% Incomplete command\n",
    ambiguous="% Ambiguous command\n",
    log="Feb 26 08:15:01 {name} Ebra: %LINEPROTO-5-UPDOWN: Line protocol on Interface Loopback9, changed state to up",
    enables=True,
    bad_secret="% Bad secret\n",
)

JUNOS = Platform(
    name="junos",
    network_os="junipernetworks.junos.junos",
    ntc_platform="juniper_junos",
    commands=junos.COMMANDS,
    collect=("show version", "show interfaces", "show lldp neighbors", "show bgp summary"),
    prompt="lab@{name}> ",
    exec_prompt=None,
    motd=f"{RULE}\nAuthorized access only\n{RULE}\n"
    f"--- JUNOS {junos.VERSION} Kernel 64-bit  JNPR-12.1-20230515.7a0e4b1_buil\n",
    more=b"---(more)---",
    erase=b"\r" + b" " * 40 + b"\r",
    settings={
        "set cli screen-length <lines>": "Screen length set to {}\n",
        "set cli screen-width <n>": "Screen width set to {}\n",
        "set cli complete-on-space off": "Disabling complete-on-space\n",
        "set cli timestamp disable": "",
    },
    unknown="{caret}\nsyntax error, expecting <command>.\n",
    unknown_first="{caret}\nunknown command.\n",
    incomplete="{caret}\nsyntax error, expecting <command>.\n",
    ambiguous="{caret}\n'{word}' is ambiguous.\n",
    log="Feb 26 08:15:01 {name} mib2d[2412]: SNMP_TRAP_LINK_UP: ifIndex 599, ifAdminStatus up(1), ifOperStatus up(1)",
    before_prompt="\n",
    keyboard_interactive_only=True,
)

VRP = Platform(
    name="vrp",
    network_os="community.network.ce",
    ntc_platform="huawei_vrp",
    commands=vrp.COMMANDS,
    collect=("display version", "display interface brief", "display lldp neighbor", "display bgp peer"),
    prompt="<{name}>",
    exec_prompt=None,
    motd=f"\n{RULE}\nAuthorized access only\n{RULE}\n\n"
    "Info: The max number of VTY users is 21, the number of current VTY users online is 1.\n",
    more=b"  ---- More ----",
    erase=b"\x1b[16D" + b" " * 16 + b"\x1b[16D",
    settings={
        "screen-length <lines> temporary": "Info: The configuration takes effect on the current user terminal "
        "interface only.\n",
        "screen-width <n>": "",
        "mmi-mode enable": "",
    },
    unknown="{caret}\nError: Unrecognized command found at '^' position.\n",
    incomplete="{caret}\nError: Incomplete command found at '^' position.\n",
    ambiguous="{caret}\nError: Ambiguous command found at '^' position.\n",
    log="Feb 26 2024 08:15:01 {name} %%01IFNET/4/LINK_STATE(l): The line protocol on the interface 100GE1/0/47 "
    "has entered UP state.",
    questions={"screen-width <n>": "Warning: This command will change the default screen width. Continue? [Y/N]:"},
)

PLATFORMS = {platform.name: platform for platform in (IOSXE, IOSXR, NXOS, EOS, JUNOS, VRP)}
