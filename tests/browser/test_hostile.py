# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a device, an inventory or a server says is shown as text, and nothing of it runs."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import fleet_row
from ansible_collections.rollcall.network.plugins.plugin_utils._pages import Pages
from tests.browser import answers
from tests.browser.conftest import Opened

pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
from playwright.sync_api import expect

Open = Callable[..., Opened]

PAYLOADS = [
    "<script>window.hacked=1</script>",
    "</script><script>window.hacked=1</script>",
    "</script /x y='",
    "</style><script>window.hacked=1</script>",
    "</pre><img src=x onerror=window.hacked=1>",
    "<img src=x onerror=window.hacked=1> & more",
    "<!--<script>",
    "--><svg onload=window.hacked=1>",
    '" onmouseover="window.hacked=1" x="',
    "' onfocus='window.hacked=1' autofocus='",
    "{{ 7 * 7 }}{% for x in y %}{{ x }}",
    "${window.hacked=1}`window.hacked=1`",
    "&lt;b&gt; &amp;amp; &#60;script&#62;",
    "javascript:window.hacked=1",
    "\u2028window.hacked=1\u2029//",
]


def unharmed(opened: Opened) -> None:
    assert opened.page.evaluate("window.hacked") is None
    assert opened.faults() == []


def hostile(payload: str) -> dict[str, Any]:
    rows = [{payload: payload, "list": [payload, payload], "deep": {payload: payload}}]
    output = answers.said(
        payload,
        status="failed",
        error={"phase": "command", "kind": payload, "message": payload},
        rows=rows,
        rows_status="mismatch",
        rows_message=payload,
    )
    return answers.answer(
        "failed",
        ("command", payload, payload),
        output={payload: output, "json": answers.said("", parser="json", rows=rows)},
        platform=payload,
        host=payload,
        driver=payload,
        value={payload: payload},
    )


def shown(text: str) -> str:
    """What the pages show of a line: invisible characters are spelled out."""
    return text.replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_on_a_device_page(open_page: Open, tmp_path: Path, payload: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(Pages().device(payload, hostile(payload), index=payload, title=payload), encoding="utf-8")
    opened = open_page(path)
    page = opened.page
    assert page.locator("h1").text_content() == shown(payload)
    assert page.locator("#t1").text_content() == shown(payload)
    assert page.locator("#c1 td").first.text_content() == shown(payload)
    assert page.locator("#c1 h2").text_content() == shown(payload)
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    page.locator("nav.back a").hover()
    for button in page.locator("button[data-copy]:visible").all():
        button.click()
    unharmed(opened)


def test_on_the_page_of_the_fleet(open_page: Open, tmp_path: Path) -> None:
    rows = [fleet_row(payload, hostile(payload), (payload,), payload) for payload in PAYLOADS]
    path = tmp_path / "index.html"
    title = PAYLOADS[1]
    path.write_text(Pages().fleet(rows, title=title, columns=(PAYLOADS[4],)), encoding="utf-8")
    opened = open_page(path)
    page = opened.page
    assert page.locator("script").count() == 2
    assert page.locator("img").count() == 0
    assert page.locator(".title").text_content() == shown(title)
    names = page.locator("#devices tbody td:first-child")
    assert names.all_text_contents() == list(map(shown, PAYLOADS))
    assert [link.evaluate("link => link.protocol") for link in names.locator("a").all()] == ["file:"] * len(PAYLOADS)
    assert len(page.locator(".reason h3").all()) == len(PAYLOADS)
    for header in page.locator("#devices thead th").all():
        header.click()
        expect(header).to_have_attribute("aria-sort", "ascending")
    for choices in page.locator("form select").all():
        assert choices.locator("option").count() > len(PAYLOADS) or choices.get_attribute("data-column") == "Status"
    for place, payload in enumerate(PAYLOADS):
        page.get_by_label("Search").fill(f'"{payload}"' if '"' not in payload else payload)
        unharmed(opened)
        if payload.isprintable() and '"' not in payload:
            expect(names.filter(has_text=payload)).not_to_have_count(0)
        page.get_by_label("Search").fill("")
        page.get_by_label("Reason", exact=True).select_option(index=place + 1)
        expect(names).to_have_count(1)
        page.get_by_label("Reason", exact=True).select_option(index=0)
    for item in page.locator(".chart li a").all():
        item.focus()
    unharmed(opened)


def test_what_cannot_be_seen_is_spelled_out(open_page: Open, tmp_path: Path) -> None:
    text = "caf\u00e9 \x00 \x1b[31m \x07 \udcff\udc28 \ud800 \u202eevil\u2066 a\r\nb\tc"
    shown = "caf\u00e9 \\x00 \\x1b[31m \\x07 \\xff\udc28 \\ud800 \\u202eevil\\u2066 a\nb\tc".replace(
        "\udc28", "\\udc28"
    )
    path = tmp_path / "page.html"
    answer = answers.answer(output={"show x": answers.said(text)})
    path.write_text(Pages().device("edge-1", answer, index="index.html"), encoding="utf-8")
    opened = open_page(path)
    assert opened.page.locator("#t1").text_content() == shown
    unharmed(opened)
    index = tmp_path / "index.html"
    index.write_text(Pages().fleet([fleet_row("edge-1", answers.answer(), (text,))], columns=("x",)), encoding="utf-8")
    opened = open_page(index)
    assert opened.page.locator("#devices tbody td").nth(4).text_content() == shown
    unharmed(opened)


def test_the_policy_stops_what_would_get_in(open_page: Open, tmp_path: Path) -> None:
    """The second line of defence: even HTML that got into a page would not run, nor call anybody."""
    page = Pages().device("edge-1", answers.answer(), index="index.html")
    path = tmp_path / "page.html"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        intruder = (
            "<script>window.hacked=1</script>"
            f"<img src='http://127.0.0.1:{server.getsockname()[1]}/' onerror='window.hacked=1'>"
            "<p style='color:red' onclick='window.hacked=1'>x</p>"
        )
        path.write_text(page.replace("</main>", f"{intruder}</main>"), encoding="utf-8")
        opened = open_page(path)
        opened.page.locator("p", has_text="x").last.click()
        with pytest.raises(TimeoutError):
            server.accept()
    assert opened.page.evaluate("window.hacked") is None
    blocked = " ".join(opened.page.evaluate("window.violations"))
    for directive in ("script-src-elem", "script-src-attr", "img-src", "style-src-attr"):
        assert directive in blocked
