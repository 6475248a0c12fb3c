# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder that somebody else prepared: no link in it is followed, no file of others is written, nothing is run."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._git import HistoryError
from ansible_collections.rollcall.network.plugins.module_utils._history import commit
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._lock import locked
from ansible_collections.rollcall.network.plugins.module_utils._roll import write_answer
from ansible_collections.rollcall.network.plugins.module_utils._run import RunError, RunFolder, read_answer
from ansible_collections.rollcall.network.plugins.module_utils._runs import newest_first, run_to_resume
from ansible_collections.rollcall.network.plugins.module_utils._trusted import Untrusted, make_top
from ansible_collections.rollcall.network.plugins.plugin_utils._report import Files

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of other users")
with_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed (apt-get install git)")
STRANGER, COLLEAGUE = 31337, 31338


def answer(text: str = "a text\n") -> dict[str, Any]:
    return {
        "status": "ok",
        "platform": "cisco_iosxe",
        "finished_at": "2026-03-01T02:00:00.000Z",
        "error": None,
        "seconds": {},
        "value": None,
        "output": {"show it": {"text": text, "status": "ok"}},
    }


def run(top: pathlib.Path, *, history: bool = False, resume: bool = False) -> pathlib.Path:
    """A whole run of one device over a folder, as the action does it."""
    with locked(str(top)) as real:
        folder = RunFolder(str(real), resume=run_to_resume(str(real), ["r1"]) if resume else None)
        try:
            folder.begin({"hosts": ["r1"], "started_at": "2026-03-01T02:00:00.000Z"})
            last_good = LastGood(real, Changes())
            _answer, unwritten = write_answer(folder, "r1", answer(), last_good)
            assert unwritten is None, unwritten
            assert not last_good.problems, last_good.problems
            if history:
                commit(real, last_good, ["r1"], "a run")
            folder.finish({"summary": {}, "devices": {"r1": "ok"}})
        finally:
            folder.close()
    return folder.path


