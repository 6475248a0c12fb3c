# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A damaged history, in real git: the next run repairs it from the last good answers, and says so."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._git import HistoryError
from ansible_collections.rollcall.network.plugins.module_utils._history import commit
from tests.integration.openssh import wait_until
from tests.unit.test_history import COMMAND, ROOT, Fleet

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed (apt-get install git)")

Texts = dict[str, str | None]
NIGHTS: list[Texts] = [
    {"r1": "one\n", "r2": "one\n", "r3": "one\n", "r4": None},
    {"r1": "two\n", "r2": "one\n", "r3": None, "r4": "two\n"},
    {"r1": "three\n", "r2": "one\n", "r3": None, "r4": "two\n"},
]
TONIGHT: Texts = {"r1": "four\n", "r2": "one\n"}
AFTER = {"r1": "four\n", "r2": "one\n", "r3": "one\n", "r4": "two\n"}


class Damage:
    """What can happen to a repository."""

    def __init__(self, fleet: Fleet) -> None:
        self.git = fleet.path / "history.git"
        self.fleet = fleet
        self.main = self.git / "refs" / "heads" / "main"

    def objects(self, *kinds: str, commit: str = "main") -> list[pathlib.Path]:
        """The files of the objects of a commit, by kind."""
        listed = self.fleet.git("rev-list", "--objects", "--no-walk", commit).split("\n")
        names = [line.split()[0] for line in listed if line]
        return [
            self.git / "objects" / name[:2] / name[2:]
            for name in names
            if self.fleet.git("cat-file", "-t", name).strip() in kinds
        ]

    def packed(self) -> list[pathlib.Path]:
        self.fleet.git("gc", "--quiet")
        return sorted((self.git / "objects" / "pack").glob("pack-*"))

    def lose(self, *kinds: str, commit: str = "main") -> None:
        for file in self.objects(*kinds, commit=commit):
            file.unlink()

    def overwrite(self, *kinds: str, data: bytes = b"") -> None:
        for file in self.objects(*kinds):
            file.chmod(0o600)
            file.write_bytes(data)

    def lock(self, *names: str) -> None:
        for name in names:
            file = self.git / name
            file.touch()
            os.utime(file, (time.time() - 3600,) * 2)

    def truncate(self, ending: str) -> None:
        (file,) = [each for each in self.packed() if each.suffix == ending]
        file.chmod(0o600)
        file.write_bytes(file.read_bytes()[:-30])

    def remove_packs(self, *endings: str) -> None:
        for file in self.packed():
            if file.suffix in endings:
                file.unlink()

    def replace(self, path: pathlib.Path) -> None:
        """A folder in place of a file."""
        path.unlink()
        path.mkdir()
        (path / "x").write_text("x")

    def crash(self) -> None:
        """Git's own garbage."""
        (self.git / "fast_import_crash_1").write_text("x")
        (self.git / "objects" / "pack" / "tmp_pack_x").write_bytes(b"PACK")

    def remove(self, *names: str) -> None:
        for name in names:
            path = self.git / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def lose_refs(self) -> None:
        self.packed()
        self.remove("packed-refs", "rollcall.json")

    def unnoted(self, ref: bytes, notes: bytes) -> None:
        """The branch and the notes are lost at once, as in one power cut."""
        self.main.write_bytes(ref)
        (self.git / "rollcall.json").write_bytes(notes)

    def set_back(self, commit: str, *, notes: bool) -> None:
        """The branch is that of an old backup."""
        self.main.write_text(self.fleet.git("rev-parse", commit))
        if notes:
            (self.git / "rollcall.json").unlink()


