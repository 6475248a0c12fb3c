# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each command of README.md, docs/ and the roles' pages is run by a test, or says what it needs."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._engine.engine import Engine
from ansible_collections.rollcall.network.plugins.module_utils._history import commit
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._roll import write_answer
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder
from tests.integration.controller import TOKEN, Controller
from tests.integration.test_awx import NEEDS_AWX, PROBE, SITE

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
PAGES += [f"roles/{path.parent.name}/README.md" for path in sorted(ROOT.glob("roles/*/README.md"))]
AWX = "docs/awx.md"

# Commands that other tests run, perhaps with other names and paths: a pattern of the command, and the test.
ELSEWHERE = {
    r"make (collect|test)": "test_every_part_runs_and_one_that_fails_fails_all",
    r"make build": "test_the_commands_that_install_it_are_run",
    r"make bench.*": "test_bench_tree",
    r"\.venv/bin/python -m tests\.lab serve": "test_a_lab_ends_with_its_parent",
    r"PATH=\S+ ansible-playbook -i inventory/lab\.yml collect\.yml": "test_the_task_fails_as_the_verdict_says",
    r"ansible-galaxy collection install \S+/rollcall-network-\S+": "test_the_commands_that_install_it_are_run",
    r"pip install -r \S+": "test_the_commands_that_install_it_are_run",
    r"pip install \.": "test_the_command_that_installs_the_python_package_is_run",
    r"ansible-playbook rollcall\.network\.collect -i .*": "test_the_task_fails_as_the_verdict_says",
    r"ansible-playbook rollcall\.network\.host_keys -i .*": "test_the_playbook_shows_writes_and_replaces",
    r"ansible-playbook rollcall\.network\.pollers .*": "test_the_playbook_finds_its_python_by_itself",
    r"ansible-playbook prepare\.yml .*": "test_a_second_run_changes_nothing",
    r"ansible-playbook nightly\.yml( --check --diff)?": "test_check_mode_only_says_what_it_would_do",
    r"git -C rollcall/history\.git (log|show) .*": "test_the_commands_for_the_history_are_run",
    r"rm \S+/identity\.json": "test_the_answer_of_another_device_fails_and_never_becomes_the_last_good_one",
    r"mv \S+/identity\.json \S+/identity\.2\.json": (
        "test_a_second_unit_of_a_cluster_is_accepted_if_the_file_of_the_first_is_renamed"
    ),
    r"ps -eo \S+ --forest \| grep _engine\.launched": "test_the_command_that_shows_the_processes_is_run",
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


@pytest.mark.cases(29)
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
    files = list((ROOT / "tests").rglob("test_*.py"))
    names = {path.stem for path in files}
    names |= {name for path in files for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))}
    assert sorted(set(ELSEWHERE.values()) - names) == []


def matching(page: str, pattern: str) -> list[str]:
    """The commands of a page that match, in order; at least one."""
    found = [command for command, _ in commands_of((ROOT / page).read_text(encoding="utf-8"))]
    found = [command for command in found if re.search(pattern, command)]
    assert found, f"{page} has no command {pattern}"
    return found


def sh(commands: list[str], folder: Path, **env: str) -> str:
    """Runs commands one after the other in one shell, as a user types them, with the programs of this environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PIP_", "PYTHON"))}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -eo pipefail", *commands])],
        cwd=folder,
        env={**clean, "PATH": path, **env},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the files that git knows, so that nothing is written to this checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folder = tmp_path / "checkout"
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.is_symlink() or source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name, follow_symlinks=False)
    return folder


# pip neither asks an index nor changes this environment.
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@pytest.mark.timeout(600)
def test_the_commands_that_install_it_are_run(checkout: Path, tmp_path: Path) -> None:
    """From `make build` to `pip install -r`, as in README.md: the checkout does not hide the installed collection."""
    commands = matching("README.md", r"^(make build|cd ~|ansible-galaxy|pip install)")
    assert [command.split()[0] for command in commands] == ["make", "cd", "ansible-galaxy", "pip"]
    # The recipe of `build`, without the environment that make would create from an index.
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [recipe] = re.findall(r"(?m)^build:.*\n\t\$\(BIN\)/(.*)$", makefile)
    commands = [recipe if command == "make build" else command for command in commands]
    commands = [command.replace("<checkout>", str(checkout)) for command in commands]
    home = tmp_path / "home"
    home.mkdir()
    sh(commands, checkout, HOME=str(home), PIP_DRY_RUN="1", **OFFLINE)
    installed = home / ".ansible" / "collections" / "ansible_collections" / "rollcall" / "network"
    assert (installed / "requirements.txt").read_bytes() == (ROOT / "requirements.txt").read_bytes()
    shown = sh(["ansible-doc -t role rollcall.network.awx"], home, HOME=str(home))
    assert "rollcall_awx_project_url" in shown


@pytest.mark.timeout(600)
def test_the_command_that_installs_the_python_package_is_run(checkout: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    # pip reads 0 as "without isolation".
    env = {"PIP_TARGET": str(target), "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    sh(matching("docs/python.md", r"^pip install"), checkout, **env, **OFFLINE)
    network = target / "ansible_collections" / "rollcall" / "network"
    assert (network / "plugins" / "module_utils" / "collector.py").is_file()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed (apt-get install git)")
def test_the_commands_for_the_history_are_run(tmp_path: Path) -> None:
    """After two nights, each command of docs/changes.md and README.md shows what it is meant to show."""
    top = tmp_path / "rollcall"
    for night in (1, 2):
        output = {
            command: {"text": f"{command} of night {night}\n", "status": "ok", "since": None, "diff": ""}
            for command in ("show version", "show running-config")
        }
        at = f"2026-03-0{night}T02:00:00.000Z"
        answer = {"status": "ok", "platform": "cisco_iosxe", "finished_at": at, "output": output}
        last_good, folder = LastGood(top, Changes()), RunFolder(str(top))
        write_answer(folder, "edge-7", answer, last_good)
        folder.close()
        commit(top, last_good, {"edge-7": answer}, f"night {night}", print)
    commands = matching("docs/changes.md", r"^git ")
    commands += re.findall(r"`(git -C rollcall/history\.git [^`]+)`", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(commands) > 3
    for command in commands:
        shown = sh([command], tmp_path)
        if " show " in command:
            assert shown == "show version of night 1\n"
        else:
            assert ("show running-config.txt" in shown, "night 2" in shown) == (True, True), command


def test_the_command_that_shows_the_processes_is_run() -> None:
    """It shows the processes of the engine, and no other."""
    with contextlib.closing(Engine()) as engine:
        assert engine.work(len, "text", size=4) == 4
        [command] = matching("docs/engine.md", r"^ps ")
        shown = sh([f"{command} | grep -v 'grep _engine'"], ROOT).splitlines()
    parents = {int(line.split()[1]) for line in shown}
    assert os.getpid() in parents, shown
    assert all("import main main()" in line or "import main; main()" in line for line in shown), shown


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
