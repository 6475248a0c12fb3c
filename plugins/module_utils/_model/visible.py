# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make text from devices and inventories safe for a terminal."""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def visible(text: str) -> str:
    """Return the text with invisible characters escaped, as in ``\\x1b``. Tabs and line ends are kept.

    Invisible are control characters (C0 and C1), line ends of Unicode, marks that change the direction of writing, and
    invalid bytes.
    """
    return text if text.isprintable() else _UNSEEN.sub(_spelled, text.replace("\r\n", "\n"))


def in_line(name: str) -> str:
    """Return a name for a sentence: as ``visible``, with tabs and line ends escaped too."""
    return visible(name).replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
