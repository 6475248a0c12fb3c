# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The serial number of a device, where a command that was asked shows it.

Only commands about the device itself are read, not those about its neighbours. Of an inventory, only the chassis and
the members of a stack are used, because modules, optics, fans and power supplies move from one device to another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_TEXT = 64 * 1024  # characters that are read of an answer
MOST_SERIALS = 32  # of one command
_COMMAND = re.compile(
    r"(?:do |admin )?sh(?:o|ow)? (?:ver[a-z]{0,4}|inv[a-z]{0,6}|hardware|chassis(?: hardware)?|sys-?info|vsf detail"
    r"|system(?: (?:info[a-z]{0,8}|id|serial[a-z-]{0,8}))?|asset (?:all|system)|switch serial[a-z-]{0,8})"
    r"(?: (?:detail|all|raw))?"
    r"|disp(?:l|la|lay)? (?:ver[a-z]{0,4}|esn|sn|device esn|device manu[a-z]{0,8})|get system status"
    r"|/?system[ /]routerboard(?: |/)print",
    re.IGNORECASE,
)
_LINE = re.compile(
    r"^[ \t]{0,12}"
    r"(?:(?:system|chassis|hardware|hw|box|device|switch|unit|product|appliance|main ?board|base)[ \t_]{1,4})?"
    r"(?:serial(?:[ \t_-]?(?:number|no|num|nbr))?|(?:hw |hardware )?s/n|esn of [\w ]{1,20})"
    r"[ \t.#]{0,40}[:=]?[ \t]{0,40}(?P<serial>[\w-]{4,40})(?!\S)"
    r"|^[ \t]{0,12}processor board id (?P<board>[\w-]{4,40})(?!\S)"
    r"|^chassis[ \t]{4,60}(?P<chassis>[\w-]{4,40})[ \t]"
    r"|^(?P<indent>[ \t]{0,12})(?P<heading>[a-z][\w /()-]{0,40}):?[ \t]{0,20}$",
    re.IGNORECASE | re.MULTILINE,
)
_ITEM = re.compile(
    r'^[ \t]{0,12}name:[ \t]{0,20}"(?P<name>[^"\n]{0,80})"(?:[ \t]{0,20},[ \t]{0,20}descr:(?P<descr>[^\n]{0,120}))?'
    r"|\bsn:[ \t]{0,20}(?P<sn>[\w-]{4,40})",
    re.IGNORECASE | re.MULTILINE,
)
_WHOLE = re.compile(
    r"(?:[\w-]{1,20} )?(?:chassis|stack|rack)(?: [\w-]{1,30})?\Z|switch(?: ?\d{1,2})?(?: (?:system|chassis))?\Z"
    r"|\d{1,2}\Z",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\bpower|\bfan|psu|\bpem\b|\bps\d|supply|transceiver|optic|sfp|xfp|cfp|gbic|cable|stackport|sensor|battery|\bdisk"
    r"|\bssd|sub-?slot",
    re.IGNORECASE,
)
_MEMBER = re.compile(r"(?:chassis|slot|switch|unit|member) ?\d", re.IGNORECASE)
_MODULE = re.compile(r"module|line ?card|supervisor|processor|\bengine|slot|daughter", re.IGNORECASE)
_UNKNOWN = re.compile(r"(?:(.)\1*|0x\w*|n/?a|none|unknown|(?:sn|s/n)?[-_]?0?123456789?\w{0,4})\Z", re.IGNORECASE)


def shows_serial(command: str) -> bool:
    """Return whether the answer to a command can have the serial number of the device itself."""
    return _COMMAND.fullmatch(" ".join(command.split("|", 1)[0].split())) is not None


def serials_in(text: str) -> tuple[str, ...]:
    """Return the serial numbers in the answer to such a command: one, or those of the members of a stack."""
    found = dict.fromkeys(each for each in _serials(text[:LONGEST_TEXT]) if _is_serial(each))
    return tuple(found)[:MOST_SERIALS]


def _serials(text: str) -> Iterator[str]:
    part: int | None = None  # the indent of the heading of a part, such as a fan, above the line
    for line in _LINE.finditer(text):
        if line["heading"] is not None:
            indent = len(line["indent"])
            if _PART.search(line["heading"]):
                part = indent if part is None else min(part, indent)
            elif part is not None and (indent <= part or _MEMBER.match(line["heading"])):
                part = None
        elif part is None:
            yield (line["serial"] or line["board"] or line["chassis"]).upper()
    yield from _of_inventory(text)


def _of_inventory(text: str) -> Iterator[str]:
    """Yield the serial numbers of the chassis, or of the members of a stack; else that of the first item."""
    found: list[tuple[str, str, str]] = []  # name, description and serial number
    name, description = "", ""
    for item in _ITEM.finditer(text):
        if item["name"] is not None:
            name, description = item["name"].strip(), item["descr"] or ""
        else:
            found.append((name, description, item["sn"].upper()))
    whole = [serial for name, _description, serial in found if _WHOLE.match(name) and not _PART.search(name)]
    first = [serial for name, description, serial in found[:1] if _may_be_whole(name, description)]
    yield from whole or first


def _may_be_whole(name: str, description: str) -> bool:
    if "chassis" in description.casefold():
        return True
    return not any(pattern.search(f"{name} {description}") for pattern in (_PART, _MODULE))


def _is_serial(text: str) -> bool:
    return any(map(str.isdigit, text)) and _UNKNOWN.match(text) is None
