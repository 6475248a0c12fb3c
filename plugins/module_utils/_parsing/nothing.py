# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outputs that say that there is nothing to show."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from .._pieces import LONGEST_LINE

_MOST_LINES = 60  # such an output is short
_RULE = re.compile(r"[ \t|+:]*[-=_*~][-=_*~+|: \t]*\Z")
_ERROR = re.compile(
    r"""\s*+[%^]?\s*+(?:
        no\s(?:such|matching\scommand|valid|permission|privilege|authori[sz]|access|route\sto|response|help)
      | (?:invalid|incomplete|ambiguous|unknown|unrecogni[sz]ed|bad|wrong|missing|syntax|failed|failure|denied)\b
      | [^\n]{0,80}\b(?:not\s(?:permitted|allowed|authori[sz]ed|recogni[sz]ed|understood|supported|valid)
          | denied|syntax\serror|(?:invalid|unknown)\s(?:command|input|parameter|action))
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_NOTHING = re.compile(
    r"""\s*(?:%+\s*)?(?:(?:note|info|warning|error):\s*)?(?:
        (?:no|none)\b[^\n:|=]{0,90}
      | there\s(?:is|are|were)\s(?:currently\s)?(?:no|0|not\sany)\b[^\n|]{0,90}
      | [^\n|]{0,90}\bnot\s(?:currently\s|been\s|yet\s)?
          (?:running|enabled|configured|active|activated|present|found|available|initiali[sz]ed|started|in\suse)
          \b[^\n|:]{0,40}
      | [^\n|:]{1,60}\b(?:is|are)\s(?:currently\s)?(?:disabled|empty)
      | (?:total|number\sof|count|entries)\b[^\n:=|0-9]{0,60}[:=]?[ \t]{0,40}0
      | [^\n|0-9:]{0,60}[:=]?[ \t]{0,20}\b0\s(?:[\w-]{1,20}\s)?
          (?:entr(?:y|ies)|records?|rows?|match(?:es)?|results?|sessions?|neighbou?rs?|hosts?|items?|objects?|routes?)
          \b[^\n|0-9]{0,40}
    )[ \t.!]*\Z""",
    re.VERBOSE | re.IGNORECASE,
)
"""Matches a sentence that says so, unless `_ERROR` matches it too."""

_COLUMNS = re.compile(r"[ \t]*+(?:[^\s0-9]+(?: [^\s0-9]+)*+(?:\s{2,}+|\Z)){3,}\Z")
_LEGEND = re.compile(
    r"\s*(?:(?:codes?|flags?|legend|capability|capabilities|status|origin|key)\b[\w ]{0,30}:"
    r"|[^\s0-9]{1,12}\s(?:indicates|means|denotes)\b|[|][|\s]{0,80}\Z)",
    re.IGNORECASE,
)
_MEANING = re.compile(r"\s+(?:[^\s0-9]{1,12}\s+[-=]\s|\([\w*]\)\s)")
_DIGIT = re.compile(r"[0-9]")


def says_nothing(lines: Sequence[str], known: Collection[int] = ()) -> bool:
    """Return whether an output says that there is nothing. No line of it may be a row.

    There must be a proof: a sentence, such as ``% BGP is not running`` or ``Total entries: 0``, a heading with nothing
    below, or only lines that the template knows and skips. Above a proof may be a title and a legend.

    :param known: the numbers of the lines that the template skips because it knows them.
    """
    blocks = list(_blocks(lines, frozenset(known)))
    if sum(map(len, blocks)) > _MOST_LINES:
        return False
    proofs, titles = 0, 0
    for block in blocks:
        found = _proofs(block)
        if found is None:
            return False
        proofs += found[0]
        titles += found[1]
    return proofs > 0 and titles <= 2


def _blocks(lines: Sequence[str], known: frozenset[int]) -> Iterator[list[str | None]]:
    """Yield the lines between blank lines, with None for those that are known."""
    block: list[str | None] = []
    for place, line in enumerate(lines):
        if line and not line.isspace():
            block.append(None if place in known and not _ERROR.match(line) else line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _proofs(block: list[str | None]) -> tuple[int, int] | None:
    """Return the number of proofs and of titles in a block, or None if a line may be a row."""
    is_legend = False
    proofs = titles = 0
    heading: list[str] = []  # the lines since the start of the block, or since a sentence
    for line in block:
        if line is None:
            proofs += 1
            is_legend = False
        elif len(line) > LONGEST_LINE or _ERROR.match(line):
            return None
        elif _NOTHING.match(line):
            proofs += 1
            is_legend = False
        elif _RULE.match(line):
            heading.append("")
            is_legend = False
        elif _LEGEND.match(line) or (is_legend and _MEANING.match(line)):
            is_legend = True
        elif _DIGIT.search(line):
            return None
        else:
            heading.append(line)
    found = _heading(heading)
    return None if found is None else (proofs + found[0], titles + found[1])


def _heading(lines: list[str]) -> tuple[int, int] | None:
    """Return the proofs and titles in the lines of a heading, in which a rule is an empty string, or None."""
    if not lines:
        return 0, 0
    if "" in lines:
        # Below the rule nothing may follow. In a box, the first line is a rule, and the heading is below it.
        rest = lines[1:] if lines[0] == "" else lines
        below = rest[rest.index("") :] if "" in rest else rest
        return (1, 0) if not any(below) and len(below) < len(rest) else ((0, 0) if not any(rest) else None)
    if len(lines) == 1:
        return (1, 0) if _COLUMNS.match(lines[0]) else (0, 1)
    return None
