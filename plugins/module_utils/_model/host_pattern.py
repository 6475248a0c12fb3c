# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host pattern of Ansible's that matches only one host, for ``--limit`` and the hosts of a play."""

from __future__ import annotations

import re

# A pattern that Ansible reads as exactly this name: no wildcard, no exclusion, no colon, which divides patterns, and no
# white space at its ends.
_PLAIN = re.compile(r"\w[\w.-]*")


def limit_pattern(name: str) -> str:
    """Return a pattern that matches only this host: its name, or a regular expression for special characters."""
    if _PLAIN.fullmatch(name):
        return name
    return "~" + "".join(each if each.isascii() and each.isalnum() else _escaped(each) for each in name) + r"\Z"


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
