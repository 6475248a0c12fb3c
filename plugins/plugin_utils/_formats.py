# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of the fleet for programs: JSON, CSV and JUnit XML."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import FleetRow
from ansible_collections.rollcall.network.plugins.plugin_utils._shown import shown

FIELDS = ("name", "status", "phase", "kind", "message", "platform", "driver", "host", "attempts")
TIMES = ("started_at", "finished_at", "seconds")
NEWS = ("changed", "suspicious", "identity_changes", "last_good_at", "platform_hint")
# What XML 1.0 cannot hold, after control characters and bytes that are not UTF-8 were spelled out.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FORMULA = re.compile(r"^[=+\-@\t\r]")


def fleet_json(
    rows: Sequence[FleetRow], summary: Mapping[str, int], verdict: Mapping[str, Any], columns: Sequence[str]
) -> bytes:
    """Return the summary, the verdict and, by name, the columns of the fleet page."""
    devices = {row.name: fleet_record(row, columns) for row in rows}
    return json.dumps({"summary": summary, "verdict": verdict, "devices": devices}, indent=1).encode("ascii") + b"\n"


def fleet_csv(rows: Sequence[FleetRow], columns: Sequence[str]) -> bytes:
    """A line per device. A text that a spreadsheet would take for a formula gets an apostrophe in front.

    The columns have a prefix, so that none has the name of a field.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    fields = (*FIELDS, *TIMES, *NEWS)
    writer.writerow([*fields, *(f"vars.{column}" for column in columns)])
    for row in rows:
        lists = {"changed": row.changed or (), "suspicious": row.suspicious, "identity_changes": row.identity_changes}
        record = {**_record(row), **{field: ", ".join(each) for field, each in lists.items()}}
        values = (
            value if type(value) in (int, float) else text for value, text in zip(row.values, row.texts, strict=True)
        )
        writer.writerow([*(_cell(record[field]) for field in fields), *map(_cell, values)])
    return file.getvalue().encode("utf-8")


def junit(rows: Sequence[FleetRow], summary: Mapping[str, int]) -> bytes:
    """Return a test case per device for CI systems. It is failed if the answer is not complete."""
    skipped = summary["skipped"]
    failed = summary["total"] - summary["ok"] - skipped
    totals = {"tests": str(summary["total"]), "failures": str(failed), "skipped": str(skipped), "errors": "0"}
    suites = ElementTree.Element("testsuites", totals)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "rollcall.network", **totals})
    for row in rows:
        seconds = f"{sum(row.seconds.values()):.3f}"
        attributes = {"name": _xml(row.name), "classname": _xml(row.platform or "device"), "time": seconds}
        case = ElementTree.SubElement(suite, "testcase", attributes)
        if row.status != "ok":
            kind = "skipped" if row.status == "skipped" else "failure"
            details = {"message": _xml(row.message or row.status)}
            if kind == "failure":
                details["type"] = row.status
            ElementTree.SubElement(case, kind, details)
    ElementTree.indent(suites)
    document: bytes = ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def fleet_record(row: FleetRow, columns: Sequence[str]) -> dict[str, Any]:
    """One device as ``fleet.json`` has it."""
    return {**_record(row), "vars": dict(zip(columns, row.values, strict=True))}


def _record(row: FleetRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "status": row.status,
        "phase": row.phase,
        "kind": row.kind,
        "message": row.message,
        "platform": row.platform,
        "driver": row.driver,
        "host": row.host,
        "attempts": row.attempts,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "seconds": round(sum(row.seconds.values()), 3),
        "changed": list(row.changed or ()),
        "suspicious": list(row.suspicious),
        "identity_changes": list(row.identity_changes),
        "last_good_at": row.last_good_at,
        "platform_hint": row.platform_hint,
    }


def _cell(value: Any) -> Any:
    text = shown(value) if isinstance(value, str) else value
    return f"'{text}" if isinstance(text, str) and FORMULA.match(text) else text


def _xml(text: str) -> str:
    return NOT_XML.sub("\ufffd", shown(text))
