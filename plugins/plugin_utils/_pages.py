# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers as pages for people: one of each device, and one of the fleet, which is a single file that needs no network.

Whatever a device sent is shown as text. Three things see to that, each on its own: the templates escape all values,
what cannot be seen is spelled out, and the pages forbid the browser everything but their own style and script.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import math
import pathlib
import re
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup

BUILT_IN = pathlib.Path(__file__).parents[2] / "playbooks" / "templates"

STATUS_WORDS = {
    "ok": "answered in full",
    "partial": "answered in part",
    "failed": "failed",
    "unreachable": "unreachable",
    "auth_failed": "refused the login",
    "timeout": "timed out",
    "skipped": "never asked",
}
PHASES = ("resolve", "connect", "auth", "command", "parse")

# What to do about each kind of failure, by phase and kind. What is not here is explained by its own message.
ADVICE: dict[str, dict[str, tuple[str, str]]] = {
    "resolve": {
        "commands": ("No commands to ask", "Set commands on the task, or rollcall_commands for these devices."),
        "dns": ("The name has no address", "Set ansible_host for these devices, or correct DNS."),
        "driver": ("Unknown driver", "Correct rollcall_driver in the variables of these devices."),
        "function": ("No function to call", "Set function on the task, or rollcall_function for these devices."),
        "platform": ("Platform not known", "Set ansible_network_os of these devices to a platform that is supported."),
        "unknown_host": ("Not in the inventory", "Correct the names on the task, or add the devices."),
        "variables": ("Bad variables", "Correct the inventory variables that the message names."),
    },
    "connect": {
        "ConnectionRefusedError": ("Connection refused", "Check that the service is on, its port, and access lists."),
        "TimeoutError": ("No answer to the connection", "Check the power, the address, and the way to the device."),
        "deadline": ("The run was over first", "Raise deadline or workers, or look for what held the run up."),
        "device_timeout": ("No connection in time", "Check the way to the device; raise device_timeout if it is slow."),
        "host_key_changed": (
            "Host key changed",
            "Find out why first. Correct known_hosts only if the device was replaced, or its key renewed.",
        ),
        "host_key_revoked": ("Host key revoked", "Do not log in. Find out which device answers at this address."),
        "host_key_unknown": (
            "Host key not known",
            "Compare the key on the device's console, then add it to known_hosts.",
        ),
        "key_exchange": (
            "No common SSH algorithms",
            "Update the device's software, or allow it stronger algorithms; renew its host key if it is too short.",
        ),
        "no_library": ("Python package missing", "Install the requirements on the machine that collects."),
        "no_thread": ("Too many threads", "Lower workers, or raise ulimit -u on the machine that collects."),
        "proxy": ("Jump host failed", "Try the proxy command by hand, as the user that runs Ansible."),
        "refused": ("Connection refused", "Check that SSH is on, its port, and the access lists of the device."),
        "reset": (
            "Closed before the login",
            "All lines may be in use, or an access list hangs up: check sessions and access lists on the device.",
        ),
        "timeout": ("No answer to the connection", "Check the power, the address, and the way to the device."),
        "unreachable": ("No way to the address", "Check routes and firewalls from the machine that collects."),
    },
    "auth": {
        "become_refused": ("Enable password refused", "Correct ansible_become_password, or the user's rights."),
        "closed": ("Hung up on the password", "Check user and password by hand once; more tries can lock the account."),
        "deadline": ("The run was over first", "Raise deadline, or look for a slow AAA server."),
        "device_timeout": ("Login not done in time", "Look for a slow AAA server; raise device_timeout if it is slow."),
        "key_exchange": ("Key exchange failed", "Renew the device's host key; look at its SSH log."),
        "no_become_password": ("No enable password", "Set ansible_become_password for these devices."),
        "no_credentials": ("Nothing to log in with", "Set ansible_password or a private key, or start an ssh-agent."),
        "no_prompt": (
            "Prompt not recognized",
            "Check ansible_network_os; log in by hand to see what the device shows.",
        ),
        "no_user": ("No user name", "Set ansible_user for these devices."),
        "password_expired": ("Password expired", "Change it on the device or in the AAA server."),
        "refused": (
            "Login refused",
            "Check user, password and the AAA server. It is not tried again, so that no account gets locked.",
        ),
        "reset": ("Closed during the login", "Look at the device's log and its AAA server; lower logins_per_second."),
        "session_closed": ("Closed after the login", "All lines may be in use, or the user may not open a shell."),
        "timeout": (
            "Login not answered",
            "Look for a slow AAA server; raise ansible_connect_timeout, lower logins_per_second.",
        ),
    },
    "command": {
        "ImportError": ("Function cannot be imported", "Install what the function needs on the machine that collects."),
        "deadline": ("The run was over first", "Raise deadline or workers, or look for what held the run up."),
        "device_timeout": ("Answer not done in time", "Ask less, or raise device_timeout for slow devices."),
        "lost": ("Lost", "The thread ended without an answer: look for a crash in the function or the driver."),
        "not_plain_data": ("Not plain data", "Let the function return dicts, lists, text and numbers only."),
        "rejected": ("Command rejected", "Check the command's spelling on this platform, and the user's rights."),
        "reset": ("Closed in the middle", "Look at the device's log; call again."),
        "session_closed": (
            "Closed in the middle",
            "The device ended the session before its answer was whole: look at its log; call again.",
        ),
        "timeout": (
            "No answer to a command",
            "Try the command by hand. Raise rollcall_command_timeout if it only takes long.",
        ),
    },
}

