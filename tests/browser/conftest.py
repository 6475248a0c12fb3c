# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Chromium that opens the pages as files, and tells of everything that a page must not do.

The tests are skipped where Chromium, playwright or itables is missing.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.rollcall.network.plugins.plugin_utils._fleet_row import fleet_row
from ansible_collections.rollcall.network.plugins.plugin_utils._pages import Pages
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed, verdict_of
from tests.browser import answers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 30_000  # milliseconds, for a busy machine
TITLE = "Morning roll call"
COLUMNS = ("site", "role")

# Tells of blocked content, also of what is blocked before the page is drawn.
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


def missing() -> str | None:
    """What these tests lack here, or None."""
    if CHROMIUM is None:
        return "chromium is not installed (apt-get install chromium)"
    for package in ("playwright", "axe_playwright_python", "itables"):
        if importlib.util.find_spec(package) is None:
            return f"the Python package {package} is not installed (requirements-test.txt)"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = missing()
    for item in items:
        if reason and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))


@dataclass
class Opened:
    """A page in the browser, and what it did that it must not do."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def faults(self) -> list[str]:
        return [*self.wrong, *self.page.evaluate("window.violations")]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Opens a file; ``options`` are those of a browser context, such as color_scheme."""
    contexts = []

    def opened(path: Path, **options: Any) -> Opened:
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(WATCH)
        result = Opened(context.new_page())

        def on_console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                result.wrong.append(f"console: {message.text}")

        def on_request(request: Request) -> None:
            if not request.url.startswith("file:") or request.resource_type != "document":
                result.wrong.append(f"request: {request.url}")

        def on_dialog(dialog: Dialog) -> None:
            result.wrong.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        result.page.on("console", on_console)
        result.page.on("request", on_request)
        result.page.on("dialog", on_dialog)
        result.page.on("pageerror", lambda error: result.wrong.append(f"exception: {error}"))
        result.page.goto(path.as_uri())
        if result.page.locator("#devices").count():
            result.page.wait_for_selector("html[data-ready]")
        return result

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="package")
def small_fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of 24 devices; the fleet's is index.html."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "devices").mkdir()
    pages = Pages()
    rows = []
    for name, answer in answers.small().items():
        href = f"devices/{name}.html"
        rows.append(fleet_row(name, answer, name.split("-"), href))
        (folder / href).write_text(pages.device(name, answer, index="../index.html", title=TITLE), encoding="utf-8")
    verdict = verdict_of({row.name: row.status for row in rows}, Allowed(10))
    index = pages.fleet(rows, title=TITLE, columns=COLUMNS, verdict=verdict)
    (folder / "index.html").write_text(index, encoding="utf-8")
    return folder


@pytest.fixture(scope="package")
def large_fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of 10,000 devices."""
    rows = (
        fleet_row(name, answer, (name[:7], f"serial-{place:05}"), f"devices/{name}.html")
        for place, (name, answer) in enumerate(answers.large())
    )
    path = tmp_path_factory.mktemp("large") / "index.html"
    path.write_text(Pages().fleet(rows, title=TITLE, columns=("site", "serial")), encoding="utf-8")
    return path
