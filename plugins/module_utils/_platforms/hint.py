# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which known platforms a device can be, if its platform was learned. It is used for a hint only.

A table has patterns, and the platforms that show such a text. Every text that is found narrows the candidates.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping

from .._result import Output

LONGEST_SAID = 4096  # characters of a greeting that are looked at, at its end
LONGEST_ANSWER = 2000  # characters of an answer, at its beginning
MOST_ANSWERS = 4
MOST_NAMED = 6

_CAN_BE = "; the device can be "
_LOOKS_LIKE = "; the device looks like "
_OTHERS = " or another platform"
_SET = ": set ansible_network_os"

Table = tuple[tuple[str, str], ...]  # pattern, and platforms divided by blanks

# Prompts that only one platform has
EXACT: Table = (
    (r"^\[[^\]\n]*@[^\]\n]*\] [^\n]*>\s*$", "mikrotik_routeros"),
    (r"^--\{[^\n]*\n[A-Z]:[^\n]*#\s*$", "nokia_srlinux"),
    (r"^[!*]*(?:\([^()\n]*\))?[!*]*\[[^\n]*\]\n[!*]*[A-Z]:[^\n]*[#$]\s*$", "nokia_sros"),
    (r"\A[*]?[A-D]:[^\n]*[#$]\s*\Z", "nokia_sros_classic"),
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
# Names of operating systems in greetings and in answers such as that to `show version`. If a text has several, the
# first one counts.
NAMES: Table = (
    (r"\bRouterOS\b|\bMikroTik\b", "mikrotik_routeros"),
    (r"\bJUNOS\b", "juniper_junos"),
    (r"\bSR ?Linux\b", "nokia_srlinux"),
    (r"\bTiMOS\b", "nokia_sros nokia_sros_classic"),
    (r"\bIOS[ -]XR\b", "cisco_iosxr"),
    (r"\bNX-?OS\b|\bNexus Operating System\b", "cisco_nxos"),
    (r"\bIOS[ -]XE\b|\bCisco IOS Software\b|\bCisco Internetwork Operating System\b", "cisco_iosxe"),
    (r"\bFirepower Threat Defense\b", "cisco_ftd"),
    (r"\bAdaptive Security\b", "cisco_asa"),
    (r"\bviptela\b", "cisco_viptela"),
    (r"\bArista\b", "arista_eos"),
    (r"\bH3C\b|\bComware\b", "hp_comware"),
    (r"\bHuawei Integrated Access\b", "huawei_smartax"),
    (r"\bVersatile Routing Platform\b", "huawei_vrp"),
    (r"\bProCurve\b|\bArubaOS-Switch\b", "hp_procurve"),
    (r"\bArubaOS-CX\b", "aruba_aoscx"),
    (r"\bArubaOS\b(?!-)", "aruba_wlc"),
    (r"\bVyOS\b", "vyos_vyos"),
    (r"\bEdgeOS\b", "ubiquiti_edgerouter"),
    (r"\bFortiGate\b|\bFortiOS\b", "fortinet_fortios"),
    (r"\bPAN-OS\b|\bPalo Alto\b", "paloalto_panos"),
    (r"\bExtremeXOS\b", "extreme_exos"),
    (r"\bSLX-?OS\b", "extreme_slx"),
    (r"\bFabric OS\b", "brocade_fos"),
    (r"\bOS10\b", "dell_emc"),
    (r"\bForce10\b", "dell_os9"),
    (r"\bPowerConnect\b", "dell_powerconnect"),
    (r"\bOnyx\b|\bMLNX-OS\b", "mellanox_mlnxos"),
    (r"\bCumulus\b", "cumulus_linux cumulus_vtysh"),
    (r"\bFRRouting\b", "frr"),
    (r"\bAlliedWare Plus\b", "allied_telesis_awplus"),
    (r"\bOcNOS\b", "ipinfusion_ocnos"),
    (r"\bNetScaler\b|\bCitrix\b", "netscaler"),
    (r"\bGaia\b|\bCheck Point\b", "checkpoint_gaia"),
    (r"\bBIG-IP\b", "f5_tmsh"),
    (r"\bScreenOS\b", "juniper_screenos"),
    (r"\bSONiC\b", "dell_enterprisesonic"),
)
# Words and error texts, which several platforms can have.
TEXTS: Table = (
    (r"\bunknown command\.$|\bsyntax error, expecting\b", "juniper_junos"),
    (r"\bMINOR: (?:CLI|MGMT_CORE)\b", "nokia_sros nokia_sros_classic"),
    (r"^% Invalid (?:command|parameter) at '\^' marker", "cisco_nxos"),
    (r"^ERROR: % ", "cisco_asa"),
    (r"^ ?% Unrecognized command found at", "hp_comware"),
    (r"\bVTY users\b|\bError: ?(?:Unrecognized|Wrong parameter)", "huawei_vrp"),
    (r"\bHuawei\b", "huawei_vrp huawei_smartax"),
    (r"\bHewlett Packard Enterprise Development LP\b", "hp_comware aruba_aoscx hp_procurve"),
    (r"^Invalid input: ", "hp_procurve aruba_aoscx"),
    (r"^ERROR: Invalid entry", "alcatel_aos"),
    (r"\bAlcatel-Lucent\b", "alcatel_aos nokia_sros_classic nokia_sros_classic_aram"),
    (r"\bUnknown action 0\b|\bcommand parse error before\b", "fortinet_fortios"),
    (r"^Invalid syntax\.$", "paloalto_panos"),
    (r"%% Invalid input detected", "extreme_exos"),
    (r"^Invalid input -> ", "ruckus_fastiron brocade_netiron"),
    (r"^% Invalid input$", "arista_eos"),
    (
        r"(?<!%)% Invalid input detected at '\^' marker",
        "cisco_iosxe cisco_iosxr ruijie_rgos allied_telesis_awplus dell_os6 cisco_apic",
    ),
    (r"\bCisco\b", "cisco_iosxe cisco_nxos cisco_iosxr cisco_asa cisco_cbs cisco_ftd cisco_aireos cisco_viptela"),
    (r"\bLinux\b|: command not found$", "linux cumulus_linux dell_enterprisesonic"),
)
# Prompts that many platforms have, and the most frequent of these. The first one that matches counts.
SHAPES: Table = (
    (r"^<[^\n]*>\s*$", "huawei_vrp hp_comware"),
    (r"^[^\n]*->\s*$", "juniper_screenos alcatel_aos"),
    (r"^SSH@[^\n]*[>#]\s*$", "ruckus_fastiron brocade_netiron"),
    (r"^\([^\n]*\) ?[>#]\s*$", "ubiquiti_edgeswitch broadcom_icos aruba_wlc netgear_prosafe"),
    (r"^[^\n@]*@[^\n:]*:[^\n]*[$#]\s*$", "linux cumulus_linux vyos_vyos ubiquiti_edgerouter dell_enterprisesonic"),
    (r"^[^\n@]*@[^\n]*>\s*$", "juniper_junos paloalto_panos"),
    (r"^[^\n]*\.\d{1,6} [#>]\s*$", "extreme_exos"),
    (r"^\S[^\n]* [#$]\s*$", "fortinet_fortios"),
    (
        r"^\S[^\n]*(?:#|>)\s*$",
        "cisco_iosxe arista_eos cisco_nxos cisco_asa dell_emc aruba_aoscx hp_procurve allied_telesis_awplus dell_os6 "
        "dell_os9 ruijie_rgos ruckus_fastiron brocade_netiron cisco_cbs frr",
    ),
)
# A command whose answer is about the device itself, and not about its neighbors
ABOUT_ITSELF = re.compile(
    r"(?!.*(?:neigh|lldp|cdp))\s*(?:\S{1,20}\s{1,5}(?:ver|sys)|/?system\b|version\b|uname\b)", re.IGNORECASE
)


def candidates(prompt: str, said: str) -> tuple[tuple[str, ...], bool]:
    """Return platforms that fit what a device showed, the most frequent ones first, and whether that is certain.

    It is certain if something of it is shown by one platform only.

    :param prompt: its prompt.
    :param said: what it said after the login, and to lines that it rejected.
    """
    said = said[-LONGEST_SAID:]
    shown = prompt.strip("\r\n")[-LONGEST_SAID:]
    certain = [*_matches(EXACT, shown), *_matches(NAMES, said), *_matches(TEXTS, said)]
    return _common([*certain, *_matches(SHAPES, shown)[:1]]), _is_certain(certain)


def platform_hint(note: str, prompt: str, said: str) -> str:
    """Return a sentence that says which platform should be set. Empty if the user wants it to be learned.

    :param note: why the platform is learned, see ``Device.platform_note``.
    """
    if not note:
        return ""
    found, certain = candidates(prompt, said)
    return _sentence(note, found, certain=certain)


def hint_with_answers(hint: str, outputs: Mapping[str, Output]) -> str:
    """Return the hint with what the device said of itself, such as in the answer to ``show version``.

    :param hint: the sentence of ``platform_hint``. Another sentence is returned as it is.
    """
    note, there, _end = hint.rpartition(_END)
    if not there:
        return hint
    said = "\n".join(_about_itself(outputs))
    certain = [*_matches(NAMES, said), *_matches(TEXTS, said)]
    if not certain:
        return hint
    found: tuple[str, ...] = ()
    for words in (_LOOKS_LIKE, _CAN_BE):
        before, there, named = note.rpartition(words)
        if there:
            note, found = before, tuple(named.partition(_SET)[0].removesuffix(_OTHERS).split(", "))
    return _sentence(note, _common([*certain, found]), certain=_is_certain(certain))


_END = "; to hide this hint, set ansible_network_os to generic"


def _sentence(note: str, found: tuple[str, ...], *, certain: bool) -> str:
    if not found:
        return note + _END
    if len(found) == 1 and certain:
        return f"{note}{_LOOKS_LIKE}{found[0]}{_SET} to it{_END}"
    return f"{note}{_CAN_BE}{', '.join(found[:MOST_NAMED])}{_OTHERS}{_SET} to the right one{_END}"


def _about_itself(outputs: Mapping[str, Output]) -> Iterator[str]:
    told = [
        output
        for command, output in outputs.items()
        if (output.error.kind == "rejected" if output.error else ABOUT_ITSELF.match(command))
    ]
    for output in told[:MOST_ANSWERS]:
        yield output.text[:LONGEST_ANSWER]


def _common(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the platforms of all groups. A group that has none of those found before it is left out."""
    found: tuple[str, ...] = ()
    for group in groups:
        found = tuple(each for each in found if each in group) or found or group
    return found


def _is_certain(groups: Iterable[tuple[str, ...]]) -> bool:
    return any(len(group) == 1 for group in groups)


def _matches(table: Table, text: str) -> list[tuple[str, ...]]:
    return [platforms for pattern, platforms in compiled(table) if pattern.search(text)]


@functools.cache
def compiled(table: Table) -> list[tuple[re.Pattern[str], tuple[str, ...]]]:
    """Return the patterns of a table. They are compiled when the first platform is learned."""
    return [
        (re.compile(pattern, re.MULTILINE | re.IGNORECASE), tuple(platforms.split())) for pattern, platforms in table
    ]
