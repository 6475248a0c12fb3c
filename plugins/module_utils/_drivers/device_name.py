# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name of a device in its prompt.

A prompt has more than the name: a user, a path, a mode, a context, the role of the device in a cluster, a time, marks
and counters. ``device_name`` removes what is known not to be the name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .._model.secrets import MASK

LONGEST_PROMPT = 512  # characters
CUT = {"cisco_iosxe": 20}  # characters of the name that are always in the prompt, of platforms that cut it
# A date and a time, anywhere in the prompt.
_DAY = r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_WEEKDAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?"
_DATE = rf"(?:{_DAY}|{_WEEKDAY}|{_MONTH} {{1,2}}\d{{1,2}},?|\d{{1,2}} {_MONTH}|\d{{4}}|[A-Z]{{3,4}})"
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?: ?[AaPp][Mm])?"
_STAMP = re.compile(
    rf"(?:(?<=[\s\[(<])|\A|(?<=\w)(?=\[))[\[(]?(?:(?:{_DATE}[ T]){{0,4}}{_TIME}(?: {_DATE}){{0,4}}|{_DAY})"
    r"(?:[\])]\s?|\s|(?=[>#$%\])])|\Z)"
)
_ROLES = r"(?:global|active|passive|standby|backup|primary|secondary|master|slave|ha[:-]\w{1,10})"
# What can stand before the name.
_BEFORE = re.compile(
    r"[*!~+^\s]{1,20}|\{[^{}]{0,80}\}|HRP_[A-Z](?=[<\[])|(?:RP|DRP|LC)/\d{1,4}/\w{1,10}(?:/\w{1,10})?:|[A-Z]:(?=\w)"
    r"|Slot-\d{1,3}\s|(?:node|fpc)\d{1,3}:|\[[^\[\]]{0,80}\](?=[\w(<])"
    rf"|(?i:\({_ROLES}\)\s?|\[{_ROLES}\]\s)(?=[\w(<\[])"
)
_INSIDE = {"<": ">", "(": ")", "[": "]"}
_ROUTEROS = re.compile(r"\[[^\[\]@]{1,80}@([^\[\]]{1,120})\](?=\s?[^#$%]{0,300}>\Z)")
_END = re.compile(r"[()\[\]{}<>#$%|:]|->")
_COUNTER = re.compile(r"\.\d{1,6}(?=\s[>#]\Z)")
_NODE = re.compile(r"\bnode\d")
_OF_NODE = re.compile(r"[-_.]node\d{1,2}\Z", re.IGNORECASE)
_ROLE = re.compile(r"(?:pri|sec|primary|secondary|act|stby|active|standby|failed|init)\Z", re.IGNORECASE)
_NO_NAME = re.compile(
    r"-?(?:ba|z|k|c|tc|a)?sh(?:-[\d.]{1,10})?\Z|(?:expert|cli|tmos|vtysh|clish|enable)\Z", re.IGNORECASE
)
# What a device adds to its own name.
_ADDED = re.compile(r"-(?:re\d|stby|standby|active|cli|ch\d\d-\d\d)(?:-vmaster)?\Z")
_ADDRESS = re.compile(r"[\d.]+\Z")


def device_name(line: str, context: Sequence[str] = (), *, counts: bool = False) -> str | None:
    """Return the name of the device in its prompt; None if there is none.

    :param line: the last line of the prompt.
    :param context: the lines above it.
    :param counts: numbers in it change from one prompt to the next.
    """
    text = _COUNTER.sub("", _STAMP.sub("", line.strip()[:LONGEST_PROMPT]).strip())
    while (found := _BEFORE.match(text)) is not None:
        text = text[found.end() :]
    name = _part(text)
    if counts:
        name = re.sub(r"\.\d{1,6}\Z", "", name)
    if any(_NODE.search(each[:LONGEST_PROMPT]) for each in context):
        name = _OF_NODE.sub("", name)
    if not any(map(str.isalnum, name)) or MASK in name or _NO_NAME.match(name):
        return None
    return name


def _part(text: str) -> str:
    """Return the part of a prompt that has the name."""
    if (named := _ROUTEROS.match(text)) is not None:
        return named[1].strip()
    word = text.split(maxsplit=1)[0] if text else ""
    if "@" in word:
        text = word.rpartition("@")[2]
    elif text[:1] == "[" and "@" in text:
        text = text[1:].partition("@")[2].split(maxsplit=1)[0]
    if text[:1] in _INSIDE:
        text = text[1:].partition(_INSIDE[text[0]])[0]
    text = _END.split(text, maxsplit=1)[0]
    parts = [part.strip(" \t*!~+^-") for part in text.split("/")]
    return next((part for part in parts if part and not _ROLE.match(part)), "")


def same_name(one: str, other: str) -> bool:
    """Return whether two names are of one device: without case, a domain at its end, and what a device adds."""
    first, second = sorted((_plain(one), _plain(other)), key=len)
    if first == second:
        return True
    return "." not in first and second.startswith(f"{first}.") and not _ADDRESS.match(second)


def first_label(name: str) -> str:
    """Return the same text for all names that are of one device."""
    return _plain(name).partition(".")[0]


def is_expected(name: str, expected: Sequence[str], cut: int | None = None) -> bool:
    """Return whether a name in a prompt is one of the expected names.

    :param cut: the prompt can have the beginning of the name only, at least this many characters; None if it has all.
    """
    is_cut = cut is not None and len(name) >= cut
    return any(same_name(name, each) or (is_cut and _plain(each).startswith(_plain(name))) for each in expected)


def _plain(name: str) -> str:
    label, dot, domain = name.strip().rstrip(".").casefold().partition(".")
    return f"{_ADDED.sub('', label)}{dot}{domain}"
