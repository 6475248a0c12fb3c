# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTML pages: one per device, and one of the fleet. Each is a single file that needs no network.

Everything that a device sent is shown as text. Three independent measures ensure this: the templates escape all values,
invisible characters are spelled out, and the pages allow the browser only their own style and script.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.util
import json
import pathlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup

from ansible_collections.rollcall.network.plugins.module_utils._model.visible import in_line
from ansible_collections.rollcall.network.plugins.plugin_utils._advice import STATUS_WORDS, Group, groups_of, reason_of
from ansible_collections.rollcall.network.plugins.plugin_utils._cause import shared_sentence
from ansible_collections.rollcall.network.plugins.plugin_utils._charts import (
    PHASES,
    Span,
    durations,
    parts_of,
    span_of,
    timeline,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._counted import devices
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import FleetRow, fleet_row
from ansible_collections.rollcall.network.plugins.plugin_utils._refused_credentials import sentences_on
from ansible_collections.rollcall.network.plugins.plugin_utils._shown import (
    cell,
    clock,
    count,
    duration,
    path,
    pretty,
    shown,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Share, Verdict

BUILT_IN = pathlib.Path(__file__).parents[2] / "playbooks" / "templates"

_NAMES_OPEN = 12  # names per reason that are shown at first
_NAMES_MOST = 500  # names per reason in all; the table has the rest
_TEXT_OPEN = 200_000  # a longer output is folded
_ROWS_OPEN = 200


class PagesError(Exception):
    """A page cannot be created. The message says which, why, and what to do."""


class Pages:
    """The templates, compiled once, when they are needed. A broken template affects only its own pages.

    :param templates: given a template's name, the path of the user's own file of that name, or None for the built-in.
    """

    def __init__(self, templates: Callable[[str], str | None] = lambda _name: None) -> None:
        self._lookup = templates
        self._environment = jinja2.Environment(
            autoescape=True,
            finalize=shown,
            loader=jinja2.FunctionLoader(self._load),
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._environment.filters |= {"duration": duration, "clock": clock, "count": count, "path": path}

    @functools.cached_property
    def _device(self) -> jinja2.Template:
        return self._compile("device.html.j2")

    @functools.cached_property
    def _device_assets(self) -> dict[str, Any]:
        style = self._asset("page_style.css") + self._asset("page_device.css")
        return _assets(style, self._asset("page_device.js"))

    @functools.cached_property
    def _fleet_assets(self) -> dict[str, Any]:
        style = self._asset("page_style.css") + self._asset("page_fleet.css")
        script = as_one_module(_data_tables(), self._asset("page_fleet.js"))
        return {**_assets(style, script), "licences": Markup(self._asset("page_licences.txt"))}

    def device(self, name: str, answer: Mapping[str, Any], *, index: str, title: str = "Roll call") -> str:
        """Render the page of one device.

        :param answer: as rollcall.network.collect returns it.
        :param index: the path of the fleet's page, relative to this one.
        :param title: the name of the fleet's page.
        :raises PagesError: when the template is broken or cannot be rendered.
        """
        row = fleet_row(name, answer)
        span = span_of(row, 0)
        return self._render(
            self._device,
            {
                **self._device_assets,
                "name": row.name,
                "device": answer,
                "row": row,
                "index": index,
                "title": title,
                "words": STATUS_WORDS.get(row.status, row.status),
                "reason": reason_of(row.phase, row.kind, row.status) if row.status != "ok" else None,
                "span": span,
                "parts": parts_of(span),
                "commands": [
                    _command(text, output, answer.get("finished_at"), row.suspicious.get(text))
                    for text, output in (answer.get("output") or {}).items()
                ],
                "value": None if answer.get("value") is None else pretty(answer["value"]),
            },
        )

    def fleet(
        self,
        rows: Iterable[FleetRow],
        *,
        title: str = "Roll call",
        columns: Sequence[str] = (),
        verdict: Verdict | None = None,
        notes: Sequence[str] = (),
    ) -> str:
        """The page of all devices, in the order given.

        :param columns: the names of the rows' values.
        :param verdict: on these devices; where there is none, the run passed when all have a full answer.
        :raises PagesError: when the template is broken or cannot be rendered, or the Python package itables is missing.
        :raises ValueError: when a row has not one value for each of the columns.
        """
        rows = list(rows)
        for row in rows:
            if len(row.values) != len(columns):
                msg = f"the row of {row.name!r} has {len(row.values)} values for {len(columns)} columns"
                raise ValueError(msg)
        spans = [span_of(row, place) for place, row in enumerate(rows)]
        groups = groups_of(rows)
        asked = sorted((span for span in spans if span.start is not None), key=lambda span: (span.start, span.place))
        return self._render(
            self._compile("index.html.j2"),
            {
                **self._fleet_assets,
                "title": title,
                "verdict": _said(rows, verdict, notes),
                "counts": [(status, word, count) for status, word, count in _counts(rows) if count],
                "rows": rows,
                "groups": groups,
                "changed": [row for row in rows if row.news],
                "suspicious": [row for row in rows if row.suspicious],
                "names_open": _NAMES_OPEN,
                "names_most": _NAMES_MOST,
                "timeline": timeline(asked),
                "durations": durations(rows, spans),
                "data": _data(rows, spans, groups, asked, columns),
            },
        )

    def _load(self, name: str) -> str:
        path = self._lookup(name) or BUILT_IN / name
        try:
            return pathlib.Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            msg = f"the template {path} cannot be read: {error}"
            raise PagesError(msg) from error

    def _asset(self, name: str) -> str:
        """Read a file that is inserted into a page unchanged."""
        return self._load(name).replace("\r\n", "\n")  # browsers do this before they compute the hash

    def _compile(self, name: str) -> jinja2.Template:
        try:
            return self._environment.get_template(name)
        except jinja2.TemplateSyntaxError as error:
            msg = f"the template {self._lookup(name) or name} is broken in line {error.lineno}: {error.message}"
            raise PagesError(msg) from error

    def _render(self, template: jinja2.Template, variables: dict[str, Any]) -> str:
        try:
            return template.render(variables)
        except Exception as error:  # a template can raise any exception
            path = self._lookup(template.name or "") or template.name
            msg = f"the template {path} cannot be rendered: {type(error).__name__}: {error}"
            raise PagesError(msg) from error


# -- one device --------------------------------------------------------------------------------------------------------


class _Command(NamedTuple):
    """One command as the page shows it. ``cells`` are texts, by row and then by column; ``data`` is JSON.

    ``changes`` are the lines of the difference to the last good answer, which was received at ``before``. ``since`` is
    when this same answer was first received, or None for a new answer. ``suspicious`` says how much smaller it is.
    """

    text: str
    status: str
    error: Mapping[str, Any] | None
    seconds: float
    said: str
    size: str
    is_open: bool
    rows_status: str | None
    rows_message: str | None
    columns: list[str]
    cells: list[list[str]]
    rows_open: bool
    data: str | None
    changes: list[_Change]
    changes_open: bool
    before: str | None
    since: str | None
    suspicious: str | None


class _Change(NamedTuple):
    """One line of a difference: removed, added, same, or the line numbers of a hunk."""

    kind: str
    text: str


_KINDS = {"-": "removed", "+": "added", "@": "hunk"}


def _changes(diff: str | None) -> tuple[str | None, list[_Change]]:
    """Split a unified diff into its lines and the time of the previous answer, which is in its first line."""
    if not diff:
        return None, []
    first, _after, *lines = [*diff.removesuffix("\n").split("\n"), ""]
    return first.removeprefix("--- "), [_Change(_KINDS.get(line[:1], "same"), line) for line in lines[:-1]]


def _command(text: str, output: Mapping[str, Any], finished_at: str | None, suspicious: str | None = None) -> _Command:
    before, changes = _changes(output.get("diff"))
    since = output.get("since")
    said = str(output.get("text") or "")
    rows = output.get("rows")
    columns: list[str] = []
    cells: list[list[str]] = []
    data = None
    if output.get("parser") != "json" and isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows):
        columns = list(dict.fromkeys(key for row in rows for key in row))
        cells = [[cell(row.get(column)) for column in columns] for row in rows]
    # A command that was not sent has an empty list of rows, which is no data.
    if rows is not None and not cells and (rows or output.get("status") == "ok"):
        data = pretty(rows)
    return _Command(
        text=str(text),
        status=str(output.get("status")),
        error=output.get("error"),
        seconds=float(output.get("seconds") or 0),
        said=said,
        size=_size(said),
        is_open=len(said) <= _TEXT_OPEN,
        rows_status=output.get("rows_status"),
        rows_message=output.get("rows_message"),
        columns=columns,
        cells=cells,
        rows_open=len(cells) <= _ROWS_OPEN and len(data or "") <= _TEXT_OPEN,
        data=data,
        changes=changes,
        changes_open=len(output.get("diff") or "") <= _TEXT_OPEN,
        before=before,
        since=None if changes or since == finished_at else since,
        suspicious=suspicious,
    )


def _size(text: str) -> str:
    lines = text.count("\n") + (not text.endswith("\n"))
    amount = f"{len(text) / 1e6:.1f} million characters" if len(text) >= 1e6 else f"{len(text):,} characters"
    return f"{lines:,} {'line' if lines == 1 else 'lines'}, {amount}"


# -- the fleet ---------------------------------------------------------------------------------------------------------


def _counts(rows: Sequence[FleetRow]) -> list[tuple[str, str, int]]:
    """Count the devices per status. Return status, words and count; the known statuses first, then others."""
    counted = Counter(row.status for row in rows)
    return [(status, STATUS_WORDS.get(status, status), counted[status]) for status in {**STATUS_WORDS, **counted}]


def _said(rows: Sequence[FleetRow], verdict: Verdict | None, notes: Sequence[str]) -> dict[str, Any]:
    """The outcome: one sentence, and details."""
    total = len(rows)
    failed = sum(1 for row in rows if row.status != "ok")
    if not total:
        return {"passed": False, "sentence": "No device was asked.", "detail": ""}
    if failed:
        sentence = f"{total - failed:,} of {total:,} {devices(total)} answered in full."
        others = [f"{count:,} {word}" for status, word, count in _counts(rows) if count and status != "ok"]
        detail = f"{failed:,} did not: {', '.join(others)}."
    else:
        sentence = f"All {total:,} devices answered in full." if total > 1 else "The one device answered in full."
        detail = ""
    shared = shared_sentence(verdict.as_dict()) if verdict else None
    if shared:
        sentence, detail = f"{shared}.", f"{sentence} {detail}"
    for share in verdict.shares if verdict else ():
        if share.failed:
            detail += _share(share, of_all=share.total == total)
    few = sum(1 for row in rows if row.suspicious)
    if few:
        gave = "device gave an answer" if few == 1 else "devices gave answers"
        detail += f" {few:,} {gave} much smaller than the last good one."
    refused = sentences_on(row.logins for row in rows)
    more = [in_line(each) for each in (*refused, *(verdict.troubles if verdict else ()), *notes)]
    detail = " ".join([detail, *(f"{each[:1].upper()}{each[1:]}." for each in more)]).strip()
    return {"passed": verdict.passed if verdict else not failed, "sentence": sentence, "detail": detail}


def _share(share: Share, *, of_all: bool) -> str:
    part = f"{len(share.failed) * 100 / share.total:.3g}\u00a0%"
    whom = f"{share.total:,} {devices(share.total, share.whom)}"
    subject = f"That is {part}" if of_all else f"Of the {whom}, {part} did not"
    allowed = f"{share.allowed:g}\u00a0%"
    return f" {subject}; {allowed} may fail." if share.passed else f" {subject}, and only {allowed} may fail."


def _data(
    rows: Sequence[FleetRow],
    spans: Sequence[Span],
    groups: Sequence[Group],
    asked: Sequence[Span],
    columns: Sequence[str],
) -> Markup:
    """The data for the page's script: a short list per device, because there can be thousands."""
    statuses = [status for status, _words, _count in _counts(rows)]
    reasons = {row.name: place for place, group in enumerate(groups) for row in group.rows}
    began = (asked[0].start or 0.0) if asked else 0.0
    extra: list[tuple[str, bool | str, Callable[[FleetRow], str | None]]] = []  # title, filter or its word, text
    if any(row.platform for row in rows):
        extra.append(("Platform", True, lambda row: row.platform))
    if len({row.driver for row in rows if row.driver}) > 1:
        extra.append(("Driver", True, lambda row: row.driver))
    if any(row.host for row in rows):
        extra.append(("Address", False, lambda row: row.host))
    if any(row.news for row in rows):
        extra.append(("Changed", "changed", lambda row: ", ".join(row.news)))
    if any(row.suspicious for row in rows):
        extra.append(("Suspicious", "suspicious", lambda row: ", ".join(row.suspicious)))
    if any(row.last_good_at and row.status != "ok" for row in rows):
        extra.append(("Last full answer", False, lambda row: clock(row.last_good_at) if row.status != "ok" else None))
    listed = [
        [
            shown(row.name),
            row.href and path(row.href),
            statuses.index(row.status),
            None if span.seconds is None else round(span.seconds, 2),
            row.attempts,
            shown(row.message or ""),
            reasons.get(row.name, -1),
            None if span.start is None else round(span.start - began, 2),
            [round(span.parts.get(phase, 0), 2) for phase in PHASES],
            *(shown(text(row) or "") for _title, _filter, text in extra),
            *(shown(text) for text in row.texts),
        ]
        for row, span in zip(rows, spans, strict=True)
    ]
    data = {
        "statuses": [shown(status) for status in statuses],
        "phases": PHASES,
        "columns": [
            *({"title": title, "filter": filtered} for title, filtered, _text in extra),
            *({"title": shown(column), "filter": True} for column in columns),
        ],
        "reasons": [shown(group.label) for group in groups],
        "order": [span.place for span in asked],
        "rows": listed,
    }
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)  # ASCII: no lone surrogate, no U+2028
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


# -- what is inlined ---------------------------------------------------------------------------------------------------


def _assets(style: str, script: str) -> dict[str, Any]:
    """Style and script of a page, and the policy that allows the browser only these two."""

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    rules = ["default-src 'none'", f"style-src {source(style)}", f"script-src {source(script)}"]
    policy = "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])
    return {"style": Markup(style), "script": Markup(script), "policy": Markup(policy)}


def _data_tables() -> str:
    """Read the source of DataTables, a module, from the package itables."""
    try:
        found = importlib.util.find_spec("itables")
    except (ImportError, ValueError):
        found = None
    for folder in (found.submodule_search_locations or []) if found else []:
        path = pathlib.Path(folder, "html", "dt_bundle.js")
        if path.is_file():
            return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    msg = "the page of the fleet needs the Python package itables, which contains DataTables: pip install itables"
    raise PagesError(msg)


def as_one_module(library: str, script: str) -> str:
    """Join the library and our script into one module. A page opened as a file cannot import modules."""
    exported = re.search(r"export\s*\{([^}]*)\}\s*;?", library)
    name = exported and re.search(r"([\w$]+) as default", exported[1])
    if not exported or not name:
        msg = "the DataTables in the Python package itables has no default export: install itables 2.9"
        raise PagesError(msg)
    ours = f";{{const DataTable={name[1]};\n{script}}}"
    text = library[: exported.start()] + ours + library[exported.end() :]
    # In HTML these would end the script or hide its end. They occur only in strings and patterns.
    return re.sub("</(script)", r"<\\/\1", text.replace("<!--", "\\x3c!--"), flags=re.IGNORECASE)
