# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several runs as one: whose answer counts, which are slices of one job, and when one passed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._merged import Merged, last_passed, slices_of
from ansible_collections.rollcall.network.plugins.module_utils._run import NoAnswer, RunError, RunFolder

NOON, ONE, TWO = "2026-01-02T12:00:00.000Z", "2026-01-02T13:00:00.000Z", "2026-01-02T14:00:00.000Z"


def answer(status: str, at: str | None, text: str = "") -> dict[str, Any]:
    return {"status": status, "error": None, "finished_at": at, "seconds": {}, "value": text, "output": {}}


def run(top: Path, folder: str, answers: Mapping[str, dict[str, Any] | None], **manifest: Any) -> str:
    """A run on disk; a name of which the answer is None has none yet. Without a manifest where that is empty."""
    opened = RunFolder(str(top))
    for name, each in answers.items():
        if each is not None:
            opened.write(name, each)
    opened.close()
    path = opened.path.rename(opened.path.with_name(folder))
    if manifest.pop("written", True):
        (path / "manifest.json").write_text(json.dumps({"hosts": list(answers), **manifest}))
    return str(path)


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        (("ok", NOON), ("ok", ONE), 2),
        (("ok", ONE), ("ok", NOON), 1),
        (("ok", NOON), ("timeout", ONE), 1),  # a full answer counts more than a newer failure
        (("timeout", ONE), ("ok", NOON), 2),
        (("timeout", NOON), ("partial", ONE), 2),
        (("timeout", ONE), ("partial", NOON), 1),
        (("timeout", ONE), ("skipped", None), 1),
        (("skipped", None), ("skipped", None), 2),
        (("ok", ONE), ("ok", ONE), 2),
        (("timeout", NOON), None, 1),
        (None, ("timeout", NOON), 2),
    ],
)
def test_whose_answer_counts(
    first: tuple[str, str | None] | None, second: tuple[str, str | None] | None, counts: int, tmp_path: Path
) -> None:
    runs = [
        run(tmp_path, str(number), {"r1": answer(*each, text=str(number)) if each else None})
        for number, each in enumerate((first, second), start=1)
    ]
    assert Merged(runs).read("r1")["value"] == str(counts)


def test_names_in_the_order_of_the_runs(tmp_path: Path) -> None:
    ok = answer("ok", NOON)
    runs = [run(tmp_path, "1", {"b": ok, "a": ok}), run(tmp_path, "2", {"c": None, "a": ok})]
    assert Merged(runs).names == ["b", "a", "c"]
    assert Merged(reversed(runs)).names == ["c", "a", "b"]
    assert Merged([runs[0], runs[0]]).names == ["b", "a"]
    with pytest.raises(NoAnswer):
        Merged(runs).read("c")


def test_a_damaged_answer_gives_way_to_another_and_else_says_so(tmp_path: Path) -> None:
    runs = [run(tmp_path, str(n), {"a": answer("ok", NOON), "b": answer("ok", NOON) if n else None}) for n in range(2)]
    for name in ("a", "b"):
        (Path(runs[1]) / "devices" / name / "result.json").write_text("{")
    assert Merged(runs).read("a")["status"] == "ok"
    with pytest.raises(RunError, match="cannot be read") as caught:
        Merged(runs).read("b")
    assert not isinstance(caught.value, NoAnswer)


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run folder"):
        Merged([run(tmp_path, "1", {}), str(tmp_path / "nowhere")])


def test_slices(tmp_path: Path) -> None:
    ok = {"a": answer("ok", NOON)}
    for folder, job in (("4", None), ("1-11", "7"), ("2-12", "7"), ("2-20", "8"), ("3-13", 7)):
        run(tmp_path, folder, ok, workflow_job=job)
    run(tmp_path, "0-old", ok, devices={"a": "ok"})
    run(tmp_path, "5-killed", ok, written=False)
    runs = tmp_path / "runs"
    (runs / "a file").write_text("")
    shutil.copytree(runs / "1-11", runs / ".1-11.pruned")
    (tmp_path / "latest").symlink_to("runs/3-13")
    names = ["1-11", "2-12", "3-13"]
    for one in (runs / "1-11", runs / "3-13", tmp_path / "latest"):
        assert slices_of(str(one)) == [str(runs / name) for name in names]
    assert slices_of(str(runs / "2-20")) == [str(runs / "2-20")]
    for alone in ("4", "0-old", "5-killed"):
        assert slices_of(str(runs / alone)) == [str(runs / alone)]
    (runs / "4" / "manifest.json").write_text("{")
    with pytest.raises(RunError, match=r"cannot be read: .* move .*/4 away"):
        slices_of(str(runs / "1-11"))


@pytest.mark.parametrize("hosts", ["null", '"a1"', "7"])
def test_a_manifest_whose_hosts_are_no_list(hosts: str, tmp_path: Path) -> None:
    folder = run(tmp_path, "1", {"a": answer("ok", NOON)})
    (Path(folder) / "manifest.json").write_text(f'{{"hosts": {hosts}}}')
    with pytest.raises(RunError, match="its hosts are no list"):
        Merged([folder])


def verdict(passed: bool, at: str | None = NOON, **more: Any) -> dict[str, Any]:
    return {"verdict": {"passed": passed, "reasons": []}, "finished_at": at, **more}


@pytest.mark.parametrize(
    ("before", "moment"),
    [
        ({}, None),
        ({"1": verdict(True)}, NOON),
        ({"1": verdict(False)}, None),
        ({"1": verdict(True, NOON), "2": verdict(True, ONE)}, ONE),
        ({"1": verdict(True, NOON), "2": verdict(False, ONE)}, NOON),
        ({"1": verdict(True, None)}, None),
        ({"1": {}}, None),
        ({"1": {"verdict": "?", "finished_at": NOON}}, None),
        ({"9": verdict(True)}, None),  # after it
        # Slices pass together.
        ({"1": verdict(True, NOON, workflow_job="7"), "2": verdict(True, ONE, workflow_job="7")}, ONE),
        ({"1": verdict(True, NOON, workflow_job="7"), "2": verdict(False, ONE, workflow_job="7")}, None),
        ({"0": verdict(True, TWO), "1": verdict(False, workflow_job="7"), "2": verdict(True, workflow_job="7")}, TWO),
    ],
)
def test_when_a_run_passed(before: dict[str, dict[str, Any]], moment: str | None, tmp_path: Path) -> None:
    for folder, manifest in before.items():
        run(tmp_path, folder, {}, **manifest)
    assert last_passed([run(tmp_path, "5", {}, **verdict(False))]) == moment


def test_each_place_has_its_own_past(tmp_path: Path) -> None:
    for place, moment in (("fra", NOON), ("ams", ONE)):
        run(tmp_path / place, "1", {}, **verdict(True, moment))
    runs = [run(tmp_path / place, "2", {}) for place in ("ams", "fra")]
    assert last_passed(runs) == NOON
    assert last_passed([*runs, run(tmp_path / "par", "1", {})]) is None
    assert last_passed([]) is None
