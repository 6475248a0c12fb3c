# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The failures of a run in a few lines for the terminal: devices grouped by reason, with the first names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.rollcall.network.plugins.plugin_utils._counted import devices
from ansible_collections.rollcall.network.plugins.plugin_utils._shown import shown

MOST_GROUPS = 12
NAMES_SHOWN = 4  # of one hint
MOST_NAMES = 20  # of all groups together
LONGEST_MESSAGE = 320  # characters; the end of a message says what to do
NUMBERS = re.compile(r"\d+(?:\.\d+)*")
FINGERPRINT = re.compile(r"SHA256:[\w+/]+=*")
OTHERS = "…"  # replaces parts that differ between the devices of a group


class Group(NamedTuple):
    """The devices that failed for the same reason, in order."""

    status: str
    where: str
    message: str
    names: list[str]


def groups_of(answers: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Group]:
    """The devices without a full answer by status, kind and message, the largest group first.

    Two messages are the same if they differ only in the device's own name, address or port, in fingerprints or numbers.
    """
    found: dict[tuple[str, str, str], Group] = {}
    for name, answer in answers:
        status = str(answer.get("status"))
        if status == "ok":
            continue
        error = answer.get("error") or {}
        where = ", ".join(str(error[key]) for key in ("phase", "kind") if error.get(key))
        message = str(error.get("message") or "")
        general = _general(message, name, answer)
        key = (status, where, NUMBERS.sub("0", general))
        group = found.get(key)
        if group is None:
            found[key] = Group(status, where, message, [name])
        elif group.message != message and group.message != general:
            found[key] = Group(status, where, general, [*group.names, name])
        else:
            group.names.append(name)
    return sorted(found.values(), key=lambda group: -len(group.names))


def lines_of(answers: Iterable[tuple[str, Mapping[str, Any]]], total: int, sentence: str | None = None) -> list[str]:
    """The lines to print; none if every device has a full answer.

    :param sentence: what most failures have in common. It is the first line.
    """
    groups = groups_of(answers)
    if not groups:
        return []
    failed = sum(len(group.names) for group in groups)
    lines = [f"roll call: {sentence}"] if sentence else []
    lines += [f"roll call: {failed} of {total} {devices(total)} {'has' if failed == 1 else 'have'} no full answer:"]
    said = groups[:MOST_GROUPS]
    lines += [_line(group, names) for group, names in zip(said, _numbers_of_names(said), strict=True)]
    rest = groups[MOST_GROUPS:]
    if rest:
        lines.append(f"  {sum(len(group.names) for group in rest)} for {len(rest)} other reasons: see the reports")
    return lines


def _numbers_of_names(groups: Sequence[Group]) -> list[int]:
    """Return how many names of each group are shown: each has a share of MOST_NAMES."""
    shares = [0] * len(groups)
    for _each in range(MOST_NAMES):
        open_groups = [number for number, group in enumerate(groups) if shares[number] < len(group.names)]
        if open_groups:
            shares[min(open_groups, key=shares.__getitem__)] += 1
    return shares


def _line(group: Group, shown_names: int) -> str:
    where = f" ({group.where})" if group.where else ""
    message = " ".join(shown(group.message).split())
    if len(message) > LONGEST_MESSAGE:
        half = LONGEST_MESSAGE // 2
        message = f"{message[:half]} {OTHERS} {message[-half:]}"
    said = f": {message}" if message else ""
    return f"  {len(group.names)} {group.status}{where}{said}: {first_names(group.names, shown_names)}"


def first_names(names: list[str], shown_names: int) -> str:
    """The first names, and the number of the others."""
    more = f", and {len(names) - shown_names} more" if len(names) > shown_names else ""
    return ", ".join(" ".join(shown(name).split()) for name in names[:shown_names]) + more


def _general(message: str, name: str, answer: Mapping[str, Any]) -> str:
    """The message without the parts that belong to this device only."""
    message = FINGERPRINT.sub(f"SHA256:{OTHERS}", message)
    own = {name, str(answer.get("host") or name)}
    for text in sorted(own, key=len, reverse=True):
        message = re.sub(rf"(?<![\w.-]){re.escape(text)}(?![\w-])", OTHERS, message)
    port = answer.get("port")
    return message.replace(f"port {port}", f"port {OTHERS}") if port else message
