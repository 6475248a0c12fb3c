# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run folder: whole answers or none, private, and nothing lost when it cannot be written."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import stat
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._device import Command, Device, Reply
from ansible_collections.rollcall.network.plugins.module_utils._fleet import open_state
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._question import question_of
from ansible_collections.rollcall.network.plugins.module_utils._result import Error, Output, Outputs, Result
from ansible_collections.rollcall.network.plugins.module_utils._roll import Keep, Limits, call_roll
from ansible_collections.rollcall.network.plugins.module_utils._run import (
    NoAnswer,
    RunError,
    RunFolder,
    file_name,
    read_answer,
    read_manifest,
    run_names,
    without,
)
from ansible_collections.rollcall.network.plugins.module_utils._spec import check_arguments
from ansible_collections.rollcall.network.plugins.plugin_utils._collect import (
    answers_there,
    call_here,
    call_there,
    changed_questions,
    take_over,
)
from ansible_collections.rollcall.network.plugins.plugin_utils._outcome import result_of
from ansible_collections.rollcall.network.plugins.plugin_utils._verdict import Allowed
from tests.unit.answering import let_answer

TEXT = "line\nbytes \udcff\udcfe that are no UTF-8, {{ no_template }}\n"


def devices(*names: str) -> dict[str, Device | Error]:
    return {name: Device(name=name, host="192.0.2.1", platform="frr", commands=(Command("show it"),)) for name in names}


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every device answers at once, without a network: only what is kept is of interest here."""

    def ask(_device: Device, _call: object) -> dict[str, Output]:
        return {"show it": Output(text=TEXT, rows=[{"a": 1}], rows_status="ok")}

    let_answer(monkeypatch, ask)


def questions(*names: str) -> dict[str, str]:
    return {name: question_of(each) for name, each in devices(*names).items() if isinstance(each, Device)}


def last_good(folder: pathlib.Path) -> LastGood:
    return LastGood(folder, Changes())


def answer(text: str = TEXT) -> dict[str, Any]:
    return {
        "status": "ok",
        "output": {"show it": {"status": "ok", "text": text, "rows": [1], "since": None, "diff": ""}},
        "value": None,
    }


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


def test_names_that_differ_in_case_where_the_file_system_ignores_it(tmp_path: pathlib.Path) -> None:
    """Answers, commands and last good answers: none takes the place of another."""
    top = tmp_path / "out"
    (top / "runs").mkdir(parents=True)
    (top / "RUNS").symlink_to("runs")  # what such a file system looks like from outside
    folder, last = RunFolder(str(top)), LastGood(top, Changes())
    names = ["SW-1", "sw-1", "Sw-1", "b2"]
    for name in names:
        outputs = {each: answer(f"{name} {each}")["output"]["show it"] for each in ("show it", "Show it")}
        outputs = {each: {**output, "status": "ok"} for each, output in outputs.items()}
        told = last.compared(name, {**answer(), "output": outputs, "platform": None, "finished_at": None})
        folder.write(name, told)
        last.keep(name, told, folder.folder_of(name))
    for path in (folder.path / "devices", top / "last_good", folder.folder_of("SW-1")):
        files = [each.name for each in path.iterdir()]
        assert len({each.casefold() for each in files}) == len(files) >= 3
    assert folder.folder_of("sw-1").name == "sw-1"
    assert sorted(run_names(folder.path)) == sorted(names)
    moved = folder.path.rename(tmp_path / "moved")  # to one that does not: the same names are found
    for name in names:
        output = read_answer(moved, name)["output"]
        assert {command: each["text"] for command, each in output.items()} == {
            "show it": f"{name} show it",
            "Show it": f"{name} Show it",
        }
        assert {command for command, _since, _text in last.texts(name)} == {"show it", "Show it"}


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

    def sometimes(self: RunFolder, name: str, given: Any, *more: Any) -> None:
        if name == "r2":
            raise OSError(28, "No space left on device")
        write(self, name, given, *more)

    monkeypatch.setattr(RunFolder, "write", sometimes)
    keep = Keep(folder, let_go=True, last_good=last_good(tmp_path))
    answers = call_roll(devices("r1", "r2"), Limits(), keep=keep)
    assert keep.errors == {"r2": "No space left on device"}
    assert answers["r2"]["output"]["show it"]["text"] == TEXT
    assert "text" not in answers["r1"]["output"]["show it"]


def test_an_answer_that_could_not_be_queued_is_not_waited_for(tmp_path: pathlib.Path) -> None:
    """As when there is no memory for it: the run must not wait for ever."""
    keep = Keep(RunFolder(str(tmp_path)), let_go=False)
    keep.wait_for("r1")
    keep.close()
    assert "r1" in keep.errors


def test_written_answers_share_what_is_the_same_for_many_devices(tmp_path: pathlib.Path) -> None:
    asked = devices("r1", "r2")
    results = [Result("ok", Outputs({"show it": Output(text=TEXT)}, {"cipher": "aes"})) for _name in asked]
    keep = Keep(RunFolder(str(tmp_path)), let_go=True)
    for (name, device), result in zip(asked.items(), results, strict=True):
        keep.put(name, device, result)
    keep.close()
    first, second = (result.value for result in results)
    assert first.connection is second.connection
    assert first["show it"] is second["show it"]
    assert first["show it"].text == ""


def test_runs_of_the_same_second_do_not_share_a_folder(tmp_path: pathlib.Path) -> None:
    folders = [RunFolder(str(tmp_path)).path for _run in range(5)]
    assert len(set(folders)) == 5


def test_a_folder_that_cannot_be_made(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"output_dir .*file/out cannot be written to: Not a directory"):
        RunFolder(str(tmp_path / "file" / "out"))


def _set(file: pathlib.Path, key: str, value: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), key: value}))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "result.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "result.json").write_text("[]"), "cannot be read"),
        (lambda folder: (folder / "show it.txt").unlink(), "cannot be read"),
        (lambda folder: _set(folder / "result.json", "seconds", {"connect": None}), "cannot be read: seconds are"),
    ],
    ids=["cut", "no answer", "text gone", "another type"],
)
def test_a_damaged_answer_says_so(damage: Any, words: str, tmp_path: pathlib.Path) -> None:
    folder = RunFolder(str(tmp_path))
    folder.write("r1", answer())
    damage(folder.path / "devices" / "r1")
    with pytest.raises(RunError, match=words):
        read_answer(str(folder.path), "r1")
    assert run_names(str(folder.path)) == ["r1"], "it keeps its place"


def test_what_is_no_run(tmp_path: pathlib.Path) -> None:
    with pytest.raises(RunError, match="is not a run folder"):
        run_names(str(tmp_path))
    folder = RunFolder(str(tmp_path))
    (folder.path / "manifest.json").write_text(json.dumps([]))
    with pytest.raises(RunError, match=r"manifest.json cannot be read"):
        run_names(str(folder.path))


# -- going on where it was killed --------------------------------------------------------------------------------------


def test_a_run_says_what_it_is_from_the_start(tmp_path: pathlib.Path) -> None:
    folder = RunFolder(str(tmp_path))
    assert read_manifest(folder.path) == {}
    folder.begin({"started_at": "1", "hosts": ["r2", "r1"]})
    assert read_manifest(folder.path) == {"version": 1, "status": "running", "started_at": "1", "hosts": ["r2", "r1"]}
    folder.write("r1", answer())
    assert run_names(folder.path) == ["r2", "r1"], "those without an answer too"
    with pytest.raises(NoAnswer, match="ended before it had an answer"):
        read_answer(folder.path, "r2")
    assert not (tmp_path / "latest").exists(), "it has not ended"
    folder.finish({"devices": {"r1": "ok"}, "verdict": {"passed": True}})
    manifest = read_manifest(folder.path)
    assert (manifest["status"], manifest["hosts"], manifest["devices"]) == ("finished", ["r2", "r1"], {"r1": "ok"})
    assert [json.loads(line)["event"] for line in events(folder)] == ["finished", "ended"]


def events(folder: RunFolder) -> list[str]:
    return (folder.path / "events.jsonl").read_text().splitlines()


def killed(folder: RunFolder) -> None:
    """What the kernel does for a process that is killed."""
    folder.close()


def test_going_on(tmp_path: pathlib.Path) -> None:
    folder = RunFolder(str(tmp_path))
    folder.begin({"started_at": "1", "hosts": ["r1", "r2"]})
    folder.write("r1", answer())
    half = folder.path / "devices" / ".r2.part"
    half.mkdir()
    (half / "show it.txt").write_text("ha")
    (folder.path / "manifest.json.part").write_text("{")
    with open(folder.path / "events.jsonl", "a") as file:
        file.write('{"torn')
    killed(folder)
    again = RunFolder(str(tmp_path), resume=folder.path)
    again.begin({"started_at": "2", "hosts": ["r2", "r1", "r3"]})
    assert again.path == folder.path
    assert os.listdir(again.path / "devices") == ["r1"], "what was half written is gone"
    manifest = read_manifest(again.path)
    assert (manifest["started_at"], manifest["resumed_at"], manifest["hosts"]) == ("1", "2", ["r2", "r1", "r3"])
    again.write("r2", answer())
    assert events(again)[1] == '{"torn'
    assert json.loads(events(again)[2])["name"] == "r2", "a torn line spoils no other"
    assert read_answer(again.path, "r2")["status"] == "ok"


@pytest.mark.usefixtures("answered")
@pytest.mark.parametrize("let_go", [False, True], ids=["whole", "slim"])
def test_what_is_there_is_not_asked(let_go: bool, tmp_path: pathlib.Path) -> None:
    """Nor is what failed; what is damaged, missing or was never asked is."""
    names = ["whole", "failed", "skipped", "damaged", "other", "textless", "missing"]
    told = devices(*names)
    undisturbed = call_roll(told, Limits(), keep=Keep(RunFolder(str(tmp_path / "a")), let_go=let_go))
    folder = RunFolder(str(tmp_path / "b"))
    folder.questions = questions(*names)
    call_roll({name: told[name] for name in names[:-1]}, Limits(), keep=Keep(folder, let_go=False))
    at = {name: folder.path / "devices" / name for name in names}
    for status in ("failed", "skipped"):
        text = (at[status] / "result.json").read_text().replace('"status": "ok"', f'"status": "{status}"', 1)
        (at[status] / "result.json").write_text(text)
    (at["damaged"] / "result.json").write_text("{")
    (at["other"] / "result.json").write_text((at["whole"] / "result.json").read_text())
    (at["textless"] / "show it.txt").unlink()
    there = answers_there(folder, {"return_output": not let_go})
    assert list(there) == ["whole", "failed"]
    timeless = ("seconds", "started_at", "finished_at", "attempts")
    assert without(there["whole"], *timeless) == without(undisturbed["whole"], *timeless)
    assert there["failed"]["status"] == "failed"
    arguments = check_arguments({"hosts": names, "output_dir": str(tmp_path / "b"), "return_output": not let_go})
    before = len(events(folder))
    result = call_here(told, arguments, lambda _event: None, folder, Allowed(), print)
    asked = [json.loads(line)["name"] for line in events(folder)[before:] if '"finished"' in line]
    assert sorted(asked) == sorted(set(names) - set(there))
    assert list(result["devices"]) == names
    assert result["failed_hosts"] == ["failed"]
    assert all(read_answer(folder.path, name)["output"]["show it"]["text"] == TEXT for name in names)
    assert not list((folder.path / "devices").glob(".*"))


@pytest.mark.parametrize("returned", [True, False], ids=["returned too", "slim"])
def test_another_machine_is_asked_for_the_rest_only(returned: bool, tmp_path: pathlib.Path) -> None:
    names = ["r3", "r1", "r2"]
    folder = RunFolder(str(tmp_path))
    arguments = check_arguments({"hosts": names, "output_dir": str(tmp_path), "return_output": returned})
    asked: list[list[str]] = []

    def ask(rest: Any, take: Any, _problems: Any) -> None:
        asked.append(list(rest))
        for name in rest:
            take(name, answer())

    folder.questions = questions(*names)
    folder.write("r1", answer())
    for _time in range(2):
        result = call_there(devices(*names), arguments, ask, folder, Allowed(), print)
        assert list(result["devices"]) == names
        assert all(("text" in each["output"]["show it"]) is returned for each in result["devices"].values())
    assert asked == [["r3", "r2"]], "and nobody, when all have answered"
    assert [json.loads(line)["event"] for line in events(folder)].count("finished") == 3


@pytest.mark.timeout(60)
def test_a_pattern_that_takes_for_ever_does_not_stop_the_answers_of_a_poller(tmp_path: pathlib.Path) -> None:
    names = ["r1", "r2"]
    options = {"hosts": names, "output_dir": str(tmp_path), "ignore_changes": {"all": ["^(a+)+$"]}}
    arguments = check_arguments(options)

    def ask_for(end: str) -> Any:
        def ask(rest: Any, take: Any, _problems: Any) -> None:
            for name in rest:
                given = {**answer("a" * 60 + end), "platform": None, "finished_at": "2026-01-01T00:00:00.000Z"}
                given["output"]["show it"]["status"] = "ok"
                take(name, given)

        return ask

    for end in ("b\n", "c\n"):
        with contextlib.closing(RunFolder(str(tmp_path))) as folder:
            folder.questions = questions(*names)
            result = call_there(devices(*names), arguments, ask_for(end), folder, Allowed(), print)
            assert list(result["devices"]) == names
            assert read_answer(folder.path, "r2")["output"]["show it"]["text"].endswith(end)
    assert "could not be compared" in result["warnings"][0]


@pytest.mark.parametrize("linkable", [True, False], ids=["links", "copies"])
def test_taking_over(linkable: bool, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = RunFolder(str(tmp_path)), RunFolder(str(tmp_path))
    old.questions = new.questions = questions("nobody", "full", "failed", "damaged")
    old.write("full", answer())
    old.write("failed", {**answer(), "status": "partial"})
    old.write("damaged", answer())
    (old.path / "devices" / "damaged" / "show it.txt").unlink()
    if not linkable:

        def none(*_paths: Any, **_how: Any) -> None:
            raise OSError(18, "Invalid cross-device link")

        monkeypatch.setattr(os, "link", none)
    old.close()
    entries = open_state(tmp_path)[1]
    assert take_over(new, entries) == ({f"runs/{old.path.name}": 1}, 0)
    assert os.listdir(new.path / "devices") == ["full"]
    assert read_answer(new.path, "full") == read_answer(old.path, "full")
    texts = [folder.path / "devices" / "full" / "show it.txt" for folder in (old, new)]
    assert texts[0].samefile(texts[1]) is linkable
    assert stat.S_IMODE(texts[1].stat().st_mode) == 0o600


def test_events_that_cannot_be_written_cost_no_answer(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder(str(tmp_path))

    def full(*_arguments: Any) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        folder.note("warning", message="x")
    folder.write("r1", answer())
    assert folder.unwritten_event == "No space left on device"
    arguments = check_arguments({"hosts": ["r1"], "output_dir": str(tmp_path)})
    result = result_of({"r1": answer()}, arguments, folder, {}, Allowed())
    assert result["failed"] is True
    assert "events.jsonl could not be written: No space left on device" in result["msg"]
    assert read_manifest(folder.path)["verdict"]["passed"] is False


@pytest.mark.usefixtures("answered")
def test_interrupted_in_the_middle_all_that_answered_is_written(tmp_path: pathlib.Path) -> None:
    folder = RunFolder(str(tmp_path))
    seen = []

    def interrupt(event: Any) -> None:
        if event.kind == "finished":
            seen.append(event.name)
            if len(seen) == 20:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call_roll(devices(*(f"r{number}" for number in range(50))), Limits(), interrupt, Keep(folder, let_go=True))
    assert sorted(os.listdir(folder.path / "devices")) == sorted(seen)


ASKED = Device(name="r1", host="192.0.2.1", platform="frr", commands=(Command("show it", "auto"),), password="secret")
CALLED = Device(name="r1", driver="python", function="json.dumps", function_args={"indent": 1, "a": None})


@pytest.mark.parametrize(
    ("before", "changes", "same"),
    [
        (ASKED, {"password": "other", "user": "other", "connect_timeout": 1.0, "become": True}, True),
        (ASKED, {"host": "192.0.2.2"}, False),
        (ASKED, {"port": 23}, False),
        (ASKED, {"platform": "ios"}, False),
        (ASKED, {"commands": (Command("show it"),)}, False),
        (ASKED, {"commands": (Command("show it", "json"),)}, False),
        (ASKED, {"commands": (Command("show it", "auto", (Reply("sure?", "y"),)),)}, False),
        (ASKED, {"commands": (Command("show other", "auto"),)}, False),
        (ASKED, {"commands": (Command("show it", "auto"), Command("show more"))}, False),
        (ASKED, {"driver": "python", "function": "json.dumps"}, False),
        (CALLED, {"function_args": {"a": None, "indent": 1}}, True),
        (CALLED, {"function_args": {"indent": 2, "a": None}}, False),
        (CALLED, {"function": "json.loads"}, False),
    ],
)
def test_an_answer_is_reused_only_for_the_same_question(
    before: Device, changes: dict[str, Any], same: bool, tmp_path: pathlib.Path
) -> None:
    today = replace(before, **changes)
    old, new = RunFolder(str(tmp_path)), RunFolder(str(tmp_path))
    old.questions, new.questions = {"r1": question_of(before)}, {"r1": question_of(today)}
    old.write("r1", answer())
    old.close()
    taken, changed = take_over(new, open_state(tmp_path)[1])
    assert (taken.total(), changed) == ((1, 0) if same else (0, 1))
    assert list(answers_there(new, {"return_output": True})) == (["r1"] if same else [])
    assert changed_questions(old.path, new.questions) == ([] if same else ["r1"])
    assert "secret" not in (old.path / "devices" / "r1" / "result.json").read_text()
