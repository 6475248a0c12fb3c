# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each command of README.md, docs/ and the roles' pages is run by a test, or says what it needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.controller import TOKEN, Controller
from tests.integration.test_awx import NEEDS_AWX, PROBE, SITE

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
PAGES += [f"roles/{path.parent.name}/README.md" for path in sorted(ROOT.glob("roles/*/README.md"))]
AWX = "docs/awx.md"

# Commands that other tests run, perhaps with other names and paths: a pattern of the command, and the test.
ELSEWHERE = {
    r"make (collect|test)": "test_every_part_runs_and_one_that_fails_fails_all",
    r"make build": "test_the_package_holds_the_product_alone",
    r"make bench.*": "test_bench_tree",
    r"\.venv/bin/python -m tests\.lab serve": "test_a_lab_ends_with_its_parent",
    r"PATH=\S+ ansible-playbook -i inventory/lab\.yml collect\.yml": "test_the_task_fails_as_the_verdict_says",
    r"ansible-galaxy collection install \S+/rollcall-network-\S+": "test_the_package_holds_the_product_alone",
    r"pip install (-r \S+|\.)": "test_version_and_dependencies_have_one_source",
    r"ansible-playbook rollcall\.network\.collect -i .*": "test_the_task_fails_as_the_verdict_says",
    r"ansible-playbook rollcall\.network\.host_keys -i .*": "test_the_playbook_shows_writes_and_replaces",
    r"ansible-playbook rollcall\.network\.pollers .*": "test_the_playbook_finds_its_python_by_itself",
    r"ansible-playbook prepare\.yml .*": "test_a_second_run_changes_nothing",
    r"ansible-playbook nightly\.yml( --check --diff)?": "test_check_mode_only_says_what_it_would_do",
    r"git -C rollcall/history\.git (log|show) .*": "test_a_week_later_exactly_what_happened_is_told",
    r"ps -eo \S+ --forest \| grep _engine\.launched": "test_engine_page",
}


def commands_of(text: str) -> list[tuple[str, str]]:
    """The commands of a page, each with its comment: the lines of blocks ``console`` that begin with ``$``."""
    lines = [line for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    found = (line[2:].partition(" #") for line in lines if line.startswith("$ "))
    return [(command.strip(), comment.strip()) for command, _, comment in found]


def unaccounted(text: str) -> list[str]:
    return [
        command
        for command, comment in commands_of(text)
        if not re.search(r"\bneeds ", comment)
        and not any(re.fullmatch(pattern, command) for pattern in ELSEWHERE)
        and not command.startswith(("cd ", "export "))
    ]


@pytest.mark.parametrize("page", PAGES)
def test_each_command_of_a_page_is_run_or_says_what_it_needs(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert unaccounted(text) == []
    indented = re.findall(r"(?m)^    (?:\S+=\S+ )?(?:ansible-\w+|make|pip|python|pytest|git) .*$", text)
    assert indented == [], "commands belong into a block `console`, where this test finds them"


def test_a_new_command_is_noticed() -> None:
    assert unaccounted("```console\n$ ansible-playbook new.yml  # a new one\n$ podman x  # needs podman\n```") == [
        "ansible-playbook new.yml"
    ]


def test_the_tests_that_run_commands_exist() -> None:
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    names = {path.stem for path in files}
    names |= {name for path in files for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))}
    assert sorted(set(ELSEWHERE.values()) - names) == []


@NEEDS_AWX
@pytest.mark.timeout(600)
def test_the_commands_for_awx_are_run(tmp_path: Path) -> None:
    """The section of docs/awx.md, line by line, with its my-awx.yml; only address and token are those of the test."""
    section = (ROOT / AWX).read_text(encoding="utf-8").partition("## Run the playbook")[2].partition("\n## ")[0]
    [variables] = re.findall(r"Write `my-awx\.yml`:\n\n```yaml\n(.*?)```", section, re.DOTALL)
    (tmp_path / "my-awx.yml").write_text(variables, encoding="utf-8")
    (tmp_path / "playbooks").symlink_to(ROOT / "playbooks")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("CONTROLLER_", "AAP_"))}
    env |= {"HOME": str(tmp_path), "PATH": f"{Path(sys.executable).parent}:{env['PATH']}", "no_proxy": "*"}
    env["ANSIBLE_COLLECTIONS_PATH"] = f"{ROOT / 'collections'}:{SITE}"
    commands = [command for command, _ in commands_of(section) if command.startswith(("export ", "ansible-playbook "))]
    assert len(commands) == 3
    with Controller() as controller:
        controller.job = ("successful", {"rollcall_awx_probe": PROBE})
        script = "\n".join(["set -e", *commands])
        script = script.replace("https://awx.example.com", controller.url).replace("=…", f"={TOKEN}")
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=500, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert controller.one("schedules", "Roll call")
    assert "TO DO" not in done.stdout
