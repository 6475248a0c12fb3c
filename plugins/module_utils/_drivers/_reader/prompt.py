# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The prompt of a device, learned from what an empty line brings.

The prompt is the literal last line that an empty line brings twice. Some devices print lines above it, which are the
context. Patterns of platforms are not used here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ..._chatter import is_chatter, without_chatter
from ..._terminal import clean, decode

LONGEST = 512  # characters of a line; a longer one is no prompt
MOST_CONTEXT = 3  # lines above the prompt
LONGEST_SIGN = 4  # characters of a prompt without letters and digits, such as ``->``
MOST_PROMPTS = 10  # in one line
MOST_QUOTES = 4096  # lines of a text that end with the prompt
_NUMBER = re.compile(
    r"\d++|(?<![a-z])(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|am|pm)(?![a-z])",
    re.IGNORECASE,
)  # and words of a date, which change as numbers do
_ANY_NUMBER = r"(?<!\d)\d++"
_ANY_WORD = r"(?<![A-Za-z])[A-Za-z]{2,3}(?![A-Za-z])"
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]{0,20}[ -/]{0,2})?\Z")
_UNSEEN = re.compile(rb"(?:\x1b\[[0-?]{0,20}[ -/]{0,2}[@-~]|[\x00-\x09\x0b-\x20])*+")  # bytes that do not show
_NOT_BLANK = re.compile(r"[^\s][^\n]{0,511}")
_CHANGES = "*!~ "  # marks of unsaved changes before a prompt
# A line that a device can put above its prompt: {master:0}, {primary:node0}[edit], *(ex)[/configure]
_ABOVE = re.compile(
    r"\{[^{}\n]{1,80}\}(?:\[[^\[\]\n]{0,200}\])?|[*!~]{0,3}(?:\([a-z]{1,10}\))?\[[^\[\]\n]{0,200}\]", re.IGNORECASE
)
# A place in the configuration above a prompt, without marks: [/show router "Base"], (ex)[/configure], [], [edit]
_PLACE = re.compile(r"(?:\([a-z]{1,10}\))?\[(?:(?:[a-z]{2}:)?/[^\n]*|edit[^\n]*)?\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A learned prompt.

    :param line: its last line, without blanks around it.
    :param context: the lines above it that an empty line brings too.
    :param counts: its numbers change from one prompt to the next, as in ``R1[17]#``.
    :param drawn: the device sends it with escape sequences between its characters.
    :param copies: how often one empty line brings it. A device that shows its line again when it is ended brings two.
    :param raw: its last line as the device sends it, if it has control characters, which can wipe what is before it.
    """

    line: str
    context: tuple[str, ...] = ()
    counts: bool = False
    drawn: bool = False
    copies: int = 1
    raw: bytes = b""
    _pattern: re.Pattern[str] | None = field(init=False, default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.counts:
            pattern, end = "", 0
            for found in _NUMBER.finditer(self.line):
                pattern += re.escape(self.line[end : found.start()])
                pattern += _ANY_NUMBER if found.group()[0].isdigit() else _ANY_WORD
                end = found.end()
            pattern += re.escape(self.line[end:])
            object.__setattr__(self, "_pattern", re.compile(re.sub(r"(?:\\ )+", " ++", pattern)))

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the prompt is in raw text. Only the first ones are returned."""
        if self._pattern is not None and not self.drawn:
            for found in itertools.islice(self._pattern.finditer(text), MOST_PROMPTS):
                yield found.span()
            return
        wanted = decode(self.raw) if self.drawn else self.line
        start = -1
        for _place in range(MOST_PROMPTS if wanted else 0):
            start = text.find(wanted, start + 1)
            if start < 0:
                return
            yield start, start + len(wanted)

    def line_starts(self, data: bytes | bytearray, place: int) -> Iterator[int]:
        """Yield where the lines begin in raw data that can have the prompt, if they are ended.

        A prompt without a name is searched only at the start of a line.
        """
        shown = decode(self.raw) if self.drawn else self.line
        part = max(_NUMBER.split(shown), key=len) if self.counts else shown
        wanted = part.encode("utf-8", "surrogateescape")
        first = place
        while wanted and (place := data.find(wanted, place)) >= 0:
            start = max(data.rfind(b"\n", first, place) + 1, first)
            end = data.find(b"\n", place + len(wanted))
            if end < 0:
                return
            if (place - start <= LONGEST and self.has_name) or _UNSEEN.fullmatch(data, start, place):
                yield start
            place = end + 1

    def quotes(self, text: str) -> list[str]:
        """Return what follows the prompt in each line of a text that begins or ends with it, without numbers: the rest
        of the line, the next line that is not blank, or ``-``.

        A prompt without a name is only one if it is alone on its line, or above a message.
        """
        part = max(_NUMBER.split(self.line), key=len) if self.counts else self.line
        found: list[str] = []
        place = 0
        while part and len(found) < MOST_QUOTES and (place := text.find(part, place)) >= 0:
            start = text.rfind("\n", 0, place) + 1
            end = text.find("\n", place)
            end = len(text) if end < 0 else end
            line = text[max(start, end - LONGEST) : end]
            after = _NOT_BLANK.search(text, end)
            below = after.group()[:LONGEST] if after else "-"
            if self.is_alone(line) or (self.start(line) is not None and (self.has_name or is_message(below))):
                found.append(without_numbers(below))
            elif self.has_name and not text[start:place].strip():
                found.append(without_numbers(line))
            place = end
        return found

    @property
    def has_name(self) -> bool:
        """Whether it has a name, so that it is not only the end of another prompt, as ``>`` is of ``R1>``."""
        return sum(map(str.isalnum, self.line)) > 1

    def shown_twice(self, copies: int) -> Prompt:
        """Return it as that of a device that shows its line again when the line is ended."""
        context = self.context[:-1] if self.context[-1:] == (self.line,) else self.context
        return replace(self, context=context, copies=copies)

    def changes_to(self, line: str) -> bool:
        """Return whether a line is the prompt with other numbers."""
        return without_numbers(line.strip()) == without_numbers(self.line)

    def start(self, shown: str) -> int | None:
        """Return where the prompt begins, if the text ends with it, else None."""
        end = len(shown)
        while end and shown[end - 1] in " \t":
            end -= 1
        if self._pattern is None:
            return end - len(self.line) if shown.endswith(self.line, 0, end) else None
        first = max(shown.rfind("\n", 0, end) + 1, end - LONGEST)
        for found in self._pattern.finditer(shown, first, end):
            if found.end() == end:
                return found.start()
        return None

    def is_alone(self, line: str) -> bool:
        """Return whether a line is nothing but the prompt."""
        line = line.strip()
        return line == self.line or (self._pattern is not None and self._pattern.fullmatch(line) is not None)

    def is_context(self, line: str) -> bool:
        """Return whether a line is one of those above the prompt."""
        return any(_shape(line) == _shape(each) for each in self.context)

    def is_whole(self, shown: str) -> bool:
        """Return whether a text that ends with the prompt has nothing before it that may be a part of a new prompt: a
        mark on its line, or other lines above it than before."""
        start = self.start(shown)
        if start is None:
            return False
        before = shown[shown.rfind("\n", 0, start) + 1 : start]
        if before.strip() and not self.has_name:
            return False
        if before.strip(_CHANGES + "+^") == "" and before.strip():
            return False
        return not self.context or self.without_context(shown, start) < start - len(before)

    def may_have_grown(self, shown: str) -> bool:
        """Return whether a text that ends with the prompt has something before it that can belong to it from now on:
        on its line, as ``HRP_M`` before ``<fw>``, or above it, as ``{master}`` when a second routing engine runs."""
        start = self.start(shown)
        if start is None:
            return False
        newline = shown.rfind("\n", 0, start)
        if shown[newline + 1 : start].strip():
            return True
        if newline < 0 or self.context:
            return False
        first, last = _last_line(shown, newline)
        return _ABOVE.fullmatch(shown[first:last].strip()) is not None

    def has_text_above(self, learned: Prompt) -> bool:
        """Return whether a prompt that was learned during a session is this one with a line above it that cannot belong
        to it."""
        if learned.line != self.line or self.copies > 1:
            return False
        begins = {each[:2] for each in self.context if not each[0].isalnum()}  # --{ running }--[  ]--
        return any(
            _ABOVE.fullmatch(line) is None and line != self.line and line[:2] not in begins for line in learned.context
        )

    def count(self, line: str) -> int:
        """Return how many prompts end a line. Several do if the device does not echo the line ends that are typed."""
        count, start = 0, self.start(line)
        while start is not None and count < MOST_PROMPTS:
            count += 1
            line = line[:start]
            start = self.start(line) if line and self.line else None
        return count

    def without_context(self, text: str, end: int) -> int:
        """Return the end of a text without the context lines that are above the prompt at ``end``."""
        for wanted in reversed(self.context):
            start, stop = _last_line(text, end)
            if _shape(text[start:stop]) != _shape(wanted):
                break
            end = max(start - 1, 0)
        return end


def without_numbers(line: str) -> str:
    """Return a line without what changes from one prompt to the next: numbers, and words of a date."""
    return " ".join(_NUMBER.sub("0", line).split())


def _last_line(text: str, end: int) -> tuple[int, int]:
    """Return start and end of the last line before ``end`` that is not blank."""
    while True:
        start = text.rfind("\n", max(end - LONGEST, 0), end) + 1
        start = start or max(end - LONGEST, 0)
        if text[start:end].strip() or not start:
            return start, end
        end = start - 1


def _shape(line: str) -> str:
    """Return the part of a context line that does not change with numbers, marks of changes and the place in the
    configuration, as in ``*(ex)[/configure]``."""
    line = _NUMBER.sub("0", line.strip().lstrip(_CHANGES))
    return "[]" if _PLACE.fullmatch(line) else line


def is_message(line: str) -> bool:
    """Return whether a line is a message that a device prints on its own."""
    return not without_chatter(line)[0].strip()


def is_unfinished(data: bytes | bytearray) -> bool:
    """Return whether data ends within an escape sequence, because a packet ended there."""
    return _UNFINISHED.search(data[-24:]) is not None


def block(shown: str) -> tuple[str, ...]:
    """Return the lines of a text that are not blank."""
    return tuple(line.strip() for line in shown.split("\n") if line and not line.isspace())


def learned(before: str, data: bytes) -> Prompt | None:
    """Return the prompt if an empty line brought the same lines that were shown before it, and nothing else.

    :param before: the end of what was shown before the empty line was sent.
    :param data: what it brought.
    """
    if is_unfinished(data):
        return None
    old, new = block(before), block(clean(decode(data)))
    for first, second in (
        (old, new),
        (tuple(line for line in old if not is_chatter(line)), tuple(line for line in new if not is_chatter(line))),
    ):
        prompt = _same(first, second)
        if prompt is not None:
            raw = data[data.rfind(b"\n") + 1 :]
            drawn = prompt.line.encode("utf-8", "surrogateescape") not in raw
            if drawn and prompt.line not in clean(decode(raw)):
                return None  # a message stands behind the prompt
            return replace(prompt, drawn=drawn, raw=raw if drawn or raw[:1] in b"\r\x1b\x08" else b"")
    return None


def _is_rule(line: str) -> bool:
    """Return whether a line is a part of a rule in a banner, which looks the same wherever it is cut."""
    return len(line) > LONGEST_SIGN and not any(map(str.isalnum, line))


def _same(old: tuple[str, ...], new: tuple[str, ...]) -> Prompt | None:
    if not new or len(new) > MOST_CONTEXT + 1 or len(new[-1]) > LONGEST or _is_rule(new[-1]):
        return None
    tail = old[-len(new) :]
    if tail == new:
        return Prompt(new[-1], new[:-1], copies=1 + new[:-1].count(new[-1]))
    if [without_numbers(line) for line in tail] == [without_numbers(line) for line in new]:
        return Prompt(new[-1], new[:-1], counts=tail[-1] != new[-1])
    return None
