# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The history, in real git: what a commit holds, and what happens when git, or a run, fails."""

from __future__ import annotations

import os
import pathlib
import shutil
import stat
import subprocess
import sys
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._git import HistoryError
from ansible_collections.rollcall.network.plugins.module_utils._history import commit
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._roll import write_answer
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder, file_name

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed (apt-get install git)")

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND = "show running-config"


class Fleet:
    """A folder of runs; the n-th run ends n seconds after the first."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.runs = 0

    def answer(self, texts: dict[str, str | None]) -> LastGood:
        """A run without its commit; a device whose text is None failed."""
        self.runs += 1
        last_good = LastGood(self.path, Changes())
        folder = RunFolder(str(self.path))
        for name, text in texts.items():
            output = {COMMAND: {"text": text, "status": "ok"}} if text is not None else {}
            given: dict[str, Any] = {
                "status": "failed" if text is None else "ok",
                "platform": "cisco_iosxe",
                "finished_at": f"2026-03-01T02:00:{self.runs:02}.000Z",
                "output": output,
            }
            write_answer(folder, name, given, last_good)
        folder.close()
        return last_good

    def run(self, texts: dict[str, str | None]) -> int:
        self.said: list[str] = []
        return commit(self.path, self.answer(texts), texts, f"run {self.runs}", self.said.extend)

    def git(self, *arguments: str) -> str:
        command = ["git", f"--git-dir={self.path / 'history.git'}", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    def subjects(self) -> list[str]:
        return self.git("log", "--format=%s").splitlines()


@pytest.fixture
def fleet(tmp_path: pathlib.Path) -> Fleet:
    return Fleet(tmp_path / "out")


def config(line: str, at: str = "10:00:00") -> str:
    return f"! Last configuration change at {at} UTC Sun Mar 1 2026 by ops\nhostname r\n{line}\n"


def test_a_commit_per_run_with_only_what_changed(fleet: Fleet) -> None:
    assert fleet.run({"r1": config("a"), "r2": config("a"), "r3": config("a")}) == 3
    assert fleet.run({"r1": config("a", "11:00:00"), "r2": config("b"), "r3": None}) == 1
    assert fleet.run({"r1": config("a", "12:00:00"), "r2": config("b", "12:00:00"), "r4": config("a")}) == 1
    assert fleet.run({"r1": config("a", "13:00:00"), "r2": config("b")}) == 0
    assert fleet.subjects() == ["run 3: 1 new", "run 2: 1 changed", "run 1: 3 new"]
    assert fleet.git("show", "--format=%an <%ae>", "--name-only", "main~1").split("\n") == [
        "rollcall <rollcall@localhost>",
        "",
        f"r2/{COMMAND}.txt",
        "",
    ]
    assert "\n-a\n+b\n" in fleet.git("show", "main~1")
    assert fleet.git("show", f"main:r3/{COMMAND}.txt") == config("a"), (
        "who failed, or is gone, keeps the last good answer"
    )
    assert "Changed:\n  r2: show running-config\n" in fleet.git("log", "-1", "--format=%B", "main~1")
    assert stat.S_IMODE((fleet.path / "history.git").stat().st_mode) == 0o700
    assert fleet.git("rev-parse", "--is-bare-repository").strip() == "true"
    assert fleet.git("fsck", "--strict") == ""


@pytest.mark.parametrize(
    "name", ["..", "a/b", ".git", "git~1", "ä ö", '"quoted"', "new\nline", "\udcff", "", "x" * 300, "con", "a\tb"]
)
def test_any_name_and_any_bytes(name: str, fleet: Fleet) -> None:
    text = "bytes \udcff\udcfe\r\n\x00 and no newline at the end"
    assert fleet.run({name: text}) == 1
    assert fleet.run({name: text + "\nmore"}) == 1
    shown = subprocess.run(
        ["git", f"--git-dir={fleet.path / 'history.git'}", "show", f"main:{file_name(name)}/{COMMAND}.txt"],
        check=True,
        capture_output=True,
        timeout=60,
    ).stdout
    assert shown == (text + "\nmore").encode("utf-8", "surrogateescape")
    assert fleet.git("fsck") == ""


@pytest.mark.parametrize("runs", [1, 2])
def test_a_run_without_its_commit_is_made_up_for(runs: int, fleet: Fleet) -> None:
    fleet.run({"r1": config("a"), "r2": config("a")})
    fleet.answer({"r1": config("b"), "r2": config("a")})  # killed before its end
    if runs == 2:
        fleet.answer({"r1": config("c"), "r2": config("a")})
    newest = config("c" if runs == 2 else "b")
    assert fleet.run({"r1": newest, "r2": config("a", "11:00:00")}) == 1
    assert fleet.git("show", f"main:r1/{COMMAND}.txt") == newest


def test_lost_notes_commit_everything_anew(fleet: Fleet) -> None:
    fleet.run({"r1": config("a"), "r2": config("a")})
    (fleet.path / "history.git" / "rollcall.json").write_text("{")
    assert fleet.run({"r1": config("b"), "r2": config("a")}) == 2
    assert fleet.git("show", "--format=", "--name-only").splitlines() == [f"r1/{COMMAND}.txt"]


def test_a_text_that_is_gone_is_left_out(fleet: Fleet) -> None:
    last_good = fleet.answer({"r1": config("a"), "r2": config("a")})
    (fleet.path / "last_good" / "r1" / f"{COMMAND}.txt").unlink()
    assert commit(fleet.path, last_good, ["r1", "r2"], "run") == 1
    assert fleet.run({"r1": config("a")}) == 1


def test_nobodys_configuration_gets_between(
    fleet: Fleet, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[core]\n\tbare = maybe\n[commit]\n\tgpgsign = true\n[init]\n\tdefaultBranch = old\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "somebody")
    fleet.run({"r1": config("a")})
    monkeypatch.undo()
    assert fleet.git("symbolic-ref", "HEAD").strip() == "refs/heads/main"
    assert fleet.git("log", "--format=%an %cn").strip() == "rollcall rollcall"


def test_no_git(fleet: Fleet, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        HistoryError, match=r"git is not installed on the controller, so the history in .*history\.git cannot"
    ):
        fleet.run({"r1": config("a")})
    monkeypatch.undo()
    assert fleet.run({"r1": config("a", "11:00:00")}) == 1


@pytest.mark.parametrize("when", ["init", "fast-import"])
def test_a_failing_git(when: str, fleet: Fleet, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """One that stops in the middle of reading included: the texts are more than a pipe holds."""
    real = shutil.which("git")
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *{when}*) echo "fatal: on fire" >&2; exit 128;; esac\nexec {real} "$@"\n'
    )
    program.chmod(0o755)
    texts: dict[str, str | None] = {f"r{number}": "x" * 100_000 for number in range(10)}
    with monkeypatch.context() as broken:
        broken.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        with pytest.raises(HistoryError, match=f"git {when}: fatal: on fire"):
            fleet.run(texts)
    assert fleet.run(texts) == 10


def test_a_folder_that_is_no_repository(fleet: Fleet) -> None:
    fleet.path.mkdir()
    (fleet.path / "history.git").write_text("")
    with pytest.raises(HistoryError, match=r"history\.git could not be written: .* is not a folder: remove it"):
        fleet.run({"r1": config("a")})


SLICE = """
import pathlib, sys
from tests.unit.test_history import Fleet, config
fleet = Fleet(pathlib.Path(sys.argv[1]))
for number in range(5):
    fleet.run({f"{sys.argv[2]}-{each}": config(f"line {number}") for each in range(20)})
"""


def test_slices_that_end_together_wait_for_each_other(fleet: Fleet) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'collections'}"}
    slices = [
        subprocess.Popen([sys.executable, "-c", SLICE, str(fleet.path), name], cwd=ROOT, env=environment)
        for name in "abc"
    ]
    assert [each.wait(100) for each in slices] == [0, 0, 0]
    assert len(fleet.subjects()) == 15
    assert len(fleet.git("ls-tree", "-r", "--name-only", "main").splitlines()) == 60
    assert fleet.git("fsck") == ""
    for name in "abc":
        assert fleet.git("show", f"main:{name}-7/{COMMAND}.txt") == config("line 4")
