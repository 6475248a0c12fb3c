# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A device's page in a browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.rollcall.network.plugins.plugin_utils._pages import Pages
from tests.browser import answers
from tests.browser.conftest import Opened

pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
from playwright.sync_api import expect

Open = Callable[..., Opened]


def test_the_story_the_texts_and_the_rows(open_page: Open, small_fleet: Path) -> None:
    opened = open_page(small_fleet / "devices" / "waw-leaf2.html")
    page = opened.page
    answer = answers.small()["waw-leaf2"]
    assert page.title() == "waw-leaf2: answered in part"
    assert "Command rejected" in page.locator(".failure").first.inner_text()
    assert page.locator(".story rect").count() == len(answer["seconds"])
    for place, (command, output) in enumerate(answer["output"].items(), 1):
        section = page.locator(f"#c{place}")
        assert section.locator("h2").inner_text() == command
        assert section.locator("pre").first.text_content() == output["text"]
    rows = page.locator("#c2 tbody tr")
    assert rows.count() == 10
    assert rows.first.locator("td").all_inner_texts()[-1] == "core, 10g"
    assert "rejected the command" in page.locator("#c3 .failure").inner_text()
    assert opened.faults() == []


def test_what_changed_is_told_without_colours_too(open_page: Open, small_fleet: Path) -> None:
    opened = open_page(small_fleet / "devices" / "fra-edge1.html")
    diff = opened.page.locator("#c1 .diff")
    assert diff.locator("del").inner_text().split() == ["removed:", "-Lab", "OS,", "Version", "17.9.3"]
    assert diff.locator("ins").inner_text().split() == ["added:", "+Lab", "OS,", "Version", "17.9.4a"]
    assert diff.locator(".unseen").first.bounding_box()["width"] <= 1  # type: ignore[index]
    opened.page.evaluate("getSelection().selectAllChildren(document.querySelector('.diff'))")
    assert opened.page.evaluate("getSelection().toString()").split("\n")[1:3] == [
        "-Lab OS, Version 17.9.3",
        "+Lab OS, Version 17.9.4a",
    ]
    assert "unchanged since 2026-03-01 06:00:00 UTC" in opened.page.locator("#c2 header").inner_text()
    assert opened.faults() == []


def test_copy(open_page: Open, small_fleet: Path) -> None:
    opened = open_page(small_fleet / "devices" / "fra-edge1.html", permissions=["clipboard-read", "clipboard-write"])
    page = opened.page
    page.get_by_role("button", name="Copy the text of show interfaces").click()
    expect(page.locator("#c2 button")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == answers.interfaces("fra-edge1")["text"]
    assert opened.faults() == []


def test_copy_where_the_browser_allows_no_clipboard(open_page: Open, small_fleet: Path) -> None:
    opened = open_page(small_fleet / "devices" / "fra-edge1.html")
    page = opened.page
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    page.evaluate("() => { document.execCommand = () => false; }")
    page.get_by_role("button", name="Copy the text of show interfaces").click()
    expect(page.locator("#c2 button")).to_have_text("Selected: press Ctrl+C")
    assert page.evaluate("getSelection().toString()").startswith("Ethernet1/1 is up")
    assert opened.faults() == []


def test_ten_megabytes_of_text_are_folded_and_open(open_page: Open, tmp_path: Path) -> None:
    line = "interface Ethernet1/1 <b>bold</b> description {{ 7 * 7 }} | `x`\n"
    text = line * (10_000_000 // len(line))
    answer = answers.answer(output={"show tech": answers.said(text), "show clock": answers.said("06:00\n")})
    path = tmp_path / "big.html"
    path.write_text(Pages().device("big", answer, index="index.html"), encoding="utf-8")
    began = time.monotonic()
    opened = open_page(path)
    page = opened.page
    assert not page.locator("#t1").is_visible()
    assert page.locator("#t2").is_visible()
    loaded = time.monotonic()
    page.locator("#c1 summary").click()
    expect(page.locator("#t1")).to_be_visible()
    assert page.evaluate("document.getElementById('t1').scrollHeight") > 1_000_000
    print(f"loaded in {loaded - began:.2f} s, unfolded in {time.monotonic() - loaded:.2f} s")
    assert page.evaluate("document.getElementById('t1').textContent.length") == len(text)
    assert opened.faults() == []


def test_a_value_is_shown_as_json(open_page: Open, tmp_path: Path) -> None:
    answer = answers.answer(driver="python", host=None, platform=None, value={"name": "é", "checks": [{"ok": True}]})
    path = tmp_path / "value.html"
    path.write_text(Pages().device("edge-1", answer, index="index.html"), encoding="utf-8")
    text = open_page(path).page.locator("#value pre").text_content()
    assert text == '{\n  "name": "é",\n  "checks": [\n    {\n      "ok": true\n    }\n  ]\n}'
