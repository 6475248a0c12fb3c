# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages for people who use a keyboard or a screen reader: checked by axe-core, and by tabbing."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import Opened

pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
from playwright.sync_api import Page, expect

Open = Callable[..., Opened]


def violations(page: Page) -> list[str]:
    """What axe-core has to say. The package that carries it is read, not imported: it ships no types."""
    package = importlib.util.find_spec("axe_playwright_python")
    assert package
    assert package.origin
    page.evaluate(Path(package.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "file", ["index.html", "devices/fra-edge1.html", "devices/waw-leaf2.html", "devices/waw-fw1.html"]
)
def test_axe_finds_nothing(open_page: Open, small_fleet: Path, file: str, scheme: str) -> None:
    page = open_page(small_fleet / file, color_scheme=scheme).page
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_large_fleet(open_page: Open, large_fleet: Path, scheme: str) -> None:
    page = open_page(large_fleet, color_scheme=scheme).page
    page.locator("button[data-status=timeout]").click()
    assert violations(page) == []


def test_colours_follow_the_system(open_page: Open, small_fleet: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    assert open_page(small_fleet / "index.html", color_scheme="light").page.evaluate(ground) == "rgb(255, 255, 255)"
    assert open_page(small_fleet / "index.html", color_scheme="dark").page.evaluate(ground) == "rgb(20, 23, 26)"


def focused(page: Page) -> str:
    return str(
        page.evaluate(
            """() => {
              const at = document.activeElement;
              const header = at.closest("th");
              if (header) return `sort ${header.innerText.trim()}`;
              if (at.labels?.length) return `field ${at.labels[0].innerText}`;
              return `${at.tagName.toLowerCase()} ${at.getAttribute("aria-label") ?? at.innerText}`.trim();
            }"""
        )
    )


def test_tab_reaches_everything_in_the_order_of_reading(open_page: Open, small_fleet: Path) -> None:
    page = open_page(small_fleet / "index.html").page
    reached = []
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.append(focused(page))
        if reached[-1] == "a waw-fw1" and "field Search" in reached:
            break
    filters = [f"field {label}" for label in ("Search", "Status", "Platform", "site", "role", "Reason")]
    headers = ["sort Device", "sort Seconds", "sort Reason"]
    wanted = ["button 18 ok", "a ams-wan1", *filters, "button Clear", *headers, "a waw-fw1"]
    places = [len(reached) - 1 if each == "a waw-fw1" else reached.index(each) for each in wanted]
    assert places == sorted(places)


def test_the_keyboard_filters_sorts_and_turns_pages(open_page: Open, large_fleet: Path) -> None:
    page = open_page(large_fleet).page
    page.locator("button[data-status=timeout]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".dt-info")).to_contain_text("of 80 devices")
    assert focused(page) == "h2 All devices"
    page.locator("#devices thead th", has_text="Seconds").locator("[tabindex='0']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#devices thead th", has_text="Seconds")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("link", name="Next").or_(page.get_by_role("button", name="Next")).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".dt-info")).to_contain_text("51 to 80 of 80 devices")
    slider = page.get_by_label("Device in the timeline")
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_value("9999")
    assert "site-" in (slider.get_attribute("aria-valuetext") or "")
    expect(page.locator(".readout a")).to_have_count(1)