@pytest.fixture
def elsewhere(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """A folder with a file that must stay as they are."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "victim").write_text("do not touch")
    yield folder
    assert [path.name for path in folder.iterdir()] == ["victim"]
    assert (folder / "victim").read_text() == "do not touch"


@pytest.fixture
def top(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("how", ["symlink", "hard link"])
def test_a_planted_lock_truncates_nothing(how: str, top: pathlib.Path, elsewhere: pathlib.Path) -> None:
    (os.symlink if how == "symlink" else os.link)(elsewhere / "victim", top / ".lock")
    with pytest.raises(RunError, match=r"\.lock (is a link|has another hard link): remove it"):
        run(top)


@pytest.mark.timeout(20)
def test_a_planted_pipe_holds_nobody(top: pathlib.Path) -> None:
    os.mkfifo(top / ".lock")
    with pytest.raises(RunError, match=r"\.lock is not a file: remove it"):
        run(top)


@pytest.mark.parametrize("name", ["runs", "latest", "last_good", "history.git", "reports", "devices"])
def test_a_planted_link_in_the_folder_is_refused(name: str, top: pathlib.Path, elsewhere: pathlib.Path) -> None:
    (top / name).symlink_to(elsewhere)
    with pytest.raises(RunError, match=rf"{name} (is a link: remove it|points to .*: remove it)"):
        run(top, history=True)


@pytest.mark.parametrize("name", ["reports", "devices/r1"])
def test_a_planted_link_in_a_run_is_refused(name: str, top: pathlib.Path, elsewhere: pathlib.Path) -> None:
    old = RunFolder(str(top))
    old.begin({"hosts": ["r1"], "started_at": "2026-03-01T02:00:00.000Z"})
    old.close()
    (old.path / name).symlink_to(elsewhere)
    with pytest.raises((RunError, AssertionError), match=f"{name} is a link: remove it"):
        run(top, resume=True)


@pytest.mark.parametrize("name", ["devices", "events.jsonl", "."])
def test_a_run_with_planted_links_is_none(name: str, top: pathlib.Path, elsewhere: pathlib.Path) -> None:
    old = RunFolder(str(top))
    old.begin({"hosts": ["r1"], "started_at": "2026-03-01T02:00:00.000Z"})
    old.close()
    place = old.path / name
    place.rename(top / "moved")
    place.symlink_to(top / "moved")
    assert newest_first(str(top)) == []
    assert run(top, resume=True) != old.path


@pytest.mark.parametrize("name", ["last_good/r1", "last_good/r1/state.json", "last_good/r1/.state.json.part"])
def test_a_planted_link_in_last_good_changes_nothing(name: str, top: pathlib.Path, elsewhere: pathlib.Path) -> None:
    target = elsewhere / "victim" if name.endswith(("json", "part")) else elsewhere
    (top / name).parent.mkdir(parents=True)
    (top / name).symlink_to(target)
    if name == "last_good/r1":
        with pytest.raises(AssertionError, match="is a link: remove it"):
            run(top)
    elif name.endswith("state.json"):
        with pytest.raises(AssertionError, match=r"state\.json is a link"):
            run(top)
    else:  # one that a killed run left behind is replaced
        run(top)


@pytest.mark.parametrize("file", ["../../../../elsewhere/victim", "/etc/hostname", "..", ""])
def test_an_answer_shows_no_file_outside_of_it(file: str, top: pathlib.Path, elsewhere: pathlib.Path) -> None:
    path = run(top)
    result = path / "devices" / "r1" / "result.json"
    stored = json.loads(result.read_text())
    stored["output"]["show it"]["file"] = file
    result.write_text(json.dumps(stored))
    with pytest.raises(RunError, match="is not a file name"):
        read_answer(path, "r1")


@pytest.mark.parametrize("name", ["result.json", "show it.txt"])
def test_an_answer_that_is_a_link_is_not_read(name: str, top: pathlib.Path, elsewhere: pathlib.Path) -> None:
    path = run(top)
    (path / "devices" / "r1" / name).unlink()
    (path / "devices" / "r1" / name).symlink_to(elsewhere / "victim")
    with pytest.raises(RunError, match="is a link"):
        read_answer(path, "r1")


@as_root
@pytest.mark.parametrize("name", [".", ".lock", "runs", "last_good", "history.git", "reports"])
def test_what_belongs_to_somebody_else_is_refused(name: str, top: pathlib.Path) -> None:
    run(top)
    (top / "reports").mkdir(exist_ok=True)
    (top / "history.git").mkdir(exist_ok=True)
    os.chown(top / name, STRANGER, STRANGER)
    with pytest.raises(RunError, match=rf"belongs to uid {STRANGER}.*use another folder"):
        run(top, history=True)


@as_root
def test_a_link_of_somebody_else_on_the_way_is_refused(top: pathlib.Path, elsewhere: pathlib.Path) -> None:
    (top / "way").symlink_to(elsewhere)
    os.chown(top / "way", STRANGER, STRANGER, follow_symlinks=False)
    with pytest.raises(RunError, match=rf"way is a link created by uid {STRANGER}"):
        run(top / "way" / "deeper")


@pytest.mark.parametrize("name", [".", "runs", "last_good"])
def test_what_everybody_may_write_to_is_refused(name: str, top: pathlib.Path) -> None:
    run(top)
    (top / name).chmod(0o1777)
    with pytest.raises(RunError, match=r"all users can write to .*: chmod o-w "):
        run(top)


@pytest.mark.parametrize("place", ["link", "parent/out", "out/../link", "absolute", "missing/deep/er"])
def test_links_of_the_users_own_path_are_followed(place: str, top: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "link").symlink_to("out")
    (tmp_path / "parent").symlink_to(tmp_path)
    (tmp_path / "absolute").symlink_to(tmp_path / "parent" / "link")
    path = run(tmp_path / place, history=shutil.which("git") is not None)
    assert read_answer(path, "r1")["output"]["show it"]["text"] == "a text\n"
    assert "missing" in place or path.parent.parent == top


def test_a_umask_of_zero_makes_no_folder_for_everybody(tmp_path: pathlib.Path) -> None:
    before = os.umask(0)
    try:
        for _time in range(2):
            run(tmp_path / "new" / "out", history=shutil.which("git") is not None)
    finally:
        os.umask(before)
    assert not [path for path in (tmp_path / "new").rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o002]


def in_a_process_of(user: int, group: int, act: Callable[[], object]) -> str:
    """What went wrong when another user did it; nothing if it is empty."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = ""
        try:
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)
            os.umask(0o022)
            act()
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with open(reading, encoding="utf-8") as pipe:
        return pipe.read()


@as_root
@with_git
@pytest.mark.parametrize("mode", [0o2775, 0o2770])
def test_a_folder_that_a_group_shares_works_for_all_of_it(mode: int) -> None:
    """As on AWX: each job has another uid, the group is 0, and the folder is setgid."""
    with tempfile.TemporaryDirectory(prefix="rollcall-shared-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        top = folder / "out"
        top.mkdir()
        os.chown(top, STRANGER, 0)
        top.chmod(mode)
        for user in (STRANGER, COLLEAGUE, STRANGER, 0):
            assert in_a_process_of(user, 0, lambda: run(top, history=True)) == ""
        assert len(newest_first(str(top))) == 4
        for path in top.rglob("*"):
            if not path.is_symlink():
                assert not path.stat().st_mode & stat.S_IRWXO or "history.git" in str(path) or path.is_dir(), path
        outside = in_a_process_of(COLLEAGUE + 1, COLLEAGUE + 1, lambda: run(top))
        assert outside.startswith("RunError")


@as_root
def test_answers_in_a_folder_of_ones_own_are_private(top: pathlib.Path) -> None:
    path = run(top)
    files = [each for each in (*path.rglob("*"), *(top / "last_good").rglob("*")) if each.is_file()]
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}


