# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of an output, with a status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["ok", "empty", "no_template", "mismatch", "error"]

_EXCERPT = 60


@dataclass(frozen=True, slots=True)
class Parsed:
    """The parsed output of one command.

    ``parser`` is the parser that was used, "json" or "textfsm". ``rows`` is a list of dicts with lower-case keys
    (TextFSM), the document (JSON), or None. ``message`` says what went wrong and what to do. With status "ok" it is
    None or a warning.

    * ok: there are rows.
    * empty: the output has no visible character.
    * no_template: ntc-templates has no template for this platform and command.
    * mismatch: the template does not match the output. It rejected a line, returned no row, dropped a row that lacked a
      required value (``rows`` holds the others), or put values into the wrong columns.
    * error: broken JSON, a broken template, a missing package.

    The status "ok" does not mean that every line was parsed: 188 of the 979 templates of ntc-templates 9.3 skip all
    unknown lines, headings and real rows alike.
    """

    parser: Literal["json", "textfsm"]
    status: Status
    rows: Any = None
    message: str | None = None


def excerpt(text: str, place: int) -> str:
    """Quote the text at this place, in ASCII."""
    return ascii(text[place : place + _EXCERPT].strip())
