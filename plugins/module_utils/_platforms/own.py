# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions of platforms that scrapli does not have. They have the keys of ``description.KEYS``.

No line changes a device's configuration. Where paging can only be turned off there, the pager is answered.
"""

from __future__ import annotations

from typing import Any

from .corrections import FASTPATH
from .shapes import CONFIGURATION, HASH, HASH_OR_SHELL, PRIVILEGED, SHELL, SUBMODES, USER

PERCENT = ["% Ambiguous command", "% Incomplete command", "% Invalid input", "% Unknown command", "% Error"]
LENGTH = ["terminal length 0"]


def _like_ios(ntc: str | None = None, **more: Any) -> dict[str, Any]:
    """Most command lines: ``name>``, ``enable``, ``name#``, ``name(config)#``, ``terminal length 0``."""
    given = {"prompts": SUBMODES, "enable": "enable", "paging": LENGTH, "close": "exit", "failures": PERCENT, **more}
    return {**given, "ntc": ntc} if ntc else given


OWN: dict[str, dict[str, Any]] = {
    "a10_acos": _like_ios(prompts=HASH),
    "adtran_os": _like_ios(),
    "allied_telesis_awplus": _like_ios("allied_telesis_awplus"),
    "apcon_apconos": _like_ios(paging=[]),
    "arris_cer": _like_ios(),
    "avaya_ers": _like_ios(
        "avaya_ers",
        prompts=HASH,
    ),
    "avaya_vsp": _like_ios("avaya_vsp", prompts=HASH, paging=["terminal more disable"]),
    "bdcom_os": _like_ios(),
    "broadcom_icos": _like_ios("broadcom_icos", prompts=FASTPATH),
    "brocade_fos": {
        "prompts": {"user": r"^[^\n]*[>#]\s*$"},
        "close": "exit",
        "failures": ["rbash: ", "-rbash: ", "Invalid command", "RBAC permission denied"],
    },
    "brocade_netiron": _like_ios(
        "brocade_netiron",
        prompts=HASH,
        paging=["skip-page-display", "terminal length 0"],
        failures=["Invalid input -", "Error -", "Incomplete command", "Ambiguous input -", "Unrecognized command"],
    ),
    "calix_b6": _like_ios(prompts=HASH),
    "casa_cmts": _like_ios(paging=["page-off"]),
    "centec_os": _like_ios(),
    "checkpoint_gaia": {
        "prompts": {"shell": r"^\[Expert@[^\n]*#\s*$|^[^\n]*\$\s*$", "user": USER},
        "enter": "clish",
        "paging": ["set clienv rows 0"],  # of the session, until `save clienv`
        "close": "exit",
        "failures": ["CLINFR0", "Invalid command:", "Incomplete command"],
        "ntc": "checkpoint_gaia",
    },
    "ciena_saos": {
        "prompts": {"configuration": CONFIGURATION, "user": r"^[^\n]*[>#]\s*$"},
        "paging": ["system shell session set more off", "set session more off"],
        "close": "exit",
        "failures": ["SHELL PARSER FAILURE", "ERROR: ", "Error: "],
        "ntc": "ciena_saos",
    },
    "cisco_apic": _like_ios("cisco_apic", prompts=HASH_OR_SHELL),
    "cisco_viptela": {
        "prompts": {"shell": r"^[^\n]*(?:\$|:~#)\s*$", **HASH},
        "paging": ["paginate false"],  # of the session
        "close": "exit",
        "failures": ["syntax error:", "Error:", "Aborted:"],
        "ntc": "cisco_viptela",
    },
    "dcn_os": _like_ios(),
    "dell_os6": _like_ios(paging=["terminal length 0", "terminal datadump"]),
    "dell_os9": _like_ios("dell_force10", failures=["% Error:", "% Invalid input", "% Incomplete command"]),
    "dell_powerconnect": _like_ios("dell_powerconnect", paging=["terminal datadump", "terminal length 0"]),
    "ericsson_eccli": {
        "prompts": {"configuration": CONFIGURATION, "user": r"^[^\n]*[>#]\s*$"},
        "paging": ["screen-length 0"],
        "close": "exit",
        "failures": ["% Error", "syntax error", "Error:"],
    },
    "ericsson_ipos": _like_ios("ericsson_ipos", prompts={"shell": r"^[^\n]*\$\s*$", **SUBMODES}),
    "extreme_exos": {
        "prompts": {"configuration": CONFIGURATION, "privileged": PRIVILEGED, "user": USER},
        "paging": ["disable clipaging session"],  # without the last word it would be saved
        "close": "logout",
        "failures": [
            "%% Invalid input",
            "%% Ambiguous command",
            "%% Incomplete command",
            "%% Unrecognized command",
            "Error:",
        ],
        "ntc": "extreme_exos",
    },
    "extreme_nos": _like_ios(failures=["syntax error:", "%Error:", "% Error:", "% Invalid input"]),
    "extreme_slx": _like_ios("extreme_slxos", failures=["syntax error:", "%Error:", "% Error:", "% Invalid input"]),
    "f5_tmsh": {
        "prompts": {"user": r"^[^\n]*\((?=[^\n]*tmos)[^\n]*[#$]\s*$", "shell": r"^[^\n]*[#$]\s*$"},
        "enter": "tmsh",
        "close": "quit",
        "failures": ["Syntax Error:", "Unexpected Error:", "Data Input Error:"],
        "dialogs": [{"question": r"Display all \d{1,9} items\? ?\(y/n\)", "key": "y", "when": "any"}],
    },
    "fs_fsos": _like_ios(),
    "hillstone_stoneos": _like_ios(prompts=HASH),
    "hp_procurve": _like_ios(
        "hp_procurve",
        prompts=HASH,
        paging=["no page", "terminal length 1000"],
        close="logout",
        failures=["Invalid input:", "Incomplete input:", "Ambiguous input:", "Module not present", "Unknown command"],
    ),
    "juniper_screenos": {
        "prompts": {"user": r"^[^\n]*->\s*$"},  # `set console page 0` changes the configuration
        "close": "exit",
        "failures": ["^-----", "unknown keyword", "Failed command"],
        "ntc": "juniper_screenos",
    },
    "lenovo_cnos": _like_ios(),
    "lenovo_enos": _like_ios(paging=["terminal-length 0"]),
    "linux": {
        "prompts": {"shell": r"^[^\n]*[$#%>]\s*$"},
        "close": "exit",
        "failures": ["command not found", "No such file or directory", "Permission denied"],
        "ntc": "linux",
    },
    "mellanox_mlnxos": _like_ios(
        prompts={**HASH, "shell": SHELL},
        paging=["no cli session paging enable", "terminal length 999"],
        failures=["% Unrecognized command", "% Invalid", "% Incomplete command", "% Ambiguous command"],
    ),
    "netgear_prosafe": _like_ios(prompts=FASTPATH),
    "netscaler": {
        "prompts": {"shell": r"^[^\n]*@[^\n]*[#$%]\s*$", "user": r"^[^\n]*>\s*$"},
        "close": "exit",  # `set cli mode` could be saved, so that the pager is answered
        "failures": ["ERROR:", "ERROR :"],
    },
    "oneaccess_oneos": _like_ios("oneaccess_oneos", paging=["term len 0"]),
    "pluribus_netvisor": {
        "prompts": {"user": r"^[^\n]*>\s*$", "shell": r"^[^\n]*[$#]\s*$"},
        "paging": ["pager off"],
        "close": "exit",
    },
    "quanta_mesh": _like_ios(prompts=FASTPATH, paging=["no pager"]),
    "tplink_jetstream": _like_ios(failures=["Error:", "Bad command", "Invalid parameter", "% Invalid input"]),
    "ubiquiti_edgerouter": {
        "like": "vyos_vyos",
        "open": ["terminal length 0"],
        "ntc": "ubiquiti_edgerouter",
    },
    "watchguard_fireware": {
        "prompts": {"configuration": r"^[^\n]*\([^()\n]*\)#\s*$", "user": r"^[^\n]*[>#]\s*$"},
        "close": "exit",
        "failures": ["% Unrecognized command", "% Invalid input", "% Incomplete command"],
        "ntc": "watchguard_firebox",
    },
    "westermo_weos4": {"prompts": {"user": r"^[^\n]*[>#]\s*$"}, "close": "exit"},
    "yamaha": {
        "prompts": {"privileged": PRIVILEGED, "user": USER},  # its pager is turned off in the configuration only
        "enable": "administrator",
        "close": "exit",
        "failures": ["Error:"],
        "ntc": "yamaha",
    },
    "zte_zxros": _like_ios(
        "zte_zxros",
        prompts={
            **SUBMODES,
            "configuration": r"^[^\n]*\((?!cfg\))[^()\n]*\)\s?#\s*$",
        },  # switches show (cfg)# after `enable`
        failures=["%Error", "% Invalid input", "% Incomplete command"],
    ),
    "frr": _like_ios(
        paging=[],
        open=LENGTH,
        failures=["% Unknown command", "% Command incomplete", "% Ambiguous command", "% There is no"],
    ),
    "learned": {
        "prompts": {},
        "enable": "enable",
        "close": "exit",
    },
}