HOOKS = ["reference-transaction", "pre-auto-gc", "post-update", "post-commit"]
SETTINGS = [
    "[core]\n\tfsmonitor = {program}\n",
    "[core]\n\tsshCommand = {program}\n",
    "[core]\n\thooksPath = {folder}\n",
    "[core]\n\talternateRefsCommand = {program}\n",
    "[gc]\n\trecentObjectsHook = {program}\n",
    '[filter "x"]\n\tclean = {program}\n',
    "[include]\n\tpath = {folder}/config\n",
    '[includeIf "gitdir:/"]\n\tpath = {folder}/config\n',
    "[extensions]\n\tworktreeConfig = true\n",
    "[core] fsmonitor = {program}\n",
    "[core]\n\tbare = true\\\n\tx\n",
    '[remote "o"]\n\tuploadpack = {program}\n',
    "[alias]\n\tinit = !{program}\n",
]


@pytest.fixture
def program(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """A program that must not be run."""
    ran = tmp_path / "ran"
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\ntouch {ran}\n")
    path.chmod(0o755)
    yield path
    assert not ran.exists(), "what was planted ran"


@with_git
def test_no_planted_hook_runs(top: pathlib.Path, program: pathlib.Path) -> None:
    run(top, history=True)
    hooks = top / "history.git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in HOOKS:
        shutil.copy(program, hooks / name)
    (top / "history.git" / "rollcall.json").unlink()  # so that there is something to commit
    run(top, history=True)


@with_git
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_planted_setting_of_git_is_refused(setting: str, top: pathlib.Path, program: pathlib.Path) -> None:
    run(top, history=True)
    with (top / "history.git" / "config").open("a") as config:
        config.write(setting.format(program=program, folder=program.parent))
    with pytest.raises(HistoryError, match=r"config sets .*, which does not belong in a history: remove it"):
        run(top, history=True)


@with_git
def test_a_remote_of_the_users_own_is_fine(top: pathlib.Path) -> None:
    run(top, history=True)
    os.system(f"git --git-dir={top}/history.git remote add --mirror=push origin https://example.net/history.git")
    run(top, history=True)


@with_git
@pytest.mark.parametrize("name", ["objects", "refs/heads/main", "refs", "config", "rollcall.json", "info"])
def test_a_planted_link_in_the_history_is_refused(name: str, top: pathlib.Path, tmp_path: pathlib.Path) -> None:
    run(top, history=True)
    place = top / "history.git" / name
    if place.exists():
        place.rename(tmp_path / "moved")
    place.symlink_to(tmp_path / "moved")
    with pytest.raises(HistoryError, match="is a link: remove it"):
        run(top, history=True)


@as_root
@with_git
@pytest.mark.parametrize("name", ["config", "hooks/post-update", "objects/planted"])
def test_a_file_of_somebody_else_in_the_history_is_refused(name: str, top: pathlib.Path) -> None:
    run(top, history=True)
    file = top / "history.git" / name
    file.parent.mkdir(exist_ok=True)
    file.touch()
    os.chown(file, STRANGER, STRANGER)
    with pytest.raises(HistoryError, match=f"belongs to uid {STRANGER}"):
        run(top, history=True)


def put(path: pathlib.Path, text: str) -> dict[str, Any]:
    files = Files(check_mode=False, diff=True)
    files.put("r1", path, lambda: text)
    return files.as_result()


def test_a_report_replaces_a_planted_link_and_reads_nothing_through_it(
    tmp_path: pathlib.Path, elsewhere: pathlib.Path
) -> None:
    page = tmp_path / "page.md"
    page.symlink_to(elsewhere / "victim")
    assert "do not touch" not in json.dumps(put(page, "new"))
    assert not page.is_symlink()
    assert page.read_text() == "new"


@pytest.mark.parametrize("name", ["reports", "devices"])
def test_a_planted_folder_of_reports_is_refused(name: str, top: pathlib.Path, elsewhere: pathlib.Path) -> None:
    path = run(top)
    folder = path / "reports"
    if name == "devices":
        folder.mkdir()
        (folder / "devices").symlink_to(elsewhere)
        folder = folder / "devices"
    else:
        folder.symlink_to(elsewhere)
    assert "is a link: remove it" in put(folder / "page.md", "new")["msg"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can create folders of others")
@pytest.mark.parametrize(
    ("owner", "mode", "refused"),
    [
        (65534, 0o755, "belongs to"),
        (0, 0o777, "other users can write to"),
        (0, 0o1777, None),
        (0, 0o2775, None),
        (65534, 0o2775, None),
    ],
)
def test_each_parent_of_the_folder_is_checked(
    owner: int, mode: int, refused: str | None, tmp_path: pathlib.Path
) -> None:
    parent = tmp_path / "parent"
    (parent / "between").mkdir(parents=True)
    os.chown(parent, owner, 0)
    parent.chmod(mode)
    if refused:
        with pytest.raises(Untrusted, match=refused):
            make_top(parent / "between" / "out")
    else:
        make_top(parent / "between" / "out")


def test_a_folder_that_another_run_makes_meanwhile_is_used(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pollers on one machine make the folder above theirs at the same time."""
    there = os.path.lexists

    def made_meanwhile(path: pathlib.Path) -> bool:
        if path.is_relative_to(tmp_path / "new") and not there(path):
            path.mkdir()
            return False
        return there(path)

    monkeypatch.setattr(os.path, "lexists", made_meanwhile)
    assert make_top(tmp_path / "new" / "pollers" / "p1").is_dir()
