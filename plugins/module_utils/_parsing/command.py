# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command line says about its output."""

from __future__ import annotations

from typing import Literal


def parser_of(parser: str, command: str) -> Literal["json", "textfsm"]:
    """Return the parser that ``parse`` uses for the output of a command."""
    return "json" if reads_json(parser, command) else "textfsm"


def reads_json(parser: str, command: str) -> bool:
    """Return whether ``parse`` reads the output of a command as JSON."""
    return parser == "json" or (parser == "auto" and asks_for_json(command))


def asks_for_json(command: str) -> bool:
    """Return whether a command requests JSON with its last words: ``json``, or a pipe to a formatter."""
    segments = [segment.split() for segment in command.lower().split("|")]
    while len(segments) > 1 and segments[-1] in (["no-more"], ["nomore"]):
        segments.pop()
    if len(segments) > 1:
        # Other pipes can end in the word too: `| include json` prints text.
        return " ".join(segments[-1]) in ("json", "json-pretty", "json pretty", "as-json", "as json", "display json")
    return segments[0][-1:] in (["json"], ["--json"])
