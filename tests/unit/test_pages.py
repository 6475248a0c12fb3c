# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages' Python side: what is computed and how it is escaped. What a browser makes of them: see tests/browser."""

from __future__ import annotations

import base64
import hashlib
import html
import importlib.util
import json
import re
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.plugin_utils import _shown
from ansible_collections.rollcall.network.plugins.plugin_utils._charts import ticks
from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import FleetRow, fleet_row
from ansible_collections.rollcall.network.plugins.plugin_utils._pages import Pages, PagesError, as_one_module
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed, verdict_of
from tests.browser import answers

# Without it there are no pages at all, and the message of PagesError says so; that is tested too.
needs_itables = pytest.mark.skipif(
    importlib.util.find_spec("itables") is None, reason="the package itables is not installed"
)
HOSTILE = "</script /><!--</script><script>alert(1)</script> & \"'`{{ 7 * 7 }} \x00\x1b[31m\udcff\u2028"


@pytest.fixture(scope="module")
def pages() -> Pages:
    if importlib.util.find_spec("itables") is None:
        pytest.skip("the Python package itables is not installed")
    return Pages()


def fleet_of(*given: dict[str, Any]) -> list[FleetRow]:
    return [fleet_row(f"edge-{place}", answer, (), f"devices/edge-{place}.html") for place, answer in enumerate(given)]