# Characters that a page would hide or change, or that would disturb the text around them: control characters, lone
# surrogates (bytes that are no UTF-8) and those that turn the direction of writing.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)

_RUN_WIDTH = 10_000  # the run's duration in units of the timeline's drawing
_THINNEST = 15  # units: a bar of a short answer is still seen
_FEW = 60  # devices with a name beside their bar
_NAMES_OPEN = 12  # names of a reason that are shown at once
_NAMES_MOST = 500  # and in all: the table has the rest
_TEXT_OPEN = 200_000  # characters of an output that are shown at once
_ROWS_OPEN = 200


class PagesError(Exception):
    """A page cannot be made; the message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class FleetRow:
    """What the fleet's page keeps of one answer: never the texts. Times are ISO 8601 text, ``seconds`` are by phase."""

    name: str
    status: str
    phase: str | None
    kind: str | None
    message: str | None
    platform: str | None
    driver: str | None
    host: str | None
    attempts: int
    started_at: str | None
    finished_at: str | None
    seconds: Mapping[str, float]
    values: tuple[str, ...]
    href: str | None


def fleet_row(name: str, answer: Mapping[str, Any], values: Sequence[Any] = (), href: str | None = None) -> FleetRow:
    """The row of one answer.

    :param values: the host's variables named by the columns of the page, in their order; None for one it does not have.
    :param href: the path of the device's page, relative to the fleet's; None where there is none.
    """
    error = answer.get("error") or {}
    return FleetRow(
        name=str(name),
        status=str(answer["status"]),
        phase=_text_or_none(error.get("phase")),
        kind=_text_or_none(error.get("kind")),
        message=_text_or_none(error.get("message")),
        platform=_text_or_none(answer.get("platform")),
        driver=_text_or_none(answer.get("driver")),
        host=_text_or_none(answer.get("host")),
        attempts=int(answer.get("attempts") or 0),
        started_at=_text_or_none(answer.get("started_at")),
        finished_at=_text_or_none(answer.get("finished_at")),
        seconds={str(phase): float(seconds) for phase, seconds in (answer.get("seconds") or {}).items()},
        values=tuple(_cell(value) for value in values),
        href=_text_or_none(href),
    )


