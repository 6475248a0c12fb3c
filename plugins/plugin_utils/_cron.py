# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check a start time for cron: five fields, or a name such as @daily.

Only what all common implementations of cron accept is accepted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NAMES = ("@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
NUMBER = re.compile(r"[0-9]{1,2}")
SEPARATORS = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its range, and the words that stand for the numbers from ``first_word`` on."""

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()
    first_word: int = 0

    def values(self, text: str) -> set[int]:
        """Return the numbers that the text stands for.

        :raises ValueError: in a sentence, if it is not a list of numbers, ranges and steps.
        """
        return {number for part in text.split(",") for number in self._part(part)}

    def _part(self, part: str) -> range:
        span, slash, step = part.partition("/")
        if span == "*":
            low, high = self.low, self.high
        else:
            first, dash, last = span.partition("-")
            low = self._number(first)
            high = self._number(last) if dash else low
            if high < low:
                msg = f"the range {span} of the {self.name} is in the wrong order"
                raise ValueError(msg)
            if slash and not dash:
                msg = f"the step in {part!r} of the {self.name} needs a range or *, such as {span}-{self.high}/{step}"
                raise ValueError(msg)
        if not slash:
            return range(low, high + 1)
        if not NUMBER.fullmatch(step) or int(step) == 0:
            msg = f"the step {step!r} of the {self.name} must be a number from 1 to 99"
            raise ValueError(msg)
        return range(low, high + 1, int(step))

    def _number(self, text: str) -> int:
        if text.lower() in self.words:
            return self.words.index(text.lower()) + self.first_word
        if not NUMBER.fullmatch(text) or not self.low <= int(text) <= self.high:
            msg = f"the {self.name} must be between {self.low} and {self.high}, not {text!r}"
            raise ValueError(msg)
        return int(text)


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of the month", 1, 31),
    Field("month", 1, 12, MONTHS, 1),
    Field("day of the week", 0, 7, DAYS),
)


def cron_problem(text: str) -> str | None:
    """Return what is wrong with a start time, or None."""
    if text in NAMES:
        return None
    if text.startswith("@"):
        return f"{text!r} is not one of {', '.join(NAMES)}"
    fields = SEPARATORS.split(text) if text.isprintable() or "\t" in text else []
    if len(fields) != len(FIELDS) or "\n" in text or not all(fields):
        return f'it must have five fields, such as "30 4 * * *", or be a name such as @daily, not {text!r}'
    try:
        _minutes, _hours, days, months, _weekdays = (
            field.values(each) for field, each in zip(FIELDS, fields, strict=True)
        )
    except ValueError as error:
        return f"{text!r}: {error}"
    # With a day of the week too, cron runs on either.
    if fields[4].startswith("*") and min(days) > max(LENGTHS[month - 1] for month in months):
        return f"{text!r} never comes: none of these months has a day {min(days)}"
    return None
