# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The line of a template in which rendering failed, which Ansible's own error does not tell."""

from __future__ import annotations

import contextlib
import re
import traceback
from collections.abc import Iterator
from typing import Any

import jinja2

NO_NAME = re.compile(r"'(\w+)' is undefined")


def failed_line(error: BaseException, template: str, templar: Any) -> int | None:
    """The number of the line, from 1; None where it cannot be told."""
    for each in _chain(error):
        if isinstance(each, jinja2.TemplateSyntaxError):
            return each.lineno
        for frame in traceback.extract_tb(each.__traceback__):
            if frame.filename == "<template>" and frame.lineno:
                with contextlib.suppress(Exception):  # only for the sake of a better message
                    compiled = templar._engine.environment.from_string(template)
                    return int(compiled.get_corresponding_lineno(frame.lineno))
    missing = NO_NAME.search(str(error))
    if missing:
        name = re.compile(rf"\b{missing.group(1)}\b")
        lines = [number for number, line in enumerate(template.splitlines(), 1) if name.search(line)]
        return lines[0] if len(lines) == 1 else None
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
