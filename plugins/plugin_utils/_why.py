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
QUOTED = re.compile(r"(?<!\w)(['\"])(?:(?!\1)[^\n]){1,400}\1(?!\w)")  # commands, prompts, what devices said
# Kinds of errors whose message has the words of the device or its commands. They differ from platform to platform.
WITH_WORDS = frozenset(
    {
        "disconnected",
        "no_prompt",
        "not_read_only",
        "question",
        "refused_by_text",
        "rejected",
        "session_closed",
        "timeout",
    }
)
NEAR = 40  # characters from the middle of a long message in which it is cut between words
OTHERS = "…"  # replaces parts that differ between the devices of a group


class Group(NamedTuple):
    """The devices that failed for the same reason, in order."""

    status: str
    where: str
    message: str
    names: list[str]


def groups_of(answers: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Group]:
    """The devices without a full answer by status, kind and message, the largest group first.

    Two messages are the same if they differ only in the device's own name, address, port or platform, in fingerprints,
    numbers, or what they quote. Those of ``WITH_WORDS`` are one reason, with the first message as an example.
    """
    groups: dict[tuple[str, str, str], _Messages] = {}
    for name, answer in answers:
        status = str(answer.get("status"))
        if status == "ok":
            continue
        error = answer.get("error") or {}
        where = ", ".join(str(error[key]) for key in ("phase", "kind") if error.get(key))
        message = str(error.get("message") or "")
        general = _general(message, name, answer)
        reason = QUOTED.sub(f"'{OTHERS}'", general)
        key = (status, where, "" if error.get("kind") in WITH_WORDS else NUMBERS.sub("0", reason))
        groups.setdefault(key, _Messages(message, general, reason)).add(name, message, general, reason)
    found = (Group(status, where, each.shown, each.names) for (status, where, _reason), each in groups.items())
    return sorted(found, key=lambda group: -len(group.names))


class _Messages:
    """The messages of a group. What differs in them is left out of the one that is shown."""

    def __init__(self, message: str, general: str, reason: str) -> None:
        """
        :param general: without what belongs to the first device.
        :param reason: also without what it quotes.
        """
        self.names: list[str] = []
        self._first = (message, general, reason)
        self._differs = 0  # how many of them differ

    @property
    def shown(self) -> str:
        return self._first[self._differs] if self._differs < 3 else f"for example {self._first[0]}"

    def add(self, name: str, *texts: str) -> None:
        """Add a device with its message, in the same three forms."""
        self.names.append(name)
        while self._differs < 3 and not self._is_same(texts):
            self._differs += 1

    def _is_same(self, texts: Sequence[str]) -> bool:
        one, other = texts[self._differs], self._first[self._differs]
        return one == other or (self._differs > 0 and NUMBERS.sub("0", one) == NUMBERS.sub("0", other))


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
        message = _shortened(message)
    said = f": {message}" if message else ""
    return f"  {len(group.names)} {group.status}{where}{said}: {first_names(group.names, shown_names)}"


def _shortened(message: str) -> str:
    """The beginning and the end of a message, cut between words."""
    half = LONGEST_MESSAGE // 2
    first, last = message[:half], message[-half:]
    if not message[half].isspace() and (place := first.rfind(" ")) >= half - NEAR:
        first = first[:place]
    if not message[-half - 1].isspace() and 0 <= (place := last.find(" ")) < NEAR:
        last = last[place:]
    return f"{first.rstrip()} {OTHERS} {last.lstrip()}"


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
    if platform := str(answer.get("platform") or ""):
        message = re.sub(rf"(?<![\w.-]){re.escape(platform)}(?![\w-])", OTHERS, message)
    port = answer.get("port")
    return message.replace(f"port {port}", f"port {OTHERS}") if port else message
