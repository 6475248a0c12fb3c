# Copyright: (c) 2026, the rollcall.network authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Warnings about damaged files name the first few devices, their number, and the file with the whole list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.rollcall.network.plugins.module_utils._changes import Changes
from ansible_collections.rollcall.network.plugins.module_utils._last_good import LastGood
from ansible_collections.rollcall.network.plugins.module_utils._run import RunFolder
from ansible_collections.rollcall.network.plugins.module_utils._some import some
from ansible_collections.rollcall.network.plugins.plugin_utils._outcome import _damaged


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b", "c"], "a, b, c"),
        (["a", "b", "c", "d"], "a, b, c and 1 more"),
        (list(map(str, range(2000))), "0, 1, 2 and 1,997 more"),
    ],
)
def test_some_names_and_how_many_more(names: list[str], said: str) -> None:
    assert some(names) == said
    assert some(dict.fromkeys(names)) == said


@pytest.mark.parametrize("many", [1, 2, 3, 12])
def test_one_warning_names_the_first_devices_and_the_file_with_all(many: int, tmp_path: Path) -> None:
    last_good, folder = LastGood(tmp_path, Changes()), RunFolder(str(tmp_path))
    for number in reversed(range(many)):  # threads note them in any order
        last_good.note(f"r{number}", f"file {number} is damaged")
        last_good.note(f"r{number}", f"file {number} is damaged")
    (line,) = _damaged(last_good, folder, [f"r{number}" for number in range(many)])
    folder.close()
    assert line.startswith(f"the last good answers of {some([f'r{number}' for number in range(many)])}: ")
    assert "file 0 is damaged" in line
    assert line.endswith(f"all reasons are in {folder.path}/events.jsonl") == (many > 1)
    events = [json.loads(line) for line in (folder.path / "events.jsonl").read_text().splitlines()]
    assert {each["name"]: each["message"] for each in events} == {
        f"r{number}": f"its last good answers: file {number} is damaged" for number in range(many)
    }


def test_nothing_damaged_is_no_warning(tmp_path: Path) -> None:
    folder = RunFolder(str(tmp_path))
    assert _damaged(LastGood(tmp_path, Changes()), folder, ["r0"]) == []
    folder.close()