def data_of(page: str) -> dict[str, Any]:
    """What the page's script gets."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def heading(page: str) -> tuple[str, str]:
    """The verdict: sentence and detail."""
    verdict = page[page.index("<h1>") : page.index("</div>", page.index("<h1>"))]
    texts = re.findall(r"<(?:h1|p)>(.*?)</(?:h1|p)>", verdict)
    return texts[0], texts[1] if len(texts) > 1 else ""


def subpaths(page: str) -> dict[str, int]:
    return {phase: path.count("M") for phase, path in re.findall(r'<path class="(\w+)" d="([^"]*)"/>', page)}


OK = answers.answer()
REFUSED = answers.answer("auth_failed", ("auth", "refused", "login refused"))
NEVER = answers.answer("skipped", ("connect", "deadline", "the deadline came first"), None)


@pytest.mark.parametrize(
    ("fleet", "allowed", "sentence", "detail"),
    [
        ([], None, "No device was asked.", ""),
        ([], 0, "No device was asked.", ""),
        ([OK], 0, "The one device answered in full.", ""),
        ([OK, OK], None, "All 2 devices answered in full.", ""),
        ([NEVER], None, "0 of 1 device answered in full.", "1 did not: 1 not asked."),
        (
            [OK, REFUSED, NEVER],
            None,
            "1 of 3 devices answered in full.",
            "2 did not: 1 refused the login, 1 not asked.",
        ),
        (
            [OK, REFUSED],
            50,
            "1 of 2 devices answered in full.",
            "1 did not: 1 refused the login. That is 50 %; 50 % may fail.",
        ),
        (
            [OK, REFUSED],
            49.5,
            "1 of 2 devices answered in full.",
            "1 did not: 1 refused the login. That is 50 %, and only 49.5 % may fail.",
        ),
    ],
)
def test_the_verdict(
    pages: Pages, fleet: list[dict[str, Any]], allowed: float | None, sentence: str, detail: str
) -> None:
    rows = fleet_of(*fleet)
    verdict = None if allowed is None else verdict_of({row.name: row.status for row in rows}, Allowed(allowed))
    page = pages.fleet(rows, verdict=verdict)
    assert heading(page) == (sentence, detail.replace(" %", "\u00a0%"))
    passed = bool(fleet) and (not detail or "%; " in detail)
    assert ('class="verdict passed"' in page) == passed


def test_the_verdict_on_groups(pages: Pages) -> None:
    rows = fleet_of(OK, REFUSED, OK, REFUSED)
    allowed = Allowed(60, {"core": 0, "a<b": 90}, {"core": {"edge-0", "edge-1"}, "a<b": {"edge-1"}})
    page = pages.fleet(rows, verdict=verdict_of({row.name: row.status for row in rows}, allowed))
    detail = heading(page)[1].replace("\u00a0", " ")
    assert "Of the 2 other devices, 50 % did not; 60 % may fail." in detail
    assert "Of the 2 devices of group core, 50 % did not, and only 0 % may fail." in detail
    assert "Of the 1 device of group a&lt;b, 100 % did not, and only 90 % may fail." in detail
    assert 'class="verdict passed"' not in page


def test_reasons_are_counted_with_advice_the_most_frequent_first(pages: Pages) -> None:
    odd = answers.answer("failed", ("command", "WeirdError", "what the message says"))
    page = pages.fleet(fleet_of(odd, REFUSED, REFUSED, OK))
    assert re.findall(r"<h3>(.*?)</h3>", page) == ["Login refused", "WeirdError"]
    assert re.findall(r"<strong>(\d+)</strong>", page) == ["2", "1"]
    assert "because it could lock the account" in page
    assert "what the message says" in page
    assert data_of(page)["reasons"] == ["Login refused", "WeirdError"]


def test_reasons_that_are_called_the_same_can_be_told_apart(pages: Pages) -> None:
    fleet = [answers.answer(status, ("command", "reset", "x")) for status in ("failed", "unreachable", "unreachable")]
    page = pages.fleet(fleet_of(*fleet))
    assert re.findall(r"<h3>(.*?)</h3>", page) == ["Closed during a command"] * 2
    assert data_of(page)["reasons"] == [
        "Closed during a command (unreachable, command)",
        "Closed during a command (failed, command)",
    ]
    assert [row[6] for row in data_of(page)["rows"]] == [1, 0, 0]


def test_every_row_needs_a_value_for_each_column(pages: Pages) -> None:
    with pytest.raises(ValueError, match="row of 'edge-1' has 1 values for 2 columns"):
        pages.fleet([fleet_row("edge-0", OK, ("a", "b")), fleet_row("edge-1", OK, ("a",))], columns=("x", "y"))


def test_many_names_of_a_reason_are_folded_and_then_left_to_the_table(pages: Pages) -> None:
    page = pages.fleet(fleet_of(*[REFUSED] * 1000))
    assert "<summary>488 more</summary>" in page
    assert "and 500 more in the table" in page


def test_a_status_and_phases_of_a_later_version_do_no_harm(pages: Pages) -> None:
    odd = answers.answer("exploded", None, seconds={"connect": 0.1, "warp": 2.0})
    page = pages.fleet(fleet_of(odd))
    assert heading(page) == ("0 of 1 device answered in full.", "1 did not: 1 exploded.")
    assert re.findall(r"<h3>(.*?)</h3>", page) == ["Exploded"]
    assert data_of(page)["statuses"][data_of(page)["rows"][0][2]] == "exploded"
    assert "Exploded after 2.10 s" in pages.device("edge-1", odd, index="index.html")


@pytest.mark.parametrize(
    ("answer", "bars", "seconds"),
    [
        (answers.answer(), {"waiting": 1, "connect": 1, "auth": 1, "command": 1}, 0.75),
        (answers.answer(waited=2.0), {"waiting": 1, "connect": 1, "auth": 1, "command": 1}, 2.75),
        (answers.answer(seconds={}), {"waiting": 1}, 0),
        (answers.answer(seconds={"connect": 0.0, "auth": 0.0}), {"waiting": 1}, 0),
        (answers.answer(seconds={"connect": -1.0, "auth": 0.5}), {"waiting": 1, "auth": 1}, 0.5),
        (answers.answer(seconds={"connect": 0.5}) | {"seconds": {"connect": float("nan")}}, {"waiting": 1}, 0.5),
        (answers.answer(seconds={"connect": 0.5}) | {"seconds": {"connect": float("inf")}}, {"waiting": 1}, 0.5),
        (answers.answer() | {"finished_at": "2020-01-01T00:00:00Z"}, None, 0.75),  # the clock was set back
        (answers.answer() | {"finished_at": None}, None, 0.75),
        (answers.answer() | {"finished_at": "soon"}, None, 0.75),
        (answers.answer() | {"started_at": "2026-03-02T06:00:00"}, None, 0.75),  # no zone: UTC
        (answers.answer() | {"started_at": None}, {}, 0.75),
        (answers.answer() | {"started_at": "yesterday"}, {}, 0.75),
        (NEVER, {}, None),
    ],
)
def test_times_that_are_missing_or_wrong(
    pages: Pages, answer: dict[str, Any], bars: dict[str, int] | None, seconds: float | None
) -> None:
    page = pages.fleet(fleet_of(answer))
    assert data_of(page)["rows"][0][3] == seconds
    expected = {"waiting": 1, "connect": 1, "auth": 1, "command": 1} if bars is None else bars
    assert subpaths(page) == expected
    assert len(data_of(page)["order"]) == expected.get("waiting", 0)
    assert "edge-1" in pages.device("edge-1", answer, index="../index.html")


def test_bars_are_in_the_order_of_the_start_with_their_phases_one_after_another(pages: Pages) -> None:
    late = answers.answer(start=5.0, seconds={"connect": 1.0, "auth": 2.0}, waited=2.0)
    page = pages.fleet(fleet_of(late, OK))
    assert data_of(page)["order"] == [1, 0]
    paths = dict(re.findall(r'<path class="(\w+)" d="([^"]*)"/>', page))
    assert paths["waiting"] == "M0 0h750M5000 1h5000"
    assert paths["connect"].endswith("M5000 1h1000")
    assert paths["auth"].endswith("M6000 1h2000")


@pytest.mark.parametrize(
    ("extent", "labels"),
    [
        (0.004, ["0 s", "0.001 s", "0.002 s", "0.003 s", "0.004 s"]),
        (11.9, ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s"]),
        (90.0, ["0 s", "15 s", "30 s", "45 s", "60 s", "75 s", "90 s"]),
        (200.0, ["0:00", "0:30", "1:00", "1:30", "2:00", "2:30", "3:00"]),
        (4000.0, ["0:00", "10:00", "20:00", "30:00", "40:00", "50:00", "60:00"]),
        (15000.0, ["0 h", "1 h", "2 h", "3 h", "4 h"]),
    ],
)
def test_ticks(extent: float, labels: list[str]) -> None:
    assert [tick.label for tick in ticks(extent)] == labels


def test_ticks_of_a_run_of_months_are_few() -> None:
    assert len(ticks(1e7)) <= 9


def test_durations_are_told_and_drawn(pages: Pages) -> None:
    fleet = [answers.answer(start=place, seconds={"auth": place / 10}) for place in range(1, 101)]
    page = pages.fleet(fleet_of(*fleet))
    assert "Half of the devices took at most 5.00 s, nine of ten at most 9.00 s; the slowest took 10.0 s." in page
    counts = [int(count) for count in re.findall(r"<g><title>[^<]*: (\d+)</title>", page)]
    assert sum(counts) == 100
    slowest = page[page.index('aria-label="The slowest"') : page.index("</table>")]
    assert re.findall(r'<a href="[^"]*">(.*?)</a>', slowest) == [f"edge-{place}" for place in range(99, 89, -1)]


def test_nothing_from_outside_is_markup(pages: Pages) -> None:
    answer = answers.answer(
        "failed",
        ("command", HOSTILE, HOSTILE),
        platform=HOSTILE,
        host=HOSTILE,
        driver=HOSTILE,
        output={
            HOSTILE: answers.said(
                HOSTILE,
                rows=[{HOSTILE: HOSTILE}],
                rows_status="mismatch",
                rows_message=HOSTILE,
                diff=f"--- {HOSTILE}\n+++ {HOSTILE}\n@@ {HOSTILE}\n-{HOSTILE}\n+{HOSTILE}\n {HOSTILE}\n",
            )
        },
        changed=[HOSTILE],
        last_good_at=HOSTILE,
        value={HOSTILE: HOSTILE},
    )
    row = fleet_row(HOSTILE, answer, (HOSTILE, [HOSTILE], {"a": HOSTILE}), HOSTILE)
    fleet = pages.fleet([row], title=HOSTILE, columns=(HOSTILE, "b", "c"))
    device = pages.device(HOSTILE, answer, index=HOSTILE, title=HOSTILE)
    for page, scripts in ((fleet, 2), (device, 1)):
        assert "<script>alert" not in page
        assert page.lower().count("</script") == scripts
        assert "&lt;script&gt;alert" in page
        assert "{{ 7 * 7 }}" in html.unescape(page)
        page.encode()  # no lone surrogate
        for unseen in "\x00\x1b":
            assert unseen not in page
    shown = HOSTILE.replace("\x00", "\\x00").replace("\x1b", "\\x1b").replace("\udcff", "\\xff")
    shown = shown.replace("\u2028", "\\u2028")
    assert data_of(fleet)["rows"][0][0] == shown
    assert data_of(fleet)["columns"][-3]["title"] == shown
    assert f"<h1>{html.escape(shown).replace('&quot;', '&#34;').replace('&#x27;', '&#39;')}</h1>" in device


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("cr\r\nlf", "cr\nlf"),
        ("line\u2028end", "line\\u2028end"),
        ("\udc80\udcff", "\\x80\\xff"),
        ("\ud800 \udfff", "\\ud800 \\udfff"),
        ("\x00\x07\x1b\x7f\x9b", "\\x00\\x07\\x1b\\x7f\\x9b"),
        ("\u202eevil\u2069", "\\u202eevil\\u2069"),
        ("\ufeffmark", "\\ufeffmark"),
        ("日本 é 😀", "日本 é 😀"),
        (7, "7"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text: object, shown: str) -> None:
    assert _shown.shown(text) == shown


@pytest.mark.parametrize(
    ("href", "link"),
    [
        ("devices/edge-1.html", "devices/edge-1.html"),
        ("devices/a b#1?x%.html", "devices/a%20b%231%3Fx%25.html"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("devices/\udcff.html", "devices/%FF.html"),
    ],
)
def test_links_are_paths(pages: Pages, href: str, link: str) -> None:
    page = pages.fleet([fleet_row("edge-1", OK, (), href)])
    assert data_of(page)["rows"][0][1] == link
    assert f'<a href="{link}">← Roll call</a>' in pages.device("edge-1", OK, index=href)


def test_a_device_without_a_page_has_no_link(pages: Pages) -> None:
    page = pages.fleet([fleet_row("edge-1", REFUSED)])
    assert "<a " not in page[: page.index('<script type="application/json"')]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        ("text", "text"),
        (3, "3"),
        (True, "True"),
        (["a", 1], "a, 1"),
        ([], ""),
        ([{"a": 1}], '[{"a": 1}]'),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_values_keep_their_types_and_are_shown_as_text(value: Any, cell: str) -> None:
    row = fleet_row("edge-1", OK, (value,))
    assert row.values == (value,)
    assert row.texts == (cell,)


def test_rows_are_a_table_and_json_is_json(pages: Pages) -> None:
    output = {
        "table": answers.said("x", rows=[{"a": "1", "b": ["x", "y"]}, {"a": "2", "c": None}], rows_status="ok"),
        "json": answers.said("x", parser="json", rows=[{"a": 1}], rows_status="ok", rows_message="names repeat"),
        "list": answers.said("x", rows=["plain", {"a": 1}], rows_status="ok"),
        "none": answers.said("x", rows=[], rows_status="empty", rows_message="printed nothing"),
        "silent": answers.said(""),
    }
    page = pages.device("edge-1", answers.answer(output=output), index="index.html")
    assert '<th scope="col">a</th><th scope="col">b</th><th scope="col">c</th>' in page
    assert "<tr><td>1</td><td>x, y</td><td></td></tr>" in page
    assert html.escape('[\n  {\n    "a": 1\n  }\n]').replace("&quot;", "&#34;") in page
    assert "Rows: ok: names repeat" in page
    assert "Rows: empty: printed nothing" in page
    assert page.count("The output is empty.") == 1


CHANGED = answers.answer(changed=["show version", "show clock"], last_good_at=OK["finished_at"])


def test_the_fleet_shows_what_changed(pages: Pages) -> None:
    page = pages.fleet(fleet_of(CHANGED, OK, REFUSED | {"changed": [], "last_good_at": "2026-03-01T06:00:00.000Z"}))
    assert re.search(r"<button[^>]* data-changed [^>]*><b>1</b> changed</button>", page)
    section = page[page.index('<h2 id="changed-heading">') :]
    assert re.findall(r'<a href="devices/(edge-\d)\.html">', section[: section.index("</section>")]) == ["edge-0"]
    assert "show version, show clock" in section[: section.index("</section>")]
    columns = [(column["title"], column["filter"]) for column in data_of(page)["columns"]]
    assert columns[-2:] == [("Changed", "changed"), ("Last full answer", False)]
    assert [row[-2:] for row in data_of(page)["rows"]] == [
        ["show version, show clock", ""],
        ["", ""],
        ["", "2026-03-01 06:00:00 UTC"],
    ]


def test_a_fleet_in_which_nothing_changed_says_nothing_of_it(pages: Pages) -> None:
    page = pages.fleet(fleet_of(OK, OK | {"changed": [], "last_good_at": OK["finished_at"]}))
    assert "changed-heading" not in page
    assert '<button type="button" data-changed' not in page
    assert not {"Changed", "Last full answer"} & {column["title"] for column in data_of(page)["columns"]}


def test_many_that_changed_are_folded_and_then_left_to_the_table(pages: Pages) -> None:
    page = pages.fleet(fleet_of(*[CHANGED] * 1000))
    assert "<summary>488 more</summary>" in page
    assert "and 500 more in the table" in page


def test_a_device_shows_what_changed(pages: Pages) -> None:
    diff = "--- 2026-03-01T06:00:00.000Z\n+++ 2026-03-02T06:00:00.000Z\n@@ -1,2 +1,2 @@\n---a <b>\n+++c\n  d\n \n"
    output = {
        "show version": answers.said("++c\n d\n", since=OK["finished_at"], diff=diff),
        "show clock": answers.said("x", since="2026-03-01T06:00:00.000Z"),
        "show new": answers.said("x", since=OK["finished_at"]),
    }
    page = pages.device("edge-1", CHANGED | {"output": output}, index="index.html")
    shown = page[page.index('<pre class="diff"') :]
    lines = shown[shown.index(">") + 1 : shown.index("</pre>")]
    assert re.sub(r"<(?!/?(?:del|ins)>)[^>]*>", "", lines) == (
        "\n@@ -1,2 +1,2 @@\n<del>removed: ---a &lt;b&gt;\n</del><ins>added: +++c\n</ins>  d\n \n"
    )
    assert "Changed since 2026-03-01 06:00:00 UTC" in page
    assert page.count("unchanged since 2026-03-01 06:00:00 UTC") == 1
    assert page.count("unchanged since") == 1


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ({}, None),
        ({"changed": None, "last_good_at": None}, None),
        ({"changed": [], "last_good_at": None}, "never"),
        ({"changed": [], "last_good_at": "2026-03-01T06:00:00.000Z"}, "2026-03-01 06:00:00 UTC"),
    ],
)
def test_a_device_that_failed_says_when_it_last_answered(pages: Pages, last: dict[str, Any], said: str | None) -> None:
    found = re.search(r"<dt>Last full answer</dt><dd>(.*?)</dd>", pages.device("r", REFUSED | last, index="index.html"))
    assert (found and found[1]) == said
    assert "Last full answer" not in pages.device("r", OK | last, index="index.html")


def test_the_policy_names_exactly_the_style_and_the_script(pages: Pages) -> None:
    for page in (pages.fleet(fleet_of(OK)), pages.device("edge-1", OK, index="index.html")):
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
        assert policy
        style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
        script = re.search(r'<script(?: type="module")?>(.*?)</script>', page, re.DOTALL)
        assert style
        assert script
        hashes = [base64.b64encode(hashlib.sha256(each[1].encode()).digest()).decode() for each in (style, script)]
        assert policy[1] == (
            f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
            "base-uri 'none'; form-action 'none'"
        )


def test_the_licences_are_in_the_page(pages: Pages) -> None:
    page = pages.fleet(())
    for notice in ("SpryMedia Ltd", "OpenJS Foundation", "Permission is hereby granted, free of charge"):
        assert notice in page


@needs_itables
def test_a_template_of_ones_own(tmp_path: Path) -> None:
    mine = tmp_path / "device.html.j2"
    mine.write_text("{{ name }} {{ device.host }} {{ row.platform }} <b>{{ device.platform }}</b>", encoding="utf-8")
    answer = answers.answer(platform="<x>", host="10.0.0.1")
    pages = Pages(lambda name: str(mine) if name == mine.name else None)
    assert pages.device("edge-1", answer, index="index.html") == "edge-1 10.0.0.1 &lt;x&gt; <b>&lt;x&gt;</b>"
    assert "All 2 devices" in pages.fleet(fleet_of(OK, OK))


@needs_itables
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("line\n{% if %}", r"device\.html\.j2 is broken in line 2"),
        ("{{ nothing.here }}", r"device\.html\.j2 cannot be rendered: UndefinedError: 'nothing' is undefined"),
        ("{{ 1 / 0 }}", r"device\.html\.j2 cannot be rendered: ZeroDivisionError"),
    ],
)
def test_a_broken_template_is_named(tmp_path: Path, source: str, message: str) -> None:
    mine = tmp_path / "device.html.j2"
    mine.write_text(source, encoding="utf-8")
    with pytest.raises(PagesError, match=message):
        Pages(lambda name: str(mine) if name == mine.name else None).device("edge-1", OK, index="index.html")


def test_a_template_that_is_not_there_is_named() -> None:
    with pytest.raises(PagesError, match=r"/nowhere/device\.html\.j2 cannot be read"):
        Pages(lambda name: f"/nowhere/{name}").device("edge-1", OK, index="index.html")


def test_without_itables_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    pages = Pages()
    with pytest.raises(PagesError, match="pip install itables"):
        pages.fleet([])
    assert "edge-1" in pages.device("edge-1", OK, index="index.html"), "its page needs no itables"


def test_library_and_script_become_one_module() -> None:
    library = 'var a=/<!--/g,b="</script>";class Z{}export{b as x,Z as default};\n/*! licence */'
    module = as_one_module(library, "use(DataTable);\n")
    assert (
        module == 'var a=/\\x3c!--/g,b="<\\/script>";class Z{};{const DataTable=Z;\nuse(DataTable);\n}\n/*! licence */'
    )
    with pytest.raises(PagesError, match="no default export"):
        as_one_module("var a;", "")


def test_rows_keep_no_texts() -> None:
    """10,000 rows may be held, the texts of 10,000 devices may not."""
    tracemalloc.start()
    try:
        rows = []
        for name, answer in answers.large(10_000):
            answer["output"] = {"show x": answers.said(name * 1000)}  # about 13 KB, 130 MB in all
            rows.append(fleet_row(name, answer, ("site", "role"), f"devices/{name}.html"))
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(rows) == 10_000
    assert held < 25_000_000


def test_cost(pages: Pages) -> None:
    """Well above what it takes, for a busy machine: about 0.3 ms for a device's page and 0.2 s for 10,000 devices."""
    answer = answers.answer(output={f"show {place}": answers.interfaces("edge-1") for place in range(3)})
    began = time.process_time()
    for _ in range(100):
        pages.device("edge-1", answer, index="../index.html")
    each = (time.process_time() - began) / 100
    rows = [fleet_row(name, answer, ("a", "b"), f"devices/{name}.html") for name, answer in answers.large()]
    began = time.process_time()
    page = pages.fleet(rows, columns=("x", "y"))
    fleet = time.process_time() - began
    print(f"device {each * 1000:.2f} ms, fleet {fleet:.2f} s and {len(page) / 1e6:.1f} MB")
    assert each < 0.003
    assert fleet < 3
    assert len(page) < 4_000_000


@pytest.mark.parametrize(("status", "shown"), [("skipped", False), ("failed", False), ("ok", True)])
def test_a_command_that_was_not_sent_shows_no_data(status: str, shown: bool) -> None:
    output: dict[str, Any] = {"status": status, "text": "", "rows": [], "parser": "textfsm"}
    page = Pages().device("r1", {"status": "failed", "output": {"show version": output}}, index="index.html")
    assert ("<summary>Data</summary>" in page) is shown
