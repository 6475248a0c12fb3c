# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A device whose platform is not known: how its pager is turned off, and which platform it looks like."""

from __future__ import annotations

import functools
import re

# Lines that turn paging off for the session and change no configuration, the usual ones first. A device rejects the
# others. Lines of which a part could be understood elsewhere are not here: the pager is answered.
PAGING = [
    "terminal length 0",
    "screen-length 0 temporary",
    "screen-length disable",
    "terminal pager 0",
    "terminal datadump",
    "terminal more disable",
    "no paging",
    "no page",
    "environment no more",
    "skip-page-display",
    "disable clipaging session",
    "paginate false",
    "set cli screen-length 0",
    "set cli pager off",
    "set clienv rows 0",
]

LONGEST_SAID = 4096  # characters of a greeting that are looked at, at its end

# Words of greetings and error texts, the more certain ones first: pattern, platform
SAID: tuple[tuple[str, str], ...] = (
    (r"\bRouterOS\b|\bMikroTik\b", "mikrotik_routeros"),
    (r"\bJUNOS\b|\bunknown command\.$|\bsyntax error, expecting\b", "juniper_junos"),
    (r"\bSR ?Linux\b", "nokia_srlinux"),
    (r"\bTiMOS\b|\bMINOR: (?:CLI|MGMT_CORE)\b", "nokia_sros"),
    (r"\bIOS[ -]XR\b", "cisco_iosxr"),
    (r"\bNX-OS\b|\bNexus\b|% Invalid (?:command|parameter) at '\^' marker", "cisco_nxos"),
    (r"\bAdaptive Security\b|^ERROR: % ", "cisco_asa"),
    (r"\bFirepower Threat Defense\b", "cisco_ftd"),
    (r"\bArista\b", "arista_eos"),
    (
        r"\bH3C\b|\bComware\b|\bHewlett Packard Enterprise Development LP\b|Unrecognized command found at",
        "hp_comware",
    ),
    (r"\bHuawei\b|\bVTY users\b|\bError: ?(?:Unrecognized|Wrong parameter)", "huawei_vrp"),
    (r"\bProCurve\b|\bArubaOS-Switch\b|^Invalid input: ", "hp_procurve"),
    (r"\bArubaOS-CX\b", "aruba_aoscx"),
    (r"\bAlcatel-Lucent\b|^ERROR: Invalid entry", "alcatel_aos"),
    (r"\bVyOS\b", "vyos_vyos"),
    (r"\bEdgeOS\b", "ubiquiti_edgerouter"),
    (r"\bFortiGate\b|\bUnknown action 0\b|\bcommand parse error before\b", "fortinet_fortios"),
    (r"\bPAN-OS\b|\bPalo Alto\b|^Invalid syntax\.$", "paloalto_panos"),
    (r"\bExtremeXOS\b|%% Invalid input detected", "extreme_exos"),
    (r"\bOS10\b", "dell_emc"),
    (r"\bOnyx\b|\bMLNX-OS\b", "mellanox_mlnxos"),
    (r"\bCumulus\b", "cumulus_linux"),
    (r"\bFRRouting\b", "frr"),
    (r"\bAlliedWare Plus\b", "allied_telesis_awplus"),
    (r"\bNetScaler\b|\bCitrix\b", "netscaler"),
    (r"\bGaia\b|\bCheck Point\b", "checkpoint_gaia"),
    (r"\bSONiC\b", "dell_enterprisesonic"),
    (r"^Invalid input -> ", "ruckus_fastiron"),
    (r"\bviptela\b", "cisco_viptela"),
    (r"\bCisco\b|% Invalid input detected at '\^' marker", "cisco_iosxe"),
    (r"\bLinux\b|: command not found$", "linux"),
)
# Prompts that only one platform has
EXACT: tuple[tuple[str, str], ...] = (
    (r"^\[[^\]\n]*@[^\]\n]*\] [^\n]*>\s*$", "mikrotik_routeros"),
    (r"^--\{[^\n]*\n[A-Z]:[^\n]*#\s*$", "nokia_srlinux"),
    (r"^[!*]*(?:\([^()\n]*\))?[!*]*\[[^\n]*\]\n[!*]*[A-Z]:[^\n]*[#$]\s*$", "nokia_sros"),
    (r"^[*]?[A-D]:[^\n]*[#$]\s*$", "nokia_sros_classic"),
    (r"^RP/\d[^\n]*:[^\n]*#\s*$", "cisco_iosxr"),
    (r"^HRP_[AMS][<\[]", "huawei_vrp"),
    (r"^\{[^{}\n]*\}\n[^\n]*[>#]\s*$", "juniper_junos"),
    (r"^[^\n]*\(tmos[^\n]*[#$]\s*$", "f5_tmsh"),
    (r"^[^\n]*:FID\d[^\n]*>\s*$", "brocade_fos"),
    (r"^\[Expert@", "checkpoint_gaia"),
    (r"^[^\n]*\[standalone[^\n]*[>#]\s*$", "mellanox_mlnxos"),
    (r"^\(Cisco Controller\)", "cisco_aireos"),
    (r"^[^\n@]*@[^\n]*\((?:active|passive|suspended)[^\n]*[>#]\s*$", "paloalto_panos"),
)
# Prompts that several platforms have, and the one that is met most often
SHAPES: tuple[tuple[str, str], ...] = (
    (r"^<[^\n]*>\s*$", "huawei_vrp"),
    (r"^[^\n]*->\s*$", "juniper_screenos"),
    (r"^SSH@[^\n]*[>#]\s*$", "ruckus_fastiron"),
    (r"^\([^\n]*\) [>#]\s*$", "ubiquiti_edgeswitch"),
    (r"^[^\n@]*@[^\n:]*:[^\n]*[$#]\s*$", "linux"),
    (r"^[^\n@]*@[^\n]*>\s*$", "juniper_junos"),
    (r"^[^\n]*\.\d{1,6} [#>]\s*$", "extreme_exos"),
    (r"^\S[^\n]* [#$]\s*$", "fortinet_fortios"),
    (r"^\S[^\n]*(?:#|>)\s*$", "cisco_iosxe"),
)


def best_fit(prompt: str, said: str) -> str | None:
    """Return the platform that fits best what a device showed, for a hint. Nothing else depends on it.

    :param prompt: its prompt.
    :param said: what it said after the login, and to lines that it rejected.
    """
    said = said[-LONGEST_SAID:]
    shown = prompt.strip("\r\n")[-LONGEST_SAID:]
    for table, text in ((EXACT, shown), (SAID, said), (SHAPES, shown)):
        for pattern, platform in compiled(table):
            if pattern.search(text):
                return platform
    return None


@functools.cache
def compiled(table: tuple[tuple[str, str], ...]) -> list[tuple[re.Pattern[str], str]]:
    """Return the patterns of a table. They are compiled when the first platform is learned."""
    return [(re.compile(pattern, re.MULTILINE | re.IGNORECASE), platform) for pattern, platform in table]


def platform_hint(note: str, prompt: str, said: str) -> str:
    """Return a sentence that says which platform should be set. Empty if the user wants it to be learned.

    :param note: why the platform is learned, see ``Device.platform_note``.
    """
    if not note:
        return ""
    best = best_fit(prompt, said)
    looks = f"; the device looks like {best}: set ansible_network_os to it" if best else ""
    return f"{note}{looks}; if it is to be learned, set ansible_network_os to generic"
