# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run folder: whole answers or none, private, and nothing lost when it cannot be written."""

from __future__ import annotations

import json
import os
import pathlib
import stat
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils import _roll
from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._result import Error, Output
from ansible_collections.rollcall.network.plugins.module_utils._roll import Keep, Limits, call_roll
from ansible_collections.rollcall.network.plugins.module_utils._run import (
    RunError,
    RunFolder,
    file_name,
    read_answer,
    run_names,
)

TEXT = "line\nbytes \udcff\udcfe that are no UTF-8, {{ no_template }}\n"


def devices(*names: str) -> dict[str, Device | Error]:
    return {name: Device(name=name, host="192.0.2.1", platform="frr", commands=(Command("show it"),)) for name in names}


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every device answers at once, without a network: only what is kept is of interest here."""

    def ask(_device: Device, _call: object) -> dict[str, Output]:
        return {"show it": Output(text=TEXT, rows=[{"a": 1}], rows_status="ok")}

    monkeypatch.setitem(_roll.DRIVERS, "cli", ask)


def last_good(folder: pathlib.Path) -> LastGood:
    return LastGood(folder, Changes())


def answer(text: str = TEXT) -> dict[str, Any]:
    return {"status": "ok", "output": {"show it": {"text": text, "rows": [1]}}, "value": None}


@pytest.mark.parametrize(
    "name",
    [
        "edge-1",
        "..",
        ".",
        ".hidden",
        "../../etc/passwd",
        "a/b",
        "a\\b",
        "ä ö",
        "x" * 300,
        "ä" * 200,
        "a%2Fb",
        "\udcff",
        "",
    ],
)
def test_any_name_is_a_file_below_the_folder(name: str, tmp_path: pathlib.Path) -> None:
    made = file_name(name)
    assert "/" not in made
    assert made not in {".", ".."}
    assert made
    assert not made.startswith(".")
    assert len(made.encode()) <= 240
    (tmp_path / made).write_text("fits")


def test_different_names_are_different_files() -> None:
    names = ["a/b", "a%2Fb", "a b", "a%20b", "x" * 300, "x" * 301, "x" * 299 + "y", ".a", "%2Ea"]
    assert len({file_name(name) for name in names}) == len(names)


@pytest.mark.usefixtures("answered")
@pytest.mark.parametrize("let_go", [False, True], ids=["returned too", "slim"])
def test_answers_are_on_disk_as_they_were_said(let_go: bool, tmp_path: pathlib.Path) -> None:
    folder = RunFolder(str(tmp_path / "out"), job="77")
    assert folder.path.name.endswith("-77")
    asked = {**devices("r2", "r1"), "nobody": Error("resolve", "unknown_host", "'nobody' is not in the inventory")}
    answers = call_roll(asked, Limits(), keep=Keep(folder, let_go=let_go, last_good=last_good(tmp_path)))
    folder.finish({"devices": dict.fromkeys(answers, "ok")})
    assert run_names(str(folder.path)) == ["r2", "r1", "nobody"]
    kept = read_answer(str(folder.path), "r1")
    assert kept["output"]["show it"]["text"] == TEXT
    assert kept["output"]["show it"]["rows"] == [{"a": 1}]
    assert (folder.path / "devices" / "r1" / "show it.txt").read_bytes() == TEXT.encode("utf-8", "surrogateescape")
    assert read_answer(str(folder.path), "nobody")["error"]["kind"] == "unknown_host"
    assert ("text" in answers["r1"]["output"]["show it"]) is not let_go
    assert answers["r1"]["output"]["show it"]["rows_status"] == "ok"
    assert (tmp_path / "out" / "latest").resolve() == folder.path.resolve()
    for path in (folder.path / "devices").rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_an_answer_is_whole_or_not_there(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder(str(tmp_path))
    folder.write("r1", answer())
    synced = []

    def full(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 2:  # the text is there, the result is not
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        folder.write("r2", answer())
    assert [path.name for path in (folder.path / "devices").iterdir()] == ["r1"]
    assert run_names(str(folder.path)) == ["r1"], "a run without a manifest is read all the same"


@pytest.mark.usefixtures("answered")
def test_what_cannot_be_written_is_returned(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder(str(tmp_path))
    write = RunFolder.write

    def sometimes(self: RunFolder, name: str, given: Any) -> None:
        if name == "r2":
            raise OSError(28, "No space left on device")
        write(self, name, given)

    monkeypatch.setattr(RunFolder, "write", sometimes)
    keep = Keep(folder, let_go=True, last_good=last_good(tmp_path))
    answers = call_roll(devices("r1", "r2"), Limits(), keep=keep)
    assert keep.errors == {"r2": "No space left on device"}
    assert answers["r2"]["output"]["show it"]["text"] == TEXT
    assert "text" not in answers["r1"]["output"]["show it"]


def test_runs_of_the_same_second_do_not_share_a_folder(tmp_path: pathlib.Path) -> None:
    folders = [RunFolder(str(tmp_path)).path for _run in range(5)]
    assert len(set(folders)) == 5


def test_a_folder_that_cannot_be_made(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"output_dir .*file/out cannot be written to: Not a directory"):
        RunFolder(str(tmp_path / "file" / "out"))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "result.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "result.json").write_text("[]"), "cannot be read"),
        (lambda folder: (folder / "show it.txt").unlink(), "cannot be read"),
    ],
    ids=["cut", "no answer", "text gone"],
)
def test_a_damaged_answer_says_so(damage: Any, words: str, tmp_path: pathlib.Path) -> None:
    folder = RunFolder(str(tmp_path))
    folder.write("r1", answer())
    damage(folder.path / "devices" / "r1")
    with pytest.raises(RunError, match=words):
        read_answer(str(folder.path), "r1")
    assert run_names(str(folder.path)) == ["r1"], "it keeps its place"


def test_what_is_no_run(tmp_path: pathlib.Path) -> None:
    with pytest.raises(RunError, match="is no run folder"):
        run_names(str(tmp_path))
    folder = RunFolder(str(tmp_path))
    (folder.path / "manifest.json").write_text(json.dumps([]))
    with pytest.raises(RunError, match=r"manifest.json cannot be read"):
        run_names(str(folder.path))
