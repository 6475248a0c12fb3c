# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page that the output of a run names: its address on a web server, and no page that the run did not write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.rollcall.network.plugins.action.outcome import page_address
from tests.integration.conftest import run_playbook

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "awx.md"
URL = "https://reports.example.com/rollcall/"


def job(playbook: Path | str, folder: Path, *more: str, **given: Any) -> tuple[int, str]:
    inventory = folder / "inventory.json"
    names = {f"r{number:02}": None for number in range(25)}
    inventory.write_text(json.dumps({"all": {"hosts": names}}))
    extra = {
        "rollcall_output_dir": str(folder / "out"),
        "rollcall_driver": "python",
        "rollcall_function": "os.path.basename",
        **given,
    }
    done = run_playbook(playbook, inventory, "-e", json.dumps(extra), *more)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("playbook", ["collect.yml", "report.yml"])
def test_the_address_of_the_page_is_shown_and_handed_on(playbook: str, tmp_path: Path) -> None:
    status, output = job(ROOT / "collect.yml", tmp_path, rollcall_reports_url=URL)
    assert status == 0, output
    if playbook == "report.yml":
        status, output = job(ROOT / "report.yml", tmp_path, rollcall_reports_url=URL)
        assert status == 0, output
    [run] = (tmp_path / "out" / "runs").iterdir()
    assert f"{URL}runs/{run.name}/reports/index.html" in output


def test_statistics_have_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_SHOW_CUSTOM_STATS", "1")
    _status, output = job(ROOT / "collect.yml", tmp_path, rollcall_reports_url=URL)
    [run] = (tmp_path / "out" / "runs").iterdir()
    stats = output.split("CUSTOM STATS")[1]
    assert f'"reports_url": "{URL}runs/{run.name}/reports/index.html"' in stats


@pytest.mark.parametrize(
    ("url", "folder", "index", "address"),
    [
        ("https://x.example", "/srv/out", "/srv/out/reports/index.html", "https://x.example/reports/index.html"),
        (
            "https://x.example/a/",
            "/srv/out",
            "/srv/out/runs/a b#/index.md",
            "https://x.example/a/runs/a%20b%23/index.md",
        ),
        ("https://x.example", "/srv/out", "/srv/other/index.html", None),
        ("https://x.example", "/srv/out", None, None),
        ("https://x.example", None, "/srv/out/reports/index.html", None),
        ("", "/srv/out", "/srv/out/reports/index.html", None),
    ],
)
def test_an_address_is_that_of_a_page_in_the_folder(
    url: str, folder: str | None, index: str | None, address: str | None
) -> None:
    assert page_address(url, folder, index) == address


def test_the_first_failed_devices_are_named_with_their_reason(tmp_path: Path) -> None:
    status, output = job(ROOT / "collect.yml", tmp_path, rollcall_function="os.listdir", rollcall_awx_most_red_hosts=0)
    assert status == 2, output
    [line] = [each for each in output.splitlines() if each.startswith("  25 failed (command, FileNotFoundError)")]
    assert line.endswith("r17, r18, r19, and 5 more")


def test_check_mode_names_no_page(tmp_path: Path) -> None:
    """Also if there is a page of an earlier run."""
    assert job(ROOT / "collect.yml", tmp_path)[0] == 0
    for playbook in ("collect.yml", "report.yml"):
        status, output = job(ROOT / playbook, tmp_path, "--check", rollcall_reports_url=URL)
        assert status == 0, output
        assert "25 of 25 devices answered in full" in output
        assert "reports:" not in output
        assert "index.html" not in output


def test_the_documented_mail_has_the_keys_of_the_outcome(tmp_path: Path) -> None:
    """The play runs as it is written, with a module of the same name in place of that which sends mail."""
    [text] = [each for each in DOCS.read_text().split("```yaml\n") if "community.general.mail" in each]
    plays = yaml.safe_load(text.split("```")[0])
    arguments = plays[0]["tasks"][0].pop("community.general.mail")
    plays[0]["tasks"][0]["ansible.builtin.debug"] = {"msg": arguments}
    outcome = {
        "summary": {"ok": 24, "total": 25},
        "verdict": {
            "passed": False,
            "cause": "devices",
            "sentence": "24 of 25 devices answered in full",
            "reasons": ["1 of 25 devices failed"],
        },
        "reports": "/srv/out/reports/index.html",
        "reports_url": None,
    }
    status, output = job(json.dumps(plays), tmp_path, rollcall=outcome)
    assert status == 0, output
    assert '"subject": "24 of 25 devices answered in full"' in output
    assert "1 of 25 devices failed\\n/srv/out/reports/index.html" in output