class Pages:
    """The templates, compiled once.

    :param templates: given a template's name, the path of the user's own file of that name, or None for the built-in.
    :raises PagesError: when a template is broken, or the Python package itables is missing.
    """

    def __init__(self, templates: Callable[[str], str | None] = lambda _name: None) -> None:
        self._lookup = templates
        self._environment = jinja2.Environment(
            autoescape=True,
            finalize=_shown,
            loader=jinja2.FunctionLoader(self._load),
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._environment.filters |= {"duration": _duration, "clock": _clock, "count": _count, "path": _path}
        self._device = self._compile("device.html.j2")
        self._fleet = self._compile("index.html.j2")
        common = self._asset("page_style.css")
        self._device_assets = _assets(common + self._asset("page_device.css"), self._asset("page_device.js"))
        script = _as_one_module(_data_tables(), self._asset("page_fleet.js"))
        self._fleet_assets = _assets(common + self._asset("page_fleet.css"), script)
        self._licences = Markup(self._asset("page_licences.txt"))

    def device(self, name: str, answer: Mapping[str, Any], *, index: str, title: str = "Roll call") -> str:
        """The page of one device.

        :param answer: as rollcall.network.collect returns it.
        :param index: the path of the fleet's page, relative to this one.
        :param title: the name of the fleet's page.
        :raises PagesError: when the template cannot be rendered.
        """
        row = fleet_row(name, answer)
        span = _span(row, 0)
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
                "reason": _reason(row.phase, row.kind, row.status) if row.status != "ok" else None,
                "span": span,
                "parts": _parts(span),
                "commands": [_command(text, output) for text, output in (answer.get("output") or {}).items()],
                "value": None if answer.get("value") is None else _pretty(answer["value"]),
            },
        )

    def fleet(
        self,
        rows: Iterable[FleetRow],
        *,
        title: str = "Roll call",
        columns: Sequence[str] = (),
        max_fail_percentage: float | None = None,
    ) -> str:
        """The page of all devices, in the order given.

        :param columns: the names of the rows' values.
        :param max_fail_percentage: how many devices may have no full answer, for the verdict.
        :raises PagesError: when the template cannot be rendered.
        :raises ValueError: when a row has not one value for each of the columns.
        """
        rows = list(rows)
        for row in rows:
            if len(row.values) != len(columns):
                msg = f"the row of {row.name!r} has {len(row.values)} values for {len(columns)} columns"
                raise ValueError(msg)
        spans = [_span(row, place) for place, row in enumerate(rows)]
        groups = _groups(rows)
        asked = sorted((span for span in spans if span.start is not None), key=lambda span: (span.start, span.place))
        return self._render(
            self._fleet,
            {
                **self._fleet_assets,
                "title": title,
                "verdict": _verdict(rows, max_fail_percentage),
                "counts": [(status, word, count) for status, word, count in _counts(rows) if count],
                "rows": rows,
                "groups": groups,
                "names_open": _NAMES_OPEN,
                "names_most": _NAMES_MOST,
                "timeline": _timeline(asked),
                "durations": _durations(rows, spans),
                "data": _data(rows, spans, groups, asked, columns),
                "licences": self._licences,
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
        """A file that goes into a page as it is."""
        return self._load(name).replace("\r\n", "\n")  # as browsers do before they compare it with its hash

    def _compile(self, name: str) -> jinja2.Template:
        try:
            return self._environment.get_template(name)
        except jinja2.TemplateSyntaxError as error:
            msg = f"the template {self._lookup(name) or name} is broken in line {error.lineno}: {error.message}"
            raise PagesError(msg) from error

    def _render(self, template: jinja2.Template, variables: dict[str, Any]) -> str:
        try:
            return template.render(variables)
        except Exception as error:  # a template is its author's code: anything can come out of it
            path = self._lookup(template.name or "") or template.name
            msg = f"the template {path} cannot be rendered: {type(error).__name__}: {error}"
            raise PagesError(msg) from error


# -- text --------------------------------------------------------------------------------------------------------------


def _shown(value: Any) -> Any:
    """A value as the templates show it, before it is escaped: what cannot be seen is spelled out, as in ``\\xff``."""
    if isinstance(value, Markup):
        return value
    text = value if isinstance(value, str) else str(value)
    return text if text.isprintable() else _UNSEEN.sub(_spelled, text.replace("\r\n", "\n"))


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _cell(value: Any) -> str:
    """A value in a table."""
    if isinstance(value, str):
        return str(value)  # not what Ansible makes of it, which carries its origin along
    if value is None:
        return ""
    if isinstance(value, (list, tuple)) and not any(isinstance(each, (dict, list, tuple)) for each in value):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, list, tuple)) else str(value)


def _pretty(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _path(relative: str) -> str:
    """A relative path as a link. A colon would make a scheme of what stands before it."""
    return urllib.parse.quote(relative, safe="/", errors="surrogateescape")


def _count(number: int) -> str:
    return f"{number:,}"


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02} min"


