# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the file and line in which a template failed, which Ansible's error does not have."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import jinja2

NO_NAME = re.compile(r"'(\w+)' is undefined")


def failed_line(error: BaseException, template: str) -> tuple[str | None, int | None]:
    """Return the file and the number of the line, from 1.

    The file is None for the template itself, else that of a template it includes. The line is None where it cannot be
    told.
    """
    for each in _chain(error):
        if isinstance(each, jinja2.TemplateSyntaxError):
            return _file(each.filename), each.lineno
        found = _innermost(each)
        if found:
            return found
    missing = NO_NAME.search(str(error))
    if missing:
        name = re.compile(rf"\b{missing.group(1)}\b")
        lines = [number for number, line in enumerate(template.splitlines(), 1) if name.search(line)]
        return None, lines[0] if len(lines) == 1 else None
    return None, None


def _innermost(error: BaseException) -> tuple[str | None, int | None] | None:
    """The place in the template that was called last, of those on the way to the error."""
    found = None
    traceback = error.__traceback__
    while traceback is not None:
        template = traceback.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, jinja2.Template):
            found = _file(template.filename), template.get_corresponding_lineno(traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def _file(name: str | None) -> str | None:
    return name if name and os.path.isabs(name) else None  # the template itself has none: it was given as a text


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