Case = tuple[Callable[[Damage], object], str, int]
# What happens, what the line says, and how many of the three commits the branch still has.
CASES: dict[str, Case] = {
    "an empty ref": (lambda it: it.main.write_text(""), "written again", 3),
    "a ref of zeros": (lambda it: it.main.write_bytes(bytes(41)), "written again", 3),
    "a ref to nothing": (lambda it: it.main.write_text("1" * 40 + "\n"), "written again", 3),
    "a ref of garbage": (lambda it: it.main.write_text("what?\n"), "written again", 3),
    "a ref to a file": (lambda it: it.main.write_text(it.fleet.git("rev-parse", f"main:r1/{COMMAND}.txt")), "again", 3),
    "a ref that is gone": (lambda it: it.main.unlink(), "written again", 3),
    "a folder in place of the ref": (lambda it: it.replace(it.main), "written again", 3),
    "no refs": (lambda it: shutil.rmtree(it.git / "refs"), "written again", 3),
    "damaged packed refs": (
        lambda it: it.packed() and (it.git / "packed-refs").write_text("nothing at all\n"), "written again", 3),
    "a stale lock of the ref": (lambda it: it.lock("refs/heads/main.lock"), "removed: refs/heads/main.lock", 3),
    "a stale lock of HEAD": (lambda it: it.lock("HEAD.lock"), "1 lock of a git that was killed was removed: HEAD", 3),
    "a stale lock of the configuration": (lambda it: it.lock("config.lock"), "removed: config.lock", 3),
    "an empty ref and empty notes": (lambda it: it.unnoted(b"", b""), "its branch is now at", 3),
    "a ref and notes of zeros": (lambda it: it.unnoted(bytes(41), bytes(300)), "its branch is now at", 3),
    "a ref of text zeros and other notes": (
        lambda it: it.unnoted(b"0" * 40 + b"\n", b'{"tip": 5}'), "its branch is now at", 3),
    "no ref and no notes": (lambda it: it.remove("refs/heads/main", "rollcall.json"), "its branch is now at", 3),
    "no refs and no notes": (lambda it: it.remove("refs", "rollcall.json"), "its branch is now at", 3),
    "packs, no refs and no notes": (
        lambda it: it.lose_refs(), "its branch is now at", 3),
    "a branch set back by one": (lambda it: it.set_back("main~1", notes=False), "was set back to", 3),
    "a branch set back by two": (lambda it: it.set_back("main~2", notes=False), "was set back to", 3),
    "a branch set back, and no notes": (lambda it: it.set_back("main~2", notes=True), "was set back to", 3),
    "no notes": (lambda it: (it.git / "rollcall.json").unlink(), "", 3),
    "empty notes": (lambda it: (it.git / "rollcall.json").write_text(""), "", 3),
    "stale locks": (
        lambda it: it.lock("packed-refs.lock", "refs/heads/main.lock"), "killed were removed", 3),
    "no HEAD": (lambda it: (it.git / "HEAD").unlink(), "HEAD was written again", 3),
    "an empty HEAD": (lambda it: (it.git / "HEAD").write_text(""), "HEAD was written again", 3),
    "a HEAD of garbage": (lambda it: (it.git / "HEAD").write_bytes(bytes(20)), "HEAD was written again", 3),
    "a HEAD of no branch": (lambda it: (it.git / "HEAD").write_text("ref: refs/heads/other\n"), "HEAD led nowhere", 3),
    "a folder in place of HEAD": (lambda it: it.replace(it.git / "HEAD"), "HEAD was written again", 3),
    "no configuration": (lambda it: (it.git / "config").unlink(), "", 3),
    "a configuration of zeros": (lambda it: (it.git / "config").write_bytes(bytes(66)), "config was damaged", 3),
    "an index that is damaged": (lambda it: (it.git / "index").write_text("x"), "index was removed", 3),
    "a folder in place of the notes": (lambda it: it.replace(it.git / "rollcall.json"), "rollcall.json", 3),
    "the last texts are lost": (lambda it: it.lose("blob"), "", 0),
    "the last folders are lost": (lambda it: it.lose("tree"), "", 0),
    "the last commit is lost": (lambda it: it.lose("commit"), "its branch is now at", 2),
    "the last commit is empty": (lambda it: it.overwrite("commit"), "its branch is now at", 2),
    "objects are garbage": (lambda it: it.overwrite("commit", "tree", data=b"garbage"), "its branch is now at", 2),
    "the first commit is lost": (lambda it: it.lose("commit", commit="main~2"), "begins again", 0),
    "all objects are empty": (lambda it: it.overwrite("commit", "tree", "blob"), "", 0),
    "no objects": (lambda it: shutil.rmtree(it.git / "objects"), "begins again", 0),
    "no packs": (lambda it: it.remove_packs(".pack", ".idx"), "begins again", 0),
    "no index of a pack": (lambda it: it.remove_packs(".idx"), "written again", 3),
    "no pack of an index": (lambda it: it.remove_packs(".pack"), "begins again", 0),
    "a damaged index of a pack": (lambda it: it.truncate(".idx"), "written again", 3),
    "a damaged pack": (lambda it: it.truncate(".pack"), "", 0),
    "what a killed git left": (lambda it: it.crash(), "", 3),
}  # fmt: skip


@pytest.fixture
def fleet(tmp_path: pathlib.Path) -> Fleet:
    fleet = Fleet(tmp_path / "out")
    for texts in NIGHTS:
        fleet.run(texts)
    assert len(fleet.subjects()) == 3
    return fleet