def _moment(text: str | None) -> float | None:
    """ISO 8601 text as seconds since 1970; without a zone it is taken for UTC."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _clock(text: str | None) -> str:
    seconds = _moment(text)
    return (text or "") if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


# -- one device --------------------------------------------------------------------------------------------------------


class _Command(NamedTuple):
    """One command as the page shows it. ``cells`` are texts, by row and then by column; ``data`` is JSON."""

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


def _command(text: str, output: Mapping[str, Any]) -> _Command:
    said = str(output.get("text") or "")
    rows = output.get("rows")
    columns: list[str] = []
    cells: list[list[str]] = []
    data = None
    if output.get("parser") != "json" and isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows):
        columns = list(dict.fromkeys(key for row in rows for key in row))
        cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    if rows is not None and not cells:
        data = _pretty(rows)
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
    )


def _size(text: str) -> str:
    lines = text.count("\n") + (not text.endswith("\n"))
    amount = f"{len(text) / 1e6:.1f} million characters" if len(text) >= 1e6 else f"{len(text):,} characters"
    return f"{lines:,} {'line' if lines == 1 else 'lines'}, {amount}"


# -- times -------------------------------------------------------------------------------------------------------------


class _Span(NamedTuple):
    """When a device was asked: ``start`` in seconds since 1970, ``seconds`` in all, and ``parts`` of them by phase.

    ``start`` is None for a device that was never asked, ``seconds`` where nothing is known about them.
    """

    place: int
    start: float | None
    seconds: float | None
    parts: dict[str, float]


def _span(row: FleetRow, place: int) -> _Span:
    parts = {phase: max(0.0, each) for phase in PHASES if math.isfinite(each := row.seconds.get(phase, 0.0)) and each}
    start, end = _moment(row.started_at), _moment(row.finished_at)
    if start is None:
        return _Span(place, None, sum(parts.values()) or None, parts)
    # Clocks can be set back during a run; the phases were measured by one that cannot.
    elapsed = max((end or start) - start, sum(parts.values()), 0.0)
    return _Span(place, start, elapsed, parts)


class _Part(NamedTuple):
    """A piece of a bar, in percent of it."""

    phase: str
    seconds: float
    left: float
    width: float


def _parts(span: _Span) -> list[_Part]:
    """The bar of one device: its phases, then what it waited for another attempt."""
    if not span.seconds:
        return []
    parts, at = [], 0.0
    waited = span.seconds - sum(span.parts.values())
    named = [*span.parts.items(), *([("waiting", waited)] if waited >= 0.01 else [])]
    for phase, seconds in named:
        parts.append(_Part(phase, seconds, round(at / span.seconds * 100, 2), round(seconds / span.seconds * 100, 2)))
        at += seconds
    return parts


class _Tick(NamedTuple):
    at: float  # percent
    label: str


_STEPS = (
    *(base * 10.0**power for power in (-3, -2, -1) for base in (1, 2, 5)),
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400),
)


def _ticks(extent: float) -> list[_Tick]:
    step = next((step for step in _STEPS if extent / step <= 8), extent / 8)
    count = int(extent / step + 1e-9)
    return [_Tick(round(place * step / extent * 100, 3), _tick(place * step, step)) for place in range(count + 1)]


def _tick(seconds: float, step: float) -> str:
    if step < 30:
        return f"{seconds:g} s" if step >= 1 else f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}" if step < 3600 else f"{minutes // 60} h"


def _timeline(asked: Sequence[_Span]) -> dict[str, Any] | None:
    """The drawing: a bar per device on a line of its own, one path for all bars of a colour."""
    if not asked:
        return None
    began = asked[0].start or 0.0
    extent = max((span.start or 0.0) - began + (span.seconds or 0.0) for span in asked) or 1.0
    scale = _RUN_WIDTH / extent
    paths: dict[str, list[str]] = {"waiting": [], **{phase: [] for phase in PHASES}}
    for line, span in enumerate(asked):
        start = (span.start or 0.0) - began
        left = round(start * scale)
        paths["waiting"].append(f"M{left} {line}h{max(_THINNEST, round((start + (span.seconds or 0)) * scale) - left)}")
        for phase, seconds in span.parts.items():
            left = round(start * scale)
            start += seconds
            if width := round(start * scale) - left:
                paths[phase].append(f"M{left} {line}h{width}")
    return {
        "began": datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds"),
        "extent": extent,
        "ticks": _ticks(extent),
        "paths": [(phase, "".join(path)) for phase, path in paths.items() if path],
        "places": [span.place for span in asked],
        "width": _RUN_WIDTH,
        "few": len(asked) <= _FEW,
    }


def _durations(rows: Sequence[FleetRow], spans: Sequence[_Span]) -> dict[str, Any] | None:
    """How long the devices took: the histogram, in equal steps of the logarithm, and the slowest ten."""
    timed = sorted((span.seconds, span.place) for span in spans if span.seconds is not None and span.start is not None)
    if not timed:
        return None
    per_decade = 5 if len(timed) < 200 else 10

    def step_of(seconds: float) -> int:
        return math.floor(math.log10(max(seconds, 0.001)) * per_decade + 1e-9)

    full = Counter(step_of(seconds) for seconds, place in timed if rows[place].status == "ok")
    other = Counter(step_of(seconds) for seconds, place in timed if rows[place].status != "ok")
    first, last = step_of(timed[0][0]), step_of(timed[-1][0])
    steps = range(first, last + 1)
    most = max(full[step] + other[step] for step in steps)
    width = 100 / len(steps)
    bars = [
        {
            "left": round((step - first) * width, 3),
            "width": round(width, 3),
            "full": round(full[step] / most * 100, 2),
            "other": round(other[step] / most * 100, 2),
            "label": f"{_duration(10 ** (step / per_decade))} to {_duration(10 ** ((step + 1) / per_decade))}: "
            f"{full[step] + other[step]:,}" + (f", {other[step]:,} of them not in full" if other[step] else ""),
        }
        for step in steps
        if full[step] or other[step]
    ]
    marks = (base * 10.0**power for power in range(-3, 7) for base in (1, 2, 5))
    places = ((mark, (math.log10(mark) * per_decade - first) * width) for mark in marks)
    slowest = [
        (rows[place], seconds, {part.phase: part.seconds for part in _parts(spans[place])})
        for seconds, place in reversed(timed[-10:])
    ]
    worth_a_column = {phase for _row, _seconds, parts in slowest for phase, seconds in parts.items() if seconds >= 0.05}
    return {
        "bars": bars,
        "most": most,
        "ticks": [_Tick(round(at, 3), f"{mark:g} s") for mark, at in places if -0.01 <= at <= 100.01],
        "median": timed[(len(timed) - 1) // 2][0],
        "ninth": timed[math.ceil(len(timed) * 0.9) - 1][0],
        "longest": timed[-1][0],
        "phases": [phase for phase in (*PHASES, "waiting") if phase in worth_a_column],
        "slowest": slowest,
    }


# -- the fleet ---------------------------------------------------------------------------------------------------------


def _counts(rows: Sequence[FleetRow]) -> list[tuple[str, str, int]]:
    """Each status, in words, and how many have it; the known ones first, then what else occurs."""
    counted = Counter(row.status for row in rows)
    return [(status, STATUS_WORDS.get(status, status), counted[status]) for status in {**STATUS_WORDS, **counted}]


def _verdict(rows: Sequence[FleetRow], max_fail_percentage: float | None) -> dict[str, Any]:
    """What came of it, in one sentence and then in detail."""
    total = len(rows)
    failed = sum(1 for row in rows if row.status != "ok")
    if not total:
        return {"passed": True, "sentence": "No device was asked.", "detail": ""}
    if failed:
        sentence = f"{total - failed:,} of {total:,} {'device' if total == 1 else 'devices'} answered in full."
        others = [f"{count:,} {word}" for status, word, count in _counts(rows) if count and status != "ok"]
        detail = f"{failed:,} did not: {', '.join(others)}."
    else:
        sentence = f"All {total:,} devices answered in full." if total > 1 else "The one device answered in full."
        detail = ""
    passed = not failed
    if max_fail_percentage is not None and failed:
        passed = failed * 100 <= max_fail_percentage * total
        share = f"{failed * 100 / total:.3g}\u00a0%"
        allowed = f"{max_fail_percentage:g}\u00a0%"
        detail += (
            f" That is {share}; {allowed} may fail." if passed else f" That is {share}, and only {allowed} may fail."
        )
    return {"passed": passed, "sentence": sentence, "detail": detail}


class _Reason(NamedTuple):
    """Why devices have no full answer, in a few words, and what to do about it (empty: the message says it)."""

    label: str
    advice: str


def _reason(phase: str | None, kind: str | None, status: str) -> _Reason:
    known = ADVICE.get(phase or "", {}).get(kind or "")
    if known:
        return _Reason(*known)
    label = (kind or STATUS_WORDS.get(status, status)).replace("_", " ")
    return _Reason(label[:1].upper() + label[1:], "")


class _Group(NamedTuple):
    """The devices without a full answer for one reason; ``label`` is this group's alone."""

    status: str
    phase: str | None
    reason: _Reason
    rows: list[FleetRow]
    label: str


