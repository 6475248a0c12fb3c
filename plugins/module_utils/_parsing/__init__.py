# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse the output of a command into rows, with a status."""

from __future__ import annotations

from .command import asks_for_json, parser_of, reads_json
from .parsed import Parsed
from .rows import parse

__all__ = ("Parsed", "asks_for_json", "parse", "parser_of", "reads_json")
