# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Corrections of scrapli's definitions: what is missing there, too narrow, or would change a device's configuration.

They have the keys of ``description.KEYS``.
"""

from __future__ import annotations

from typing import Any

from .shapes import ANGLES, AT, CONFIGURATION, HASH, HASH_OR_SHELL, PRIVILEGED, SUBMODES, USER

# The brackets of `(name) (Config)#`
FASTPATH = {"configuration": r"^[^\n]*\)\s?\([^()\n]*\)\s?#\s*$", "privileged": PRIVILEGED, "user": USER}
BUSYBOX = r"^[^\n]*[$%]\s*$|^\[[^\n]*\]#\s*$"

CORRECTIONS: dict[str, dict[str, Any]] = {
    "aethra_atosnt": {"close": None},  # scrapli's is four characters of text; Ctrl-D has no echo to be proven by
    "alcatel_aos": {
        "prompts": {"configuration": CONFIGURATION, "user": r"^[^\n]*(?:>|#|\$|->|=>)\s*$"},
        "failures": ["ERROR:"],
        "ntc": "alcatel_aos",
    },
    "arista_eos": {"prompts": {"shell": BUSYBOX, **HASH}},
    "aruba_aoscx": {"prompts": HASH_OR_SHELL, "enable": "enable"},
    "aruba_wlc": {"prompts": HASH, "ntc": "aruba_os"},
    "cisco_aireos": {
        "prompts": {"configuration": r"^[^\n]*\) ?\w[\w -]*>\s*$", "user": USER},
        "open": [],  # scrapli's changes the configuration; the pager is answered instead
        "dialogs": [
            # `show run-config` begins with the first one, even if paging is off
            {"question": r"Press Enter to continue(?:\.\.\.| or <ctrl-z> to abort)", "answer": "", "when": "command"},
            {"question": r"display the next \d{1,9} entries\? ?\(y/n\)", "key": "y", "when": "command"},
        ],
    },
    "cisco_asa": {"prompts": SUBMODES},
    "cisco_cbs": {"prompts": SUBMODES},
    "cisco_ftd": {"prompts": {"shell": r"^[^\n]*@[^\n]*[$#]\s*$", **HASH}},
    "cisco_iosxe": {
        "prompts": {"shell": r"^[^\n]*\(tcl\)[>#]\s*$|^\+>\s*$|^\[[^\n]*\]\$\s*$", **SUBMODES},
        "ntc": "cisco_ios",  # ntc-templates has no cisco_iosxe
    },
    "cisco_iosxr": {
        "prompts": {"shell": r"^\[[^\n]*\]\$\s*$", **HASH},
        "open": [
            "terminal width 512",
            "terminal length 0",
            "terminal exec prompt no-timestamp",  # otherwise every answer begins with the time
        ],
        "ntc": "cisco_xr",
    },
    "cisco_nxos": {
        "prompts": {
            "shell": r"^[^\n]*-tcl\)?#\s*$|^bash-[^\n]*[$#]\s*$",
            "configuration": r"^[^\n]*\((?!maint-mode\))[^()\n]*\)\s?#\s*$",
            "privileged": PRIVILEGED,
            "user": USER,
        }
    },
    "cumulus_linux": {"prompts": {"shell": r"^[^\n]*[$#]\s*$"}, "ntc": "linux"},
    "cumulus_vtysh": {
        "prompts": {
            "shell": r"^[^\n@]*+@[^\n:]*+:[^\n]*[$#]\s*$",
            "configuration": CONFIGURATION,
            "privileged": PRIVILEGED,
        },
        "enter": "vtysh",
    },
    "datacom_dmos": {"prompts": HASH},
    "datacom_dmswitch": {"prompts": HASH, "open": []},  # scrapli's changes the configuration
    "dell_emc": {
        "prompts": {"shell": r"^[^\n]*\$\s*$", **HASH},
        "failures": [
            "% Error:",
            "Command not found",
            "Incomplete command",
            "% Invalid input",
            "An invalid interface has been used for this command.",
        ],
    },
    "dell_enterprisesonic": {
        "prompts": {"shell": r"^[^\n@]*+@[^\n:]*+:[^\n]*[$#]\s*$", **HASH},
        "enter": "sonic-cli",
    },
    "dlink_os": {
        "prompts": {
            "configuration": CONFIGURATION,
            "user": r"^[^\n]*:(?:user|oper|puser|3|4|6)#\s*$|^[^\n]*>\s*$",
            "privileged": PRIVILEGED,
        },
        "enable": "enable admin",
        "open": [],  # scrapli's "enable clipaging" changes the configuration and turns paging on
        "ntc": "dlink_ds",
    },
    "edgecore_ecs": {"prompts": HASH, "enable": "enable", "ntc": "edgecore"},
    "eltex_esr": {"prompts": HASH, "ntc": "eltex"},
    "fortinet_fortios": {
        "prompts": {"user": r"^[^\n]*[#$]\s*$"},
        "open": [],  # scrapli's changes the configuration; the pager is answered instead
        "failures": ["Unknown action", "command parse error", "Command fail. Return code", "value parse error"],
        "ntc": "fortinet",
    },
    "fortinet_wlc": {"prompts": HASH, "enable": "enable"},
    "hp_comware": {
        "prompts": ANGLES,
        "failures": [
            "% Unrecognized command",
            "% Incomplete command",
            "% Too many parameters",
            "% Wrong parameter",
            "% Ambiguous command",
            "Permission denied.",
        ],
    },
    "huawei_smartax": {
        "prompts": {"shell": r"^[^\n]*\(diagnose\)%%\s*$", **HASH},
        "close": "quit",  # only one line can be sent
    },
    "huawei_vrp": {
        "prompts": ANGLES,
        "open": ["screen-length 0 temporary"],
        "close": "quit",
        "failures": ["Error:", "% Unknown command", "% Incomplete command"],
    },
    "ipinfusion_ocnos": {
        "prompts": {"shell": r"^[^\n@]*+@[^\n:]*+:[^\n]*[$#?]\s*$", **HASH},
        "enable": "enable",
        "enter": "cmlsh",
        "ntc": "ipinfusion_ocnos",
    },
    "juniper_junos": {
        "prompts": {
            "shell": r"^[^\n]*[%$]\s*$|^[^\n]*:[^\s:]* #\s*$|^\[[^\n]*\]#\s*$",
            "configuration": r"^(?:\{[^{}\n]*\})?(?:\[edit[^\[\]\n]*\]\n)?[^\n]*#\s*$",
            "user": r"^(?:\{[^{}\n]*\}\n)?[^\n]*>\s*$",
        },
        "enter": "cli",  # root lands in a shell
        "open": ["set cli screen-width 511", "set cli screen-length 0", "set cli complete-on-space off"],
    },
    "mikrotik_routeros": {
        "prompts": {"user": r"^[^\n\[]*+\[(?=[^\n\]]*\])[^\n]*>\s*$"},
        "failures": [
            "bad command name",
            "expected end of command",
            "syntax error",
            "no such item",
            "input does not match",
        ],
        "ntc": "mikrotik_routeros",
    },
    "nokia_srlinux": {
        "prompts": {
            "configuration": r"^--\{(?=[^\n]*candidate)[^\n]*\n[A-Za-z]:[^\n]*[#>]\s*$",
            "user": r"^--\{[^\n]*\n[A-Za-z]:[^\n]*[#>]\s*$",
            "shell": r"^[^\n]*[#$%]\s*$",
        },
        "enter": "sr_cli",
    },
    "nokia_sros": {
        "prompts": {
            "configuration": (
                r"^[!*]*\([^()\n]*\)[!*]*\[[^\n]*\]\n[!*]*[A-Za-z]:[^\n]*[#$>]\s*$|^[!*]*[A-Za-z]:[^\n>]*>conf[^\n]*[#$]\s*$"
            ),
            "user": r"^(?:[!*]*\[[^\n]*\]\n)?[!*]*[A-Za-z]:[^\n]*[#$>]\s*$",
        },
        "ntc": "alcatel_sros",
    },
    "nokia_sros_classic": {
        "prompts": {
            "configuration": (
                r"^[!*]*[A-Za-z]:[^\n>]*>conf[^\n]*[#$]\s*$|^[!*]*\([^()\n]*\)[!*]*\[[^\n]*\]\n[^\n]*[#$]\s*$"
            ),
            "user": r"^(?:[!*]*\[[^\n]*\]\n)?[!*]*[A-Za-z]:[^\n]*[#$>]\s*$",
        },
        "ntc": "alcatel_sros",
    },
    "nokia_sros_classic_aram": {"prompts": {"user": r"^[^\n]*[#$]\s*$"}},
    "paloalto_panos": {"prompts": AT},
    "raisecom_ros": {"prompts": HASH},
    "ruckus_fastiron": {"prompts": HASH},
    "ruckus_unleashed": {"prompts": SUBMODES},
    "ruijie_rgos": {"prompts": SUBMODES},
    "siemens_roxii": {"prompts": {**HASH, "user": USER}},
    "ubiquiti_edgeswitch": {"prompts": FASTPATH, "ntc": "ubiquiti_edgeswitch"},
    "versa_flexvnf": {
        "prompts": {
            "configuration": r"^[^\n]*-cli\([^\n]*\)%\s*$",
            "shell": r"^[^\n]*\$\s*$",
            "user": USER,
        },
        "enter": "cli",
    },
    "vyos_vyos": {
        "prompts": {
            "configuration": r"^(?:\[edit[^\[\]\n]*\]\n)?[^\n:]*#\s*$",
            "privileged": r"^[^\n]*[$#]\s*$",
        },
        "ntc": "vyatta_vyos",
    },
    "zyxel_dslam": {"prompts": {"user": r"^[^\n]*[>#]\s*$"}, "ntc": "zyxel_os"},
}
