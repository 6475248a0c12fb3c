# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patterns of prompts by their shape. A line is matched in one way, so that they are linear.

A prompt is known by what the device shows, not by these patterns. They may therefore match more than a prompt.
"""

from __future__ import annotations

# `name(config-if)#`, also with blanks and with what else a device puts into the brackets
CONFIGURATION = r"^[^\n]*\((?=[^()\n]*(?:conf|cfg))[^()\n]*\)\s?[#>%]\s*$"
PRIVILEGED = r"^[^\n]*#\s*$"
USER = r"^[^\n]*>\s*$"
SHELL = r"^[^\n]*[$%]\s*$"

HASH = {"configuration": CONFIGURATION, "privileged": PRIVILEGED, "user": USER}
HASH_OR_SHELL = {**HASH, "shell": SHELL}
# Any brackets before the `#` show a submode of the configuration, as in `R1(dhcp-pool)#`.
SUBMODES = {**HASH, "configuration": r"^[^\n]*\([^()\n]*\)\s?#\s*$"}
# `<name>` and `[name]`
ANGLES = {
    "configuration": r"^(?!\[V\d{3}R\d{3}C)(?:HRP_[AMS])?\[[^\n]*\]\s*$",
    "privileged": r"^(?:HRP_[AMS])?<[^\n]*>\s*$",
}
# `user@host>` and `user@host#`, where the second one is the configuration
AT = {"configuration": r"^[^\n]*#\s*$", "user": r"^[^\n]*>\s*$"}
# All shapes, for a platform that is not known
ANY = {
    "configuration": (
        r"^[^\n]*\((?=[^()\n]*(?:conf|cfg))[^()\n]*\)\s?[#>%]\s*$"
        r"|^(?:\{[^{}\n]*\})?\[edit[^\[\]\n]*\]\n[^\n]*#\s*$"
        r"|^(?!\[V\d{3}R\d{3}C)(?:HRP_[AMS])?\[[^\n@]*\]\s*$"
    ),
    "shell": r"^[^\n]*[$%]\s*$|^[^\n]*[:~/]\S{0,99} #\s*$|^\[[^\n]*\]#\s*$",
    "privileged": r"^(?:HRP_[AMS])?<[^<>\n]*>\s*$|^[^\n]*#\s*$",
    "user": r"^[^\n]*[>\])]\s*$",
}