@pytest.mark.parametrize("case", CASES)
def test_the_next_run_repairs_the_history(case: str, fleet: Fleet) -> None:
    damage, says, commits = CASES[case]
    damage(Damage(fleet))
    assert fleet.run(TONIGHT) >= 1
    if says:
        (line,) = fleet.said
        assert says in line
        assert "\n" not in line
    subjects = fleet.subjects()
    assert len(subjects) >= 1 + commits, subjects
    assert subjects[0].startswith("run 4: ")
    files = fleet.git("ls-tree", "-r", "--name-only", "main").splitlines()
    assert {file.split("/")[0]: fleet.git("show", f"main:{file}") for file in files} == AFTER
    assert fleet.git("fsck", "--strict", "--no-dangling") == ""
    assert fleet.git("symbolic-ref", "HEAD").strip() == "refs/heads/main"
    assert fleet.run({"r1": "four\n", "r2": "one\n"}) == 0
    assert fleet.said == []
    assert fleet.run({"r1": "five\n"}) == 1
    assert fleet.said == []
    fleet.git("gc", "--quiet")


def test_a_history_that_cannot_be_repaired_is_kept(fleet: Fleet) -> None:
    damage = Damage(fleet)
    lost = damage.objects("commit", commit="main~2")
    damage.lose("commit", commit="main~2")
    rest = {path.name for path in (damage.git / "objects").rglob("*") if path.is_file()}
    fleet.run(TONIGHT)
    (aside,) = fleet.path.glob("history.git.damaged-*")
    assert f"it could not be repaired and is now {aside.name}" in fleet.said[0]
    assert {path.name for path in (aside / "objects").rglob("*") if path.is_file()} >= rest
    assert lost[0].name not in rest


def test_a_branch_that_was_set_back_gets_the_last_good_answers(fleet: Fleet) -> None:
    """As after an old backup of the repository was restored without its notes."""
    fleet.git("update-ref", "refs/heads/main", "main~2")
    fleet.run(TONIGHT)
    files = fleet.git("ls-tree", "-r", "--name-only", "main").splitlines()
    assert {file.split("/")[0]: fleet.git("show", f"main:{file}") for file in files} == AFTER


def test_a_history_that_began_again_keeps_the_commits_of_the_old_one(fleet: Fleet) -> None:
    """They are on no branch, and git would remove them after two weeks."""
    old = fleet.git("rev-parse", "main").strip()
    fleet.git("update-ref", "refs/heads/main", fleet.git("commit-tree", "-m", "new", "main^{tree}").strip())
    fleet.run(TONIGHT)
    assert f"{old[:12]} and the commits before it were on no branch and are now on lost-{old[:12]}" in fleet.said[0]
    assert fleet.git("rev-parse", f"lost-{old[:12]}").strip() == old
    assert [subject[:3] for subject in fleet.subjects()] == ["run", "new"]
    fleet.run({"r1": "five\n"})
    assert fleet.said == []


def test_a_history_that_was_rewritten_is_left_as_it_is(fleet: Fleet) -> None:
    """As with git filter-repo, to remove a secret."""
    fleet.git("update-ref", "refs/heads/main", fleet.git("commit-tree", "-m", "new", "main^{tree}").strip())
    fleet.git("gc", "--quiet", "--prune=now")
    fleet.run(TONIGHT)
    assert fleet.said == []
    assert [subject[:3] for subject in fleet.subjects()] == ["run", "new"]


def test_a_branch_of_the_user_is_not_lost(fleet: Fleet) -> None:
    fleet.git("branch", "own", fleet.git("commit-tree", "-p", "main", "-m", "own", "main^{tree}").strip())
    fleet.git("gc", "--quiet")
    fleet.run(TONIGHT)
    assert (fleet.said, len(fleet.subjects())) == ([], 4)


def test_a_broken_branch_of_the_user_does_not_cost_the_history(fleet: Fleet) -> None:
    damage = Damage(fleet)
    (damage.git / "refs" / "heads" / "own").write_text("1" * 40 + "\n")
    damage.main.write_text("")
    fleet.run(TONIGHT)
    assert len(fleet.subjects()) == 4
    assert list(fleet.path.glob("*damaged*")) == []