def _groups(rows: Sequence[FleetRow]) -> list[_Group]:
    """The reasons, the most frequent first."""
    found: dict[tuple[str, str | None, _Reason], list[FleetRow]] = {}
    for row in rows:
        if row.status != "ok":
            found.setdefault((row.status, row.phase, _reason(row.phase, row.kind, row.status)), []).append(row)
    same = Counter(reason.label for _status, _phase, reason in found)
    groups = []
    for (status, phase, reason), members in sorted(found.items(), key=lambda each: -len(each[1])):
        where = f" ({status}, {phase})" if same[reason.label] > 1 else ""
        groups.append(_Group(status, phase, reason, members, reason.label + where))
    return groups


def _data(
    rows: Sequence[FleetRow],
    spans: Sequence[_Span],
    groups: Sequence[_Group],
    asked: Sequence[_Span],
    columns: Sequence[str],
) -> Markup:
    """What the page's script shows: a list per device, short, since there may be thousands."""
    statuses = [status for status, _words, _count in _counts(rows)]
    reasons = {row.name: place for place, group in enumerate(groups) for row in group.rows}
    began = (asked[0].start or 0.0) if asked else 0.0
    extra: list[tuple[str, bool, Callable[[FleetRow], str | None]]] = []
    if any(row.platform for row in rows):
        extra.append(("Platform", True, lambda row: row.platform))
    if len({row.driver for row in rows if row.driver}) > 1:
        extra.append(("Driver", True, lambda row: row.driver))
    if any(row.host for row in rows):
        extra.append(("Address", False, lambda row: row.host))
    listed = [
        [
            _shown(row.name),
            row.href and _path(row.href),
            statuses.index(row.status),
            None if span.seconds is None else round(span.seconds, 2),
            row.attempts,
            _shown(row.message or ""),
            reasons.get(row.name, -1),
            None if span.start is None else round(span.start - began, 2),
            [round(span.parts.get(phase, 0), 2) for phase in PHASES],
            *(_shown(text(row) or "") for _title, _filter, text in extra),
            *(_shown(value) for value in row.values),
        ]
        for row, span in zip(rows, spans, strict=True)
    ]
    data = {
        "statuses": [_shown(status) for status in statuses],
        "phases": PHASES,
        "columns": [
            *({"title": title, "filter": filtered} for title, filtered, _text in extra),
            *({"title": _shown(column), "filter": True} for column in columns),
        ],
        "reasons": [_shown(group.label) for group in groups],
        "order": [span.place for span in asked],
        "rows": listed,
    }
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)  # ASCII: no lone surrogate, no U+2028
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