def test_the_warnings_of_git_are_not_its_output(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "warning: {"1" * 40}" >&2\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    assert fleet.run(TONIGHT) == 1
    assert (len(fleet.subjects()), fleet.said) == (4, [])


def test_a_damaged_history_without_last_good_answers(fleet: Fleet) -> None:
    """Nothing to repair it from: the answers of this run begin a new history."""
    shutil.rmtree(fleet.path / "last_good")
    Damage(fleet).lose("blob", "tree")
    fleet.run(TONIGHT)
    assert fleet.git("show", f"main:r1/{COMMAND}.txt") == "four\n"
    assert fleet.git("fsck", "--no-dangling") == ""


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("*fast-import*", "git fast-import: fatal: on fire"),
        ("*", "git init: fatal: on fire"),
    ],
)
def test_a_git_that_fails_is_not_a_damaged_history(
    what: str, says: str, fleet: Fleet, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    Damage(fleet).packed()
    before = {path: path.read_bytes() for path in (fleet.path / "history.git" / "objects").rglob("*.*")}
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\ncase "$*" in {what}) echo "fatal: on fire" >&2; exit 128;; esac\nexec {shutil.which("git")} "$@"\n'
    )
    program.chmod(0o755)
    with monkeypatch.context() as broken:
        broken.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        with pytest.raises(HistoryError, match=says):
            fleet.run(TONIGHT)
    assert {path: path.read_bytes() for path in (fleet.path / "history.git" / "objects").rglob("*.*")} == before
    assert list(fleet.path.glob("*damaged*")) == []
    assert fleet.run({"r1": "five\n"}) == 1
    assert len(fleet.subjects()) == 4


KILLED = """
import pathlib, sys
from tests.unit.test_history import Fleet
Fleet(pathlib.Path(sys.argv[1])).run({f"k{number}": "x" * 1000 for number in range(50)})
"""


def test_a_run_that_is_killed_while_git_works_leaves_no_second_git(fleet: Fleet, tmp_path: pathlib.Path) -> None:
    """Git holds the lock of the history, so the next run waits for a git whose run was killed."""
    program, began, go = tmp_path / "bin" / "git", tmp_path / "began", tmp_path / "go"
    os.mkfifo(go)
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *fast-import*) touch {began}; read x <{go};; esac\nexec {shutil.which("git")} "$@"\n'
    )
    program.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'collections'}"}
    environment["PATH"] = f"{program.parent}:{environment['PATH']}"
    run = subprocess.Popen([sys.executable, "-c", KILLED, str(fleet.path)], cwd=ROOT, env=environment)
    wait_until(began.exists, "git works", 60)
    run.send_signal(signal.SIGKILL)
    run.wait()
    lock = fleet.path / "history.git" / "rollcall.lock"
    held = subprocess.run(["flock", "--nonblock", lock, "true"], check=False, timeout=30).returncode != 0
    go.write_text("\n")  # the orphan ends
    assert held
    assert fleet.run(TONIGHT) >= 1
    assert fleet.git("fsck", "--no-dangling") == ""


@pytest.mark.parametrize(
    "place", [f"r1/{COMMAND}.txt", "r1/state.json", "r1/.state.json.part", f"r1/.{COMMAND}.txt.part"]
)
def test_a_folder_in_place_of_a_last_good_file_is_moved_aside(place: str, fleet: Fleet) -> None:
    path = fleet.path / "last_good" / place
    path.unlink(missing_ok=True)
    path.mkdir()
    (path / "x").write_text("x")
    last_good = fleet.answer(TONIGHT)
    assert "written again" in str(last_good.problems["r1"])
    assert (path.with_name(f"{path.name}.damaged") / "x").read_text() == "x"
    assert not path.is_dir()
    assert commit(fleet.path, last_good, TONIGHT, "run") == 1
    assert (fleet.path / "last_good" / "r1" / f"{COMMAND}.txt").read_text() == "four\n"
    assert fleet.answer({"r1": "five\n"}).problems == {}


def test_a_folder_in_place_of_a_text_of_a_device_that_fails_harms_nobody(fleet: Fleet) -> None:
    path = fleet.path / "last_good" / "r1" / f"{COMMAND}.txt"
    path.unlink()
    path.mkdir()
    (fleet.path / "history.git" / "rollcall.json").unlink()
    assert fleet.run({"r1": None, "r2": "two\n"}) == 3, "without notes, all texts are committed again"
    assert fleet.git("show", f"main:r1/{COMMAND}.txt") == "three\n"


def test_a_file_in_place_of_the_folder_of_a_device(fleet: Fleet) -> None:
    folder = fleet.path / "last_good" / "r1"
    shutil.rmtree(folder)
    folder.write_text("x")
    last_good = fleet.answer(TONIGHT)
    assert "was a file; it is now r1.damaged" in str(last_good.problems["r1"])
    assert commit(fleet.path, last_good, TONIGHT, "run") == 1