# -- what is inlined ---------------------------------------------------------------------------------------------------


def _assets(style: str, script: str) -> dict[str, Any]:
    """Style and script of a page, and the policy that lets the browser use these two and nothing else."""

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    rules = ["default-src 'none'", f"style-src {source(style)}", f"script-src {source(script)}"]
    policy = "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])
    return {"style": Markup(style), "script": Markup(script), "policy": Markup(policy)}


def _data_tables() -> str:
    """The source of DataTables, a module, which itables carries."""
    try:
        found = importlib.util.find_spec("itables")
    except (ImportError, ValueError):
        found = None
    for folder in (found.submodule_search_locations or []) if found else []:
        path = pathlib.Path(folder, "html", "dt_bundle.js")
        if path.is_file():
            return path.read_text(encoding="utf-8").replace("\r\n", "\n")
    msg = "the page of the fleet needs the Python package itables, which carries DataTables: pip install itables"
    raise PagesError(msg)


def _as_one_module(library: str, script: str) -> str:
    """The library and our script as one module: a page opened as a file cannot import one from another."""
    exported = re.search(r"export\s*\{([^}]*)\}\s*;?", library)
    name = exported and re.search(r"([\w$]+) as default", exported[1])
    if not exported or not name:
        msg = "the DataTables in the Python package itables has no default export: install itables 2.9"
        raise PagesError(msg)
    ours = f";{{const DataTable={name[1]};\n{script}}}"
    text = library[: exported.start()] + ours + library[exported.end() :]
    # In HTML these would end the script, or keep its end from being found. They stand in strings and patterns only.
    return re.sub("</(script)", r"<\\/\1", text.replace("<!--", "\\x3c!--"), flags=re.IGNORECASE)
